#include "tools/client.h"

#include "spv/cursor.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Makes text that came from outside harmless on a terminal. */
static void clean(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '?';
}

static enum itc_call __attribute__((format(printf, 3, 4)))
fail(struct itc_client *c, enum itc_call call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->why, sizeof c->why, format, args);
    va_end(args);
    clean(c->why, strlen(c->why));
    return call;
}

static enum itc_call unreached(struct itc_client *c, const char *what, int nng_error)
{
    return fail(c, ITC_CALL_UNREACHED, "%s %s: %s. Is the node running there?", what, c->url,
        nng_strerror(nng_error));
}

static enum itc_call unproved(struct itc_client *c, enum itc_err e, const char *what)
{
    c->err = e;
    return fail(c, ITC_CALL_UNPROVED, "the node's answer (%s) does not hold: %s. %s", what,
        itc_err_name(e), itc_err_text(e));
}

/* Tries whether anyone listens. NNG's own dial either waits for the kernel's two minutes or goes on
 * in silence; a raw stream says "refused" at once and keeps to a time-out. */
static int knock(const char *url, nng_duration timeout_ms)
{
    nng_stream_dialer *dialer;
    nng_aio *aio;
    int e = nng_stream_dialer_alloc(&dialer, url);
    if (e)
        return e;
    e = nng_aio_alloc(&aio, NULL, NULL);
    if (!e) {
        nng_aio_set_timeout(aio, timeout_ms);
        nng_stream_dialer_dial(dialer, aio);
        nng_aio_wait(aio);
        e = nng_aio_result(aio);
        if (!e)
            nng_stream_free(nng_aio_get_output(aio, 0));
        nng_aio_free(aio);
    }
    nng_stream_dialer_free(dialer);
    return e;
}

/* Without resends: when the connection breaks, the caller hears of it at once. */
static int dial(nng_socket socket, const char *url)
{
    nng_dialer dialer;
    int e = nng_socket_set_ms(socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    if (!e)
        e = nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, ITC_REPLY_MAX);
    if (!e)
        e = nng_dialer_create(&dialer, socket, url);
    if (!e)
        e = nng_dialer_set_bool(dialer, NNG_OPT_TCP_NODELAY, true);
    if (!e)
        e = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    return e;
}

enum itc_call itc_client_open(struct itc_client *c, const char *url, uint32_t timeout_ms)
{
    c->open = false;
    c->timeout_ms = timeout_ms;
    snprintf(c->url, sizeof c->url, "%s", url);
    nng_socket socket;
    int e = knock(c->url, (nng_duration)timeout_ms);
    if (!e)
        e = nng_req0_open(&socket);
    if (e)
        return unreached(c, "cannot connect to", e);
    e = dial(socket, c->url);
    if (e) {
        nng_close(socket);
        return unreached(c, "cannot connect to", e);
    }
    c->socket = socket.id;
    c->open = true;
    return ITC_CALL_DONE;
}

void itc_client_close(struct itc_client *c)
{
    if (c->open)
        nng_close((nng_socket){.id = c->socket});
    c->open = false;
}

/* Sends `request` and takes the reply into c->reply; returns NNG's error or 0. */
static int exchange(
    struct itc_client *c, uint8_t *request, size_t request_len, size_t *reply_len, uint32_t wait_ms)
{
    nng_duration send_ms = (nng_duration)c->timeout_ms;
    nng_duration reply_ms = (nng_duration)(c->timeout_ms + wait_ms);
    nng_socket socket = {.id = c->socket};
    int e = nng_socket_set_ms(socket, NNG_OPT_SENDTIMEO, send_ms);
    if (!e)
        e = nng_socket_set_ms(socket, NNG_OPT_RECVTIMEO, reply_ms);
    if (!e)
        e = nng_send(socket, request, request_len, 0);
    *reply_len = sizeof c->reply;
    return e ? e : nng_recv(socket, c->reply, reply_len, 0);
}

static uint32_t wait_of(const struct itc_request *r)
{
    if (r->op == ITC_OP_TX)
        return r->u.tx.wait_ms;
    return r->op == ITC_OP_PAYMENTS ? r->u.payments.wait_ms : 0;
}

