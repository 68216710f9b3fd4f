/* test_window.c - sites come and leave; refusals change nothing; what is outdated; marks. What is not checked by
 * hand here is compared with a naive model, as in tests/prop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/tangle_model.h"

#define THRESHOLD 10

/* a <- b <- d, a <- c <- d; every site has its own tx. */
static void diamond(struct tangle_model *m, const uint64_t anchors[4])
{
    model_attach(m, NULL, 0, anchors[0], model_tx_make(m, 1, 1));
    model_attach(m, (uint32_t[]){0}, 1, anchors[1], model_tx_make(m, 2, 1));
    model_attach(m, (uint32_t[]){0}, 1, anchors[2], model_tx_make(m, 3, 1));
    model_attach(m, (uint32_t[]){1, 2}, 2, anchors[3], model_tx_make(m, 4, 1));
}

static const uint64_t same[4] = {5, 5, 5, 5};

static void holds_a_diamond(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 4, 4, THRESHOLD, 1);
    diamond(&m, same);
    model_check(&m);
    const struct itc_vertex *v = m.window.vertices;
    const struct model_site *s = m.sites;
    assert_int_equal(v[s[0].index].approvers, 2);
    assert_int_equal(v[s[3].index].parent_count, 2);
    assert_int_equal(v[s[3].index].parents[0], s[1].index);
    assert_int_equal(v[s[3].index].parents[1], s[2].index);
    assert_int_equal(v[s[3].index].parents[2], ITC_NONE);
    model_free(&m);
}

static enum itc_err add(struct itc_window *w, uint8_t name, size_t len, uint32_t *index)
{
    static const uint8_t bytes[ITC_SITE_MAX];
    struct itc_hash id = {{name}};
    struct itc_arrival a = {.id = &id, .bytes = bytes, .len = len, .arrival = name};
    return itc_window_add(w, index, &a);
}

static void refusals_change_nothing(void **state)
{
    (void)state;
    const size_t bodies = 1; /* one page: 48 of the largest pieces */
    size_t size = itc_window_size(60, bodies);
    struct itc_mem mem = {calloc(1, size), size};
    void *block = mem.at;
    struct itc_window w;
    uint32_t index = 99;
    itc_window_init(&w, &mem, 60, bodies, 1);
    assert_int_equal(mem.left, 0);
    for (uint8_t i = 0; i < 48; i++)
        assert_int_equal(add(&w, i, 1200, &index), ITC_OK);
    const struct itc_window before = w;
    index = 99;
    assert_int_equal(add(&w, 20, 1200, &index), ITC_E_DUPLICATE);
    assert_int_equal(add(&w, 50, 1200, &index), ITC_E_FULL); /* of bytes */
    assert_int_equal(add(&w, 50, 1, &index), ITC_E_FULL);    /* no page for that class */
    assert_int_equal(index, 99);
    assert_memory_equal(&w, &before, sizeof w);
    free(block);
}

static void is_full_of_sites(void **state)
{
    (void)state;
    size_t size = itc_window_size(2, 65536);
    struct itc_mem mem = {calloc(1, size), size};
    void *block = mem.at;
    struct itc_window w;
    uint32_t a, b, c;
    itc_window_init(&w, &mem, 2, 65536, 1);
    assert_int_equal(add(&w, 1, 10, &a), ITC_OK);
    assert_int_equal(add(&w, 2, 20, &b), ITC_OK);
    assert_int_equal(add(&w, 3, 30, &c), ITC_E_FULL);
    assert_int_equal(w.bytes, 30);
    itc_window_remove(&w, &a, 1);
    assert_int_equal(w.bytes, 20);
    assert_int_equal(add(&w, 3, 30, &c), ITC_OK);
    assert_int_equal(w.count, 2);
    free(block);
}

/* The cone of b leaves: c and d stay, without their parents a and b. */
static void survivors_forget_a_cone(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 4, 8, THRESHOLD, 1);
    diamond(&m, (const uint64_t[]){3, 4, 5, 6});
    uint32_t d = m.sites[3].index;
    itc_window_age(&m.window, 4);
    assert_true(m.window.vertices[d].flags & ITC_VERTEX_OLD);
    model_remove_marked(&m, model_mark_cone(&m, 1), false);
    itc_window_age(&m.window, 4);
    model_check(&m);
    assert_int_equal(m.window.count, 2);
    assert_int_equal(m.window.vertices[d].parent_count, 1);
    assert_int_equal(m.window.vertices[d].parents[0], m.sites[2].index);
    assert_false(m.window.vertices[d].flags & ITC_VERTEX_OLD);
    assert_int_equal(m.window.least_anchor, 5);
    model_attach(&m, (uint32_t[]){3}, 1, 6, 0);
    model_attach(&m, (uint32_t[]){3}, 1, 6, 1);
    model_check(&m);
    model_free(&m);
}

