/* weight.h - cumulative weight of open sites (Popov, The Tangle v1.4.3, section 2). Pure.
 *
 *      a <- b <- d          weight(x) = 1 + number of sites from which x can be reached
 *       \- c <-/            weight(a)=4  weight(b)=weight(c)=2  weight(d)=1
 *
 * Two ways, both exact:
 *
 * itc_weight_attach, on every attach, counts up to `threshold` only. A site that has reached it is never
 * visited again, and neither are its ancestors, which are heavier still: at most `threshold` visits per site,
 * amortised, whatever the size of the window.
 *
 * struct itc_exact, all weights of a set at once. Sites are columns of a bit matrix, 512 at a time (one cache
 * line a row): going from the newest row to the oldest, each row sets its own column's bit, adds its popcount
 * to its weight and is OR-ed into its parents' rows. No site reaches a newer one, so a block's pass begins at
 * the row of its newest column. Memory is 64 bytes a site, time is one streaming pass per 512 sites; it goes with the
 * edges: a set whose sites have eight parents each, far apart, is the worst there is.
 *
 * When sites leave: a cone takes nothing from the weight of those that stay, for it approves none of them. A
 * site dropped for its age may have approved some; it stays counted: weights here never fall. */
#ifndef ITC_TANGLE_WEIGHT_H
#define ITC_TANGLE_WEIGHT_H

#include "tangle/window.h"

/* `site` arrived at the threshold. */
typedef void itc_weight_fn(void *ctx, uint32_t site);

/* Accounts for `site`, just added to the window (weight 0 until now). Calls `reached` (may be NULL) once for
 * each site whose weight arrives at `threshold` (>= 2). `stack` holds window capacity entries. */
void itc_weight_attach(struct itc_window *w, uint32_t site, uint32_t threshold, uint32_t *stack,
    itc_weight_fn *reached, void *ctx);

/* The graph of a set of sites, renumbered 0 .. count-1 with parents before children. Site i has parents
 * parents[first[i]] .. parents[first[i+1]-1], all below i. */
struct itc_graph {
    uint32_t count;
    const uint32_t *first; /* count + 1 entries */
    const uint32_t *parents;
};

#define ITC_EXACT_COLUMNS 512

struct itc_exact {
    struct itc_graph graph;
    uint32_t *weights; /* result: count entries */
    uint64_t *rows;    /* 8 words a site, 64-byte aligned */
    uint32_t next;     /* first column of the next block */
};

size_t itc_exact_rows_size(uint32_t count); /* bytes of `rows` */
/* `rows` need not be zeroed. */
void itc_exact_init(
    struct itc_exact *e, const struct itc_graph *graph, uint32_t *weights, uint64_t *rows);
/* Works through blocks of columns until the next would touch more than `rows` rows in all, parents' rows included,
 * but one at least; true when all weights are exact. So one call has a bounded length, whatever the set. */
bool itc_exact_step(struct itc_exact *e, uint64_t rows);

/* Chooses the fastest kernel for itc_exact_step that this processor has. Call once at start, before other
 * threads exist. Returns its name: "portable", "popcnt", "avx2" or "avx512". */
const char *itc_weight_use_best(void);

#endif
