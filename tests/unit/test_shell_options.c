/* The options of itcd: defaults, config file, arguments, every malformed line; and the log's lines. */
#include "node/shell/log.h"
#include "node/shell/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/itc-test-options-XXXXXX";
static char config_path[64];
static char why[ITC_OPTION_WHY];
static struct itc_options o;

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(config_path, sizeof config_path, "%s/itcd.conf", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(config_path);
    return rmdir(dir);
}

static void write_config(const char *text, size_t len)
{
    FILE *f = fopen(config_path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

#define ARGUMENTS(...)                                                                             \
    itc_options_read(                                                                              \
        &o, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__}, why)

static int read_config(const char *text)
{
    write_config(text, strlen(text));
    return ARGUMENTS("--config", config_path);
}

static void test_defaults_stay_on_this_machine(void **state)
{
    (void)state;
    assert_int_equal(itc_options_read(&o, 0, NULL, why), 0);
    assert_string_equal(o.peer_listen.s, "tcp://127.0.0.1:7700");
    assert_string_equal(o.service_listen.s, "tcp://127.0.0.1:7701");
    assert_string_equal(o.http_listen.s, "http://127.0.0.1:7702");
    assert_string_equal(o.key.s, "");
    assert_int_equal(o.peers.count, 0);
    assert_int_equal(o.log_level, ITC_LOG_INFO);
    assert_int_equal(o.work_threads, 1);
}

static void test_arguments(void **state)
{
    (void)state;
    assert_int_equal(ARGUMENTS("--data-dir", "/d", "--key=/k=1", "--peer-listen=", "--peer",
                         "tcp://a:1", "--peer=tcp://[::1]:65535", "--log-level", "debug",
                         "--verify-threads", "64", "--version"),
        0);
    assert_string_equal(o.data_dir.s, "/d");
    assert_string_equal(o.key.s, "/k=1");
    assert_string_equal(o.peer_listen.s, "");
    assert_int_equal(o.peers.count, 2);
    assert_string_equal(o.peers.values[1].s, "tcp://[::1]:65535");
    assert_int_equal(o.log_level, ITC_LOG_DEBUG);
    assert_int_equal(o.verify_threads, 64);
    assert_true(o.version);
    assert_false(o.help);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    assert_int_equal(ARGUMENTS("data-dir"), -1);
    assert_int_equal(ARGUMENTS("-d", "x"), -1);
    assert_int_equal(ARGUMENTS("--"), -1);
    assert_int_equal(ARGUMENTS("--data"), -1); /* no abbreviations */
    assert_int_equal(ARGUMENTS("--data-dir"), -1);
    assert_non_null(strstr(why, "needs a value"));
    assert_int_equal(ARGUMENTS("--help=yes"), -1);
    assert_int_equal(ARGUMENTS("--bogus", "1"), -1);
    assert_non_null(strstr(why, "--bogus"));
}

static void test_bad_values(void **state)
{
    static const char *const bad[][2] = {
        {"--verify-threads", "65"},
        {"--verify-threads", "-1"},
        {"--verify-threads", " 1"},
        {"--verify-threads", "1x"},
        {"--verify-threads", ""},
        {"--verify-threads", "99999999999999999999"},
        {"--work-threads", "0"},
        {"--log-level", "loud"},
        {"--peer", ""},
        {"--peer", "a:1"},
        {"--peer", "http://a:1"},
        {"--peer", "tcp://:1"},
        {"--peer", "tcp://a"},
        {"--peer", "tcp://a:"},
        {"--peer", "tcp://a:65536"},
        {"--peer", "tcp://a:1/x"},
        {"--peer", "tcp://a b:1"},
        {"--peer", "tcp://a:000001"},
        {"--http-listen", "tcp://127.0.0.1:1"},
        {"--http-listen", "http://127.0.0.1:1/api"},
        {"--service-listen", "nonsense"},
    };
    (void)state;
    char arguments[2][64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(arguments[0], sizeof arguments[0], "%s", bad[i][0]);
        snprintf(arguments[1], sizeof arguments[1], "%s", bad[i][1]);
        why[0] = '\0';
        assert_int_equal(ARGUMENTS(arguments[0], arguments[1]), -1);
        assert_non_null(strstr(why, bad[i][0] + 2)); /* names the option */
        assert_non_null(strstr(why, "give "));       /* and what to do */
    }
}

static void test_long_values_and_many_peers(void **state)
{
    (void)state;
    char path[ITC_OPTION_TEXT + 1];
    memset(path, 'a', sizeof path);
    path[ITC_OPTION_TEXT] = '\0';
    assert_int_equal(ARGUMENTS("--data-dir", path), -1);
    path[ITC_OPTION_TEXT - 1] = '\0';
    assert_int_equal(ARGUMENTS("--data-dir", path), 0);

    char peer[] = "--peer=tcp://a:1";
    char *many[ITC_OPTION_LIST + 1];
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = peer;
    assert_int_equal(itc_options_read(&o, ITC_OPTION_LIST, many, why), 0);
    assert_int_equal(itc_options_read(&o, ITC_OPTION_LIST + 1, many, why), -1);
}

static void test_config_file(void **state)
{
    (void)state;
    assert_int_equal(read_config("# comment = not read\n"
                                 "\n"
                                 "  data-dir =  /with blanks # and more \r\n"
                                 "\tpeer=tcp://a:1\n"
                                 "http-listen =\n"
                                 "peer = tcp://b:2\n"
                                 "log-level = warn"),
        0);
    assert_string_equal(o.data_dir.s, "/with blanks # and more");
    assert_int_equal(o.peers.count, 2);
    assert_string_equal(o.peers.values[0].s, "tcp://a:1");
    assert_string_equal(o.http_listen.s, "");
    assert_int_equal(o.log_level, ITC_LOG_WARN);
    assert_string_equal(o.service_listen.s, "tcp://127.0.0.1:7701"); /* untouched default */
}

static void test_arguments_win_over_the_file(void **state)
{
    (void)state;
    static const char text[] = "log-level = error\npeer = tcp://a:1\nwork-threads = 7\n";
    write_config(text, strlen(text));
    assert_int_equal(
        ARGUMENTS("--log-level", "debug", "--config", config_path, "--peer", "tcp://b:2"), 0);
    assert_int_equal(o.log_level, ITC_LOG_DEBUG);
    assert_int_equal(o.work_threads, 7);
    assert_int_equal(o.peers.count, 2); /* repeated options add up */
    assert_string_equal(o.peers.values[1].s, "tcp://b:2");
}

static void test_bad_lines_name_file_and_line(void **state)
{
    static const char *const bad[] = {
        "data-dir",
        "data-dir /x",
        "= x",
        "bogus = 1",
        "--data-dir = /x",
        "Data-Dir = /x",
        "data-dir x = /x",
        "work-threads = none",
        "peer = nowhere",
        "config = /other", /* no chains of files */
        "help =",
        "print-config = 1",
    };
    (void)state;
    char text[128], place[128];
    snprintf(place, sizeof place, "%s:3: ", config_path);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "# first\ndata-dir = /d\n%s\nkey = /k\n", bad[i]);
        assert_int_equal(read_config(text), -1);
        assert_int_equal(strncmp(why, place, strlen(place)), 0);
    }
}

