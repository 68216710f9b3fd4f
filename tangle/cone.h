/* cone.h - what a milestone makes final: the open past of its body's sites, in the order of application. Pure.
 *
 *     body names h1, h2          cone = all open sites reachable from them
 *     order = (weight within the cone, descending; then site id)
 *
 * A parent outweighs each of its approvers, so this order puts parents first; and of two conflicting spends
 * the one with the heavier subtangle comes first and wins. The order depends on the set alone, not on how or
 * when its sites arrived. Work is cut into steps of bounded length: collect once, then itc_cone_order until
 * it is done. */
#ifndef ITC_TANGLE_CONE_H
#define ITC_TANGLE_CONE_H

#include "tangle/weight.h"

struct itc_cone {
    uint32_t capacity; /* sites */
    uint32_t count;
    uint64_t bytes; /* of all its sites */
    uint32_t *
        sites; /* window indices; parents before children; after itc_cone_order: in the final order */
    uint32_t *weights; /* same positions as sites */
    /* scratch */
    uint32_t *first;   /* graph of the cone; capacity + 1 */
    uint32_t *parents; /* ITC_SITE_PARENTS_MAX * capacity */
    uint32_t
        *number; /* window index -> position, where sites[position] agrees; else it means nothing */
    uint32_t *stack;
    uint64_t *rows; /* of the weights, then of the sort */
    struct itc_exact exact;
};

size_t itc_cone_size(uint32_t capacity, uint32_t window_capacity);
void itc_cone_init(
    struct itc_cone *c, struct itc_mem *mem, uint32_t capacity, uint32_t window_capacity);

/* Starts an empty cone. */
void itc_cone_clear(struct itc_cone *c);
/* Adds `head` and its open past, unless that would exceed `sites_max` sites or `bytes_max` bytes in all or
 * add a site anchored before `least_anchor`; then nothing is added. The past is walked at most to the
 * bound. `sites_max` <= capacity. No site leaves the window from the first add until the order is done.
 *   ITC_E_ANCHOR     a site in it is too old
 *   ITC_E_TOO_LARGE  over a bound */
ITC_MUST enum itc_err itc_cone_add(struct itc_cone *c, const struct itc_window *w, uint32_t head,
    uint32_t sites_max, uint64_t bytes_max, uint64_t least_anchor);
/* Position of a site in `sites`, or ITC_NONE. Between itc_cone_clear and itc_cone_order_init only. */
uint32_t itc_cone_find(const struct itc_cone *c, uint32_t site);
/* Prepares weights and order of what was collected. */
void itc_cone_order_init(struct itc_cone *c, const struct itc_window *w);
/* Goes on as itc_exact_step does; true, once, when sites and weights stand in the final order. */
bool itc_cone_order(struct itc_cone *c, const struct itc_window *w, uint64_t rows);

#endif
