/* tangle.h - the parts of `itc-sim tangle`. Not pure: the terminal. */
#ifndef ITC_SIM_TANGLE_H
#define ITC_SIM_TANGLE_H

#include "tangle/rng.h"
#include "tools/sim/cli.h"
#include "tools/sim/study/contest.h"

/* Prints a table: a row for `share`, or, below 0, for each of several. */
void itc_sim_attack(const struct itc_contest_config *base, uint32_t runs, double share);

/* `itc-sim tangle --price`. */
struct itc_prices {
    bool burst;  /* else a step */
    double calm; /* load beside the surge, in targets */
    uint64_t seed;
    const char *svg; /* NULL: no picture */
};
/* Prints a table; the exit code. */
int itc_sim_prices(const struct itc_prices *o);

#endif
