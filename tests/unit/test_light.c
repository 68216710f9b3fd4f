#include "tests/unit/spv_make.h"

#include "spv/light.h"
#include "spv/merkle.h"

/* A chain of ten milestones with four validators, made by hand. Milestone 3 and milestone 9 hold three sites
 * each; site 1 of them carries a transfer, `seq` being the milestone. The ledger has two accounts. */
#define LENGTH 10
#define SITES 3

static struct {
    struct itc_hash chain;
    struct itc_committee committee;
    uint8_t headers[LENGTH][ITC_HEADER_SIZE];
    struct itc_hash ids[LENGTH];
    uint8_t certs[LENGTH][ITC_CERT_MAX];
    size_t cert_len;
    struct itc_hash site_ids[SITES];
    struct itc_hash account_leaves[2]; /* ascending by state key */
    struct itc_key account_keys[2];
    uint8_t account_values[2][ITC_ACCOUNT_VALUE];
} world;

static bool state_bit(const struct itc_hash *key)
{
    return key->b[0] >> 7;
}

/* Two accounts whose state keys differ in the first bit, so that each path is one hash long. */
static void make_accounts(struct itc_hash *state_root)
{
    for (unsigned side = 0; side < 2; side++) {
        struct itc_hash key, value_hash;
        uint64_t number = 0;
        do {
            world.account_keys[side] = make_key(number++);
            itc_state_key(&key, ITC_STATE_ACCOUNT, world.account_keys[side].b, 32);
        } while (state_bit(&key) != side);
        const struct itc_account a = {.balance = {1000 + side}, .next_seq = side};
        itc_account_encode(world.account_values[side], &a);
        itc_sha256(&value_hash, world.account_values[side], ITC_ACCOUNT_VALUE);
        itc_smt_leaf(&world.account_leaves[side], &key, &value_hash);
    }
    itc_hash_pair(state_root, &world.account_leaves[0], &world.account_leaves[1]);
}

static void make_tx_leaves(struct itc_hash leaves[SITES], uint64_t milestone)
{
    uint8_t tx[ITC_TX_MAX];
    struct itc_hash tx_id;
    size_t len = make_transfer(tx, &world.chain, milestone);
    itc_tx_id(&tx_id, &world.chain, tx, len);
    for (uint64_t i = 0; i < SITES; i++) {
        struct itc_hash other = make_hash(i);
        itc_tx_leaf(&leaves[i], &world.site_ids[i], i == 1 ? &tx_id : &other, ITC_VERDICT_APPLIED);
    }
}

static void make_cert(uint64_t index)
{
    struct itc_cert cert = {.view = 0, .index = index, .signers = 11};
    struct itc_hash message;
    const struct itc_slot slot = {0, 0, index};
    itc_vote_message(&message, ITC_TAG_COMMIT, &world.chain, &slot, &world.ids[index]);
    for (uint32_t i = 0, at = 0; i < 4; i++) {
        struct itc_signer signer;
        make_signer(&signer, 100 + i);
        if (cert.signers >> i & 1)
            itc_signer_sign(&signer, &message, &cert.sigs[at++]);
    }
    world.cert_len = itc_cert_encode(world.certs[index], &cert);
}

static int make_world(void **state)
{
    (void)state;
    struct itc_merkle history;
    struct itc_header h = {.time_ms = 1000, .work_bits = 14};
    itc_merkle_init(&history);
    world.chain = make_hash(42);
    world.committee.n = 4;
    for (uint32_t i = 0; i < 4; i++)
        world.committee.keys[i] = make_key(100 + i);
    for (uint64_t i = 0; i < SITES; i++)
        world.site_ids[i] = make_hash(500 + i);
    itc_committee_hash(&h.committee, &world.chain, &world.committee);
    h.next_committee = h.committee;
    make_accounts(&h.state_root);
    for (uint64_t i = 0; i < LENGTH; i++) {
        struct itc_merkle txs;
        struct itc_hash leaf, leaves[SITES];
        h.index = i;
        h.time_ms += 1000;
        h.prev = i > 0 ? world.ids[i - 1] : (struct itc_hash){{0}};
        h.body_hash = i > 0 ? make_hash(i) : world.chain;
        h.site_count = i == 3 || i == 9 ? SITES : 0;
        itc_merkle_root(&history, &h.history_root);
        itc_merkle_init(&txs);
        make_tx_leaves(leaves, i);
        for (uint32_t k = 0; k < h.site_count; k++)
            itc_merkle_add(&txs, &leaves[k]);
        itc_merkle_root(&txs, &h.tx_root);
        itc_header_encode(world.headers[i], &h);
        itc_header_id(&world.ids[i], &world.chain, world.headers[i]);
        itc_merkle_leaf(&leaf, world.ids[i].b, 32);
        itc_merkle_add(&history, &leaf);
        make_cert(i);
    }
    return 0;
}

