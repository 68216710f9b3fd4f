/* chart.h - line charts as SVG, one under the other. Not pure: a file. */
#ifndef ITC_SIM_STUDY_CHART_H
#define ITC_SIM_STUDY_CHART_H

#include <stdio.h>

/* One chart: x from 0 to x_most, y from 0 to y_most. */
struct itc_chart {
    FILE *out;
    unsigned place; /* 0: the uppermost */
    double x_most, y_most;
};

/* A document with room for `charts` of them, and what stands above. */
void itc_chart_begin(FILE *out, unsigned charts, const char *about);
void itc_chart_end(FILE *out);

/* The least of 1, 2, 5, 10, 20 ... that is no smaller. */
double itc_chart_round_up(double value);
void itc_chart_frame(const struct itc_chart *c, const char *title, const char *x_name);

/* A line: begin, its points, end. `dashes` as in stroke-dasharray. */
void itc_chart_line(const struct itc_chart *c, const char *colour, const char *dashes);
void itc_chart_point(const struct itc_chart *c, double x, double y);
void itc_chart_line_end(const struct itc_chart *c);

#endif
