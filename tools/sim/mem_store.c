#include "tools/sim/mem_store.h"

#include "tangle/rng.h"

#include <stdlib.h>
#include <string.h>

struct itc_mem_row {
    struct itc_mem_row *left, *right;
    uint64_t priority; /* no lower than its children's */
    size_t key_len, value_len;
    uint8_t bytes[]; /* key, then value */
};

static const uint8_t *value_of(const struct itc_mem_row *row)
{
    return row->bytes + row->key_len;
}

static struct itc_mem_row *make_row(
    uint64_t priority, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct itc_mem_row *row = malloc(sizeof *row + key_len + value_len);
    ITC_ASSERT(row);
    *row = (struct itc_mem_row){.priority = priority, .key_len = key_len, .value_len = value_len};
    memcpy(row->bytes, key, key_len);
    if (value_len > 0)
        memcpy(row->bytes + key_len, value, value_len);
    return row;
}

static void free_rows(struct itc_mem_row *row)
{
    if (!row)
        return;
    free_rows(row->left);
    free_rows(row->right);
    free(row);
}

/* <0, 0, >0: the order of keys is that of their bytes; a prefix comes first. */
static int compare(const struct itc_mem_row *row, const uint8_t *key, size_t key_len)
{
    size_t common = row->key_len < key_len ? row->key_len : key_len;
    int order = memcmp(row->bytes, key, common);
    if (order != 0)
        return order;
    return (row->key_len > key_len) - (row->key_len < key_len);
}

/* Cuts a tree in two: keys below `key`, and the rest. */
static void split(struct itc_mem_row *row, const uint8_t *key, size_t key_len,
    struct itc_mem_row **below, struct itc_mem_row **rest)
{
    if (!row) {
        *below = *rest = NULL;
        return;
    }
    if (compare(row, key, key_len) < 0) {
        split(row->right, key, key_len, &row->right, rest);
        *below = row;
    } else {
        split(row->left, key, key_len, below, &row->left);
        *rest = row;
    }
}

/* One tree of two, all keys of `a` being below those of `b`. */
static struct itc_mem_row *join(struct itc_mem_row *a, struct itc_mem_row *b)
{
    if (!a || !b)
        return a ? a : b;
    if (a->priority >= b->priority) {
        a->right = join(a->right, b);
        return a;
    }
    b->left = join(a, b->left);
    return b;
}

/* A row that is there keeps its place; a new one comes in above the first of lower priority on its key's way down. */
static void put(struct itc_mem_store *s, const struct itc_write *w)
{
    struct itc_mem_row **at = &s->rows[w->cf], **place = NULL, *old;
    uint64_t priority = itc_rng_split(0, s->rows_made++);
    int order;
    for (; (old = *at) != NULL && (order = compare(old, w->key, w->key_len)) != 0;
         at = order < 0 ? &old->right : &old->left)
        if (!place && old->priority < priority)
            place = at;
    struct itc_mem_row *row =
        make_row(old ? old->priority : priority, w->key, w->key_len, w->value, w->value_len);
    if (old) {
        row->left = old->left;
        row->right = old->right;
        *at = row;
        free(old);
        return;
    }
    place = place ? place : at;
    split(*place, w->key, w->key_len, &row->left, &row->right);
    *place = row;
}

static void erase_one(struct itc_mem_row **at, const uint8_t *key, size_t key_len)
{
    struct itc_mem_row *row;
    int order;
    while ((row = *at) != NULL && (order = compare(row, key, key_len)) != 0)
        at = order < 0 ? &row->right : &row->left;
    if (row) {
        *at = join(row->left, row->right);
        free(row);
    }
}

/* Removes `from` up to `until`, and not that. */
static void erase(struct itc_mem_row **rows, const uint8_t *from, size_t from_len,
    const uint8_t *until, size_t until_len)
{
    struct itc_mem_row *below, *middle, *above;
    split(*rows, until, until_len, &below, &above);
    split(below, from, from_len, &below, &middle);
    free_rows(middle);
    *rows = join(below, above);
}

