/* bench_sim.c - itc-bench: how much faster than time the simulator is: whole networks of 4 and 16 nodes, 100 payments
 * a second, no faults; with real signatures and with hashes in their place. The programs beside this one, one thread. */
#include "tools/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/file.h"

#define SECONDS_SHORT 20
#define SECONDS_LONG 60
#define PATIENCE_S 300
#define POLL_NS 5000000

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "itc-bench: sim: %s\n", what);
    exit(1);
}

static void find_program(char out[ITC_PATH_MAX])
{
    char self[ITC_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        die("cannot find this program");
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    if (itc_path_join(out, self, "itc-sim") || access(out, X_OK) < 0)
        die("there is no program itc-sim beside this one; build it first");
}

static pid_t start(const char *const *args)
{
    char *argv[24];
    size_t count = 0;
    for (; args[count] != NULL; count++)
        argv[count] = strdup(args[count]); /* exec wants them writable */
    argv[count] = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* however this program ends */
        int fd = open("/dev/null", O_WRONLY);
        if (fd >= 0 && dup2(fd, 1) >= 0)
            execv(argv[0], argv);
        _exit(127);
    }
    while (count > 0)
        free(argv[--count]);
    if (pid < 0)
        die("cannot start itc-sim");
    return pid;
}

/* Seconds that it took. */
static double run(const char *const *args)
{
    int status = 0;
    double start_s = bench_now_s();
    pid_t pid = start(args);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (bench_now_s() - start_s > PATIENCE_S) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
            die("a run does not end");
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    }
    if (status != 0)
        die("a run is not clean");
    return bench_now_s() - start_s;
}

static void measure(uint64_t seed, unsigned seconds, unsigned nodes, bool fast)
{
    char program[ITC_PATH_MAX], seed_text[32], seconds_text[32], nodes_text[32];
    find_program(program);
    snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)seed);
    snprintf(seconds_text, sizeof seconds_text, "%u", seconds);
    snprintf(nodes_text, sizeof nodes_text, "%u", nodes);
    double took_s = run((const char *const[]){program, "run", "--seed", seed_text, "--nodes",
        nodes_text, "--seconds", seconds_text, "--faults", "none", "--load", "honest",
        "--committee", "steady", fast ? "--fast-signatures" : NULL, NULL});
    bench_print(&(struct bench_row){.metric = "speedup",
        .value = seconds / took_s,
        .unit = "s/s",
        .n = nodes,
        .field = "signatures",
        .field_value = fast ? "fast" : "real",
        .note = "simulated seconds per second of one core, 100 payments a second, no faults; n: "
                "nodes"});
}

void bench_sim(const struct bench_options *o)
{
    unsigned seconds = o->full ? SECONDS_LONG : SECONDS_SHORT;
    for (int fast = 0; fast < 2; fast++) {
        measure(o->seed, seconds, 4, fast);
        measure(o->seed, seconds, 16, fast);
    }
}
