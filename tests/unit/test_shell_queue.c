#include "node/shell/parked.h"
#include "node/shell/queue.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct itc_queue *two_lanes(uint32_t cap, uint32_t run)
{
    struct itc_queue_lane lane = {.cap = cap, .run = run};
    struct itc_queue *q =
        itc_queue_open(sizeof(uint64_t), (struct itc_queue_lane[2]){lane, lane}, 2);
    assert_non_null(q);
    return q;
}

static void test_a_lane_keeps_order_and_its_bound(void **state)
{
    (void)state;
    struct itc_queue *q = two_lanes(5, 3);
    uint64_t in[7] = {1, 2, 3, 4, 5, 6, 7}, out[3];
    uint32_t lane = 9;
    assert_int_equal(itc_queue_push(q, 1, in, 7), 5);
    assert_int_equal(itc_queue_push(q, 1, in, 1), 0);
    assert_int_equal(itc_queue_take(q, out, 0, &lane), 3);
    assert_int_equal(lane, 1);
    assert_memory_equal(out, in, sizeof out);
    assert_int_equal(itc_queue_push(q, 1, &in[5], 2), 2); /* around the end of the ring */
    assert_int_equal(itc_queue_take(q, out, 0, &lane), 3);
    assert_memory_equal(out, &in[3], sizeof out);
    assert_int_equal(itc_queue_take(q, out, 0, &lane), 1);
    assert_int_equal(out[0], 7);
    assert_int_equal(itc_queue_take(q, out, 0, &lane), 0);
    itc_queue_close(q);
}

static void test_first_lane_first_but_none_starves(void **state)
{
    (void)state;
    struct itc_queue *q = two_lanes(64, 1);
    uint64_t item = 0, from_second = 0;
    uint32_t lane = 0;
    for (uint32_t i = 0; i < 64; i++) {
        itc_queue_push(q, 0, &item, 1);
        itc_queue_push(q, 1, &item, 1);
    }
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(itc_queue_take(q, &item, 0, &lane), 1);
        assert_int_equal(lane, 0);
    }
    for (uint32_t i = 0; i < 48; i++) {
        assert_int_equal(itc_queue_take(q, &item, 0, &lane), 1);
        from_second += lane;
    }
    assert_in_range(from_second, 2, 6); /* about one in sixteen */
    itc_queue_close(q);
}

static void test_a_held_lane_waits(void **state)
{
    (void)state;
    struct itc_queue *q = two_lanes(4, 4);
    uint64_t items[4] = {1, 2};
    uint32_t lane = 0;
    itc_queue_push(q, 0, items, 1);
    itc_queue_hold(q, 0, true);
    itc_queue_push(q, 0, items, 1);
    assert_int_equal(itc_queue_take(q, items, 10, &lane), 0);
    itc_queue_push(q, 1, items, 1);
    assert_int_equal(itc_queue_take(q, items, UINT32_MAX, &lane), 1);
    assert_int_equal(lane, 1);
    itc_queue_hold(q, 0, false);
    assert_int_equal(itc_queue_take(q, items, UINT32_MAX, &lane), 2);
    assert_int_equal(itc_queue_take(q, items, 0, &lane), 0);
    itc_queue_close(q);
}

static void test_waiting_poke_and_end(void **state)
{
    (void)state;
    struct itc_queue *q = two_lanes(4, 4);
    uint64_t items[4] = {1};
    uint32_t lane = 0, depths[2];
    assert_int_equal(itc_queue_take(q, items, 10, &lane), 0); /* the time passes */
    itc_queue_poke(q);
    assert_int_equal(itc_queue_take(q, items, UINT32_MAX, &lane), 0);
    assert_int_equal(itc_queue_push(q, 0, items, 1), 1);
    itc_queue_depths(q, depths);
    assert_int_equal(depths[0], 1);
    assert_int_equal(depths[1], 0);
    itc_queue_end(q);
    assert_int_equal(itc_queue_take(q, items, UINT32_MAX, &lane), 0);
    assert_int_equal(itc_queue_push(q, 0, items, 1), 0);
    itc_queue_close(q);
}

#define PRODUCERS 3
#define EACH 20000u

