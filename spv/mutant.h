/* mutant.h - deliberate defects, to see that the simulator finds them (tests/mutants). Pure.
 *
 *     if (ITC_MUTANT("prepared-dropped"))      itc-sim-mutants: whether `--mutant prepared-dropped` was asked for
 *         vote.prepared = false;               every other program: never, and at no cost */
#ifndef ITC_SPV_MUTANT_H
#define ITC_SPV_MUTANT_H

#include <stdbool.h>

#ifdef ITC_MUTANTS
#define ITC_MUTANT(name) itc_mutant_is(name)
bool itc_mutant_is(const char *name);
void itc_mutant_choose(const char *name); /* NULL: none */
#else
#define ITC_MUTANT(name) false
#endif

#endif
