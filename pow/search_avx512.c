/* search_avx512.c - the search with AVX-512 F: 16 nonces at a time. */
#include <immintrin.h>

#define LANES 16
#define LANE_TARGET __attribute__((target("avx512f")))
#define LANE_FN inline __attribute__((always_inline)) LANE_TARGET
typedef __m512i vec;

#define vec_set(x) _mm512_set1_epi32((int)(x))
#define vec_count(x)                                                                               \
    _mm512_add_epi32(_mm512_set1_epi32((int)(x)),                                                  \
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#define vec_add _mm512_add_epi32
#define vec_ror _mm512_ror_epi32
#define vec_shr _mm512_srli_epi32
/* The immediate is the truth table of three bits. */
#define vec_xor3(u, v, w) _mm512_ternarylogic_epi32(u, v, w, 0x96)
#define vec_choose(u, v, w) _mm512_ternarylogic_epi32(u, v, w, 0xca)
#define vec_majority(u, v, w) _mm512_ternarylogic_epi32(u, v, w, 0xe8)
#define vec_within(v, x) _mm512_cmple_epu32_mask(v, vec_set(x))
#define vec_swap(v) vec_choose(vec_set(0x00ff00ff), _mm512_rol_epi32(v, 8), _mm512_ror_epi32(v, 8))

#include "pow/search_lanes.h"

enum itc_err itc_pow_search_avx512(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    return itc_pow_search_spans(p, start, tries, nonce, scan);
}
