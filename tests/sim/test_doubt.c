/* test_doubt.c - a validator that may have forgotten votes: it asks, and observes if it has. */
#include "tests/sim/doubter.h"

#define EPOCH 3u

static int setup(void **state)
{
    return doubter_setup(state, EPOCH);
}

/* --- asking ----------------------------------------------------------------------------------------------- */

/* A copied key, or the first start's store restored with its mark: others may know better. */
static void a_key_that_was_never_used_asks_too(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    assert_true(doubter_memory(b).asking);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    assert_false(doubter_votes(b));
    doubter_tell(b, 0, 0, NULL);
    assert_true(doubter_memory(b).asking);
    doubter_tell(b, 2, 0, NULL);
    assert_false(doubter_memory(b).asking);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 1); /* for what waited */
}

static void a_first_start_with_a_vote_told_is_a_loss(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    doubter_tell(b, 0, 0, &m);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

static void a_committee_of_one_asks_nobody(void **state)
{
    struct bench *b = *state;
    struct itc_params params = b->chain.params;
    itc_private_chain_init(&b->chain, 1, 1, &params);
    assert_int_equal(bench_start(b, 0), ITC_OK);
    assert_false(doubter_memory(b).asking);
}

static void a_restarted_validator_asks_first(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    doubter_restart(b);
    assert_true(doubter_memory(b).asking);
    for (int i = 0; i < 200; i++) /* nor does it leave a view, however long it takes */
        bench_tick(b, 1000);
    assert_false(doubter_votes(b));
    assert_int_equal(b->sent[0][ITC_MESSAGE_VIEW_CHANGE], 0);
    doubter_tell(b, 0, 0, NULL);
    assert_true(b->sent[0][ITC_MESSAGE_RECALL] > 0);
    doubter_tell(b, 0, 0, NULL); /* one is one, however often it tells */
    assert_true(doubter_memory(b).asking);
    doubter_tell(b, 2, 0, NULL);
    assert_false(doubter_memory(b).asking);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 1); /* for what waited */
}

/* An old copy of the disk, so old that nobody holds its votes any more. */
static void nothing_is_cast_where_others_are_final(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    doubter_restart(b);
    doubter_tell(b, 0, 2, NULL);
    doubter_tell(b, 2, 900, NULL); /* one may lie */
    assert_false(doubter_memory(b).asking);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    assert_false(doubter_votes(b));
    doubter_advance(b, 1);
    assert_false(doubter_votes(b));
    doubter_advance(b, 2);
    assert_true(doubter_votes(b));
}

static void strangers_cannot_tell(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    doubter_restart(b);
    uint64_t nonce = b->node->doubt.nonce;
    doubter_status(b, 0);
    doubter_tell_as(b, 0, 0, nonce + 1, 0, NULL); /* an answer of another day */
    doubter_tell_as(b, 0, 3, nonce, 0, NULL);     /* in another's name */
    b->now_ms += 500;
    doubter_status(b, 0);
    doubter_tell_as(b, 0, 0, nonce, 0, NULL);
    doubter_tell_as(b, 2, 2, nonce, 0, NULL); /* was not asked */
    doubter_status(b, 2);
    doubter_tell_as(b, 2, 0, nonce, 0, NULL);
    assert_true(doubter_memory(b).asking);
    doubter_tell(b, 2, 0, NULL);
    assert_false(doubter_memory(b).asking);
}

static void it_tells_what_it_holds_of_others(void **state)
{
    struct bench *b = *state;
    struct itc_signer asker;
    doubter_start(b);
    assert_int_equal(itc_signer_init(&asker, &b->chain.validators[0]), ITC_OK);
    struct itc_message ask = {
        .type = ITC_MESSAGE_RECALL, .u.recall = {.nonce = 7, .key = asker.key}};
    struct itc_message vote = {.type = ITC_MESSAGE_VOTE};
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_COMMIT, 1, 0, false);
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
    assert_int_equal(r->teller, DOUBTER);
    assert_int_equal(r->count, 1);
    assert_memory_equal(&r->marks[0].sig, &m.sig, sizeof m.sig);
}

/* --- doubt ------------------------------------------------------------------------------------------------ */

/* Of itself too it tells no vote before its row is on the disk: somebody could show it to others, and power fail. */
static void what_it_tells_of_itself_is_durable(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    struct itc_message ask = {.type = ITC_MESSAGE_RECALL, .u.recall = {.nonce = 7}};
    doubter_start_trusted(b);
    bench_peer_up(b, DOUBTER, ITC_NO_VALIDATOR);
    bench_make_proposal(b, &p, 0);
    bench_vote(b, 2, ITC_VOTE_PREPARE, &p.header, 0, 2);
    bench_vote(b, 3, ITC_VOTE_PREPARE, &p.header, 0, 3);
    bench_proposal(b, 0, &p.header, p.body, p.len);
    bench_tick(b, 1);
    ask.u.recall.key = b->node->signer.key;
    bench_message(b, DOUBTER, &ask);
    assert_true(b->recalled.count >= 2 && b->frame_after > 0);
    assert_true(b->recalled_after >= b->frame_after);
}

