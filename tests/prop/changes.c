#include "tests/prop/changes.h"

#include <string.h>

/* Who sits on an empty seat. */
static const uint8_t nobody[32];

/* Whose key sits there; all are the chain's. */
static uint32_t owner_of(const struct itc_key *keys, const uint8_t key[32])
{
    uint32_t i = 0;
    while (memcmp(keys[i].b, key, 32) != 0)
        i++;
    ITC_ASSERT(i < ITC_VALIDATORS_MAX);
    return i;
}

void change_makers_init(struct change_makers *m)
{
    struct itc_params params;
    itc_private_params(&params);
    itc_private_chain_init(&m->chain, 1, 4, &params);
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
        m->keys[i] = itc_private_chain_validator(&m->chain, i);
}

struct itc_committee change_committee(const struct seats_list *list)
{
    struct itc_committee out = {.n = list->n};
    memcpy(out.keys, list->keys, list->n * sizeof out.keys[0]);
    return out;
}

/* Distinct keys of the chain's, in any order. */
static void draw_list(
    struct itc_committee *out, struct itc_rng *rng, const struct itc_key *keys, uint32_t most)
{
    uint32_t first = itc_rng_below(rng, ITC_VALIDATORS_MAX);
    uint32_t step = 1 + 2 * itc_rng_below(rng, 16); /* odd: no key comes twice */
    *out = (struct itc_committee){.n = 4 + itc_rng_below(rng, most - 3)};
    for (uint32_t i = 0; i < out->n; i++)
        out->keys[i] = keys[(first + i * step) % ITC_VALIDATORS_MAX];
}

static void spoil(struct itc_change *c, struct change_draft *draft, struct itc_rng *rng,
    const struct seats_model *seats, enum change_flaw flaw)
{
    if (flaw == CHANGE_OTHER_EPOCH)
        c->epoch += itc_rng_below(rng, 2) ? 1 : UINT32_MAX;
    if (flaw == CHANGE_OTHER_COMMITTEE)
        c->present.b[31] ^= 1;
    if (flaw == CHANGE_NOTHING_NEW) {
        draft->next.n = c->n = seats->present.n;
        memcpy(draft->next.keys, seats->present.keys, c->n * 32);
    }
    if (flaw == CHANGE_TOO_SMALL)
        c->n = 1 + itc_rng_below(rng, 3);
    if (flaw == CHANGE_NO_KEY)
        memset(&draft->next.keys[c->n - 1], 0xff, 32);
}

void change_make(struct itc_change *out, struct change_draft *draft, struct itc_rng *rng,
    const struct change_makers *makers, const struct seats_model *seats, uint32_t most,
    enum change_flaw flaw)
{
    struct itc_hash message, chain;
    uint32_t n = seats->present.n, at = 0, first = itc_rng_below(rng, n);
    uint32_t signers = itc_committee_quorum(n);
    memcpy(chain.b, seats->chain, sizeof chain.b);
    signers = flaw == CHANGE_TOO_FEW ? signers - 1 : signers + (flaw == CHANGE_TOO_MANY);
    draw_list(&draft->next, rng, makers->keys, most);
    *out = (struct itc_change){.epoch = seats->epoch,
        .n = draft->next.n,
        .keys = draft->next.keys[0].b,
        .sigs = draft->sigs[0].b};
    seats_model_hash(seats, out->present.b, &seats->present);
    spoil(out, draft, rng, seats, flaw);
    itc_change_message(&message, &chain, out);
    for (uint32_t i = 0; i < n && signers > 0; i++) {
        uint32_t seat = (first + i) % n;
        if (memcmp(seats->present.keys[seat], nobody, sizeof nobody) == 0)
            continue;
        out->signers |= 1u << seat;
        signers--;
    }
    for (uint32_t seat = 0; seat < n; seat++)
        if (out->signers >> seat & 1)
            itc_private_chain_vouch(&makers->chain,
                owner_of(makers->keys, seats->present.keys[seat]), &message, &draft->sigs[at++]);
    if (flaw == CHANGE_LAST_BAD)
        draft->sigs[at - 1].b[40] ^= 1;
}
