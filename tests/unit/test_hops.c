/* test_hops.c - a light client follows changes of the committee, and nothing that only looks like one.
 *
 * Epochs of four milestones. A of four members signs 1 .. 4, B 5 .. 12, C 13 .. 15. B has one of A's keys replaced and
 * one struck out. 8 ends an epoch without a change. */
#include "tests/unit/spv_make.h"

#include "spv/light.h"
#include "spv/merkle.h"

#define LENGTH 16
#define EPOCH 4
#define STRUCK 2 /* seat of B */

struct member {
    struct itc_committee list;
    uint64_t numbers[5]; /* signers, by seat */
};

static struct {
    struct itc_hash chain;
    struct member a, b, c;
    uint8_t headers[LENGTH][ITC_HEADER_SIZE];
    struct itc_hash ids[LENGTH];
    uint8_t certs[LENGTH][ITC_CERT_MAX];
    size_t cert_lens[LENGTH];
} world;

static void seat(struct member *m, uint32_t n, const uint64_t *numbers)
{
    m->list = (struct itc_committee){.n = n};
    for (uint32_t i = 0; i < n; i++) {
        m->numbers[i] = numbers[i];
        m->list.keys[i] = make_key(numbers[i]);
    }
}

static const struct member *signers_of(uint64_t index)
{
    return index <= 4 ? &world.a : index <= 12 ? &world.b : &world.c;
}

/* The members of `signers` (seats) sign `index` as `m`. */
static size_t sign(
    uint8_t out[ITC_CERT_MAX], uint64_t index, const struct member *m, uint32_t signers)
{
    struct itc_cert cert = {.index = index, .signers = signers};
    struct itc_hash message;
    const struct itc_slot slot = {(uint32_t)((index - 1) / EPOCH), 0, index};
    itc_vote_message(&message, ITC_TAG_COMMIT, &world.chain, &slot, &world.ids[index]);
    for (uint32_t i = 0, at = 0; i < m->list.n; i++) {
        struct itc_signer signer;
        make_signer(&signer, m->numbers[i]);
        if (signers >> i & 1)
            itc_signer_sign(&signer, &message, &cert.sigs[at++]);
    }
    return itc_cert_encode(out, &cert);
}

static int make_world(void **state)
{
    (void)state;
    struct itc_merkle history;
    struct itc_header h = {.time_ms = 1000};
    world.chain = make_hash(42);
    seat(&world.a, 4, (const uint64_t[]){100, 101, 102, 103});
    seat(&world.b, 4, (const uint64_t[]){100, 201, 102, 103});
    world.b.list.keys[STRUCK] = (struct itc_key){{0}};
    seat(&world.c, 5, (const uint64_t[]){300, 301, 302, 303, 304});
    itc_merkle_init(&history);
    for (uint64_t i = 0; i < LENGTH; i++) {
        struct itc_hash leaf;
        bool last = i > 0 && i % EPOCH == 0;
        h.index = i;
        h.epoch = i > 0 ? (uint32_t)((i - 1) / EPOCH) : 0;
        h.flags = last ? ITC_HEADER_EPOCH_END : 0;
        itc_committee_hash(&h.committee, &world.chain, &signers_of(i)->list);
        itc_committee_hash(&h.next_committee, &world.chain, &signers_of(last ? i + 1 : i)->list);
        if (i == 3 || i == 11) /* a change is applied before it is in force */
            itc_committee_hash(
                &h.next_committee, &world.chain, &(i == 3 ? &world.b : &world.c)->list);
        h.prev = i > 0 ? world.ids[i - 1] : (struct itc_hash){{0}};
        h.body_hash = i > 0 ? make_hash(i) : world.chain;
        itc_merkle_root(&history, &h.history_root);
        itc_header_encode(world.headers[i], &h);
        itc_header_id(&world.ids[i], &world.chain, world.headers[i]);
        itc_merkle_leaf(&leaf, world.ids[i].b, 32);
        itc_merkle_add(&history, &leaf);
        const struct member *m = signers_of(i);
        uint32_t seats = m == &world.b ? 1u | 2u | 8u : m == &world.c ? 15 : 7;
        world.cert_lens[i] = i == 0 ? 0 : sign(world.certs[i], i, m, seats);
    }
    return 0;
}

struct bytes {
    uint8_t header[ITC_HEADER_SIZE];
    uint8_t cert[ITC_CERT_MAX];
    struct itc_hash path[ITC_MERKLE_DEPTH_MAX];
    struct itc_jump jump;
};
static struct bytes bytes;

/* The jump from `from` to `to`; borrows `bytes`. */
static struct itc_jump *jump(uint64_t from, uint64_t to)
{
    struct bytes *b = &bytes;
    struct itc_hash tree[ITC_MERKLE_TREE(LENGTH)];
    memcpy(b->header, world.headers[to], sizeof b->header);
    memcpy(b->cert, world.certs[to], sizeof b->cert);
    b->jump = (struct itc_jump){.header = b->header,
        .cert = b->cert,
        .cert_len = world.cert_lens[to],
        .path = b->path[0].b};
    for (uint64_t i = 0; i < to; i++)
        itc_merkle_leaf(&tree[i], world.ids[i].b, 32);
    itc_merkle_tree(tree, to);
    if (from < to)
        itc_merkle_path(b->path, &b->jump.path_len, tree, from, to);
    return &b->jump;
}

