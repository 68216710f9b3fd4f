/* test_fair.c - fair queueing against a naive model, and what it promises: shares as weights, the idle at once, nobody kept
 * out by a crowd, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/fair.h"
#include "tangle/rng.h"

#define ENTRIES 64u
#define MODEL_FLOWS 40u

struct bed {
    struct itc_fair fair;
    void *memory;
};

static void bed_init(struct bed *b, uint32_t entries, uint32_t count_max, uint64_t bytes_max)
{
    size_t size = itc_fair_size(entries);
    b->memory = aligned_alloc(64, size);
    assert_non_null(b->memory);
    memset(b->memory, 0, size);
    struct itc_mem mem = {.at = b->memory, .left = size};
    itc_fair_init(&b->fair, &mem, entries, count_max, bytes_max, 7);
    assert_int_equal(mem.left, 0);
}

static struct itc_key key_of(uint32_t flow)
{
    struct itc_key key = {{0}};
    memcpy(key.b, &flow, sizeof flow);
    return key;
}

static enum itc_err push(
    struct bed *b, uint32_t entry, uint32_t flow, uint64_t weight, uint32_t size)
{
    struct itc_key key = key_of(flow);
    return itc_fair_push(&b->fair, entry, &key, weight, size);
}

static uint32_t serve(struct bed *b)
{
    uint32_t entry = itc_fair_next(&b->fair);
    itc_fair_serve(&b->fair, entry);
    return entry;
}

/* --- the model: the same rules, by looking at everything each time ---------------------------------------- */

struct model_entry {
    uint64_t step, serial;
    uint32_t flow, size;
    bool waits, fresh;
};

struct model {
    struct model_entry entries[ENTRIES];
    uint64_t finish[MODEL_FLOWS]; /* of what was served last, or 0 */
    uint32_t since[MODEL_FLOWS];  /* the interval in which it came to rest */
    uint32_t interval;
    uint64_t now, serial;
    bool by_finish;
};

/* Start of an entry: what the flow was served to, and all that stands before it. */
static uint64_t model_start(const struct model *m, uint32_t entry)
{
    const struct model_entry *e = &m->entries[entry];
    uint64_t start = m->finish[e->flow];
    for (uint32_t i = 0; i < ENTRIES; i++) {
        const struct model_entry *o = &m->entries[i];
        if (o->waits && o->flow == e->flow && o->serial < e->serial)
            start += o->step;
    }
    return start;
}

static uint32_t model_count(const struct model *m, uint32_t flow)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ENTRIES; i++)
        count += m->entries[i].waits && (flow == MODEL_FLOWS || m->entries[i].flow == flow);
    return count;
}

static void model_push(
    struct model *m, uint32_t entry, uint32_t flow, uint64_t weight, uint32_t size)
{
    bool idle = model_count(m, flow) == 0;
    bool fresh = idle && (m->finish[flow] <= m->now || m->since[flow] != m->interval);
    if (fresh)
        m->finish[flow] = m->now;
    m->entries[entry] = (struct model_entry){.step = ((uint64_t)size << 40) / weight,
        .serial = m->serial++,
        .flow = flow,
        .size = size,
        .waits = true,
        .fresh = fresh};
}

/* First (least start or finish) of all, or last of all. */
static uint32_t model_pick(const struct model *m, bool by_finish, bool last)
{
    uint32_t best = ITC_NONE;
    uint64_t best_tag = 0;
    for (uint32_t i = 0; i < ENTRIES; i++) {
        const struct model_entry *e = &m->entries[i];
        if (!e->waits)
            continue;
        uint64_t tag = model_start(m, i) + (by_finish ? e->step : 0);
        bool earlier = best != ITC_NONE &&
                       (tag < best_tag || (tag == best_tag && e->serial < m->entries[best].serial));
        if (best == ITC_NONE || earlier != last) {
            best = i;
            best_tag = tag;
        }
    }
    return best;
}

