#include "spv/genesis.h"

#include "spv/cursor.h"
#include "spv/sha256.h"
#include "spv/sign.h"
#include "spv/tx.h"

#include <string.h>

#define ALLOCATION_SIZE 40 /* key 32 | amount 8 */
#define WORK_STEPS_MAX 4   /* from floor to ceiling: beyond that, lamps would be priced out */

static const uint8_t magic[4] = {'I', 'T', 'C', 'G'};

void itc_params_default(struct itc_params *out)
{
    *out = (struct itc_params){
        .network = ITC_NETWORK_PRIVATE,
        .time_ms = 0,
        .interval_ms = 1000,
        .idle_ms = 5000,
        .drift_ms = 10000,
        .timeout_ms = 2000,
        .depth = 60,
        .epoch_length = 3600,
        .cone_sites_max = 65536,
        .cone_bytes_max = 16 << 20,
        .body_sites_max = 1024,
        .tx_size_max = ITC_TX_PLAIN_MAX,
        .work_floor = 14,
        .work_ceiling = 18,
        .work_window = 64,
        .work_target = 256 << 10,
        .accounts_max = 1 << 20,
        .confirm_weight = 100,
        .dust = {1000},
    };
}

/* The 32-bit parameters in the order of the document, with what each may be. Two more rules tie pairs of them:
 * see itc_params_check. */
static const struct {
    size_t offset; /* in struct itc_params */
    uint32_t least;
    uint32_t most;
} fields[] = {
    {offsetof(struct itc_params, interval_ms), 0, 60000},
    {offsetof(struct itc_params, idle_ms), 0, 3600000},
    {offsetof(struct itc_params, drift_ms), 10, 600000},
    {offsetof(struct itc_params, timeout_ms), 10, 600000},
    {offsetof(struct itc_params, depth), 2, 100000},
    {offsetof(struct itc_params, epoch_length), 1, 100000000},
    {offsetof(struct itc_params, cone_sites_max), 1, 65536},
    {offsetof(struct itc_params, cone_bytes_max), 65536, 16 << 20},
    {offsetof(struct itc_params, body_sites_max), 1, 1024},
    {offsetof(struct itc_params, tx_size_max), ITC_TX_TRANSFER, ITC_TX_PLAIN_MAX},
    {offsetof(struct itc_params, work_floor), 0, 32},
    {offsetof(struct itc_params, work_ceiling), 0, 32 + WORK_STEPS_MAX},
    {offsetof(struct itc_params, work_window), 1, 1000000},
    {offsetof(struct itc_params, work_target), 1, 16 << 20},
    {offsetof(struct itc_params, accounts_max), 1, 1 << 28},
    {offsetof(struct itc_params, confirm_weight), 2, 65536},
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static uint32_t field_get(const struct itc_params *p, size_t i)
{
    uint32_t v;
    memcpy(&v, (const uint8_t *)p + fields[i].offset, sizeof v);
    return v;
}

static void field_set(struct itc_params *p, size_t i, uint32_t v)
{
    memcpy((uint8_t *)p + fields[i].offset, &v, sizeof v);
}

enum itc_err itc_params_check(const struct itc_params *p)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (field_get(p, i) < fields[i].least || field_get(p, i) > fields[i].most)
            return ITC_E_FORM;
    if (p->idle_ms < p->interval_ms)
        return ITC_E_FORM;
    if (p->work_ceiling < p->work_floor || p->work_ceiling - p->work_floor > WORK_STEPS_MAX)
        return ITC_E_FORM;
    if ((unsigned)p->network >= ITC_NETWORK_COUNT || p->time_ms > ITC_TIME_MAX_MS)
        return ITC_E_FORM;
    if (p->dust.grains < 1 || p->dust.grains > ITC_GRAINS_PER_ITC)
        return ITC_E_FORM;
    return ITC_OK;
}

static enum itc_err check_committee(const struct itc_committee *c)
{
    if (c->n > ITC_VALIDATORS_MAX)
        return ITC_E_TOO_LARGE;
    if (c->n == 0)
        return ITC_E_FORM;
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t j = 0; j < i; j++)
            if (itc_key_equal(&c->keys[i], &c->keys[j]))
                return ITC_E_FORM;
    return ITC_OK;
}

static enum itc_err check_allocations(const struct itc_genesis *g)
{
    if (g->allocation_count > ITC_ALLOCATIONS_MAX || g->allocation_count > g->params.accounts_max)
        return ITC_E_TOO_LARGE;
    struct itc_amount sum = {0};
    struct itc_allocation now, before;
    for (uint32_t i = 0; i < g->allocation_count; i++) {
        itc_genesis_allocation(g, i, &now);
        if (i > 0 && memcmp(before.key.b, now.key.b, sizeof now.key.b) >= 0)
            return ITC_E_FORM;
        if (now.amount.grains < g->params.dust.grains || itc_amount_add(&sum, sum, now.amount))
            return ITC_E_FORM;
        before = now;
    }
    return sum.grains == ITC_SUPPLY_GRAINS ? ITC_OK : ITC_E_FORM;
}

static enum itc_err check_genesis(const struct itc_genesis *g)
{
    enum itc_err e = itc_params_check(&g->params);
    if (!e)
        e = check_committee(&g->committee);
    return e ? e : check_allocations(g);
}

