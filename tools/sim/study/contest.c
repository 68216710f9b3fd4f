#include "tools/sim/study/contest_internal.h"

#include <stdlib.h>
#include <string.h>

#include "spv/sha256.h"
#include "tools/sim/study/chance.h"

const char *itc_attack_name(enum itc_attack a)
{
    static const char *const names[] = {
        "parasite", "early", "pair", "late", "split", "conflicts", "lazy"};
    return names[a];
}

void *contest_take(size_t count, size_t size)
{
    void *p = calloc(count, size);
    ITC_ASSERT(p);
    return p;
}

static bool is_secret(const struct itc_contest_config *c)
{
    return c->attack == ITC_ATTACK_PARASITE || c->attack == ITC_ATTACK_EARLY ||
           c->attack == ITC_ATTACK_PAIR;
}

bool contest_is_for_all(const struct itc_contest_config *c)
{
    return c->attack == ITC_ATTACK_CONFLICTS || c->attack == ITC_ATTACK_LAZY;
}

static uint64_t until_next(struct itc_rng *rng, double rate)
{
    return rate > 0 ? (uint64_t)(itc_chance_wait(rng, rate) * US) : UINT64_MAX / 4;
}

static void view_init(struct view *v, const struct contest *k)
{
    size_t bodies = (size_t)k->capacity * 512;
    size_t size = itc_window_size(k->capacity, bodies) + itc_tips_size(k->capacity) +
                  itc_open_txs_size(k->capacity) + itc_conflicts_size(k->capacity);
    *v = (struct view){.block = contest_take(1, size)};
    struct itc_mem mem = {v->block, size};
    itc_window_init(&v->window, &mem, k->capacity, bodies, k->c->seed);
    itc_tips_init(&v->tips, &mem, k->capacity);
    itc_open_txs_init(&v->txs, &mem, k->capacity, k->c->seed);
    itc_conflicts_init(
        &v->conflicts, &mem, k->capacity, (uint64_t)(k->c->interval_s * 1000), k->c->theta / 4);
}

static double length_s(const struct itc_contest_config *c)
{
    return contest_is_for_all(c) ? LENGTH_S : WARM_S + (PATIENCE + 1) * c->interval_s;
}

static void init(struct contest *k, const struct itc_contest_config *c, struct itc_contest *out)
{
    double secret = is_secret(c) ? 2 * c->secret_s * c->share : 0;
    *k = (struct contest){.c = c, .out = out, .txs = SIDES, .confirmed = SIDES};
    k->capacity = (uint32_t)(c->rate * (1.5 * length_s(c) + secret)) + 1000;
    k->secret_tip = NOBODY;
    k->side_tip[PAYMENT] = k->side_tip[RIVAL] = NOBODY;
    itc_rng_init(&k->rng, c->seed);
    k->sites = contest_take(k->capacity, sizeof *k->sites);
    k->holds = contest_take(k->capacity, sizeof *k->holds);
    k->steps = contest_take(k->capacity, sizeof *k->steps);
    k->stack = contest_take(k->capacity, sizeof *k->stack);
    k->numbers = contest_take(k->capacity, sizeof *k->numbers);
    size_t cone = itc_cone_size(k->capacity, k->capacity);
    k->cone_block = contest_take(1, cone);
    struct itc_mem mem = {k->cone_block, cone};
    itc_cone_init(&k->cone, &mem, k->capacity, k->capacity);
    for (uint32_t v = 0; v < VIEWS; v++)
        view_init(&k->views[v], k);
    itc_timeline_init(&k->due);
    *out = (struct itc_contest){0};
}

static void discard(void *what)
{
    (void)what;
}

static void end(struct contest *k)
{
    itc_timeline_free(&k->due, discard);
    for (uint32_t v = 0; v < VIEWS; v++)
        free(k->views[v].block);
    free(k->cone_block);
    free(k->sites);
    free(k->holds);
    free(k->steps);
    free(k->stack);
    free(k->numbers);
}

/* ---- sites */

static struct itc_hash name_of(struct contest *k, const char *kind, uint64_t number)
{
    struct itc_sha256 s;
    struct itc_hash out;
    itc_sha256_init(&s);
    itc_sha256_add(&s, kind, strlen(kind));
    itc_sha256_add(&s, &number, sizeof number);
    itc_sha256_add(&s, &k->c->seed, sizeof k->c->seed);
    itc_sha256_end(&s, &out);
    return out;
}

