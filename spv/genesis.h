/* genesis.h - the document that a chain starts from: parameters, committee, allocations. Pure.
 * The chain id is the document's tagged hash; parameters never change.
 *
 *     magic "ITCG" | version 1 | network 1 | time_ms 8 | the 16 parameters of 4 bytes, in the order below | dust 8
 *     | n 1 | validator keys 32 x n | allocation_count 4 | (key 32 | amount 8) x allocation_count
 *
 * Every bound that can change validity or a verdict stands here, never in a node's configuration. */
#ifndef ITC_SPV_GENESIS_H
#define ITC_SPV_GENESIS_H

#include "spv/address.h"
#include "spv/header.h"

#define ITC_GENESIS_VERSION 1
#define ITC_ALLOCATIONS_MAX 1024

#define ITC_RECENT_CONES 64 /* full ones, in 3 x depth + 1 milestones: see itc_params_recent_max */

#define ITC_TIME_MAX_MS ((uint64_t)1 << 48) /* far in the future; sums of times never wrap */

struct itc_params {
    enum itc_network network;
    uint64_t time_ms;      /* of header 0; 0 .. ITC_TIME_MAX_MS */
    uint32_t interval_ms;  /* between milestones with sites; 0 .. 60000 */
    uint32_t idle_ms;      /* between empty milestones; interval_ms .. 3600000 */
    uint32_t drift_ms;     /* how far a fresh proposal's time may be from the clock; 10 .. 600000 */
    uint32_t timeout_ms;   /* base time-out of a view; 10 .. 600000 */
    uint32_t depth;        /* milestones, see site validity; 2 .. 100000 */
    uint32_t epoch_length; /* milestones; 1 .. 100000000 */
    uint32_t cone_sites_max; /* 1 .. 65536 */
    uint32_t cone_bytes_max; /* 65536 .. 16 MiB */
    uint32_t body_sites_max; /* 1 .. 1024 */
    uint32_t
        tx_size_max; /* bytes; ITC_TX_TRANSFER .. ITC_TX_PLAIN_MAX; changes of the committee are exempt */
    uint32_t work_floor;     /* bits; 0 .. 32 */
    uint32_t work_ceiling;   /* bits; work_floor .. work_floor + 4 */
    uint32_t work_window;    /* milestones between adjustments; 1 .. 1000000 */
    uint32_t work_target;    /* bytes of sites per milestone that keep the price; 1 .. 16 MiB */
    uint32_t accounts_max;   /* allocation_count .. 2^28 */
    uint32_t confirm_weight; /* theta: weight at which a tx counts as confirmed; 2 .. 65536 */
    struct itc_amount dust;  /* 1 grain .. 1 ITC */
};

struct itc_allocation {
    struct itc_key key;
    struct itc_amount amount;
};

/* A decoded document; allocations are read one by one with itc_genesis_allocation. */
struct itc_genesis {
    struct itc_params params;
    struct itc_committee committee; /* distinct keys; their order gives each validator its number */
    uint32_t allocation_count;
    const uint8_t *allocations; /* borrowed: key 32 | amount 8 each, keys strictly ascending */
};

#define ITC_GENESIS_MAX (256 + 32 * ITC_VALIDATORS_MAX + 40 * ITC_ALLOCATIONS_MAX) /* bytes */

/* Sane values for a private network: interval 1 s, depth 60, work floor 14 bits. */
void itc_params_default(struct itc_params *out);
/* ITC_E_FORM: a field outside its range (see above). */
ITC_MUST enum itc_err itc_params_check(const struct itc_params *p);

/* ITC_E_TOO_LARGE: exceeds `cap` or a bound.  ITC_E_FORM: params out of range, no validator or one twice,
 * allocations not ascending, an amount below dust, or a sum other than exactly ITC_SUPPLY_GRAINS. */
ITC_MUST enum itc_err itc_genesis_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_genesis *g);
/* All of the above, and ITC_E_TRUNCATED ITC_E_TRAILING ITC_E_VERSION; ITC_E_FORM: no genesis document at all;
 * ITC_E_SIGNATURE: a validator's key is not a public key. */
ITC_MUST enum itc_err itc_genesis_decode(struct itc_genesis *out, const uint8_t *bytes, size_t len);
void itc_genesis_allocation(const struct itc_genesis *g, uint32_t i, struct itc_allocation *out);
/* Chain id: tagged hash "itc/genesis" of the whole document. */
void itc_genesis_id(struct itc_hash *out, const uint8_t *bytes, size_t len);

/* Header 0: no sites, prev = 0, body_hash = chain id; `state_root` from the allocations (tangle/ledger.h). */
void itc_genesis_header(struct itc_header *out, const struct itc_genesis *g,
    const struct itc_hash *chain, const struct itc_hash *state_root);

/* epoch(index) = (index-1) / epoch_length; header 0 is in epoch 0. The last of an epoch has flag bit 0. */
uint32_t itc_params_epoch(const struct itc_params *p, uint64_t index);
bool itc_params_epoch_end(const struct itc_params *p, uint64_t index);

/* Sites that any 3 x depth + 1 milestones in a row may hold together: ITC_RECENT_CONES full cones, or as many as there are
 * milestones if those are fewer. docs/protocol.md, "Body". At most 2^22. */
uint32_t itc_params_recent_max(const struct itc_params *p);

/* work_bits of header `index` > 0, where the header before says `bits` and the sites of the milestones since the last
 * multiple of `work_window`, this one included, have `window_bytes` bytes. docs/protocol.md, "Price". */
uint32_t itc_params_next_work(
    const struct itc_params *p, uint64_t index, uint32_t bits, uint64_t window_bytes);

#endif
