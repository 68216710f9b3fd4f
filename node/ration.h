/* ration.h - how much of our work one peer may ask for. Pure.
 *
 *     now ------------ paid ---- now + burst        left while what was spent is paid before now + burst;
 *      |<--- owed ---->|                            what is spent moves `paid` on, time alone pays
 *
 * The generic cell rate algorithm (ITU-T I.371), with costs that differ: one number a ration. What is spent last may
 * go beyond the burst, and is paid for like the rest: so an answer is never cut in two. */
#ifndef ITC_NODE_RATION_H
#define ITC_NODE_RATION_H

#include <stdbool.h>
#include <stdint.h>

struct itc_ration {
    uint64_t paid_us; /* monotonic; zeroed: nothing is owed */
};

/* STATUS: a proposal and votes, up to 103 KB each. Nobody honest sends it more often than once a tick (100 ms). */
#define ITC_RATION_STATUS_US 100000u
#define ITC_RATION_STATUS_BURST_US 400000u /* five at once */

/* GET_SITES, GET_CONE and GET_MILESTONE together: 62,500 sites a second, and all of one second at once. */
#define ITC_RATION_SITE_US 16u       /* a row, and what it is found by */
#define ITC_RATION_LEAVES_US 128u    /* a chunk of leaves */
#define ITC_RATION_MILESTONE_US 128u /* three rows */
#define ITC_RATION_BULK_BURST_US 1000000u

/* Whether less than the burst is owed. */
bool itc_ration_left(const struct itc_ration *r, uint64_t now_ms, uint64_t burst_us);
void itc_ration_spend(struct itc_ration *r, uint64_t now_ms, uint64_t cost_us);
/* Both: spends if there is some left. */
bool itc_ration_take(struct itc_ration *r, uint64_t now_ms, uint64_t cost_us, uint64_t burst_us);

#endif
