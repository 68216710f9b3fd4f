#include "tools/sim/study/walk.h"

#include <math.h>
#include <stdlib.h>

#include "tools/sim/study/chance.h"

/* Edge k of site s, to its parent k, has number s * ITC_SITE_PARENTS_MAX + k. */

void itc_approvers_init(struct itc_approvers *a, uint32_t capacity)
{
    a->first = malloc(capacity * sizeof *a->first);
    a->next = malloc((size_t)capacity * ITC_SITE_PARENTS_MAX * sizeof *a->next);
    ITC_ASSERT(a->first && a->next);
    for (uint32_t i = 0; i < capacity; i++)
        a->first[i] = ITC_NONE;
}

void itc_approvers_free(struct itc_approvers *a)
{
    free(a->first);
    free(a->next);
}

void itc_approvers_attach(struct itc_approvers *a, const struct itc_window *w, uint32_t site)
{
    const struct itc_vertex *v = &w->vertices[site];
    for (uint32_t k = 0; k < v->parent_count; k++) {
        uint32_t edge = site * ITC_SITE_PARENTS_MAX + k;
        a->next[edge] = a->first[v->parents[k]];
        a->first[v->parents[k]] = edge;
    }
}

static uint32_t approver_of(uint32_t edge)
{
    return edge / ITC_SITE_PARENTS_MAX;
}

/* One step: one pass, by the rule that the n-th candidate replaces the one held with probability its share so far. Weights are
 * taken relative to the heaviest so far, so that nothing overflows. */
static uint32_t step(const struct itc_approvers *a, const struct itc_window *w, struct itc_rng *rng,
    double alpha, uint32_t site)
{
    uint32_t held = ITC_NONE;
    double sum = 0, top = 0;
    for (uint32_t e = a->first[site]; e != ITC_NONE; e = a->next[e]) {
        double weight = w->vertices[approver_of(e)].weight;
        if (held == ITC_NONE || weight > top) {
            sum *= exp(-alpha * (weight - top));
            top = weight;
        }
        double share = exp(-alpha * (top - weight));
        sum += share;
        if (held == ITC_NONE || itc_chance(rng) * sum < share)
            held = approver_of(e);
    }
    return held;
}

uint32_t itc_walk(const struct itc_approvers *a, const struct itc_window *w, struct itc_rng *rng,
    double alpha, uint32_t start)
{
    while (a->first[start] != ITC_NONE)
        start = step(a, w, rng, alpha, start);
    return start;
}
