/* bench_spv.c - itc-bench: what a lamp receives and what it costs a host to check it.
 *
 * The chain is made up around header 0 and one milestone ten years later: 10,000 sites, signed by
 * three of four validators. Of the ten years' headers only the path from header 0 exists; its
 * siblings are random. The same milestone, as the last of an epoch with all four keys new after it, is the hop. */
#include "tools/bench.h"

#include <stdlib.h>
#include <string.h>

#include "spv/merkle.h"
#include "spv/service.h"
#include "spv/sha256.h"
#include "spv/sign.h"
#include "tangle/rng.h"
#include "tangle/state_tree.h"

#define TEN_YEARS 315360000u /* milestones, one a second */
#define SITES 10000
#define PAID 4711 /* position of the payment that is proved */
#define ACCOUNTS 1000000
#define PROOFS 2001 /* of different accounts; the median counts */
#define BATCH 4096
#define VERIFICATIONS 501

struct world {
    struct itc_rng rng;
    struct itc_hash chain;
    struct itc_signer validators[4];
    struct itc_committee committee;
    struct itc_light genesis;
    uint8_t header[ITC_HEADER_SIZE];
    uint8_t cert[ITC_CERT_MAX];
    size_t cert_len;
    struct itc_hash history_path[ITC_MERKLE_DEPTH_MAX];
    size_t history_len;
    struct itc_hash tx_path[ITC_MERKLE_DEPTH_MAX];
    size_t tx_path_len;
    struct itc_hash site_id;
    uint8_t tx[ITC_TX_TRANSFER];
    struct itc_committee next; /* after the hop */
    uint8_t hop_header[ITC_HEADER_SIZE];
    uint8_t hop_cert[ITC_CERT_MAX];
    uint8_t hop[ITC_REPLY_MAX]; /* fields of the reply that proves it */
    size_t hop_len;
};

static struct itc_hash random_hash(struct itc_rng *rng)
{
    struct itc_hash h;
    for (size_t i = 0; i < sizeof h.b; i++)
        h.b[i] = (uint8_t)itc_rng_next(rng);
    return h;
}

static void make_signer(struct itc_signer *out, struct itc_rng *rng)
{
    struct itc_hash h = random_hash(rng);
    struct itc_secret secret;
    memcpy(secret.b, h.b, sizeof secret.b);
    enum itc_err e = itc_signer_init(out, &secret);
    ITC_ASSERT(e == ITC_OK); /* all but one in 2^127 numbers are keys */
}

static void make_genesis(struct world *w)
{
    uint8_t bytes[ITC_HEADER_SIZE];
    struct itc_header h = {.body_hash = w->chain};
    itc_committee_hash(&h.committee, &w->chain, &w->committee);
    h.next_committee = h.committee;
    itc_header_encode(bytes, &h);
    enum itc_err e =
        itc_light_init(&w->genesis, ITC_NETWORK_PRIVATE, &w->chain, &w->committee, bytes);
    ITC_ASSERT(e == ITC_OK);
}

/* Header 0 is the leftmost leaf: each hash of its path stands to the right. */
static void make_history(struct world *w, struct itc_hash *root)
{
    itc_merkle_leaf(root, w->genesis.id.b, sizeof w->genesis.id.b);
    w->history_len = itc_merkle_path_len(0, TEN_YEARS);
    for (size_t i = 0; i < w->history_len; i++) {
        w->history_path[i] = random_hash(&w->rng);
        itc_hash_pair(root, root, &w->history_path[i]);
    }
}

static void make_transfer(struct world *w, struct itc_hash *tx_id)
{
    struct itc_signer payer;
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER};
    size_t len;
    make_signer(&payer, &w->rng);
    tx.issuer = payer.key;
    tx.u.transfer.to = w->committee.keys[0];
    tx.u.transfer.amount.grains = 5;
    enum itc_err e = itc_tx_encode(w->tx, sizeof w->tx, &len, &tx);
    ITC_ASSERT(e == ITC_OK);
    itc_tx_id(tx_id, &w->chain, w->tx, len);
    itc_signer_sign(&payer, tx_id, &tx.sig);
    e = itc_tx_encode(w->tx, sizeof w->tx, &len, &tx);
    ITC_ASSERT(e == ITC_OK);
}

static void make_sites(struct world *w, struct itc_hash *root)
{
    struct itc_hash *tree = bench_alloc(ITC_MERKLE_TREE(SITES) * sizeof *tree);
    struct itc_merkle builder;
    itc_merkle_init(&builder);
    for (uint32_t i = 0; i < SITES; i++) {
        struct itc_hash site_id = random_hash(&w->rng), tx_id = random_hash(&w->rng);
        if (i == PAID) {
            make_transfer(w, &tx_id);
            w->site_id = site_id;
        }
        itc_tx_leaf(&tree[i], &site_id, &tx_id, ITC_VERDICT_APPLIED);
        itc_merkle_add(&builder, &tree[i]);
    }
    itc_merkle_root(&builder, root);
    itc_merkle_tree(tree, SITES);
    itc_merkle_path(w->tx_path, &w->tx_path_len, tree, PAID, SITES);
    free(tree);
}