static void prove_history(
    struct itc_hash path[ITC_MERKLE_DEPTH_MAX], size_t *len, uint64_t index, uint64_t size)
{
    struct itc_hash tree[ITC_MERKLE_TREE(LENGTH)];
    *len = 0;
    for (uint64_t i = 0; i < size; i++)
        itc_merkle_leaf(&tree[i], world.ids[i].b, 32);
    itc_merkle_tree(tree, size);
    if (index < size)
        itc_merkle_path(path, len, tree, index, size);
}

static struct itc_light trusting(uint64_t index)
{
    struct itc_light l;
    assert_int_equal(
        itc_light_init(&l, ITC_NETWORK_PRIVATE, &world.chain, &world.committee, world.headers[0]),
        ITC_OK);
    assert_int_equal(itc_header_decode(&l.header, world.headers[index], ITC_HEADER_SIZE), ITC_OK);
    l.id = world.ids[index];
    return l;
}

struct jump_bytes {
    uint8_t header[ITC_HEADER_SIZE];
    uint8_t cert[ITC_CERT_MAX];
    struct itc_hash path[ITC_MERKLE_DEPTH_MAX];
    struct itc_jump jump;
};

static void make_jump(struct jump_bytes *out, uint64_t from, uint64_t to)
{
    memcpy(out->header, world.headers[to], ITC_HEADER_SIZE);
    memcpy(out->cert, world.certs[to], world.cert_len);
    prove_history(out->path, &out->jump.path_len, from, to);
    out->jump.header = out->header;
    out->jump.cert = out->cert;
    out->jump.cert_len = world.cert_len;
    out->jump.path = out->path[0].b;
}

static void trust_starts_at_header_0_alone(void **state)
{
    (void)state;
    struct itc_light l = {.network = ITC_NETWORK_TEST};
    struct itc_committee other = world.committee;
    struct itc_hash other_chain = make_hash(43);
    other.keys[0] = make_key(77);
#define INIT(chain, committee, header)                                                             \
    itc_light_init(&l, ITC_NETWORK_PRIVATE, chain, committee, header)
    assert_int_equal(INIT(&world.chain, &world.committee, world.headers[1]), ITC_E_CHAIN);
    assert_int_equal(INIT(&other_chain, &world.committee, world.headers[0]), ITC_E_CHAIN);
    assert_int_equal(INIT(&world.chain, &other, world.headers[0]), ITC_E_CHAIN);
    uint8_t header[ITC_HEADER_SIZE] = {0};
    assert_int_equal(INIT(&world.chain, &world.committee, header), ITC_E_VERSION);
    static const size_t at[] = {8, 32}; /* the index; the first byte of `prev` */
    for (size_t i = 0; i < COUNT(at); i++) {
        memcpy(header, world.headers[0], sizeof header);
        header[at[i]] = 1;
        assert_int_equal(INIT(&world.chain, &world.committee, header), ITC_E_CHAIN);
    }
    assert_int_equal(l.network, ITC_NETWORK_TEST);
    assert_int_equal(INIT(&world.chain, &world.committee, world.headers[0]), ITC_OK);
#undef INIT
    assert_true(itc_hash_equal(&l.id, &world.ids[0]));
    assert_true(sizeof l < 2048);
}

static void trust_jumps_any_distance(void **state)
{
    (void)state;
    static struct jump_bytes j;
    for (uint64_t from = 0; from < LENGTH; from++)
        for (uint64_t to = from; to < LENGTH; to++) {
            struct itc_light l = trusting(from);
            make_jump(&j, from, to);
            assert_int_equal(itc_light_advance(&l, &j.jump), ITC_OK);
            assert_int_equal(l.header.index, to);
            assert_true(itc_hash_equal(&l.id, &world.ids[to]));
        }
}

static void trust_never_goes_back(void **state)
{
    (void)state;
    static struct jump_bytes j;
    struct itc_light l = trusting(5);
    make_jump(&j, 0, 4);
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_OLDER);
    make_jump(&j, 5, 5);
    j.header[100] ^= 1; /* the same index, another header: a fork */
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_CHAIN);
    assert_int_equal(l.header.index, 5);
}

