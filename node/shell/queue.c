#include "node/shell/queue.h"

#include "node/shell/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FAIR_EVERY 8

struct lane {
    uint8_t *ring;
    uint32_t cap, run, first, depth;
    bool held;
};

struct itc_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    size_t item_size;
    uint32_t lanes;
    uint32_t sleepers; /* consumers that wait */
    uint32_t items;    /* in all lanes that are not held */
    uint32_t takes;    /* runs handed out; every FAIR_EVERY-th begins at lane `turn` */
    uint32_t turn;
    bool poked, ended;
    struct lane lane[ITC_QUEUE_LANES_MAX];
};

struct itc_queue *itc_queue_open(
    size_t item_size, const struct itc_queue_lane *lane, uint32_t lanes)
{
    ITC_ASSERT(lanes >= 1 && lanes <= ITC_QUEUE_LANES_MAX);
    struct itc_queue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->item_size = item_size;
    q->lanes = lanes;
    pthread_mutex_init(&q->lock, NULL);
    itc_clock_cond_init(&q->filled);
    for (uint32_t i = 0; i < lanes; i++) {
        q->lane[i].cap = lane[i].cap;
        q->lane[i].run = lane[i].run;
        q->lane[i].ring = calloc(lane[i].cap, item_size);
        if (q->lane[i].ring == NULL) {
            itc_queue_close(q);
            return NULL;
        }
    }
    return q;
}

void itc_queue_close(struct itc_queue *q)
{
    if (q == NULL)
        return;
    for (uint32_t i = 0; i < q->lanes; i++)
        free(q->lane[i].ring);
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

static uint32_t append(struct itc_queue *q, struct lane *l, const uint8_t *items, uint32_t count)
{
    uint32_t fits = q->ended ? 0 : l->cap - l->depth;
    if (fits > count)
        fits = count;
    for (uint32_t i = 0; i < fits; i++) {
        uint32_t at = (l->first + l->depth) % l->cap;
        memcpy(l->ring + at * q->item_size, items + i * q->item_size, q->item_size);
        l->depth++;
    }
    q->items += l->held ? 0 : fits;
    return fits;
}

static void wake_one(struct itc_queue *q)
{
    if (q->items > 0 && q->sleepers > 0)
        pthread_cond_signal(&q->filled);
}

uint32_t itc_queue_push(struct itc_queue *q, uint32_t lane, const void *items, uint32_t count)
{
    pthread_mutex_lock(&q->lock);
    uint32_t fits = append(q, &q->lane[lane], items, count);
    wake_one(q);
    pthread_mutex_unlock(&q->lock);
    return fits;
}

uint32_t itc_queue_put(struct itc_queue *q, uint32_t lane, const void *items, uint32_t count)
{
    pthread_mutex_lock(&q->lock);
    uint32_t fits = append(q, &q->lane[lane], items, count);
    pthread_mutex_unlock(&q->lock);
    return fits;
}

void itc_queue_wake(struct itc_queue *q)
{
    pthread_mutex_lock(&q->lock);
    wake_one(q);
    pthread_mutex_unlock(&q->lock);
}

void itc_queue_poke(struct itc_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->poked = true;
    pthread_cond_signal(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

void itc_queue_end(struct itc_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->ended = true;
    q->items = 0;
    for (uint32_t i = 0; i < q->lanes; i++)
        q->lane[i].depth = 0;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

static void wait_for_items(struct itc_queue *q, uint32_t wait_ms)
{
    struct timespec until = itc_clock_deadline(wait_ms);
    q->sleepers++;
    while (q->items == 0 && !q->poked && !q->ended) {
        int rc = wait_ms == UINT32_MAX ? pthread_cond_wait(&q->filled, &q->lock)
                                       : pthread_cond_timedwait(&q->filled, &q->lock, &until);
        if (rc != 0)
            break;
    }
    q->sleepers--;
}

static uint32_t choose_lane(struct itc_queue *q)
{
    uint32_t first = 0;
    if (++q->takes % FAIR_EVERY == 0) {
        first = q->turn;
        q->turn = (q->turn + 1) % q->lanes;
    }
    for (uint32_t i = 0; i < q->lanes; i++) {
        uint32_t lane = (first + i) % q->lanes;
        if (q->lane[lane].depth > 0 && !q->lane[lane].held)
            return lane;
    }
    ITC_ASSERT(!"items counted, but none found");
    return 0;
}

static uint32_t remove_run(struct itc_queue *q, struct lane *l, uint8_t *items)
{
    uint32_t n = l->depth < l->run ? l->depth : l->run;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(items + i * q->item_size, l->ring + l->first * q->item_size, q->item_size);
        l->first = (l->first + 1) % l->cap;
    }
    l->depth -= n;
    q->items -= n;
    if (l->depth == 0)
        l->first = 0; /* a queue that is short on average touches little of its ring */
    return n;
}

uint32_t itc_queue_take(struct itc_queue *q, void *items, uint32_t wait_ms, uint32_t *lane)
{
    uint32_t n = 0;
    pthread_mutex_lock(&q->lock);
    if (q->items == 0 && wait_ms > 0)
        wait_for_items(q, wait_ms);
    q->poked = false;
    if (q->items > 0) {
        *lane = choose_lane(q);
        n = remove_run(q, &q->lane[*lane], items);
    }
    wake_one(q); /* one signal may stand for many items: the next consumer takes the rest */
    pthread_mutex_unlock(&q->lock);
    return n;
}

void itc_queue_hold(struct itc_queue *q, uint32_t lane, bool hold)
{
    pthread_mutex_lock(&q->lock);
    struct lane *l = &q->lane[lane];
    if (hold && !l->held)
        q->items -= l->depth;
    else if (!hold && l->held)
        q->items += l->depth;
    l->held = hold;
    pthread_mutex_unlock(&q->lock);
}

void itc_queue_depths(struct itc_queue *q, uint32_t *out)
{
    pthread_mutex_lock(&q->lock);
    for (uint32_t i = 0; i < q->lanes; i++)
        out[i] = q->lane[i].depth;
    pthread_mutex_unlock(&q->lock);
}