static void another_key_on_the_same_store_is_new(void **state)
{
    struct bench *b = *state;
    assert_int_equal(bench_start(b, ITC_NO_VALIDATOR), ITC_OK);
    bench_stop(b);
    b->used_key = true;
    doubter_start(b);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
}

/* The copy of a disk is put back: others send us what we signed after it was made. */
static void a_told_vote_without_its_row_is_a_loss(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    doubter_restart(b);
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_COMMIT, 1, 0, false);
    doubter_tell(b, 0, 0, &m); /* a forged one proves nothing */
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    m = doubter_own_vote(b, ITC_VOTE_COMMIT, 1, 3, true); /* in a view that is not ours now */
    doubter_tell(b, 2, 0, &m);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
    assert_true(doubter_memory(b).asking);
    doubter_restart(b);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
    doubter_tell(b, 0, EPOCH, NULL);
    doubter_tell(b, 2, EPOCH, NULL);
    assert_int_equal(doubter_memory(b).until, 3 * EPOCH);
}

static void an_answer_without_its_marks_is_none(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    doubter_restart(b);
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    doubter_status(b, 0);
    doubter_answer(b, 0, 0, b->node->doubt.nonce, 0, &m, true);
    doubter_tell(b, 2, 0, NULL);
    assert_true(doubter_memory(b).asking);
}

/* Two have told already; the third was asked as well, and it holds our vote. */
static void a_mark_counts_however_late(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    doubter_restart(b);
    uint64_t nonce = b->node->doubt.nonce;
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    b->now_ms += 500;
    doubter_status(b, 3);
    doubter_tell(b, 0, 0, NULL);
    doubter_tell(b, 2, 0, NULL);
    assert_false(doubter_memory(b).asking);
    doubter_tell_as(b, 3, 3, nonce, 0, &m);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

/* f of seven say that they have nothing of ours, two more really have nothing: not for them to decide. */
static void who_hides_marks_is_not_the_only_one_asked(void **state)
{
    struct bench *b = *state;
    struct itc_params params = b->chain.params;
    itc_private_chain_init(&b->chain, 1, 7, &params);
    doubter_start(b);
    bench_peer_up(b, DOUBTER, 4);
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    for (uint32_t liar = 0; liar <= 2; liar += 2)
        doubter_tell(b, liar, 0, NULL);
    doubter_tell(b, 3, 0, NULL);
    assert_true(doubter_memory(b).asking);
    assert_false(doubter_votes(b));
    doubter_tell(b, 4, 0, &m);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
    assert_false(doubter_votes(b));
}

static void a_vote_above_the_open_height_is_a_loss(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    doubter_restart(b);
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_PREPARE, 9, 0, true);
    doubter_tell(b, 0, 8, &m);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

static void a_told_vote_with_its_row_is_none(void **state)
{
    struct bench *b = *state;
    doubter_start_trusted(b);
    uint64_t then_ms = b->now_ms;
    assert_true(doubter_votes(b));
    doubter_restart(b);
    b->now_ms = then_ms; /* as when the header was made */
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_PREPARE, 1, 0, true);
    doubter_tell(b, 0, 0, &m);
    doubter_tell(b, 2, 0, NULL);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    m = doubter_own_vote(b, ITC_VOTE_PREPARE, 1, 0, false);
    b->now_ms = then_ms;
    doubter_echo(b, &m); /* forged */
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    b->now_ms = then_ms + 500;
    m = doubter_own_vote(b, ITC_VOTE_PREPARE, 1, 0, true); /* for another header: time has passed */
    doubter_echo(b, &m);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

static void an_own_vote_passed_on_is_a_loss(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_COMMIT, 1, 0, true);
    doubter_echo(b, &m);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
    assert_false(doubter_votes(b));
}

static void an_own_signature_in_a_certificate_is_a_loss(void **state)
{
    struct bench *b = *state;
    doubter_start(b);
    bench_empty_milestone(b, 0);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    b->own_signs = true;
    bench_empty_milestone(b, 0); /* validators 0, 1 and 2 have signed it */
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
}

static void a_damaged_vote_is_not_voted_on(void **state)
{
    struct bench *b = *state;
    doubter_start_trusted(b);
    assert_true(doubter_votes(b));
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
    doubter_start(b);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_DAMAGED);
    assert_false(doubter_votes(b));
}

