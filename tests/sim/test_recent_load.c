/* test_recent_load.c - a whole network with small cones, for several times 3 x depth milestones under more load than the
 * milestones that must be remembered may hold together (docs/protocol.md, "Body"): it goes on, what is open becomes final
 * at the pace at which old milestones make room, and a node that started again and one that began anew count alike. */
#include "spv/genesis.h"
#include "tests/sim/world.h"

#include "node/core.h"

#define VALIDATORS 4u
#define FULL_NODE VALIDATORS
#define NODES (VALIDATORS + 1)
#define CONE_SITES 16u
#define DEPTH 40u
#define SPAN (3 * DEPTH)
#define MOST (ITC_RECENT_CONES * CONE_SITES)
#define MILESTONES (4 * SPAN)
#define FIRST 30u /* milestones in which much is left */
#define SLICE_MS 50u
#define AHEAD 4u /* payments of each wallet under way */

struct load {
    struct itc_net *net;
    uint64_t next[ITC_WALLETS];
    uint32_t sizes[2 * MILESTONES]; /* sites of each milestone */
    uint64_t head;
};

static struct itc_net *make_net(void)
{
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(41), VALIDATORS, 1);
    c.params.cone_sites_max = CONE_SITES;
    c.params.depth = DEPTH;
    return itc_net_create(&c);
}

/* Each wallet has some payments under way, which is more than all milestones may take; as node 0 has it. */
static void pay(struct load *l)
{
    const struct itc_private_chain *chain = itc_net_chain(l->net);
    for (uint32_t w = 0; w < ITC_WALLETS; w++) {
        const struct itc_account *a =
            itc_ledger_find(&itc_net_node(l->net, 0)->ledger, &chain->wallets[w].key);
        while (l->next[w] < a->next_seq + AHEAD) {
            uint32_t to = itc_net_node(l->net, w % VALIDATORS) != NULL ? w % VALIDATORS : 0;
            (void)world_submit(l->net, to, w, l->next[w]++);
        }
    }
}

/* Sites of `count` milestones up to `index`, as node 0 made them final. */
static uint32_t sum(const struct load *l, uint64_t index, uint32_t count)
{
    uint32_t sites = 0;
    for (uint32_t i = 0; i < count && i < index; i++)
        sites += l->sizes[index - i];
    return sites;
}

/* Notes the milestones made since the last call. No stretch of them holds more than the bound; and honest primaries always
 * leave something for the next one. */
static void note(struct load *l)
{
    const struct itc_chain *c = &itc_net_node(l->net, 0)->chain;
    while (l->head < c->head.index) {
        l->head++;
        l->sizes[l->head] = itc_chain_recent(c, l->head)->site_count;
        assert_true(l->sizes[l->head] <= CONE_SITES);
        assert_true(sum(l, l->head, SPAN + 1) <= MOST);
        assert_true(sum(l, l->head, SPAN) < MOST);
    }
}

/* What a node counts is what the chain says. */
static void counts_right(struct load *l, uint32_t i)
{
    const struct itc_node *n = itc_net_node(l->net, i);
    uint64_t head = n->chain.head.index;
    assert_true(head <= l->head);
    assert_int_equal(itc_chain_sites_left(&n->chain), MOST - sum(l, head, SPAN));
    assert_int_equal(n->final_ids.count, sum(l, head, SPAN + 1));
    assert_int_equal(n->final_ids.capacity, MOST);
}

static void run_to(struct load *l, uint64_t head)
{
    uint64_t until_ms = itc_net_now(l->net) + 2000 * (head - l->head);
    while (l->head < head) {
        assert_true(itc_net_now(l->net) < until_ms);
        pay(l);
        itc_net_run(l->net, itc_net_now(l->net) + SLICE_MS);
        for (uint32_t i = 0; i < NODES; i++)
            assert_null(itc_net_halted(l->net, i));
        note(l);
    }
}

static void a_flood_binds_no_node_goes_down_and_all_count_alike(void **state)
{
    (void)state;
    static struct load l;
    l = (struct load){.net = make_net()};
    itc_net_run(l.net, 500);
    run_to(&l, 2 * SPAN);
    assert_true(sum(&l, FIRST, FIRST) > FIRST * CONE_SITES * 3 / 4); /* so it would go on */
    itc_net_kill(l.net, 1);
    itc_net_kill(l.net, FULL_NODE);
    itc_net_replace_disk(l.net, FULL_NODE); /* it begins anew */
    itc_net_restart(l.net, FULL_NODE);
    run_to(&l, 2 * SPAN + 5);
    itc_net_restart(l.net, 1);
    for (uint64_t at = 3 * SPAN; at <= MILESTONES; at += SPAN) {
        run_to(&l, at);
        uint32_t made = sum(&l, l.head, SPAN);
        print_message("milestone %llu: %u sites in the last %u, at most %u\n",
            (unsigned long long)l.head, made, SPAN, MOST);
        assert_in_range(made, MOST * 3 / 4, MOST);
    }
    world_go_on(l.net, 2, 10000);
    note(&l);
    for (uint32_t i = 0; i < NODES; i++)
        counts_right(&l, i);
    itc_net_free(l.net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_binds_no_node_goes_down_and_all_count_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
