#include "tools/sim/study/price.h"

#include <math.h>
#include <string.h>

#include "tangle/rng.h"

double itc_price_lamp_s(uint32_t bits)
{
    return ldexp(1, (int)bits) / ITC_PRICE_LAMP_HASHES_PER_S;
}

/* What the surge pays in the milestone after header `head`. */
static uint32_t surge_bits(
    const struct itc_price_config *c, const struct itc_price *p, uint32_t head)
{
    uint32_t bits = p->bits[head], span = 2 * c->params.depth;
    for (uint32_t back = 0; c->old_anchors && back < span && back <= head; back++)
        if (p->bits[head - back] < bits)
            bits = p->bits[head - back];
    return bits;
}

static double load_after(
    const struct itc_price_config *c, const struct itc_price *p, uint32_t head, struct itc_rng *rng)
{
    double load = c->calm, drawn = (double)itc_rng_below(rng, 1u << 16) / (1u << 16);
    if (head + 1 >= c->from && head + 1 < c->until)
        load += c->surge * exp2(-c->answer * (surge_bits(c, p, head) - c->params.work_floor));
    load *= 0.5 + drawn;
    return fmin(load, (double)c->params.cone_bytes_max / c->params.work_target);
}

static uint32_t windows(const struct itc_price_config *c, uint32_t milestones)
{
    return (milestones + c->params.work_window - 1) / c->params.work_window;
}

/* Steps of the price, and how often their direction changed. */
static void judge_surge(const struct itc_price_config *c, struct itc_price *p)
{
    int last = 0;
    double lamp_s = 0;
    for (uint32_t i = c->from; i < c->until; i++) {
        int step = p->bits[i] - p->bits[i - 1];
        lamp_s += itc_price_lamp_s(p->bits[i]);
        if (step == 0)
            continue;
        p->turns += last != 0 && step != last;
        p->settled_windows = windows(c, i - c->from);
        last = step;
    }
    p->lamp_s = lamp_s / (c->until - c->from);
}

static void judge_end(const struct itc_price_config *c, struct itc_price *p)
{
    uint32_t i = c->until - 1;
    while (i <= c->milestones && p->bits[i] > c->params.work_floor)
        i++;
    p->back_windows = i > c->milestones ? ITC_PRICE_NEVER : windows(c, i - (c->until - 1));
}

void itc_price_run(const struct itc_price_config *c, struct itc_price *out)
{
    struct itc_rng rng;
    uint64_t window_bytes = 0;
    ITC_ASSERT(c->milestones < ITC_PRICE_MILESTONES_MAX && c->from > 0 && c->from < c->until &&
               c->until <= c->milestones);
    memset(out, 0, sizeof *out);
    itc_rng_init(&rng, c->seed);
    out->bits[0] = (uint8_t)c->params.work_floor;
    for (uint32_t i = 1; i <= c->milestones; i++) {
        out->load[i] = load_after(c, out, i - 1, &rng);
        window_bytes += (uint64_t)(out->load[i] * c->params.work_target);
        uint32_t bits = itc_params_next_work(&c->params, i, out->bits[i - 1], window_bytes);
        out->bits[i] = (uint8_t)bits;
        if (i % c->params.work_window == 0)
            window_bytes = 0;
        if (bits > out->highest)
            out->highest = bits;
    }
    judge_surge(c, out);
    judge_end(c, out);
}
