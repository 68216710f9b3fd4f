/* loop_impl.h - what loop.c (opening, running, closing) and loop_act.c (carrying out a step's actions) share.
 * Shell; core thread, unless a field says otherwise. */
#ifndef ITC_SHELL_LOOP_IMPL_H
#define ITC_SHELL_LOOP_IMPL_H

#include "node/shell/checker.h"
#include "node/shell/link.h"
#include "node/shell/loop.h"
#include "node/shell/parked.h"
#include "node/shell/queue.h"
#include "node/shell/requests.h"
#include "node/shell/rocks.h"
#include "node/shell/verifier.h"
#include "node/shell/worker.h"

#include <pthread.h>
#include <stdatomic.h>

#define ITC_LOOP_RUN_MAX 16 /* events between two looks at what is more urgent */
/* Checks under way from which on gossip waits in TCP: the node would drop it. Those that are done, and not yet taken
 * note of, count too; the pool has work for the time that takes. */
#define ITC_LOOP_VERIFIES_BUSY 512
#define ITC_LOOP_VERIFIES_MAX                                                                      \
    8192 /* checks under way of each kind; beyond, the core thread checks itself */
/* Validators whose messages wait, from which on the pool checks votes. With fewer, handing a check over costs more
 * than it spares: two changes of thread, and checks of votes that the first ones make needless. */
#define ITC_LOOP_CROWD 4

/* What waits in the queue: a source, a token, or a job with its result. */
struct itc_loop_item {
    uint64_t id;
    uint64_t result;
};

struct itc_loop {
    struct itc_loop_config config;
    struct itc_node *node;
    void *node_mem;
    size_t node_size;
    struct itc_rocks *rocks;
    struct itc_links *links;
    struct itc_verifier *verifier;
    struct itc_checker *checker; /* the core thread's own */
    struct itc_worker *worker;
    struct itc_requests *requests; /* any thread */
    struct itc_queue *queue;       /* any thread; lanes: enum itc_loop_queue */
    struct itc_parked *parked;
    atomic_bool stop;   /* any thread */
    atomic_bool synced; /* by the store: something became durable */

    uint64_t durable;              /* newest durable batch, as seen by the core thread */
    uint64_t wake_us;              /* monotonic: when the node wants a tick */
    bool more;                     /* it wants to go on */
    uint32_t since_more;           /* events since it last went on */
    const char *halt;              /* it cannot */
    uint32_t verifying[2];         /* checks under way: others, votes */
    bool busy;                     /* so many that bulk messages are held */
    struct itc_loop_item *checked; /* the core thread's own checks, not yet told to the node */
    size_t checked_count, checked_cap;

    uint64_t view_us; /* when the view was last refreshed */
    pthread_mutex_t view_lock;
    struct itc_loop_view view; /* shared, under view_lock */
    struct itc_loop_view now;  /* the core thread's own counters */
};

/* Carries out what a step asked for. */
void itc_loop_act(struct itc_loop *l, const struct itc_actions *a);
/* Sends and replies whose batch has become durable. */
void itc_loop_release(struct itc_loop *l);
/* Publishes the view. */
void itc_loop_refresh(struct itc_loop *l);

#endif
