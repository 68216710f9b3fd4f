/* main.c - itc-sim: whole networks in simulated time. See README.md. */
#include "spv/mutant.h"
#include "spv/sha256.h"
#include "tools/sim/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: itc-sim run    --seed N [OPTION ...]                 one run, its outcome\n"
    "       itc-sim replay --seed N [--from S] [--until S]       the same, with all that happens\n"
    "       itc-sim sweep  --seeds A..B [--jobs N]               many runs; those that fail\n"
    "       itc-sim show   --seed N --from S --until S -o FILE.svg   a picture of a part of one\n"
    "       itc-sim tangle ...                                   the tangle alone, and its theory: "
    "--help\n"
    "\n"
    "  --nodes N            validators, 1 .. 32                  [4]\n"
    "  --seconds S          simulated; or --minutes M            [60]\n"
    "  --faults LIST        of net,disk,time,crash,ambush,memory,traitor; all; none\n"
    "                                                            [all]\n"
    "  --treasons LIST      what traitors may do; all; none      [all]\n"
    "                       of twins,two-proposals,two-votes,signs-all,shifted-slots,replays,\n"
    "                       hidden-prepared,false-new-views,forged-proofs,false-heads,curious,\n"
    "                       just-in-time,censors,mute\n"
    "  --without LIST       of episodes: net3,crash0-4           as a sweep prints them\n"
    "  --mode MODE          safety: any number of nodes fail at once; liveness: at most f;\n"
    "                       either: as the seed says             [either]\n"
    "  --committee WHAT     steady; changes: members come and go; either: as the seed says\n"
    "                                                            [either]\n"
    "  --load WHAT          honest: payments only; conflicts; parasite; lazy; all; drawn: as the\n"
    "                       seed says                            [drawn]\n"
    "  --rate N             payments a second                    [100]\n"
    "  --in-flight N        payments of one wallet, at most      [1]\n"
    "  --silence            no payments at the end of each minute, instead of a trickle\n"
    "  --fast-signatures    signatures are hashes: much faster\n"
    "  --expect-finding     sweep: up to the first seed that fails; fails if none does\n"
    "  --mutant NAME        itc-sim-mutants only: with this deliberate defect\n"
    "\n"
    "Exit: 0 clean, 1 an oracle objected, 3 usage.\n";

static _Noreturn void fail_usage(const char *what, const char *value)
{
    fprintf(stderr, "itc-sim: %s %s\n\n%s", what, value, usage);
    exit(ITC_SIM_USAGE);
}

static uint64_t number(const char *name, const char *text, uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n > most)
        fail_usage(name, text);
    return n;
}

/* Seconds, with up to three digits behind the point. */
static uint64_t milliseconds(const char *name, const char *text)
{
    char *end;
    double s = strtod(text, &end);
    if (end == text || *end != '\0' || !(s >= 0 && s < 1e6))
        fail_usage(name, text);
    return (uint64_t)(s * 1000 + 0.5);
}

static const char *fault_name(uint32_t k)
{
    return itc_fault_name((enum itc_fault_kind)k);
}

static const char *treason_name(uint32_t k)
{
    return itc_treason_name((enum itc_treason)k);
}

/* A bitmap of the `count` things that `name_of` names. */
static uint32_t list(
    const char *option, const char *text, uint32_t count, const char *(*name_of)(uint32_t k))
{
    uint32_t set = 0;
    if (strcmp(text, "all") == 0)
        return (1u << count) - 1;
    if (strcmp(text, "none") == 0)
        return 0;
    for (const char *at = text;;) {
        size_t len = strcspn(at, ",");
        uint32_t k = 0;
        while (k < count && (strlen(name_of(k)) != len || strncmp(at, name_of(k), len) != 0))
            k++;
        if (k == count)
            fail_usage(option, text);
        set |= 1u << k;
        if (at[len] == '\0')
            return set;
        at += len + 1;
    }
}

/* "net3,crash0-4": kind, first, and last if there are more. */
static void episodes(struct itc_episode_set *set, const char *option, const char *text)
{
    for (const char *at = text;;) {
        char *end;
        uint32_t k = 0;
        while (k < ITC_FAULT_KINDS && strncmp(at, fault_name(k), strlen(fault_name(k))) != 0)
            k++;
        if (k == ITC_FAULT_KINDS)
            fail_usage(option, text);
        unsigned long first = strtoul(at + strlen(fault_name(k)), &end, 10), last = first;
        if (end == at + strlen(fault_name(k)))
            fail_usage(option, text);
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        if (last >= ITC_EPISODES_OF_KIND || (*end != ',' && *end != '\0'))
            fail_usage(option, text);
        for (; first <= last; first++)
            itc_episode_set_put(set, (enum itc_fault_kind)k, (uint32_t)first, true);
        if (*end == '\0')
            return;
        at = end + 1;
    }
}

