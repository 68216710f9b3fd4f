/* rng.h - the node's only source of chance: a seeded generator (xoshiro256**, Blackman and Vigna 2018). Pure.
 * Not for secrets. Same seed, same run. */
#ifndef ITC_TANGLE_RNG_H
#define ITC_TANGLE_RNG_H

#include <stdint.h>

struct itc_rng {
    uint64_t s[4];
};

/* Any seed is good (expanded by splitmix64). */
void itc_rng_init(struct itc_rng *r, uint64_t seed);
uint64_t itc_rng_next(struct itc_rng *r);
/* Uniform in 0 .. n-1, without bias (Lemire 2019); n > 0. */
uint32_t itc_rng_below(struct itc_rng *r, uint32_t n);

/* Number `i` of the splitmix64 sequence of `seed` (Steele, Lea, Flood 2014): one seed, many keys. */
uint64_t itc_rng_split(uint64_t seed, uint64_t i);

#endif
