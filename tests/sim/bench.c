#include "tests/sim/bench.h"

#include "spv/sha256.h"

void bench_init(struct bench *b, struct itc_params *params)
{
    memset(b, 0, sizeof *b);
    itc_private_params(params);
    params->depth = 4;
    itc_limits_small(&b->limits);
    itc_mem_store_init(&b->store);
    b->now_ms = BENCH_NOW_MS;
}

static void note_sends(struct bench *b, const struct itc_actions *a)
{
    for (uint32_t i = 0; i < a->sends_count; i++) {
        const struct itc_send *s = &a->sends[i];
        uint8_t type = s->frame[4];
        b->sent[s->peer][type]++;
        if (type == ITC_MESSAGE_RECALLED) {
            struct itc_message m;
            assert_int_equal(
                itc_message_decode(&m, type, s->frame + ITC_FRAME_HEAD, s->len - ITC_FRAME_HEAD),
                ITC_OK);
            b->recalled = m.u.recalled;
            b->recalled_after = s->after;
        }
        if (type != ITC_MESSAGE_PROPOSAL && type != ITC_MESSAGE_VOTE &&
            type != ITC_MESSAGE_VIEW_CHANGE)
            continue;
        memcpy(b->frame, s->frame, s->len);
        b->frame_len = s->len;
        b->frame_after = s->after;
    }
}

void bench_verify(struct bench *b)
{
    struct itc_verify checks[BENCH_HELD];
    uint32_t count = b->held_count;
    memcpy(checks, b->held, count * sizeof checks[0]);
    b->held_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool good = itc_sig_verify(&checks[i].key, &checks[i].message, &checks[i].sig) == ITC_OK;
        struct itc_event e = {
            .type = ITC_EVENT_VERIFIED, .u.verified = {.job = checks[i].job, .good = good}};
        bench_step(b, &e);
    }
}

/* The work that was asked for, unless nobody finds it. */
static void work(struct bench *b, const struct itc_actions *a)
{
    struct itc_work works[BENCH_HELD];
    uint32_t count = b->works ? a->works_count : 0;
    assert_true(count <= BENCH_HELD);
    memcpy(works, a->works, count * sizeof works[0]);
    for (uint32_t i = 0; i < count; i++) {
        struct itc_event e = {.type = ITC_EVENT_WORKED, .u.worked = {.job = works[i].job}};
        assert_int_equal(itc_pow_search(&works[i].pow, 0, UINT64_MAX, &e.u.worked.nonce), ITC_OK);
        bench_step(b, &e);
    }
}

static void carry_out(struct bench *b, struct itc_actions *a)
{
    assert_null(a->halt);
    itc_mem_store_apply(&b->store, a);
    if (a->batch != 0)
        b->batch = a->batch;
    note_sends(b, a);
    b->dropped += a->drops_count;
    for (uint32_t i = 0; i < a->replies_count; i++) {
        b->reply_len = a->replies[i].len;
        memcpy(b->reply, a->replies[i].bytes, a->replies[i].len);
    }
    assert_true(b->held_count + a->verifies_count <= BENCH_HELD);
    memcpy(b->held + b->held_count, a->verifies, a->verifies_count * sizeof b->held[0]);
    b->held_count += a->verifies_count;
    work(b, a);
    if (!b->hold)
        bench_verify(b);
}

void bench_step(struct bench *b, struct itc_event *e)
{
    e->now_ms = b->now_ms;
    struct itc_actions *a = itc_node_step(b->node, e);
    bool more = a->more;
    carry_out(b, a);
    for (int i = 0; more && i < 1000; i++) {
        struct itc_event go_on = {.type = ITC_EVENT_CONTINUE, .now_ms = b->now_ms};
        a = itc_node_step(b->node, &go_on);
        more = a->more;
        carry_out(b, a);
    }
}

void bench_tick(struct bench *b, uint64_t ms)
{
    struct itc_event e = {.type = ITC_EVENT_TICK};
    b->now_ms += ms;
    bench_step(b, &e);
}

