/* search_lanes.h - the search over LANES nonces at a time, for any vector instruction set: a
 * kernel's .c defines what is listed here and includes this file, which gives it `scan`. Pure.
 *
 *     LANES                    number of 32-bit lanes in a vector
 *     LANE_TARGET, LANE_FN     attributes: target(...); the same and always inline
 *     vec                      the vector type
 *     vec_set(x)               x in all lanes
 *     vec_count(x)             x, x+1, ... x+LANES-1
 *     vec_swap(v)              bytes of each lane reversed
 *     vec_add(u, v)            sums
 *     vec_ror(v, n), vec_shr(v, n)
 *     vec_xor3(u, v, w)        u ^ v ^ w
 *     vec_choose(u, v, w)      bits of v where u has ones, else of w
 *     vec_majority(u, v, w)
 *     vec_within(v, x)         bit mask of the lanes that are <= x
 *
 * Rounds and words are written out with constant indices, so that the compiler keeps the arrays in
 * registers. */
#ifndef ITC_POW_SEARCH_LANES_H
#define ITC_POW_SEARCH_LANES_H

#include "pow/search.h"

#define SIGMA0(v) vec_xor3(vec_ror(v, 7), vec_ror(v, 18), vec_shr(v, 3))
#define SIGMA1(v) vec_xor3(vec_ror(v, 17), vec_ror(v, 19), vec_shr(v, 10))
#define SUM0(v) vec_xor3(vec_ror(v, 2), vec_ror(v, 13), vec_ror(v, 22))
#define SUM1(v) vec_xor3(vec_ror(v, 6), vec_ror(v, 11), vec_ror(v, 25))

static inline bool varies(int t)
{
    return t == ITC_POW_VARYING || t >= ITC_POW_DERIVED;
}

/* Word t >= ITC_POW_DERIVED: its constant part and the terms that vary. */
static LANE_FN vec word(const struct itc_pow_span *s, const vec *w, int t)
{
    if (t >= ITC_POW_PARTS)
        return vec_add(vec_add(SIGMA1(w[t - 2]), w[t - 7]), vec_add(SIGMA0(w[t - 15]), w[t - 16]));
    vec sum = vec_set(s->part[t]);
    if (varies(t - 2))
        sum = vec_add(sum, SIGMA1(w[t - 2]));
    if (varies(t - 7))
        sum = vec_add(sum, w[t - 7]);
    if (varies(t - 15))
        sum = vec_add(sum, SIGMA0(w[t - 15]));
    if (varies(t - 16))
        sum = vec_add(sum, w[t - 16]);
    return sum;
}

/* Round t. Working variable a is v[-t & 7], b the next, and so on: none is moved. */
static LANE_FN void round_at(const struct itc_pow_span *s, vec *v, vec *w, int t)
{
    int at = -t & 7;
    vec *d = &v[(at + 3) & 7], *h = &v[(at + 7) & 7];
    vec a = v[at], b = v[(at + 1) & 7], c = v[(at + 2) & 7];
    vec e = v[(at + 4) & 7], f = v[(at + 5) & 7], g = v[(at + 6) & 7];
    vec t1 = *h;
    if (t >= ITC_POW_DERIVED)
        w[t] = word(s, w, t);
    if (varies(t))
        t1 = vec_add(t1, vec_add(w[t], vec_set(itc_sha256_constants[t])));
    else
        t1 = vec_add(t1, vec_set(itc_sha256_constants[t] + s->part[t]));
    t1 = vec_add(vec_add(t1, vec_choose(e, f, g)), SUM1(e));
    *d = vec_add(*d, t1);
    *h = vec_add(vec_add(t1, vec_majority(a, b, c)), SUM0(a));
}

static LANE_FN void round8_at(const struct itc_pow_span *s, vec *v, vec *w, int t)
{
    round_at(s, v, w, t);
    round_at(s, v, w, t + 1);
    round_at(s, v, w, t + 2);
    round_at(s, v, w, t + 3);
    round_at(s, v, w, t + 4);
    round_at(s, v, w, t + 5);
    round_at(s, v, w, t + 6);
    round_at(s, v, w, t + 7);
}

/* First words of the hashes of low, low+1, ... */
static LANE_FN vec first_words(const struct itc_pow_span *s, uint32_t low)
{
    const uint32_t *m = s->mid;
    vec w[ITC_POW_ROUNDS];
    vec v[8] = {vec_set(m[0]), vec_set(m[1]), vec_set(m[2]), vec_set(m[3]), vec_set(m[4]),
        vec_set(m[5]), vec_set(m[6]), vec_set(m[7])};
    w[ITC_POW_VARYING] = vec_swap(vec_count(low));
    round8_at(s, v, w, 8);
    round8_at(s, v, w, 16);
    round8_at(s, v, w, 24);
    round8_at(s, v, w, 32);
    round8_at(s, v, w, 40);
    round8_at(s, v, w, 48);
    round8_at(s, v, w, 56);
    return vec_add(v[0], vec_set(s->pow->state[0]));
}

/* Lanes past the end of the range are computed and ignored. */
static LANE_TARGET bool scan(
    const struct itc_pow_span *s, uint32_t first, uint64_t count, uint64_t *nonce)
{
    for (uint64_t done = 0; done < count; done += LANES) {
        uint32_t low = first + (uint32_t)done;
        uint32_t hits = vec_within(first_words(s, low), s->limit);
        for (; hits != 0; hits &= hits - 1) {
            uint32_t lane = (uint32_t)__builtin_ctz(hits);
            if (done + lane < count && itc_pow_span_good(s, low + lane, nonce))
                return true;
        }
    }
    return false;
}

#endif
