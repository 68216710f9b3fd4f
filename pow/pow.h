/* pow.h - the proof of work: check and search. Pure. Layout: docs/protocol.md, "Work".
 *
 *     H_work(chain, anchor id, stem, nonce) =
 *         SHA256( tag block 64 | chain 32 | anchor 32 | stem 32 | nonce 8 | padding 24 )
 *                 \__ constant __/ \____ once ______/  \________ one compression a try ________/
 *
 *     good:  leading zero bits  >=  work_bits of the anchor's header + ceil(log2(site size / 256)), never below
 *
 * The search is a loop over nonces in the caller's slices, so that it can be stopped, resumed or spread over
 * threads; the nonce found is the first good one from `start` upwards, whatever the kernel. */
#ifndef ITC_POW_POW_H
#define ITC_POW_POW_H

#include "spv/sha256.h"

struct itc_pow {
    uint32_t state[8];    /* after chain and anchor */
    struct itc_hash stem; /* of the site without its nonce (spv/site.h) */
    uint32_t bits;        /* leading zero bits asked for */
};

/* Bits that a site of `size` bytes must show when its anchor's header says `work_bits`. */
uint32_t itc_pow_bits(uint32_t work_bits, size_t size);

void itc_pow_init(struct itc_pow *p, const struct itc_hash *chain, const struct itc_hash *anchor_id,
    const struct itc_hash *stem, uint32_t bits);
/* Leading zero bits that `nonce` gives. */
uint32_t itc_pow_zeros(const struct itc_pow *p, uint64_t nonce);
/* ITC_E_WORK: fewer zero bits than asked for. */
ITC_MUST enum itc_err itc_pow_check(const struct itc_pow *p, uint64_t nonce);

/* Tries nonces start, start+1, ... start+tries-1. On success *nonce is the first good one.
 *   ITC_E_WORK  none of them; go on at start+tries */
ITC_MUST enum itc_err itc_pow_search(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce);

/* Kernels, fastest last; "portable" is always there. A kernel has the contract of itc_pow_search. */
typedef enum itc_err itc_pow_search_fn(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce);
struct itc_pow_kernel {
    const char *name;
    itc_pow_search_fn *search;
    bool (*available)(void); /* does this processor have it */
};
extern const struct itc_pow_kernel itc_pow_kernels[];
extern const size_t itc_pow_kernel_count;
/* Whether an available kernel finds what "portable" finds, on a few works; takes about a millisecond. One that does
 * not would miss nonces, which costs work: what it finds is checked before it is returned. */
bool itc_pow_kernel_works(const struct itc_pow_kernel *k);
/* The fastest that is available and works; the first of them is there always, and not tried. */
const struct itc_pow_kernel *itc_pow_pick(const struct itc_pow_kernel *kernels, size_t count);
/* Makes itc_pow_search use the fastest kernel that is available and works; call once at start. Returns its name. */
const char *itc_pow_use_best(void);

#endif
