/* self_test.c - does a kernel find what plain C finds, on this very processor? */
#include "pow/search.h"

#define UNTOUCHED UINT64_MAX

/* Nonces that are searched whole, each good one found by itself: every lane of every vector comes to be the first. */
static const struct {
    uint32_t bits;
    uint64_t start, tries;
} ranges[] = {
    {0, 5, 40}, {4, 0, 700}, {5, ((uint64_t)3 << 32) - 301, 601}, /* over the end of a span */
    {7, (uint64_t)0 - 999, 2000},                                 /* over the end of all */
};

/* Past 32 bits: 5423237983 gives 33, found by a long search. */
#define RARE_BITS 33
#define RARE_START 5423237970u
#define RARE_TRIES 50

static struct itc_pow work_of(uint32_t bits)
{
    static const struct itc_hash chain = {{1}}, anchor = {{2}}, stem = {{3}};
    struct itc_pow p;
    itc_pow_init(&p, &chain, &anchor, &stem, bits);
    return p;
}

static bool agree(itc_pow_search_fn *search, uint32_t bits, uint64_t start, uint64_t tries)
{
    struct itc_pow p = work_of(bits);
    for (;;) {
        uint64_t expected = UNTOUCHED, found = UNTOUCHED;
        enum itc_err err = itc_pow_search_portable(&p, start, tries, &expected);
        if (search(&p, start, tries, &found) != err || found != expected)
            return false;
        if (err != ITC_OK)
            return true;
        tries -= expected + 1 - start;
        start = expected + 1;
    }
}

bool itc_pow_kernel_works(const struct itc_pow_kernel *k)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (!agree(k->search, ranges[i].bits, ranges[i].start, ranges[i].tries))
            return false;
    return agree(k->search, RARE_BITS, RARE_START, RARE_TRIES) &&
           agree(k->search, RARE_BITS + 1, RARE_START, RARE_TRIES);
}
