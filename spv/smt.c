#include "spv/smt.h"

#include "spv/cursor.h"
#include "spv/sha256.h"

#include <string.h>

#define HASH_SIZE sizeof(struct itc_hash)

static struct itc_sha256 key_begin(enum itc_state_type type, const void *id, size_t len)
{
    uint8_t byte = (uint8_t)type;
    struct itc_sha256 s;
    itc_tagged_init(&s, ITC_TAG_STATE, NULL);
    itc_sha256_add(&s, &byte, 1);
    itc_sha256_add(&s, id, len);
    return s;
}

void itc_state_key(struct itc_hash *out, enum itc_state_type type, const void *id, size_t len)
{
    struct itc_sha256 s = key_begin(type, id, len);
    itc_sha256_end(&s, out);
}

void itc_smt_leaf(
    struct itc_hash *out, const struct itc_hash *key, const struct itc_hash *value_hash)
{
    itc_hash_node(out, &(struct itc_hash_node){ITC_HASH_LEAF, key, value_hash});
}

/* Whether the path turns right at `depth`. */
static bool key_bit(const struct itc_hash *key, size_t depth)
{
    return key->b[depth / 8] >> (7 - depth % 8) & 1;
}

static bool share_bits(const struct itc_hash *a, const struct itc_hash *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (key_bit(a, i) != key_bit(b, i))
            return false;
    return true;
}

/* Hashes from the terminal up along the key's path; compares with the root. */
static enum itc_err climb(const struct itc_hash *root, const struct itc_hash *key,
    const struct itc_hash *terminal, const struct itc_smt_proof *proof)
{
    struct itc_hash node = *terminal, sibling;
    for (size_t depth = proof->path_len; depth-- > 0;) {
        memcpy(sibling.b, proof->path + HASH_SIZE * depth, HASH_SIZE);
        if (key_bit(key, depth))
            itc_hash_pair(&node, &sibling, &node);
        else
            itc_hash_pair(&node, &node, &sibling);
    }
    return itc_hash_equal(&node, root) ? ITC_OK : ITC_E_PROOF;
}

enum itc_err itc_smt_verify_present(const struct itc_hash *root, const struct itc_hash *key,
    const void *value, size_t len, const struct itc_smt_proof *proof)
{
    if (proof->terminal != ITC_SMT_LEAF || proof->path_len > ITC_SMT_DEPTH_MAX)
        return ITC_E_PROOF;
    struct itc_hash value_hash, leaf;
    itc_sha256(&value_hash, value, len);
    itc_smt_leaf(&leaf, key, &value_hash);
    return climb(root, key, &leaf, proof);
}

enum itc_err itc_smt_verify_absent(
    const struct itc_hash *root, const struct itc_hash *key, const struct itc_smt_proof *proof)
{
    if (proof->path_len > ITC_SMT_DEPTH_MAX)
        return ITC_E_PROOF;
    struct itc_hash terminal = {{0}};
    switch (proof->terminal) {
    case ITC_SMT_EMPTY:
        break;
    case ITC_SMT_OTHER:
        if (itc_hash_equal(&proof->other_key, key) ||
            !share_bits(&proof->other_key, key, proof->path_len))
            return ITC_E_PROOF;
        itc_smt_leaf(&terminal, &proof->other_key, &proof->other_value_hash);
        break;
    case ITC_SMT_LEAF:
        return ITC_E_PROOF;
    }
    return climb(root, key, &terminal, proof);
}

enum itc_err itc_smt_proof_decode(struct itc_smt_proof *out, const uint8_t *bytes, size_t len)
{
    struct itc_smt_proof p = {0};
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t terminal = itc_read_u8(&r);
    if (terminal > ITC_SMT_OTHER)
        return ITC_E_FORM;
    p.terminal = (enum itc_smt_terminal)terminal;
    if (p.terminal == ITC_SMT_OTHER) {
        itc_read_copy(&r, p.other_key.b, sizeof p.other_key.b);
        itc_read_copy(&r, p.other_value_hash.b, sizeof p.other_value_hash.b);
    }
    p.path_len = itc_read_u16(&r);
    if (p.path_len > ITC_SMT_DEPTH_MAX)
        return ITC_E_TOO_LARGE;
    p.path = itc_read_bytes(&r, HASH_SIZE * p.path_len);
    enum itc_err e = itc_reader_end(&r);
    if (!e)
        *out = p;
    return e;
}

enum itc_err itc_smt_proof_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_smt_proof *proof)
{
    if (proof->path_len > ITC_SMT_DEPTH_MAX)
        return ITC_E_TOO_LARGE;
    struct itc_writer w = itc_writer_of(out, cap);
    itc_write_u8(&w, (uint8_t)proof->terminal);
    if (proof->terminal == ITC_SMT_OTHER) {
        itc_write_bytes(&w, proof->other_key.b, sizeof proof->other_key.b);
        itc_write_bytes(&w, proof->other_value_hash.b, sizeof proof->other_value_hash.b);
    }
    itc_write_u16(&w, (uint16_t)proof->path_len);
    itc_write_bytes(&w, proof->path, HASH_SIZE * proof->path_len);
    return itc_writer_end(&w, len);
}

void itc_account_encode(uint8_t out[ITC_ACCOUNT_VALUE], const struct itc_account *a)
{
    struct itc_writer w = itc_writer_of(out, ITC_ACCOUNT_VALUE);
    itc_write_u64(&w, a->balance.grains);
    itc_write_u64(&w, a->next_seq);
}

void itc_account_leaf(struct itc_hash *state_key, struct itc_hash *value_hash,
    const struct itc_key *key, const struct itc_account *a)
{
    uint8_t value[ITC_ACCOUNT_VALUE];
    struct itc_sha256 s = key_begin(ITC_STATE_ACCOUNT, key->b, sizeof key->b), v;
    itc_account_encode(value, a);
    itc_sha256_init(&v);
    itc_sha256_add(&v, value, sizeof value);
    itc_sha256_end_two(&s, state_key, &v, value_hash);
}

enum itc_err itc_account_decode(struct itc_account *out, const uint8_t *bytes, size_t len)
{
    struct itc_reader r = itc_reader_of(bytes, len);
    struct itc_account a = {.balance = {itc_read_u64(&r)}};
    a.next_seq = itc_read_u64(&r);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (a.balance.grains > ITC_SUPPLY_GRAINS)
        return ITC_E_FORM;
    *out = a;
    return ITC_OK;
}
