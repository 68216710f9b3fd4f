/* message.h - what nodes say to each other: codecs only. Pure. Layout: docs/protocol.md, "Peer messages".
 *
 * A link is two byte streams: CONSENSUS carries what must not wait behind gossip, BULK the rest. On both, a
 * frame is size 4 | type 1 | payload, size counting type and payload. The first frame on each stream, in each
 * direction, is HELLO.
 *
 *   type            stream     payload
 *   HELLO           both       magic, protocol version, channel, chain id, node id, validator index, head
 *   STATUS          consensus  head; epoch, view; whether the open height's proposal and whose votes are held;
 *                              validator index
 *   PROPOSAL        consensus  slot, primary's signature, header, new view, body    (PBFT's PRE-PREPARE, NEW-VIEW)
 *   VOTE            consensus  type, slot, voter, header id, signature          (PREPARE and COMMIT)
 *   VIEW_CHANGE     consensus  slot, view vote, and of what is prepared header and body
 *   COMPLAINT       consensus  slot, voter, signature                           (complaint.h)
 *   EVIDENCE        consensus  evidence                                         (evidence.h)
 *   RECALL          consensus  nonce, key                                       (recall.h)
 *   RECALLED        consensus  nonce, teller, head, signature, marks
 *   SITE            bulk       site bytes
 *   GET_SITES       bulk       ids of open sites
 *   MILESTONE       bulk       header, certificate, body
 *   GET_MILESTONE   bulk       index          answer: MILESTONE, then LEAVES until all are sent
 *   LEAVES          bulk       index, first position, (site id, tx id, verdict) ...
 *   GET_CONE        bulk       index, first position, count          answer: that many SITEs
 *
 * Every decoder returns ITC_E_TRUNCATED, ITC_E_TRAILING, ITC_E_FORM, ITC_E_TOO_LARGE as its bytes deserve. */
#ifndef ITC_NODE_MESSAGE_H
#define ITC_NODE_MESSAGE_H

#include "node/evidence.h"
#include "node/recall.h"
#include "spv/site.h"

#define ITC_PROTOCOL_VERSION 1
#define ITC_FRAME_HEAD 5
#define ITC_IDS_MAX 256     /* ids in GET_SITES, sites asked for by GET_CONE */
#define ITC_LEAVES_MAX 1024 /* leaves in one LEAVES */
#define ITC_BODY_SITES_MAX 1024
#define ITC_BODY_EVIDENCE_MAX 4
#define ITC_BODY_MAX (5 + 32 * ITC_BODY_SITES_MAX + ITC_BODY_EVIDENCE_MAX * ITC_EVIDENCE_SIZE)
#define ITC_MESSAGE_MAX                                                                            \
    (340 + ITC_NEW_VIEW_MAX + ITC_BODY_MAX) /* bytes of any frame's payload: PROPOSAL */

enum itc_channel {
    ITC_CHANNEL_CONSENSUS = 0,
    ITC_CHANNEL_BULK = 1
};

enum itc_message_type {
    ITC_MESSAGE_HELLO = 1,
    ITC_MESSAGE_STATUS = 2,
    ITC_MESSAGE_PROPOSAL = 3,
    ITC_MESSAGE_VOTE = 4,
    ITC_MESSAGE_SITE = 5,
    ITC_MESSAGE_GET_SITES = 6,
    ITC_MESSAGE_MILESTONE = 7,
    ITC_MESSAGE_GET_MILESTONE = 8,
    ITC_MESSAGE_LEAVES = 9,
    ITC_MESSAGE_GET_CONE = 10,
    ITC_MESSAGE_VIEW_CHANGE = 11,
    ITC_MESSAGE_COMPLAINT = 12,
    ITC_MESSAGE_EVIDENCE = 13,
    ITC_MESSAGE_RECALL = 14,
    ITC_MESSAGE_RECALLED = 15
};

#define ITC_NO_VALIDATOR 255

struct itc_hello {
    enum itc_channel channel;
    struct itc_hash chain;
    uint64_t
        node_id; /* random at start: pairs the two streams, and tells a node that it called itself */
    uint8_t validator; /* index, or ITC_NO_VALIDATOR; a hint for routing, never trusted */
    uint64_t head;     /* index of the newest final milestone; a hint */
};

