/* Keys and rows of the store: byte order, there and back, and every way to be refused. */
#include "node/message.h"
#include "node/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t noise[ITC_BODY_MAX + 512];

static int prepare(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 7 + i / 256 + 1);
    return 0;
}

static void assert_key(const struct itc_store_key *key, const uint8_t *bytes, size_t len)
{
    assert_int_equal(key->len, len);
    assert_memory_equal(key->b, bytes, len);
}

/* 32 bytes, and one more. */
static void assert_tx_at_key(const struct itc_store_key *key, uint8_t last)
{
    assert_int_equal(key->len, 33);
    assert_memory_equal(key->b, noise, 32);
    assert_int_equal(key->b[32], last);
}

static void keys_have_the_documented_bytes(void **state)
{
    (void)state;
    const uint8_t numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xff, 0xff, 0xff};
    const uint8_t history[] = {9, 1, 2, 3, 4, 5, 6, 7, 8};
    const uint8_t vote[] = {0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 1, 0, 2};
    const uint64_t n = 0x0102030405060708;
    struct itc_store_key key = itc_key_body(n);
    assert_key(&key, numbers, 8);
    key = itc_key_header(n);
    assert_key(&key, numbers, 8);
    key = itc_key_cone(n, ITC_CONE_BODY_CHUNK);
    assert_key(&key, numbers, 12);
    key = itc_key_history(9, n);
    assert_key(&key, history, 9);
    key = itc_key_vote(&(struct itc_slot){.epoch = 7, .view = 256, .index = n}, ITC_VOTE_COMMIT);
    assert_key(&key, vote, 17);
    key = itc_key_meta("head");
    assert_key(&key, (const uint8_t *)"head", 4);

    struct itc_key account;
    struct itc_hash id;
    memcpy(account.b, noise, 32);
    memcpy(id.b, noise, 32);
    key = itc_key_account(&account);
    assert_key(&key, noise, 32);
    key = itc_key_tx_at(&id, true);
    assert_tx_at_key(&key, 0);
    key = itc_key_tx_at(&id, false);
    assert_tx_at_key(&key, 1);
    key = itc_key_pool(&id);
    assert_key(&key, noise, 32);
    key = itc_key_paid(&account, n, UINT32_MAX);
    assert_int_equal(key.len, 44);
    assert_memory_equal(key.b, noise, 32);
    assert_memory_equal(key.b + 32, numbers, 12);
}

