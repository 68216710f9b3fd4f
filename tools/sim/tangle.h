/* tangle.h - the parts of `itc-sim tangle`. Not pure: the terminal. */
#ifndef ITC_SIM_TANGLE_H
#define ITC_SIM_TANGLE_H

#include "tangle/rng.h"
#include "tools/sim/cli.h"
#include "tools/sim/study/contest.h"

/* Prints a table: a row for `share`, or, below 0, for each of several. */
void itc_sim_attack(const struct itc_contest_config *base, uint32_t runs, double share);

#endif