enum itc_call itc_client_call(
    struct itc_client *c, const uint8_t **body, size_t *len, const struct itc_request *request)
{
    uint8_t bytes[ITC_REQUEST_MAX];
    size_t bytes_len, reply_len;
    enum itc_err e = itc_request_encode(bytes, sizeof bytes, &bytes_len, request);
    ITC_ASSERT(e == ITC_OK); /* requests are made here, not outside */

    int nng_error = exchange(c, bytes, bytes_len, &reply_len, wait_of(request));
    if (nng_error)
        return unreached(c, "no answer from", nng_error);
    /* A refusal and a malformed reply come back through one value; only a refusal has the form of
     * one. */
    *body = NULL;
    e = itc_reply_open(body, len, c->reply, reply_len);
    if (e == ITC_OK)
        return ITC_CALL_DONE;
    if (*body == NULL)
        return unproved(c, e, "reply");
    c->err = e;
    return fail(c, ITC_CALL_REFUSED, "%s: %.*s", itc_err_name(e), (int)(*len < 300 ? *len : 300),
        (const char *)*body);
}

enum itc_call itc_client_info(struct itc_client *c, struct itc_info *out)
{
    const uint8_t *body;
    size_t len;
    enum itc_call call = itc_client_call(c, &body, &len, &(struct itc_request){.op = ITC_OP_INFO});
    if (call)
        return call;
    enum itc_err e = itc_info_decode(out, body, len);
    if (e)
        return unproved(c, e, "info");
    clean(out->software, out->software_len);
    return ITC_CALL_DONE;
}

enum itc_call itc_client_tx(
    struct itc_client *c, struct itc_tx_status *out, const struct itc_hash *id, uint32_t wait_ms)
{
    struct itc_request request = {.op = ITC_OP_TX, .u.tx = {.id = *id, .wait_ms = wait_ms}};
    const uint8_t *body;
    size_t len;
    enum itc_call call = itc_client_call(c, &body, &len, &request);
    if (call)
        return call;
    enum itc_err e = itc_tx_status_decode(out, body, len);
    return e ? unproved(c, e, "stage of a tx") : ITC_CALL_DONE;
}

enum itc_call itc_client_payments(struct itc_client *c, struct itc_payments *out,
    const struct itc_key *key, uint64_t milestone, uint32_t position, uint32_t wait_ms)
{
    struct itc_request request = {.op = ITC_OP_PAYMENTS,
        .u.payments = {
            .key = *key, .milestone = milestone, .position = position, .wait_ms = wait_ms}};
    const uint8_t *body;
    size_t len;
    enum itc_call call = itc_client_call(c, &body, &len, &request);
    if (call)
        return call;
    enum itc_err e = itc_payments_decode(out, body, len);
    return e ? unproved(c, e, "payments") : ITC_CALL_DONE;
}

enum itc_call itc_client_submit(
    struct itc_client *c, const struct itc_hash *id, const uint8_t *tx, size_t len)
{
    struct itc_request request = {.op = ITC_OP_SUBMIT, .u.submit = {.bytes = tx, .len = len}};
    const uint8_t *body;
    size_t body_len;
    enum itc_call call = itc_client_call(c, &body, &body_len, &request);
    if (call == ITC_CALL_REFUSED && c->err == ITC_E_DUPLICATE)
        return ITC_CALL_DONE;
    if (call)
        return call;
    struct itc_hash seen;
    enum itc_err e = itc_submitted_decode(&seen, body, body_len);
    if (!e && !itc_hash_equal(&seen, id))
        e = ITC_E_CHAIN; /* ids contain the chain: the node follows another one */
    return e ? unproved(c, e, "acknowledgement") : ITC_CALL_DONE;
}

/* One change of the committee further. */
static enum itc_call hop(struct itc_client *c, struct itc_light *light)
{
    struct itc_request request = {.op = ITC_OP_HOP, .u.jump = {.trusted = light->header.index}};
    struct itc_handover h;
    const uint8_t *body;
    size_t len;
    enum itc_call call = itc_client_call(c, &body, &len, &request);
    if (call)
        return call;
    enum itc_err e = itc_handover_decode(&h, body, len);
    if (!e)
        e = itc_light_hop(light, &h.jump, &h.next);
    return e ? unproved(c, e, "change of the committee") : ITC_CALL_DONE;
}

