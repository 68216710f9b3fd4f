#include "tests/unit/spv_make.h"

#include "spv/genesis.h"

static const struct itc_hash no_chain = {{9}};

/* Four validators and three accounts that own everything. */
static void make_genesis(struct itc_genesis *g, uint8_t allocations[120])
{
    const uint64_t grains[] = {1000, 5 * (uint64_t)ITC_GRAINS_PER_ITC};
    *g = (struct itc_genesis){.allocation_count = 3, .allocations = allocations};
    itc_params_default(&g->params);
    g->params.time_ms = 1700000000000;
    g->committee.n = 4;
    for (uint32_t i = 0; i < 4; i++)
        g->committee.keys[i] = make_key(100 + i);
    struct itc_writer w = itc_writer_of(allocations, 120);
    for (uint8_t i = 0; i < 3; i++) {
        struct itc_key key = {{(uint8_t)(i + 1)}};
        itc_write_bytes(&w, key.b, sizeof key.b);
        itc_write_u64(&w, i < 2 ? grains[i] : ITC_SUPPLY_GRAINS - grains[0] - grains[1]);
    }
}

static void documents_go_both_ways(void **state)
{
    (void)state;
    uint8_t allocations[120], bytes[ITC_GENESIS_MAX + 1] = {0}, again[ITC_GENESIS_MAX];
    struct itc_genesis g, out = {.allocation_count = 77};
    struct itc_allocation a;
    size_t len, again_len;
    make_genesis(&g, allocations);
    assert_int_equal(itc_genesis_encode(bytes, sizeof bytes, &len, &g), ITC_OK);
    assert_int_equal(len, 86 + 1 + 4 * 32 + 4 + 3 * 40);
    assert_memory_equal(bytes, "ITCG\1\2", 6);
    for (size_t n = 0; n < len; n++) {
        uint8_t *exact = make_exact(bytes, n);
        assert_int_equal(itc_genesis_decode(&out, exact, n), ITC_E_TRUNCATED);
        free(exact);
    }
    assert_int_equal(itc_genesis_decode(&out, bytes, len + 1), ITC_E_TRAILING);
    assert_int_equal(out.allocation_count, 77);
    assert_int_equal(itc_genesis_decode(&out, bytes, len), ITC_OK);
    assert_int_equal(out.params.epoch_length, 3600);
    assert_int_equal(out.params.confirm_weight, 100);
    assert_int_equal(out.params.dust.grains, 1000);
    itc_genesis_allocation(&out, 1, &a);
    assert_int_equal(a.key.b[0], 2);
    assert_int_equal(a.amount.grains, 5 * (uint64_t)ITC_GRAINS_PER_ITC);
    assert_int_equal(itc_genesis_encode(again, sizeof again, &again_len, &out), ITC_OK);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, bytes, len);
    assert_int_equal(itc_genesis_encode(again, len - 1, &again_len, &out), ITC_E_TOO_LARGE);
}

static void ill_formed_documents_are_refused(void **state)
{
    (void)state;
    uint8_t allocations[120], bytes[ITC_GENESIS_MAX];
    struct itc_genesis g, out;
    size_t len;
    make_genesis(&g, allocations);
    assert_int_equal(itc_genesis_encode(bytes, sizeof bytes, &len, &g), ITC_OK);
    bytes[0] = 'X';
    assert_int_equal(itc_genesis_decode(&out, bytes, len), ITC_E_FORM);
    bytes[0] = 'I';
    bytes[4] = 2;
    assert_int_equal(itc_genesis_decode(&out, bytes, len), ITC_E_VERSION);
    bytes[4] = 1;
    bytes[5] = ITC_NETWORK_COUNT;
    assert_int_equal(itc_genesis_decode(&out, bytes, len), ITC_E_FORM);
    bytes[5] = ITC_NETWORK_MAIN;
    bytes[86] = ITC_VALIDATORS_MAX + 1;
    assert_int_equal(itc_genesis_decode(&out, bytes, len), ITC_E_TOO_LARGE);
    bytes[86] = 4;
    bytes[86 + 1 + 128 + 1] = 0x05; /* 1,283 allocations */
    assert_int_equal(itc_genesis_decode(&out, bytes, len), ITC_E_TOO_LARGE);
    bytes[86 + 1 + 128 + 1] = 0;
    memset(bytes + 87, 0xff, 32); /* a validator's key that is no point */
    assert_int_equal(itc_genesis_decode(&out, bytes, len), ITC_E_SIGNATURE);
}

