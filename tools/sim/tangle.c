/* tangle.c - `itc-sim tangle`: the tangle by itself, against the theory of it. */
#include "tools/sim/tangle.h"
#include "tools/sim/study/picture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: itc-sim tangle [OPTION ...]                 a tangle that grows, and what theory "
    "expects\n"
    "       itc-sim tangle --attack NAME [OPTION ...]   payments, and who attacks them\n"
    "       itc-sim tangle --price CASE [OPTION ...]    the price of a site under load\n"
    "\n"
    "Growth. Without --lambda-h, --k, --lazy and --walk: the cases of a table, one after the "
    "other.\n"
    "\n"
    "  --lambda-h X     sites made while one is not seen yet     [100]\n"
    "  --k N            parents of a site, 1 .. 8                [2]\n"
    "  --lazy Q         share of sites that approve no tip       [0]\n"
    "  --walk ALPHA     tips by the weighted walk (MCMC), not from the pool\n"
    "  --depth H        where walks begin, in h                  [20]\n"
    "  --sites N        in all, 1000 .. 10000000                 [100000]\n"
    "  --svg FILE       draws tips over time and weight over age\n"
    "  --seed N                                                  [1]\n"
    "\n"
    "Attacks: parasite, early, pair, late, split, conflicts, lazy; all.\n"
    "\n"
    "  --share Q        of all sites, the attacker's             [0.05 to 0.5, a row each]\n"
    "  --runs N         a row                                    [100]\n"
    "  --rate X         sites a second, all together             [1000]\n"
    "  --delay S        until a site is seen by everybody        [0.1]\n"
    "  --interval S     between milestones                       [1]\n"
    "  --theta N        weight that confirms                     [100]\n"
    "  --secret S       how long a parasite chain was built      [10]\n"
    "  --heaviest-only yes    proposers do not leave out what came late\n"
    "  --faulty-primary yes   they all serve the attacker\n"
    "\n"
    "Price: step, burst (5 windows). Options --svg, --seed, and\n"
    "\n"
    "  --calm X         load beside it, in targets, at any price [0.3]\n"
    "\n"
    "Exit: 0, 3 usage.\n";

struct options {
    struct itc_growth_config growth;
    bool one; /* not the table */
    const char *svg;
    bool attacks;
    struct itc_contest_config contest; /* attack ITC_ATTACKS: all */
    uint32_t runs;
    double share; /* below 0: several */
    bool priced;
    struct itc_prices prices;
};

static _Noreturn void fail(const char *what, const char *value)
{
    fprintf(stderr, "itc-sim tangle: %s %s\n\n%s", what, value, usage);
    exit(ITC_SIM_USAGE);
}

static double number(const char *name, const char *text, double least, double most)
{
    char *end;
    double x = strtod(text, &end);
    if (end == text || *end != '\0' || !(x >= least && x <= most))
        fail(name, text);
    return x;
}

static uint64_t whole(const char *name, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n < least || n > most)
        fail(name, text);
    return n;
}

static enum itc_attack attack(const char *text)
{
    uint32_t a = 0;
    while (a < ITC_ATTACKS && strcmp(text, itc_attack_name((enum itc_attack)a)) != 0)
        a++;
    if (a == ITC_ATTACKS && strcmp(text, "all") != 0)
        fail("--attack", text);
    return (enum itc_attack)a;
}

static bool yes(const char *name, const char *text)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        fail(name, text);
    return *text == 'y';
}

/* False: no option of an attack. */
static bool take_attack(struct options *o, const char *name, const char *value)
{
    struct itc_contest_config *c = &o->contest;
    if (strcmp(name, "--attack") == 0) {
        c->attack = attack(value);
        o->attacks = true;
    } else if (strcmp(name, "--share") == 0)
        o->share = number(name, value, 0, 0.95);
    else if (strcmp(name, "--runs") == 0)
        o->runs = (uint32_t)whole(name, value, 1, 10000000);
    else if (strcmp(name, "--rate") == 0)
        c->rate = number(name, value, 1, 10000);
    else if (strcmp(name, "--delay") == 0)
        c->delay_s = number(name, value, 0.001, 10);
    else if (strcmp(name, "--interval") == 0)
        c->interval_s = number(name, value, 0.01, 60);
    else if (strcmp(name, "--theta") == 0)
        c->theta = (uint32_t)whole(name, value, 8, 65536);
    else if (strcmp(name, "--secret") == 0)
        c->secret_s = number(name, value, 0, 120);
    else if (strcmp(name, "--heaviest-only") == 0)
        c->heaviest_only = yes(name, value);
    else if (strcmp(name, "--faulty-primary") == 0)
        c->faulty_primary = yes(name, value);
    else
        return false;
    return true;
}

/* False: no option of the price. */
static bool take_price(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--price") == 0) {
        o->priced = true;
        o->prices.burst = strcmp(value, "burst") == 0;
        if (!o->prices.burst && strcmp(value, "step") != 0)
            fail(name, value);
    } else if (strcmp(name, "--calm") == 0)
        o->prices.calm = number(name, value, 0, 64);
    else
        return false;
    return true;
}

