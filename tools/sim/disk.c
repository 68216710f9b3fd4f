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
    if (d->has_image)
        itc_mem_store_free(&d->image);
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

void itc_disk_replace(struct itc_disk *d)
{
    itc_disk_free(d);
    itc_disk_init(d);
}

void itc_disk_keep_image(struct itc_disk *d)
{
    if (d->has_image)
        itc_mem_store_free(&d->image);
    itc_mem_store_clone(&d->image, &d->durable);
    d->has_image = true;
}

bool itc_disk_put_back(struct itc_disk *d)
{
    if (!d->has_image)
        return false;
    itc_mem_store_free(&d->durable);
    d->durable = d->image;
    d->has_image = false;
    itc_disk_crash(d);
    return true;
}

#define ROW_MAX ((size_t)64 << 10)

/* One row out of all, by chance. */
struct rot {
    uint32_t left; /* rows to pass over */
    struct itc_store_key key;
    uint8_t value[ROW_MAX];
    size_t value_len;
};

static bool choose_row(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct rot *r = ctx;
    ITC_ASSERT(value_len <= sizeof r->value);
    memcpy(r->key.b, key, key_len);
    r->key.len = key_len;
    memcpy(r->value, value, value_len);
    r->value_len = value_len;
    return r->left-- > 0;
}

bool itc_disk_rot(struct itc_disk *d, uint32_t chance)
{
    size_t rows = itc_mem_store_count(&d->durable, ITC_CF_VOTE);
    if (rows == 0)
        return false;
    struct rot r = {.left = chance % (uint32_t)rows};
    struct itc_store store = itc_mem_store_reader(&d->durable);
    store.scan(store.ctx, ITC_CF_VOTE, r.key.b, 0, choose_row, &r);
    r.value[chance / rows % r.value_len] ^= (uint8_t)(1u << chance % 8);
    const struct itc_write w = {.op = ITC_WRITE_PUT,
        .cf = ITC_CF_VOTE,
        .key = r.key.b,
        .key_len = r.key.len,
        .value = r.value,
        .value_len = r.value_len};
    itc_mem_store_write(&d->durable, &w, 1);
    itc_disk_crash(d);
    return true;
}
