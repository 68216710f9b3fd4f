/* Opening the loop: store, node, threads, links, in this order; and closing it in the reverse order. */
#include "node/shell/loop_impl.h"

#include "node/shell/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define REQUESTS_BESIDE 256 /* places for requests beside those that wait for an event */
#define PARKED_BYTES ((size_t)8 << 20)
#define CHECKED_FIRST 256             /* places; they double where a storm of votes needs more */
#define CACHE_BYTES ((size_t)8 << 20) /* nothing is read in the way of a site */

/* ---- what the pools, the links and the store call, on their threads ---- */

static void on_synced(void *ctx)
{
    struct itc_loop *l = ctx;
    atomic_store(&l->synced, true);
    itc_queue_poke(l->queue);
}

static void on_link(void *ctx, enum itc_channel channel, uint32_t source)
{
    struct itc_loop *l = ctx;
    struct itc_loop_item item = {.id = source};
    uint32_t lane = channel == ITC_CHANNEL_CONSENSUS ? ITC_LOOP_CONSENSUS : ITC_LOOP_BULK;
    uint32_t put = itc_queue_push(l->queue, lane, &item, 1);
    ITC_ASSERT(put == 1); /* a place for each source */
}

static void on_verified(void *ctx, bool votes, const struct itc_verified *results, uint32_t count)
{
    struct itc_loop *l = ctx;
    struct itc_loop_item items[ITC_VERIFIER_REPORT];
    for (uint32_t i = 0; i < count; i++)
        items[i] = (struct itc_loop_item){.id = results[i].job, .result = results[i].good};
    uint32_t put =
        itc_queue_push(l->queue, votes ? ITC_LOOP_VOTES : ITC_LOOP_VERIFIED, items, count);
    ITC_ASSERT(put == count); /* a place for each check under way */
}

static void on_worked(void *ctx, uint64_t job, uint64_t nonce)
{
    struct itc_loop *l = ctx;
    struct itc_loop_item item = {.id = job, .result = nonce};
    uint32_t put = itc_queue_push(l->queue, ITC_LOOP_WORKED, &item, 1);
    ITC_ASSERT(put == 1); /* a place for each search under way */
}

/* ---- names ---- */

const char *itc_loop_queue_name(enum itc_loop_queue q)
{
    static const char *const names[ITC_LOOP_QUEUES] = {
        "votes", "consensus", "requests", "bulk", "verified", "worked"};
    return q < ITC_LOOP_QUEUES ? names[q] : "unknown";
}

const char *itc_link_count_name(enum itc_link_count c)
{
    static const char *const names[ITC_LINK_COUNTS] = {"wrong_chain", "wrong_version", "bad_hello",
        "self", "duplicate", "slow_hello", "too_many", "banned", "bad_frame", "send_overflow",
        "bulk_discarded", "dial_failed"};
    return c < ITC_LINK_COUNTS ? names[c] : "unknown";
}

/* ---- opening ---- */

static int say(char *why, size_t why_cap, const char *text)
{
    snprintf(why, why_cap, "%s", text);
    return -1;
}

static uint64_t random_u64(void)
{
    uint64_t x = 0;
    while (x == 0)
        if (getrandom(&x, sizeof x, 0) != (ssize_t)sizeof x)
            x = 0;
    return x;
}

static struct itc_links_config links_config(struct itc_loop *l)
{
    const struct itc_loop_config *c = &l->config;
    uint32_t links_max = c->node.limits.peers;
    uint32_t left = links_max - (uint32_t)c->peers_count;
    left -= left > 0; /* see inbound_max */
    bool bounded = c->inbound_max > 0 && c->inbound_max < left;
    return (struct itc_links_config){.listen = c->peer_listen,
        .peers = c->peers,
        .peers_count = c->peers_count,
        .links_max = links_max,
        .inbound_max = bounded ? c->inbound_max : left,
        .notify = on_link,
        .ctx = l};
}

static int open_queue(struct itc_loop *l, char *why, size_t why_cap)
{
    struct itc_links_config links = links_config(l);
    uint32_t sources = itc_links_sources(&links);
    uint32_t requests = l->config.node.limits.waits + REQUESTS_BESIDE;
    const struct itc_queue_lane lane[ITC_LOOP_QUEUES] = {
        [ITC_LOOP_VOTES] = {.cap = ITC_LOOP_VERIFIES_MAX, .run = ITC_LOOP_RUN_MAX},
        [ITC_LOOP_CONSENSUS] = {.cap = sources, .run = 1}, /* a source brings several messages */
        [ITC_LOOP_REQUESTS] = {.cap = requests, .run = 4},
        [ITC_LOOP_BULK] = {.cap = sources, .run = 1},
        [ITC_LOOP_VERIFIED] = {.cap = ITC_LOOP_VERIFIES_MAX, .run = ITC_LOOP_RUN_MAX},
        [ITC_LOOP_WORKED] = {.cap = l->config.node.limits.works, .run = ITC_LOOP_RUN_MAX},
    };
    l->queue = itc_queue_open(sizeof(struct itc_loop_item), lane, ITC_LOOP_QUEUES);
    l->requests = itc_requests_open(requests);
    l->parked = itc_parked_open(PARKED_BYTES);
    if (l->queue == NULL || l->requests == NULL || l->parked == NULL)
        return say(why, why_cap, "out of memory");
    return 0;
}

