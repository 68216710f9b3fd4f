/* spv_make.h - values that the tests of spv/ start from: seeded bytes, signers, transactions. */
#ifndef ITC_TESTS_SPV_MAKE_H
#define ITC_TESTS_SPV_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spv/cursor.h"
#include "spv/sha256.h"
#include "spv/sign.h"
#include "spv/tx.h"

/* Bytes that look random and are the same in each run (splitmix64). */
static inline uint64_t make_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* A hash that names a number. */
static inline struct itc_hash make_hash(uint64_t number)
{
    struct itc_hash h;
    itc_sha256(&h, &number, sizeof number);
    return h;
}

/* Signer `number`; every number has its own key. */
static inline void make_signer(struct itc_signer *out, uint64_t number)
{
    struct itc_hash h = make_hash(number);
    struct itc_secret secret;
    memcpy(secret.b, h.b, sizeof secret.b);
    enum itc_err e = itc_signer_init(out, &secret);
    ITC_ASSERT(e == ITC_OK);
}

static inline struct itc_key make_key(uint64_t number)
{
    struct itc_signer s;
    make_signer(&s, number);
    return s.key;
}

/* A signed transfer of 5 grains from account 1 to account 2; returns its size. */
static inline size_t make_transfer(
    uint8_t out[ITC_TX_MAX], const struct itc_hash *chain, uint64_t seq)
{
    struct itc_signer signer;
    struct itc_hash id;
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER, .seq = seq, .valid_until = 1000};
    size_t len;
    make_signer(&signer, 1);
    tx.issuer = signer.key;
    tx.u.transfer.to = make_key(2);
    tx.u.transfer.amount.grains = 5;
    ITC_ASSERT(itc_tx_encode(out, ITC_TX_MAX, &len, &tx) == ITC_OK);
    itc_tx_id(&id, chain, out, len);
    itc_signer_sign(&signer, &id, &tx.sig);
    ITC_ASSERT(itc_tx_encode(out, ITC_TX_MAX, &len, &tx) == ITC_OK);
    return len;
}

/* A copy of exactly `len` bytes on the heap, so that the address sanitizer sees a read past the end. */
static inline uint8_t *make_exact(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    ITC_ASSERT(copy);
    memcpy(copy, bytes, len);
    return copy;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
