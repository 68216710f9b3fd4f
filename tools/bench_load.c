#include "tools/bench_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spv/address.h"
#include "spv/header.h"

#define SEEN_AFTER 100u /* sites */
#define BACKLOG_BYTES 16384u
#define WAIT_MS 5
#define STALLED_S 60
#define OWN_OPTIONS_MAX 16

void bench_load_init(struct bench_load *l, uint64_t seed)
{
    size_t size = itc_index_size(BENCH_LOAD_SLOTS);
    memset(l, 0, sizeof *l);
    itc_rng_init(&l->rng, seed);
    bench_signers_make(l->signer, NULL, &l->rng, BENCH_ISSUERS);
    l->id = bench_alloc(BENCH_LOAD_SLOTS * sizeof *l->id);
    l->frame = bench_alloc(BENCH_LOAD_SLOTS * BENCH_FRAME_BYTES);
    l->frame_len = bench_alloc(BENCH_LOAD_SLOTS * sizeof *l->frame_len);
    l->made_s = bench_alloc(BENCH_LOAD_SLOTS * sizeof *l->made_s);
    l->is_final = bench_alloc(BENCH_LOAD_SLOTS * sizeof *l->is_final);
    l->index_block = bench_alloc(size);
    struct itc_mem mem = {.at = l->index_block, .left = itc_mem_rounded(size)};
    itc_index_init(&l->index, &mem, BENCH_LOAD_SLOTS, seed, l->id, sizeof *l->id, sizeof *l->id);
    l->open_max = BENCH_OPEN_MAX;
}

void bench_load_free(struct bench_load *l)
{
    free(l->txs);
    free(l->id);
    free(l->frame);
    free(l->frame_len);
    free(l->made_s);
    free(l->is_final);
    free(l->index_block);
}

const char *const *bench_load_options(struct bench_load *l, const char *const *own)
{
    size_t count = 0;
    for (; own[count] != NULL; count++) {
        ITC_ASSERT(count < OWN_OPTIONS_MAX);
        l->options[count] = own[count];
    }
    for (uint32_t i = 0; i < BENCH_ISSUERS; i++) {
        char address[ITC_ADDRESS_TEXT];
        itc_address_encode(address, ITC_NETWORK_PRIVATE, &l->signer[i].key);
        snprintf(l->allocation[i], sizeof l->allocation[i], "%s=1000", address);
        l->options[count++] = "--allocate";
        l->options[count++] = l->allocation[i];
    }
    l->options[count] = NULL;
    return l->options;
}

/* ---- sites ---- */

static uint64_t open_count(const struct bench_load *l)
{
    return l->made - l->final;
}

/* The oldest site that nobody seems to have approved, and one more that still passes for a tip. */
static uint8_t choose_parents(struct bench_load *l, struct itc_hash out[2])
{
    if (l->made == 0)
        return 0;
    uint64_t oldest = l->made > SEEN_AFTER ? l->made - SEEN_AFTER : 0;
    uint32_t older = oldest < SEEN_AFTER ? (uint32_t)oldest : SEEN_AFTER;
    out[0] = l->id[oldest % BENCH_LOAD_SLOTS];
    if (older == 0)
        return 1;
    out[1] = l->id[(oldest - 1 - itc_rng_below(&l->rng, older)) % BENCH_LOAD_SLOTS];
    return 2;
}

static void sign_tx(const struct bench_load *l, uint8_t out[ITC_TX_TRANSFER], uint64_t number)
{
    const struct itc_signer *from = &l->signer[number % BENCH_ISSUERS];
    const struct itc_signer *to = &l->signer[(number + 1) % BENCH_ISSUERS];
    struct itc_tx tx = {
        .kind = ITC_KIND_TRANSFER, .issuer = from->key, .seq = number / BENCH_ISSUERS};
    tx.u.transfer = (struct itc_transfer){.to = to->key, .amount = {1}};
    struct itc_hash id;
    size_t len = 0;
    bool good = itc_tx_encode(out, ITC_TX_TRANSFER, &len, &tx) == ITC_OK;
    itc_tx_id(&id, &l->anchor.chain, out, len);
    itc_signer_sign(from, &id, &tx.sig);
    good = good && itc_tx_encode(out, ITC_TX_TRANSFER, &len, &tx) == ITC_OK;
    ITC_ASSERT(good && len == ITC_TX_TRANSFER);
}