static uint32_t model_idle(const struct model *m, bool by_finish)
{
    uint32_t first = model_pick(m, by_finish, false), next = model_pick(m, false, false);
    if (first == ITC_NONE)
        return first;
    if (!by_finish)
        return m->entries[first].fresh ? first : ITC_NONE;
    bool alone = first != next && model_count(m, m->entries[first].flow) == 1;
    uint64_t bound = model_start(m, next) + m->entries[next].step;
    return alone && model_start(m, first) <= bound ? first : ITC_NONE;
}

static void model_calm(struct model *m)
{
    if (model_count(m, MODEL_FLOWS) > 0)
        return;
    memset(m->finish, 0, sizeof m->finish);
    m->now = 0;
}

static void model_leaves(struct model *m, uint32_t entry)
{
    m->entries[entry].waits = false;
    m->since[m->entries[entry].flow] = m->interval; /* unless more of it waits */
    model_calm(m);
}

static void model_serve(struct model *m, uint32_t entry)
{
    const struct model_entry *e = &m->entries[entry];
    if (m->finish[e->flow] == model_start(m, model_pick(m, false, false)) &&
        m->entries[model_pick(m, false, false)].flow == e->flow)
        m->now = m->finish[e->flow];
    m->finish[e->flow] += e->step;
    m->by_finish = !m->by_finish;
    model_leaves(m, entry);
}

static uint32_t model_overflow(const struct model *m, uint32_t count_max, uint64_t bytes_max)
{
    uint32_t fresh = 0, count = model_count(m, MODEL_FLOWS);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < ENTRIES; i++) {
        fresh += m->entries[i].waits && m->entries[i].fresh;
        bytes += m->entries[i].waits ? m->entries[i].size : 0;
    }
    if (count <= count_max && bytes <= bytes_max)
        return ITC_NONE;
    return model_pick(m, fresh > count / 2, true);
}

static void one_step(struct bed *b, struct model *m, struct itc_rng *rng)
{
    uint32_t entry = itc_rng_below(rng, ENTRIES);
    uint32_t flow = itc_rng_below(rng, MODEL_FLOWS);
    uint32_t size = 1 + itc_rng_below(rng, 4095);
    uint64_t weight = 1 + (uint64_t)flow * flow * flow;
    if (!m->entries[entry].waits && itc_rng_below(rng, 8) < 5) {
        model_push(m, entry, flow, weight, size);
        assert_int_equal(push(b, entry, flow, weight, size), ITC_OK);
    } else if (m->entries[entry].waits && itc_rng_below(rng, 8) == 0) {
        model_leaves(m, entry);
        itc_fair_remove(&b->fair, entry);
    } else if (itc_rng_below(rng, 8) == 0) {
        m->interval++;
        itc_fair_next_interval(&b->fair);
    } else if (model_count(m, MODEL_FLOWS) > 0) {
        uint32_t next = model_pick(m, m->by_finish, false);
        assert_int_equal(itc_fair_next(&b->fair), next);
        model_serve(m, next);
        itc_fair_serve(&b->fair, next);
    }
}

static void it_does_what_the_model_does(void **state)
{
    (void)state;
    struct bed b;
    struct itc_rng rng;
    static struct model m;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint32_t count_max = seed % 3 == 0 ? ENTRIES : 40;
        uint64_t bytes_max = seed % 2 == 0 ? 1000000 : 60000;
        memset(&m, 0, sizeof m);
        itc_rng_init(&rng, seed);
        bed_init(&b, ENTRIES, count_max, bytes_max);
        for (uint32_t i = 0; i < 2000; i++) {
            uint32_t out;
            one_step(&b, &m, &rng);
            while ((out = model_overflow(&m, count_max, bytes_max)) != ITC_NONE) {
                assert_int_equal(itc_fair_overflow(&b.fair), out);
                model_leaves(&m, out);
            }
            assert_int_equal(itc_fair_overflow(&b.fair), ITC_NONE);
            assert_int_equal(b.fair.count, model_count(&m, MODEL_FLOWS));
            uint32_t idle = model_idle(&m, m.by_finish);
            if (idle == ITC_NONE)
                idle = model_idle(&m, !m.by_finish);
            assert_int_equal(itc_fair_next_idle(&b.fair, false), idle);
            bool two = idle != ITC_NONE && m.entries[model_pick(&m, true, false)].flow !=
                                               m.entries[model_pick(&m, false, false)].flow;
            assert_int_equal(itc_fair_next_idle(&b.fair, true), two ? model_idle(&m, true) : idle);
        }
        free(b.memory);
    }
}

