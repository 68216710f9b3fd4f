#include "node/shell/api.h"

#include "node/shell/api_json.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "/api/v1/"

/* Takes over `json`. */
static void answer_json(struct itc_api_answer *answer, unsigned status, json_t *json)
{
    *answer = (struct itc_api_answer){status, NULL, json ? json_dumps(json, JSON_COMPACT) : NULL};
    json_decref(json);
    if (!answer->json)
        *answer = (struct itc_api_answer){500, NULL, strdup("{}")};
}

void itc_api_error(
    struct itc_api_answer *answer, unsigned status, const char *code, const char *message)
{
    answer_json(
        answer, status, json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message));
}

static bool refuse(
    struct itc_api_answer *answer, unsigned status, const char *code, const char *message)
{
    itc_api_error(answer, status, code, message);
    return false;
}

static bool refuse_err(struct itc_api_answer *answer, enum itc_err e)
{
    return refuse(answer, 400, itc_err_name(e), itc_err_text(e));
}

static bool check_method(struct itc_api_answer *answer, enum itc_http_method method, bool post)
{
    bool get = method == ITC_HTTP_GET || method == ITC_HTTP_HEAD;
    if (post ? method == ITC_HTTP_POST : get)
        return true;
    refuse(answer, 405, "method-not-allowed", post ? "Use POST here." : "Use GET here.");
    answer->allow = post ? "POST" : "GET, HEAD";
    return false;
}

/* Requests. Each fills `q`, or answers with an error. */

static bool ask_tx(struct itc_request *q, struct itc_api_answer *answer, const char *id)
{
    q->op = ITC_OP_TX;
    if (itc_hex_decode(q->u.tx.id.b, sizeof q->u.tx.id.b, id, strlen(id)) == ITC_OK)
        return true;
    return refuse(answer, 400, "bad-form", "A transaction's id has 64 hex digits.");
}

static bool ask_account(struct itc_request *q, struct itc_api_answer *answer,
    const struct itc_api *api, const char *address)
{
    q->op = ITC_OP_ACCOUNT;
    q->u.account.trusted = 0; /* the proofs are not used here: header 0 will do */
    enum itc_err e = itc_address_decode(&q->u.account.key, api->network, address, strlen(address));
    return e ? refuse_err(answer, e) : true;
}

static bool ask_milestone(struct itc_request *q, struct itc_api_answer *answer, const char *index)
{
    q->op = ITC_OP_MILESTONE;
    q->u.milestone.index = ITC_LATEST;
    if (strcmp(index, "latest") == 0)
        return true;
    size_t digits = strspn(index, "0123456789");
    if (digits == 0 || digits > 18 || index[digits] != '\0')
        return refuse(answer, 400, "bad-form", "Give a milestone's index, or latest.");
    q->u.milestone.index = strtoull(index, NULL, 10);
    return true;
}

/* {"tx":"<hex>"} and nothing else; `tx` has room for ITC_TX_MAX bytes. */
static bool read_tx_json(
    uint8_t *tx, size_t *len, struct itc_api_answer *answer, const uint8_t *body, size_t body_len)
{
    const char *hex = NULL;
    json_t *json = json_loadb((const char *)body, body_len, JSON_REJECT_DUPLICATES, NULL);
    bool good = json && json_unpack_ex(json, NULL, JSON_STRICT, "{s:s}", "tx", &hex) == 0;
    *len = good ? strlen(hex) / 2 : 0;
    enum itc_err e = ITC_E_FORM;
    if (*len > ITC_TX_MAX)
        e = ITC_E_TOO_LARGE;
    else if (good)
        e = itc_hex_decode(tx, *len, hex, strlen(hex));
    json_decref(json);
    if (!good)
        return refuse(answer, 400, "bad-form", "The body must be {\"tx\":\"<hex digits>\"}.");
    return e ? refuse_err(answer, e) : true;
}

