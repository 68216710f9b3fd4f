/* contest_internal.h - what the parts of contest.h share. */
#ifndef ITC_SIM_STUDY_CONTEST_INTERNAL_H
#define ITC_SIM_STUDY_CONTEST_INTERNAL_H

#include "tangle/cone.h"
#include "tangle/tips.h"
#include "tools/sim/study/contest.h"
#include "tools/sim/timeline.h"

#define VIEWS 2
#define US 1000000
#define WARM_S 1.0    /* of honest sites alone */
#define LENGTH_S 12.0 /* of a run in which everybody's delay is what counts */
#define PATIENCE 4    /* intervals in which a payment is to be decided */
#define NOBODY UINT32_MAX
#define UNSEEN UINT32_MAX
#define FINAL (UINT32_MAX - 1)

/* The two spends of the contest; txs of all others come after them. */
enum side {
    PAYMENT,
    RIVAL,
    SIDES
};

struct site {
    struct itc_hash id;
    uint32_t parents[ITC_SITE_PARENTS_MAX]; /* numbers */
    uint32_t parent_count;
    uint32_t tx;
    bool honest;
    uint64_t made_us, final_us;
    uint32_t at[VIEWS]; /* index in the window; UNSEEN, FINAL */
};

struct view {
    void *block;
    struct itc_window window;
    struct itc_tips tips;
    struct itc_open_txs txs;
    struct itc_conflicts conflicts;
    uint64_t weighed_us;
};

/* Where a depth-first walk stands. */
struct step {
    uint32_t site;
    uint32_t parents[ITC_SITE_PARENTS_MAX]; /* indices, in the order of their ids */
    uint32_t count, next;
};

struct contest {
    const struct itc_contest_config *c;
    struct itc_contest *out;
    struct itc_rng rng;
    struct site *sites;
    uint32_t count, capacity;
    uint32_t txs;
    struct view views[VIEWS];
    struct itc_timeline due; /* deliveries: site * VIEWS + view + 1 */
    void *cone_block;
    struct itc_cone cone;
    bool *holds;
    struct step *steps;
    uint32_t *stack, *numbers; /* numbers: site at each index of the window of the proposing view */
    uint64_t now_us, begin_us; /* the payment is made */
    bool begun, shown, decided;
    enum side confirmed;
    uint32_t secret[SIDES], secret_end[SIDES]; /* sites of the chains that were built before */
    uint32_t secret_tip;                       /* newest site of the attacker's chain */
    uint32_t side_tip[SIDES];                  /* SPLIT: what he adds to */
};

/* contest.c: sites, and how two nodes see them. */
void *contest_take(size_t count, size_t size);
bool contest_is_for_all(const struct itc_contest_config *c); /* the attack is on nobody's payment */
uint32_t contest_new_tx(struct contest *k);                  /* the first of a new pair */
uint32_t contest_make(struct contest *k, bool honest, uint32_t tx);
void contest_approve(struct contest *k, uint32_t site, uint32_t parent);
void contest_approve_tips(struct contest *k, uint32_t site, uint32_t view);
void contest_see(struct contest *k, uint32_t view, uint32_t number);
void contest_deliver(struct contest *k, uint32_t site, uint32_t view, double after_s);
void contest_deliver_to_all(struct contest *k, uint32_t site, double after_s);
uint32_t contest_number_at(const struct view *v, uint32_t index);
uint32_t contest_entry_of(struct contest *k, uint32_t view, enum side side);
uint32_t contest_weight_of(struct contest *k, uint32_t view, enum side side);

/* contest_attack.c: what the attacker does before, as the payment is made, as it is seen, and whenever he can make a site. */
void contest_build_secret(struct contest *k);
void contest_begin(struct contest *k);
void contest_watch_payment(struct contest *k);
void contest_attack(struct contest *k);

/* contest_stone.c: a milestone of one of the two nodes. */
void contest_milestone(struct contest *k);

#endif
