/* prop_cone.c - cones against reachability, and their order against its definition; the same order whatever the
 * order in which the sites arrived; bounds that add nothing when they refuse. */
#include "tests/prop/prop.h"

#include <string.h>

#include "tests/support/tangle_model.h"

#define SITES 300
#define TANGLES 500

/* Tries bounds around what the cone of `head` needs, on top of what `other` brought. */
static void check_bounds(struct tangle_model *m, uint32_t other, uint32_t head)
{
    struct itc_cone *c = &m->cone;
    uint32_t at = m->sites[head].index;
    itc_cone_clear(c);
    enum itc_err err =
        itc_cone_add(c, &m->window, m->sites[other].index, c->capacity, UINT64_MAX, 0);
    ITC_ASSERT(err == ITC_OK);
    const struct itc_cone before = *c;
    ITC_ASSERT(itc_cone_add(c, &m->window, at, c->capacity, UINT64_MAX, 0) == ITC_OK);
    const struct itc_cone whole = *c;
    uint64_t anchor = UINT64_MAX;                /* least of those that were added */
    for (uint32_t i = 0; i < whole.count; i++) { /* parents stand before children */
        ITC_ASSERT(itc_cone_find(c, c->sites[i]) == i);
        if (i >= before.count && m->window.infos[c->sites[i]].anchor < anchor)
            anchor = m->window.infos[c->sites[i]].anchor;
    }
    c->count = before.count;
    c->bytes = before.bytes;
    if (whole.count > before.count) {
        ITC_ASSERT(
            itc_cone_add(c, &m->window, at, c->capacity, UINT64_MAX, anchor + 1) == ITC_E_ANCHOR);
        ITC_ASSERT(itc_cone_add(c, &m->window, at, whole.count - 1, UINT64_MAX, anchor) ==
                   ITC_E_TOO_LARGE);
        ITC_ASSERT(itc_cone_add(c, &m->window, at, whole.count, whole.bytes - 1, anchor) ==
                   ITC_E_TOO_LARGE);
        ITC_ASSERT(itc_cone_find(c, at) == ITC_NONE);
    }
    ITC_ASSERT(c->count == before.count && c->bytes == before.bytes);
    ITC_ASSERT(itc_cone_add(c, &m->window, at, whole.count, whole.bytes, anchor) == ITC_OK);
    ITC_ASSERT(c->count == whole.count && c->bytes == whole.bytes);
}

/* The window of another node: the same sites in an order of its own, parents first. */
static void arrive_again(
    const struct tangle_model *m, struct tangle_model *other, struct itc_rng *rng)
{
    uint32_t number_there[SITES];
    memset(number_there, 0xff, sizeof number_there);
    while (other->site_count < m->site_count) {
        uint32_t i = itc_rng_below(rng, m->site_count);
        const struct model_site *s = &m->sites[i];
        bool ready = number_there[i] == ITC_NONE;
        for (uint32_t k = 0; k < s->parent_count; k++)
            ready = ready && number_there[s->parents[k]] != ITC_NONE;
        if (!ready)
            continue;
        number_there[i] = model_copy_site(other, m, i, number_there);
    }
}

static void check_same_order(
    struct tangle_model *m, struct tangle_model *other, const uint32_t *heads, uint32_t count)
{
    struct tangle_model *both[] = {m, other};
    for (uint32_t b = 0; b < 2; b++) {
        struct itc_cone *c = &both[b]->cone;
        const struct itc_window *w = &both[b]->window;
        itc_cone_clear(c);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t at = itc_window_find(w, &m->sites[heads[b == 0 ? i : count - 1 - i]].id);
            ITC_ASSERT(itc_cone_add(c, w, at, c->capacity, UINT64_MAX, 0) == ITC_OK);
        }
        itc_cone_order_init(c, w);
        ITC_ASSERT(itc_cone_order(c, w, UINT64_MAX));
    }
    ITC_ASSERT(m->cone.count == other->cone.count);
    for (uint32_t i = 0; i < m->cone.count; i++) {
        ITC_ASSERT(m->cone.weights[i] == other->cone.weights[i]);
        ITC_ASSERT(itc_hash_equal(
            &m->window.infos[m->cone.sites[i]].id, &other->window.infos[other->cone.sites[i]].id));
    }
}

static void check_tangle(uint64_t seed)
{
    struct tangle_model m, other;
    model_init(&m, SITES, SITES, 5, seed);
    model_init(&other, SITES, SITES, 5, seed + 1);
    uint32_t count = 1 + itc_rng_below(&m.rng, SITES);
    uint32_t parents_max = itc_rng_below(&m.rng, ITC_SITE_PARENTS_MAX + 1);
    for (uint32_t i = 0; i < count; i++)
        model_attach_random(&m, parents_max, i / 10);
    arrive_again(&m, &other, &m.rng);
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t heads[3];
        for (uint32_t k = 0; k < 3; k++)
            heads[k] = itc_rng_below(&m.rng, count);
        check_bounds(&m, heads[0], heads[1]);
        model_check_cone(&m, heads[2]);
        check_same_order(&m, &other, heads, 3);
    }
    model_free(&m);
    model_free(&other);
}

int main(int argc, char **argv)
{
    uint64_t seed = prop_seed(argc, argv);
    for (uint32_t i = 0; i < TANGLES; i++)
        check_tangle(itc_rng_split(seed, i));
    return 0;
}
