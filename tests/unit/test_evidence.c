/* test_evidence.c - which pairs of votes convict their signer, and which convict nobody. */
#include "tests/unit/spv_make.h"

#include "node/evidence.h"

#define N 4
#define EPOCH 7
#define INDEX 70
#define OFFENDER 2

struct world {
    struct itc_hash chain;
    struct itc_signer members[N];
    struct itc_committee committee;
    struct itc_seats seats;
};

static struct world w;

static int setup(void **state)
{
    (void)state;
    w.chain = make_hash(1);
    w.committee.n = N;
    for (uint32_t i = 0; i < N; i++) {
        make_signer(&w.members[i], i + 1);
        w.committee.keys[i] = w.members[i].key;
    }
    itc_seats_init(&w.seats, &w.chain, EPOCH, &w.committee, &w.committee);
    return 0;
}

static void sign(struct itc_statement *s, uint32_t member, uint32_t epoch, uint64_t index)
{
    struct itc_hash message;
    itc_statement_message(&message, &w.chain, epoch, index, s);
    itc_signer_sign(&w.members[member], &message, &s->sig);
}

static struct itc_statement vote(enum itc_vote_type type, uint32_t view, uint64_t header)
{
    struct itc_statement s = {.type = type, .view = view, .header_id = make_hash(header)};
    sign(&s, OFFENDER, EPOCH, INDEX);
    return s;
}

/* named_view -1: it names nothing. */
static struct itc_statement change(uint32_t view, int named_view, uint64_t header)
{
    struct itc_statement s = {.type = ITC_VOTE_VIEW_CHANGE, .view = view};
    if (named_view >= 0) {
        s.named = true;
        s.named_view = (uint32_t)named_view;
        s.header_id = make_hash(header);
    }
    sign(&s, OFFENDER, EPOCH, INDEX);
    return s;
}

static struct itc_evidence make(struct itc_statement x, struct itc_statement y)
{
    struct itc_evidence e;
    itc_evidence_make(&e, &w.members[OFFENDER].key, EPOCH, INDEX, &x, &y);
    return e;
}

/* What a body with it does; the seats stay as they are. */
static enum itc_err judge(const struct itc_evidence *e)
{
    struct itc_seats seats = w.seats;
    return itc_evidence_convict(&seats, e);
}

static void double_votes_convict(void **state)
{
    (void)state;
    const struct itc_statement pairs[][2] = {
        {vote(ITC_VOTE_PREPARE, 1, 5), vote(ITC_VOTE_PREPARE, 1, 6)},
        {vote(ITC_VOTE_COMMIT, 1, 5), vote(ITC_VOTE_COMMIT, 1, 6)},
        {change(2, -1, 0), change(2, 1, 5)},
        {change(2, 0, 5), change(2, 1, 5)},
        {change(2, 1, 5), change(2, 1, 6)},
        {vote(ITC_VOTE_COMMIT, 1, 5), change(2, -1, 0)},
        {vote(ITC_VOTE_COMMIT, 1, 5), change(9, 0, 5)},
        {vote(ITC_VOTE_COMMIT, 1, 5), change(9, 1, 6)},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct itc_evidence e = make(pairs[i][0], pairs[i][1]);
        struct itc_evidence f = make(pairs[i][1], pairs[i][0]);
        struct itc_seats seats = w.seats;
        uint8_t a[ITC_EVIDENCE_SIZE], b[ITC_EVIDENCE_SIZE];
        itc_evidence_encode(a, &e);
        itc_evidence_encode(b, &f);
        assert_memory_equal(a, b, sizeof a); /* a pair has one encoding */
        assert_int_equal(itc_evidence_convict(&seats, &e), ITC_OK);
        assert_true(itc_seats_empty(&seats.next, OFFENDER));
        assert_false(itc_seats_empty(&seats.present, OFFENDER));
        assert_int_equal(itc_evidence_convict(&seats, &e), ITC_E_PROOF); /* once */
    }
}

static void what_the_honest_sign_is_no_pair(void **state)
{
    (void)state;
    const struct itc_statement honest[] = {
        vote(ITC_VOTE_PREPARE, 0, 5),
        vote(ITC_VOTE_COMMIT, 0, 5),
        change(1, 0, 5),
        vote(ITC_VOTE_PREPARE, 1, 5),
        change(2, 0, 5),
        vote(ITC_VOTE_PREPARE, 3, 6),
        vote(ITC_VOTE_COMMIT, 3, 6),
        change(4, 3, 6),
        change(9, 7, 8),
    };
    for (size_t i = 0; i < COUNT(honest); i++)
        for (size_t k = 0; k < COUNT(honest); k++)
            assert_false(itc_statements_contradict(&honest[i], &honest[k]));
    struct itc_statement again = vote(ITC_VOTE_PREPARE, 0, 5);
    again.sig.b[0] ^= 1; /* the same said twice, however it is signed */
    assert_false(itc_statements_contradict(&honest[0], &again));
}

static enum itc_err read(const uint8_t *bytes, size_t len)
{
    struct itc_evidence e;
    uint8_t *exact = make_exact(bytes, len);
    struct itc_reader r = itc_reader_of(exact, len);
    enum itc_err err = itc_evidence_read(&r, &e);
    free(exact);
    return err;
}

static enum itc_err read_with(const struct itc_evidence *e, size_t at, uint8_t value)
{
    uint8_t bytes[ITC_EVIDENCE_SIZE];
    itc_evidence_encode(bytes, e);
    bytes[at] = value;
    return read(bytes, sizeof bytes);
}

#define FIRST 44 /* where the first statement begins */
#define SECOND (FIRST + ITC_STATEMENT_SIZE)