/* Whether the call that ended with `*call` is to be made again, as changes of the committee were in its way and `light`
 * has passed them. If not, *call is the outcome. */
static bool has_followed(
    struct itc_client *c, struct itc_light *light, enum itc_call *call, uint32_t *hops)
{
    uint32_t before = *hops;
    if (*call != ITC_CALL_UNPROVED || c->err != ITC_E_COMMITTEE)
        return false;
    do
        *call = hop(c, light);
    while (*call == ITC_CALL_DONE && ++*hops < ITC_CLIENT_HOPS_MAX);
    if (*call == ITC_CALL_DONE)
        *call = unproved(c, ITC_E_TOO_LARGE, "changes of the committee");
    else if (*call == ITC_CALL_REFUSED && c->err == ITC_E_UNKNOWN && *hops == before)
        *call = unproved(c, ITC_E_COMMITTEE, "newest milestone");
    else if (*call == ITC_CALL_REFUSED && c->err == ITC_E_UNKNOWN)
        *call = ITC_CALL_DONE; /* there are no more */
    return *call == ITC_CALL_DONE;
}

static enum itc_call refresh(struct itc_client *c, struct itc_light *light)
{
    struct itc_request request = {.op = ITC_OP_JUMP, .u.jump = {.trusted = light->header.index}};
    const uint8_t *body;
    size_t len;
    enum itc_call call = itc_client_call(c, &body, &len, &request);
    if (call)
        return call;
    struct itc_jump jump;
    enum itc_err e = itc_jump_decode(&jump, body, len);
    if (!e)
        e = itc_light_advance(light, &jump);
    return e ? unproved(c, e, "newest milestone") : ITC_CALL_DONE;
}

enum itc_call itc_client_refresh(struct itc_client *c, struct itc_light *light)
{
    enum itc_call call;
    uint32_t hops = 0;
    do
        call = refresh(c, light);
    while (has_followed(c, light, &call, &hops));
    return call;
}

/* The jump, then the list that its header names. */
static enum itc_call committee(
    struct itc_client *c, struct itc_committee *next, struct itc_light *light)
{
    struct itc_request request = {
        .op = ITC_OP_COMMITTEE, .u.jump = {.trusted = light->header.index}};
    struct itc_handover h;
    struct itc_hash hash;
    const uint8_t *body;
    size_t len;
    enum itc_call call = itc_client_call(c, &body, &len, &request);
    if (call)
        return call;
    enum itc_err e = itc_handover_decode(&h, body, len);
    if (!e)
        e = itc_light_advance(light, &h.jump);
    if (!e) {
        itc_committee_hash(&hash, &light->chain, &h.next);
        e = itc_hash_equal(&hash, &light->header.next_committee) ? ITC_OK : ITC_E_PROOF;
    }
    if (!e)
        *next = h.next;
    return e ? unproved(c, e, "next committee") : ITC_CALL_DONE;
}

enum itc_call itc_client_committee(
    struct itc_client *c, struct itc_committee *next, struct itc_light *light)
{
    enum itc_call call;
    uint32_t hops = 0;
    do
        call = committee(c, next, light);
    while (has_followed(c, light, &call, &hops));
    return call;
}

/* The jump, then the account at the header it leads to. */
static enum itc_err check_account(struct itc_client_account *out, struct itc_light *light,
    const struct itc_key *key, const uint8_t *body, size_t len)
{
    struct itc_account_reply reply;
    struct itc_smt_proof proof;
    enum itc_err e = itc_account_reply_decode(&reply, body, len);
    if (!e)
        e = itc_smt_proof_decode(&proof, reply.proof, reply.proof_len);
    if (!e)
        e = itc_light_advance(light, &reply.jump);
    if (!e)
        e = itc_light_check_account(&out->account, &out->exists, light, key, reply.value,
            reply.value ? ITC_ACCOUNT_VALUE : 0, &proof);
    if (e)
        return e;
    out->open_next_seq = reply.open_next_seq;
    out->open_spent = reply.open_spent;
    return ITC_OK;
}

