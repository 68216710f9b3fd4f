/* first_use.h - KEY.unused: the mark beside a validator's key that says that it has never voted on a chain. Shell.
 *
 * A new store cannot tell a new validator from one that has lost its disk; the key's owner can. `itcd genesis` puts the
 * mark beside each key of the chain that it makes; the first start with that key takes it away, once the store is
 * durable and before any vote leaves. Without the mark a validator with a new store observes (node/doubt.h). The mark
 * holds the chain id, for the same key may serve on several chains; or, made with the key by `itcd key --new`, "any". */
#ifndef ITC_SHELL_FIRST_USE_H
#define ITC_SHELL_FIRST_USE_H

#include "spv/base.h"

/* Makes the mark durable; `chain` NULL: for any. Returns 0, or -1 with a sentence in `why`. */
int itc_first_use_mark(
    const char *key_path, const struct itc_hash *chain, char *why, size_t why_cap);
/* Whether there is a mark, for this chain. */
bool itc_first_use_is(const char *key_path, const struct itc_hash *chain);
/* Takes it away, durably. Returns 0, or -1 with a sentence in `why`. */
int itc_first_use_end(const char *key_path, char *why, size_t why_cap);

#endif
