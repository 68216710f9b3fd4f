#include "tools/bench_sites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pow/pow.h"
#include "spv/smt.h"
#include "tools/bench.h"

#define WORK_BITS 4
#define PARENTS_FROM 1000u
#define PARENTS_SPAN 1000u
#define SITE_BYTES (ITC_SITE_FIXED + 2 * 32 + ITC_TX_TRANSFER)
#define FRAME_BYTES (ITC_FRAME_HEAD + SITE_BYTES)

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "itc-bench: %s\n", what);
    exit(1);
}

static void make_genesis(struct bench_sites *b)
{
    struct itc_params params;
    itc_params_default(&params);
    params.work_floor = params.work_ceiling = WORK_BITS;
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
    itc_genesis_id(&b->chain, b->genesis, b->genesis_len);

    struct itc_account account = {.balance = {ITC_SUPPLY_GRAINS}};
    uint8_t value[ITC_ACCOUNT_VALUE], bytes[ITC_HEADER_SIZE];
    struct itc_hash key, value_hash, root;
    struct itc_header header;
    itc_account_encode(value, &account);
    itc_sha256(&value_hash, value, sizeof value);
    itc_state_key(&key, ITC_STATE_ACCOUNT, b->signer[0].key.b, 32);
    itc_smt_leaf(&root, &key, &value_hash); /* the tree of one leaf is that leaf */
    itc_genesis_header(&header, &g, &b->chain, &root);
    itc_header_encode(bytes, &header);
    itc_header_id(&b->anchor, &b->chain, bytes);
}

static void make_signers(struct bench_sites *b)
{
    b->signer = bench_alloc(b->issuers * sizeof *b->signer);
    for (uint32_t i = 0; i < b->issuers; i++) {
        struct itc_secret secret;
        for (size_t at = 0; at < sizeof secret.b; at += 8) {
            uint64_t r = itc_rng_next(&b->rng) >> 1; /* below the group order */
            memcpy(secret.b + at, &r, 8);
        }
        secret.b[0] &= 0x7f;
        if (itc_signer_init(&b->signer[i], &secret) != ITC_OK)
            die("a secret key is refused");
        if (i == 0)
            b->secret = secret;
    }
}

/* Two earlier sites, ascending; fewer where there are not so many. */
static void choose_parents(struct bench_sites *b, struct itc_site *s, uint32_t site)
{
    uint32_t newest = site > PARENTS_FROM ? site - PARENTS_FROM : site > 0;
    uint32_t span = newest < PARENTS_SPAN ? newest : PARENTS_SPAN;
    for (s->parent_count = 0; s->parent_count < 2 && s->parent_count < span;) {
        const struct itc_hash *id = &b->id[newest - 1 - itc_rng_below(&b->rng, span)];
        if (s->parent_count == 1 && itc_hash_equal(id, &s->parents[0]))
            continue;
        s->parents[s->parent_count++] = *id;
    }
    if (s->parent_count == 2 && itc_hash_compare(&s->parents[0], &s->parents[1]) > 0) {
        struct itc_hash swap = s->parents[0];
        s->parents[0] = s->parents[1];
        s->parents[1] = swap;
    }
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
    itc_tx_id(&t->message, &b->chain, out, len);
    itc_signer_sign(from, &t->message, &tx.sig);
    good = good && itc_tx_encode(out, ITC_TX_TRANSFER, &len, &tx) == ITC_OK;
    if (!good)
        die("a transfer is refused");
    t->key = from->key;
    t->sig = tx.sig;
    return len;
}

static void make_site(struct bench_sites *b, uint32_t site)
{
    uint8_t tx[ITC_TX_TRANSFER], bytes[SITE_BYTES];
    struct itc_site s = {.anchor = 0, .tx_bytes = tx};
    s.tx_len = make_tx(b, tx, site);
    choose_parents(b, &s, site);
    size_t len = 0;
    struct itc_hash stem;
    struct itc_pow pow;
    bool good = itc_site_encode(bytes, sizeof bytes, &len, &s) == ITC_OK;
    itc_site_stem(&stem, &b->chain, bytes, len);
    itc_pow_init(&pow, &b->chain, &b->anchor, &stem, itc_pow_bits(WORK_BITS, len));
    good = good && itc_pow_search(&pow, 0, UINT32_MAX, &s.nonce) == ITC_OK &&
           itc_site_encode(bytes, sizeof bytes, &len, &s) == ITC_OK;
    itc_site_id(&b->id[site], &b->chain, bytes, len);

    struct itc_message m = {.type = ITC_MESSAGE_SITE, .u.site = {.bytes = bytes, .len = len}};
    size_t frame_len = 0;
    good = good &&
           itc_message_encode(b->frames + b->frames_len, FRAME_BYTES, &frame_len, &m) == ITC_OK;
    if (!good)
        die("a site is refused");
    b->frames_len += frame_len;
}

void bench_sites_make(struct bench_sites *b, uint64_t seed, uint32_t sites, uint32_t issuers)
{
    *b = (struct bench_sites){.sites = sites, .issuers = issuers};
    b->id = bench_alloc(sites * sizeof *b->id);
    b->tx = bench_alloc(sites * sizeof *b->tx);
    b->frames = bench_alloc((size_t)sites * FRAME_BYTES);
    itc_rng_init(&b->rng, seed);
    make_signers(b);
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
