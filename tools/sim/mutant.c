/* mutant.c - which deliberate defect is on; in itc-sim-mutants only. See spv/mutant.h. */
#include "spv/mutant.h"

#include <stddef.h>
#include <string.h>

static const char *chosen;

void itc_mutant_choose(const char *name)
{
    chosen = name;
}

bool itc_mutant_is(const char *name)
{
    return chosen != NULL && strcmp(name, chosen) == 0;
}
