/* private_chain.h - a chain for tests: genesis document, the validators' keys, and wallets that
 * share the supply. Everything follows from the seed: its keys are known to all, and good for
 * nothing else. */
#ifndef ITC_SIM_PRIVATE_CHAIN_H
#define ITC_SIM_PRIVATE_CHAIN_H

#include "spv/genesis.h"
#include "spv/sign.h"
#include "spv/tx.h"

#define ITC_WALLETS 64 /* a power of two: they share the supply exactly */

struct itc_private_chain {
    uint8_t genesis[ITC_GENESIS_MAX];
    size_t genesis_len;
    struct itc_hash id;
    struct itc_params params;
    struct itc_secret validators[ITC_VALIDATORS_MAX]; /* those of genesis, then keys for others */
    struct itc_signer wallets[ITC_WALLETS]; /* each begins with the same part of the supply */
};

/* Milestones every 200 ms, cones of at most 4,096 sites, 4 bits of work: fits itc_limits_small. */
void itc_private_params(struct itc_params *out);
/* In place: signers do not move. */
void itc_private_chain_init(struct itc_private_chain *c, uint64_t seed, uint32_t validators,
    const struct itc_params *params);
/* A change of the committee, issued by wallet `from`; q of `present` sign it, whose secrets are among
 * c->validators. Returns the size. */
size_t itc_private_chain_change(const struct itc_private_chain *c, uint8_t out[ITC_TX_MAX],
    uint32_t from, uint64_t seq, uint32_t epoch, const struct itc_committee *present,
    const struct itc_committee *next);
/* Signs `tx` as wallet `from`; returns the size. Its issuer is set. */
size_t itc_private_chain_sign(
    const struct itc_private_chain *c, uint8_t *out, size_t cap, uint32_t from, struct itc_tx *tx);
/* The signature of c->validators[i]. */
void itc_private_chain_vouch(const struct itc_private_chain *c, uint32_t i,
    const struct itc_hash *message, struct itc_sig *out);
/* The key of c->validators[i]. */
struct itc_key itc_private_chain_validator(const struct itc_private_chain *c, uint32_t i);
/* A signed transfer from a wallet. */
void itc_private_chain_transfer(const struct itc_private_chain *c, uint8_t out[ITC_TX_TRANSFER],
    uint32_t from, const struct itc_key *to, uint64_t seq, uint64_t grains);

#endif
