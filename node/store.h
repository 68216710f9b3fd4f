/* store.h - what a node keeps: column families, their keys and rows, and the read interface. Pure.
 *
 * The core never touches a disk. It reads through `struct itc_store` (RocksDB in node/shell, sorted arrays in
 * tests and the simulator) and writes by handing out batches (node/actions.h). Reads see every batch handed
 * out before, durable or not. Keys are big-endian, so byte order is numeric order.
 *
 *   family   key                               value
 *   body     arrival 8                         site bytes
 *   cone     milestone 8, chunk 4              up to 512 entries (struct itc_cone_entry), in order
 *            milestone 8, ffffffff             the milestone's body
 *            milestone 8, fffffffe             if it has more than one group of sites: the hashes 32 of tx_root's tree that
 *                                              are not below the root of a group
 *   tx_at    tx id 32, 0: applied, 1: not      milestone 8, position 4, verdict 1: of the last one that was not, so that
 *                                              it need not be read whether an earlier one was
 *   paid     receiver 32, milestone 8, pos. 4  tx id 32: transfers applied, for lamps and wallets
 *   header   index 8                           header 256, certificate
 *   history  level 1, index 8                  hash 32 (tangle/history.h)
 *   account  key 32                            balance 8, next_seq 8
 *   vote     epoch 4, height 8, view 4, type 1 see struct itc_vote_row
 *   pool     tx id 32                          tx bytes
 *   committee  epoch 4                         in force from that epoch on (struct itc_committee_row)
 *   meta     name                              "format": 4; "chain": 32; "head": struct itc_head_row;
 *                                              "memory": struct itc_memory_row */
#ifndef ITC_NODE_STORE_H
#define ITC_NODE_STORE_H

#include "node/evidence.h"
#include "node/view_vote.h"

enum itc_cf {
    ITC_CF_META,
    ITC_CF_BODY,
    ITC_CF_CONE,
    ITC_CF_TX_AT,
    ITC_CF_PAID,
    ITC_CF_HEADER,
    ITC_CF_HISTORY,
    ITC_CF_ACCOUNT,
    ITC_CF_VOTE,
    ITC_CF_POOL,
    ITC_CF_COMMITTEE,
    ITC_CF_COUNT
};
const char *itc_cf_name(enum itc_cf cf); /* "meta", "body", ... */

#define ITC_STORE_FORMAT 1u
#define ITC_STORE_KEY_MAX 48

/* Called for each row in ascending key order; false ends the scan. The bytes are borrowed for the call. */
typedef bool itc_store_row_fn(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len);

struct itc_store {
    void *ctx;
    /* ITC_E_UNKNOWN: no such row.  ITC_E_TOO_LARGE: the value does not fit `cap`. A store that cannot read
     * does not return: the shell stops the node. */
    enum itc_err (*get)(void *ctx, enum itc_cf cf, const uint8_t *key, size_t key_len, uint8_t *out,
        size_t cap, size_t *len);
    /* Rows whose key is >= `from`, until `fn` says false. */
    void (*scan)(void *ctx, enum itc_cf cf, const uint8_t *from, size_t from_len,
        itc_store_row_fn *fn, void *fn_ctx);
};

struct itc_store_key {
    uint8_t b[ITC_STORE_KEY_MAX];
    size_t len;
};
struct itc_store_key itc_key_body(uint64_t arrival);
struct itc_store_key itc_key_cone(uint64_t milestone, uint32_t chunk);
#define ITC_CONE_BODY_CHUNK UINT32_MAX
#define ITC_CONE_TREE_CHUNK (UINT32_MAX - 1)
struct itc_store_key itc_key_tx_at(const struct itc_hash *tx_id, bool applied);
struct itc_store_key itc_key_paid(const struct itc_key *to, uint64_t milestone, uint32_t position);
struct itc_store_key itc_key_header(uint64_t index);
struct itc_store_key itc_key_history(uint32_t level, uint64_t index);
struct itc_store_key itc_key_account(const struct itc_key *key);
struct itc_store_key itc_key_vote(const struct itc_slot *slot, uint8_t type);
struct itc_store_key itc_key_pool(const struct itc_hash *tx_id);
struct itc_store_key itc_key_committee(uint32_t epoch);
struct itc_store_key itc_key_meta(const char *name);

/* A list, and what the epoch before it did to make it: tangle/seats.h. */
struct itc_committee_row {
    struct itc_committee list;
    uint32_t convicted;
    bool taken;
};
#define ITC_COMMITTEE_ROW_MAX (1 + 32 * ITC_VALIDATORS_MAX + 4 + 1)
size_t itc_committee_row_encode(
    uint8_t out[ITC_COMMITTEE_ROW_MAX], const struct itc_committee_row *row);
