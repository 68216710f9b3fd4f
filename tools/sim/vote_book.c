#include "tools/sim/vote_book.h"

#include "spv/sha256.h"
#include "spv/sign.h"
#include "tools/sim/new_view.h"

#include <stdlib.h>
#include <string.h>

#define VIEWS_APART 16

/* Entries that are no votes: headers proposed with votes for a new view that allow them, and with others. */
enum {
    ALLOWED = 0xfe,
    FORBIDDEN = 0xff
};

struct itc_settled {
    bool used;
    uint64_t index;
    uint32_t view;
    struct itc_hash id;
};

static void *take(size_t count, size_t size)
{
    void *p = calloc(count, size);
    ITC_ASSERT(p);
    return p;
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9e3779b97f4a7c15;
    return h ^ h >> 29;
}

static uint64_t hash_of(uint8_t type, const struct itc_slot *slot, uint8_t voter)
{
    uint64_t h = mix(type, slot->index);
    return mix(h, (uint64_t)slot->epoch << 32 ^ (uint64_t)slot->view << 8 ^ voter);
}

void itc_vote_book_init(struct itc_vote_book *b, const struct itc_params *params,
    const struct itc_hash *chain, const struct itc_rosters *rosters, uint32_t honest,
    struct itc_finding *finding)
{
    *b = (struct itc_vote_book){.chain = *chain,
        .params = *params,
        .rosters = rosters,
        .honest = honest,
        .capacity = 1024,
        .settled_capacity = 256,
        .finding = finding};
    b->table = take(b->capacity, sizeof *b->table);
    b->settled = take(b->settled_capacity, sizeof *b->settled);
}

void itc_vote_book_free(struct itc_vote_book *b)
{
    free(b->table);
    free(b->settled);
}

/* The entry, or the free place where it belongs. */
static struct itc_vote_entry *place_of(
    const struct itc_vote_book *b, uint8_t type, const struct itc_slot *slot, uint8_t voter)
{
    for (uint64_t i = hash_of(type, slot, voter);; i++) {
        struct itc_vote_entry *e = &b->table[i & (b->capacity - 1)];
        if (!e->used || (e->type == type && e->voter == voter && e->slot.index == slot->index &&
                            e->slot.epoch == slot->epoch && e->slot.view == slot->view))
            return e;
    }
}

static struct itc_settled *settled_at(const struct itc_vote_book *b, uint64_t index)
{
    for (uint64_t i = mix(1, index);; i++) {
        struct itc_settled *s = &b->settled[i & (b->settled_capacity - 1)];
        if (!s->used || s->index == index)
            return s;
    }
}

const struct itc_hash *itc_vote_book_settled(const struct itc_vote_book *b, uint64_t index)
{
    const struct itc_settled *s = settled_at(b, index);
    return s->used ? &s->id : NULL;
}

static void grow(struct itc_vote_book *b)
{
    struct itc_vote_book old = *b;
    if (2 * b->count >= b->capacity) {
        b->capacity *= 2;
        b->table = take(b->capacity, sizeof *b->table);
        for (size_t i = 0; i < old.capacity; i++)
            if (old.table[i].used)
                *place_of(b, old.table[i].type, &old.table[i].slot, old.table[i].voter) =
                    old.table[i];
        free(old.table);
    }
    if (2 * b->settled_count >= b->settled_capacity) {
        b->settled_capacity *= 2;
        b->settled = take(b->settled_capacity, sizeof *b->settled);
        for (size_t i = 0; i < old.settled_capacity; i++)
            if (old.settled[i].used)
                *settled_at(b, old.settled[i].index) = old.settled[i];
        free(old.settled);
    }
}

static bool is_honest(const struct itc_vote_book *b, const struct itc_slot *slot, uint8_t voter)
{
    uint8_t who = itc_rosters_of(b->rosters, slot->epoch)->who[voter];
    return who < ITC_VALIDATORS_MAX && b->honest >> who & 1;
}

bool itc_vote_book_may_have(const struct itc_vote_book *b, enum itc_vote_type type,
    const struct itc_slot *slot, uint8_t voter, const struct itc_hash *id)
{
    const struct itc_vote_entry *e = place_of(b, (uint8_t)type, slot, voter);
    return !is_honest(b, slot, voter) || (e->used && itc_hash_equal(&e->id, id));
}

static bool is_traitor(const struct itc_vote_book *b, const struct itc_slot *slot, uint8_t voter)
{
    uint8_t who = itc_rosters_of(b->rosters, slot->epoch)->who[voter];
    return who < ITC_VALIDATORS_MAX && !(b->honest >> who & 1);
}

