#include "node/shell/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[ITC_LOG_LEVELS] = {"error", "warn", "info", "debug"};
static enum itc_log_level shown = ITC_LOG_INFO;

const char *itc_log_level_name(enum itc_log_level level)
{
    return (unsigned)level < ITC_LOG_LEVELS ? names[level] : "unknown";
}

bool itc_log_level_parse(enum itc_log_level *out, const char *name)
{
    for (unsigned i = 0; i < ITC_LOG_LEVELS; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum itc_log_level)i;
            return true;
        }
    }
    return false;
}

void itc_log_set_level(enum itc_log_level level)
{
    shown = level;
}

size_t itc_log_format(
    char out[ITC_LOG_LINE], uint64_t unix_ms, enum itc_log_level level, const char *text)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    char when[32];
    gmtime_r(&seconds, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    int n = snprintf(out, ITC_LOG_LINE - 1, "%s.%03uZ %-5s %s", when, (unsigned)(unix_ms % 1000),
        itc_log_level_name(level), text);
    size_t len = n < ITC_LOG_LINE - 1 ? (size_t)n : ITC_LOG_LINE - 2;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)out[i] < ' ' || out[i] == 127)
            out[i] = '?';
    out[len] = '\n';
    out[len + 1] = '\0';
    return len + 1;
}

static void write_line(enum itc_log_level level, const char *text)
{
    if (level > shown)
        return;
    struct timespec now;
    char line[ITC_LOG_LINE];
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t unix_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    size_t len = itc_log_format(line, unix_ms, level, text);
    /* One call a line: lines of several threads do not mix. A log that cannot be written is no reason to stop. */
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}

void itc_log(enum itc_log_level level, const char *format, ...)
{
    char text[ITC_LOG_LINE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    write_line(level, text);
}

void itc_log_report(enum itc_report_level level, const char *text)
{
    static const enum itc_log_level levels[] = {
        [ITC_REPORT_ERROR] = ITC_LOG_ERROR,
        [ITC_REPORT_WARN] = ITC_LOG_WARN,
        [ITC_REPORT_INFO] = ITC_LOG_INFO,
    };
    write_line(levels[level], text);
}
