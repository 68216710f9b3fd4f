/* pow.c - the price, the check, and the choice of a kernel. */
#include "pow/search.h"

#include <string.h>

/* Bits in the hashed message: tag block, chain, anchor, stem, nonce. */
#define MESSAGE_BITS (8 * (64 + 32 + 32 + 32 + 8))

uint32_t itc_pow_bits(uint32_t work_bits, size_t size)
{
    uint32_t extra = 0;
    while (extra < 32 && (uint64_t)256 << extra < size)
        extra++;
    return work_bits + extra;
}

void itc_pow_init(struct itc_pow *p, const struct itc_hash *chain, const struct itc_hash *anchor_id,
    const struct itc_hash *stem, uint32_t bits)
{
    struct itc_sha256 s;
    itc_tagged_init(&s, ITC_TAG_WORK, chain);
    itc_sha256_add(&s, anchor_id->b, sizeof anchor_id->b);
    memcpy(p->state, s.state, sizeof p->state); /* chain and anchor filled a block */
    p->stem = *stem;
    p->bits = bits;
}

void itc_pow_block(uint8_t out[ITC_POW_BLOCK], const struct itc_pow *p, uint64_t nonce)
{
    memset(out, 0, ITC_POW_BLOCK);
    memcpy(out, p->stem.b, sizeof p->stem.b);
    for (size_t i = 0; i < 8; i++)
        out[32 + i] = (uint8_t)(nonce >> 8 * i);
    out[40] = 0x80;
    out[62] = MESSAGE_BITS >> 8;
    out[63] = MESSAGE_BITS & 0xff;
}

static uint32_t leading_zeros(const uint32_t words[8])
{
    uint32_t zeros = 0;
    for (size_t i = 0; i < 8; i++) {
        if (words[i] != 0)
            return zeros + (uint32_t)__builtin_clz(words[i]);
        zeros += 32;
    }
    return zeros;
}

uint32_t itc_pow_zeros(const struct itc_pow *p, uint64_t nonce)
{
    uint8_t block[ITC_POW_BLOCK];
    uint32_t state[8];
    itc_pow_block(block, p, nonce);
    memcpy(state, p->state, sizeof state);
    itc_sha256_compress(state, block, 1);
    return leading_zeros(state);
}

enum itc_err itc_pow_check(const struct itc_pow *p, uint64_t nonce)
{
    return itc_pow_zeros(p, nonce) >= p->bits ? ITC_OK : ITC_E_WORK;
}

static bool always(void)
{
    return true;
}

const struct itc_pow_kernel itc_pow_kernels[] = {
    {"portable", itc_pow_search_portable, always},
#ifdef ITC_SHA256_X86
    {"avx2", itc_pow_search_avx2, itc_pow_avx2_available},
    {"sha-ni", itc_pow_search_shani, itc_sha256_x86_available},
    {"avx512", itc_pow_search_avx512, itc_pow_avx512_available},
#endif
};
const size_t itc_pow_kernel_count = sizeof itc_pow_kernels / sizeof itc_pow_kernels[0];

static itc_pow_search_fn *search = itc_pow_search_portable;

const struct itc_pow_kernel *itc_pow_pick(const struct itc_pow_kernel *kernels, size_t count)
{
    size_t best = count - 1;
    while (best > 0 && !(kernels[best].available() && itc_pow_kernel_works(&kernels[best])))
        best--;
    return &kernels[best];
}

const char *itc_pow_use_best(void)
{
    const struct itc_pow_kernel *best = itc_pow_pick(itc_pow_kernels, itc_pow_kernel_count);
    search = best->search;
    return best->name;
}

enum itc_err itc_pow_search(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    return search(p, start, tries, nonce);
}
