/* evaluate.h - what a milestone with a given body would do: cone, order, verdicts, roots. Pure.
 *
 *     IDLE --begin--> ORDER --> APPLY --> SETTLE --> DONE --itc_chain_commit--> IDLE
 *                       \________\__________\_________\____drop______________/
 *
 * Computed once per body, before anything is voted on, in slices of a few milliseconds. The result is a delta
 * over the committed ledger: committing merges it, dropping it leaves no trace. One at a time. */
#ifndef ITC_NODE_EVALUATE_H
#define ITC_NODE_EVALUATE_H

#include "node/message.h"
#include "tangle/cone.h"
#include "tangle/ledger.h"

struct itc_node;

/* Rows of the bit matrix (weight.h) a slice; at least one block of columns, which is 590,000 rows at most. */
#define ITC_EVALUATION_ORDER_ROWS (UINT64_C(1) << 21)

enum itc_evaluation_state {
    ITC_EVALUATION_IDLE,
    ITC_EVALUATION_ORDER,
    ITC_EVALUATION_APPLY,
    ITC_EVALUATION_SETTLE,
    ITC_EVALUATION_DONE
};

struct itc_evaluation {
    enum itc_evaluation_state state;
    uint64_t index;            /* of the milestone */
    struct itc_hash body_hash; /* of what is evaluated */
    struct itc_cone cone;
    struct itc_delta delta;
    uint8_t *verdicts;        /* in the cone's order */
    uint32_t position;        /* APPLY: next site */
    struct itc_merkle leaves; /* of the group (store.h) under way */
    struct itc_hash *tree;    /* the groups' roots; then what is above them too */
    uint32_t groups;
    struct itc_hash tx_root;
    struct itc_hash state_root;
};

size_t itc_evaluation_size(const struct itc_params *p, uint32_t window_sites);
void itc_evaluation_init(struct itc_evaluation *ev, struct itc_mem *mem, const struct itc_params *p,
    uint32_t window_sites, uint64_t seed);

/* Whether this body is being, or has been, evaluated for milestone `index`. */
bool itc_evaluation_is(
    const struct itc_evaluation *ev, uint64_t index, const struct itc_hash *body_hash);
/* Starts on a body whose sites are all open; whatever was under way is dropped.
 *   ITC_E_UNKNOWN    a site it names is not in the window
 *   ITC_E_TOO_LARGE  its cone exceeds itc_chain_sites_max, or genesis's bound of bytes
 *   ITC_E_ANCHOR     its cone holds a site that is too old
 *   and what itc_evidence_convict returns: its evidence is bad, or of no use */
ITC_MUST enum itc_err itc_evaluation_begin(
    struct itc_node *n, const struct itc_body *body, const struct itc_hash *body_hash);
/* Starts on the cone that is collected already (a primary's own proposal), with the body's evidence. Errors as
 * above; then nothing has begun. */
ITC_MUST enum itc_err itc_evaluation_begin_own(
    struct itc_node *n, const struct itc_body *body, const struct itc_hash *body_hash);
/* One slice of some milliseconds. True when DONE. */
bool itc_evaluation_step(struct itc_node *n);
void itc_evaluation_drop(struct itc_node *n);
/* The header that a DONE evaluation gives, first proposed in `view` at `time_ms`. */
void itc_evaluation_header(
    const struct itc_node *n, uint32_t view, uint64_t time_ms, struct itc_header *out);

#endif
