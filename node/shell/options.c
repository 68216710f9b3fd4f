#include "node/shell/options.h"

#include "node/shell/log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* "scheme://host:port" and nothing after it. */
static bool is_url(const char *value, const char *scheme)
{
    size_t len = strlen(scheme);
    const char *colon = strrchr(value, ':');
    if (strncmp(value, scheme, len) != 0 || colon <= value + len)
        return false;
    for (const char *c = value; *c; c++)
        if (!isgraph((unsigned char)*c) || (c >= value + len && *c == '/'))
            return false;
    size_t digits = strspn(colon + 1, "0123456789");
    return digits >= 1 && digits <= 5 && colon[1 + digits] == '\0' && atol(colon + 1) <= 65535;
}

static int parse_url(void *field, const char *value, const char *scheme, char *why)
{
    if ((*value == '\0' || is_url(value, scheme)) && itc_text_set(field, value))
        return 0;
    snprintf(why, ITC_OPTION_WHY, "give %shost:port, or nothing for none", scheme);
    return -1;
}

static int parse_tcp(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    return parse_url(field, value, "tcp://", why);
}

static int parse_http(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    return parse_url(field, value, "http://", why);
}

static bool print_url(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    return itc_option_text.print(field, i, out);
}

static const struct itc_option_kind tcp_kind = {parse_tcp, print_url};
static const struct itc_option_kind http_kind = {parse_http, print_url};

static int parse_peer(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    if (is_url(value, "tcp://") && itc_text_list_add(field, value))
        return 0;
    snprintf(why, ITC_OPTION_WHY, "give tcp://host:port, at most %d times", ITC_OPTION_LIST);
    return -1;
}

static bool print_peer(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    const struct itc_text_list *list = field;
    if (i < list->count)
        snprintf(out, ITC_OPTION_TEXT, "%s", list->values[i].s);
    return i < list->count;
}

static const struct itc_option_kind peer_kind = {parse_peer, print_peer};

static int parse_level(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    enum itc_log_level level;
    if (itc_log_level_parse(&level, value)) {
        *(uint64_t *)field = level;
        return 0;
    }
    snprintf(why, ITC_OPTION_WHY, "give error, warn, info or debug");
    return -1;
}

static bool print_level(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    enum itc_log_level level = (enum itc_log_level) * (const uint64_t *)field;
    snprintf(out, ITC_OPTION_TEXT, "%s", itc_log_level_name(level));
    return i == 0;
}

static const struct itc_option_kind level_kind = {parse_level, print_level};

#define FIELD(name) offsetof(struct itc_options, name)
static const struct itc_option options[] = {
    {"data-dir", "DIR", NULL, "the node's data; by default ~/.itc/<network of the genesis>",
        &itc_option_text, FIELD(data_dir)},
    {"genesis", "FILE", NULL, "genesis document; needed at the first start, then kept in data-dir",
        &itc_option_text, FIELD(genesis)},
    {"key", "FILE", NULL, "validator's key file, mode 0600; without one the node does not vote",
        &itc_option_text, FIELD(key)},
    {"peer-listen", "URL", "tcp://127.0.0.1:7700", "where other nodes connect; empty: nowhere",
        &tcp_kind, FIELD(peer_listen)},
    {"peer", "URL", NULL, "a node to connect to, tcp://host:port; may be repeated", &peer_kind,
        FIELD(peers)},
    {"service-listen", "URL", "tcp://127.0.0.1:7701", "where wallets and lamps connect", &tcp_kind,
        FIELD(service_listen)},
    {"http-listen", "URL", "http://127.0.0.1:7702", "HTTP API, health and metrics", &http_kind,
        FIELD(http_listen)},
    {"verify-threads", "N", "0", "threads that check signatures; 0: one per processor",
        &itc_option_number, FIELD(verify_threads), 0, 64},
    {"work-threads", "N", "1", "threads that search proofs of work", &itc_option_number,
        FIELD(work_threads), 1, 64},
    {"log-level", "LEVEL", "info", "error, warn, info or debug", &level_kind, FIELD(log_level)},
    {"config", "FILE", NULL, "read options from this file first", &itc_option_text, FIELD(config),
        0, 0, true},
    {"print-config", NULL, NULL, "print the options as a config file, and end", &itc_option_switch,
        FIELD(print_config), 0, 0, true},
    {"version", NULL, NULL, "print the version, and end", &itc_option_switch, FIELD(version), 0, 0,
        true},
    {"help", NULL, NULL, "print this, and end", &itc_option_switch, FIELD(help), 0, 0, true},
};
static const struct itc_option_table table = {options, sizeof options / sizeof options[0]};

int itc_options_read(struct itc_options *out, int argc, char *const *argv, char why[ITC_OPTION_WHY])
{
    /* Once to learn of the config file, and once more on top of it. */
    itc_option_defaults(&table, out, sizeof *out);
    if (itc_option_read_arguments(&table, out, argc, argv, why))
        return -1;
    struct itc_text config = out->config;
    if (config.s[0] == '\0')
        return 0;
    itc_option_defaults(&table, out, sizeof *out);
    if (itc_option_read_file(&table, out, config.s, why))
        return -1;
    return itc_option_read_arguments(&table, out, argc, argv, why);
}

void itc_options_help(FILE *out)
{
    struct itc_options defaults;
    itc_option_defaults(&table, &defaults, sizeof defaults);
    fputs("itcd - a node of an ITC network\n\n"
          "  itcd [options]               run a node\n"
          "  itcd genesis [options]       make a new network; itcd genesis --help\n"
          "  itcd key [--new] FILE        make a validator's key, print its public half\n\n"
          "Options, which are also lines \"name = value\" of the config file:\n",
        out);
    itc_option_help(&table, &defaults, out);
}

void itc_options_print(const struct itc_options *o, FILE *out)
{
    itc_option_print(&table, o, out);
}
