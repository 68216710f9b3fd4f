/* genesis_make.h - from parameters, committee and allocations to the two files that a network starts from.
 * Shell (it uses the heap); any thread.
 *
 *     genesis.itc   the document (spv/genesis.h): what nodes are given
 *     light.itc     chain, committee and header 0 (spv/light.h): what lamps and wallets are given */
#ifndef ITC_SHELL_GENESIS_MAKE_H
#define ITC_SHELL_GENESIS_MAKE_H

#include "spv/light.h"

struct itc_genesis_made {
    struct itc_hash chain;
    uint8_t document[ITC_GENESIS_MAX];
    size_t document_len;
    uint8_t light[ITC_LIGHT_MAX];
    size_t light_len;
};

/* Sorts `allocations`, count of them, in place.
 *   the errors of itc_genesis_encode, and ITC_E_DUPLICATE: two allocations to one key;
 *   ITC_E_FULL: no memory */
ITC_MUST enum itc_err itc_genesis_make(struct itc_genesis_made *out,
    struct itc_allocation *allocations, const struct itc_params *params,
    const struct itc_committee *committee, uint32_t count);
/* State root of header 0, from a decoded document.  ITC_E_FULL: no memory. */
ITC_MUST enum itc_err itc_genesis_state_root(struct itc_hash *out, const struct itc_genesis *g);

#endif
