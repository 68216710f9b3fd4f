/* Whole nodes in this process: real threads, store, links and service; a chain of one validator. */
#include "node/shell/loop.h"
#include "node/shell/report.h"
#include "node/shell/service.h"
#include "tests/support/bad_disk.h"
#include "tools/scratch.h"
#include "tools/sim/private_chain.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE 1500 /* of 10 ms */

/* ---- the real time ---- */

static atomic_ullong set_back_ms;

uint64_t __real_itc_clock_unix_ms(void);
uint64_t __wrap_itc_clock_unix_ms(void);

/* What the shell calls instead (--wrap). */
uint64_t __wrap_itc_clock_unix_ms(void)
{
    return __real_itc_clock_unix_ms() - atomic_load(&set_back_ms);
}

/* ---- the chain ---- */

static struct itc_private_chain chain;
static char dir[] = "itc-loop-XXXXXX";

static void keep_quiet(enum itc_report_level level, const char *text)
{
    if (level == ITC_REPORT_ERROR)
        fprintf(stderr, "%s\n", text);
}

static int set_up(void **state)
{
    (void)state;
    struct itc_params params;
    itc_private_params(&params);
    params.interval_ms = 50;
    params.idle_ms = 100;
    itc_private_chain_init(&chain, 1, 1, &params);
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    assert_non_null(mkdtemp(dir));
    itc_report_to(keep_quiet);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    itc_scratch_remove(dir);
    return 0;
}

/* ---- nodes ---- */

struct running {
    struct itc_loop *loop;
    struct itc_service *service;
    pthread_t thread;
    int exit_code;
};

static void *run(void *arg)
{
    struct running *r = arg;
    r->exit_code = itc_loop_run(r->loop);
    return NULL;
}

static struct itc_loop_config config_of(const char *name, bool validator, const char *const *peer)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    struct itc_loop_config c = {
        .node = {.genesis = chain.genesis,
            .genesis_len = chain.genesis_len,
            .secret = validator ? &chain.validators[0] : NULL,
            .first_use = true,
            .software = "test"},
        .data_dir = path,
        .peer_listen = "tcp://127.0.0.1:0",
        .peers = peer,
        .peers_count = peer != NULL,
    };
    itc_limits_small(&c.node.limits);
    return c;
}

static void start(struct running *r, const char *name, bool validator, const char *const *peer)
{
    char why[256] = "";
    struct itc_loop_config c = config_of(name, validator, peer);
    if (itc_loop_open(&r->loop, &c, why, sizeof why) != 0)
        fail_msg("%s", why);
    if (itc_service_open(&r->service, r->loop, "tcp://127.0.0.1:0", why, sizeof why) != 0)
        fail_msg("%s", why);
    assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
}

static void stop(struct running *r)
{
    itc_loop_stop(r->loop);
    pthread_join(r->thread, NULL);
    itc_service_close(r->service);
    itc_loop_close(r->loop);
    assert_int_equal(r->exit_code, 0);
}

/* ---- asking them ---- */

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t came;
    uint32_t replies;
    size_t len;
    uint8_t bytes[ITC_REPLY_MAX];
};

static void on_reply(void *ctx, const uint8_t *reply, size_t len)
{
    struct answer *a = ctx;
    pthread_mutex_lock(&a->lock);
    a->replies++;
    a->len = len;
    memcpy(a->bytes, reply, len);
    pthread_cond_signal(&a->came);
    pthread_mutex_unlock(&a->lock);
}

static size_t encode(uint8_t out[ITC_REQUEST_MAX], const struct itc_request *r)
{
    size_t len = 0;
    assert_int_equal(itc_request_encode(out, ITC_REQUEST_MAX, &len, r), ITC_OK);
    return len;
}

/* Asks and waits; the reply's fields are good until the next question. */
static enum itc_err ask(
    struct running *n, const struct itc_request *r, const uint8_t **body, size_t *len)
{
    static struct answer a;
    a = (struct answer){.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER};
    uint8_t request[ITC_REQUEST_MAX];
    assert_true(itc_loop_request(n->loop, request, encode(request, r), on_reply, &a));
    pthread_mutex_lock(&a.lock);
    while (a.replies == 0)
        pthread_cond_wait(&a.came, &a.lock);
    pthread_mutex_unlock(&a.lock);
    return itc_reply_open(body, len, a.bytes, a.len);
}

