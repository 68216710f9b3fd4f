/* cli.h - the commands of itc-sim. Not pure: files, processes, the terminal. */
#ifndef ITC_SIM_CLI_H
#define ITC_SIM_CLI_H

#include <sys/types.h>

#include "tools/sim/run.h"

enum itc_sim_exit {
    ITC_SIM_CLEAN = 0,
    ITC_SIM_FOUND = 1, /* an oracle objected, or an assertion failed */
    ITC_SIM_USAGE = 3
};

#define ITC_SIM_OPTIONS_TEXT 1024

struct itc_sim_options {
    struct itc_run_config run;
    uint64_t first_seed, last_seed; /* sweep */
    uint64_t from_ms, until_ms;     /* replay, show */
    uint32_t jobs;                  /* sweep: processes at once */
    const char *out;                /* show */
    bool fast;                      /* signatures are hashes */
    bool expect_finding; /* sweep: up to the first seed that fails; none is the failure */
    const char *mutant;  /* the deliberate defect (spv/mutant.h); NULL: none */
};

/* The options that make the same run again, but for the seed: " --nodes 7 --faults net"; "" for the defaults. */
void itc_sim_options_text(char out[ITC_SIM_OPTIONS_TEXT], const struct itc_sim_options *o);

/* Where a run writes, as it ends, however it ends, how many episodes of each kind it drew. NULL: nowhere. */
extern FILE *itc_sim_tally;

/* Runs it in another process, whose output goes to `output`; tells which. Ends the program if that cannot be. */
pid_t itc_sim_fork(const struct itc_sim_options *o, FILE *output);
/* The run fails: leaves out of the options what it fails without as well, and in the same way. Takes half a minute
 * at most, or so. */
void itc_sim_shorten(struct itc_sim_options *o);

int itc_sim_run(const struct itc_sim_options *o);
int itc_sim_replay(const struct itc_sim_options *o);
int itc_sim_sweep(const struct itc_sim_options *o);
int itc_sim_show(const struct itc_sim_options *o);
/* Has options of its own. */
int itc_sim_tangle(int argc, char **argv);

#endif
