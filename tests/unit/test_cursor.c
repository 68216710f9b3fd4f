#include "tests/unit/spv_make.h"

static void integers_are_little_endian(void **state)
{
    (void)state;
    uint8_t bytes[17];
    struct itc_writer w = itc_writer_of(bytes, sizeof bytes);
    itc_write_u8(&w, 0x01);
    itc_write_u16(&w, 0x0302);
    itc_write_u32(&w, 0x07060504);
    itc_write_u64(&w, 0x0f0e0d0c0b0a0908);
    itc_write_bytes(&w, "\x10\x11", 2);
    size_t len = 0;
    assert_int_equal(itc_writer_end(&w, &len), ITC_OK);
    assert_int_equal(len, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], i + 1);

    struct itc_reader r = itc_reader_of(bytes, sizeof bytes);
    uint8_t two[2];
    assert_int_equal(itc_read_u8(&r), 0x01);
    assert_int_equal(itc_read_u16(&r), 0x0302);
    assert_int_equal(itc_read_u32(&r), 0x07060504);
    assert_int_equal(itc_read_u64(&r), 0x0f0e0d0c0b0a0908);
    assert_int_equal(itc_reader_end(&r), ITC_E_TRAILING);
    itc_read_copy(&r, two, 2);
    assert_memory_equal(two, "\x10\x11", 2);
    assert_int_equal(itc_reader_end(&r), ITC_OK);
    assert_ptr_equal(itc_read_bytes(&r, 0), bytes + sizeof bytes);
}

static void store_keys_are_big_endian(void **state)
{
    (void)state;
    uint8_t bytes[12];
    struct itc_writer w = itc_writer_of(bytes, sizeof bytes);
    itc_write_u32_be(&w, 0x01020304);
    itc_write_u64_be(&w, 0x05060708090a0b0c);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], i + 1);
}

static void a_reader_fails_once_and_for_all(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 3};
    uint8_t out[2] = {9, 9};
    struct itc_reader r = itc_reader_of(bytes, sizeof bytes);
    assert_int_equal(itc_read_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(itc_read_u8(&r), 0); /* although three bytes are left */
    itc_read_copy(&r, out, sizeof out);
    assert_int_equal(out[0] + out[1], 0);
    assert_null(itc_read_bytes(&r, 0));
    assert_int_equal(itc_reader_end(&r), ITC_E_TRUNCATED);

    r = itc_reader_of(bytes, sizeof bytes);
    assert_null(itc_read_bytes(&r, SIZE_MAX));
    assert_int_equal(itc_reader_end(&r), ITC_E_TRUNCATED);
}

static void no_bytes_at_all_are_fine(void **state)
{
    (void)state;
    struct itc_reader r = itc_reader_of(NULL, 0);
    assert_non_null(itc_read_bytes(&r, 0));
    assert_int_equal(itc_reader_end(&r), ITC_OK);
    struct itc_writer w = itc_writer_of(NULL, 0);
    itc_write_bytes(&w, NULL, 0);
    size_t len = 5;
    assert_int_equal(itc_writer_end(&w, &len), ITC_OK);
    assert_int_equal(len, 0);
}

static void a_writer_stops_at_its_end(void **state)
{
    (void)state;
    uint8_t bytes[4] = {9, 9, 9, 9};
    struct itc_writer w = itc_writer_of(bytes, 3);
    itc_write_u16(&w, 0);
    itc_write_u16(&w, 0);
    itc_write_u8(&w, 0); /* would fit, but comes after the failure */
    assert_true(w.failed);
    assert_int_equal(w.used, 2);
    assert_int_equal(bytes[2], 9);
    size_t len = 5;
    assert_int_equal(itc_writer_end(&w, &len), ITC_E_TOO_LARGE);
    assert_int_equal(len, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(store_keys_are_big_endian),
        cmocka_unit_test(a_reader_fails_once_and_for_all),
        cmocka_unit_test(no_bytes_at_all_are_fine),
        cmocka_unit_test(a_writer_stops_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
