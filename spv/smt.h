/* smt.h - proofs of the ledger's compact sparse Merkle tree. Pure. (ICS23's `smt` shape; the tree itself is
 * tangle/state_tree.h.)
 *
 *     leaf = H(00 || key || H(value))     node = H(01 || left || right)     empty = 32 zero bytes
 *     a subtree that holds one leaf *is* that leaf; bit 0 of a key is the top bit of its first byte
 *
 *                    root
 *                  /      \          path, from the root down: siblings at depth 0, 1, 2 ...
 *                node     leaf C     presence of A: [leaf C, leaf B], terminal = A's own leaf
 *               /    \               absence of X sharing A's first bits: same path, terminal = leaf A
 *            leaf A  leaf B          absence in an empty place: terminal = empty */
#ifndef ITC_SPV_SMT_H
#define ITC_SPV_SMT_H

#include "spv/base.h"

#define ITC_SMT_DEPTH_MAX 256
#define ITC_SMT_PROOF_MAX (1 + 64 + 2 + 32 * ITC_SMT_DEPTH_MAX) /* bytes of the wire form */

enum itc_smt_terminal {
    ITC_SMT_EMPTY = 0, /* the path ends in an empty subtree */
    ITC_SMT_LEAF = 1,  /* the path ends in the leaf of the key itself */
    ITC_SMT_OTHER = 2  /* the path ends in the leaf of another key that shares the path's bits */
};

struct itc_smt_proof {
    enum itc_smt_terminal terminal;
    struct itc_hash other_key;        /* ITC_SMT_OTHER only */
    struct itc_hash other_value_hash; /* ITC_SMT_OTHER only: H(value) */
    const uint8_t *path;              /* borrowed; 32 x path_len, from the root down */
    size_t path_len;                  /* 0 .. 256 */
};

/* State tree key of an entry: tagged hash "itc/state" of type byte || id. */
enum itc_state_type {
    ITC_STATE_ACCOUNT = 0
};
void itc_state_key(struct itc_hash *out, enum itc_state_type type, const void *id, size_t len);

void itc_smt_leaf(
    struct itc_hash *out, const struct itc_hash *key, const struct itc_hash *value_hash);

/* Presence of (key, value).  ITC_E_PROOF: terminal is not ITC_SMT_LEAF, or the path leads to another root. */
ITC_MUST enum itc_err itc_smt_verify_present(const struct itc_hash *root,
    const struct itc_hash *key, const void *value, size_t len, const struct itc_smt_proof *proof);
/* Absence of key.  ITC_E_PROOF: terminal is ITC_SMT_LEAF; the other leaf's key equals `key` or does not share
 * its first path_len bits; or the path leads to another root. */
ITC_MUST enum itc_err itc_smt_verify_absent(
    const struct itc_hash *root, const struct itc_hash *key, const struct itc_smt_proof *proof);

/* Wire form: terminal 1 | [other_key 32 | other_value_hash 32] | path_len 2 | path.
 * Decoding borrows the bytes; exactly all `len` bytes are used.
 *   ITC_E_TRUNCATED ITC_E_TRAILING; ITC_E_FORM: unknown terminal; ITC_E_TOO_LARGE: path_len above 256 */
ITC_MUST enum itc_err itc_smt_proof_decode(
    struct itc_smt_proof *out, const uint8_t *bytes, size_t len);
/* ITC_E_TOO_LARGE: exceeds `cap`, or path_len above 256. */
ITC_MUST enum itc_err itc_smt_proof_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_smt_proof *proof);

/* An account's state value: balance 8 | next_seq 8. */
#define ITC_ACCOUNT_VALUE 16
struct itc_account {
    struct itc_amount balance;
    uint64_t next_seq;
};
void itc_account_encode(uint8_t out[ITC_ACCOUNT_VALUE], const struct itc_account *a);
/* What the state tree holds of it: its key's state key, and H(value). */
void itc_account_leaf(struct itc_hash *state_key, struct itc_hash *value_hash,
    const struct itc_key *key, const struct itc_account *a);
/* ITC_E_FORM: balance above the supply.  ITC_E_TRUNCATED ITC_E_TRAILING: len is not 16. */
ITC_MUST enum itc_err itc_account_decode(struct itc_account *out, const uint8_t *bytes, size_t len);

#endif
