#include "tools/sim/study/growth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tangle/tips.h"
#include "tangle/weight.h"
#include "tools/sim/study/chance.h"
#include "tools/sim/study/walk.h"

/* Sites whose weight is watched: bit s of a site's set says that it approves sample s, directly or not. */
#define SAMPLE_WORDS 8
#define SAMPLES (64 * SAMPLE_WORDS)

struct sample_set {
    uint64_t words[SAMPLE_WORDS];
};

/* Sites are numbered as they are made, and seen in that order: a site's number is its index in the window. */
struct grower {
    const struct itc_growth_config *c;
    struct itc_growth *out;
    void *block;
    struct itc_window window;
    struct itc_tips tips;
    struct itc_approvers approvers;
    struct itc_rng rng;
    uint32_t *stack;
    double *made_h;
    double *approved_h; /* first approver made; 0: none */
    uint32_t *direct;   /* approvers */
    uint32_t (*parents)[ITC_SITE_PARENTS_MAX];
    uint8_t *parent_count;
    struct sample_set *sets;
    struct sample_set watched; /* samples young enough to be watched */
    uint32_t sampled;
    uint32_t oldest; /* watched sample */
    double sample_h[SAMPLES];
    double gained[ITC_GROWTH_AGES]; /* weight that samples gained in each age */
    uint32_t made, seen;
    double tips_sum;
    uint32_t tips_count;
};

static void *take(size_t count, size_t size)
{
    void *p = calloc(count, size);
    ITC_ASSERT(p);
    return p;
}

static void init(struct grower *g, const struct itc_growth_config *c, struct itc_growth *out)
{
    size_t bodies = (size_t)c->sites * 512;
    size_t size = itc_window_size(c->sites, bodies) + itc_tips_size(c->sites);
    *g = (struct grower){.c = c, .out = out, .block = take(1, size)};
    struct itc_mem mem = {g->block, size};
    itc_window_init(&g->window, &mem, c->sites, bodies, c->seed);
    itc_tips_init(&g->tips, &mem, c->sites);
    itc_approvers_init(&g->approvers, c->sites);
    itc_rng_init(&g->rng, c->seed);
    g->stack = take(c->sites, sizeof *g->stack);
    g->made_h = take(c->sites, sizeof *g->made_h);
    g->approved_h = take(c->sites, sizeof *g->approved_h);
    g->direct = take(c->sites, sizeof *g->direct);
    g->parents = take(c->sites, sizeof *g->parents);
    g->parent_count = take(c->sites, sizeof *g->parent_count);
    g->sets = take(c->sites, sizeof *g->sets);
    *out = (struct itc_growth){0};
}

static void end(struct grower *g)
{
    itc_approvers_free(&g->approvers);
    free(g->block);
    free(g->stack);
    free(g->made_h);
    free(g->approved_h);
    free(g->direct);
    free(g->parents);
    free(g->parent_count);
    free(g->sets);
}

/* The window gets the next site; the walk wants its weight and its edges too. */
static void see(struct grower *g)
{
    uint32_t site, number = g->seen++;
    struct itc_hash id = {{0}};
    uint64_t name = itc_rng_split(g->c->seed, number);
    memcpy(id.b, &name, sizeof name);
    memcpy(id.b + sizeof name, &number, sizeof number);
    struct itc_arrival a = {.id = &id,
        .bytes = (const uint8_t *)"x",
        .len = 1,
        .arrival = (uint64_t)number + 1,
        .parents = g->parents[number],
        .parent_count = g->parent_count[number]};
    enum itc_err err = itc_window_add(&g->window, &site, &a);
    ITC_ASSERT(err == ITC_OK && site == number);
    itc_tips_attach(&g->tips, &g->window, site);
    if (g->c->alpha >= 0) {
        /* A walk compares sites that are at most as far back as it begins. */
        uint32_t enough = 2 + (uint32_t)(4 * g->c->depth_h * g->c->lambda_h);
        itc_weight_attach(&g->window, site, enough, g->stack, NULL, NULL);
        itc_approvers_attach(&g->approvers, &g->window, site);
    }
}

