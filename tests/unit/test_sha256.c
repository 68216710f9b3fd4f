#include "tests/unit/spv_make.h"

#include "spv/sha256_kernels.h"

static void expect_hex(const struct itc_hash *h, const char *hex)
{
    char text[65];
    itc_hex_encode(text, h->b, sizeof h->b);
    assert_string_equal(text, hex);
}

/* FIPS 180-4 examples (NIST, "SHA256.pdf") and the million times 'a' of FIPS 180-2, appendix B.3. */
static void known_hashes(void **state)
{
    (void)state;
    struct itc_hash h;
    itc_sha256(&h, NULL, 0);
    expect_hex(&h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    itc_sha256(&h, "abc", 3);
    expect_hex(&h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    itc_sha256(&h, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    expect_hex(&h, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    struct itc_sha256 s;
    itc_sha256_init(&s);
    for (int i = 0; i < 100000; i++)
        itc_sha256_add(&s, "aaaaaaaaaa", 10);
    itc_sha256_end(&s, &h);
    expect_hex(&h, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* FIPS 180-4, 5.1.1: the message, a bit 1, zeros, and the length in bits, laid out here in one piece. */
static void every_length_is_padded_as_fips_says(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 200; len++) {
        uint8_t padded[320] = {0};
        struct itc_sha256 model;
        struct itc_hash out;
        size_t blocks = (len + 1 + 8 + 63) / 64;
        memset(padded, 'x', len);
        itc_sha256(&out, padded, len);
        padded[len] = 0x80;
        padded[64 * blocks - 1] = (uint8_t)(8 * len);
        padded[64 * blocks - 2] = (uint8_t)(8 * len >> 8);
        itc_sha256_init(&model);
        itc_sha256_compress_portable(model.state, padded, blocks);
        for (size_t i = 0; i < 32; i++)
            assert_int_equal(out.b[i], (uint8_t)(model.state[i / 4] >> (24 - 8 * (i % 4))));
    }
}

static void pieces_give_the_hash_of_the_whole(void **state)
{
    (void)state;
    uint8_t bytes[300];
    uint64_t seed = 2;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)make_random(&seed);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct itc_hash whole, pieces;
        struct itc_sha256 s;
        itc_sha256(&whole, bytes, len);
        itc_sha256_init(&s);
        for (size_t at = 0; at < len;) {
            size_t n = make_random(&seed) % 100;
            n = n < len - at ? n : len - at;
            itc_sha256_add(&s, bytes + at, n);
            at += n;
        }
        itc_sha256_end(&s, &pieces);
        assert_true(itc_hash_equal(&whole, &pieces));
    }
}

/* The table in sha256.c against the definition of BIP340, "Design", tagged hashes. */
static void tags_are_what_bip340_says(void **state)
{
    (void)state;
    const struct itc_hash chain = make_hash(3);
    for (int tag = 0; tag < ITC_TAG_COUNT; tag++) {
        const char *text = itc_tag_text((enum itc_tag)tag);
        bool chained = tag != ITC_TAG_GENESIS && tag != ITC_TAG_STATE;
        struct itc_hash tag_hash, plain, tagged;
        struct itc_sha256 s;
        assert_int_equal(strncmp(text, "itc/", 4), 0);
        itc_sha256(&tag_hash, text, strlen(text));
        itc_sha256_init(&s);
        itc_sha256_add(&s, tag_hash.b, 32);
        itc_sha256_add(&s, tag_hash.b, 32);
        if (chained)
            itc_sha256_add(&s, chain.b, 32);
        itc_sha256_add(&s, "message", 7);
        itc_sha256_end(&s, &plain);
        itc_tagged(&tagged, (enum itc_tag)tag, chained ? &chain : NULL, "message", 7);
        assert_true(itc_hash_equal(&plain, &tagged));
    }
    assert_string_equal(itc_tag_text(ITC_TAG_TX), "itc/tx");
}

static void a_pair_is_a_node_of_65_bytes(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 50; i++) {
        struct itc_hash l = make_hash(i), r = make_hash(i + 1), node, pair;
        uint8_t bytes[65] = {0x01};
        memcpy(bytes + 1, l.b, 32);
        memcpy(bytes + 33, r.b, 32);
        itc_sha256(&node, bytes, sizeof bytes);
        itc_hash_pair(&pair, &l, &r);
        assert_true(itc_hash_equal(&node, &pair));
        itc_hash_pair(&l, &l, &r); /* the output may be an input */
        assert_true(itc_hash_equal(&node, &l));
    }
}

/* Mid-way states are what the proof of work starts from. */
static void the_state_is_complete_at_each_full_block(void **state)
{
    (void)state;
    struct itc_hash chain = make_hash(1), anchor = make_hash(2), tag_hash;
    struct itc_sha256 s;
    uint32_t expected[8];
    uint8_t blocks[128];
    itc_sha256(&tag_hash, "itc/work", 8);
    memcpy(blocks, tag_hash.b, 32);
    memcpy(blocks + 32, tag_hash.b, 32);
    memcpy(blocks + 64, chain.b, 32);
    memcpy(blocks + 96, anchor.b, 32);
    itc_sha256_init(&s);
    memcpy(expected, s.state, sizeof expected);
    itc_sha256_compress_portable(expected, blocks, 2);

    itc_tagged_init(&s, ITC_TAG_WORK, &chain);
    itc_sha256_add(&s, anchor.b, 32);
    assert_int_equal(s.size, 128);
    assert_memory_equal(s.state, expected, sizeof expected);
}

static void two_at_once_give_what_each_gives(void **state)
{
    (void)state;
    uint8_t bytes[2][200];
    uint64_t seed = 5;
    for (int round = 0; round < 3000; round++) {
        struct itc_hash want[2], got[2];
        struct itc_sha256 s[2];
        for (size_t i = 0; i < 2; i++) {
            size_t len = make_random(&seed) % sizeof bytes[i];
            for (size_t k = 0; k < len; k++)
                bytes[i][k] = (uint8_t)make_random(&seed);
            itc_sha256(&want[i], bytes[i], len);
            itc_sha256_init(&s[i]);
            itc_sha256_add(&s[i], bytes[i], len);
        }
        itc_sha256_end_two(&s[0], &got[0], &s[1], &got[1]);
        assert_memory_equal(got, want, sizeof got);
    }
}

static void two_nodes_at_once_are_two_nodes(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 50; i++) {
        struct itc_hash h[4] = {make_hash(i), make_hash(i + 1), make_hash(i + 2), make_hash(i + 3)};
        struct itc_hash want[2], got[2], single;
        struct itc_hash_node node[2] = {{(uint8_t)i, &h[0], &h[1]}, {ITC_HASH_INNER, &h[2], &h[3]}};
        for (size_t k = 0; k < 2; k++) {
            uint8_t bytes[65] = {node[k].prefix};
            memcpy(bytes + 1, node[k].l->b, 32);
            memcpy(bytes + 33, node[k].r->b, 32);
            itc_sha256(&want[k], bytes, sizeof bytes);
            itc_hash_node(&single, &node[k]);
            assert_true(itc_hash_equal(&single, &want[k]));
        }
        itc_hash_two_nodes(&got[0], &node[0], &got[1], &node[1]);
        assert_memory_equal(got, want, sizeof got);
        itc_hash_two_nodes(&h[3], &node[0], &h[0], &node[1]); /* an output may be any input */
        assert_memory_equal(&h[3], &want[0], sizeof want[0]);
        assert_memory_equal(&h[0], &want[1], sizeof want[1]);
    }
}

static void kernels_agree(void **state)
{
    (void)state;
    const char *best = itc_sha256_use_best();
    assert_true(strcmp(best, "portable") == 0 || strcmp(best, "sha-ni") == 0);
    uint64_t seed = 4;
    for (int round = 0; round < 1000; round++) {
        uint8_t blocks[64 * 5];
        uint32_t a[8], b[8];
        for (size_t i = 0; i < sizeof blocks; i++)
            blocks[i] = (uint8_t)make_random(&seed);
        for (size_t i = 0; i < 8; i++)
            a[i] = b[i] = (uint32_t)make_random(&seed);
        size_t count = make_random(&seed) % 6;
        itc_sha256_compress_portable(a, blocks, count);
        itc_sha256_compress(b, blocks, count);
        assert_memory_equal(a, b, sizeof a);
    }
}

static void kernels_for_two_agree(void **state)
{
    (void)state;
    itc_sha256_use_best();
    uint64_t seed = 6;
    for (int round = 0; round < 1000; round++) {
        uint8_t blocks[2][64 * 5];
        uint32_t a[2][8], b[2][8];
        for (size_t i = 0; i < sizeof blocks; i++)
            blocks[i / sizeof blocks[0]][i % sizeof blocks[0]] = (uint8_t)make_random(&seed);
        for (size_t i = 0; i < 16; i++)
            a[i / 8][i % 8] = b[i / 8][i % 8] = (uint32_t)make_random(&seed);
        const uint8_t *const both[2] = {blocks[0], blocks[1]};
        size_t count = make_random(&seed) % 6;
        itc_sha256_compress_portable(a[0], blocks[0], count);
        itc_sha256_compress_portable(a[1], blocks[1], count);
        itc_sha256_compress_two(b, both, count);
        assert_memory_equal(a, b, sizeof a);
    }
}

int main(void)
{
    /* All of it twice: on the portable kernel, which is in use until another is asked for, and on the best. */
    const struct CMUnitTest portable[] = {
        cmocka_unit_test(known_hashes),
        cmocka_unit_test(every_length_is_padded_as_fips_says),
        cmocka_unit_test(pieces_give_the_hash_of_the_whole),
        cmocka_unit_test(tags_are_what_bip340_says),
        cmocka_unit_test(a_pair_is_a_node_of_65_bytes),
        cmocka_unit_test(two_at_once_give_what_each_gives),
        cmocka_unit_test(two_nodes_at_once_are_two_nodes),
        cmocka_unit_test(the_state_is_complete_at_each_full_block),
    };
    const struct CMUnitTest best[] = {
        cmocka_unit_test(kernels_agree),
        cmocka_unit_test(kernels_for_two_agree),
        cmocka_unit_test(known_hashes),
        cmocka_unit_test(every_length_is_padded_as_fips_says),
        cmocka_unit_test(pieces_give_the_hash_of_the_whole),
        cmocka_unit_test(tags_are_what_bip340_says),
        cmocka_unit_test(a_pair_is_a_node_of_65_bytes),
        cmocka_unit_test(two_at_once_give_what_each_gives),
        cmocka_unit_test(two_nodes_at_once_are_two_nodes),
        cmocka_unit_test(the_state_is_complete_at_each_full_block),
    };
    int failed = cmocka_run_group_tests(portable, NULL, NULL);
    return failed + cmocka_run_group_tests(best, NULL, NULL);
}
