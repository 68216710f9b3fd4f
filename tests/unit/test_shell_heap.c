/* test_shell_heap.c - a running node takes sites in, hands them on and makes them final without a call of the heap in this
 * project's own code, on any thread. The linker leads such calls here (--wrap); those inside of libraries that are loaded,
 * RocksDB, NNG, libc, go where they always go. */
#include "node/shell/loop.h"
#include "node/shell/report.h"
#include "tools/bench.h"
#include "tools/bench_sites.h"
#include "tools/scratch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WARM_UP 3000u
#define SITES 10000u
#define ISSUERS 500u
#define CHUNK 500u     /* sites said at once, in fewer bytes than the blocks that a stream keeps */
#define PATIENCE 12000 /* of 5 ms */

/* ---- the heap ---- */

static atomic_bool counting;
static atomic_uint calls;
static atomic_uintptr_t caller; /* of the last one */

extern const char __executable_start[];

static void note(const void *from)
{
    if (!atomic_load_explicit(&counting, memory_order_relaxed))
        return;
    atomic_fetch_add(&calls, 1);
    atomic_store(&caller, (uintptr_t)from - (uintptr_t)__executable_start);
}

#define HEAP_CALL(type, name, arguments, ...)                                                      \
    type __real_##name arguments;                                                                  \
    type __wrap_##name arguments;                                                                  \
    type __wrap_##name arguments                                                                   \
    {                                                                                              \
        note(__builtin_return_address(0));                                                         \
        return __real_##name(__VA_ARGS__);                                                         \
    }

HEAP_CALL(void *, malloc, (size_t size), size)
HEAP_CALL(void *, calloc, (size_t count, size_t size), count, size)
HEAP_CALL(void *, realloc, (void *p, size_t size), p, size)
HEAP_CALL(void *, aligned_alloc, (size_t alignment, size_t size), alignment, size)
HEAP_CALL(int, posix_memalign, (void **out, size_t alignment, size_t size), out, alignment, size)
HEAP_CALL(char *, strdup, (const char *text), text)
HEAP_CALL(char *, strndup, (const char *text, size_t len), text, len)

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
    note(__builtin_return_address(0));
    __real_free(p);
}

/* What bench_sites.c asks for. */
void *bench_alloc(size_t size)
{
    void *p = calloc(1, size);
    assert_non_null(p);
    return p;
}

/* ---- a node, and two peers ---- */

static struct bench_sites load;
static char dir[] = "itc-heap-XXXXXX";

struct peer {
    int consensus, bulk;
};

static void keep_quiet(enum itc_report_level level, const char *text)
{
    if (level == ITC_REPORT_ERROR)
        fprintf(stderr, "%s\n", text);
}

static struct itc_loop *open_node(void)
{
    struct itc_loop_config c = {
        .node = {.genesis = load.genesis,
            .genesis_len = load.genesis_len,
            .secret = &load.secret,
            .first_use = true,
            .software = "test"},
        .data_dir = dir,
        .peer_listen = "tcp://127.0.0.1:0",
    };
    itc_limits_default(&c.node.limits);
    struct itc_loop *loop = NULL;
    char why[256] = "";
    if (itc_loop_open(&loop, &c, why, sizeof why) != 0)
        fail_msg("%s", why);
    return loop;
}

static void *run_node(void *loop)
{
    itc_loop_run(loop);
    return NULL;
}

/* Opens a stream as a peer does and says HELLO. */
static int call(uint16_t port, enum itc_channel channel, uint64_t id)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct itc_message m = {.type = ITC_MESSAGE_HELLO,
        .u.hello = {.channel = channel,
            .chain = load.anchor.chain,
            .node_id = id,
            .validator = ITC_NO_VALIDATOR}};
    uint8_t hello[128];
    size_t len = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(itc_message_encode(hello, sizeof hello, &len, &m), ITC_OK);
    assert_int_equal(send(fd, hello, len, MSG_NOSIGNAL), len);
    return fd;
}

static struct peer join(uint16_t port, uint64_t id)
{
    struct peer p;
    p.consensus = call(port, ITC_CHANNEL_CONSENSUS, id);
    p.bulk = call(port, ITC_CHANNEL_BULK, id);
    return p;
}

/* Reads what is there; the number of bytes. */
static size_t drain(int fd)
{
    static uint8_t bytes[65536];
    size_t sum = 0;
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
        sum += (size_t)n;
    return sum;
}

static size_t listen_to(const struct peer *p)
{
    return drain(p->consensus) + drain(p->bulk);
}

