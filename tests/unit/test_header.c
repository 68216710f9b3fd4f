#include "tests/unit/spv_make.h"

#include "spv/header.h"
#include "spv/merkle.h"

static const struct itc_hash chain = {{7}};

static struct itc_header a_header(void)
{
    return (struct itc_header){
        .flags = ITC_HEADER_EPOCH_END,
        .work_bits = 14,
        .index = 0x0102030405060708,
        .time_ms = 1700000000000,
        .epoch = 3,
        .site_count = 9,
        .prev = make_hash(1),
        .history_root = make_hash(2),
        .tx_root = make_hash(3),
        .state_root = make_hash(4),
        .committee = make_hash(5),
        .next_committee = make_hash(6),
        .body_hash = make_hash(7),
    };
}

static void headers_go_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[ITC_HEADER_SIZE + 1] = {0}, again[ITC_HEADER_SIZE];
    struct itc_header h = a_header(), out = {.epoch = 77};
    itc_header_encode(bytes, &h);
    assert_int_equal(bytes[0], ITC_HEADER_VERSION);
    assert_int_equal(bytes[8], 0x08); /* index, little-endian */
    assert_memory_equal(bytes + 32, h.prev.b, 32);
    assert_memory_equal(bytes + 224, h.body_hash.b, 32);
    for (size_t n = 0; n < ITC_HEADER_SIZE; n++)
        assert_int_equal(itc_header_decode(&out, bytes, n), ITC_E_TRUNCATED);
    assert_int_equal(itc_header_decode(&out, bytes, sizeof bytes), ITC_E_TRAILING);
    assert_int_equal(out.epoch, 77);
    assert_int_equal(itc_header_decode(&out, bytes, ITC_HEADER_SIZE), ITC_OK);
    assert_int_equal(out.index, h.index);
    itc_header_encode(again, &out);
    assert_memory_equal(again, bytes, ITC_HEADER_SIZE);
}

static void ill_formed_headers_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[ITC_HEADER_SIZE];
    struct itc_header h = a_header(), out;
    itc_header_encode(bytes, &h);
    bytes[1] = 1;
    assert_int_equal(itc_header_decode(&out, bytes, sizeof bytes), ITC_E_VERSION);
    h.flags = 2;
    itc_header_encode(bytes, &h);
    assert_int_equal(itc_header_decode(&out, bytes, sizeof bytes), ITC_E_FORM);
    h.flags = 0;
    h.work_bits = 65;
    itc_header_encode(bytes, &h);
    assert_int_equal(itc_header_decode(&out, bytes, sizeof bytes), ITC_E_FORM);
    h.work_bits = 64;
    itc_header_encode(bytes, &h);
    assert_int_equal(itc_header_decode(&out, bytes, sizeof bytes), ITC_OK);
}

static void the_id_covers_every_byte(void **state)
{
    (void)state;
    uint8_t bytes[ITC_HEADER_SIZE];
    struct itc_header h = a_header();
    struct itc_hash id, changed;
    itc_header_encode(bytes, &h);
    itc_header_id(&id, &chain, bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 1;
        itc_header_id(&changed, &chain, bytes);
        assert_false(itc_hash_equal(&id, &changed));
        bytes[i] ^= 1;
    }
}

static void verdicts_have_names(void **state)
{
    (void)state;
    for (int v = 0; v < ITC_VERDICT_COUNT; v++) {
        bool final = v == ITC_VERDICT_APPLIED || v == ITC_VERDICT_STALE_SEQ ||
                     v == ITC_VERDICT_EXPIRED || v == ITC_VERDICT_TAKEN;
        assert_true(strlen(itc_verdict_name((enum itc_verdict)v)) >= 4);
        assert_int_equal(itc_verdict_is_final((enum itc_verdict)v), final);
    }
    assert_string_equal(itc_verdict_name(ITC_VERDICT_NO_ACCOUNT), "no-account");
    assert_string_equal(itc_verdict_name(ITC_VERDICT_COUNT), "unknown-verdict");
    assert_false(itc_verdict_is_final(ITC_VERDICT_COUNT));
}

static void a_tx_leaf_is_a_leaf_of_65_bytes(void **state)
{
    (void)state;
    struct itc_hash site = make_hash(1), tx = make_hash(2), leaf, model;
    uint8_t bytes[65];
    memcpy(bytes, site.b, 32);
    memcpy(bytes + 32, tx.b, 32);
    bytes[64] = ITC_VERDICT_EXPIRED;
    itc_tx_leaf(&leaf, &site, &tx, ITC_VERDICT_EXPIRED);
    itc_merkle_leaf(&model, bytes, sizeof bytes);
    assert_true(itc_hash_equal(&leaf, &model));
}

/* Two quorums share at least one honest member, and the honest alone can form one. */
static void quorums_intersect(void **state)
{
    (void)state;
    static const uint32_t expected[] = {0, 1, 2, 2, 3, 4, 4, 5};
    for (uint32_t n = 1; n <= ITC_VALIDATORS_MAX; n++) {
        uint32_t f = itc_committee_faults(n), q = itc_committee_quorum(n);
        assert_true(2 * q - n >= f + 1);
        assert_true(q <= n - f || n < 4);
        if (n < COUNT(expected))
            assert_int_equal(q, expected[n]);
    }
    assert_int_equal(itc_committee_faults(32), 10);
    assert_int_equal(itc_committee_quorum(32), 22);
}