static struct itc_info info_of(struct running *n)
{
    const uint8_t *body = NULL;
    size_t len = 0;
    struct itc_info info;
    assert_int_equal(ask(n, &(struct itc_request){.op = ITC_OP_INFO}, &body, &len), ITC_OK);
    assert_int_equal(itc_info_decode(&info, body, len), ITC_OK);
    return info;
}

static void wait_for_index(struct running *n, uint64_t index)
{
    for (int i = 0; info_of(n).index < index; i++) {
        assert_true(i < PATIENCE);
        usleep(10000);
    }
}

static struct itc_request transfer(uint8_t tx[ITC_TX_TRANSFER], uint64_t seq)
{
    itc_private_chain_transfer(&chain, tx, 0, &chain.wallets[1].key, seq, 1000000000);
    return (struct itc_request){
        .op = ITC_OP_SUBMIT, .u.submit = {.bytes = tx, .len = ITC_TX_TRANSFER}};
}

static struct itc_hash submit(struct running *n, uint64_t seq)
{
    uint8_t tx[ITC_TX_TRANSFER];
    struct itc_request r = transfer(tx, seq);
    const uint8_t *body = NULL;
    size_t len = 0;
    struct itc_hash id;
    assert_int_equal(ask(n, &r, &body, &len), ITC_OK);
    assert_int_equal(itc_submitted_decode(&id, body, len), ITC_OK);
    return id;
}

static struct itc_tx_status status_of(
    struct running *n, const struct itc_hash *id, uint32_t wait_ms)
{
    const uint8_t *body = NULL;
    size_t len = 0;
    struct itc_tx_status s;
    struct itc_request r = {.op = ITC_OP_TX, .u.tx = {.id = *id, .wait_ms = wait_ms}};
    assert_int_equal(ask(n, &r, &body, &len), ITC_OK);
    assert_int_equal(itc_tx_status_decode(&s, body, len), ITC_OK);
    return s;
}

/* ---- tests ---- */

/* What a validator said to a client: no other may ever come at that height. */
struct promise {
    struct itc_hash tx;
    uint64_t milestone;
    uint8_t header[ITC_HEADER_SIZE];
};

static void header_of(struct running *n, uint64_t index, uint8_t out[ITC_HEADER_SIZE])
{
    const uint8_t *body = NULL;
    size_t len = 0;
    struct itc_milestone_reply m;
    struct itc_request r = {.op = ITC_OP_MILESTONE, .u.milestone = {.index = index}};
    assert_int_equal(ask(n, &r, &body, &len), ITC_OK);
    assert_int_equal(itc_milestone_reply_decode(&m, body, len), ITC_OK);
    memcpy(out, m.header, ITC_HEADER_SIZE);
}

/* Pays, and writes down each promise; after some of them its disk fails. It leaves with 7 if that does not end it. */
_Noreturn static void promise_on_bad_disk(int out, const char *name, void (*fail_disk)(void))
{
    struct running n;
    start(&n, name, true, NULL);
    for (uint64_t seq = 0; seq < 8; seq++) {
        if (seq == 4)
            fail_disk();
        struct promise p = {.tx = submit(&n, seq)};
        p.milestone = status_of(&n, &p.tx, 20000).milestone;
        header_of(&n, p.milestone, p.header);
        (void)!write(out, &p, sizeof p);
    }
    _exit(7);
}

/* Up to the validator's end. */
static uint32_t read_promises(
    struct promise *list, uint32_t max, const char *name, void (*fail_disk)(void))
{
    uint32_t count = 0;
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        promise_on_bad_disk(ends[1], name, fail_disk);
    close(ends[1]);
    while (count < max && read(ends[0], &list[count], sizeof *list) == sizeof *list)
        count++;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    /* A RocksDB built with assertions may be the first to end it. */
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
        assert_int_equal(status, 1 << 8);
    return count;
}

static void keeps_its_word(const char *name, const struct promise *list, uint32_t count)
{
    struct running n;
    assert_in_range(count, 4, 7);
    start(&n, name, true, NULL);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t header[ITC_HEADER_SIZE];
        struct itc_tx_status s = status_of(&n, &list[i].tx, 0);
        assert_int_equal(s.stage, ITC_STAGE_FINAL);
        assert_int_equal(s.milestone, list[i].milestone);
        header_of(&n, s.milestone, header);
        assert_memory_equal(header, list[i].header, sizeof header);
    }
    wait_for_index(&n, list[count - 1].milestone + 3);
    stop(&n);
}

