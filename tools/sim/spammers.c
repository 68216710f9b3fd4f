#include "tools/sim/spammers.h"

#include "node/core.h"
#include "pow/pow.h"

#include <string.h>

#define FIRST_MS 2000
#define CONFLICT_PAUSE_MS 400 /* at most, and so of the others */
#define PARASITE_PAUSE_MS 400 /* between two sites of the chain */
#define LAZY_PAUSE_MS 200

const char *itc_spam_name(enum itc_spam k)
{
    static const char *const names[ITC_SPAMS] = {
        [ITC_SPAM_CONFLICTS] = "conflicts",
        [ITC_SPAM_PARASITE] = "parasite",
        [ITC_SPAM_LAZY] = "lazy",
    };
    return names[k];
}

void itc_spammers_init(struct itc_spammers *s, uint64_t seed, uint32_t kinds,
    struct itc_chain_book *book, struct itc_finding *finding)
{
    *s = (struct itc_spammers){.kinds = kinds, .book = book, .finding = finding};
    itc_rng_init(&s->rng, seed);
    for (uint32_t k = 0; k < ITC_SPAMS; k++)
        s->due_ms[k] = kinds >> k & 1 ? FIRST_MS : UINT64_MAX;
}

static uint32_t below(struct itc_spammers *s, uint32_t n)
{
    return itc_rng_below(&s->rng, n);
}

/* A node that is up; ITC_NET_NODES_MAX: there is none. */
static uint32_t some_node(struct itc_spammers *s, const struct itc_net *net)
{
    uint32_t nodes = itc_net_count(net), i = below(s, nodes);
    for (uint32_t k = 0; k < nodes; k++, i = (i + 1) % nodes)
        if (itc_net_node(net, i))
            return i;
    return ITC_NET_NODES_MAX;
}

/* --- sites ------------------------------------------------------------------------------------ */

/* An open site of `n`, as it stands there. */
static bool see(struct itc_spammers *s, const struct itc_node *n, uint32_t *index)
{
    const struct itc_window *w = &n->window;
    for (uint32_t tries = 0; tries < 8 && w->fresh > 0; tries++) {
        *index = below(s, w->fresh);
        if (w->vertices[*index].flags & ITC_VERTEX_USED)
            return true;
    }
    return false;
}

static bool see_parent(
    struct itc_spammers *s, const struct itc_node *n, struct itc_spam_parent *out)
{
    uint32_t index;
    if (!see(s, n, &index))
        return false;
    *out = (struct itc_spam_parent){n->window.infos[index].id, n->window.infos[index].anchor};
    return true;
}

static bool may_approve(const struct itc_node *n, const struct itc_spam_parent *p)
{
    const struct itc_header *head = &n->chain.head;
    return p->anchor <= head->index && p->anchor + n->chain.params.depth >= head->index;
}

/* Two of them at most, ascending. */
static uint32_t put_parents(struct itc_site *site, const struct itc_node *n,
    const struct itc_spam_parent *parents, uint32_t count)
{
    struct itc_hash *out = site->parents;
    site->parent_count = 0;
    for (uint32_t i = 0; i < count && site->parent_count < 2; i++)
        if (may_approve(n, &parents[i]) &&
            (site->parent_count == 0 || !itc_hash_equal(&out[0], &parents[i].id)))
            out[site->parent_count++] = parents[i].id;
    if (site->parent_count == 2 && itc_hash_compare(&out[0], &out[1]) > 0) {
        struct itc_hash first = out[0];
        out[0] = out[1];
        out[1] = first;
    }
    return site->parent_count;
}

/* Builds a site around a tx, anchored at the head of `n`, with its work. Returns the size; 0: parents are given, and
 * none of them may be approved. */
static size_t build(uint8_t *out, size_t cap, const struct itc_node *n,
    const struct itc_spam_parent *parents, uint32_t count, const uint8_t *tx, size_t tx_len)
{
    struct itc_site site = {.anchor = n->chain.head.index, .tx_bytes = tx, .tx_len = tx_len};
    struct itc_hash stem;
    struct itc_pow pow;
    size_t len;
    if ((put_parents(&site, n, parents, count) == 0 && count > 0) ||
        itc_site_encode(out, cap, &len, &site) != ITC_OK)
        return 0;
    itc_site_stem(&stem, &n->chain.id, out, len);
    itc_pow_init(
        &pow, &n->chain.id, &n->chain.head_id, &stem, itc_pow_bits(n->chain.head.work_bits, len));
    enum itc_err e = itc_pow_search(&pow, 0, UINT64_MAX, &site.nonce);
    ITC_ASSERT(e == ITC_OK);
    e = itc_site_encode(out, cap, &len, &site);
    ITC_ASSERT(e == ITC_OK);
    return len;
}

