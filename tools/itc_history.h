/* itc_history.h - what the wallet sent, and the proofs of what became of it. Host only (I/O).
 *
 *     DIR/sent             one line a payment: time_ms id seq valid_until grains receiver's key
 *     DIR/proofs/<tx id>   what settled it (itc_client_keep)
 *
 * For people to look back on; what payments need for safety is in the wallet's state. Bounded: when
 * `sent` has ITC_HISTORY_MAX lines, the older half goes, with its proofs. */
#ifndef ITC_TOOLS_ITC_HISTORY_H
#define ITC_TOOLS_ITC_HISTORY_H

#include "spv/tx.h"

#define ITC_HISTORY_MAX 512 /* payments */

struct itc_history_entry {
    uint64_t time_ms; /* when it was signed, by this machine's clock */
    struct itc_hash id;
    uint64_t seq;
    uint64_t valid_until;
    struct itc_amount amount;
    struct itc_key to;
};

/* Appends, durably, under the wallet's lock. Returns 0 or errno. */
ITC_MUST int itc_history_add(const char *dir, const struct itc_history_entry *e);
/* Reads the newest `max` payments, oldest first; returns their number. */
size_t itc_history_read(const char *dir, struct itc_history_entry *out, size_t max);
/* Whether `id` was sent here; if so, fills `out`. */
bool itc_history_find(const char *dir, struct itc_history_entry *out, const struct itc_hash *id);

/* Keeps a proof. Returns 0 or errno. */
ITC_MUST int itc_history_keep_proof(
    const char *dir, const struct itc_hash *id, const uint8_t *bytes, size_t len);
/* ENOENT: none is kept; or another errno. */
ITC_MUST int itc_history_read_proof(
    const char *dir, const struct itc_hash *id, uint8_t *out, size_t cap, size_t *len);

#endif