static bool ask_submit(struct itc_request *q, uint8_t *tx, struct itc_api_answer *answer,
    const struct itc_http_request *r)
{
    size_t len = r->body_len;
    q->op = ITC_OP_SUBMIT;
    switch (r->type) {
    case ITC_HTTP_JSON:
        if (!read_tx_json(tx, &len, answer, r->body, r->body_len))
            return false;
        break;
    case ITC_HTTP_OCTETS:
        if (len > ITC_TX_MAX)
            return refuse_err(answer, ITC_E_TOO_LARGE);
        memcpy(tx, r->body, len);
        break;
    case ITC_HTTP_NO_TYPE:
    case ITC_HTTP_OTHER_TYPE:
        return refuse(answer, 415, "unsupported-media-type",
            "Send application/json or application/octet-stream.");
    }
    q->u.submit.bytes = tx;
    q->u.submit.len = len;
    return true;
}

/* The rest of `path` after `prefix`, or NULL. */
static const char *after(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(path, prefix, len) == 0 ? path + len : NULL;
}

static bool route(struct itc_request *q, uint8_t *tx, struct itc_api_answer *answer,
    const struct itc_api *api, const struct itc_http_request *r)
{
    const char *rest;
    if (strcmp(r->path, PREFIX "tx") == 0)
        return check_method(answer, r->method, true) && ask_submit(q, tx, answer, r);
    if (strcmp(r->path, PREFIX "info") == 0) {
        q->op = ITC_OP_INFO;
        return check_method(answer, r->method, false);
    }
    if ((rest = after(r->path, PREFIX "tx/")))
        return check_method(answer, r->method, false) && ask_tx(q, answer, rest);
    if ((rest = after(r->path, PREFIX "account/")))
        return check_method(answer, r->method, false) && ask_account(q, answer, api, rest);
    if ((rest = after(r->path, PREFIX "milestone/")))
        return check_method(answer, r->method, false) && ask_milestone(q, answer, rest);
    return refuse(answer, 404, "not-found", "There is nothing at this path.");
}

bool itc_api_request(uint8_t out[ITC_REQUEST_MAX], size_t *len, struct itc_api_call *call,
    struct itc_api_answer *answer, const struct itc_api *api, const struct itc_http_request *r)
{
    struct itc_request q = {.op = ITC_OP_INFO};
    uint8_t tx[ITC_TX_MAX];
    if (!route(&q, tx, answer, api, r))
        return false;
    enum itc_err e = itc_request_encode(out, ITC_REQUEST_MAX, len, &q);
    if (e)
        return refuse_err(answer, e);
    *call = (struct itc_api_call){.op = q.op};
    if (q.op == ITC_OP_TX)
        call->id = q.u.tx.id;
    if (q.op == ITC_OP_ACCOUNT)
        call->key = q.u.account.key;
    return true;
}

/* Replies. */

/* HTTP status of a refusal by the node. */
static unsigned status_of(enum itc_err e)
{
    if (e == ITC_E_UNKNOWN)
        return 404;
    return e == ITC_E_BUSY || e == ITC_E_FULL ? 503 : 400;
}

static void render_refusal(
    struct itc_api_answer *answer, unsigned status, enum itc_err e, const uint8_t *text, size_t len)
{
    char message[256];
    if (len >= sizeof message)
        len = sizeof message - 1;
    for (size_t i = 0; i < len; i++)
        message[i] = isprint(text[i]) ? (char)text[i] : '?';
    message[len] = '\0';
    itc_api_error(answer, status, itc_err_name(e), message);
}

void itc_api_render(struct itc_api_answer *answer, const struct itc_api *api,
    const struct itc_api_call *call, const uint8_t *reply, size_t len)
{
    const uint8_t *body;
    size_t body_len;
    enum itc_err e = itc_reply_open(&body, &body_len, reply, len);
    if (e) {
        /* A submission refused for want of an account is a bad request, not a missing page. */
        unsigned status = call->op == ITC_OP_SUBMIT && e == ITC_E_UNKNOWN ? 400 : status_of(e);
        render_refusal(answer, status, e, body, body_len);
        return;
    }
    json_t *json = NULL;
    e = itc_api_json(&json, api, call, body, body_len);
    if (e == ITC_E_UNKNOWN)
        itc_api_error(answer, 404, "not-found", "This node does not know that transaction.");
    else if (e)
        itc_api_error(answer, 500, itc_err_name(e), "The node's own answer does not decode.");
    else
        answer_json(answer, call->op == ITC_OP_SUBMIT ? 202 : 200, json);
}
