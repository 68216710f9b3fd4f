/* http_server.h - HTTP connections on NNG's byte streams: bounded in number, size and time. Shell.
 *
 *     accept -> READ -> THINK -> SEND -> [LINGER] -> free         one request a connection
 *              10 s    handler   10 s      1 s
 *
 * NNG has an HTTP server of its own. It keeps half-sent requests open for ever and any number of connections,
 * and gives a program no way to see, count or close them before a request is complete; so whoever can connect
 * could use up the process's file descriptors, and the store, which needs them too, would fail. Here a
 * connection has a place out of ITC_HTTP_CONNECTIONS and a deadline at each stage; when all places are taken,
 * the one that has been sending its request for longest makes room. */
#ifndef ITC_SHELL_HTTP_SERVER_H
#define ITC_SHELL_HTTP_SERVER_H

#include "node/shell/http_wire.h"

#define ITC_HTTP_CONNECTIONS 64

struct itc_http_server;
struct itc_http_exchange; /* a request that waits for its response */

struct itc_http_response {
    unsigned status;
    const char *type;  /* Content-Type */
    const char *allow; /* for 405: methods; else NULL */
    const char *body;
    size_t len;
};

/* Called on NNG's threads; must not block. itc_http_respond is called exactly once for it, then or later, on
 * any thread. `r` is borrowed for the call. */
typedef void itc_http_handler_fn(
    void *ctx, struct itc_http_exchange *x, const struct itc_http_request *r);
/* Called instead for requests that the server itself refuses; fills `out`, whose body must be static. */
typedef void itc_http_refuse_fn(struct itc_http_response *out, unsigned status);

/* Copies `response`. `x` must not be used afterwards. */
void itc_http_respond(struct itc_http_exchange *x, const struct itc_http_response *response);

/* Listens on `url` ("http://127.0.0.1:7702"; port 0: a free one).
 * Returns 0, or -1 with a sentence in `why`. */
int itc_http_server_open(struct itc_http_server **out, const char *url,
    itc_http_handler_fn *handler, itc_http_refuse_fn *refuse, void *ctx, char *why, size_t why_cap);
uint16_t itc_http_server_port(const struct itc_http_server *s);
/* Waits until each handled request has had its response; cuts off clients that take longer than a second. */
void itc_http_server_close(struct itc_http_server *s);

#endif
