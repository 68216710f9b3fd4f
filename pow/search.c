/* search.c - what is constant over a span of nonces, and the walk over spans. */
#include "pow/search.h"

#include <string.h>

static void fixed_words(struct itc_pow_span *s)
{
    uint8_t block[ITC_POW_BLOCK];
    itc_pow_block(block, s->pow, s->base);
    for (size_t t = 0; t < 16; t++) {
        const uint8_t *b = block + 4 * t;
        s->part[t] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    s->part[ITC_POW_VARYING] = 0;
}

/* The schedule of the fixed words alone. Terms that vary count as 0, which the sigmas leave 0; the
 * words from ITC_POW_DERIVED on are parts, hence no terms of later parts. */
static void schedule_parts(struct itc_pow_span *s)
{
    uint32_t fixed[ITC_POW_PARTS] = {0};
    for (size_t t = 0; t < ITC_POW_PARTS; t++) {
        if (t >= 16)
            s->part[t] = itc_pow_sigma1(fixed[t - 2]) + fixed[t - 7] +
                         itc_pow_sigma0(fixed[t - 15]) + fixed[t - 16];
        if (t < ITC_POW_DERIVED)
            fixed[t] = s->part[t];
    }
}

static void span_init(struct itc_pow_span *s, const struct itc_pow *p, uint64_t base)
{
    s->pow = p;
    s->base = base;
    s->limit = p->bits < 32 ? UINT32_MAX >> p->bits : 0;
    fixed_words(s);
    schedule_parts(s);
    memcpy(s->mid, p->state, sizeof s->mid);
    itc_pow_round8(s->mid, s->part, 0);
}

enum itc_err itc_pow_search_spans(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce, itc_pow_scan_fn *scan)
{
    while (tries > 0) {
        struct itc_pow_span s;
        uint32_t first = (uint32_t)start;
        uint64_t left = ((uint64_t)1 << 32) - first;
        uint64_t count = tries < left ? tries : left;
        span_init(&s, p, start - first);
        if (scan(&s, first, count, nonce))
            return ITC_OK;
        start += count;
        tries -= count;
    }
    return ITC_E_WORK;
}

bool itc_pow_span_good(const struct itc_pow_span *s, uint32_t low, uint64_t *nonce)
{
    if (itc_pow_check(s->pow, s->base + low) != ITC_OK)
        return false;
    *nonce = s->base + low;
    return true;
}
