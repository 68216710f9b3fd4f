/* itc_change.h - a change of the committee in a file, on its way from member to member. Host only (I/O).
 *
 *     propose --> file --> sign (offline) --> file --> sign ... --> q signatures --> submit
 *                      \-> sign, side by side -> file of its own -/
 *
 *     { "type": "itc-committee-change-1", "chain": hex, "epoch": 12,
 *       "present": {"hash": hex, "keys": [hex, ...]}, "next": {"hash": hex, "keys": [...]},
 *       "added": [...], "removed": [...], "signatures": [{"seat": 0, "key": hex, "signature": hex}, ...] }
 *
 * JSON, so that a member reads what he signs; each value that follows from others is computed anew when a file is read,
 * and a file that says anything else is refused: nobody can be shown one change and sign another.
 * Functions that return false leave a sentence for people in file->why. */
#ifndef ITC_TOOLS_ITC_CHANGE_H
#define ITC_TOOLS_ITC_CHANGE_H

#include "spv/change.h"
#include "tools/file.h"

#include <jansson.h>

struct itc_change_file {
    struct itc_hash chain;
    uint32_t epoch; /* in which it is to be applied */
    struct itc_committee present, next;
    uint32_t signers;                        /* bit i: seat i of `present` */
    struct itc_sig sigs[ITC_VALIDATORS_MAX]; /* by seat */
    char why[ITC_PATH_MAX + 512];
};

/* Whether `next` may follow `present`: 1 .. 32 keys, distinct, all of them public keys; not the same list; not fewer than
 * 4 where there are 4. */
ITC_MUST bool itc_change_file_is_fit(struct itc_change_file *f);
/* Reads and checks all of it, signatures too. */
ITC_MUST bool itc_change_file_read(struct itc_change_file *f, const char *path);
/* The same from bytes, which reasons call `path`. */
ITC_MUST bool itc_change_file_parse(
    struct itc_change_file *f, const char *path, const uint8_t *bytes, size_t len);
/* Writes it durably; `anew`: only where there is no such file. */
ITC_MUST bool itc_change_file_write(struct itc_change_file *f, const char *path, bool anew);
/* Adds a signature. False: the key is no member's, or has signed. */
ITC_MUST bool itc_change_file_sign(struct itc_change_file *f, const struct itc_secret *secret);
/* Adds the signatures of `other`. False: it is another change. */
ITC_MUST bool itc_change_file_merge(struct itc_change_file *f, const struct itc_change_file *other);

uint32_t itc_change_file_count(const struct itc_change_file *f); /* of signatures */
/* The payload of a tx: the signatures of the q lowest seats that have signed, into `sigs`, which `out` borrows as it does
 * the keys of `f`. False: fewer than q have signed. */
ITC_MUST bool itc_change_file_payload(
    struct itc_change_file *f, struct itc_change *out, uint8_t sigs[64 * ITC_CHANGE_SIGNERS_MAX]);

/* New members do not sign, so nothing shows that anybody holds their keys. Whether more are new than the next committee
 * can do without: then `text` says what is at stake. */
#define ITC_CHANGE_WARNING 400
bool itc_change_file_warns(const struct itc_change_file *f, char text[ITC_CHANGE_WARNING]);

/* The file's content; the caller's to free. */
json_t *itc_change_file_json(const struct itc_change_file *f);
/* The same for people, with the warning. */
void itc_change_file_print(const struct itc_change_file *f);

#endif
