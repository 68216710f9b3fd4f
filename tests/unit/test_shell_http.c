/* The HTTP API without a socket: what is a request, what the node is asked, what is answered; health; metrics. */
#include "node/shell/api.h"
#include "node/shell/health.h"
#include "node/shell/metrics.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct itc_api api = {.chain = {{1, 2, 3}}, .network = ITC_NETWORK_PRIVATE};

/* The head of a request. */

static unsigned parse(struct itc_http_request *r, const char *text)
{
    memset(r, 0, sizeof *r);
    return itc_http_parse(r, (const uint8_t *)text, strlen(text));
}

static void test_good_heads(void **state)
{
    (void)state;
    struct itc_http_request r;
    assert_int_equal(parse(&r, "GET /a/b?c=d&e HTTP/1.1\r\nHost: x\r\n\r\nrest"), ITC_HTTP_GOOD);
    assert_int_equal(r.method, ITC_HTTP_GET);
    assert_string_equal(r.path, "/a/b");
    assert_int_equal(r.head_len, 36);
    assert_int_equal(r.body_len, 0);
    assert_int_equal(parse(&r, "POST / HTTP/1.0\r\ncontent-LENGTH: \t6144 \r\n"
                               "Content-Type:APPLICATION/json ; charset=utf-8\r\n\r\n"),
        ITC_HTTP_GOOD);
    assert_int_equal(r.method, ITC_HTTP_POST);
    assert_int_equal(r.body_len, 6144);
    assert_int_equal(r.type, ITC_HTTP_JSON);
    assert_int_equal(
        parse(&r, "PATCH / HTTP/1.1\r\nContent-Type: application/octet-stream\r\n\r\n"),
        ITC_HTTP_GOOD);
    assert_int_equal(r.method, ITC_HTTP_OTHER_METHOD);
    assert_int_equal(r.type, ITC_HTTP_OCTETS);
}

static void test_each_prefix_wants_more(void **state)
{
    (void)state;
    static const char text[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    struct itc_http_request r;
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_int_equal(itc_http_parse(&r, (const uint8_t *)text, len), ITC_HTTP_MORE);
    assert_int_equal(itc_http_parse(&r, (const uint8_t *)text, sizeof text - 1), ITC_HTTP_GOOD);
}

static void test_bad_heads(void **state)
{
    static const struct {
        unsigned status;
        const char *text;
    } bad[] = {
        {400, "\r\n\r\n"},
        {400, "GET\r\n\r\n"},
        {400, "GET /\r\n\r\n"},
        {400, "GET  / HTTP/1.1\r\n\r\n"},
        {400, "GET x HTTP/1.1\r\n\r\n"},
        {400, "GET http://x/ HTTP/1.1\r\n\r\n"},
        {400, "GET /\t HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\nHost: x\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nno colon\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n folded: x\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nname : x\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n: x\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"},
        {411, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {411, "POST / HTTP/1.1\r\ntransfer-encoding: identity\r\nContent-Length: 1\r\n\r\n"},
        {413, "POST / HTTP/1.1\r\nContent-Length: 6145\r\n\r\n"},
        {413, "POST / HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\n"},
        {505, "GET / HTTP/2.0\r\n\r\n"},
        {505, "GET / HTTP/1.11\r\n\r\n"},
        {505, "GET / http/1.1\r\n\r\n"},
    };
    (void)state;
    struct itc_http_request r;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(&r, bad[i].text), bad[i].status);
        assert_string_not_equal(itc_http_reason(bad[i].status), "Unknown");
    }
}

static void test_long_heads(void **state)
{
    (void)state;
    struct itc_http_request r;
    char text[ITC_HTTP_HEAD_MAX + 64];
    int n = snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n\r\n", ITC_HTTP_PATH_MAX - 2, 0);
    assert_int_equal(itc_http_parse(&r, (uint8_t *)text, (size_t)n), ITC_HTTP_GOOD);
    n = snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n\r\n", ITC_HTTP_PATH_MAX - 1, 0);
    assert_int_equal(itc_http_parse(&r, (uint8_t *)text, (size_t)n), 414);
    n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nA: %0*d\r\n\r\n", ITC_HTTP_HEAD_MAX - 23, 0);
    assert_int_equal(n, ITC_HTTP_HEAD_MAX);
    assert_int_equal(itc_http_parse(&r, (uint8_t *)text, (size_t)n), ITC_HTTP_GOOD);
    assert_int_equal(itc_http_parse(&r, (uint8_t *)text, (size_t)n - 1), ITC_HTTP_MORE);
    n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nA: %0*d\r\n\r\n", ITC_HTTP_HEAD_MAX - 22, 0);
    assert_int_equal(itc_http_parse(&r, (uint8_t *)text, (size_t)n), 431);
}

