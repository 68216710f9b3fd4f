#include "tools/bench_network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tangle/rng.h"
#include "tools/bench.h"

#define URL_MAX 64
#define START_S 30
#define STOP_S 10
#define AWAIT_PAUSE_MS 5
#define ARGS_MAX 2200 /* a thousand allocations, two words each */
#define PORT_FIRST 12000u
#define PORT_COUNT 20000u
#define PORT_TRIES 1000u

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Asks all to stop, waits, and ends by force what is left. */
static void stop_nodes(struct bench_network *net)
{
    double deadline = bench_now_s() + STOP_S;
    for (unsigned i = 0; i < net->nodes; i++)
        if (net->pids[i] > 0)
            kill(net->pids[i], SIGTERM);
    for (unsigned i = 0; i < net->nodes; i++) {
        while (net->pids[i] > 0 && waitpid(net->pids[i], NULL, WNOHANG) == 0) {
            if (bench_now_s() > deadline)
                kill(net->pids[i], SIGKILL);
            pause_ms(10);
        }
        net->pids[i] = 0;
    }
}

void bench_network_die(struct bench_network *net, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "itc-bench: %s: ", net->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    stop_nodes(net);
    if (net->dir[0])
        fprintf(stderr, "itc-bench: what the nodes said is in %s\n", net->dir);
    exit(1);
}

void bench_network_must(struct bench_network *net, enum itc_call call)
{
    if (call)
        bench_network_die(net, "%s", net->client.why);
}

const char *bench_network_path(
    char out[ITC_PATH_MAX], const struct bench_network *net, const char *name)
{
    if (itc_path_join(out, net->dir, name)) {
        fprintf(stderr, "itc-bench: the path of %s is too long\n", name);
        exit(1);
    }
    return out;
}

/* Runs a program with its output appended to DIR/log; returns its pid. */
static pid_t launch(struct bench_network *net, const char *const *args)
{
    char log[ITC_PATH_MAX], *argv[ARGS_MAX];
    size_t count = 0;
    bench_network_path(log, net, "log");
    for (; args[count]; count++)
        argv[count] = strdup(args[count]); /* exec wants them writable */
    argv[count] = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* however this program ends */
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(127);
        execvp(argv[0], argv);
        _exit(127);
    }
    while (count > 0)
        free(argv[--count]);
    if (pid < 0)
        bench_network_die(net, "cannot start %s: %s", args[0], strerror(errno));
    return pid;
}

static void run_to_end(struct bench_network *net, const char *const *args)
{
    int status;
    if (waitpid(launch(net, args), &status, 0) < 0 || status != 0)
        bench_network_die(net, "%s %s failed", args[0], args[1]);
}

/* A port that nobody has now. Below those that Linux gives to outgoing connections (32768 and up): a node, or who calls
 * one that does not listen yet, could get it before its node does. */
