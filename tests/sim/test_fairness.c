/* test_fairness.c - four validators with small cones, or bodies that name few sites, so that admission is what is scarce;
 * spammers who send a hundred times what an honest device does, each site to one node and without parents; and the device,
 * whose txs are final within two intervals. */
#include "node/core.h"
#include "tests/sim/world.h"

#define NODES 4u
#define INTERVAL_MS 500u
#define CONE_SITES 32u
#define SPAM_A_SLICE 2u /* in 10 ms: a hundred an interval, and the device sends one */
#define SLICE_MS 10u
#define TXS 12u
#define ISSUERS 1000u
#define DEVICE 1u    /* wallet, unless the device is poor */
#define SPAMMER 2u   /* wallet; as rich as that */
#define POOR ISSUERS /* of the fresh ones: the last */
#define ENTRANCE 3u  /* node that the device asks */
#define OPEN_MAX (5u * CONE_SITES)
#define OPEN_MAX_OF_FEW_NAMES                                                                      \
    (8u * CONE_SITES) /* what primaries do not have takes places, of which there are enough */
#define SLACK_MS 150u /* the way to a node and its proof of work; the votes */

struct spam {
    struct itc_net *net;
    struct itc_rng rng;
    const struct itc_signer *issuers;
    uint32_t issuers_count;
    uint64_t sent;
    const struct itc_signer *device;
};

static struct itc_signer fresh[ISSUERS + 1];

static void make_issuers(void)
{
    for (uint32_t i = 0; i <= ISSUERS; i++) {
        struct itc_secret secret = {{1}};
        memcpy(secret.b + 20, &i, sizeof i);
        assert_int_equal(itc_signer_init(&fresh[i], &secret), ITC_OK);
    }
}

static uint64_t next_seq(const struct spam *s, uint32_t node, const struct itc_signer *issuer)
{
    const struct itc_account *a =
        itc_ledger_find(&itc_net_node(s->net, node)->ledger, &issuer->key);
    return a == NULL ? 0 : a->next_seq;
}

/* A data tx. */
static size_t make_tx(
    const struct spam *s, uint8_t tx[ITC_TX_MAX], const struct itc_signer *issuer, uint64_t seq)
{
    struct itc_tx t = {.kind = ITC_KIND_DATA, .issuer = issuer->key, .seq = seq};
    struct itc_hash id;
    size_t len;
    t.u.data.tag = (const uint8_t *)"spam";
    t.u.data.tag_len = 4;
    t.u.data.bytes = (const uint8_t *)&s->sent;
    t.u.data.len = sizeof s->sent;
    assert_int_equal(itc_tx_encode(tx, ITC_TX_MAX, &len, &t), ITC_OK);
    itc_tx_id(&id, &itc_net_chain(s->net)->id, tx, len);
    itc_signer_sign(issuer, &id, &t.sig);
    assert_int_equal(itc_tx_encode(tx, ITC_TX_MAX, &len, &t), ITC_OK);
    return len;
}

/* Of the next issuer; each has its own sequence of numbers. */
static size_t next_tx(struct spam *s, uint8_t tx[ITC_TX_MAX])
{
    const struct itc_signer *issuer = &s->issuers[s->sent % s->issuers_count];
    return make_tx(s, tx, issuer, next_seq(s, 0, issuer) + s->sent / s->issuers_count);
}

/* On an open site of that node, if there is one. */
static void choose_parent(struct spam *s, const struct itc_node *n, struct itc_site *site)
{
    for (int tries = 0; tries < 20 && n->window.fresh > 0 && site->parent_count == 0; tries++) {
        uint32_t at = itc_rng_below(&s->rng, n->window.fresh);
        if (n->window.vertices[at].flags & ITC_VERTEX_USED)
            site->parents[site->parent_count++] = n->window.infos[at].id;
    }
}

