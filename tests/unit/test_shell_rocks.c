#include "node/shell/report.h"
#include "node/shell/rocks.h"
#include "tests/support/bad_disk.h"
#include "tools/scratch.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CACHE ((size_t)8 << 20)

struct fixture {
    char dir[64];
    struct itc_rocks *rocks;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t syncs, last_durable;
    bool in_order;
    uint64_t batch;
};

static void on_synced(void *ctx)
{
    struct fixture *f = ctx;
    pthread_mutex_lock(&f->lock);
    uint64_t durable = f->rocks != NULL ? itc_rocks_durable(f->rocks) : 0;
    f->in_order = f->in_order && durable >= f->last_durable;
    f->last_durable = durable;
    f->syncs++;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void open_store(struct fixture *f)
{
    char why[256] = "";
    struct itc_rocks_config c = {
        .data_dir = f->dir, .cache_bytes = CACHE, .synced = on_synced, .ctx = f};
    struct itc_rocks *rocks = NULL;
    if (itc_rocks_open(&rocks, &c, why, sizeof why) != 0)
        fail_msg("%s", why);
    pthread_mutex_lock(&f->lock);
    f->rocks = rocks;
    f->last_durable = 0;
    f->batch = 0;
    pthread_mutex_unlock(&f->lock);
}

static struct fixture *new_fixture(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    *f = (struct fixture){.dir = "itc-rocks-XXXXXX", .in_order = true};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    assert_non_null(mkdtemp(f->dir));
    return f;
}

static int set_up(void **state)
{
    struct fixture *f = new_fixture();
    open_store(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    itc_rocks_close(f->rocks);
    itc_scratch_remove(f->dir);
    free(f);
    return 0;
}

static struct itc_write put(enum itc_cf cf, const char *key, const char *value)
{
    return (struct itc_write){.op = ITC_WRITE_PUT,
        .cf = cf,
        .key = (const uint8_t *)key,
        .key_len = strlen(key),
        .value = (const uint8_t *)value,
        .value_len = strlen(value)};
}

static struct itc_write forget(enum itc_cf cf, const char *key)
{
    struct itc_write w = put(cf, key, "");
    w.op = ITC_WRITE_DELETE;
    return w;
}

static struct itc_write forget_range(enum itc_cf cf, const char *from, const char *until)
{
    struct itc_write w = put(cf, from, until);
    w.op = ITC_WRITE_DELETE_RANGE;
    return w;
}

static void apply(struct fixture *f, struct itc_write *writes, uint32_t count)
{
    struct itc_actions a = {.batch = ++f->batch, .writes = writes, .writes_count = count};
    itc_rocks_apply(f->rocks, &a);
}

/* The value, or "-" if there is no such row. */
static const char *value_of(struct fixture *f, enum itc_cf cf, const char *key)
{
    static char text[64];
    struct itc_store s = itc_rocks_store(f->rocks);
    size_t len = 0;
    enum itc_err e =
        s.get(s.ctx, cf, (const uint8_t *)key, strlen(key), (uint8_t *)text, sizeof text - 1, &len);
    if (e == ITC_E_UNKNOWN)
        return "-";
    assert_int_equal(e, ITC_OK);
    text[len] = 0;
    return text;
}

struct listing {
    char keys[128];
    uint32_t left;
};

static bool list_row(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct listing *l = ctx;
    strncat(l->keys, (const char *)key, key_len);
    strncat(l->keys, "=", 2);
    strncat(l->keys, (const char *)value, value_len);
    strncat(l->keys, " ", 2);
    return --l->left > 0;
}

static const char *list(struct fixture *f, enum itc_cf cf, const char *from, uint32_t max)
{
    static struct listing l;
    l = (struct listing){.left = max};
    struct itc_store s = itc_rocks_store(f->rocks);
    s.scan(s.ctx, cf, (const uint8_t *)from, strlen(from), list_row, &l);
    return l.keys;
}

static void test_rows_come_back(void **state)
{
    struct fixture *f = *state;
    struct itc_write w[] = {put(ITC_CF_BODY, "b", "2"), put(ITC_CF_BODY, "a", "1"),
        put(ITC_CF_META, "a", "other family"), put(ITC_CF_POOL, "empty", "")};
    apply(f, w, 4);
    assert_string_equal(value_of(f, ITC_CF_BODY, "a"), "1");
    assert_string_equal(value_of(f, ITC_CF_META, "a"), "other family");
    assert_string_equal(value_of(f, ITC_CF_POOL, "empty"), "");
    assert_string_equal(value_of(f, ITC_CF_BODY, "c"), "-");

    uint8_t small[4];
    size_t len = 77;
    struct itc_store s = itc_rocks_store(f->rocks);
    assert_int_equal(s.get(s.ctx, ITC_CF_META, (const uint8_t *)"a", 1, small, sizeof small, &len),
        ITC_E_TOO_LARGE);
    assert_int_equal(len, 77);
}

static void test_scan_goes_up_and_stops(void **state)
{
    struct fixture *f = *state;
    struct itc_write w[] = {put(ITC_CF_CONE, "c", "3"), put(ITC_CF_CONE, "a", "1"),
        put(ITC_CF_CONE, "bb", "2"), put(ITC_CF_BODY, "b", "x")};
    apply(f, w, 4);
    assert_string_equal(list(f, ITC_CF_CONE, "", 9), "a=1 bb=2 c=3 ");
    assert_string_equal(list(f, ITC_CF_CONE, "b", 9), "bb=2 c=3 ");
    assert_string_equal(list(f, ITC_CF_CONE, "", 2), "a=1 bb=2 ");
    assert_string_equal(list(f, ITC_CF_CONE, "d", 9), "");
}

static void test_deletes_of_one_batch_apply_in_order(void **state)
{
    struct fixture *f = *state;
    struct itc_write w[] = {put(ITC_CF_VOTE, "a", "1"), put(ITC_CF_VOTE, "b", "2"),
        put(ITC_CF_VOTE, "c", "3"), put(ITC_CF_VOTE, "d", "4")};
    apply(f, w, 4);
    struct itc_write x[] = {forget_range(ITC_CF_VOTE, "b", "d"), put(ITC_CF_VOTE, "c", "new"),
        forget(ITC_CF_VOTE, "a"), put(ITC_CF_VOTE, "e", "5"), forget(ITC_CF_VOTE, "e")};
    apply(f, x, 5);
    assert_string_equal(list(f, ITC_CF_VOTE, "", 9), "c=new d=4 ");
}

static void test_a_closed_store_keeps_everything(void **state)
{
    struct fixture *f = *state;
    struct itc_write w[] = {put(ITC_CF_ACCOUNT, "a", "1"), put(ITC_CF_ACCOUNT, "b", "2")};
    apply(f, w, 2);
    struct itc_write x[] = {forget_range(ITC_CF_ACCOUNT, "a", "b")};
    apply(f, x, 1);
    itc_rocks_close(f->rocks);
    open_store(f);
    assert_string_equal(list(f, ITC_CF_ACCOUNT, "", 9), "b=2 ");
    assert_int_equal(itc_rocks_durable(f->rocks), 0); /* numbers are of one run */
}

static void test_the_folder_has_one_user(void **state)
{
    struct fixture *f = *state;
    char why[256] = "";
    struct itc_rocks_config c = {.data_dir = f->dir, .cache_bytes = CACHE};
    struct itc_rocks *second = NULL;
    assert_int_equal(itc_rocks_open(&second, &c, why, sizeof why), -1);
    assert_non_null(strstr(why, "in use by another itcd"));
    c.data_dir = "no/such/place";
    assert_int_equal(itc_rocks_open(&second, &c, why, sizeof why), -1);
    assert_non_null(strstr(why, "cannot create the data folder no/such/place"));
}

static void test_syncs_are_in_order_and_grouped(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 500; i++) {
        struct itc_write w[] = {put(ITC_CF_BODY, "k", "v")};
        apply(f, w, 1);
        itc_rocks_sync(f->rocks, f->batch);
    }
    itc_rocks_wait(f->rocks, f->batch);
    assert_int_equal(itc_rocks_durable(f->rocks), 500);
    struct itc_rocks_stats stats;
    itc_rocks_stats(f->rocks, &stats);
    assert_int_equal(stats.batch, 500);
    assert_in_range(stats.syncs, 1, 500);
    assert_true(stats.sync_longest_us <= stats.sync_us);
    pthread_mutex_lock(&f->lock);
    while (f->last_durable < 500)
        pthread_cond_wait(&f->changed, &f->lock);
    assert_true(f->in_order);
    pthread_mutex_unlock(&f->lock);
}

/* What nobody asks for becomes durable within a second or so. */
static void test_an_idle_store_syncs_by_itself(void **state)
{
    struct fixture *f = *state;
    struct itc_write w[] = {put(ITC_CF_BODY, "k", "v")};
    apply(f, w, 1);
    for (int i = 0; i < 50 && itc_rocks_durable(f->rocks) == 0; i++)
        usleep(100000);
    assert_int_equal(itc_rocks_durable(f->rocks), 1);
}

#define CROWD 5000u

/* Many rows of one family, in no order, some twice: a later one counts, and nothing is lost while some are written and
 * others come. */
static void test_a_crowd_of_rows_is_written_in_order(void **state)
{
    struct fixture *f = *state;
    static char keys[CROWD][16], values[CROWD][16];
    static struct itc_write w[CROWD];
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < CROWD; i++) {
            snprintf(keys[i], sizeof keys[i], "%08x", i * 2654435761u % (CROWD - 100));
            snprintf(values[i], sizeof values[i], "%u/%u", round, i);
            w[i] = put(ITC_CF_TX_AT, keys[i], values[i]);
        }
        apply(f, w, CROWD);
        struct itc_write one[] = {put(ITC_CF_BODY, "k", values[0])};
        apply(f, one, 1);
    }
    for (uint32_t i = 0; i < CROWD; i++) {
        uint32_t newest = i;
        for (uint32_t k = i + 1; k < CROWD; k++)
            newest = strcmp(keys[k], keys[i]) == 0 ? k : newest;
        assert_string_equal(value_of(f, ITC_CF_TX_AT, keys[i]), values[newest]);
    }
    assert_string_equal(value_of(f, ITC_CF_BODY, "k"), "2/0");
}

