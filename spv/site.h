/* site.h - the vertex of the tangle: one tx, its approved parents, its proof of work. Pure.
 * Layout: docs/protocol.md, "Site".
 *
 *     version 1 | parent_count 1 | anchor 8 | parents 32 x n | tx | work_nonce 8
 *
 * A site whose parent_count is 0 approves exactly what is final at its anchor. */
#ifndef ITC_SPV_SITE_H
#define ITC_SPV_SITE_H

#include "spv/tx.h"

#define ITC_SITE_VERSION 1
#define ITC_SITE_PARENTS_MAX 8
#define ITC_SITE_FIXED 18 /* bytes beside parents and tx */
#define ITC_SITE_MAX (ITC_SITE_FIXED + 32 * ITC_SITE_PARENTS_MAX + ITC_TX_MAX)

struct itc_site {
    uint64_t anchor; /* index of a recent milestone; its id seeds the work */
    uint32_t parent_count;
    struct itc_hash parents[ITC_SITE_PARENTS_MAX]; /* strictly ascending */
    const uint8_t *tx_bytes;                       /* borrows the decoded bytes */
    size_t tx_len;
    struct itc_tx tx;
    uint64_t nonce;
};

/* Decodes and checks the form of site and tx; neither work nor signature is checked.
 *   ITC_E_TRUNCATED ITC_E_TRAILING ITC_E_VERSION ITC_E_TOO_LARGE, ITC_E_FORM (parents not ascending), and
 *   whatever itc_tx_decode returns */
ITC_MUST enum itc_err itc_site_decode(struct itc_site *out, const uint8_t *bytes, size_t len);
/* Encodes from anchor, parents, tx_bytes/tx_len and nonce (the field `tx` is not read).
 *   ITC_E_TOO_LARGE: exceeds `cap` or a bound.  ITC_E_FORM: parents not strictly ascending */
ITC_MUST enum itc_err itc_site_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_site *s);

/* Site id: tagged hash "itc/site" of all bytes. */
void itc_site_id(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len);
/* Stem: tagged hash "itc/stem" of all bytes but the nonce; what the work is done over. */
void itc_site_stem(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len);

#endif