static void families_have_distinct_names(void **state)
{
    (void)state;
    for (int a = 0; a < ITC_CF_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(itc_cf_name((enum itc_cf)a), itc_cf_name((enum itc_cf)b));
    assert_string_equal(itc_cf_name(ITC_CF_TX_AT), "tx_at");
}

static void a_committee_comes_back(void **state)
{
    (void)state;
    struct itc_committee_row in = {
        .list = {.n = ITC_VALIDATORS_MAX}, .convicted = 0x80000001, .taken = true};
    struct itc_committee_row out = {.list = {.n = 99}};
    uint8_t row[ITC_COMMITTEE_ROW_MAX + 1] = {0};
    for (uint32_t i = 0; i < in.list.n; i++)
        in.list.keys[i].b[3] = (uint8_t)i;
    size_t len = itc_committee_row_encode(row, &in);
    assert_int_equal(len, ITC_COMMITTEE_ROW_MAX);
    assert_int_equal(itc_committee_row_decode(&out, row, len - 1), ITC_E_TRUNCATED);
    assert_int_equal(itc_committee_row_decode(&out, row, len + 1), ITC_E_TRAILING);
    row[0] = 0;
    assert_int_equal(itc_committee_row_decode(&out, row, 1), ITC_E_FORM);
    row[0] = ITC_VALIDATORS_MAX + 1;
    assert_int_equal(itc_committee_row_decode(&out, row, len + 1), ITC_E_FORM);
    row[0] = ITC_VALIDATORS_MAX;
    row[len - 1] = 2;
    assert_int_equal(itc_committee_row_decode(&out, row, len), ITC_E_FORM);
    assert_int_equal(out.list.n, 99);
    row[len - 1] = 1;
    assert_int_equal(itc_committee_row_decode(&out, row, len), ITC_OK);
    assert_memory_equal(&out.list, &in.list, sizeof in.list);
    assert_int_equal(out.convicted, in.convicted);
    assert_true(out.taken);
    struct itc_store_key key = itc_key_committee(0x01020304);
    assert_int_equal(key.len, 4);
    assert_memory_equal(key.b, "\1\2\3\4", 4);
}

static void cone_entry_comes_back(void **state)
{
    (void)state;
    struct itc_cone_entry in = {.arrival = 0x0102030405060708, .anchor = 77}, out;
    uint8_t row[ITC_CONE_ENTRY + 1] = {0};
    memcpy(in.site_id.b, noise, 32);
    memcpy(in.tx_id.b, noise + 32, 32);
    in.verdict = ITC_VERDICT_DUST;
    itc_cone_entry_encode(row, &in);
    assert_int_equal(row[0], 8);
    assert_int_equal(itc_cone_entry_decode(&out, row, ITC_CONE_ENTRY), ITC_OK);
    assert_int_equal(out.arrival, in.arrival);
    assert_int_equal(out.anchor, in.anchor);
    assert_true(itc_hash_equal(&out.site_id, &in.site_id));
    assert_true(itc_hash_equal(&out.tx_id, &in.tx_id));
    assert_int_equal(out.verdict, ITC_VERDICT_DUST);

    assert_int_equal(itc_cone_entry_decode(&out, row, ITC_CONE_ENTRY - 1), ITC_E_TRUNCATED);
    assert_int_equal(itc_cone_entry_decode(&out, row, ITC_CONE_ENTRY + 1), ITC_E_TRAILING);
    row[ITC_CONE_ENTRY - 1] = ITC_VERDICT_COUNT;
    assert_int_equal(itc_cone_entry_decode(&out, row, ITC_CONE_ENTRY), ITC_E_FORM);
}

static void tx_at_comes_back(void **state)
{
    (void)state;
    const struct itc_tx_at in = {1ull << 40, 65535, ITC_VERDICT_FULL};
    struct itc_tx_at out;
    uint8_t row[ITC_TX_AT_ROW + 1] = {0};
    itc_tx_at_encode(row, &in);
    assert_int_equal(itc_tx_at_decode(&out, row, ITC_TX_AT_ROW), ITC_OK);
    assert_int_equal(out.milestone, in.milestone);
    assert_int_equal(out.position, in.position);
    assert_int_equal(out.verdict, in.verdict);

    assert_int_equal(itc_tx_at_decode(&out, row, ITC_TX_AT_ROW - 1), ITC_E_TRUNCATED);
    assert_int_equal(itc_tx_at_decode(&out, row, ITC_TX_AT_ROW + 1), ITC_E_TRAILING);
    row[ITC_TX_AT_ROW - 1] = ITC_VERDICT_COUNT;
    assert_int_equal(itc_tx_at_decode(&out, row, ITC_TX_AT_ROW), ITC_E_FORM);
}

static void head_row_comes_back(void **state)
{
    (void)state;
    const struct itc_head_row in = {5, 1ull << 33, UINT64_MAX};
    struct itc_head_row out;
    uint8_t row[ITC_HEAD_ROW + 1] = {0};
    itc_head_row_encode(row, &in);
    assert_int_equal(itc_head_row_decode(&out, row, ITC_HEAD_ROW), ITC_OK);
    assert_int_equal(out.index, in.index);
    assert_int_equal(out.low_arrival, in.low_arrival);
    assert_int_equal(out.window_bytes, in.window_bytes);
    assert_int_equal(itc_head_row_decode(&out, row, ITC_HEAD_ROW - 1), ITC_E_TRUNCATED);
    assert_int_equal(itc_head_row_decode(&out, row, ITC_HEAD_ROW + 1), ITC_E_TRAILING);
}

static void memory_row_comes_back(void **state)
{
    (void)state;
    const struct itc_memory_row in = {
        .voter = {{1, 2, 3}}, .why = ITC_DOUBT_DAMAGED, .until = UINT64_MAX};
    struct itc_memory_row out;
    uint8_t row[ITC_MEMORY_ROW + 1] = {0};
    itc_memory_row_encode(row, &in);
    assert_int_equal(itc_memory_row_decode(&out, row, ITC_MEMORY_ROW), ITC_OK);
    assert_memory_equal(&out.voter, &in.voter, sizeof out.voter);
    assert_int_equal(out.why, in.why);
    assert_int_equal(out.until, in.until);
    assert_int_equal(itc_memory_row_decode(&out, row, ITC_MEMORY_ROW - 1), ITC_E_TRUNCATED);
    assert_int_equal(itc_memory_row_decode(&out, row, ITC_MEMORY_ROW + 1), ITC_E_TRAILING);
    row[32] = ITC_DOUBT_WHYS;
    assert_int_equal(itc_memory_row_decode(&out, row, ITC_MEMORY_ROW), ITC_E_FORM);
    row[32] = ITC_DOUBT_NONE; /* and yet with an end */
    assert_int_equal(itc_memory_row_decode(&out, row, ITC_MEMORY_ROW), ITC_E_FORM);
}

/* --- vote rows -------------------------------------------------------------------------------- */

#define ROW_MAX (64 + 64 + ITC_HEADER_SIZE + 4 + ITC_BODY_MAX + ITC_CERT_MAX)

static struct itc_vote_row prepare_row(size_t body_len)
{
    struct itc_vote_row row = {.slot = {.epoch = 1, .view = 2, .index = 3},
        .type = ITC_VOTE_PREPARE,
        .header = noise + 3,
        .body = noise + 300,
        .body_len = body_len};
    memcpy(row.own.b, noise + 1, 64);
    memcpy(row.primary.b, noise + 2, 64);
    return row;
}

static struct itc_vote_row commit_row(void)
{
    struct itc_vote_row row = {.slot = {.epoch = 1, .view = 2, .index = 3},
        .type = ITC_VOTE_COMMIT,
        .prepared = {.view = 2, .index = 3, .signers = 0x80000005},
        .header = noise + 3};
    memcpy(row.own.b, noise + 1, 64);
    memcpy(row.prepared.sigs[0].b, noise, sizeof row.prepared.sigs[0] * 3);
    return row;
}

static enum itc_err decode(
    struct itc_vote_row *out, const struct itc_vote_row *in, const uint8_t *value, size_t len)
{
    struct itc_store_key key = itc_key_vote(&in->slot, (uint8_t)in->type);
    return itc_vote_row_decode(out, key.b, key.len, value, len);
}

static void prepare_row_comes_back(void **state)
{
    (void)state;
    uint8_t value[ROW_MAX + 1] = {0};
    size_t len;
    struct itc_vote_row in = prepare_row(ITC_BODY_MAX), out;
    assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &in), ITC_OK);
    assert_int_equal(len, 64 + 64 + 256 + 4 + ITC_BODY_MAX);
    assert_int_equal(decode(&out, &in, value, len), ITC_OK);
    assert_int_equal(out.type, ITC_VOTE_PREPARE);
    assert_int_equal(out.slot.epoch, 1);
    assert_int_equal(out.slot.view, 2);
    assert_int_equal(out.slot.index, 3);
    assert_memory_equal(out.own.b, noise + 1, 64);
    assert_memory_equal(out.primary.b, noise + 2, 64);
    assert_memory_equal(out.header, noise + 3, ITC_HEADER_SIZE);
    assert_int_equal(out.body_len, ITC_BODY_MAX);
    assert_memory_equal(out.body, noise + 300, ITC_BODY_MAX);
}

