/* finding.h - what an oracle objects to. The first one counts: what follows is its consequence. */
#ifndef ITC_SIM_FINDING_H
#define ITC_SIM_FINDING_H

#include "spv/base.h"

struct itc_finding {
    uint64_t at_ms;
    const char *oracle; /* static text; NULL: nothing was found */
    char what[240];
};

/* printf's. */
void itc_find(struct itc_finding *f, uint64_t at_ms, const char *oracle, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
