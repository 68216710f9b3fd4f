/* seats.h - who sits in the committee, now and from the next epoch on. Pure. Rules: docs/protocol.md, "Ledger".
 *
 *     epoch e    present A, next A --- change A -> B applied ---> present A, next B   (no other change in e)
 *     epoch e+1  present B, next B
 *
 * Who is convicted of a double vote (node/evidence.h) leaves an empty seat in `next`, 32 zero bytes, which no signature
 * fits: n, f and q stay, and so does everybody else's index (were the seat gone, one conviction would make n = 4 into
 * n = 3 and f = 0). At most f seats of a list are empty, or the chain could come to a stop. Whoever is convicted in an
 * epoch is out of any list that is made in it, whichever came first; later lists are the members' will.
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
    uint32_t convicted; /* bitmap: members of `present` convicted in this epoch */
    bool taken;         /* a change was applied in this epoch */
    uint32_t checks;    /* signature checks of the open milestone so far */
};

/* `present` signs in `epoch`, `next` after it. */
void itc_seats_init(struct itc_seats *s, const struct itc_hash *chain, uint32_t epoch,
    const struct itc_committee *present, const struct itc_committee *next);
/* The next epoch begins. */
void itc_seats_turn(struct itc_seats *s);
bool itc_seats_changed(const struct itc_seats *s); /* `next` is not `present` */
bool itc_seats_empty(const struct itc_committee *c, uint32_t seat);
/* Whether `key` has a seat, of which it is convicted by nobody yet; no key of zeros has. */
bool itc_seats_has(const struct itc_committee *c, const struct itc_key *key);
/* Empties the seat of a member of both `present` and `next`. That it is one of both makes an evidence good once: who
 * was convicted and is named again by a later change sits in `present` when all of it is too old.
 *   ITC_E_PROOF  it is no such member
 *   ITC_E_FULL   f seats of `next` are empty already */
ITC_MUST enum itc_err itc_seats_convict(struct itc_seats *s, const struct itc_key *key);
/* ITC_VERDICT_APPLIED: c's list is `next` now, without who is convicted.
 * ITC_VERDICT_EXPIRED: its epoch is over.
 * ITC_VERDICT_TAKEN: a change of this epoch was applied before.
 * ITC_VERDICT_NOT_COMMITTEE: it is not for this epoch and committee, changes nothing, makes the committee too small, is
 * not signed by exactly q members, names what is no public key or more convicts than f, or the milestone's checks are
 * used up. */
enum itc_verdict itc_seats_apply(struct itc_seats *s, const struct itc_change *c);

#endif
