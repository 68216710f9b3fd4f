/* price.h - the price of a site under a load that changes and that answers to the price, milestone by milestone. Pure.
 *
 *      load  calm ______|~~~~~~~~ surge ~~~~~~~~|______ calm
 *     price  floor _________|--|--|----- ... -----|--|__ floor       one bit a window of milestones
 *
 * The rule is the chain's own (itc_params_next_work). Loads are in targets: 1 is work_target bytes a milestone. The
 * load of each milestone is drawn between half and one and a half of what is expected. */
#ifndef ITC_SIM_STUDY_PRICE_H
#define ITC_SIM_STUDY_PRICE_H

#include "spv/genesis.h"

/* Tries a second of a lamp: 80 MHz, about 2,700 cycles a compression, as portable C on a Cortex-M4 takes (assumed). */
#define ITC_PRICE_LAMP_HASHES_PER_S 30000
#define ITC_PRICE_MILESTONES_MAX 8192

struct itc_price_config {
    struct itc_params params;
    double calm;  /* load at all times and at any price */
    double surge; /* load on top, at the price of the floor; by 2^-answer it falls with each bit: */
    double answer; /* 0 pays any price, 1 has so much hash power */
    /* The surge pays the least price of all headers that a site may still be anchored at. */
    bool old_anchors;
    uint32_t from, until; /* milestones of the surge, 1 .. milestones; without the last */
    uint32_t milestones;  /* 1 .. ITC_PRICE_MILESTONES_MAX - 1 */
    uint64_t seed;
};

/* Turns are steps up that followed one down, or the other way round. "While": the surge lasted. */
struct itc_price {
    uint8_t bits[ITC_PRICE_MILESTONES_MAX]; /* of header 0, 1 ... milestones */
    double load[ITC_PRICE_MILESTONES_MAX];  /* of milestone 1 ... milestones */
    uint32_t highest;                       /* bits */
    uint32_t turns;                         /* while */
    uint32_t settled_windows;               /* from the begin of the surge to the last step while */
    uint32_t back_windows;                  /* from its end to the floor; or ITC_PRICE_NEVER */
    double lamp_s; /* mean work of a lamp for a site of up to 256 bytes, while */
};
#define ITC_PRICE_NEVER UINT32_MAX

/* Seconds that such a work takes a lamp on average. */
double itc_price_lamp_s(uint32_t bits);
void itc_price_run(const struct itc_price_config *c, struct itc_price *out);

#endif
