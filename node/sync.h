/* sync.h - catching up: learning milestones from their certificates, one after the other. Pure.
 *
 *     NONE --GET_MILESTONE--> ASKED --MILESTONE--> CHECKING (q signatures) --> CERTIFIED --> evaluated, final
 *       ^_________________________|________________________|__ time-out, bad: another peer
 *
 * A certified header fixes its cone: the leaves (site id, tx id, verdict) that the peer sends are checked
 * against tx_root, so every site it sends after that is known by id before it comes, and needs no work or
 * signature check: its id commits to its bytes, and the committee checked them. Sites that gossip brought
 * already are not asked for. The same way serves a full node at the head and one that was away for a day. */
#ifndef ITC_NODE_SYNC_H
#define ITC_NODE_SYNC_H

#include "node/message.h"
#include "tangle/index.h"

struct itc_node;

enum itc_sync_state {
    ITC_SYNC_NONE,
    ITC_SYNC_ASKED,
    ITC_SYNC_CHECKING,
    ITC_SYNC_CERTIFIED
};

struct itc_sync {
    enum itc_sync_state state;
    uint32_t peer;     /* whom we ask for this milestone's leaves and sites; ITC_NONE: nobody yet */
    uint32_t from;     /* who sent the certificate */
    uint64_t since_ms; /* monotonic: last sign of progress */
    uint64_t turn_ms;  /* monotonic: `peer` began to serve the sites */
    struct itc_header header;
    uint8_t header_bytes[ITC_HEADER_SIZE];
    struct itc_cert cert;
    uint8_t body[ITC_BODY_MAX];
    size_t body_len;
    uint64_t jobs[ITC_VALIDATORS_MAX]; /* signature checks; 0: done */
    uint32_t checks_left;

    bool leaves_asked;
    bool leaves_good;      /* complete, and they give tx_root */
    uint32_t leaves_count; /* received so far */
    uint8_t *leaves;       /* 65 bytes each, cone_sites_max of them */
    struct itc_index ids;  /* site id -> leaf, once they are good */
    uint32_t asked;        /* leaves below this are here or were asked for */
    uint32_t in_flight;    /* sites asked for that have not come */
};

size_t itc_sync_size(uint32_t cone_sites_max);
void itc_sync_init(struct itc_sync *s, struct itc_mem *mem, uint32_t cone_sites_max, uint64_t seed);

/* From peers. An error marks the peer. */
ITC_MUST enum itc_err itc_sync_milestone(
    struct itc_node *n, uint32_t peer, const struct itc_milestone *m);
ITC_MUST enum itc_err itc_sync_leaves(
    struct itc_node *n, uint32_t peer, const struct itc_leaves *l);
/* Whether `id` belongs to the certified cone that is being fetched. */
bool itc_sync_expects(const struct itc_node *n, const struct itc_hash *id);
/* A site of it has come from `peer`; fresh: it was not here before. Only what is fresh is a sign of progress: or
 * whoever sends the same site for ever could keep us from asking another. */
void itc_sync_received(struct itc_node *n, uint32_t peer, bool fresh);
/* A signature check has ended. */
void itc_sync_verified(struct itc_node *n, uint64_t job, bool good);
/* The open height is certified: evaluation and commit of anything else are void. */
bool itc_sync_certified(const struct itc_node *n);
/* Goes as far as it can; true: there is more to do at once. */
bool itc_sync_progress(struct itc_node *n);
void itc_sync_peer_down(struct itc_node *n, uint32_t peer);
/* The head has moved. */
void itc_sync_opened(struct itc_node *n);

/* Serving others. */
void itc_sync_serve_milestone(struct itc_node *n, uint32_t peer, uint64_t index);
void itc_sync_serve_cone(struct itc_node *n, uint32_t peer, const struct itc_get_cone *g);

#endif
