/* test_scenarios_views.c - named scenarios: whole networks in changes of view. What goes wrong without what each of them
 * shows: README.md. Each steers one height, H: some of its messages are lost. */
#include "node/core.h"
#include "tests/sim/world.h"

#define FAR_MS 3600000 /* a clock that jumps */

/* What is lost: a message of `loses` to a node of `to`, or, of a VIEW_CHANGE, its first copy. */
struct script;
typedef bool script_fn(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m);
struct script {
    struct itc_net_config config;
    struct itc_net *net;
    uint64_t height; /* H */
    script_fn *loses;
    uint64_t seen[4][4]; /* [from][to]: view of the newest VIEW_CHANGE that was lost */
};

static uint64_t tamper(void *ctx, const struct itc_net_sent *frame)
{
    struct script *s = ctx;
    struct itc_message m;
    if (s->loses == NULL || itc_message_decode(&m, frame->frame[4], frame->frame + ITC_FRAME_HEAD,
                                frame->len - ITC_FRAME_HEAD) != ITC_OK)
        return 0;
    return s->loses(s, frame, &m) ? ITC_NET_NEVER : 0;
}

/* Four validators; primary of view 0 is the next one after `epoch_length` milestones. */
static void start_with(struct script *s, uint64_t seed, uint32_t epoch_length, script_fn *loses)
{
    memset(s, 0, sizeof *s);
    itc_net_config_default(&s->config, world_seed(seed), 4, 0);
    s->config.params.epoch_length = epoch_length;
    s->config.tamper = tamper;
    s->config.tamper_ctx = s;
    s->net = itc_net_create(&s->config);
    world_go_on(s->net, 2, 5000);
    s->height = world_newest(s->net) + 2;
    s->loses = loses;
}

/* 0 is it for ever. */
static void start(struct script *s, uint64_t seed, script_fn *loses)
{
    start_with(s, seed, 100000, loses);
}

static const struct itc_round *round_of(struct itc_net *net, uint32_t i)
{
    return &itc_net_node(net, i)->pbft.rounds[0];
}

/* The header of H that a node holds as final. */
static void final_header(const struct script *s, uint32_t i, uint8_t out[ITC_HEADER_SIZE])
{
    uint8_t row[ITC_HEADER_SIZE + ITC_CERT_MAX];
    size_t len;
    struct itc_store store = itc_net_store(s->net, i, false);
    struct itc_store_key key = itc_key_header(s->height);
    assert_int_equal(
        store.get(store.ctx, ITC_CF_HEADER, key.b, key.len, row, sizeof row, &len), ITC_OK);
    memcpy(out, row, ITC_HEADER_SIZE);
}

static void assert_no_fork(const struct script *s)
{
    uint8_t first[ITC_HEADER_SIZE], other[ITC_HEADER_SIZE];
    final_header(s, 0, first);
    for (uint32_t i = 1; i < 4; i++) {
        final_header(s, i, other);
        assert_memory_equal(first, other, sizeof first);
    }
}

static bool first_is_final(struct itc_net *net, void *ctx)
{
    const struct script *s = ctx;
    return world_head(net, 0)->index >= s->height;
}

static bool is_commit_of(const struct script *s, const struct itc_message *m)
{
    return m->type == ITC_MESSAGE_VOTE && m->u.vote.type == ITC_VOTE_COMMIT &&
           m->u.vote.slot.index == s->height;
}

/* Node 0 alone sees H committed, and is cut off. */
static void commit_at_first_alone(struct script *s)
{
    world_pay(s->net, 1, 0, 0, 20);
    assert_true(itc_net_run_until(s->net, first_is_final, s, itc_net_now(s->net) + 10000));
    world_part(s->net, 1);
    for (uint32_t i = 1; i < 4; i++)
        assert_true(world_head(s->net, i)->index < s->height);
}

/* All of view 0. */
static bool loses_view_0(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m)
{
    (void)frame;
    return (m->type == ITC_MESSAGE_PROPOSAL && m->u.proposal.slot.index == s->height &&
               m->u.proposal.slot.view == 0) ||
           (m->type == ITC_MESSAGE_VOTE && m->u.vote.slot.index == s->height &&
               m->u.vote.slot.view == 0);
}

/* Node 3 sees nothing of H in view 0; of the COMMITs, only node 0 sees any. */
static bool loses_but_for_first(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m)
{
    return loses_view_0(s, frame, m) && (frame->to == 3 || (frame->to != 0 && is_commit_of(s, m)));
}

/* Two of the three who voted for what is final have forgotten all that was not on their disks: what they prepared must
 * be in their COMMIT rows, or they and node 3, who knows of nothing, agree on something else. */
static void commit_seen_by_one_node_only_the_two_others_restarted_then_a_view_change(void **state)
{
    (void)state;
    struct script s;
    start(&s, 1, loses_but_for_first);
    commit_at_first_alone(&s);
    for (uint32_t i = 1; i < 3; i++)
        itc_net_kill(s.net, i);
    s.loses = loses_view_0; /* they cannot prepare it once more */
    for (uint32_t i = 1; i < 3; i++)
        itc_net_restart(s.net, i);
    world_reach(s.net, s.height, 20000);
    assert_true(world_count(s.net, 3, ITC_COUNT_VIEW_CHANGES) > 0);
    assert_no_fork(&s);
    world_unite(s.net, 1);
    world_go_on(s.net, 3, 10000);
    itc_net_free(s.net);
}