static void send_one(struct spam *s)
{
    uint8_t tx[ITC_TX_MAX], bytes[ITC_SITE_MAX], frame[ITC_FRAME_HEAD + ITC_SITE_MAX];
    uint32_t to = itc_rng_below(&s->rng, NODES);
    const struct itc_node *n = itc_net_node(s->net, to);
    struct itc_site site = {.anchor = n->chain.head.index, .tx_bytes = tx};
    struct itc_net_sent sent = {.from = (to + 1) % NODES, .to = to, .channel = ITC_CHANNEL_BULK};
    struct itc_message m = {.type = ITC_MESSAGE_SITE, .u.site = {.bytes = bytes}};
    struct itc_hash stem;
    struct itc_pow pow;
    size_t len;
    site.tx_len = next_tx(s, tx);
    choose_parent(s, n, &site);
    assert_int_equal(itc_site_encode(bytes, sizeof bytes, &len, &site), ITC_OK);
    itc_site_stem(&stem, &n->chain.id, bytes, len);
    itc_pow_init(
        &pow, &n->chain.id, &n->chain.head_id, &stem, itc_pow_bits(n->chain.head.work_bits, len));
    assert_int_equal(itc_pow_search(&pow, 0, UINT64_MAX, &site.nonce), ITC_OK);
    assert_int_equal(itc_site_encode(bytes, sizeof bytes, &m.u.site.len, &site), ITC_OK);
    assert_int_equal(itc_message_encode(frame, sizeof frame, &sent.len, &m), ITC_OK);
    sent.frame = frame;
    itc_net_inject(s->net, &sent, 0);
    s->sent++;
}

static void spam_for(struct spam *s, uint32_t ms)
{
    for (uint32_t at = 0; at < ms; at += SLICE_MS) {
        for (uint32_t i = 0; i < SPAM_A_SLICE; i++)
            send_one(s);
        itc_net_run(s->net, itc_net_now(s->net) + SLICE_MS);
    }
}

static struct itc_net *make_net_of(uint64_t seed, uint32_t cone_sites_max, uint32_t body_sites_max)
{
    struct itc_net_config c;
    itc_net_config_default(&c, seed, NODES, 0);
    c.params.interval_ms = INTERVAL_MS;
    c.params.cone_sites_max = cone_sites_max;
    c.params.body_sites_max = body_sites_max;
    c.limits.window_sites = 8 * cone_sites_max;
    c.limits.pending_sites = 256; /* half of them may wait for a turn */
    c.limits.pending_per_peer = 64;
    c.params.work_ceiling = c.params.work_floor; /* the price is not what this is about */
    struct itc_net *net = itc_net_create(&c);
    itc_net_run(net, 500);
    return net;
}

static struct itc_net *make_net(uint64_t seed)
{
    return make_net_of(seed, CONE_SITES, 2 * CONE_SITES);
}

/* Places there are enough, but a body names few sites. */
static struct itc_net *make_net_of_few_names(uint64_t seed)
{
    return make_net_of(seed, 64 * CONE_SITES, CONE_SITES);
}

/* One tx an interval; each is final in time. */
static void device_issues(struct spam *s)
{
    uint64_t worst_ms = 0, first = next_seq(s, ENTRANCE, s->device);
    for (uint64_t seq = first; seq < first + TXS; seq++) {
        uint8_t tx[ITC_TX_MAX];
        size_t len = make_tx(s, tx, s->device, seq);
        /* At any time of an interval. */
        spam_for(s, itc_rng_below(&s->rng, INTERVAL_MS / SLICE_MS) * SLICE_MS);
        uint64_t since_ms = itc_net_now(s->net);
        uint64_t token = itc_net_submit(s->net, ENTRANCE, tx, len);
        while (next_seq(s, ENTRANCE, s->device) <= seq &&
               itc_net_now(s->net) < since_ms + 20 * INTERVAL_MS)
            spam_for(s, SLICE_MS);
        assert_true(world_acknowledged(s->net, token));
        if (itc_net_now(s->net) - since_ms > worst_ms)
            worst_ms = itc_net_now(s->net) - since_ms;
    }
    print_message("worst %llu ms\n", (unsigned long long)worst_ms);
    assert_true(worst_ms <= 2 * INTERVAL_MS + SLACK_MS);
}

/* The queues were full all the while, and what was proposed was there: no view was left. */
static void assert_congested(const struct spam *s)
{
    for (uint32_t i = 0; i < NODES; i++) {
        const struct itc_node *n = itc_net_node(s->net, i);
        print_message("node %u: %u open, %u wait, %llu dropped\n", i, n->window.count,
            n->fair.count, (unsigned long long)n->stats.peer_refused[ITC_E_FULL]);
        assert_true(n->fair.count > n->fair.count_max / 2);
        bool few_names = n->chain.params.body_sites_max <= CONE_SITES;
        assert_true(n->window.count <= (few_names ? OPEN_MAX_OF_FEW_NAMES : OPEN_MAX));
        assert_int_equal(world_count(s->net, i, ITC_COUNT_VIEW_CHANGES), 0);
        assert_int_equal(world_count(s->net, i, ITC_COUNT_COMPLAINTS), 0);
        assert_true(n->chain.head.index + 4 >= itc_net_now(s->net) / INTERVAL_MS);
    }
}

