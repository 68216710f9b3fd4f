#include "tests/support/tangle_model.h"

#include <stdlib.h>
#include <string.h>

#include "spv/sha256.h"

void model_init(struct tangle_model *m, uint32_t capacity, uint32_t sites_max, uint32_t threshold,
    uint64_t seed)
{
    size_t bodies = (size_t)capacity * 1344 + 4 * 65536;
    size_t size = itc_window_size(capacity, bodies) + itc_tips_size(capacity) +
                  itc_open_txs_size(capacity) + itc_conflicts_size(capacity) +
                  itc_cone_size(capacity, capacity);
    *m = (struct tangle_model){.threshold = threshold, .sites_max = sites_max};
    m->block = calloc(1, size);
    m->stack = calloc(capacity, sizeof *m->stack);
    m->list = calloc(capacity, sizeof *m->list);
    m->sites = calloc(sites_max, sizeof *m->sites);
    m->txs_made = calloc(sites_max, sizeof *m->txs_made);
    ITC_ASSERT(m->block && m->stack && m->list && m->sites && m->txs_made);
    struct itc_mem mem = {m->block, size};
    itc_window_init(&m->window, &mem, capacity, bodies, seed);
    itc_tips_init(&m->tips, &mem, capacity);
    itc_open_txs_init(&m->txs, &mem, capacity, seed);
    itc_conflicts_init(&m->conflicts, &mem, capacity, MODEL_INTERVAL_MS, MODEL_LATE_WEIGHT);
    itc_cone_init(&m->cone, &mem, capacity, capacity);
    ITC_ASSERT(mem.left == 0);
    itc_rng_init(&m->rng, seed);
}

void model_free(struct tangle_model *m)
{
    free(m->block);
    free(m->stack);
    free(m->list);
    free(m->sites);
    free(m->txs_made);
}

/* What a site or tx of a number is called: any 32 bytes that differ. */
static struct itc_hash name_of(const char *kind, uint32_t number, uint64_t salt)
{
    struct itc_sha256 s;
    struct itc_hash out;
    itc_sha256_init(&s);
    itc_sha256_add(&s, kind, strlen(kind));
    itc_sha256_add(&s, &number, sizeof number);
    itc_sha256_add(&s, &salt, sizeof salt);
    itc_sha256_end(&s, &out);
    return out;
}

uint32_t model_tx_make(struct tangle_model *m, uint32_t issuer, uint64_t seq)
{
    uint32_t number = m->tx_count++;
    struct model_tx *t = &m->txs_made[number];
    t->id = name_of("tx", number, 0);
    t->tx = (struct itc_tx){.kind = ITC_KIND_DATA, .seq = seq};
    memcpy(t->tx.issuer.b, &issuer, sizeof issuer);
    return number;
}

static void count_reached(void *ctx, uint32_t site)
{
    struct tangle_model *m = ctx;
    ITC_ASSERT(m->window.vertices[site].weight == m->threshold);
    m->reached++;
}

/* Adds 1 to each site that `number` approves, also to those that have left. */
static void add_weight(struct tangle_model *m, uint32_t number, uint32_t stamp)
{
    struct model_site *s = &m->sites[number];
    if (s->mark == stamp)
        return;
    s->mark = stamp;
    s->weight++;
    for (uint32_t i = 0; i < s->parent_count; i++)
        add_weight(m, s->parents[i], stamp);
}

static void fill_body(uint8_t out[MODEL_BODY_MAX], const struct itc_hash *id)
{
    for (size_t i = 0; i < MODEL_BODY_MAX; i++)
        out[i] = (uint8_t)(id->b[i % 32] + i);
}

