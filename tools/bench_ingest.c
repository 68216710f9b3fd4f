/* bench_ingest.c - itc-bench: how many signed sites a second a node takes from a peer.
 *
 *     this thread --bytes, loopback--> link -> core thread -> verifier pool -> window -> store on disk
 *
 * A whole node runs in this process; this thread is the peer, with all bytes made beforehand. The clock starts
 * with the first byte and stops when every site is attached, stored and synced. The limit is what the same
 * processors do when they only check the sites' signatures, each with its key parsed. All threads of the process
 * are bound to as many processors as the row says. */
#define _GNU_SOURCE
#include "tools/bench.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/shell/loop.h"
#include "node/shell/report.h"
#include "spv/sign.h"
#include "tools/bench_sites.h"
#include "tools/scratch.h"

#define SITES_SHORT 20000u
#define SITES_LONG 200000u
#define ISSUERS_SHORT 1000u
#define ISSUERS_LONG 10000u
#define CORES_MAX 2u

static struct bench_sites load;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "itc-bench: ingest: %s\n", what);
    exit(1);
}

/* ---- processors ---- */

/* Binds every thread of this process, and those they will start, to `cores` processors. */
static void bind_all(const cpu_set_t *allowed, unsigned cores)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < CPU_SETSIZE && (unsigned)CPU_COUNT(&set) < cores; cpu++)
        if (CPU_ISSET(cpu, allowed))
            CPU_SET(cpu, &set);
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL)
        die("cannot see the threads");
    for (struct dirent *d = readdir(tasks); d != NULL; d = readdir(tasks)) {
        pid_t tid = (pid_t)strtol(d->d_name, NULL, 10);
        if (tid > 0)
            sched_setaffinity(tid, sizeof set, &set); /* a thread that has just ended needs none */
    }
    closedir(tasks);
}

/* ---- the limit: the same signatures, and nothing else ---- */

struct share {
    uint32_t from, until;
    uint32_t good;
};

static void *check_share(void *arg)
{
    struct share *s = arg;
    for (uint32_t i = s->from; i < s->until; i++)
        s->good += itc_sig_verify(&load.tx[i].key, &load.tx[i].message, &load.tx[i].sig) == ITC_OK;
    return NULL;
}

/* Signatures a second on `cores` processors. */
static double measure_limit(unsigned cores)
{
    pthread_t thread[CORES_MAX];
    struct share share[CORES_MAX];
    uint32_t good = 0;
    double start_s = bench_now_s();
    for (unsigned i = 0; i < cores; i++) {
        share[i] = (struct share){.from = (uint32_t)((uint64_t)load.sites * i / cores),
            .until = (uint32_t)((uint64_t)load.sites * (i + 1) / cores)};
        if (pthread_create(&thread[i], NULL, check_share, &share[i]) != 0)
            die("cannot start a thread");
    }
    for (unsigned i = 0; i < cores; i++) {
        pthread_join(thread[i], NULL);
        good += share[i].good;
    }
    if (good != load.sites)
        die("a signature does not verify");
    return load.sites / (bench_now_s() - start_s);
}

/* ---- the node ---- */

static void keep_quiet(enum itc_report_level level, const char *text)
{
    if (level == ITC_REPORT_ERROR)
        fprintf(stderr, "itc-bench: ingest: %s\n", text);
}

static struct itc_loop *open_node(const char *dir, unsigned cores)
{
    struct itc_loop_config c = {
        .node = {.genesis = load.genesis, .genesis_len = load.genesis_len, .software = "itc-bench"},
        .data_dir = dir,
        .peer_listen = "tcp://127.0.0.1:0",
        .verify_threads = cores,
    };
    itc_limits_default(&c.node.limits);
    if (c.node.limits.window_sites < 2 * load.sites)
        c.node.limits.window_sites = 2 * load.sites; /* no milestone empties it while this lasts */
    c.node.limits.open_milestones = 8;
    struct itc_loop *loop = NULL;
    char why[256];
    if (itc_loop_open(&loop, &c, why, sizeof why) != 0)
        die(why);
    return loop;
}

static void *run_node(void *loop)
{
    if (itc_loop_run(loop) != 0)
        die("the node halted");
    return NULL;
}

/* Opens a stream as a peer does and says HELLO. */
static int call(uint16_t port, enum itc_channel channel)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct itc_message m = {.type = ITC_MESSAGE_HELLO,
        .u.hello = {.channel = channel,
            .chain = load.anchor.chain,
            .node_id = 1,
            .validator = ITC_NO_VALIDATOR}};
    uint8_t hello[128];
    size_t len = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        itc_message_encode(hello, sizeof hello, &len, &m) != ITC_OK ||
        send(fd, hello, len, MSG_NOSIGNAL) != (ssize_t)len)
        die("cannot call the node");
    return fd;
}