/* Requests to the node. */

static bool ask(struct itc_request *q, struct itc_api_answer *answer, enum itc_http_method method,
    const char *path, enum itc_http_type type, const char *body)
{
    static uint8_t bytes[ITC_REQUEST_MAX]; /* q borrows */
    size_t len;
    struct itc_api_call call;
    struct itc_http_request r = {
        .method = method, .type = type, .body_len = strlen(body), .body = (const uint8_t *)body};
    snprintf(r.path, sizeof r.path, "%s", path);
    memset(answer, 0, sizeof *answer);
    if (!itc_api_request(bytes, &len, &call, answer, &api, &r))
        return false;
    assert_int_equal(itc_request_decode(q, bytes, len), ITC_OK);
    assert_int_equal(call.op, q->op);
    return true;
}

static void test_questions(void **state)
{
    (void)state;
    struct itc_request q;
    struct itc_api_answer answer;
    assert_true(ask(&q, &answer, ITC_HTTP_GET, "/api/v1/info", ITC_HTTP_NO_TYPE, ""));
    assert_int_equal(q.op, ITC_OP_INFO);
    assert_true(ask(&q, &answer, ITC_HTTP_HEAD, "/api/v1/milestone/latest", ITC_HTTP_NO_TYPE, ""));
    assert_int_equal(q.u.milestone.index, ITC_LATEST);
    assert_true(ask(&q, &answer, ITC_HTTP_GET, "/api/v1/milestone/12", ITC_HTTP_NO_TYPE, ""));
    assert_int_equal(q.u.milestone.index, 12);
    assert_true(
        ask(&q, &answer, ITC_HTTP_POST, "/api/v1/tx", ITC_HTTP_JSON, " {\"tx\":\"00fF\"} "));
    assert_int_equal(q.u.submit.len, 2);
    assert_memory_equal(q.u.submit.bytes, "\x00\xff", 2);
    assert_true(ask(&q, &answer, ITC_HTTP_POST, "/api/v1/tx", ITC_HTTP_OCTETS, "abc"));
    assert_memory_equal(q.u.submit.bytes, "abc", 3);
}

static void test_questions_refused(void **state)
{
    static const struct {
        enum itc_http_method method;
        const char *path;
        enum itc_http_type type;
        const char *body;
        unsigned status;
    } bad[] = {
        {ITC_HTTP_POST, "/api/v1/info", ITC_HTTP_NO_TYPE, "", 405},
        {ITC_HTTP_GET, "/api/v1/tx", ITC_HTTP_NO_TYPE, "", 405},
        {ITC_HTTP_GET, "/api/v1/infos", ITC_HTTP_NO_TYPE, "", 404},
        {ITC_HTTP_GET, "/api/v2/info", ITC_HTTP_NO_TYPE, "", 404},
        {ITC_HTTP_GET, "/api/v1/tx/", ITC_HTTP_NO_TYPE, "", 400},
        {ITC_HTTP_GET, "/api/v1/account/ritc1", ITC_HTTP_NO_TYPE, "", 400},
        {ITC_HTTP_GET, "/api/v1/milestone/1e3", ITC_HTTP_NO_TYPE, "", 400},
        {ITC_HTTP_GET, "/api/v1/milestone/1000000000000000000", ITC_HTTP_NO_TYPE, "", 400},
        {ITC_HTTP_POST, "/api/v1/tx", ITC_HTTP_OTHER_TYPE, "x", 415},
        {ITC_HTTP_POST, "/api/v1/tx", ITC_HTTP_NO_TYPE, "x", 415},
        {ITC_HTTP_POST, "/api/v1/tx", ITC_HTTP_JSON, "{\"tx\":\"0\"}", 400},
        {ITC_HTTP_POST, "/api/v1/tx", ITC_HTTP_JSON, "{\"tx\":\"00\"} x", 400},
        {ITC_HTTP_POST, "/api/v1/tx", ITC_HTTP_JSON, "{\"tx\":null}", 400},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct itc_request q;
        struct itc_api_answer answer;
        assert_false(ask(&q, &answer, bad[i].method, bad[i].path, bad[i].type, bad[i].body));
        assert_int_equal(answer.status, bad[i].status);
        assert_int_equal(answer.allow != NULL, bad[i].status == 405);
        assert_non_null(strstr(answer.json, "{\"error\":{\"code\":\""));
        free(answer.json);
    }
}

/* Replies of the node. */

