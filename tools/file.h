/* file.h - small files of wallets and lamps: read whole, replaced whole. Host only (I/O).
 *
 * A replacement is written beside the file, made durable, and renamed over it: after a crash or a
 * power cut the file holds either the old bytes or the new, never a mixture. Errors are errno
 * values, 0 is success; the caller knows which file it was and says so. */
#ifndef ITC_TOOLS_FILE_H
#define ITC_TOOLS_FILE_H

#include "spv/base.h"

#define ITC_PATH_MAX 1024 /* bytes, NUL included */

/* "dir/name" into `out`.  ENAMETOOLONG: does not fit. */
ITC_MUST int itc_path_join(char out[ITC_PATH_MAX], const char *dir, const char *name);

/* "~/.itc/name" into `out`.  ENOENT: no home directory is known.  ENAMETOOLONG: does not fit. */
ITC_MUST int itc_path_home(char out[ITC_PATH_MAX], const char *name);

/* Reads a whole file; *len gets its size.  EFBIG: larger than `cap`; else what the system said. */
ITC_MUST int itc_file_read(uint8_t *out, size_t cap, size_t *len, const char *path);
/* Makes `bytes` the durable content of `path`, readable and writable by its owner alone. One writer
 * at a time: the file beside it is always `path` + ".new". */
ITC_MUST int itc_file_replace(const char *path, const void *bytes, size_t len);
/* Creates a directory for its owner alone, with the parents it lacks. An existing one is success.
 */
ITC_MUST int itc_dir_make(const char *path);

#endif
