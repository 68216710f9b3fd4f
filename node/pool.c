/* pool.c - see pool.h. */
#include "node/pool.h"

#define SPEND_KEY (sizeof(struct itc_key) + sizeof(uint64_t))

_Static_assert(offsetof(struct itc_pool_tx, seq) ==
                   offsetof(struct itc_pool_tx, issuer) + sizeof(struct itc_key),
    "issuer and seq are one key");

size_t itc_pool_size(uint32_t txs, size_t bytes)
{
    return itc_mem_rounded(txs * sizeof(struct itc_pool_tx)) + 2 * itc_index_size(txs) +
           itc_slab_size(bytes) + itc_fair_size(txs);
}

void itc_pool_init(
    struct itc_pool *p, struct itc_mem *mem, uint32_t txs, size_t bytes, uint64_t seed)
{
    p->txs = itc_mem_take(mem, txs * sizeof(struct itc_pool_tx));
    itc_index_init(
        &p->ids, mem, txs, seed, p->txs, sizeof(struct itc_pool_tx), sizeof(struct itc_hash));
    itc_index_init(
        &p->spends, mem, txs, seed, &p->txs[0].issuer, sizeof(struct itc_pool_tx), SPEND_KEY);
    itc_slab_init(&p->bodies, mem, bytes);
    itc_fair_init(&p->fair, mem, txs, txs, bytes, seed); /* what the pool holds may all be ready */
    p->capacity = txs;
    p->fresh = 0;
    p->free_list = ITC_NONE;
    p->count = 0;
    p->queue_first = ITC_NONE;
    p->queue_last = ITC_NONE;
    p->queued = 0;
}

uint32_t itc_pool_spender(const struct itc_pool *p, const struct itc_key *issuer, uint64_t seq)
{
    struct itc_pool_tx key = {.issuer = *issuer, .seq = seq};
    return itc_index_find(&p->spends, &key.issuer);
}

enum itc_err itc_pool_add(struct itc_pool *p, uint32_t *out, const struct itc_hash *id,
    const struct itc_tx *tx, const uint8_t *bytes, size_t len)
{
    uint32_t body;
    if (itc_index_find(&p->ids, id) != ITC_NONE)
        return ITC_E_DUPLICATE;
    if (itc_pool_spender(p, &tx->issuer, tx->seq) != ITC_NONE)
        return ITC_E_SEQUENCE;
    if (p->free_list == ITC_NONE && p->fresh == p->capacity)
        return ITC_E_FULL;
    enum itc_err e = itc_slab_put(&p->bodies, &body, bytes, len);
    if (e != ITC_OK)
        return e;
    uint32_t entry = p->free_list;
    if (entry == ITC_NONE)
        entry = p->fresh++;
    else
        p->free_list = p->txs[entry].next;
    p->txs[entry] = (struct itc_pool_tx){.id = *id,
        .issuer = tx->issuer,
        .seq = tx->seq,
        .valid_until = tx->valid_until,
        .body = body,
        .next = ITC_NONE,
        .state = ITC_POOL_CHECKING};
    itc_index_add(&p->ids, entry);
    itc_index_add(&p->spends, entry);
    p->count++;
    *out = entry;
    return ITC_OK;
}

uint32_t itc_pool_find(const struct itc_pool *p, const struct itc_hash *id)
{
    return itc_index_find(&p->ids, id);
}

/* In a queue, or nowhere. */
static bool waits(const struct itc_pool_tx *t)
{
    return t->state == ITC_POOL_QUEUED || t->state == ITC_POOL_READY || t->state == ITC_POOL_FREE;
}

void itc_pool_queue(struct itc_pool *p, uint32_t entry, uint64_t not_before)
{
    struct itc_pool_tx *t = &p->txs[entry];
    ITC_ASSERT(!waits(t));
    t->state = ITC_POOL_QUEUED;
    t->not_before = not_before;
    t->next = ITC_NONE;
    if (p->queue_last == ITC_NONE)
        p->queue_first = entry;
    else
        p->txs[p->queue_last].next = entry;
    p->queue_last = entry;
    p->queued++;
}

uint32_t itc_pool_dequeue(struct itc_pool *p)
{
    uint32_t entry = p->queue_first;
    p->queue_first = p->txs[entry].next;
    if (p->queue_first == ITC_NONE)
        p->queue_last = ITC_NONE;
    p->queued--;
    p->txs[entry].state = ITC_POOL_WORKING;
    return entry;
}

bool itc_pool_ready(struct itc_pool *p, uint32_t entry, uint64_t weight)
{
    struct itc_pool_tx *t = &p->txs[entry];
    size_t len;
    ITC_ASSERT(!waits(t));
    (void)itc_slab_get(&p->bodies, t->body, &len);
    if (itc_fair_push(&p->fair, entry, &t->issuer, weight, (uint32_t)len) != ITC_OK)
        return false;
    t->state = ITC_POOL_READY;
    return true;
}

uint32_t itc_pool_next(const struct itc_pool *p)
{
    return itc_fair_next(&p->fair);
}

void itc_pool_take(struct itc_pool *p, uint32_t entry, bool works)
{
    if (works)
        itc_fair_serve(&p->fair, entry);
    else
        itc_fair_remove(&p->fair, entry);
    p->txs[entry].state = ITC_POOL_WORKING;
}

void itc_pool_remove(struct itc_pool *p, uint32_t entry)
{
    struct itc_pool_tx *t = &p->txs[entry];
    ITC_ASSERT(!waits(t));
    itc_index_remove(&p->ids, entry);
    itc_index_remove(&p->spends, entry);
    itc_slab_free(&p->bodies, t->body);
    t->state = ITC_POOL_FREE;
    t->next = p->free_list;
    p->free_list = entry;
    p->count--;
}
