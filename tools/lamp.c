/* itc-lamp - a lamp that shines for as long as it was paid for, and believes nobody: options and
 * start. Its life is in lamp_loop.h. */
#include "tools/keyfile.h"
#include "tools/lamp_loop.h"

#include "spv/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define TARIFF_DEFAULT_S 60

static void load_key(struct itc_lamp *l)
{
    struct itc_secret secret;
    struct itc_signer signer;
    char path[ITC_PATH_MAX], why[ITC_KEYFILE_WHY];
    bool fresh = access(itc_lamp_path(l, path, "key"), F_OK) < 0;
    if (fresh ? itc_keyfile_generate(&secret, why) || itc_keyfile_create(path, &secret, why)
              : itc_keyfile_read(&secret, path, why))
        itc_lamp_die("%s", why);
    enum itc_err e = itc_signer_init(&signer, &secret);
    ITC_ASSERT(e == ITC_OK); /* key files hold keys */
    l->key = signer.key;
    itc_signer_wipe(&signer);
    itc_wipe(&secret, sizeof secret);
}

/* From the state of the last run, or on the first one from the light file. */
static void load_state(struct itc_lamp *l)
{
    uint8_t bytes[ITC_LAMP_STATE_MAX];
    size_t len;
    char path[ITC_PATH_MAX];
    int e = itc_file_read(bytes, sizeof bytes, &len, itc_lamp_path(l, path, "state"));
    if (!e) {
        enum itc_err err = itc_lamp_state_decode(&l->state, bytes, len);
        if (err)
            itc_lamp_die("%s is damaged (%s)", path, itc_err_name(err));
        return;
    }
    if (e != ENOENT)
        itc_lamp_die("cannot read %s: %s", path, strerror(e));
    if (!l->network)
        itc_lamp_die(
            "the first start needs --network FILE, the light.itc that `itcd genesis` wrote");
    e = itc_file_read(bytes, sizeof bytes, &len, l->network);
    if (e)
        itc_lamp_die("cannot read %s: %s", l->network, strerror(e));
    enum itc_err err = itc_light_decode(&l->state.light, bytes, len);
    if (err)
        itc_lamp_die("%s is not a light.itc file (%s)", l->network, itc_err_name(err));
    itc_lamp_save(l);
}

/* Two lamps with one memory would both shine for one payment. */
static void take_directory(const struct itc_lamp *l)
{
    char path[ITC_PATH_MAX];
    int e = itc_dir_make(l->dir);
    if (e)
        itc_lamp_die("cannot create %s: %s", l->dir, strerror(e));
    int fd = open(itc_lamp_path(l, path, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        itc_lamp_die("cannot open %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        itc_lamp_die("another itc-lamp runs in %s", l->dir);
}

static void start(struct itc_lamp *l)
{
    static char state_file[ITC_PATH_MAX];
    take_directory(l);
    load_key(l);
    load_state(l);
    if (!l->state_file)
        l->state_file = itc_lamp_path(l, state_file, "lamp.json");
    itc_address_encode(l->address, l->state.light.network, &l->key);
    printf("address %s\n", l->address);
}

static const char help[] =
    "itc-lamp - a lamp that shines for as long as it was paid for\n"
    "\n"
    "  --network FILE    the light.itc of the network, from `itcd genesis`; the first start needs "
    "it\n"
    "  --dir DIR         key and memory of the lamp; ~/.itc/lamp\n"
    "  --node URL        a node to ask; up to 8 times, tried in turn; tcp://127.0.0.1:7701\n"
    "  --tariff SECONDS  light that one ITC buys, 1 to 1000000; 60\n"
    "  --state-file FILE what it does now, as JSON; DIR/lamp.json\n"
    "  --help, --version\n"
    "\n"
    "It prints its address, then a line for each event: LIT ... or OFF. SIGTERM stops it; paid "
    "time\n"
    "that is left shines on at the next start. exit: 0 stopped, 3 usage or a file of this "
    "machine\n";

enum option_id {
    OPT_HELP = 256,
    OPT_VERSION,
    OPT_NETWORK,
    OPT_DIR,
    OPT_NODE,
    OPT_TARIFF,
    OPT_STATE
};
static const struct option options[] = {
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"network", required_argument, NULL, OPT_NETWORK},
    {"dir", required_argument, NULL, OPT_DIR},
    {"node", required_argument, NULL, OPT_NODE},
    {"tariff", required_argument, NULL, OPT_TARIFF},
    {"state-file", required_argument, NULL, OPT_STATE},
    {NULL, 0, NULL, 0},
};

static void set_tariff(struct itc_lamp *l, const char *text)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || v == 0 || v > ITC_LAMP_TARIFF_MAX_S)
        itc_lamp_die("--tariff takes 1 to %u seconds, not %s", ITC_LAMP_TARIFF_MAX_S, text);
    l->tariff_s = (uint32_t)v;
}

static void add_node(struct itc_lamp *l, const char *url)
{
    if (l->node_count == ITC_LAMP_NODES_MAX)
        itc_lamp_die("more than %d nodes", ITC_LAMP_NODES_MAX);
    if (strncmp(url, "tcp://", 6) != 0)
        itc_lamp_die("a node is named tcp://HOST:PORT, not %s", url);
    l->nodes[l->node_count++] = url;
}

static void set_option(struct itc_lamp *l, int id, char **argv)
{
    if (id == OPT_HELP || id == OPT_VERSION) {
        fputs(id == OPT_HELP ? help : "itc-lamp " ITC_VERSION "\n", stdout);
        exit(0);
    }
    if (id == OPT_NETWORK)
        l->network = optarg;
    else if (id == OPT_DIR)
        l->dir = optarg;
    else if (id == OPT_STATE)
        l->state_file = optarg;
    else if (id == OPT_NODE)
        add_node(l, optarg);
    else if (id == OPT_TARIFF)
        set_tariff(l, optarg);
    else
        itc_lamp_die(
            "unknown option or missing value: %s. `itc-lamp --help` shows how", argv[optind - 1]);
}

int main(int argc, char **argv)
{
    static char home[ITC_PATH_MAX];
    static struct itc_lamp lamp = {.tariff_s = TARIFF_DEFAULT_S};
    int id;
    opterr = 0;
    while ((id = getopt_long(argc, argv, ":", options, NULL)) != -1)
        set_option(&lamp, id, argv);
    if (optind < argc)
        itc_lamp_die("%s is not an option. `itc-lamp --help` shows how", argv[optind]);
    if (!lamp.dir && itc_path_home(home, "lamp"))
        itc_lamp_die("no home directory is known: give --dir DIR");
    if (!lamp.dir)
        lamp.dir = home;
    if (lamp.node_count == 0)
        add_node(&lamp, "tcp://127.0.0.1:7701");
    setvbuf(stdout, NULL, _IOLBF, 0);
    start(&lamp);
    itc_lamp_run(&lamp);
    return 0;
}
