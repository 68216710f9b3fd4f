/* bench.h - one node on a table, in a test: strangers and honest peers at its links, every signature checked at once,
 * its store in memory. For tests that look inside one node; whole networks are tools/sim/net.h. */
#ifndef ITC_TESTS_SIM_BENCH_H
#define ITC_TESTS_SIM_BENCH_H

#include "node/core.h"
#include "tools/sim/mem_store.h"
#include "tools/sim/private_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BENCH_NOW_MS 1700000000000u
#define BENCH_PEERS 4
#define BENCH_VALIDATORS 4
#define BENCH_HELD 64

struct bench {
    struct itc_private_chain chain;
    struct itc_mem_store store;
    struct itc_limits limits;
    struct itc_node *node;
    void *memory;
    uint64_t now_ms;
    bool hold;      /* signature checks wait for bench_verify */
    bool own_signs; /* certificates may bear the signature of the node itself */
    bool used_key;  /* a new store may have forgotten votes */
    bool
        asks; /* a start over a used store asks the committee what it knows of its votes, as in life; else it is as if
                  enough of them had told nothing new */
    struct itc_verify held[BENCH_HELD];
    uint32_t held_count;

    uint32_t sent[BENCH_PEERS][ITC_MESSAGE_RECALLED + 1]; /* frames, by type */
    uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX]; /* the last PROPOSAL, VOTE or VIEW_CHANGE */
    size_t frame_len;
    uint64_t frame_after;
    struct itc_recalled recalled; /* the last one it told */
    uint64_t recalled_after;
    uint64_t batch;   /* of the last step that wrote */
    bool works;       /* proofs of work are found at once; else never */
    uint32_t dropped; /* peers it let go of */
    uint8_t reply[ITC_REPLY_MAX];
    size_t reply_len;
};

/* The private chain's parameters with depth 4, and small limits; the caller may change them before bench_start. */
void bench_init(struct bench *b, struct itc_params *params);
/* Starts a node: validator `validator`, or none (ITC_NO_VALIDATOR). No peers. Needs itc_private_chain_init before. */
enum itc_err bench_start(struct bench *b, uint32_t validator);
/* Power fails; what was written stays. */
void bench_stop(struct bench *b);
void bench_free(struct bench *b);
/* On the heap, with a chain of BENCH_VALIDATORS in epochs of that many milestones (0: the default); not started. */
struct bench *bench_new(uint32_t epoch_length);
/* For cmocka: *state is a bench. */
int bench_teardown(void **state);

void bench_step(struct bench *b, struct itc_event *e);
void bench_tick(struct bench *b, uint64_t ms);
void bench_peer_up(struct bench *b, uint32_t peer, uint8_t validator);
void bench_send(struct bench *b, uint32_t peer, uint8_t type, const uint8_t *payload, size_t len);
void bench_message(struct bench *b, uint32_t peer, const struct itc_message *m);
void bench_status(struct bench *b, uint32_t peer, uint64_t head);
/* Checks what was held. */
void bench_verify(struct bench *b);
/* The last PROPOSAL, VOTE or VIEW_CHANGE that it sent: there is one. */
void bench_last(const struct bench *b, struct itc_message *out);
/* A client asks, and is answered at once: what the reply says. */
enum itc_err bench_request(struct bench *b, const struct itc_request *r);
/* Submits a tx as a client does; what the reply says. */
enum itc_err bench_submit(struct bench *b, const uint8_t *tx, size_t len);

/* A site around a transfer of wallet `from`, or around a data tx that makes it `size` bytes (0: a transfer), with good
 * work as far as the node knows its anchor. */
struct made {
    uint8_t bytes[ITC_SITE_MAX];
    size_t len;
    struct itc_hash id;
    struct itc_hash tx_id;
};
void bench_make(struct bench *b, struct made *m, uint32_t from, uint64_t seq, uint64_t anchor,
    const struct itc_hash *parent, size_t size);
void bench_send_site(struct bench *b, uint32_t peer, const struct made *m);
/* Whether it is open here. */
bool bench_has(const struct bench *b, const struct itc_hash *id);

/* The header after the node's head for a cone of `count` sites with these leaves; its state is the head's. */
void bench_header(const struct bench *b, struct itc_header *h, const uint8_t *leaves,
    uint32_t count, const uint8_t *body, size_t body_len);
/* Sends it as a certified milestone, with a certificate that is forged unless `good`. */
void bench_milestone(struct bench *b, uint32_t peer, const struct itc_header *h, bool good,
    const uint8_t *body, size_t body_len);
/* Makes an empty milestone final. */
void bench_empty_milestone(struct bench *b, uint32_t peer);
/* A vote's signature on `h` in `view`; tag: ITC_TAG_PREPARE or ITC_TAG_COMMIT. */
void bench_sign(const struct bench *b, const struct itc_header *h, uint32_t view, int tag,
    uint32_t voter, struct itc_sig *out);
/* Sends the vote of `voter` for `h` in `view`. */
void bench_vote(struct bench *b, uint32_t peer, enum itc_vote_type type, const struct itc_header *h,
    uint32_t view, uint32_t voter);
/* An empty milestone of the open height, made in `view`. */
struct proposed {
    struct itc_header header;
    struct itc_hash id;
    uint8_t body[ITC_BODY_MAX];
    size_t len;
};
void bench_make_proposal(const struct bench *b, struct proposed *p, uint32_t view);
/* Sends the primary's proposal of `h`, in the header's own view, or in `view`, justified by `new_view`. */
void bench_proposal(struct bench *b, uint32_t peer, const struct itc_header *h, const uint8_t *body,
    size_t body_len);
void bench_proposal_in(struct bench *b, uint32_t peer, const struct itc_header *h, uint32_t view,
    const uint8_t *new_view, size_t new_view_len, const uint8_t *body, size_t body_len);

#endif