static struct itc_light begin(void)
{
    struct itc_light l;
    assert_int_equal(
        itc_light_init(&l, ITC_NETWORK_PRIVATE, &world.chain, &world.a.list, world.headers[0]),
        ITC_OK);
    return l;
}

#define JUMP(l, to) itc_light_advance(&(l), jump((l).header.index, to))
#define HOP(l, to, who) itc_light_hop(&(l), jump((l).header.index, to), &(who).list)

/* A client that has hopped as often as it takes to trust `index`. */
static struct itc_light trusting(uint64_t index)
{
    struct itc_light l = begin();
    if (index >= 4)
        assert_int_equal(HOP(l, 4, world.b), ITC_OK);
    if (index >= 12)
        assert_int_equal(HOP(l, 12, world.c), ITC_OK);
    assert_int_equal(JUMP(l, index), ITC_OK);
    assert_true(itc_hash_equal(&l.id, &world.ids[index]));
    return l;
}

static void trust_follows_each_change(void **state)
{
    (void)state;
    for (uint64_t from = 0; from < LENGTH; from++) {
        struct itc_light l = trusting(from);
        if (from < 4)
            assert_int_equal(HOP(l, 4, world.b), ITC_OK);
        if (from < 12) {
            assert_int_equal(JUMP(l, l.header.index > 8 ? l.header.index : 8), ITC_OK);
            assert_int_equal(HOP(l, 12, world.c), ITC_OK);
        }
        assert_int_equal(l.committee.n, 5);
        assert_int_equal(JUMP(l, 15), ITC_OK);
    }
}

static void a_jump_does_not_leave_its_committee(void **state)
{
    (void)state;
    for (uint64_t from = 0; from < LENGTH; from++)
        for (uint64_t to = from; to < LENGTH; to++) {
            struct itc_light l = trusting(from);
            bool same = from == to || (to < 4) || (from >= 4 && to < 12) || from >= 12;
            assert_int_equal(JUMP(l, to), same ? ITC_OK : ITC_E_COMMITTEE);
            assert_int_equal(l.header.index, same ? to : from);
        }
}

static void hops_lead_forward_only(void **state)
{
    (void)state;
    struct itc_light l = trusting(6), before = l;
    assert_int_equal(HOP(l, 4, world.b), ITC_E_OLDER);
    l = trusting(4);
    assert_int_equal(HOP(l, 4, world.b), ITC_E_OLDER); /* again */
    assert_int_equal(HOP(l, 4, world.a), ITC_E_OLDER); /* and back */
    l = trusting(13);
    assert_int_equal(HOP(l, 12, world.c), ITC_E_OLDER);
    l = trusting(6);
    assert_memory_equal(&l, &before, sizeof l);
}

static void no_change_is_passed_over(void **state)
{
    (void)state;
    struct itc_light l = trusting(2);
    assert_int_equal(HOP(l, 12, world.c), ITC_E_COMMITTEE);
    assert_int_equal(HOP(l, 13, world.c), ITC_E_COMMITTEE);
}

/* Headers that tell of another committee and do not end an epoch, or end one and tell of none. */
static void only_the_last_header_of_an_epoch_hands_over(void **state)
{
    (void)state;
    struct itc_light l = trusting(1);
    assert_int_equal(HOP(l, 3, world.b), ITC_E_FORM); /* applied there, not in force after it */
    assert_int_equal(HOP(l, 2, world.b), ITC_E_FORM);
    assert_int_equal(HOP(l, 2, world.a), ITC_E_FORM);
    l = trusting(5);
    assert_int_equal(HOP(l, 8, world.b), ITC_E_FORM); /* the committee stays */
    assert_int_equal(HOP(l, 11, world.c), ITC_E_FORM);
}

static void the_list_is_the_one_that_the_header_names(void **state)
{
    (void)state;
    struct itc_light l = trusting(2), before = l;
    struct member other = world.b;
    assert_int_equal(HOP(l, 4, world.a), ITC_E_PROOF);
    assert_int_equal(HOP(l, 4, world.c), ITC_E_PROOF);
    for (uint32_t i = 0; i < sizeof other.list.keys[0] * other.list.n; i++) {
        other.list.keys[i / 32].b[i % 32] ^= 1;
        assert_int_equal(HOP(l, 4, other), ITC_E_PROOF);
        other.list.keys[i / 32].b[i % 32] ^= 1;
    }
    for (uint32_t n = 0; n < 64; n++) {
        other.list.n = n;
        enum itc_err e = n == 4 ? ITC_OK : n < 1 || n > 32 ? ITC_E_FORM : ITC_E_PROOF;
        if (e)
            assert_int_equal(HOP(l, 4, other), e);
    }
    assert_memory_equal(&l, &before, sizeof l);
    other.list.n = 4;
    assert_int_equal(HOP(l, 4, other), ITC_OK);
}