ITC_MUST enum itc_err itc_committee_row_decode(
    struct itc_committee_row *out, const uint8_t *bytes, size_t len);

#define ITC_CONE_CHUNK 512
/* Sites of a group; a power of two, so that their leaves are a subtree of tx_root's. It divides a chunk. */
#define ITC_CONE_GROUP 64
#define ITC_CONE_GROUPS(sites) (((sites) + ITC_CONE_GROUP - 1) / ITC_CONE_GROUP)
#define ITC_CONE_ENTRY 81 /* bytes */
struct itc_cone_entry {
    uint64_t arrival; /* key of its bytes in `body` */
    uint64_t anchor;
    struct itc_hash site_id;
    struct itc_hash tx_id;
    enum itc_verdict verdict;
};
void itc_cone_entry_encode(uint8_t out[ITC_CONE_ENTRY], const struct itc_cone_entry *e);
ITC_MUST enum itc_err itc_cone_entry_decode(
    struct itc_cone_entry *out, const uint8_t *bytes, size_t len);

struct itc_tx_at {
    uint64_t milestone;
    uint32_t position;
    enum itc_verdict verdict;
};
#define ITC_TX_AT_ROW 13
void itc_tx_at_encode(uint8_t out[ITC_TX_AT_ROW], const struct itc_tx_at *t);
ITC_MUST enum itc_err itc_tx_at_decode(struct itc_tx_at *out, const uint8_t *bytes, size_t len);
/* Where a tx ended: where it was applied, if it was.  ITC_E_UNKNOWN: no milestone holds it. */
ITC_MUST enum itc_err itc_tx_at_find(
    const struct itc_store *s, const struct itc_hash *tx_id, struct itc_tx_at *out);

/* Where the chain stands; written with every milestone. */
struct itc_head_row {
    uint64_t index;
    uint64_t low_arrival;  /* every open site's bytes are at this key or above */
    uint64_t window_bytes; /* bytes of sites in the current work window (itc_params_next_work) */
};
#define ITC_HEAD_ROW 24
void itc_head_row_encode(uint8_t out[ITC_HEAD_ROW], const struct itc_head_row *h);
ITC_MUST enum itc_err itc_head_row_decode(
    struct itc_head_row *out, const uint8_t *bytes, size_t len);

/* Why a validator does not trust what it knows of its own votes (doubt.h). */
enum itc_doubt_why {
    ITC_DOUBT_NONE,
    ITC_DOUBT_NEW,         /* the store holds none of this key's, and the key was used before */
    ITC_DOUBT_DAMAGED,     /* a row does not read, or does not prove */
    ITC_DOUBT_ROLLED_BACK, /* it signed what there is no row of */
    ITC_DOUBT_WHYS
};
const char *itc_doubt_text(enum itc_doubt_why why); /* "... is damaged", for a person */

/* Whose votes the store remembers, and whether all of them; as long as the store has served that key. */
struct itc_memory_row {
    struct itc_key voter;
    enum itc_doubt_why why;
    uint64_t until; /* head at which doubt ends at the earliest; 0: not known yet */
};
#define ITC_MEMORY_ROW 41
void itc_memory_row_encode(uint8_t out[ITC_MEMORY_ROW], const struct itc_memory_row *m);
ITC_MUST enum itc_err itc_memory_row_decode(
    struct itc_memory_row *out, const uint8_t *bytes, size_t len);

/* A vote row is durable before its vote is sent, and outlives everything until its height's certificate is
 * stored. It holds what a restarted validator needs to stand by its word:
 *   PREPARE  own signature, the primary's signature, header, body
 *   COMMIT   own signature, the prepared certificate (q prepare signatures of one view), header
 *   VIEW-CHANGE  own vote for the view; forbids PREPARE and COMMIT of this height in lower views, over restarts
 *            too (what it names as prepared stands in the COMMIT and PREPARE rows of that view) */
struct itc_vote_row {
    struct itc_slot slot;
    enum itc_vote_type type;
    struct itc_sig own;             /* PREPARE, COMMIT */
    struct itc_sig primary;         /* PREPARE */
    struct itc_cert prepared;       /* COMMIT */
    struct itc_view_vote view_vote; /* VIEW-CHANGE */
    const uint8_t *header;          /* PREPARE, COMMIT; ITC_HEADER_SIZE bytes, borrowed */
    const uint8_t *body;            /* PREPARE; borrowed */
    size_t body_len;
};
/*   ITC_E_TOO_LARGE  does not fit `cap` */
ITC_MUST enum itc_err itc_vote_row_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_vote_row *r);
ITC_MUST enum itc_err itc_vote_row_decode(struct itc_vote_row *out, const uint8_t *key,
    size_t key_len, const uint8_t *value, size_t value_len);

#endif