static enum itc_run_mode mode(const char *text)
{
    if (strcmp(text, "safety") == 0)
        return ITC_RUN_SAFETY;
    if (strcmp(text, "liveness") == 0)
        return ITC_RUN_LIVENESS;
    if (strcmp(text, "either") != 0)
        fail_usage("--mode", text);
    return ITC_RUN_EITHER;
}

static enum itc_run_committee committee(const char *text)
{
    if (strcmp(text, "steady") == 0)
        return ITC_COMMITTEE_STEADY;
    if (strcmp(text, "changes") == 0)
        return ITC_COMMITTEE_CHANGES;
    if (strcmp(text, "either") != 0)
        fail_usage("--committee", text);
    return ITC_COMMITTEE_EITHER;
}

static uint32_t load(const char *text)
{
    if (strcmp(text, "drawn") == 0)
        return ITC_LOAD_DRAWN;
    if (strcmp(text, "honest") == 0)
        return 0;
    for (uint32_t k = 0; k < ITC_SPAMS; k++)
        if (strcmp(text, itc_spam_name((enum itc_spam)k)) == 0)
            return 1u << k;
    if (strcmp(text, "all") != 0)
        fail_usage("--load", text);
    return (1u << ITC_SPAMS) - 1;
}

static const char *load_text(uint32_t load)
{
    for (uint32_t k = 0; k < ITC_SPAMS; k++)
        if (load == 1u << k)
            return itc_spam_name((enum itc_spam)k);
    return load == 0 ? "honest" : "all";
}

static void seeds(struct itc_sim_options *o, const char *text)
{
    char first[32] = "";
    const char *dots = strstr(text, "..");
    if (!dots || (size_t)(dots - text) >= sizeof first)
        fail_usage("--seeds", text);
    memcpy(first, text, (size_t)(dots - text));
    o->first_seed = number("--seeds", first, UINT64_MAX - 1);
    o->last_seed = number("--seeds", dots + 2, UINT64_MAX - 1);
    if (o->last_seed < o->first_seed)
        fail_usage("--seeds", text);
}

/* An option that takes a value. */
static void take(struct itc_sim_options *o, const char *name, const char *value)
{
    if (strcmp(name, "--seed") == 0)
        o->run.seed = number(name, value, UINT64_MAX - 1);
    else if (strcmp(name, "--seeds") == 0)
        seeds(o, value);
    else if (strcmp(name, "--nodes") == 0)
        o->run.validators = (uint32_t)number(name, value, ITC_NET_NODES_MAX);
    else if (strcmp(name, "--seconds") == 0)
        o->run.duration_ms = milliseconds(name, value);
    else if (strcmp(name, "--minutes") == 0)
        o->run.duration_ms = 60 * milliseconds(name, value);
    else if (strcmp(name, "--faults") == 0)
        o->run.faults = list(name, value, ITC_FAULT_KINDS, fault_name);
    else if (strcmp(name, "--treasons") == 0)
        o->run.treasons = list(name, value, ITC_TREASONS, treason_name);
    else if (strcmp(name, "--without") == 0)
        episodes(&o->run.without, name, value);
    else if (strcmp(name, "--mode") == 0)
        o->run.mode = mode(value);
    else if (strcmp(name, "--load") == 0)
        o->run.load = load(value);
    else if (strcmp(name, "--committee") == 0)
        o->run.committee = committee(value);
    else if (strcmp(name, "--rate") == 0)
        o->run.payments_per_s = (uint32_t)number(name, value, 10000);
    else if (strcmp(name, "--in-flight") == 0)
        o->run.in_flight = (uint32_t)number(name, value, ITC_WALLET_OPEN_MAX - 1);
    else if (strcmp(name, "--mutant") == 0)
        o->mutant = value;
    else if (strcmp(name, "--from") == 0)
        o->from_ms = milliseconds(name, value);
    else if (strcmp(name, "--until") == 0)
        o->until_ms = milliseconds(name, value);
    else if (strcmp(name, "--jobs") == 0)
        o->jobs = (uint32_t)number(name, value, 256);
    else if (strcmp(name, "-o") == 0)
        o->out = value;
    else
        fail_usage("unknown option", name);
}

static void parse(struct itc_sim_options *o, int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    *o = (struct itc_sim_options){.until_ms = UINT64_MAX};
    o->jobs = processors > 0 ? (uint32_t)processors : 1;
    itc_run_config_default(&o->run, 1);
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--fast-signatures") == 0)
            o->fast = true;
        else if (strcmp(argv[i], "--expect-finding") == 0)
            o->expect_finding = true;
        else if (strcmp(argv[i], "--silence") == 0)
            o->run.silence = true;
        else if (i + 1 == argc)
            fail_usage("unknown option, or no value for", argv[i]);
        else {
            take(o, argv[i], argv[i + 1]);
            i++;
        }
    }
    if (o->run.validators == 0 || o->jobs == 0 || o->run.in_flight == 0)
        fail_usage("--nodes, --jobs and --in-flight", "must not be 0");
}

