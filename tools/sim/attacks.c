/* attacks.c - `itc-sim tangle --attack`: attacks on the tangle, by the attacker's share of all sites. */
#include "tools/sim/tangle.h"

#include <inttypes.h>

/* Sums over runs. */
struct tally {
    uint64_t runs, confirmed, flipped, flipped_white, decided;
    uint64_t honest, in_two;
    double final_s, decided_s;
    uint32_t tips_most;
};

static void add(struct tally *t, const struct itc_contest *r)
{
    t->runs++;
    t->confirmed += r->confirmed;
    t->flipped += r->flipped;
    t->flipped_white += r->flipped_white;
    t->decided += r->decided_s > 0;
    t->decided_s += r->decided_s;
    t->honest += r->honest;
    t->in_two += r->in_two;
    t->final_s += r->final_sum_s;
    if (r->tips_most > t->tips_most)
        t->tips_most = r->tips_most;
}

static struct tally tally_of(struct itc_contest_config c, uint32_t runs)
{
    struct tally t = {0};
    for (uint32_t i = 0; i < runs; i++) {
        struct itc_contest r;
        c.seed = itc_rng_split(c.seed, i);
        itc_contest_run(&c, &r);
        add(&t, &r);
    }
    return t;
}

static double ratio(uint64_t part, uint64_t of)
{
    return of > 0 ? (double)part / (double)of : 0;
}

static bool is_on_payment(enum itc_attack a)
{
    return a != ITC_ATTACK_CONFLICTS && a != ITC_ATTACK_LAZY;
}

static void print_head(const struct itc_contest_config *c, uint32_t runs)
{
    printf("%s: %g sites/s, h = %g s, interval %g s, confirmed at %u, %s primary%s, %" PRIu32
           " runs a row, seed %" PRIu64 "\n",
        itc_attack_name(c->attack), c->rate, c->delay_s, c->interval_s, c->theta,
        c->faulty_primary ? "faulty" : "honest", c->heaviest_only ? ", heaviest only" : "", runs,
        c->seed);
    if (is_on_payment(c->attack))
        puts("     q   confirmed    flipped   white flag   decided in s");
    else
        puts("     q   final in two intervals   final in s   most tips");
}

static void print_row(const struct itc_contest_config *c, const struct tally *t)
{
    double in_two = 100 * ratio(t->in_two, t->honest);
    if (is_on_payment(c->attack))
        printf("  %4.2f  %9.2f %%  %9.5f    %9.5f   %12.2f\n", c->share,
            100 * ratio(t->confirmed, t->runs), ratio(t->flipped, t->confirmed),
            ratio(t->flipped_white, t->confirmed),
            t->decided > 0 ? t->decided_s / (double)t->decided : 0);
    else
        printf("  %4.2f  %20.2f %%   %10.2f   %9u\n", c->share, in_two,
            t->honest > 0 ? t->final_s / (double)t->honest : 0, t->tips_most);
    (void)fflush(stdout);
}

void itc_sim_attack(const struct itc_contest_config *base, uint32_t runs, double share)
{
    static const double shares[] = {0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5};
    struct itc_contest_config c = *base;
    print_head(&c, runs);
    for (size_t i = 0; i < (share < 0 ? sizeof shares / sizeof shares[0] : 1); i++) {
        c.share = share < 0 ? shares[i] : share;
        struct tally t = tally_of(c, runs);
        print_row(&c, &t);
    }
    putchar('\n');
}
