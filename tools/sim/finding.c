#include "tools/sim/finding.h"

#include <stdarg.h>
#include <stdio.h>

void itc_find(struct itc_finding *f, uint64_t at_ms, const char *oracle, const char *format, ...)
{
    va_list arguments;
    if (f->oracle)
        return;
    f->oracle = oracle;
    f->at_ms = at_ms;
    va_start(arguments, format);
    (void)vsnprintf(f->what, sizeof f->what, format, arguments);
    va_end(arguments);
}