static size_t certify(const struct world *w, uint8_t out[ITC_CERT_MAX], const struct itc_header *h,
    const uint8_t *bytes)
{
    struct itc_hash id, message;
    struct itc_cert cert = {.index = h->index};
    const struct itc_slot slot = {h->epoch, cert.view, h->index};
    itc_header_id(&id, &w->chain, bytes);
    itc_vote_message(&message, ITC_TAG_COMMIT, &w->chain, &slot, &id);
    for (uint32_t i = 0; i < itc_committee_quorum(w->committee.n); i++) {
        cert.signers |= 1u << i;
        itc_signer_sign(&w->validators[i], &message, &cert.sigs[i]);
    }
    return itc_cert_encode(out, &cert);
}

static void make_milestone(struct world *w)
{
    struct itc_header h = w->genesis.header;
    h.index = TEN_YEARS;
    h.site_count = SITES;
    h.prev = random_hash(&w->rng);
    make_history(w, &h.history_root);
    make_sites(w, &h.tx_root);
    itc_header_encode(w->header, &h);
    w->cert_len = certify(w, w->cert, &h, w->header);
    h.flags = ITC_HEADER_EPOCH_END;
    itc_committee_hash(&h.next_committee, &w->chain, &w->next);
    itc_header_encode(w->hop_header, &h);
    size_t len = certify(w, w->hop_cert, &h, w->hop_header);
    ITC_ASSERT(len == w->cert_len);
}

static void make_world(struct world *w, uint64_t seed)
{
    itc_rng_init(&w->rng, seed);
    w->chain = random_hash(&w->rng);
    w->committee.n = w->next.n = 4;
    for (uint32_t i = 0; i < w->committee.n; i++) {
        struct itc_signer newcomer;
        make_signer(&w->validators[i], &w->rng);
        make_signer(&newcomer, &w->rng);
        w->committee.keys[i] = w->validators[i].key;
        w->next.keys[i] = newcomer.key;
    }
    make_genesis(w);
    make_milestone(w);
}

/* Ten years, from header 0 to the milestone, of which there are two. */
static struct itc_jump jump_to(const struct world *w, const uint8_t *header, const uint8_t *cert)
{
    return (struct itc_jump){.header = header,
        .cert = cert,
        .cert_len = w->cert_len,
        .path = w->history_path[0].b,
        .path_len = w->history_len};
}

/* What a lamp does: the jump of ten years, then the payment in the milestone it leads to. */
static void verify(void *ctx)
{
    struct world *w = ctx;
    struct itc_light light = w->genesis;
    struct itc_tx_fact fact;
    const struct itc_jump jump = jump_to(w, w->header, w->cert);
    const struct itc_tx_proof proof = {.header = w->header,
        .site_id = w->site_id,
        .verdict = ITC_VERDICT_APPLIED,
        .position = PAID,
        .tx = w->tx,
        .tx_len = sizeof w->tx,
        .tx_path = w->tx_path[0].b,
        .tx_path_len = w->tx_path_len};
    enum itc_err e = itc_light_advance(&light, &jump);
    ITC_ASSERT(e == ITC_OK);
    e = itc_light_check_tx(&fact, &light, &proof);
    ITC_ASSERT(e == ITC_OK);
}

/* What who follows a change of the committee does, from the bytes of the reply on. */
static void verify_hop(void *ctx)
{
    struct world *w = ctx;
    struct itc_light light = w->genesis;
    struct itc_handover hop;
    enum itc_err e = itc_handover_decode(&hop, w->hop, w->hop_len);
    ITC_ASSERT(e == ITC_OK);
    e = itc_light_hop(&light, &hop.jump, &hop.next);
    ITC_ASSERT(e == ITC_OK);
}

