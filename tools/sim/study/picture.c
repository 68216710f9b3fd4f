#include "tools/sim/study/picture.h"

#include <math.h>

#define WIDTH 1000
#define HEIGHT 360
#define LEFT 70
#define RIGHT 20
#define TOP 50
#define GAP 90

/* One chart: x from 0 to x_most, y from 0 to y_most. */
struct chart {
    FILE *out;
    double top, x_most, y_most;
};

static double x_of(const struct chart *c, double x)
{
    return LEFT + x / c->x_most * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct chart *c, double y)
{
    return c->top + HEIGHT * (1 - fmin(y, c->y_most) / c->y_most);
}

/* The least of 1, 2, 5, 10, 20 ... that is no smaller. */
static double round_up(double value)
{
    double scale = pow(10, floor(log10(value)));
    double steps[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++)
        if (value <= steps[i] * scale)
            return steps[i] * scale;
    return 10 * scale;
}

static void frame(const struct chart *c, const char *title, const char *x_name)
{
    fprintf(c->out, "<text x='%d' y='%.0f' font-size='16'>%s</text>\n", LEFT, c->top - 16, title);
    for (int i = 0; i <= 5; i++) {
        double x = c->x_most * i / 5, y = c->y_most * i / 5;
        fprintf(c->out,
            "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>"
            "<text x='%d' y='%.1f' text-anchor='end'>%g</text>"
            "<text x='%.1f' y='%.1f' text-anchor='middle'>%g</text>\n",
            LEFT, WIDTH - RIGHT, y_of(c, y), y_of(c, y), LEFT - 8, y_of(c, y) + 4, y, x_of(c, x),
            y_of(c, 0) + 18, x);
    }
    fprintf(c->out, "<text x='%d' y='%.0f' text-anchor='end'>%s</text>\n", WIDTH - RIGHT,
        y_of(c, 0) + 36, x_name);
}

static void line_begin(const struct chart *c, const char *colour, const char *dashes)
{
    fprintf(c->out,
        "<polyline fill='none' stroke='%s' stroke-width='2' stroke-dasharray='%s' points='", colour,
        dashes);
}

static void line_point(const struct chart *c, double x, double y)
{
    fprintf(c->out, "%.1f,%.1f ", x_of(c, x), y_of(c, y));
}

static void line_end(const struct chart *c)
{
    fputs("'/>\n", c->out);
}

static void draw_tips(FILE *out, const struct itc_growth *g, const struct itc_growth *theory)
{
    double most = 0;
    for (int i = 0; i < ITC_GROWTH_TIMES; i++)
        most = fmax(most, g->course[i]);
    struct chart c = {.out = out, .top = TOP, .x_most = g->end_h, .y_most = round_up(most)};
    frame(&c, "Tips, in units of lambda h; dashed: k(1-q) / (k(1-q) - 1)", "time, in h");
    line_begin(&c, "#1f6feb", "none");
    for (int i = 0; i < ITC_GROWTH_TIMES; i++)
        line_point(&c, g->end_h * i / ITC_GROWTH_TIMES, g->course[i]);
    line_end(&c);
    if (!theory)
        return;
    line_begin(&c, "#cf222e", "8 5");
    line_point(&c, 0, theory->tips);
    line_point(&c, g->end_h, theory->tips);
    line_end(&c);
}

static void draw_weight_line(
    const struct chart *c, const struct itc_growth *g, const char *colour, const char *dashes)
{
    line_begin(c, colour, dashes);
    line_point(c, 0, 1);
    for (int i = 0; i < ITC_GROWTH_AGES; i++)
        line_point(c, (i + 1) * ITC_GROWTH_AGE_H, g->weight[i]);
    line_end(c);
}

static void draw_weight(FILE *out, const struct itc_growth *g, const struct itc_growth *theory)
{
    struct chart c = {.out = out,
        .top = TOP + HEIGHT + GAP,
        .x_most = ITC_GROWTH_AGE_H * ITC_GROWTH_AGES,
        .y_most = round_up(g->weight[ITC_GROWTH_AGES - 1])};
    frame(&c,
        "Mean weight of a site; dashed: 2 exp(0.352 t), from 2.84 ln(L0) on the issuers' pace",
        "age, in h");
    draw_weight_line(&c, g, "#1f6feb", "none");
    if (theory && theory->adaptation > 0)
        draw_weight_line(&c, theory, "#cf222e", "8 5");
}

void itc_growth_draw(FILE *out, const struct itc_growth_config *c, const struct itc_growth *g,
    const struct itc_growth *theory)
{
    fprintf(out,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' "
        "font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n"
        "<text x='%d' y='20' font-size='13'>lambda h = %g, k = %u, q = %g, %u sites, seed "
        "%llu</text>\n",
        WIDTH, TOP + 2 * HEIGHT + GAP + 50, LEFT, c->lambda_h, c->parents, c->lazy, c->sites,
        (unsigned long long)c->seed);
    draw_tips(out, g, theory);
    draw_weight(out, g, theory);
    fputs("</svg>\n", out);
}