static void every_byte_of_a_jump_counts(void **state)
{
    (void)state;
    static struct jump_bytes j;
    struct itc_light before = trusting(2), l = before;
    make_jump(&j, 2, 9);
    assert_true(j.jump.path_len > 2);
    uint8_t *const parts[] = {j.header, j.cert, j.path[0].b};
    const size_t sizes[] = {ITC_HEADER_SIZE, j.jump.cert_len, 32 * j.jump.path_len};
    for (size_t part = 0; part < 3; part++)
        for (size_t i = 0; i < sizes[part]; i++) {
            parts[part][i] ^= 1;
            assert_true(itc_light_advance(&l, &j.jump) != ITC_OK);
            assert_memory_equal(&l, &before, sizeof l);
            parts[part][i] ^= 1;
        }
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_OK);
}

static void each_fault_of_a_jump_has_its_error(void **state)
{
    (void)state;
    static struct jump_bytes j;
    struct itc_light l = trusting(2);
    make_jump(&j, 3, 9); /* another header's inclusion */
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_PROOF);
    make_jump(&j, 2, 9);
    j.jump.path_len--;
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_PROOF);
    make_jump(&j, 2, 9);
    j.jump.cert_len--;
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_TRUNCATED);
    make_jump(&j, 2, 9);
    j.jump.cert_len++;
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_TRAILING);
    make_jump(&j, 2, 9);
    j.cert[12] = 3; /* two signers, two signatures */
    j.jump.cert_len -= 64;
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_QUORUM);
    make_jump(&j, 2, 9);
    memcpy(j.cert, world.certs[8], world.cert_len); /* another milestone's certificate */
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_QUORUM);
    make_jump(&j, 2, 9);
    j.cert[20] ^= 1;
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_SIGNATURE);
    make_jump(&j, 2, 9);
    j.header[0] = 9;
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_VERSION);
    make_jump(&j, 2, 9);
    j.header[2] = 0x80;
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_FORM);
    make_jump(&j, 2, 9);
    l.committee.keys[0] = make_key(5); /* as after a change of the committee */
    assert_int_equal(itc_light_advance(&l, &j.jump), ITC_E_COMMITTEE);
}

struct tx_bytes {
    uint8_t header[ITC_HEADER_SIZE];
    struct itc_hash history[ITC_MERKLE_DEPTH_MAX];
    uint8_t tx[ITC_TX_MAX];
    struct itc_hash path[ITC_MERKLE_DEPTH_MAX];
    struct itc_tx_proof p;
};

/* The proof of the transfer in milestone `index`, for who trusts `trusted`. */
static void make_tx_proof(struct tx_bytes *out, uint64_t index, uint64_t trusted)
{
    struct itc_hash tree[ITC_MERKLE_TREE(SITES)];
    memcpy(out->header, world.headers[index], ITC_HEADER_SIZE);
    prove_history(out->history, &out->p.history_path_len, index, trusted);
    out->p.header = out->header;
    out->p.history_path = out->history[0].b;
    out->p.site_id = world.site_ids[1];
    out->p.verdict = ITC_VERDICT_APPLIED;
    out->p.position = 1;
    out->p.tx_len = make_transfer(out->tx, &world.chain, index);
    out->p.tx = out->tx;
    make_tx_leaves(tree, index);
    itc_merkle_tree(tree, SITES);
    itc_merkle_path(out->path, &out->p.tx_path_len, tree, 1, SITES);
    out->p.tx_path = out->path[0].b;
}

static void payments_are_proved_at_and_below_the_trusted_header(void **state)
{
    (void)state;
    static struct tx_bytes t;
    struct itc_tx_fact fact;
    for (uint64_t trusted = 3; trusted < LENGTH; trusted++) {
        struct itc_light l = trusting(trusted);
        make_tx_proof(&t, 3, trusted);
        assert_int_equal(itc_light_check_tx(&fact, &l, &t.p), ITC_OK);
        assert_int_equal(fact.tx.seq, 3);
        assert_int_equal(fact.tx.u.transfer.amount.grains, 5);
        assert_int_equal(fact.verdict, ITC_VERDICT_APPLIED);
        assert_int_equal(fact.milestone, 3);
        assert_int_equal(fact.position, 1);
        assert_int_equal(fact.time_ms, 5000);
    }
    struct itc_light l = trusting(8);
    make_tx_proof(&t, 9, 9);
    assert_int_equal(itc_light_check_tx(&fact, &l, &t.p), ITC_E_OLDER);
}