static void commit_row_comes_back(void **state)
{
    (void)state;
    uint8_t value[ROW_MAX];
    size_t len;
    struct itc_vote_row in = commit_row(), out;
    assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &in), ITC_OK);
    assert_int_equal(len, 64 + 2 + ITC_CERT_FIXED + 3 * 64 + 256);
    assert_int_equal(decode(&out, &in, value, len), ITC_OK);
    assert_int_equal(out.type, ITC_VOTE_COMMIT);
    assert_memory_equal(out.own.b, noise + 1, 64);
    assert_memory_equal(out.header, noise + 3, ITC_HEADER_SIZE);
    assert_int_equal(out.prepared.view, 2);
    assert_int_equal(out.prepared.index, 3);
    assert_int_equal(out.prepared.signers, 0x80000005);
    assert_memory_equal(out.prepared.sigs, noise, 3 * 64);
}

static void vote_row_cut_short_or_drawn_out_is_refused(void **state)
{
    (void)state;
    const struct itc_vote_row rows[] = {prepare_row(40), commit_row()};
    for (size_t i = 0; i < 2; i++) {
        uint8_t value[ROW_MAX] = {0};
        size_t len;
        struct itc_vote_row out;
        assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &rows[i]), ITC_OK);
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(decode(&out, &rows[i], value, cut), ITC_E_TRUNCATED);
        assert_int_equal(decode(&out, &rows[i], value, len + 1), ITC_E_TRAILING);
    }
}