static void it_comes_back_and_is_strict(void **state)
{
    (void)state;
    struct itc_evidence e = make(vote(ITC_VOTE_COMMIT, 1, 5), change(2, 0, 6)), out;
    uint8_t bytes[ITC_EVIDENCE_SIZE], again[ITC_EVIDENCE_SIZE], swapped[ITC_EVIDENCE_SIZE];
    itc_evidence_encode(bytes, &e);
    assert_int_equal(sizeof bytes, 256);
    assert_int_equal(bytes[FIRST], 2);
    assert_int_equal(bytes[SECOND], 3);
    struct itc_reader r = itc_reader_of(bytes, sizeof bytes);
    assert_int_equal(itc_evidence_read(&r, &out), ITC_OK);
    assert_int_equal(r.left, 0);
    itc_evidence_encode(again, &out);
    assert_memory_equal(bytes, again, sizeof bytes);
    for (size_t cut = 0; cut < sizeof bytes; cut++)
        assert_int_equal(read(bytes, cut), ITC_E_TRUNCATED);
    memcpy(swapped, bytes, FIRST);
    memcpy(swapped + FIRST, bytes + SECOND, ITC_STATEMENT_SIZE);
    memcpy(swapped + SECOND, bytes + FIRST, ITC_STATEMENT_SIZE);
    assert_int_equal(read(swapped, sizeof swapped), ITC_E_FORM);
    assert_int_equal(read_with(&e, FIRST, 0), ITC_E_FORM);
    assert_int_equal(read_with(&e, FIRST, 1), ITC_E_FORM); /* a PREPARE forbids nothing */
    assert_int_equal(read_with(&e, SECOND, 4), ITC_E_FORM);
    assert_int_equal(read_with(&e, FIRST + 5, 1), ITC_E_FORM); /* a COMMIT names nothing */
    assert_int_equal(read_with(&e, FIRST + 6, 1), ITC_E_FORM);
    assert_int_equal(read_with(&e, SECOND + 5, 2), ITC_E_FORM);
    assert_int_equal(read_with(&e, SECOND + 5, 0), ITC_E_FORM); /* nothing, but an id */
    memcpy(swapped + FIRST, bytes + FIRST, ITC_STATEMENT_SIZE);
    memcpy(swapped + SECOND, bytes + FIRST, ITC_STATEMENT_SIZE); /* the same twice */
    assert_int_equal(read(swapped, sizeof swapped), ITC_E_FORM);
}

static void nobody_is_convicted_by_what_he_did_not_sign(void **state)
{
    (void)state;
    struct itc_evidence e = make(vote(ITC_VOTE_COMMIT, 1, 5), vote(ITC_VOTE_COMMIT, 1, 6));
    struct itc_evidence good = e;
    assert_int_equal(judge(&good), ITC_OK);
    e.a.sig.b[3] ^= 1;
    assert_int_equal(judge(&e), ITC_E_SIGNATURE);
    e = good;
    e.b.sig.b[3] ^= 1;
    assert_int_equal(judge(&e), ITC_E_SIGNATURE);
    e = good;
    e.key = w.members[0].key; /* another's */
    assert_int_equal(judge(&e), ITC_E_SIGNATURE);
    e = good;
    sign(&e.b, 0, EPOCH, INDEX); /* half another's */
    assert_int_equal(judge(&e), ITC_E_SIGNATURE);
    e = good;
    sign(&e.b, OFFENDER, EPOCH, INDEX + 1); /* of another height */
    assert_int_equal(judge(&e), ITC_E_SIGNATURE);
    e = good;
    sign(&e.b, OFFENDER, EPOCH - 1, INDEX);
    assert_int_equal(judge(&e), ITC_E_SIGNATURE);
    e = good;
    e.a.view = e.b.view = 2; /* of another view */
    assert_int_equal(judge(&e), ITC_E_SIGNATURE);
    e = good;
    e.a.type = e.b.type = ITC_VOTE_PREPARE; /* of another type */
    assert_int_equal(judge(&e), ITC_E_SIGNATURE);
    w.seats.chain = make_hash(2); /* of another chain */
    assert_int_equal(judge(&good), ITC_E_SIGNATURE);
}

static void it_is_good_for_two_epochs(void **state)
{
    (void)state;
    struct itc_evidence e = make(vote(ITC_VOTE_COMMIT, 1, 5), vote(ITC_VOTE_COMMIT, 1, 6));
    w.seats.epoch = EPOCH - 1;
    assert_int_equal(judge(&e), ITC_E_EXPIRED);
    w.seats.epoch = EPOCH + 1;
    assert_int_equal(judge(&e), ITC_OK);
    w.seats.epoch = EPOCH + 2;
    assert_int_equal(judge(&e), ITC_E_EXPIRED);
    w.seats.epoch = EPOCH;
    struct itc_seats seats = w.seats;
    seats.next.keys[OFFENDER] = make_key(77); /* leaves anyway */
    assert_int_equal(itc_evidence_convict(&seats, &e), ITC_E_PROOF);
    seats = w.seats;
    seats.present.keys[OFFENDER] = make_key(77); /* only joins */
    assert_int_equal(itc_evidence_convict(&seats, &e), ITC_E_PROOF);
}

#define EVIDENCE_TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVIDENCE_TEST(double_votes_convict),
        EVIDENCE_TEST(what_the_honest_sign_is_no_pair),
        EVIDENCE_TEST(it_comes_back_and_is_strict),
        EVIDENCE_TEST(nobody_is_convicted_by_what_he_did_not_sign),
        EVIDENCE_TEST(it_is_good_for_two_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
