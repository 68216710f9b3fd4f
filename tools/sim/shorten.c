/* shorten.c - the least that a run needs to fail as it does: less time, no changes of the committee, no spam, fewer kinds
 * of faults, treasons, single episodes. Each try is a run in a process of its own. */
#include "tools/sim/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MOST 30
#define REASON_MAX 256

struct shortening {
    struct itc_sim_options *best;
    time_t until;
    char reason[REASON_MAX];
};

pid_t itc_sim_fork(const struct itc_sim_options *o, FILE *output)
{
    fflush(stdout);
    pid_t process = output ? fork() : -1;
    if (process < 0) {
        perror("itc-sim");
        exit(ITC_SIM_USAGE);
    }
    if (process > 0)
        return process;
    (void)dup2(fileno(output), STDOUT_FILENO);
    _exit(itc_sim_run(o));
}

/* Which oracle objects, or which assertion fails; "": neither. */
static void read_reason(char reason[REASON_MAX], FILE *output)
{
    char line[REASON_MAX];
    reason[0] = '\0';
    rewind(output);
    while (fgets(line, sizeof line, output)) {
        char *oracle = strstr(line, " s: ");
        if (strncmp(line, "FAILED at ", 10) == 0 && oracle)
            snprintf(reason, REASON_MAX, "%.*s", (int)strcspn(oracle + 4, ":"), oracle + 4);
        if (strstr(line, "assertion failed"))
            snprintf(reason, REASON_MAX, "%s", line);
    }
}

/* False: the run is clean. */
static bool fails(const struct itc_sim_options *o, char reason[REASON_MAX])
{
    int status;
    FILE *output = tmpfile();
    (void)waitpid(itc_sim_fork(o, output), &status, 0);
    read_reason(reason, output);
    fclose(output);
    return status != 0;
}

/* Takes the other options if the run fails with them for the same reason, and there is time. */
static bool try_with(struct shortening *s, const struct itc_sim_options *other)
{
    char reason[REASON_MAX];
    if (time(NULL) >= s->until || !fails(other, reason) || strcmp(reason, s->reason) != 0)
        return false;
    *s->best = *other;
    return true;
}

/* A run shorter than a minute is one cycle, scaled (run.h). */
static void run_shorter(struct shortening *s)
{
    static const uint64_t seconds[] = {6, 12, 24, 36, 60};
    for (size_t k = 0; k < sizeof seconds / sizeof seconds[0]; k++) {
        struct itc_sim_options shorter = *s->best;
        shorter.run.duration_ms = seconds[k] * 1000;
        if (shorter.run.duration_ms >= s->best->run.duration_ms || try_with(s, &shorter))
            return;
    }
}

static void run_calmer(struct shortening *s)
{
    struct itc_sim_options steady = *s->best, honest;
    steady.run.committee = ITC_COMMITTEE_STEADY;
    if (s->best->run.committee != ITC_COMMITTEE_STEADY)
        (void)try_with(s, &steady);
    honest = *s->best;
    honest.run.load = 0;
    if (s->best->run.load != 0)
        (void)try_with(s, &honest);
}

static uint32_t *faults_of(struct itc_sim_options *o)
{
    return &o->run.faults;
}

static uint32_t *treasons_of(struct itc_sim_options *o)
{
    return &o->run.treasons;
}

/* All that are in a bitmap, one by one. */
static void drop_bits(
    struct shortening *s, uint32_t *(*bitmap)(struct itc_sim_options *o), uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        struct itc_sim_options fewer = *s->best;
        *bitmap(&fewer) &= ~(1u << k);
        if (*bitmap(&fewer) != *bitmap(s->best))
            (void)try_with(s, &fewer);
    }
}

/* Halves of the episodes, quarters, and so on. */
static void drop_episodes(struct shortening *s, enum itc_fault_kind kind, uint32_t count)
{
    if (count > ITC_EPISODES_OF_KIND)
        count = ITC_EPISODES_OF_KIND;
    for (uint32_t size = (count + 1) / 2; size > 0; size /= 2)
        for (uint32_t from = 0; from < count; from += size) {
            struct itc_sim_options fewer = *s->best;
            for (uint32_t i = from; i < from + size && i < count; i++)
                itc_episode_set_put(&fewer.run.without, kind, i, true);
            if (memcmp(&fewer, s->best, sizeof fewer) != 0)
                (void)try_with(s, &fewer);
        }
}

/* Runs it once more: why it fails, and how many episodes of each kind there are. */
static void look(struct shortening *s, uint32_t drawn[ITC_FAULT_KINDS])
{
    itc_sim_tally = tmpfile();
    (void)fails(s->best, s->reason);
    if (!itc_sim_tally)
        return;
    rewind(itc_sim_tally);
    for (uint32_t k = 0; k < ITC_FAULT_KINDS; k++)
        if (fscanf(itc_sim_tally, "%u", &drawn[k]) != 1)
            drawn[k] = 0;
    fclose(itc_sim_tally);
    itc_sim_tally = NULL;
}

void itc_sim_shorten(struct itc_sim_options *o)
{
    struct shortening s = {.best = o, .until = time(NULL) + SECONDS_MOST};
    uint32_t drawn[ITC_FAULT_KINDS] = {0};
    look(&s, drawn);
    run_calmer(&s);
    run_shorter(&s);
    drop_bits(&s, faults_of, ITC_FAULT_KINDS);
    if (o->run.faults >> ITC_FAULT_TRAITOR & 1)
        drop_bits(&s, treasons_of, ITC_TREASONS);
    look(&s, drawn);
    for (uint32_t k = 0; k < ITC_FAULT_KINDS; k++)
        if (o->run.faults >> k & 1)
            drop_episodes(&s, (enum itc_fault_kind)k, drawn[k]);
}
