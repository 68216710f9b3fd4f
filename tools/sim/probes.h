/* probes.h - what clients of the nodes must always see, asked again and again: oracles.
 *
 * Each node has a light client that knows header 0 and asks that node alone to JUMP, and to HOP where the committee
 * changes: it accepts the honest chain only, and never goes back. Of each answer a bent copy is shown to a second client,
 * which must not be moved by it to any other header, and one with a signature too few, which must not move it; nor must
 * what traitors make of it (false_answers.h), nor an answer that is old. And no queue of a node is longer than its
 * limits say. */
#ifndef ITC_SIM_PROBES_H
#define ITC_SIM_PROBES_H

#include "tangle/rng.h"
#include "tools/sim/chain_book.h"
#include "tools/sim/traitor.h"

struct itc_probes {
    struct itc_rng rng;
    uint64_t due_ms;
    struct itc_light lights[ITC_NET_NODES_MAX];
    enum itc_op asked
        [ITC_NET_NODES_MAX]; /* ITC_OP_JUMP or ITC_OP_HOP: now under way, or to be asked next */
    uint64_t tokens[ITC_NET_NODES_MAX]; /* under way; 0: none */
    uint64_t jumps, hops;               /* accepted */
    uint64_t stale[ITC_NET_NODES_MAX];  /* an earlier answer; 0: none yet */
    enum itc_op stale_asked[ITC_NET_NODES_MAX];
    uint64_t lies; /* of traitors */
    const struct itc_chain_book *book;
    const struct itc_traitors *traitors;
    struct itc_finding *finding;
};

/* `net` has just been created. */
void itc_probes_init(struct itc_probes *p, uint64_t seed, struct itc_net *net,
    const struct itc_chain_book *book, const struct itc_traitors *traitors,
    struct itc_finding *finding);
/* To be called at due_ms. */
void itc_probes_act(struct itc_probes *p, struct itc_net *net);

#endif
