#include "tools/sim/reforms.h"

#include <string.h>

#define LOOK_MS 200
#define AGAIN_MS 1000
#define MEMBERS_LEAST 4
#define MEMBERS_MOST 16

enum flaw {
    FLAW_NONE,
    FLAW_TOO_FEW,
    FLAW_TOO_MANY,
    FLAW_BAD_SIGNATURE,
    FLAW_OTHER_EPOCH,
    FLAW_OLD_COMMITTEE,
    FLAW_NOTHING_NEW,
    FLAW_TOO_SMALL,
    FLAWS
};

void itc_reforms_init(struct itc_reforms *r, uint64_t seed, bool on, uint32_t known,
    uint32_t traitors, struct itc_chain_book *book, struct itc_spammers *spammers)
{
    *r = (struct itc_reforms){.on = on,
        .known = known,
        .traitors = traitors,
        .book = book,
        .spammers = spammers,
        .epoch = UINT32_MAX,
        .before = book->genesis.committee};
    itc_rng_init(&r->rng, seed);
}

static uint32_t below(struct itc_reforms *r, uint32_t n)
{
    return itc_rng_below(&r->rng, n);
}

/* --- the next list ---------------------------------------------------------------------------- */

/* One who is known and not in the list; ITC_VALIDATORS_MAX: there is none. */
static uint32_t outsider(struct itc_reforms *r, uint32_t members)
{
    uint32_t out = r->known & ~members, pick;
    if (out == 0)
        return ITC_VALIDATORS_MAX;
    do
        pick = below(r, ITC_VALIDATORS_MAX);
    while (!(out >> pick & 1));
    return pick;
}

static void put(
    struct itc_roster *list, const struct itc_rosters *rosters, uint32_t seat, uint32_t who)
{
    if (seat < list->committee.n && list->who[seat] < ITC_VALIDATORS_MAX)
        list->members &= ~(1u << list->who[seat]);
    list->members |= 1u << who;
    list->who[seat] = (uint8_t)who;
    list->committee.keys[seat] = rosters->keys[who];
}

static void add(struct itc_reforms *r, struct itc_roster *list)
{
    uint32_t who = outsider(r, list->members);
    if (who == ITC_VALIDATORS_MAX || list->committee.n >= MEMBERS_MOST)
        return;
    put(list, r->book->rosters, list->committee.n, who);
    list->committee.n++;
}

static void replace(struct itc_reforms *r, struct itc_roster *list)
{
    uint32_t who = outsider(r, list->members);
    if (who != ITC_VALIDATORS_MAX)
        put(list, r->book->rosters, below(r, list->committee.n), who);
}

/* The seats behind it move up. */
static void take_seat(struct itc_roster *list, uint32_t seat)
{
    if (list->who[seat] < ITC_VALIDATORS_MAX)
        list->members &= ~(1u << list->who[seat]);
    list->committee.n--;
    for (; seat < list->committee.n; seat++) {
        list->who[seat] = list->who[seat + 1];
        list->committee.keys[seat] = list->committee.keys[seat + 1];
    }
}

static void take_away(struct itc_reforms *r, struct itc_roster *list)
{
    uint32_t seat = below(r, list->committee.n);
    if (list->committee.n > MEMBERS_LEAST)
        take_seat(list, seat);
}

/* Nobody can be asked to agree to an empty seat. */
static void fill_seats(struct itc_reforms *r, struct itc_roster *list)
{
    for (uint32_t seat = 0; seat < list->committee.n; seat++) {
        uint32_t who =
            list->who[seat] < ITC_VALIDATORS_MAX ? ITC_VALIDATORS_MAX : outsider(r, list->members);
        if (who < ITC_VALIDATORS_MAX)
            put(list, r->book->rosters, seat, who);
        else if (list->who[seat] >= ITC_VALIDATORS_MAX && list->committee.n > MEMBERS_LEAST)
            take_seat(list, seat--);
    }
    list->empty = 0;
}

static void swap(struct itc_reforms *r, struct itc_roster *list)
{
    uint32_t a = below(r, list->committee.n), b = below(r, list->committee.n);
    struct itc_key key = list->committee.keys[a];
    uint8_t who = list->who[a];
    list->committee.keys[a] = list->committee.keys[b];
    list->who[a] = list->who[b];
    list->committee.keys[b] = key;
    list->who[b] = who;
}

static bool has_all_keys(const struct itc_roster *list)
{
    for (uint32_t seat = 0; seat < list->committee.n; seat++)
        if (list->who[seat] >= ITC_VALIDATORS_MAX)
            return false;
    return true;
}

