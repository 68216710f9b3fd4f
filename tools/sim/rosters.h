/* rosters.h - who sits in the committee of each epoch, as far as the chain has settled it. Uses the heap.
 *
 *     epoch 0 --- of genesis       epoch 1 --- as its predecessor's last milestone says ...     coming: after the newest
 *
 * A member is known by the number of its key in the private chain's `validators`, which is that of its node too. What
 * reads the chain (chain_book.h) writes here; other oracles and the faults look it up. */
#ifndef ITC_SIM_ROSTERS_H
#define ITC_SIM_ROSTERS_H

#include "tools/sim/private_chain.h"

struct itc_roster {
    struct itc_committee committee;
    uint8_t who[ITC_VALIDATORS_MAX]; /* by seat; ITC_VALIDATORS_MAX: nobody of ours */
    uint32_t members;                /* bitmap */
    uint32_t empty;                  /* seats that are nobody's: convicts had them */
};

struct itc_rosters {
    struct itc_key keys[ITC_VALIDATORS_MAX];
    struct itc_roster *of; /* by epoch */
    uint32_t count, capacity;
    struct itc_roster coming; /* the list for the epoch after the last of these, so far */
};

void itc_rosters_init(struct itc_rosters *r, const struct itc_private_chain *chain,
    const struct itc_committee *first);
void itc_rosters_free(struct itc_rosters *r);
/* The newest milestone says `next`. */
void itc_rosters_tell(struct itc_rosters *r, const struct itc_committee *next);
/* And it ends its epoch. */
void itc_rosters_turn(struct itc_rosters *r);
/* NULL: not settled yet. Good until the next turn. */
const struct itc_roster *itc_rosters_of(const struct itc_rosters *r, uint32_t epoch);
const struct itc_roster *itc_rosters_present(const struct itc_rosters *r);

#endif