static void test_files_that_are_no_config(void **state)
{
    (void)state;
    assert_int_equal(ARGUMENTS("--config", dir), -1);
    assert_int_equal(ARGUMENTS("--config", "/nonexistent/itcd.conf"), -1);
    assert_non_null(strstr(why, "/nonexistent/itcd.conf"));
    write_config("key = /k\0x\n", 11);
    assert_int_equal(ARGUMENTS("--config", config_path), -1);
    char line[2000];
    memset(line, '#', sizeof line);
    write_config(line, sizeof line);
    assert_int_equal(ARGUMENTS("--config", config_path), -1);
    assert_non_null(strstr(why, "too long"));
}

static void test_print_config_reads_back(void **state)
{
    (void)state;
    assert_int_equal(ARGUMENTS("--data-dir", "/d d", "--peer", "tcp://a:1", "--peer", "tcp://b:2",
                         "--http-listen=", "--log-level=error", "--work-threads=3"),
        0);
    struct itc_options before = o;
    FILE *f = fopen(config_path, "w");
    assert_non_null(f);
    itc_options_print(&o, f);
    fclose(f);
    assert_int_equal(ARGUMENTS("--config", config_path), 0);
    memset(&o.config, 0, sizeof o.config);
    assert_memory_equal(&o, &before, sizeof o);
}

static void test_log_lines(void **state)
{
    (void)state;
    char line[ITC_LOG_LINE], text[2 * ITC_LOG_LINE];
    assert_int_equal(itc_log_format(line, 1769903999123, ITC_LOG_INFO, "a\nb\x1b[1m"), 39);
    assert_string_equal(line, "2026-01-31T23:59:59.123Z info  a?b?[1m\n");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(itc_log_format(line, 0, ITC_LOG_ERROR, text), ITC_LOG_LINE - 1);
    assert_int_equal(line[ITC_LOG_LINE - 2], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_stay_on_this_machine),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_long_values_and_many_peers),
        cmocka_unit_test(test_config_file),
        cmocka_unit_test(test_arguments_win_over_the_file),
        cmocka_unit_test(test_bad_lines_name_file_and_line),
        cmocka_unit_test(test_files_that_are_no_config),
        cmocka_unit_test(test_print_config_reads_back),
        cmocka_unit_test(test_log_lines),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
