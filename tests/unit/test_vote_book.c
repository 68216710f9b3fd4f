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
    struct itc_rosters rosters;
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
    itc_rosters_init(&s->rosters, &s->chain, &s->genesis.committee);
    itc_vote_book_init(&s->book, &s->genesis.params, &s->chain.id, &s->rosters, 0xf, &s->finding);
}

static void end(struct scene *s)
{
    itc_vote_book_free(&s->book);
    itc_rosters_free(&s->rosters);
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

/* In an epoch, the holder of key `who` signs as `voter` for a header of height 5 whose id is all `id`. */
static void vote_as(struct scene *s, enum itc_vote_type type, uint32_t epoch, uint8_t voter,
    uint8_t who, uint32_t view, uint8_t id)
{
    struct itc_hash message;
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = (uint8_t)type,
            .slot = {.epoch = epoch, .view = view, .index = 5},
            .voter = voter}};
    memset(&m.u.vote.header_id, id, sizeof m.u.vote.header_id);
    itc_vote_message(&message, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT,
        &s->chain.id, &m.u.vote.slot, &m.u.vote.header_id);
    sign(s, who, &message, &m.u.vote.sig);
    frame(s, &m);
}

/* In epoch 0; a bad signature is another's. */
static void vote(
    struct scene *s, enum itc_vote_type type, uint8_t voter, uint32_t view, uint8_t id, bool good)
{
    vote_as(s, type, 0, voter, good ? voter : 9, view, id);
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
    end(&s);
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
    end(&s);
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
    end(&s);
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
        end(&s);
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
    end(&s);
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
    end(&s);
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
    end(&s);
}

/* From epoch 1 on keys 4 and 5 sit on seats 0 and 4, and five need four. */
static void change_committee(struct scene *s)
{
    struct itc_committee next = s->genesis.committee;
    next.keys[0] = itc_private_chain_validator(&s->chain, 4);
    next.keys[4] = itc_private_chain_validator(&s->chain, 5);
    next.n = 5;
    itc_rosters_tell(&s->rosters, &next);
    assert_int_equal(itc_rosters_present(&s->rosters)->members, 0xf);
    assert_int_equal(s->rosters.coming.members, 0x3e);
    itc_rosters_turn(&s->rosters);
    assert_int_equal(itc_rosters_present(&s->rosters)->members, 0x3e);
}

static void votes_are_those_of_their_epoch(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    vote_as(&s, ITC_VOTE_COMMIT, 1, 0, 4, 0, 1); /* too early to be anybody's */
    assert_int_equal(s.book.count, 0);
    change_committee(&s);
    vote_as(&s, ITC_VOTE_COMMIT, 1, 0, 0, 0, 1); /* who has left */
    assert_int_equal(s.book.count, 0);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 1, 1, 0, 1);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 2, 2, 0, 1);
    vote_as(&s, ITC_VOTE_COMMIT, 1, 0, 4, 0, 1);
    vote_as(&s, ITC_VOTE_COMMIT, 1, 4, 5, 0, 1);
    vote_as(&s, ITC_VOTE_COMMIT, 1, 1, 1, 0, 1);
    assert_null(itc_vote_book_settled(&s.book, 5));
    vote_as(&s, ITC_VOTE_COMMIT, 1, 2, 2, 0, 1);
    assert_non_null(itc_vote_book_settled(&s.book, 5));
    assert_null(s.finding.oracle);
    end(&s);
}

/* Keys 0 to 3 are honest here: by key, not by seat. */
static void who_is_honest_goes_by_the_key(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    change_committee(&s);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 0, 4, 0, 1);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 0, 4, 0, 2);
    assert_null(s.finding.oracle);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 3, 3, 0, 1);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 3, 3, 0, 2);
    assert_string_equal(s.finding.oracle, "one vote a slot");
    end(&s);
}

/* Two of four, and a traitor that may sign anything. */
static void traitors_count_for_every_header(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    s.book.honest = 0x7;
    vote(&s, ITC_VOTE_PREPARE, 0, 1, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 1, 1, 1, true); /* with the traitor's, whoever sees it */
    vote(&s, ITC_VOTE_COMMIT, 0, 1, 1, true);
    vote(&s, ITC_VOTE_COMMIT, 1, 1, 1, true);
    assert_non_null(itc_vote_book_settled(&s.book, 5));
    for (uint8_t id = 1; id <= 3; id++)
        vote(&s, ITC_VOTE_COMMIT, 3, 1, id, true);
    assert_null(s.finding.oracle);
    assert_int_equal(s.book.doubled, 0x8);
    assert_int_equal(s.book.doubles_count, 2);
    assert_int_equal(s.book.doubles[1].voter, 3);
    assert_int_equal(s.book.doubles[1].ids[0].b[0], 1);
    assert_int_equal(s.book.doubles[1].ids[1].b[0], 3);
    vote(&s, ITC_VOTE_PREPARE, 2, 2, 2, true);
    assert_string_equal(s.finding.oracle, "what can be certified stays");
    end(&s);
}

static void a_vote_from_nowhere_is_found(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    vote(&s, ITC_VOTE_PREPARE, 0, 1, 1, true);
    s.book.shown_by_traitor = true;
    vote(&s, ITC_VOTE_PREPARE, 0, 1, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 1, 1, 1, false);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 1, 1, 1, true);
    assert_string_equal(s.finding.oracle, "no vote from nowhere");
    end(&s);
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
        cmocka_unit_test(votes_are_those_of_their_epoch),
        cmocka_unit_test(who_is_honest_goes_by_the_key),
        cmocka_unit_test(traitors_count_for_every_header),
        cmocka_unit_test(a_vote_from_nowhere_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
