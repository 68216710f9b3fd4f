/* weight_kernels.h - the passes behind itc_exact_step; for those who write, test or measure kernels. Pure.
 *
 * A pass is bound by what it does with a row of 64 bytes: load it, clear it, count it, OR it into two more. So a row
 * stays in vector registers from its load to the last parent, and counting must not take it apart: bytes or words
 * moved through memory on the way cost more than the count itself. */
#ifndef ITC_TANGLE_WEIGHT_KERNELS_H
#define ITC_TANGLE_WEIGHT_KERNELS_H

#include "tangle/weight.h"

#define ITC_EXACT_WORDS (ITC_EXACT_COLUMNS / 64)

/* One pass for the columns begin .. end-1: from row end-1 down to row 0. Rows 0 .. end-1 are zero before it
 * and zero again after it. */
typedef void itc_exact_pass_fn(struct itc_exact *e, uint32_t begin, uint32_t end);

/* Kernels, fastest last; "portable" comes first and is always there. */
struct itc_weight_kernel {
    const char *name;
    itc_exact_pass_fn *pass;
    bool (*available)(void); /* does this processor have it */
};
extern const struct itc_weight_kernel itc_weight_kernels[];
extern const size_t itc_weight_kernel_count;
/* Makes itc_exact_step use this one, which must be available. */
void itc_weight_use(const struct itc_weight_kernel *k);

#if defined(__x86_64__)
#define ITC_WEIGHT_X86 1
/* To be called only where this processor has the instructions. */
itc_exact_pass_fn itc_exact_pass_popcnt;
bool itc_weight_popcnt_available(void);
itc_exact_pass_fn itc_exact_pass_avx2;
bool itc_weight_avx2_available(void);
itc_exact_pass_fn itc_exact_pass_avx512;
bool itc_weight_avx512_available(void);
#endif

/* 16 bytes of a row: what every processor with vectors has, and cheap to take apart on one without. */
typedef uint64_t itc_exact_vec __attribute__((vector_size(16), may_alias));
#define ITC_EXACT_VECS 4

/* The pass on such vectors. Inlined into kernels that are compiled for different instruction sets, together with
 * `count`, which says how many bits of a row are set. */
static inline __attribute__((always_inline)) void itc_exact_pass_vecs(struct itc_exact *e,
    uint32_t begin, uint32_t end, uint32_t (*count)(const uint64_t row[ITC_EXACT_WORDS]))
{
    const uint32_t *first = e->graph.first, *parents = e->graph.parents;
    for (uint32_t row = end; row-- > 0;) {
        uint64_t *own = e->rows + (size_t)row * ITC_EXACT_WORDS;
        if (row >= begin)
            own[(row - begin) / 64] |= UINT64_C(1) << (row - begin) % 64;
        e->weights[row] += count(own);
        itc_exact_vec *v = (itc_exact_vec *)own, zero = {0, 0};
        itc_exact_vec a = v[0], b = v[1], c = v[2], d = v[3];
        v[0] = v[1] = v[2] = v[3] = zero;
        for (uint32_t k = first[row]; k < first[row + 1]; k++) {
            itc_exact_vec *p = (itc_exact_vec *)(e->rows + (size_t)parents[k] * ITC_EXACT_WORDS);
            p[0] |= a;
            p[1] |= b;
            p[2] |= c;
            p[3] |= d;
        }
    }
}

#endif
