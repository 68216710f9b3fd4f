/* search_avx2.c - the search with AVX2: 8 nonces at a time. */
#include <immintrin.h>

#define LANES 8
#define LANE_TARGET __attribute__((target("avx2")))
#define LANE_FN inline __attribute__((always_inline)) LANE_TARGET
typedef __m256i vec;

#define vec_set(x) _mm256_set1_epi32((int)(x))
#define vec_count(x) _mm256_add_epi32(vec_set(x), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define vec_add _mm256_add_epi32
#define vec_shr _mm256_srli_epi32
#define vec_ror(v, n) _mm256_or_si256(_mm256_srli_epi32(v, n), _mm256_slli_epi32(v, 32 - (n)))
#define vec_xor3(u, v, w) _mm256_xor_si256(_mm256_xor_si256(u, v), w)
#define vec_choose(u, v, w) _mm256_xor_si256(w, _mm256_and_si256(u, _mm256_xor_si256(v, w)))
#define vec_majority(u, v, w)                                                                      \
    _mm256_or_si256(_mm256_and_si256(u, v), _mm256_and_si256(w, _mm256_or_si256(u, v)))
#define vec_swap(v)                                                                                \
    _mm256_shuffle_epi8(v, _mm256_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,  \
                               3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))
/* AVX2 compares signed numbers only; the smaller one of v and x is v where v <= x. */
#define vec_within(v, x)                                                                           \
    (uint32_t) _mm256_movemask_ps(                                                                 \
        _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_min_epu32(v, vec_set(x)), v)))

#include "pow/search_lanes.h"

enum itc_err itc_pow_search_avx2(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    return itc_pow_search_spans(p, start, tries, nonce, scan);
}
