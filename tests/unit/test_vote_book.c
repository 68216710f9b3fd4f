/* The oracle of votes finds what must not be, and nothing else. */
#include "tests/unit/book_scene.h"

/* The book sees a vote, as scene_vote makes it. */
static void vote_as(struct scene *s, enum itc_vote_type type, uint32_t epoch, uint8_t voter,
    uint8_t who, uint32_t view, uint8_t id)
{
    const struct itc_message m = scene_vote(s, type, epoch, voter, who, view, id);
    scene_frame(s, &m);
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
        .u.view_change = {.slot = {.view = view, .index = SCENE_HEIGHT}, .vote = {.voter = voter}}};
    itc_view_vote_message(&message, &s->chain.id, &m.u.view_change.slot, &m.u.view_change.vote);
    m.u.view_change.vote.sig = scene_sign(s, voter, &message);
    scene_frame(s, &m);
}

/* Somebody is told of an old vote for header `id`. */
static void tell(struct scene *s, enum itc_vote_type type, uint8_t voter, uint32_t view, uint8_t id)
{
    const struct itc_message cast = scene_vote(s, type, 0, voter, voter, view, id);
    struct itc_message m = {.type = ITC_MESSAGE_RECALLED, .u.recalled = {.count = 1}};
    m.u.recalled.marks[0] = (struct itc_mark){.type = (uint8_t)type,
        .slot = cast.u.vote.slot,
        .header_id = cast.u.vote.header_id,
        .sig = cast.u.vote.sig};
    scene_frame(s, &m);
}

static void what_is_told_of_a_vote_counts(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    vote(&s, ITC_VOTE_PREPARE, 2, 1, 1, true);
    tell(&s, ITC_VOTE_PREPARE, 2, 1, 1);
    tell(&s, ITC_VOTE_PREPARE, 3, 0, 1);
    leave(&s, 0, 2);
    tell(&s, ITC_VOTE_PREPARE, 0, 1, 1); /* it had cast it before it left */
    assert_int_equal(s.book.count, 4);
    assert_null(s.finding.oracle);
    tell(&s, ITC_VOTE_PREPARE, 2, 1, 9);
    assert_string_equal(s.finding.oracle, "one vote a slot");
    scene_end(&s);
}

/* Told late it may have been cast before its voter left; but then it was not sent. */
static void what_is_told_and_then_sent_counts_as_sent(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    tell(&s, ITC_VOTE_PREPARE, 0, 1, 1);
    leave(&s, 0, 2);
    vote(&s, ITC_VOTE_PREPARE, 0, 1, 1, true); /* told in time */
    leave(&s, 1, 2);
    tell(&s, ITC_VOTE_PREPARE, 1, 1, 1);
    tell(&s, ITC_VOTE_PREPARE, 1, 1, 1);
    vote(&s, ITC_VOTE_PREPARE, 1, 1, 1, false); /* somebody else's signature */
    leave(&s, 2, 2);
    tell(&s, ITC_VOTE_PREPARE, 2, 1, 1);
    s.book.shown_by_traitor = true;
    vote(&s, ITC_VOTE_PREPARE, 2, 1, 1, true);
    s.book.shown_by_traitor = false;
    vote(&s, ITC_VOTE_PREPARE, 2, 1, 1, true); /* passed on for the traitor */
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 1, 1, 1, true);
    assert_string_equal(s.finding.oracle, "no vote in a view that was left");
    scene_end(&s);
}

static void honest_votes_pass(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    leave(&s, 0, 1);
    prepare(&s, 1, 1);
    for (uint8_t voter = 0; voter < 4; voter++) {
        for (int again = 0; again < 2; again++) {
            vote(&s, ITC_VOTE_PREPARE, voter, 1, 1, true);
            vote(&s, ITC_VOTE_COMMIT, voter, 1, 1, true);
        }
        assert_int_equal(itc_vote_book_settled(&s.book, SCENE_HEIGHT) != NULL, voter >= 2);
    }
    assert_int_equal(s.book.count, 9);
    assert_null(s.finding.oracle);
    scene_end(&s);
}

static void two_votes_in_one_slot_are_found(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    vote(&s, ITC_VOTE_PREPARE, 2, 0, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 2, 0, 2, false); /* a forgery is nobody's vote */
    vote(&s, ITC_VOTE_PREPARE, 2, 1, 2, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 2, 0, 2, true);
    assert_string_equal(s.finding.oracle, "one vote a slot");
    assert_int_equal(s.finding.at_ms, SCENE_NOW_MS);
    scene_end(&s);
}

static void two_certificates_are_found(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    prepare(&s, 0, 1);
    prepare(&s, 4, 2);
    for (uint8_t voter = 0; voter < 3; voter++)
        vote(&s, ITC_VOTE_COMMIT, voter, 0, 1, true);
    vote(&s, ITC_VOTE_COMMIT, 1, 4, 2, true);
    vote(&s, ITC_VOTE_COMMIT, 2, 4, 2, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_COMMIT, 3, 4, 2, true);
    assert_string_equal(s.finding.oracle, "one certificate a height");
    scene_end(&s);
}

