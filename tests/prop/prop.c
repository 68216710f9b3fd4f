#include "tests/prop/prop.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned long long seed = 1;

uint64_t prop_seed(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : getenv("ITC_SEED");
    if (text != NULL) {
        char *end;
        seed = strtoull(text, &end, 10);
        ITC_ASSERT(*text != '\0' && *end == '\0');
    }
    return seed;
}

_Noreturn void itc_assert_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\nseed: %llu\n", file, line, what, seed);
    abort();
}
