#include "tests/unit/spv_make.h"

#include "spv/site.h"

static const struct itc_hash chain = {{7}};

/* A site of `parents` parents, their first bytes 10, 20, 30 ...; returns its size. */
static size_t a_site(uint8_t out[ITC_SITE_MAX], uint32_t parents)
{
    uint8_t tx[ITC_TX_MAX];
    struct itc_site s = {.anchor = 5, .parent_count = parents, .tx_bytes = tx, .nonce = 0x1122};
    size_t len;
    s.tx_len = make_transfer(tx, &chain, 1);
    for (uint32_t i = 0; i < parents; i++)
        s.parents[i].b[0] = (uint8_t)(10 * (i + 1));
    assert_int_equal(itc_site_encode(out, ITC_SITE_MAX, &len, &s), ITC_OK);
    return len;
}

static enum itc_err decode(const uint8_t *bytes, size_t len)
{
    struct itc_site s = {.anchor = 99};
    uint8_t *exact = make_exact(bytes, len);
    enum itc_err e = itc_site_decode(&s, exact, len);
    free(exact);
    assert_true(e == ITC_OK || s.anchor == 99);
    return e;
}

static void sites_go_both_ways(void **state)
{
    (void)state;
    for (uint32_t parents = 0; parents <= ITC_SITE_PARENTS_MAX; parents++) {
        uint8_t bytes[ITC_SITE_MAX], again[ITC_SITE_MAX];
        struct itc_site s;
        size_t len = a_site(bytes, parents), again_len;
        assert_int_equal(len, ITC_SITE_FIXED + 32 * parents + ITC_TX_TRANSFER);
        assert_int_equal(itc_site_decode(&s, bytes, len), ITC_OK);
        assert_int_equal(s.anchor, 5);
        assert_int_equal(s.parent_count, parents);
        assert_int_equal(s.nonce, 0x1122);
        assert_int_equal(s.tx.u.transfer.amount.grains, 5);
        assert_int_equal(itc_site_encode(again, sizeof again, &again_len, &s), ITC_OK);
        assert_int_equal(again_len, len);
        assert_memory_equal(again, bytes, len);
        assert_int_equal(itc_site_encode(again, len - 1, &again_len, &s), ITC_E_TOO_LARGE);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[ITC_SITE_MAX + 1] = {0};
    size_t len = a_site(bytes, 2);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(decode(bytes, n), ITC_E_TRUNCATED);
    assert_int_equal(decode(bytes, len + 1), ITC_E_TRAILING);
    assert_int_equal(decode(bytes, sizeof bytes), ITC_E_TOO_LARGE);
}

static void ill_formed_sites_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[ITC_SITE_MAX];
    size_t len = a_site(bytes, 2);
    bytes[0] = 2;
    assert_int_equal(decode(bytes, len), ITC_E_VERSION);
    bytes[0] = 1;
    bytes[1] = ITC_SITE_PARENTS_MAX + 1;
    assert_int_equal(decode(bytes, len), ITC_E_TOO_LARGE);
    bytes[1] = 2;
    bytes[10] = 20; /* the first parent equals the second */
    assert_int_equal(decode(bytes, len), ITC_E_FORM);
    bytes[10] = 21; /* and now exceeds it */
    assert_int_equal(decode(bytes, len), ITC_E_FORM);
    bytes[10] = 10;
    bytes[74] = 9; /* the version of the tx */
    assert_int_equal(decode(bytes, len), ITC_E_VERSION);
}

static void ill_formed_sites_are_not_written(void **state)
{
    (void)state;
    uint8_t out[ITC_SITE_MAX], tx[ITC_TX_MAX];
    size_t len = 99;
    struct itc_site s = {.parent_count = ITC_SITE_PARENTS_MAX + 1, .tx_bytes = tx};
    assert_int_equal(itc_site_encode(out, sizeof out, &len, &s), ITC_E_TOO_LARGE);
    s.parent_count = 2; /* twice the same */
    assert_int_equal(itc_site_encode(out, sizeof out, &len, &s), ITC_E_FORM);
    s.parent_count = 0;
    s.tx_len = ITC_TX_MAX + 1;
    assert_int_equal(itc_site_encode(out, sizeof out, &len, &s), ITC_E_TOO_LARGE);
    assert_int_equal(len, 99);
}

static void the_stem_leaves_out_the_nonce_alone(void **state)
{
    (void)state;
    uint8_t bytes[ITC_SITE_MAX];
    size_t len = a_site(bytes, 2);
    struct itc_hash id, stem, changed;
    itc_site_id(&id, &chain, bytes, len);
    itc_site_stem(&stem, &chain, bytes, len);
    assert_false(itc_hash_equal(&id, &stem));
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 1;
        itc_site_id(&changed, &chain, bytes, len);
        assert_false(itc_hash_equal(&id, &changed));
        itc_site_stem(&changed, &chain, bytes, len);
        assert_int_equal(itc_hash_equal(&stem, &changed), i >= len - 8);
        bytes[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sites_go_both_ways),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(ill_formed_sites_are_refused),
        cmocka_unit_test(ill_formed_sites_are_not_written),
        cmocka_unit_test(the_stem_leaves_out_the_nonce_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
