/* test_scenarios_ledger.c - named scenarios: what a tangle may bring into the ledger, and what it may not. What goes
 * wrong without what each of them shows: README.md. */
#include "tests/sim/bench.h"
#include "tests/sim/world.h"

#define PEER 0u
#define DEPTH 4u /* of a bench's chain */

static struct bench *bench_of(uint32_t validators, uint32_t self)
{
    struct bench *b = calloc(1, sizeof *b);
    struct itc_params params;
    bench_init(b, &params);
    itc_private_chain_init(&b->chain, 1, validators, &params);
    assert_int_equal(bench_start(b, self), ITC_OK);
    bench_peer_up(b, PEER, 0);
    return b;
}

/* A committee of one: what is submitted becomes final here. */
static int setup_alone(void **state)
{
    struct bench *b = bench_of(1, 0);
    b->works = true;
    *state = b;
    return 0;
}

static int setup_backup(void **state)
{
    *state = bench_of(BENCH_VALIDATORS, 1);
    return 0;
}

static void wait_for_milestones(struct bench *b, uint64_t count)
{
    uint64_t goal = b->node->chain.head.index + count;
    for (int i = 0; i < 100 && b->node->chain.head.index < goal; i++)
        bench_tick(b, 100);
    assert_int_equal(b->node->chain.head.index, goal);
}

static struct itc_account account_of(const struct bench *b, uint32_t wallet)
{
    const struct itc_account *a = itc_ledger_find(&b->node->ledger, &b->chain.wallets[wallet].key);
    assert_non_null(a);
    return *a;
}

/* Signs `tx` for a wallet; returns the size. */
static size_t sign_tx(const struct itc_private_chain *chain, uint8_t out[ITC_TX_MAX],
    uint32_t wallet, uint64_t seq, struct itc_tx *tx)
{
    size_t len;
    struct itc_hash id;
    tx->issuer = chain->wallets[wallet].key;
    tx->seq = seq;
    assert_int_equal(itc_tx_encode(out, ITC_TX_MAX, &len, tx), ITC_OK);
    itc_tx_id(&id, &chain->id, out, len);
    itc_signer_sign(&chain->wallets[wallet], &id, &tx->sig);
    assert_int_equal(itc_tx_encode(out, ITC_TX_MAX, &len, tx), ITC_OK);
    return len;
}

/* --- what may be final ------------------------------------------------------------------------------------- */

/* Sites of a side tangle: each approves the one before it, which is `depth` milestones older. */
struct side {
    struct made sites[64];
    uint32_t count;
};

static void grow(struct bench *b, struct side *s, uint64_t anchor)
{
    const struct itc_hash *parent = s->count > 0 ? &s->sites[s->count - 1].id : NULL;
    bench_make(b, &s->sites[s->count], s->count % ITC_WALLETS, 7, anchor, parent, 0);
    s->count++;
}

/* The primary names the newest of them, with a header that is right in all else, and hands them all out. */
static void name_side_tangle(struct bench *b, const struct side *s)
{
    static uint8_t leaves[64 * ITC_LEAF];
    uint8_t body[ITC_BODY_MAX];
    struct itc_header h;
    for (uint32_t i = 0; i < s->count; i++) {
        uint8_t *leaf = leaves + (size_t)i * ITC_LEAF;
        memcpy(leaf, s->sites[i].id.b, 32);
        memcpy(leaf + 32, s->sites[i].tx_id.b, 32);
        leaf[64] = ITC_VERDICT_EARLY_SEQ; /* changes nothing */
    }
    size_t len = itc_body_encode(body, s->sites[s->count - 1].id.b, 1);
    bench_header(b, &h, leaves, s->count, body, len);
    bench_proposal(b, PEER, &h, body, len);
    for (uint32_t round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < s->count; i++)
            bench_send_site(b, PEER, &s->sites[round % 2 == 0 ? i : s->count - 1 - i]);
        bench_tick(b, 100);
    }
}

static void assert_not_taken(struct bench *b, const struct side *s)
{
    name_side_tangle(b, s);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_VOTE], 0);
    assert_true(b->node->window.count + b->node->pending.count <= 4);
    assert_int_equal(b->dropped, 0);
    bench_empty_milestone(b, PEER);
}

/* Each edge of it is legal; all of it would have to be held for ever by everyone, in case that somebody names it. A
 * million, or as many as 160: no node keeps more than three times depth, and here is one of just that age too. */
