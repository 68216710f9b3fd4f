#include "tools/keyfile.h"

#include "spv/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "itc-secret-1 ";
#define PREFIX_LEN (sizeof prefix - 1)
#define LINE_LEN (PREFIX_LEN + 64 + 1)

__attribute__((format(printf, 2, 3))) static int fail(
    char why[ITC_KEYFILE_WHY], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, ITC_KEYFILE_WHY, format, args);
    va_end(args);
    return -1;
}

static bool is_secret_key(const struct itc_secret *secret)
{
    struct itc_signer signer;
    bool good = itc_signer_init(&signer, secret) == ITC_OK;
    itc_signer_wipe(&signer);
    return good;
}

int itc_keyfile_generate(struct itc_secret *out, char why[ITC_KEYFILE_WHY])
{
    do { /* all but one in 2^127 numbers are keys */
        if (getrandom(out->b, sizeof out->b, 0) != (ssize_t)sizeof out->b)
            return fail(why, "the system gives no random bytes: %s", strerror(errno));
    } while (!is_secret_key(out));
    return 0;
}

static int check_mode(int fd, const char *path, char why[ITC_KEYFILE_WHY])
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return fail(why, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(why, "%s is not a file", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return fail(why,
            "%s can be read by others (mode %04o): if nobody else has seen it, run chmod 600 on "
            "it; "
            "otherwise make a new key",
            path, (unsigned)(st.st_mode & 07777));
    return 0;
}

/* Up to `cap` bytes; a short count means the file's end. */
static ssize_t read_some(int fd, char *out, size_t cap)
{
    size_t used = 0;
    while (used < cap) {
        ssize_t n = read(fd, out + used, cap - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        used += (size_t)n;
    }
    return (ssize_t)used;
}

static bool parse_line(struct itc_secret *out, const char *line, size_t len)
{
    return len == LINE_LEN && line[LINE_LEN - 1] == '\n' && memcmp(line, prefix, PREFIX_LEN) == 0 &&
           itc_hex_decode(out->b, sizeof out->b, line + PREFIX_LEN, 64) == ITC_OK &&
           is_secret_key(out);
}

static int read_open(struct itc_secret *out, int fd, const char *path, char why[ITC_KEYFILE_WHY])
{
    if (check_mode(fd, path, why))
        return -1;
    char line[LINE_LEN + 1]; /* one more, to see that nothing follows */
    struct itc_secret secret;
    int result = 0;
    ssize_t len = read_some(fd, line, sizeof line);
    if (len < 0)
        result = fail(why, "cannot read %s: %s", path, strerror(errno));
    else if (!parse_line(&secret, line, (size_t)len))
        result = fail(
            why, "%s is not a key file: it holds one line, \"%s<64 hex digits>\"", path, prefix);
    else
        *out = secret;
    itc_wipe(line, sizeof line);
    itc_wipe(&secret, sizeof secret);
    return result;
}

int itc_keyfile_read(struct itc_secret *out, const char *path, char why[ITC_KEYFILE_WHY])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make it wait */
    if (fd < 0)
        return fail(why, "cannot open %s: %s", path, strerror(errno));
    int result = read_open(out, fd, path, why);
    close(fd);
    return result;
}

/* A new file's name is durable once its directory is. */
static int sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char dir[1024] = ".";
    if (slash && (size_t)(slash - path) >= sizeof dir) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (slash)
        snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    close(fd);
    return result;
}

int itc_keyfile_create(const char *path, const struct itc_secret *secret, char why[ITC_KEYFILE_WHY])
{
    char line[LINE_LEN + 1];
    memcpy(line, prefix, PREFIX_LEN);
    itc_hex_encode(line + PREFIX_LEN, secret->b, sizeof secret->b);
    line[LINE_LEN - 1] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        itc_wipe(line, sizeof line);
        return fail(why, "cannot create %s: %s", path, strerror(errno));
    }
    bool written = write(fd, line, LINE_LEN) == (ssize_t)LINE_LEN && fsync(fd) == 0;
    int error = errno;
    close(fd);
    itc_wipe(line, sizeof line);
    if (written && sync_parent(path) == 0)
        return 0;
    if (written)
        error = errno;
    unlink(path); /* half a key is none */
    return fail(why, "cannot write %s: %s", path, strerror(error));
}
