#include "tools/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int itc_path_join(char out[ITC_PATH_MAX], const char *dir, const char *name)
{
    int n = snprintf(out, ITC_PATH_MAX, "%s/%s", dir, name);
    return n < 0 || n >= ITC_PATH_MAX ? ENAMETOOLONG : 0;
}

int itc_path_home(char out[ITC_PATH_MAX], const char *name)
{
    const char *home = getenv("HOME");
    if (!home || !*home)
        return ENOENT;
    int n = snprintf(out, ITC_PATH_MAX, "%s/.itc/%s", home, name);
    return n < 0 || n >= ITC_PATH_MAX ? ENAMETOOLONG : 0;
}

/* Reads until the end or `cap`; returns 0 or errno. */
static int read_all(int fd, uint8_t *out, size_t cap, size_t *len)
{
    size_t used = 0;
    while (used < cap) {
        ssize_t n = read(fd, out + used, cap - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        used += (size_t)n;
    }
    uint8_t more;
    if (used == cap && read(fd, &more, 1) == 1)
        return EFBIG;
    *len = used;
    return 0;
}

int itc_file_read(uint8_t *out, size_t cap, size_t *len, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int e = read_all(fd, out, cap, len);
    close(fd);
    return e;
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A rename is durable once its directory is. */
static int sync_directory_of(const char *path)
{
    char dir[ITC_PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    if (n >= sizeof dir)
        return ENAMETOOLONG;
    memcpy(dir, path, n);
    dir[n] = '\0';
    int fd = open(n ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int e = fsync(fd) < 0 ? errno : 0;
    close(fd);
    return e;
}

static int write_new(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int e = write_all(fd, bytes, len);
    if (!e && fsync(fd) < 0)
        e = errno;
    if (close(fd) < 0 && !e)
        e = errno;
    return e;
}

int itc_file_replace(const char *path, const void *bytes, size_t len)
{
    char fresh[ITC_PATH_MAX];
    int n = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof fresh)
        return ENAMETOOLONG;
    int e = write_new(fresh, bytes, len);
    if (!e && rename(fresh, path) < 0)
        e = errno;
    return e ? e : sync_directory_of(path);
}

int itc_dir_make(const char *path)
{
    char part[ITC_PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part)
        return len ? ENAMETOOLONG : ENOENT;
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return errno;
    }
    return 0;
}
