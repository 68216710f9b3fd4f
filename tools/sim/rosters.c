#include "tools/sim/rosters.h"

#include <stdlib.h>
#include <string.h>

static void fill(
    const struct itc_rosters *r, struct itc_roster *out, const struct itc_committee *committee)
{
    *out = (struct itc_roster){.committee = *committee};
    for (uint32_t seat = 0; seat < committee->n; seat++) {
        uint32_t who = 0;
        while (who < ITC_VALIDATORS_MAX && !itc_key_equal(&r->keys[who], &committee->keys[seat]))
            who++;
        out->who[seat] = (uint8_t)who;
        if (who < ITC_VALIDATORS_MAX)
            out->members |= 1u << who;
        else
            out->empty++;
    }
}

void itc_rosters_init(
    struct itc_rosters *r, const struct itc_private_chain *chain, const struct itc_committee *first)
{
    *r = (struct itc_rosters){.capacity = 0};
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
        r->keys[i] = itc_private_chain_validator(chain, i);
    fill(r, &r->coming, first);
    itc_rosters_turn(r);
}

void itc_rosters_free(struct itc_rosters *r)
{
    free(r->of);
}

void itc_rosters_tell(struct itc_rosters *r, const struct itc_committee *next)
{
    size_t size = next->n * sizeof next->keys[0];
    if (next->n != r->coming.committee.n || memcmp(next->keys, r->coming.committee.keys, size) != 0)
        fill(r, &r->coming, next);
}

void itc_rosters_turn(struct itc_rosters *r)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 16;
        r->of = realloc(r->of, r->capacity * sizeof *r->of);
        ITC_ASSERT(r->of);
    }
    r->of[r->count++] = r->coming;
}

const struct itc_roster *itc_rosters_of(const struct itc_rosters *r, uint32_t epoch)
{
    return epoch < r->count ? &r->of[epoch] : NULL;
}

const struct itc_roster *itc_rosters_present(const struct itc_rosters *r)
{
    return &r->of[r->count - 1];
}
