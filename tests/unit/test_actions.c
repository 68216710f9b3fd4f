/* What a step hands out; and the limits that size it. */
#include "node/actions.h"
#include "node/limits.h"
#include "node/stats.h"
#include "tools/sim/mem_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct itc_actions actions;
static struct itc_actions *const a = &actions;
static void *block;

static int start(void **state)
{
    (void)state;
    struct itc_limits limits;
    itc_limits_small(&limits);
    size_t size = itc_actions_size(limits.arena_bytes);
    assert_true(size <= limits.arena_bytes + 64);
    block = aligned_alloc(64, size);
    assert_non_null(block);
    struct itc_mem mem = {.at = block, .left = size};
    itc_actions_init(a, &mem, limits.arena_bytes);
    assert_int_equal(mem.left, 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    free(block);
    return 0;
}

static void new_step_is_empty(void **state)
{
    (void)state;
    itc_actions_reset(a);
    assert_int_equal(a->batch, 0);
    assert_int_equal(a->writes_count, 0);
    assert_int_equal(a->sends_count, 0);
    assert_int_equal(a->replies_count, 0);
    assert_int_equal(a->verifies_count, 0);
    assert_int_equal(a->works_count, 0);
    assert_int_equal(a->drops_count, 0);
    assert_false(a->sync);
    assert_false(a->more);
    assert_null(a->halt);
    assert_true(a->wake_ms == UINT64_MAX);
    assert_true(itc_actions_has_room(a));
}

static void arrays_have_the_promised_places(void **state)
{
    (void)state;
    assert_true(a->sends_max >= 4096);
    assert_true(a->replies_max >= 1024);
    assert_true(a->verifies_max >= 4096);
    assert_true(a->works_max >= 256);
    assert_true(a->drops_max >= 64);
    assert_true(a->writes_max >= 32768);
    assert_true(a->arena_bytes >= ((size_t)16 << 20) * 4 / 5 - 4096);
}

static void batches_are_numbered_without_gaps(void **state)
{
    (void)state;
    struct itc_store_key key = itc_key_body(1);
    itc_actions_reset(a);
    uint64_t before = a->last_batch;
    itc_actions_put(a, ITC_CF_BODY, &key, "x", 1);
    itc_actions_delete(a, ITC_CF_BODY, &key);
    assert_int_equal(a->batch, before + 1);
    assert_int_equal(itc_actions_batch(a), before + 1);
    itc_actions_reset(a); /* a step that writes nothing takes no number */
    assert_int_equal(a->batch, 0);
    itc_actions_reset(a);
    assert_int_equal(itc_actions_batch(a), before + 2);
    itc_actions_delete_range(a, ITC_CF_BODY, &key, &key);
    assert_int_equal(a->batch, before + 2);
}

static void writes_reach_a_store(void **state)
{
    (void)state;
    struct itc_mem_store store;
    uint8_t value[4] = "abc", out[8];
    size_t len;
    itc_mem_store_init(&store);
    struct itc_store reader = itc_mem_store_reader(&store);
    itc_actions_reset(a);
    for (uint64_t n = 0; n < 10; n++) {
        struct itc_store_key key = itc_key_body(n);
        value[0] = (uint8_t)n;
        itc_actions_put(a, ITC_CF_BODY, &key, value, 3);
        key.b[0] = value[0] = 0xee; /* copied: no longer of interest */
    }
    struct itc_store_key two = itc_key_body(2), five = itc_key_body(5), nine = itc_key_body(9);
    itc_actions_delete_range(a, ITC_CF_BODY, &two, &five);
    itc_actions_delete(a, ITC_CF_BODY, &nine);
    itc_actions_put(a, ITC_CF_META, &two, NULL, 0);
    assert_int_equal(a->writes_count, 13);
    itc_mem_store_apply(&store, a);

    assert_int_equal(itc_mem_store_count(&store, ITC_CF_BODY), 6); /* 0 1 5 6 7 8 */
    assert_int_equal(
        reader.get(reader.ctx, ITC_CF_BODY, five.b, five.len, out, sizeof out, &len), ITC_OK);
    assert_int_equal(len, 3);
    assert_memory_equal(out, "\5bc", 3);
    assert_int_equal(
        reader.get(reader.ctx, ITC_CF_BODY, two.b, two.len, out, sizeof out, &len), ITC_E_UNKNOWN);
    assert_int_equal(
        reader.get(reader.ctx, ITC_CF_META, two.b, two.len, out, sizeof out, &len), ITC_OK);
    assert_int_equal(len, 0);
    itc_mem_store_free(&store);
}

static void frame_is_encoded_once_and_sent_to_many(void **state)
{
    (void)state;
    uint8_t expected[64];
    size_t expected_len, len;
    const struct itc_message m = {.type = ITC_MESSAGE_GET_MILESTONE, .u.get_milestone = 7};
    assert_int_equal(itc_message_encode(expected, sizeof expected, &expected_len, &m), ITC_OK);
    itc_actions_reset(a);
    const uint8_t *frame = itc_actions_frame(a, &m, &len);
    uint8_t *behind = itc_actions_alloc(a, 64);
    memset(behind, 0xff, 64); /* does not lie on the frame */
    assert_int_equal(len, expected_len);
    assert_memory_equal(frame, expected, len);
    for (uint32_t peer = 0; peer < 3; peer++)
        itc_actions_send(a, peer, ITC_CHANNEL_BULK, frame, len, peer);
    assert_int_equal(a->sends_count, 3);
    assert_int_equal(a->sends[2].peer, 2);
    assert_int_equal(a->sends[2].after, 2);
    assert_int_equal(a->sends[2].channel, ITC_CHANNEL_BULK);
    assert_ptr_equal(a->sends[2].frame, a->sends[0].frame);
    assert_int_equal(a->sends[2].len, len);
}

static void the_rest_is_copied_too(void **state)
{
    (void)state;
    uint8_t bytes[3] = {1, 2, 3};
    struct itc_verify verify = {.job = 5, .vote = true, .sig = {{9}}};
    struct itc_work work = {.job = 6, .pow = {.bits = 14}};
    itc_actions_reset(a);
    itc_actions_reply(a, 77, bytes, sizeof bytes, 4);
    itc_actions_verify(a, &verify);
    itc_actions_work(a, &work);
    itc_actions_drop(a, 3, ITC_E_WORK);
    bytes[0] = 0;
    verify.job = work.job = 0;
    assert_int_equal(a->replies_count, 1);
    assert_int_equal(a->replies[0].token, 77);
    assert_int_equal(a->replies[0].after, 4);
    assert_memory_equal(a->replies[0].bytes, "\1\2\3", 3);
    assert_int_equal(a->verifies[0].job, 5);
    assert_true(a->verifies[0].vote);
    assert_int_equal(a->verifies[0].sig.b[0], 9);
    assert_int_equal(a->works[0].job, 6);
    assert_int_equal(a->works[0].pow.bits, 14);
    assert_int_equal(a->drops[0].peer, 3);
    assert_int_equal(a->drops[0].reason, ITC_E_WORK);
}

static void room_ends_before_the_arrays_do(void **state)
{
    (void)state;
    uint32_t rooms = 0;
    itc_actions_reset(a);
    for (; itc_actions_has_room(a); rooms++)
        itc_actions_drop(a, 0, ITC_E_FULL);
    assert_in_range(rooms, a->drops_max / 2, a->drops_max - 2);
    itc_actions_reset(a);
    for (rooms = 0; itc_actions_has_room(a); rooms++)
        itc_actions_send(a, 0, ITC_CHANNEL_BULK, NULL, 0, 0);
    assert_in_range(rooms, a->sends_max / 2, a->sends_max - 2);
}

static void room_ends_before_the_arena_does(void **state)
{
    (void)state;
    itc_actions_reset(a);
    while (itc_actions_has_room(a))
        (void)itc_actions_alloc(a, 4096);
    assert_true(a->arena.left >= ITC_FRAME_HEAD + ITC_MESSAGE_MAX);
    itc_actions_reset(a);
    assert_int_equal(a->arena.left, a->arena_bytes);
}

/* Each limit is set, and the small node is no larger than the default one in anything. */
static void limits_are_set(void **state)
{
    (void)state;
    struct itc_limits d, s;
    itc_limits_default(&d);
    itc_limits_small(&s);
    assert_true(s.window_sites > 0 && s.window_sites < d.window_sites);
    assert_true(s.window_bytes > 0 && s.window_bytes < d.window_bytes);
    assert_true(s.pending_sites > 0 && s.pending_sites < d.pending_sites);
    assert_true(s.pending_bytes > 0 && s.pending_bytes < d.pending_bytes);
    assert_true(s.pending_per_peer > 0 && s.pending_per_peer < d.pending_per_peer);
    assert_true(s.wanted > 0 && s.wanted < d.wanted);
    assert_true(s.wanted_per_peer > 0 && s.wanted_per_peer < d.wanted_per_peer);
    assert_true(d.wanted_per_peer < d.wanted && s.wanted_per_peer < s.wanted);
    assert_true(s.bad_ids > 0 && s.bad_ids < d.bad_ids);
    assert_true(s.pool_txs > 0 && s.pool_txs < d.pool_txs);
    assert_true(s.pool_bytes > 0 && s.pool_bytes < d.pool_bytes);
    assert_true(s.works > 0 && s.works < d.works);
    assert_true(s.peers > 0 && s.peers < d.peers);
    assert_true(s.waits > 0 && s.waits < d.waits);
    assert_true(s.arena_bytes > 0 && s.arena_bytes < d.arena_bytes);
}

static void counters_have_distinct_names(void **state)
{
    (void)state;
    for (int i = 0; i < ITC_COUNTERS; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(
                itc_counter_name((enum itc_counter)i), itc_counter_name((enum itc_counter)j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_step_is_empty),
        cmocka_unit_test(arrays_have_the_promised_places),
        cmocka_unit_test(batches_are_numbered_without_gaps),
        cmocka_unit_test(writes_reach_a_store),
        cmocka_unit_test(frame_is_encoded_once_and_sent_to_many),
        cmocka_unit_test(the_rest_is_copied_too),
        cmocka_unit_test(room_ends_before_the_arrays_do),
        cmocka_unit_test(room_ends_before_the_arena_does),
        cmocka_unit_test(limits_are_set),
        cmocka_unit_test(counters_have_distinct_names),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