/* --- promises -------------------------------------------------------------------------------------------- */

/* Flows that never run dry, each with two entries of random sizes at a time; bytes served of each. */
static void serve_many(struct bed *b, const uint64_t *weights, uint32_t flows, uint32_t turns,
    uint32_t least, uint64_t *bytes)
{
    struct itc_rng rng;
    itc_rng_init(&rng, 5);
    for (uint32_t i = 0; i < 2 * flows; i++)
        assert_int_equal(push(b, i, i / 2, weights[i / 2], 4095), ITC_OK);
    for (uint32_t i = 0; i < turns; i++) {
        uint32_t entry = itc_fair_next(&b->fair);
        bytes[entry / 2] += b->fair.entries[entry].size;
        itc_fair_serve(&b->fair, entry);
        uint32_t size = least + itc_rng_below(&rng, 4096 - least);
        assert_int_equal(push(b, entry, entry / 2, weights[entry / 2], size), ITC_OK);
    }
}

static void shares_are_linear_in_weight(void **state)
{
    (void)state;
    struct bed b;
    const uint64_t weights[] = {1, 2, 4, 8, 100, 1000};
    uint64_t bytes[6] = {0};
    bed_init(&b, ENTRIES, ENTRIES, 1 << 20);
    serve_many(&b, weights, 6, 400000, 155, bytes);
    double unit = (double)bytes[5] / 1000;
    for (uint32_t i = 0; i < 5; i++) {
        double share = (double)bytes[i] / (unit * (double)weights[i]);
        assert_true(share > 0.97 && share < 1.03);
    }
    free(b.memory);
}

/* V comes to its bound some times: nobody notices. */
static void shares_stay_when_tags_are_set_back(void **state)
{
    (void)state;
    struct bed b;
    const uint64_t weights[] = {1, 1, 3};
    uint64_t bytes[3] = {0};
    uint32_t set_back = 0;
    bed_init(&b, ENTRIES, ENTRIES, 1 << 20);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(push(&b, i, i / 2, weights[i / 2], 4095), ITC_OK);
    for (uint32_t i = 0; i < 25000; i++) {
        uint64_t before = b.fair.now;
        uint32_t entry = serve(&b);
        set_back += b.fair.now < before;
        bytes[entry / 2] += 4095;
        assert_int_equal(push(&b, entry, entry / 2, weights[entry / 2], 4095), ITC_OK);
    }
    assert_true(set_back >= 3);
    assert_in_range(bytes[0], bytes[1] - 8190, bytes[1] + 8190);
    assert_in_range(bytes[2], 3 * bytes[0] - 5 * 8190, 3 * bytes[0] + 5 * 8190);
    free(b.memory);
}

static uint32_t turns_until(struct bed *b, uint32_t entry)
{
    for (uint32_t turns = 1;; turns++) {
        if (serve(b) == entry)
            return turns;
    }
}

