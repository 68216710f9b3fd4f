/* contest.h - attacks on one payment, and on everybody's: a tangle of honest issuers and one attacker, as two honest nodes
 * see it, with milestones. The heap, one thread, no clock: the seed is the run.
 *
 *     honest: lambda (1 - q) sites a second, half at each node, seen there and by the other h later
 *     attacker: lambda q; knows all at once, and reaches either node whenever it likes
 *     milestone: each interval, by one of the two nodes, which covers all it sees
 *
 * Windows, tips, weights, conflicts and the order of the cone are those of tangle/. A payment is *confirmed* as
 * open_tx.h says; it *flips* if it was, at either node, and its rival is applied.
 *
 * Sources of the attacks: Popov, The Tangle v1.4.3, section 4 (parasite chain, splitting); Penzkofer et al., Parasite Chain
 * Detection in the IOTA Protocol, 2020; Muller et al., IOTA TIP-2 (white flag). */
#ifndef ITC_SIM_STUDY_CONTEST_H
#define ITC_SIM_STUDY_CONTEST_H

#include "spv/base.h"

enum itc_attack {
    ITC_ATTACK_PARASITE, /* builds on a double spend in secret; shows it when the payment is confirmed */
    ITC_ATTACK_EARLY, /* shows it just before it would come late */
    ITC_ATTACK_PAIR, /* builds on two spends in secret; shows the lighter to one node, the heavier to the other */
    ITC_ATTACK_LATE,  /* makes a double spend when the payment is confirmed */
    ITC_ATTACK_SPLIT, /* shows each node another spend first, then adds to the lighter one */
    ITC_ATTACK_CONFLICTS, /* double spends only, each node another first: nobody's payment, everybody's delay */
    ITC_ATTACK_LAZY, /* approves nothing open */
    ITC_ATTACKS
};

const char *itc_attack_name(enum itc_attack a);

struct itc_contest_config {
    enum itc_attack attack;
    double share;        /* q: of all sites, 0 .. 1 without 1 */
    double rate;         /* lambda: sites a second, all together */
    double delay_s;      /* h */
    double interval_s;   /* between milestones */
    double secret_s;     /* how long the parasite chain was built */
    uint32_t theta;      /* weight that confirms */
    bool heaviest_only;  /* proposers do not leave out what came late */
    bool faulty_primary; /* each covers the rival's side and nothing else of the two, if it can */
    uint64_t seed;
};

struct itc_contest {
    /* Of the attacks on one payment: */
    bool confirmed;     /* either spend was, at a node, before it or the other was final */
    bool flipped;       /* and another was applied than the first that was confirmed */
    bool flipped_white; /* would have been, in the order of a depth-first walk (white flag) */
    double decided_s;   /* from the payment to the milestone that decides */
    /* of honest sites */
    uint32_t honest;    /* that are old enough to be judged */
    uint32_t in_two;    /* final within two intervals */
    double final_sum_s; /* from made to final, those never final as long as the run */
    uint32_t tips_most; /* the most tips a node saw */
};

/* Aborts if the memory does not suffice. */
void itc_contest_run(const struct itc_contest_config *c, struct itc_contest *out);

#endif
