#include "tangle/seats.h"

#include <string.h>

#include "spv/sign.h"

void itc_seats_init(struct itc_seats *s, const struct itc_hash *chain, uint32_t epoch,
    const struct itc_committee *present, const struct itc_committee *next)
{
    *s = (struct itc_seats){.chain = *chain, .epoch = epoch, .present = *present, .next = *next};
    itc_committee_hash(&s->present_hash, chain, present);
    itc_committee_hash(&s->next_hash, chain, next);
}

void itc_seats_turn(struct itc_seats *s)
{
    s->epoch++;
    s->present = s->next;
    s->present_hash = s->next_hash;
    s->convicted = 0;
    s->taken = false;
}

bool itc_seats_changed(const struct itc_seats *s)
{
    return !itc_hash_equal(&s->present_hash, &s->next_hash);
}

bool itc_seats_empty(const struct itc_committee *c, uint32_t seat)
{
    static const struct itc_key nobody;
    return itc_key_equal(&c->keys[seat], &nobody);
}

static uint32_t empty_seats(const struct itc_committee *c)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->n; i++)
        count += itc_seats_empty(c, i);
    return count;
}

/* The seat of `key`, or c->n. */
static uint32_t seat_of(const struct itc_committee *c, const struct itc_key *key)
{
    uint32_t i = 0;
    while (i < c->n && (itc_seats_empty(c, i) || !itc_key_equal(&c->keys[i], key)))
        i++;
    return i;
}

bool itc_seats_has(const struct itc_committee *c, const struct itc_key *key)
{
    return seat_of(c, key) < c->n;
}

enum itc_err itc_seats_convict(struct itc_seats *s, const struct itc_key *key)
{
    uint32_t member = seat_of(&s->present, key), seat = seat_of(&s->next, key);
    if (member == s->present.n || seat == s->next.n)
        return ITC_E_PROOF;
    if (empty_seats(&s->next) >= itc_committee_faults(s->next.n))
        return ITC_E_FULL;
    s->convicted |= 1u << member;
    s->next.keys[seat] = (struct itc_key){{0}};
    itc_committee_hash(&s->next_hash, &s->chain, &s->next);
    return ITC_OK;
}

/* Takes who is convicted in this epoch out of `list`; false: they are more than it can lose. */
static bool leave_out_convicts(const struct itc_seats *s, struct itc_committee *list)
{
    for (uint32_t i = 0; i < s->present.n; i++) {
        uint32_t seat = s->convicted >> i & 1 ? seat_of(list, &s->present.keys[i]) : list->n;
        if (seat < list->n)
            list->keys[seat] = (struct itc_key){{0}};
    }
    return empty_seats(list) <= itc_committee_faults(list->n);
}

/* What costs no signature check. */
static bool is_for_us(
    const struct itc_seats *s, const struct itc_change *c, const struct itc_hash *list)
{
    uint32_t n = s->present.n;
    uint32_t least = n < ITC_SEATS_LEAST ? n : ITC_SEATS_LEAST;
    return c->n >= least && !itc_hash_equal(list, &s->present_hash) &&
           itc_change_signatures(c) == itc_committee_quorum(n) &&
           (c->signers & ~(UINT32_MAX >> (32 - n))) == 0;
}

/* Stops at the first bad signature: most false changes cost one check. */
static bool is_signed(struct itc_seats *s, const struct itc_change *c)
{
    struct itc_hash message;
    if (s->checks + itc_committee_quorum(s->present.n) > ITC_SEATS_CHECKS_MAX)
        return false;
    itc_change_message(&message, &s->chain, c);
    for (uint32_t i = 0, k = 0; i < s->present.n; i++) {
        struct itc_sig sig;
        if (!(c->signers >> i & 1))
            continue;
        memcpy(sig.b, c->sigs + sizeof sig * k++, sizeof sig);
        s->checks++;
        if (itc_sig_verify(&s->present.keys[i], &message, &sig))
            return false;
    }
    return true;
}

static bool are_public_keys(const struct itc_committee *c)
{
    struct itc_pubkey parsed;
    for (uint32_t i = 0; i < c->n; i++)
        if (itc_pubkey_parse(&parsed, &c->keys[i]))
            return false;
    return true;
}

enum itc_verdict itc_seats_apply(struct itc_seats *s, const struct itc_change *c)
{
    struct itc_committee list;
    struct itc_hash hash;
    if (c->epoch < s->epoch)
        return ITC_VERDICT_EXPIRED;
    if (c->epoch != s->epoch || !itc_hash_equal(&c->present, &s->present_hash))
        return ITC_VERDICT_NOT_COMMITTEE;
    if (s->taken)
        return ITC_VERDICT_TAKEN;
    itc_change_committee(&list, c);
    itc_committee_hash(&hash, &s->chain, &list);
    if (!is_for_us(s, c, &hash) || !is_signed(s, c) || !are_public_keys(&list) ||
        !leave_out_convicts(s, &list))
        return ITC_VERDICT_NOT_COMMITTEE;
    s->next = list;
    itc_committee_hash(&s->next_hash, &s->chain, &list);
    s->taken = true;
    return ITC_VERDICT_APPLIED;
}
