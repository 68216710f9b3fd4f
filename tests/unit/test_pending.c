/* Who waits for what, against a plain model: however sites come and go, an id that comes wakes all that wait for it. */
#include "node/pending.h"

#include "tangle/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SITES 64u
#define IDS 12u
#define ROUNDS 20000u

struct model {
    struct itc_pending pending;
    struct itc_rng rng;
    bool used[SITES];
    uint32_t waits[SITES]; /* bitmap of ids; by index of the site */
    uint64_t next;
    void *block;
};

static struct itc_hash id_of(uint64_t number)
{
    struct itc_hash id = {{0}};
    memcpy(id.b, &number, sizeof number);
    return id;
}

static void begin(struct model *m)
{
    struct itc_limits l;
    itc_limits_small(&l);
    l.pending_sites = SITES;
    size_t size = itc_pending_size(&l);
    memset(m, 0, sizeof *m);
    m->block = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(m->block);
    memset(m->block, 0, size);
    struct itc_mem mem = {m->block, size};
    itc_pending_init(&m->pending, &mem, &l, 1);
    itc_rng_init(&m->rng, 1);
    m->next = IDS;
}

/* It waits for some of the ids, each in a slot of its own. */
static void add(struct model *m)
{
    struct itc_hash id = id_of(m->next++);
    uint32_t site, slots = 0, wanted;
    bool fresh;
    enum itc_err e =
        itc_pending_add(&m->pending, &site, &id, (const uint8_t *)"x", 1, 0, ITC_NONE, 0);
    if (m->pending.count == SITES && e == ITC_E_FULL)
        return;
    assert_int_equal(e, ITC_OK);
    m->used[site] = true;
    m->waits[site] = 0;
    for (uint32_t k = 0; k < IDS && slots < ITC_SITE_PARENTS_MAX; k++) {
        struct itc_hash parent = id_of(k);
        if (itc_rng_below(&m->rng, 3) > 0)
            continue;
        e = itc_pending_want(&m->pending, site, slots++, &parent, &wanted, &fresh);
        assert_int_equal(e, ITC_OK);
        m->waits[site] |= 1u << k;
    }
}

static void drop(struct model *m)
{
    uint32_t site = itc_rng_below(&m->rng, SITES);
    if (!m->used[site])
        return;
    itc_pending_remove(&m->pending, site);
    m->used[site] = false;
}

static void come(struct model *m)
{
    uint32_t k = itc_rng_below(&m->rng, IDS), site;
    struct itc_hash id = id_of(k);
    while ((site = itc_pending_resolve(&m->pending, &id)) != ITC_NONE) {
        assert_true(m->used[site] && m->waits[site] >> k & 1);
        m->waits[site] &= ~(1u << k);
        assert_int_equal(m->pending.sites[site].missing, __builtin_popcount(m->waits[site]));
    }
    for (uint32_t i = 0; i < SITES; i++)
        assert_false(m->used[i] && m->waits[i] >> k & 1);
}

static void whoever_waits_is_woken(void **state)
{
    (void)state;
    static struct model m;
    begin(&m);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t what = itc_rng_below(&m.rng, 8);
        if (what < 5)
            add(&m);
        else if (what < 7)
            drop(&m);
        else
            come(&m);
    }
    free(m.block);
}

/* A wanted id is needed from when one that waits for it is. */
static void what_the_needed_wait_for_is_needed(void **state)
{
    (void)state;
    static struct model m;
    uint32_t site, wanted;
    bool fresh;
    begin(&m);
    for (uint32_t before = 0; before < 2; before++) {
        struct itc_hash id = id_of(100 + before), parent = id_of(200 + before);
        enum itc_err e =
            itc_pending_add(&m.pending, &site, &id, (const uint8_t *)"x", 1, 0, ITC_NONE, 0);
        assert_int_equal(e, ITC_OK);
        if (before)
            itc_pending_need(&m.pending, site);
        e = itc_pending_want(&m.pending, site, 0, &parent, &wanted, &fresh);
        assert_int_equal(e, ITC_OK);
        assert_int_equal(m.pending.wanted[wanted].needed, before);
        itc_pending_need(&m.pending, site);
        assert_true(m.pending.wanted[wanted].needed);
    }
    free(m.block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_waits_is_woken),
        cmocka_unit_test(what_the_needed_wait_for_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
