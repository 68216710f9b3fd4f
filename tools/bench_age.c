/* bench_age.c - itc-bench: what the length of a chain costs: a node that learns it from zero (sync), one that starts
 * again after SIGKILL (restart), one that has grown with it (memory).
 *
 * One validator makes the chain, for four would take four times as long to make the same. Its milestones come four
 * times a second, and what a node must remember of the last 3 x depth of them is at its full size long before the
 * first reading. */
#include "tools/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spv/sha256.h"
#include "tools/bench_load.h"

#define SHORT_SITES 200000u
#define LONG_SITES 1000000u
#define BUILD_S 1800.0
#define PATIENCE_S 300.0
#define LOAD_S 2.0
#define OPEN_MAX 16384
#define SITE_BYTES (BENCH_FRAME_BYTES - ITC_FRAME_HEAD)

static struct bench_network net;
static struct bench_load load;
static struct itc_client service; /* of the node that is waited for */

static void open_chain(const char *name, const struct bench_options *o)
{
    bench_load_init(&load, o->seed);
    bench_network_open(&net, name, NULL, 1,
        bench_load_options(
            &load, (const char *const[]){"--interval-ms", "250", "--idle-ms", "250", "--depth",
                       "20", "--work-floor", "4", "--work-ceiling", "4", NULL}));
    load.open_max = OPEN_MAX;
    bench_load_connect(&load, &net, 0, 0);
}

static void close_chain(void)
{
    itc_client_close(&service);
    bench_load_free(&load);
    bench_network_close(&net);
}

/* Goes on until so many sites are final in all. */
static void grow(uint64_t sites)
{
    bench_load_run(&load, BUILD_S, sites);
    if (load.final < sites)
        bench_network_die(&net, "only %llu sites in %g s", (unsigned long long)load.final, BUILD_S);
}

static void print(
    const char *metric, const char *unit, double value, double limit, uint64_t n, const char *note)
{
    bench_print(&(struct bench_row){.metric = metric,
        .value = value,
        .unit = unit,
        .limit = limit,
        .n = n,
        .cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
        .note = note});
}

/* ---- sync ---- */

/* Seconds in which so many sites are hashed once, and written and made durable. */
static double write_and_hash_s(uint64_t sites)
{
    char path[ITC_PATH_MAX];
    uint8_t site[SITE_BYTES] = {0};
    struct itc_hash id = {.b = {0}};
    bench_network_path(path, &net, "limit");
    double start_s = bench_now_s();
    FILE *f = fopen(path, "w");
    for (uint64_t i = 0; f != NULL && i < sites; i++) {
        memcpy(site, id.b, sizeof id.b);
        itc_sha256(&id, site, sizeof site);
        if (fwrite(site, sizeof site, 1, f) != 1)
            bench_network_die(&net, "cannot write %s: %s", path, strerror(errno));
    }
    if (f == NULL || fflush(f) != 0 || fsync(fileno(f)) != 0 || fclose(f) != 0)
        bench_network_die(&net, "cannot write %s: %s", path, strerror(errno));
    double took_s = bench_now_s() - start_s;
    unlink(path);
    return took_s;
}

void bench_sync(const struct bench_options *o)
{
    open_chain("sync", o);
    grow(o->full ? LONG_SITES : SHORT_SITES);
    bench_load_drain(&load);
    bench_load_disconnect(&load);
    double limit = (double)load.final / write_and_hash_s(load.final);
    double start_s = bench_now_s();
    unsigned node = bench_network_join(&net);
    bench_network_await(&net, &service, node, load.milestone, PATIENCE_S);
    print("sites_per_s", "1/s", (double)load.final / (bench_now_s() - start_s), limit, load.final,
        "a full node from its first start to the newest milestone, from one validator over "
        "loopback; limit: each site hashed once, written and made durable");
    close_chain();
}

/* ---- restart ---- */

void bench_restart(const struct bench_options *o)
{
    open_chain("restart", o);
    grow(o->full ? LONG_SITES : SHORT_SITES);
    bench_load_run(&load, LOAD_S, UINT64_MAX);
    bench_network_kill(&net, 0); /* with up to OPEN_MAX sites on their way */
    bench_load_disconnect(&load);
    itc_client_close(&net.client);
    double start_s = bench_now_s();
    bench_network_restart(&net, 0);
    /* Its start checks the ledger against the newest header: of what was final nothing is missing. */
    bench_network_await(&net, &service, 0, load.milestone, PATIENCE_S);
    print("seconds", "s", bench_now_s() - start_s, 0, load.final,
        "SIGKILL under load, then from the start of the program until it says that it has the "
        "newest milestone it had told of; one validator; n: sites final before");
    close_chain();
}

/* ---- memory ---- */

#define RATE 8000.0
#define READINGS 10

/* Resident bytes around the moment when so many sites are final: the mean over their last tenth. */
static double measure_rss(uint64_t sites)
{
    double sum = 0;
    for (unsigned i = 1; i <= READINGS; i++) {
        grow(sites - sites / 10 + sites / 10 * i / READINGS);
        sum += bench_network_rss(&net, 0);
    }
    print("rss_bytes", "bytes", sum / READINGS, 0, sites,
        "a validator's resident memory; mean of ten readings over the last tenth of n sites");
    return sum / READINGS;
}

void bench_memory(const struct bench_options *o)
{
    static const uint64_t sizes[] = {100000, 1000000, 10000000};
    size_t count = o->full ? 3 : 2;
    open_chain("memory", o);
    load.rate = RATE;
    double start_s = bench_now_s(), first = 0;
    for (size_t i = 0; i < count; i++) {
        double rss = measure_rss(sizes[i]);
        if (i == 0)
            first = rss;
        else
            print("rss_growth", "x", rss / first, 0, sizes[i],
                "resident memory after n sites over that after the first 100,000");
    }
    print("sites_per_s", "1/s", (double)load.final / (bench_now_s() - start_s), RATE, load.final,
        "whether the rate was kept; limit: the rate that was asked for");
    bench_load_disconnect(&load);
    close_chain();
}
