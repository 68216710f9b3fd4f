/* bench_finality.c - itc-bench: four real validators on this machine, and how long a payment takes
 * from its submission to a checked proof that it is final. Their directories lie next to this
 * program, on its disk. */
#include "tools/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "spv/sha256.h"
#include "spv/sign.h"
#include "tools/client.h"
#include "tools/file.h"
#include "tools/keyfile.h"

#define VALIDATORS 4
#define PORTS 3 /* of a validator: peers, service, HTTP */
#define URL_MAX 64
#define TIMEOUT_MS 5000
#define START_S 30
#define STOP_S 10
#define VALID_FOR 100000 /* milestones */

struct network {
    char itcd[ITC_PATH_MAX];
    char dir[ITC_PATH_MAX];
    pid_t pids[VALIDATORS];
    uint16_t ports[VALIDATORS][PORTS];
    struct itc_client client;
    struct itc_light light;
    struct itc_signer payer;
    struct itc_key receiver;
    uint64_t seq;
};

static struct network net;

static void stop_validators(void);

static _Noreturn void __attribute__((format(printf, 1, 2))) die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "itc-bench: finality: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    stop_validators();
    if (net.dir[0])
        fprintf(stderr, "itc-bench: what the validators said is in %s\n", net.dir);
    exit(1);
}

static const char *path_in(char out[ITC_PATH_MAX], const char *name)
{
    if (itc_path_join(out, net.dir, name))
        die("the path of %s is too long", name);
    return out;
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Runs a program with its output appended to DIR/log; returns its pid. */
static pid_t launch(const char *const *args)
{
    char log[ITC_PATH_MAX], *argv[32];
    size_t count = 0;
    path_in(log, "log");
    for (; args[count]; count++)
        argv[count] = strdup(args[count]); /* exec wants them writable */
    argv[count] = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(127);
        execvp(argv[0], argv);
        _exit(127);
    }
    while (count > 0)
        free(argv[--count]);
    if (pid < 0)
        die("cannot start %s: %s", args[0], strerror(errno));
    return pid;
}

static void run_to_end(const char *const *args)
{
    int status;
    if (waitpid(launch(args), &status, 0) < 0 || status != 0)
        die("%s %s failed", args[0], args[1]);
}

/* Asks all to stop, waits, and ends by force what is left. */
static void stop_validators(void)
{
    double deadline = bench_now_s() + STOP_S;
    for (unsigned i = 0; i < VALIDATORS; i++)
        if (net.pids[i] > 0)
            kill(net.pids[i], SIGTERM);
    for (unsigned i = 0; i < VALIDATORS; i++) {
        while (net.pids[i] > 0 && waitpid(net.pids[i], NULL, WNOHANG) == 0) {
            if (bench_now_s() > deadline)
                kill(net.pids[i], SIGKILL);
            pause_ms(10);
        }
        net.pids[i] = 0;
    }
}

