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
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/bench.h"

#define URL_MAX 64
#define START_S 30
#define STOP_S 10
#define ARGS_MAX 32
#define OPTIONS_MAX 16

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Asks all to stop, waits, and ends by force what is left. */
static void stop_validators(struct bench_network *net)
{
    double deadline = bench_now_s() + STOP_S;
    for (unsigned i = 0; i < BENCH_VALIDATORS; i++)
        if (net->pids[i] > 0)
            kill(net->pids[i], SIGTERM);
    for (unsigned i = 0; i < BENCH_VALIDATORS; i++) {
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
    stop_validators(net);
    if (net->dir[0])
        fprintf(stderr, "itc-bench: what the validators said is in %s\n", net->dir);
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

/* Ports that are free now; all are held until all are known. */
static void choose_ports(struct bench_network *net)
{
    int held[BENCH_VALIDATORS * BENCH_PORTS];
    for (unsigned i = 0; i < BENCH_VALIDATORS * BENCH_PORTS; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof a;
        struct sockaddr *at = (struct sockaddr *)&a;
        held[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (held[i] < 0 || bind(held[i], at, len) < 0 || getsockname(held[i], at, &len) < 0)
            bench_network_die(net, "no free port: %s", strerror(errno));
        net->ports[i / BENCH_PORTS][i % BENCH_PORTS] = ntohs(a.sin_port);
    }
    for (unsigned i = 0; i < BENCH_VALIDATORS * BENCH_PORTS; i++)
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
    char out[ITC_PATH_MAX];
    const char *args[ARGS_MAX] = {net->itcd, "genesis", "--out",
        bench_network_path(out, net, "genesis"), "--validators", "4"};
    size_t count = 6;
    for (size_t i = 0; i < OPTIONS_MAX && options[i] != NULL; i++)
        args[count++] = options[i];
    run_to_end(net, args);
}

static void start_validator(struct bench_network *net, unsigned i)
{
    char data[ITC_PATH_MAX], genesis[ITC_PATH_MAX], key[ITC_PATH_MAX], name[32];
    char peer[URL_MAX], service[URL_MAX], http[URL_MAX], peers[BENCH_VALIDATORS][URL_MAX];
    snprintf(name, sizeof name, "validator-%u", i);
    bench_network_path(data, net, name);
    snprintf(name, sizeof name, "genesis/validator-%u.key", i);
    const char *args[ARGS_MAX] = {net->itcd, "--data-dir", data, "--genesis",
        bench_network_path(genesis, net, "genesis/genesis.itc"), "--key",
        bench_network_path(key, net, name), "--peer-listen", url(peer, "tcp", net->ports[i][0]),
        "--service-listen", url(service, "tcp", net->ports[i][1]), "--http-listen",
        url(http, "http", net->ports[i][2])};
    size_t count = 13;
    for (unsigned older = 0; older < i; older++) { /* the newer dials: one link a pair */
        args[count++] = "--peer";
        args[count++] = url(peers[older], "tcp", net->ports[older][0]);
    }
    net->pids[i] = launch(net, args);
}

/* Connects to validator 0 and waits for the first milestone. */
static void await(struct bench_network *net)
{
    char service[URL_MAX];
    double deadline = bench_now_s() + START_S;
    struct itc_info info = {.index = 0};
    url(service, "tcp", net->ports[0][1]);
    while (info.index == 0) {
        enum itc_call call = net->client.open
                                 ? itc_client_info(&net->client, &info)
                                 : itc_client_open(&net->client, service, BENCH_TIMEOUT_MS);
        if (bench_now_s() > deadline)
            bench_network_die(
                net, "no milestone in %d s: %s", START_S, call ? net->client.why : "all is quiet");
        if (call)
            itc_client_close(&net->client);
        pause_ms(20);
    }
}

void bench_network_open(
    struct bench_network *net, const char *name, const char *place, const char *const *options)
{
    memset(net, 0, sizeof *net);
    net->name = name;
    find_place(net, place);
    make_chain(net, options);
    choose_ports(net);
    for (unsigned i = 0; i < BENCH_VALIDATORS; i++)
        start_validator(net, i);
    await(net);
}

void bench_network_close(struct bench_network *net)
{
    itc_client_close(&net->client);
    stop_validators(net);
    run_to_end(net, (const char *const[]){"rm", "-rf", net->dir, NULL});
}
