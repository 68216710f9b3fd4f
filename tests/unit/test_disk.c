/* The simulated disk keeps what was made durable, and only that. */
#include "node/limits.h"
#include "tools/sim/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct itc_actions actions;
static struct itc_disk disk;
static void *block;

static int start(void **state)
{
    (void)state;
    struct itc_limits limits;
    itc_limits_small(&limits);
    size_t size = itc_actions_size(limits.arena_bytes);
    block = aligned_alloc(64, size);
    assert_non_null(block);
    struct itc_mem mem = {.at = block, .left = size};
    itc_actions_init(&actions, &mem, limits.arena_bytes);
    itc_disk_init(&disk);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    itc_disk_free(&disk);
    free(block);
    return 0;
}

/* One step that writes row `n`, in batch `n`. */
static void write_row(uint64_t n)
{
    struct itc_store_key key = itc_key_body(n);
    itc_actions_reset(&actions);
    itc_actions_put(&actions, ITC_CF_BODY, &key, "row", 3);
    itc_disk_write(&disk, &actions);
}

static bool is_live(uint64_t n)
{
    uint8_t out[3];
    size_t len;
    struct itc_store_key key = itc_key_body(n);
    struct itc_store reader = itc_mem_store_reader(&disk.live);
    return reader.get(reader.ctx, ITC_CF_BODY, key.b, key.len, out, sizeof out, &len) == ITC_OK;
}

static void crash_leaves_what_was_durable(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 5; n++)
        write_row(n);
    assert_int_equal(disk.written_batch, 5);
    itc_disk_sync(&disk, 3);
    assert_int_equal(disk.durable_batch, 3);
    for (uint64_t n = 1; n <= 5; n++)
        assert_true(is_live(n));
    itc_disk_crash(&disk);
    for (uint64_t n = 1; n <= 5; n++)
        assert_int_equal(is_live(n), n <= 3);
    itc_disk_crash(&disk); /* nothing more to lose */
    assert_true(is_live(3));
}

static void next_process_counts_from_one(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 3; n++)
        write_row(n);
    itc_disk_sync(&disk, 3);
    itc_disk_crash(&disk);
    actions.last_batch = 0;
    write_row(9);
    assert_int_equal(disk.written_batch, 1);
    assert_int_equal(disk.durable_batch, 0);
    itc_disk_sync(&disk, 1);
    itc_disk_crash(&disk);
    assert_true(is_live(9));
    assert_true(is_live(1));
}

static void step_without_writes_is_nothing(void **state)
{
    (void)state;
    itc_actions_reset(&actions);
    itc_disk_write(&disk, &actions);
    assert_int_equal(disk.written_batch, 0);
    assert_int_equal(itc_mem_store_count(&disk.live, ITC_CF_BODY), 0);
}

static void deletes_are_lost_too(void **state)
{
    (void)state;
    struct itc_store_key from = itc_key_body(0), until = itc_key_body(9);
    write_row(1);
    itc_disk_sync(&disk, 1);
    itc_actions_reset(&actions);
    itc_actions_delete_range(&actions, ITC_CF_BODY, &from, &until);
    itc_disk_write(&disk, &actions);
    assert_false(is_live(1));
    itc_disk_crash(&disk);
    assert_true(is_live(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(crash_leaves_what_was_durable, start, stop),
        cmocka_unit_test_setup_teardown(next_process_counts_from_one, start, stop),
        cmocka_unit_test_setup_teardown(step_without_writes_is_nothing, start, stop),
        cmocka_unit_test_setup_teardown(deletes_are_lost_too, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