static void attach_to_window(struct tangle_model *m, struct model_site *s)
{
    uint8_t body[MODEL_BODY_MAX];
    fill_body(body, &s->id);
    uint32_t parents[ITC_SITE_PARENTS_MAX];
    for (uint32_t i = 0; i < s->parent_count; i++)
        parents[i] = m->sites[s->parents[i]].index;
    struct itc_arrival a = {.id = &s->id,
        .bytes = body,
        .len = s->size,
        .arrival = m->site_count,
        .anchor = s->anchor,
        .parents = parents,
        .parent_count = s->parent_count};
    enum itc_err err = itc_window_add(&m->window, &s->index, &a);
    ITC_ASSERT(err == ITC_OK);
    itc_weight_attach(&m->window, s->index, m->threshold, m->stack, count_reached, m);
    itc_tips_attach(&m->tips, &m->window, s->index);
    struct model_tx *t = &m->txs_made[s->tx];
    if (itc_open_txs_find(&m->txs, &t->id) == ITC_NONE)
        t->seen_ms = m->now_ms;
    itc_open_txs_attach(&m->txs, &m->window, s->index, &t->tx, &t->id, m->now_ms);
    itc_conflicts_attach(&m->conflicts, &m->txs, &m->window, s->index, m->now_ms++);
}

static uint32_t append(struct tangle_model *m, const struct model_site *site)
{
    ITC_ASSERT(m->site_count < m->sites_max);
    uint32_t number = m->site_count++;
    m->sites[number] = *site;
    attach_to_window(m, &m->sites[number]);
    add_weight(m, number, ++m->stamp);
    return number;
}

uint32_t model_attach(struct tangle_model *m, const uint32_t *parents, uint32_t parent_count,
    uint64_t anchor, uint32_t tx)
{
    struct model_site s = {.id = name_of("site", m->site_count, itc_rng_next(&m->rng)),
        .parent_count = parent_count,
        .anchor = anchor,
        .tx = tx,
        .open = true,
        .size = 1 + itc_rng_below(&m->rng, MODEL_BODY_MAX)};
    if (parent_count > 0)
        memcpy(s.parents, parents, parent_count * sizeof *parents);
    return append(m, &s);
}

uint32_t model_copy_site(struct tangle_model *to, const struct tangle_model *from, uint32_t number,
    const uint32_t *number_there)
{
    const struct model_site *s = &from->sites[number];
    struct model_site copy = {.id = s->id,
        .parent_count = s->parent_count,
        .anchor = s->anchor,
        .tx = model_tx_make(to, number, 0),
        .open = true,
        .size = s->size};
    for (uint32_t i = 0; i < s->parent_count; i++)
        copy.parents[i] = number_there[s->parents[i]];
    return append(to, &copy);
}

static uint32_t random_parents(struct tangle_model *m, uint32_t want, uint32_t *out)
{
    uint32_t count = 0;
    uint32_t recent = m->site_count < 20 ? m->site_count : 20;
    for (uint32_t tries = 4 * want; tries > 0 && count < want; tries--) {
        bool any = itc_rng_below(&m->rng, 8) == 0;
        uint32_t range = any ? m->site_count : recent;
        if (range == 0)
            break;
        uint32_t parent = m->site_count - 1 - itc_rng_below(&m->rng, range);
        bool usable = m->sites[parent].open;
        for (uint32_t i = 0; i < count; i++)
            usable = usable && out[i] != parent;
        if (usable)
            out[count++] = parent;
    }
    return count;
}

static uint32_t random_tx(struct tangle_model *m)
{
    uint32_t dice = itc_rng_below(&m->rng, 10);
    uint32_t recent = m->tx_count < 30 ? m->tx_count : 30;
    if (dice < 8 || recent == 0)
        return model_tx_make(m, itc_rng_below(&m->rng, 50), itc_rng_below(&m->rng, 50));
    uint32_t earlier = m->tx_count - 1 - itc_rng_below(&m->rng, recent);
    if (dice == 8)
        return earlier;
    const struct itc_tx *rival = &m->txs_made[earlier].tx;
    uint32_t issuer;
    memcpy(&issuer, rival->issuer.b, sizeof issuer);
    return model_tx_make(m, issuer, rival->seq);
}

