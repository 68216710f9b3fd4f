/* vectors.h - where the files of vectors are. */
#ifndef ITC_TESTS_VECTORS_H
#define ITC_TESTS_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE_MAX_CHARS 8192

/* Opens a file of vectors; the test that asks skips if it is absent. */
static inline FILE *vectors_open(const char *name)
{
    const char *folder = getenv("ITC_VECTORS");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : ITC_VECTORS_DEFAULT, name);
    FILE *f = fopen(path, "r");
    if (!f)
        skip();
    return f;
}

#endif