/* A site that others have built on, if there is one, one to two depths back. */
static uint32_t walk_start(struct grower *g)
{
    uint32_t depth = 1 + (uint32_t)(g->c->depth_h * g->c->lambda_h);
    if (g->seen <= 2 * depth)
        return 0;
    for (uint32_t tries = 0; tries < 64; tries++) {
        uint32_t at = g->seen - 1 - depth - itc_rng_below(&g->rng, depth);
        if (g->window.vertices[at].approvers > 0)
            return at;
    }
    return 0;
}

static uint32_t choose_by_walk(struct grower *g, uint32_t *parents)
{
    uint32_t count = 0;
    if (g->seen == 0)
        return 0;
    for (uint32_t i = 0; i < g->c->parents; i++) {
        uint32_t tip = itc_walk(&g->approvers, &g->window, &g->rng, g->c->alpha, walk_start(g));
        bool again = false;
        for (uint32_t k = 0; k < count; k++)
            again |= parents[k] == tip;
        if (!again)
            parents[count++] = tip;
    }
    return count;
}

static bool measured(const struct grower *g, uint32_t site)
{
    return site >= g->c->sites / 10 && site < g->c->sites - g->c->sites / 10;
}

/* The sample's bit is set in its own set only; whoever approves it, inherits it. */
static void watch(struct grower *g, uint32_t site)
{
    uint32_t distance = (g->c->sites - g->c->sites / 5) / SAMPLES;
    if (!measured(g, site) || g->sampled == SAMPLES || distance == 0 ||
        (site - g->c->sites / 10) % distance != 0)
        return;
    uint64_t bit = UINT64_C(1) << g->sampled % 64;
    g->sets[site].words[g->sampled / 64] |= bit;
    g->watched.words[g->sampled / 64] |= bit;
    g->sample_h[g->sampled++] = g->made_h[site];
}

static void forget_old_samples(struct grower *g, double now_h)
{
    for (; g->oldest < g->sampled; g->oldest++) {
        if (now_h - g->sample_h[g->oldest] < ITC_GROWTH_AGE_H * ITC_GROWTH_AGES)
            return;
        g->watched.words[g->oldest / 64] &= ~(UINT64_C(1) << g->oldest % 64);
    }
}

/* Each sample that `site` approves, directly or not, is one heavier. */
static void weigh(struct grower *g, uint32_t site)
{
    struct sample_set *set = &g->sets[site];
    for (uint32_t i = 0; i < g->parent_count[site]; i++)
        for (uint32_t k = 0; k < SAMPLE_WORDS; k++)
            set->words[k] |= g->sets[g->parents[site][i]].words[k];
    for (uint32_t k = 0; k < SAMPLE_WORDS; k++)
        for (uint64_t left = set->words[k] & g->watched.words[k]; left; left &= left - 1) {
            uint32_t sample = 64 * k + (uint32_t)__builtin_ctzll(left);
            double age = (g->made_h[site] - g->sample_h[sample]) / ITC_GROWTH_AGE_H;
            if (age < ITC_GROWTH_AGES)
                g->gained[(uint32_t)age]++;
        }
}

static void make(struct grower *g, double now_h)
{
    uint32_t site = g->made++, *parents = g->parents[site];
    g->made_h[site] = now_h;
    if (g->c->lazy == 0 || itc_chance(&g->rng) > g->c->lazy)
        g->parent_count[site] =
            (uint8_t)(g->c->alpha >= 0 ? choose_by_walk(g, parents)
                                       : itc_tips_choose(&g->tips, &g->window, NULL, &g->rng,
                                             g->c->parents, parents));
    for (uint32_t i = 0; i < g->parent_count[site]; i++) {
        if (g->direct[parents[i]]++ == 0)
            g->approved_h[parents[i]] = now_h;
    }
    forget_old_samples(g, now_h);
    weigh(g, site);
    watch(g, site);
    if (measured(g, site)) {
        g->tips_sum += g->tips.count;
        g->tips_count++;
    }
    g->out->course[(uint64_t)site * ITC_GROWTH_TIMES / g->c->sites] =
        g->tips.count / g->c->lambda_h;
}

