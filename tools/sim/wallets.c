#include "tools/sim/wallets.h"

#include <string.h>

#define ANSWER_MS 1000
#define LOOK_MS 10 /* how often an answer is looked for */
#define AMOUNT_MAX 1000000u
#define VALID_UNTIL 1000000u /* beyond every run */

void itc_wallets_init(struct itc_wallets *w, uint64_t seed, uint32_t per_s, uint32_t in_flight)
{
    ITC_ASSERT(in_flight > 0 && in_flight < ITC_WALLET_OPEN_MAX);
    *w = (struct itc_wallets){.per_s = per_s, .in_flight = in_flight};
    itc_rng_init(&w->rng, seed);
    for (uint32_t i = 0; i < ITC_WALLETS_HONEST; i++)
        w->wallets[i].next_ms = 500 + itc_rng_below(&w->rng, 500);
}

static uint64_t due_ms(const struct itc_wallets *w, const struct itc_wallet *a)
{
    if (a->tx_len > 0)
        return a->token != 0 ? a->asked_ms + LOOK_MS : a->next_ms;
    if (w->pace == ITC_WALLETS_SILENT || w->per_s == 0)
        return UINT64_MAX;
    return a->next_ms;
}

uint64_t itc_wallets_due_ms(const struct itc_wallets *w)
{
    uint64_t first_ms = UINT64_MAX;
    for (uint32_t i = 0; i < ITC_WALLETS_HONEST; i++) {
        uint64_t at_ms = due_ms(w, &w->wallets[i]);
        first_ms = at_ms < first_ms ? at_ms : first_ms;
    }
    return first_ms;
}

void itc_wallets_set_pace(struct itc_wallets *w, enum itc_wallets_pace pace)
{
    w->pace = pace;
    for (uint32_t i = 0; i < ITC_WALLETS_HONEST && pace != ITC_WALLETS_BUSY; i++)
        w->wallets[i].quiet_seq = w->wallets[i].next_seq;
}

/* A payment to another wallet; one in eight is data instead. */
static void sign(struct itc_wallets *w, uint32_t from, const struct itc_private_chain *chain)
{
    static const uint8_t tag[] = "reading";
    struct itc_wallet *a = &w->wallets[from];
    struct itc_hash id;
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER,
        .issuer = chain->wallets[from].key,
        .seq = a->next_seq,
        .valid_until = VALID_UNTIL};
    if (itc_rng_below(&w->rng, 8) == 0) {
        tx.kind = ITC_KIND_DATA;
        tx.u.data = (struct itc_data){
            .tag = tag, .tag_len = sizeof tag - 1, .bytes = chain->id.b, .len = sizeof chain->id.b};
    } else {
        uint32_t to = (from + 1 + itc_rng_below(&w->rng, ITC_WALLETS - 1)) % ITC_WALLETS;
        tx.u.transfer.to = chain->wallets[to].key;
        tx.u.transfer.amount.grains = 1 + itc_rng_below(&w->rng, AMOUNT_MAX);
    }
    enum itc_err e = itc_tx_encode(a->tx, sizeof a->tx, &a->tx_len, &tx);
    ITC_ASSERT(e == ITC_OK);
    itc_tx_id(&id, &chain->id, a->tx, a->tx_len);
    itc_signer_sign(&chain->wallets[from], &id, &tx.sig);
    e = itc_tx_encode(a->tx, sizeof a->tx, &a->tx_len, &tx);
    ITC_ASSERT(e == ITC_OK);
}

/* To the wallet's own node first, then to any other that is up. */
static void submit(struct itc_wallets *w, struct itc_net *net, uint32_t i)
{
    struct itc_wallet *a = &w->wallets[i];
    uint32_t nodes = itc_net_count(net);
    uint32_t node = a->asked_ms == 0 ? i % nodes : itc_rng_below(&w->rng, nodes);
    for (uint32_t k = 0; k < nodes; k++, node = (node + 1) % nodes) {
        if (!itc_net_node(net, node) || itc_net_machine(net, node)->retires ||
            w->shunned >> node & 1)
            continue;
        a->token = itc_net_submit(net, node, a->tx, a->tx_len);
        a->asked_ms = itc_net_now(net);
        return;
    }
    a->next_ms = itc_net_now(net) + ANSWER_MS;
}

static void acknowledge(struct itc_wallets *w, struct itc_wallet *a, uint64_t now_ms)
{
    /* twice the mean pause at most, so that the mean is right */
    uint32_t pause_ms = 2 * 1000 * ITC_WALLETS_HONEST / w->per_s;
    if (w->pace == ITC_WALLETS_TRICKLE)
        pause_ms *= 10;
    a->acked_ms[a->next_seq % ITC_WALLET_OPEN_MAX] = now_ms;
    a->next_seq++;
    a->tx_len = 0;
    a->token = 0;
    a->next_ms += itc_rng_below(&w->rng, pause_ms + 1);
    if (a->next_ms + pause_ms < now_ms) /* do not make up for a long silence all at once */
        a->next_ms = now_ms;
    a->asked_ms = 0;
    w->acked++;
}

static void look_for_answer(struct itc_wallets *w, struct itc_net *net, uint32_t i)
{
    struct itc_wallet *a = &w->wallets[i];
    const uint8_t *body;
    size_t len, body_len;
    uint64_t now_ms = itc_net_now(net);
    const uint8_t *reply = itc_net_reply(net, a->token, &len);
    enum itc_err e = reply ? itc_reply_open(&body, &body_len, reply, len) : ITC_E_BUSY;
    if (e == ITC_OK || (e == ITC_E_SEQUENCE && a->final_seq > a->next_seq)) {
        acknowledge(w, a, now_ms);
        return;
    }
    if (!reply && now_ms < a->next_ms + ANSWER_MS) {
        a->asked_ms = now_ms; /* looks again later */
        return;
    }
    a->token = 0;
    a->next_ms = now_ms + ANSWER_MS / 2 + itc_rng_below(&w->rng, ANSWER_MS);
    w->resubmitted++;
}

void itc_wallets_act(struct itc_wallets *w, struct itc_net *net)
{
    uint64_t now_ms = itc_net_now(net);
    for (uint32_t i = 0; i < ITC_WALLETS_HONEST; i++) {
        struct itc_wallet *a = &w->wallets[i];
        if (due_ms(w, a) > now_ms)
            continue;
        if (a->token != 0) {
            look_for_answer(w, net, i);
            continue;
        }
        if (a->tx_len == 0 && a->next_seq >= a->final_seq + w->in_flight) {
            a->next_ms = now_ms + LOOK_MS;
            continue;
        }
        if (a->tx_len == 0)
            sign(w, i, itc_net_chain(net));
        submit(w, net, i);
    }
}

void itc_wallets_tell(struct itc_wallets *w, uint32_t i, uint64_t next_seq, uint64_t now_ms)
{
    struct itc_wallet *a = &w->wallets[i];
    for (; a->final_seq < next_seq; a->final_seq++) {
        if (a->final_seq >= a->next_seq)
            continue; /* final before its acknowledgement came */
        uint64_t took_ms = now_ms - a->acked_ms[a->final_seq % ITC_WALLET_OPEN_MAX];
        w->final_ms_sum += took_ms;
        w->final_ms_max = took_ms > w->final_ms_max ? took_ms : w->final_ms_max;
        w->final++;
    }
}