/* COMMITs of H reach node 0 alone; and what is proposed in view 1, nobody. */
static bool loses_two_views(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m)
{
    return (is_commit_of(s, m) && m->u.vote.slot.view == 0 && frame->to != 0) ||
           (m->type == ITC_MESSAGE_PROPOSAL && m->u.proposal.slot.index == s->height &&
               m->u.proposal.slot.view == 1);
}

/* It is carried over two changes of view. */
static void prepared_certificate_lost_in_a_view_change(void **state)
{
    (void)state;
    struct script s;
    start(&s, 2, loses_two_views);
    commit_at_first_alone(&s);
    world_reach(s.net, s.height, 30000);
    for (uint32_t i = 1; i < 4; i++)
        assert_true(world_count(s.net, i, ITC_COUNT_VIEW_CHANGES) >= 2);
    assert_no_fork(&s);
    world_unite(s.net, 1);
    world_go_on(s.net, 3, 10000);
    itc_net_free(s.net);
}

static bool loses_commits_in_view_0(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m)
{
    (void)frame;
    return is_commit_of(s, m) && m->u.vote.slot.view == 0;
}

static bool three_committed(struct itc_net *net, void *ctx)
{
    const struct script *s = ctx;
    for (uint32_t i = 0; i < 3; i++) {
        const struct itc_round *r = round_of(net, i);
        if (r->slot.index != s->height || r->state != ITC_ROUND_COMMITTED)
            return false;
    }
    return true;
}

/* H is prepared while three clocks are an hour ahead, and has to be proposed again when they are right: nobody would
 * take it for a fresh header. What follows must not be older than H, so it comes from the future as well. */
static void majority_clocks_jump_ahead_and_back(void **state)
{
    (void)state;
    struct script s;
    start(&s, 3, loses_commits_in_view_0);
    world_reach(s.net, s.height - 1, 5000);
    for (uint32_t i = 0; i < 3; i++)
        itc_net_machine(s.net, i)->clock_ms = FAR_MS;
    world_submit(s.net, 1, 0, 0);
    assert_true(itc_net_run_until(s.net, three_committed, &s, itc_net_now(s.net) + 10000));
    uint64_t time_ms = round_of(s.net, 0)->header.time_ms;
    assert_true(time_ms >= ITC_NET_EPOCH_MS + FAR_MS);
    for (uint32_t i = 0; i < 3; i++)
        itc_net_machine(s.net, i)->clock_ms = 0;
    world_reach(s.net, s.height, 20000);
    assert_no_fork(&s);
    world_pay(s.net, 2, 1, 0, 20);
    world_go_on(s.net, 5, 20000);
    assert_true(world_head(s.net, 3)->time_ms >= time_ms);
    assert_int_equal(world_next_seq(s.net, 3, 0), 1);
    assert_int_equal(world_next_seq(s.net, 3, 1), 1);
    itc_net_free(s.net);
}

/* Node 2 sees no PREPARE of H in view 0, so it cannot commit. */
static bool loses_prepares_to_third(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m)
{
    return frame->to == 2 && m->type == ITC_MESSAGE_VOTE && m->u.vote.slot.index == s->height &&
           m->u.vote.type == ITC_VOTE_PREPARE && m->u.vote.slot.view == 0;
}

static bool two_committed_one_prepared(struct itc_net *net, void *ctx)
{
    const struct script *s = ctx;
    return round_of(net, 0)->slot.index == s->height &&
           round_of(net, 0)->state == ITC_ROUND_COMMITTED &&
           round_of(net, 1)->state == ITC_ROUND_COMMITTED &&
           round_of(net, 2)->state == ITC_ROUND_PREPARED;
}

static bool third_has_left(struct itc_net *net, void *ctx)
{
    (void)ctx;
    return round_of(net, 2)->slot.view > 0;
}

/* One validator is off. Two have committed H in view 0 and lack a third; the third has left for view 1, commits in view
 * 0 no more, and lacks two that leave with it. */
static void deadlock_between_commit_and_view_change(void **state)
{
    (void)state;
    struct script s;
    start(&s, 4, loses_prepares_to_third);
    itc_net_kill(s.net, 3);
    assert_true(
        itc_net_run_until(s.net, two_committed_one_prepared, &s, itc_net_now(s.net) + 10000));
    for (int i = 0; i < 4; i++) { /* its time is over before the others' */
        itc_net_machine(s.net, 2)->clock_ms += 1000;
        itc_net_run(s.net, itc_net_now(s.net) + 100);
    }
    assert_true(third_has_left(s.net, NULL));
    assert_int_equal(round_of(s.net, 0)->slot.view, 0);
    assert_int_equal(round_of(s.net, 1)->slot.view, 0);
    struct itc_hash committed = round_of(s.net, 0)->header_id, id;
    s.loses = NULL;
    world_reach(s.net, s.height, 20000);
    itc_net_restart(s.net, 3);
    world_go_on(s.net, 3, 20000);
    uint8_t header[ITC_HEADER_SIZE];
    assert_no_fork(&s);
    final_header(&s, 3, header);
    itc_header_id(&id, &itc_net_chain(s.net)->id, header);
    assert_memory_equal(&id, &committed, sizeof id);
    itc_net_free(s.net);
}

