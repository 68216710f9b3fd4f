/* bench_committee.c - itc-bench: four real validators on loopback agree on empty milestones, each as soon as the
 * last is final: what a decision costs with processes, sockets and durable votes.
 *
 * First they are left alone, and the head and the processor time that they used are read before and after. Then
 * this program joins as a peer that does not vote, and notes when each milestone arrives. Once with the votes on
 * tmpfs, once on the disk that the program lies on. */
#include "tools/bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "node/message.h"
#include "spv/sign.h"
#include "tools/bench_network.h"

#define ALONE_SHORT_S 4
#define ALONE_LONG_S 30
#define SAMPLES_SHORT 1000
#define SAMPLES_LONG BENCH_SAMPLES_MAX
#define FRAME_MAX 4096 /* of an empty milestone */
#define PING_BYTES 150 /* a vote's frame, about */
#define PINGS 2000

static struct bench_network net;

/* ---- the limit: three messages, and the signatures that wait for each other ---- */

static void transfer(int fd, void *bytes, size_t len, bool out)
{
    for (size_t at = 0; at < len;) {
        uint8_t *p = (uint8_t *)bytes + at;
        ssize_t n = out ? send(fd, p, len - at, MSG_NOSIGNAL) : recv(fd, p, len - at, 0);
        if (n <= 0)
            bench_network_die(&net, "a connection has ended");
        at += (size_t)n;
    }
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_network_die(&net, "cannot connect to port %u", (unsigned)port);
    return fd;
}

static void *echo(void *listener)
{
    uint8_t bytes[PING_BYTES];
    int fd = accept(*(int *)listener, NULL, NULL);
    for (unsigned i = 0; i < PINGS; i++) {
        transfer(fd, bytes, sizeof bytes, false);
        transfer(fd, bytes, sizeof bytes, true);
    }
    close(fd);
    return NULL;
}

/* Seconds for a vote's bytes from one thread to another over loopback. */
static double message_s(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    struct sockaddr *at = (struct sockaddr *)&a;
    uint8_t bytes[PING_BYTES] = {0};
    struct bench_samples samples = {.count = 0};
    pthread_t thread;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, at, len) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, at, &len) != 0 || pthread_create(&thread, NULL, echo, &listener) != 0)
        bench_network_die(&net, "cannot listen");
    int fd = dial(ntohs(a.sin_port));
    for (unsigned i = 0; i < PINGS; i++) {
        double start_s = bench_now_s();
        transfer(fd, bytes, sizeof bytes, true);
        transfer(fd, bytes, sizeof bytes, false);
        bench_samples_add(&samples, (bench_now_s() - start_s) / 2);
    }
    pthread_join(thread, NULL);
    close(fd);
    close(listener);
    return bench_samples_quantile(&samples, 0.5);
}

struct signatures {
    struct itc_signer signer;
    struct itc_pubkey key;
    struct itc_hash message;
    struct itc_sig sig;
};

static void sign(void *ctx)
{
    struct signatures *s = ctx;
    itc_signer_sign(&s->signer, &s->message, &s->sig);
}

static void verify(void *ctx)
{
    struct signatures *s = ctx;
    if (itc_pubkey_verify(&s->key, &s->message, &s->sig) != ITC_OK)
        bench_network_die(&net, "a signature does not verify");
}

struct limits {
    double latency_ms, cpu_ms;
};

/* Of four, three are a quorum. One after the other: proposal signed; checked, PREPARE signed; two PREPAREs checked
 * by the primary, COMMIT signed; two COMMITs checked. All together: two signed by each; three proposals, two
 * PREPAREs by the primary and one by each other, two COMMITs by each checked. */
static struct limits measure_limits(void)
{
    struct signatures s = {.message.b = {1}};
    const struct itc_secret secret = {.b = {1}};
    if (itc_signer_init(&s.signer, &secret) != ITC_OK ||
        itc_pubkey_parse(&s.key, &s.signer.key) != ITC_OK)
        bench_network_die(&net, "no key");
    double sign_ms = bench_median_s(sign, &s, 1000) * 1e3;
    double verify_ms = bench_median_s(verify, &s, 1000) * 1e3;
    return (struct limits){.latency_ms = 3 * message_s() * 1e3 + 3 * sign_ms + 5 * verify_ms,
        .cpu_ms = 8 * sign_ms + 16 * verify_ms};
}

/* ---- left alone ---- */

static uint64_t head(void)
{
    struct itc_info info;
    bench_network_must(&net, itc_client_info(&net.client, &info));
    return info.index;
}

