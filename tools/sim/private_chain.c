#include "tools/sim/private_chain.h"

#include "spv/cursor.h"
#include "spv/sha256.h"

#include <stdlib.h>
#include <string.h>

enum role {
    ROLE_VALIDATOR,
    ROLE_WALLET
};

/* A hash is below the group order but for one in 2^128. */
static void derive_secret(struct itc_secret *out, uint64_t seed, enum role role, uint32_t i)
{
    uint8_t bytes[16];
    struct itc_writer w = itc_writer_of(bytes, sizeof bytes);
    struct itc_hash hash;
    itc_write_u64(&w, seed);
    itc_write_u32(&w, (uint32_t)role);
    itc_write_u32(&w, i);
    itc_sha256(&hash, bytes, sizeof bytes);
    memcpy(out->b, hash.b, sizeof out->b);
}

static void derive_signer(struct itc_signer *out, const struct itc_secret *secret)
{
    enum itc_err e = itc_signer_init(out, secret);
    ITC_ASSERT(e == ITC_OK);
}

void itc_private_params(struct itc_params *out)
{
    itc_params_default(out);
    out->interval_ms = 200;
    out->idle_ms = 1000;
    out->timeout_ms = 2000;
    out->depth = 20;
    out->cone_sites_max = 4096;
    out->cone_bytes_max = 1u << 20;
    out->body_sites_max = 64;
    out->work_floor = 4;
    out->work_ceiling = 8;
    out->accounts_max = 4096;
    out->confirm_weight = 4;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct itc_key));
}

/* The allocations part of a genesis document: (key 32 | amount 8), keys ascending. */
static void write_allocations(uint8_t *out, const struct itc_private_chain *c)
{
    struct itc_key keys[ITC_WALLETS];
    for (uint32_t i = 0; i < ITC_WALLETS; i++)
        keys[i] = c->wallets[i].key;
    qsort(keys, ITC_WALLETS, sizeof keys[0], by_key);
    struct itc_writer w = itc_writer_of(out, 40 * ITC_WALLETS);
    for (uint32_t i = 0; i < ITC_WALLETS; i++) {
        itc_write_bytes(&w, keys[i].b, sizeof keys[i].b);
        itc_write_u64(&w, ITC_SUPPLY_GRAINS / ITC_WALLETS);
    }
}

void itc_private_chain_init(struct itc_private_chain *c, uint64_t seed, uint32_t validators,
    const struct itc_params *params)
{
    uint8_t allocations[40 * ITC_WALLETS];
    struct itc_genesis g = {.params = *params,
        .committee = {.n = validators},
        .allocation_count = ITC_WALLETS,
        .allocations = allocations};
    for (uint32_t i = 0; i < validators; i++) {
        struct itc_signer signer;
        derive_secret(&c->validators[i], seed, ROLE_VALIDATOR, i);
        derive_signer(&signer, &c->validators[i]);
        g.committee.keys[i] = signer.key;
    }
    for (uint32_t i = 0; i < ITC_WALLETS; i++) {
        struct itc_secret secret;
        derive_secret(&secret, seed, ROLE_WALLET, i);
        derive_signer(&c->wallets[i], &secret);
    }
    write_allocations(allocations, c);
    enum itc_err e = itc_genesis_encode(c->genesis, sizeof c->genesis, &c->genesis_len, &g);
    ITC_ASSERT(e == ITC_OK);
    itc_genesis_id(&c->id, c->genesis, c->genesis_len);
    c->params = *params;
}

void itc_private_chain_transfer(const struct itc_private_chain *c, uint8_t out[ITC_TX_TRANSFER],
    uint32_t from, const struct itc_key *to, uint64_t seq, uint64_t grains)
{
    ITC_ASSERT(from < ITC_WALLETS);
    size_t len;
    struct itc_hash id;
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER, .issuer = c->wallets[from].key, .seq = seq};
    tx.u.transfer = (struct itc_transfer){.to = *to, .amount = {grains}};
    enum itc_err e = itc_tx_encode(out, ITC_TX_TRANSFER, &len, &tx);
    ITC_ASSERT(e == ITC_OK && len == ITC_TX_TRANSFER);
    itc_tx_id(&id, &c->id, out, len);
    itc_signer_sign(&c->wallets[from], &id, &tx.sig);
    e = itc_tx_encode(out, ITC_TX_TRANSFER, &len, &tx);
    ITC_ASSERT(e == ITC_OK);
}