enum itc_err bench_start(struct bench *b, uint32_t validator)
{
    struct itc_actions *a;
    struct itc_node_config c = {.genesis = b->chain.genesis,
        .genesis_len = b->chain.genesis_len,
        .limits = b->limits,
        .secret = validator == ITC_NO_VALIDATOR ? NULL : &b->chain.validators[validator],
        .first_use = !b->used_key,
        .store = itc_mem_store_reader(&b->store),
        .seed = 1,
        .software = "test"};
    size_t size = (itc_node_size(&c) + 63) / 64 * 64;
    b->memory = aligned_alloc(64, size);
    memset(b->memory, 0, size);
    enum itc_err e = itc_node_start(&b->node, b->memory, &c, b->now_ms, &a);
    if (e != ITC_OK)
        return e;
    carry_out(b, a);
    if (!b->asks)
        b->node->doubt.asking = false;
    return ITC_OK;
}

void bench_stop(struct bench *b)
{
    free(b->memory);
    b->memory = NULL;
    b->node = NULL;
    b->held_count = 0;
}

void bench_free(struct bench *b)
{
    bench_stop(b);
    itc_mem_store_free(&b->store);
    free(b);
}

struct bench *bench_new(uint32_t epoch_length)
{
    struct bench *b = calloc(1, sizeof *b);
    struct itc_params params;
    ITC_ASSERT(b != NULL);
    bench_init(b, &params);
    if (epoch_length > 0)
        params.epoch_length = epoch_length;
    itc_private_chain_init(&b->chain, 1, BENCH_VALIDATORS, &params);
    return b;
}

int bench_teardown(void **state)
{
    bench_free(*state);
    return 0;
}

void bench_peer_up(struct bench *b, uint32_t peer, uint8_t validator)
{
    struct itc_event e = {
        .type = ITC_EVENT_PEER_UP, .u.up = {.peer = peer, .validator = validator}};
    bench_step(b, &e);
}

void bench_send(struct bench *b, uint32_t peer, uint8_t type, const uint8_t *payload, size_t len)
{
    struct itc_event e = {.type = ITC_EVENT_MESSAGE,
        .u.message = {.peer = peer,
            .channel = ITC_CHANNEL_BULK,
            .type = type,
            .payload = payload,
            .len = len}};
    bench_step(b, &e);
}

void bench_message(struct bench *b, uint32_t peer, const struct itc_message *m)
{
    static uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    size_t len;
    assert_int_equal(itc_message_encode(frame, sizeof frame, &len, m), ITC_OK);
    bench_send(b, peer, frame[4], frame + ITC_FRAME_HEAD, len - ITC_FRAME_HEAD);
}

void bench_status(struct bench *b, uint32_t peer, uint64_t head)
{
    bench_message(
        b, peer, &(struct itc_message){.type = ITC_MESSAGE_STATUS, .u.status = {.head = head}});
}

void bench_last(const struct bench *b, struct itc_message *out)
{
    assert_true(b->frame_len > ITC_FRAME_HEAD);
    assert_int_equal(itc_message_decode(out, b->frame[4], b->frame + ITC_FRAME_HEAD,
                         b->frame_len - ITC_FRAME_HEAD),
        ITC_OK);
}

enum itc_err bench_request(struct bench *b, const struct itc_request *r)
{
    uint8_t request[ITC_REQUEST_MAX];
    size_t request_len, body_len;
    const uint8_t *body;
    assert_int_equal(itc_request_encode(request, sizeof request, &request_len, r), ITC_OK);
    struct itc_event e = {
        .type = ITC_EVENT_REQUEST, .u.request = {.token = 1, .bytes = request, .len = request_len}};
    b->reply_len = 0;
    bench_step(b, &e);
    assert_true(b->reply_len > 0);
    return itc_reply_open(&body, &body_len, b->reply, b->reply_len);
}

enum itc_err bench_submit(struct bench *b, const uint8_t *tx, size_t len)
{
    const struct itc_request r = {.op = ITC_OP_SUBMIT, .u.submit = {.bytes = tx, .len = len}};
    return bench_request(b, &r);
}

