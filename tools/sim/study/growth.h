/* growth.h - a tangle that grows as the Tangle paper supposes, measured: Poisson arrivals, each site seen by everybody
 * `h` after it was made, a share of issuers lazy. One thread, the heap, no clock: the seed is the run.
 *
 *     made at t --- h ---> seen at t + h: in the pool of tips, its parents out of it
 *
 * Time is in units of h, so the rate of arrivals is lambda_h sites in each. Tips are chosen by tangle/tips.h, or
 * by the weighted walk (walk.h).
 *
 * Sources: Popov, The Tangle v1.4.3, sections 3 and 4.1 (tips, first approval, adaptation); Kusmierz, Staupe and Gal,
 * Extracting Tangle Properties in Continuous Time via Large-Scale Simulations, 2018 (k parents). */
#ifndef ITC_SIM_STUDY_GROWTH_H
#define ITC_SIM_STUDY_GROWTH_H

#include "spv/base.h"

struct itc_growth_config {
    double lambda_h;  /* arrivals while one site is not seen yet; 1 .. 10,000 */
    uint32_t parents; /* k; 1 .. ITC_SITE_PARENTS_MAX */
    double lazy;      /* q: share of sites that approve nothing open; 0 .. 1 */
    double alpha;     /* of the weighted walk; below 0: uniform choice from the pool */
    double depth_h;   /* the walk begins this long ago, up to twice as long */
    uint32_t sites;   /* in all; the first and the last tenth are not measured */
    uint64_t seed;
};

/* What an age of a site is counted in, when its weight is watched. */
#define ITC_GROWTH_AGE_H 0.25
#define ITC_GROWTH_AGES 160
/* Direct approvers are told apart up to here; the last stands for more. */
#define ITC_GROWTH_APPROVERS 16
/* Times at which the number of tips is kept, for a picture. */
#define ITC_GROWTH_TIMES 1000

/* Measured; or, where the paper says one, expected (itc_growth_theory). */
struct itc_growth {
    double tips;           /* mean number of tips that an issuer sees, divided by lambda_h */
    double first_approval; /* mean time from a site to its first approver, in h */
    double approvers[ITC_GROWTH_APPROVERS]; /* share of sites with 0, 1, 2 ... direct approvers */
    double
        adaptation; /* age at which weight grows at half its final pace, in h; 0: never within the ages */
    double weight[ITC_GROWTH_AGES]; /* mean weight at the end of each age */
    double course
        [ITC_GROWTH_TIMES]; /* tips / lambda_h at equal distances from the first site to the last */
    double end_h;           /* when the last site was made */
};

/* Aborts if the memory does not suffice (about 600 bytes a site). */
void itc_growth_run(const struct itc_growth_config *c, struct itc_growth *out);
/* False, and nothing in `out`: such a tangle has no steady number of tips (k (1 - q) <= 1). `course` is left 0. */
bool itc_growth_theory(const struct itc_growth_config *c, struct itc_growth *out);

#endif
