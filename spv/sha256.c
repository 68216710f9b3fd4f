#include "spv/sha256.h"

#include "spv/sha256_kernels.h"

#include <string.h>

static const uint32_t initial_state[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* The state after the block H(tag) || H(tag). The unit test computes each anew. */
static const struct {
    const char *text;
    uint32_t state[8];
} tags[ITC_TAG_COUNT] = {
    [ITC_TAG_GENESIS] = {"itc/genesis", {0x7177709f, 0xd3f52d10, 0x96dbce02, 0xd3198e8b, 0x4634464b,
                                            0xa10b47fa, 0x4dc21e9a, 0x61a083cc}},
    [ITC_TAG_TX] = {"itc/tx", {0xac5c7dfa, 0xa7abd515, 0xdcf5512c, 0x28082b58, 0xbf775a99,
                                  0x629b538e, 0xb008d7bf, 0xeec8aed0}},
    [ITC_TAG_SITE] = {"itc/site", {0x17c5bf11, 0x1f66d45e, 0x84ebccc7, 0xd27dc60d, 0x9479a01c,
                                      0x0980f574, 0x3080600a, 0xbb4ce139}},
    [ITC_TAG_STEM] = {"itc/stem", {0x7eaefe67, 0x2547c280, 0x9c8d416c, 0xe657f595, 0x774a0923,
                                      0xea5ebf24, 0xabe41ef8, 0xa8ca4636}},
    [ITC_TAG_WORK] = {"itc/work", {0x321ae62c, 0xfc16e59f, 0x43a48abb, 0x2d4dcfc0, 0xae5e6d67,
                                      0xbb96ab5f, 0x33741db7, 0xe23cde9a}},
    [ITC_TAG_MILESTONE] = {"itc/milestone", {0xaedf3b50, 0xa149ba27, 0x5fa0af7b, 0x8bfb72f9,
                                                0x2b9ffb17, 0x9b921514, 0x0e213ecf, 0xd9a12704}},
    [ITC_TAG_BODY] = {"itc/body", {0x42e33bb6, 0x96daafa0, 0x45f63ed4, 0x12828369, 0x195de57d,
                                      0x9345d1d7, 0x859ad4bf, 0xbf9e1a75}},
    [ITC_TAG_COMMITTEE] = {"itc/committee", {0xbb090796, 0x2adcf082, 0x7e3c03c0, 0x84834e01,
                                                0xddcc67bc, 0x8a365121, 0x900749dd, 0xec39d1d9}},
    [ITC_TAG_PREPARE] = {"itc/prepare", {0x88edf67b, 0xf47c277d, 0x1ee98728, 0x71afd4b6, 0x9665f1c6,
                                            0xf813c77a, 0x6317a36a, 0xd35b4571}},
    [ITC_TAG_COMMIT] = {"itc/commit", {0xae56dae6, 0x9255fb66, 0xbf65443b, 0xfd37d92f, 0x58e1f61f,
                                          0xe9f512db, 0xdf24cc75, 0xbb1de266}},
    [ITC_TAG_VIEW_CHANGE] = {"itc/view-change",
        {0x70a8e498, 0xc1f128f4, 0xb2154cec, 0xd98967df, 0x7636ef49, 0x6b55bb37, 0x6978c2ce,
            0x707f6f83}},
    [ITC_TAG_COMPLAINT] = {"itc/complaint", {0x5bd2011b, 0xb8880ce7, 0x8e842bd3, 0xaee69f09,
                                                0xb794b784, 0x862b7b58, 0x5c98f2bd, 0xa6ae3935}},
    [ITC_TAG_STATE] = {"itc/state", {0x1a27a36e, 0x20eddd30, 0xef225033, 0x56b37e10, 0xebfd4969,
                                        0xf3bef934, 0x4fb9b259, 0x9729dd17}},
    [ITC_TAG_COMMITTEE_CHANGE] = {"itc/committee-change",
        {0x4a2c2ae9, 0x2924139f, 0xefca80ff, 0x9c5f28ce, 0xd16b4cd1, 0x685b336a, 0xcf1c42df,
            0x35878b35}},
    [ITC_TAG_RECALLED] = {"itc/recalled", {0x56b5b10a, 0x88792aeb, 0x25b0a988, 0x51976fc9,
                                              0x8a684748, 0x69b4370c, 0x2e7de33a, 0xf1e7356e}},
};

static itc_sha256_compress_fn *kernel = itc_sha256_compress_portable;
static itc_sha256_compress_two_fn *kernel_two = itc_sha256_compress_two_portable;

void itc_sha256_compress(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    kernel(state, blocks, count);
}

void itc_sha256_compress_two(uint32_t state[2][8], const uint8_t *const blocks[2], size_t count)
{
    kernel_two(state, blocks, count);
}

const char *itc_sha256_use_best(void)
{
#ifdef ITC_SHA256_X86
    if (itc_sha256_x86_available()) {
        kernel = itc_sha256_compress_x86;
        kernel_two = itc_sha256_compress_two_x86;
        return "sha-ni";
    }
#endif
    kernel = itc_sha256_compress_portable;
    kernel_two = itc_sha256_compress_two_portable;
    return "portable";
}

static void store_be32(uint8_t *out, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    memcpy(out, &v, sizeof v);
}

static void store_state(struct itc_hash *out, const uint32_t state[8])
{
    for (size_t i = 0; i < 8; i++)
        store_be32(out->b + 4 * i, state[i]);
}

void itc_sha256_init(struct itc_sha256 *s)
{
    memcpy(s->state, initial_state, sizeof s->state);
    s->size = 0;
}

/* A block is compressed as soon as it is full, so `state` is complete whenever `size` is a multiple of 64: the
 * proof of work takes it from there. */
void itc_sha256_add(struct itc_sha256 *s, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    size_t held = s->size & 63;
    s->size += len;
    if (held > 0) {
        size_t room = sizeof s->block - held;
        if (len < room) {
            if (len > 0) /* then `bytes` may be NULL */
                memcpy(s->block + held, at, len);
            return;
        }
        memcpy(s->block + held, at, room);
        itc_sha256_compress(s->state, s->block, 1);
        at += room;
        len -= room;
    }
    size_t blocks = len / sizeof s->block;
    if (blocks > 0)
        itc_sha256_compress(s->state, at, blocks);
    size_t rest = len % sizeof s->block;
    if (rest > 0)
        memcpy(s->block, at + blocks * sizeof s->block, rest);
}

/* Makes s->block the last one, which is still to be compressed. */
static void pad(struct itc_sha256 *s)
{
    uint64_t bits = s->size * 8;
    size_t held = s->size & 63;
    s->block[held++] = 0x80;
    if (held > 56) { /* no room for the length: it goes into a block of its own */
        memset(s->block + held, 0, sizeof s->block - held);
        itc_sha256_compress(s->state, s->block, 1);
        held = 0;
    }
    memset(s->block + held, 0, 56 - held);
    store_be32(s->block + 56, (uint32_t)(bits >> 32));
    store_be32(s->block + 60, (uint32_t)bits);
}

void itc_sha256_end(struct itc_sha256 *s, struct itc_hash *out)
{
    pad(s);
    itc_sha256_compress(s->state, s->block, 1);
    store_state(out, s->state);
}

void itc_sha256_end_two(
    struct itc_sha256 *a, struct itc_hash *a_out, struct itc_sha256 *b, struct itc_hash *b_out)
{
    uint32_t state[2][8];
    pad(a);
    pad(b);
    memcpy(state[0], a->state, sizeof state[0]);
    memcpy(state[1], b->state, sizeof state[1]);
    itc_sha256_compress_two(state, (const uint8_t *const[2]){a->block, b->block}, 1);
    store_state(a_out, state[0]);
    store_state(b_out, state[1]);
}

void itc_sha256(struct itc_hash *out, const void *bytes, size_t len)
{
    struct itc_sha256 s;
    itc_sha256_init(&s);
    itc_sha256_add(&s, bytes, len);
    itc_sha256_end(&s, out);
}

void itc_tagged_init(struct itc_sha256 *s, enum itc_tag tag, const struct itc_hash *chain)
{
    ITC_ASSERT((unsigned)tag < ITC_TAG_COUNT);
    ITC_ASSERT((chain == NULL) == (tag == ITC_TAG_GENESIS || tag == ITC_TAG_STATE));
    memcpy(s->state, tags[tag].state, sizeof s->state);
    s->size = sizeof s->block;
    if (chain)
        itc_sha256_add(s, chain->b, sizeof chain->b);
}

void itc_tagged(struct itc_hash *out, enum itc_tag tag, const struct itc_hash *chain,
    const void *bytes, size_t len)
{
    struct itc_sha256 s;
    itc_tagged_init(&s, tag, chain);
    itc_sha256_add(&s, bytes, len);
    itc_sha256_end(&s, out);
}

const char *itc_tag_text(enum itc_tag tag)
{
    ITC_ASSERT((unsigned)tag < ITC_TAG_COUNT);
    return tags[tag].text;
}

#define NODE_BLOCKS 2

/* The 65 bytes always pad to the same two blocks, so they are laid out by hand: trees hash little else. */
static void lay_node(uint8_t blocks[64 * NODE_BLOCKS], const struct itc_hash_node *node)
{
    static const uint8_t padding[63] = {[0] = 0x80, [61] = 65 * 8 >> 8, [62] = 65 * 8 & 0xff};
    blocks[0] = node->prefix;
    memcpy(blocks + 1, node->l->b, sizeof node->l->b);
    memcpy(blocks + 33, node->r->b, sizeof node->r->b);
    memcpy(blocks + 65, padding, sizeof padding);
}

void itc_hash_node(struct itc_hash *out, const struct itc_hash_node *node)
{
    uint8_t blocks[64 * NODE_BLOCKS];
    uint32_t state[8];
    lay_node(blocks, node);
    memcpy(state, initial_state, sizeof state);
    itc_sha256_compress(state, blocks, NODE_BLOCKS);
    store_state(out, state);
}

void itc_hash_two_nodes(struct itc_hash *a_out, const struct itc_hash_node *a,
    struct itc_hash *b_out, const struct itc_hash_node *b)
{
    uint8_t blocks[2][64 * NODE_BLOCKS];
    uint32_t state[2][8];
    lay_node(blocks[0], a);
    lay_node(blocks[1], b);
    memcpy(state[0], initial_state, sizeof state[0]);
    memcpy(state[1], initial_state, sizeof state[1]);
    itc_sha256_compress_two(state, (const uint8_t *const[2]){blocks[0], blocks[1]}, NODE_BLOCKS);
    store_state(a_out, state[0]);
    store_state(b_out, state[1]);
}

void itc_hash_pair(struct itc_hash *out, const struct itc_hash *l, const struct itc_hash *r)
{
    itc_hash_node(out, &(struct itc_hash_node){ITC_HASH_INNER, l, r});
}