/* The age at which the pace, over a few ages, comes to half of what it becomes. */
static double adaptation(const struct grower *g)
{
    const uint32_t around = 2;
    double half = g->c->lambda_h * (1 - g->c->lazy) * ITC_GROWTH_AGE_H * g->sampled / 2;
    double before = 0;
    for (uint32_t i = around; i + around < ITC_GROWTH_AGES; i++) {
        double pace = 0;
        for (uint32_t k = i - around; k <= i + around; k++)
            pace += g->gained[k] / (2 * around + 1);
        if (pace >= half)
            return (i + 0.5 - (pace > before ? (pace - half) / (pace - before) : 0)) *
                   ITC_GROWTH_AGE_H;
        before = pace;
    }
    return 0;
}

static void conclude(struct grower *g)
{
    double approved_sum = 0, approved = 0, count = 0, weight = 1;
    for (uint32_t i = 0; i < g->c->sites; i++) {
        if (!measured(g, i))
            continue;
        uint32_t most = ITC_GROWTH_APPROVERS - 1;
        g->out->approvers[g->direct[i] < most ? g->direct[i] : most]++;
        count++;
        if (g->direct[i] > 0) {
            approved_sum += g->approved_h[i] - g->made_h[i];
            approved++;
        }
    }
    for (uint32_t i = 0; i < ITC_GROWTH_APPROVERS; i++)
        g->out->approvers[i] /= count;
    for (uint32_t i = 0; i < ITC_GROWTH_AGES; i++)
        g->out->weight[i] = weight += g->sampled ? g->gained[i] / g->sampled : 0;
    g->out->tips = g->tips_sum / g->tips_count / g->c->lambda_h;
    g->out->first_approval = approved > 0 ? approved_sum / approved : 0;
    g->out->adaptation = adaptation(g);
}

void itc_growth_run(const struct itc_growth_config *c, struct itc_growth *out)
{
    struct grower g;
    double now_h = 0;
    init(&g, c, out);
    while (g.made < c->sites) {
        now_h += itc_chance_wait(&g.rng, c->lambda_h);
        while (g.seen < g.made && g.made_h[g.seen] <= now_h - 1)
            see(&g);
        make(&g, now_h);
    }
    out->end_h = now_h;
    conclude(&g);
    end(&g);
}

bool itc_growth_theory(const struct itc_growth_config *c, struct itc_growth *out)
{
    double fresh = c->parents * (1 - c->lazy); /* approvals of tips a site brings, on average */
    if (fresh <= 1)
        return false;
    *out = (struct itc_growth){.tips = fresh / (fresh - 1), .first_approval = fresh / (fresh - 1)};
    double share = exp(1 - fresh);
    for (uint32_t n = 1; n < ITC_GROWTH_APPROVERS; n++) {
        out->approvers[n] = share;
        share *= (fresh - 1) / n;
    }
    /* Known for two parents: weight grows like exp(0.352 t) until it is the issuers' pace. */
    if (c->parents == 2 && c->lazy == 0) {
        out->adaptation = 2.84 * log(out->tips * c->lambda_h);
        double weight = 1;
        for (uint32_t i = 0; i < ITC_GROWTH_AGES; i++) {
            double age = (i + 1) * ITC_GROWTH_AGE_H, bend = out->adaptation;
            weight = age < bend ? 2 * exp(0.352 * age)
                                : 2 * exp(0.352 * bend) + c->lambda_h * (age - bend);
            out->weight[i] = weight;
        }
    }
    return true;
}