/* Txs 2 i and 2 i + 1 have issuer and seq in common. */
static struct itc_tx tx_of(uint32_t tx)
{
    uint32_t issuer = tx / 2;
    struct itc_tx t = {.kind = ITC_KIND_DATA, .seq = 1};
    memcpy(t.issuer.b, &issuer, sizeof issuer);
    return t;
}

/* The first of a new pair. */
uint32_t contest_new_tx(struct contest *k)
{
    k->txs += 2;
    return k->txs - 2;
}

uint32_t contest_make(struct contest *k, bool honest, uint32_t tx)
{
    ITC_ASSERT(k->count < k->capacity);
    struct site *s = &k->sites[k->count];
    *s = (struct site){.id = name_of(k, "site", k->count),
        .tx = tx,
        .honest = honest,
        .made_us = k->now_us,
        .final_us = UINT64_MAX};
    for (uint32_t v = 0; v < VIEWS; v++)
        s->at[v] = UNSEEN;
    return k->count++;
}

void contest_approve(struct contest *k, uint32_t site, uint32_t parent)
{
    struct site *s = &k->sites[site];
    for (uint32_t i = 0; i < s->parent_count; i++)
        if (s->parents[i] == parent)
            return;
    s->parents[s->parent_count++] = parent;
}

/* Whose site stands at an index of a view: the slab's bytes say. */
uint32_t contest_number_at(const struct view *v, uint32_t index)
{
    size_t len;
    uint32_t number;
    memcpy(&number, itc_window_bytes(&v->window, index, &len), sizeof number);
    return number;
}

void contest_see(struct contest *k, uint32_t view, uint32_t number)
{
    struct view *v = &k->views[view];
    struct site *s = &k->sites[number];
    uint32_t parents[ITC_SITE_PARENTS_MAX], open = 0;
    if (s->at[view] != UNSEEN)
        return;
    for (uint32_t i = 0; i < s->parent_count; i++) {
        uint32_t at = k->sites[s->parents[i]].at[view];
        ITC_ASSERT(at != UNSEEN);
        if (at != FINAL)
            parents[open++] = at;
    }
    struct itc_arrival a = {.id = &s->id,
        .bytes = (const uint8_t *)&number,
        .len = sizeof number,
        .arrival = k->now_us * 1000 + v->window.count + 1,
        .parents = parents,
        .parent_count = open};
    enum itc_err e = itc_window_add(&v->window, &s->at[view], &a);
    ITC_ASSERT(e == ITC_OK);
    struct itc_tx tx = tx_of(s->tx);
    struct itc_hash id = name_of(k, "tx", s->tx);
    itc_tips_attach(&v->tips, &v->window, s->at[view]);
    itc_open_txs_attach(&v->txs, &v->window, s->at[view], &tx, &id, k->now_us / 1000);
    itc_conflicts_attach(&v->conflicts, &v->txs, &v->window, s->at[view], k->now_us / 1000);
    itc_weight_attach(&v->window, s->at[view], k->c->theta, k->stack, NULL, NULL);
    if (v->tips.count > k->out->tips_most)
        k->out->tips_most = v->tips.count;
}

void contest_deliver(struct contest *k, uint32_t site, uint32_t view, double after_s)
{
    uint64_t at = k->now_us + (uint64_t)(after_s * US);
    itc_timeline_add(&k->due, at, (void *)(uintptr_t)(site * VIEWS + view + 1));
}

void contest_deliver_to_all(struct contest *k, uint32_t site, double after_s)
{
    for (uint32_t v = 0; v < VIEWS; v++)
        contest_deliver(k, site, v, after_s);
}

/* As a node does: node/issue.c. */
void contest_approve_tips(struct contest *k, uint32_t site, uint32_t view)
{
    struct view *v = &k->views[view];
    uint32_t tips[ITC_SITE_PARENTS_MAX];
    if (k->now_us >= v->weighed_us) {
        v->weighed_us = k->now_us + US / 100;
        if (itc_conflicts_refresh(&v->conflicts, &v->txs, &v->window, k->now_us / 1000))
            itc_tips_review(&v->tips);
    }
    uint32_t count = itc_tips_choose(
        &v->tips, &v->window, &v->conflicts, &k->rng, itc_tips_parents(&v->tips), tips);
    for (uint32_t i = 0; i < count; i++)
        contest_approve(k, site, contest_number_at(v, tips[i]));
}

