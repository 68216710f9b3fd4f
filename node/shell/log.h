/* log.h - the node's log: one line each on standard error. Shell; any thread.
 *
 *     2026-01-31T23:59:59.123Z info  text            UTC; control bytes in `text` become '?' */
#ifndef ITC_SHELL_LOG_H
#define ITC_SHELL_LOG_H

#include "node/shell/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum itc_log_level {
    ITC_LOG_ERROR,
    ITC_LOG_WARN,
    ITC_LOG_INFO,
    ITC_LOG_DEBUG,
    ITC_LOG_LEVELS
};
const char *itc_log_level_name(enum itc_log_level level); /* "error", "warn", ... */
bool itc_log_level_parse(enum itc_log_level *out, const char *name);

/* Lines above `level` are left out. Before other threads exist. */
void itc_log_set_level(enum itc_log_level level);
__attribute__((format(printf, 2, 3))) void itc_log(
    enum itc_log_level level, const char *format, ...);
/* The sink for report.h. */
void itc_log_report(enum itc_report_level level, const char *text);

/* One line as it is written, newline and NUL included; returns its length. For tests. */
#define ITC_LOG_LINE 640
size_t itc_log_format(
    char out[ITC_LOG_LINE], uint64_t unix_ms, enum itc_log_level level, const char *text);

#endif