uint32_t model_attach_random(struct tangle_model *m, uint32_t parents_max, uint64_t anchor_max)
{
    uint32_t parents[ITC_SITE_PARENTS_MAX];
    uint32_t count = random_parents(m, itc_rng_below(&m->rng, parents_max + 1), parents);
    uint64_t least = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (m->sites[parents[i]].anchor > least)
            least = m->sites[parents[i]].anchor;
    }
    ITC_ASSERT(least <= anchor_max);
    uint64_t anchor = least + itc_rng_below(&m->rng, (uint32_t)(anchor_max - least) + 1);
    return model_attach(m, parents, count, anchor, random_tx(m));
}

static void mark_past(struct tangle_model *m, uint32_t number, uint32_t stamp)
{
    struct model_site *s = &m->sites[number];
    if (!s->open || s->mark == stamp)
        return;
    s->mark = stamp;
    for (uint32_t i = 0; i < s->parent_count; i++)
        mark_past(m, s->parents[i], stamp);
}

uint32_t model_mark_cone(struct tangle_model *m, uint32_t head)
{
    uint32_t stamp = ++m->stamp;
    mark_past(m, head, stamp);
    return stamp;
}

static void remove_listed(struct tangle_model *m, uint32_t count, bool restore_tips)
{
    itc_tips_remove(&m->tips, &m->window, m->list, count);
    itc_conflicts_remove(&m->conflicts, &m->txs, &m->window, m->list, count);
    itc_open_txs_remove(&m->txs, &m->window, m->list, count);
    itc_window_remove(&m->window, m->list, count);
    if (restore_tips)
        itc_tips_restore(&m->tips, &m->window);
}

void model_remove_marked(struct tangle_model *m, uint32_t stamp, bool restore_tips)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->site_count; i++) {
        struct model_site *s = &m->sites[i];
        if (!s->open || s->mark != stamp)
            continue;
        s->open = false;
        /* In any order. */
        uint32_t to = itc_rng_below(&m->rng, count + 1);
        m->list[count] = m->list[to];
        m->list[to] = s->index;
        count++;
    }
    remove_listed(m, count, restore_tips);
}

/* Least anchor in each open site's open past. */
static void find_oldest_anchors(struct tangle_model *m)
{
    for (uint32_t i = 0; i < m->site_count; i++) {
        struct model_site *s = &m->sites[i];
        s->oldest_anchor = s->anchor;
        for (uint32_t k = 0; k < s->parent_count; k++) {
            const struct model_site *p = &m->sites[s->parents[k]];
            if (p->open && p->oldest_anchor < s->oldest_anchor)
                s->oldest_anchor = p->oldest_anchor;
        }
    }
}

void model_remove_outdated(struct tangle_model *m, uint64_t least_anchor)
{
    uint32_t count = itc_window_outdated(&m->window, m->list, least_anchor);
    find_oldest_anchors(m);
    uint32_t expected = 0;
    for (uint32_t i = 0; i < m->site_count; i++) {
        struct model_site *s = &m->sites[i];
        if (!s->open || s->oldest_anchor >= least_anchor)
            continue;
        ITC_ASSERT(expected < count && m->list[expected] == s->index);
        expected++;
        s->open = false;
    }
    ITC_ASSERT(expected == count);
    remove_listed(m, count, true);
}

/* ---- checks */

