/* test_doubt.c - a validator that may have forgotten votes: it asks, it observes, and it comes back. */
#include "tests/sim/bench.h"

#include "spv/sha256.h"

#define SELF 1u
#define EPOCH 3u

static const uint32_t others[] = {
    0, 2, 3}; /* at the link of their number; 3 is of no use at times */

static int setup(void **state)
{
    struct bench *b = bench_new(EPOCH);
    b->asks = true;
    *state = b;
    return 0;
}

static void start(struct bench *b)
{
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    for (uint32_t i = 0; i < 3; i++)
        bench_peer_up(b, others[i], (uint8_t)others[i]);
}

static struct itc_memory memory(const struct bench *b)
{
    struct itc_memory m;
    itc_node_memory(b->node, &m);
    return m;
}

static void status(struct bench *b, uint32_t peer)
{
    struct itc_message m = {.type = ITC_MESSAGE_STATUS,
        .u.status = {.head = b->node->chain.head.index, .validator = (uint8_t)peer}};
    m.u.status.epoch = itc_params_epoch(&b->node->chain.params, m.u.status.head + 1);
    bench_message(b, peer, &m);
}

/* Validator `teller` answers what we asked it, over `nonce`, signed by `signs`; who relays it may strip its mark. */
static void answer(struct bench *b, uint32_t teller, uint32_t signs, uint64_t nonce, uint64_t head,
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
    assert_int_equal(itc_signer_init(&self, &b->chain.validators[SELF]), ITC_OK);
    itc_recalled_message(&message, &b->chain.id, &self.key, r);
    itc_signer_sign(&signer, &message, &r->sig);
    if (stripped)
        r->count = 0;
    bench_message(b, teller, &m);
}

static void tell_as(struct bench *b, uint32_t teller, uint32_t signs, uint64_t nonce, uint64_t head,
    const struct itc_mark *mark)
{
    answer(b, teller, signs, nonce, head, mark, false);
}

static void tell(struct bench *b, uint32_t teller, uint64_t head, const struct itc_mark *mark)
{
    b->now_ms += 500;
    status(b, teller);
    tell_as(b, teller, teller, b->node->doubt.nonce, head, mark);
}

static void make_header(struct bench *b, struct itc_header *h, uint8_t body[ITC_BODY_MAX])
{
    size_t len = itc_body_encode(body, NULL, 0);
    bench_header(b, h, NULL, 0, body, len);
}

/* Our own vote for the open height's next header, in `view`; `good`: really signed by us. */
static struct itc_mark own_vote(
    struct bench *b, enum itc_vote_type type, uint64_t index, uint32_t view, bool good)
{
    uint8_t body[ITC_BODY_MAX], bytes[ITC_HEADER_SIZE];
    struct itc_header h;
    struct itc_mark m = {.type = (uint8_t)type};
    make_header(b, &h, body);
    h.index = index;
    m.slot = itc_chain_slot(&b->node->chain, index, view);
    itc_header_encode(bytes, &h);
    itc_header_id(&m.header_id, &b->chain.id, bytes);
    bench_sign(b, &h, view, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT,
        good ? SELF : 0, &m.sig);
    return m;
}

/* Whether it votes for the primary's proposal of the open height. */
static bool votes(struct bench *b)
{
    uint8_t body[ITC_BODY_MAX];
    struct itc_header h;
    size_t before = itc_mem_store_count(&b->store, ITC_CF_VOTE);
    struct itc_slot slot = b->node->pbft.rounds[0].slot;
    uint32_t primary = itc_chain_primary(&b->node->chain, &slot);
    assert_int_not_equal(primary, SELF);
    make_header(b, &h, body);
    bench_proposal(b, primary, &h, body, itc_body_encode(body, NULL, 0));
    bench_tick(b, 10);
    return itc_mem_store_count(&b->store, ITC_CF_VOTE) > before;
}

/* Its very first start, until it may vote. */
static void start_trusted(struct bench *b)
{
    start(b);
    tell(b, 0, 0, NULL);
    tell(b, 2, 0, NULL);
    assert_false(memory(b).asking);
}

