#include "tools/sim/net_internal.h"

#include <stdlib.h>
#include <string.h>

/* --- lives ------------------------------------------------------------------------------------ */

/* A node's block: zeroed, 64-byte aligned, and touched only where it is used. */
static void *take_block(struct itc_net_member *m, size_t size)
{
    m->block = itc_net_take(size + 63);
    return (void *)(((uintptr_t)m->block + 63) & ~(uintptr_t)63);
}

uint32_t itc_net_identity(const struct itc_net *net, uint32_t i)
{
    const struct itc_net_config *c = &net->config;
    if (i < c->validators + c->full_nodes)
        return i < c->validators + c->candidates ? i : ITC_NET_NODES_MAX;
    uint32_t set = c->twins;
    for (uint32_t k = c->validators + c->full_nodes; k < i; k++)
        set &= set - 1;
    return (uint32_t)__builtin_ctz(set);
}

static void start(struct itc_net *net, uint32_t i)
{
    struct itc_net_member *m = &net->members[i];
    struct itc_actions *actions;
    uint32_t identity = itc_net_identity(net, i);
    m->life++;
    const struct itc_node_config config = {.genesis = net->chain.genesis,
        .genesis_len = net->chain.genesis_len,
        .limits = net->config.limits,
        .secret = identity < ITC_NET_NODES_MAX ? &net->chain.validators[identity] : NULL,
        .first_use = m->life == 1,
        .store = itc_mem_store_reader(&m->disk.live),
        .seed = itc_rng_next(&net->rng),
        .software = "itc-net"};
    size_t size = itc_node_size(&config);
    ITC_ASSERT(size > 0);
    enum itc_err e =
        itc_node_start(&m->node, take_block(m, size), &config, itc_net_clock(net, i), &actions);
    ITC_ASSERT(e == ITC_OK);
    m->halt = NULL;
    m->continues = false;
    m->busy_until_ms = 0;
    if (net->watch && net->watch->power)
        net->watch->power(net->watch->ctx, net, i, true);
    itc_net_carry_out(net, i, actions);
}

/* Frees what power kept alive. */
static void forget(struct itc_net_member *m)
{
    while (m->held) {
        struct itc_net_held *next = m->held->next;
        free(m->held);
        m->held = next;
    }
    m->held_end = &m->held;
    itc_net_forget_inbox(m);
    free(m->block);
    m->block = NULL;
    m->node = NULL;
}

void itc_net_kill(struct itc_net *net, uint32_t i)
{
    ITC_ASSERT(i < net->nodes && net->members[i].node);
    for (uint32_t j = 0; j < net->nodes; j++)
        itc_net_hang_up(net, i, j);
    struct itc_net_member *m = &net->members[i];
    forget(m);
    memset(m->ends, 0, sizeof m->ends);
    m->machine.crash_after = 0;
    if (m->machine.keeps_unsynced) {
        uint64_t unsynced = m->disk.written_batch - m->disk.durable_batch;
        itc_disk_sync(
            &m->disk, m->disk.durable_batch + itc_rng_below(&net->rng, (uint32_t)unsynced + 1));
    }
    itc_disk_crash(&m->disk);
    if (net->watch && net->watch->power)
        net->watch->power(net->watch->ctx, net, i, false);
}

static struct itc_disk *disk_of_dead(struct itc_net *net, uint32_t i)
{
    ITC_ASSERT(i < net->nodes && !net->members[i].node);
    return &net->members[i].disk;
}

void itc_net_replace_disk(struct itc_net *net, uint32_t i)
{
    itc_disk_replace(disk_of_dead(net, i));
}

void itc_net_keep_image(struct itc_net *net, uint32_t i)
{
    ITC_ASSERT(i < net->nodes);
    itc_disk_keep_image(&net->members[i].disk);
}

bool itc_net_put_back(struct itc_net *net, uint32_t i)
{
    return itc_disk_put_back(disk_of_dead(net, i));
}

bool itc_net_rot(struct itc_net *net, uint32_t i, uint32_t chance)
{
    return itc_disk_rot(disk_of_dead(net, i), chance);
}