static uint16_t free_port(struct bench_network *net, struct itc_rng *rng, int *held)
{
    for (unsigned tries = 0; tries < PORT_TRIES; tries++) {
        uint16_t port = (uint16_t)(PORT_FIRST + itc_rng_below(rng, PORT_COUNT));
        struct sockaddr_in a = {.sin_family = AF_INET,
            .sin_port = htons(port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        *held = socket(AF_INET, SOCK_STREAM, 0);
        if (*held >= 0 && bind(*held, (struct sockaddr *)&a, sizeof a) == 0)
            return port;
        close(*held);
    }
    bench_network_die(net, "no free port: %s", strerror(errno));
}

/* All are held until all are known: none is given twice. */
static void choose_ports(struct bench_network *net)
{
    int held[BENCH_NODES_MAX * BENCH_PORTS];
    struct itc_rng rng;
    itc_rng_init(&rng, (uint64_t)getpid()); /* other benchmarks may run beside this one */
    for (unsigned i = 0; i < BENCH_NODES_MAX * BENCH_PORTS; i++)
        net->ports[i / BENCH_PORTS][i % BENCH_PORTS] = free_port(net, &rng, &held[i]);
    for (unsigned i = 0; i < BENCH_NODES_MAX * BENCH_PORTS; i++)
        close(held[i]);
}

static const char *url(char out[URL_MAX], const char *scheme, uint16_t port)
{
    snprintf(out, URL_MAX, "%s://127.0.0.1:%u", scheme, (unsigned)port);
    return out;
}

/* Finds the node's program beside this one, and makes a directory for this run. */
static void find_place(struct bench_network *net, const char *place)
{
    char self[ITC_PATH_MAX], name[64];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        bench_network_die(net, "cannot find this program: %s", strerror(errno));
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    if (itc_path_join(net->itcd, self, "../node/shell/itcd") || access(net->itcd, X_OK) < 0)
        bench_network_die(net, "there is no program %s; build it first", net->itcd);
    if (place == NULL)
        place = self;
    snprintf(name, sizeof name, "bench-%s-XXXXXX", net->name);
    if (itc_path_join(net->dir, place, name) || !mkdtemp(net->dir)) {
        net->dir[0] = '\0';
        bench_network_die(net, "cannot make a directory in %s: %s", place, strerror(errno));
    }
}

static void make_chain(struct bench_network *net, const char *const *options)
{
    char out[ITC_PATH_MAX], validators[16];
    snprintf(validators, sizeof validators, "%u", net->validators);
    const char *args[ARGS_MAX] = {net->itcd, "genesis", "--out",
        bench_network_path(out, net, "genesis"), "--validators", validators};
    size_t count = 6;
    for (size_t i = 0; options[i] != NULL && count < ARGS_MAX - 1; i++)
        args[count++] = options[i];
    run_to_end(net, args);
}

/* The newer dials the older: one link a pair. */
static void start(struct bench_network *net, unsigned i)
{
    char data[ITC_PATH_MAX], genesis[ITC_PATH_MAX], key[ITC_PATH_MAX], name[40];
    char peer[URL_MAX], service[URL_MAX], http[URL_MAX], peers[BENCH_NODES_MAX][URL_MAX];
    snprintf(name, sizeof name, "node-%u", i);
    bench_network_path(data, net, name);
    const char *args[ARGS_MAX] = {net->itcd, "--data-dir", data, "--genesis",
        bench_network_path(genesis, net, "genesis/genesis.itc"), "--peer-listen",
        url(peer, "tcp", net->ports[i][0]), "--service-listen",
        url(service, "tcp", net->ports[i][1]), "--http-listen",
        url(http, "http", net->ports[i][2])};
    size_t count = 11;
    if (i < net->validators) {
        snprintf(name, sizeof name, "genesis/validator-%u.key", i);
        args[count++] = "--key";
        args[count++] = bench_network_path(key, net, name);
    }
    for (unsigned older = 0; older < i; older++) {
        args[count++] = "--peer";
        args[count++] = url(peers[older], "tcp", net->ports[older][0]);
    }
    net->pids[i] = launch(net, args);
}

static void must_run(struct bench_network *net, unsigned node)
{
    int status;
    if (waitpid(net->pids[node], &status, WNOHANG) == 0)
        return;
    net->pids[node] = 0;
    bench_network_die(net, "node %u has ended", node);
}

void bench_network_await(struct bench_network *net, struct itc_client *service, unsigned node,
    uint64_t index, double within_s)
{
    char at[URL_MAX];
    double deadline = bench_now_s() + within_s;
    struct itc_info info = {.index = 0};
    url(at, "tcp", net->ports[node][1]);
    for (;;) {
        enum itc_call call = service->open ? itc_client_info(service, &info)
                                           : itc_client_open(service, at, BENCH_TIMEOUT_MS);
        if (service->open && !call && info.index >= index)
            return;
        must_run(net, node);
        if (bench_now_s() > deadline)
            bench_network_die(net, "node %u: no milestone %llu in %g s: %s", node,
                (unsigned long long)index, within_s, call ? service->why : "it is behind");
        if (call)
            itc_client_close(service);
        pause_ms(AWAIT_PAUSE_MS);
    }
}

void bench_network_open(struct bench_network *net, const char *name, const char *place,
    unsigned validators, const char *const *options)
{
    memset(net, 0, sizeof *net);
    net->name = name;
    net->validators = net->nodes = validators;
    find_place(net, place);
    make_chain(net, options);
    choose_ports(net);
    for (unsigned i = 0; i < validators; i++)
        start(net, i);
    /* A committee goes on without f of its members: that all are there is to be seen. */
    for (unsigned i = validators; i-- > 0;) {
        itc_client_close(&net->client);
        bench_network_await(net, &net->client, i, 1, START_S);
    }
}

unsigned bench_network_join(struct bench_network *net)
{
    ITC_ASSERT(net->nodes < BENCH_NODES_MAX);
    start(net, net->nodes);
    return net->nodes++;
}

void bench_network_restart(struct bench_network *net, unsigned node)
{
    ITC_ASSERT(net->pids[node] == 0);
    start(net, node);
}

void bench_network_kill(struct bench_network *net, unsigned node)
{
    ITC_ASSERT(net->pids[node] > 0);
    kill(net->pids[node], SIGKILL);
    waitpid(net->pids[node], NULL, 0);
    net->pids[node] = 0;
}

double bench_network_rss(struct bench_network *net, unsigned node)
{
    char path[64];
    unsigned long long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)net->pids[node]);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%*u %llu", &pages) != 1)
        bench_network_die(net, "cannot read %s", path);
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void bench_network_close(struct bench_network *net)
{
    itc_client_close(&net->client);
    stop_nodes(net);
    run_to_end(net, (const char *const[]){"rm", "-rf", net->dir, NULL});
}