static json_t *render(
    unsigned *status, const struct itc_api_call *call, const uint8_t *reply, size_t len)
{
    struct itc_api_answer answer;
    itc_api_render(&answer, &api, call, reply, len);
    *status = answer.status;
    json_t *json = json_loads(answer.json, 0, NULL);
    assert_non_null(json);
    free(answer.json);
    return json;
}

static void test_refusals_of_the_node(void **state)
{
    static const struct {
        enum itc_op op;
        enum itc_err e;
        unsigned status;
    } refusals[] = {
        {ITC_OP_MILESTONE, ITC_E_UNKNOWN, 404},
        {ITC_OP_SUBMIT, ITC_E_UNKNOWN, 400},
        {ITC_OP_SUBMIT, ITC_E_FUNDS, 400},
        {ITC_OP_SUBMIT, ITC_E_FULL, 503},
        {ITC_OP_INFO, ITC_E_BUSY, 503},
    };
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        uint8_t reply[128];
        unsigned status;
        const char *code, *message;
        struct itc_api_call call = {.op = refusals[i].op};
        size_t len = itc_reply_error(reply, sizeof reply, refusals[i].e, "because \"\xff");
        json_t *json = render(&status, &call, reply, len);
        assert_int_equal(status, refusals[i].status);
        assert_int_equal(
            json_unpack(json, "{s:{s:s,s:s}}", "error", "code", &code, "message", &message), 0);
        assert_string_equal(code, itc_err_name(refusals[i].e));
        assert_string_equal(message, "because \"?");
        json_decref(json);
    }
}

static void test_info(void **state)
{
    (void)state;
    uint8_t reply[ITC_REPLY_MAX];
    size_t len;
    unsigned status;
    struct itc_info i = {.validators = 4, .validator = true, .votes = true};
    struct itc_api_call call = {.op = ITC_OP_INFO};
    assert_int_equal(itc_info_encode(reply, sizeof reply, &len, &i), ITC_OK);
    json_t *json = render(&status, &call, reply, len);
    assert_int_equal(status, 200);
    assert_int_equal(json_array_size(json_object_get(json, "empty_seats")), 0);
    assert_true(json_is_true(json_object_get(json, "votes")));
    assert_true(json_is_false(json_object_get(json, "doubts")));
    assert_null(json_object_get(json, "doubt_until"));
    json_decref(json);

    i.votes = false;
    i.doubts = true;
    i.doubt_until = 80;
    i.empty_seats = 1u << 2;
    int seat, until;
    assert_int_equal(itc_info_encode(reply, sizeof reply, &len, &i), ITC_OK);
    json = render(&status, &call, reply, len);
    assert_int_equal(
        json_unpack(json, "{s:[i!],s:i}", "empty_seats", &seat, "doubt_until", &until), 0);
    assert_int_equal(seat, 2);
    assert_int_equal(until, 80);
    assert_true(json_is_true(json_object_get(json, "doubts")));
    assert_true(json_is_false(json_object_get(json, "votes")));
    json_decref(json);
}

static void test_final_tx(void **state)
{
    (void)state;
    uint8_t tx_bytes[ITC_TX_MAX], reply[ITC_REPLY_MAX];
    size_t tx_len, len;
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER,
        .issuer = {{1}},
        .seq = UINT64_MAX,
        .u.transfer = {.to = {{2}}, .amount = {250000000}, .close = true}};
    assert_int_equal(itc_tx_encode(tx_bytes, sizeof tx_bytes, &tx_len, &tx), ITC_OK);
    struct itc_tx_status s = {.stage = ITC_STAGE_FINAL,
        .verdict = ITC_VERDICT_EARLY_SEQ,
        .milestone = 7,
        .position = 3,
        .tx = tx_bytes,
        .tx_len = tx_len};
    assert_int_equal(itc_tx_status_encode(reply, sizeof reply, &len, &s), ITC_OK);

    struct itc_api_call call = {.op = ITC_OP_TX, .id = {{0xab}}};
    unsigned status;
    json_t *json = render(&status, &call, reply, len);
    const char *stage, *verdict, *seq, *amount;
    int may, milestone, close_account;
    assert_int_equal(status, 200);
    assert_int_equal(json_unpack(json, "{s:s,s:s,s:b,s:i,s:{s:s,s:s,s:b}}", "stage", &stage,
                         "verdict", &verdict, "may_still_apply", &may, "milestone", &milestone,
                         "tx", "seq", &seq, "amount", &amount, "close", &close_account),
        0);
    assert_string_equal(stage, "final");
    assert_string_equal(verdict, "early-seq");
    assert_true(may);
    assert_int_equal(milestone, 7);
    assert_string_equal(seq, "18446744073709551615");
    assert_string_equal(amount, "2.5");
    assert_true(close_account);
    json_decref(json);
}