static void honest_site(struct contest *k)
{
    uint32_t view = itc_rng_below(&k->rng, VIEWS), site = contest_make(k, true, contest_new_tx(k));
    contest_approve_tips(k, site, view);
    contest_deliver_to_all(k, site, k->c->delay_s);
}

/* ---- what a node holds of the contest */

uint32_t contest_entry_of(struct contest *k, uint32_t view, enum side side)
{
    struct itc_hash id = name_of(k, "tx", side);
    return itc_open_txs_find(&k->views[view].txs, &id);
}

uint32_t contest_weight_of(struct contest *k, uint32_t view, enum side side)
{
    uint32_t entry = contest_entry_of(k, view, side);
    return entry == ITC_NONE
               ? 0
               : itc_open_txs_weight(&k->views[view].txs, &k->views[view].window, entry);
}

static void note_confirmed(struct contest *k, uint32_t view)
{
    const struct view *v = &k->views[view];
    for (uint32_t side = 0; k->confirmed == SIDES && side < SIDES; side++) {
        uint32_t entry = contest_entry_of(k, view, (enum side)side);
        if (entry != ITC_NONE &&
            itc_open_txs_confirmed(&v->txs, &v->window, entry, k->c->theta, k->now_us / 1000)) {
            k->confirmed = (enum side)side;
            k->out->confirmed = true;
        }
    }
}

/* ---- time */

static void deliver_due(struct contest *k)
{
    while (k->due.count > 0 && itc_timeline_peek(&k->due)->at_ms <= k->now_us) {
        uintptr_t what = (uintptr_t)itc_timeline_pop(&k->due) - 1;
        contest_see(k, (uint32_t)(what % VIEWS), (uint32_t)(what / VIEWS));
        if (k->begun && !k->decided)
            note_confirmed(k, (uint32_t)(what % VIEWS));
        contest_watch_payment(k);
    }
}

static void conclude(struct contest *k, uint64_t end_us)
{
    uint64_t two = (uint64_t)(2 * k->c->interval_s * US);
    for (uint32_t i = 0; i < k->count; i++) {
        const struct site *s = &k->sites[i];
        if (!s->honest || s->made_us < WARM_S * US || s->made_us + two + US > end_us)
            continue;
        bool final = s->final_us != UINT64_MAX;
        k->out->honest++;
        k->out->in_two += final && s->final_us - s->made_us <= two;
        k->out->final_sum_s += (double)((final ? s->final_us : end_us) - s->made_us) / US;
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void itc_contest_run(const struct itc_contest_config *c, struct itc_contest *out)
{
    struct contest k;
    init(&k, c, out);
    uint64_t end_us = (uint64_t)(length_s(c) * US), interval = (uint64_t)(c->interval_s * US);
    uint64_t stone = (uint64_t)(itc_chance(&k.rng) * (double)interval), begin_us = UINT64_MAX;
    /* A site of ITC_ATTACK_CONFLICTS is half of what he makes at a time. */
    double hostile = c->rate * c->share / (c->attack == ITC_ATTACK_CONFLICTS ? 2 : 1);
    uint64_t honest_us = until_next(&k.rng, c->rate * (1 - c->share));
    uint64_t hostile_us = (uint64_t)(WARM_S / 2 * US) + until_next(&k.rng, hostile);
    if (!contest_is_for_all(c))
        begin_us = (uint64_t)(WARM_S * US);
    if (is_secret(c))
        contest_build_secret(&k);
    while (k.now_us < end_us && !(k.decided && !contest_is_for_all(c))) {
        uint64_t due = k.due.count > 0 ? itc_timeline_peek(&k.due)->at_ms : UINT64_MAX;
        k.now_us = least(least(least(honest_us, hostile_us), least(stone, due)), begin_us);
        deliver_due(&k);
        if (k.now_us == begin_us) {
            begin_us = UINT64_MAX;
            contest_begin(&k);
        }
        if (k.now_us == honest_us) {
            honest_site(&k);
            honest_us = k.now_us + 1 + until_next(&k.rng, c->rate * (1 - c->share));
        }
        if (k.now_us == hostile_us) {
            contest_attack(&k);
            hostile_us = k.now_us + 1 + until_next(&k.rng, hostile);
        }
        if (k.now_us == stone) {
            contest_milestone(&k);
            stone += interval;
        }
    }
    conclude(&k, k.now_us);
    end(&k);
}
