/* seats.h - who sits in the committee, now and from the next epoch on. Pure. Rules: docs/protocol.md, "Ledger".
 *
 *     epoch e    present A, next A --- change A -> B applied ---> present A, next B   (no other change in e)
 *     epoch e+1  present B, next B
 *
 * A part of the ledger: a delta has a copy of its own, which becomes the ledger's when its milestone does. */
#ifndef ITC_TANGLE_SEATS_H
#define ITC_TANGLE_SEATS_H

#include "spv/change.h"

/* Signature checks that changes may cost in one milestone, some 10 ms: who fills cones with false changes slows nobody
 * down. A protocol constant, for it decides verdicts. */
#define ITC_SEATS_CHECKS_MAX 256
/* A committee that has as many never becomes smaller than this: f would be 0. */
#define ITC_SEATS_LEAST 4

struct itc_seats {
    struct itc_hash chain;
    uint32_t epoch; /* of the next milestone */
    struct itc_committee present, next;
    struct itc_hash present_hash, next_hash;
    uint32_t checks; /* signature checks of the open milestone so far */
};

/* `present` signs in `epoch`, `next` after it. */
void itc_seats_init(struct itc_seats *s, const struct itc_hash *chain, uint32_t epoch,
    const struct itc_committee *present, const struct itc_committee *next);
/* The next epoch begins. */
void itc_seats_turn(struct itc_seats *s);
bool itc_seats_changed(const struct itc_seats *s); /* `next` is not `present` */
/* ITC_VERDICT_APPLIED: c's list is `next` now.
 * ITC_VERDICT_EXPIRED: its epoch is over.
 * ITC_VERDICT_TAKEN: a change of this epoch was applied before.
 * ITC_VERDICT_NOT_COMMITTEE: it is not for this epoch and committee, changes nothing, makes the committee too small, is
 * not signed by exactly q members, names what is no public key, or the milestone's checks are used up. */
enum itc_verdict itc_seats_apply(struct itc_seats *s, const struct itc_change *c);

#endif