/* The signatures of a certificate alone. */
static void verify_signatures(void *ctx)
{
    struct world *w = ctx;
    struct itc_hash id, message;
    struct itc_cert cert;
    enum itc_err e = itc_cert_decode(&cert, w->cert, w->cert_len);
    ITC_ASSERT(e == ITC_OK);
    itc_header_id(&id, &w->chain, w->header);
    const struct itc_slot slot = {0, 0, TEN_YEARS};
    itc_vote_message(&message, ITC_TAG_COMMIT, &w->chain, &slot, &id);
    for (uint32_t i = 0; i < itc_cert_count(&cert); i++) {
        e = itc_sig_verify(&w->committee.keys[i], &message, &cert.sigs[i]);
        ITC_ASSERT(e == ITC_OK);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct itc_state_change *x = a, *y = b;
    return itc_hash_compare(&x->key, &y->key);
}

/* The ledger's tree with ACCOUNTS accounts; *changes gets its leaves, for the caller to free. */
static void *make_ledger(
    struct itc_state_tree *t, struct itc_state_change **changes, struct itc_rng *rng)
{
    size_t size = itc_state_tree_size(ACCOUNTS, 1);
    void *block = bench_alloc(size);
    struct itc_mem mem = {block, size};
    itc_state_tree_init(t, &mem, ACCOUNTS, 1);
    struct itc_state_change *c = bench_alloc(ACCOUNTS * sizeof *c);
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        c[i] = (struct itc_state_change){.key = random_hash(rng), .value_hash = random_hash(rng)};
    qsort(c, ACCOUNTS, sizeof *c, by_key);
    for (uint32_t i = 0; i < ACCOUNTS; i += BATCH)
        itc_state_tree_update(t, c + i, ACCOUNTS - i < BATCH ? ACCOUNTS - i : BATCH);
    itc_state_tree_keep(t);
    *changes = c;
    return block;
}

static void state_proofs(uint64_t seed)
{
    struct itc_rng rng;
    struct itc_state_tree tree;
    struct itc_state_change *changes;
    struct bench_samples sizes = {.count = 0};
    itc_rng_init(&rng, seed);
    void *block = make_ledger(&tree, &changes, &rng);
    for (uint32_t i = 0; i < PROOFS; i++) {
        uint8_t proof[ITC_REPLY_MAX];
        size_t len;
        const struct itc_hash *key = &changes[itc_rng_below(&rng, ACCOUNTS)].key;
        enum itc_err e = itc_state_tree_prove(&tree, key, proof, sizeof proof, &len);
        ITC_ASSERT(e == ITC_OK);
        bench_samples_add(&sizes, (double)(ITC_ACCOUNT_VALUE + len));
    }
    bench_print(&(struct bench_row){.metric = "state_proof_bytes",
        .value = bench_samples_quantile(&sizes, 0.5),
        .unit = "bytes",
        .n = ACCOUNTS,
        .note = "value and path; median over accounts"});
    free(changes);
    free(block);
}

static void make_hop(struct world *w)
{
    uint8_t reply[ITC_REPLY_MAX];
    const uint8_t *body;
    size_t len;
    const struct itc_handover hop = {jump_to(w, w->hop_header, w->hop_cert), w->next};
    enum itc_err e = itc_handover_encode(reply, sizeof reply, &len, &hop);
    ITC_ASSERT(e == ITC_OK);
    e = itc_reply_open(&body, &w->hop_len, reply, len);
    ITC_ASSERT(e == ITC_OK);
    memcpy(w->hop, body, w->hop_len);
}

void bench_spv(const struct bench_options *o)
{
    struct world *w = bench_alloc(sizeof *w);
    make_world(w, o->seed);
    make_hop(w);
    /* as the service sends them: a path has a count of 2 bytes, a certificate a length of 2 */
    size_t milestone = ITC_HEADER_SIZE + 2 + w->cert_len;
    size_t payment = milestone + 2 + 32 * w->tx_path_len + sizeof w->site_id + 1 + 4;
    bench_print(&(struct bench_row){.metric = "payment_proof_bytes",
        .value = (double)payment,
        .unit = "bytes",
        .n = SITES,
        .note = "header, certificate of 3 of 4, path, site id, verdict, position; without the tx"});
    bench_print(&(struct bench_row){.metric = "jump_proof_bytes",
        .value = (double)(milestone + 2 + 32 * w->history_len),
        .unit = "bytes",
        .n = TEN_YEARS,
        .note = "ten years of milestones, one a second; 3 of 4 signatures"});
    bench_print(&(struct bench_row){.metric = "hop_proof_bytes",
        .value = (double)w->hop_len,
        .unit = "bytes",
        .n = TEN_YEARS,
        .note = "the same to the end of an epoch, and the next committee of 4"});
    state_proofs(o->seed);
    double signatures_us = bench_median_s(verify_signatures, w, VERIFICATIONS) * 1e6;
    bench_print(&(struct bench_row){.metric = "verify_us",
        .value = bench_median_s(verify, w, VERIFICATIONS) * 1e6,
        .unit = "us",
        .limit = signatures_us,
        .n = VERIFICATIONS,
        .note = "a jump and a payment; limit: the three signatures alone"});
    bench_print(&(struct bench_row){.metric = "hop_verify_us",
        .value = bench_median_s(verify_hop, w, VERIFICATIONS) * 1e6,
        .unit = "us",
        .limit = signatures_us,
        .n = VERIFICATIONS,
        .note = "a hop over a change of all four keys; limit: the three signatures alone"});
    free(w);
}
