#include "node/shell/http.h"

#include "node/shell/clock.h"
#include "node/shell/http_server.h"
#include "node/shell/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"

struct itc_http {
    struct itc_loop *loop;
    struct itc_api api;
    struct itc_health_rules health;
    struct itc_http_server *server;
};

/* A request that the loop has. */
struct pending {
    struct itc_http *http;
    struct itc_http_exchange *x;
    struct itc_api_call call;
};

/* Takes over answer->json. */
static void respond(struct itc_http_exchange *x, const struct itc_api_answer *answer)
{
    const char *body = answer->json ? answer->json : "{}"; /* NULL: no memory */
    itc_http_respond(x, &(struct itc_http_response){.status = answer->status,
                            .type = JSON_TYPE,
                            .allow = answer->allow,
                            .body = body,
                            .len = strlen(body)});
    free(answer->json);
}

static void respond_error(
    struct itc_http_exchange *x, unsigned status, const char *code, const char *message)
{
    struct itc_api_answer answer;
    itc_api_error(&answer, status, code, message);
    if (status == 405)
        answer.allow = "GET, HEAD";
    respond(x, &answer);
}

static void respond_health(struct itc_http *h, struct itc_http_exchange *x)
{
    static const char well[] = "{\"status\":\"ok\"}";
    struct itc_loop_view view;
    itc_loop_view(h->loop, &view);
    const char *text;
    const char *problem = itc_health_problem(&text, &view, &h->health, itc_clock_unix_ms());
    if (problem)
        respond_error(x, 503, problem, text);
    else
        itc_http_respond(
            x, &(struct itc_http_response){
                   .status = 200, .type = JSON_TYPE, .body = well, .len = sizeof well - 1});
}

static void respond_metrics(struct itc_http *h, struct itc_http_exchange *x)
{
    struct itc_loop_view view;
    itc_loop_view(h->loop, &view);
    size_t len;
    char *text = itc_metrics_text(&len, &view);
    if (!text) {
        respond_error(x, 503, "full", "No memory is left for the metrics.");
        return;
    }
    itc_http_respond(x, &(struct itc_http_response){
                            .status = 200, .type = ITC_METRICS_TYPE, .body = text, .len = len});
    free(text);
}

static void replied(void *ctx, const uint8_t *reply, size_t len)
{
    struct pending *p = ctx;
    struct itc_api_answer answer;
    itc_api_render(&answer, &p->http->api, &p->call, reply, len);
    respond(p->x, &answer);
    free(p);
}

static void ask_node(
    struct itc_http *h, struct itc_http_exchange *x, const struct itc_http_request *r)
{
    uint8_t request[ITC_REQUEST_MAX];
    size_t len;
    struct itc_api_call call;
    struct itc_api_answer answer;
    if (!itc_api_request(request, &len, &call, &answer, &h->api, r)) {
        respond(x, &answer);
        return;
    }
    struct pending *p = malloc(sizeof *p);
    if (p) {
        *p = (struct pending){h, x, call};
        if (itc_loop_request(h->loop, request, len, replied, p))
            return; /* replied() will free it */
        free(p);
    }
    respond_error(x, 503, "busy", "Too many requests wait already; try again shortly.");
}

static void handle(void *ctx, struct itc_http_exchange *x, const struct itc_http_request *r)
{
    struct itc_http *h = ctx;
    bool health = strcmp(r->path, "/health") == 0;
    bool metrics = strcmp(r->path, "/metrics") == 0;
    if (!health && !metrics)
        ask_node(h, x, r);
    else if (r->method != ITC_HTTP_GET && r->method != ITC_HTTP_HEAD)
        respond_error(x, 405, "method-not-allowed", "Use GET here.");
    else if (health)
        respond_health(h, x);
    else
        respond_metrics(h, x);
}

/* Requests that do not get as far as a path. */
static void refuse(struct itc_http_response *out, unsigned status)
{
#define ERROR(code, text) "{\"error\":{\"code\":\"" code "\",\"message\":\"" text "\"}}"
    static const struct {
        unsigned status;
        const char *body;
    } refusals[] = {
        {411, ERROR("length-required", "Send a Content-Length; chunks are not accepted.")},
        {413, ERROR("too-large", "The body is larger than any transaction.")},
        {414, ERROR("too-large", "The path is too long.")},
        {431, ERROR("too-large", "The headers are too long.")},
        {505, ERROR("unknown-version", "Only HTTP/1.1 is spoken here.")},
        {400, ERROR("bad-form", "This is not an HTTP request.")},
    };
#undef ERROR
    size_t i = 0;
    while (refusals[i].status != status && refusals[i].status != 400)
        i++;
    *out = (struct itc_http_response){
        .status = refusals[i].status, .type = JSON_TYPE, .body = refusals[i].body};
    out->len = strlen(out->body);
}

int itc_http_open(struct itc_http **out, const struct itc_http_config *c, char *why, size_t why_cap)
{
    struct itc_http *h = malloc(sizeof *h);
    if (!h) {
        snprintf(why, why_cap, "no memory for the HTTP API");
        return -1;
    }
    *h = (struct itc_http){.loop = c->loop, .api = c->api, .health = c->health};
    if (itc_http_server_open(&h->server, c->url, handle, refuse, h, why, why_cap)) {
        free(h);
        return -1;
    }
    *out = h;
    return 0;
}

uint16_t itc_http_port(const struct itc_http *h)
{
    return itc_http_server_port(h->server);
}

void itc_http_close(struct itc_http *h)
{
    itc_http_server_close(h->server);
    free(h);
}
