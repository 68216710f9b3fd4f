#include "node/actions.h"

#include <string.h>

/* Places for what does not grow with a milestone's cone. A step handles one event, so these are
 * many times what it asks for; the rest of the arrays' fifth goes to writes, of which a large
 * milestone has hundreds of thousands. */
#define SENDS_MAX 4096
#define REPLIES_MAX 2048
#define VERIFIES_MAX 4096
#define WORKS_MAX 256
#define DROPS_MAX 128

#define ARRAYS_SHARE 5 /* one part in so many of the block is arrays */
#define ROOM_ARENA 16  /* there is room while one part in so many is free */
#define ROOM_ARRAY 8

size_t itc_actions_size(size_t arena_bytes)
{
    return itc_mem_rounded(arena_bytes);
}

static uint32_t writes_that_fit(size_t bytes)
{
    size_t others = itc_mem_rounded(SENDS_MAX * sizeof(struct itc_send)) +
                    itc_mem_rounded(REPLIES_MAX * sizeof(struct itc_reply)) +
                    itc_mem_rounded(VERIFIES_MAX * sizeof(struct itc_verify)) +
                    itc_mem_rounded(WORKS_MAX * sizeof(struct itc_work)) +
                    itc_mem_rounded(DROPS_MAX * sizeof(struct itc_drop));
    ITC_ASSERT(
        bytes / 2 >= others); /* most is for writes: else the arena is too small to be of use */
    size_t writes = (bytes - others) / sizeof(struct itc_write);
    return writes < UINT32_MAX ? (uint32_t)writes : UINT32_MAX;
}

void itc_actions_init(struct itc_actions *a, struct itc_mem *mem, size_t arena_bytes)
{
    size_t size = itc_actions_size(arena_bytes);
    struct itc_mem block = {.at = itc_mem_take(mem, size), .left = size};
    *a = (struct itc_actions){
        .writes_max = writes_that_fit(size / ARRAYS_SHARE),
        .sends_max = SENDS_MAX,
        .replies_max = REPLIES_MAX,
        .verifies_max = VERIFIES_MAX,
        .works_max = WORKS_MAX,
        .drops_max = DROPS_MAX,
    };
    a->writes = itc_mem_take(&block, a->writes_max * sizeof *a->writes);
    a->sends = itc_mem_take(&block, a->sends_max * sizeof *a->sends);
    a->replies = itc_mem_take(&block, a->replies_max * sizeof *a->replies);
    a->verifies = itc_mem_take(&block, a->verifies_max * sizeof *a->verifies);
    a->works = itc_mem_take(&block, a->works_max * sizeof *a->works);
    a->drops = itc_mem_take(&block, a->drops_max * sizeof *a->drops);
    a->arena_base = block.at;
    a->arena_bytes = block.left;
    itc_actions_reset(a);
}

void itc_actions_reset(struct itc_actions *a)
{
    a->batch = 0;
    a->writes_count = 0;
    a->sends_count = 0;
    a->replies_count = 0;
    a->verifies_count = 0;
    a->works_count = 0;
    a->drops_count = 0;
    a->convictions_count = 0;
    a->sync = false;
    a->more = false;
    a->wake_ms = UINT64_MAX;
    a->halt = NULL;
    a->arena = (struct itc_mem){.at = a->arena_base, .left = a->arena_bytes};
}

void *itc_actions_alloc(struct itc_actions *a, size_t size)
{
    return itc_mem_take(&a->arena, size);
}

uint64_t itc_actions_batch(struct itc_actions *a)
{
    if (a->batch == 0)
        a->batch = ++a->last_batch;
    return a->batch;
}