static void check_vertex(const struct tangle_model *m, const struct model_site *s)
{
    const struct itc_vertex *v = &m->window.vertices[s->index];
    const struct itc_vertex_info *info = &m->window.infos[s->index];
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->parent_count; i++) {
        const struct model_site *p = &m->sites[s->parents[i]];
        if (p->open)
            ITC_ASSERT(v->parents[count++] == p->index);
    }
    ITC_ASSERT(v->parent_count == count);
    while (count < ITC_SITE_PARENTS_MAX)
        ITC_ASSERT(v->parents[count++] == ITC_NONE);
    ITC_ASSERT(v->approvers == s->approvers);
    ITC_ASSERT(v->weight == (s->weight < m->threshold ? s->weight : m->threshold));
    ITC_ASSERT(info->anchor == s->anchor && s->anchor >= m->window.least_anchor);
    ITC_ASSERT(((v->flags & ITC_VERTEX_OLD) != 0) == (s->oldest_anchor < m->window.recent_anchor));
    uint8_t body[MODEL_BODY_MAX];
    size_t len;
    fill_body(body, &s->id);
    const uint8_t *bytes = itc_window_bytes(&m->window, s->index, &len);
    ITC_ASSERT(len == s->size && v->size == len && memcmp(bytes, body, len) == 0);
    ITC_ASSERT(info->tx == itc_open_txs_find(&m->txs, &m->txs_made[s->tx].id));
}

static void count_approvers(struct tangle_model *m)
{
    for (uint32_t i = 0; i < m->site_count; i++) {
        struct model_site *s = &m->sites[i];
        s->approvers = 0;
        for (uint32_t k = 0; s->open && k < s->parent_count; k++)
            m->sites[s->parents[k]].approvers++;
    }
}

static void check_window(struct tangle_model *m)
{
    const struct itc_window *w = &m->window;
    uint32_t at = w->oldest, before = ITC_NONE, count = 0;
    uint64_t bytes = 0;
    find_oldest_anchors(m);
    count_approvers(m);
    for (uint32_t i = 0; i < m->site_count; i++) {
        const struct model_site *s = &m->sites[i];
        if (!s->open) {
            ITC_ASSERT(itc_window_find(w, &s->id) == ITC_NONE);
            continue;
        }
        ITC_ASSERT(itc_window_find(w, &s->id) == s->index && s->index == at);
        ITC_ASSERT(w->vertices[at].older == before);
        check_vertex(m, s);
        count++;
        bytes += s->size;
        before = at;
        at = w->vertices[at].newer;
    }
    ITC_ASSERT(at == ITC_NONE && w->newest == before && w->count == count && w->bytes == bytes);
    ITC_ASSERT(w->ids.count == count);
}

static void check_tips(const struct tangle_model *m)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->site_count; i++) {
        const struct model_site *s = &m->sites[i];
        if (!s->open)
            continue;
        uint32_t slot = m->window.vertices[s->index].tip_slot;
        ITC_ASSERT((slot != 0) == (s->approvers == 0));
        if (slot == 0)
            continue;
        ITC_ASSERT(slot <= m->tips.count && m->tips.pool[slot - 1] == s->index);
        count++;
    }
    ITC_ASSERT(m->tips.count == count && m->tips.live <= count);
}

/* Greatest weight and number of the open sites that carry a tx; 0 if there is none. */
static uint32_t carriers(const struct tangle_model *m, uint32_t tx, uint32_t *weight)
{
    uint32_t count = 0;
    *weight = 0;
    for (uint32_t i = 0; i < m->site_count; i++) {
        const struct model_site *s = &m->sites[i];
        if (!s->open || s->tx != tx)
            continue;
        count++;
        if (s->weight > *weight)
            *weight = s->weight;
    }
    if (*weight > m->threshold)
        *weight = m->threshold;
    return count;
}

/* The chain of rivals holds each open tx that spends what `tx` spends, and nothing else. */
static bool check_rivals(const struct tangle_model *m, uint32_t tx)
{
    const struct model_tx *t = &m->txs_made[tx];
    uint32_t rivals = 0;
    bool rival = false;
    for (uint32_t i = 0; i < m->tx_count; i++) {
        const struct model_tx *r = &m->txs_made[i];
        uint32_t weight;
        if (r->tx.seq != t->tx.seq || !itc_key_equal(&r->tx.issuer, &t->tx.issuer) ||
            carriers(m, i, &weight) == 0)
            continue;
        rivals++;
        rival = rival || i != tx;
    }
    uint32_t at = itc_open_txs_spender(&m->txs, &t->tx.issuer, t->tx.seq);
    for (; at != ITC_NONE; at = m->txs.entries[at].rival, rivals--) {
        const struct itc_open_tx *e = &m->txs.entries[at];
        ITC_ASSERT(rivals > 0 && e->seq == t->tx.seq && itc_key_equal(&e->issuer, &t->tx.issuer));
        ITC_ASSERT(itc_open_txs_find(&m->txs, &e->id) == at);
    }
    ITC_ASSERT(rivals == 0);
    return rival;
}