void bench_load_sign(struct bench_load *l, const struct itc_hash *chain, uint64_t count)
{
    l->anchor.chain = *chain;
    l->txs = bench_alloc(count * ITC_TX_TRANSFER);
    for (; l->txs_count < count; l->txs_count++)
        sign_tx(l, l->txs + l->txs_count * ITC_TX_TRANSFER, l->txs_count);
}

static void make_site(struct bench_load *l, double now_s)
{
    uint32_t slot = (uint32_t)(l->made % BENCH_LOAD_SLOTS);
    uint8_t signed_now[ITC_TX_TRANSFER];
    const uint8_t *tx = signed_now;
    struct itc_hash parents[2];
    if (l->made >= BENCH_LOAD_SLOTS) {
        if (!l->is_final[slot])
            bench_network_die(l->net, "a site was passed over by %u others", BENCH_LOAD_SLOTS);
        itc_index_remove(&l->index, slot);
    }
    if (l->made < l->txs_count)
        tx = l->txs + l->made * ITC_TX_TRANSFER;
    else
        sign_tx(l, signed_now, l->made);
    uint8_t count = choose_parents(l, parents);
    uint8_t *frame = l->frame + (size_t)slot * BENCH_FRAME_BYTES;
    l->frame_len[slot] = (uint32_t)bench_site_frame(
        frame, &l->id[slot], &l->anchor, parents, count, tx, ITC_TX_TRANSFER);
    itc_index_add(&l->index, slot);
    l->made_s[slot] = now_s;
    l->is_final[slot] = false;
    l->made++;
    bool said = bench_peer_say(&l->peer[0], frame, l->frame_len[slot]);
    ITC_ASSERT(said); /* the backlog is far smaller than its buffer */
}

static void make_sites(struct bench_load *l)
{
    double now_s = bench_now_s();
    uint64_t until = l->stop_at;
    if (l->rate > 0) {
        uint64_t due = l->paced + (uint64_t)(l->rate * (now_s - l->pace_s));
        until = due < until ? due : until;
    }
    while (l->made < until && open_count(l) < l->open_max &&
           bench_peer_backlog(&l->peer[0]) < BACKLOG_BYTES)
        make_site(l, now_s);
}

/* ---- what the nodes say ---- */

static void ask_leaves(struct bench_load *l, uint64_t until)
{
    while (l->milestone < until) {
        struct itc_message m = {
            .type = ITC_MESSAGE_GET_MILESTONE, .u.get_milestone = l->milestone + 1};
        uint8_t frame[32];
        size_t len = 0;
        enum itc_err e = itc_message_encode(frame, sizeof frame, &len, &m);
        ITC_ASSERT(e == ITC_OK);
        if (!bench_peer_say(&l->peer[l->peers - 1], frame, len))
            return; /* the next milestone asks for these too */
        l->milestone++;
    }
}

static void hear_milestone(struct bench_load *l, const struct itc_milestone *m)
{
    struct itc_header h;
    if (itc_header_decode(&h, m->header, ITC_HEADER_SIZE) != ITC_OK)
        bench_network_die(l->net, "a node sends what is no header");
    if (h.index > l->anchor.index) {
        l->anchor.index = h.index;
        itc_header_id(&l->anchor.header_id, &l->anchor.chain, m->header);
    }
    ask_leaves(l, h.index);
}

static void add_latency(struct bench_load *l, double ms)
{
    struct bench_samples *s = &l->latency_ms;
    l->latency_seen++;
    if (s->count < BENCH_SAMPLES_MAX) {
        bench_samples_add(s, ms);
        return;
    }
    uint64_t at = itc_rng_next(&l->rng) % l->latency_seen; /* each has the same chance to stay */
    if (at < s->count)
        s->values[at] = ms;
}

