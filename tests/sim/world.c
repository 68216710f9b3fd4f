#include "tests/sim/world.h"

uint64_t world_seed(uint64_t given)
{
    const char *text = getenv("ITC_SEED");
    uint64_t seed = text == NULL ? given : strtoull(text, NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

const struct itc_header *world_head(struct itc_net *net, uint32_t i)
{
    struct itc_hash id;
    return itc_net_node(net, i) == NULL ? NULL : itc_node_head(itc_net_node(net, i), &id);
}

uint64_t world_newest(struct itc_net *net)
{
    uint64_t newest = 0;
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        const struct itc_header *h = world_head(net, i);
        if (h != NULL && h->index > newest)
            newest = h->index;
    }
    return newest;
}

uint64_t world_count(struct itc_net *net, uint32_t i, enum itc_counter c)
{
    return itc_node_stats(itc_net_node(net, i))->counts[c];
}

uint64_t world_submit(struct itc_net *net, uint32_t i, uint32_t wallet, uint64_t seq)
{
    const struct itc_private_chain *chain = itc_net_chain(net);
    const struct itc_key *to = &chain->wallets[(wallet + 1) % ITC_WALLETS].key;
    uint8_t tx[ITC_TX_TRANSFER];
    itc_private_chain_transfer(chain, tx, wallet, to, seq, WORLD_PAYMENT);
    return itc_net_submit(net, i, tx, sizeof tx);
}

bool world_acknowledged(struct itc_net *net, uint64_t token)
{
    size_t len, body_len;
    const uint8_t *body, *reply = itc_net_reply(net, token, &len);
    return reply != NULL && itc_reply_open(&body, &body_len, reply, len) == ITC_OK;
}

void world_pay(struct itc_net *net, uint32_t i, uint32_t wallet, uint64_t seq, uint64_t wait_ms)
{
    uint64_t token = world_submit(net, i, wallet, seq);
    itc_net_run(net, itc_net_now(net) + wait_ms);
    assert_true(world_acknowledged(net, token));
}

struct itc_account world_account(struct itc_net *net, uint32_t i, uint32_t wallet)
{
    const struct itc_request r = {
        .op = ITC_OP_ACCOUNT, .u.account = {.key = itc_net_chain(net)->wallets[wallet].key}};
    uint64_t token = itc_net_request(net, i, &r);
    const uint8_t *body;
    size_t len, body_len;
    struct itc_account_reply a;
    struct itc_account out;
    itc_net_run(net, itc_net_now(net) + 100);
    const uint8_t *reply = itc_net_reply(net, token, &len);
    assert_non_null(reply);
    assert_int_equal(itc_reply_open(&body, &body_len, reply, len), ITC_OK);
    assert_int_equal(itc_account_reply_decode(&a, body, body_len), ITC_OK);
    assert_non_null(a.value);
    assert_int_equal(itc_account_decode(&out, a.value, ITC_ACCOUNT_VALUE), ITC_OK);
    return out;
}

uint64_t world_next_seq(struct itc_net *net, uint32_t i, uint32_t wallet)
{
    return world_account(net, i, wallet).next_seq;
}

static bool heads_reach(struct itc_net *net, void *ctx)
{
    const uint64_t *head = ctx;
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        const struct itc_header *h = world_head(net, i);
        if (h != NULL && h->index < *head)
            return false;
    }
    return true;
}

static void assert_none_halted(struct itc_net *net)
{
    for (uint32_t i = 0; i < itc_net_count(net); i++)
        assert_null(itc_net_halted(net, i));
}

void world_reach(struct itc_net *net, uint64_t head, uint64_t within_ms)
{
    assert_none_halted(net);
    assert_true(itc_net_run_until(net, heads_reach, &head, itc_net_now(net) + within_ms));
    assert_none_halted(net);
}

void world_go_on(struct itc_net *net, uint64_t milestones, uint64_t within_ms)
{
    struct itc_hash id, other;
    world_reach(net, world_newest(net) + milestones, within_ms);
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (world_head(net, i) == NULL || world_head(net, k) == NULL)
                continue;
            const struct itc_header *a = itc_node_head(itc_net_node(net, i), &id);
            const struct itc_header *b = itc_node_head(itc_net_node(net, k), &other);
            if (a->index == b->index)
                assert_memory_equal(&id, &other, sizeof id);
        }
    }
}

static void each_across(
    struct itc_net *net, uint32_t side, void (*fn)(struct itc_net *net, uint32_t a, uint32_t b))
{
    for (uint32_t a = 0; a < itc_net_count(net); a++) {
        for (uint32_t b = 0; b < itc_net_count(net); b++) {
            if (side >> a & 1 && !(side >> b & 1))
                fn(net, a, b);
        }
    }
}

void world_part(struct itc_net *net, uint32_t side)
{
    each_across(net, side, itc_net_cut);
}

void world_unite(struct itc_net *net, uint32_t side)
{
    each_across(net, side, itc_net_mend);
}