enum itc_err itc_genesis_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_genesis *g)
{
    enum itc_err e = check_genesis(g);
    if (e)
        return e;
    struct itc_writer w = itc_writer_of(out, cap);
    itc_write_bytes(&w, magic, sizeof magic);
    itc_write_u8(&w, ITC_GENESIS_VERSION);
    itc_write_u8(&w, (uint8_t)g->params.network);
    itc_write_u64(&w, g->params.time_ms);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        itc_write_u32(&w, field_get(&g->params, i));
    itc_write_u64(&w, g->params.dust.grains);
    itc_write_u8(&w, (uint8_t)g->committee.n);
    itc_write_bytes(&w, g->committee.keys[0].b, sizeof g->committee.keys[0] * g->committee.n);
    itc_write_u32(&w, g->allocation_count);
    itc_write_bytes(&w, g->allocations, (size_t)ALLOCATION_SIZE * g->allocation_count);
    return itc_writer_end(&w, len);
}

static enum itc_err check_validator_keys(const struct itc_committee *c)
{
    struct itc_pubkey parsed;
    for (uint32_t i = 0; i < c->n; i++)
        if (itc_pubkey_parse(&parsed, &c->keys[i]))
            return ITC_E_SIGNATURE;
    return ITC_OK;
}

static void read_params(struct itc_params *out, struct itc_reader *r)
{
    out->network = (enum itc_network)itc_read_u8(r);
    out->time_ms = itc_read_u64(r);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        field_set(out, i, itc_read_u32(r));
    out->dust.grains = itc_read_u64(r);
}

enum itc_err itc_genesis_decode(struct itc_genesis *out, const uint8_t *bytes, size_t len)
{
    struct itc_genesis g;
    struct itc_reader r = itc_reader_of(bytes, len);
    const uint8_t *start = itc_read_bytes(&r, sizeof magic);
    uint8_t version = itc_read_u8(&r);
    if (r.failed)
        return ITC_E_TRUNCATED;
    if (memcmp(start, magic, sizeof magic) != 0)
        return ITC_E_FORM;
    if (version != ITC_GENESIS_VERSION)
        return ITC_E_VERSION;
    read_params(&g.params, &r);
    g.committee.n = itc_read_u8(&r);
    if (g.committee.n > ITC_VALIDATORS_MAX)
        return ITC_E_TOO_LARGE;
    itc_read_copy(&r, g.committee.keys[0].b, sizeof g.committee.keys[0] * g.committee.n);
    g.allocation_count = itc_read_u32(&r);
    if (g.allocation_count > ITC_ALLOCATIONS_MAX)
        return ITC_E_TOO_LARGE;
    g.allocations = itc_read_bytes(&r, (size_t)ALLOCATION_SIZE * g.allocation_count);
    enum itc_err e = itc_reader_end(&r);
    if (!e)
        e = check_genesis(&g);
    if (!e)
        e = check_validator_keys(&g.committee);
    if (!e)
        *out = g;
    return e;
}

void itc_genesis_allocation(const struct itc_genesis *g, uint32_t i, struct itc_allocation *out)
{
    ITC_ASSERT(i < g->allocation_count);
    struct itc_reader r =
        itc_reader_of(g->allocations + (size_t)ALLOCATION_SIZE * i, ALLOCATION_SIZE);
    itc_read_copy(&r, out->key.b, sizeof out->key.b);
    out->amount.grains = itc_read_u64(&r);
}

void itc_genesis_id(struct itc_hash *out, const uint8_t *bytes, size_t len)
{
    itc_tagged(out, ITC_TAG_GENESIS, NULL, bytes, len);
}

void itc_genesis_header(struct itc_header *out, const struct itc_genesis *g,
    const struct itc_hash *chain, const struct itc_hash *state_root)
{
    *out = (struct itc_header){
        .work_bits = g->params.work_floor,
        .time_ms = g->params.time_ms,
        .state_root = *state_root,
        .body_hash = *chain,
    };
    itc_sha256(&out->history_root, NULL, 0); /* the root of an empty list */
    out->tx_root = out->history_root;
    itc_committee_hash(&out->committee, chain, &g->committee);
    out->next_committee = out->committee;
}

uint32_t itc_params_epoch(const struct itc_params *p, uint64_t index)
{
    return index == 0 ? 0 : (uint32_t)((index - 1) / p->epoch_length);
}

bool itc_params_epoch_end(const struct itc_params *p, uint64_t index)
{
    return index > 0 && index % p->epoch_length == 0;
}

uint32_t itc_params_recent_max(const struct itc_params *p)
{
    uint32_t milestones = 3 * p->depth + 1;
    return (milestones < ITC_RECENT_CONES ? milestones : ITC_RECENT_CONES) * p->cone_sites_max;
}

/* Load that is bounded by hash power halves with a step up and doubles with a step down, so the bounds are far enough
 * apart that no step calls for its opposite. In between, ordinary load would keep the price that a burst has left: each
 * so many windows it comes down from below the target already, whence a doubled load is still within the bounds. */
#define EASING_WINDOWS 4

uint32_t itc_params_next_work(
    const struct itc_params *p, uint64_t index, uint32_t bits, uint64_t window_bytes)
{
    if (index % p->work_window != 0)
        return bits;
    uint64_t target = (uint64_t)p->work_target * p->work_window;
    bool eases = index / p->work_window % EASING_WINDOWS == 0;
    if (window_bytes > target * 5 / 2)
        bits++;
    else if (window_bytes < (eases ? target : (target + 1) / 2) && bits > 0)
        bits--;
    if (bits < p->work_floor)
        return p->work_floor;
    return bits > p->work_ceiling ? p->work_ceiling : bits;
}