static void hear_leaves(struct bench_load *l, const struct itc_leaves *m)
{
    double now_s = bench_now_s();
    for (uint32_t i = 0; i < m->count; i++) {
        const uint8_t *leaf = m->leaves + (size_t)i * ITC_LEAF;
        struct itc_hash id;
        memcpy(id.b, leaf, sizeof id.b);
        uint32_t slot = itc_index_find(&l->index, &id);
        if (slot == ITC_NONE || l->is_final[slot])
            continue;
        l->is_final[slot] = true;
        l->final++;
        l->applied += leaf[64] == ITC_VERDICT_APPLIED;
        add_latency(l, (now_s - l->made_s[slot]) * 1e3);
        l->progress_s = now_s;
    }
}

/* Somebody missed these. */
static void hear_wish(struct bench_load *l, struct bench_peer *from, const struct itc_ids *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        struct itc_hash id;
        memcpy(id.b, m->ids + (size_t)i * sizeof id.b, sizeof id.b);
        uint32_t slot = itc_index_find(&l->index, &id);
        if (slot != ITC_NONE) /* without room it is asked for again */
            (void)bench_peer_say(
                from, l->frame + (size_t)slot * BENCH_FRAME_BYTES, l->frame_len[slot]);
    }
}

static void hear(void *ctx, struct bench_peer *from, const struct itc_message *m)
{
    struct bench_load *l = ctx;
    if (m->type == ITC_MESSAGE_GET_SITES)
        hear_wish(l, from, &m->u.get_sites);
    else if (from == &l->peer[l->peers - 1] && m->type == ITC_MESSAGE_MILESTONE)
        hear_milestone(l, &m->u.milestone);
    else if (from == &l->peer[l->peers - 1] && m->type == ITC_MESSAGE_LEAVES)
        hear_leaves(l, &m->u.leaves);
}

/* ---- all together ---- */

void bench_load_connect(struct bench_load *l, struct bench_network *net, unsigned from, unsigned to)
{
    struct itc_info info;
    l->net = net;
    bench_network_must(net, itc_client_info(&net->client, &info));
    l->anchor = (struct bench_anchor){.chain = info.chain};
    l->peers = from == to ? 1 : 2;
    bench_peer_open(&l->peer[0], net, from, &info.chain, 1);
    if (l->peers == 2)
        bench_peer_open(&l->peer[1], net, to, &info.chain, 2);
    l->milestone = info.index - 1;
    ask_leaves(l, info.index);
    double deadline_s = bench_now_s() + STALLED_S;
    while (l->anchor.index == 0) {
        bench_peers_step(l->peer, l->peers, WAIT_MS, hear, l);
        if (bench_now_s() > deadline_s)
            bench_network_die(net, "no milestone in %d s", STALLED_S);
    }
}

void bench_load_disconnect(struct bench_load *l)
{
    for (unsigned i = 0; i < l->peers; i++)
        bench_peer_close(&l->peer[i]);
}

static void go_on(struct bench_load *l, double seconds, uint64_t final)
{
    double now_s = l->pace_s = l->progress_s = bench_now_s(), end_s = now_s + seconds;
    l->paced = l->made;
    for (; now_s < end_s && l->final < final; now_s = bench_now_s()) {
        make_sites(l);
        bench_peers_step(l->peer, l->peers, WAIT_MS, hear, l);
        if (now_s - l->progress_s > STALLED_S)
            bench_network_die(l->net, "%llu sites are open, and none became final in %d s",
                (unsigned long long)open_count(l), STALLED_S);
    }
}

void bench_load_run(struct bench_load *l, double seconds, uint64_t final)
{
    l->stop_at = UINT64_MAX;
    go_on(l, seconds, final);
}

void bench_load_drain(struct bench_load *l)
{
    l->stop_at = l->made;
    go_on(l, 10.0 * STALLED_S, l->made);
}

void bench_load_forget_latency(struct bench_load *l)
{
    l->latency_ms.count = 0;
    l->latency_seen = 0;
}
