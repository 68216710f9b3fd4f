/* bench_finality.c - itc-bench: four real validators on this machine, and how long a payment takes
 * from its submission to a checked proof that it is final. Their directories lie next to this
 * program, on its disk. */
#include "tools/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "spv/sha256.h"
#include "spv/sign.h"
#include "tools/bench_network.h"
#include "tools/keyfile.h"

#define PATIENCE_S 30
#define SHORT_S 30 /* however slow the machine is */
#define LONG_S 300
#define VALID_FOR 100000 /* milestones */

static struct bench_network net;
static struct itc_light light;
static struct itc_signer payer;
static struct itc_key receiver_key;
static uint64_t next_seq;

static void load_payer(uint64_t seed)
{
    char path[ITC_PATH_MAX], why[ITC_KEYFILE_WHY];
    uint8_t bytes[ITC_LIGHT_MAX];
    size_t len;
    struct itc_secret secret;
    struct itc_signer receiver;
    struct itc_hash h;
    if (itc_keyfile_read(&secret, bench_network_path(path, &net, "genesis/treasury.key"), why))
        bench_network_die(&net, "%s", why);
    if (itc_signer_init(&payer, &secret))
        bench_network_die(&net, "the treasury's key is none");
    itc_sha256(&h, &seed, sizeof seed);
    memcpy(secret.b, h.b, sizeof secret.b);
    if (itc_signer_init(&receiver, &secret))
        bench_network_die(&net, "seed %llu gives no key", (unsigned long long)seed);
    receiver_key = receiver.key;
    if (itc_file_read(
            bytes, sizeof bytes, &len, bench_network_path(path, &net, "genesis/light.itc")) ||
        itc_light_decode(&light, bytes, len))
        bench_network_die(&net, "cannot read %s", path);
}

/* Pays once; returns the seconds until it was proved final. */
static double pay(void)
{
    uint8_t bytes[ITC_TX_TRANSFER];
    size_t len;
    struct itc_hash id;
    struct itc_tx_status status;
    struct itc_tx_fact fact;
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER,
        .issuer = payer.key,
        .seq = next_seq++,
        .valid_until = light.header.index + VALID_FOR,
        .u.transfer = {.to = receiver_key, .amount = {ITC_GRAINS_PER_ITC}}};
    enum itc_err e = itc_tx_encode(bytes, sizeof bytes, &len, &tx);
    ITC_ASSERT(e == ITC_OK);
    itc_tx_id(&id, &light.chain, bytes, len);
    itc_signer_sign(&payer, &id, &tx.sig);
    e = itc_tx_encode(bytes, sizeof bytes, &len, &tx);
    ITC_ASSERT(e == ITC_OK);

    double start = bench_now_s();
    bench_network_must(&net, itc_client_submit(&net.client, &id, bytes, len));
    do {
        bench_network_must(&net, itc_client_tx(&net.client, &status, &id, BENCH_TIMEOUT_MS));
        if (bench_now_s() - start > PATIENCE_S)
            bench_network_die(&net, "a payment was not final after %d s", PATIENCE_S);
    } while (status.stage != ITC_STAGE_FINAL);
    bench_network_must(&net, itc_client_proof(&net.client, &fact, NULL, NULL, &light, &id));
    double took = bench_now_s() - start;
    if (fact.verdict != ITC_VERDICT_APPLIED)
        bench_network_die(&net, "a payment was not applied: %s", itc_verdict_name(fact.verdict));
    return took;
}

/* Median seconds of a small append made durable, on the disk of this run. */
static double fsync_s(void)
{
    char path[ITC_PATH_MAX];
    const uint8_t bytes[512] = {0};
    struct bench_samples samples = {.count = 0};
    int fd = open(bench_network_path(path, &net, "fsync"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (unsigned i = 0; i < 50; i++) {
        double start = bench_now_s();
        if (fd < 0 || write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fsync(fd) < 0)
            bench_network_die(&net, "cannot write %s: %s", path, strerror(errno));
        bench_samples_add(&samples, bench_now_s() - start);
    }
    close(fd);
    return bench_samples_quantile(&samples, 0.5);
}

/* So many payments, but for no longer than so many seconds. */
static void measure(size_t payments, double within_s, double limit_ms)
{
    static struct bench_samples samples;
    struct itc_client_account account;
    bench_network_must(&net, itc_client_account(&net.client, &account, &light, &payer.key));
    next_seq = account.account.next_seq;
    samples.count = 0;
    double end_s = bench_now_s() + within_s;
    do
        bench_samples_add(&samples, pay() * 1e3);
    while (samples.count < payments && bench_now_s() < end_s);
    struct bench_row row = {.metric = "p50_ms",
        .value = bench_samples_quantile(&samples, 0.5),
        .unit = "ms",
        .limit = limit_ms,
        .n = samples.count,
        .cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
        .note =
            "interval 50 ms, waited out by each payment, as it follows upon a milestone; work of "
            "14 bits, votes on disk, proof checked; limit: 3 x fsync"};
    bench_print(&row);
    row.metric = "p99_ms";
    row.value = bench_samples_quantile(&samples, 0.99);
    bench_print(&row);
}

void bench_finality(const struct bench_options *o)
{
    bench_network_open(&net, "finality", NULL, BENCH_VALIDATORS,
        (const char *const[]){
            "--interval-ms", "50", "--work-floor", "14", "--work-ceiling", "14", NULL});
    load_payer(o->seed);
    measure(o->full ? 1000 : 200, o->full ? LONG_S : SHORT_S, 3 * fsync_s() * 1e3);
    bench_network_close(&net);
}
