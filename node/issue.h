/* issue.h - the way of a submission: from a client's signed tx to a site in the tangle, and again until it is
 * final. Pure.
 *
 *     tx -> form, sequence, funds -> signature -> stored, acknowledged -> tips -> proof of work -> site
 *
 * What is acknowledged is attached until its verdict is final or its valid_until has passed. Without one it is kept for at
 * least ten minutes of milestones, whatever the chain's interval, and then goes: what it waits for (a lower seq, funds) did
 * not come, and the pool is bounded. Its issuer may hand it in again; a restart begins the while anew.
 *
 * The checks against the ledger are a courtesy: they give the client a clear error at once. The verdict that
 * counts is the milestone's. */
#ifndef ITC_NODE_ISSUE_H
#define ITC_NODE_ISSUE_H

#include "node/chain.h"
#include "spv/site.h"

/* How far a submission's seq may run ahead of the ledger. */
#define ITC_ISSUE_AHEAD 256

/* A proof of work under way. */
struct itc_work_slot {
    uint64_t job; /* 0: free */
    uint32_t pool;
    size_t len;
    uint8_t site[ITC_SITE_MAX]; /* complete but for the nonce */
};

/* Answers now with an error, or later, when the tx is durable. */
void itc_issue_submit(struct itc_node *n, uint64_t token, const uint8_t *tx, size_t len);
/* A signature check has ended. */
void itc_issue_verified(struct itc_node *n, uint64_t job, bool good);
void itc_issue_worked(struct itc_node *n, uint64_t job, uint64_t nonce);
/* A site made here, with this tx, has had its turn, and goes out. */
void itc_issue_attached(struct itc_node *n, const struct itc_hash *tx_id);
/* A stored submission, at start. */
ITC_MUST enum itc_err itc_issue_restore(struct itc_node *n, const uint8_t *tx, size_t len);
/* Starts proofs of work while there is room. */
void itc_issue_progress(struct itc_node *n);
/* A milestone gave `tx_id` a verdict. */
void itc_issue_verdict(struct itc_node *n, const struct itc_hash *tx_id, enum itc_verdict v);
/* The head has moved and the window was cleared: what is no longer open is queued again, what expired goes. */
void itc_issue_head_moved(struct itc_node *n);

#endif