static void bad_values_are_not_written(void **state)
{
    (void)state;
    uint8_t allocations[120], bytes[ITC_GENESIS_MAX];
    struct itc_genesis g;
    size_t len = 99;
#define EXPECT(err, change)                                                                        \
    do {                                                                                           \
        make_genesis(&g, allocations);                                                             \
        change;                                                                                    \
        assert_int_equal(itc_genesis_encode(bytes, sizeof bytes, &len, &g), err);                  \
    } while (0)
    EXPECT(ITC_E_FORM, g.committee.n = 0);
    EXPECT(ITC_E_TOO_LARGE, g.committee.n = ITC_VALIDATORS_MAX + 1);
    EXPECT(ITC_E_FORM, g.committee.keys[3] = g.committee.keys[0]);
    EXPECT(ITC_E_FORM, g.params.depth = 0);
    EXPECT(ITC_E_FORM, g.allocation_count = 2);      /* not the whole supply */
    EXPECT(ITC_E_FORM, g.allocation_count = 0);      /* none of it */
    EXPECT(ITC_E_FORM, allocations[40] = 1);         /* the same key twice */
    EXPECT(ITC_E_FORM, allocations[40] = 3);         /* descending */
    EXPECT(ITC_E_FORM, g.params.dust.grains = 1001); /* an allocation of 1,000 */
    EXPECT(ITC_E_FORM, allocations[39] = 0xff);      /* sums that would wrap */
    EXPECT(ITC_E_FORM, allocations[119] ^= 0x01);    /* more than the supply */
    EXPECT(ITC_E_TOO_LARGE, g.params.accounts_max = 2);
    EXPECT(ITC_E_TOO_LARGE, g.allocation_count = ITC_ALLOCATIONS_MAX + 1);
#undef EXPECT
    assert_int_equal(len, 99);
}

static void each_parameter_has_a_range(void **state)
{
    (void)state;
    struct itc_params p;
    itc_params_default(&p);
    assert_int_equal(itc_params_check(&p), ITC_OK);
#define RANGE(field, least, most)                                                                  \
    do {                                                                                           \
        itc_params_default(&p);                                                                    \
        p.field = (least);                                                                         \
        assert_int_equal(itc_params_check(&p), ITC_OK);                                            \
        p.field = (most);                                                                          \
        assert_int_equal(itc_params_check(&p), ITC_OK);                                            \
        p.field = (most) + 1;                                                                      \
        assert_int_equal(itc_params_check(&p), ITC_E_FORM);                                        \
        p.field = (least)-1;                                                                       \
        assert_int_equal(itc_params_check(&p), ITC_E_FORM);                                        \
    } while (0)
    RANGE(interval_ms, 0u, p.idle_ms); /* idle_ms is never less */
    RANGE(idle_ms, p.interval_ms, 3600000);
    RANGE(drift_ms, 10, 600000);
    RANGE(timeout_ms, 10, 600000);
    RANGE(depth, 2, 100000);
    RANGE(epoch_length, 1, 100000000);
    RANGE(cone_sites_max, 1, 65536);
    RANGE(cone_bytes_max, 65536, 16 << 20);
    RANGE(body_sites_max, 1, 1024);
    RANGE(tx_size_max, ITC_TX_TRANSFER, ITC_TX_PLAIN_MAX);
    RANGE(work_ceiling, p.work_floor, p.work_floor + 4);
    RANGE(work_window, 1, 1000000);
    RANGE(work_target, 1, 16 << 20);
    RANGE(accounts_max, 1, 1 << 28);
    RANGE(confirm_weight, 2, 65536);
    RANGE(dust.grains, 1, ITC_GRAINS_PER_ITC);
#undef RANGE
    itc_params_default(&p);
    p.idle_ms = 60001;
    p.interval_ms = 60001;
    assert_int_equal(itc_params_check(&p), ITC_E_FORM);
    p.interval_ms = 60000;
    assert_int_equal(itc_params_check(&p), ITC_OK);
    p.interval_ms = p.idle_ms = 0; /* the next milestone as soon as the last is final */
    assert_int_equal(itc_params_check(&p), ITC_OK);
    p.work_floor = p.work_ceiling = 33;
    assert_int_equal(itc_params_check(&p), ITC_E_FORM);
    p.work_floor = 32;
    assert_int_equal(itc_params_check(&p), ITC_OK);
    p.time_ms = ITC_TIME_MAX_MS + 1;
    assert_int_equal(itc_params_check(&p), ITC_E_FORM);
    p.time_ms = ITC_TIME_MAX_MS;
    p.network = ITC_NETWORK_COUNT;
    assert_int_equal(itc_params_check(&p), ITC_E_FORM);
}

static void recent_milestones_hold_so_many_sites(void **state)
{
    (void)state;
    struct itc_params p;
    itc_params_default(&p);
    assert_int_equal(itc_params_recent_max(&p), 4194304);
    p.depth = 100000;
    assert_int_equal(itc_params_recent_max(&p), 4194304);
    p.depth = 21;
    assert_int_equal(itc_params_recent_max(&p), 4194304);
    p.depth = 20;
    p.cone_sites_max = 4096;
    assert_int_equal(itc_params_recent_max(&p), 61 * 4096);
    p.depth = 2;
    p.cone_sites_max = 1;
    assert_int_equal(itc_params_recent_max(&p), 7);
}