static void check_txs(const struct tangle_model *m)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < m->tx_count; i++) {
        const struct model_tx *t = &m->txs_made[i];
        uint32_t entry = itc_open_txs_find(&m->txs, &t->id);
        uint32_t weight, sites = carriers(m, i, &weight);
        ITC_ASSERT((entry != ITC_NONE) == (sites > 0));
        if (sites == 0)
            continue;
        open++;
        uint32_t at = m->txs.entries[entry].site;
        uint32_t last = at;
        uint32_t anchored = m->txs.entries[entry].anchored;
        ITC_ASSERT(m->window.infos[anchored].tx == entry);
        for (; at != ITC_NONE; last = at, at = m->window.infos[at].tx_next, sites--)
            ITC_ASSERT(sites > 0 && m->window.infos[at].tx == entry &&
                       m->window.infos[at].anchor <= m->window.infos[anchored].anchor);
        ITC_ASSERT(m->txs.entries[entry].oldest_site == last);
        ITC_ASSERT(sites == 0 && itc_open_txs_weight(&m->txs, &m->window, entry) == weight);
        bool rival = check_rivals(m, i);
        uint64_t later = t->seen_ms + ITC_CONFIRM_SEEN_MS;
        ITC_ASSERT(itc_open_txs_confirmed(&m->txs, &m->window, entry, m->threshold, later) ==
                   (weight == m->threshold && !rival));
        ITC_ASSERT(!itc_open_txs_confirmed(&m->txs, &m->window, entry, m->threshold, later - 1));
    }
    ITC_ASSERT(m->txs.ids.count == open);
}

/* Marks the open sites in whose open past, themselves included, is one that carries a tx of the conflict: its first, or
 * another. */
static void mark_side(struct tangle_model *m, uint32_t slot, bool first, bool *on_side)
{
    uint32_t entry = m->conflicts.tracked[slot].first;
    const struct itc_open_tx *f = &m->txs.entries[entry];
    for (uint32_t i = 0; i < m->site_count; i++) {
        const struct model_site *s = &m->sites[i];
        const struct model_tx *t = &m->txs_made[s->tx];
        bool is_first = memcmp(&t->id, &f->id, sizeof t->id) == 0;
        on_side[i] = s->open && t->tx.seq == f->seq && itc_key_equal(&t->tx.issuer, &f->issuer) &&
                     is_first == first;
        for (uint32_t k = 0; s->open && k < s->parent_count; k++)
            on_side[i] |= on_side[s->parents[k]];
    }
}

/* Whether the first side of a conflict is at least as heavy as any other. */
static bool first_wins(const struct tangle_model *m, uint32_t slot)
{
    const struct itc_open_tx *first = &m->txs.entries[m->conflicts.tracked[slot].first];
    uint32_t weight = 0, other = 0;
    for (uint32_t i = 0; i < m->tx_count; i++) {
        const struct model_tx *t = &m->txs_made[i];
        uint32_t greatest;
        if (t->tx.seq != first->seq || !itc_key_equal(&t->tx.issuer, &first->issuer))
            continue;
        (void)carriers(m, i, &greatest);
        if (memcmp(&t->id, &first->id, sizeof t->id) == 0)
            weight = greatest;
        else if (greatest > other)
            other = greatest;
    }
    return weight >= other;
}

