/* pool.h - transactions this node has acknowledged and not yet seen final. Pure.
 *
 *     CHECKING (signature) --> QUEUED --> READY --> WORKING (proof of work) --> OPEN (in an open site, or in one that
 *                                ^___________________________________________/     waits for its turn)
 *                                            dropped, or a verdict that may change
 *
 * What is QUEUED or beyond is stored; it survives a crash and is attached again until its verdict is final or
 * valid_until has passed; issue.h says how long without one. Queued entries form a list, looked through in turn for those that may be attached; these are
 * READY, and wait in the flows of their issuers (fair.h) for the next proof of work. Of an account's sequence number the
 * pool holds one tx. */
#ifndef ITC_NODE_POOL_H
#define ITC_NODE_POOL_H

#include "node/fair.h"
#include "spv/tx.h"
#include "tangle/index.h"
#include "tangle/slab.h"

enum itc_pool_state {
    ITC_POOL_FREE = 0,
    ITC_POOL_CHECKING,
    ITC_POOL_QUEUED,
    ITC_POOL_READY,
    ITC_POOL_WORKING,
    ITC_POOL_OPEN
};

struct itc_pool_tx {
    struct itc_hash id;
    struct itc_key issuer; /* issuer and seq stand together: the key of the second index */
    uint64_t seq;
    struct itc_hash site; /* OPEN: made here last; zeros: none */
    uint64_t job;         /* CHECKING: of the signature */
    uint64_t token;       /* CHECKING: the request to answer */
    uint64_t valid_until; /* of the tx */
    uint64_t accepted;    /* milestone at the head when it came */
    uint64_t not_before;  /* QUEUED: milestone before which it is not attached again */
    uint32_t body;        /* slab handle: the tx */
    uint32_t next;        /* QUEUED: list */
    uint32_t tries;       /* sites of it that others saw and that ended without a final verdict */
    enum itc_pool_state state;
    bool held; /* OPEN: nobody else has seen `site`: it waits for its turn, or was pushed out */
    bool
        done; /* its verdict came while it was QUEUED, READY or WORKING; to be removed when it is taken */
};

struct itc_pool {
    struct itc_pool_tx *txs;
    struct itc_index ids;
    struct itc_index spends; /* by issuer and seq */
    struct itc_slab bodies;
    struct itc_fair fair; /* READY */
    uint32_t capacity, fresh, free_list, count;
    uint32_t queue_first, queue_last;
    uint32_t queued;
};

size_t itc_pool_size(uint32_t txs, size_t bytes);
void itc_pool_init(
    struct itc_pool *p, struct itc_mem *mem, uint32_t txs, size_t bytes, uint64_t seed);
/* In state CHECKING. `bytes` are the tx's.  ITC_E_DUPLICATE: held already.  ITC_E_SEQUENCE: another tx of its issuer
 * and seq is held.  ITC_E_FULL: a bound is reached. */
ITC_MUST enum itc_err itc_pool_add(struct itc_pool *p, uint32_t *out, const struct itc_hash *id,
    const struct itc_tx *tx, const uint8_t *bytes, size_t len);
/* The tx of issuer and seq, or ITC_NONE. */
uint32_t itc_pool_spender(const struct itc_pool *p, const struct itc_key *issuer, uint64_t seq);
uint32_t itc_pool_find(const struct itc_pool *p, const struct itc_hash *id);
/* To the end of the queue; the entry is in none. */
void itc_pool_queue(struct itc_pool *p, uint32_t entry, uint64_t not_before);
/* The first queued entry, which there is, out of the queue: the caller moves it. */
uint32_t itc_pool_dequeue(struct itc_pool *p);
/* Into its issuer's flow; the entry is in no queue. False: it is too full; nothing is changed. */
ITC_MUST bool itc_pool_ready(struct itc_pool *p, uint32_t entry, uint64_t weight);
/* The ready entry whose turn it is, or ITC_NONE. */
uint32_t itc_pool_next(const struct itc_pool *p);
/* Takes it out of its flow: `works` tells whether it was served, or is to go on otherwise. */
void itc_pool_take(struct itc_pool *p, uint32_t entry, bool works);
/* Forgets an entry in any state but QUEUED or READY. */
void itc_pool_remove(struct itc_pool *p, uint32_t entry);

#endif