static void each_fault_of_a_hop_has_its_error(void **state)
{
    (void)state;
    struct itc_light l = trusting(2), before = l;
#define EXPECT(err, change)                                                                        \
    do {                                                                                           \
        struct itc_jump *j = jump(2, 4);                                                           \
        change;                                                                                    \
        assert_int_equal(itc_light_hop(&l, j, &world.b.list), err);                                \
    } while (0)
    EXPECT(ITC_E_PROOF, j = jump(1, 4)); /* another header's inclusion */
    EXPECT(ITC_E_PROOF, j->path_len--);
    EXPECT(ITC_E_TRUNCATED, j->cert_len--);
    EXPECT(ITC_E_TRAILING, j->cert_len++);
    EXPECT(ITC_E_QUORUM, j->cert_len = sign(bytes.cert, 4, &world.a, 3));
    EXPECT(ITC_E_QUORUM, j->cert_len = sign(bytes.cert, 4, &world.a, 15));
    EXPECT(ITC_E_QUORUM, memcpy(bytes.cert, world.certs[3], j->cert_len));
    EXPECT(ITC_E_SIGNATURE, bytes.cert[20] ^= 1);
    /* of the committee that comes, not of the one that goes */
    EXPECT(ITC_E_SIGNATURE, j->cert_len = sign(bytes.cert, 4, &world.b, 1u | 2u | 8u));
    EXPECT(ITC_E_VERSION, bytes.header[0] = 9);
    EXPECT(ITC_E_FORM, bytes.header[2] = 0x80);
#undef EXPECT
    assert_memory_equal(&l, &before, sizeof l);
}

static void every_byte_of_a_hop_counts(void **state)
{
    (void)state;
    struct itc_light before = trusting(2), l = before;
    struct itc_jump *j = jump(2, 4);
    uint8_t *const parts[] = {bytes.header, bytes.cert, bytes.path[0].b};
    const size_t sizes[] = {ITC_HEADER_SIZE, j->cert_len, 32 * j->path_len};
    for (size_t part = 0; part < 3; part++)
        for (size_t i = 0; i < sizes[part]; i++) {
            parts[part][i] ^= 1;
            assert_true(itc_light_hop(&l, j, &world.b.list) != ITC_OK);
            assert_memory_equal(&l, &before, sizeof l);
            parts[part][i] ^= 1;
        }
    assert_int_equal(itc_light_hop(&l, j, &world.b.list), ITC_OK);
}

/* Its place counts for n and q; nobody can sign for it. */
static void a_struck_seat_never_signs(void **state)
{
    (void)state;
    struct itc_light l = trusting(5);
    struct itc_jump *j = jump(5, 7);
    j->cert_len = sign(bytes.cert, 7, &world.b, 1u | 2u | 1u << STRUCK);
    assert_int_equal(itc_light_advance(&l, j), ITC_E_SIGNATURE);
    j->cert_len = sign(bytes.cert, 7, &world.b, 1u | 2u);
    assert_int_equal(itc_light_advance(&l, j), ITC_E_QUORUM);
    assert_int_equal(JUMP(l, 7), ITC_OK);
}

static void what_is_stored_names_who_signs_next(void **state)
{
    (void)state;
    uint8_t stored[ITC_LIGHT_MAX];
    for (uint64_t i = 0; i < LENGTH; i++) {
        struct itc_light l = trusting(i), out = {.network = ITC_NETWORK_TEST};
        assert_int_equal(itc_light_decode(&out, stored, itc_light_encode(stored, &l)), ITC_OK);
        assert_memory_equal(&out.committee.n, &signers_of(i + 1)->list.n, sizeof(uint32_t));
        assert_true(itc_hash_equal(&out.id, &l.id));
        l.committee = (i == 4 ? &world.a : &world.c)->list; /* of 4: who signed it, and no more */
        if (i < 12)
            assert_int_equal(
                itc_light_decode(&out, stored, itc_light_encode(stored, &l)), ITC_E_FORM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_follows_each_change),
        cmocka_unit_test(a_jump_does_not_leave_its_committee),
        cmocka_unit_test(hops_lead_forward_only),
        cmocka_unit_test(no_change_is_passed_over),
        cmocka_unit_test(only_the_last_header_of_an_epoch_hands_over),
        cmocka_unit_test(the_list_is_the_one_that_the_header_names),
        cmocka_unit_test(each_fault_of_a_hop_has_its_error),
        cmocka_unit_test(every_byte_of_a_hop_counts),
        cmocka_unit_test(a_struck_seat_never_signs),
        cmocka_unit_test(what_is_stored_names_who_signs_next),
    };
    return cmocka_run_group_tests(tests, make_world, NULL);
}