/* A parent that its vertex names, though the count of its approvers knows nothing of it: who looks, forgets it. */
static void plant_parent(struct tangle_model *m, uint32_t site, uint32_t parent)
{
    struct itc_vertex *v = &m->window.vertices[m->sites[site].index];
    v->parents[0] = m->sites[parent].index;
    v->parent_count = 1;
}

static bool has_parent(const struct tangle_model *m, uint32_t site)
{
    return m->window.vertices[m->sites[site].index].parent_count > 0;
}

/* However large the window: neither at who came before, nor at who came after the last that approves. */
static void leaving_looks_at_neighbours_only(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, THRESHOLD, 1);
    uint32_t before = model_attach(&m, NULL, 0, 5, model_tx_make(&m, 1, 1));
    uint32_t a = model_attach(&m, NULL, 0, 5, model_tx_make(&m, 2, 1));
    uint32_t between = model_attach(&m, NULL, 0, 5, model_tx_make(&m, 3, 1));
    uint32_t b = model_attach(&m, &a, 1, 5, model_tx_make(&m, 4, 1));
    uint32_t after = model_attach(&m, NULL, 0, 5, model_tx_make(&m, 5, 1));
    plant_parent(&m, before, a);
    plant_parent(&m, after, a);
    model_remove_marked(&m, model_mark_cone(&m, a), false);
    assert_true(has_parent(&m, before) && has_parent(&m, after));
    assert_false(has_parent(&m, between) || has_parent(&m, b));
    model_free(&m);
}

/* A flag that nobody set stays until somebody looks. */
static void nobody_looks_while_none_is_old(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 4, 8, THRESHOLD, 1);
    diamond(&m, same);
    struct itc_vertex *d = &m.window.vertices[m.sites[3].index];
    d->flags |= ITC_VERTEX_OLD;
    itc_window_age(&m.window, 5);
    assert_true(d->flags & ITC_VERTEX_OLD);
    itc_window_age(&m.window, 6);
    model_check(&m);
    assert_true(d->flags & ITC_VERTEX_OLD);
    itc_window_age(&m.window, 5);
    assert_false(d->flags & ITC_VERTEX_OLD);
    model_free(&m);
}

/* b is too old; so is d, which approves it. a and c stay, and c is a tip again. */
static void outdated_take_their_approvers_along(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, THRESHOLD, 1);
    uint32_t a = model_attach(&m, NULL, 0, 9, model_tx_make(&m, 1, 1));
    uint32_t b = model_attach(&m, NULL, 0, 3, model_tx_make(&m, 2, 1));
    uint32_t c = model_attach(&m, &a, 1, 9, model_tx_make(&m, 3, 1));
    uint32_t d = model_attach(&m, (uint32_t[]){b, c}, 2, 9, model_tx_make(&m, 4, 1));
    assert_int_equal(itc_window_outdated(&m.window, m.list, 3), 0);
    assert_int_equal(itc_window_outdated(&m.window, m.list, 4), 2);
    assert_int_equal(m.list[0], m.sites[b].index);
    assert_int_equal(m.list[1], m.sites[d].index);
    model_remove_outdated(&m, 4);
    model_check(&m);
    assert_int_equal(m.tips.count, 1);
    assert_int_equal(m.tips.pool[0], m.sites[c].index);
    assert_int_equal(m.window.vertices[m.sites[c].index].weight, 2); /* d stays counted */
    model_free(&m);
}

/* When the counter wraps, no old mark looks like a new one. */
static void stamps_wrap(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 4, 4, THRESHOLD, 1);
    diamond(&m, same);
    assert_int_equal(itc_window_stamp(&m.window), 5); /* four walks before */
    for (uint32_t i = 0; i < 4; i++)
        m.window.vertices[i].mark = i + 1;
    m.window.stamp = UINT32_MAX;
    assert_int_equal(itc_window_stamp(&m.window), 1);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(m.window.vertices[i].mark, 0);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_a_diamond),
        cmocka_unit_test(refusals_change_nothing),
        cmocka_unit_test(is_full_of_sites),
        cmocka_unit_test(survivors_forget_a_cone),
        cmocka_unit_test(leaving_looks_at_neighbours_only),
        cmocka_unit_test(nobody_looks_while_none_is_old),
        cmocka_unit_test(outdated_take_their_approvers_along),
        cmocka_unit_test(stamps_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
