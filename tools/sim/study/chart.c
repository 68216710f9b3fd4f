#include "tools/sim/study/chart.h"

#include <math.h>

#define WIDTH 1000
#define HEIGHT 360
#define LEFT 70
#define RIGHT 20
#define TOP 50
#define GAP 90

static double top(const struct itc_chart *c)
{
    return TOP + c->place * (double)(HEIGHT + GAP);
}

static double x_of(const struct itc_chart *c, double x)
{
    return LEFT + x / c->x_most * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct itc_chart *c, double y)
{
    return top(c) + HEIGHT * (1 - fmin(y, c->y_most) / c->y_most);
}

double itc_chart_round_up(double value)
{
    double scale = pow(10, floor(log10(value)));
    double steps[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++)
        if (value <= steps[i] * scale)
            return steps[i] * scale;
    return 10 * scale;
}

void itc_chart_frame(const struct itc_chart *c, const char *title, const char *x_name)
{
    fprintf(c->out, "<text x='%d' y='%.0f' font-size='16'>%s</text>\n", LEFT, top(c) - 16, title);
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

void itc_chart_line(const struct itc_chart *c, const char *colour, const char *dashes)
{
    fprintf(c->out,
        "<polyline fill='none' stroke='%s' stroke-width='2' stroke-dasharray='%s' points='", colour,
        dashes);
}

void itc_chart_point(const struct itc_chart *c, double x, double y)
{
    fprintf(c->out, "%.1f,%.1f ", x_of(c, x), y_of(c, y));
}

void itc_chart_line_end(const struct itc_chart *c)
{
    fputs("'/>\n", c->out);
}

void itc_chart_begin(FILE *out, unsigned charts, const char *about)
{
    fprintf(out,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%u' font-family='sans-serif' "
        "font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n"
        "<text x='%d' y='20' font-size='13'>%s</text>\n",
        WIDTH, TOP + charts * (HEIGHT + GAP) - GAP + 50, LEFT, about);
}

void itc_chart_end(FILE *out)
{
    fputs("</svg>\n", out);
}