/* Adds a write; key and value lie one after the other in one piece of the arena. */
static void add_write(struct itc_actions *a, enum itc_write_op op, enum itc_cf cf,
    const struct itc_store_key *key, const void *value, size_t len)
{
    ITC_ASSERT(a->writes_count < a->writes_max);
    (void)itc_actions_batch(a);
    uint8_t *copy = itc_actions_alloc(a, key->len + len);
    memcpy(copy, key->b, key->len);
    if (len > 0) /* then `value` may be NULL */
        memcpy(copy + key->len, value, len);
    a->writes[a->writes_count++] = (struct itc_write){
        .op = op,
        .cf = cf,
        .key = copy,
        .key_len = key->len,
        .value = copy + key->len,
        .value_len = len,
    };
}

void itc_actions_put(struct itc_actions *a, enum itc_cf cf, const struct itc_store_key *key,
    const void *value, size_t len)
{
    add_write(a, ITC_WRITE_PUT, cf, key, value, len);
}

void itc_actions_delete(struct itc_actions *a, enum itc_cf cf, const struct itc_store_key *key)
{
    add_write(a, ITC_WRITE_DELETE, cf, key, NULL, 0);
}

void itc_actions_delete_range(struct itc_actions *a, enum itc_cf cf,
    const struct itc_store_key *from, const struct itc_store_key *until)
{
    add_write(a, ITC_WRITE_DELETE_RANGE, cf, from, until->b, until->len);
}

const uint8_t *itc_actions_frame(struct itc_actions *a, const struct itc_message *m, size_t *len)
{
    /* Encoded in place at the arena's free end, then what it took is taken. */
    enum itc_err e = itc_message_encode(a->arena.at, a->arena.left, len, m);
    ITC_ASSERT(e == ITC_OK);
    return itc_actions_alloc(a, *len);
}

void itc_actions_send(struct itc_actions *a, uint32_t peer, enum itc_channel channel,
    const uint8_t *frame, size_t len, uint64_t after)
{
    ITC_ASSERT(a->sends_count < a->sends_max);
    a->sends[a->sends_count++] = (struct itc_send){
        .peer = peer, .channel = channel, .frame = frame, .len = len, .after = after};
}

void itc_actions_reply(
    struct itc_actions *a, uint64_t token, const uint8_t *bytes, size_t len, uint64_t after)
{
    ITC_ASSERT(a->replies_count < a->replies_max);
    uint8_t *copy = itc_actions_alloc(a, len);
    memcpy(copy, bytes, len);
    a->replies[a->replies_count++] =
        (struct itc_reply){.token = token, .bytes = copy, .len = len, .after = after};
}

static bool array_has_room(uint32_t count, uint32_t max)
{
    return max - count >= max / ROOM_ARRAY;
}

bool itc_actions_has_room(const struct itc_actions *a)
{
    return a->arena.left >= a->arena_bytes / ROOM_ARENA &&
           array_has_room(a->writes_count, a->writes_max) &&
           array_has_room(a->sends_count, a->sends_max) &&
           array_has_room(a->replies_count, a->replies_max) &&
           array_has_room(a->verifies_count, a->verifies_max) &&
           array_has_room(a->works_count, a->works_max) &&
           array_has_room(a->drops_count, a->drops_max);
}

void itc_actions_verify(struct itc_actions *a, const struct itc_verify *v)
{
    ITC_ASSERT(a->verifies_count < a->verifies_max);
    a->verifies[a->verifies_count++] = *v;
}

void itc_actions_work(struct itc_actions *a, const struct itc_work *w)
{
    ITC_ASSERT(a->works_count < a->works_max);
    a->works[a->works_count++] = *w;
}

void itc_actions_drop(struct itc_actions *a, uint32_t peer, enum itc_err reason)
{
    ITC_ASSERT(a->drops_count < a->drops_max);
    a->drops[a->drops_count++] = (struct itc_drop){.peer = peer, .reason = reason};
}

void itc_actions_convict(struct itc_actions *a, const struct itc_evidence *evidence, uint32_t epoch)
{
    ITC_ASSERT(a->convictions_count < ITC_CONVICTIONS_MAX);
    a->convictions[a->convictions_count++] =
        (struct itc_conviction){.evidence = *evidence, .epoch = epoch};
}
