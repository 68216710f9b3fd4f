#include "tests/unit/spv_make.h"

/* Places in the encoding; see tx.h. */
#define AT_FLAGS (ITC_TX_TRANSFER - 64 - 1)
#define AT_AMOUNT (AT_FLAGS - 8)
#define AT_TO (AT_AMOUNT - 32)

static const struct itc_hash chain = {{7}};

static struct itc_tx a_data_tx(size_t tag_len, size_t len)
{
    static const uint8_t bytes[2048] = {1, 2, 3};
    struct itc_tx tx = {.kind = ITC_KIND_DATA, .issuer = make_key(1), .seq = 3};
    tx.u.data = (struct itc_data){.tag = bytes, .tag_len = tag_len, .bytes = bytes, .len = len};
    return tx;
}

static enum itc_err decode(const uint8_t *bytes, size_t len)
{
    struct itc_tx tx;
    uint8_t *exact = make_exact(bytes, len);
    enum itc_err e = itc_tx_decode(&tx, exact, len);
    free(exact);
    return e;
}

static void a_transfer_goes_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[ITC_TX_MAX], again[ITC_TX_MAX];
    struct itc_tx tx;
    struct itc_key to = make_key(2);
    size_t len = make_transfer(bytes, &chain, 77), again_len = 0;
    assert_int_equal(len, ITC_TX_TRANSFER);
    assert_int_equal(itc_tx_decode(&tx, bytes, len), ITC_OK);
    assert_int_equal(tx.kind, ITC_KIND_TRANSFER);
    assert_int_equal(tx.seq, 77);
    assert_int_equal(tx.valid_until, 1000);
    assert_int_equal(tx.u.transfer.amount.grains, 5);
    assert_true(itc_key_equal(&tx.u.transfer.to, &to));
    assert_false(tx.u.transfer.close);
    assert_int_equal(itc_tx_encode(again, sizeof again, &again_len, &tx), ITC_OK);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, bytes, len);

    struct itc_hash id;
    itc_tx_id(&id, &chain, bytes, len);
    assert_int_equal(itc_sig_verify(&tx.issuer, &id, &tx.sig), ITC_OK);
    bytes[AT_FLAGS] = 1;
    assert_int_equal(itc_tx_decode(&tx, bytes, len), ITC_OK);
    assert_true(tx.u.transfer.close);
}

static void data_of_all_sizes_goes_both_ways(void **state)
{
    (void)state;
    const size_t most = ITC_TX_PLAIN_MAX - ITC_TX_FIXED - 2;
    uint8_t bytes[ITC_TX_MAX];
    size_t len;
    for (size_t n = 0; n <= most; n += 7) {
        struct itc_tx tx = a_data_tx(1 + n % ITC_DATA_TAG_MAX, n % ITC_DATA_TAG_MAX < 31 ? n : 0),
                      out;
        if (itc_tx_encode(bytes, sizeof bytes, &len, &tx) == ITC_E_TOO_LARGE)
            continue;
        uint8_t *exact = make_exact(bytes, len);
        assert_int_equal(itc_tx_decode(&out, exact, len), ITC_OK);
        assert_int_equal(out.u.data.tag_len, tx.u.data.tag_len);
        assert_int_equal(out.u.data.len, tx.u.data.len);
        assert_memory_equal(out.u.data.bytes, tx.u.data.bytes, tx.u.data.len);
        free(exact);
    }
    struct itc_tx tx = a_data_tx(1, most);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_OK);
    assert_int_equal(len, ITC_TX_PLAIN_MAX);
    assert_int_equal(decode(bytes, len), ITC_OK);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[ITC_TX_MAX + 1] = {0};
    size_t len = make_transfer(bytes, &chain, 1);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(decode(bytes, n), ITC_E_TRUNCATED);
    assert_int_equal(decode(bytes, len + 1), ITC_E_TRAILING);
    assert_int_equal(decode(bytes, ITC_TX_PLAIN_MAX + 1), ITC_E_TOO_LARGE);
    bytes[1] = ITC_KIND_COMMITTEE;
    assert_int_equal(decode(bytes, sizeof bytes), ITC_E_TOO_LARGE);

    struct itc_tx tx = a_data_tx(5, 0);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_OK);
    assert_int_equal(decode(bytes, len - 1), ITC_E_TRUNCATED); /* the tag would be cut */
}

static void ill_formed_values_are_refused(void **state)
{
    (void)state;
    uint8_t good[ITC_TX_MAX], bad[ITC_TX_MAX];
    size_t len = make_transfer(good, &chain, 1);
    struct itc_tx out = {.seq = 123};
#define EXPECT(err)                                                                                \
    do {                                                                                           \
        assert_int_equal(itc_tx_decode(&out, bad, len), err);                                      \
        assert_int_equal(out.seq, 123);                                                            \
        memcpy(bad, good, len);                                                                    \
    } while (0)
    memcpy(bad, good, len);
    bad[0] = 2;
    EXPECT(ITC_E_VERSION);
    bad[1] = 0;
    EXPECT(ITC_E_VERSION);
    bad[1] = 4;
    EXPECT(ITC_E_VERSION);
    bad[AT_FLAGS] = 2;
    EXPECT(ITC_E_FORM);
    bad[AT_AMOUNT] = 0; /* an amount of 0 */
    EXPECT(ITC_E_FORM);
    bad[AT_AMOUNT + 7] = 1; /* above the supply */
    EXPECT(ITC_E_FORM);
    memcpy(bad + AT_TO, bad + 2, 32); /* to its own issuer */
    EXPECT(ITC_E_FORM);
    bad[1] = ITC_KIND_DATA;
    bad[50] = 0; /* an empty tag */
    EXPECT(ITC_E_FORM);
    bad[1] = ITC_KIND_DATA;
    bad[50] = ITC_DATA_TAG_MAX + 1;
    EXPECT(ITC_E_FORM);
#undef EXPECT
}

