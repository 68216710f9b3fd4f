#include "spv/sign.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_schnorrsig.h>
#include <string.h>

_Static_assert(sizeof(secp256k1_xonly_pubkey) == sizeof(struct itc_pubkey), "same bytes");
_Static_assert(sizeof(secp256k1_keypair) == sizeof((struct itc_signer *)0)->pair, "same bytes");

enum itc_err itc_pubkey_parse(struct itc_pubkey *out, const struct itc_key *key)
{
    secp256k1_xonly_pubkey parsed;
    if (!secp256k1_xonly_pubkey_parse(secp256k1_context_static, &parsed, key->b))
        return ITC_E_SIGNATURE;
    memcpy(out->opaque, &parsed, sizeof out->opaque);
    return ITC_OK;
}

enum itc_err itc_pubkey_verify(
    const struct itc_pubkey *key, const struct itc_hash *message, const struct itc_sig *sig)
{
    secp256k1_xonly_pubkey parsed;
    memcpy(&parsed, key->opaque, sizeof parsed);
    bool good = secp256k1_schnorrsig_verify(
        secp256k1_context_static, sig->b, message->b, sizeof message->b, &parsed);
    return good ? ITC_OK : ITC_E_SIGNATURE;
}

enum itc_err itc_sig_verify(
    const struct itc_key *key, const struct itc_hash *message, const struct itc_sig *sig)
{
    struct itc_pubkey parsed;
    enum itc_err e = itc_pubkey_parse(&parsed, key);
    return e ? e : itc_pubkey_verify(&parsed, message, sig);
}

enum itc_err itc_signer_init(struct itc_signer *out, const struct itc_secret *secret)
{
    if (!secp256k1_ec_seckey_verify(secp256k1_context_static, secret->b))
        return ITC_E_SIGNATURE;
    size_t needed = secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE);
    ITC_ASSERT(needed <= sizeof out->context);
    secp256k1_context *ctx =
        secp256k1_context_preallocated_create(out->context, SECP256K1_CONTEXT_NONE);
    out->ctx = ctx;

    secp256k1_keypair pair;
    secp256k1_xonly_pubkey public;
    bool good = secp256k1_keypair_create(ctx, &pair, secret->b) &&
                secp256k1_keypair_xonly_pub(ctx, &public, NULL, &pair) &&
                secp256k1_xonly_pubkey_serialize(ctx, out->key.b, &public);
    ITC_ASSERT(good); /* the secret was checked above */
    memcpy(out->pair, &pair, sizeof out->pair);
    itc_wipe(&pair, sizeof pair);
    return ITC_OK;
}

void itc_signer_sign(
    const struct itc_signer *s, const struct itc_hash *message, struct itc_sig *out)
{
    secp256k1_keypair pair;
    memcpy(&pair, s->pair, sizeof pair);
    bool good = secp256k1_schnorrsig_sign32(s->ctx, out->b, message->b, &pair, NULL);
    itc_wipe(&pair, sizeof pair);
    ITC_ASSERT(good); /* fails only for a key pair that was never made */
}

void itc_signer_wipe(struct itc_signer *s)
{
    itc_wipe(s, sizeof *s);
}

void itc_wipe(void *p, size_t len)
{
    if (len == 0)
        return;
    memset(p, 0, len);
    __asm__ volatile("" : : "r"(p) : "memory"); /* tells the compiler that the zeros are read */
}
