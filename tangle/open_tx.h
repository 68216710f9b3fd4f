/* open_tx.h - the transactions that open sites carry, and which of them conflict. Pure.
 *
 *     tx id      -> entry -> the sites that carry it (a tx may be attached more than once)
 *     issuer,seq -> entry -> its rivals: other txs that spend the same sequence number
 *
 * Confirmed, a hint: the tx's weight has reached the threshold, it has been seen for a while, and no rival has. Only
 * its issuer can make it a rival, so this holds up nobody else; and what was built in secret brings weight at once, but
 * neither the while, in which a rival shown elsewhere comes here too, nor the place of the one seen first (conflicts.h). */
#ifndef ITC_TANGLE_OPEN_TX_H
#define ITC_TANGLE_OPEN_TX_H

#include "tangle/window.h"

struct itc_open_tx { /* 128 bytes: two cache lines */
    struct itc_hash id;
    struct itc_key issuer; /* issuer and seq stand together: the key of the second index */
    uint64_t seq;
    struct itc_amount spends; /* 0 for data */
    uint32_t site;            /* first of the sites that carry it; next: itc_vertex_info.tx_next */
    uint32_t oldest_site;     /* last of them: seen first */
    uint32_t rival;           /* next tx of the same issuer and seq; ITC_NONE at the end */
    uint32_t conflict;        /* conflicts.h: the slot of its conflict, or ITC_NONE */
    uint64_t seen_ms;         /* when the first site that carries it was attached */
    bool contested;           /* another tx of its issuer and seq is open, or was */
    uint32_t anchored;        /* of the sites that carry it the one with the newest anchor */
    uint64_t late_until_ms;   /* conflicts.h */
    uint64_t reserved;
};

struct itc_open_txs {
    struct itc_open_tx *entries;
    struct itc_index ids;
    struct itc_index spends; /* first tx of each (issuer, seq) */
    uint32_t fresh;
    uint32_t free_list;
};

size_t itc_open_txs_size(uint32_t window_capacity);
void itc_open_txs_init(
    struct itc_open_txs *o, struct itc_mem *mem, uint32_t window_capacity, uint64_t seed);
/* A tx will be looked for or added soon: its places are fetched into the caches meanwhile. */
void itc_open_txs_expect(const struct itc_open_txs *o, const struct itc_hash *id,
    const struct itc_key *issuer, uint64_t seq);
/* Records that `site`, just added to the window, carries `tx` of id `id`. Never full: a tx needs a site. */
void itc_open_txs_attach(struct itc_open_txs *o, struct itc_window *w, uint32_t site,
    const struct itc_tx *tx, const struct itc_hash *id, uint64_t now_ms);
/* `sites` are about to leave the window. Call before itc_window_remove. */
void itc_open_txs_remove(
    struct itc_open_txs *o, struct itc_window *w, const uint32_t *sites, uint32_t count);
/* Entry of a tx, or ITC_NONE. */
uint32_t itc_open_txs_find(const struct itc_open_txs *o, const struct itc_hash *tx_id);
/* First entry that spends (issuer, seq), or ITC_NONE; rivals follow by .rival. */
uint32_t itc_open_txs_spender(
    const struct itc_open_txs *o, const struct itc_key *issuer, uint64_t seq);
/* Greatest weight among the sites that carry the tx (exact up to the threshold). Visits each of them. */
uint32_t itc_open_txs_weight(
    const struct itc_open_txs *o, const struct itc_window *w, uint32_t entry);
/* The same among the site seen first, which is the heaviest but for attacks, and the ITC_OPEN_TX_LOOK newest: a tx may be
 * attached as often as somebody pays for, and this is asked by everybody. Exact while no more carry it. */
#define ITC_OPEN_TX_LOOK 255
uint32_t itc_open_txs_hint(
    const struct itc_open_txs *o, const struct itc_window *w, uint32_t entry);
/* Several times what a site takes to every node. */
#define ITC_CONFIRM_SEEN_MS 500
/* By the weight of itc_open_txs_hint. */
bool itc_open_txs_confirmed(const struct itc_open_txs *o, const struct itc_window *w,
    uint32_t entry, uint32_t threshold, uint64_t now_ms);

#endif
