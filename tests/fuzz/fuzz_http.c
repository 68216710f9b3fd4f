/* Any bytes on an HTTP connection: more is wanted, or they are refused with a reason, or they are a request within its
 * bounds, which in turn is refused in JSON or becomes a service request that reads back. */
#include "node/shell/api.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct itc_http_request *r)
{
    static const struct itc_api api = {.network = ITC_NETWORK_PRIVATE};
    uint8_t request[ITC_REQUEST_MAX];
    size_t len;
    struct itc_api_call call;
    struct itc_api_answer answer;
    struct itc_request q;
    if (itc_api_request(request, &len, &call, &answer, &api, r)) {
        enum itc_err e = itc_request_decode(&q, request, len);
        ITC_ASSERT(e == ITC_OK && q.op == call.op);
    } else {
        ITC_ASSERT(answer.status >= 400 && answer.json && answer.json[0] == '{');
        free(answer.json);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct itc_http_request r = {.body = NULL};
    unsigned status = itc_http_parse(&r, data, size);
    if (status == ITC_HTTP_MORE) {
        ITC_ASSERT(size < ITC_HTTP_HEAD_MAX);
    } else if (status != ITC_HTTP_GOOD) {
        ITC_ASSERT(strcmp(itc_http_reason(status), "Unknown") != 0);
    } else {
        ITC_ASSERT(r.head_len <= size && r.body_len <= ITC_HTTP_BODY_MAX && r.path[0] == '/');
        r.body = data + r.head_len;
        if (r.body_len <= size - r.head_len)
            ask(&r);
    }
    return 0;
}
