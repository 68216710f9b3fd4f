#include "tools/scratch.h"

#include <ftw.h>
#include <stdio.h>

#define FOLDERS_OPEN 16

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

int itc_scratch_remove(const char *dir)
{
    return nftw(dir, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}
