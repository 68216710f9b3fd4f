/* seeds.h - between the files of fuzz_seeds. */
#ifndef ITC_TESTS_SEEDS_H
#define ITC_TESTS_SEEDS_H

#include <stddef.h>

/* Writes one seed of a target. */
void itc_seed_save(const char *target, const char *name, const void *bytes, size_t len);
/* Seeds of the node's decoders. */
void itc_seed_node(void);

#endif