/* --- rows as they must be ----------------------------------------------------------------------------------- */

static void prepared_by_others(struct bench *b, const struct itc_header *h, struct itc_cert *out)
{
    *out = (struct itc_cert){.index = h->index};
    for (uint32_t i = 0; i < DOUBTER_OTHERS; i++) {
        out->signers |= 1u << doubter_others[i];
        bench_sign(b, h, 0, ITC_TAG_PREPARE, doubter_others[i], &out->sigs[i]);
    }
}

static void a_prepare_row_proves_its_proposal(void **state)
{
    struct bench *b = *state;
    uint8_t body[ITC_BODY_MAX], bytes[ITC_HEADER_SIZE];
    struct itc_header h;
    doubter_start_trusted(b);
    doubter_make_header(b, &h, body);
    itc_header_encode(bytes, &h);
    struct itc_vote_row row = {.slot = {.index = 1},
        .type = ITC_VOTE_PREPARE,
        .header = bytes,
        .body = body,
        .body_len = itc_body_encode(body, NULL, 0)};
    bench_sign(b, &h, 0, ITC_TAG_PREPARE, DOUBTER, &row.own);
    bench_sign(b, &h, 0, ITC_TAG_PREPARE, 0, &row.primary);
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_OK);
    row.primary.b[63] ^= 1;
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_E_SIGNATURE);
    row.primary.b[63] ^= 1;
    body[row.body_len - 1] ^= 1;
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_E_FORM);
}

/* Our own signature names the header and its view only. */
static void a_view_change_row_proves_what_it_names(void **state)
{
    struct bench *b = *state;
    uint8_t body[ITC_BODY_MAX], bytes[ITC_HEADER_SIZE];
    struct itc_header h;
    struct itc_hash message;
    doubter_start_trusted(b);
    doubter_make_header(b, &h, body);
    itc_header_encode(bytes, &h);
    struct itc_vote_row row = {.slot = {.index = 1, .view = 1}, .type = ITC_VOTE_VIEW_CHANGE};
    struct itc_view_vote *v = &row.view_vote;
    *v = (struct itc_view_vote){.voter = DOUBTER, .prepared = true};
    itc_header_id(&v->header_id, &b->chain.id, bytes);
    prepared_by_others(b, &h, &v->cert);
    itc_view_vote_message(&message, &b->chain.id, &row.slot, v);
    itc_signer_sign(&b->node->signer, &message, &v->sig);
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_OK);
    v->cert.sigs[2].b[63] ^= 1;
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_E_SIGNATURE);
    b->node->view.own = (struct itc_prepared){
        .has = true, .header_id = v->header_id, .cert = v->cert}; /* proved with its COMMIT row */
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_OK);
    b->node->view.own.has = false;
    v->cert.sigs[2].b[63] ^= 1;
    v->cert.signers ^= 1u << 3 | 1u << DOUBTER;
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_E_SIGNATURE);
    v->cert.signers ^= 1u << 3 | 1u << DOUBTER;
    v->cert.index = 2;
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_E_FORM);
    v->cert.index = 1;
    v->voter = 0;
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_E_FORM);
    v->voter = DOUBTER;
    v->sig.b[63] ^= 1;
    assert_int_equal(itc_doubt_check_row(b->node, &row), ITC_E_SIGNATURE);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(a_key_that_was_never_used_asks_too),
        BENCH_TEST(a_first_start_with_a_vote_told_is_a_loss),
        BENCH_TEST(a_committee_of_one_asks_nobody),
        BENCH_TEST(a_restarted_validator_asks_first),
        BENCH_TEST(nothing_is_cast_where_others_are_final),
        BENCH_TEST(strangers_cannot_tell),
        BENCH_TEST(it_tells_what_it_holds_of_others),
        BENCH_TEST(what_it_tells_of_itself_is_durable),
        BENCH_TEST(another_key_on_the_same_store_is_new),
        BENCH_TEST(a_told_vote_without_its_row_is_a_loss),
        BENCH_TEST(an_answer_without_its_marks_is_none),
        BENCH_TEST(a_mark_counts_however_late),
        BENCH_TEST(who_hides_marks_is_not_the_only_one_asked),
        BENCH_TEST(a_vote_above_the_open_height_is_a_loss),
        BENCH_TEST(a_told_vote_with_its_row_is_none),
        BENCH_TEST(an_own_vote_passed_on_is_a_loss),
        BENCH_TEST(an_own_signature_in_a_certificate_is_a_loss),
        BENCH_TEST(a_damaged_vote_is_not_voted_on),
        BENCH_TEST(a_prepare_row_proves_its_proposal),
        BENCH_TEST(a_view_change_row_proves_what_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
