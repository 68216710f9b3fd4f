/* weight_x86.c - the passes of itc_exact with the instructions of x86-64 that count bits, and whether they are
 * there. Compiled on x86-64 only; the instructions are enabled for the kernels alone. With AVX-512 a row of 512
 * bits is one register, and one instruction counts its eight words. Source: Intel SDM, POPCNT, VPOPCNTQ, CPUID. */
#include "tangle/weight_kernels.h"

#include <cpuid.h>
#include <immintrin.h>

#include "pow/search.h"

bool itc_weight_popcnt_available(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_POPCNT);
}

__attribute__((target("popcnt"))) void itc_exact_pass_popcnt(
    struct itc_exact *e, uint32_t begin, uint32_t end)
{
    itc_exact_pass_plain(e, begin, end);
}

bool itc_weight_avx512_available(void)
{
    unsigned a, b, c, d;
    return itc_pow_avx512_available() && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
           (c & bit_AVX512VPOPCNTDQ);
}

__attribute__((target("avx512f,avx512vpopcntdq"))) void itc_exact_pass_avx512(
    struct itc_exact *e, uint32_t begin, uint32_t end)
{
    const uint32_t *first = e->graph.first, *parents = e->graph.parents;
    for (uint32_t row = end; row-- > 0;) {
        uint64_t *own = e->rows + (size_t)row * ITC_EXACT_WORDS;
        if (row >= begin)
            own[(row - begin) / 64] |= UINT64_C(1) << (row - begin) % 64;
        __m512i bits = _mm512_loadu_si512(own);
        _mm512_storeu_si512(own, _mm512_setzero_si512());
        e->weights[row] += (uint32_t)_mm512_reduce_add_epi64(_mm512_popcnt_epi64(bits));
        for (uint32_t k = first[row]; k < first[row + 1]; k++) {
            uint64_t *parent = e->rows + (size_t)parents[k] * ITC_EXACT_WORDS;
            _mm512_storeu_si512(parent, _mm512_or_si512(_mm512_loadu_si512(parent), bits));
        }
    }
}
