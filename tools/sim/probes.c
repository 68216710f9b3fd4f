#include "tools/sim/probes.h"

#include "node/core.h"
#include "tools/sim/false_answers.h"

#include <string.h>

#define PAUSE_MS 1000

void itc_probes_init(struct itc_probes *p, uint64_t seed, struct itc_net *net,
    const struct itc_chain_book *book, const struct itc_traitors *traitors,
    struct itc_finding *finding)
{
    struct itc_light light;
    struct itc_header header;
    uint8_t bytes[ITC_HEADER_SIZE];
    struct itc_hash root;
    *p = (struct itc_probes){
        .due_ms = PAUSE_MS, .book = book, .traitors = traitors, .finding = finding};
    itc_rng_init(&p->rng, seed);
    ledger_model_root(&book->model, root.b);
    itc_genesis_header(&header, &book->genesis, &book->chain, &root);
    itc_header_encode(bytes, &header);
    enum itc_err e = itc_light_init(
        &light, book->genesis.params.network, &book->chain, &book->genesis.committee, bytes);
    ITC_ASSERT(e == ITC_OK);
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        p->lights[i] = light;
        p->asked[i] = ITC_OP_JUMP;
    }
}

static void check_light(
    const struct itc_probes *p, uint64_t now_ms, uint32_t i, const struct itc_light *l)
{
    const struct itc_hash *id = itc_chain_book_id(p->book, l->header.index);
    if (!id || !itc_hash_equal(id, &l->id))
        itc_find(p->finding, now_ms, "light clients follow the chain",
            "the client of node %u trusts another header of height %llu", i,
            (unsigned long long)l->header.index);
}

static enum itc_err advance(struct itc_light *l, enum itc_op op, const uint8_t *reply, size_t len)
{
    struct itc_handover h;
    const uint8_t *body;
    size_t body_len;
    enum itc_err e = itc_reply_open(&body, &body_len, reply, len);
    if (e != ITC_OK)
        return e;
    if (op == ITC_OP_HOP) {
        e = itc_handover_decode(&h, body, body_len);
        return e == ITC_OK ? itc_light_hop(l, &h.jump, &h.next) : e;
    }
    e = itc_jump_decode(&h.jump, body, body_len);
    return e == ITC_OK ? itc_light_advance(l, &h.jump) : e;
}

/* One byte of the answer is another. */
static void show_bent(struct itc_probes *p, uint64_t now_ms, uint32_t i, const struct itc_light *l,
    const uint8_t *reply, size_t len)
{
    uint8_t bent[ITC_REPLY_MAX];
    struct itc_light other = *l;
    ITC_ASSERT(len > 0 && len <= sizeof bent);
    memcpy(bent, reply, len);
    bent[itc_rng_below(&p->rng, (uint32_t)len)] ^= (uint8_t)(1 + itc_rng_below(&p->rng, 255));
    if (advance(&other, p->asked[i], bent, len) == ITC_OK)
        check_light(p, now_ms, i, &other);
}

/* One signature of the certificate is left out. */
static void show_thin(struct itc_probes *p, uint64_t now_ms, uint32_t i, const struct itc_light *l,
    const uint8_t *reply, size_t len)
{
    struct itc_light other = *l;
    struct itc_jump jump;
    struct itc_cert cert;
    uint8_t thin[ITC_CERT_MAX];
    const uint8_t *body;
    size_t body_len;
    if (p->asked[i] != ITC_OP_JUMP || itc_reply_open(&body, &body_len, reply, len) != ITC_OK ||
        itc_jump_decode(&jump, body, body_len) != ITC_OK ||
        itc_cert_decode(&cert, jump.cert, jump.cert_len) != ITC_OK || itc_cert_count(&cert) == 1)
        return;
    uint32_t last = 31;
    while (!(cert.signers >> last & 1))
        last--;
    cert.signers &= ~(1u << last);
    jump.cert_len = itc_cert_encode(thin, &cert);
    jump.cert = thin;
    if (itc_light_advance(&other, &jump) == ITC_OK && other.header.index > l->header.index)
        itc_find(p->finding, now_ms, "light clients follow the chain",
            "the client of node %u takes a certificate of %u signatures", i, itc_cert_count(&cert));
}

/* What traitors make of it; one of them may be the server. */
static void show_false(struct itc_probes *p, uint64_t now_ms, uint32_t i, const struct itc_light *l,
    const uint8_t *reply, size_t len)
{
    struct itc_false_answer answer;
    struct itc_jump jump;
    const uint8_t *body;
    size_t body_len;
    if (p->asked[i] != ITC_OP_JUMP || itc_reply_open(&body, &body_len, reply, len) != ITC_OK ||
        itc_jump_decode(&jump, body, body_len) != ITC_OK)
        return;
    for (uint32_t k = 0; k < ITC_FALSE_KINDS; k++) {
        struct itc_light other = *l;
        if (!itc_false_answer_make(
                &answer, p->traitors, &l->committee, (enum itc_false_kind)k, &jump))
            continue;
        p->lies++;
        if (itc_light_advance(&other, &answer.jump) == ITC_OK && !itc_hash_equal(&other.id, &l->id))
            itc_find(p->finding, now_ms, "light clients follow the chain",
                "the client of node %u takes what %s", i,
                k == ITC_FALSE_STATE ? "traitors alone have signed" : "was only prepared");
    }
}

