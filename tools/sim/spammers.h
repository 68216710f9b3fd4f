/* spammers.h - hostile issuers of sites: what they make is valid, and meant to harm. Uses the heap of others.
 *
 *     conflicts   two spends of one seq, handed to different nodes at once, and each built upon: now more for the
 *                 one, now for the other
 *     parasite    a chain of sites grown in private on old parents, with a spend whose rival everybody has seen; let
 *                 go all at once, late
 *     lazy        what others have issued once more, on parents that are old and long approved, or final
 *
 * They see what any node sees, do the work, and send their sites as if a peer passed them on, or to a node as clients do.
 * They go on when all is well. Oracle: of all spends of one seq that were ever made exactly one is applied, once the
 * account is past it. */
#ifndef ITC_SIM_SPAMMERS_H
#define ITC_SIM_SPAMMERS_H

#include "tools/sim/chain_book.h"
#include "tools/sim/wallets.h"

enum itc_spam {
    ITC_SPAM_CONFLICTS,
    ITC_SPAM_PARASITE,
    ITC_SPAM_LAZY,
    ITC_SPAMS
};
const char *itc_spam_name(enum itc_spam k); /* "conflicts", ... */

#define ITC_SPAM_RIVALS 6
#define ITC_SPAM_CHAIN 24
#define ITC_SPAM_OLD 64
#define ITC_SPAM_TX 256   /* bytes, of an own one */
#define ITC_SPAM_SITE 512 /* of a site with it */

/* Spends of one seq. */
struct itc_rivals {
    uint64_t seq;
    uint32_t count;
    size_t len[ITC_SPAM_RIVALS];
    uint8_t txs[ITC_SPAM_RIVALS][ITC_SPAM_TX];
    struct itc_hash ids[ITC_SPAM_RIVALS];
};

struct itc_spam_parent {
    struct itc_hash id;
    uint64_t anchor;
};

struct itc_spam_site {
    struct itc_hash id;
    uint64_t anchor;
    size_t len;
    uint8_t bytes[ITC_SPAM_SITE];
};

struct itc_spammers {
    struct itc_rng rng;
    uint32_t kinds; /* bitmap */
    bool resting;
    struct itc_chain_book *book;
    struct itc_finding *finding;
    uint64_t due_ms[ITC_SPAMS];
    struct itc_rivals rivals[ITC_SPAM_WALLETS];
    struct itc_spam_parent old[ITC_SPAM_OLD]; /* a ring of open sites as they were seen */
    uint64_t old_count;
    struct itc_spam_site chain[ITC_SPAM_CHAIN]; /* the parasite that is grown */
    uint32_t chain_count;
    uint64_t counts[ITC_SPAMS]; /* sites */
    uint64_t settled;           /* seqs with rivals, of which one was applied */
};

void itc_spammers_init(struct itc_spammers *s, uint64_t seed, uint32_t kinds,
    struct itc_chain_book *book, struct itc_finding *finding);
/* When there is something to do. */
uint64_t itc_spammers_due_ms(const struct itc_spammers *s);
void itc_spammers_act(struct itc_spammers *s, struct itc_net *net);
/* Sends a tx in a site of its own to some node: no node was asked whether it would take it. */
void itc_spammers_carry(struct itc_spammers *s, struct itc_net *net, const uint8_t *tx, size_t len);

#endif