/* Processor time of all validators so far, in ms. */
static double cpu_ms(void)
{
    unsigned long long ticks = 0;
    for (unsigned i = 0; i < BENCH_VALIDATORS; i++) {
        char path[64], line[1024];
        unsigned long long user = 0, system = 0;
        snprintf(path, sizeof path, "/proc/%d/stat", (int)net.pids[i]);
        FILE *f = fopen(path, "r");
        const char *p = f != NULL && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
        /* after the name: state, 10 numbers, then these two */
        if (p == NULL || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
                             &user, &system) != 2)
            bench_network_die(&net, "cannot read %s", path);
        fclose(f);
        ticks += user + system;
    }
    return (double)ticks * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

static void print(const char *place, const char *metric, const char *unit, double value,
    double limit, uint64_t n, const char *note)
{
    bench_print(&(struct bench_row){.metric = metric,
        .value = value,
        .unit = unit,
        .limit = limit,
        .n = n,
        .cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
        .field = "votes",
        .field_value = place,
        .note = note});
}

static void measure_alone(const char *place, const struct limits *limits, unsigned seconds)
{
    uint64_t from = head();
    double cpu = cpu_ms(), start_s = bench_now_s();
    sleep(seconds);
    cpu = cpu_ms() - cpu;
    uint64_t n = head() - from;
    double took_s = bench_now_s() - start_s;
    if (n == 0)
        bench_network_die(&net, "no milestone in %u s", seconds);
    print(place, "decisions_per_s", "1/s", (double)n / took_s, 1e3 / limits->latency_ms, n,
        "limit: three messages over loopback, three signatures made and five checked in a row");
    print(place, "cpu_ms_per_decision", "ms", cpu / (double)n, limits->cpu_ms, n,
        "four validators together; limit: eight signatures made and 16 checked");
}

/* ---- with a listener ---- */

/* Opens a stream as a peer does. */
static int join(enum itc_channel channel)
{
    struct itc_info info;
    uint8_t hello[128];
    size_t len = 0;
    bench_network_must(&net, itc_client_info(&net.client, &info));
    struct itc_message m = {.type = ITC_MESSAGE_HELLO,
        .u.hello = {
            .channel = channel, .chain = info.chain, .node_id = 1, .validator = ITC_NO_VALIDATOR}};
    int fd = dial(net.ports[0][0]);
    if (itc_message_encode(hello, sizeof hello, &len, &m) != ITC_OK)
        bench_network_die(&net, "a greeting that does not encode");
    transfer(fd, hello, len, true);
    return fd;
}

/* Returns when the next milestone has come. */
static void await_milestone(int bulk)
{
    uint8_t frame[FRAME_MAX], type = 0;
    size_t len = 0;
    while (type != ITC_MESSAGE_MILESTONE) {
        transfer(bulk, frame, ITC_FRAME_HEAD, false);
        if (itc_frame_size(frame, &len, &type) != ITC_OK || len > sizeof frame)
            bench_network_die(&net, "validator 0 says what it should not");
        transfer(bulk, frame, len, false);
    }
}

static void measure_gaps(const char *place, const struct limits *limits, size_t count)
{
    static struct bench_samples samples;
    int consensus = join(ITC_CHANNEL_CONSENSUS), bulk = join(ITC_CHANNEL_BULK);
    samples.count = 0;
    await_milestone(bulk);
    double last_s = bench_now_s();
    while (samples.count < count) {
        await_milestone(bulk);
        double now_s = bench_now_s();
        bench_samples_add(&samples, (now_s - last_s) * 1e3);
        last_s = now_s;
    }
    close(consensus);
    close(bulk);
    const char *note =
        "from one milestone to the next; limit: three messages over loopback, three signatures "
        "made and five checked in a row";
    print(place, "p50_ms", "ms", bench_samples_quantile(&samples, 0.5), limits->latency_ms, count,
        note);
    print(place, "p99_ms", "ms", bench_samples_quantile(&samples, 0.99), limits->latency_ms, count,
        note);
}

void bench_committee(const struct bench_options *o)
{
    static const struct {
        const char *name, *folder;
    } places[] = {{"tmpfs", "/dev/shm"}, {"disk", NULL}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct limits limits = measure_limits();
        bench_network_open(&net, "committee", places[i].folder, BENCH_VALIDATORS,
            (const char *const[]){"--interval-ms", "0", "--idle-ms", "0", "--work-floor", "4",
                "--work-ceiling", "4", NULL});
        measure_alone(places[i].name, &limits, o->full ? ALONE_LONG_S : ALONE_SHORT_S);
        measure_gaps(places[i].name, &limits, o->full ? SAMPLES_LONG : SAMPLES_SHORT);
        bench_network_close(&net);
    }
}
