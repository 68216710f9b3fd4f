/* search_portable.c - the search in plain C, one nonce at a time. */
#include "pow/search.h"

#include <string.h>

static uint32_t swap_bytes(uint32_t x)
{
    return x >> 24 | (x >> 8 & 0xff00) | (x & 0xff00) << 8 | x << 24;
}

/* First word of the hash. */
static uint32_t first_word(const struct itc_pow_span *s, uint32_t low)
{
    uint32_t v[8], w[ITC_POW_ROUNDS];
    memcpy(v, s->mid, sizeof v);
    memcpy(w, s->part, ITC_POW_DERIVED * sizeof w[0]);
    w[ITC_POW_VARYING] = swap_bytes(low);
    for (size_t t = ITC_POW_DERIVED; t < ITC_POW_ROUNDS; t++)
        w[t] = itc_pow_sigma1(w[t - 2]) + w[t - 7] + itc_pow_sigma0(w[t - 15]) + w[t - 16];
    for (size_t t = ITC_POW_VARYING; t < ITC_POW_ROUNDS; t += 8)
        itc_pow_round8(v, w, t);
    return v[0] + s->pow->state[0];
}

static bool scan(const struct itc_pow_span *s, uint32_t first, uint64_t count, uint64_t *nonce)
{
    for (uint64_t i = 0; i < count; i++) {
        uint32_t low = first + (uint32_t)i;
        if (first_word(s, low) <= s->limit && itc_pow_span_good(s, low, nonce))
            return true;
    }
    return false;
}

enum itc_err itc_pow_search_portable(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    return itc_pow_search_spans(p, start, tries, nonce, scan);
}
