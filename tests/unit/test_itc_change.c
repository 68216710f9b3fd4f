/* test_itc_change.c - changes of the committee in files: what may be signed, by whom, and what comes of it. */
#include "tests/unit/spv_make.h"

#include "tools/itc_change.h"

#include <stdio.h>
#include <unistd.h>

#define N 4

static struct itc_change_file f, other;

static struct itc_secret secret_of(uint64_t number)
{
    struct itc_hash h = make_hash(number); /* as make_signer does */
    struct itc_secret s;
    memcpy(s.b, h.b, sizeof s.b);
    return s;
}

/* Members 0 .. n - 1; member 100 takes the seat of 0. */
static void begin(uint32_t n)
{
    f = (struct itc_change_file){.chain = make_hash(42), .epoch = 7, .present = {.n = n}};
    for (uint32_t i = 0; i < n; i++)
        f.present.keys[i] = make_key(i);
    f.next = f.present;
    f.next.keys[0] = make_key(100);
}

static bool signs(uint64_t number)
{
    struct itc_secret s = secret_of(number);
    return itc_change_file_sign(&f, &s);
}

static void reparse(struct itc_change_file *out)
{
    json_t *root = itc_change_file_json(&f);
    static char text[65536];
    size_t len = json_dumpb(root, text, sizeof text, 0);
    json_decref(root);
    assert_true(itc_change_file_parse(out, "it", (const uint8_t *)text, len));
}

static void only_fit_lists_are_proposed(void **state)
{
    (void)state;
    begin(N);
    assert_true(itc_change_file_is_fit(&f));
    f.next.n = N - 1;
    assert_false(itc_change_file_is_fit(&f));
    f.next = f.present;
    assert_false(itc_change_file_is_fit(&f));
    f.next.keys[1] = f.next.keys[2];
    assert_false(itc_change_file_is_fit(&f));
    f.next.keys[1] = (struct itc_key){{0}}; /* struck out */
    assert_false(itc_change_file_is_fit(&f));
    assert_non_null(strstr(f.why, "--replace 1=KEY"));
    memset(&f.next.keys[1], 0xff, sizeof f.next.keys[1]);
    assert_false(itc_change_file_is_fit(&f));
    begin(ITC_VALIDATORS_MAX);
    f.next.n = ITC_VALIDATORS_MAX + 1;
    assert_false(itc_change_file_is_fit(&f));
    begin(1); /* small ones may stay small */
    assert_true(itc_change_file_is_fit(&f));
    f.next.n = 0;
    assert_false(itc_change_file_is_fit(&f));
}

static void a_struck_seat_may_be_filled(void **state)
{
    (void)state;
    begin(N);
    f.present.keys[0] = (struct itc_key){{0}};
    f.present.keys[3] = (struct itc_key){{0}};
    f.next.keys[3] = make_key(103);
    assert_true(itc_change_file_is_fit(&f));
    reparse(&other);
    assert_int_equal(itc_change_file_count(&other), 0);
}

/* `fresh` keys of `n` are new. */
static bool warns(uint32_t n, uint32_t fresh)
{
    char text[ITC_CHANGE_WARNING] = "", want[40];
    begin(ITC_VALIDATORS_MAX);
    f.next.n = n;
    for (uint32_t i = 0; i < n; i++)
        f.next.keys[i] = make_key(i < n - fresh ? i : 100 + i);
    bool so = itc_change_file_warns(&f, text);
    snprintf(want, sizeof want, "%u of %u keys are new", (unsigned)fresh, (unsigned)n);
    assert_int_equal(strncmp(text, want, strlen(want)) == 0, so);
    assert_int_equal(strstr(text, "when epoch 8 begins") != NULL, so);
    assert_true(strlen(text) < sizeof text - 30); /* nothing was cut off */
    return so;
}

static void keys_that_nobody_may_hold_are_warned_of(void **state)
{
    (void)state;
    assert_false(warns(4, 0));
    assert_false(warns(4, 1));
    assert_true(warns(4, 2));
    assert_false(warns(5, 1));
    assert_true(warns(6, 2));
    assert_false(warns(7, 2));
    assert_true(warns(7, 3));
    assert_true(warns(32, 32));
    begin(1); /* a single member that is replaced */
    char text[ITC_CHANGE_WARNING];
    assert_true(itc_change_file_warns(&f, text));
    f.next = f.present;
    f.next.keys[f.next.n++] = make_key(100);
    assert_true(itc_change_file_warns(&f, text));
}