/* The first copy of each VIEW-CHANGE on each link. */
static bool loses_first_copies(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m)
{
    if (m->type != ITC_MESSAGE_VIEW_CHANGE)
        return false;
    uint64_t *seen = &s->seen[frame->from][frame->to];
    uint64_t which = m->u.view_change.slot.index << 16 | m->u.view_change.slot.view;
    bool first = *seen < which;
    *seen = first ? which : *seen;
    return first;
}

/* The primary is dead: the three others need each other's votes, and each was sent in vain at first. */
static void view_change_messages_not_retransmitted(void **state)
{
    (void)state;
    struct script s;
    start(&s, 5, loses_first_copies);
    itc_net_kill(s.net, 0);
    world_pay(s.net, 1, 0, 0, 20);
    world_go_on(s.net, 3, 60000);
    assert_true(s.seen[1][2] > 0 && s.seen[2][1] > 0 && s.seen[3][1] > 0);
    assert_int_equal(world_next_seq(s.net, 2, 0), 1);
    itc_net_free(s.net);
}

/* Each node hears all but the one before it: no primary is heard by all, and no votes are. */
static bool loses_round_the_ring(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m)
{
    (void)s;
    (void)m;
    return frame->to == (frame->from + 1) % 4;
}

/* Node 3 hears nobody, and tells everyone that the primary is dead. */
static bool loses_to_the_deaf(
    struct script *s, const struct itc_net_sent *frame, const struct itc_message *m)
{
    (void)s;
    (void)m;
    return frame->to == 3;
}

static void asymmetric_partition_livelock(void **state)
{
    (void)state;
    struct script s;
    start(&s, 6, loses_round_the_ring);
    for (uint32_t i = 0; i < 4; i++)
        world_submit(s.net, i, i, 0);
    world_go_on(s.net, 5, 60000);
    s.loses = loses_to_the_deaf;
    uint64_t left[3], head = world_head(s.net, 0)->index;
    for (uint32_t i = 0; i < 3; i++)
        left[i] = world_count(s.net, i, ITC_COUNT_VIEW_CHANGES);
    itc_net_run(s.net, itc_net_now(s.net) + 20000);
    assert_true(world_head(s.net, 0)->index > head + 10);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world_count(s.net, i, ITC_COUNT_VIEW_CHANGES), left[i]);
    s.loses = NULL;
    world_go_on(s.net, 3, 60000);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(world_next_seq(s.net, 3, i), 1);
    itc_net_free(s.net);
}

/* Payments through node 0, until it is at `head`. */
static void pay_until(struct script *s, uint64_t *paid, uint64_t head)
{
    for (int i = 0; i < 1000 && world_head(s->net, 0)->index < head; i++) {
        uint64_t n = (*paid)++;
        world_pay(s->net, 0, (uint32_t)(n % ITC_WALLETS), n / ITC_WALLETS, 150);
    }
    assert_true(world_head(s->net, 0)->index >= head);
}

/* Who was away learns by certificates what it missed, while the chain goes on; then nothing goes on without it, and it
 * has turns as primary. */
static void stuck_after_catch_up(void **state)
{
    (void)state;
    struct script s;
    uint64_t paid = 0;
    start_with(&s, 7, 10, NULL);
    itc_net_kill(s.net, 3);
    pay_until(&s, &paid, 25);
    itc_net_restart(s.net, 3);
    pay_until(&s, &paid, 30);
    world_go_on(s.net, 1, 5000);
    assert_true(world_count(s.net, 3, ITC_COUNT_MILESTONES_SYNCED) > 20);
    itc_net_kill(s.net, 1);
    pay_until(&s, &paid, world_newest(s.net) + 45);
    assert_true(world_count(s.net, 3, ITC_COUNT_PROPOSALS) > 0);
    itc_net_restart(s.net, 1);
    world_go_on(s.net, 3, 20000);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(world_next_seq(s.net, i, 0), (paid + ITC_WALLETS - 1) / ITC_WALLETS);
    itc_net_free(s.net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_seen_by_one_node_only_the_two_others_restarted_then_a_view_change),
        cmocka_unit_test(prepared_certificate_lost_in_a_view_change),
        cmocka_unit_test(majority_clocks_jump_ahead_and_back),
        cmocka_unit_test(deadlock_between_commit_and_view_change),
        cmocka_unit_test(view_change_messages_not_retransmitted),
        cmocka_unit_test(asymmetric_partition_livelock),
        cmocka_unit_test(stuck_after_catch_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