static void restart(struct bench *b)
{
    bench_stop(b);
    start(b);
}

/* --- asking ----------------------------------------------------------------------------------------------- */

/* A copied key, or the first start's store restored with its mark: others may know better. */
static void a_key_that_was_never_used_asks_too(void **state)
{
    struct bench *b = *state;
    start(b);
    assert_true(memory(b).asking);
    assert_int_equal(memory(b).why, ITC_DOUBT_NONE);
    assert_false(votes(b));
    tell(b, 0, 0, NULL);
    assert_true(memory(b).asking);
    tell(b, 2, 0, NULL);
    assert_false(memory(b).asking);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 1); /* for what waited */
}

static void a_first_start_with_a_vote_told_is_a_loss(void **state)
{
    struct bench *b = *state;
    start(b);
    struct itc_mark m = own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    tell(b, 0, 0, &m);
    assert_int_equal(memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

static void a_committee_of_one_asks_nobody(void **state)
{
    struct bench *b = *state;
    struct itc_params params = b->chain.params;
    itc_private_chain_init(&b->chain, 1, 1, &params);
    assert_int_equal(bench_start(b, 0), ITC_OK);
    assert_false(memory(b).asking);
}

static void a_restarted_validator_asks_first(void **state)
{
    struct bench *b = *state;
    start(b);
    restart(b);
    assert_true(memory(b).asking);
    for (int i = 0; i < 200; i++) /* nor does it leave a view, however long it takes */
        bench_tick(b, 1000);
    assert_false(votes(b));
    assert_int_equal(b->sent[0][ITC_MESSAGE_VIEW_CHANGE], 0);
    tell(b, 0, 0, NULL);
    assert_true(b->sent[0][ITC_MESSAGE_RECALL] > 0);
    tell(b, 0, 0, NULL); /* one is one, however often it tells */
    assert_true(memory(b).asking);
    tell(b, 2, 0, NULL);
    assert_false(memory(b).asking);
    assert_int_equal(memory(b).why, ITC_DOUBT_NONE);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 1); /* for what waited */
}

static void strangers_cannot_tell(void **state)
{
    struct bench *b = *state;
    start(b);
    restart(b);
    uint64_t nonce = b->node->doubt.nonce;
    status(b, 0);
    tell_as(b, 0, 0, nonce + 1, 0, NULL); /* an answer of another day */
    tell_as(b, 0, 3, nonce, 0, NULL);     /* in another's name */
    b->now_ms += 500;
    status(b, 0);
    tell_as(b, 0, 0, nonce, 0, NULL);
    tell_as(b, 2, 2, nonce, 0, NULL); /* was not asked */
    status(b, 2);
    tell_as(b, 2, 0, nonce, 0, NULL);
    assert_true(memory(b).asking);
    tell(b, 2, 0, NULL);
    assert_false(memory(b).asking);
}

static void it_tells_what_it_holds_of_others(void **state)
{
    struct bench *b = *state;
    struct itc_signer asker;
    start(b);
    assert_int_equal(itc_signer_init(&asker, &b->chain.validators[0]), ITC_OK);
    struct itc_message ask = {
        .type = ITC_MESSAGE_RECALL, .u.recall = {.nonce = 7, .key = asker.key}};
    struct itc_message vote = {.type = ITC_MESSAGE_VOTE};
    struct itc_mark m = own_vote(b, ITC_VOTE_COMMIT, 1, 0, false);
    vote.u.vote = (struct itc_vote){.type = ITC_VOTE_COMMIT,
        .slot = m.slot,
        .voter = 0,
        .header_id = m.header_id,
        .sig = m.sig};
    bench_message(b, 2, &vote);
    bench_message(b, 3, &ask);
    assert_int_equal(b->sent[3][ITC_MESSAGE_RECALLED], 1);
    bench_message(b, 3, &ask); /* at once again: an answer costs a signature */
    assert_int_equal(b->sent[3][ITC_MESSAGE_RECALLED], 1);
    struct itc_recalled *r = &b->recalled;
    assert_int_equal(r->nonce, 7);
    assert_int_equal(r->teller, SELF);
    assert_int_equal(r->count, 1);
    assert_memory_equal(&r->marks[0].sig, &m.sig, sizeof m.sig);
}

/* --- doubt ------------------------------------------------------------------------------------------------ */

static void a_new_store_observes_until_two_epoch_ends(void **state)
{
    struct bench *b = *state;
    b->used_key = true;
    start(b);
    assert_int_equal(memory(b).why, ITC_DOUBT_NEW);
    assert_false(votes(b));
    bench_empty_milestone(b, 0);
    tell(b, 0, 1, NULL);
    tell(b, 3, UINT64_MAX / 2, NULL); /* a liar among them */
    assert_int_equal(memory(b).until, 2 * EPOCH);
    restart(b); /* does not end it */
    assert_int_equal(memory(b).why, ITC_DOUBT_NEW);
    assert_int_equal(memory(b).until, 2 * EPOCH);
    while (b->node->chain.head.index + 1 < 2 * EPOCH) {
        bench_empty_milestone(b, 0);
        assert_int_equal(memory(b).why, ITC_DOUBT_NEW);
    }
    bench_empty_milestone(b, 0);
    assert_int_equal(memory(b).why, ITC_DOUBT_NONE);
    assert_true(votes(b));
}

static void another_key_on_the_same_store_is_new(void **state)
{
    struct bench *b = *state;
    assert_int_equal(bench_start(b, ITC_NO_VALIDATOR), ITC_OK);
    bench_stop(b);
    b->used_key = true;
    start(b);
    assert_int_equal(memory(b).why, ITC_DOUBT_NEW);
}

/* The copy of a disk is put back: others send us what we signed after it was made. */
static void a_told_vote_without_its_row_is_a_loss(void **state)
{
    struct bench *b = *state;
    start(b);
    restart(b);
    struct itc_mark m = own_vote(b, ITC_VOTE_COMMIT, 1, 0, false);
    tell(b, 0, 0, &m); /* a forged one proves nothing */
    assert_int_equal(memory(b).why, ITC_DOUBT_NONE);
    m = own_vote(b, ITC_VOTE_COMMIT, 1, 3, true); /* in a view that is not ours now */
    tell(b, 2, 0, &m);
    assert_int_equal(memory(b).why, ITC_DOUBT_ROLLED_BACK);
    assert_true(memory(b).asking);
    restart(b);
    assert_int_equal(memory(b).why, ITC_DOUBT_ROLLED_BACK);
    tell(b, 0, EPOCH, NULL);
    tell(b, 2, EPOCH, NULL);
    assert_int_equal(memory(b).until, 3 * EPOCH);
}

static void an_answer_without_its_marks_is_none(void **state)
{
    struct bench *b = *state;
    start(b);
    restart(b);
    struct itc_mark m = own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    status(b, 0);
    answer(b, 0, 0, b->node->doubt.nonce, 0, &m, true);
    tell(b, 2, 0, NULL);
    assert_true(memory(b).asking);
}

/* Two have told already; the third was asked as well, and it holds our vote. */
static void a_mark_counts_however_late(void **state)
{
    struct bench *b = *state;
    start(b);
    restart(b);
    uint64_t nonce = b->node->doubt.nonce;
    struct itc_mark m = own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    b->now_ms += 500;
    status(b, 3);
    tell(b, 0, 0, NULL);
    tell(b, 2, 0, NULL);
    assert_false(memory(b).asking);
    tell_as(b, 3, 3, nonce, 0, &m);
    assert_int_equal(memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

static void a_vote_above_the_open_height_is_a_loss(void **state)
{
    struct bench *b = *state;
    start(b);
    restart(b);
    struct itc_mark m = own_vote(b, ITC_VOTE_PREPARE, 9, 0, true);
    tell(b, 0, 8, &m);
    assert_int_equal(memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

static void a_told_vote_with_its_row_is_none(void **state)
{
    struct bench *b = *state;
    start_trusted(b);
    uint64_t then_ms = b->now_ms;
    assert_true(votes(b));
    restart(b);
    b->now_ms = then_ms; /* as when the header was made */
    struct itc_mark m = own_vote(b, ITC_VOTE_PREPARE, 1, 0, true);
    tell(b, 0, 0, &m);
    tell(b, 2, 0, NULL);
    assert_int_equal(memory(b).why, ITC_DOUBT_NONE);
    m = own_vote(b, ITC_VOTE_PREPARE, 1, 0, true); /* for another header: time has passed */
    struct itc_message vote = {.type = ITC_MESSAGE_VOTE};
    vote.u.vote = (struct itc_vote){.type = ITC_VOTE_PREPARE,
        .slot = m.slot,
        .voter = SELF,
        .header_id = m.header_id,
        .sig = m.sig};
    bench_message(b, 2, &vote); /* the slot is taken by the vote that is known */
    assert_int_equal(memory(b).why, ITC_DOUBT_NONE);
}

static void an_own_vote_passed_on_is_a_loss(void **state)
{
    struct bench *b = *state;
    start(b);
    struct itc_mark m = own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    struct itc_message vote = {.type = ITC_MESSAGE_VOTE};
    vote.u.vote = (struct itc_vote){.type = ITC_VOTE_COMMIT,
        .slot = m.slot,
        .voter = SELF,
        .header_id = m.header_id,
        .sig = m.sig};
    bench_message(b, 2, &vote);
    assert_int_equal(memory(b).why, ITC_DOUBT_ROLLED_BACK);
    assert_false(votes(b));
}

static void an_own_signature_in_a_certificate_is_a_loss(void **state)
{
    struct bench *b = *state;
    start(b);
    bench_empty_milestone(b, 0);
    assert_int_equal(memory(b).why, ITC_DOUBT_NONE);
    b->own_signs = true;
    bench_empty_milestone(b, 0); /* validators 0, 1 and 2 have signed it */
    assert_int_equal(memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

static void a_damaged_vote_is_not_voted_on(void **state)
{
    struct bench *b = *state;
    start_trusted(b);
    assert_true(votes(b));
    bench_stop(b);
    const struct itc_slot slot = {.index = 1};
    struct itc_store_key key = itc_key_vote(&slot, ITC_VOTE_PREPARE);
    struct itc_store store = itc_mem_store_reader(&b->store);
    uint8_t row[1024];
    size_t len;
    assert_int_equal(
        store.get(store.ctx, ITC_CF_VOTE, key.b, key.len, row, sizeof row, &len), ITC_OK);
    row[200] ^= 1; /* in its header */
    struct itc_write w = {.op = ITC_WRITE_PUT,
        .cf = ITC_CF_VOTE,
        .key = key.b,
        .key_len = key.len,
        .value = row,
        .value_len = len};
    itc_mem_store_write(&b->store, &w, 1);
    start(b);
    assert_int_equal(memory(b).why, ITC_DOUBT_DAMAGED);
    assert_false(votes(b));
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(a_key_that_was_never_used_asks_too),
        BENCH_TEST(a_first_start_with_a_vote_told_is_a_loss),
        BENCH_TEST(a_committee_of_one_asks_nobody),
        BENCH_TEST(a_restarted_validator_asks_first),
        BENCH_TEST(strangers_cannot_tell),
        BENCH_TEST(it_tells_what_it_holds_of_others),
        BENCH_TEST(a_new_store_observes_until_two_epoch_ends),
        BENCH_TEST(another_key_on_the_same_store_is_new),
        BENCH_TEST(a_told_vote_without_its_row_is_a_loss),
        BENCH_TEST(an_answer_without_its_marks_is_none),
        BENCH_TEST(a_mark_counts_however_late),
        BENCH_TEST(a_vote_above_the_open_height_is_a_loss),
        BENCH_TEST(a_told_vote_with_its_row_is_none),
        BENCH_TEST(an_own_vote_passed_on_is_a_loss),
        BENCH_TEST(an_own_signature_in_a_certificate_is_a_loss),
        BENCH_TEST(a_damaged_vote_is_not_voted_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
