/* view_proof.h - the votes that a proposal in a new view stands on: gathered by its primary, checked by each backup.
 * Pure. What they allow, and why that is safe: view_change.h. */
#ifndef ITC_NODE_VIEW_PROOF_H
#define ITC_NODE_VIEW_PROOF_H

#include "node/view_vote.h"

struct itc_node;
struct itc_prepared;

/* A proposal of `slot`, signed by its primary, stands on `new_view`: whether these are q good votes for that slot.
 * *bound: they name `*id`, which alone may be proposed.
 *   ITC_E_QUORUM ITC_E_SIGNATURE ITC_E_FORM and codec errors */
ITC_MUST enum itc_err itc_view_proof_check(const struct itc_node *n, const struct itc_slot *slot,
    const uint8_t *new_view, size_t len, bool *bound, struct itc_hash *id);
/* Whether we, primary of the round's view, hold the votes to propose in it, and what they bind us to; then
 * new_view is made. *bound: what is to be proposed; NULL: a fresh header. */
bool itc_view_proof_gather(struct itc_node *n, const struct itc_prepared **bound);

#endif
