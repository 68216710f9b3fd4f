/* changes.h - random changes of a committee, sound and not, whose signers' secrets are a private chain's. */
#ifndef ITC_TESTS_PROP_CHANGES_H
#define ITC_TESTS_PROP_CHANGES_H

#include "tangle/rng.h"
#include "tools/sim/ledger_model.h"
#include "tools/sim/private_chain.h"

/* What is wrong with one. */
enum change_flaw {
    CHANGE_SOUND,
    CHANGE_TOO_FEW,
    CHANGE_TOO_MANY,
    CHANGE_LAST_BAD,
    CHANGE_OTHER_EPOCH,
    CHANGE_OTHER_COMMITTEE,
    CHANGE_NOTHING_NEW,
    CHANGE_TOO_SMALL,
    CHANGE_NO_KEY,
    CHANGE_FLAWS
};

/* Who signs them. */
struct change_makers {
    struct itc_private_chain chain;
    struct itc_key keys[ITC_VALIDATORS_MAX]; /* of its validators */
};

/* What a change borrows. */
struct change_draft {
    struct itc_committee next;
    struct itc_sig sigs[ITC_VALIDATORS_MAX];
};

void change_makers_init(struct change_makers *m);
/* For the committee that `seats` has in force, `most` members at most in the new one. */
void change_make(struct itc_change *out, struct change_draft *draft, struct itc_rng *rng,
    const struct change_makers *makers, const struct seats_model *seats, uint32_t most,
    enum change_flaw flaw);
/* The same committee in the library's struct. */
struct itc_committee change_committee(const struct seats_list *list);

#endif
