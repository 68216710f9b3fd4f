#include "tests/unit/spv_make.h"

static void every_error_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int e = 0; e < ITC_ERR_COUNT; e++) {
        const char *name = itc_err_name((enum itc_err)e), *text = itc_err_text((enum itc_err)e);
        assert_true(strlen(name) >= 2 && strlen(text) >= 5);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
        assert_int_equal(text[strlen(text) - 1], '.');
        for (int other = 0; other < e; other++)
            assert_string_not_equal(name, itc_err_name((enum itc_err)other));
    }
    assert_string_equal(itc_err_name(ITC_E_SIGNATURE), "bad-signature");
    assert_string_equal(itc_err_name(ITC_ERR_COUNT), "unknown-error");
    assert_string_equal(itc_err_name((enum itc_err)255), "unknown-error");
    assert_true(strlen(itc_err_text((enum itc_err)255)) > 5);
}

static void sums_stay_within_the_supply(void **state)
{
    (void)state;
    struct itc_amount out = {7}, supply = {ITC_SUPPLY_GRAINS}, one = {1}, huge = {UINT64_MAX};
    assert_int_equal(itc_amount_add(&out, supply, one), ITC_E_OVERFLOW);
    assert_int_equal(itc_amount_add(&out, one, huge), ITC_E_OVERFLOW);
    assert_int_equal(itc_amount_add(&out, huge, one), ITC_E_OVERFLOW);
    assert_int_equal(itc_amount_sub(&out, one, supply), ITC_E_FUNDS);
    assert_int_equal(out.grains, 7);
    assert_int_equal(itc_amount_sub(&out, supply, one), ITC_OK);
    assert_int_equal(out.grains, ITC_SUPPLY_GRAINS - 1);
    assert_int_equal(itc_amount_add(&out, out, one), ITC_OK);
    assert_int_equal(out.grains, ITC_SUPPLY_GRAINS);
    assert_int_equal(itc_amount_sub(&out, one, one), ITC_OK);
    assert_int_equal(out.grains, 0);
}

static void amounts_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum itc_err err;
        uint64_t grains;
    } cases[] = {
        {"12.5", ITC_OK, 1250000000},
        {"0.00000001", ITC_OK, 1},
        {"0", ITC_OK, 0},
        {"007", ITC_OK, 700000000},
        {"100000000", ITC_OK, ITC_SUPPLY_GRAINS},
        {"100000000.00000000", ITC_OK, ITC_SUPPLY_GRAINS},
        {"99999999.99999999", ITC_OK, ITC_SUPPLY_GRAINS - 1},
        {"100000000.00000001", ITC_E_OVERFLOW, 0},
        {"184467440737.09551617", ITC_E_OVERFLOW, 0},
        {"99999999999999999999999999999999999999", ITC_E_OVERFLOW, 0},
        {"0.000000001", ITC_E_TOO_LARGE, 0},
        {"1.000000000", ITC_E_TOO_LARGE, 0},
        {"", ITC_E_FORM, 0},
        {".", ITC_E_FORM, 0},
        {".5", ITC_E_FORM, 0},
        {"5.", ITC_E_FORM, 0},
        {"1.2.3", ITC_E_FORM, 0},
        {"-1", ITC_E_FORM, 0},
        {"+1", ITC_E_FORM, 0},
        {"1e3", ITC_E_FORM, 0},
        {" 1", ITC_E_FORM, 0},
        {"1 ", ITC_E_FORM, 0},
        {"1,5", ITC_E_FORM, 0},
        {"1.5x", ITC_E_FORM, 0},
        {"0x10", ITC_E_FORM, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct itc_amount out = {42};
        assert_int_equal(
            itc_amount_parse(&out, cases[i].text, strlen(cases[i].text)), cases[i].err);
        assert_int_equal(out.grains, cases[i].err ? 42 : cases[i].grains);
    }
    struct itc_amount out;
    assert_int_equal(itc_amount_parse(&out, "1\0", 2), ITC_E_FORM);
}

static void amounts_are_written_in_the_shortest_form(void **state)
{
    (void)state;
    static const struct {
        uint64_t grains;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0.00000001"},
        {10, "0.0000001"},
        {100000000, "1"},
        {1250000000, "12.5"},
        {1000000000, "10"},
        {ITC_SUPPLY_GRAINS, "100000000"},
        {ITC_SUPPLY_GRAINS - 1, "99999999.99999999"},
        {UINT64_MAX, "184467440737.09551615"},
    };
    char text[ITC_AMOUNT_TEXT];
    for (size_t i = 0; i < COUNT(cases); i++) {
        itc_amount_format(text, (struct itc_amount){cases[i].grains});
        assert_string_equal(text, cases[i].text);
    }
    uint64_t seed = 1;
    for (int i = 0; i < 1000; i++) {
        struct itc_amount a = {make_random(&seed) % (ITC_SUPPLY_GRAINS + 1)}, back;
        itc_amount_format(text, a);
        assert_int_equal(itc_amount_parse(&back, text, strlen(text)), ITC_OK);
        assert_int_equal(back.grains, a.grains);
    }
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x9f, 0xab, 0xff};
    uint8_t out[4] = {1, 2, 3, 4};
    char text[9];
    itc_hex_encode(text, bytes, sizeof bytes);
    assert_string_equal(text, "009fabff");
    assert_int_equal(itc_hex_decode(out, 4, "009fabf", 7), ITC_E_FORM);
    assert_int_equal(itc_hex_decode(out, 4, "009fabff00", 10), ITC_E_FORM);
    assert_int_equal(itc_hex_decode(out, 4, "009fabfg", 8), ITC_E_FORM);
    assert_int_equal(itc_hex_decode(out, 4, "009fab f", 8), ITC_E_FORM);
    assert_int_equal(itc_hex_decode(out, SIZE_MAX / 2 + 1, "", 0), ITC_E_FORM);
    assert_int_equal(out[0], 1);
    assert_int_equal(itc_hex_decode(out, 4, "009FaBff", 8), ITC_OK);
    assert_memory_equal(out, bytes, 4);
    assert_int_equal(itc_hex_decode(out, 0, "", 0), ITC_OK);
}

static void ids_have_one_order(void **state)
{
    (void)state;
    struct itc_hash zero = {{0}}, low = {{0}}, high = {{0}};
    low.b[31] = 1;
    high.b[0] = 0x80;
    assert_true(itc_hash_compare(&low, &high) < 0 && itc_hash_compare(&high, &low) > 0);
    assert_true(itc_hash_equal(&low, &low) && !itc_hash_equal(&low, &high));
    assert_true(itc_hash_is_zero(&zero) && !itc_hash_is_zero(&low) && !itc_hash_is_zero(&high));
    struct itc_key a = {{1}}, b = {{1}}, c = {{2}};
    assert_true(itc_key_equal(&a, &b) && !itc_key_equal(&a, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_name_and_a_sentence),
        cmocka_unit_test(sums_stay_within_the_supply),
        cmocka_unit_test(amounts_are_read_exactly),
        cmocka_unit_test(amounts_are_written_in_the_shortest_form),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(ids_have_one_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
