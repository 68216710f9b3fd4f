/* attach.h - a checked site's place in the tangle: its parents, and what it counts for. Pure.
 *
 *     window  <- tips, open transactions, weights          all that a new site changes, in one function
 *
 * A parent is open (in the window) or final (final_ids.h); any other is not known here. */
#ifndef ITC_NODE_ATTACH_H
#define ITC_NODE_ATTACH_H

#include "spv/site.h"

struct itc_node;

/* Whether a site is open or final here. */
bool itc_attach_known(const struct itc_node *n, const struct itc_hash *id);
/* Rule 2 of validity: anchors never go back along a path, and no step spans more than depth.
 *   ITC_E_ANCHOR ITC_E_PARENT (breaks the rule) ITC_E_UNKNOWN (a parent is not known, or no longer) */
ITC_MUST enum itc_err itc_attach_check_parents(const struct itc_node *n, const struct itc_site *s);
/* Into the window. All parents are known. `arrival`: its store key, or 0 for a site that is new to this node, hence
 * stored and passed on to all but `peer`.
 *   ITC_E_FULL */
ITC_MUST enum itc_err itc_attach_site(struct itc_node *n, uint32_t peer, const struct itc_site *s,
    const struct itc_hash *id, const uint8_t *bytes, size_t len, uint64_t arrival);

#endif
