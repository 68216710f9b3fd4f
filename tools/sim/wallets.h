/* wallets.h - honest issuers: each signs one payment after the other, in the order of its sequence numbers, and
 * hands each to some node until one acknowledges it.
 *
 *     sign --> submit --> acknowledged --> next        no answer in a second, or a refusal: to another node
 *
 * Each wallet has at most `in_flight` payments that are acknowledged and not final; so a chain that stands still is
 * not flooded. */
#ifndef ITC_SIM_WALLETS_H
#define ITC_SIM_WALLETS_H

#include "tangle/rng.h"
#include "tools/sim/net.h"

/* The first of the chain's wallets are theirs; then come those that carry changes of the committee (reforms.h) and those
 * of spammers (spammers.h). */
#define ITC_WALLETS_HONEST 56
#define ITC_REFORM_CARRIERS 4
#define ITC_SPAM_FIRST (ITC_WALLETS_HONEST + ITC_REFORM_CARRIERS)
#define ITC_SPAM_WALLETS (ITC_WALLETS - ITC_SPAM_FIRST)
#define ITC_WALLET_OPEN_MAX 128

struct itc_wallet {
    uint64_t next_seq;  /* acknowledged are all below */
    uint64_t final_seq; /* final are all below, as last told */
    uint64_t next_ms;   /* signs no earlier */
    uint64_t token;     /* of the submission under way; 0: none */
    uint64_t asked_ms;
    size_t tx_len; /* 0: nothing is waiting for an acknowledgement */
    uint8_t tx[ITC_TX_MAX];
    uint64_t quiet_seq;                     /* acknowledged when it became quiet are all below */
    uint64_t acked_ms[ITC_WALLET_OPEN_MAX]; /* by seq */
};

enum itc_wallets_pace {
    ITC_WALLETS_BUSY,
    ITC_WALLETS_TRICKLE, /* a tenth of the payments */
    ITC_WALLETS_SILENT   /* nothing new; what is under way goes on */
};

struct itc_wallets {
    struct itc_rng rng;
    uint32_t per_s;     /* payments of all wallets together */
    uint32_t in_flight; /* of each wallet, at most; below ITC_WALLET_OPEN_MAX */
    enum itc_wallets_pace pace;
    uint32_t shunned; /* bitmap of nodes whose word counts for nothing: traitors */
    uint64_t acked, final, resubmitted;
    uint64_t final_ms_sum, final_ms_max; /* from acknowledgement until it is final */
    struct itc_wallet wallets[ITC_WALLETS_HONEST];
};

void itc_wallets_init(struct itc_wallets *w, uint64_t seed, uint32_t per_s, uint32_t in_flight);
/* When there is something to do. */
uint64_t itc_wallets_due_ms(const struct itc_wallets *w);
/* From now on. Unless BUSY, each wallet's quiet_seq remembers how far it had come. */
void itc_wallets_set_pace(struct itc_wallets *w, enum itc_wallets_pace pace);
void itc_wallets_act(struct itc_wallets *w, struct itc_net *net);
/* The ledger of the newest made milestone says that wallet `i`'s txs below `next_seq` were applied. */
void itc_wallets_tell(struct itc_wallets *w, uint32_t i, uint64_t next_seq, uint64_t now_ms);

#endif
