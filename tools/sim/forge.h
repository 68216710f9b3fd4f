/* forge.h - messages that a traitor makes, validly signed with his own key, and with no other: so they may be used
 * where signatures are hashes (fast_sign.c). Uses no heap.
 *
 * A draft is a message that may be changed: what it borrows lies behind it. */
#ifndef ITC_SIM_FORGE_H
#define ITC_SIM_FORGE_H

#include "node/core.h"

struct itc_draft {
    struct itc_message m;
    uint8_t header[ITC_HEADER_SIZE];
    uint8_t body[ITC_BODY_MAX];
    uint8_t cert[ITC_CERT_MAX];
    uint8_t new_view[ITC_NEW_VIEW_MAX];
};

/* Who signs. */
struct itc_forger {
    const struct itc_hash *chain;
    const struct itc_signer *signer;
    uint8_t voter; /* his place in the committee in force */
};

/* The slot of a vote, proposal, view change or complaint; NULL: it has none. */
struct itc_slot *itc_forge_slot(struct itc_message *m);
/* Whether a message with a slot is by this voter. */
bool itc_forge_is_by(const struct itc_message *m, uint8_t voter, uint32_t primary);
/* Signs what the message says now, as its voter or primary. It has a slot. */
void itc_forge_sign(const struct itc_forger *f, struct itc_message *m);
/* Signs a vote for a view. */
void itc_forge_sign_view(
    const struct itc_forger *f, const struct itc_slot *slot, struct itc_view_vote *vote);
/* The signature of a PREPARE or COMMIT. */
struct itc_sig itc_forge_vote(const struct itc_forger *f, enum itc_vote_type type,
    const struct itc_slot *slot, const struct itc_hash *header_id);
/* A certificate of `count` times the same signature. */
void itc_forge_cert(const struct itc_forger *f, enum itc_vote_type type,
    const struct itc_slot *slot, const struct itc_hash *header_id, uint32_t count,
    struct itc_cert *out);
/* A header and body that are valid after the node's head, with no sites: into d->header and d->body, whose size
 * is returned. */
size_t itc_forge_empty(
    const struct itc_node *n, uint32_t view, uint64_t time_ms, struct itc_draft *d);
/* The proposal's header in the draft gets another time. */
void itc_forge_time(struct itc_draft *d, uint64_t add_ms);

#endif
