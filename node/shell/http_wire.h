/* http_wire.h - the little of HTTP/1.1 that the API needs: one request, one response, then the end. Pure.
 *
 *     GET /path?ignored HTTP/1.1 CRLF     Name: value CRLF ...     CRLF     body (Content-Length bytes)
 *
 * Strict where leniency has been abused elsewhere: lines end in CRLF, no header is folded, Content-Length comes
 * at most once and in digits only, a body in chunks is refused. (Source: RFC 9112.) */
#ifndef ITC_SHELL_HTTP_WIRE_H
#define ITC_SHELL_HTTP_WIRE_H

#include "spv/base.h"

#define ITC_HTTP_HEAD_MAX 8192 /* bytes of request line and headers */
#define ITC_HTTP_BODY_MAX 6144 /* a tx in hex, in JSON, with room to spare */
#define ITC_HTTP_PATH_MAX 256  /* bytes, NUL included */

enum itc_http_method {
    ITC_HTTP_GET,
    ITC_HTTP_HEAD,
    ITC_HTTP_POST,
    ITC_HTTP_OTHER_METHOD
};

enum itc_http_type { /* of a request's body */
    ITC_HTTP_NO_TYPE,
    ITC_HTTP_JSON,   /* application/json */
    ITC_HTTP_OCTETS, /* application/octet-stream */
    ITC_HTTP_OTHER_TYPE
};

struct itc_http_request {
    enum itc_http_method method;
    char path[ITC_HTTP_PATH_MAX]; /* as sent, without the query */
    enum itc_http_type type;
    size_t head_len; /* bytes up to and with the empty line */
    size_t body_len; /* Content-Length; 0 without one */
    const uint8_t *body;
};

#define ITC_HTTP_MORE 0 /* the head is not complete yet */
#define ITC_HTTP_GOOD 200
/* Reads a head from the first `len` bytes of a connection; `body` is left alone.
 * Returns ITC_HTTP_MORE, ITC_HTTP_GOOD, or the status that refuses the request: 400 malformed, 411 chunked,
 * 413 body too large, 414 path too long, 431 head too large, 505 not HTTP/1. */
unsigned itc_http_parse(struct itc_http_request *out, const uint8_t *bytes, size_t len);

const char *itc_http_reason(unsigned status); /* "Not Found" */

#endif
