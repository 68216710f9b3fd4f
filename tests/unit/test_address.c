#include "tests/unit/spv_make.h"

#include "spv/address.h"

static enum itc_err decode(struct itc_key *out, enum itc_network net, const char *text)
{
    return itc_address_decode(out, net, text, strlen(text));
}

static void addresses_go_both_ways(void **state)
{
    (void)state;
    static const char *const starts[] = {"itc1q", "titc1q", "ritc1q"};
    for (uint64_t i = 0; i < 20; i++) {
        struct itc_key key = make_key(i), out;
        for (int net = 0; net < ITC_NETWORK_COUNT; net++) {
            char text[ITC_ADDRESS_TEXT];
            itc_address_encode(text, (enum itc_network)net, &key);
            assert_int_equal(strncmp(text, starts[net], strlen(starts[net])), 0);
            assert_int_equal(decode(&out, (enum itc_network)net, text), ITC_OK);
            assert_true(itc_key_equal(&out, &key));
            for (char *c = text; *c; c++) /* as a QR code would have it */
                *c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
            assert_int_equal(decode(&out, (enum itc_network)net, text), ITC_OK);
        }
    }
}

static void typing_errors_are_found(void **state)
{
    (void)state;
    static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    struct itc_key key = make_key(1), out = {{55}};
    char good[ITC_ADDRESS_TEXT], bad[ITC_ADDRESS_TEXT];
    itc_address_encode(good, ITC_NETWORK_PRIVATE, &key);
    size_t len = strlen(good);
    for (size_t i = 5; i < len; i++)
        for (size_t c = 0; c < 32; c++) {
            memcpy(bad, good, sizeof bad);
            bad[i] = charset[c];
            if (bad[i] != good[i])
                assert_int_equal(decode(&out, ITC_NETWORK_PRIVATE, bad), ITC_E_CHECKSUM);
        }
    memcpy(bad, good, sizeof bad);
    bad[10] = good[11], bad[11] = good[10];
    assert_int_equal(
        decode(&out, ITC_NETWORK_PRIVATE, bad), good[10] == good[11] ? ITC_OK : ITC_E_CHECKSUM);
    for (size_t n = 0; n < len; n++)
        assert_true(itc_address_decode(&out, ITC_NETWORK_PRIVATE, good, n) != ITC_OK);
    assert_int_equal(out.b[0], 55);
}

static void what_is_no_address_is_told_apart(void **state)
{
    (void)state;
    struct itc_key key = make_key(1), out;
    char text[ITC_ADDRESS_TEXT];
    uint8_t groups[54] = {0};
    itc_address_encode(text, ITC_NETWORK_TEST, &key);
    assert_int_equal(decode(&out, ITC_NETWORK_MAIN, text), ITC_E_CHAIN);
    assert_int_equal(decode(&out, ITC_NETWORK_PRIVATE, text), ITC_E_CHAIN);
    text[6] = 'B'; /* not in the set; and mixed case */
    assert_int_equal(decode(&out, ITC_NETWORK_TEST, text), ITC_E_FORM);

    /* 33 zero bytes: type 0, and a key that is no point. */
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "itc", groups, 53), ITC_OK);
    assert_int_equal(decode(&out, ITC_NETWORK_MAIN, text), ITC_E_SIGNATURE);
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "itc", groups, 52), ITC_OK);
    assert_int_equal(decode(&out, ITC_NETWORK_MAIN, text), ITC_E_FORM);
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "itc", groups, 54), ITC_OK);
    assert_int_equal(decode(&out, ITC_NETWORK_MAIN, text), ITC_E_FORM);
    groups[52] = 1; /* the bit of padding */
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "itc", groups, 53), ITC_OK);
    assert_int_equal(decode(&out, ITC_NETWORK_MAIN, text), ITC_E_FORM);
    groups[52] = 0;
    groups[1] = 4; /* the lowest bit of the type byte */
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "itc", groups, 53), ITC_OK);
    assert_int_equal(decode(&out, ITC_NETWORK_MAIN, text), ITC_E_VERSION);
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "itcx", groups, 53), ITC_OK);
    assert_int_equal(decode(&out, ITC_NETWORK_MAIN, text), ITC_E_CHAIN);
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "it", groups, 53), ITC_OK);
    assert_int_equal(decode(&out, ITC_NETWORK_MAIN, text), ITC_E_CHAIN);
}

static void bech32m_respects_its_bounds(void **state)
{
    (void)state;
    char text[100] = "unchanged", hrp[90];
    uint8_t data[90] = {0};
    size_t len = 77;
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "", data, 1), ITC_E_FORM);
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "A", data, 1), ITC_E_FORM);
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "a b", data, 1), ITC_E_FORM);
    data[1] = 32;
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "a", data, 2), ITC_E_FORM);
    data[1] = 0;
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "a", data, 83), ITC_E_TOO_LARGE);
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "a", data, SIZE_MAX), ITC_E_TOO_LARGE);
    assert_int_equal(itc_bech32m_encode(text, 8, "a", data, 0), ITC_E_TOO_LARGE);
    assert_string_equal(text, "unchanged");
    assert_int_equal(itc_bech32m_encode(text, 9, "a", data, 0), ITC_OK);
    assert_int_equal(itc_bech32m_encode(text, sizeof text, "ab", data, 81), ITC_OK);
    assert_int_equal(strlen(text), 90);

    assert_int_equal(itc_bech32m_decode(hrp, 2, data, 90, &len, text, 90), ITC_E_TOO_LARGE);
    assert_int_equal(itc_bech32m_decode(hrp, 3, data, 80, &len, text, 90), ITC_E_TOO_LARGE);
    assert_int_equal(len, 77);
    assert_int_equal(itc_bech32m_decode(hrp, 3, data, 81, &len, text, 90), ITC_OK);
    assert_string_equal(hrp, "ab");
    assert_int_equal(len, 81);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_go_both_ways),
        cmocka_unit_test(typing_errors_are_found),
        cmocka_unit_test(what_is_no_address_is_told_apart),
        cmocka_unit_test(bech32m_respects_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
