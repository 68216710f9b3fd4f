#include "tangle/slab.h"

#include <string.h>

#include "spv/site.h"

#define PAGE_SIZE 65536u /* bytes */
#define PAGES_MAX (UINT32_C(1) << 24)
#define PREFIX sizeof(uint16_t) /* a piece's length; 0 in a freed one */

/* A transfer with two parents is 237 bytes. The last three classes are for changes of the committee. */
static const uint32_t piece_size[ITC_SLAB_CLASSES] = {
    256, 320, 384, 480, 608, 768, 1008, 1344, 1872, 2600, 2880};
_Static_assert(ITC_SITE_MAX + PREFIX <= 2880, "the largest piece holds any site");
_Static_assert(PAGE_SIZE / 256 <= 256, "the number of a piece fits the low byte of a handle");

static size_t page_count(size_t bytes)
{
    size_t pages = bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
    ITC_ASSERT(pages <= PAGES_MAX);
    return pages;
}

size_t itc_slab_size(size_t bytes)
{
    size_t pages = page_count(bytes);
    return pages * PAGE_SIZE + itc_mem_rounded(pages * sizeof(struct itc_slab_page));
}

void itc_slab_init(struct itc_slab *s, struct itc_mem *mem, size_t bytes)
{
    size_t pages = page_count(bytes);
    *s = (struct itc_slab){.pages_max = (uint32_t)pages};
    s->base = itc_mem_take(mem, pages * PAGE_SIZE);
    s->pages = itc_mem_take(mem, pages * sizeof(struct itc_slab_page));
}

static uint32_t pieces_of(uint32_t class)
{
    return PAGE_SIZE / piece_size[class];
}

static uint8_t *piece_at(const struct itc_slab *s, uint32_t page, uint32_t piece)
{
    return s->base + (size_t)page * PAGE_SIZE + piece * piece_size[s->pages[page].class];
}

static void link_page(struct itc_slab *s, uint32_t page)
{
    struct itc_slab_page *p = &s->pages[page];
    uint32_t *head = &s->with_room[p->class];
    p->previous = 0;
    p->next = *head;
    if (*head != 0)
        s->pages[*head - 1].previous = page + 1;
    *head = page + 1;
}

static void unlink_page(struct itc_slab *s, uint32_t page)
{
    struct itc_slab_page *p = &s->pages[page];
    if (p->previous != 0)
        s->pages[p->previous - 1].next = p->next;
    else
        s->with_room[p->class] = p->next;
    if (p->next != 0)
        s->pages[p->next - 1].previous = p->previous;
}

/* Gives an empty page to `class`; false if there is none. */
static bool open_page(struct itc_slab *s, uint32_t class)
{
    uint32_t page;
    if (s->empty != 0) {
        page = s->empty - 1;
        s->empty = s->pages[page].next;
        s->empty_count--;
    } else if (s->pages_fresh < s->pages_max) {
        page = s->pages_fresh++;
    } else {
        return false;
    }
    s->pages[page] = (struct itc_slab_page){.class = (uint16_t) class};
    link_page(s, page);
    return true;
}

/* A free piece of a page with room. A freed piece holds the number + 1 of the next one behind its length. */
static uint32_t take_piece(struct itc_slab *s, uint32_t page)
{
    struct itc_slab_page *p = &s->pages[page];
    uint32_t piece;
    if (p->freed != 0) {
        piece = p->freed - 1u;
        memcpy(&p->freed, piece_at(s, page, piece) + PREFIX, sizeof p->freed);
    } else {
        piece = p->fresh++;
    }
    p->used++;
    if (p->used == pieces_of(p->class))
        unlink_page(s, page);
    return piece;
}

enum itc_err itc_slab_put(struct itc_slab *s, uint32_t *handle, const uint8_t *bytes, size_t len)
{
    ITC_ASSERT(len > 0 && len <= ITC_SITE_MAX);
    uint32_t class = 0;
    while (piece_size[class] < PREFIX + len)
        class ++;
    if (s->with_room[class] == 0 && !open_page(s, class))
        return ITC_E_FULL;
    uint32_t page = s->with_room[class] - 1;
    uint32_t piece = take_piece(s, page);
    uint8_t *at = piece_at(s, page, piece);
    uint16_t length = (uint16_t)len;
    memcpy(at, &length, PREFIX);
    memcpy(at + PREFIX, bytes, len);
    *handle = page << 8 | piece;
    return ITC_OK;
}

const uint8_t *itc_slab_get(const struct itc_slab *s, uint32_t handle, size_t *len)
{
    ITC_ASSERT(handle >> 8 < s->pages_fresh);
    const uint8_t *at = piece_at(s, handle >> 8, handle & 255);
    uint16_t length;
    memcpy(&length, at, PREFIX);
    ITC_ASSERT(length > 0);
    *len = length;
    return at + PREFIX;
}

void itc_slab_free(struct itc_slab *s, uint32_t handle)
{
    size_t len;
    (void)itc_slab_get(s, handle, &len); /* asserts that it is in use */
    uint32_t page = handle >> 8, piece = handle & 255;
    struct itc_slab_page *p = &s->pages[page];
    uint8_t *at = piece_at(s, page, piece);
    memset(at, 0, PREFIX);
    memcpy(at + PREFIX, &p->freed, sizeof p->freed);
    p->freed = (uint16_t)(piece + 1);
    if (p->used == pieces_of(p->class))
        link_page(s, page);
    p->used--;
    if (p->used == 0) {
        unlink_page(s, page);
        p->next = s->empty;
        s->empty = page + 1;
        s->empty_count++;
    }
}

void itc_slab_prefetch(const struct itc_slab *s, uint32_t handle)
{
    __builtin_prefetch(piece_at(s, handle >> 8, handle & 255), 1);
}

size_t itc_slab_used_bytes(const struct itc_slab *s)
{
    return (size_t)(s->pages_fresh - s->empty_count) * PAGE_SIZE;
}