/* An answer of some time ago, once more. */
static void show_stale(struct itc_probes *p, struct itc_net *net, uint32_t i)
{
    const struct itc_light *l = &p->lights[i];
    struct itc_light other = *l;
    size_t len;
    const uint8_t *reply = p->stale[i] == 0 ? NULL : itc_net_reply(net, p->stale[i], &len);
    if (reply && advance(&other, p->stale_asked[i], reply, len) == ITC_OK &&
        !itc_hash_equal(&other.id, &l->id))
        itc_find(p->finding, itc_net_now(net), "light clients follow the chain",
            "the client of node %u goes from %llu to %llu by an old answer", i,
            (unsigned long long)l->header.index, (unsigned long long)other.header.index);
}

static void take_answer(struct itc_probes *p, struct itc_net *net, uint32_t i)
{
    struct itc_light *l = &p->lights[i];
    uint64_t before = l->header.index, now_ms = itc_net_now(net);
    size_t len;
    uint64_t token = p->tokens[i];
    const uint8_t *reply = token == 0 ? NULL : itc_net_reply(net, token, &len);
    p->tokens[i] = 0;
    if (!reply)
        return;
    show_bent(p, now_ms, i, l, reply, len);
    show_thin(p, now_ms, i, l, reply, len);
    show_false(p, now_ms, i, l, reply, len);
    enum itc_op asked = p->asked[i];
    enum itc_err e = advance(l, asked, reply, len);
    p->jumps += e == ITC_OK && asked == ITC_OP_JUMP;
    p->hops += e == ITC_OK && asked == ITC_OP_HOP;
    p->asked[i] = asked == ITC_OP_JUMP && e == ITC_E_COMMITTEE ? ITC_OP_HOP : ITC_OP_JUMP;
    if (l->header.index < before)
        itc_find(p->finding, now_ms, "light clients follow the chain",
            "the client of node %u went back to %llu", i, (unsigned long long)l->header.index);
    /* a node that has crashed may be behind its client for a while */
    bool behind =
        e == ITC_E_OLDER || e == ITC_E_BUSY || (e == ITC_E_UNKNOWN && asked == ITC_OP_HOP);
    if (e != ITC_OK && !behind && p->asked[i] != ITC_OP_HOP)
        itc_find(p->finding, now_ms, "light clients follow the chain",
            "the client of node %u refuses an honest answer: %s", i, itc_err_text(e));
    check_light(p, now_ms, i, l);
    show_stale(p, net, i);
    if (p->stale[i] == 0 || itc_rng_below(&p->rng, 4) == 0) {
        p->stale[i] = token;
        p->stale_asked[i] = asked;
    }
}

/* The highest view that there is a vote's row of. Keys are epoch, height, view, type (itc_key_vote). */
static uint32_t newest_view(const struct itc_mem_store *rows)
{
    const uint8_t *key = itc_mem_store_last(rows, ITC_CF_VOTE);
    uint32_t view = 0;
    for (size_t at = 4 + 8; key && at < 4 + 8 + 4; at++)
        view = view << 8 | key[at];
    return view;
}

/* Of the open height a validator has voted in each view once at most in three ways; of others its rows are gone. Where a
 * row was damaged those behind it are not brought back, and who then doubts, or is too reckless to, may be in an earlier
 * view than they are of. */
static uint64_t vote_rows_max(const struct itc_probes *p, const struct itc_node *n, uint32_t i,
    const struct itc_mem_store *rows)
{
    uint32_t view = n->pbft.rounds[0].slot.view;
    struct itc_memory memory;
    itc_node_memory(n, &memory);
    if ((memory.why != ITC_DOUBT_NONE || p->traitors->nodes >> i & 1) && newest_view(rows) > view)
        view = newest_view(rows);
    return 3 * (1 + (uint64_t)view - itc_chain_start_view(&n->chain));
}

static void check_bounds(const struct itc_probes *p, struct itc_net *net, uint32_t i)
{
    const struct itc_node *n = itc_net_node(net, i);
    const struct itc_limits *l = &n->config.limits;
    const struct itc_mem_store *rows = &itc_net_disk(net, i)->live;
    uint32_t of_peer = 0;
    for (uint32_t k = 0; k < l->peers; k++)
        of_peer = n->peers[k].pending > of_peer ? n->peers[k].pending : of_peer;
    const struct {
        const char *name;
        uint64_t used, most;
    } bounds[] = {
        {"open sites", n->window.count, l->window_sites},
        {"bytes of open sites", n->window.bytes, l->window_bytes},
        {"sites that wait", n->pending.count, l->pending_sites},
        {"sites that wait, of one peer", of_peer, l->pending_per_peer},
        {"wanted sites", n->pending.wanted_ids.count, l->wanted},
        {"submissions", n->pool.count, l->pool_txs},
        {"works", n->works_busy, l->works},
        {"final ids", n->final_ids.count, n->final_ids.capacity},
        {"requests that wait", n->query.waits_count, l->waits},
        {"rows of submissions", itc_mem_store_count(rows, ITC_CF_POOL), l->pool_txs},
        {"rows of votes", itc_mem_store_count(rows, ITC_CF_VOTE), vote_rows_max(p, n, i, rows)},
    };
    for (size_t k = 0; k < sizeof bounds / sizeof bounds[0]; k++)
        if (bounds[k].used > bounds[k].most)
            itc_find(p->finding, itc_net_now(net), "queues are bounded",
                "node %u: %s: %llu, at most %llu", i, bounds[k].name,
                (unsigned long long)bounds[k].used, (unsigned long long)bounds[k].most);
}

void itc_probes_act(struct itc_probes *p, struct itc_net *net)
{
    p->due_ms = itc_net_now(net) + PAUSE_MS;
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        take_answer(p, net, i);
        if (!itc_net_node(net, i))
            continue;
        check_bounds(p, net, i);
        struct itc_request r = {
            .op = p->asked[i], .u.jump = {.trusted = p->lights[i].header.index}};
        p->tokens[i] = itc_net_request(net, i, &r);
    }
}