static void a_primary_that_names_a_side_tangle_a_million_milestones_old(void **state)
{
    struct bench *b = *state;
    static struct side old, late;
    for (uint32_t i = 0; i < 40 * DEPTH; i++) {
        if (i % DEPTH == 0)
            grow(b, &old, i);
        bench_empty_milestone(b, PEER);
    }
    assert_not_taken(b, &old);
    uint64_t head = b->node->chain.head.index;
    for (uint64_t back = 3 * DEPTH + 1; back > DEPTH; back -= DEPTH)
        grow(b, &late, head + 1 - back);
    grow(b, &late, head);
    assert_not_taken(b, &late);
}

static void idle_for_longer_than_depth_then_one_payment(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(6), 4, 1);
    struct itc_net *net = itc_net_create(&c);
    for (uint32_t wallet = 0; wallet < 10; wallet++)
        world_pay(net, wallet % 5, wallet, 0, 40);
    world_reach(net, 4 * c.params.depth, (uint64_t)c.params.idle_ms * 5 * c.params.depth);
    world_pay(net, 4, 0, 1, 40);
    itc_net_run(net, itc_net_now(net) + 2000);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(world_next_seq(net, i, 0), 2);
    world_go_on(net, 1, 20000);
    itc_net_free(net);
}

/* --- whose txs apply ------------------------------------------------------------------------------------------ */

/* The later tx comes before the earlier one in the milestone's order, so it is early there: it uses up nothing, and who
 * acknowledged it attaches it again. */
static void a_stranger_re_attaching_a_victims_later_tx_without_its_predecessor(void **state)
{
    struct bench *b = *state;
    struct made stolen;
    uint8_t tx[ITC_TX_TRANSFER];
    bench_make(b, &stolen, 0, 1, 0, NULL, 0);
    bench_send_site(b, PEER, &stolen);
    assert_true(bench_has(b, &stolen.id));
    for (uint64_t seq = 0; seq < 2; seq++) {
        itc_private_chain_transfer(&b->chain, tx, 0, &b->chain.wallets[1].key, seq, 5000);
        assert_int_equal(bench_submit(b, tx, sizeof tx), ITC_OK);
    }
    const struct itc_stats *stats = itc_node_stats(b->node);
    wait_for_milestones(b, 1);
    assert_int_equal(stats->counts[ITC_COUNT_TXS_APPLIED], 1);
    assert_int_equal(stats->counts[ITC_COUNT_TXS_REJECTED], 1);
    assert_int_equal(account_of(b, 0).next_seq, 1);
    wait_for_milestones(b, 2);
    assert_int_equal(account_of(b, 0).next_seq, 2);
    assert_int_equal(
        account_of(b, 0).balance.grains, ITC_SUPPLY_GRAINS / ITC_WALLETS - 2 * UINT64_C(5000));
}

/* It is not gone in between: it goes on with its sequence numbers, in memory and on the disk. */
static void an_account_emptied_and_funded_again_in_one_milestone(void **state)
{
    struct bench *b = *state;
    uint8_t tx[ITC_TX_MAX];
    struct itc_tx close = {.kind = ITC_KIND_TRANSFER,
        .u.transfer = {.to = b->chain.wallets[1].key,
            .amount = {ITC_SUPPLY_GRAINS / ITC_WALLETS},
            .close = true}};
    size_t len = sign_tx(&b->chain, tx, 0, 0, &close);
    assert_int_equal(bench_submit(b, tx, len), ITC_OK);
    itc_private_chain_transfer(&b->chain, tx, 2, &b->chain.wallets[0].key, 0, 2 * WORLD_PAYMENT);
    assert_int_equal(bench_submit(b, tx, ITC_TX_TRANSFER), ITC_OK);
    wait_for_milestones(b, 1);
    assert_int_equal(b->node->chain.head.site_count, 2);
    assert_int_equal(itc_node_stats(b->node)->counts[ITC_COUNT_TXS_APPLIED], 2);
    assert_int_equal(account_of(b, 0).next_seq, 1);
    assert_int_equal(account_of(b, 0).balance.grains, 2 * WORLD_PAYMENT);
    bench_stop(b);
    assert_int_equal(bench_start(b, 0), ITC_OK); /* what is stored gives the header's ledger */
    assert_int_equal(account_of(b, 0).next_seq, 1);
    itc_private_chain_transfer(&b->chain, tx, 0, &b->chain.wallets[1].key, 1, WORLD_PAYMENT);
    assert_int_equal(bench_submit(b, tx, ITC_TX_TRANSFER), ITC_OK);
    wait_for_milestones(b, 1);
    assert_int_equal(account_of(b, 0).next_seq, 2);
    assert_int_equal(account_of(b, 0).balance.grains, WORLD_PAYMENT);
}