static enum itc_call prove_account(struct itc_client *c, struct itc_client_account *out,
    struct itc_light *light, const struct itc_key *key)
{
    struct itc_request request = {
        .op = ITC_OP_ACCOUNT, .u.account = {.trusted = light->header.index, .key = *key}};
    const uint8_t *body;
    size_t len;
    enum itc_call call = itc_client_call(c, &body, &len, &request);
    if (call)
        return call;
    enum itc_err e = check_account(out, light, key, body, len);
    return e ? unproved(c, e, "account") : ITC_CALL_DONE;
}

enum itc_call itc_client_account(struct itc_client *c, struct itc_client_account *out,
    struct itc_light *light, const struct itc_key *key)
{
    enum itc_call call;
    uint32_t hops = 0;
    do
        call = prove_account(c, out, light, key);
    while (has_followed(c, light, &call, &hops));
    return call;
}

/* ITC_E_UNKNOWN: a good proof, of another tx. */
static enum itc_err check_fact(struct itc_tx_fact *fact, const struct itc_light *light,
    const struct itc_tx_proof *proof, const struct itc_hash *id)
{
    struct itc_tx_fact found;
    enum itc_err e = itc_light_check_tx(&found, light, proof);
    if (e)
        return e;
    if (!itc_hash_equal(&found.tx_id, id))
        return ITC_E_UNKNOWN;
    *fact = found;
    return ITC_OK;
}

static enum itc_call prove_tx(struct itc_client *c, struct itc_tx_fact *fact, const uint8_t **body,
    size_t *len, struct itc_light *light, const struct itc_hash *id)
{
    struct itc_request request = {
        .op = ITC_OP_PROOF, .u.proof = {.trusted = light->header.index, .id = *id}};
    const uint8_t *bytes;
    size_t bytes_len;
    enum itc_call call = itc_client_call(c, &bytes, &bytes_len, &request);
    if (call)
        return call;
    struct itc_proof_reply reply;
    enum itc_err e = itc_proof_reply_decode(&reply, bytes, bytes_len);
    if (!e)
        e = itc_light_advance(light, &reply.jump);
    if (!e)
        e = check_fact(fact, light, &reply.proof, id);
    if (e)
        return unproved(c, e, "proof of a tx");
    if (body) {
        *body = bytes;
        *len = bytes_len;
    }
    return ITC_CALL_DONE;
}

enum itc_call itc_client_proof(struct itc_client *c, struct itc_tx_fact *fact, const uint8_t **body,
    size_t *len, struct itc_light *light, const struct itc_hash *id)
{
    enum itc_call call;
    uint32_t hops = 0;
    do
        call = prove_tx(c, fact, body, len, light, id);
    while (has_followed(c, light, &call, &hops));
    return call;
}

size_t itc_client_keep(uint8_t out[ITC_CLIENT_KEPT_MAX], const struct itc_light *light,
    const uint8_t *body, size_t len)
{
    uint8_t bytes[ITC_LIGHT_MAX];
    size_t light_len = itc_light_encode(bytes, light);
    struct itc_writer w = itc_writer_of(out, ITC_CLIENT_KEPT_MAX);
    itc_write_u16(&w, (uint16_t)light_len);
    itc_write_bytes(&w, bytes, light_len);
    itc_write_bytes(&w, body, len);
    ITC_ASSERT(!w.failed);
    return w.used;
}

enum itc_err itc_client_recheck(struct itc_tx_fact *fact, const struct itc_hash *chain,
    const struct itc_hash *id, const uint8_t *kept, size_t len)
{
    struct itc_reader r = itc_reader_of(kept, len);
    size_t light_len = itc_read_u16(&r);
    const uint8_t *bytes = itc_read_bytes(&r, light_len);
    struct itc_light light;
    struct itc_proof_reply reply;
    enum itc_err e = r.failed ? ITC_E_TRUNCATED : itc_light_decode(&light, bytes, light_len);
    if (!e && !itc_hash_equal(&light.chain, chain))
        e = ITC_E_CHAIN;
    if (!e)
        e = itc_proof_reply_decode(&reply, r.at, r.left);
    return e ? e : check_fact(fact, &light, &reply.proof, id);
}