static void expect_tx_tampering_fails(struct tx_bytes *t, const struct itc_light *l)
{
    struct itc_tx_fact fact = {.position = 99};
    uint8_t *const parts[] = {t->header, t->history[0].b, t->tx, t->path[0].b, t->p.site_id.b};
    const size_t sizes[] = {ITC_HEADER_SIZE, 32 * t->p.history_path_len,
        t->p.tx_len - 64 /* the signature: see light.h */, 32 * t->p.tx_path_len, 32};
    for (size_t part = 0; part < COUNT(parts); part++)
        for (size_t i = 0; i < sizes[part]; i++) {
            parts[part][i] ^= 1;
            assert_true(itc_light_check_tx(&fact, l, &t->p) != ITC_OK);
            parts[part][i] ^= 1;
        }
    assert_int_equal(fact.position, 99);
    assert_int_equal(itc_light_check_tx(&fact, l, &t->p), ITC_OK);
}

static void every_byte_of_a_payment_counts(void **state)
{
    (void)state;
    static struct tx_bytes t;
    struct itc_light l = trusting(8);
    make_tx_proof(&t, 3, 8);
    expect_tx_tampering_fails(&t, &l);
    l = trusting(9);
    make_tx_proof(&t, 9, 9);
    expect_tx_tampering_fails(&t, &l);
}

static void each_fault_of_a_payment_has_its_error(void **state)
{
    (void)state;
    static struct tx_bytes t;
    struct itc_tx_fact fact;
    struct itc_light l = trusting(9);
#define EXPECT(err, change)                                                                        \
    do {                                                                                           \
        make_tx_proof(&t, 3, 9);                                                                   \
        change;                                                                                    \
        assert_int_equal(itc_light_check_tx(&fact, &l, &t.p), err);                                \
    } while (0)
    EXPECT(ITC_OK, (void)0);
    EXPECT(ITC_E_PROOF, t.p.verdict = ITC_VERDICT_NO_FUNDS);
    EXPECT(ITC_E_FORM, t.p.verdict = ITC_VERDICT_COUNT);
    EXPECT(ITC_E_FORM, t.p.verdict = (enum itc_verdict)256); /* its low byte says applied */
    EXPECT(ITC_E_PROOF, t.p.position = 0);
    EXPECT(ITC_E_PROOF, t.p.position = SITES);
    EXPECT(ITC_E_PROOF, t.p.position = UINT32_MAX);
    EXPECT(ITC_E_PROOF, t.p.tx_path_len--);
    EXPECT(ITC_E_PROOF, t.p.history_path_len--);
    EXPECT(ITC_E_TRUNCATED, t.p.tx_len--);
    EXPECT(ITC_E_TRAILING, t.p.tx_len++);
    EXPECT(ITC_E_VERSION, t.header[0] = 7);
#undef EXPECT
    make_tx_proof(&t, 9, 9);
    t.p.history_path_len = 1; /* a path where none belongs */
    assert_int_equal(itc_light_check_tx(&fact, &l, &t.p), ITC_E_PROOF);
    memcpy(t.header, world.headers[9], ITC_HEADER_SIZE);
    make_tx_proof(&t, 9, 9);
    t.header[20] ^= 1; /* not the trusted header, though of its index */
    assert_int_equal(itc_light_check_tx(&fact, &l, &t.p), ITC_E_PROOF);
}

static void balances_are_proved(void **state)
{
    (void)state;
    struct itc_light l = trusting(4);
    struct itc_account a;
    bool exists;
    for (unsigned side = 0; side < 2; side++) {
        struct itc_smt_proof p = {
            .terminal = ITC_SMT_LEAF, .path = world.account_leaves[1 - side].b, .path_len = 1};
        const struct itc_key *key = &world.account_keys[side];
        uint8_t value[ITC_ACCOUNT_VALUE];
        memcpy(value, world.account_values[side], sizeof value);
#define CHECK(v, n) itc_light_check_account(&a, &exists, &l, key, v, n, &p)
        assert_int_equal(CHECK(value, sizeof value), ITC_OK);
        assert_true(exists);
        assert_int_equal(a.balance.grains, 1000 + side);
        assert_int_equal(a.next_seq, side);
        a.next_seq = 55;
        for (size_t i = 0; i < sizeof value; i++) {
            value[i] ^= 1;
            assert_int_equal(CHECK(value, sizeof value), ITC_E_PROOF);
            value[i] ^= 1;
        }
        assert_int_equal(CHECK(value, 15), ITC_E_FORM);
        assert_int_equal(CHECK(NULL, 16), ITC_E_FORM);
        assert_int_equal(CHECK(NULL, 0), ITC_E_PROOF); /* it does exist */
        p.path = world.account_leaves[side].b;
        assert_int_equal(CHECK(value, sizeof value), ITC_E_PROOF);
        assert_int_equal(a.next_seq, 55);
#undef CHECK
    }
}

