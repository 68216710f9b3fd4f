#include "tools/itc_cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NODE_DEFAULT "tcp://127.0.0.1:7701"

enum itc_exit itc_cli_fail(
    const struct itc_cli *cli, enum itc_exit exit, const char *code, const char *format, ...)
{
    char message[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (cli->json)
        itc_cli_print_json(json_pack("{s:{s:s,s:s,s:s*}}", "error", "code", code, "message",
            message, "tx", cli->sent[0] ? cli->sent : NULL));
    else
        fprintf(stderr, "itc: %s\n", message);
    if (!cli->json && cli->sent[0])
        fprintf(stderr, "itc: tx %s is on its way all the same: itc tx %s --wait\n", cli->sent,
            cli->sent);
    return exit;
}

enum itc_exit itc_cli_fail_call(const struct itc_cli *cli, enum itc_call call)
{
    if (call == ITC_CALL_REFUSED)
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, itc_err_name(cli->client.err),
            "the node said no: %s", cli->client.why);
    return itc_cli_fail(cli, ITC_EXIT_UNREACHED,
        call == ITC_CALL_UNPROVED ? "not-proved" : "cannot-connect", "%s", cli->client.why);
}

enum itc_exit itc_cli_fail_wallet(const struct itc_cli *cli)
{
    return itc_cli_fail(cli, ITC_EXIT_USAGE, "wallet", "%s", cli->wallet.why);
}

enum itc_exit itc_cli_open(struct itc_cli *cli)
{
    return itc_wallet_open(&cli->wallet, cli->dir) ? ITC_EXIT_DONE : itc_cli_fail_wallet(cli);
}

enum itc_exit itc_cli_connect(struct itc_cli *cli)
{
    char configured[128];
    const char *url = cli->node ? cli->node : getenv("ITC_NODE");
    if (!url || !*url)
        url = itc_wallet_node(&cli->wallet, configured, sizeof configured) ? configured
                                                                           : NODE_DEFAULT;
    enum itc_call call = itc_client_open(&cli->client, url, cli->timeout_ms);
    return call ? itc_cli_fail_call(cli, call) : ITC_EXIT_DONE;
}

static const char *address_problem(enum itc_err e)
{
    if (e == ITC_E_CHECKSUM)
        return "it has a typing error (the checksum does not match): copy it again";
    if (e == ITC_E_CHAIN)
        return "it belongs to another network than this wallet";
    return "it is not an ITC address: they begin with itc1, titc1 or ritc1";
}

enum itc_exit itc_cli_address(const struct itc_cli *cli, struct itc_key *out, const char *text)
{
    enum itc_err e = itc_address_decode(out, cli->wallet.light.network, text, strlen(text));
    if (!e)
        return ITC_EXIT_DONE;
    return itc_cli_fail(cli, ITC_EXIT_USAGE, itc_err_name(e), "cannot use address %.100s: %s", text,
        address_problem(e));
}

void itc_cli_print_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

json_t *itc_cli_json_amount(struct itc_amount amount)
{
    char text[ITC_AMOUNT_TEXT];
    itc_amount_format(text, amount);
    return json_string(text);
}

json_t *itc_cli_json_hash(const struct itc_hash *hash)
{
    char text[65];
    itc_hex_encode(text, hash->b, sizeof hash->b);
    return json_string(text);
}

json_t *itc_cli_json_address(const struct itc_cli *cli, const struct itc_key *key)
{
    char text[ITC_ADDRESS_TEXT];
    itc_address_encode(text, cli->wallet.light.network, key);
    return json_string(text);
}

void itc_cli_time(char out[ITC_CLI_TIME_TEXT], uint64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    if (!gmtime_r(&seconds, &utc) ||
        strftime(out, ITC_CLI_TIME_TEXT, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        snprintf(out, ITC_CLI_TIME_TEXT, "(no date)");
}

uint64_t itc_cli_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
