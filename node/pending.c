/* pending.c - see pending.h. */
#include "node/pending.h"

#define SLOTS ITC_SITE_PARENTS_MAX

size_t itc_pending_size(const struct itc_limits *l)
{
    uint32_t sites = l->pending_sites;
    return itc_mem_rounded(sites * sizeof(struct itc_pending_site)) + 2 * itc_index_size(sites) +
           3 * itc_mem_rounded(sites * sizeof(uint32_t)) + itc_slab_size(l->pending_bytes) +
           itc_mem_rounded(l->wanted * sizeof(struct itc_wanted)) + itc_index_size(l->wanted) +
           itc_mem_rounded(l->peers * sizeof(uint32_t));
}

void itc_pending_init(
    struct itc_pending *p, struct itc_mem *mem, const struct itc_limits *l, uint64_t seed)
{
    uint32_t sites = l->pending_sites, wanted = l->wanted;
    p->sites = itc_mem_take(mem, sites * sizeof(struct itc_pending_site));
    itc_index_init(&p->ids, mem, sites, seed, p->sites, sizeof(struct itc_pending_site),
        sizeof(struct itc_hash));
    itc_index_init(&p->txs, mem, sites, seed, &p->sites[0].tx, sizeof(struct itc_pending_site),
        sizeof(struct itc_hash));
    itc_slab_init(&p->bodies, mem, l->pending_bytes);
    p->wanted = itc_mem_take(mem, wanted * sizeof(struct itc_wanted));
    itc_index_init(&p->wanted_ids, mem, wanted, seed, p->wanted, sizeof(struct itc_wanted),
        sizeof(struct itc_hash));
    p->ready = itc_mem_take(mem, sites * sizeof(uint32_t));
    p->order = itc_mem_take(mem, sites * sizeof(uint32_t));
    p->path = itc_mem_take(mem, sites * sizeof(uint32_t));
    p->shares = itc_mem_take(mem, l->peers * sizeof(uint32_t));
    p->ready_count = 0;
    p->anchors_left = false;
    p->early = 0;
    p->hand = 0;
    p->orphans = 0;
    p->capacity = sites;
    p->fresh = 0;
    p->free_list = ITC_NONE;
    p->count = 0;
    p->wanted_capacity = wanted;
    p->wanted_fresh = 0;
    p->wanted_free = ITC_NONE;
    p->wanted_per_peer = l->wanted_per_peer;
}

enum itc_err itc_pending_add(struct itc_pending *p, uint32_t *out, const struct itc_hash *id,
    const uint8_t *bytes, size_t len, uint64_t anchor, uint32_t peer, uint64_t now_ms)
{
    uint32_t body;
    if (p->free_list == ITC_NONE && p->fresh == p->capacity)
        return ITC_E_FULL;
    enum itc_err e = itc_slab_put(&p->bodies, &body, bytes, len);
    if (e != ITC_OK)
        return e;
    uint32_t site = p->free_list;
    if (site == ITC_NONE)
        site = p->fresh++;
    else
        p->free_list = p->sites[site].links[0];
    struct itc_pending_site *s = &p->sites[site];
    *s = (struct itc_pending_site){.id = *id,
        .anchor = anchor,
        .since_ms = now_ms,
        .body = body,
        .peer = peer,
        .link = peer,
        .state = ITC_PENDING_CHECKING};
    for (uint32_t i = 0; i < SLOTS; i++)
        s->wants[i] = ITC_NONE;
    itc_index_add(&p->ids, site);
    p->count++;
    *out = site;
    return ITC_OK;
}

uint32_t itc_pending_find(const struct itc_pending *p, const struct itc_hash *id)
{
    return itc_index_find(&p->ids, id);
}

void itc_pending_need(struct itc_pending *p, uint32_t site)
{
    struct itc_pending_site *s = &p->sites[site];
    s->needed = true;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (s->wants[slot] != ITC_NONE)
            p->wanted[s->wants[slot]].needed = true;
    }
}

void itc_pending_decode(const struct itc_pending *p, uint32_t site, struct itc_site *out,
    const uint8_t **bytes, size_t *len)
{
    *bytes = itc_slab_get(&p->bodies, p->sites[site].body, len);
    enum itc_err e = itc_site_decode(out, *bytes, *len);
    ITC_ASSERT(e == ITC_OK);
}

