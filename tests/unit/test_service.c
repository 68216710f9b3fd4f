#include "tests/unit/spv_make.h"

#include "spv/merkle.h"
#include "spv/service.h"

/* Bytes for fields that a reply borrows; what they say does not matter to a codec. */
static uint8_t some_bytes[ITC_REPLY_MAX];

static int fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof some_bytes; i++)
        some_bytes[i] = (uint8_t)(i * 7 + 1);
    return 0;
}

static const uint8_t *body_of(const uint8_t *reply, size_t len, size_t *body_len)
{
    const uint8_t *body;
    assert_int_equal(itc_reply_open(&body, body_len, reply, len), ITC_OK);
    assert_int_equal(*body_len, len - 2);
    return body;
}

/* For a reply of one type: the body decodes and encodes to the same bytes; cut anywhere, or longer by a byte, it
 * is refused and the output is left alone. */
#define EXPECT_BOTH_WAYS(type, name, value)                                                        \
    do {                                                                                           \
        uint8_t reply_[ITC_REPLY_MAX + 1] = {0}, again_[ITC_REPLY_MAX];                            \
        struct type out_, clean_;                                                                  \
        size_t len_ = 0, again_len_ = 0, body_len_;                                                \
        memset(&out_, 0x5a, sizeof out_);                                                          \
        memset(&clean_, 0x5a, sizeof clean_);                                                      \
        assert_int_equal(itc_##name##_encode(reply_, ITC_REPLY_MAX, &len_, value), ITC_OK);        \
        for (size_t n_ = 0; n_ < len_; n_++)                                                       \
            assert_int_equal(                                                                      \
                itc_##name##_encode(again_, n_, &again_len_, value), ITC_E_TOO_LARGE);             \
        assert_int_equal(again_len_, 0);                                                           \
        const uint8_t *body_ = body_of(reply_, len_, &body_len_);                                  \
        for (size_t n_ = 0; n_ < body_len_; n_++) {                                                \
            uint8_t *exact_ = make_exact(body_, n_);                                               \
            assert_int_equal(itc_##name##_decode(&out_, exact_, n_), ITC_E_TRUNCATED);             \
            free(exact_);                                                                          \
        }                                                                                          \
        assert_int_equal(itc_##name##_decode(&out_, body_, body_len_ + 1), ITC_E_TRAILING);        \
        assert_memory_equal(&out_, &clean_, sizeof out_);                                          \
        assert_int_equal(itc_##name##_decode(&out_, body_, body_len_), ITC_OK);                    \
        assert_int_equal(itc_##name##_encode(again_, sizeof again_, &again_len_, &out_), ITC_OK);  \
        assert_int_equal(again_len_, len_);                                                        \
        assert_memory_equal(again_, reply_, len_);                                                 \
    } while (0)

static struct itc_request a_request(enum itc_op op)
{
    struct itc_request q = {.op = op};
    switch (op) {
    case ITC_OP_SUBMIT:
        q.u.submit.bytes = some_bytes;
        q.u.submit.len = 155;
        break;
    case ITC_OP_JUMP:
    case ITC_OP_HOP:
    case ITC_OP_COMMITTEE:
        q.u.jump.trusted = 5;
        break;
    case ITC_OP_ACCOUNT:
        q.u.account.trusted = 6;
        q.u.account.key = make_key(1);
        break;
    case ITC_OP_TX:
        q.u.tx.id = make_hash(1);
        q.u.tx.wait_ms = ITC_WAIT_MAX_MS;
        break;
    case ITC_OP_PROOF:
        q.u.proof.trusted = 7;
        q.u.proof.id = make_hash(2);
        break;
    case ITC_OP_PAYMENTS:
        q.u.payments.key = make_key(2);
        q.u.payments.milestone = 8;
        q.u.payments.position = 9;
        q.u.payments.wait_ms = 10;
        break;
    case ITC_OP_MILESTONE:
        q.u.milestone.index = ITC_LATEST;
        break;
    case ITC_OP_INFO:
        break;
    }
    return q;
}

static void requests_go_both_ways(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        0, 2, 2 + 2 + 155, 2 + 8, 2 + 40, 2 + 36, 2 + 40, 2 + 48, 2 + 8, 2 + 8, 2 + 8};
    for (int op = ITC_OP_INFO; op <= ITC_OP_COMMITTEE; op++) {
        uint8_t bytes[ITC_REQUEST_MAX + 1] = {0}, again[ITC_REQUEST_MAX];
        struct itc_request q = a_request((enum itc_op)op), out;
        size_t len, again_len = 0;
        assert_int_equal(itc_request_encode(bytes, sizeof bytes, &len, &q), ITC_OK);
        assert_int_equal(len, sizes[op]);
        for (size_t n = 0; n < len; n++) {
            assert_int_equal(itc_request_decode(&out, bytes, n), ITC_E_TRUNCATED);
            assert_int_equal(itc_request_encode(again, n, &again_len, &q), ITC_E_TOO_LARGE);
        }
        assert_int_equal(itc_request_decode(&out, bytes, len + 1), ITC_E_TRAILING);
        assert_int_equal(itc_request_decode(&out, bytes, len), ITC_OK);
        assert_int_equal(out.op, op);
        assert_int_equal(itc_request_encode(again, sizeof again, &again_len, &out), ITC_OK);
        assert_int_equal(again_len, len);
        assert_memory_equal(again, bytes, len);
    }
}

static void ill_formed_requests_are_refused(void **state)
{
    (void)state;
    static const uint8_t versions[][2] = {{2, 1}, {1, 0}, {1, 11}, {0, 1}, {1, 255}};
    uint8_t bytes[ITC_REQUEST_MAX + 10];
    struct itc_request q, out;
    size_t len;
    for (size_t i = 0; i < COUNT(versions); i++)
        assert_int_equal(itc_request_decode(&out, versions[i], 2), ITC_E_VERSION);

    q = a_request(ITC_OP_TX);
    assert_int_equal(itc_request_encode(bytes, sizeof bytes, &len, &q), ITC_OK);
    bytes[len - 4]++; /* a wait of one millisecond too long */
    assert_int_equal(itc_request_decode(&out, bytes, len), ITC_E_FORM);
    q.u.tx.wait_ms++;
    assert_int_equal(itc_request_encode(bytes, sizeof bytes, &len, &q), ITC_E_FORM);
    q = a_request(ITC_OP_PAYMENTS);
    q.u.payments.wait_ms = ITC_WAIT_MAX_MS + 1;
    assert_int_equal(itc_request_encode(bytes, sizeof bytes, &len, &q), ITC_E_FORM);
    q = a_request(ITC_OP_SUBMIT);
    q.u.submit.len = 0;
    assert_int_equal(itc_request_encode(bytes, sizeof bytes, &len, &q), ITC_E_FORM);
    q.u.submit.len = ITC_TX_MAX + 1;
    assert_int_equal(itc_request_encode(bytes, sizeof bytes, &len, &q), ITC_E_TOO_LARGE);
    q.u.submit.len = ITC_TX_MAX;
    assert_int_equal(itc_request_encode(bytes, sizeof bytes, &len, &q), ITC_OK);
    bytes[2]++; /* one byte more */
    assert_int_equal(itc_request_decode(&out, bytes, len + 1), ITC_E_TOO_LARGE);
    q.op = (enum itc_op)77;
    assert_int_equal(itc_request_encode(bytes, sizeof bytes, &len, &q), ITC_E_VERSION);
}

static void refusals_carry_a_text(void **state)
{
    (void)state;
    uint8_t bytes[400];
    const uint8_t *body;
    size_t body_len;
    for (int e = 1; e < ITC_ERR_COUNT; e++) {
        const char *text = itc_err_text((enum itc_err)e);
        size_t len = itc_reply_error(bytes, sizeof bytes, (enum itc_err)e, text);
        assert_int_equal(len, 2 + strlen(text));
        assert_int_equal(itc_reply_open(&body, &body_len, bytes, len), e);
        assert_int_equal(body_len, strlen(text));
        assert_memory_equal(body, text, body_len);
    }
    assert_int_equal(itc_reply_error(bytes, 5, ITC_E_BUSY, "starting"), 5);
    size_t len = itc_reply_error(bytes, sizeof bytes, ITC_E_BUSY, "a\x1b[2J\xff");
    assert_int_equal(itc_reply_open(&body, &body_len, bytes, len), ITC_E_BUSY);
    assert_memory_equal(body, "a?[2J?", 6);

    char large[500];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_int_equal(
        itc_reply_error(bytes, sizeof bytes, ITC_E_BUSY, large), 2 + ITC_REPLY_TEXT_MAX);
}

static void what_is_no_reply_is_told(void **state)
{
    (void)state;
    static uint8_t bytes[ITC_REPLY_MAX + 1];
    const uint8_t *body = bytes;
    size_t body_len = 5;
    bytes[0] = 2;
    assert_int_equal(itc_reply_open(&body, &body_len, bytes, 2), ITC_E_VERSION);
    assert_null(body);
    assert_int_equal(body_len, 0);
    bytes[0] = ITC_SERVICE_VERSION;
    assert_int_equal(itc_reply_open(&body, &body_len, bytes, 1), ITC_E_TRUNCATED);
    assert_int_equal(itc_reply_open(&body, &body_len, NULL, 0), ITC_E_TRUNCATED);
    assert_int_equal(itc_reply_open(&body, &body_len, bytes, sizeof bytes), ITC_E_TOO_LARGE);
    assert_int_equal(itc_reply_open(&body, &body_len, bytes, 2), ITC_OK);
    bytes[1] = ITC_ERR_COUNT;
    assert_int_equal(itc_reply_open(&body, &body_len, bytes, 2), ITC_E_VERSION);
    bytes[1] = ITC_E_BUSY;
    assert_int_equal(itc_reply_open(&body, &body_len, bytes, 3), ITC_E_FORM); /* a NUL */
    assert_null(body);
    memset(bytes + 2, 'x', 300);
    assert_int_equal(
        itc_reply_open(&body, &body_len, bytes, 3 + ITC_REPLY_TEXT_MAX), ITC_E_TOO_LARGE);
    assert_int_equal(itc_reply_open(&body, &body_len, bytes, 2 + ITC_REPLY_TEXT_MAX), ITC_E_BUSY);
}

static struct itc_info an_info(void)
{
    struct itc_info i = {.chain = make_hash(1), .network = ITC_NETWORK_TEST, .index = 9};
    i.validator = true;
    i.accounts = 3;
    i.validators = 4;
    i.empty_seats = 8;
    i.doubts = true;
    i.doubt_until = 77;
    i.software_len = 10;
    memcpy(i.software, "itcd 0.1.0", 10);
    return i;
}

static void info(void **state)
{
    (void)state;
    uint8_t bytes[200];
    struct itc_info i = an_info(), out;
    size_t len, body_len;
    EXPECT_BOTH_WAYS(itc_info, info, &i);
    assert_int_equal(itc_info_encode(bytes, sizeof bytes, &len, &i), ITC_OK);
    uint8_t *body = bytes + 2;
    body_len = len - 2;
#define EXPECT(at, value, err)                                                                     \
    do {                                                                                           \
        uint8_t old_ = body[at];                                                                   \
        body[at] = value;                                                                          \
        assert_int_equal(itc_info_decode(&out, body, body_len), err);                              \
        body[at] = old_;                                                                           \
    } while (0)
    EXPECT(32, ITC_NETWORK_COUNT, ITC_E_FORM);
    EXPECT(77, 2, ITC_E_FORM);  /* validator */
    EXPECT(78, 2, ITC_E_FORM);  /* synced */
    EXPECT(76, 33, ITC_E_FORM); /* more validators than there may be */
    EXPECT(90, 16, ITC_E_FORM); /* an empty seat that is not there */
    EXPECT(91, 1, ITC_E_FORM);  /* votes, and doubts */
    EXPECT(91, 2, ITC_E_FORM);
    EXPECT(92, 2, ITC_E_FORM); /* doubts */
    EXPECT(92, 0, ITC_E_FORM); /* until when? */
    EXPECT(101, 33, ITC_E_TOO_LARGE);
    EXPECT(104, '\n', ITC_E_FORM);
#undef EXPECT
    assert_int_equal(itc_info_decode(&out, body, body_len), ITC_OK);
    assert_true(out.validator && !out.synced && out.doubts && !out.votes);
    assert_int_equal(out.empty_seats, 8);
    assert_int_equal(out.doubt_until, 77);
    i.validator = i.doubts = false;
    i.doubt_until = 0;
    i.votes = true; /* without a seat */
    assert_int_equal(itc_info_encode(bytes, sizeof bytes, &len, &i), ITC_E_FORM);
    i.software_len = 33;
    assert_int_equal(itc_info_encode(bytes, sizeof bytes, &len, &i), ITC_E_TOO_LARGE);
    i = an_info();
    i.software[0] = '\t';
    assert_int_equal(itc_info_encode(bytes, sizeof bytes, &len, &i), ITC_E_FORM);
    i = an_info();
    i.network = ITC_NETWORK_COUNT;
    assert_int_equal(itc_info_encode(bytes, sizeof bytes, &len, &i), ITC_E_FORM);
}

static void submitted(void **state)
{
    (void)state;
    struct itc_hash id = make_hash(1);
    EXPECT_BOTH_WAYS(itc_hash, submitted, &id);
}

static struct itc_jump a_jump(size_t cert_len, size_t path_len)
{
    return (struct itc_jump){.header = some_bytes,
        .cert = some_bytes + 100,
        .cert_len = cert_len,
        .path = some_bytes + 200,
        .path_len = path_len};
}

static void jump(void **state)
{
    (void)state;
    uint8_t bytes[ITC_REPLY_MAX];
    size_t len = 5;
    struct itc_jump j = a_jump(208, 3), out;
    EXPECT_BOTH_WAYS(itc_jump, jump, &j);
    j = a_jump(0, 0);
    EXPECT_BOTH_WAYS(itc_jump, jump, &j);
    j = a_jump(ITC_CERT_MAX + 1, 0);
    assert_int_equal(itc_jump_encode(bytes, sizeof bytes, &len, &j), ITC_E_TOO_LARGE);
    j = a_jump(0, ITC_MERKLE_DEPTH_MAX + 1);
    assert_int_equal(itc_jump_encode(bytes, sizeof bytes, &len, &j), ITC_E_TOO_LARGE);
    j.path_len = SIZE_MAX / 32 + 2;
    assert_int_equal(itc_jump_encode(bytes, sizeof bytes, &len, &j), ITC_E_TOO_LARGE);
    assert_int_equal(len, 5);
    j = a_jump(ITC_CERT_MAX, ITC_MERKLE_DEPTH_MAX);
    assert_int_equal(itc_jump_encode(bytes, sizeof bytes, &len, &j), ITC_OK);
    bytes[2 + 256]++; /* the certificate's length */
    assert_int_equal(itc_jump_decode(&out, bytes + 2, len - 2), ITC_E_TOO_LARGE);
    bytes[2 + 256]--;
    bytes[2 + 256 + 2 + ITC_CERT_MAX]++; /* the path's */
    assert_int_equal(itc_jump_decode(&out, bytes + 2, len - 2), ITC_E_TOO_LARGE);
}

static void account(void **state)
{
    (void)state;
    uint8_t bytes[ITC_REPLY_MAX];
    size_t len;
    struct itc_account_reply a = {.jump = a_jump(208, 3),
                                 .value = some_bytes,
                                 .proof = some_bytes,
                                 .proof_len = 67,
                                 .open_next_seq = 4,
                                 .open_spent = {ITC_SUPPLY_GRAINS}},
                             out;
    EXPECT_BOTH_WAYS(itc_account_reply, account_reply, &a);
    a.value = NULL;
    EXPECT_BOTH_WAYS(itc_account_reply, account_reply, &a);
    assert_int_equal(itc_account_reply_encode(bytes, sizeof bytes, &len, &a), ITC_OK);
    bytes[len - 8]++;
    assert_int_equal(itc_account_reply_decode(&out, bytes + 2, len - 2), ITC_E_FORM);
    bytes[len - 8]--;
    bytes[len - 8 - 8 - 67 - 2 - 1] = 2; /* has_value */
    assert_int_equal(itc_account_reply_decode(&out, bytes + 2, len - 2), ITC_E_FORM);
    a.proof_len = ITC_SMT_PROOF_MAX + 1;
    assert_int_equal(itc_account_reply_encode(bytes, sizeof bytes, &len, &a), ITC_E_TOO_LARGE);
    a.open_spent.grains++;
    assert_int_equal(itc_account_reply_encode(bytes, sizeof bytes, &len, &a), ITC_E_FORM);
}

static void the_largest_replies_fit(void **state)
{
    (void)state;
    uint8_t bytes[ITC_REPLY_MAX];
    size_t len;
    const struct itc_account_reply a = {.jump = a_jump(ITC_CERT_MAX, ITC_MERKLE_DEPTH_MAX),
        .value = some_bytes,
        .proof = some_bytes,
        .proof_len = ITC_SMT_PROOF_MAX};
    assert_int_equal(itc_account_reply_encode(bytes, sizeof bytes, &len, &a), ITC_OK);
    const struct itc_proof_reply p = {.jump = a.jump,
        .proof = {.header = some_bytes,
            .history_path = some_bytes,
            .history_path_len = ITC_MERKLE_DEPTH_MAX,
            .tx = some_bytes,
            .tx_len = ITC_TX_MAX,
            .tx_path = some_bytes,
            .tx_path_len = ITC_MERKLE_DEPTH_MAX}};
    assert_int_equal(itc_proof_reply_encode(bytes, sizeof bytes, &len, &p), ITC_OK);
}

static void tx_status(void **state)
{
    (void)state;
    uint8_t bytes[ITC_REPLY_MAX];
    size_t len;
    struct itc_tx_status out;
    for (int stage = ITC_STAGE_UNKNOWN; stage <= ITC_STAGE_FINAL; stage++) {
        struct itc_tx_status s = {.stage = (enum itc_stage)stage,
            .weight = 7,
            .verdict = ITC_VERDICT_EXPIRED,
            .milestone = 8,
            .position = 9};
        EXPECT_BOTH_WAYS(itc_tx_status, tx_status, &s);
        s.tx = some_bytes;
        s.tx_len = 155;
        EXPECT_BOTH_WAYS(itc_tx_status, tx_status, &s);
        assert_int_equal(itc_tx_status_encode(bytes, sizeof bytes, &len, &s), ITC_OK);
        assert_int_equal(itc_tx_status_decode(&out, bytes + 2, len - 2), ITC_OK);
        bool weighs = stage == ITC_STAGE_PENDING || stage == ITC_STAGE_CONFIRMED;
        assert_int_equal(out.weight, weighs ? 7 : 0);
        assert_int_equal(out.milestone, stage == ITC_STAGE_FINAL ? 8 : 0);
        assert_int_equal(out.tx_len, 155);
        bytes[2] = ITC_STAGE_FINAL + 1;
        assert_int_equal(itc_tx_status_decode(&out, bytes + 2, len - 2), ITC_E_FORM);
        s.tx_len = ITC_TX_MAX + 1;
        assert_int_equal(itc_tx_status_encode(bytes, sizeof bytes, &len, &s), ITC_E_TOO_LARGE);
        s.tx_len = 0; /* bytes without a length */
        assert_int_equal(itc_tx_status_encode(bytes, sizeof bytes, &len, &s), ITC_E_FORM);
    }
    struct itc_tx_status s = {.stage = ITC_STAGE_FINAL, .verdict = ITC_VERDICT_COUNT};
    assert_int_equal(itc_tx_status_encode(bytes, sizeof bytes, &len, &s), ITC_E_FORM);
    s.verdict = ITC_VERDICT_APPLIED;
    assert_int_equal(itc_tx_status_encode(bytes, sizeof bytes, &len, &s), ITC_OK);
    bytes[3] = ITC_VERDICT_COUNT;
    assert_int_equal(itc_tx_status_decode(&out, bytes + 2, len - 2), ITC_E_FORM);
    assert_string_equal(itc_stage_name(ITC_STAGE_FINAL), "final");
    assert_string_equal(itc_stage_name((enum itc_stage)9), "unknown-stage");
}

static void proof(void **state)
{
    (void)state;
    uint8_t bytes[ITC_REPLY_MAX];
    size_t len;
    struct itc_proof_reply p = {.jump = a_jump(208, 2),
                               .proof = {.header = some_bytes,
                                   .history_path = some_bytes,
                                   .history_path_len = 3,
                                   .site_id = make_hash(1),
                                   .verdict = ITC_VERDICT_DUST,
                                   .position = 5,
                                   .tx = some_bytes,
                                   .tx_len = 155,
                                   .tx_path = some_bytes,
                                   .tx_path_len = 4}},
                           out;
    EXPECT_BOTH_WAYS(itc_proof_reply, proof_reply, &p);
    assert_int_equal(itc_proof_reply_encode(bytes, sizeof bytes, &len, &p), ITC_OK);
    size_t at = 2 + (256 + 2 + 208 + 2 + 64) + 256 + 2 + 96 + 32;
    assert_int_equal(bytes[at], ITC_VERDICT_DUST);
    bytes[at] = ITC_VERDICT_COUNT;
    assert_int_equal(itc_proof_reply_decode(&out, bytes + 2, len - 2), ITC_E_FORM);
    p.proof.verdict = ITC_VERDICT_COUNT;
    assert_int_equal(itc_proof_reply_encode(bytes, sizeof bytes, &len, &p), ITC_E_FORM);
}

static void payments(void **state)
{
    (void)state;
    uint8_t bytes[ITC_REPLY_MAX];
    size_t len;
    struct itc_payments p = {.count = 3, .more = true}, out;
    for (uint32_t i = 0; i < 3; i++)
        p.list[i] = (struct itc_payment){.milestone = 5 + i / 2, .position = i, .tx_id = {{9}}};
    EXPECT_BOTH_WAYS(itc_payments, payments, &p);
    assert_int_equal(itc_payments_encode(bytes, sizeof bytes, &len, &p), ITC_OK);
    bytes[4] = 2; /* more */
    assert_int_equal(itc_payments_decode(&out, bytes + 2, len - 2), ITC_E_FORM);
    bytes[4] = 1;
    bytes[5] = 7; /* the first milestone after the second */
    assert_int_equal(itc_payments_decode(&out, bytes + 2, len - 2), ITC_E_FORM);
    bytes[5] = 5;
    bytes[13] = 1; /* the same place twice */
    assert_int_equal(itc_payments_decode(&out, bytes + 2, len - 2), ITC_E_FORM);
    bytes[2] = ITC_PAYMENTS_MAX + 1;
    assert_int_equal(itc_payments_decode(&out, bytes + 2, len - 2), ITC_E_TOO_LARGE);
    p.list[1] = p.list[0];
    assert_int_equal(itc_payments_encode(bytes, sizeof bytes, &len, &p), ITC_E_FORM);
    p.count = ITC_PAYMENTS_MAX + 1;
    assert_int_equal(itc_payments_encode(bytes, sizeof bytes, &len, &p), ITC_E_TOO_LARGE);
}

static void milestone(void **state)
{
    (void)state;
    uint8_t bytes[ITC_REPLY_MAX];
    size_t len;
    struct itc_milestone_reply m = {.header = some_bytes, .cert = some_bytes, .cert_len = 208};
    EXPECT_BOTH_WAYS(itc_milestone_reply, milestone_reply, &m);
    m.cert_len = 0; /* header 0 has none */
    EXPECT_BOTH_WAYS(itc_milestone_reply, milestone_reply, &m);
    m.cert_len = ITC_CERT_MAX + 1;
    assert_int_equal(itc_milestone_reply_encode(bytes, sizeof bytes, &len, &m), ITC_E_TOO_LARGE);
}

static void handover(void **state)
{
    (void)state;
    static struct itc_handover h = {.jump = {.header = some_bytes,
                                        .cert = some_bytes,
                                        .cert_len = 208,
                                        .path = some_bytes,
                                        .path_len = 3}};
    uint8_t bytes[ITC_REPLY_MAX];
    size_t len, at = 2 + 256 + 2 + 208 + 2 + 3 * 32;
    for (uint32_t n = 1; n <= ITC_VALIDATORS_MAX;
         n += 31) { /* a key of zeros is a seat like any other */
        h.next.n = n;
        EXPECT_BOTH_WAYS(itc_handover, handover, &h);
    }
    assert_int_equal(itc_handover_encode(bytes, sizeof bytes, &len, &h), ITC_OK);
    bytes[at] = 0;
    assert_int_equal(itc_handover_decode(&h, bytes + 2, at + 1 - 2), ITC_E_FORM);
    bytes[at] = 33;
    assert_int_equal(itc_handover_decode(&h, bytes + 2, at + 1 + 33 * 32 - 2), ITC_E_FORM);
    h.next.n = 0;
    assert_int_equal(itc_handover_encode(bytes, sizeof bytes, &len, &h), ITC_E_FORM);
    h.next.n = 33;
    assert_int_equal(itc_handover_encode(bytes, sizeof bytes, &len, &h), ITC_E_FORM);
    h.jump.cert_len = ITC_CERT_MAX + 1;
    h.next.n = 1;
    assert_int_equal(itc_handover_encode(bytes, sizeof bytes, &len, &h), ITC_E_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_go_both_ways),
        cmocka_unit_test(ill_formed_requests_are_refused),
        cmocka_unit_test(refusals_carry_a_text),
        cmocka_unit_test(what_is_no_reply_is_told),
        cmocka_unit_test(info),
        cmocka_unit_test(submitted),
        cmocka_unit_test(jump),
        cmocka_unit_test(account),
        cmocka_unit_test(the_largest_replies_fit),
        cmocka_unit_test(tx_status),
        cmocka_unit_test(proof),
        cmocka_unit_test(payments),
        cmocka_unit_test(milestone),
        cmocka_unit_test(handover),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
