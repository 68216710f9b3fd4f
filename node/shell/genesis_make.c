#include "node/shell/genesis_make.h"

#include "spv/cursor.h"
#include "tangle/ledger.h"

#include <stdlib.h>
#include <string.h>

#define ALLOCATION_SIZE 40 /* key 32 | amount 8, as in the document */

static int compare_keys(const void *a, const void *b)
{
    const struct itc_allocation *x = a, *y = b;
    return memcmp(x->key.b, y->key.b, sizeof x->key.b);
}

static void load(struct itc_ledger *l, const struct itc_genesis *g)
{
    for (uint32_t i = 0; i < g->allocation_count; i++) {
        struct itc_allocation a;
        itc_genesis_allocation(g, i, &a);
        /* The first seq of an account that milestone 0 makes is 0. */
        enum itc_err e =
            itc_ledger_load(l, &a.key, &(struct itc_account){.balance = a.amount, .next_seq = 0});
        ITC_ASSERT(e == ITC_OK); /* the keys ascend, and the ledger is made to their number */
    }
    itc_ledger_loaded(l);
}

enum itc_err itc_genesis_state_root(struct itc_hash *out, const struct itc_genesis *g)
{
    size_t size = itc_mem_rounded(itc_ledger_size(g->allocation_count, 1));
    uint8_t *block = aligned_alloc(64, size);
    if (!block)
        return ITC_E_FULL;
    memset(block, 0, size);
    struct itc_mem mem = {block, size};
    struct itc_ledger ledger;
    itc_ledger_init(&ledger, &mem, g->allocation_count, 1, g->params.dust, 0);
    load(&ledger, g);
    itc_ledger_root(&ledger, out);
    free(block);
    return ITC_OK;
}

static enum itc_err make_light(struct itc_genesis_made *out, const struct itc_genesis *g)
{
    struct itc_hash root;
    enum itc_err e = itc_genesis_state_root(&root, g);
    if (e)
        return e;
    struct itc_header header;
    uint8_t bytes[ITC_HEADER_SIZE];
    itc_genesis_header(&header, g, &out->chain, &root);
    itc_header_encode(bytes, &header);
    struct itc_light light;
    e = itc_light_init(&light, g->params.network, &out->chain, &g->committee, bytes);
    ITC_ASSERT(e == ITC_OK); /* it is this chain's header 0 */
    out->light_len = itc_light_encode(out->light, &light);
    return ITC_OK;
}

enum itc_err itc_genesis_make(struct itc_genesis_made *out, struct itc_allocation *allocations,
    const struct itc_params *params, const struct itc_committee *committee, uint32_t count)
{
    uint8_t list[ALLOCATION_SIZE * ITC_ALLOCATIONS_MAX]; /* 40 KiB */
    if (count > ITC_ALLOCATIONS_MAX)
        return ITC_E_TOO_LARGE;
    qsort(allocations, count, sizeof *allocations, compare_keys);
    struct itc_writer w = itc_writer_of(list, sizeof list);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && itc_key_equal(&allocations[i - 1].key, &allocations[i].key))
            return ITC_E_DUPLICATE;
        itc_write_bytes(&w, allocations[i].key.b, sizeof allocations[i].key.b);
        itc_write_u64(&w, allocations[i].amount.grains);
    }
    struct itc_genesis g = {*params, *committee, count, list};
    struct itc_genesis_made made;
    enum itc_err e =
        itc_genesis_encode(made.document, sizeof made.document, &made.document_len, &g);
    if (e)
        return e;
    itc_genesis_id(&made.chain, made.document, made.document_len);
    e = make_light(&made, &g);
    if (!e)
        *out = made;
    return e;
}
