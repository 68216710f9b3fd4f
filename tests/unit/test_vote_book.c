/* The oracle of votes finds what must not be, and nothing else. */
#include "tools/sim/vote_book.h"

#include "spv/sha256.h"
#include "tools/sim/private_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct scene {
    struct itc_private_chain chain;
    struct itc_vote_book book;
    struct itc_finding finding;
    struct itc_genesis genesis;
};

static void begin(struct scene *s)
{
    struct itc_params params;
    memset(s, 0, sizeof *s);
    itc_private_params(&params);
    itc_private_chain_init(&s->chain, 1, 4, &params);
    assert_int_equal(
        itc_genesis_decode(&s->genesis, s->chain.genesis, s->chain.genesis_len), ITC_OK);
    itc_vote_book_init(&s->book, &s->genesis, &s->chain.id, 0xf, &s->finding);
}

static void frame(struct scene *s, const struct itc_message *m)
{
    static uint8_t bytes[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    size_t len;
    assert_int_equal(itc_message_encode(bytes, sizeof bytes, &len, m), ITC_OK);
    itc_vote_book_frame(&s->book, 7, bytes, len);
}

static void sign(
    const struct scene *s, uint8_t voter, const struct itc_hash *message, struct itc_sig *out)
{
    struct itc_signer signer;
    assert_int_equal(itc_signer_init(&signer, &s->chain.validators[voter]), ITC_OK);
    itc_signer_sign(&signer, message, out);
}

/* Validator `voter` votes for a header whose id is all `id`. */
static void vote(
    struct scene *s, enum itc_vote_type type, uint8_t voter, uint32_t view, uint8_t id, bool good)
{
    struct itc_hash message;
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = (uint8_t)type, .slot = {.view = view, .index = 5}, .voter = voter}};
    memset(&m.u.vote.header_id, id, sizeof m.u.vote.header_id);
    itc_vote_message(&message, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT,
        &s->chain.id, &m.u.vote.slot, &m.u.vote.header_id);
    sign(s, voter, &message, &m.u.vote.sig);
    m.u.vote.sig.b[0] ^= !good;
    frame(s, &m);
}

/* As many as a certificate needs. */
static void prepare(struct scene *s, uint32_t view, uint8_t id)
{
    for (uint8_t voter = 0; voter < 3; voter++)
        vote(s, ITC_VOTE_PREPARE, voter, view, id, true);
}

/* It leaves for `view` and names nothing. */
static void leave(struct scene *s, uint8_t voter, uint32_t view)
{
    struct itc_hash message;
    struct itc_message m = {.type = ITC_MESSAGE_VIEW_CHANGE,
        .u.view_change = {.slot = {.view = view, .index = 5}, .vote = {.voter = voter}}};
    itc_view_vote_message(&message, &s->chain.id, &m.u.view_change.slot, &m.u.view_change.vote);
    sign(s, voter, &message, &m.u.view_change.vote.sig);
    frame(s, &m);
}

static void honest_votes_pass(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    leave(&s, 0, 1);
    prepare(&s, 1, 1);
    for (uint8_t voter = 0; voter < 4; voter++) {
        for (int again = 0; again < 2; again++) {
            vote(&s, ITC_VOTE_PREPARE, voter, 1, 1, true);
            vote(&s, ITC_VOTE_COMMIT, voter, 1, 1, true);
        }
        assert_int_equal(itc_vote_book_settled(&s.book, 5) != NULL, voter >= 2);
    }
    assert_int_equal(s.book.count, 9);
    assert_null(s.finding.oracle);
    itc_vote_book_free(&s.book);
}

static void two_votes_in_one_slot_are_found(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    vote(&s, ITC_VOTE_PREPARE, 2, 0, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 2, 0, 2, false); /* a forgery is nobody's vote */
    vote(&s, ITC_VOTE_PREPARE, 2, 1, 2, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 2, 0, 2, true);
    assert_string_equal(s.finding.oracle, "one vote a slot");
    assert_int_equal(s.finding.at_ms, 7);
    itc_vote_book_free(&s.book);
}

static void two_certificates_are_found(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    prepare(&s, 0, 1);
    prepare(&s, 4, 2);
    for (uint8_t voter = 0; voter < 3; voter++)
        vote(&s, ITC_VOTE_COMMIT, voter, 0, 1, true);
    vote(&s, ITC_VOTE_COMMIT, 1, 4, 2, true);
    vote(&s, ITC_VOTE_COMMIT, 2, 4, 2, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_COMMIT, 3, 4, 2, true);
    assert_string_equal(s.finding.oracle, "one certificate a height");
    itc_vote_book_free(&s.book);
}

static void a_forgotten_commit_is_found(void **state)
{
    (void)state;
    static struct scene s;
    for (int commit_first = 0; commit_first < 2; commit_first++) {
        begin(&s);
        prepare(&s, 1, 1);
        if (commit_first)
            vote(&s, ITC_VOTE_COMMIT, 3, 1, 1, true);
        leave(&s, 3, 2);
        assert_int_equal(s.finding.oracle != NULL, commit_first);
        vote(&s, ITC_VOTE_COMMIT, 3, 1, 1, true);
        assert_string_equal(s.finding.oracle, "no commit is forgotten");
        itc_vote_book_free(&s.book);
    }
}

static void a_commit_without_its_prepares_is_found(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    vote(&s, ITC_VOTE_PREPARE, 0, 0, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 1, 0, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 2, 0, 2, true);
    vote(&s, ITC_VOTE_PREPARE, 2, 1, 1, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_COMMIT, 0, 0, 1, true);
    assert_string_equal(s.finding.oracle, "a commit stands on a certificate");
    itc_vote_book_free(&s.book);
}

static void a_broken_promise_is_found(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    leave(&s, 1, 3);
    vote(&s, ITC_VOTE_PREPARE, 1, 3, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 2, 2, 1, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 1, 2, 1, true);
    assert_string_equal(s.finding.oracle, "no vote in a view that was left");
    itc_vote_book_free(&s.book);
}

static void a_vote_against_a_certificate_is_found(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    prepare(&s, 1, 1);
    for (uint8_t voter = 0; voter < 3; voter++)
        vote(&s, ITC_VOTE_COMMIT, voter, 1, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 3, 0, 2, true);
    vote(&s, ITC_VOTE_PREPARE, 3, 2, 1, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 3, 3, 2, true);
    assert_string_equal(s.finding.oracle, "what can be certified stays");
    itc_vote_book_free(&s.book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_votes_pass),
        cmocka_unit_test(two_votes_in_one_slot_are_found),
        cmocka_unit_test(two_certificates_are_found),
        cmocka_unit_test(a_forgotten_commit_is_found),
        cmocka_unit_test(a_commit_without_its_prepares_is_found),
        cmocka_unit_test(a_broken_promise_is_found),
        cmocka_unit_test(a_vote_against_a_certificate_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