void itc_mem_store_init(struct itc_mem_store *s)
{
    *s = (struct itc_mem_store){.rows_made = 0};
}

void itc_mem_store_free(struct itc_mem_store *s)
{
    for (int cf = 0; cf < ITC_CF_COUNT; cf++)
        free_rows(s->rows[cf]);
    itc_mem_store_init(s);
}

static struct itc_mem_row *clone_rows(const struct itc_mem_row *row)
{
    if (!row)
        return NULL;
    struct itc_mem_row *copy =
        make_row(row->priority, row->bytes, row->key_len, value_of(row), row->value_len);
    copy->left = clone_rows(row->left);
    copy->right = clone_rows(row->right);
    return copy;
}

void itc_mem_store_clone(struct itc_mem_store *out, const struct itc_mem_store *s)
{
    out->rows_made = s->rows_made;
    for (int cf = 0; cf < ITC_CF_COUNT; cf++)
        out->rows[cf] = clone_rows(s->rows[cf]);
}

void itc_mem_store_write(struct itc_mem_store *s, const struct itc_write *writes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct itc_write *w = &writes[i];
        switch (w->op) {
        case ITC_WRITE_PUT:
            put(s, w);
            break;
        case ITC_WRITE_DELETE:
            erase_one(&s->rows[w->cf], w->key, w->key_len);
            break;
        case ITC_WRITE_DELETE_RANGE:
            erase(&s->rows[w->cf], w->key, w->key_len, w->value, w->value_len);
            break;
        }
    }
}

void itc_mem_store_apply(struct itc_mem_store *s, const struct itc_actions *a)
{
    itc_mem_store_write(s, a->writes, a->writes_count);
}

static enum itc_err get(void *ctx, enum itc_cf cf, const uint8_t *key, size_t key_len, uint8_t *out,
    size_t cap, size_t *len)
{
    const struct itc_mem_store *s = ctx;
    const struct itc_mem_row *row = s->rows[cf];
    int order;
    while (row && (order = compare(row, key, key_len)) != 0)
        row = order < 0 ? row->right : row->left;
    if (!row)
        return ITC_E_UNKNOWN;
    if (row->value_len > cap)
        return ITC_E_TOO_LARGE;
    if (row->value_len > 0)
        memcpy(out, value_of(row), row->value_len);
    *len = row->value_len;
    return ITC_OK;
}

struct scan {
    const uint8_t *from;
    size_t from_len;
    itc_store_row_fn *fn;
    void *ctx;
};

/* In order, leaving out what lies before `from`; false once the callback has said so. */
static bool scan_rows(const struct itc_mem_row *row, const struct scan *s)
{
    if (!row)
        return true;
    if (compare(row, s->from, s->from_len) < 0)
        return scan_rows(row->right, s);
    return scan_rows(row->left, s) &&
           s->fn(s->ctx, row->bytes, row->key_len, value_of(row), row->value_len) &&
           scan_rows(row->right, s);
}

static void scan(void *ctx, enum itc_cf cf, const uint8_t *from, size_t from_len,
    itc_store_row_fn *fn, void *fn_ctx)
{
    static const uint8_t nothing;
    const struct itc_mem_store *s = ctx;
    struct scan from_here = {from_len > 0 ? from : &nothing, from_len, fn, fn_ctx};
    (void)scan_rows(s->rows[cf], &from_here);
}

struct itc_store itc_mem_store_reader(struct itc_mem_store *s)
{
    return (struct itc_store){.ctx = s, .get = get, .scan = scan};
}

static size_t count_rows(const struct itc_mem_row *row)
{
    return row ? 1 + count_rows(row->left) + count_rows(row->right) : 0;
}

size_t itc_mem_store_count(const struct itc_mem_store *s, enum itc_cf cf)
{
    return count_rows(s->rows[cf]);
}

const uint8_t *itc_mem_store_last(const struct itc_mem_store *s, enum itc_cf cf)
{
    const struct itc_mem_row *row = s->rows[cf];
    while (row && row->right)
        row = row->right;
    return row ? row->bytes : NULL;
}