/* A vote that the disk does not take ends the validator at once; started again, it keeps every word it gave. Runs first: a
 * process that has had threads cannot fork a useful child. */
static void test_a_failing_disk_ends_a_validator(void **state)
{
    (void)state;
    static struct promise synced[8], written[8];
    uint32_t synced_count = read_promises(synced, 8, "synced", bad_disk_syncs);
    uint32_t written_count = read_promises(written, 8, "written", bad_disk_writes);
    keeps_its_word("synced", synced, synced_count);
    keeps_its_word("written", written, written_count);
}

static void test_a_payment_becomes_final_and_stays(void **state)
{
    (void)state;
    struct running n;
    start(&n, "a", true, NULL);
    struct itc_hash id = submit(&n, 0);
    struct itc_tx_status s = status_of(&n, &id, 20000);
    assert_int_equal(s.stage, ITC_STAGE_FINAL);
    assert_int_equal(s.verdict, ITC_VERDICT_APPLIED);
    uint64_t milestone = s.milestone;
    stop(&n);

    start(&n, "a", true, NULL);
    s = status_of(&n, &id, 0);
    assert_int_equal(s.stage, ITC_STAGE_FINAL);
    assert_int_equal(s.milestone, milestone);
    wait_for_index(&n, info_of(&n).index + 3); /* and it goes on */
    struct itc_loop_view v;
    itc_loop_view(n.loop, &v);
    assert_true(v.steps > 0 && v.batch >= v.durable_batch && v.syncs > 0);
    stop(&n);
}

/* A look at the view is no event: nothing but its own clock wakes the node. */
static uint64_t index_seen(const struct running *n)
{
    struct itc_loop_view v;
    itc_loop_view(n->loop, &v);
    return v.info.index;
}

static void test_the_clock_is_set_back_by_an_hour(void **state)
{
    (void)state;
    struct running n;
    start(&n, "a", true, NULL);
    wait_for_index(&n, 3);
    uint64_t then = index_seen(&n);
    atomic_store(&set_back_ms, 3600000);
    for (int i = 0; index_seen(&n) < then + 5; i++) {
        assert_true(i < PATIENCE);
        usleep(10000);
    }
    stop(&n);
    atomic_store(&set_back_ms, 0);
}

static void test_two_nodes_agree_over_a_link(void **state)
{
    (void)state;
    struct running a, b;
    start(&a, "a", true, NULL);
    char url[64];
    snprintf(url, sizeof url, "tcp://127.0.0.1:%u", itc_loop_port(a.loop));
    const char *peer = url;
    start(&b, "b", false, &peer);
    wait_for_index(&b, 2);
    struct itc_hash id = submit(&b, 0); /* who does not vote */
    assert_int_equal(status_of(&b, &id, 20000).stage, ITC_STAGE_FINAL);
    assert_int_equal(status_of(&a, &id, 20000).stage, ITC_STAGE_FINAL);
    stop(&b);
    uint64_t then = info_of(&a).index;
    wait_for_index(&a, then + 5);
    start(&b, "b", false, &peer);
    wait_for_index(&b, then + 5); /* catches up */
    assert_int_equal(info_of(&b).peers, 1);
    stop(&a);
    stop(&b);
}

static void test_each_request_has_one_reply_even_at_the_end(void **state)
{
    (void)state;
    enum {
        WAITERS = 200
    };
    static struct answer a;
    a = (struct answer){.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER};
    struct running n;
    start(&n, "a", true, NULL);
    uint8_t request[ITC_REQUEST_MAX];
    size_t len = encode(request,
        &(struct itc_request){.op = ITC_OP_TX, .u.tx = {.id = {{1}}, .wait_ms = ITC_WAIT_MAX_MS}});
    uint32_t accepted = 0;
    for (int i = 0; i < WAITERS; i++)
        accepted += itc_loop_request(n.loop, request, len, on_reply, &a);
    assert_int_equal(accepted, WAITERS);
    assert_false(itc_loop_request(n.loop, request, ITC_REQUEST_MAX + 1, on_reply, &a));
    itc_loop_stop(n.loop);
    pthread_join(n.thread, NULL);
    assert_int_equal(a.replies, WAITERS);
    assert_false(itc_loop_request(n.loop, request, len, on_reply, &a));
    assert_int_equal(a.replies, WAITERS);
    itc_service_close(n.service);
    itc_loop_close(n.loop);
}