static void test_tx_in_other_stages(void **state)
{
    (void)state;
    uint8_t reply[ITC_REPLY_MAX];
    size_t len;
    unsigned status;
    struct itc_api_call call = {.op = ITC_OP_TX};
    struct itc_tx_status s = {.stage = ITC_STAGE_UNKNOWN};
    assert_int_equal(itc_tx_status_encode(reply, sizeof reply, &len, &s), ITC_OK);
    json_decref(render(&status, &call, reply, len));
    assert_int_equal(status, 404);
    s = (struct itc_tx_status){.stage = ITC_STAGE_PENDING, .weight = 9};
    assert_int_equal(itc_tx_status_encode(reply, sizeof reply, &len, &s), ITC_OK);
    json_t *json = render(&status, &call, reply, len);
    assert_int_equal(status, 200);
    assert_int_equal(json_integer_value(json_object_get(json, "weight")), 9);
    assert_true(json_is_null(json_object_get(json, "tx")));
    assert_null(json_object_get(json, "verdict"));
    json_decref(json);
}

static void test_damaged_replies(void **state)
{
    (void)state;
    static const enum itc_op ops[] = {
        ITC_OP_INFO, ITC_OP_SUBMIT, ITC_OP_ACCOUNT, ITC_OP_TX, ITC_OP_MILESTONE};
    static const uint8_t reply[] = {ITC_SERVICE_VERSION, ITC_OK, 1};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct itc_api_call call = {.op = ops[i]};
        unsigned status;
        json_decref(render(&status, &call, reply, sizeof reply));
        assert_int_equal(status, 500);
    }
}

/* Health. */

static void test_health(void **state)
{
    (void)state;
    struct itc_health_rules rules = {.idle_ms = 1000, .peers_expected = true};
    struct itc_loop_view v = {.view_ms = 100000, .head_time_ms = 100000};
    const char *text;
    v.info.synced = true;
    v.info.peers = 1;
    assert_null(itc_health_problem(&text, &v, &rules, 100000));
    assert_null(itc_health_problem(&text, &v, &rules, 90000)); /* a clock set back */
    assert_null(itc_health_problem(&text, &v, &rules, 105000));
    assert_string_equal(itc_health_problem(&text, &v, &rules, 105001), "stalled");
    v.view_ms = 110000;
    assert_null(itc_health_problem(&text, &v, &rules, 110000));
    assert_string_equal(itc_health_problem(&text, &v, &rules, 110001), "old-milestone");
    rules.idle_ms = 10; /* a fast chain's nodes are not ill at every hiccup */
    assert_null(itc_health_problem(&text, &v, &rules, 105000));
    v.info.peers = 0;
    assert_string_equal(itc_health_problem(&text, &v, &rules, 105000), "no-peers");
    rules.peers_expected = false;
    assert_null(itc_health_problem(&text, &v, &rules, 105000));
    v.info.synced = false;
    assert_string_equal(itc_health_problem(&text, &v, &rules, 105000), "not-synced");
    assert_true(strlen(text) > 0);
}

/* Metrics. */

static void test_metrics(void **state)
{
    (void)state;
    struct itc_loop_view v = {.head_time_ms = 1500, .sync_us = 2500000};
    v.stats.counts[ITC_COUNT_TXS_APPLIED] = 42;
    v.stats.peer_refused[ITC_E_WORK] = 7;
    v.info.software_len = 3;
    memcpy(v.info.software, "abcd", 4);
    size_t len;
    char *text = itc_metrics_text(&len, &v);
    assert_non_null(text);
    assert_int_equal(strlen(text), len);
    assert_int_equal(text[len - 1], '\n');
    assert_non_null(
        strstr(text, "\n# TYPE itc_txs_applied_total counter\nitc_txs_applied_total 42\n"));
    assert_non_null(strstr(text, "\nitc_peer_refused_total{reason=\"low-work\"} 7\n"));
    assert_non_null(strstr(text, "\nitc_milestone_timestamp_seconds 1.500000\n"));
    assert_non_null(strstr(text, "\nitc_sync_seconds_total 2.500000\n"));
    assert_non_null(strstr(text, ",software=\"abc\"} 1\n"));
    assert_null(strstr(text, "(null)"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_heads),
        cmocka_unit_test(test_each_prefix_wants_more),
        cmocka_unit_test(test_bad_heads),
        cmocka_unit_test(test_long_heads),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_questions_refused),
        cmocka_unit_test(test_refusals_of_the_node),
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_final_tx),
        cmocka_unit_test(test_tx_in_other_stages),
        cmocka_unit_test(test_damaged_replies),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