/* `to` has it from one of its peers. */
static void send(
    struct itc_spammers *s, struct itc_net *net, uint32_t to, const uint8_t *bytes, size_t len)
{
    uint8_t frame[ITC_FRAME_HEAD + ITC_SITE_MAX];
    struct itc_net_sent sent = {.to = to, .channel = ITC_CHANNEL_BULK, .frame = frame};
    struct itc_message m = {.type = ITC_MESSAGE_SITE};
    m.u.site.bytes = bytes;
    m.u.site.len = len;
    enum itc_err e = itc_message_encode(frame, sizeof frame, &sent.len, &m);
    ITC_ASSERT(e == ITC_OK);
    sent.from = (to + 1 + below(s, itc_net_count(net) - 1)) % itc_net_count(net);
    itc_net_inject(net, &sent, 0);
}

/* --- spends ----------------------------------------------------------------------------------- */

static size_t sign(struct itc_spammers *s, uint8_t out[ITC_SPAM_TX], struct itc_hash *id,
    const struct itc_private_chain *chain, uint32_t wallet, uint64_t seq)
{
    uint32_t from = ITC_SPAM_FIRST + wallet;
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER, .seq = seq};
    tx.u.transfer.to = chain->wallets[below(s, ITC_WALLETS_HONEST)].key;
    tx.u.transfer.amount.grains = 1000 + below(s, 100000);
    size_t len = itc_private_chain_sign(chain, out, ITC_SPAM_TX, from, &tx);
    itc_tx_id(id, &chain->id, out, len);
    return len;
}

static uint64_t next_seq(
    const struct itc_spammers *s, const struct itc_private_chain *chain, uint32_t wallet)
{
    return ledger_model_find(&s->book->model, chain->wallets[ITC_SPAM_FIRST + wallet].key.b)
        ->next_seq;
}

/* The wallet's open rivals: those of its next seq. Of those before one was applied. */
static struct itc_rivals *rivals_of(struct itc_spammers *s, struct itc_net *net, uint32_t wallet)
{
    struct itc_rivals *r = &s->rivals[wallet];
    uint64_t seq = next_seq(s, itc_net_chain(net), wallet);
    uint32_t applied = 0;
    if (seq == r->seq)
        return r;
    for (uint32_t i = 0; i < r->count; i++)
        applied += itc_chain_book_applied(s->book, &r->ids[i]);
    if (applied != 1 || seq != r->seq + 1)
        itc_find(s->finding, itc_net_now(net), "one of two spends",
            "wallet %u: %u of %u spends of seq %llu were applied, and now it is at %llu",
            ITC_SPAM_FIRST + wallet, applied, r->count, (unsigned long long)r->seq,
            (unsigned long long)seq);
    s->settled += r->count > 1;
    r->seq = seq;
    r->count = 0;
    return r;
}

/* A new one, or one of those there are. */
static uint32_t choose_rival(struct itc_spammers *s, struct itc_net *net, uint32_t wallet)
{
    struct itc_rivals *r = rivals_of(s, net, wallet);
    if (r->count == ITC_SPAM_RIVALS || (r->count >= 2 && below(s, 8)))
        return below(s, r->count);
    r->len[r->count] =
        sign(s, r->txs[r->count], &r->ids[r->count], itc_net_chain(net), wallet, r->seq);
    return r->count++;
}

/* To a node as a client's, or in a site on what that node sees. */
static void spend(struct itc_spammers *s, struct itc_net *net, uint32_t wallet, uint32_t to)
{
    struct itc_spam_parent parents[2];
    uint8_t site[ITC_SPAM_SITE];
    const struct itc_node *n = itc_net_node(net, to);
    uint32_t rival = choose_rival(s, net, wallet);
    const struct itc_rivals *r = &s->rivals[wallet];
    if (below(s, 4) == 0) {
        (void)itc_net_submit(net, to, r->txs[rival], r->len[rival]);
        return;
    }
    uint32_t seen = see_parent(s, n, &parents[0]) && see_parent(s, n, &parents[1]) ? 2 : 0;
    size_t len = build(site, sizeof site, n, parents, seen, r->txs[rival], r->len[rival]);
    if (len == 0)
        return;
    send(s, net, to, site, len);
    s->counts[ITC_SPAM_CONFLICTS]++;
}

void itc_spammers_carry(struct itc_spammers *s, struct itc_net *net, const uint8_t *tx, size_t len)
{
    struct itc_spam_parent parents[2];
    uint8_t site[ITC_SITE_MAX];
    uint32_t to = some_node(s, net);
    if (to == ITC_NET_NODES_MAX)
        return;
    const struct itc_node *n = itc_net_node(net, to);
    uint32_t seen = see_parent(s, n, &parents[0]) && see_parent(s, n, &parents[1]) ? 2 : 0;
    size_t size = build(site, sizeof site, n, parents, seen, tx, len);
    if (size > 0)
        send(s, net, to, site, size);
}

static void make_conflicts(struct itc_spammers *s, struct itc_net *net)
{
    uint32_t wallet = below(s, ITC_SPAM_WALLETS);
    for (uint32_t times = 2 + below(s, 3); times > 0; times--) {
        uint32_t to = some_node(s, net);
        if (to < ITC_NET_NODES_MAX)
            spend(s, net, wallet, to);
    }
}

