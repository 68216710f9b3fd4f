#include "tools/sim/seats_model.h"

#include "spv/sign.h"
#include "tools/sim/naive.h"

#define CHECKS_MAX 256
#define MEMBERS_LEAST 4

void seats_model_init(
    struct seats_model *m, const struct itc_hash *chain, const struct itc_committee *first)
{
    *m = (struct seats_model){.present = {.n = first->n}};
    memcpy(m->chain, chain->b, sizeof m->chain);
    memcpy(m->present.keys, first->keys, first->n * sizeof m->present.keys[0]);
    m->next = m->present;
}

/* H( H(tag) | H(tag) | bytes ) */
static void tagged_hash(uint8_t out[32], const char *tag, const uint8_t *bytes, size_t len)
{
    uint8_t all[64 + 32 + 4 + 32 + 1 + sizeof(struct seats_list)];
    ITC_ASSERT(64 + len <= sizeof all);
    naive_hash(all, tag, strlen(tag));
    memcpy(all + 32, all, 32);
    memcpy(all + 64, bytes, len);
    naive_hash(out, all, 64 + len);
}

void seats_model_hash(const struct seats_model *m, uint8_t out[32], const struct seats_list *list)
{
    uint8_t bytes[32 + 1 + sizeof list->keys];
    memcpy(bytes, m->chain, 32);
    bytes[32] = (uint8_t)list->n;
    memcpy(bytes + 33, list->keys, list->n * 32);
    tagged_hash(out, "itc/committee", bytes, 33 + list->n * 32);
}

/* chain 32 | epoch 4 | present committee hash 32 | n 1 | keys */
static void signed_message(struct itc_hash *out, const struct seats_model *m,
    const struct itc_change *c, const struct seats_list *list)
{
    uint8_t bytes[32 + 4 + 32 + 1 + sizeof list->keys];
    memcpy(bytes, m->chain, 32);
    for (unsigned i = 0; i < 4; i++)
        bytes[32 + i] = (uint8_t)(c->epoch >> 8 * i);
    memcpy(bytes + 36, c->present.b, 32);
    bytes[68] = (uint8_t)list->n;
    memcpy(bytes + 69, list->keys, list->n * 32);
    tagged_hash(out->b, "itc/committee-change", bytes, 69 + list->n * 32);
}

static uint32_t quorum_of(uint32_t n)
{
    return (n + (n - 1) / 3) / 2 + 1;
}

static bool is_same(const struct seats_list *a, const struct seats_list *b)
{
    return a->n == b->n && memcmp(a->keys, b->keys, a->n * 32) == 0;
}

static const uint8_t nobody[32];

static uint32_t empty_seats(const struct seats_list *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->n; i++)
        count += memcmp(list->keys[i], nobody, 32) == 0;
    return count;
}

/* n if it has none. */
static uint32_t seat_of(const struct seats_list *list, const uint8_t key[32])
{
    uint32_t i = 0;
    while (i < list->n && memcmp(list->keys[i], key, 32) != 0)
        i++;
    return i;
}

const char *seats_model_convict(struct seats_model *m, const uint8_t key[32])
{
    uint32_t member = seat_of(&m->present, key), seat = seat_of(&m->next, key);
    if (memcmp(key, nobody, 32) == 0 || member == m->present.n || seat == m->next.n)
        return "somebody is convicted who has no seat to lose";
    if (empty_seats(&m->next) >= (m->next.n - 1) / 3)
        return "more seats are empty than f";
    m->convicted |= 1u << member;
    memcpy(m->next.keys[seat], nobody, 32);
    return NULL;
}

/* Exactly q of the present members, and every signature good. */
static bool is_signed(
    struct seats_model *m, const struct itc_change *c, const struct seats_list *list)
{
    uint32_t count = 0, at = 0, n = m->present.n;
    struct itc_hash message;
    for (uint32_t i = 0; i < 32; i++) {
        count += c->signers >> i & 1;
        if (c->signers >> i & 1 && i >= n)
            return false;
    }
    if (count != quorum_of(n) || m->checks + count > CHECKS_MAX)
        return false;
    signed_message(&message, m, c, list);
    for (uint32_t i = 0; i < n; i++) {
        struct itc_key key;
        struct itc_sig sig;
        if (!(c->signers >> i & 1))
            continue;
        memcpy(key.b, m->present.keys[i], 32);
        memcpy(sig.b, c->sigs + 64 * at++, 64);
        m->checks++;
        if (itc_sig_verify(&key, &message, &sig) != ITC_OK)
            return false;
    }
    return true;
}

static bool are_public_keys(const struct seats_list *list)
{
    struct itc_pubkey parsed;
    for (uint32_t i = 0; i < list->n; i++) {
        struct itc_key key;
        memcpy(key.b, list->keys[i], 32);
        if (itc_pubkey_parse(&parsed, &key) != ITC_OK)
            return false;
    }
    return true;
}

/* Rules 7 to 11. */
enum itc_verdict seats_model_apply(struct seats_model *m, const struct itc_change *c)
{
    struct seats_list list = {.n = c->n};
    uint8_t present_hash[32];
    uint32_t least = m->present.n < MEMBERS_LEAST ? m->present.n : MEMBERS_LEAST;
    memcpy(list.keys, c->keys, list.n * 32);
    seats_model_hash(m, present_hash, &m->present);
    if (c->epoch < m->epoch)
        return ITC_VERDICT_EXPIRED;
    if (c->epoch > m->epoch || memcmp(c->present.b, present_hash, 32) != 0)
        return ITC_VERDICT_NOT_COMMITTEE;
    if (m->taken)
        return ITC_VERDICT_TAKEN;
    if (is_same(&list, &m->present) || list.n < least || !is_signed(m, c, &list) ||
        !are_public_keys(&list))
        return ITC_VERDICT_NOT_COMMITTEE;
    for (uint32_t i = 0; i < m->present.n; i++) {
        uint32_t seat = seat_of(&list, m->present.keys[i]);
        if (m->convicted >> i & 1 && seat < list.n)
            memcpy(list.keys[seat], nobody, 32);
    }
    if (empty_seats(&list) > (list.n - 1) / 3)
        return ITC_VERDICT_NOT_COMMITTEE;
    m->next = list;
    m->taken = true;
    return ITC_VERDICT_APPLIED;
}

void seats_model_turn(struct seats_model *m)
{
    m->epoch++;
    m->present = m->next;
    m->taken = false;
    m->convicted = 0;
}
