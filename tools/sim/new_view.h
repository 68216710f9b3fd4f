/* new_view.h - the rule of a new view once more, by the book of votes: what an honest voter may prepare in it. */
#ifndef ITC_SIM_NEW_VIEW_H
#define ITC_SIM_NEW_VIEW_H

#include "tools/sim/vote_book.h"

/* Whether the votes in a proposal, of which there are some, allow its header, whose id is `id`: q good votes; of the
 * headers they name as prepared, and that were, the one of the highest view; if they name none, a fresh one. */
bool itc_new_view_allows(
    const struct itc_vote_book *b, const struct itc_proposal *p, const struct itc_hash *id);

#endif
