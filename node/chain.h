/* chain.h - the main chain as a node holds it: its head, the recent headers, and making a milestone final. Pure.
 *
 *     ... [h-2] <- [h-1] <- [head]      ring: id, price, time and size of the last 3 x depth + 2 headers
 *
 * Making final is one atomic batch: header and certificate, cone, verdicts, accounts, history nodes, the pool's
 * finished txs, the votes that have served, and the head itself. After it the cone leaves the window. */
#ifndef ITC_NODE_CHAIN_H
#define ITC_NODE_CHAIN_H

#include "spv/genesis.h"
#include "tangle/history.h"
#include "tangle/mem.h"

struct itc_node;

struct itc_recent {
    struct itc_hash id;
    uint64_t index;
    uint64_t time_ms;
    uint32_t work_bits;
    uint32_t site_count;
};

struct itc_chain {
    struct itc_hash id;
    struct itc_params params;
    struct itc_committee committee; /* in force at the open height; the next one: ledger.seats */
    struct itc_hash committee_hash;
    uint32_t quorum;

    struct itc_header head;
    uint8_t head_bytes[ITC_HEADER_SIZE];
    struct itc_hash head_id;
    struct itc_cert head_cert;  /* no signers at header 0 */
    struct itc_history history; /* ids of headers 0 .. head */
    uint64_t window_bytes;      /* bytes of sites since the last change of price */

    struct itc_recent *ring;
    uint32_t ring_size;
    uint32_t recent_sites; /* of the last 3 x depth milestones */
};

size_t itc_chain_size(const struct itc_params *p);
void itc_chain_init(struct itc_chain *c, struct itc_mem *mem, const struct itc_params *p);
/* The header at `index`, if it is final and recent; else NULL. */
const struct itc_recent *itc_chain_recent(const struct itc_chain *c, uint64_t index);
void itc_chain_remember(struct itc_chain *c, const struct itc_header *h, const struct itc_hash *id);
/* What is left of itc_params_recent_max for the milestone after the head, and how many sites it may have. */
uint32_t itc_chain_sites_left(const struct itc_chain *c);
uint32_t itc_chain_sites_max(const struct itc_chain *c);
/* Least anchor that a site may have to be in milestone `index` (docs/protocol.md, "Body"). */
uint64_t itc_chain_least_anchor(const struct itc_chain *c, uint64_t index);
/* Least anchor that a tip must have, over its open past, to be approved now. */
uint64_t itc_chain_tip_anchor(const struct itc_chain *c);
/* Of the members whose seats are not empty, (epoch + view) mod their number. */
uint32_t itc_chain_primary(const struct itc_chain *c, const struct itc_slot *slot);
/* The view that height `header`.index + 1 starts in. */
uint32_t itc_chain_next_view(const struct itc_chain *c, const struct itc_header *header);
/* The view that the open height starts in. */
uint32_t itc_chain_start_view(const struct itc_chain *c);
/* The slot of height `index` in `view`. */
struct itc_slot itc_chain_slot(const struct itc_chain *c, uint64_t index, uint32_t view);

/* The committee of ledger.seats is in force from the open height on. */
void itc_chain_seat(struct itc_node *n);
/* Writes the list that is in force from `epoch` on. */
void itc_chain_write_committee(
    struct itc_node *n, uint32_t epoch, const struct itc_committee_row *value);
/* Makes the evaluated milestone (evaluate.h: DONE) final with `header` and `cert`. */
void itc_chain_commit(struct itc_node *n, const struct itc_header *header,
    const struct itc_cert *cert, const uint8_t *body, size_t body_len);

#endif
