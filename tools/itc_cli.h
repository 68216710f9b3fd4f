/* itc_cli.h - what the commands of `itc` share: options, connection, ways to fail. Host only. */
#ifndef ITC_TOOLS_ITC_CLI_H
#define ITC_TOOLS_ITC_CLI_H

#include "tools/client.h"
#include "tools/itc_history.h"
#include "tools/itc_wallet.h"

#include <jansson.h>

enum itc_exit {
    ITC_EXIT_DONE = 0,
    ITC_EXIT_REFUSED = 1,   /* the node or the ledger said no */
    ITC_EXIT_UNREACHED = 2, /* no node that answers in time and proves what it says */
    ITC_EXIT_USAGE = 3      /* wrong arguments, or a file of this machine is missing or damaged */
};

/* What `committee propose` is to change; in the order given. */
enum itc_edit_kind {
    ITC_EDIT_ADD,
    ITC_EDIT_REMOVE,
    ITC_EDIT_REPLACE,
    ITC_EDIT_LIST
};
struct itc_edit {
    enum itc_edit_kind kind;
    const char *text;
};
#define ITC_EDITS_MAX 64

struct itc_cli {
    const char *dir;     /* --dir, or ~/.itc/wallet */
    const char *node;    /* --node; NULL: not given */
    const char *network; /* --network */
    const char *import;  /* --key */
    uint32_t timeout_ms; /* --timeout */
    uint32_t valid_min;  /* --valid-for */
    const char *out;     /* --out */
    struct itc_edit edits[ITC_EDITS_MAX];
    uint32_t edit_count;
    uint32_t epoch; /* --epoch, if has_epoch */
    bool has_epoch;
    bool newcomers_run;
    bool json;
    bool wait;
    bool close;
    char
        sent[65]; /* tx id of a payment that this run delivered: what fails later names it; or "" */
    struct itc_wallet wallet;
    struct itc_client client;
};

/* Says what went wrong, on stderr, or as a JSON object on stdout; returns `exit`. `code` is a short
 * name such as "no-funds". */
enum itc_exit itc_cli_fail(const struct itc_cli *cli, enum itc_exit exit, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for a failed call, from cli->client, and for a failed wallet function, from cli->wallet.
 * */
enum itc_exit itc_cli_fail_call(const struct itc_cli *cli, enum itc_call call);
enum itc_exit itc_cli_fail_wallet(const struct itc_cli *cli);

/* Opens the wallet. */
ITC_MUST enum itc_exit itc_cli_open(struct itc_cli *cli);
/* Connects to --node, $ITC_NODE, the node of the config file, or the local one. */
ITC_MUST enum itc_exit itc_cli_connect(struct itc_cli *cli);

/* Reads an address of the wallet's network. */
ITC_MUST enum itc_exit itc_cli_address(
    const struct itc_cli *cli, struct itc_key *out, const char *text);

/* Prints `object` as one line, and frees it. */
void itc_cli_print_json(json_t *object);
json_t *itc_cli_json_amount(struct itc_amount amount);
json_t *itc_cli_json_hash(const struct itc_hash *hash);
json_t *itc_cli_json_address(const struct itc_cli *cli, const struct itc_key *key);
/* "2024-05-01 12:00:00 UTC" */
#define ITC_CLI_TIME_TEXT 40
void itc_cli_time(char out[ITC_CLI_TIME_TEXT], uint64_t time_ms);

/* The commands. Arguments were counted before. */
enum itc_exit itc_cli_init(struct itc_cli *cli, char **args);
enum itc_exit itc_cli_show_address(struct itc_cli *cli, char **args);
enum itc_exit itc_cli_balance(struct itc_cli *cli, char **args);
enum itc_exit itc_cli_info(struct itc_cli *cli, char **args);
enum itc_exit itc_cli_send(struct itc_cli *cli, char **args);
enum itc_exit itc_cli_tx(struct itc_cli *cli, char **args);
enum itc_exit itc_cli_committee(struct itc_cli *cli, char **args);

/* Waits until tx `id` is settled if cli->wait, else looks once; reports it. `tx` is the payment as
 * this wallet signed it, or NULL; `since_ms` the monotonic time it was sent, or 0. */
enum itc_exit itc_cli_follow(
    struct itc_cli *cli, const struct itc_hash *id, const struct itc_tx *tx, uint64_t since_ms);
uint64_t itc_cli_clock_ms(void); /* monotonic */

#endif