/* Adds to the text; what does not fit is left out. */
static void add(char out[ITC_SIM_OPTIONS_TEXT], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(char out[ITC_SIM_OPTIONS_TEXT], const char *format, ...)
{
    va_list arguments;
    size_t len = strlen(out);
    va_start(arguments, format);
    (void)vsnprintf(out + len, ITC_SIM_OPTIONS_TEXT - len, format, arguments);
    va_end(arguments);
}

static void add_list(char out[ITC_SIM_OPTIONS_TEXT], const char *option, uint32_t set,
    uint32_t count, const char *(*name_of)(uint32_t k))
{
    const char *between = " ";
    add(out, " %s%s", option, set ? "" : " none");
    for (uint32_t k = 0; k < count; k++)
        if (set >> k & 1) {
            add(out, "%s%s", between, name_of(k));
            between = ",";
        }
}

static void add_episodes(char out[ITC_SIM_OPTIONS_TEXT], const struct itc_episode_set *set)
{
    const char *between = " --without ";
    for (uint32_t k = 0; k < ITC_FAULT_KINDS; k++)
        for (uint32_t i = 0; i < ITC_EPISODES_OF_KIND; i++) {
            uint32_t first = i;
            while (itc_episode_set_has(set, (enum itc_fault_kind)k, i))
                i++;
            if (i == first)
                continue;
            add(out, "%s%s%u", between, fault_name(k), first);
            if (i - 1 > first)
                add(out, "-%u", i - 1);
            between = ",";
        }
}

void itc_sim_options_text(char out[ITC_SIM_OPTIONS_TEXT], const struct itc_sim_options *o)
{
    static const char *const modes[] = {" --mode safety", " --mode liveness", ""};
    static const char *const committees[] = {" --committee steady", " --committee changes", ""};
    struct itc_run_config d;
    itc_run_config_default(&d, 0);
    out[0] = '\0';
    if (o->run.validators != d.validators)
        add(out, " --nodes %u", o->run.validators);
    if (o->run.duration_ms != d.duration_ms)
        add(out, " --seconds %g", (double)o->run.duration_ms / 1000);
    if (o->run.faults != d.faults)
        add_list(out, "--faults", o->run.faults, ITC_FAULT_KINDS, fault_name);
    if (o->run.treasons != d.treasons)
        add_list(out, "--treasons", o->run.treasons, ITC_TREASONS, treason_name);
    if (o->run.load != d.load)
        add(out, " --load %s", load_text(o->run.load));
    add_episodes(out, &o->run.without);
    if (o->run.payments_per_s != d.payments_per_s)
        add(out, " --rate %u", o->run.payments_per_s);
    if (o->run.in_flight != d.in_flight)
        add(out, " --in-flight %u", o->run.in_flight);
    add(out, "%s%s%s%s%s%s", modes[o->run.mode], committees[o->run.committee],
        o->run.silence ? " --silence" : "", o->fast ? " --fast-signatures" : "",
        o->mutant ? " --mutant " : "", o->mutant ? o->mutant : "");
}

#ifndef ITC_SIM_FAST
/* The sibling that was linked with the fast signatures. */
static _Noreturn void become_fast(char **argv)
{
    static const char suffix[] = "-fast";
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - sizeof suffix);
    if (len > 0) {
        memcpy(path + len, suffix, sizeof suffix);
        (void)execv(path, argv);
    }
    perror("itc-sim: itc-sim-fast");
    exit(ITC_SIM_USAGE);
}
#endif

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    struct itc_sim_options o;
    static const struct {
        const char *name;
        int (*run)(const struct itc_sim_options *o);
    } commands[] = {{"run", itc_sim_run}, {"replay", itc_sim_replay}, {"sweep", itc_sim_sweep},
        {"show", itc_sim_show}};
    if (argc > 1 && strcmp(argv[1], "tangle") == 0)
        return itc_sim_tangle(argc, argv);
    if (argc < 2 || wants_help(argc, argv)) {
        fputs(usage, stdout);
        return argc < 2 ? ITC_SIM_USAGE : ITC_SIM_CLEAN;
    }
    parse(&o, argc, argv);
#ifdef ITC_SIM_FAST
    o.fast = true;
#else
    if (o.fast)
        become_fast(argv);
#endif
#ifdef ITC_MUTANTS
    itc_mutant_choose(o.mutant);
#else
    if (o.mutant)
        fail_usage("only itc-sim-mutants has the defect", o.mutant);
#endif
    itc_sha256_use_best();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(&o);
    fail_usage("unknown command", argv[1]);
}