/* --- parasites -------------------------------------------------------------------------------- */

static void let_go(struct itc_spammers *s, struct itc_net *net)
{
    uint32_t to = some_node(s, net);
    for (uint32_t i = 0; i < s->chain_count && to < ITC_NET_NODES_MAX; i++)
        send(s, net, to, s->chain[i].bytes, s->chain[i].len);
    s->counts[ITC_SPAM_PARASITE] += s->chain_count;
    s->chain_count = 0;
}

/* One more site of the chain: the spend first, and it again and again; its rival goes to everybody. */
static void grow_parasite(struct itc_spammers *s, struct itc_net *net)
{
    uint32_t at = some_node(s, net), wallet = 0;
    if (s->chain_count == ITC_SPAM_CHAIN || (s->chain_count > 2 && below(s, 10) == 0)) {
        let_go(s, net);
        return;
    }
    if (at == ITC_NET_NODES_MAX || s->old_count == 0)
        return;
    uint32_t kept = s->old_count < ITC_SPAM_OLD ? (uint32_t)s->old_count : ITC_SPAM_OLD;
    struct itc_spam_site *site = &s->chain[s->chain_count];
    struct itc_spam_parent parents[2] = {s->old[below(s, kept)], s->old[below(s, kept)]};
    if (s->chain_count > 0)
        parents[0] = (struct itc_spam_parent){
            s->chain[s->chain_count - 1].id, s->chain[s->chain_count - 1].anchor};
    else
        spend(s, net, wallet, at);
    const struct itc_node *n = itc_net_node(net, at);
    if (n == NULL)
        return; /* power failed as it was told */
    uint32_t rival = choose_rival(s, net, wallet);
    const struct itc_rivals *r = &s->rivals[wallet];
    site->len = build(site->bytes, sizeof site->bytes, n, parents,
        s->chain_count > 0 ? 1 + below(s, 2) : 2, r->txs[rival], r->len[rival]);
    if (site->len == 0) { /* too old by now */
        let_go(s, net);
        return;
    }
    site->anchor = n->chain.head.index;
    itc_site_id(&site->id, &n->chain.id, site->bytes, site->len);
    s->chain_count++;
}

/* --- lazy ones -------------------------------------------------------------------------------- */

/* Somebody's tx once more, on old parents. */
static void be_lazy(struct itc_spammers *s, struct itc_net *net)
{
    uint8_t site[ITC_SITE_MAX];
    struct itc_site seen;
    uint32_t to = some_node(s, net), index;
    uint32_t kept = s->old_count < ITC_SPAM_OLD ? (uint32_t)s->old_count : ITC_SPAM_OLD;
    size_t len;
    if (to == ITC_NET_NODES_MAX || kept == 0 || !see(s, itc_net_node(net, to), &index))
        return;
    const struct itc_node *n = itc_net_node(net, to);
    const struct itc_spam_parent parents[3] = {
        s->old[below(s, kept)], s->old[below(s, kept)], s->old[below(s, kept)]};
    const uint8_t *bytes = itc_window_bytes(&n->window, index, &len);
    if (itc_site_decode(&seen, bytes, len) != ITC_OK)
        return;
    len = build(site, sizeof site, n, parents, 3, seen.tx_bytes, seen.tx_len);
    if (len == 0)
        return;
    send(s, net, to, site, len);
    s->counts[ITC_SPAM_LAZY]++;
}

/* --- all -------------------------------------------------------------------------------------- */

static void look_around(struct itc_spammers *s, const struct itc_net *net)
{
    uint32_t at = some_node(s, net);
    struct itc_spam_parent p;
    if (at < ITC_NET_NODES_MAX && see_parent(s, itc_net_node(net, at), &p))
        s->old[s->old_count++ % ITC_SPAM_OLD] = p;
}

uint64_t itc_spammers_due_ms(const struct itc_spammers *s)
{
    uint64_t due_ms = UINT64_MAX;
    for (uint32_t k = 0; k < ITC_SPAMS && !s->resting; k++)
        due_ms = s->due_ms[k] < due_ms ? s->due_ms[k] : due_ms;
    return due_ms;
}

void itc_spammers_act(struct itc_spammers *s, struct itc_net *net)
{
    static const struct {
        uint32_t pause_ms;
        void (*act)(struct itc_spammers *s, struct itc_net *net);
    } ways[ITC_SPAMS] = {
        [ITC_SPAM_CONFLICTS] = {CONFLICT_PAUSE_MS, make_conflicts},
        [ITC_SPAM_PARASITE] = {PARASITE_PAUSE_MS, grow_parasite},
        [ITC_SPAM_LAZY] = {LAZY_PAUSE_MS, be_lazy},
    };
    for (uint32_t k = 0; k < ITC_SPAMS && !s->resting; k++) {
        if (s->due_ms[k] > itc_net_now(net))
            continue;
        s->due_ms[k] = itc_net_now(net) + 1 + below(s, ways[k].pause_ms);
        look_around(s, net);
        ways[k].act(s, net);
    }
}
