/* http.h - the HTTP side of a node: /health, /metrics and /api/v1 in front of the loop. Shell.
 * docs/openapi.yaml is its contract. Handlers run on NNG's threads, answers of the node on the core thread. */
#ifndef ITC_SHELL_HTTP_H
#define ITC_SHELL_HTTP_H

#include "node/shell/api.h"
#include "node/shell/health.h"

struct itc_http;

struct itc_http_config {
    const char *url; /* "http://127.0.0.1:7702"; port 0: a free one */
    struct itc_loop *loop;
    struct itc_api api;
    struct itc_health_rules health;
};

/* Returns 0, or -1 with a sentence in `why`. */
int itc_http_open(
    struct itc_http **out, const struct itc_http_config *c, char *why, size_t why_cap);
uint16_t itc_http_port(const struct itc_http *h);
/* After itc_loop_run has returned, before itc_loop_close. */
void itc_http_close(struct itc_http *h);

#endif
