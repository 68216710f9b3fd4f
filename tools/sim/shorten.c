/* shorten.c - what a failing run fails without as well: kinds of faults, treasons, single episodes. Each try is a run in a process of its own. */
#include "tools/sim/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MOST 30

struct shortening {
    struct itc_sim_options *best;
    time_t until;
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

static bool fails(const struct itc_sim_options *o)
{
    int status;
    FILE *output = tmpfile();
    (void)waitpid(itc_sim_fork(o, output), &status, 0);
    fclose(output);
    return status != 0;
}

/* Takes the other options if the run fails with them, and there is time. */
static void try_with(struct shortening *s, const struct itc_sim_options *other)
{
    if (time(NULL) < s->until && fails(other))
        *s->best = *other;
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
            try_with(s, &fewer);
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
                try_with(s, &fewer);
        }
}

/* Runs it once more, and reads how many episodes of each kind there were. */
static void count_episodes(const struct itc_sim_options *o, uint32_t drawn[ITC_FAULT_KINDS])
{
    itc_sim_tally = tmpfile();
    if (!itc_sim_tally)
        return;
    (void)fails(o);
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
    drop_bits(&s, faults_of, ITC_FAULT_KINDS);
    if (o->run.faults >> ITC_FAULT_TRAITOR & 1)
        drop_bits(&s, treasons_of, ITC_TREASONS);
    count_episodes(o, drawn);
    for (uint32_t k = 0; k < ITC_FAULT_KINDS; k++)
        if (o->run.faults >> k & 1)
            drop_episodes(&s, (enum itc_fault_kind)k, drawn[k]);
}
