/* Commands that look: init, address, balance, info. */
#include "tools/itc_cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define STALE_MS 60000 /* a newest milestone older than this is worth a word */

enum itc_exit itc_cli_init(struct itc_cli *cli, char **args)
{
    (void)args;
    if (!cli->network)
        return itc_cli_fail(cli, ITC_EXIT_USAGE, "usage",
            "init needs --network FILE, the light.itc that `itcd genesis` wrote: what it says is "
            "where trust begins");
    if (!itc_wallet_create(&cli->wallet, cli->dir, cli->network, cli->import) ||
        (cli->node && !itc_wallet_set_node(&cli->wallet, cli->node)))
        return itc_cli_fail_wallet(cli);
    return itc_cli_show_address(cli, args);
}

enum itc_exit itc_cli_show_address(struct itc_cli *cli, char **args)
{
    (void)args;
    char text[ITC_ADDRESS_TEXT];
    itc_address_encode(text, cli->wallet.light.network, &cli->wallet.key);
    if (cli->json)
        itc_cli_print_json(json_pack("{s:s}", "address", text));
    else
        puts(text);
    return ITC_EXIT_DONE;
}

/* A node may be honest and far behind: what it proves is then true, and old. */
static bool is_stale(const struct itc_light *light)
{
    uint64_t now_ms = (uint64_t)time(NULL) * 1000;
    return now_ms > light->header.time_ms && now_ms - light->header.time_ms > STALE_MS;
}

static void print_balance(
    const struct itc_cli *cli, const struct itc_key *key, const struct itc_client_account *a)
{
    const struct itc_header *at = &cli->wallet.light.header;
    if (cli->json) {
        itc_cli_print_json(json_pack("{s:o,s:o,s:b,s:o,s:I,s:I,s:I,s:b}", "address",
            itc_cli_json_address(cli, key), "balance", itc_cli_json_amount(a->account.balance),
            "exists", a->exists, "leaving", itc_cli_json_amount(a->open_spent), "next_seq",
            (json_int_t)a->account.next_seq, "milestone", (json_int_t)at->index, "time_ms",
            (json_int_t)at->time_ms, "stale", is_stale(&cli->wallet.light)));
        return;
    }
    char balance[ITC_AMOUNT_TEXT], leaving[ITC_AMOUNT_TEXT], when[ITC_CLI_TIME_TEXT];
    itc_amount_format(balance, a->account.balance);
    itc_amount_format(leaving, a->open_spent);
    itc_cli_time(when, at->time_ms);
    printf("%s ITC\n", balance);
    printf("final at milestone %" PRIu64 ", %s; proof checked%s\n", at->index, when,
        a->exists ? "" : ": there is no such account yet");
    if (a->open_spent.grains)
        printf("%s ITC of it are leaving, not final (the node's word)\n", leaving);
    if (is_stale(&cli->wallet.light))
        printf("by this machine's clock that milestone is old: the node may be behind\n");
}

enum itc_exit itc_cli_balance(struct itc_cli *cli, char **args)
{
    struct itc_key key = cli->wallet.key;
    struct itc_client_account account;
    enum itc_exit exit = args[0] ? itc_cli_address(cli, &key, args[0]) : ITC_EXIT_DONE;
    if (!exit)
        exit = itc_cli_connect(cli);
    if (exit)
        return exit;
    enum itc_call call = itc_client_account(&cli->client, &account, &cli->wallet.light, &key);
    if (call)
        return itc_cli_fail_call(cli, call);
    if (!itc_wallet_keep(&cli->wallet))
        return itc_cli_fail_wallet(cli);
    print_balance(cli, &key, &account);
    return ITC_EXIT_DONE;
}

/* What it says it does for the committee. */
static const char *role(const struct itc_info *i)
{
    if (!i->validator)
        return "";
    if (i->doubts)
        return ", a validator that observes: it does not trust its memory of its votes";
    return i->votes ? ", a validator" : ", a validator that asks the others what it voted";
}

static void print_info(const struct itc_cli *cli, const struct itc_info *i)
{
    const struct itc_header *at = &cli->wallet.light.header;
    if (cli->json) {
        itc_cli_print_json(
            json_pack("{s:s,s:s%,s:o,s:I,s:I,s:i,s:i,s:i,s:i,s:i,s:b,s:b,s:b,s:b,s:I,s:I}", "node",
                cli->client.url, "software", i->software, (size_t)i->software_len, "chain",
                itc_cli_json_hash(&i->chain), "milestone", (json_int_t)i->index, "time_ms",
                (json_int_t)i->time_ms, "work_bits", (int)i->work_bits, "open_sites",
                (int)i->open_sites, "tips", (int)i->tips, "peers", (int)i->peers, "validators",
                (int)i->validators, "validator", i->validator, "votes", i->votes, "doubts",
                i->doubts, "synced", i->synced, "accounts", (json_int_t)i->accounts,
                "trusted_milestone", (json_int_t)at->index));
        return;
    }
    char chain[65], when[ITC_CLI_TIME_TEXT];
    itc_hex_encode(chain, i->chain.b, sizeof i->chain.b);
    itc_cli_time(when, i->time_ms);
    printf("node        %s, %.*s%s\n", cli->client.url, (int)i->software_len, i->software, role(i));
    printf("chain       %s\n", chain);
    printf("milestone   %" PRIu64 ", %s%s\n", i->index, when, i->synced ? "" : "; still syncing");
    printf("tangle      %" PRIu32 " open sites, %" PRIu32 " tips, work of %" PRIu32 " bits\n",
        i->open_sites, i->tips, i->work_bits);
    printf("network     %" PRIu32 " validators, %" PRIu32 " peers, %" PRIu64 " accounts\n",
        i->validators, i->peers, i->accounts);
    printf("this wallet trusts milestone %" PRIu64 "; all above is the node's word\n", at->index);
}

enum itc_exit itc_cli_info(struct itc_cli *cli, char **args)
{
    (void)args;
    struct itc_info info;
    enum itc_exit exit = itc_cli_connect(cli);
    if (exit)
        return exit;
    enum itc_call call = itc_client_info(&cli->client, &info);
    if (call)
        return itc_cli_fail_call(cli, call);
    if (!itc_hash_equal(&info.chain, &cli->wallet.light.chain))
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "wrong-chain",
            "the node at %s follows another chain than this wallet", cli->client.url);
    print_info(cli, &info);
    return ITC_EXIT_DONE;
}
