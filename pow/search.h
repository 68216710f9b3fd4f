/* search.h - what the search kernels share; for files of pow/ only. Pure.
 *
 * One try compresses the block  stem 32 | nonce 8 | 0x80 | zeros | bit length 8.  As words of
 * SHA-256's message schedule, over a "span" of 2^32 nonces that have their upper half in common:
 *
 *     w[0..7] stem   w[8] lower half of the nonce   w[9] upper half   w[10..15] padding and length
 *
 * Only w[8] differs between tries. So the working variables after round 7 and the words 16..22 are
 * computed once a span; the words 23..38 are a constant part plus terms that vary; from 39 on all
 * terms vary. */
#ifndef ITC_POW_SEARCH_H
#define ITC_POW_SEARCH_H

#include "pow/pow.h"
#include "spv/sha256_kernels.h"

#define ITC_POW_BLOCK 64 /* bytes */
#define ITC_POW_ROUNDS 64
#define ITC_POW_VARYING 8  /* index of the word that holds the lower half of the nonce */
#define ITC_POW_DERIVED 23 /* index of the first word that is computed from that one */
#define ITC_POW_PARTS 39   /* number of words that have a constant part */

struct itc_pow_span {
    const struct itc_pow *pow;
    uint64_t base;   /* its nonces are base .. base + 2^32 - 1 */
    uint32_t limit;  /* no good hash has a first word above this */
    uint32_t mid[8]; /* working variables a..h after round 7 */
    uint32_t
        part[ITC_POW_PARTS]; /* constant part of each word: all of it, except in 8 and 23..38 */
};

/* The last block for `nonce`. */
void itc_pow_block(uint8_t out[ITC_POW_BLOCK], const struct itc_pow *p, uint64_t nonce);

/* Tries the nonces base + first .. base + first + count - 1; first + count <= 2^32.
 * True: *nonce is the first good one. False: none of them; *nonce is unchanged. */
typedef bool itc_pow_scan_fn(
    const struct itc_pow_span *s, uint32_t first, uint64_t count, uint64_t *nonce);

/* The contract of itc_pow_search, one call of `scan` for each span that the range touches. */
ITC_MUST enum itc_err itc_pow_search_spans(const struct itc_pow *p, uint64_t start, uint64_t tries,
    uint64_t *nonce, itc_pow_scan_fn *scan);

/* Whether base + low, whose hash has a first word within the limit, is good: past 32 bits the next
 * word decides as well. If so, *nonce gets it. */
bool itc_pow_span_good(const struct itc_pow_span *s, uint32_t low, uint64_t *nonce);

itc_pow_search_fn itc_pow_search_portable;
#ifdef ITC_SHA256_X86
/* To be called only where the processor and the system have them. */
itc_pow_search_fn itc_pow_search_avx2;
itc_pow_search_fn itc_pow_search_shani;
itc_pow_search_fn itc_pow_search_avx512;
bool itc_pow_avx2_available(void);
bool itc_pow_avx512_available(void);
#endif

/* The functions of FIPS 180-4, 4.1.2, and one round on the working variables a..h. */

static inline uint32_t itc_pow_ror(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static inline uint32_t itc_pow_sigma0(uint32_t x)
{
    return itc_pow_ror(x, 7) ^ itc_pow_ror(x, 18) ^ (x >> 3);
}

static inline uint32_t itc_pow_sigma1(uint32_t x)
{
    return itc_pow_ror(x, 17) ^ itc_pow_ror(x, 19) ^ (x >> 10);
}

/* One round: `kw` is its constant plus its word. Instead of moving the eight variables along, the
 * caller passes them rotated by one place each round; d and h are those that change. */
static inline void itc_pow_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e,
    uint32_t f, uint32_t g, uint32_t *h, uint32_t kw)
{
    uint32_t sum1 = itc_pow_ror(e, 6) ^ itc_pow_ror(e, 11) ^ itc_pow_ror(e, 25);
    uint32_t sum0 = itc_pow_ror(a, 2) ^ itc_pow_ror(a, 13) ^ itc_pow_ror(a, 22);
    uint32_t t1 = *h + kw + sum1 + (g ^ (e & (f ^ g)));
    *d += t1;
    *h = t1 + sum0 + ((a & b) | (c & (a | b)));
}

/* Rounds t .. t+7 on v = a..h, with the words w[t..t+7]. */
static inline void itc_pow_round8(uint32_t v[8], const uint32_t *w, size_t t)
{
    const uint32_t *k = itc_sha256_constants + t;
    uint32_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    w += t;
    itc_pow_round(a, b, c, &d, e, f, g, &h, k[0] + w[0]);
    itc_pow_round(h, a, b, &c, d, e, f, &g, k[1] + w[1]);
    itc_pow_round(g, h, a, &b, c, d, e, &f, k[2] + w[2]);
    itc_pow_round(f, g, h, &a, b, c, d, &e, k[3] + w[3]);
    itc_pow_round(e, f, g, &h, a, b, c, &d, k[4] + w[4]);
    itc_pow_round(d, e, f, &g, h, a, b, &c, k[5] + w[5]);
    itc_pow_round(c, d, e, &f, g, h, a, &b, k[6] + w[6]);
    itc_pow_round(b, c, d, &e, f, g, h, &a, k[7] + w[7]);
    v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e, v[5] = f, v[6] = g, v[7] = h;
}

#endif