static void vote_row_is_strict(void **state)
{
    (void)state;
    uint8_t value[ROW_MAX] = {0};
    size_t len;
    struct itc_vote_row in = prepare_row(40), out;
    assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &in), ITC_OK);
    value[64 + 64 + 256 + 3] = 1; /* body_len */
    assert_int_equal(decode(&out, &in, value, len), ITC_E_TOO_LARGE);

    in = commit_row();
    assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &in), ITC_OK);
    value[64 + 1] = 255; /* cert_len */
    assert_int_equal(decode(&out, &in, value, len), ITC_E_TOO_LARGE);
    assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &in), ITC_OK);
    value[64 + 2 + 12] = 1; /* one signer less than signatures */
    assert_int_equal(decode(&out, &in, value, len), ITC_E_TRAILING);
    memset(value + 64, 0, 2 + ITC_CERT_FIXED);
    value[64] = ITC_CERT_FIXED; /* a certificate that nobody signed */
    assert_int_equal(
        decode(&out, &in, value, 64 + 2 + ITC_CERT_FIXED + ITC_HEADER_SIZE), ITC_E_FORM);
}

static void view_change_row_comes_back(void **state)
{
    (void)state;
    uint8_t value[ROW_MAX];
    size_t len;
    struct itc_vote_row in = {.slot = {.epoch = 1, .view = 2, .index = 3},
                            .type = ITC_VOTE_VIEW_CHANGE,
                            .view_vote = {.voter = 3}},
                        out;
    assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &in), ITC_OK);
    assert_int_equal(decode(&out, &in, value, len), ITC_OK);
    assert_int_equal(out.type, ITC_VOTE_VIEW_CHANGE);
    assert_int_equal(out.view_vote.voter, 3);
    assert_false(out.view_vote.prepared);
    in.view_vote.prepared = true;
    in.view_vote.cert = (struct itc_cert){.view = 1, .index = 3, .signers = 7};
    assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &in), ITC_OK);
    assert_int_equal(decode(&out, &in, value, len), ITC_OK);
    assert_true(out.view_vote.prepared);
    assert_int_equal(out.view_vote.cert.signers, 7);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(decode(&out, &in, value, n), ITC_E_TRUNCATED);
    value[len] = 0;
    assert_int_equal(decode(&out, &in, value, len + 1), ITC_E_TRAILING);
}

static void vote_key_is_strict(void **state)
{
    (void)state;
    uint8_t value[ROW_MAX];
    size_t len;
    struct itc_vote_row in = prepare_row(40), out;
    assert_int_equal(itc_vote_row_encode(value, sizeof value, &len, &in), ITC_OK);
    struct itc_store_key key = itc_key_vote(&in.slot, 1);
    assert_int_equal(itc_vote_row_decode(&out, key.b, 16, value, len), ITC_E_TRUNCATED);
    assert_int_equal(itc_vote_row_decode(&out, key.b, 18, value, len), ITC_E_TRAILING);
    key.b[16] = 0;
    assert_int_equal(itc_vote_row_decode(&out, key.b, 17, value, len), ITC_E_VERSION);
    key.b[16] = 4;
    assert_int_equal(itc_vote_row_decode(&out, key.b, 17, value, len), ITC_E_VERSION);
}

static void vote_row_must_fit(void **state)
{
    (void)state;
    uint8_t value[ROW_MAX];
    size_t need, len = 99;
    const struct itc_vote_row rows[] = {prepare_row(40), commit_row()};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(itc_vote_row_encode(value, sizeof value, &need, &rows[i]), ITC_OK);
        assert_int_equal(itc_vote_row_encode(value, need, &need, &rows[i]), ITC_OK);
        assert_int_equal(itc_vote_row_encode(value, need - 1, &len, &rows[i]), ITC_E_TOO_LARGE);
        assert_int_equal(len, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_the_documented_bytes),
        cmocka_unit_test(families_have_distinct_names),
        cmocka_unit_test(a_committee_comes_back),
        cmocka_unit_test(cone_entry_comes_back),
        cmocka_unit_test(tx_at_comes_back),
        cmocka_unit_test(head_row_comes_back),
        cmocka_unit_test(memory_row_comes_back),
        cmocka_unit_test(prepare_row_comes_back),
        cmocka_unit_test(commit_row_comes_back),
        cmocka_unit_test(vote_row_cut_short_or_drawn_out_is_refused),
        cmocka_unit_test(vote_row_is_strict),
        cmocka_unit_test(view_change_row_comes_back),
        cmocka_unit_test(vote_key_is_strict),
        cmocka_unit_test(vote_row_must_fit),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
