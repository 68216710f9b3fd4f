/* sha256_x86.c - the compression function on the SHA extensions of x86, and whether they are there. Compiled on
 * x86 only; the instructions are enabled for the kernel alone, so the program still runs where they are missing.
 *
 * The processor keeps the eight variables in two registers, (a b e f) and (c d g h), and does two rounds an
 * instruction. Source: Intel SDM, SHA256RNDS2, SHA256MSG1, SHA256MSG2. */
#include "spv/sha256_kernels.h"

#include <cpuid.h>
#include <immintrin.h>

#define KERNEL __attribute__((target("sha,sse4.1")))

bool itc_sha256_x86_available(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3))
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* Four big-endian words of the block. */
KERNEL static inline __m128i load_words(const uint8_t *p)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), swap);
}

KERNEL static inline void four_rounds(__m128i *abef, __m128i *cdgh, __m128i words, unsigned t)
{
    const void *k = itc_sha256_constants + t;
    __m128i sum = _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)k));
    *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
    *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/* The four schedule words that follow w0 .. w3. */
KERNEL static inline __m128i schedule(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    return _mm_sha256msg2_epu32(sum, w3);
}

KERNEL static inline void compress_block(__m128i *abef, __m128i *cdgh, const uint8_t *block)
{
    const __m128i abef_before = *abef, cdgh_before = *cdgh;
    __m128i w0 = load_words(block), w1 = load_words(block + 16);
    __m128i w2 = load_words(block + 32), w3 = load_words(block + 48);
    for (unsigned t = 0;; t += 16) {
        four_rounds(abef, cdgh, w0, t);
        four_rounds(abef, cdgh, w1, t + 4);
        four_rounds(abef, cdgh, w2, t + 8);
        four_rounds(abef, cdgh, w3, t + 12);
        if (t == 48)
            break;
        w0 = schedule(w0, w1, w2, w3);
        w1 = schedule(w1, w2, w3, w0);
        w2 = schedule(w2, w3, w0, w1);
        w3 = schedule(w3, w0, w1, w2);
    }
    *abef = _mm_add_epi32(*abef, abef_before);
    *cdgh = _mm_add_epi32(*cdgh, cdgh_before);
}

KERNEL void itc_sha256_compress_x86(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    __m128i *low = (__m128i *)(void *)state, *high = (__m128i *)(void *)(state + 4);
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(low), 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(high), 0x1b);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

    for (; count > 0; count--, blocks += 64)
        compress_block(&abef, &cdgh, blocks);

    __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(low, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(high, _mm_alignr_epi8(dchg, feba, 8));
}