static size_t frame_at(size_t at)
{
    size_t payload = 0;
    uint8_t type;
    assert_int_equal(itc_frame_size(load.frames + at, &payload, &type), ITC_OK);
    return ITC_FRAME_HEAD + payload;
}

/* Sites from .. until - 1; their bytes. */
static size_t say(const struct peer *p, uint32_t from, uint32_t until)
{
    size_t at = 0, end = 0, begin;
    for (uint32_t i = 0; i < until; i++) {
        end += frame_at(end);
        if (i + 1 == from)
            at = end;
    }
    begin = at;
    while (at < end) {
        ssize_t n = send(p->bulk, load.frames + at, end - at, MSG_NOSIGNAL);
        assert_true(n > 0);
        at += (size_t)n;
    }
    return end - begin;
}

static void look(struct itc_loop *loop, struct itc_loop_view *v)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    itc_loop_view(loop, v);
}

static void wait_for_peers(struct itc_loop *loop)
{
    struct itc_loop_view v;
    int i = 0;
    do {
        assert_true(i++ < PATIENCE);
        look(loop, &v);
    } while (v.info.peers < 2);
}

/* Says them chunk by chunk, each after the other peer has heard the one before. */
static void bring(struct itc_loop *loop, const struct peer *from, const struct peer *to,
    uint32_t first, uint32_t until)
{
    size_t heard = 0, expected = 0;
    struct itc_loop_view v;
    for (uint32_t at = first; at < until; at += CHUNK) {
        expected += say(from, at, at + CHUNK);
        for (int i = 0; i < PATIENCE && heard < expected; i++) {
            look(loop, &v);
            heard += listen_to(to);
        }
        if (heard < expected)
            fail_msg("site %u: the other peer heard %zu bytes of %zu", at, heard, expected);
    }
}

/* Sites that milestones have judged. */
static uint64_t judged(const struct itc_loop_view *v)
{
    return v->stats.counts[ITC_COUNT_TXS_APPLIED] + v->stats.counts[ITC_COUNT_TXS_REJECTED];
}

static void wait_for_verdicts(struct itc_loop *loop, const struct peer *to, uint64_t count)
{
    struct itc_loop_view v;
    for (int i = 0; i < PATIENCE; i++) {
        look(loop, &v);
        listen_to(to);
        if (judged(&v) >= count)
            return;
    }
    fail_msg("only %u sites are final", (unsigned)judged(&v));
}

static void sites_come_and_go_without_the_heap(void **state)
{
    (void)state;
    struct itc_loop *loop = open_node();
    pthread_t core;
    assert_int_equal(pthread_create(&core, NULL, run_node, loop), 0);
    struct peer speaker = join(itc_loop_port(loop), 1), other = join(itc_loop_port(loop), 2);

    wait_for_peers(loop);
    bring(loop, &speaker, &other, 0, WARM_UP);
    wait_for_verdicts(loop, &other, 1);
    atomic_store(&counting, true);
    bring(loop, &speaker, &other, WARM_UP, WARM_UP + SITES);
    wait_for_verdicts(loop, &other, WARM_UP + SITES / 2);
    atomic_store(&counting, false);
    if (atomic_load(&calls) > 0)
        fail_msg("%u calls of the heap, the last before 0x%zx of this program (addr2line -e)",
            atomic_load(&calls), (size_t)atomic_load(&caller));

    itc_loop_stop(loop);
    pthread_join(core, NULL);
    itc_loop_close(loop);
    close(speaker.consensus);
    close(speaker.bulk);
    close(other.consensus);
    close(other.bulk);
}

/* Else nothing would have been counted above either. */
static void the_heap_is_seen(void **state)
{
    (void)state;
    atomic_store(&calls, 0);
    atomic_store(&counting, true);
    struct bench_sites few;
    bench_sites_make(&few, 1, 1, 2); /* asks four times */
    bench_sites_free(&few);
    atomic_store(&counting, false);
    assert_int_equal(atomic_load(&calls), 8);
    atomic_store(&calls, 0);
}

static int set_up(void **state)
{
    (void)state;
    itc_report_to(keep_quiet);
    bench_sites_make(&load, 1, WARM_UP + SITES, ISSUERS);
    assert_non_null(mkdtemp(dir));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    itc_scratch_remove(dir);
    bench_sites_free(&load);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_heap_is_seen),
        cmocka_unit_test_setup_teardown(sites_come_and_go_without_the_heap, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