static size_t make_data(
    const struct bench *b, uint8_t tx[ITC_TX_MAX], uint32_t from, uint64_t seq, size_t tx_size)
{
    static const uint8_t bytes[ITC_TX_MAX];
    size_t len;
    struct itc_hash id;
    struct itc_tx t = {.kind = ITC_KIND_DATA, .issuer = b->chain.wallets[from].key, .seq = seq};
    t.u.data.tag = (const uint8_t *)"x";
    t.u.data.tag_len = 1;
    t.u.data.bytes = bytes;
    t.u.data.len = tx_size - ITC_TX_FIXED - 2;
    assert_int_equal(itc_tx_encode(tx, ITC_TX_MAX, &len, &t), ITC_OK);
    itc_tx_id(&id, &b->chain.id, tx, len);
    itc_signer_sign(&b->chain.wallets[from], &id, &t.sig);
    assert_int_equal(itc_tx_encode(tx, ITC_TX_MAX, &len, &t), ITC_OK);
    return len;
}

void bench_make(struct bench *b, struct made *m, uint32_t from, uint64_t seq, uint64_t anchor,
    const struct itc_hash *parent, size_t size)
{
    uint8_t tx[ITC_TX_MAX];
    struct itc_hash stem;
    struct itc_pow pow;
    struct itc_site s = {.anchor = anchor, .tx_bytes = tx, .tx_len = ITC_TX_TRANSFER};
    const struct itc_recent *recent = itc_chain_recent(&b->node->chain, anchor);
    if (parent != NULL)
        s.parents[s.parent_count++] = *parent;
    if (size == 0)
        itc_private_chain_transfer(
            &b->chain, tx, from, &b->chain.wallets[(from + 1) % ITC_WALLETS].key, seq, 5000);
    else
        s.tx_len = make_data(b, tx, from, seq, size - ITC_SITE_FIXED - 32 * s.parent_count);
    assert_int_equal(itc_site_encode(m->bytes, sizeof m->bytes, &m->len, &s), ITC_OK);
    itc_site_stem(&stem, &b->chain.id, m->bytes, m->len);
    itc_pow_init(&pow, &b->chain.id, recent == NULL ? &b->chain.id : &recent->id, &stem,
        itc_pow_bits(recent == NULL ? 0 : recent->work_bits, m->len));
    assert_int_equal(itc_pow_search(&pow, 0, UINT64_C(1) << 32, &s.nonce), ITC_OK);
    assert_int_equal(itc_site_encode(m->bytes, sizeof m->bytes, &m->len, &s), ITC_OK);
    itc_site_id(&m->id, &b->chain.id, m->bytes, m->len);
    itc_tx_id(&m->tx_id, &b->chain.id, tx, s.tx_len);
}

void bench_send_site(struct bench *b, uint32_t peer, const struct made *m)
{
    bench_send(b, peer, ITC_MESSAGE_SITE, m->bytes, m->len);
}

bool bench_has(const struct bench *b, const struct itc_hash *id)
{
    return itc_window_find(&b->node->window, id) != ITC_NONE;
}

void bench_header(const struct bench *b, struct itc_header *h, const uint8_t *leaves,
    uint32_t count, const uint8_t *body, size_t body_len)
{
    const struct itc_chain *c = &b->node->chain;
    struct itc_merkle tree;
    *h = c->head;
    h->index++;
    h->epoch = itc_params_epoch(&c->params, h->index);
    h->flags = itc_params_epoch_end(&c->params, h->index) ? ITC_HEADER_EPOCH_END : 0;
    h->time_ms = b->now_ms;
    h->site_count = count;
    h->prev = c->head_id;
    itc_history_root(&c->history, &h->history_root);
    itc_merkle_init(&tree);
    for (uint32_t i = 0; i < count; i++) {
        struct itc_hash leaf;
        itc_merkle_leaf(&leaf, leaves + (size_t)i * ITC_LEAF, ITC_LEAF);
        itc_merkle_add(&tree, &leaf);
    }
    itc_merkle_root(&tree, &h->tx_root);
    itc_body_hash(&h->body_hash, &c->id, body, body_len);
}

