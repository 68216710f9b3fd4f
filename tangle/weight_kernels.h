/* weight_kernels.h - the passes behind itc_exact_step; for those who write or test kernels. Pure. */
#ifndef ITC_TANGLE_WEIGHT_KERNELS_H
#define ITC_TANGLE_WEIGHT_KERNELS_H

#include <string.h>

#include "tangle/weight.h"

#define ITC_EXACT_WORDS (ITC_EXACT_COLUMNS / 64)

/* One pass for the columns begin .. end-1: from row end-1 down to row 0. Rows 0 .. end-1 are zero before it
 * and zero again after it. */
typedef void itc_exact_pass_fn(struct itc_exact *e, uint32_t begin, uint32_t end);
itc_exact_pass_fn itc_exact_pass_portable;

#if defined(__x86_64__)
#define ITC_WEIGHT_X86 1
/* To be called only where this processor has the instruction. */
itc_exact_pass_fn itc_exact_pass_popcnt;
bool itc_weight_popcnt_available(void);
itc_exact_pass_fn itc_exact_pass_avx512;
bool itc_weight_avx512_available(void);
#endif

/* The pass in plain C, inlined into kernels that are compiled for different instruction sets. */
static inline __attribute__((always_inline)) void itc_exact_pass_plain(
    struct itc_exact *e, uint32_t begin, uint32_t end)
{
    const uint32_t *first = e->graph.first, *parents = e->graph.parents;
    for (uint32_t row = end; row-- > 0;) {
        uint64_t *own = e->rows + (size_t)row * ITC_EXACT_WORDS;
        if (row >= begin)
            own[(row - begin) / 64] |= UINT64_C(1) << (row - begin) % 64;
        uint64_t bits[ITC_EXACT_WORDS];
        memcpy(bits, own, sizeof bits);
        memset(own, 0, sizeof bits);
        uint32_t sum = 0;
        for (uint32_t i = 0; i < ITC_EXACT_WORDS; i++)
            sum += (uint32_t)__builtin_popcountll(bits[i]);
        e->weights[row] += sum;
        for (uint32_t k = first[row]; k < first[row + 1]; k++) {
            uint64_t *parent = e->rows + (size_t)parents[k] * ITC_EXACT_WORDS;
            for (uint32_t i = 0; i < ITC_EXACT_WORDS; i++)
                parent[i] |= bits[i];
        }
    }
}

#endif