/* However heavy who fills the queue, and however light who was idle. */
static void who_was_idle_is_next(void **state)
{
    (void)state;
    struct bed b;
    bed_init(&b, 2000, 2000, 1 << 24);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(push(&b, i, 0, 1000000, 237), ITC_OK);
    for (uint32_t i = 0; i < 100; i++)
        (void)serve(&b);
    assert_int_equal(push(&b, 1000, 1, 1, 237), ITC_OK);
    assert_in_range(turns_until(&b, 1000), 1, 2);
    /* But once it is served its weight counts: all the others go first. */
    assert_int_equal(push(&b, 1001, 1, 1, 237), ITC_OK);
    uint32_t waiting = b.fair.count;
    assert_int_equal(turns_until(&b, 1001), waiting);
    free(b.memory);
}

/* A crowd of light flows that were all idle does not keep a heavier one's second entry waiting. */
static void a_crowd_is_no_wall(void **state)
{
    (void)state;
    struct bed b;
    bed_init(&b, 2000, 2000, 1 << 24);
    assert_int_equal(push(&b, 0, 0, 1000, 237), ITC_OK);
    for (uint32_t i = 1; i <= 1000; i++)
        assert_int_equal(push(&b, i, i, 1, 237), ITC_OK);
    assert_int_equal(serve(&b), 0);
    for (uint32_t i = 1001; i < 1011; i++) {
        assert_int_equal(push(&b, i, 0, 1000, 237), ITC_OK);
        assert_in_range(turns_until(&b, i), 1, 2);
    }
    free(b.memory);
}

/* Nor are its entries pushed out for those of the crowd; nor is a light one's for those of who fills the queue. */
static void who_is_furthest_ahead_is_pushed_out(void **state)
{
    (void)state;
    struct bed b;
    bed_init(&b, 200, 100, 1 << 20);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(push(&b, i, 0, 1000000, 237), ITC_OK);
    assert_int_equal(push(&b, 100, 1, 1, 237), ITC_OK);
    assert_int_equal(itc_fair_overflow(&b.fair), 99);
    assert_int_equal(itc_fair_overflow(&b.fair), ITC_NONE);
    free(b.memory);

    bed_init(&b, 200, 100, 1 << 20);
    assert_int_equal(push(&b, 0, 0, 1000, 237), ITC_OK);
    for (uint32_t i = 1; i < 100; i++)
        assert_int_equal(push(&b, i, i, 1, 237), ITC_OK);
    for (uint32_t i = 100; i < 110; i++) {
        assert_int_equal(push(&b, i, 0, 1000, 237), ITC_OK);
        assert_int_equal(itc_fair_overflow(&b.fair), 99 - (i - 100)); /* the newest of the crowd */
    }
    assert_int_equal(itc_fair_waiting(&b.fair, &(struct itc_key){{0}}), 11);
    free(b.memory);
}

static void bytes_are_bounded_too(void **state)
{
    (void)state;
    struct bed b;
    bed_init(&b, 200, 200, 10000);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(push(&b, i, i, 1 + i, 2000), ITC_OK);
    assert_int_equal(push(&b, 4, 0, 1, 2000), ITC_OK);
    assert_int_equal(itc_fair_overflow(&b.fair), ITC_NONE);
    assert_int_equal(push(&b, 5, 3, 4, 4000), ITC_OK);
    uint32_t dropped = 0;
    while (itc_fair_overflow(&b.fair) != ITC_NONE)
        dropped++;
    assert_in_range(dropped, 1, 2);
    assert_true(b.fair.bytes <= 10000);
    free(b.memory);
}

/* What a flow was served ahead of the others is held against it, until V has passed it; who owes least is forgotten
 * when there is no more room. */