void bench_sign(const struct bench *b, const struct itc_header *h, uint32_t view, int tag,
    uint32_t voter, struct itc_sig *out)
{
    uint8_t bytes[ITC_HEADER_SIZE];
    struct itc_hash id, message;
    struct itc_signer signer;
    struct itc_slot slot = itc_chain_slot(&b->node->chain, h->index, view);
    itc_header_encode(bytes, h);
    itc_header_id(&id, &b->chain.id, bytes);
    itc_vote_message(&message, tag, &b->chain.id, &slot, &id);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[voter]), ITC_OK);
    itc_signer_sign(&signer, &message, out);
}

void bench_vote(struct bench *b, uint32_t peer, enum itc_vote_type type, const struct itc_header *h,
    uint32_t view, uint32_t voter)
{
    uint8_t bytes[ITC_HEADER_SIZE];
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = (uint8_t)type,
            .slot = itc_chain_slot(&b->node->chain, h->index, view),
            .voter = (uint8_t)voter}};
    itc_header_encode(bytes, h);
    itc_header_id(&m.u.vote.header_id, &b->chain.id, bytes);
    bench_sign(b, h, view, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT, voter,
        &m.u.vote.sig);
    bench_message(b, peer, &m);
}

void bench_make_proposal(const struct bench *b, struct proposed *p, uint32_t view)
{
    uint8_t bytes[ITC_HEADER_SIZE];
    p->len = itc_body_encode(p->body, NULL, 0);
    bench_header(b, &p->header, NULL, 0, p->body, p->len);
    p->header.view = view;
    itc_header_encode(bytes, &p->header);
    itc_header_id(&p->id, &b->chain.id, bytes);
}

void bench_milestone(struct bench *b, uint32_t peer, const struct itc_header *h, bool good,
    const uint8_t *body, size_t body_len)
{
    uint8_t header[ITC_HEADER_SIZE], bytes[ITC_CERT_MAX];
    uint32_t quorum = b->node->chain.quorum, count = 0;
    struct itc_cert cert = {.view = h->view, .index = h->index};
    for (uint32_t i = 0; count < quorum; i++) {
        if (i == b->node->validator && !b->own_signs)
            continue;
        if (good)
            bench_sign(b, h, h->view, ITC_TAG_COMMIT, i, &cert.sigs[count]);
        cert.signers |= 1u << i;
        count++;
    }
    itc_header_encode(header, h);
    bench_message(b, peer,
        &(struct itc_message){.type = ITC_MESSAGE_MILESTONE,
            .u.milestone = {.header = header,
                .cert = bytes,
                .cert_len = itc_cert_encode(bytes, &cert),
                .body = body,
                .body_len = body_len}});
}

void bench_empty_milestone(struct bench *b, uint32_t peer)
{
    uint8_t body[ITC_BODY_MAX];
    size_t len = itc_body_encode(body, NULL, 0);
    struct itc_header h;
    uint64_t index = b->node->chain.head.index;
    bench_header(b, &h, NULL, 0, body, len);
    bench_milestone(b, peer, &h, true, body, len);
    assert_int_equal(b->node->chain.head.index, index + 1);
}

void bench_proposal(struct bench *b, uint32_t peer, const struct itc_header *h, const uint8_t *body,
    size_t body_len)
{
    bench_proposal_in(b, peer, h, h->view, NULL, 0, body, body_len);
}

void bench_proposal_in(struct bench *b, uint32_t peer, const struct itc_header *h, uint32_t view,
    const uint8_t *new_view, size_t new_view_len, const uint8_t *body, size_t body_len)
{
    uint8_t header[ITC_HEADER_SIZE];
    struct itc_slot slot = itc_chain_slot(&b->node->chain, h->index, view);
    struct itc_message m = {.type = ITC_MESSAGE_PROPOSAL,
        .u.proposal = {.slot = slot,
            .header = header,
            .new_view = new_view,
            .new_view_len = new_view_len,
            .body = body,
            .body_len = body_len}};
    itc_header_encode(header, h);
    bench_sign(
        b, h, view, ITC_TAG_PREPARE, itc_chain_primary(&b->node->chain, &slot), &m.u.proposal.sig);
    bench_message(b, peer, &m);
}
