/* run.h - one run: a network, issuers, a committee that changes, faults, and oracles that never look away. Uses the heap.
 *
 *     0 s        5 s                      35 s                50 s       60 s
 *     | calm     | faults                 | healed            | a trickle
 *     |----------|------------------------|-------------------|----------|--- and again
 *                                            progress             what was acknowledged by 50 s is final
 *
 * Traitors go on when all is well. Then progress is due within 12 s and a time-out for each of them in turn, doubling
 * from where it stood; a height needs at most two views more than there are traitors; and the last minute goes on, where
 * it must, until ten seconds after that.
 *
 * A run shorter than a minute is one such cycle, scaled. The same configuration gives the same run, bit for bit:
 * the digest tells. */
#ifndef ITC_SIM_RUN_H
#define ITC_SIM_RUN_H

#include "tools/sim/faults.h"
#include "tools/sim/probes.h"
#include "tools/sim/reforms.h"
#include "tools/sim/spammers.h"
#include "tools/sim/vote_book.h"
#include "tools/sim/wallets.h"

enum itc_run_mode {
    ITC_RUN_SAFETY,
    ITC_RUN_LIVENESS,
    ITC_RUN_EITHER /* the seed decides */
};

enum itc_run_committee {
    ITC_COMMITTEE_STEADY,
    ITC_COMMITTEE_CHANGES, /* where there are 4 members at least */
    ITC_COMMITTEE_EITHER   /* the seed decides */
};

#define ITC_LOAD_DRAWN UINT32_MAX

struct itc_run_config {
    uint64_t seed;
    uint32_t validators;
    uint64_t duration_ms;
    uint32_t faults;                /* bitmap of enum itc_fault_kind */
    uint32_t treasons;              /* bitmap of enum itc_treason: what traitors may do */
    struct itc_episode_set without; /* of the faults */
    enum itc_run_mode mode;
    enum itc_run_committee committee;
    uint32_t payments_per_s;
    uint32_t in_flight; /* payments of one wallet */
    uint32_t load;      /* bitmap of enum itc_spam; or ITC_LOAD_DRAWN: the seed decides */
    bool silence;       /* no payments instead of a trickle of them */
};
/* Four validators, a minute, all faults, 100 payments a second, one of each wallet in flight. */
void itc_run_config_default(struct itc_run_config *out, uint64_t seed);

struct itc_run {
    struct itc_run_config config;
    struct itc_net *net;
    struct itc_genesis genesis;
    struct itc_net_watch watch;
    struct itc_rosters rosters;
    struct itc_vote_book votes;
    struct itc_chain_book chain;
    struct itc_wallets wallets;
    struct itc_reforms reforms;
    struct itc_spammers spammers;
    struct itc_probes probes;
    struct itc_traitors traitors;
    struct itc_faults faults;
    struct itc_trace trace;
    struct itc_finding finding;
    uint64_t heads[ITC_NET_NODES_MAX]; /* as last traced */
    uint64_t newest;                   /* height of any node */
    uint64_t newest_ms;                /* when it was reached */
    uint64_t phase_ms;                 /* next change of phase */
    uint32_t phase;
    uint32_t idle_primaries; /* traitors, and those that had forgotten when all was well again */
    bool backs_off; /* too many have forgotten: when the chain goes on is not to be foreseen */
    uint64_t end_ms;
    uint64_t heads_healed; /* newest when all was well again, */
    uint64_t healed_ms;    /* and since when; */
    uint64_t grace_ms; /* and how much longer idle primaries may keep the others from going on */
};

/* `listen` hears all trace entries, or is NULL. */
struct itc_run *itc_run_create(const struct itc_run_config *config,
    void (*listen)(void *ctx, const struct itc_trace_entry *e), void *ctx);
void itc_run_free(struct itc_run *r);
/* Goes on until `until_ms` or the run's end, or until an oracle objects; true: none did. */
bool itc_run_advance(struct itc_run *r, uint64_t until_ms);

#endif
