/* report.h - what the runtime has to say to the operator: one function, so that the runtime does not know the
 * log's format. Shell; any thread. */
#ifndef ITC_SHELL_REPORT_H
#define ITC_SHELL_REPORT_H

enum itc_report_level {
    ITC_REPORT_ERROR,
    ITC_REPORT_WARN,
    ITC_REPORT_INFO
};
/* `text`: one line without newline, borrowed. */
typedef void itc_report_fn(enum itc_report_level level, const char *text);

/* Where lines go: before any thread starts. Without it: to standard error. */
void itc_report_to(itc_report_fn *fn);
__attribute__((format(printf, 2, 3))) void itc_report(
    enum itc_report_level level, const char *format, ...);

#endif
