#include "node/shell/ban.h"

#include <string.h>

#define FIRST_MS 10000u
#define LONGEST_MS 600000u
#define MEMORY_MS 600000u

struct itc_address itc_address_of(const nng_sockaddr *s)
{
    struct itc_address a = {{0}};
    if (s->s_family == NNG_AF_INET)
        memcpy(a.b, &s->s_in.sa_addr, sizeof s->s_in.sa_addr);
    else if (s->s_family == NNG_AF_INET6)
        memcpy(a.b, s->s_in6.sa_addr, sizeof a.b);
    return a;
}

bool itc_address_equal(const struct itc_address *a, const struct itc_address *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static struct itc_ban *entry_for(struct itc_bans *b, const struct itc_address *a)
{
    struct itc_ban *oldest = &b->list[0];
    for (uint32_t i = 0; i < ITC_BANS_MAX; i++) {
        struct itc_ban *e = &b->list[i];
        if (e->until_ms != 0 && itc_address_equal(&e->address, a))
            return e;
        if (e->until_ms < oldest->until_ms)
            oldest = e;
    }
    *oldest = (struct itc_ban){.address = *a};
    return oldest;
}

void itc_bans_add(struct itc_bans *b, const struct itc_address *a, uint64_t now_ms)
{
    struct itc_ban *e = entry_for(b, a);
    if (now_ms > e->until_ms + MEMORY_MS)
        e->strikes = 0;
    uint64_t length_ms = FIRST_MS;
    for (uint32_t i = 0; i < e->strikes && length_ms < LONGEST_MS; i++)
        length_ms *= 2;
    e->strikes++;
    e->until_ms = now_ms + (length_ms < LONGEST_MS ? length_ms : LONGEST_MS);
}

bool itc_bans_hold(const struct itc_bans *b, const struct itc_address *a, uint64_t now_ms)
{
    for (uint32_t i = 0; i < ITC_BANS_MAX; i++)
        if (b->list[i].until_ms > now_ms && itc_address_equal(&b->list[i].address, a))
            return true;
    return false;
}