static void each_member_signs_once(void **state)
{
    (void)state;
    begin(N);
    assert_false(signs(9));
    assert_false(signs(100)); /* a member to come */
    assert_true(signs(2));
    assert_false(signs(2));
    assert_int_equal(f.signers, 4);
    reparse(&other);
    assert_int_equal(other.signers, 4);
    assert_memory_equal(&other.sigs[2], &f.sigs[2], sizeof f.sigs[2]);
}

static void signatures_from_several_files_are_joined(void **state)
{
    (void)state;
    begin(N);
    assert_true(signs(2));
    other = f;
    begin(N);
    assert_true(signs(0) && signs(3));
    assert_true(itc_change_file_merge(&f, &other));
    assert_int_equal(f.signers, 13);
    reparse(&other);
    other.epoch++;
    assert_false(itc_change_file_merge(&f, &other));
    other.epoch--;
    other.next.keys[0] = make_key(101);
    assert_false(itc_change_file_merge(&f, &other));
    other = f;
    other.chain = make_hash(1);
    assert_false(itc_change_file_merge(&f, &other));
    other = f;
    other.present.n--;
    assert_false(itc_change_file_merge(&f, &other));
}

static void a_quorum_makes_what_the_ledger_takes(void **state)
{
    (void)state;
    static uint8_t sigs[64 * ITC_CHANGE_SIGNERS_MAX];
    struct itc_change c;
    struct itc_hash present, message;
    static const uint32_t sizes[] = {1, 4, 7, 32};
    for (size_t k = 0; k < COUNT(sizes); k++) {
        begin(sizes[k]);
        uint32_t q = itc_committee_quorum(sizes[k]);
        for (uint32_t i = 0; i < sizes[k]; i++) {
            assert_int_equal(itc_change_file_payload(&f, &c, sigs), i >= q);
            assert_true(signs(sizes[k] - 1 - i)); /* from the highest seat down */
        }
        assert_true(itc_change_file_payload(&f, &c, sigs));
        assert_int_equal(itc_change_check(&c), ITC_OK);
        assert_int_equal(c.signers, UINT32_MAX >> (32 - q));
        itc_committee_hash(&present, &f.chain, &f.present);
        assert_true(itc_hash_equal(&c.present, &present));
        itc_change_message(&message, &f.chain, &c);
        for (uint32_t i = 0; i < q; i++) {
            struct itc_sig sig;
            memcpy(sig.b, sigs + 64 * i, sizeof sig);
            assert_int_equal(itc_sig_verify(&f.present.keys[i], &message, &sig), ITC_OK);
        }
    }
}

/* Each character of a good file, made another one, makes it a bad one. */
static void every_byte_of_a_file_counts(void **state)
{
    (void)state;
    static char text[65536];
    begin(1);
    assert_true(signs(0));
    json_t *root = itc_change_file_json(&f);
    size_t len = json_dumpb(root, text, sizeof text, JSON_COMPACT);
    json_decref(root);
    assert_true(itc_change_file_parse(&other, "it", (uint8_t *)text, len));
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        assert_false(itc_change_file_parse(&other, "it", (uint8_t *)text, len));
        text[i] ^= 1;
        assert_false(itc_change_file_parse(&other, "it", (uint8_t *)text, i));
    }
    assert_false(itc_change_file_parse(&other, "it", (const uint8_t *)"{}", 2));
}

static void files_come_back_and_are_not_overwritten(void **state)
{
    (void)state;
    char folder[] = "/tmp/itc-change-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/change.json", folder);
    begin(N);
    assert_false(itc_change_file_read(&other, path));
    assert_true(itc_change_file_write(&f, path, true));
    assert_true(itc_change_file_read(&other, path));
    assert_int_equal(other.epoch, 7);
    assert_false(itc_change_file_write(&f, path, true));
    assert_true(signs(1) && itc_change_file_write(&f, path, false));
    assert_true(itc_change_file_read(&other, path));
    assert_int_equal(itc_change_file_count(&other), 1);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_fit_lists_are_proposed),
        cmocka_unit_test(a_struck_seat_may_be_filled),
        cmocka_unit_test(keys_that_nobody_may_hold_are_warned_of),
        cmocka_unit_test(each_member_signs_once),
        cmocka_unit_test(signatures_from_several_files_are_joined),
        cmocka_unit_test(a_quorum_makes_what_the_ledger_takes),
        cmocka_unit_test(every_byte_of_a_file_counts),
        cmocka_unit_test(files_come_back_and_are_not_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
