/* faults.h - what goes wrong in a run, and when: episodes, each of one kind, some with victims.
 *
 *     kind    episode                      victims
 *     net     weather, reset               -                   all links slow, lossy, repeating; one link ends and stands again
 *             partition, clog, narrow      cut off; heard but not hearing, or hearing but not heard; few bytes a second
 *     disk    slow, full, error            syncs take long; the next write, or this very sync, stops the node
 *     time    jump, drift, stall, stop     clock, clock of all, processor, SIGSTOP
 *     crash   crash                        power fails between two actions; some unsynced batches may survive
 *     memory  lost disk                    fails, and a new one takes its place
 *             old disk                     a copy of it is put back that was made when the episode began
 *             bit rot                      in a vote: noticed by a checksum and the disk replaced, or not noticed
 *     ambush  clogged at a vote            some lines bring all up to the first vote of a kind
 *             crash at a vote              power fails as soon as one has left for one node
 *             two halves                   cut off from each other, for longer
 *     traitor other treasons, twins part   -                   the traitors (traitor.h) do other things; twins get other peers
 *
 * A victim belongs to one episode at a time; when that ends, all is well with it again, and it is started if it is down.
 *
 *     liveness   at most f members of the committee are victims or traitors at a time, and f of the one to come: the
 *                others must go on. When it comes to name too many of them, episodes end early
 *     safety     any number: nothing need go on, and nothing may go wrong
 *
 * What befalls memory does so as the episode ends. Who forgot counts as faulty until it votes again, and until
 * every height that it may have voted for is final; at no time are they more than f.
 *
 * Each kind draws from a generator of its own: without one kind, the others come as before. */
#ifndef ITC_SIM_FAULTS_H
#define ITC_SIM_FAULTS_H

#include "tangle/rng.h"
#include "tools/sim/rosters.h"
#include "tools/sim/trace.h"
#include "tools/sim/traitor.h"

enum itc_fault_kind {
    ITC_FAULT_NET,
    ITC_FAULT_DISK,
    ITC_FAULT_TIME,
    ITC_FAULT_CRASH,
    ITC_FAULT_AMBUSH,
    ITC_FAULT_MEMORY,
    ITC_FAULT_TRAITOR,
    ITC_FAULT_KINDS
};
const char *itc_fault_name(enum itc_fault_kind k); /* "net", "disk", ... */

struct itc_episode;

#define ITC_EPISODES_MAX 16
struct itc_episode_slot {
    const struct itc_episode *what; /* NULL: free */
    uint32_t victims;               /* bitmap */
    uint64_t until_ms;
    uint32_t chance; /* memory: what it is that rots */
};

/* Some of a run's episodes, each by its number within its kind. */
#define ITC_EPISODES_OF_KIND 256
struct itc_episode_set {
    uint64_t bits[ITC_FAULT_KINDS][ITC_EPISODES_OF_KIND / 64];
};
void itc_episode_set_put(
    struct itc_episode_set *s, enum itc_fault_kind kind, uint32_t number, bool in);
bool itc_episode_set_has(
    const struct itc_episode_set *s, enum itc_fault_kind kind, uint32_t number);

struct itc_faults_config {
    uint64_t seed;
    uint32_t kinds;                 /* bitmap */
    bool safety;                    /* any number of victims at a time */
    struct itc_episode_set without; /* these are drawn like the others, and do not begin */
    const struct itc_rosters *rosters;
};

struct itc_faults {
    struct itc_faults_config config;
    struct itc_net *net;
    struct itc_trace *trace;
    struct itc_traitors *traitors;
    struct itc_rng rngs[ITC_FAULT_KINDS];
    bool raging;
    uint64_t next_ms[ITC_FAULT_KINDS]; /* next episode */
    uint32_t pause_ms[ITC_FAULT_KINDS];
    uint32_t side; /* bitmap of nodes that a partition cuts off from the others */
    uint32_t apart[ITC_NET_NODES_MAX]; /* of each node, those that a twin keeps away from */
    struct itc_episode_slot slots[ITC_EPISODES_MAX];
    struct itc_net_weather calm;
    uint32_t sync_ms;
    uint32_t forgetful;                          /* bitmap: who has forgotten, or is about to */
    uint64_t forgetful_until[ITC_NET_NODES_MAX]; /* head */
    uint64_t counts[ITC_FAULT_KINDS];            /* episodes that began */
    uint32_t drawn[ITC_FAULT_KINDS]; /* and those that did not: the number of the next */
};

void itc_faults_init(struct itc_faults *f, const struct itc_faults_config *config,
    struct itc_net *net, struct itc_trace *trace, struct itc_traitors *traitors);
/* From now on there are episodes. */
void itc_faults_rage(struct itc_faults *f);
/* All is well with everything. */
void itc_faults_heal(struct itc_faults *f);
/* When there is something to do. */
uint64_t itc_faults_due_ms(const struct itc_faults *f);
void itc_faults_act(struct itc_faults *f);
/* Whether more have forgotten, and do not vote again yet, than the committee in force can bear: it may have taken in some
 * that had. */
bool itc_faults_may_stand_still(struct itc_faults *f);
/* How many have forgotten and do not vote again yet. */
uint32_t itc_faults_count_forgetful(struct itc_faults *f);
/* Whether node `i` has a reason to doubt its memory. */
bool itc_faults_has_forgotten(struct itc_faults *f, uint32_t i);

#endif
