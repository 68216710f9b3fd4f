/* tangle.c - `itc-sim tangle`: the tangle by itself, against the theory of it. */
#include "tools/sim/cli.h"
#include "tools/sim/study/picture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: itc-sim tangle [OPTION ...]      a tangle that grows, and what theory expects of it\n"
    "\n"
    "Without --lambda-h, --k, --lazy and --walk: the cases of a table, one after the other.\n"
    "\n"
    "  --lambda-h X     sites made while one is not seen yet     [100]\n"
    "  --k N            parents of a site, 1 .. 8                [2]\n"
    "  --lazy Q         share of sites that approve no tip       [0]\n"
    "  --walk ALPHA     tips by the weighted walk (MCMC), not from the pool\n"
    "  --depth H        where walks begin, in h                  [20]\n"
    "  --sites N        in all, 1000 .. 10000000                 [100000]\n"
    "  --seed N                                                  [1]\n"
    "  --svg FILE       draws tips over time and weight over age\n"
    "\n"
    "Exit: 0, 3 usage.\n";

struct options {
    struct itc_growth_config growth;
    bool one; /* not the table */
    const char *svg;
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

static void take(struct options *o, const char *name, const char *value)
{
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

int itc_sim_tangle(int argc, char **argv)
{
    struct options o = {
        .growth = {
            .lambda_h = 100, .parents = 2, .alpha = -1, .depth_h = 20, .sites = 100000, .seed = 1}};
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
    if (o.one || o.svg)
        return grow(&o);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        o.growth.parents = cases[i].parents;
        o.growth.lazy = cases[i].lazy;
        (void)grow(&o);
    }
    return ITC_SIM_CLEAN;
}