static int open_store(struct itc_loop *l, char *why, size_t why_cap)
{
    struct itc_rocks_config c = {
        .data_dir = l->config.data_dir, .cache_bytes = CACHE_BYTES, .synced = on_synced, .ctx = l};
    if (itc_rocks_open(&l->rocks, &c, why, why_cap) != 0)
        return -1;
    l->config.node.store = itc_rocks_store(l->rocks);
    return 0;
}

static int open_pools(struct itc_loop *l, char *why, size_t why_cap)
{
    struct itc_verifier_config verifier = {.threads = l->config.verify_threads,
        .queued = ITC_LOOP_VERIFIES_MAX,
        .done = on_verified,
        .ctx = l};
    struct itc_worker_config worker = {.threads = l->config.work_threads,
        .jobs_max = l->config.node.limits.works,
        .done = on_worked,
        .ctx = l};
    l->checked_cap = CHECKED_FIRST;
    l->checked = malloc(l->checked_cap * sizeof *l->checked);
    l->checker = itc_checker_open();
    l->verifier = itc_verifier_open(&verifier);
    l->worker = itc_worker_open(&worker);
    if (l->checked == NULL || l->checker == NULL || l->verifier == NULL || l->worker == NULL)
        return say(why, why_cap, "cannot start the threads");
    return 0;
}

/* Memory comes from the system page by page, as the node touches it. */
static int start_node(struct itc_loop *l, struct itc_actions **first, char *why, size_t why_cap)
{
    l->node_size = itc_node_size(&l->config.node);
    if (l->node_size == 0)
        return say(why, why_cap, "the genesis document is not valid");
    l->node_mem = mmap(NULL, l->node_size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (l->node_mem == MAP_FAILED) {
        l->node_mem = NULL;
        return say(why, why_cap, "out of memory");
    }
    enum itc_err err =
        itc_node_start(&l->node, l->node_mem, &l->config.node, itc_clock_unix_ms(), first);
    if (err != ITC_OK) {
        snprintf(why, why_cap,
            "the data in %s cannot be used: %s. If it is damaged, move %s/store away and start "
            "again: "
            "the node fetches the chain from its peers; a validator then observes for a while",
            l->config.data_dir, itc_err_text(err), l->config.data_dir);
        return -1;
    }
    return 0;
}

static int open_links(struct itc_loop *l, char *why, size_t why_cap)
{
    struct itc_links_config c = links_config(l);
    struct itc_info info;
    itc_node_info(l->node, &info);
    c.chain = *itc_node_chain(l->node);
    c.node_id = random_u64();
    c.validator = itc_node_validator(l->node);
    c.head = info.index;
    return itc_links_open(&l->links, &c, why, why_cap);
}

static int open_all(struct itc_loop *l, char *why, size_t why_cap)
{
    struct itc_actions *first = NULL;
    if (l->config.peers_count > l->config.node.limits.peers)
        return say(why, why_cap, "more peers are configured than this node may have links");
    if (open_queue(l, why, why_cap) != 0 || open_store(l, why, why_cap) != 0 ||
        start_node(l, &first, why, why_cap) != 0 || open_pools(l, why, why_cap) != 0 ||
        open_links(l, why, why_cap) != 0)
        return -1;
    itc_loop_act(l, first);
    struct itc_rocks_stats store;
    itc_rocks_stats(l->rocks, &store);
    itc_rocks_wait(l->rocks, store.batch); /* a new store's first rows: whose votes it keeps */
    itc_loop_refresh(l);
    return 0;
}

int itc_loop_open(struct itc_loop **out, const struct itc_loop_config *c, char *why, size_t why_cap)
{
    struct itc_loop *l = calloc(1, sizeof *l);
    if (l == NULL)
        return say(why, why_cap, "out of memory");
    l->config = *c;
    if (l->config.node.seed == 0)
        l->config.node.seed = random_u64();
    l->now.start_ms = itc_clock_unix_ms();
    pthread_mutex_init(&l->view_lock, NULL);
    if (open_all(l, why, why_cap) != 0) {
        itc_loop_close(l);
        return -1;
    }
    *out = l;
    return 0;
}

void itc_loop_close(struct itc_loop *l)
{
    if (l == NULL)
        return;
    itc_links_close(l->links); /* first: none of the others calls it */
    itc_verifier_close(l->verifier);
    itc_checker_close(l->checker);
    itc_worker_close(l->worker);
    itc_rocks_close(l->rocks);
    itc_parked_close(l->parked);
    itc_requests_close(l->requests);
    itc_queue_close(l->queue);
    if (l->node_mem != NULL)
        munmap(l->node_mem, l->node_size);
    free(l->checked);
    pthread_mutex_destroy(&l->view_lock);
    free(l);
}

uint16_t itc_loop_port(const struct itc_loop *l)
{
    return itc_links_port(l->links);
}

uint32_t itc_loop_waits(const struct itc_loop *l)
{
    return l->config.node.limits.waits;
}
