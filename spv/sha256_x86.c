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

/* The eight variables, and the sixteen words of the schedule that are needed next. */
struct lane {
    __m128i abef, cdgh;
    __m128i abef_before, cdgh_before;
    __m128i w[4];
};

KERNEL static inline void load_state(struct lane *l, const uint32_t state[8])
{
    const __m128i *at = (const __m128i *)(const void *)state;
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(at), 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(at + 1), 0x1b);
    l->abef = _mm_alignr_epi8(badc, hgfe, 8);
    l->cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

KERNEL static inline void store_state(uint32_t state[8], const struct lane *l)
{
    __m128i *at = (__m128i *)(void *)state;
    __m128i feba = _mm_shuffle_epi32(l->abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(l->cdgh, 0xb1);
    _mm_storeu_si128(at, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(at + 1, _mm_alignr_epi8(dchg, feba, 8));
}

KERNEL static inline void begin(struct lane *l, const uint8_t *block)
{
    l->abef_before = l->abef;
    l->cdgh_before = l->cdgh;
    for (unsigned i = 0; i < 4; i++)
        l->w[i] = load_words(block + 16 * i);
}

/* Rounds t .. t + 3 take the words w[i]. */
KERNEL static inline void four_rounds(struct lane *l, unsigned i, unsigned t)
{
    const void *k = itc_sha256_constants + t;
    __m128i sum = _mm_add_epi32(l->w[i], _mm_loadu_si128((const __m128i *)k));
    l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, sum);
    l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/* The four words that follow the sixteen, of which w[i] holds the first four, in their place. */
KERNEL static inline void schedule(struct lane *l, unsigned i)
{
    __m128i w1 = l->w[(i + 1) % 4], w2 = l->w[(i + 2) % 4], w3 = l->w[(i + 3) % 4];
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(l->w[i], w1), _mm_alignr_epi8(w3, w2, 4));
    l->w[i] = _mm_sha256msg2_epu32(sum, w3);
}

KERNEL static inline void schedule_sixteen(struct lane *l)
{
    schedule(l, 0);
    schedule(l, 1);
    schedule(l, 2);
    schedule(l, 3);
}

KERNEL static inline void end(struct lane *l)
{
    l->abef = _mm_add_epi32(l->abef, l->abef_before);
    l->cdgh = _mm_add_epi32(l->cdgh, l->cdgh_before);
}

KERNEL void itc_sha256_compress_x86(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    struct lane l;
    load_state(&l, state);
    for (; count > 0; count--, blocks += 64) {
        begin(&l, blocks);
        for (unsigned t = 0;; t += 16) {
            four_rounds(&l, 0, t);
            four_rounds(&l, 1, t + 4);
            four_rounds(&l, 2, t + 8);
            four_rounds(&l, 3, t + 12);
            if (t == 48)
                break;
            schedule_sixteen(&l);
        }
        end(&l);
    }
    store_state(state, &l);
}

KERNEL static inline void four_rounds_of_two(struct lane *l, struct lane *m, unsigned i, unsigned t)
{
    four_rounds(l, i, t);
    four_rounds(m, i, t);
}

/* A round waits for the one before: meanwhile there is time for another message. */
KERNEL void itc_sha256_compress_two_x86(
    uint32_t state[2][8], const uint8_t *const blocks[2], size_t count)
{
    struct lane l, m;
    load_state(&l, state[0]);
    load_state(&m, state[1]);
    for (size_t at = 0; at < 64 * count; at += 64) {
        begin(&l, blocks[0] + at);
        begin(&m, blocks[1] + at);
        for (unsigned t = 0;; t += 16) {
            four_rounds_of_two(&l, &m, 0, t);
            four_rounds_of_two(&l, &m, 1, t + 4);
            four_rounds_of_two(&l, &m, 2, t + 8);
            four_rounds_of_two(&l, &m, 3, t + 12);
            if (t == 48)
                break;
            schedule_sixteen(&l);
            schedule_sixteen(&m);
        }
        end(&l);
        end(&m);
    }
    store_state(state[0], &l);
    store_state(state[1], &m);
}