/* --- committee signatures --------------------------------------------------------------------------------------- */

#define EPOCH 20u
#define OWNER 10u /* wallets: who issues the change, and strangers */
#define STRANGER 11u
#define PATIENT 12u
#define FORGER 13u

/* The change of `tx` under another issuer; the epoch it is for may be another one, too. */
static size_t wrap(const struct itc_private_chain *chain, uint8_t out[ITC_TX_MAX], uint32_t wallet,
    uint64_t seq, const uint8_t *tx, size_t len, uint32_t epoch)
{
    struct itc_tx t;
    assert_int_equal(itc_tx_decode(&t, tx, len), ITC_OK);
    t.u.change.epoch = epoch;
    return sign_tx(chain, out, wallet, seq, &t);
}

static void submit(struct itc_net *net, uint32_t node, const uint8_t *tx, size_t len)
{
    uint64_t token = itc_net_submit(net, node, tx, len);
    itc_net_run(net, itc_net_now(net) + 20);
    assert_true(world_acknowledged(net, token));
}

static void assert_seated(struct itc_net *net, const struct itc_committee *c)
{
    struct itc_hash hash;
    itc_committee_hash(&hash, &itc_net_chain(net)->id, c);
    for (uint32_t i = 0; i < itc_net_count(net); i++)
        assert_memory_equal(&world_head(net, i)->committee, &hash, sizeof hash);
}

/* They mean the same under any issuer: one change, in one epoch. */
static void committee_signatures_re_wrapped_under_another_issuer(void **state)
{
    (void)state;
    struct itc_net_config c;
    uint8_t original[ITC_TX_MAX], tx[ITC_TX_MAX];
    itc_net_config_default(&c, world_seed(8), 4, 2);
    c.candidates = 1;
    c.params.interval_ms = 100;
    c.params.idle_ms = 200;
    c.params.epoch_length = EPOCH;
    struct itc_net *net = itc_net_create(&c);
    const struct itc_private_chain *chain = itc_net_chain(net);
    struct itc_committee four = {.n = 4}, five = {.n = 5};
    for (uint32_t i = 0; i < 5; i++)
        four.keys[i] = five.keys[i] = itc_private_chain_validator(chain, i);

    /* In its epoch: once, whoever comes first. PATIENT's copy waits for the sequence number before it. */
    world_reach(net, EPOCH + 1, 60000);
    size_t len = itc_private_chain_change(chain, original, OWNER, 0, 1, &four, &five);
    uint64_t owners = itc_net_submit(net, 0, original, len);
    size_t wrapped = wrap(chain, tx, STRANGER, 0, original, len, 1);
    uint64_t strangers = itc_net_submit(net, 1, tx, wrapped);
    wrapped = wrap(chain, tx, PATIENT, 1, original, len, 1);
    submit(net, 2, tx, wrapped);
    assert_true(world_acknowledged(net, owners) && world_acknowledged(net, strangers));
    world_reach(net, 2 * EPOCH + 1, 60000);
    assert_seated(net, &five);
    assert_int_equal(world_next_seq(net, 0, OWNER) + world_next_seq(net, 0, STRANGER), 1);

    /* In a later one, when the committee is what it was: no more, and not with its epoch changed. */
    uint32_t back = world_next_seq(net, 0, OWNER) == 1 ? STRANGER : OWNER;
    submit(net, 0, tx, itc_private_chain_change(chain, tx, back, 0, 2, &five, &four));
    world_reach(net, 3 * EPOCH + 1, 60000);
    assert_seated(net, &four);
    world_pay(net, 2, PATIENT, 0, 20);
    wrapped = wrap(chain, tx, FORGER, 0, original, len, 3);
    submit(net, 3, tx, wrapped);
    world_reach(net, 4 * EPOCH + 1, 60000);
    assert_seated(net, &four);
    assert_int_equal(world_next_seq(net, 4, PATIENT), 1);
    assert_int_equal(world_next_seq(net, 4, FORGER), 0);
    itc_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_primary_that_names_a_side_tangle_a_million_milestones_old,
            setup_backup, bench_teardown),
        cmocka_unit_test(idle_for_longer_than_depth_then_one_payment),
        cmocka_unit_test_setup_teardown(
            a_stranger_re_attaching_a_victims_later_tx_without_its_predecessor, setup_alone,
            bench_teardown),
        cmocka_unit_test_setup_teardown(
            an_account_emptied_and_funded_again_in_one_milestone, setup_alone, bench_teardown),
        cmocka_unit_test(committee_signatures_re_wrapped_under_another_issuer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