static void header_0_stands_for_the_document(void **state)
{
    (void)state;
    uint8_t allocations[120], bytes[ITC_GENESIS_MAX];
    struct itc_genesis g;
    struct itc_header h;
    struct itc_hash chain, other, state_root = make_hash(1), committee, empty;
    size_t len;
    make_genesis(&g, allocations);
    assert_int_equal(itc_genesis_encode(bytes, sizeof bytes, &len, &g), ITC_OK);
    itc_genesis_id(&chain, bytes, len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 1;
        itc_genesis_id(&other, bytes, len);
        assert_false(itc_hash_equal(&chain, &other));
        bytes[i] ^= 1;
    }
    itc_genesis_header(&h, &g, &chain, &state_root);
    itc_committee_hash(&committee, &chain, &g.committee);
    itc_sha256(&empty, NULL, 0);
    assert_int_equal(h.index + h.flags + h.epoch + h.site_count, 0);
    assert_int_equal(h.time_ms, 1700000000000);
    assert_int_equal(h.work_bits, 14);
    assert_true(itc_hash_is_zero(&h.prev));
    assert_true(itc_hash_equal(&h.body_hash, &chain));
    assert_true(itc_hash_equal(&h.state_root, &state_root));
    assert_true(itc_hash_equal(&h.history_root, &empty) && itc_hash_equal(&h.tx_root, &empty));
    assert_true(itc_hash_equal(&h.committee, &committee));
    assert_true(itc_hash_equal(&h.next_committee, &committee));
    itc_committee_hash(&committee, &no_chain, &g.committee);
    assert_false(itc_hash_equal(&h.committee, &committee));
}

static void epochs_end_where_the_next_begins(void **state)
{
    (void)state;
    struct itc_params p;
    itc_params_default(&p);
    p.epoch_length = 3;
    static const uint32_t epochs[] = {0, 0, 0, 0, 1, 1, 1, 2};
    for (uint64_t i = 0; i < COUNT(epochs); i++) {
        assert_int_equal(itc_params_epoch(&p, i), epochs[i]);
        assert_int_equal(itc_params_epoch_end(&p, i),
            i > 0 && itc_params_epoch(&p, i + 1) != itc_params_epoch(&p, i));
    }
}

static void the_price_follows_the_load(void **state)
{
    (void)state;
    struct itc_params p;
    itc_params_default(&p);
    uint64_t even = (uint64_t)p.work_target * p.work_window, at = p.work_window;
    assert_int_equal(itc_params_next_work(&p, at, 15, even), 15);
    assert_int_equal(itc_params_next_work(&p, at, 15, even * 5 / 2), 15);
    assert_int_equal(itc_params_next_work(&p, at, 15, even * 5 / 2 + 1), 16);
    assert_int_equal(itc_params_next_work(&p, at, 15, even / 2), 15);
    assert_int_equal(itc_params_next_work(&p, at, 15, even / 2 - 1), 14);
    assert_int_equal(itc_params_next_work(&p, at, 14, 0), 14);
    assert_int_equal(itc_params_next_work(&p, at, 18, UINT64_MAX), 18);
    p.work_floor = 0;
    assert_int_equal(itc_params_next_work(&p, at, 0, 0), 0);
}

static void the_price_changes_at_the_end_of_a_window(void **state)
{
    (void)state;
    struct itc_params p;
    itc_params_default(&p);
    for (uint64_t index = 1; index <= 4 * (uint64_t)p.work_window; index++) {
        bool end = index % p.work_window == 0;
        assert_int_equal(itc_params_next_work(&p, index, 15, UINT64_MAX), end ? 16 : 15);
        assert_int_equal(itc_params_next_work(&p, index, 15, 0), end ? 14 : 15);
    }
}

static void the_price_eases_at_the_end_of_each_fourth_window(void **state)
{
    (void)state;
    struct itc_params p;
    itc_params_default(&p);
    uint64_t even = (uint64_t)p.work_target * p.work_window;
    for (uint64_t window = 1; window <= 16; window++) {
        uint64_t index = window * p.work_window;
        assert_int_equal(itc_params_next_work(&p, index, 15, even), 15);
        assert_int_equal(itc_params_next_work(&p, index, 15, even - 1), window % 4 == 0 ? 14 : 15);
        assert_int_equal(itc_params_next_work(&p, index, 14, even - 1), 14);
        assert_int_equal(itc_params_next_work(&p, index, 15, even * 5 / 2 + 1), 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_go_both_ways),
        cmocka_unit_test(ill_formed_documents_are_refused),
        cmocka_unit_test(bad_values_are_not_written),
        cmocka_unit_test(each_parameter_has_a_range),
        cmocka_unit_test(recent_milestones_hold_so_many_sites),
        cmocka_unit_test(header_0_stands_for_the_document),
        cmocka_unit_test(epochs_end_where_the_next_begins),
        cmocka_unit_test(the_price_follows_the_load),
        cmocka_unit_test(the_price_changes_at_the_end_of_a_window),
        cmocka_unit_test(the_price_eases_at_the_end_of_each_fourth_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
