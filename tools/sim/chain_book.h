/* chain_book.h - the one chain that all nodes must have, and what its milestones must be: an oracle. Uses the heap.
 *
 *     heads of all nodes, alive        each height has one header id, whoever holds it
 *     the first disk that has it       prev, history, certificate; and the ledger once more (ledger_model.h):
 *                                      each verdict, tx_root, state_root, supply; each tx applied once;
 *                                      committees, which it tells to others (rosters.h); no honest
 *                                      member is convicted
 *
 * A milestone counts as made when a disk has it durably. Before, it is forgotten when the power of all that held it
 * has failed, unless the votes for its certificate have left their nodes (vote_book.h): then it can come back. */
#ifndef ITC_SIM_CHAIN_BOOK_H
#define ITC_SIM_CHAIN_BOOK_H

#include "spv/merkle.h"
#include "tools/sim/finding.h"
#include "tools/sim/ledger_model.h"
#include "tools/sim/net.h"
#include "tools/sim/rosters.h"
#include "tools/sim/vote_book.h"

struct itc_chain_entry {
    struct itc_hash id;
    uint32_t holders; /* bitmap of nodes */
};

struct itc_chain_book {
    struct itc_genesis genesis;
    struct itc_hash chain;
    struct itc_chain_entry *entries; /* by height */
    size_t count, capacity;
    uint64_t live[ITC_NET_NODES_MAX]; /* head of each node */
    uint64_t made;                    /* newest height that was made, and checked */
    struct itc_hash made_id;
    struct itc_merkle history;
    struct ledger_model model; /* after `made` */
    uint8_t (*applied)[32];    /* tx ids, open addressing; the id itself is the hash */
    size_t applied_count, applied_capacity;
    uint64_t sites;
    uint8_t (*leaves)[32]; /* scratch: one milestone's */
    uint64_t convictions;
    uint64_t verdicts[ITC_VERDICT_COUNT]; /* of changes of the committee */
    const struct itc_vote_book *votes;
    struct itc_rosters *rosters;
    struct itc_finding *finding;
};

/* `genesis` borrows; it outlives the book, as do the others. */
void itc_chain_book_init(struct itc_chain_book *b, const struct itc_genesis *genesis,
    const struct itc_hash *chain, const struct itc_vote_book *votes, struct itc_rosters *rosters,
    struct itc_finding *finding);
void itc_chain_book_free(struct itc_chain_book *b);
/* To be called when node `i` has stepped, when its disk has caught up, when its power has come or gone. */
void itc_chain_book_stepped(struct itc_chain_book *b, struct itc_net *net, uint32_t i);
void itc_chain_book_durable(struct itc_chain_book *b, struct itc_net *net, uint32_t i);
void itc_chain_book_power(struct itc_chain_book *b, struct itc_net *net, uint32_t i);
/* Whether a tx was applied in a milestone that was made. */
bool itc_chain_book_applied(const struct itc_chain_book *b, const struct itc_hash *tx_id);
/* The header id at a height; NULL if no node holds one. */
const struct itc_hash *itc_chain_book_id(const struct itc_chain_book *b, uint64_t index);

#endif
