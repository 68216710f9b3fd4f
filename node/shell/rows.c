#include "node/shell/rows.h"

#include <stdlib.h>
#include <string.h>

#define USUAL_ROWS (1u << 18)
#define USUAL_BYTES ((size_t)32 << 20)
#define SORT_FROM 64 /* rows of a family; fewer are not worth it */

struct itc_row {
    size_t at; /* of the key; the value follows */
    size_t value_len;
    uint32_t key_len;
    uint8_t op, cf;
};

static void *resized(void *p, size_t count, size_t size)
{
    p = realloc(p, count * size);
    ITC_ASSERT(p != NULL);
    return p;
}

static void resize_rows(struct itc_rows *r, uint32_t cap)
{
    r->cap = cap;
    r->rows = resized(r->rows, cap, sizeof *r->rows);
    r->items = resized(r->items, cap, 2 * sizeof *r->items);
}

static void resize_bytes(struct itc_rows *r, size_t cap)
{
    r->bytes_cap = cap;
    r->bytes = resized(r->bytes, cap, 1);
}

static void make_room(struct itc_rows *r, uint32_t rows, size_t bytes)
{
    if (r->count + rows > r->cap)
        resize_rows(r, 2 * (r->count + rows));
    if (r->len + bytes > r->bytes_cap)
        resize_bytes(r, 2 * (r->len + bytes));
}

void itc_rows_init(struct itc_rows *r)
{
    resize_rows(r, USUAL_ROWS);
    resize_bytes(r, USUAL_BYTES);
}

void itc_rows_add(struct itc_rows *r, const struct itc_actions *actions)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < actions->writes_count; i++)
        bytes += actions->writes[i].key_len + actions->writes[i].value_len;
    make_room(r, actions->writes_count, bytes);
    for (uint32_t i = 0; i < actions->writes_count; i++) {
        const struct itc_write *w = &actions->writes[i];
        r->rows[r->count++] = (struct itc_row){.at = r->len,
            .key_len = (uint32_t)w->key_len,
            .value_len = w->value_len,
            .op = (uint8_t)w->op,
            .cf = (uint8_t)w->cf};
        memcpy(r->bytes + r->len, w->key, w->key_len);
        if (w->value_len > 0) /* then `value` may be NULL */
            memcpy(r->bytes + r->len + w->key_len, w->value, w->value_len);
        r->len += w->key_len + w->value_len;
        r->ranged[w->cf] |= w->op == ITC_WRITE_DELETE_RANGE;
    }
    r->batch = actions->batch;
}

static struct itc_key_item item_of(const struct itc_rows *r, uint32_t number)
{
    const struct itc_row *row = &r->rows[number];
    struct itc_hash key = {.b = {0}};
    memcpy(key.b, r->bytes + row->at, row->key_len < sizeof key.b ? row->key_len : sizeof key.b);
    return itc_key_item_of(&key, number);
}

/* Fills r->items with the rows of a family; returns their number. */
static uint32_t put_in_order(struct itc_rows *r, enum itc_cf cf)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->rows[i].cf == cf)
            r->items[count++] = item_of(r, i);
    if (count >= SORT_FROM && !r->ranged[cf])
        itc_key_sort_prefixes(r->items, r->items + r->cap, count);
    return count;
}

void itc_rows_visit(struct itc_rows *r, void (*fn)(void *ctx, const struct itc_write *w), void *ctx)
{
    for (int cf = 0; cf < ITC_CF_COUNT; cf++) {
        uint32_t count = put_in_order(r, (enum itc_cf)cf);
        for (uint32_t i = 0; i < count; i++) {
            const struct itc_row *row = &r->rows[r->items[i].number];
            const uint8_t *key = r->bytes + row->at;
            fn(ctx, &(struct itc_write){.op = (enum itc_write_op)row->op,
                        .cf = (enum itc_cf)cf,
                        .key = key,
                        .key_len = row->key_len,
                        .value = key + row->key_len,
                        .value_len = row->value_len});
        }
    }
}

void itc_rows_clear(struct itc_rows *r)
{
    if (r->cap > USUAL_ROWS)
        resize_rows(r, USUAL_ROWS);
    if (r->bytes_cap > USUAL_BYTES)
        resize_bytes(r, USUAL_BYTES);
    r->count = 0;
    r->len = 0;
    memset(r->ranged, 0, sizeof r->ranged);
}

void itc_rows_free(struct itc_rows *r)
{
    free(r->rows);
    free(r->items);
    free(r->bytes);
    *r = (struct itc_rows){0};
}
