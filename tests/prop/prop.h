/* prop.h - what property programs share: their seed, and assertions that name it. */
#ifndef ITC_TESTS_PROP_PROP_H
#define ITC_TESTS_PROP_PROP_H

#include "spv/base.h"

/* The seed: the program's only argument, or ITC_SEED of the environment, or 1. Every assertion that fails from
 * here on, of the program or of the library, prints it. */
uint64_t prop_seed(int argc, char **argv);

#endif