struct itc_status {
    uint64_t head;
    uint32_t epoch; /* of the open height, head + 1 */
    uint32_t view;
    bool has_proposal;
    uint32_t prepares; /* bitmap: whose votes are held for the open height in this view */
    uint32_t commits;
    uint8_t validator; /* as in HELLO; it changes with the committee */
};

/* Body of a milestone: version 1 | count 2 | site ids 32 x count, strictly ascending | evidence count 2 (0 .. 4) |
 * evidence 256 x count, strictly ascending by key. */
struct itc_body {
    uint32_t count;
    const uint8_t *ids; /* borrowed; 32 x count */
    uint32_t evidence_count;
    struct itc_evidence evidence[ITC_BODY_EVIDENCE_MAX];
};
ITC_MUST enum itc_err itc_body_decode(struct itc_body *out, const uint8_t *bytes, size_t len);
/* Both return the size. The second writes a body without evidence; `ids`: 32 x count bytes. */
size_t itc_body_write(uint8_t out[ITC_BODY_MAX], const struct itc_body *body);
size_t itc_body_encode(uint8_t out[ITC_BODY_MAX], const uint8_t *ids, uint32_t count);
/* Whether a body that can be decoded names this site; it is not checked again. */
bool itc_body_names(const uint8_t *bytes, const struct itc_hash *id);
void itc_body_hash(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len);

struct itc_proposal {
    struct itc_slot slot;
    struct itc_sig sig;    /* the primary's prepare vote */
    const uint8_t *header; /* ITC_HEADER_SIZE */
    /* Views above the one that its height started in: q votes for this view (view_vote.h), which settle what
     * may be proposed. Empty otherwise. */
    const uint8_t *new_view;
    size_t new_view_len;
    const uint8_t *body;
    size_t body_len;
};

struct itc_view_change {
    struct itc_slot slot; /* view: the one voted for */
    struct itc_view_vote vote;
    const uint8_t *header; /* of what is prepared, ITC_HEADER_SIZE bytes; NULL if nothing is */
    const uint8_t *body;
    size_t body_len;
};

struct itc_vote {
    uint8_t type; /* enum itc_vote_type (node/store.h) */
    struct itc_slot slot;
    uint8_t voter;
    struct itc_hash header_id;
    struct itc_sig sig;
};

struct itc_complaint {
    struct itc_slot slot; /* view: whose primary it is about; index: the height that was open */
    uint8_t voter;
    struct itc_sig sig;
};

struct itc_milestone {
    const uint8_t *header; /* ITC_HEADER_SIZE */
    const uint8_t *cert;
    size_t cert_len;
    const uint8_t *body;
    size_t body_len;
};

struct itc_leaves {
    uint64_t index;
    uint32_t first;
    uint32_t count;
    const uint8_t *leaves; /* 65 x count: site id | tx id | verdict */
};
#define ITC_LEAF 65

struct itc_get_cone {
    uint64_t index;
    uint32_t first;
    uint32_t count; /* 1 .. ITC_IDS_MAX */
};

struct itc_ids {
    uint32_t count; /* 1 .. ITC_IDS_MAX */
    const uint8_t *ids;
};

/* A decoded message borrows the bytes. */
struct itc_message {
    enum itc_message_type type;
    union {
        struct itc_hello hello;
        struct itc_status status;
        struct itc_proposal proposal;
        struct itc_vote vote;
        struct {
            const uint8_t *bytes;
            size_t len;
        } site;
        struct itc_ids get_sites;
        struct itc_milestone milestone;
        uint64_t get_milestone;
        struct itc_leaves leaves;
        struct itc_get_cone get_cone;
        struct itc_view_change view_change;
        struct itc_complaint complaint;
        struct itc_evidence evidence;
        struct itc_recall recall;
        struct itc_recalled recalled;
    } u;
};

/* `payload`: without the frame's head.  ITC_E_VERSION: type or protocol version unknown. */
ITC_MUST enum itc_err itc_message_decode(
    struct itc_message *out, uint8_t type, const uint8_t *payload, size_t len);
/* Writes the whole frame, head included.  ITC_E_TOO_LARGE: does not fit `cap`. */
ITC_MUST enum itc_err itc_message_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_message *m);
/* Payload size that a frame's head announces, for a reader of streams.
 *   ITC_E_TOO_LARGE  above ITC_MESSAGE_MAX.  ITC_E_FORM  zero */
ITC_MUST enum itc_err itc_frame_size(
    const uint8_t head[ITC_FRAME_HEAD], size_t *payload_len, uint8_t *type);

#endif
