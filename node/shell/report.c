#include "node/shell/report.h"

#include <stdarg.h>
#include <stdio.h>

static void to_stderr(enum itc_report_level level, const char *text)
{
    static const char *const names[] = {"error", "warning", "info"};
    fprintf(stderr, "%s: %s\n", names[level], text);
}

static itc_report_fn *sink = to_stderr;

void itc_report_to(itc_report_fn *fn)
{
    sink = fn;
}

void itc_report(enum itc_report_level level, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sink(level, text);
}
