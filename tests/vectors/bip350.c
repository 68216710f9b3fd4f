/* bip350.c - bech32m against the test vectors of BIP350 (Pieter Wuille), section "Test vectors for Bech32m". */
#include "tests/vectors/vectors.h"

#include "spv/address.h"

static enum itc_err decode(char hrp[84], uint8_t data[90], size_t *len, const char *text)
{
    return itc_bech32m_decode(hrp, 84, data, 90, len, text, strlen(text));
}

static void valid_strings(void **state)
{
    (void)state;
    static const char *const valid[] = {
        "A1LQFN3A",
        "a1lqfn3a",
        "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg"
        "6",
        "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
        "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr"
        "8",
        "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
        "?1v759aa",
    };
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        char hrp[84], again[91], lower[91] = {0};
        uint8_t data[90];
        size_t len;
        assert_int_equal(decode(hrp, data, &len, valid[i]), ITC_OK);
        assert_int_equal(itc_bech32m_encode(again, sizeof again, hrp, data, len), ITC_OK);
        for (size_t k = 0; k < strlen(valid[i]); k++)
            lower[k] =
                (char)(valid[i][k] >= 'A' && valid[i][k] <= 'Z' ? valid[i][k] + 32 : valid[i][k]);
        assert_string_equal(again, lower);
        lower[strlen(lower) - 8] ^= 1; /* as the BIP asks: changing a character makes it invalid */
        assert_true(decode(hrp, data, &len, lower) != ITC_OK);
    }
}

static void invalid_strings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum itc_err err;
    } invalid[] = {
        {"\x20"
         "1xj0phk",
            ITC_E_FORM}, /* prefix character out of range */
        {"\x7f"
         "1g6xzxy",
            ITC_E_FORM}, /* prefix character out of range */
        {"\x80"
         "1vctc34",
            ITC_E_FORM}, /* prefix character out of range */
        {"an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pt"
         "s4",
            ITC_E_FORM},               /* too long */
        {"qyrz8wqd2c9m", ITC_E_FORM},  /* no separator */
        {"1qyrz8wqd2c9m", ITC_E_FORM}, /* empty prefix */
        {"y1b0jsk6g", ITC_E_FORM},     /* data character */
        {"lt1igcx5c0", ITC_E_FORM},    /* data character */
        {"in1muywd", ITC_E_FORM},      /* checksum too short */
        {"mm1crxm3i", ITC_E_FORM},     /* character in the checksum */
        {"au1s5cgom", ITC_E_FORM},     /* character in the checksum */
        {"M1VUXWEZ", ITC_E_CHECKSUM},  /* checksum of the upper-case prefix */
        {"16plkw9", ITC_E_FORM},       /* empty prefix */
        {"1p2gdwpf", ITC_E_FORM},      /* empty prefix */
        {"A12UEL5L", ITC_E_CHECKSUM},  /* valid in BIP173: the older constant */
    };
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        char hrp[84];
        uint8_t data[90];
        size_t len;
        assert_int_equal(decode(hrp, data, &len, invalid[i].text), invalid[i].err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_strings),
        cmocka_unit_test(invalid_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
