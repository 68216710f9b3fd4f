/* doubter.c - see doubter.h. */
#include "tests/sim/doubter.h"

#include "spv/sha256.h"

const uint32_t doubter_others[DOUBTER_OTHERS] = {0, 2, 3};

int doubter_setup(void **state, uint32_t epoch_length)
{
    struct bench *b = bench_new(epoch_length);
    b->asks = true;
    *state = b;
    return 0;
}

void doubter_start(struct bench *b)
{
    assert_int_equal(bench_start(b, DOUBTER), ITC_OK);
    for (uint32_t i = 0; i < DOUBTER_OTHERS; i++)
        bench_peer_up(b, doubter_others[i], (uint8_t)doubter_others[i]);
}

struct itc_memory doubter_memory(const struct bench *b)
{
    struct itc_memory m;
    itc_node_memory(b->node, &m);
    return m;
}

void doubter_status(struct bench *b, uint32_t peer)
{
    struct itc_message m = {.type = ITC_MESSAGE_STATUS,
        .u.status = {.head = b->node->chain.head.index, .validator = (uint8_t)peer}};
    m.u.status.epoch = itc_params_epoch(&b->node->chain.params, m.u.status.head + 1);
    bench_message(b, peer == 4 ? DOUBTER : peer, &m);
}

void doubter_answer(struct bench *b, uint32_t teller, uint32_t signs, uint64_t nonce, uint64_t head,
    const struct itc_mark *mark, bool stripped)
{
    struct itc_message m = {.type = ITC_MESSAGE_RECALLED};
    struct itc_recalled *r = &m.u.recalled;
    struct itc_signer signer, self;
    struct itc_hash message;
    *r = (struct itc_recalled){.nonce = nonce, .teller = (uint8_t)teller, .head = head};
    if (mark != NULL)
        r->marks[r->count++] = *mark;
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[signs]), ITC_OK);
    assert_int_equal(itc_signer_init(&self, &b->chain.validators[DOUBTER]), ITC_OK);
    itc_recalled_message(&message, &b->chain.id, &self.key, r);
    itc_signer_sign(&signer, &message, &r->sig);
    if (stripped)
        r->count = 0;
    bench_message(b, teller == 4 ? DOUBTER : teller, &m);
}

void doubter_tell_as(struct bench *b, uint32_t teller, uint32_t signs, uint64_t nonce,
    uint64_t head, const struct itc_mark *mark)
{
    doubter_answer(b, teller, signs, nonce, head, mark, false);
}

void doubter_tell(struct bench *b, uint32_t teller, uint64_t head, const struct itc_mark *mark)
{
    b->now_ms += 500;
    doubter_status(b, teller);
    doubter_tell_as(b, teller, teller, b->node->doubt.nonce, head, mark);
}

void doubter_make_header(struct bench *b, struct itc_header *h, uint8_t body[ITC_BODY_MAX])
{
    size_t len = itc_body_encode(body, NULL, 0);
    bench_header(b, h, NULL, 0, body, len);
}

struct itc_mark doubter_own_vote(
    struct bench *b, enum itc_vote_type type, uint64_t index, uint32_t view, bool good)
{
    uint8_t body[ITC_BODY_MAX], bytes[ITC_HEADER_SIZE];
    struct itc_header h;
    struct itc_mark m = {.type = (uint8_t)type};
    doubter_make_header(b, &h, body);
    h.index = index;
    m.slot = itc_chain_slot(&b->node->chain, index, view);
    itc_header_encode(bytes, &h);
    itc_header_id(&m.header_id, &b->chain.id, bytes);
    bench_sign(b, &h, view, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT,
        good ? DOUBTER : 0, &m.sig);
    return m;
}

void doubter_echo(struct bench *b, const struct itc_mark *m)
{
    struct itc_message vote = {.type = ITC_MESSAGE_VOTE};
    vote.u.vote = (struct itc_vote){.type = m->type,
        .slot = m->slot,
        .voter = DOUBTER,
        .header_id = m->header_id,
        .sig = m->sig};
    bench_message(b, 2, &vote);
}

void doubter_advance(struct bench *b, uint64_t head)
{
    while (b->node->chain.head.index < head)
        bench_empty_milestone(b, 0);
}

bool doubter_votes(struct bench *b)
{
    uint8_t body[ITC_BODY_MAX];
    struct itc_header h;
    size_t before = itc_mem_store_count(&b->store, ITC_CF_VOTE);
    struct itc_slot slot = b->node->pbft.rounds[0].slot;
    uint32_t primary = itc_chain_primary(&b->node->chain, &slot);
    assert_int_not_equal(primary, DOUBTER);
    doubter_make_header(b, &h, body);
    bench_proposal(b, primary, &h, body, itc_body_encode(body, NULL, 0));
    bench_tick(b, 10);
    return itc_mem_store_count(&b->store, ITC_CF_VOTE) > before;
}

void doubter_start_trusted(struct bench *b)
{
    doubter_start(b);
    doubter_tell(b, 0, 0, NULL);
    doubter_tell(b, 2, 0, NULL);
    assert_false(doubter_memory(b).asking);
}

void doubter_restart(struct bench *b)
{
    bench_stop(b);
    doubter_start(b);
}