static bool is_fair(const struct itc_reforms *r, const struct itc_roster *list)
{
    uint32_t traitors = (uint32_t)__builtin_popcount(list->members & r->traitors);
    return traitors <= itc_committee_faults(list->committee.n);
}

/* Another list than the present one; false: luck found none. */
static bool draw_list(struct itc_reforms *r, struct itc_committee *out)
{
    static void (*const ways[])(struct itc_reforms *, struct itc_roster *) = {
        add, replace, take_away, swap};
    const struct itc_roster *present = itc_rosters_present(r->book->rosters);
    for (uint32_t tries = 0; tries < 8; tries++) {
        struct itc_roster list = *present;
        fill_seats(r, &list);
        void (*way)(struct itc_reforms *, struct itc_roster *) = ways[below(r, 4)];
        for (uint32_t times = 1 + (below(r, 3) == 0) * below(r, 4); times > 0; times--)
            way(r, &list);
        uint32_t n = list.committee.n;
        bool same =
            n == present->committee.n && memcmp(list.committee.keys, present->committee.keys,
                                             n * sizeof list.committee.keys[0]) == 0;
        *out = list.committee;
        if (!same && has_all_keys(&list) && is_fair(r, &list))
            return true;
    }
    return false;
}

/* --- signing ---------------------------------------------------------------------------------- */

/* `count` seats of `roster` whose keys are ours. */
static uint32_t draw_signers(struct itc_reforms *r, const struct itc_roster *roster, uint32_t count)
{
    uint32_t chosen = 0;
    for (uint32_t tries = 0; tries < 1000 && count > 0; tries++) {
        uint32_t seat = below(r, roster->committee.n);
        if (chosen >> seat & 1 || roster->who[seat] >= ITC_VALIDATORS_MAX)
            continue;
        chosen |= 1u << seat;
        count--;
    }
    return chosen;
}

static void flaw_fields(struct itc_reforms *r, struct itc_change *c, const struct itc_hash *chain,
    enum flaw flaw, const struct itc_committee *present)
{
    if (flaw == FLAW_OTHER_EPOCH)
        c->epoch += below(r, 2) ? 1 : UINT32_MAX;
    if (flaw == FLAW_OLD_COMMITTEE)
        itc_committee_hash(&c->present, chain, &r->before);
    if (flaw == FLAW_NOTHING_NEW) {
        c->keys = present->keys[0].b;
        c->n = present->n;
    }
    if (flaw == FLAW_TOO_SMALL)
        c->n = MEMBERS_LEAST - 1;
}

/* Carrier `k` issues a change to `next`, as the present members sign it. */
static void write_paper(struct itc_reforms *r, const struct itc_private_chain *chain, uint32_t k,
    const struct itc_committee *next, enum flaw flaw)
{
    const struct itc_roster *present = itc_rosters_present(r->book->rosters);
    if (flaw == FLAW_NOTHING_NEW && present->empty > 0)
        flaw = FLAW_TOO_FEW; /* no list has an empty seat */
    uint32_t from = ITC_WALLETS_HONEST + k, n = present->committee.n, at = 0;
    if (flaw == FLAW_TOO_MANY && itc_committee_quorum(n) == ITC_CHANGE_SIGNERS_MAX)
        flaw = FLAW_TOO_FEW; /* no change has room for more */
    const struct ledger_model_account *a =
        ledger_model_find(&r->book->model, chain->wallets[from].key.b);
    struct itc_sig sigs[ITC_VALIDATORS_MAX];
    struct itc_hash message;
    struct itc_tx tx = {.kind = ITC_KIND_COMMITTEE, .seq = a->next_seq};
    struct itc_change *c = &tx.u.change;
    uint32_t signers = itc_committee_quorum(n) - (flaw == FLAW_TOO_FEW);
    if (flaw == FLAW_TOO_MANY && signers < n)
        signers++;
    *c = (struct itc_change){.epoch = r->epoch,
        .n = next->n,
        .keys = next->keys[0].b,
        .signers = draw_signers(r, present, signers),
        .sigs = sigs[0].b};
    itc_committee_hash(&c->present, &chain->id, &present->committee);
    flaw_fields(r, c, &chain->id, flaw, &present->committee);
    itc_change_message(&message, &chain->id, c);
    for (uint32_t seat = 0; seat < n; seat++)
        if (c->signers >> seat & 1)
            itc_private_chain_vouch(chain, present->who[seat], &message, &sigs[at++]);
    if (flaw == FLAW_BAD_SIGNATURE)
        sigs[below(r, at)].b[40] ^= 1;
    struct itc_paper *p = &r->papers[k];
    *p = (struct itc_paper){.due_ms = r->look_ms + below(r, 1500)};
    p->len = itc_private_chain_sign(chain, p->tx, sizeof p->tx, from, &tx);
    r->sound += flaw == FLAW_NONE;
    r->unsound += flaw != FLAW_NONE;
}

