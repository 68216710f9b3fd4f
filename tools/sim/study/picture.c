#include "tools/sim/study/picture.h"

#include <math.h>

#include "tools/sim/study/chart.h"

static void draw_tips(FILE *out, const struct itc_growth *g, const struct itc_growth *theory)
{
    double most = 0;
    for (int i = 0; i < ITC_GROWTH_TIMES; i++)
        most = fmax(most, g->course[i]);
    struct itc_chart c = {
        .out = out, .place = 0, .x_most = g->end_h, .y_most = itc_chart_round_up(most)};
    itc_chart_frame(&c, "Tips, in units of lambda h; dashed: k(1-q) / (k(1-q) - 1)", "time, in h");
    itc_chart_line(&c, "#1f6feb", "none");
    for (int i = 0; i < ITC_GROWTH_TIMES; i++)
        itc_chart_point(&c, g->end_h * i / ITC_GROWTH_TIMES, g->course[i]);
    itc_chart_line_end(&c);
    if (!theory)
        return;
    itc_chart_line(&c, "#cf222e", "8 5");
    itc_chart_point(&c, 0, theory->tips);
    itc_chart_point(&c, g->end_h, theory->tips);
    itc_chart_line_end(&c);
}

static void draw_weight_line(
    const struct itc_chart *c, const struct itc_growth *g, const char *colour, const char *dashes)
{
    itc_chart_line(c, colour, dashes);
    itc_chart_point(c, 0, 1);
    for (int i = 0; i < ITC_GROWTH_AGES; i++)
        itc_chart_point(c, (i + 1) * ITC_GROWTH_AGE_H, g->weight[i]);
    itc_chart_line_end(c);
}

static void draw_weight(FILE *out, const struct itc_growth *g, const struct itc_growth *theory)
{
    struct itc_chart c = {.out = out,
        .place = 1,
        .x_most = ITC_GROWTH_AGE_H * ITC_GROWTH_AGES,
        .y_most = itc_chart_round_up(g->weight[ITC_GROWTH_AGES - 1])};
    itc_chart_frame(&c,
        "Mean weight of a site; dashed: 2 exp(0.352 t), from 2.84 ln(L0) on the issuers' pace",
        "age, in h");
    draw_weight_line(&c, g, "#1f6feb", "none");
    if (theory && theory->adaptation > 0)
        draw_weight_line(&c, theory, "#cf222e", "8 5");
}

void itc_growth_draw(FILE *out, const struct itc_growth_config *c, const struct itc_growth *g,
    const struct itc_growth *theory)
{
    char about[128];
    (void)snprintf(about, sizeof about, "lambda h = %g, k = %u, q = %g, %u sites, seed %llu",
        c->lambda_h, c->parents, c->lazy, c->sites, (unsigned long long)c->seed);
    itc_chart_begin(out, 2, about);
    draw_tips(out, g, theory);
    draw_weight(out, g, theory);
    itc_chart_end(out);
}
