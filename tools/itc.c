/* itc - the wallet on the command line. Each command is one run; nothing asks questions. */
#include "tools/itc_cli.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_DEFAULT_S 5
#define TIMEOUT_MAX_S 300
#define VALID_DEFAULT_MIN 60
#define VALID_MAX_MIN 525600 /* a year */

static const char help[] =
    "itc - wallet of an ITC network\n"
    "\n"
    "  itc init --network FILE [--key FILE] [--node URL]   make a wallet; FILE is light.itc\n"
    "  itc address                                         where to pay this wallet\n"
    "  itc balance [ADDRESS]                               proved balance, of this wallet or "
    "another\n"
    "  itc send ADDRESS AMOUNT [--wait] [--close]          pay; AMOUNT in ITC, such as 12.5\n"
    "  itc tx [ID] [--wait]                                what became of a payment; none: list\n"
    "  itc info                                            what the node says about itself\n"
    "  itc committee show                                  who signs, now and next; proved\n"
    "  itc committee propose --out FILE EDITS [--epoch N]  a change of the committee, to be "
    "signed\n"
    "  itc committee sign FILE --key FILE [--out FILE]     add a member's signature; offline\n"
    "  itc committee submit FILE ... [--newcomers-run]     deliver it, and wait for the verdict\n"
    "\n"
    "  --dir DIR          the wallet's directory; ~/.itc/wallet\n"
    "  --node URL         the node to ask; else $ITC_NODE, else `node = URL` in DIR/config (init\n"
    "                     --node writes it), else tcp://127.0.0.1:7701\n"
    "  --network FILE     init: the light.itc of the network, from `itcd genesis`\n"
    "  --key FILE         init: import this key file instead of making a new key\n"
    "                     committee sign: the validator's\n"
    "  --out FILE         committee: where the change goes; sign: else into FILE itself\n"
    "  --add KEY, --remove SEAT, --replace SEAT=KEY, --list KEY,KEY,...\n"
    "                     committee propose: EDITS; SEAT is a number or a key; any number of them\n"
    "  --epoch N          committee propose: in which it is to be applied; else the next one\n"
    "  --newcomers-run    committee submit: the nodes of all new keys run and are synced; needed\n"
    "                     where more keys are new than may fail, for else the chain could stop\n"
    "  --wait             wait until the payment is final, and check the proof\n"
    "  --close            send: AMOUNT is all there is; the account ends\n"
    "  --valid-for MIN    send: about how many minutes the payment may wait to be applied; 60\n"
    "  --timeout SEC      how long to wait for each answer of the node; 5\n"
    "  --json             print one JSON object; amounts are strings\n"
    "  --help, --version\n"
    "\n"
    "pending and confirmed are hints; only final is a promise, and it is checked here, by proof.\n"
    "exit: 0 done, 1 the node or the ledger said no, 2 no answer that can be trusted, 3 usage or\n"
    "a file of this machine\n";

struct command {
    const char *name;
    int args_min, args_max;
    bool needs_wallet;
    enum itc_exit (*run)(struct itc_cli *cli, char **args);
};
static const struct command commands[] = {
    {"init", 0, 0, false, itc_cli_init},
    {"address", 0, 0, true, itc_cli_show_address},
    {"balance", 0, 1, true, itc_cli_balance},
    {"send", 2, 2, true, itc_cli_send},
    {"tx", 0, 1, true, itc_cli_tx},
    {"info", 0, 0, true, itc_cli_info},
    {"committee", 1, 1 + ITC_VALIDATORS_MAX, false, itc_cli_committee},
};

enum option_id {
    OPT_HELP = 256,
    OPT_VERSION,
    OPT_JSON,
    OPT_WAIT,
    OPT_CLOSE,
    OPT_DIR,
    OPT_NODE,
    OPT_NETWORK,
    OPT_KEY,
    OPT_TIMEOUT,
    OPT_VALID,
    OPT_OUT,
    OPT_NEWCOMERS,
    OPT_EPOCH,
    OPT_EDIT /* and the kinds of edits after it */
};
static const struct option options[] = {
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"json", no_argument, NULL, OPT_JSON},
    {"wait", no_argument, NULL, OPT_WAIT},
    {"close", no_argument, NULL, OPT_CLOSE},
    {"dir", required_argument, NULL, OPT_DIR},
    {"node", required_argument, NULL, OPT_NODE},
    {"network", required_argument, NULL, OPT_NETWORK},
    {"key", required_argument, NULL, OPT_KEY},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"valid-for", required_argument, NULL, OPT_VALID},
    {"out", required_argument, NULL, OPT_OUT},
    {"newcomers-run", no_argument, NULL, OPT_NEWCOMERS},
    {"epoch", required_argument, NULL, OPT_EPOCH},
    {"add", required_argument, NULL, OPT_EDIT + ITC_EDIT_ADD},
    {"remove", required_argument, NULL, OPT_EDIT + ITC_EDIT_REMOVE},
    {"replace", required_argument, NULL, OPT_EDIT + ITC_EDIT_REPLACE},
    {"list", required_argument, NULL, OPT_EDIT + ITC_EDIT_LIST},
    {NULL, 0, NULL, 0},
};