uint32_t itc_pending_claim(struct itc_pending *p, uint32_t site, const struct itc_hash *tx)
{
    struct itc_pending_site *s = &p->sites[site];
    uint32_t first = itc_index_find(&p->txs, tx);
    if (first != ITC_NONE)
        return first;
    s->tx = *tx;
    s->claims = true;
    itc_index_add(&p->txs, site);
    return site;
}

void itc_pending_disclaim(struct itc_pending *p, uint32_t site)
{
    if (p->sites[site].claims)
        itc_index_remove(&p->txs, site);
    p->sites[site].claims = false;
}

static uint32_t wanted_new(
    struct itc_pending *p, const struct itc_hash *id, const struct itc_pending_site *by)
{
    if (by->link != ITC_NONE && !by->needed && p->shares[by->link] >= p->wanted_per_peer)
        return ITC_NONE;
    uint32_t w = p->wanted_free;
    if (w != ITC_NONE)
        p->wanted_free = p->wanted[w].tries;
    else if (p->wanted_fresh < p->wanted_capacity)
        w = p->wanted_fresh++;
    else
        return ITC_NONE;
    p->wanted[w] =
        (struct itc_wanted){.id = *id, .waiters = ITC_NONE, .peer = ITC_NONE, .link = by->link};
    if (by->link != ITC_NONE)
        p->shares[by->link]++;
    itc_index_add(&p->wanted_ids, w);
    return w;
}

static void wanted_free(struct itc_pending *p, uint32_t w)
{
    itc_index_remove(&p->wanted_ids, w);
    if (p->wanted[w].link != ITC_NONE)
        p->shares[p->wanted[w].link]--;
    p->wanted[w].waiters = ITC_NONE;
    p->wanted[w].tries = p->wanted_free;
    p->wanted_free = w;
}

enum itc_err itc_pending_want(struct itc_pending *p, uint32_t site, uint32_t slot,
    const struct itc_hash *id, uint32_t *wanted, bool *fresh)
{
    struct itc_pending_site *s = &p->sites[site];
    uint32_t w = itc_index_find(&p->wanted_ids, id);
    *fresh = w == ITC_NONE;
    if (w == ITC_NONE)
        w = wanted_new(p, id, s);
    if (w == ITC_NONE)
        return ITC_E_FULL;
    uint32_t link = site * SLOTS + slot, next = p->wanted[w].waiters;
    s->wants[slot] = w;
    s->links[slot] = next;
    s->before[slot] = ITC_NONE;
    if (next != ITC_NONE)
        p->sites[next / SLOTS].before[next % SLOTS] = link;
    p->wanted[w].waiters = link;
    p->wanted[w].needed |= s->needed;
    s->missing++;
    *wanted = w;
    return ITC_OK;
}

/* Takes link (site, slot) out of its wanted entry's list, which may be long: a stranger's sites may all wait for one. */
static void unlink_waiter(struct itc_pending *p, uint32_t site, uint32_t slot)
{
    struct itc_pending_site *s = &p->sites[site];
    uint32_t w = s->wants[slot], next = s->links[slot], before = s->before[slot];
    if (before == ITC_NONE)
        p->wanted[w].waiters = next;
    else
        p->sites[before / SLOTS].links[before % SLOTS] = next;
    if (next != ITC_NONE)
        p->sites[next / SLOTS].before[next % SLOTS] = before;
    s->wants[slot] = ITC_NONE;
    s->missing--;
    if (p->wanted[w].waiters == ITC_NONE)
        wanted_free(p, w);
}

void itc_pending_remove(struct itc_pending *p, uint32_t site)
{
    struct itc_pending_site *s = &p->sites[site];
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (s->wants[slot] != ITC_NONE)
            unlink_waiter(p, site, slot);
    }
    itc_index_remove(&p->ids, site);
    itc_pending_disclaim(p, site);
    itc_slab_free(&p->bodies, s->body);
    s->state = ITC_PENDING_FREE;
    s->links[0] = p->free_list;
    p->free_list = site;
    p->count--;
}

uint32_t itc_pending_resolve(struct itc_pending *p, const struct itc_hash *id)
{
    uint32_t w = itc_index_find(&p->wanted_ids, id);
    if (w == ITC_NONE)
        return ITC_NONE;
    uint32_t link = p->wanted[w].waiters;
    unlink_waiter(p, link / SLOTS, link % SLOTS);
    return link / SLOTS;
}