/* A committee of n, its header, and the certificate that `signers` (a bitmap) give it. */
struct signed_header {
    struct itc_committee committee;
    struct itc_header header;
    struct itc_hash id;
    struct itc_cert cert;
};

static void make_signed(struct signed_header *s, uint32_t n, uint32_t signers)
{
    uint8_t bytes[ITC_HEADER_SIZE];
    struct itc_hash message;
    uint32_t count = 0;
    s->committee.n = n;
    for (uint32_t i = 0; i < n; i++)
        s->committee.keys[i] = make_key(100 + i);
    s->header = a_header();
    itc_committee_hash(&s->header.committee, &chain, &s->committee);
    itc_header_encode(bytes, &s->header);
    itc_header_id(&s->id, &chain, bytes);
    s->cert = (struct itc_cert){.view = 2, .index = s->header.index, .signers = signers};
    const struct itc_slot slot = {s->header.epoch, 2, s->header.index};
    itc_vote_message(&message, ITC_TAG_COMMIT, &chain, &slot, &s->id);
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++) {
        struct itc_signer signer;
        if (!(signers >> i & 1))
            continue;
        make_signer(&signer, 100 + i);
        itc_signer_sign(&signer, &message, &s->cert.sigs[count++]);
    }
}

static enum itc_err verify(const struct signed_header *s)
{
    return itc_cert_verify(&s->cert, &s->header, &s->id, &chain, &s->committee);
}

static void exactly_a_quorum_makes_a_header_final(void **state)
{
    (void)state;
    static struct signed_header s;
    for (uint32_t signers = 1; signers < 32; signers++) { /* the fifth is no member */
        make_signed(&s, 4, signers);
        bool good = itc_cert_count(&s.cert) == 3 && signers < 16;
        assert_int_equal(verify(&s), good ? ITC_OK : ITC_E_QUORUM);
    }
    make_signed(&s, 1, 1);
    assert_int_equal(verify(&s), ITC_OK);
    make_signed(&s, 32, 0xfffffc00);
    assert_int_equal(verify(&s), ITC_OK);
}

static void a_certificate_is_for_one_header_view_and_committee(void **state)
{
    (void)state;
    static struct signed_header s;
    make_signed(&s, 4, 7);
    s.cert.view = 3;
    assert_int_equal(verify(&s), ITC_E_SIGNATURE);
    make_signed(&s, 4, 7);
    s.cert.index++;
    assert_int_equal(verify(&s), ITC_E_QUORUM);
    make_signed(&s, 4, 7);
    s.header.epoch++;
    assert_int_equal(verify(&s), ITC_E_SIGNATURE);
    make_signed(&s, 4, 7);
    s.id.b[0] ^= 1;
    assert_int_equal(verify(&s), ITC_E_SIGNATURE);
    make_signed(&s, 4, 7);
    s.cert.signers = 11; /* another has signed in the place of validator 3 */
    assert_int_equal(verify(&s), ITC_E_SIGNATURE);
    make_signed(&s, 4, 7);
    s.committee.keys[3] = make_key(999);
    assert_int_equal(verify(&s), ITC_E_CHAIN);
    make_signed(&s, 4, 7);
    s.cert.sigs[2] = s.cert.sigs[1]; /* one signature does not count for two */
    assert_int_equal(verify(&s), ITC_E_SIGNATURE);
}

static void votes_of_other_phases_do_not_count(void **state)
{
    (void)state;
    struct itc_hash prepare, commit, id = make_hash(1);
    const struct itc_slot slot = {1, 2, 3};
    itc_vote_message(&prepare, ITC_TAG_PREPARE, &chain, &slot, &id);
    itc_vote_message(&commit, ITC_TAG_COMMIT, &chain, &slot, &id);
    assert_false(itc_hash_equal(&prepare, &commit));
}

static void certificates_go_both_ways(void **state)
{
    (void)state;
    static struct signed_header s;
    static struct itc_cert out;
    uint8_t bytes[ITC_CERT_MAX + 1] = {0}, again[ITC_CERT_MAX];
    make_signed(&s, 4, 13);
    size_t len = itc_cert_encode(bytes, &s.cert);
    assert_int_equal(len, ITC_CERT_FIXED + 3 * 64);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(itc_cert_decode(&out, bytes, n), ITC_E_TRUNCATED);
    assert_int_equal(itc_cert_decode(&out, bytes, len + 1), ITC_E_TRAILING);
    assert_int_equal(out.signers, 0);
    assert_int_equal(itc_cert_decode(&out, bytes, len), ITC_OK);
    assert_int_equal(itc_cert_encode(again, &out), len);
    assert_memory_equal(again, bytes, len);
    memset(bytes + 12, 0, 4); /* no signer */
    assert_int_equal(itc_cert_decode(&out, bytes, ITC_CERT_FIXED), ITC_E_FORM);

    make_signed(&s, 32, UINT32_MAX);
    assert_int_equal(itc_cert_encode(bytes, &s.cert), ITC_CERT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_go_both_ways),
        cmocka_unit_test(ill_formed_headers_are_refused),
        cmocka_unit_test(the_id_covers_every_byte),
        cmocka_unit_test(verdicts_have_names),
        cmocka_unit_test(a_tx_leaf_is_a_leaf_of_65_bytes),
        cmocka_unit_test(quorums_intersect),
        cmocka_unit_test(exactly_a_quorum_makes_a_header_final),
        cmocka_unit_test(a_certificate_is_for_one_header_view_and_committee),
        cmocka_unit_test(votes_of_other_phases_do_not_count),
        cmocka_unit_test(certificates_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
