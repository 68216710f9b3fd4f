/* search_shani.c - the search with the SHA extensions of x86. One instruction does two rounds; its
 * result takes twice the time after which the next one can start. So two nonces are tried side by
 * side. Source: Intel SDM, SHA256RNDS2, SHA256MSG1, SHA256MSG2. */
#include <immintrin.h>

#include "pow/search.h"

#define PAIR 2
#define SHA_TARGET __attribute__((target("sha,sse4.1")))
#define SHA_FN inline __attribute__((always_inline)) SHA_TARGET

/* One nonce under way. Vectors hold words from the lowest lane up. */
struct lane {
    __m128i feba, hgdc;            /* working variables */
    __m128i x[ITC_POW_ROUNDS / 4]; /* words 4i .. 4i+3 */
};

static SHA_FN __m128i load(const uint32_t *words)
{
    return _mm_loadu_si128((const __m128i *)(const void *)words);
}

/* Rounds 4i .. 4i+3. */
static SHA_FN void rounds4(struct lane *l, int i)
{
    __m128i kw = _mm_add_epi32(l->x[i], load(&itc_sha256_constants[4 * i]));
    l->hgdc = _mm_sha256rnds2_epu32(l->hgdc, l->feba, kw);
    l->feba = _mm_sha256rnds2_epu32(l->feba, l->hgdc, _mm_shuffle_epi32(kw, 0x0e));
}

/* Words 8 .. 35, from their constant parts (search.h) and the terms that vary. */
static SHA_FN void early_words(struct lane *l, const struct itc_pow_span *s, uint32_t low)
{
    uint32_t w8 = __builtin_bswap32(low);
    __m128i v8 = _mm_cvtsi32_si128((int)w8);
    uint32_t w23 = s->part[23] + itc_pow_sigma0(w8);
    __m128i v23 = _mm_slli_si128(_mm_cvtsi32_si128((int)w23), 12);
    l->x[2] = _mm_add_epi32(load(&s->part[8]), v8);
    l->x[3] = load(&s->part[12]);
    l->x[4] = load(&s->part[16]);
    l->x[5] = _mm_blend_epi16(load(&s->part[20]), v23, 0xc0);
    /* sigma1 of word 22 is in the constant part already: v23 has 0 in its place. */
    l->x[6] = _mm_sha256msg2_epu32(_mm_add_epi32(load(&s->part[24]), v8), v23);
    l->x[7] = _mm_sha256msg2_epu32(
        _mm_add_epi32(load(&s->part[28]), _mm_alignr_epi8(l->x[6], v23, 4)), l->x[6]);
    l->x[8] = _mm_sha256msg2_epu32(
        _mm_add_epi32(load(&s->part[32]), _mm_alignr_epi8(l->x[7], l->x[6], 4)), l->x[7]);
}

/* Words 4i .. 4i+3, i >= 9. */
static SHA_FN void late_words(struct lane *l, int i)
{
    __m128i *x = l->x;
    __m128i sum = _mm_add_epi32(
        _mm_sha256msg1_epu32(x[i - 4], x[i - 3]), _mm_alignr_epi8(x[i - 1], x[i - 2], 4));
    x[i] = _mm_sha256msg2_epu32(sum, x[i - 1]);
}

static SHA_FN void begin(struct lane *l, const struct itc_pow_span *s, uint32_t low)
{
    const uint32_t *v = s->mid;
    l->feba = _mm_setr_epi32((int)v[5], (int)v[4], (int)v[1], (int)v[0]);
    l->hgdc = _mm_setr_epi32((int)v[7], (int)v[6], (int)v[3], (int)v[2]);
    early_words(l, s, low);
}

/* Rounds 4i .. 4i+3 of both nonces. */
static SHA_FN void early4(struct lane l[PAIR], int i)
{
    rounds4(&l[0], i);
    rounds4(&l[1], i);
}

/* The same with their words, i >= 9. */
static SHA_FN void late4(struct lane l[PAIR], int i)
{
    late_words(&l[0], i);
    late_words(&l[1], i);
    rounds4(&l[0], i);
    rounds4(&l[1], i);
}

/* First words of the hashes of low, low+1. */
static SHA_FN void first_words(uint32_t out[PAIR], const struct itc_pow_span *s, uint32_t low)
{
    struct lane l[PAIR];
    begin(&l[0], s, low);
    begin(&l[1], s, low + 1);
    early4(l, 2);
    early4(l, 3);
    early4(l, 4);
    early4(l, 5);
    early4(l, 6);
    early4(l, 7);
    early4(l, 8);
    late4(l, 9);
    late4(l, 10);
    late4(l, 11);
    late4(l, 12);
    late4(l, 13);
    late4(l, 14);
    late4(l, 15);
    out[0] = (uint32_t)_mm_extract_epi32(l[0].feba, 3) + s->pow->state[0];
    out[1] = (uint32_t)_mm_extract_epi32(l[1].feba, 3) + s->pow->state[0];
}

static SHA_TARGET bool scan(
    const struct itc_pow_span *s, uint32_t first, uint64_t count, uint64_t *nonce)
{
    for (uint64_t done = 0; done < count; done += PAIR) {
        uint32_t low = first + (uint32_t)done, word[PAIR];
        first_words(word, s, low);
        for (uint32_t k = 0; k < PAIR; k++)
            if (word[k] <= s->limit && done + k < count && itc_pow_span_good(s, low + k, nonce))
                return true;
    }
    return false;
}

enum itc_err itc_pow_search_shani(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    return itc_pow_search_spans(p, start, tries, nonce, scan);
}
