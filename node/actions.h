/* actions.h - what a step of the node asks the world to do: data, not calls. Pure.
 *
 * One step fills one struct itc_actions; whoever drives the node carries it out, in this order: apply the
 * writes as one atomic batch (unsynced), then everything else; but a send or reply whose `after` is not 0
 * leaves only once batch `after` and all before it are durable. Everything lives in the step's arena and is
 * valid until the next step. */
#ifndef ITC_NODE_ACTIONS_H
#define ITC_NODE_ACTIONS_H

#include "node/message.h"
#include "node/store.h"
#include "pow/pow.h"
#include "tangle/mem.h"

enum itc_write_op {
    ITC_WRITE_PUT,
    ITC_WRITE_DELETE,
    ITC_WRITE_DELETE_RANGE /* from key up to, not including, `value` */
};
struct itc_write {
    enum itc_write_op op;
    enum itc_cf cf;
    const uint8_t *key;
    size_t key_len;
    const uint8_t *value;
    size_t value_len;
};

struct itc_send {
    uint32_t peer;
    enum itc_channel channel;
    const uint8_t *frame; /* whole, head included */
    size_t len;
    uint64_t after; /* batch that must be durable first; 0: none */
};

struct itc_reply {
    uint64_t token; /* of the event that asked */
    const uint8_t *bytes;
    size_t len;
    uint64_t after;
};

struct itc_verify { /* answered by ITC_EVENT_VERIFIED */
    uint64_t job;
    bool vote; /* served before all others */
    struct itc_key key;
    struct itc_hash message;
    struct itc_sig sig;
};

struct itc_work { /* answered by ITC_EVENT_WORKED */
    uint64_t job;
    struct itc_pow pow;
};

/* Why a peer is let go. */
struct itc_drop {
    uint32_t peer;
    enum itc_err reason;
};

/* A milestone that is final now holds this. */
struct itc_conviction {
    struct itc_evidence evidence;
    uint32_t epoch; /* from which on the offender is out */
};
#define ITC_CONVICTIONS_MAX                                                                        \
    (2 * ITC_BODY_EVIDENCE_MAX) /* a step makes two milestones final at most */

struct itc_actions {
    /* one atomic batch; writes_count 0: none */
    uint64_t batch; /* its number, ascending from 1 without gaps; 0: no writes */
    struct itc_write *writes;
    uint32_t writes_count;

    struct itc_send *sends;
    uint32_t sends_count;
    struct itc_reply *replies;
    uint32_t replies_count;
    struct itc_verify *verifies;
    uint32_t verifies_count;
    struct itc_work *works;
    uint32_t works_count;
    struct itc_drop *drops;
    uint32_t drops_count;

    struct itc_conviction convictions[ITC_CONVICTIONS_MAX]; /* for the log */
    uint32_t convictions_count;

    bool sync; /* something waits for this batch: make it durable now, not some day */
    bool more; /* there is work left: step again with ITC_EVENT_CONTINUE when nothing else is due */
    uint64_t wake_ms; /* step again with ITC_EVENT_TICK by this time; UINT64_MAX: never */
    const char *halt; /* not NULL: the node cannot go on, and why (static text); stop the process */

    /* private: the arena and the arrays' bounds */
    struct itc_mem arena;
    uint8_t *arena_base;
    size_t arena_bytes;
    uint32_t writes_max, sends_max, replies_max, verifies_max, works_max, drops_max;
    uint64_t last_batch;
};

/* Memory for an arena of `arena_bytes`; a fifth of it serves the arrays. */
size_t itc_actions_size(size_t arena_bytes);
void itc_actions_init(struct itc_actions *a, struct itc_mem *mem, size_t arena_bytes);
/* Empties it for a new step. */
void itc_actions_reset(struct itc_actions *a);

/* For the core. All copy what they are given into the arena, unless they say otherwise. */
void *itc_actions_alloc(struct itc_actions *a, size_t size);
/* Opens the step's batch if need be and returns its number. */
uint64_t itc_actions_batch(struct itc_actions *a);
void itc_actions_put(struct itc_actions *a, enum itc_cf cf, const struct itc_store_key *key,
    const void *value, size_t len);
void itc_actions_delete(struct itc_actions *a, enum itc_cf cf, const struct itc_store_key *key);
void itc_actions_delete_range(struct itc_actions *a, enum itc_cf cf,
    const struct itc_store_key *from, const struct itc_store_key *until);
/* Encodes once; the frame may then be sent to many. Returns NULL never: messages of the core are well-formed. */
const uint8_t *itc_actions_frame(struct itc_actions *a, const struct itc_message *m, size_t *len);
void itc_actions_send(struct itc_actions *a, uint32_t peer, enum itc_channel channel,
    const uint8_t *frame, size_t len, uint64_t after); /* borrows `frame`, from the arena */
void itc_actions_reply(
    struct itc_actions *a, uint64_t token, const uint8_t *bytes, size_t len, uint64_t after);
/* Room for one more of each; asserted by the calls above, asked before work that can wait is started. */
bool itc_actions_has_room(const struct itc_actions *a);
void itc_actions_verify(struct itc_actions *a, const struct itc_verify *v);
void itc_actions_work(struct itc_actions *a, const struct itc_work *w);
void itc_actions_drop(struct itc_actions *a, uint32_t peer, enum itc_err reason);
void itc_actions_convict(
    struct itc_actions *a, const struct itc_evidence *evidence, uint32_t epoch);

#endif
