/* prices.c - `itc-sim tangle --price`: how the price follows the load, and what a lamp pays meanwhile. */
#include "tools/sim/tangle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/sim/study/chart.h"
#include "tools/sim/study/price.h"

#define CALM_WINDOWS 2
#define STEP_WINDOWS 40
#define BURST_WINDOWS 5
#define AFTER_WINDOWS 24
#define DRAWN_SURGE 8

/* Who brings the surge. */
static const struct {
    const char *name, *colour;
    double answer;
    bool old_anchors;
} issuers[] = {
    {"pay any price", "#cf222e", 0, false},
    {"have so much hash power", "#1f6feb", 1, false},
    {"and anchor where it is cheap", "#1a7f37", 1, true},
};
#define ISSUERS (sizeof issuers / sizeof issuers[0])

static struct itc_price_config config_of(const struct itc_prices *o, size_t who, double surge)
{
    struct itc_price_config c = {.calm = o->calm,
        .surge = surge,
        .answer = issuers[who].answer,
        .old_anchors = issuers[who].old_anchors,
        .seed = o->seed};
    itc_params_default(&c.params);
    uint32_t window = c.params.work_window;
    c.from = CALM_WINDOWS * window + 1;
    c.until = c.from + (o->burst ? BURST_WINDOWS : STEP_WINDOWS) * window;
    c.milestones = c.until + AFTER_WINDOWS * window;
    return c;
}

static void print_row(const struct itc_price_config *c, const char *who, const struct itc_price *p)
{
    printf("  %5g  %-28s  %4u  %5u  %15u  %13.2f  ", c->surge, who, p->highest, p->turns,
        p->settled_windows, p->lamp_s);
    if (p->back_windows == ITC_PRICE_NEVER)
        puts("never");
    else
        printf("after %u\n", p->back_windows);
}

static void print_table(const struct itc_prices *o)
{
    static const double surges[] = {2.5, 4, 8, 16, 64};
    static struct itc_price p;
    struct itc_price_config c = config_of(o, 0, 1);
    const struct itc_params *params = &c.params;
    printf("%s of %u windows; a window: %u milestones of %g s; load in targets of %u bytes a "
           "milestone; calm %g, seed %" PRIu64 "\n",
        o->burst ? "Burst" : "Step", (c.until - c.from) / params->work_window, params->work_window,
        params->interval_ms / 1000.0, params->work_target, o->calm, o->seed);
    puts("  surge  its issuers                   bits  turns  settled windows  lamp's work, s  at "
         "the floor, windows");
    for (size_t i = 0; i < sizeof surges / sizeof surges[0]; i++)
        for (size_t who = 0; who < ISSUERS; who++) {
            c = config_of(o, who, surges[i]);
            itc_price_run(&c, &p);
            print_row(&c, issuers[who].name, &p);
        }
    putchar('\n');
}

/* Mean of each window, as steps. */
static void draw_line(const struct itc_chart *chart, const struct itc_price_config *c,
    const struct itc_price *p, size_t who, bool load)
{
    uint32_t window = c->params.work_window;
    double minutes = c->params.interval_ms / 60000.0, sum = 0;
    itc_chart_line(chart, issuers[who].colour, "none");
    for (uint32_t i = 1; i <= c->milestones; i++) {
        sum += load ? p->load[i] : itc_price_lamp_s(p->bits[i - 1]);
        if (i % window != 0)
            continue;
        itc_chart_point(chart, (i - window) * minutes, sum / window);
        itc_chart_point(chart, i * minutes, sum / window);
        sum = 0;
    }
    itc_chart_line_end(chart);
}

static void draw(FILE *out, const struct itc_prices *o)
{
    static struct itc_price p;
    struct itc_price_config c = config_of(o, 0, DRAWN_SURGE);
    double minutes = c.milestones * (c.params.interval_ms / 60000.0);
    struct itc_chart price = {out, 0, minutes, itc_price_lamp_s(c.params.work_ceiling)};
    struct itc_chart load = {out, 1, minutes, c.calm + DRAWN_SURGE};
    char about[256];
    (void)snprintf(about, sizeof about,
        "A load of %d targets comes, beside %g; red: at any price; blue: of so much hash power; "
        "green: anchored where it is cheap",
        DRAWN_SURGE, c.calm);
    itc_chart_begin(out, 2, about);
    itc_chart_frame(&price, "What a lamp works for a site, in seconds", "minutes");
    itc_chart_frame(&load, "Load, in targets", "minutes");
    for (size_t who = 0; who < ISSUERS; who++) {
        c = config_of(o, who, DRAWN_SURGE);
        itc_price_run(&c, &p);
        draw_line(&price, &c, &p, who, false);
        draw_line(&load, &c, &p, who, true);
    }
    itc_chart_end(out);
}

int itc_sim_prices(const struct itc_prices *o)
{
    print_table(o);
    if (!o->svg)
        return ITC_SIM_CLEAN;
    FILE *out = fopen(o->svg, "w");
    if (out)
        draw(out, o);
    if (!out || fclose(out) != 0) {
        fprintf(stderr, "itc-sim: %s: %s\n", o->svg, strerror(errno));
        return ITC_SIM_USAGE;
    }
    return ITC_SIM_CLEAN;
}
