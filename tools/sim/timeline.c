#include "tools/sim/timeline.h"

#include <stdlib.h>

static bool earlier(const struct itc_due *a, const struct itc_due *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct itc_due *a, struct itc_due *b)
{
    struct itc_due c = *a;
    *a = *b;
    *b = c;
}

void itc_timeline_init(struct itc_timeline *t)
{
    *t = (struct itc_timeline){.heap = NULL};
}

void itc_timeline_free(struct itc_timeline *t, void (*discard)(void *what))
{
    for (size_t i = 0; i < t->count; i++)
        discard(t->heap[i].what);
    free(t->heap);
    itc_timeline_init(t);
}

static void reserve(struct itc_timeline *t)
{
    if (t->count < t->capacity)
        return;
    t->capacity = t->capacity > 0 ? 2 * t->capacity : 64;
    t->heap = realloc(t->heap, t->capacity * sizeof *t->heap);
    ITC_ASSERT(t->heap);
}

void itc_timeline_add(struct itc_timeline *t, uint64_t at_ms, void *what)
{
    reserve(t);
    size_t i = t->count++;
    t->heap[i] = (struct itc_due){at_ms, t->arrivals++, what};
    for (; i > 0 && earlier(&t->heap[i], &t->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&t->heap[i], &t->heap[(i - 1) / 2]);
}

const struct itc_due *itc_timeline_peek(const struct itc_timeline *t)
{
    return t->count > 0 ? &t->heap[0] : NULL;
}

void *itc_timeline_pop(struct itc_timeline *t)
{
    ITC_ASSERT(t->count > 0);
    void *what = t->heap[0].what;
    t->heap[0] = t->heap[--t->count];
    for (size_t i = 0, child; (child = 2 * i + 1) < t->count; i = child) {
        if (child + 1 < t->count && earlier(&t->heap[child + 1], &t->heap[child]))
            child++;
        if (!earlier(&t->heap[child], &t->heap[i]))
            break;
        swap(&t->heap[child], &t->heap[i]);
    }
    return what;
}
