/* sweep.c - `itc-sim sweep`: a process for each seed, so that one that fails by an assertion is one that fails. */
#include "tools/sim/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 256
#define SHORTEN_MAX 3 /* failing seeds that are shortened */
#define BAR_WIDTH 40

struct job {
    pid_t process; /* 0: free */
    uint64_t seed;
    FILE *output;
};

struct sweep {
    const struct itc_sim_options *options;
    struct job jobs[JOBS_MAX];
    uint64_t next_seed, done, failed;
    uint64_t unexplained; /* of those that failed, without an oracle or an assertion */
    double began_s;
};

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start(struct job *j, const struct itc_sim_options *o, uint64_t seed)
{
    struct itc_sim_options mine = *o;
    mine.run.seed = seed;
    j->seed = seed;
    j->output = tmpfile();
    j->process = itc_sim_fork(&mine, j->output);
}

/* Prints the lines of a failed run that say why; false: there are none. */
static bool print_reason(FILE *output)
{
    char line[512];
    bool found = false;
    rewind(output);
    while (fgets(line, sizeof line, output))
        if (strncmp(line, "FAILED", 6) == 0 || strstr(line, "assertion failed")) {
            printf("    %s", line);
            found = true;
        }
    return found;
}

static void print_bar(const struct sweep *s)
{
    uint64_t all = s->options->last_seed - s->options->first_seed + 1;
    int filled = (int)(s->done * BAR_WIDTH / all);
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r[%.*s%*s] %" PRIu64 "/%" PRIu64 ", %" PRIu64 " failed ", filled,
        "########################################", BAR_WIDTH - filled, "", s->done, all,
        s->failed);
    if (s->done == all)
        fputc('\n', stderr);
}

static void report(struct sweep *s, struct job *j)
{
    char text[ITC_SIM_OPTIONS_TEXT];
    struct itc_sim_options o = *s->options;
    s->failed++;
    if (o.expect_finding) {
        printf("seed %" PRIu64 ":\n", j->seed);
        s->unexplained += !print_reason(j->output);
        return;
    }
    o.run.seed = j->seed;
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
    if (s->failed <= SHORTEN_MAX)
        itc_sim_shorten(&o);
    itc_sim_options_text(text, &o);
    printf("itc-sim run --seed %" PRIu64 "%s\n", j->seed, text);
    (void)print_reason(j->output);
    fflush(stdout);
}

static struct job *find(struct sweep *s, pid_t process)
{
    for (uint32_t i = 0; i < s->options->jobs; i++)
        if (s->jobs[i].process == process)
            return &s->jobs[i];
    return NULL;
}

static void wait_for_one(struct sweep *s)
{
    int status;
    struct job *j = find(s, wait(&status));
    ITC_ASSERT(j);
    if (status != 0)
        report(s, j);
    fclose(j->output);
    j->process = 0;
    s->done++;
    print_bar(s);
}

/* A defect that was to be found has been. */
static bool is_enough(const struct sweep *s)
{
    return s->options->expect_finding && s->failed > 0;
}

static int expected(const struct sweep *s, double took_s)
{
    bool caught = s->failed > 0 && s->unexplained == 0;
    printf(
        "%s after %" PRIu64 " seeds, %.1f s\n", caught ? "caught" : "NOT CAUGHT", s->done, took_s);
    return caught ? ITC_SIM_CLEAN : ITC_SIM_FOUND;
}

int itc_sim_sweep(const struct itc_sim_options *o)
{
    struct sweep s = {.options = o, .next_seed = o->first_seed, .began_s = seconds()};
    uint64_t all = o->last_seed - o->first_seed + 1;
    if (o->last_seed == 0) {
        fputs("itc-sim: sweep needs --seeds A..B\n", stderr);
        return ITC_SIM_USAGE;
    }
    while (s.done < all && !is_enough(&s)) {
        struct job *free_job = find(&s, 0);
        if (free_job && s.next_seed <= o->last_seed)
            start(free_job, o, s.next_seed++);
        else
            wait_for_one(&s);
    }
    double took_s = seconds() - s.began_s;
    if (o->expect_finding)
        return expected(&s, took_s);
    double simulated_s = (double)(all * o->run.duration_ms) / 1000;
    printf("%" PRIu64 " seeds, %" PRIu64
           " failed; %.0f s, %.0f simulated seconds a second and core\n",
        all, s.failed, took_s, simulated_s / took_s / o->jobs);
    return s.failed == 0 ? ITC_SIM_CLEAN : ITC_SIM_FOUND;
}
