/* bad_disk.c - see bad_disk.h. A program's own functions come before the C library's, in the libraries that it loads
 * too. */
#include "tests/support/bad_disk.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DELAY_US 300000 /* time for what must not happen meanwhile */

static atomic_bool syncs_fail, writes_fail;

static int fail(int error)
{
    usleep(DELAY_US);
    errno = error;
    return -1;
}

int fsync(int fd)
{
    return atomic_load(&syncs_fail) ? fail(EIO) : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return atomic_load(&syncs_fail) ? fail(EIO) : (int)syscall(SYS_fdatasync, fd);
}

static bool is_file(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (atomic_load(&writes_fail) && is_file(fd))
        return fail(ENOSPC);
    return syscall(SYS_write, fd, bytes, len);
}

void bad_disk_syncs(void)
{
    atomic_store(&syncs_fail, true);
}

void bad_disk_writes(void)
{
    atomic_store(&writes_fail, true);
}