static void say_everything(int fd)
{
    for (size_t at = 0; at < load.frames_len;) {
        ssize_t n = send(fd, load.frames + at, load.frames_len - at, MSG_NOSIGNAL);
        if (n <= 0)
            die("the node hung up");
        at += (size_t)n;
    }
}

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t came;
    bool here;
    uint32_t open_sites;
};

static void on_info(void *ctx, const uint8_t *reply, size_t len)
{
    struct answer *a = ctx;
    struct itc_info info;
    const uint8_t *body = NULL;
    size_t body_len = 0;
    if (itc_reply_open(&body, &body_len, reply, len) != ITC_OK ||
        itc_info_decode(&info, body, body_len) != ITC_OK)
        die("the node does not say how it is");
    pthread_mutex_lock(&a->lock);
    a->open_sites = info.open_sites;
    a->here = true;
    pthread_cond_signal(&a->came);
    pthread_mutex_unlock(&a->lock);
}

static uint32_t open_sites(struct itc_loop *loop)
{
    static struct answer a = {.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER};
    uint8_t request[ITC_REQUEST_MAX];
    size_t len = 0;
    a.here = false;
    if (itc_request_encode(
            request, sizeof request, &len, &(struct itc_request){.op = ITC_OP_INFO}) != ITC_OK ||
        !itc_loop_request(loop, request, len, on_info, &a))
        die("the node does not listen");
    pthread_mutex_lock(&a.lock);
    while (!a.here)
        pthread_cond_wait(&a.came, &a.lock);
    pthread_mutex_unlock(&a.lock);
    return a.open_sites;
}

#define POLL_US 5000
#define STALLED_S 10

/* Returns when all sites are attached; gives up when no more come. */
static void wait_for_all(struct itc_loop *loop)
{
    uint32_t seen = 0;
    double progress_s = bench_now_s();
    while (seen < load.sites) {
        uint32_t now = open_sites(loop);
        if (now > seen)
            progress_s = bench_now_s();
        seen = now;
        if (bench_now_s() - progress_s > STALLED_S) {
            fprintf(
                stderr, "itc-bench: ingest: only %u of %u sites were attached\n", seen, load.sites);
            exit(1);
        }
        usleep(POLL_US);
    }
}

/* Sites a second on `cores` processors. */
static double measure_node(const cpu_set_t *allowed, unsigned cores)
{
    char dir[] = "itc-bench-ingest-XXXXXX";
    if (mkdtemp(dir) == NULL)
        die("cannot make a folder here");
    struct itc_loop *loop = open_node(dir, cores);
    bind_all(allowed, cores);
    pthread_t core;
    if (pthread_create(&core, NULL, run_node, loop) != 0)
        die("cannot start a thread");
    int consensus = call(itc_loop_port(loop), ITC_CHANNEL_CONSENSUS);
    int bulk = call(itc_loop_port(loop), ITC_CHANNEL_BULK);

    double start_s = bench_now_s();
    say_everything(bulk);
    wait_for_all(loop);
    itc_loop_stop(loop);
    pthread_join(core, NULL); /* the loop ends with a sync of all that was written */
    double took_s = bench_now_s() - start_s;

    close(consensus);
    close(bulk);
    itc_loop_close(loop);
    itc_scratch_remove(dir);
    return load.sites / took_s;
}

void bench_ingest(const struct bench_options *o)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        die("cannot see the processors");
    itc_report_to(keep_quiet);
    bench_sites_make(
        &load, o->seed, o->full ? SITES_LONG : SITES_SHORT, o->full ? ISSUERS_LONG : ISSUERS_SHORT);
    for (unsigned cores = 1; cores <= CORES_MAX && cores <= (unsigned)CPU_COUNT(&allowed);
         cores++) {
        bind_all(&allowed, cores);
        double limit = measure_limit(cores);
        double rate = measure_node(&allowed, cores);
        bench_print(&(struct bench_row){.metric = "sites_per_s",
            .value = rate,
            .unit = "1/s",
            .limit = limit,
            .n = load.sites,
            .cores = cores,
            .note =
                "limit: checking their signatures, keys parsed each time, on the same processors"});
    }
    bind_all(&allowed, (unsigned)CPU_COUNT(&allowed));
    bench_sites_free(&load);
}
