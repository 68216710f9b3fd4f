/* metrics.h - the loop's view as Prometheus text, format 0.0.4. Shell (it uses the heap); any thread. */
#ifndef ITC_SHELL_METRICS_H
#define ITC_SHELL_METRICS_H

#include "node/shell/loop.h"

#define ITC_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Returns the text, for the caller to free(), with its length in *len; NULL: no memory. */
char *itc_metrics_text(size_t *len, const struct itc_loop_view *v);

#endif
