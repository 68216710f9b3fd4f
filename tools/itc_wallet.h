/* itc_wallet.h - the wallet's directory. Host only (I/O).
 *
 *     key       the secret, "itc-secret-1 ...", mode 0600; that it exists is what makes a wallet
 *     state     public key, trusted header, outbox; replaced as a whole
 *     lock      held while the state is read, changed and replaced
 *     config    optional: "node = tcp://host:port"
 *     sent      one line for each payment that was signed here (itc_history.h)
 *     proofs/   proofs of what became of them
 *
 * A payment is in the durable state before it leaves the machine. Two runs at once take turns.
 * Functions that return false leave a sentence for people in wallet.why. */
#ifndef ITC_TOOLS_ITC_WALLET_H
#define ITC_TOOLS_ITC_WALLET_H

#include "tools/file.h"
#include "tools/itc_outbox.h"

#include "spv/light.h"

#define ITC_WALLET_VALID_MIN 256 /* milestones a payment is valid for, at least */

struct itc_wallet {
    char dir[ITC_PATH_MAX];
    char why[ITC_PATH_MAX + 256];
    int lock_fd; /* -1: not locked */
    struct itc_key key;
    struct itc_light light;
    uint64_t first_index;   /* of the first header that was trusted here; with */
    uint64_t first_time_ms; /* its time, it gives the pace of the chain */
    struct itc_outbox outbox;
};

/* Makes a wallet in `dir`, with a new key or with that of the key file `import` (NULL: new), on the
 * network of the light file `network`. False: a wallet is there already, or a file cannot be read
 * or written. */
ITC_MUST bool itc_wallet_create(
    struct itc_wallet *w, const char *dir, const char *network, const char *import);
/* Reads a wallet's state, for looking only. */
ITC_MUST bool itc_wallet_open(struct itc_wallet *w, const char *dir);

/* Waits for its turn and reads the state again, but keeps the trusted header if it is newer than
 * the one read. */
ITC_MUST bool itc_wallet_lock(struct itc_wallet *w);
/* Makes the state durable. Locked. */
ITC_MUST bool itc_wallet_save(struct itc_wallet *w);
void itc_wallet_unlock(struct itc_wallet *w);
/* Lock, save, unlock: remembers how far the trusted header has come. */
ITC_MUST bool itc_wallet_keep(struct itc_wallet *w);

/* Signs a tx of this wallet: sets issuer and signature; `bytes` (of `cap`), `len` and `id` get the result. */
ITC_MUST bool itc_wallet_sign(struct itc_wallet *w, struct itc_tx *tx, uint8_t *bytes, size_t cap,
    size_t *len, struct itc_hash *id);
/* Milestone that lies about `minutes` after the trusted header: by the mean pace of the chain since
 * the first header that was trusted here (one a second while there is no other), at least
 * ITC_WALLET_VALID_MIN after. */
uint64_t itc_wallet_valid_until(const struct itc_wallet *w, uint32_t minutes);

/* The node that the config file names; false without one. */
bool itc_wallet_node(const struct itc_wallet *w, char *url, size_t cap);
/* Writes the config file. */
ITC_MUST bool itc_wallet_set_node(struct itc_wallet *w, const char *url);

#endif