static void debts_are_remembered(void **state)
{
    (void)state;
    struct bed b;
    bed_init(&b, 4, 4, 1 << 20); /* eight flows */
    assert_int_equal(push(&b, 0, 100, 1, 1), ITC_OK);
    assert_int_equal(push(&b, 1, 100, 1, 1), ITC_OK); /* waits all the while; V stays 0 */
    for (uint32_t flow = 1; flow <= 7; flow++) {
        assert_int_equal(push(&b, 2, flow, 1, 10 * flow), ITC_OK);
        itc_fair_serve(&b.fair, 2);
    }
    for (uint32_t flow = 2; flow <= 7; flow++) { /* the eighth flow took nobody's place */
        assert_int_equal(push(&b, 2, flow, 1, 1), ITC_OK);
        assert_false(b.fair.entries[2].fresh);
        itc_fair_remove(&b.fair, 2);
    }
    assert_int_equal(
        push(&b, 2, 8, 1, 1000), ITC_OK); /* now flow 1, which owes least, is forgotten */
    itc_fair_serve(&b.fair, 2);
    assert_int_equal(push(&b, 2, 8, 1, 1), ITC_OK);
    assert_false(b.fair.entries[2].fresh);
    itc_fair_remove(&b.fair, 2);
    assert_int_equal(push(&b, 2, 1, 1, 1), ITC_OK);
    assert_true(b.fair.entries[2].fresh);
    free(b.memory);
}

/* However little V moves meanwhile: who rests over the end of an interval is idle. */
static void who_rests_owes_nothing(void **state)
{
    (void)state;
    struct bed b;
    bed_init(&b, ENTRIES, ENTRIES, 1 << 20);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(push(&b, i, 0, 1000000000, 237), ITC_OK);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(push(&b, 20, 1, 1, 237), ITC_OK);
        assert_true(b.fair.entries[20].fresh);
        assert_in_range(turns_until(&b, 20), 1, 3);
        assert_int_equal(push(&b, 20, 1, 1, 237), ITC_OK);
        assert_false(b.fair.entries[20].fresh);
        itc_fair_remove(&b.fair, 20);
        itc_fair_next_interval(&b.fair);
    }
    free(b.memory);
}

static void nobody_owes_when_nothing_waits(void **state)
{
    (void)state;
    struct bed b;
    bed_init(&b, ENTRIES, ENTRIES, 1 << 20);
    assert_int_equal(push(&b, 0, 0, 1, 4095), ITC_OK);
    assert_int_equal(serve(&b), 0);
    assert_int_equal(push(&b, 0, 0, 1, 4095), ITC_OK);
    assert_true(b.fair.entries[0].fresh);
    free(b.memory);
}

static void a_flow_has_an_end(void **state)
{
    (void)state;
    struct bed b;
    bed_init(&b, 2000, 2000, 1 << 24);
    uint32_t i = 0;
    while (i < 2000 && push(&b, i, 0, 1, 4095) == ITC_OK)
        i++;
    assert_in_range(i, 1024, 1025);
    assert_int_equal(b.fair.count, i);
    assert_int_equal(push(&b, i, 1, 1, 4095), ITC_OK);
    free(b.memory);
}

static void weight_is_linear_in_balance(void **state)
{
    (void)state;
    const struct itc_amount dust = {1000};
    assert_int_equal(itc_fair_weight((struct itc_amount){0}, dust), 1);
    assert_int_equal(itc_fair_weight((struct itc_amount){1000}, dust), 1);
    assert_int_equal(itc_fair_weight((struct itc_amount){5000000}, dust), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_the_model_does),
        cmocka_unit_test(shares_are_linear_in_weight),
        cmocka_unit_test(shares_stay_when_tags_are_set_back),
        cmocka_unit_test(who_was_idle_is_next),
        cmocka_unit_test(a_crowd_is_no_wall),
        cmocka_unit_test(who_is_furthest_ahead_is_pushed_out),
        cmocka_unit_test(bytes_are_bounded_too),
        cmocka_unit_test(debts_are_remembered),
        cmocka_unit_test(who_rests_owes_nothing),
        cmocka_unit_test(nobody_owes_when_nothing_waits),
        cmocka_unit_test(a_flow_has_an_end),
        cmocka_unit_test(weight_is_linear_in_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
