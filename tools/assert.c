/* assert.c - the assertion hook of hosted programs: say what broke, and stop at once. */
#include "spv/base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void itc_assert_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
    abort();
}