/* Whether these COMMITs could make a certificate, now that `id` has one more. */
static void settle(
    struct itc_vote_book *b, uint64_t at_ms, const struct itc_slot *slot, const struct itc_hash *id)
{
    uint32_t count = 0, n = itc_rosters_of(b->rosters, slot->epoch)->committee.n;
    for (uint32_t voter = 0; voter < n; voter++) {
        const struct itc_vote_entry *e = place_of(b, ITC_VOTE_COMMIT, slot, (uint8_t)voter);
        count += is_traitor(b, slot, (uint8_t)voter) || (e->used && itc_hash_equal(&e->id, id));
    }
    struct itc_settled *s = settled_at(b, slot->index);
    if (count < itc_committee_quorum(n))
        return;
    if (s->used && !itc_hash_equal(&s->id, id))
        itc_find(b->finding, at_ms, "one certificate a height",
            "two headers of height %llu can be certified, one in view %u",
            (unsigned long long)slot->index, slot->view);
    if (s->used)
        return;
    *s = (struct itc_settled){.used = true, .index = slot->index, .view = slot->view, .id = *id};
    b->settled_count++;
}

/* A VIEW-CHANGE that names less than its voter committed before. How far back and ahead views are looked at is bounded:
 * that many fail at one height in no run. */
static void compare_views(struct itc_vote_book *b, uint64_t at_ms, const struct itc_vote_entry *e)
{
    bool commits = e->type == ITC_VOTE_COMMIT;
    for (uint32_t k = 1; k <= VIEWS_APART && (commits || k <= e->slot.view); k++) {
        struct itc_slot other = e->slot;
        other.view = commits ? e->slot.view + k : e->slot.view - k;
        const struct itc_vote_entry *o =
            place_of(b, commits ? ITC_VOTE_VIEW_CHANGE : ITC_VOTE_COMMIT, &other, e->voter);
        const struct itc_vote_entry *commit = commits ? e : o, *change = commits ? o : e;
        if (o->used && change->named < commit->slot.view + 1)
            itc_find(b->finding, at_ms, "no commit is forgotten",
                "validator %u committed height %llu in view %u and left for view %u without it",
                e->voter, (unsigned long long)e->slot.index, commit->slot.view, change->slot.view);
    }
}

/* The PREPARE of who commits can have been signed and never sent: power failed, and then enough others' came. */
static bool may_hold_own(const struct itc_vote_book *b, const struct itc_vote_entry *commit)
{
    const struct itc_vote_entry *own = place_of(b, ITC_VOTE_PREPARE, &commit->slot, commit->voter);
    return !own->used || itc_hash_equal(&own->id, &commit->id);
}

/* A COMMIT without the PREPAREs that it says its voter holds. */
static void check_prepared(
    struct itc_vote_book *b, uint64_t at_ms, const struct itc_vote_entry *commit)
{
    uint32_t count = 0, n = itc_rosters_of(b->rosters, commit->slot.epoch)->committee.n;
    for (uint32_t voter = 0; voter < n; voter++)
        count += voter == commit->voter ? may_hold_own(b, commit)
                                        : itc_vote_book_may_have(b, ITC_VOTE_PREPARE, &commit->slot,
                                              (uint8_t)voter, &commit->id);
    if (count < itc_committee_quorum(n))
        itc_find(b->finding, at_ms, "a commit stands on a certificate",
            "validator %u committed height %llu in view %u, and %u prepared it", commit->voter,
            (unsigned long long)commit->slot.index, commit->slot.view, count);
}

/* A vote in a view that its voter has promised to have left. */
static void check_promise(struct itc_vote_book *b, uint64_t at_ms, struct itc_vote_entry *vote)
{
    struct itc_slot later = vote->slot;
    bool left = false;
    for (uint32_t k = 1; k <= VIEWS_APART; k++) {
        later.view = vote->slot.view + k;
        if (!place_of(b, ITC_VOTE_VIEW_CHANGE, &later, vote->voter)->used)
            continue;
        left = true;
        if (!vote->recalled)
            itc_find(b->finding, at_ms, "no vote in a view that was left",
                "validator %u left for view %u of height %llu and voted in view %u", vote->voter,
                later.view, (unsigned long long)later.index, vote->slot.view);
    }
    vote->recalled = left && vote->recalled; /* told in time: nothing is against it any more */
}

/* What was only told so far is shown. Whoever has it from a traitor may pass it on. */
static void show(struct itc_vote_book *b, uint64_t at_ms, struct itc_vote_entry *vote)
{
    vote->recalled = false;
    if (!b->shown_by_traitor)
        check_promise(b, at_ms, vote);
}

/* A PREPARE against what can have a certificate of a lower view: the vote before a fork. */
static void check_settled(
    struct itc_vote_book *b, uint64_t at_ms, const struct itc_vote_entry *prepare)
{
    const struct itc_settled *s = settled_at(b, prepare->slot.index);
    if (s->used && s->view < prepare->slot.view && !itc_hash_equal(&s->id, &prepare->id))
        itc_find(b->finding, at_ms, "what can be certified stays",
            "height %llu can be certified in view %u, and validator %u prepared another in view %u",
            (unsigned long long)prepare->slot.index, s->view, prepare->voter, prepare->slot.view);
}