void itc_net_restart(struct itc_net *net, uint32_t i)
{
    ITC_ASSERT(i < net->nodes && !net->members[i].node);
    start(net, i);
    for (uint32_t j = 0; j < net->nodes; j++)
        if (j != i)
            itc_net_dial(net, i, j);
}

struct itc_net_machine *itc_net_machine(struct itc_net *net, uint32_t i)
{
    ITC_ASSERT(i < net->nodes);
    return &net->members[i].machine;
}

/* --- the net ---------------------------------------------------------------------------------- */

void itc_net_config_default(
    struct itc_net_config *out, uint64_t seed, uint32_t validators, uint32_t full_nodes)
{
    *out = (struct itc_net_config){.seed = seed,
        .validators = validators,
        .full_nodes = full_nodes,
        .latency_ms = 5,
        .sync_ms = 2};
    itc_private_params(&out->params);
    out->params.time_ms = ITC_NET_EPOCH_MS;
    itc_limits_small(&out->limits);
}

struct itc_net *itc_net_create(const struct itc_net_config *config)
{
    struct itc_net *net = itc_net_take(sizeof *net);
    net->config = *config;
    net->nodes =
        config->validators + config->full_nodes + (uint32_t)__builtin_popcount(config->twins);
    ITC_ASSERT(net->nodes <= ITC_NET_NODES_MAX && net->nodes <= config->limits.peers);
    itc_private_chain_init(&net->chain, config->seed, config->validators, &config->params);
    itc_rng_init(&net->rng, config->seed);
    itc_timeline_init(&net->timeline);
    for (uint32_t i = 0; i < net->nodes; i++)
        for (uint32_t j = 0; j < net->nodes; j++)
            net->weather[i][j] = (struct itc_net_weather){.latency_ms = config->latency_ms,
                .jitter_ms = config->jitter_ms,
                .loss_permille = config->loss_permille};
    for (uint32_t i = 0; i < net->nodes; i++) {
        net->members[i].held_end = &net->members[i].held;
        net->members[i].inbox_end = &net->members[i].inbox;
        net->members[i].machine.sync_ms = config->sync_ms;
        itc_disk_init(&net->members[i].disk);
        start(net, i);
    }
    for (uint32_t i = 0; i < net->nodes; i++)
        for (uint32_t j = 0; j < i; j++)
            itc_net_dial(net, i, j);
    return net;
}

void itc_net_observe(struct itc_net *net, const struct itc_net_watch *watch)
{
    net->watch = watch;
}

void itc_net_betray(struct itc_net *net, const struct itc_net_traitors *traitors)
{
    net->traitors = traitors;
}

void itc_net_free(struct itc_net *net)
{
    for (uint32_t i = 0; i < net->nodes; i++) {
        forget(&net->members[i]);
        itc_disk_free(&net->members[i].disk);
    }
    itc_timeline_free(&net->timeline, free);
    for (size_t i = 0; i < net->replies_count; i++)
        free(net->replies[i].bytes);
    free(net->replies);
    free(net);
}

/* --- time ------------------------------------------------------------------------------------- */

/* The node that wants to be woken first, and when; ITC_NET_NODES_MAX: none. */
static uint32_t next_to_wake(const struct itc_net *net, uint64_t *at_ms)
{
    uint32_t first = ITC_NET_NODES_MAX;
    *at_ms = UINT64_MAX;
    for (uint32_t i = 0; i < net->nodes; i++) {
        const struct itc_net_member *m = &net->members[i];
        if (!m->node || m->wake_ms == UINT64_MAX)
            continue;
        uint64_t due_ms = m->wake_ms > m->busy_until_ms ? m->wake_ms : m->busy_until_ms;
        if (due_ms < *at_ms) {
            *at_ms = due_ms;
            first = i;
        }
    }
    return first;
}

static void advance(struct itc_net *net, uint64_t to_ms)
{
    if (to_ms <= net->now_ms)
        return;
    net->now_ms = to_ms;
    net->events_at_once = 0;
}

