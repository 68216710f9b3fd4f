#include "node/shell/requests.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t generation; /* odd while taken: a token is used once */
    itc_loop_reply_fn *fn;
    void *ctx;
    size_t len;
    uint8_t bytes[ITC_REQUEST_MAX];
};

struct itc_requests {
    pthread_mutex_t lock; /* guards all but the content of a taken place */
    uint32_t max, free_count;
    uint64_t refused;
    bool ended;
    uint32_t *free; /* stack of places */
    struct place *place;
};

struct itc_requests *itc_requests_open(uint32_t max)
{
    struct itc_requests *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    pthread_mutex_init(&r->lock, NULL);
    r->max = max;
    r->free = calloc(max, sizeof *r->free);
    r->place = calloc(max, sizeof *r->place);
    if (r->free == NULL || r->place == NULL) {
        itc_requests_close(r);
        return NULL;
    }
    while (r->free_count < max) {
        r->free[r->free_count] = max - 1 - r->free_count;
        r->free_count++;
    }
    return r;
}

void itc_requests_close(struct itc_requests *r)
{
    if (r == NULL)
        return;
    free(r->free);
    free(r->place);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

bool itc_requests_add(struct itc_requests *r, const uint8_t *bytes, size_t len,
    itc_loop_reply_fn *fn, void *ctx, uint64_t *token)
{
    pthread_mutex_lock(&r->lock);
    bool room = !r->ended && r->free_count > 0 && len <= ITC_REQUEST_MAX;
    if (room) {
        uint32_t at = r->free[--r->free_count];
        struct place *p = &r->place[at];
        p->generation++;
        p->fn = fn;
        p->ctx = ctx;
        p->len = len;
        if (len > 0)
            memcpy(p->bytes, bytes, len);
        *token = (uint64_t)p->generation << 32 | at;
    } else {
        r->refused++;
    }
    pthread_mutex_unlock(&r->lock);
    return room;
}

uint64_t itc_requests_refused(struct itc_requests *r)
{
    pthread_mutex_lock(&r->lock);
    uint64_t refused = r->refused;
    pthread_mutex_unlock(&r->lock);
    return refused;
}

static struct place *place_of(struct itc_requests *r, uint64_t token)
{
    uint32_t at = (uint32_t)token;
    ITC_ASSERT(at < r->max && r->place[at].generation == token >> 32);
    return &r->place[at];
}

const uint8_t *itc_requests_bytes(struct itc_requests *r, uint64_t token, size_t *len)
{
    struct place *p = place_of(r, token);
    *len = p->len;
    return p->bytes;
}

void itc_requests_reply(struct itc_requests *r, uint64_t token, const uint8_t *bytes, size_t len)
{
    pthread_mutex_lock(&r->lock);
    struct place *p = place_of(r, token);
    itc_loop_reply_fn *fn = p->fn;
    void *ctx = p->ctx;
    p->generation++;
    r->free[r->free_count++] = (uint32_t)token;
    pthread_mutex_unlock(&r->lock);
    fn(ctx, bytes, len); /* may hand in the next request at once */
}

void itc_requests_end(struct itc_requests *r, const uint8_t *bytes, size_t len)
{
    pthread_mutex_lock(&r->lock);
    r->ended = true;
    pthread_mutex_unlock(&r->lock);
    for (uint32_t i = 0; i < r->max; i++)
        if (r->place[i].generation % 2 == 1)
            itc_requests_reply(r, (uint64_t)r->place[i].generation << 32 | i, bytes, len);
}