/* The order of a family in which a range is deleted is that of its rows, however many there are. */
static void test_a_range_among_many_keeps_its_place(void **state)
{
    struct fixture *f = *state;
    static char keys[200][8];
    static struct itc_write w[201];
    for (uint32_t i = 0; i < 100; i++) {
        snprintf(keys[i], sizeof keys[i], "%03u", i);
        snprintf(keys[i + 100], sizeof keys[i + 100], "%03u", 99 - i);
        w[i] = put(ITC_CF_VOTE, keys[i], "old");
        w[i + 101] = put(ITC_CF_VOTE, keys[i + 100], "new");
    }
    w[100] = forget_range(ITC_CF_VOTE, "000", "999");
    apply(f, w, 150);
    assert_string_equal(value_of(f, ITC_CF_VOTE, "099"), "new");
    assert_string_equal(value_of(f, ITC_CF_VOTE, "051"), "new");
    assert_string_equal(value_of(f, ITC_CF_VOTE, "050"), "-");
}

/* A process that dies at once keeps what was durable, and whole batches only. Runs early: a process that has
 * had RocksDB's threads cannot fork a useful child. */
static void test_a_killed_process_keeps_what_was_durable(void **state)
{
    (void)state;
    struct fixture *f = new_fixture();
    pid_t child = fork();
    if (child == 0) {
        open_store(f);
        struct itc_write w[] = {put(ITC_CF_BODY, "a", "1"), put(ITC_CF_POOL, "a", "1")};
        apply(f, w, 2);
        itc_rocks_wait(f->rocks, f->batch);
        struct itc_write x[] = {put(ITC_CF_BODY, "b", "2"), put(ITC_CF_POOL, "b", "2")};
        apply(f, x, 2);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    open_store(f);
    assert_string_equal(value_of(f, ITC_CF_BODY, "a"), "1");
    assert_string_equal(value_of(f, ITC_CF_POOL, "a"), "1");
    char b[64];
    snprintf(b, sizeof b, "%s", value_of(f, ITC_CF_BODY, "b"));
    assert_string_equal(value_of(f, ITC_CF_POOL, "b"), b);
    void *done = f;
    tear_down(&done);
}

/* --- a log that power cut short --------------------------------------------------------------------- */

#define FILE_MOST ((size_t)1 << 20)
#define BATCHES                                                                                    \
    1000 /* several blocks of 32 KiB: a reader that passes over a bad one finds more behind it */

/* Where the power failed: from this byte on, of these many the log has zeros instead; UINT32_MAX: it ends there. */
struct damage {
    uint32_t from_percent, zeros;
};

static void copy_file(const char *to, const char *from, const struct damage *damage)
{
    static uint8_t bytes[FILE_MOST];
    FILE *f = fopen(from, "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(len < sizeof bytes);
    if (damage && damage->zeros == UINT32_MAX)
        len = len * damage->from_percent / 100;
    else if (damage)
        memset(bytes + len * damage->from_percent / 100, 0, damage->zeros);
    f = fopen(to, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

/* `to` becomes what a disk would hold of `from`'s store. */
static void copy_store(const char *to, const char *from, const struct damage *damage)
{
    char a[512], b[512];
    snprintf(a, sizeof a, "%s/store", to);
    assert_int_equal(mkdir(a, 0700), 0);
    snprintf(a, sizeof a, "%s/store", from);
    DIR *dir = opendir(a);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t len = strlen(e->d_name);
        bool is_log = len > 4 && strcmp(e->d_name + len - 4, ".log") == 0;
        snprintf(a, sizeof a, "%s/store/%s", from, e->d_name);
        snprintf(b, sizeof b, "%s/store/%s", to, e->d_name);
        if (e->d_name[0] != '.')
            copy_file(b, a, is_log ? damage : NULL);
    }
    closedir(dir);
}

/* How many of the batches there are, from the first one on: of each all, and none behind one that is missing. */
static uint32_t count_whole(struct fixture *f)
{
    uint32_t count = 0;
    char key[8], body[64];
    bool ended = false;
    for (uint32_t i = 0; i < BATCHES; i++) {
        snprintf(key, sizeof key, "%04u", i);
        snprintf(body, sizeof body, "%s", value_of(f, ITC_CF_BODY, key));
        assert_string_equal(value_of(f, ITC_CF_VOTE, key), body);
        ended = ended || body[0] == '-';
        assert_true(!ended || body[0] == '-');
        count += !ended;
    }
    return count;
}

/* A page that was not written, in the middle, takes all behind it along: the simulator's disks rely on it. */
static void test_a_torn_log_loses_whole_batches_from_the_end(void **state)
{
    static const struct damage damages[] = {
        {0, 0}, {10, 1}, {50, 4096}, {1, 1}, {97, 100}, {93, UINT32_MAX}, {40, UINT32_MAX}};
    struct fixture *f = *state;
    for (uint32_t i = 0; i < BATCHES; i++) {
        char key[8];
        snprintf(key, sizeof key, "%04u", i);
        struct itc_write w[] = {put(ITC_CF_BODY, key, "forty bytes, for the sake of their length"),
            put(ITC_CF_VOTE, key, "forty bytes, for the sake of their length")};
        apply(f, w, 2);
        (void)value_of(f, ITC_CF_BODY, key); /* what is read is written: a record each */
    }
    itc_rocks_wait(f->rocks, f->batch);
    for (size_t k = 0; k < sizeof damages / sizeof damages[0]; k++) {
        struct fixture *torn = new_fixture();
        copy_store(torn->dir, f->dir, &damages[k]);
        open_store(torn);
        uint32_t kept = count_whole(torn), percent = damages[k].from_percent;
        if (damages[k].zeros == 0)
            assert_int_equal(kept, BATCHES);
        else
            assert_in_range(kept, BATCHES * percent / 100 - 1, BATCHES * percent / 100 + 1);
        void *done = torn;
        tear_down(&done);
    }
}

/* --- a disk that fails --- */

static int said; /* where a child's reports go */

static void say(enum itc_report_level level, const char *text)
{
    (void)level;
    (void)!write(said, text, strlen(text));
}

/* A child whose disk fails while it writes a vote. It leaves with 7 if its store says that all is well. */
_Noreturn static void vote_on_bad_disk(struct fixture *f, void (*fail_disk)(void))
{
    struct itc_write vote = put(ITC_CF_VOTE, "durable", "1");
    itc_report_to(say);
    open_store(f);
    apply(f, &vote, 1);
    itc_rocks_wait(f->rocks, f->batch);
    fail_disk();
    vote = put(ITC_CF_VOTE, "next", "2");
    apply(f, &vote, 1);
    itc_rocks_wait(f->rocks, f->batch);
    _exit(7);
}

/* In a child as well: this process is to fork again. */
static void keeps_the_durable(struct fixture *f)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        open_store(f);
        _exit(strcmp(value_of(f, ITC_CF_VOTE, "durable"), "1") != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void ends_at_once(void (*fail_disk)(void))
{
    struct fixture *f = new_fixture();
    char text[512];
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        said = ends[1];
        vote_on_bad_disk(f, fail_disk);
    }
    close(ends[1]);
    ssize_t len = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    /* A RocksDB built with assertions may be the first to end it. */
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
        assert_int_equal(status, 1 << 8);
        assert_true(len > 0);
        text[len] = 0;
        assert_non_null(strstr(text, "the store failed to sync"));
    }
    keeps_the_durable(f);
    void *done = f;
    tear_down(&done);
}

/* Forks again and again, so it runs first of all. What is written waits in a buffer: both ways it is the sync that
 * fails. */
static void test_a_failing_disk_ends_the_process(void **state)
{
    (void)state;
    ends_at_once(bad_disk_syncs);
    ends_at_once(bad_disk_writes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failing_disk_ends_the_process),
        cmocka_unit_test(test_a_killed_process_keeps_what_was_durable),
        TEST(test_rows_come_back),
        TEST(test_scan_goes_up_and_stops),
        TEST(test_deletes_of_one_batch_apply_in_order),
        TEST(test_a_crowd_of_rows_is_written_in_order),
        TEST(test_a_range_among_many_keeps_its_place),
        TEST(test_a_closed_store_keeps_everything),
        TEST(test_the_folder_has_one_user),
        TEST(test_syncs_are_in_order_and_grouped),
        TEST(test_an_idle_store_syncs_by_itself),
        TEST(test_a_torn_log_loses_whole_batches_from_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