static void absence_is_proved(void **state)
{
    (void)state;
    struct itc_light l = trusting(4);
    struct itc_account a = {.next_seq = 5};
    bool exists = true;
    struct itc_key stranger = make_key(12345);
    struct itc_hash key, other;
    itc_state_key(&key, ITC_STATE_ACCOUNT, stranger.b, sizeof stranger.b);
    unsigned side = state_bit(&key);
    itc_state_key(&other, ITC_STATE_ACCOUNT, world.account_keys[side].b, 32);
    struct itc_smt_proof p = {.terminal = ITC_SMT_OTHER, .other_key = other, .path_len = 1};
    p.path = world.account_leaves[1 - side].b;
    itc_sha256(&p.other_value_hash, world.account_values[side], ITC_ACCOUNT_VALUE);
    assert_int_equal(itc_light_check_account(&a, &exists, &l, &stranger, NULL, 0, &p), ITC_OK);
    assert_false(exists);
    assert_int_equal(a.balance.grains + a.next_seq, 0);
}

static void a_balance_above_the_supply_is_refused(void **state)
{
    (void)state;
    struct itc_light l = trusting(4);
    struct itc_account a = {.balance = {ITC_SUPPLY_GRAINS + 1}};
    struct itc_key owner = make_key(1);
    struct itc_hash key, value_hash;
    uint8_t value[ITC_ACCOUNT_VALUE];
    bool exists;
    itc_account_encode(value, &a);
    itc_sha256(&value_hash, value, sizeof value);
    itc_state_key(&key, ITC_STATE_ACCOUNT, owner.b, sizeof owner.b);
    itc_smt_leaf(&l.header.state_root, &key, &value_hash); /* a ledger of this one leaf */
    const struct itc_smt_proof p = {.terminal = ITC_SMT_LEAF};
    assert_int_equal(
        itc_light_check_account(&a, &exists, &l, &owner, value, sizeof value, &p), ITC_E_FORM);
}

static void what_a_lamp_stores_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[ITC_LIGHT_MAX + 1] = {0};
    struct itc_light l = trusting(6), out = {.network = ITC_NETWORK_TEST};
    size_t len = itc_light_encode(bytes, &l);
    assert_int_equal(len, 35 + 4 * 32 + ITC_HEADER_SIZE);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(itc_light_decode(&out, bytes, n), ITC_E_TRUNCATED);
    assert_int_equal(itc_light_decode(&out, bytes, len + 1), ITC_E_TRAILING);
    bytes[0] = 2;
    assert_int_equal(itc_light_decode(&out, bytes, len), ITC_E_VERSION);
    bytes[0] = 1;
    for (size_t i = 0; i < 3; i++) {
        static const size_t at[] = {1, 34, 40}; /* network, n, a key of the committee */
        uint8_t old = bytes[at[i]];
        bytes[at[i]] = 0x55;
        assert_int_equal(itc_light_decode(&out, bytes, len), ITC_E_FORM);
        bytes[at[i]] = old;
    }
    assert_int_equal(out.network, ITC_NETWORK_TEST);
    assert_int_equal(itc_light_decode(&out, bytes, len), ITC_OK);
    assert_int_equal(out.network, ITC_NETWORK_PRIVATE);
    assert_int_equal(out.header.index, 6);
    assert_true(itc_hash_equal(&out.id, &world.ids[6]));
    uint8_t again[ITC_LIGHT_MAX];
    assert_int_equal(itc_light_encode(again, &out), len);
    assert_memory_equal(again, bytes, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_starts_at_header_0_alone),
        cmocka_unit_test(trust_jumps_any_distance),
        cmocka_unit_test(trust_never_goes_back),
        cmocka_unit_test(every_byte_of_a_jump_counts),
        cmocka_unit_test(each_fault_of_a_jump_has_its_error),
        cmocka_unit_test(payments_are_proved_at_and_below_the_trusted_header),
        cmocka_unit_test(every_byte_of_a_payment_counts),
        cmocka_unit_test(each_fault_of_a_payment_has_its_error),
        cmocka_unit_test(balances_are_proved),
        cmocka_unit_test(absence_is_proved),
        cmocka_unit_test(a_balance_above_the_supply_is_refused),
        cmocka_unit_test(what_a_lamp_stores_comes_back),
    };
    return cmocka_run_group_tests(tests, make_world, NULL);
}