static void a_forgotten_commit_is_found(void **state)
{
    (void)state;
    static struct scene s;
    for (int commit_first = 0; commit_first < 2; commit_first++) {
        scene_begin(&s);
        prepare(&s, 1, 1);
        if (commit_first)
            vote(&s, ITC_VOTE_COMMIT, 3, 1, 1, true);
        leave(&s, 3, 2);
        assert_int_equal(s.finding.oracle != NULL, commit_first);
        vote(&s, ITC_VOTE_COMMIT, 3, 1, 1, true);
        assert_string_equal(s.finding.oracle, "no commit is forgotten");
        scene_end(&s);
    }
}

static void a_commit_without_its_prepares_is_found(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    vote(&s, ITC_VOTE_PREPARE, 0, 0, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 1, 0, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 2, 0, 2, true);
    vote(&s, ITC_VOTE_PREPARE, 2, 1, 1, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_COMMIT, 0, 0, 1, true);
    assert_string_equal(s.finding.oracle, "a commit stands on a certificate");
    scene_end(&s);
}

/* Signed, on disk, and then power failed: nobody has seen it. That goes for one's own only. */
static void an_own_prepare_may_never_have_left(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    vote(&s, ITC_VOTE_PREPARE, 0, 0, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 1, 0, 1, true);
    vote(&s, ITC_VOTE_COMMIT, 2, 0, 1, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 2, 1, 2, true);
    vote(&s, ITC_VOTE_PREPARE, 0, 1, 2, true);
    vote(&s, ITC_VOTE_COMMIT, 3, 1, 2, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 3, 2, 1, true);
    vote(&s, ITC_VOTE_COMMIT, 0, 2, 1, true);
    assert_string_equal(s.finding.oracle, "a commit stands on a certificate");
    scene_end(&s);
}

static void a_broken_promise_is_found(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    leave(&s, 1, 3);
    vote(&s, ITC_VOTE_PREPARE, 1, 3, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 2, 2, 1, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 1, 2, 1, true);
    assert_string_equal(s.finding.oracle, "no vote in a view that was left");
    scene_end(&s);
}

static void a_vote_against_a_certificate_is_found(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    prepare(&s, 1, 1);
    for (uint8_t voter = 0; voter < 3; voter++)
        vote(&s, ITC_VOTE_COMMIT, voter, 1, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 3, 0, 2, true);
    vote(&s, ITC_VOTE_PREPARE, 3, 2, 1, true);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 3, 3, 2, true);
    assert_string_equal(s.finding.oracle, "what can be certified stays");
    scene_end(&s);
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
    scene_begin(&s);
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
    assert_null(itc_vote_book_settled(&s.book, SCENE_HEIGHT));
    vote_as(&s, ITC_VOTE_COMMIT, 1, 2, 2, 0, 1);
    assert_non_null(itc_vote_book_settled(&s.book, SCENE_HEIGHT));
    assert_null(s.finding.oracle);
    scene_end(&s);
}

/* Keys 0 to 3 are honest here: by key, not by seat. */
static void who_is_honest_goes_by_the_key(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    change_committee(&s);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 0, 4, 0, 1);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 0, 4, 0, 2);
    assert_null(s.finding.oracle);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 3, 3, 0, 1);
    vote_as(&s, ITC_VOTE_PREPARE, 1, 3, 3, 0, 2);
    assert_string_equal(s.finding.oracle, "one vote a slot");
    scene_end(&s);
}

/* Two of four, and a traitor that may sign anything. */
static void traitors_count_for_every_header(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    s.book.honest = 0x7;
    vote(&s, ITC_VOTE_PREPARE, 0, 1, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 1, 1, 1, true); /* with the traitor's, whoever sees it */
    vote(&s, ITC_VOTE_COMMIT, 0, 1, 1, true);
    vote(&s, ITC_VOTE_COMMIT, 1, 1, 1, true);
    assert_non_null(itc_vote_book_settled(&s.book, SCENE_HEIGHT));
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
    scene_end(&s);
}

static void a_vote_from_nowhere_is_found(void **state)
{
    (void)state;
    static struct scene s;
    scene_begin(&s);
    vote(&s, ITC_VOTE_PREPARE, 0, 1, 1, true);
    s.book.shown_by_traitor = true;
    vote(&s, ITC_VOTE_PREPARE, 0, 1, 1, true);
    vote(&s, ITC_VOTE_PREPARE, 1, 1, 1, false);
    assert_null(s.finding.oracle);
    vote(&s, ITC_VOTE_PREPARE, 1, 1, 1, true);
    assert_string_equal(s.finding.oracle, "no vote from nowhere");
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_and_then_sent_counts_as_sent),
        cmocka_unit_test(honest_votes_pass),
        cmocka_unit_test(what_is_told_of_a_vote_counts),
        cmocka_unit_test(two_votes_in_one_slot_are_found),
        cmocka_unit_test(two_certificates_are_found),
        cmocka_unit_test(a_forgotten_commit_is_found),
        cmocka_unit_test(a_commit_without_its_prepares_is_found),
        cmocka_unit_test(an_own_prepare_may_never_have_left),
        cmocka_unit_test(a_broken_promise_is_found),
        cmocka_unit_test(a_vote_against_a_certificate_is_found),
        cmocka_unit_test(votes_are_those_of_their_epoch),
        cmocka_unit_test(who_is_honest_goes_by_the_key),
        cmocka_unit_test(traitors_count_for_every_header),
        cmocka_unit_test(a_vote_from_nowhere_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
