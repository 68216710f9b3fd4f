/* genesis_options.h - what can be set about a new network: the options of `itcd genesis`. Shell; one thread. */
#ifndef ITC_SHELL_GENESIS_OPTIONS_H
#define ITC_SHELL_GENESIS_OPTIONS_H

#include "node/shell/option_table.h"
#include "spv/genesis.h"

struct itc_allocation_texts {
    size_t count;
    const char *values[ITC_ALLOCATIONS_MAX]; /* "ADDRESS=AMOUNT", in the arguments */
};

struct itc_genesis_options {
    struct itc_params params; /* first, so that a row's offset leads into it */
    struct itc_text out;
    uint64_t validators; /* 0: not said */
    struct itc_text_list validator_keys;
    struct itc_committee validator_pubs;
    struct itc_allocation_texts allocations;
    bool json, help;
};

/* The first itc_genesis_params_count rows are numbers of struct itc_params, with the bounds of
 * itc_params_check. */
extern const struct itc_option_table itc_genesis_table;
extern const size_t itc_genesis_params_count;

void itc_genesis_defaults(struct itc_genesis_options *o);

const char *itc_network_name(enum itc_network network); /* "main", "test", "private" */

#endif
