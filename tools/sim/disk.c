#include "tools/sim/disk.h"

#include <stdlib.h>
#include <string.h>

struct itc_disk_batch {
    struct itc_disk_batch *next;
    uint64_t number;
    uint32_t writes_count;
    struct itc_write *writes; /* keys and values lie behind the array */
};

static struct itc_disk_batch *copy_batch(const struct itc_actions *a)
{
    size_t size = a->writes_count * sizeof *a->writes;
    for (uint32_t i = 0; i < a->writes_count; i++)
        size += a->writes[i].key_len + a->writes[i].value_len;
    struct itc_disk_batch *b = malloc(sizeof *b + size);
    ITC_ASSERT(b);
    *b = (struct itc_disk_batch){.number = a->batch, .writes_count = a->writes_count};
    b->writes = (struct itc_write *)(b + 1);
    uint8_t *at = (uint8_t *)(b->writes + a->writes_count);
    for (uint32_t i = 0; i < a->writes_count; i++) {
        struct itc_write *w = &b->writes[i];
        *w = a->writes[i];
        memcpy(at, w->key, w->key_len);
        memcpy(at + w->key_len, w->value, w->value_len);
        w->key = at;
        w->value = at + w->key_len;
        at += w->key_len + w->value_len;
    }
    return b;
}

static struct itc_disk_batch *take_first(struct itc_disk *d)
{
    struct itc_disk_batch *b = d->first;
    d->first = b->next;
    if (!d->first)
        d->last = NULL;
    return b;
}

static void forget_batches(struct itc_disk *d)
{
    while (d->first)
        free(take_first(d));
    d->written_batch = d->durable_batch = 0;
}

void itc_disk_init(struct itc_disk *d)
{
    *d = (struct itc_disk){.written_batch = 0};
    itc_mem_store_init(&d->live);
    itc_mem_store_init(&d->durable);
}

void itc_disk_free(struct itc_disk *d)
{
    forget_batches(d);
    itc_mem_store_free(&d->live);
    itc_mem_store_free(&d->durable);
}

void itc_disk_write(struct itc_disk *d, const struct itc_actions *a)
{
    if (a->batch == 0)
        return;
    ITC_ASSERT(a->batch == d->written_batch + 1);
    d->written_batch = a->batch;
    itc_mem_store_apply(&d->live, a);
    struct itc_disk_batch *b = copy_batch(a);
    if (d->last)
        d->last->next = b;
    else
        d->first = b;
    d->last = b;
}

void itc_disk_sync(struct itc_disk *d, uint64_t batch)
{
    while (d->first && d->first->number <= batch) {
        struct itc_disk_batch *b = take_first(d);
        itc_mem_store_write(&d->durable, b->writes, b->writes_count);
        d->durable_batch = b->number;
        free(b);
    }
}

void itc_disk_crash(struct itc_disk *d)
{
    forget_batches(d);
    itc_mem_store_free(&d->live);
    itc_mem_store_clone(&d->live, &d->durable);
}
