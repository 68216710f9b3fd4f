#include "node/shell/parked.h"

#include <stdlib.h>
#include <string.h>

/* Records are whole: one that does not fit before the end of the ring begins at its start again, and `wrap`
 * remembers where the rest was left empty. */
struct itc_parked {
    size_t cap, first, next, wrap;
    uint32_t count;
    uint8_t *ring;
};

struct itc_parked *itc_parked_open(size_t cap)
{
    struct itc_parked *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->cap = p->wrap = cap;
    p->ring = malloc(cap);
    if (p->ring == NULL) {
        free(p);
        return NULL;
    }
    return p;
}

void itc_parked_close(struct itc_parked *p)
{
    if (p == NULL)
        return;
    free(p->ring);
    free(p);
}

static bool make_room(struct itc_parked *p, size_t need)
{
    if (p->count == 0) { /* a queue that is short on average touches little of its ring */
        p->first = p->next = 0;
        p->wrap = p->cap;
    }
    bool wrapped = p->count > 0 && p->next <= p->first;
    if (wrapped)
        return p->first - p->next >= need;
    if (p->cap - p->next >= need)
        return true;
    if (p->first < need)
        return false;
    p->wrap = p->next;
    p->next = 0;
    return true;
}

bool itc_parked_add(struct itc_parked *p, const struct itc_parked_item *item)
{
    size_t need = sizeof *item + item->len;
    if (!make_room(p, need))
        return false;
    memcpy(p->ring + p->next, item, sizeof *item);
    memcpy(p->ring + p->next + sizeof *item, item->bytes, item->len);
    p->next += need;
    p->count++;
    return true;
}

bool itc_parked_take(struct itc_parked *p, uint64_t durable, struct itc_parked_item *out)
{
    if (p->count == 0)
        return false;
    if (p->first == p->wrap) {
        p->first = 0;
        p->wrap = p->cap;
    }
    struct itc_parked_item item;
    memcpy(&item, p->ring + p->first, sizeof item);
    if (item.after > durable)
        return false;
    item.bytes = p->ring + p->first + sizeof item;
    p->first += sizeof item + item.len;
    p->count--;
    *out = item;
    return true;
}

uint32_t itc_parked_count(const struct itc_parked *p)
{
    return p->count;
}