/* Lets one thing happen, if one is due by `until_ms`. */
static bool run_one(struct itc_net *net, uint64_t until_ms)
{
    uint64_t wake_ms;
    uint32_t sleeper = next_to_wake(net, &wake_ms);
    const struct itc_due *due = itc_timeline_peek(&net->timeline);
    if (due && due->at_ms <= until_ms && due->at_ms <= wake_ms) {
        advance(net, due->at_ms);
        itc_net_happen(net, itc_timeline_pop(&net->timeline));
        return true;
    }
    if (sleeper == ITC_NET_NODES_MAX || wake_ms > until_ms)
        return false;
    advance(net, wake_ms);
    itc_net_step(net, sleeper, (struct itc_event){.type = ITC_EVENT_TICK});
    return true;
}

void itc_net_run(struct itc_net *net, uint64_t until_ms)
{
    while (run_one(net, until_ms))
        ;
    advance(net, until_ms);
}

bool itc_net_run_until(struct itc_net *net, itc_net_when_fn *when, void *ctx, uint64_t until_ms)
{
    while (!when(net, ctx))
        if (!run_one(net, until_ms)) {
            advance(net, until_ms);
            return when(net, ctx);
        }
    return true;
}

/* --- clients ---------------------------------------------------------------------------------- */

static uint64_t new_token(struct itc_net *net)
{
    size_t size = (net->replies_count + 1) * sizeof *net->replies;
    net->replies = realloc(net->replies, size);
    ITC_ASSERT(net->replies);
    net->replies[net->replies_count] = (struct itc_net_reply){.bytes = NULL};
    return ++net->replies_count;
}

uint64_t itc_net_request(struct itc_net *net, uint32_t i, const struct itc_request *request)
{
    ITC_ASSERT(i < net->nodes && net->members[i].node);
    uint8_t bytes[ITC_REQUEST_MAX];
    struct itc_event event = {.type = ITC_EVENT_REQUEST};
    enum itc_err e = itc_request_encode(bytes, sizeof bytes, &event.u.request.len, request);
    ITC_ASSERT(e == ITC_OK);
    event.u.request.bytes = bytes;
    event.u.request.token = new_token(net);
    itc_net_step(net, i, event);
    return event.u.request.token;
}

uint64_t itc_net_submit(struct itc_net *net, uint32_t i, const uint8_t *tx, size_t len)
{
    struct itc_request request = {.op = ITC_OP_SUBMIT};
    request.u.submit.bytes = tx;
    request.u.submit.len = len;
    return itc_net_request(net, i, &request);
}

const uint8_t *itc_net_reply(const struct itc_net *net, uint64_t token, size_t *len)
{
    ITC_ASSERT(token >= 1 && token <= net->replies_count);
    const struct itc_net_reply *r = &net->replies[token - 1];
    if (r->bytes)
        *len = r->len;
    return r->bytes;
}

/* --- looking in ------------------------------------------------------------------------------- */

uint64_t itc_net_now(const struct itc_net *net)
{
    return net->now_ms;
}

uint32_t itc_net_count(const struct itc_net *net)
{
    return net->nodes;
}

uint32_t itc_net_validators(const struct itc_net *net)
{
    return net->config.validators;
}

const struct itc_node *itc_net_node(const struct itc_net *net, uint32_t i)
{
    ITC_ASSERT(i < net->nodes);
    return net->members[i].node;
}

const char *itc_net_halted(const struct itc_net *net, uint32_t i)
{
    ITC_ASSERT(i < net->nodes);
    return net->members[i].halt;
}

uint32_t itc_net_drops(const struct itc_net *net)
{
    return net->drops;
}

const struct itc_disk *itc_net_disk(const struct itc_net *net, uint32_t i)
{
    ITC_ASSERT(i < net->nodes);
    return &net->members[i].disk;
}

struct itc_store itc_net_store(struct itc_net *net, uint32_t i, bool durable)
{
    ITC_ASSERT(i < net->nodes);
    struct itc_disk *d = &net->members[i].disk;
    return itc_mem_store_reader(durable ? &d->durable : &d->live);
}

const struct itc_private_chain *itc_net_chain(const struct itc_net *net)
{
    return &net->chain;
}

uint64_t itc_net_digest(const struct itc_net *net)
{
    return net->digest;
}
