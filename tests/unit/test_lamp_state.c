#include "tests/unit/spv_make.h"

#include "tools/lamp_state.h"

/* A proved payment of `grains` to account 2, applied at (milestone, position). */
static struct itc_tx_fact make_fact(uint64_t grains, uint64_t milestone, uint32_t position)
{
    struct itc_tx_fact f = {.verdict = ITC_VERDICT_APPLIED,
        .milestone = milestone,
        .position = position,
        .tx.kind = ITC_KIND_TRANSFER};
    f.tx.issuer = make_key(1);
    f.tx.u.transfer.to = make_key(2);
    f.tx.u.transfer.amount.grains = grains;
    return f;
}

static void the_price_is_exact_and_never_wraps(void **state)
{
    (void)state;
    static const struct {
        uint64_t grains;
        uint32_t tariff_s;
        uint64_t ms;
    } cases[] = {
        {ITC_GRAINS_PER_ITC, 60, 60000},
        {ITC_GRAINS_PER_ITC * 3 / 2, 60, 90000},
        {1, 60, 0},
        {1666, 60, 0},
        {1667, 60, 1},
        {1, ITC_LAMP_TARIFF_MAX_S, 10},
        {ITC_SUPPLY_GRAINS, 1, 100000000000u},
        {ITC_SUPPLY_GRAINS - 1, ITC_LAMP_TARIFF_MAX_S, 99999999999999990u},
        {ITC_SUPPLY_GRAINS, ITC_LAMP_TARIFF_MAX_S, 100000000000000000u},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(
            itc_lamp_state_price_ms((struct itc_amount){cases[i].grains}, cases[i].tariff_s),
            cases[i].ms);
}

static void payments_add_up_and_stop_at_the_bound(void **state)
{
    (void)state;
    struct itc_lamp_state s = {0};
    struct itc_key own = make_key(2);
    uint64_t bought;
    struct itc_tx_fact f = make_fact(ITC_GRAINS_PER_ITC, 3, 0);
    assert_int_equal(itc_lamp_state_pay(&s, &bought, &f, &own, 60), ITC_OK);
    f = make_fact(ITC_GRAINS_PER_ITC / 2, 3, 1);
    assert_int_equal(itc_lamp_state_pay(&s, &bought, &f, &own, 60), ITC_OK);
    assert_int_equal(bought, 30000);
    assert_int_equal(s.lit_ms, 90000);

    f = make_fact(ITC_SUPPLY_GRAINS, 4, 0);
    assert_int_equal(itc_lamp_state_pay(&s, &bought, &f, &own, ITC_LAMP_TARIFF_MAX_S), ITC_OK);
    assert_int_equal(s.lit_ms, ITC_LAMP_LIT_MAX_MS);
    f = make_fact(1, 5, 0);
    assert_int_equal(itc_lamp_state_pay(&s, &bought, &f, &own, ITC_LAMP_TARIFF_MAX_S), ITC_OK);
    assert_int_equal(s.lit_ms, ITC_LAMP_LIT_MAX_MS);
}

static void the_cursor_only_moves_forward(void **state)
{
    (void)state;
    static const struct {
        uint64_t milestone;
        uint32_t position;
        enum itc_err result;
    } cases[] = {
        {7, 4, ITC_OK},
        {7, 4, ITC_E_OLDER}, /* the same payment again */
        {7, 3, ITC_E_OLDER},
        {6, 9, ITC_E_OLDER},
        {7, 5, ITC_OK},
        {8, 0, ITC_OK},
    };
    struct itc_lamp_state s = {0};
    struct itc_key own = make_key(2);
    uint64_t counted = 0, bought;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct itc_tx_fact f = make_fact(ITC_GRAINS_PER_ITC, cases[i].milestone, cases[i].position);
        assert_int_equal(itc_lamp_state_pay(&s, &bought, &f, &own, 60), cases[i].result);
        counted += cases[i].result == ITC_OK;
        assert_int_equal(s.lit_ms, counted * 60000);
    }
    assert_int_equal(s.milestone, 8);
    assert_int_equal(s.position, 0);
}