/* The same signatures, issued by carrier `k`. */
static void wrap_again(
    struct itc_reforms *r, const struct itc_private_chain *chain, uint32_t k, uint32_t of)
{
    struct itc_tx tx;
    uint32_t from = ITC_WALLETS_HONEST + k;
    struct itc_paper *p = &r->papers[k];
    enum itc_err e = itc_tx_decode(&tx, r->papers[of].tx, r->papers[of].len);
    ITC_ASSERT(e == ITC_OK);
    tx.seq = ledger_model_find(&r->book->model, chain->wallets[from].key.b)->next_seq;
    *p = (struct itc_paper){.due_ms = r->look_ms + below(r, 1500)};
    p->len = itc_private_chain_sign(chain, p->tx, sizeof p->tx, from, &tx);
}

/* A new epoch: what is asked for in it. Each carrier has one paper, so that none waits for another. */
static void plan(struct itc_reforms *r, const struct itc_private_chain *chain)
{
    struct itc_committee next;
    uint32_t first = r->epoch % ITC_REFORM_CARRIERS;
    memset(r->papers, 0, sizeof r->papers);
    if (below(r, 8) == 0 && r->old.len > 0) {
        r->papers[(first + 3) % ITC_REFORM_CARRIERS] = r->old;
        r->papers[(first + 3) % ITC_REFORM_CARRIERS].due_ms = r->look_ms;
    }
    if (!draw_list(r, &next))
        return;
    if (below(r, 3) == 0)
        write_paper(r, chain, (first + 1) % ITC_REFORM_CARRIERS, &next,
            (enum flaw)(1 + below(r, FLAWS - 1)));
    if (below(r, 5) < 2)
        return;
    write_paper(r, chain, first, &next, FLAW_NONE);
    if (below(r, 4) == 0)
        wrap_again(r, chain, (first + 2) % ITC_REFORM_CARRIERS, first);
    else if (below(r, 4) == 0 && draw_list(r, &next))
        write_paper(r, chain, (first + 2) % ITC_REFORM_CARRIERS, &next, FLAW_NONE);
    r->old = r->papers[first];
    r->before = itc_rosters_present(r->book->rosters)->committee;
}

/* --- handing in ------------------------------------------------------------------------------- */

static void hand_in(struct itc_reforms *r, struct itc_net *net, struct itc_paper *p)
{
    uint32_t nodes = itc_net_count(net), node = below(r, nodes);
    for (uint32_t k = 0; k < nodes; k++, node = (node + 1) % nodes) {
        if (!itc_net_node(net, node) || r->traitors >> node & 1)
            continue;
        if (below(r, 3) == 0)
            itc_spammers_carry(r->spammers, net, p->tx, p->len);
        else
            (void)itc_net_submit(net, node, p->tx, p->len);
        p->times++;
        break;
    }
    p->due_ms = itc_net_now(net) + AGAIN_MS;
}

static bool is_open(const struct itc_paper *p)
{
    return p->len > 0 && p->times < ITC_REFORM_TIMES;
}

uint64_t itc_reforms_due_ms(const struct itc_reforms *r)
{
    uint64_t due_ms = r->on ? r->look_ms : UINT64_MAX;
    for (uint32_t k = 0; k < ITC_REFORM_CARRIERS; k++)
        if (is_open(&r->papers[k]) && r->papers[k].due_ms < due_ms)
            due_ms = r->papers[k].due_ms;
    return due_ms;
}

void itc_reforms_act(struct itc_reforms *r, struct itc_net *net)
{
    uint64_t now_ms = itc_net_now(net);
    if (r->on && now_ms >= r->look_ms) {
        uint32_t epoch = r->book->rosters->count - 1;
        r->look_ms = now_ms + LOOK_MS;
        if (epoch != r->epoch) {
            r->epoch = epoch;
            plan(r, itc_net_chain(net));
        }
    }
    for (uint32_t k = 0; k < ITC_REFORM_CARRIERS; k++)
        if (is_open(&r->papers[k]) && r->papers[k].due_ms <= now_ms)
            hand_in(r, net, &r->papers[k]);
}