static void run(struct spam *s)
{
    if (s->device == NULL)
        s->device = &itc_net_chain(s->net)->wallets[DEVICE];
    itc_rng_init(&s->rng, world_seed(1));
    spam_for(s, 12 * INTERVAL_MS); /* until the queues are full */
    device_issues(s);
    assert_congested(s);
    itc_net_free(s->net);
}

static void one_issuer_as_rich(void **state)
{
    (void)state;
    struct spam s = {.net = make_net(1), .issuers_count = 1};
    s.issuers = &itc_net_chain(s.net)->wallets[SPAMMER];
    run(&s);
}

static void a_thousand_issuers_without_an_account(void **state)
{
    (void)state;
    struct spam s = {.net = make_net(2), .issuers = fresh, .issuers_count = ISSUERS};
    run(&s);
}

/* Gives fresh issuers what an account begins with, by a wallet's payments. */
static void fund(struct itc_net *net, const struct itc_signer *issuers, uint32_t count)
{
    const struct itc_private_chain *chain = itc_net_chain(net);
    const struct itc_ledger *ledger = &itc_net_node(net, 0)->ledger;
    uint8_t tx[ITC_TX_TRANSFER];
    for (uint64_t seq = 0; seq < count; seq++) {
        itc_private_chain_transfer(
            chain, tx, SPAMMER, &issuers[seq].key, seq, chain->params.dust.grains);
        (void)itc_net_submit(net, 0, tx, sizeof tx);
        itc_net_run(net, itc_net_now(net) + INTERVAL_MS / CONE_SITES); /* what milestones take */
    }
    for (int i = 0; i < 1000 && ledger->count < ITC_WALLETS + count; i++)
        itc_net_run(net, itc_net_now(net) + 100);
    assert_int_equal(ledger->count, ITC_WALLETS + count);
}

static void many_issuers_with_dust(void **state)
{
    (void)state;
    struct spam s = {.net = make_net(3), .issuers = fresh, .issuers_count = ISSUERS};
    fund(s.net, fresh, ISSUERS);
    run(&s);
}

/* A device with dust, against one who is richer by orders of magnitude. */
static void one_rich_issuer_and_a_poor_device(void **state)
{
    (void)state;
    struct spam s = {.net = make_net(4), .issuers_count = 1, .device = &fresh[POOR]};
    s.issuers = &itc_net_chain(s.net)->wallets[SPAMMER];
    fund(s.net, s.device, 1);
    run(&s);
}

static void a_thousand_issuers_and_a_poor_device(void **state)
{
    (void)state;
    struct spam s = {
        .net = make_net(5), .issuers = fresh, .issuers_count = ISSUERS, .device = &fresh[POOR]};
    fund(s.net, s.device, 1);
    run(&s);
}

static void names_for_one_issuer_as_rich(void **state)
{
    (void)state;
    struct spam s = {.net = make_net_of_few_names(6), .issuers_count = 1};
    s.issuers = &itc_net_chain(s.net)->wallets[SPAMMER];
    run(&s);
}

static void names_for_a_thousand_without_an_account(void **state)
{
    (void)state;
    struct spam s = {.net = make_net_of_few_names(7), .issuers = fresh, .issuers_count = ISSUERS};
    run(&s);
}

static void names_for_one_rich_issuer_and_a_poor_device(void **state)
{
    (void)state;
    struct spam s = {.net = make_net_of_few_names(8), .issuers_count = 1, .device = &fresh[POOR]};
    s.issuers = &itc_net_chain(s.net)->wallets[SPAMMER];
    fund(s.net, s.device, 1);
    run(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_issuer_as_rich),
        cmocka_unit_test(a_thousand_issuers_without_an_account),
        cmocka_unit_test(many_issuers_with_dust),
        cmocka_unit_test(one_rich_issuer_and_a_poor_device),
        cmocka_unit_test(a_thousand_issuers_and_a_poor_device),
        cmocka_unit_test(names_for_one_issuer_as_rich),
        cmocka_unit_test(names_for_a_thousand_without_an_account),
        cmocka_unit_test(names_for_one_rich_issuer_and_a_poor_device),
    };
    make_issuers();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