static void what_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    uint8_t bytes[ITC_TX_MAX];
    size_t len = 99;
    struct itc_tx tx = a_data_tx(0, 5);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_FORM);
    tx = a_data_tx(33, 5);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_FORM);
    tx = a_data_tx(1, ITC_TX_PLAIN_MAX);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_TOO_LARGE);
    tx = a_data_tx(1, SIZE_MAX);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_TOO_LARGE);
    tx = a_data_tx(1, 1);
    assert_int_equal(itc_tx_encode(bytes, ITC_TX_FIXED + 2, &len, &tx), ITC_E_TOO_LARGE);
    tx.kind = (enum itc_kind)9;
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_VERSION);
    tx = (struct itc_tx){.kind = ITC_KIND_TRANSFER};
    tx.u.transfer.to = make_key(1);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_FORM);
    tx.u.transfer.amount.grains = ITC_SUPPLY_GRAINS + 1;
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_FORM);
    assert_int_equal(len, 99);
}

/* A change to `n` members that `signers` signed; distinct keys, no good signatures. */
static struct itc_tx a_change_tx(uint32_t n, uint32_t signers)
{
    static uint8_t bytes[64 * ITC_VALIDATORS_MAX];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i % 32 == 0 ? i / 32 : i);
    struct itc_tx tx = {.kind = ITC_KIND_COMMITTEE, .issuer = make_key(1), .seq = 3};
    tx.u.change = (struct itc_change){
        .epoch = 9, .n = n, .keys = bytes, .signers = signers, .sigs = bytes + 7};
    return tx;
}

static void changes_of_all_sizes_go_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[ITC_TX_MAX];
    size_t len;
    for (uint32_t n = 1; n <= ITC_VALIDATORS_MAX; n++) {
        for (uint32_t q = 1; q <= ITC_CHANGE_SIGNERS_MAX; q++) {
            struct itc_tx tx = a_change_tx(n, UINT32_MAX << (32 - q)), out;
            assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_OK);
            assert_int_equal(len, ITC_TX_FIXED + 41 + 32 * n + 64 * q);
            uint8_t *exact = make_exact(bytes, len);
            assert_int_equal(itc_tx_decode(&out, exact, len), ITC_OK);
            assert_int_equal(out.u.change.epoch, 9);
            assert_int_equal(out.u.change.n, n);
            assert_int_equal(out.u.change.signers, tx.u.change.signers);
            assert_memory_equal(out.u.change.keys, tx.u.change.keys, 32 * n);
            assert_memory_equal(out.u.change.sigs, tx.u.change.sigs, 64 * q);
            free(exact);
        }
    }
    assert_int_equal(len, ITC_TX_MAX);
    for (size_t n = 0; n < len; n++)
        assert_int_not_equal(decode(bytes, n), ITC_OK);
}

static void ill_formed_changes_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[ITC_TX_MAX + 1] = {0};
    const size_t at = ITC_TX_FIXED - 64; /* of the payload */
    size_t len = 99;
    struct itc_tx tx = a_change_tx(0, 7);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_FORM);
    tx = a_change_tx(33, 7);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_FORM);
    tx = a_change_tx(4, 0);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_FORM);
    tx = a_change_tx(4, (1u << 23) - 1);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_E_FORM);
    assert_int_equal(len, 99);
    tx = a_change_tx(4, 7);
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_OK);
    assert_int_equal(decode(bytes, len), ITC_OK);
    assert_int_equal(decode(bytes, len + 1), ITC_E_TRAILING);
    bytes[at + 36] = 0;
    assert_int_equal(decode(bytes, len), ITC_E_FORM);
    bytes[at + 36] = 4;
    memcpy(bytes + at + 37, bytes + at + 37 + 96, 32); /* a key twice */
    assert_int_equal(decode(bytes, len), ITC_E_FORM);
}

static void genesis_bounds_all_kinds_but_changes(void **state)
{
    (void)state;
    struct itc_tx data = a_data_tx(1, 1), change = a_change_tx(4, 7);
    assert_true(itc_tx_fits(&data, 200, 200));
    assert_false(itc_tx_fits(&data, 201, 200));
    assert_true(itc_tx_fits(&change, 2000, 200));
}

static void the_id_covers_all_but_the_signature(void **state)
{
    (void)state;
    uint8_t bytes[ITC_TX_MAX];
    size_t len = make_transfer(bytes, &chain, 1);
    struct itc_hash id, changed, other_chain = {{8}};
    itc_tx_id(&id, &chain, bytes, len);
    itc_tx_id(&changed, &other_chain, bytes, len);
    assert_false(itc_hash_equal(&id, &changed));
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 1;
        itc_tx_id(&changed, &chain, bytes, len);
        assert_int_equal(itc_hash_equal(&id, &changed), i >= len - 64);
        bytes[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transfer_goes_both_ways),
        cmocka_unit_test(data_of_all_sizes_goes_both_ways),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(ill_formed_values_are_refused),
        cmocka_unit_test(what_cannot_be_read_is_not_written),
        cmocka_unit_test(changes_of_all_sizes_go_both_ways),
        cmocka_unit_test(ill_formed_changes_are_refused),
        cmocka_unit_test(genesis_bounds_all_kinds_but_changes),
        cmocka_unit_test(the_id_covers_all_but_the_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
