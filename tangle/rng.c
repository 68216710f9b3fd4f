#include "tangle/rng.h"

#include "spv/base.h"

uint64_t itc_rng_split(uint64_t seed, uint64_t i)
{
    uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

void itc_rng_init(struct itc_rng *r, uint64_t seed)
{
    /* splitmix64 is a bijection of its counter, so the four words are never all zero. */
    for (unsigned i = 0; i < 4; i++)
        r->s[i] = itc_rng_split(seed, i);
}

uint64_t itc_rng_next(struct itc_rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint32_t itc_rng_below(struct itc_rng *r, uint32_t n)
{
    ITC_ASSERT(n > 0);
    uint64_t product = (itc_rng_next(r) >> 32) * n;
    if ((uint32_t)product < n) {
        /* 2^32 mod n of the low halves are one too many: draw again when one of those came. */
        uint32_t surplus = -n % n;
        while ((uint32_t)product < surplus)
            product = (itc_rng_next(r) >> 32) * n;
    }
    return (uint32_t)(product >> 32);
}
