/* light.h - the light client: from one trusted header to any newer one, any payment, any balance. Pure: no
 * heap, no clock. What a lamp keeps is this struct, under 2 KB; itc_light_encode gives the bytes to store.
 *
 *     trusted header t                         newer header N
 *     +--------------+   inclusion of id(t)   +--------------+   tx path     +----------------------+
 *     | id(t)        | ---- history path ---> | history_root | <----------- | site | tx | verdict  |
 *     +--------------+                        | tx_root      |              +----------------------+
 *                                             | state_root   | <----------- | account: balance, seq|
 *         N's certificate: q signatures       +--------------+  state path  +----------------------+
 *
 * A jump costs q signature checks whatever the distance; a payment below the trusted header costs none.
 *
 * Where the committee changes, trust hops: to the last header of the epoch, which names the next committee by its
 * hash, and takes that list with it. A jump leads neither onto such a header nor to what another committee than the one
 * kept signed; where the same one returns, it may pass over what lay between.
 *
 *     ... A signs ... [last of epoch: next = hash(B)] ... B signs ... [last of epoch: next = hash(C)] ... C signs
 *          jumps       hop, with list B                    jumps       hop, with list C                   jumps */
#ifndef ITC_SPV_LIGHT_H
#define ITC_SPV_LIGHT_H

#include "spv/genesis.h"
#include "spv/smt.h"
#include "spv/tx.h"

struct itc_light {
    enum itc_network network; /* prefix of addresses */
    struct itc_hash chain;
    struct itc_committee committee; /* that signs what is newer than `header` */
    struct itc_header header;       /* newest trusted */
    struct itc_hash id;             /* its id */
};

/* Starts from header 0; whoever hands it over is trusted (itcd genesis writes the file that lamps and wallets
 * are given).  ITC_E_CHAIN: not header 0 of chain `chain` under committee `committee`.
 *   ITC_E_VERSION ITC_E_FORM: not a header */
ITC_MUST enum itc_err itc_light_init(struct itc_light *out, enum itc_network network,
    const struct itc_hash *chain, const struct itc_committee *committee,
    const uint8_t header[ITC_HEADER_SIZE]);

/* A jump, as bytes from a stranger. */
struct itc_jump {
    const uint8_t *header; /* ITC_HEADER_SIZE bytes */
    const uint8_t *cert;
    size_t cert_len;
    const uint8_t
        *path; /* inclusion of the trusted header in the new history_root; 32 x path_len */
    size_t path_len;
};

/* Moves trust forward. On error nothing changes. Offered the very header it holds, it does nothing.
 *   ITC_E_OLDER     the header is older than the trusted one
 *   ITC_E_CHAIN     same index, other header: evidence of a fork
 *   ITC_E_COMMITTEE another committee than the trusted one signs it or takes over after it: hop first
 *   ITC_E_PROOF     the trusted header is not in its history
 *   ITC_E_QUORUM ITC_E_SIGNATURE and codec errors: certificate or header is bad */
ITC_MUST enum itc_err itc_light_advance(struct itc_light *l, const struct itc_jump *jump);

/* Moves trust to the last header of an epoch at whose end the committee changes, and to the committee `next` that it
 * names. A seat of 32 zero bytes in `next` was struck out: it counts and never signs. On error nothing changes.
 *   ITC_E_OLDER     the header is not newer than the trusted one: hops never repeat
 *   ITC_E_COMMITTEE another committee than the trusted one signs it: another change lies before
 *   ITC_E_FORM      not the last of its epoch, no change of the committee, or `next` has not 1 .. 32 seats
 *   ITC_E_PROOF     `next` is not the list that it names, or the trusted header is not in its history
 *   ITC_E_QUORUM ITC_E_SIGNATURE and codec errors: certificate or header is bad */
ITC_MUST enum itc_err itc_light_hop(
    struct itc_light *l, const struct itc_jump *jump, const struct itc_committee *next);

/* A tx in a milestone at or below the trusted header, as bytes from a stranger. */
struct itc_tx_proof {
    const uint8_t *header; /* the milestone's, ITC_HEADER_SIZE bytes */
    const uint8_t *
        history_path; /* its inclusion in the trusted header's history; none if it is the trusted one */
    size_t history_path_len;
    struct itc_hash site_id;
    enum itc_verdict verdict;
    uint32_t position; /* in the milestone's order */
    const uint8_t *tx; /* whole tx */
    size_t tx_len;
    const uint8_t *tx_path; /* inclusion in tx_root */
    size_t tx_path_len;
};

/* What was proved. The signature of the tx need not be checked: the committee did. It is not covered by the tx id,
 * so tx.sig is whatever the stranger sent. */
struct itc_tx_fact {
    struct itc_tx tx; /* borrows proof->tx */
    struct itc_hash tx_id;
    enum itc_verdict verdict;
    uint64_t milestone;
    uint32_t position;
    uint64_t time_ms; /* of the milestone */
};

/*   ITC_E_OLDER     the milestone is newer than the trusted header: advance first
 *   ITC_E_PROOF     a path does not lead where it should
 *   ITC_E_FORM      a verdict that does not exist
 *   and the codec errors of tx and header */
ITC_MUST enum itc_err itc_light_check_tx(
    struct itc_tx_fact *out, const struct itc_light *l, const struct itc_tx_proof *proof);

/* Account state at the trusted header. *out is balance 0 and next_seq 0 with *exists = false if absent.
 *   `value`: ITC_ACCOUNT_VALUE bytes, or NULL with value_len 0 to prove absence
 *   ITC_E_PROOF     the proof shows neither
 *   ITC_E_FORM      value_len is neither, or a balance above the supply */
ITC_MUST enum itc_err itc_light_check_account(struct itc_account *out, bool *exists,
    const struct itc_light *l, const struct itc_key *key, const uint8_t *value, size_t value_len,
    const struct itc_smt_proof *proof);

/* Stored form: version 1 | network 1 | chain 32 | n 1 | keys 32 x n | header 256. */
#define ITC_LIGHT_MAX (35 + 32 * ITC_VALIDATORS_MAX + ITC_HEADER_SIZE)
size_t itc_light_encode(uint8_t out[ITC_LIGHT_MAX], const struct itc_light *l);
/* ITC_E_TRUNCATED ITC_E_TRAILING ITC_E_VERSION; ITC_E_FORM: as well if the header does not name the list, which is
 * its next committee's if it is the last of an epoch. The bytes are the owner's own and are trusted: what is checked
 * tells a damaged store, not a forged one. */
ITC_MUST enum itc_err itc_light_decode(struct itc_light *out, const uint8_t *bytes, size_t len);

#endif
