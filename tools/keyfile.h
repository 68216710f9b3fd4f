/* keyfile.h - secret keys in files, for validators and wallets. Host only (I/O).
 *
 *     itc-secret-1 <64 hex digits>\n          and nothing else; mode 0600, never overwritten
 *
 * A key file that others may read is refused: by the time it is noticed, the key may be anybody's. */
#ifndef ITC_TOOLS_KEYFILE_H
#define ITC_TOOLS_KEYFILE_H

#include "spv/base.h"

#define ITC_KEYFILE_WHY 512 /* bytes of a reason, NUL included */

/* A fresh key from the system's randomness. Returns 0, or -1 with a sentence in `why`. */
ITC_MUST int itc_keyfile_generate(struct itc_secret *out, char why[ITC_KEYFILE_WHY]);
/* Returns 0, or -1 with a sentence in `why`: it cannot be read, group or others have any right to it, it is
 * not a key file, or the number in it is no secret key. */
ITC_MUST int itc_keyfile_read(struct itc_secret *out, const char *path, char why[ITC_KEYFILE_WHY]);
/* Writes a new file, durable on return. Returns 0, or -1 with a sentence in `why`; an existing file stays as
 * it is. */
ITC_MUST int itc_keyfile_create(
    const char *path, const struct itc_secret *secret, char why[ITC_KEYFILE_WHY]);

#endif
