#include "tools/bench_sites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pow/pow.h"
#include "spv/smt.h"
#include "tools/bench.h"

#define PARENTS_FROM 1000u
#define PARENTS_SPAN 1000u

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "itc-bench: %s\n", what);
    exit(1);
}

static void make_genesis(struct bench_sites *b)
{
    struct itc_params params;
    itc_params_default(&params);
    params.work_floor = params.work_ceiling = BENCH_WORK_BITS;
    uint8_t allocation[40] = {0};
    memcpy(allocation, b->signer[0].key.b, 32);
    for (int i = 0; i < 8; i++)
        allocation[32 + i] = (uint8_t)(ITC_SUPPLY_GRAINS >> 8 * i);
    struct itc_genesis g = {.params = params,
        .committee = {.n = 1, .keys = {b->signer[0].key}},
        .allocation_count = 1,
        .allocations = allocation};
    if (itc_genesis_encode(b->genesis, sizeof b->genesis, &b->genesis_len, &g) != ITC_OK)
        die("the genesis document is refused");
    itc_genesis_id(&b->anchor.chain, b->genesis, b->genesis_len);

    struct itc_account account = {.balance = {ITC_SUPPLY_GRAINS}};
    uint8_t value[ITC_ACCOUNT_VALUE], bytes[ITC_HEADER_SIZE];
    struct itc_hash key, value_hash, root;
    struct itc_header header;
    itc_account_encode(value, &account);
    itc_sha256(&value_hash, value, sizeof value);
    itc_state_key(&key, ITC_STATE_ACCOUNT, b->signer[0].key.b, 32);
    itc_smt_leaf(&root, &key, &value_hash); /* the tree of one leaf is that leaf */
    itc_genesis_header(&header, &g, &b->anchor.chain, &root);
    itc_header_encode(bytes, &header);
    itc_header_id(&b->anchor.header_id, &b->anchor.chain, bytes);
}

void bench_signers_make(
    struct itc_signer *out, struct itc_secret *first, struct itc_rng *rng, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct itc_secret secret;
        for (size_t at = 0; at < sizeof secret.b; at += 8) {
            uint64_t r = itc_rng_next(rng) >> 1; /* below the group order */
            memcpy(secret.b + at, &r, 8);
        }
        secret.b[0] &= 0x7f;
        if (itc_signer_init(&out[i], &secret) != ITC_OK)
            die("a secret key is refused");
        if (i == 0 && first != NULL)
            *first = secret;
    }
}

/* Two earlier sites; fewer where there are not so many. */
static uint8_t choose_parents(struct bench_sites *b, struct itc_hash out[2], uint32_t site)
{
    uint32_t newest = site > PARENTS_FROM ? site - PARENTS_FROM : site > 0;
    uint32_t span = newest < PARENTS_SPAN ? newest : PARENTS_SPAN;
    uint8_t count = 0;
    while (count < 2 && count < span) {
        const struct itc_hash *id = &b->id[newest - 1 - itc_rng_below(&b->rng, span)];
        if (count == 1 && itc_hash_equal(id, &out[0]))
            continue;
        out[count++] = *id;
    }
    return count;
}

static size_t make_tx(struct bench_sites *b, uint8_t out[ITC_TX_TRANSFER], uint32_t site)
{
    const struct itc_signer *from = &b->signer[site % b->issuers];
    const struct itc_signer *to = &b->signer[(site + 1) % b->issuers];
    struct bench_signed *t = &b->tx[site];
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER, .issuer = from->key, .seq = site / b->issuers};
    tx.u.transfer = (struct itc_transfer){.to = to->key, .amount = {1}};
    size_t len = 0;
    bool good = itc_tx_encode(out, ITC_TX_TRANSFER, &len, &tx) == ITC_OK;
    itc_tx_id(&t->message, &b->anchor.chain, out, len);
    itc_signer_sign(from, &t->message, &tx.sig);
    good = good && itc_tx_encode(out, ITC_TX_TRANSFER, &len, &tx) == ITC_OK;
    if (!good)
        die("a transfer is refused");
    t->key = from->key;
    t->sig = tx.sig;
    return len;
}

size_t bench_site_frame(uint8_t out[BENCH_FRAME_BYTES], struct itc_hash *id,
    const struct bench_anchor *anchor, const struct itc_hash *parents, uint8_t parent_count,
    const uint8_t *tx, size_t tx_len)
{
    uint8_t bytes[BENCH_FRAME_BYTES];
    struct itc_site s = {
        .anchor = anchor->index, .parent_count = parent_count, .tx_bytes = tx, .tx_len = tx_len};
    bool swap = parent_count == 2 && itc_hash_compare(&parents[0], &parents[1]) > 0;
    for (uint8_t i = 0; i < parent_count; i++)
        s.parents[i] = parents[swap ? 1 - i : i];
    size_t len = 0, frame_len = 0;
    struct itc_hash stem;
    struct itc_pow pow;
    bool good = itc_site_encode(bytes, sizeof bytes, &len, &s) == ITC_OK;
    itc_site_stem(&stem, &anchor->chain, bytes, len);
    itc_pow_init(
        &pow, &anchor->chain, &anchor->header_id, &stem, itc_pow_bits(BENCH_WORK_BITS, len));
    good = good && itc_pow_search(&pow, 0, UINT32_MAX, &s.nonce) == ITC_OK &&
           itc_site_encode(bytes, sizeof bytes, &len, &s) == ITC_OK;
    itc_site_id(id, &anchor->chain, bytes, len);

    struct itc_message m = {.type = ITC_MESSAGE_SITE, .u.site = {.bytes = bytes, .len = len}};
    if (!good || itc_message_encode(out, BENCH_FRAME_BYTES, &frame_len, &m) != ITC_OK)
        die("a site is refused");
    return frame_len;
}

static void make_site(struct bench_sites *b, uint32_t site)
{
    uint8_t tx[ITC_TX_TRANSFER];
    struct itc_hash parents[2];
    size_t tx_len = make_tx(b, tx, site);
    uint8_t count = choose_parents(b, parents, site);
    b->frames_len += bench_site_frame(
        b->frames + b->frames_len, &b->id[site], &b->anchor, parents, count, tx, tx_len);
}

void bench_sites_make(struct bench_sites *b, uint64_t seed, uint32_t sites, uint32_t issuers)
{
    *b = (struct bench_sites){.sites = sites, .issuers = issuers};
    b->id = bench_alloc(sites * sizeof *b->id);
    b->tx = bench_alloc(sites * sizeof *b->tx);
    b->frames = bench_alloc((size_t)sites * BENCH_FRAME_BYTES);
    itc_rng_init(&b->rng, seed);
    b->signer = bench_alloc(issuers * sizeof *b->signer);
    bench_signers_make(b->signer, &b->secret, &b->rng, issuers);
    make_genesis(b);
    for (uint32_t i = 0; i < sites; i++)
        make_site(b, i);
}

void bench_sites_free(struct bench_sites *b)
{
    free(b->signer);
    free(b->id);
    free(b->tx);
    free(b->frames);
    *b = (struct bench_sites){0};
}