static nng_socket dial(struct running *n)
{
    char url[64];
    snprintf(url, sizeof url, "tcp://127.0.0.1:%u", itc_service_port(n->service));
    nng_socket s;
    assert_int_equal(nng_req0_open(&s), 0);
    assert_int_equal(nng_dial(s, url, NULL, 0), 0);
    assert_int_equal(nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 10000), 0);
    return s;
}

static enum itc_err converse(nng_socket s, const uint8_t *request, size_t len)
{
    uint8_t reply[ITC_REPLY_MAX];
    size_t reply_len = sizeof reply;
    uint8_t copy[ITC_REQUEST_MAX];
    memcpy(copy, request, len);
    assert_int_equal(nng_send(s, copy, len, 0), 0);
    assert_int_equal(nng_recv(s, reply, &reply_len, 0), 0);
    const uint8_t *body = NULL;
    return itc_reply_open(&body, &reply_len, reply, reply_len);
}

/* Questions that wait hold up nobody; nonsense gets an answer; what is too large gets none. */
static void test_the_service(void **state)
{
    (void)state;
    struct running n;
    start(&n, "a", true, NULL);
    uint8_t request[ITC_REQUEST_MAX];
    nng_socket waiting[20];
    for (int i = 0; i < 20; i++) {
        waiting[i] = dial(&n);
        size_t len =
            encode(request, &(struct itc_request){.op = ITC_OP_TX, .u.tx = {.wait_ms = 30000}});
        assert_int_equal(nng_send(waiting[i], request, len, 0), 0);
    }
    nng_socket s = dial(&n);
    size_t len = encode(request, &(struct itc_request){.op = ITC_OP_INFO});
    for (int i = 0; i < 50; i++)
        assert_int_equal(converse(s, request, len), ITC_OK);
    assert_int_equal(converse(s, (const uint8_t *)"xy", 2), ITC_E_VERSION);
    assert_int_equal(converse(s, request, 0), ITC_E_TRUNCATED);
    assert_int_equal(converse(s, request, len), ITC_OK);
    static uint8_t large[4 * ITC_REQUEST_MAX];
    size_t reply_len = sizeof large;
    assert_int_equal(nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 200), 0);
    assert_int_equal(nng_send(s, large, sizeof large, 0), 0);
    assert_int_equal(nng_recv(s, large, &reply_len, 0), NNG_ETIMEDOUT);
    for (int i = 0; i < 20; i++)
        nng_close(waiting[i]);
    nng_close(s);
    stop(&n);
}

static void test_what_cannot_be_opened_says_why(void **state)
{
    (void)state;
    struct running n;
    struct itc_loop *loop = NULL;
    char why[256] = "";
    start(&n, "a", true, NULL);
    struct itc_loop_config c = config_of("a", true, NULL);
    assert_int_equal(itc_loop_open(&loop, &c, why, sizeof why), -1);
    assert_non_null(strstr(why, "in use"));

    char url[64];
    snprintf(url, sizeof url, "tcp://127.0.0.1:%u", itc_loop_port(n.loop));
    c = config_of("b", false, NULL);
    c.peer_listen = url;
    assert_int_equal(itc_loop_open(&loop, &c, why, sizeof why), -1);
    assert_non_null(strstr(why, "cannot listen for peers"));

    c = config_of("c", false, NULL);
    c.node.genesis_len--;
    assert_int_equal(itc_loop_open(&loop, &c, why, sizeof why), -1);
    assert_non_null(strstr(why, "genesis"));
    const char *nowhere = "nonsense";
    c = config_of("d", false, &nowhere);
    assert_int_equal(itc_loop_open(&loop, &c, why, sizeof why), -1);
    assert_non_null(strstr(why, "cannot call peer nonsense"));
    stop(&n);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_failing_disk_ends_a_validator),
        TEST(test_a_payment_becomes_final_and_stays),
        TEST(test_the_clock_is_set_back_by_an_hour),
        TEST(test_two_nodes_agree_over_a_link),
        TEST(test_each_request_has_one_reply_even_at_the_end),
        TEST(test_the_service),
        TEST(test_what_cannot_be_opened_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