static void take(struct options *o, const char *name, const char *value)
{
    if (take_attack(o, name, value) || take_price(o, name, value))
        return;
    struct itc_growth_config *c = &o->growth;
    bool one = true;
    if (strcmp(name, "--lambda-h") == 0)
        c->lambda_h = number(name, value, 1, 10000);
    else if (strcmp(name, "--k") == 0)
        c->parents = (uint32_t)whole(name, value, 1, ITC_SITE_PARENTS_MAX);
    else if (strcmp(name, "--lazy") == 0)
        c->lazy = number(name, value, 0, 1);
    else if (strcmp(name, "--walk") == 0)
        c->alpha = number(name, value, 0, 1000);
    else {
        one = false;
        if (strcmp(name, "--depth") == 0)
            c->depth_h = number(name, value, 1, 1000);
        else if (strcmp(name, "--sites") == 0)
            c->sites = (uint32_t)whole(name, value, 1000, 10000000);
        else if (strcmp(name, "--seed") == 0)
            c->seed = whole(name, value, 0, UINT64_MAX);
        else if (strcmp(name, "--svg") == 0)
            o->svg = value;
        else
            fail("unknown option", name);
    }
    o->one |= one;
}

static void print_row(const char *what, double is, double expected)
{
    printf("  %-34s %8.3f", what, is);
    if (expected > 0)
        printf("   %8.3f   %+6.1f %%", expected, 100 * (is / expected - 1));
    putchar('\n');
}

static void print_growth(
    const struct itc_growth_config *c, const struct itc_growth *g, const struct itc_growth *theory)
{
    static const struct itc_growth nothing;
    const struct itc_growth *t = theory ? theory : &nothing;
    bool pool = c->alpha < 0; /* theory is of the uniform choice */
    printf("lambda h = %g, k = %u, q = %g, %s, %" PRIu32 " sites, seed %" PRIu64 "\n", c->lambda_h,
        c->parents, c->lazy, pool ? "uniform choice" : "weighted walk", c->sites, c->seed);
    printf("  %-34s %8s   %8s\n", "", "measured", theory && pool ? "theory" : "");
    print_row("tips / lambda h", g->tips, pool ? t->tips : 0);
    print_row("first approval, h", g->first_approval, pool ? t->first_approval : 0);
    for (uint32_t n = 0; n < 5; n++) {
        char name[32];
        (void)snprintf(name, sizeof name, "share with %u approvers", n);
        print_row(name, g->approvers[n], pool ? t->approvers[n] : 0);
    }
    if (g->adaptation > 0)
        print_row("weight at half its final pace, h", g->adaptation, pool ? t->adaptation : 0);
    else
        printf("  weight comes to half its final pace after %g h\n",
            ITC_GROWTH_AGE_H * ITC_GROWTH_AGES);
    if (!theory)
        puts("  k (1 - q) <= 1: no steady number of tips");
    putchar('\n');
}

static int draw(const char *path, const struct itc_growth_config *c, const struct itc_growth *g,
    const struct itc_growth *theory)
{
    FILE *out = fopen(path, "w");
    if (out)
        itc_growth_draw(out, c, g, c->alpha < 0 ? theory : NULL);
    if (!out || fclose(out) != 0) {
        fprintf(stderr, "itc-sim: %s: %s\n", path, strerror(errno));
        return ITC_SIM_USAGE;
    }
    return ITC_SIM_CLEAN;
}

static int grow(const struct options *o)
{
    static struct itc_growth g, theory;
    bool steady = itc_growth_theory(&o->growth, &theory);
    itc_growth_run(&o->growth, &g);
    print_growth(&o->growth, &g, steady ? &theory : NULL);
    return o->svg ? draw(o->svg, &o->growth, &g, steady ? &theory : NULL) : ITC_SIM_CLEAN;
}

static int run_attacks(const struct options *o)
{
    struct itc_contest_config c = o->contest;
    bool all = c.attack == ITC_ATTACKS;
    c.seed = o->growth.seed;
    for (uint32_t a = 0; a < ITC_ATTACKS; a++) {
        if (!all && a != (uint32_t)o->contest.attack)
            continue;
        c.attack = (enum itc_attack)a;
        itc_sim_attack(&c, o->runs, o->share);
    }
    return ITC_SIM_CLEAN;
}

int itc_sim_tangle(int argc, char **argv)
{
    struct options o = {
        .growth =
            {.lambda_h = 100, .parents = 2, .alpha = -1, .depth_h = 20, .sites = 100000, .seed = 1},
        .contest = {.rate = 1000, .delay_s = 0.1, .interval_s = 1, .secret_s = 10, .theta = 100},
        .runs = 100,
        .share = -1,
        .prices = {.calm = 0.3}};
    static const struct {
        uint32_t parents;
        double lazy;
    } cases[] = {{2, 0}, {3, 0}, {4, 0}, {8, 0}, {2, 0.25}, {2, 0.4}};
    for (int i = 2; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return ITC_SIM_CLEAN;
        }
        if (i + 1 == argc)
            fail("no value for", argv[i]);
        take(&o, argv[i], argv[i + 1]);
    }
    o.prices.seed = o.growth.seed;
    o.prices.svg = o.svg;
    if (o.priced)
        return itc_sim_prices(&o.prices);
    if (o.attacks)
        return run_attacks(&o);
    if (o.one || o.svg)
        return grow(&o);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        o.growth.parents = cases[i].parents;
        o.growth.lazy = cases[i].lazy;
        (void)grow(&o);
    }
    return ITC_SIM_CLEAN;
}
