/* contest_stone.c - milestones: what a node proposes, and what it decides. */
#include "tools/sim/study/contest_internal.h"

#include <stdlib.h>

/* Which open sites of a view hold the payment, or have such a site in their open past: k->holds, by index. */
static void mark_payment(struct contest *k, uint32_t view)
{
    const struct itc_window *w = &k->views[view].window;
    for (uint32_t i = w->oldest; i != ITC_NONE; i = w->vertices[i].newer) {
        k->holds[i] = k->sites[contest_number_at(&k->views[view], i)].tx == PAYMENT;
        for (uint32_t n = 0; n < w->vertices[i].parent_count; n++)
            k->holds[i] |= k->holds[w->vertices[i].parents[n]];
    }
}

/* All that the proposing node sees, but for what it leaves out. */
static void collect(struct contest *k, uint32_t view)
{
    struct view *v = &k->views[view];
    bool late = !k->c->heaviest_only && !k->c->faulty_primary &&
                itc_conflicts_mark_late(&v->conflicts, &v->txs, &v->window, k->now_us / 1000);
    bool rival = k->c->faulty_primary && contest_entry_of(k, view, RIVAL) != ITC_NONE;
    if (rival)
        mark_payment(k, view);
    itc_cone_clear(&k->cone);
    for (uint32_t i = v->window.oldest; i != ITC_NONE; i = v->window.vertices[i].newer) {
        if ((late && (v->window.vertices[i].flags & ITC_VERTEX_LATE) != 0) ||
            (rival && k->holds[i]))
            continue;
        enum itc_err e = itc_cone_add(&k->cone, &v->window, i, k->cone.capacity, UINT64_MAX, 0);
        ITC_ASSERT(e == ITC_OK);
    }
}

/* Which of the two comes first; SIDES if neither is in the cone. */
static enum side first_by_weight(const struct contest *k)
{
    for (uint32_t i = 0; i < k->cone.count; i++)
        if (k->sites[k->numbers[i]].tx < SIDES)
            return (enum side)k->sites[k->numbers[i]].tx;
    return SIDES;
}

static void step_into(struct step *step, const struct view *v, uint32_t site)
{
    const struct itc_vertex *vertex = &v->window.vertices[site];
    struct itc_hash ids[ITC_SITE_PARENTS_MAX];
    *step = (struct step){.site = site, .count = vertex->parent_count};
    for (uint32_t i = 0; i < step->count; i++)
        ids[i] = v->window.infos[vertex->parents[i]].id;
    itc_hash_sort(ids, step->count);
    for (uint32_t i = 0; i < step->count; i++)
        step->parents[i] = itc_window_find(&v->window, &ids[i]);
}

/* White flag: the first of the two spends in post-order from `head` on, over what has not got the mark `seen`. */
static enum side first_below(struct contest *k, struct view *v, uint32_t head, uint32_t seen)
{
    uint32_t height = 1;
    step_into(&k->steps[0], v, head);
    v->window.vertices[head].mark = seen;
    while (height > 0) {
        struct step *step = &k->steps[height - 1];
        if (step->next == step->count) {
            uint32_t tx = k->sites[contest_number_at(v, step->site)].tx;
            if (tx < SIDES)
                return (enum side)tx;
            height--;
            continue;
        }
        uint32_t parent = step->parents[step->next++];
        if (v->window.vertices[parent].mark == seen)
            continue;
        v->window.vertices[parent].mark = seen;
        step_into(&k->steps[height++], v, parent);
    }
    return SIDES;
}

static int by_id(const void *a, const void *b)
{
    const struct site *const *x = a, *const *y = b;
    return itc_hash_compare(&(*x)->id, &(*y)->id);
}

static enum side first_by_white_flag(struct contest *k, uint32_t view)
{
    struct view *v = &k->views[view];
    struct site **heads = contest_take(v->window.count + 1, sizeof *heads);
    uint32_t count = 0, seen = itc_window_stamp(&v->window);
    enum side found = SIDES;
    for (uint32_t i = v->window.oldest; i != ITC_NONE; i = v->window.vertices[i].newer)
        if (v->window.vertices[i].approvers == 0)
            heads[count++] = &k->sites[contest_number_at(v, i)];
    qsort(heads, count, sizeof *heads, by_id);
    for (uint32_t i = 0; i < count && found == SIDES; i++)
        found = first_below(k, v, heads[i]->at[view], seen);
    free(heads);
    return found;
}

static void decide(struct contest *k, enum side by_weight, enum side by_white_flag)
{
    if (by_weight == SIDES || k->decided || contest_is_for_all(k->c))
        return;
    k->decided = true;
    k->out->decided_s = (double)(k->now_us - k->begin_us) / US;
    k->out->flipped = k->confirmed != SIDES && by_weight != k->confirmed;
    k->out->flipped_white = k->confirmed != SIDES && by_white_flag != k->confirmed;
}

/* A node that lacks a site of the cone is sent it; parents have lower numbers. */
static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void leave(struct contest *k, uint32_t view, uint32_t count)
{
    struct view *v = &k->views[view];
    for (uint32_t i = 0; i < count; i++)
        contest_see(k, view, k->numbers[i]);
    for (uint32_t i = 0; i < count; i++) {
        k->stack[i] = k->sites[k->numbers[i]].at[view];
        k->sites[k->numbers[i]].at[view] = FINAL;
    }
    itc_tips_remove(&v->tips, &v->window, k->stack, count);
    itc_conflicts_remove(&v->conflicts, &v->txs, &v->window, k->stack, count);
    itc_open_txs_remove(&v->txs, &v->window, k->stack, count);
    itc_window_remove(&v->window, k->stack, count);
}

void contest_milestone(struct contest *k)
{
    uint32_t view = itc_rng_below(&k->rng, VIEWS);
    struct view *v = &k->views[view];
    enum side white = first_by_white_flag(k, view);
    collect(k, view);
    itc_cone_order_init(&k->cone, &v->window);
    while (!itc_cone_order(&k->cone, &v->window, UINT64_MAX))
        ;
    uint32_t count = k->cone.count;
    for (uint32_t i = 0; i < count; i++) {
        k->numbers[i] = contest_number_at(v, k->cone.sites[i]);
        k->sites[k->numbers[i]].final_us = k->now_us;
    }
    decide(k, first_by_weight(k), white);
    qsort(k->numbers, count, sizeof *k->numbers, ascending);
    for (uint32_t i = 0; i < VIEWS; i++)
        leave(k, i, count);
}
