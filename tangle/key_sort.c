#include "tangle/key_sort.h"

#include <string.h>

#define DIGITS 256

struct itc_key_item itc_key_item_of(const struct itc_hash *key, uint32_t number)
{
    struct itc_key_item item = {.number = number};
    for (unsigned i = 0; i < 8; i++)
        item.prefix = item.prefix << 8 | key->b[i];
    return item;
}

/* One pass of a least-significant-digit radix sort; stable. */
static void sort_by_digit(
    struct itc_key_item *out, const struct itc_key_item *in, uint32_t count, unsigned shift)
{
    uint32_t at[DIGITS] = {0};
    for (uint32_t i = 0; i < count; i++)
        at[in[i].prefix >> shift & (DIGITS - 1)]++;
    uint32_t sum = 0;
    for (unsigned d = 0; d < DIGITS; d++) {
        uint32_t size = at[d];
        at[d] = sum;
        sum += size;
    }
    for (uint32_t i = 0; i < count; i++)
        out[at[in[i].prefix >> shift & (DIGITS - 1)]++] = in[i];
}

static bool less(
    const struct itc_key_item *a, const struct itc_key_item *b, const uint8_t *keys, size_t stride)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    return memcmp(keys + stride * a->number, keys + stride * b->number, sizeof(struct itc_hash)) <
           0;
}

void itc_key_sort_prefixes(struct itc_key_item *items, struct itc_key_item *scratch, uint32_t count)
{
    for (unsigned shift = 0; shift < 64; shift += 16) {
        sort_by_digit(scratch, items, count, shift);
        sort_by_digit(items, scratch, count, shift + 8);
    }
}

void itc_key_sort(struct itc_key_item *items, struct itc_key_item *scratch, uint32_t count,
    const void *keys, size_t stride)
{
    itc_key_sort_prefixes(items, scratch, count);
    for (uint32_t i = 1; i < count; i++) {
        struct itc_key_item item = items[i];
        uint32_t to = i;
        for (; to > 0 && less(&item, &items[to - 1], keys, stride); to--)
            items[to] = items[to - 1];
        items[to] = item;
    }
}
