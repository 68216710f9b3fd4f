/* picture.h - a growing tangle beside what the paper expects of it, as SVG: tips over time, weight over age. */
#ifndef ITC_SIM_STUDY_PICTURE_H
#define ITC_SIM_STUDY_PICTURE_H

#include <stdio.h>

#include "tools/sim/study/growth.h"

/* `theory` NULL: the tangle has no steady state. */
void itc_growth_draw(FILE *out, const struct itc_growth_config *c, const struct itc_growth *g,
    const struct itc_growth *theory);

#endif