static void what_is_no_payment_here_changes_nothing(void **state)
{
    (void)state;
    struct itc_lamp_state s = {.lit_ms = 5, .milestone = 2, .position = 1}, before = s;
    struct itc_key own = make_key(2);
    uint64_t bought = 99;
    struct itc_tx_fact not_applied = make_fact(ITC_GRAINS_PER_ITC, 3, 0);
    struct itc_tx_fact not_ours = not_applied, no_transfer = not_applied;
    not_applied.verdict = ITC_VERDICT_NO_FUNDS;
    not_ours.tx.u.transfer.to = make_key(3);
    no_transfer.tx.kind = ITC_KIND_DATA;
    assert_int_equal(itc_lamp_state_pay(&s, &bought, &not_applied, &own, 60), ITC_E_FORM);
    assert_int_equal(itc_lamp_state_pay(&s, &bought, &not_ours, &own, 60), ITC_E_FORM);
    assert_int_equal(itc_lamp_state_pay(&s, &bought, &no_transfer, &own, 60), ITC_E_FORM);
    assert_memory_equal(&s, &before, sizeof s);
    assert_int_equal(bought, 99);
}

static void light_is_used_up(void **state)
{
    (void)state;
    struct itc_lamp_state s = {.lit_ms = 100};
    itc_lamp_state_shine(&s, 30);
    assert_int_equal(s.lit_ms, 70);
    itc_lamp_state_shine(&s, 70);
    assert_int_equal(s.lit_ms, 0);
    s.lit_ms = 10;
    itc_lamp_state_shine(&s, UINT64_MAX);
    assert_int_equal(s.lit_ms, 0);
}

/* A state with a committee of four at a header made up. */
static struct itc_lamp_state make_state(void)
{
    struct itc_lamp_state s = {.lit_ms = 123456, .milestone = 77, .position = 9};
    uint8_t header[ITC_HEADER_SIZE];
    s.light.network = ITC_NETWORK_PRIVATE;
    s.light.chain = make_hash(1);
    s.light.committee.n = 4;
    for (uint32_t i = 0; i < 4; i++)
        s.light.committee.keys[i] = make_key(10 + i);
    s.light.header.index = 80;
    s.light.header.work_bits = 14;
    itc_committee_hash(&s.light.header.committee, &s.light.chain, &s.light.committee);
    itc_header_encode(header, &s.light.header);
    itc_header_id(&s.light.id, &s.light.chain, header);
    return s;
}

static void the_stored_form_goes_both_ways(void **state)
{
    (void)state;
    struct itc_lamp_state s = make_state(), out;
    uint8_t bytes[ITC_LAMP_STATE_MAX], again[ITC_LAMP_STATE_MAX];
    size_t len = itc_lamp_state_encode(bytes, &s);
    assert_true(len < 2048);
    assert_int_equal(itc_lamp_state_decode(&out, bytes, len), ITC_OK);
    assert_int_equal(out.lit_ms, s.lit_ms);
    assert_int_equal(out.milestone, s.milestone);
    assert_int_equal(out.position, s.position);
    assert_true(itc_hash_equal(&out.light.id, &s.light.id));
    assert_int_equal(itc_lamp_state_encode(again, &out), len);
    assert_memory_equal(bytes, again, len);
}

static void a_damaged_state_is_noticed(void **state)
{
    (void)state;
    struct itc_lamp_state s = make_state(), out;
    uint8_t bytes[ITC_LAMP_STATE_MAX + 1];
    size_t len = itc_lamp_state_encode(bytes, &s);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *exact = make_exact(bytes, cut);
        assert_int_equal(itc_lamp_state_decode(&out, exact, cut), ITC_E_TRUNCATED);
        free(exact);
    }
    bytes[len] = 0;
    assert_int_equal(itc_lamp_state_decode(&out, bytes, len + 1), ITC_E_TRAILING);
    bytes[0] = 2;
    assert_int_equal(itc_lamp_state_decode(&out, bytes, len), ITC_E_VERSION);
    s.lit_ms = ITC_LAMP_LIT_MAX_MS + 1;
    len = itc_lamp_state_encode(bytes, &s);
    assert_int_equal(itc_lamp_state_decode(&out, bytes, len), ITC_E_FORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_price_is_exact_and_never_wraps),
        cmocka_unit_test(payments_add_up_and_stop_at_the_bound),
        cmocka_unit_test(the_cursor_only_moves_forward),
        cmocka_unit_test(what_is_no_payment_here_changes_nothing),
        cmocka_unit_test(light_is_used_up),
        cmocka_unit_test(the_stored_form_goes_both_ways),
        cmocka_unit_test(a_damaged_state_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
