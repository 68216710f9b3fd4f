/* episodes.h - what each kind of episode (faults.h) does to the network, its nodes and their disks; for faults.c only.
 *
 * faults.c says when one comes, to whom, and when it ends; what `begin` has done to its victims' machines and lines it
 * undoes itself. */
#ifndef ITC_SIM_EPISODES_H
#define ITC_SIM_EPISODES_H

#include "tools/sim/faults.h"

struct itc_episode {
    const char *name;
    enum itc_fault_kind kind;
    bool has_victims;
    bool halves; /* half of all nodes are victims, if so many may be */
    /* Begins it, for all victims, or for all nodes if it has none. */
    void (*begin)(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot);
    /* What there is to do when it ends, besides making its victims well. NULL: nothing. */
    void (*end)(struct itc_faults *f, struct itc_episode_slot *slot);
};

#define ITC_EPISODES 21
extern const struct itc_episode itc_episodes[ITC_EPISODES];

bool itc_episode_has_victim(const struct itc_episode_slot *slot, uint32_t i);
/* Links are cut exactly where one end is on the side and the other is not, or where a twin keeps away. */
void itc_episodes_cut_and_mend(struct itc_faults *f);
void itc_episodes_set_weather(struct itc_faults *f, const struct itc_net_weather *weather);
/* Twins get other peers. */
void itc_episodes_part_twins(struct itc_faults *f, struct itc_rng *rng);

#endif
