/* A new network: key files, the genesis document and what lamps are given, the command, and data folders. */
#include "node/shell/data_dir.h"
#include "node/shell/first_use.h"
#include "node/shell/genesis_cmd.h"
#include "node/shell/genesis_make.h"
#include "node/shell/genesis_options.h"
#include "spv/sign.h"
#include "tools/keyfile.h"
#include "tools/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/itc-test-genesis-XXXXXX";
static char why[ITC_OPTION_WHY];

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return itc_scratch_remove(dir);
}

/* "<dir>/<name>"; good until the fourth call from now. */
static char *in_dir(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* Key files. */

#define KEY_1 "itc-secret-1 0000000000000000000000000000000000000000000000000000000000000001\n"

static void test_keys_go_and_come_back(void **state)
{
    (void)state;
    struct itc_secret made, read;
    struct stat st;
    assert_int_equal(itc_keyfile_generate(&made, why), 0);
    assert_int_equal(itc_keyfile_create(in_dir("a.key"), &made, why), 0);
    assert_int_equal(stat(in_dir("a.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(itc_keyfile_read(&read, in_dir("a.key"), why), 0);
    assert_memory_equal(read.b, made.b, sizeof read.b);
}

static void test_keys_are_never_overwritten(void **state)
{
    (void)state;
    struct itc_secret secret;
    write_file(in_dir("b.key"), KEY_1, 0600);
    assert_int_equal(itc_keyfile_generate(&secret, why), 0);
    assert_int_equal(itc_keyfile_create(in_dir("b.key"), &secret, why), -1);
    assert_int_equal(itc_keyfile_read(&secret, in_dir("b.key"), why), 0);
    assert_int_equal(secret.b[31], 1);
    assert_int_equal(itc_keyfile_create("/nonexistent/x.key", &secret, why), -1);
}

static void test_an_unused_key_is_so_once(void **state)
{
    (void)state;
    const struct itc_hash chain = {{1}}, other = {{2}};
    char w[256];
    assert_false(itc_first_use_is(in_dir("u.key"), &chain));
    assert_int_equal(itc_first_use_mark(in_dir("u.key"), &chain, w, sizeof w), 0);
    assert_true(itc_first_use_is(in_dir("u.key"), &chain));
    assert_false(itc_first_use_is(in_dir("u.key"), &other));
    assert_int_equal(itc_first_use_end(in_dir("u.key"), w, sizeof w), 0);
    assert_false(itc_first_use_is(in_dir("u.key"), &chain));
    assert_int_equal(itc_first_use_end(in_dir("u.key"), w, sizeof w), -1);
    assert_int_equal(itc_first_use_mark(in_dir("u.key"), NULL, w, sizeof w), 0);
    assert_true(itc_first_use_is(in_dir("u.key"), &other));
    assert_int_equal(itc_first_use_mark("/nonexistent/u.key", &chain, w, sizeof w), -1);
}

static void test_keys_that_others_may_touch_are_refused(void **state)
{
    static const mode_t bad[] = {0640, 0604, 0610, 0620, 0601, 0660, 0777};
    (void)state;
    struct itc_secret secret;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_file(in_dir("c.key"), KEY_1, bad[i]);
        assert_int_equal(itc_keyfile_read(&secret, in_dir("c.key"), why), -1);
        assert_non_null(strstr(why, "chmod 600"));
    }
    write_file(in_dir("c.key"), KEY_1, 0400);
    assert_int_equal(itc_keyfile_read(&secret, in_dir("c.key"), why), 0);
}

static void test_what_is_no_key_file(void **state)
{
    static const char *const bad[] = {
        "",
        "itc-secret-1 01\n",
        (KEY_1 "\n"),
        (KEY_1 "# comment\n"),
        (" " KEY_1),
        "itc-secret-2 0000000000000000000000000000000000000000000000000000000000000001\n",
        "itc-secret-1 000000000000000000000000000000000000000000000000000000000000000g\n",
        "itc-secret-1 0000000000000000000000000000000000000000000000000000000000000001 ",
        /* zero, and the order of the group */
        "itc-secret-1 0000000000000000000000000000000000000000000000000000000000000000\n",
        "itc-secret-1 fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141\n",
    };
    (void)state;
    struct itc_secret secret = {{7}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_file(in_dir("d.key"), bad[i], 0600);
        assert_int_equal(itc_keyfile_read(&secret, in_dir("d.key"), why), -1);
        assert_null(strstr(why, "0000000000000000")); /* a reason shows no key */
    }
    assert_int_equal(itc_keyfile_read(&secret, dir, why), -1);
    assert_int_equal(itc_keyfile_read(&secret, in_dir("missing.key"), why), -1);
    assert_int_equal(secret.b[0], 7); /* untouched */
}

/* The document. */

static struct itc_key key_of(uint8_t number)
{
    struct itc_secret secret = {{[31] = number}};
    struct itc_signer signer;
    assert_int_equal(itc_signer_init(&signer, &secret), ITC_OK);
    return signer.key;
}

static void test_genesis_and_light_agree(void **state)
{
    (void)state;
    struct itc_params params;
    struct itc_genesis g;
    struct itc_genesis_made made;
    struct itc_light light;
    struct itc_hash chain, root;
    struct itc_committee committee = {.n = 2, .keys = {key_of(1), key_of(2)}};
    struct itc_allocation allocations[] = {
        {key_of(3), {1000}}, {key_of(4), {ITC_SUPPLY_GRAINS - 3000}}, {key_of(5), {2000}}};
    itc_params_default(&params);
    assert_int_equal(itc_genesis_make(&made, allocations, &params, &committee, 3), ITC_OK);
    assert_int_equal(itc_genesis_decode(&g, made.document, made.document_len), ITC_OK);
    assert_int_equal(g.allocation_count, 3);
    itc_genesis_id(&chain, made.document, made.document_len);
    assert_int_equal(itc_light_decode(&light, made.light, made.light_len), ITC_OK);
    assert_true(itc_hash_equal(&light.chain, &chain) && itc_hash_equal(&made.chain, &chain));
    assert_int_equal(itc_genesis_state_root(&root, &g), ITC_OK);
    assert_true(itc_hash_equal(&light.header.state_root, &root));
    assert_true(itc_hash_equal(&light.header.body_hash, &chain));
}

static void test_one_account_is_its_leaf(void **state)
{
    (void)state;
    /* Independent of the ledger: the tree of one account is that account's leaf. */
    struct itc_params params;
    struct itc_genesis_made made;
    struct itc_light light;
    struct itc_account account = {{ITC_SUPPLY_GRAINS}, 0};
    struct itc_smt_proof alone = {.terminal = ITC_SMT_LEAF};
    uint8_t value[ITC_ACCOUNT_VALUE];
    struct itc_hash key;
    struct itc_committee committee = {.n = 1, .keys = {key_of(1)}};
    struct itc_allocation allocation = {key_of(3), {ITC_SUPPLY_GRAINS}};
    itc_params_default(&params);
    assert_int_equal(itc_genesis_make(&made, &allocation, &params, &committee, 1), ITC_OK);
    assert_int_equal(itc_light_decode(&light, made.light, made.light_len), ITC_OK);
    itc_account_encode(value, &account);
    itc_state_key(&key, ITC_STATE_ACCOUNT, allocation.key.b, sizeof allocation.key.b);
    assert_int_equal(
        itc_smt_verify_present(&light.header.state_root, &key, value, sizeof value, &alone),
        ITC_OK);
}

static void test_what_makes_no_genesis(void **state)
{
    (void)state;
    struct itc_params params;
    struct itc_genesis_made made;
    struct itc_committee committee = {.n = 1, .keys = {key_of(1)}};
    struct itc_allocation twice[] = {{key_of(3), {1000}}, {key_of(3), {ITC_SUPPLY_GRAINS - 1000}}};
    struct itc_allocation little[] = {{key_of(3), {ITC_SUPPLY_GRAINS - 1}}};
    itc_params_default(&params);
    assert_int_equal(itc_genesis_make(&made, twice, &params, &committee, 2), ITC_E_DUPLICATE);
    assert_int_equal(itc_genesis_make(&made, little, &params, &committee, 1), ITC_E_FORM);
    committee.n = 0;
    assert_int_equal(itc_genesis_make(&made, little, &params, &committee, 1), ITC_E_FORM);
    assert_int_equal(itc_genesis_make(&made, little, &params, &committee, ITC_ALLOCATIONS_MAX + 1),
        ITC_E_TOO_LARGE);
}

/* The bounds that the options state are those that the protocol checks. */
static void test_options_bound_what_the_protocol_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < itc_genesis_params_count; i++) {
        const struct itc_option *row = &itc_genesis_table.options[i];
        struct itc_params p;
        uint32_t *field = (uint32_t *)(void *)((char *)&p + row->offset);
        itc_params_default(&p);
        p.interval_ms = p.work_floor = 0; /* so that no rule ties them to the others */
        p.work_ceiling = 4;
        if (row->offset == offsetof(struct itc_params, interval_ms))
            p.idle_ms = 3600000;
        if (row->offset == offsetof(struct itc_params, work_ceiling))
            p.work_floor = 32;
        if (row->offset == offsetof(struct itc_params, work_floor))
            p.work_ceiling = 36;
        *field = (uint32_t)row->most;
        assert_int_equal(itc_params_check(&p), ITC_OK);
        *field = (uint32_t)row->most + 1;
        assert_int_equal(itc_params_check(&p), ITC_E_FORM);
        p.work_floor = 0;
        p.work_ceiling = 4;
        *field = (uint32_t)row->least;
        assert_int_equal(itc_params_check(&p), ITC_OK);
        if (row->least > 0) {
            *field = (uint32_t)row->least - 1;
            assert_int_equal(itc_params_check(&p), ITC_E_FORM);
        }
    }
}

/* The command. */

#define GENESIS(...)                                                                               \
    genesis_silent(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__})

