/* round.c - see round.h. */
#include "node/round.h"

#include "spv/mutant.h"

static const uint8_t moves[ITC_ROUND_STATES] = {
    [ITC_ROUND_EMPTY] = 1u << ITC_ROUND_PROPOSED | 1u << ITC_ROUND_EVALUATED,
    [ITC_ROUND_PROPOSED] = 1u << ITC_ROUND_EVALUATED | 1u << ITC_ROUND_REJECTED,
    [ITC_ROUND_REJECTED] = 0,
    [ITC_ROUND_EVALUATED] = 1u << ITC_ROUND_PREPARED,
    [ITC_ROUND_PREPARED] = 1u << ITC_ROUND_COMMITTED,
    [ITC_ROUND_COMMITTED] = 0,
};

void itc_round_move(struct itc_round *r, enum itc_round_state to)
{
    ITC_ASSERT(moves[r->state] & 1u << to);
    r->state = to;
}

void itc_round_open(struct itc_round *r, const struct itc_slot *slot)
{
    bool mixed = ITC_MUTANT("views-mixed") && slot->index == r->slot.index;
    r->slot = *slot;
    r->state = ITC_ROUND_EMPTY;
    r->body_len = 0;
    r->prepares.held = 0;
    r->commits.held = mixed ? r->commits.held : 0;
    r->measured = false;
}

bool itc_slot_equal(const struct itc_slot *a, const struct itc_slot *b)
{
    return a->index == b->index && a->epoch == b->epoch && a->view == b->view;
}

void itc_votes_hold(struct itc_votes *votes, uint32_t voter, const struct itc_hash *header_id,
    const struct itc_sig *sig)
{
    if (votes->held >> voter & 1)
        return;
    votes->held |= 1u << voter;
    votes->ids[voter] = *header_id;
    votes->sigs[voter] = *sig;
}

/* Which validators voted for `id`. */
static uint32_t voters_for(const struct itc_votes *votes, const struct itc_hash *id)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++) {
        if (votes->held >> i & 1 && itc_hash_equal(&votes->ids[i], id))
            set |= 1u << i;
    }
    return set;
}

bool itc_round_certify(
    const struct itc_round *r, const struct itc_votes *votes, uint32_t quorum, struct itc_cert *out)
{
    uint32_t set = voters_for(votes, &r->header_id);
    uint32_t count = 0;
    *out = (struct itc_cert){.view = r->slot.view, .index = r->slot.index};
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX && count < quorum; i++) {
        if (!(set >> i & 1))
            continue;
        out->signers |= 1u << i;
        out->sigs[count++] = votes->sigs[i];
    }
    return count == quorum;
}