static enum itc_exit usage(const struct itc_cli *cli, const char *what, const char *which)
{
    return itc_cli_fail(
        cli, ITC_EXIT_USAGE, "usage", "%s%.100s. `itc --help` shows how", what, which);
}

static bool parse_count(uint32_t *out, const char *text, uint32_t max)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || v > max)
        return false;
    *out = (uint32_t)v;
    return true;
}

static bool parse_number(uint32_t *out, const char *text, uint32_t max)
{
    uint32_t v;
    if (!parse_count(&v, text, max) || v == 0)
        return false;
    *out = v;
    return true;
}

/* Takes an option of `committee propose`. */
static enum itc_exit set_edit(struct itc_cli *cli, int id)
{
    if (id == OPT_EPOCH) {
        cli->has_epoch = parse_count(&cli->epoch, optarg, UINT32_MAX);
        return cli->has_epoch ? ITC_EXIT_DONE
                              : usage(cli, "--epoch takes the number of an epoch, not ", optarg);
    }
    if (cli->edit_count == ITC_EDITS_MAX)
        return usage(cli, "more than 64 edits at once", "");
    cli->edits[cli->edit_count++] =
        (struct itc_edit){.kind = (enum itc_edit_kind)(id - OPT_EDIT), .text = optarg};
    return ITC_EXIT_DONE;
}

/* Takes one option. */
static enum itc_exit set_option(struct itc_cli *cli, int id, char **argv)
{
    if (id == OPT_JSON)
        cli->json = true;
    else if (id == OPT_WAIT)
        cli->wait = true;
    else if (id == OPT_CLOSE)
        cli->close = true;
    else if (id == OPT_DIR)
        cli->dir = optarg;
    else if (id == OPT_NODE)
        cli->node = optarg;
    else if (id == OPT_NETWORK)
        cli->network = optarg;
    else if (id == OPT_KEY)
        cli->import = optarg;
    else if (id == OPT_OUT)
        cli->out = optarg;
    else if (id == OPT_NEWCOMERS)
        cli->newcomers_run = true;
    else if (id >= OPT_EPOCH)
        return set_edit(cli, id);
    else if (id == OPT_TIMEOUT && !parse_number(&cli->timeout_ms, optarg, TIMEOUT_MAX_S))
        return usage(cli, "--timeout takes 1 to 300 seconds, not ", optarg);
    else if (id == OPT_VALID && !parse_number(&cli->valid_min, optarg, VALID_MAX_MIN))
        return usage(cli, "--valid-for takes 1 to 525600 minutes, not ", optarg);
    else if (id == '?' || id == ':')
        return usage(
            cli, id == ':' ? "a value is missing after " : "unknown option ", argv[optind - 1]);
    return ITC_EXIT_DONE;
}

static enum itc_exit run(struct itc_cli *cli, char **words, int count)
{
    static char dir[ITC_PATH_MAX];
    if (count == 0)
        return usage(cli, "a command is missing", "");
    const struct command *c = NULL;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(words[0], commands[i].name) == 0)
            c = &commands[i];
    if (!c)
        return usage(cli, "unknown command ", words[0]);
    if (count - 1 < c->args_min || count - 1 > c->args_max)
        return usage(cli, "wrong number of arguments for ", c->name);
    if (cli->node && strncmp(cli->node, "tcp://", 6) != 0)
        return usage(cli, "a node is named tcp://HOST:PORT, not ", cli->node);
    if (!cli->dir && itc_path_home(dir, "wallet"))
        return usage(cli, "no home directory is known: give --dir DIR", "");
    if (!cli->dir)
        cli->dir = dir;
    enum itc_exit exit = c->needs_wallet ? itc_cli_open(cli) : ITC_EXIT_DONE;
    return exit ? exit : c->run(cli, words + 1);
}

int main(int argc, char **argv)
{
    static struct itc_cli cli = {.timeout_ms = TIMEOUT_DEFAULT_S, .valid_min = VALID_DEFAULT_MIN};
    int id;
    opterr = 0;
    while ((id = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (id == OPT_HELP)
            return fputs(help, stdout) < 0 ? ITC_EXIT_USAGE : ITC_EXIT_DONE;
        if (id == OPT_VERSION)
            return puts("itc " ITC_VERSION) < 0 ? ITC_EXIT_USAGE : ITC_EXIT_DONE;
        enum itc_exit exit = set_option(&cli, id, argv);
        if (exit)
            return exit;
    }
    cli.timeout_ms *= 1000; /* given in seconds */
    enum itc_exit exit = run(&cli, argv + optind, argc - optind);
    itc_client_close(&cli.client);
    return exit;
}
