#include "tests/unit/spv_make.h"

static void what_a_signer_signs_verifies(void **state)
{
    (void)state;
    struct itc_signer signer;
    struct itc_hash message = make_hash(1), other = make_hash(2);
    struct itc_sig sig, again;
    make_signer(&signer, 7);
    itc_signer_sign(&signer, &message, &sig);
    itc_signer_sign(&signer, &message, &again);
    assert_memory_equal(sig.b, again.b, sizeof sig.b); /* a replayed run is the same run */
    assert_int_equal(itc_sig_verify(&signer.key, &message, &sig), ITC_OK);
    assert_int_equal(itc_sig_verify(&signer.key, &other, &sig), ITC_E_SIGNATURE);
    struct itc_key stranger = make_key(8);
    assert_int_equal(itc_sig_verify(&stranger, &message, &sig), ITC_E_SIGNATURE);
    for (size_t i = 0; i < sizeof sig.b; i++) {
        again = sig;
        again.b[i] ^= 1;
        assert_int_equal(itc_sig_verify(&signer.key, &message, &again), ITC_E_SIGNATURE);
    }
}

static void a_parsed_key_serves_many_checks(void **state)
{
    (void)state;
    struct itc_signer signer;
    struct itc_pubkey parsed;
    make_signer(&signer, 9);
    assert_int_equal(itc_pubkey_parse(&parsed, &signer.key), ITC_OK);
    for (uint64_t i = 0; i < 5; i++) {
        struct itc_hash message = make_hash(i);
        struct itc_sig sig;
        itc_signer_sign(&signer, &message, &sig);
        assert_int_equal(itc_pubkey_verify(&parsed, &message, &sig), ITC_OK);
        sig.b[63] ^= 1;
        assert_int_equal(itc_pubkey_verify(&parsed, &message, &sig), ITC_E_SIGNATURE);
    }
}

static void bad_keys_are_refused(void **state)
{
    (void)state;
    struct itc_signer signer = {.ctx = NULL};
    struct itc_secret zero = {{0}}, order;
    struct itc_pubkey parsed;
    struct itc_key off_curve;
    struct itc_hash message = make_hash(1);
    struct itc_sig sig = {{0}};
    /* The order of the group (SEC 2, 2.4.1), and BIP340's vector 5: not on the curve. */
    assert_int_equal(itc_hex_decode(order.b, 32,
                         "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 64),
        ITC_OK);
    assert_int_equal(itc_hex_decode(off_curve.b, 32,
                         "eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34", 64),
        ITC_OK);
    assert_int_equal(itc_signer_init(&signer, &zero), ITC_E_SIGNATURE);
    assert_int_equal(itc_signer_init(&signer, &order), ITC_E_SIGNATURE);
    assert_null(signer.ctx);
    assert_int_equal(itc_pubkey_parse(&parsed, &off_curve), ITC_E_SIGNATURE);
    assert_int_equal(itc_sig_verify(&off_curve, &message, &sig), ITC_E_SIGNATURE);
    order.b[31]--; /* the greatest secret there is */
    assert_int_equal(itc_signer_init(&signer, &order), ITC_OK);
}

static void wiping_leaves_nothing(void **state)
{
    (void)state;
    struct itc_signer signer;
    make_signer(&signer, 10);
    itc_signer_wipe(&signer);
    const uint8_t *bytes = (const uint8_t *)&signer;
    for (size_t i = 0; i < sizeof signer; i++)
        assert_int_equal(bytes[i], 0);
    itc_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_signer_signs_verifies),
        cmocka_unit_test(a_parsed_key_serves_many_checks),
        cmocka_unit_test(bad_keys_are_refused),
        cmocka_unit_test(wiping_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
