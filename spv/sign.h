/* sign.h - keys and BIP340 signatures over libsecp256k1. Pure: verification uses the library's static context,
 * signing a context in the caller's memory; nothing allocates.
 *
 * Source: BIP340. Signing is deterministic (no auxiliary randomness), so that a replayed run is the same run. */
#ifndef ITC_SPV_SIGN_H
#define ITC_SPV_SIGN_H

#include "spv/base.h"

/* A parsed public key: parsing costs a seventh of a verification, so callers cache it by key. */
struct itc_pubkey {
    uint8_t opaque[64];
};

/* ITC_E_SIGNATURE: `key` is not the x coordinate of a curve point. */
ITC_MUST enum itc_err itc_pubkey_parse(struct itc_pubkey *out, const struct itc_key *key);
/* ITC_E_SIGNATURE: `sig` is not a signature of `message` by `key`. */
ITC_MUST enum itc_err itc_pubkey_verify(
    const struct itc_pubkey *key, const struct itc_hash *message, const struct itc_sig *sig);
/* Both steps.  ITC_E_SIGNATURE: as above. */
ITC_MUST enum itc_err itc_sig_verify(
    const struct itc_key *key, const struct itc_hash *message, const struct itc_sig *sig);

/* A signing key with its context inside. Half a KiB; hold it in one place and wipe it. The context bytes are
 * position-dependent: never copy the struct. */
struct itc_signer {
    struct itc_key key;                                /* public */
    uint8_t pair[96];                                  /* secp256k1_keypair: secret */
    uint8_t context[256] __attribute__((aligned(16))); /* 0.2.0 takes 208 on a 64-bit host */
    void *ctx;                                         /* points into context */
};

/* ITC_E_SIGNATURE: `secret` is zero or not below the group order. */
ITC_MUST enum itc_err itc_signer_init(struct itc_signer *out, const struct itc_secret *secret);
void itc_signer_sign(
    const struct itc_signer *s, const struct itc_hash *message, struct itc_sig *out);
void itc_signer_wipe(struct itc_signer *s);
/* Overwrites secrets in a way the compiler keeps. */
void itc_wipe(void *p, size_t len);

#endif
