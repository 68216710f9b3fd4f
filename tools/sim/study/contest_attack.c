/* contest_attack.c - the attacker. */
#include "tools/sim/study/contest_internal.h"

/* One site on top of the other, all of their weight on the spend. */
static void build_chain(struct contest *k, enum side side, double seconds)
{
    uint32_t count = 1 + (uint32_t)(seconds * k->c->rate * k->c->share);
    k->secret[side] = k->count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t site = contest_make(k, false, i == 0 ? (uint32_t)side : contest_new_tx(k));
        if (i > 0)
            contest_approve(k, site, k->secret_tip);
        k->secret_tip = site;
    }
    k->secret_end[side] = k->count;
}

void contest_build_secret(struct contest *k)
{
    if (k->c->attack == ITC_ATTACK_PAIR)
        build_chain(k, PAYMENT, k->c->secret_s / 3);
    build_chain(
        k, RIVAL, k->c->attack == ITC_ATTACK_PAIR ? k->c->secret_s * 2 / 3 : k->c->secret_s);
}

/* At once to one node, to the other when it hears of it. */
static void show_first(struct contest *k, uint32_t site, uint32_t view)
{
    contest_deliver(k, site, view, 0);
    contest_deliver(k, site, 1 - view, k->c->delay_s);
}

static void show_chain(struct contest *k, enum side side, uint32_t view)
{
    for (uint32_t i = k->secret[side]; i < k->secret_end[side]; i++)
        show_first(k, i, view);
    k->shown = true;
}

/* A payment of another, made at node 1. */
static void pay(struct contest *k)
{
    uint32_t site = contest_make(k, true, PAYMENT);
    contest_approve_tips(k, site, 1);
    contest_deliver_to_all(k, site, k->c->delay_s);
}

static void split(struct contest *k)
{
    for (uint32_t side = 0; side < SIDES; side++) {
        k->side_tip[side] = contest_make(k, false, side);
        contest_approve_tips(k, k->side_tip[side], 1 - side);
    }
    for (uint32_t side = 0; side < SIDES; side++)
        show_first(k, k->side_tip[side], 1 - side);
}

void contest_begin(struct contest *k)
{
    k->begun = true;
    k->begin_us = k->now_us;
    if (k->c->attack == ITC_ATTACK_PAIR) {
        show_chain(k, PAYMENT, 0);
        show_chain(k, RIVAL, 1);
    } else if (k->c->attack == ITC_ATTACK_SPLIT) {
        split(k);
    } else {
        pay(k);
    }
}

/* The chain in time for ITC_ATTACK_EARLY: the payment's own node may yet confirm it before it hears of it. */
void contest_watch_payment(struct contest *k)
{
    bool confirmed = k->confirmed == PAYMENT;
    if (!k->begun || k->decided || k->shown)
        return;
    if (k->c->attack == ITC_ATTACK_EARLY && contest_weight_of(k, 0, PAYMENT) >= k->c->theta / 4 - 1)
        show_chain(k, RIVAL, 0);
    if (k->c->attack == ITC_ATTACK_PARASITE && confirmed)
        show_chain(k, RIVAL, 0);
    if (k->c->attack == ITC_ATTACK_LATE && confirmed) {
        k->secret_tip = contest_make(k, false, RIVAL);
        contest_approve_tips(k, k->secret_tip, 0);
        show_first(k, k->secret_tip, 0);
        k->shown = true;
    }
}

static void add_to_chain(struct contest *k)
{
    uint32_t site = contest_make(k, false, contest_new_tx(k));
    contest_approve(k, site, k->secret_tip);
    k->secret_tip = site;
    show_first(k, site, 0);
}

static void add_to_lighter(struct contest *k)
{
    uint32_t weights[SIDES] = {0};
    for (uint32_t v = 0; v < VIEWS; v++)
        for (uint32_t side = 0; side < SIDES; side++)
            weights[side] += contest_weight_of(k, v, (enum side)side);
    enum side lighter = weights[PAYMENT] <= weights[RIVAL] ? PAYMENT : RIVAL;
    uint32_t site = contest_make(k, false, contest_new_tx(k));
    contest_approve(k, site, k->side_tip[lighter]);
    k->side_tip[lighter] = site;
    show_first(k, site, lighter == PAYMENT);
}

static void add_conflict(struct contest *k)
{
    uint32_t tx = contest_new_tx(k);
    for (uint32_t side = 0; side < 2; side++) {
        uint32_t site = contest_make(k, false, tx + side);
        contest_approve_tips(k, site, side);
        show_first(k, site, side);
    }
}

void contest_attack(struct contest *k)
{
    switch (k->c->attack) {
    case ITC_ATTACK_PARASITE:
    case ITC_ATTACK_EARLY:
    case ITC_ATTACK_LATE:
        if (k->shown && !k->decided)
            add_to_chain(k);
        return;
    case ITC_ATTACK_PAIR:
        return; /* all is shown at once */
    case ITC_ATTACK_SPLIT:
        if (k->begun && !k->decided)
            add_to_lighter(k);
        return;
    case ITC_ATTACK_CONFLICTS:
        add_conflict(k);
        return;
    case ITC_ATTACK_LAZY:
        contest_deliver_to_all(k, contest_make(k, false, contest_new_tx(k)), k->c->delay_s);
        return;
    case ITC_ATTACKS:
        break;
    }
    ITC_ASSERT(false);
}