/* Runs it with standard output and error kept in a file. */
static int genesis_silent(int argc, char *const *argv)
{
    fflush(NULL);
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    int said = open(in_dir("said"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(said, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    int code = itc_genesis_command(argc, argv);
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    close(said);
    return code;
}

static bool said(const char *text)
{
    static char bytes[8192];
    size_t len;
    assert_int_equal(itc_file_read((uint8_t *)bytes, sizeof bytes - 1, &len, in_dir("said")), 0);
    bytes[len] = '\0';
    return strstr(bytes, text) != NULL;
}

static void test_command_makes_a_network(void **state)
{
    (void)state;
    static uint8_t document[ITC_GENESIS_MAX];
    size_t len;
    struct itc_genesis g;
    struct itc_allocation a;
    struct itc_secret secret;
    struct itc_signer signer;
    char address[ITC_ADDRESS_TEXT], allocate[128];
    struct itc_key alice = key_of(9);
    itc_address_encode(address, ITC_NETWORK_TEST, &alice);
    snprintf(allocate, sizeof allocate, "%s=0.5", address);
    assert_int_equal(
        GENESIS("--out", in_dir("net"), "--validators=3", "--network", "test", "--allocate",
            allocate, "--interval-ms", "250", "--dust", "0.25", "--time-ms", "77"),
        0);
    assert_int_equal(itc_file_read(document, sizeof document, &len, in_dir("net/genesis.itc")), 0);
    assert_int_equal(itc_genesis_decode(&g, document, len), ITC_OK);
    assert_int_equal(g.params.network, ITC_NETWORK_TEST);
    assert_int_equal(g.params.interval_ms, 250);
    assert_int_equal(g.params.time_ms, 77);
    assert_int_equal(g.params.dust.grains, 25000000);
    assert_int_equal(g.committee.n, 3);
    assert_int_equal(g.allocation_count, 2);

    assert_int_equal(itc_keyfile_read(&secret, in_dir("net/validator-2.key"), why), 0);
    assert_int_equal(itc_signer_init(&signer, &secret), ITC_OK);
    assert_true(itc_key_equal(&signer.key, &g.committee.keys[2]));
    assert_int_equal(itc_keyfile_read(&secret, in_dir("net/treasury.key"), why), 0);
    assert_int_equal(itc_signer_init(&signer, &secret), ITC_OK);
    for (uint32_t i = 0; i < 2; i++) {
        itc_genesis_allocation(&g, i, &a);
        bool treasury = itc_key_equal(&a.key, &signer.key);
        assert_true(treasury || itc_key_equal(&a.key, &alice));
        assert_true(a.amount.grains == (treasury ? ITC_SUPPLY_GRAINS - 50000000 : 50000000));
    }
    /* Not over it, and not beside a part of it. */
    assert_int_equal(GENESIS("--out", in_dir("net")), 1);
    assert_true(said("is there already"));
    assert_int_equal(unlink(in_dir("net/genesis.itc")), 0);
    assert_int_equal(GENESIS("--out", in_dir("net")), 1);
}

static void test_command_with_existing_keys_and_no_treasury(void **state)
{
    (void)state;
    char address[ITC_ADDRESS_TEXT], allocate[128];
    struct itc_key alice = key_of(9);
    struct stat st;
    itc_address_encode(address, ITC_NETWORK_PRIVATE, &alice);
    snprintf(allocate, sizeof allocate, "--allocate=%s=100000000", address);
    write_file(in_dir("v.key"), KEY_1, 0600);
    assert_int_equal(
        GENESIS("--json", "--out", in_dir("own"), "--validator-key", in_dir("v.key"), allocate), 0);
    assert_true(said("\"validators\""));
    assert_false(said("treasury"));
    assert_int_equal(stat(in_dir("own/treasury.key"), &st), -1);
    assert_int_equal(stat(in_dir("own/validator-0.key"), &st), -1);
    assert_int_equal(stat(in_dir("own/light.itc"), &st), 0);

    assert_int_equal(GENESIS("--out", in_dir("two"), "--validator-key", in_dir("v.key"),
                         "--validator-key", in_dir("v.key")),
        1);
    assert_true(said("given twice"));
    assert_int_equal(chmod(in_dir("v.key"), 0644), 0);
    assert_int_equal(GENESIS("--out", in_dir("two"), "--validator-key", in_dir("v.key")), 1);
    assert_true(said("chmod 600"));
    assert_int_equal(stat(in_dir("two"), &st), -1); /* nothing was begun */
}

static void test_command_refuses_nonsense(void **state)
{
    (void)state;
    char mine[128], too_much[128], other[128], typo[128], little[128], address[ITC_ADDRESS_TEXT];
    struct itc_key alice = key_of(9);
    itc_address_encode(address, ITC_NETWORK_PRIVATE, &alice);
    snprintf(mine, sizeof mine, "--allocate=%s=x", address);
    snprintf(too_much, sizeof too_much, "--allocate=%s=100000000.1", address);
    snprintf(little, sizeof little, "--allocate=%s=0.000001", address);
    snprintf(typo, sizeof typo, "--allocate=%s=1", address);
    typo[20] = typo[20] == 'q' ? 'p' : 'q';
    itc_address_encode(address, ITC_NETWORK_MAIN, &alice);
    snprintf(other, sizeof other, "--allocate=%s=1", address);

    char out[256];
    snprintf(out, sizeof out, "%s/bad", dir);
    assert_int_equal(GENESIS("--json"), 3);
    assert_true(said("--out"));
    assert_int_equal(GENESIS("--out", out, mine), 3);
    assert_int_equal(GENESIS("--out", out, too_much), 3);
    assert_int_equal(GENESIS("--out", out, other), 3);
    assert_true(said("wrong-chain"));
    assert_int_equal(GENESIS("--out", out, typo), 3);
    assert_true(said("bad-checksum"));
    assert_int_equal(GENESIS("--out", out, little), 3);
    assert_true(said("--dust"));
    assert_int_equal(GENESIS("--out", out, "--allocate=nothing"), 3);
    assert_int_equal(GENESIS("--out", out, "--network", "moon"), 3);
    assert_int_equal(GENESIS("--out", out, "--validators", "33"), 3);
    assert_int_equal(GENESIS("--out", out, "--validators", "1", "--validator-key", "x"), 3);
    assert_int_equal(GENESIS("--out", out, "--interval-ms", "9000"), 3);
    assert_true(said("--idle-ms"));
    assert_int_equal(GENESIS("--out", out, "--work-floor", "1"), 3);
    assert_true(said("--work-ceiling"));
    assert_int_equal(GENESIS("--out", out, "--dust", "2"), 3);
    assert_int_equal(GENESIS("--out", "/nonexistent/x"), 1);
    struct stat st;
    assert_int_equal(stat(out, &st), -1);
}

/* Data folders. */

static int find(struct itc_data_dir *d, const char *data_dir, const char *genesis)
{
    struct itc_options o;
    memset(&o, 0, sizeof o);
    snprintf(o.data_dir.s, sizeof o.data_dir.s, "%s", data_dir);
    snprintf(o.genesis.s, sizeof o.genesis.s, "%s", genesis);
    return itc_data_dir_find(d, &o, why, sizeof why);
}

static void test_data_folder_keeps_to_its_chain(void **state)
{
    (void)state;
    static struct itc_data_dir d;
    static uint8_t before[ITC_GENESIS_MAX], after[ITC_GENESIS_MAX];
    size_t before_len, after_len;
    assert_int_equal(GENESIS("--out", in_dir("one"), "--validators", "1"), 0);
    assert_int_equal(GENESIS("--out", in_dir("other"), "--validators", "1"), 0);

    assert_int_equal(find(&d, "", ""), -1);
    assert_non_null(strstr(why, "--genesis"));
    assert_int_equal(find(&d, in_dir("data/deep"), ""), -1); /* no document yet */
    assert_int_equal(find(&d, in_dir("data/deep"), in_dir("one/genesis.itc")), 0);
    assert_false(d.has_genesis);
    assert_int_equal(itc_data_dir_keep_genesis(&d, why, sizeof why), 0);
    assert_int_equal(
        itc_file_read(before, sizeof before, &before_len, in_dir("data/deep/genesis.itc")), 0);

    assert_int_equal(find(&d, in_dir("data/deep"), in_dir("one/genesis.itc")), 0);
    assert_true(d.has_genesis);
    assert_int_equal(find(&d, in_dir("data/deep"), ""), 0);
    assert_int_equal(find(&d, in_dir("data/deep"), in_dir("other/genesis.itc")), -1);
    assert_non_null(strstr(why, "another chain"));
    assert_int_equal(
        itc_file_read(after, sizeof after, &after_len, in_dir("data/deep/genesis.itc")), 0);
    assert_int_equal(before_len, after_len);
    assert_memory_equal(before, after, after_len);

    assert_int_equal(find(&d, in_dir("data/deep"), in_dir("one/light.itc")), -1);
    assert_int_equal(find(&d, in_dir("data/deep"), in_dir("missing.itc")), -1);
}

static void test_data_folder_by_default(void **state)
{
    (void)state;
    static struct itc_data_dir d;
    assert_int_equal(
        GENESIS("--out", in_dir("home-net"), "--validators", "1", "--network", "test"), 0);
    assert_int_equal(setenv("HOME", in_dir("home"), 1), 0);
    assert_int_equal(find(&d, "", in_dir("home-net/genesis.itc")), 0);
    assert_string_equal(d.path, in_dir("home/.itc/test"));
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(find(&d, "", in_dir("home-net/genesis.itc")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_go_and_come_back),
        cmocka_unit_test(test_keys_are_never_overwritten),
        cmocka_unit_test(test_an_unused_key_is_so_once),
        cmocka_unit_test(test_keys_that_others_may_touch_are_refused),
        cmocka_unit_test(test_what_is_no_key_file),
        cmocka_unit_test(test_genesis_and_light_agree),
        cmocka_unit_test(test_one_account_is_its_leaf),
        cmocka_unit_test(test_what_makes_no_genesis),
        cmocka_unit_test(test_options_bound_what_the_protocol_bounds),
        cmocka_unit_test(test_command_makes_a_network),
        cmocka_unit_test(test_command_with_existing_keys_and_no_treasury),
        cmocka_unit_test(test_command_refuses_nonsense),
        cmocka_unit_test(test_data_folder_keeps_to_its_chain),
        cmocka_unit_test(test_data_folder_by_default),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
