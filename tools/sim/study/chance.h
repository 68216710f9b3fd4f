/* chance.h - what the studies draw. */
#ifndef ITC_SIM_STUDY_CHANCE_H
#define ITC_SIM_STUDY_CHANCE_H

#include <math.h>

#include "tangle/rng.h"

/* Uniform in 0 .. 1, without 0. */
static inline double itc_chance(struct itc_rng *rng)
{
    return (double)((itc_rng_next(rng) >> 11) + 1) * 0x1p-53;
}

/* Time until the next of events that come `rate` times in a unit of time, on average, and independently. */
static inline double itc_chance_wait(struct itc_rng *rng, double rate)
{
    return -log(itc_chance(rng)) / rate;
}

#endif
