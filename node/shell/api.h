/* api.h - the HTTP API's requests and answers as JSON; docs/openapi.yaml is its contract. Shell (it uses the
 * heap); any thread, no I/O.
 *
 *     HTTP request --itc_api_request--> service request --> node --> reply --itc_api_render--> status, JSON
 *
 * Ids are lower-case hex, addresses bech32m, amounts decimal strings of ITC; numbers that may exceed 2^53 are
 * strings, too. What a wallet must not simply believe it asks for over the service, with proofs. */
#ifndef ITC_SHELL_API_H
#define ITC_SHELL_API_H

#include "node/shell/http_wire.h"
#include "spv/service.h"

/* The chain served. */
struct itc_api {
    struct itc_hash chain;
    enum itc_network network;
};

/* A request under way. */
struct itc_api_call {
    enum itc_op op;
    struct itc_hash id; /* ITC_OP_TX */
    struct itc_key key; /* ITC_OP_ACCOUNT */
};

struct itc_api_answer {
    unsigned status;
    const char *allow; /* methods, for 405; else NULL */
    char *json;        /* for the caller to free() */
};

/* Translates a request below /api/v1/.
 * Returns true with the service request in `out`, or false with an error in `answer`. */
bool itc_api_request(uint8_t out[ITC_REQUEST_MAX], size_t *len, struct itc_api_call *call,
    struct itc_api_answer *answer, const struct itc_api *api, const struct itc_http_request *r);
/* Translates the node's reply. */
void itc_api_render(struct itc_api_answer *answer, const struct itc_api *api,
    const struct itc_api_call *call, const uint8_t *reply, size_t len);

/* {"error":{"code":code,"message":message}} */
void itc_api_error(
    struct itc_api_answer *answer, unsigned status, const char *code, const char *message);

#endif
