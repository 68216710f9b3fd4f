/* prop_tangle.c - a window's whole life: random tangles of 0 to 8 parents, with rivals and re-attachments, from which
 * cones and outdated sites leave while new sites come. After each event everything equals the naive model:
 * parents, approvers, who is old, bodies, running weights, tips, transactions, conflicts. */
#include "tests/prop/prop.h"

#include "tests/support/tangle_model.h"

#define CAPACITY 160
#define SITES 500
#define LIVES 40

static uint32_t random_open(struct tangle_model *m)
{
    uint32_t site;
    do
        site = itc_rng_below(&m->rng, m->site_count);
    while (!m->sites[site].open);
    return site;
}

/* How often a choice met losers. */
struct seen {
    uint32_t some_lose, all_lose;
};

static bool is_recent(const struct tangle_model *m, uint32_t tip)
{
    return (m->window.vertices[tip].flags & ITC_VERTEX_OLD) == 0;
}

/* As many eligible tips are chosen as there are, no other, and none twice. */
static void check_choice(struct tangle_model *m, struct seen *seen)
{
    uint32_t out[ITC_SITE_PARENTS_MAX];
    uint32_t want = itc_rng_below(&m->rng, ITC_SITE_PARENTS_MAX + 1), recent = 0, eligible = 0;
    for (uint32_t i = 0; i < m->tips.count; i++) {
        uint32_t tip = m->tips.pool[i];
        recent += is_recent(m, tip);
        eligible += is_recent(m, tip) && !itc_conflicts_loses(&m->conflicts, tip);
    }
    bool all_lose = eligible == 0 || m->tips.all_lose;
    uint32_t count = itc_tips_choose(&m->tips, &m->window, &m->conflicts, &m->rng, want, out);
    if (all_lose)
        eligible = recent;
    if (recent > 0)
        seen->all_lose += all_lose;
    seen->some_lose += !all_lose && eligible < recent;
    ITC_ASSERT(count == (want < eligible ? want : eligible));
    for (uint32_t i = 0; i < count; i++) {
        ITC_ASSERT(m->window.vertices[out[i]].tip_slot != 0);
        ITC_ASSERT(is_recent(m, out[i]));
        ITC_ASSERT(all_lose || !itc_conflicts_loses(&m->conflicts, out[i]));
        for (uint32_t k = 0; k < i; k++)
            ITC_ASSERT(out[k] != out[i]);
    }
}

static void live(uint64_t seed, struct seen *seen)
{
    struct tangle_model m;
    model_init(&m, CAPACITY, SITES, 2 + (uint32_t)(seed % 20), seed);
    uint32_t parents_max = (uint32_t)(seed % (ITC_SITE_PARENTS_MAX + 1));
    uint64_t milestone = 0;
    bool each =
        seed % 2 ==
        0; /* or now and then: a check weighs the conflicts anew, a node does not do so at each event */
    while (m.site_count < SITES) {
        uint32_t dice = itc_rng_below(&m.rng, 100);
        uint64_t before = milestone;
        bool full = m.window.count == CAPACITY;
        if (dice < 4 || (full && dice < 80)) {
            uint32_t stamp = m.window.count > 0 ? model_mark_cone(&m, random_open(&m)) : 0;
            model_remove_marked(&m, stamp, false);
            milestone++;
        } else if (dice < 6 || full) {
            model_remove_outdated(&m, milestone > 6 ? milestone - 6 : 0);
            milestone++;
        } else {
            model_attach_random(&m, parents_max, milestone);
        }
        if (milestone > before)
            itc_window_age(&m.window, milestone > 3 ? milestone - 3 : 0);
        check_choice(&m, seen);
        if (each || itc_rng_below(&m.rng, 8) == 0)
            model_check(&m);
    }
    model_free(&m);
}

int main(int argc, char **argv)
{
    uint64_t seed = prop_seed(argc, argv);
    struct seen seen = {0};
    for (uint32_t i = 0; i < LIVES; i++)
        live(itc_rng_split(seed, i), &seen);
    ITC_ASSERT(seen.some_lose > LIVES && seen.all_lose > LIVES);
    return 0;
}