struct crowd {
    struct itc_queue *q;
    pthread_mutex_t lock;
    uint64_t sum, count;
};

static void *produce(void *arg)
{
    struct crowd *c = arg;
    for (uint64_t i = 1; i <= EACH;) {
        if (itc_queue_put(c->q, i % 2, &i, 1) == 1)
            i++;
        itc_queue_wake(c->q);
    }
    return NULL;
}

static void *consume(void *arg)
{
    struct crowd *c = arg;
    uint64_t items[16];
    uint32_t lane = 0, n = 0;
    while ((n = itc_queue_take(c->q, items, UINT32_MAX, &lane)) > 0) {
        pthread_mutex_lock(&c->lock);
        for (uint32_t i = 0; i < n; i++)
            c->sum += items[i];
        c->count += n;
        bool last = c->count == PRODUCERS * (uint64_t)EACH;
        pthread_mutex_unlock(&c->lock);
        if (last)
            itc_queue_end(c->q);
    }
    return NULL;
}

/* Nothing is lost, doubled or left asleep with producers that only wake now and then. */
static void test_many_threads(void **state)
{
    (void)state;
    struct crowd c = {.q = two_lanes(64, 16), .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t producer[PRODUCERS], consumer[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&consumer[i], NULL, consume, &c), 0);
    for (int i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_create(&producer[i], NULL, produce, &c), 0);
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(producer[i], NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(consumer[i], NULL);
    assert_int_equal(c.count, PRODUCERS * (uint64_t)EACH);
    assert_int_equal(c.sum, PRODUCERS * (uint64_t)EACH * (EACH + 1) / 2);
    itc_queue_close(c.q);
}

static bool park(struct itc_parked *p, uint64_t after, size_t len)
{
    static uint8_t bytes[512];
    memset(bytes, (int)after, len);
    return itc_parked_add(p, &(struct itc_parked_item){.after = after, .bytes = bytes, .len = len});
}

static void test_parked_leave_in_order_when_durable(void **state)
{
    (void)state;
    struct itc_parked *p = itc_parked_open(4096);
    struct itc_parked_item item;
    assert_true(park(p, 2, 10));
    assert_true(park(p, 1, 20));
    assert_true(park(p, 3, 30));
    assert_false(itc_parked_take(p, 1, &item)); /* order is kept */
    assert_true(itc_parked_take(p, 2, &item));
    assert_int_equal(item.after, 2);
    assert_int_equal(item.len, 10);
    assert_true(itc_parked_take(p, 2, &item));
    assert_int_equal(item.after, 1);
    assert_int_equal(item.bytes[19], 1);
    assert_false(itc_parked_take(p, 2, &item));
    assert_int_equal(itc_parked_count(p), 1);
    itc_parked_close(p);
}

/* Around the end of the ring many times, with records of all sizes: what comes out is what went in. */
static void test_parked_ring(void **state)
{
    (void)state;
    struct itc_parked *p = itc_parked_open(4096);
    struct itc_parked_item item;
    uint64_t in = 1, out = 1;
    bool was_full = false;
    for (uint32_t i = 0; i < 20000; i++) {
        size_t len = (in * 7919) % 500 + 1;
        if (i / 40 % 2 == 0 && park(p, in, len)) {
            in++;
            continue;
        }
        was_full = was_full || i / 40 % 2 == 0;
        if (!itc_parked_take(p, UINT64_MAX, &item)) {
            assert_int_equal(itc_parked_count(p), 0);
            continue;
        }
        assert_int_equal(item.after, out);
        assert_int_equal(item.len, (out * 7919) % 500 + 1);
        assert_int_equal(item.bytes[0], (uint8_t)out);
        assert_int_equal(item.bytes[item.len - 1], (uint8_t)out);
        out++;
    }
    assert_true(was_full);
    assert_true(out > 5000);
    itc_parked_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lane_keeps_order_and_its_bound),
        cmocka_unit_test(test_first_lane_first_but_none_starves),
        cmocka_unit_test(test_a_held_lane_waits),
        cmocka_unit_test(test_waiting_poke_and_end),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_parked_leave_in_order_when_durable),
        cmocka_unit_test(test_parked_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