/* The note of a proposed header, or the free place where it belongs; the 256th has the last one's. */
static struct itc_vote_entry *note_of(const struct itc_vote_book *b, uint8_t type,
    const struct itc_slot *slot, const struct itc_hash *id, uint8_t *number)
{
    for (*number = 0;; ++*number) {
        struct itc_vote_entry *e = place_of(b, type, slot, *number);
        if (!e->used || *number == UINT8_MAX || itc_hash_equal(&e->id, id))
            return e;
    }
}

void itc_vote_book_note(
    struct itc_vote_book *b, const struct itc_proposal *p, const struct itc_hash *id)
{
    uint8_t number;
    bool start = p->new_view_len == 0 && !b->shown_by_traitor;
    if ((p->new_view_len == 0 && !start) || note_of(b, ALLOWED, &p->slot, id, &number)->used)
        return;
    grow(b);
    uint8_t type = start || itc_new_view_allows(b, p, id) ? ALLOWED : FORBIDDEN;
    struct itc_vote_entry *e = note_of(b, type, &p->slot, id, &number);
    b->count += !e->used;
    *e = (struct itc_vote_entry){
        .used = true, .type = type, .voter = number, .slot = p->slot, .id = *id};
}

/* A PREPARE for what was proposed with votes that do not allow it, and never with others. */
static void check_new_view(
    struct itc_vote_book *b, uint64_t at_ms, const struct itc_vote_entry *prepare)
{
    uint8_t number;
    if (note_of(b, FORBIDDEN, &prepare->slot, &prepare->id, &number)->used &&
        !note_of(b, ALLOWED, &prepare->slot, &prepare->id, &number)->used)
        itc_find(b->finding, at_ms, "a new view is recomputed",
            "validator %u prepared what the votes for view %u of height %llu do not allow",
            prepare->voter, prepare->slot.view, (unsigned long long)prepare->slot.index);
}

/* What an honest voter's new vote says of it. */
static void check_voter(struct itc_vote_book *b, uint64_t at_ms, struct itc_vote_entry *e)
{
    if (e->type != ITC_VOTE_PREPARE)
        compare_views(b, at_ms, e);
    if (e->type != ITC_VOTE_VIEW_CHANGE)
        check_promise(b, at_ms, e);
    if (e->type == ITC_VOTE_COMMIT)
        check_prepared(b, at_ms, e);
    if (e->type == ITC_VOTE_PREPARE) {
        check_settled(b, at_ms, e);
        check_new_view(b, at_ms, e);
    }
}

static const char *type_name(uint8_t type)
{
    return type == ITC_VOTE_PREPARE  ? "PREPAREs"
           : type == ITC_VOTE_COMMIT ? "COMMITs"
                                     : "VIEW-CHANGEs";
}

static void take_double(struct itc_vote_book *b, uint64_t at_ms, const struct itc_vote_entry *e,
    const struct itc_vote_entry *vote)
{
    uint8_t who = itc_rosters_of(b->rosters, vote->slot.epoch)->who[vote->voter];
    if (is_honest(b, &vote->slot, vote->voter))
        itc_find(b->finding, at_ms, "one vote a slot",
            "validator %u signed two %s of epoch %u, view %u, height %llu", vote->voter,
            type_name(vote->type), vote->slot.epoch, vote->slot.view,
            (unsigned long long)vote->slot.index);
    if (who < ITC_VALIDATORS_MAX)
        b->doubled |= 1u << who;
    b->doubles[b->doubles_count++ % ITC_DOUBLE_VOTES] = (struct itc_double_vote){
        .slot = vote->slot, .type = vote->type, .voter = vote->voter, .ids = {e->id, vote->id}};
}

void itc_vote_book_take(struct itc_vote_book *b, uint64_t at_ms, const struct itc_vote_entry *vote,
    const struct itc_hash *message, const struct itc_sig *sig)
{
    const struct itc_roster *roster = itc_rosters_of(b->rosters, vote->slot.epoch);
    if (!roster || vote->voter >= roster->committee.n)
        return;
    grow(b);
    struct itc_vote_entry *e = place_of(b, vote->type, &vote->slot, vote->voter);
    bool same = e->used && itc_hash_equal(&e->id, &vote->id);
    bool shown = same && e->recalled && !vote->recalled;
    if (same && !shown)
        return;
    if (itc_sig_verify(&roster->committee.keys[vote->voter], message, sig) != ITC_OK)
        return;
    if (shown) {
        show(b, at_ms, e);
        return;
    }
    if (e->used) {
        take_double(b, at_ms, e, vote);
        return;
    }
    if (b->shown_by_traitor && is_honest(b, &vote->slot, vote->voter))
        itc_find(b->finding, at_ms, "no vote from nowhere",
            "a traitor has %s of validator %u, epoch %u, view %u, height %llu, which it never sent",
            type_name(vote->type), vote->voter, vote->slot.epoch, vote->slot.view,
            (unsigned long long)vote->slot.index);
    *e = *vote;
    b->count++;
    if (vote->type == ITC_VOTE_COMMIT)
        settle(b, at_ms, &vote->slot, &vote->id);
    if (is_honest(b, &vote->slot, vote->voter))
        check_voter(b, at_ms, e);
    else
        e->recalled = false;
}
