/* fast_sign.c - spv/sign.h without a curve, for runs that look at the protocol and not at the signatures:
 *
 *     public key = H(secret)          signature = H(public key | message), twice
 *
 * Anybody can forge one: traitors in such a run must not. Linked into itc-sim-fast in place of spv/sign.c. */
#include "spv/sign.h"

#include "spv/sha256.h"

#include <string.h>

static void make_sig(const struct itc_key *key, const struct itc_hash *message, struct itc_sig *out)
{
    uint8_t both[sizeof key->b + sizeof message->b];
    struct itc_hash h;
    memcpy(both, key->b, sizeof key->b);
    memcpy(both + sizeof key->b, message->b, sizeof message->b);
    itc_sha256(&h, both, sizeof both);
    memcpy(out->b, h.b, sizeof h.b);
    memcpy(out->b + sizeof h.b, h.b, sizeof h.b);
}

enum itc_err itc_pubkey_parse(struct itc_pubkey *out, const struct itc_key *key)
{
    memset(out, 0, sizeof *out);
    memcpy(out->opaque, key->b, sizeof key->b);
    return ITC_OK;
}

enum itc_err itc_pubkey_verify(
    const struct itc_pubkey *key, const struct itc_hash *message, const struct itc_sig *sig)
{
    struct itc_key k;
    memcpy(k.b, key->opaque, sizeof k.b);
    return itc_sig_verify(&k, message, sig);
}

enum itc_err itc_sig_verify(
    const struct itc_key *key, const struct itc_hash *message, const struct itc_sig *sig)
{
    struct itc_sig good;
    make_sig(key, message, &good);
    return memcmp(&good, sig, sizeof good) == 0 ? ITC_OK : ITC_E_SIGNATURE;
}

enum itc_err itc_signer_init(struct itc_signer *out, const struct itc_secret *secret)
{
    struct itc_hash h;
    memset(out, 0, sizeof *out);
    itc_sha256(&h, secret->b, sizeof secret->b);
    memcpy(out->key.b, h.b, sizeof h.b);
    return ITC_OK;
}

void itc_signer_sign(
    const struct itc_signer *s, const struct itc_hash *message, struct itc_sig *out)
{
    make_sig(&s->key, message, out);
}

void itc_signer_wipe(struct itc_signer *s)
{
    itc_wipe(s, sizeof *s);
}

void itc_wipe(void *p, size_t len)
{
    memset(p, 0, len);
}