static void check_conflict(struct tangle_model *m, uint32_t slot, bool *loses)
{
    bool *first = calloc(2 * (size_t)m->site_count, sizeof *first), *other = first + m->site_count;
    ITC_ASSERT(first);
    mark_side(m, slot, true, first);
    mark_side(m, slot, false, other);
    bool wins = first_wins(m, slot), counts = m->now_ms < m->conflicts.tracked[slot].until_ms;
    for (uint32_t i = 0; i < m->site_count; i++) {
        const struct itc_sides *s = &m->conflicts.sides[m->sites[i].index];
        if (!m->sites[i].open)
            continue;
        ITC_ASSERT((s->first >> slot & 1) == first[i] && (s->other >> slot & 1) == other[i]);
        loses[i] |= counts && (wins ? other[i] && !first[i] : first[i] && !other[i]);
    }
    free(first);
}

static void check_conflicts(struct tangle_model *m)
{
    bool *loses = calloc(m->site_count + 1, sizeof *loses);
    ITC_ASSERT(loses);
    if (itc_conflicts_refresh(&m->conflicts, &m->txs, &m->window, m->now_ms))
        itc_tips_review(&m->tips);
    for (uint32_t slot = 0; slot < ITC_CONFLICTS; slot++)
        if (m->conflicts.used >> slot & 1)
            check_conflict(m, slot, loses);
    for (uint32_t i = 0; i < m->site_count; i++) {
        const struct model_site *s = &m->sites[i];
        ITC_ASSERT(!s->open || itc_conflicts_loses(&m->conflicts, s->index) == loses[i]);
        if (s->open)
            ITC_ASSERT(((m->conflicts.sides[s->index].first | m->conflicts.sides[s->index].other) &
                           ~m->conflicts.used) == 0);
    }
    free(loses);
}

void model_check(struct tangle_model *m)
{
    check_conflicts(m);
    check_window(m);
    check_tips(m);
    check_txs(m);
}

/* Weight of each site within the open past of `head`; 0: outside. By number; free it. */
static uint32_t *weigh_cone(struct tangle_model *m, uint32_t head)
{
    uint32_t *weights = calloc(m->site_count, sizeof *weights);
    bool *inside = calloc(m->site_count, sizeof *inside);
    ITC_ASSERT(weights && inside);
    uint32_t stamp = model_mark_cone(m, head);
    for (uint32_t i = 0; i < m->site_count; i++)
        inside[i] = m->sites[i].mark == stamp;
    for (uint32_t i = 0; i < m->site_count; i++) {
        if (!inside[i])
            continue;
        stamp = model_mark_cone(m, i);
        for (uint32_t k = 0; k <= i; k++)
            weights[k] += m->sites[k].mark == stamp;
    }
    free(inside);
    return weights;
}

/* Sites that come before `number`: with more weight, or as much and a smaller id. */
static uint32_t place(const struct tangle_model *m, const uint32_t *weights, uint32_t number)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < m->site_count; i++) {
        int ids = memcmp(m->sites[i].id.b, m->sites[number].id.b, sizeof m->sites[i].id);
        if (weights[i] > weights[number] || (weights[i] == weights[number] && ids < 0))
            before++;
    }
    return before;
}

void model_check_cone(struct tangle_model *m, uint32_t head)
{
    struct itc_cone *c = &m->cone;
    itc_cone_clear(c);
    enum itc_err err =
        itc_cone_add(c, &m->window, m->sites[head].index, c->capacity, UINT64_MAX, 0);
    ITC_ASSERT(err == ITC_OK);
    itc_cone_order_init(c, &m->window);
    while (!itc_cone_order(c, &m->window, 1))
        ;
    uint32_t *weights = weigh_cone(m, head);
    uint32_t count = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < m->site_count; i++) {
        if (weights[i] == 0)
            continue;
        uint32_t at = place(m, weights, i);
        ITC_ASSERT(at < c->count && c->sites[at] == m->sites[i].index);
        ITC_ASSERT(c->weights[at] == weights[i]);
        count++;
        bytes += m->sites[i].size;
    }
    ITC_ASSERT(c->count == count && c->bytes == bytes);
    free(weights);
}