/* Ports that are free now; all are held until all are known. */
static void choose_ports(void)
{
    int held[VALIDATORS * PORTS];
    for (unsigned i = 0; i < VALIDATORS * PORTS; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof a;
        struct sockaddr *at = (struct sockaddr *)&a;
        held[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (held[i] < 0 || bind(held[i], at, len) < 0 || getsockname(held[i], at, &len) < 0)
            die("no free port: %s", strerror(errno));
        net.ports[i / PORTS][i % PORTS] = ntohs(a.sin_port);
    }
    for (unsigned i = 0; i < VALIDATORS * PORTS; i++)
        close(held[i]);
}

static const char *url(char out[URL_MAX], const char *scheme, uint16_t port)
{
    snprintf(out, URL_MAX, "%s://127.0.0.1:%u", scheme, (unsigned)port);
    return out;
}

/* Finds the node's program beside this one, and makes a directory for this run. */
static void find_place(void)
{
    char self[ITC_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        die("cannot find this program: %s", strerror(errno));
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    if (itc_path_join(net.itcd, self, "../../node/shell/itcd") || access(net.itcd, X_OK) < 0)
        die("there is no program %s; build it first", net.itcd);
    if (itc_path_join(net.dir, self, "bench-finality-XXXXXX") || !mkdtemp(net.dir))
        die("cannot make a directory in %s: %s", self, strerror(errno));
}

static void make_chain(void)
{
    char out[ITC_PATH_MAX];
    path_in(out, "genesis");
    run_to_end((const char *const[]){net.itcd, "genesis", "--out", out, "--validators", "4",
        "--interval-ms", "50", "--work-floor", "14", "--work-ceiling", "14", NULL});
}

static void start_validator(unsigned i)
{
    char data[ITC_PATH_MAX], genesis[ITC_PATH_MAX], key[ITC_PATH_MAX], name[32];
    char peer[URL_MAX], service[URL_MAX], http[URL_MAX], peers[VALIDATORS][URL_MAX];
    snprintf(name, sizeof name, "validator-%u", i);
    path_in(data, name);
    snprintf(name, sizeof name, "genesis/validator-%u.key", i);
    const char *args[32] = {net.itcd, "--data-dir", data, "--genesis",
        path_in(genesis, "genesis/genesis.itc"), "--key", path_in(key, name), "--peer-listen",
        url(peer, "tcp", net.ports[i][0]), "--service-listen", url(service, "tcp", net.ports[i][1]),
        "--http-listen", url(http, "http", net.ports[i][2])};
    size_t count = 13;
    for (unsigned older = 0; older < i; older++) { /* the newer dials: one link a pair */
        args[count++] = "--peer";
        args[count++] = url(peers[older], "tcp", net.ports[older][0]);
    }
    net.pids[i] = launch(args);
}

/* Connects to validator 0 and waits for the first milestone. */
static void await_network(void)
{
    char service[URL_MAX];
    double deadline = bench_now_s() + START_S;
    url(service, "tcp", net.ports[0][1]);
    while (net.light.header.index == 0) {
        enum itc_call call = net.client.open ? itc_client_refresh(&net.client, &net.light)
                                             : itc_client_open(&net.client, service, TIMEOUT_MS);
        if (bench_now_s() > deadline)
            die("no milestone in %d s: %s", START_S, call ? net.client.why : "all is quiet");
        if (call)
            itc_client_close(&net.client);
        pause_ms(20);
    }
}

static void load_payer(uint64_t seed)
{
    char path[ITC_PATH_MAX], why[ITC_KEYFILE_WHY];
    uint8_t bytes[ITC_LIGHT_MAX];
    size_t len;
    struct itc_secret secret;
    struct itc_signer receiver;
    struct itc_hash h;
    if (itc_keyfile_read(&secret, path_in(path, "genesis/treasury.key"), why))
        die("%s", why);
    if (itc_signer_init(&net.payer, &secret))
        die("the treasury's key is none");
    itc_sha256(&h, &seed, sizeof seed);
    memcpy(secret.b, h.b, sizeof secret.b);
    if (itc_signer_init(&receiver, &secret))
        die("seed %llu gives no key", (unsigned long long)seed);
    net.receiver = receiver.key;
    if (itc_file_read(bytes, sizeof bytes, &len, path_in(path, "genesis/light.itc")) ||
        itc_light_decode(&net.light, bytes, len))
        die("cannot read %s", path);
}

static void must(enum itc_call call)
{
    if (call)
        die("%s", net.client.why);
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
        .issuer = net.payer.key,
        .seq = net.seq++,
        .valid_until = net.light.header.index + VALID_FOR,
        .u.transfer = {.to = net.receiver, .amount = {ITC_GRAINS_PER_ITC}}};
    enum itc_err e = itc_tx_encode(bytes, sizeof bytes, &len, &tx);
    ITC_ASSERT(e == ITC_OK);
    itc_tx_id(&id, &net.light.chain, bytes, len);
    itc_signer_sign(&net.payer, &id, &tx.sig);
    e = itc_tx_encode(bytes, sizeof bytes, &len, &tx);
    ITC_ASSERT(e == ITC_OK);

    double start = bench_now_s();
    must(itc_client_submit(&net.client, &id, bytes, len));
    do {
        must(itc_client_tx(&net.client, &status, &id, TIMEOUT_MS));
        if (bench_now_s() - start > START_S)
            die("a payment was not final after %d s", START_S);
    } while (status.stage != ITC_STAGE_FINAL);
    must(itc_client_proof(&net.client, &fact, NULL, NULL, &net.light, &id));
    double took = bench_now_s() - start;
    if (fact.verdict != ITC_VERDICT_APPLIED)
        die("a payment was not applied: %s", itc_verdict_name(fact.verdict));
    return took;
}

/* Median seconds of a small append made durable, on the disk of this run. */
static double fsync_s(void)
{
    char path[ITC_PATH_MAX];
    const uint8_t bytes[512] = {0};
    struct bench_samples samples = {.count = 0};
    int fd = open(path_in(path, "fsync"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (unsigned i = 0; i < 200; i++) {
        double start = bench_now_s();
        if (fd < 0 || write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fsync(fd) < 0)
            die("cannot write %s: %s", path, strerror(errno));
        bench_samples_add(&samples, bench_now_s() - start);
    }
    close(fd);
    return bench_samples_quantile(&samples, 0.5);
}

static void measure(size_t payments, double limit_ms)
{
    static struct bench_samples samples;
    struct itc_client_account account;
    must(itc_client_account(&net.client, &account, &net.light, &net.payer.key));
    net.seq = account.account.next_seq;
    samples.count = 0;
    for (size_t i = 0; i < payments; i++)
        bench_samples_add(&samples, pay() * 1e3);
    struct bench_row row = {.metric = "p50_ms",
        .value = bench_samples_quantile(&samples, 0.5),
        .unit = "ms",
        .limit = limit_ms,
        .n = payments,
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
    find_place();
    double limit_ms = 3 * fsync_s() * 1e3;
    make_chain();
    load_payer(o->seed);
    choose_ports();
    for (unsigned i = 0; i < VALIDATORS; i++)
        start_validator(i);
    await_network();
    measure(o->full ? 1000 : 200, limit_ms);
    itc_client_close(&net.client);
    stop_validators();
    run_to_end((const char *const[]){"rm", "-rf", net.dir, NULL});
    net.dir[0] = '\0';
}
