/* bench_throughput.c - itc-bench: four validators and a full node on this machine, as many payments as they take: how
 * many became final and were applied, how long each took, and how the nodes grew.
 *
 * Time is cut into windows, so that a latency that grows is seen. It counts from the making of a site until the full
 * node says that it is final, and holds the wait behind all that are open: at saturation that is their number over
 * the rate. The payers' signatures are made beforehand. */
#include "tools/bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spv/sign.h"
#include "tools/bench_load.h"

#define WARM_SHORT_S 5
#define WARM_LONG_S 200 /* 3 x depth milestones, and some */
#define WINDOWS_SHORT 3
#define WINDOWS_LONG 10
#define WINDOW_SHORT_S 10
#define WINDOW_LONG_S 60
#define OPEN_MAX 16384
#define START_S 30
#define SIGNED_PER_S 7000 /* what more is final is signed meanwhile */

static struct bench_network net;
static struct bench_load load;

struct check {
    struct itc_pubkey key;
    struct itc_hash message;
    struct itc_sig sig;
};

static void check(void *ctx)
{
    struct check *c = ctx;
    bench_use(itc_pubkey_verify(&c->key, &c->message, &c->sig) == ITC_OK);
}

/* Seconds of one signature check, its key parsed before. */
static double verify_s(void)
{
    struct check c = {.message.b = {1}};
    itc_signer_sign(&load.signer[0], &c.message, &c.sig);
    enum itc_err e = itc_pubkey_parse(&c.key, &load.signer[0].key);
    ITC_ASSERT(e == ITC_OK);
    return bench_median_s(check, &c, 2000);
}

static double limit;

static void print(const char *metric, const char *unit, double value, uint64_t n, const char *field,
    const char *field_value, const char *note)
{
    bench_print(&(struct bench_row){.metric = metric,
        .value = value,
        .unit = unit,
        .limit = strcmp(metric, "final_tx_per_s") == 0 ? limit : 0,
        .n = n,
        .cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
        .field = field,
        .field_value = field_value,
        .note = note});
}

static void print_rss(const char *when)
{
    for (unsigned i = 0; i < net.nodes; i++) {
        char node[64];
        snprintf(node, sizeof node, i < net.validators ? "validator %u, %s" : "full node %u, %s", i,
            when);
        print("rss_bytes", "bytes", bench_network_rss(&net, i), load.final, "node", node,
            "resident memory; n: payments final by then");
    }
}

static void print_rate(const char *window, uint64_t applied, double took_s)
{
    if (applied == 0)
        bench_network_die(&net, "no payment was applied in %g s", took_s);
    print("final_tx_per_s", "1/s", (double)applied / took_s, applied, "window", window,
        "four validators and a full node, interval 1 s; final and applied; limit: processors over "
        "five checks of each signature, keys parsed before");
}

static void measure_window(unsigned from_s, unsigned window_s)
{
    char window[32];
    uint64_t applied = load.applied;
    double start_s = bench_now_s();
    bench_load_forget_latency(&load);
    bench_load_run(&load, window_s, UINT64_MAX);
    snprintf(window, sizeof window, "%u-%u s", from_s, from_s + window_s);
    print_rate(window, load.applied - applied, bench_now_s() - start_s);
    const char *note = "from making a payment's site until the full node says that it is final; "
                       "16,384 are open at a time";
    print("p50_ms", "ms", bench_samples_quantile(&load.latency_ms, 0.5), load.latency_seen,
        "window", window, note);
    print("p99_ms", "ms", bench_samples_quantile(&load.latency_ms, 0.99), load.latency_seen,
        "window", window, note);
}

/* Memory is read when what the nodes remember of the last 3 x depth milestones is at its full size: long form. */
static void measure(unsigned warm_s, unsigned windows, unsigned window_s)
{
    limit = (double)sysconf(_SC_NPROCESSORS_ONLN) / (net.nodes * verify_s());
    bench_load_run(&load, warm_s, UINT64_MAX);
    print_rss("start");
    uint64_t applied = load.applied;
    double start_s = bench_now_s();
    for (unsigned i = 0; i < windows; i++) {
        measure_window(i * window_s, window_s);
        if (i + 1 == windows / 2)
            print_rss("middle");
    }
    print_rate("all", load.applied - applied, bench_now_s() - start_s);
    print_rss("end");
    if (load.applied != load.final)
        bench_network_die(
            &net, "%llu payments were refused", (unsigned long long)(load.final - load.applied));
}

void bench_throughput(const struct bench_options *o)
{
    static struct itc_client service; /* of the full node */
    struct itc_info info;
    bench_load_init(&load, o->seed);
    bench_network_open(&net, "throughput", NULL, BENCH_VALIDATORS,
        bench_load_options(&load, (const char *const[]){"--interval-ms", "1000", "--idle-ms",
                                      "1000", "--work-floor", "4", "--work-ceiling", "4", NULL}));
    unsigned full = bench_network_join(&net);
    bench_network_await(&net, &service, full, 1, START_S);
    itc_client_close(&service);
    load.open_max = OPEN_MAX;
    unsigned windows = o->full ? WINDOWS_LONG : WINDOWS_SHORT;
    unsigned window_s = o->full ? WINDOW_LONG_S : WINDOW_SHORT_S;
    unsigned warm_s = o->full ? WARM_LONG_S : WARM_SHORT_S;
    bench_network_must(&net, itc_client_info(&net.client, &info));
    bench_load_sign(&load, &info.chain, (uint64_t)SIGNED_PER_S * (warm_s + windows * window_s));
    bench_load_connect(&load, &net, 0, full);
    measure(warm_s, windows, window_s);
    bench_load_disconnect(&load);
    bench_load_free(&load);
    bench_network_close(&net);
}
