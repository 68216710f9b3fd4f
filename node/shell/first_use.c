#include "node/shell/first_use.h"

#include "tools/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_CAP 4096
#define TEXT_LEN 65 /* hex and a newline */

static void path_of(char out[PATH_CAP], const char *key_path)
{
    snprintf(out, PATH_CAP, "%s.unused", key_path);
}

/* Returns its length. */
static size_t text_of(char out[TEXT_LEN + 1], const struct itc_hash *chain)
{
    strcpy(out, "any");
    if (chain)
        itc_hex_encode(out, chain->b, sizeof chain->b);
    strcat(out, "\n");
    return strlen(out);
}

int itc_first_use_mark(
    const char *key_path, const struct itc_hash *chain, char *why, size_t why_cap)
{
    char path[PATH_CAP], text[TEXT_LEN + 1];
    path_of(path, key_path);
    size_t len = text_of(text, chain);
    int error = itc_file_replace(path, text, len);
    if (error)
        snprintf(why, why_cap, "cannot write %s: %s", path, strerror(error));
    return error ? -1 : 0;
}

static bool says(const uint8_t *kept, size_t len, const struct itc_hash *chain)
{
    char text[TEXT_LEN + 1];
    return text_of(text, chain) == len && memcmp(kept, text, len) == 0;
}

bool itc_first_use_is(const char *key_path, const struct itc_hash *chain)
{
    char path[PATH_CAP];
    uint8_t kept[TEXT_LEN + 1];
    size_t len = 0;
    path_of(path, key_path);
    return itc_file_read(kept, sizeof kept, &len, path) == 0 &&
           (says(kept, len, chain) || says(kept, len, NULL));
}

int itc_first_use_end(const char *key_path, char *why, size_t why_cap)
{
    char path[PATH_CAP];
    path_of(path, key_path);
    int error = unlink(path) == 0 ? 0 : errno;
    int fd = error ? -1 : open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!error)
        error = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
    if (fd >= 0)
        close(fd);
    path_of(path, key_path);
    if (error)
        snprintf(why, why_cap,
            "cannot remove %s (%s), which would let a lost disk go unnoticed later; remove it",
            path, strerror(error));
    return error ? -1 : 0;
}
