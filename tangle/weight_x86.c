/* weight_x86.c - the passes of itc_exact with instructions that not every x86-64 has, and whether they are there.
 * Compiled on x86-64 only; the instructions are enabled for the kernels alone. Source: Intel SDM, POPCNT, PSHUFB,
 * PSADBW, VPOPCNTQ, CPUID. Counting by PSHUFB:
 * Mula, Kurz and Lemire, Faster Population Counts Using AVX2 Instructions, 2016. */
#include "tangle/weight_kernels.h"

#include <cpuid.h>
#include <immintrin.h>

#include "pow/search.h"

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx2,avx512f,avx512vl,avx512vpopcntdq")))
#define POPCNT __attribute__((target("popcnt")))

bool itc_weight_popcnt_available(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_POPCNT);
}

bool itc_weight_avx2_available(void)
{
    return itc_pow_avx2_available();
}

bool itc_weight_avx512_available(void)
{
    unsigned a, b, c, d;
    return itc_weight_avx2_available() && itc_pow_avx512_available() &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512VL) &&
           (c & bit_AVX512VPOPCNTDQ);
}

static inline POPCNT uint32_t count_words(const uint64_t row[ITC_EXACT_WORDS])
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ITC_EXACT_WORDS; i++)
        sum += (uint64_t)__builtin_popcountll(row[i]);
    return (uint32_t)sum;
}

POPCNT void itc_exact_pass_popcnt(struct itc_exact *e, uint32_t begin, uint32_t end)
{
    itc_exact_pass_vecs(e, begin, end, count_words);
}

/* Four sums, one for each 64 bits, of the bits set in both halves of a row. */
typedef __m256i count_fn(__m256i low, __m256i high);

/* The pass with a row in two registers. AVX-512 takes it too: one register of 512 bits was slower. */
static inline __attribute__((always_inline)) AVX2 void pass_halves(
    struct itc_exact *e, uint32_t begin, uint32_t end, count_fn *count)
{
    const uint32_t *first = e->graph.first, *parents = e->graph.parents;
    for (uint32_t row = end; row-- > 0;) {
        uint64_t *own = e->rows + (size_t)row * ITC_EXACT_WORDS;
        if (row >= begin)
            own[(row - begin) / 64] |= UINT64_C(1) << (row - begin) % 64;
        __m256i *v = (__m256i *)own;
        __m256i low = _mm256_load_si256(v), high = _mm256_load_si256(v + 1);
        _mm256_store_si256(v, _mm256_setzero_si256());
        _mm256_store_si256(v + 1, _mm256_setzero_si256());
        for (uint32_t k = first[row]; k < first[row + 1]; k++) {
            __m256i *p = (__m256i *)(e->rows + (size_t)parents[k] * ITC_EXACT_WORDS);
            _mm256_store_si256(p, _mm256_or_si256(_mm256_load_si256(p), low));
            _mm256_store_si256(p + 1, _mm256_or_si256(_mm256_load_si256(p + 1), high));
        }
        __m256i sums = count(low, high);
        __m128i two =
            _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        __m128i one = _mm_add_epi64(two, _mm_unpackhi_epi64(two, two));
        e->weights[row] += (uint32_t)_mm_cvtsi128_si32(one);
    }
}

/* Bits set in each byte: a table of 16, looked up for both of its nibbles. */
static inline AVX2 __m256i bits_of_bytes(__m256i v)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
        2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    __m256i low = _mm256_and_si256(v, nibble);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);
    return _mm256_add_epi8(_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, high));
}

static inline AVX2 __m256i count_avx2(__m256i low, __m256i high)
{
    __m256i bytes = _mm256_add_epi8(bits_of_bytes(low), bits_of_bytes(high));
    return _mm256_sad_epu8(bytes, _mm256_setzero_si256());
}

AVX2 void itc_exact_pass_avx2(struct itc_exact *e, uint32_t begin, uint32_t end)
{
    pass_halves(e, begin, end, count_avx2);
}

static inline AVX512 __m256i count_avx512(__m256i low, __m256i high)
{
    return _mm256_add_epi64(_mm256_popcnt_epi64(low), _mm256_popcnt_epi64(high));
}

AVX512 void itc_exact_pass_avx512(struct itc_exact *e, uint32_t begin, uint32_t end)
{
    pass_halves(e, begin, end, count_avx512);
}
