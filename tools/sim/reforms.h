/* reforms.h - the committee changes while the run goes on: once an epoch at most, and not in all. Uses the heap of others.
 *
 *     sound      one more member, one fewer, one or all replaced, other seats: 4 .. 16 members, q of the present sign
 *     unsound    too few or too many signatures, a bad one, another epoch, a committee of before, nothing changed, a
 *                committee too small; last epoch's change once more
 *     rivals     the same change issued by another account; a second sound one
 *
 * Each is handed to a node, and a second later to another one: members ask until it is done. Some go in sites of their
 * own, past what a node looks at before it takes one. What comes of it, the
 * ledger's model says. The sound ones keep the run fair: who is named has a node, and no more are traitors than the new
 * f. The wallets from ITC_WALLETS_HONEST on carry them. */
#ifndef ITC_SIM_REFORMS_H
#define ITC_SIM_REFORMS_H

#include "tools/sim/chain_book.h"
#include "tools/sim/spammers.h"

#define ITC_REFORM_TIMES 3 /* that one is handed in */

/* A signed change on its way. */
struct itc_paper {
    size_t len; /* 0: none */
    uint32_t times;
    uint64_t due_ms;
    uint8_t tx[ITC_TX_MAX];
};

struct itc_reforms {
    struct itc_rng rng;
    bool on;
    uint32_t known;    /* bitmap of members, or who may become one: they have nodes */
    uint32_t traitors; /* bitmap: of these */
    struct itc_chain_book *book;
    struct itc_spammers *spammers; /* who send sites */
    uint32_t epoch;                /* of the papers */
    uint64_t look_ms;
    struct itc_paper papers[ITC_REFORM_CARRIERS]; /* by carrier */
    struct itc_paper old;                         /* the last sound one */
    struct itc_committee before;                  /* the committee that it changed */
    uint64_t sound, unsound;                      /* how many were signed */
};

void itc_reforms_init(struct itc_reforms *r, uint64_t seed, bool on, uint32_t known,
    uint32_t traitors, struct itc_chain_book *book, struct itc_spammers *spammers);
/* When there is something to do. */
uint64_t itc_reforms_due_ms(const struct itc_reforms *r);
void itc_reforms_act(struct itc_reforms *r, struct itc_net *net);

#endif
