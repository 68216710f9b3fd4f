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
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
        derive_secret(&c->validators[i], seed, ROLE_VALIDATOR, i);
    for (uint32_t i = 0; i < validators; i++)
        g.committee.keys[i] = itc_private_chain_validator(c, i);
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

struct itc_key itc_private_chain_validator(const struct itc_private_chain *c, uint32_t i)
{
    struct itc_signer signer;
    ITC_ASSERT(i < ITC_VALIDATORS_MAX);
    derive_signer(&signer, &c->validators[i]);
    return signer.key;
}

size_t itc_private_chain_sign(
    const struct itc_private_chain *c, uint8_t *out, size_t cap, uint32_t from, struct itc_tx *tx)
{
    size_t len;
    struct itc_hash id;
    ITC_ASSERT(from < ITC_WALLETS);
    tx->issuer = c->wallets[from].key;
    enum itc_err e = itc_tx_encode(out, cap, &len, tx);
    ITC_ASSERT(e == ITC_OK);
    itc_tx_id(&id, &c->id, out, len);
    itc_signer_sign(&c->wallets[from], &id, &tx->sig);
    e = itc_tx_encode(out, cap, &len, tx);
    ITC_ASSERT(e == ITC_OK);
    return len;
}

void itc_private_chain_transfer(const struct itc_private_chain *c, uint8_t out[ITC_TX_TRANSFER],
    uint32_t from, const struct itc_key *to, uint64_t seq, uint64_t grains)
{
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER, .seq = seq};
    tx.u.transfer = (struct itc_transfer){.to = *to, .amount = {grains}};
    size_t len = itc_private_chain_sign(c, out, ITC_TX_TRANSFER, from, &tx);
    ITC_ASSERT(len == ITC_TX_TRANSFER);
}

void itc_private_chain_vouch(const struct itc_private_chain *c, uint32_t i,
    const struct itc_hash *message, struct itc_sig *out)
{
    struct itc_signer signer;
    ITC_ASSERT(i < ITC_VALIDATORS_MAX);
    derive_signer(&signer, &c->validators[i]);
    itc_signer_sign(&signer, message, out);
}

/* Whose key it is. */
static uint32_t owner_of(const struct itc_private_chain *c, const struct itc_key *key)
{
    uint32_t i = 0;
    struct itc_key one = itc_private_chain_validator(c, i);
    while (!itc_key_equal(&one, key))
        one = itc_private_chain_validator(c, ++i);
    return i;
}

size_t itc_private_chain_change(const struct itc_private_chain *c, uint8_t out[ITC_TX_MAX],
    uint32_t from, uint64_t seq, uint32_t epoch, const struct itc_committee *present,
    const struct itc_committee *next)
{
    struct itc_sig sigs[ITC_CHANGE_SIGNERS_MAX];
    struct itc_hash message;
    struct itc_tx tx = {.kind = ITC_KIND_COMMITTEE, .seq = seq};
    struct itc_change *change = &tx.u.change;
    uint32_t quorum = itc_committee_quorum(present->n);
    *change = (struct itc_change){.epoch = epoch,
        .n = next->n,
        .keys = next->keys[0].b,
        .signers = UINT32_MAX >> (32 - quorum),
        .sigs = sigs[0].b};
    itc_committee_hash(&change->present, &c->id, present);
    itc_change_message(&message, &c->id, change);
    for (uint32_t i = 0; i < quorum; i++)
        itc_private_chain_vouch(c, owner_of(c, &present->keys[i]), &message, &sigs[i]);
    return itc_private_chain_sign(c, out, ITC_TX_MAX, from, &tx);
}
