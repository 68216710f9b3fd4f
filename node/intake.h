/* intake.h - the way of a site from bytes to a place in the tangle. Pure.
 *
 *     bytes -> seen? -> form -> anchor -> work -> signature -> parents -> admission -> attach, store, pass on
 *     cheap ---------------------------------> dear     (may take a while)
 *
 * Each test comes before any that costs more. A site whose anchor or parents are not known waits (pending.h)
 * and its missing parents are asked for, first from the peer that sent it, then from others. */
#ifndef ITC_NODE_INTAKE_H
#define ITC_NODE_INTAKE_H

#include "spv/site.h"

struct itc_node;

/* A site from a peer.  Errors say why it was refused (and mark the peer when no honest node would send it):
 *   ITC_E_DUPLICATE ITC_E_FORM ... (codec) ITC_E_TOO_LARGE ITC_E_ANCHOR ITC_E_WORK ITC_E_PARENT ITC_E_FULL */
ITC_MUST enum itc_err itc_intake_site(
    struct itc_node *n, uint32_t peer, const uint8_t *bytes, size_t len);
/* A site whose validity is settled (made here; certified by a milestone; stored by this node before): attached
 * at once.  ITC_E_DUPLICATE ITC_E_PARENT (a parent is not known here) ITC_E_FULL, codec errors.
 * `arrival`: its store key, or 0 for a new one, which is then written and passed on to all but `peer`. */
ITC_MUST enum itc_err itc_intake_settled(
    struct itc_node *n, uint32_t peer, const uint8_t *bytes, size_t len, uint64_t arrival);
/* A site made here: attached at once, or when its turn has come (admission.h). *id is its id.
 *   ITC_E_BUSY  it waits for its turn
 *   ITC_E_DUPLICATE ITC_E_FULL ITC_E_ANCHOR ITC_E_PARENT ITC_E_UNKNOWN (a parent is not known, or no longer), codec errors */
ITC_MUST enum itc_err itc_intake_own(
    struct itc_node *n, struct itc_hash *id, const uint8_t *bytes, size_t len);
/* A signature check has ended. */
void itc_intake_verified(struct itc_node *n, uint64_t job, bool good);
/* Attaches what is ready, as far as this step has room. True: there is more. */
bool itc_intake_progress(struct itc_node *n);
/* The head has moved: sites that waited for an anchor go on, and those too old are let go. */
void itc_intake_head_moved(struct itc_node *n);
/* A peer has gone: what it sent stays, on nobody's account. */
void itc_intake_peer_down(struct itc_node *n, uint32_t peer);

/* For admission.c and parents.c. Attaches a pending site, whether or not it waits for its turn; if it is found bad, or there is
 * no place for it, lets go of it; if a parent is not attached, it waits for that. */
void itc_intake_attach(struct itc_node *n, uint32_t site);
void itc_intake_let_go(struct itc_node *n, uint32_t site);
/* It is invalid, and so is all that waits for it. */
void itc_intake_condemn(struct itc_node *n, uint32_t site, enum itc_err e);
/* All its parents are known: admission sees it at the end of the step, or in one to come. */
void itc_intake_make_ready(struct itc_node *n, uint32_t site);
/* It no longer counts in its peer's quota. */
void itc_intake_uncharge(struct itc_node *n, uint32_t site);

#endif
