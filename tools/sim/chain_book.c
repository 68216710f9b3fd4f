#include "tools/sim/chain_book.h"

#include "spv/sha256.h"
#include "tools/sim/naive.h"

#include <stdlib.h>
#include <string.h>

static void *take(size_t count, size_t size)
{
    void *p = calloc(count, size);
    ITC_ASSERT(p);
    return p;
}

void itc_chain_book_init(struct itc_chain_book *b, const struct itc_genesis *genesis,
    const struct itc_hash *chain, const struct itc_vote_book *votes, struct itc_rosters *rosters,
    struct itc_finding *finding)
{
    *b = (struct itc_chain_book){.genesis = *genesis,
        .chain = *chain,
        .applied_capacity = 4096,
        .votes = votes,
        .rosters = rosters,
        .finding = finding};
    b->capacity = 1024;
    b->entries = take(b->capacity, sizeof *b->entries);
    b->applied = take(b->applied_capacity, sizeof *b->applied);
    b->leaves = take(genesis->params.cone_sites_max, sizeof *b->leaves);
    b->model.accounts_max = genesis->params.accounts_max;
    b->model.dust = genesis->params.dust.grains;
    seats_model_init(&b->model.seats, chain, &genesis->committee);
    for (uint32_t i = 0; i < genesis->allocation_count; i++) {
        struct itc_allocation a;
        itc_genesis_allocation(genesis, i, &a);
        ledger_model_load(&b->model, a.key.b, a.amount.grains, 0);
    }
    struct itc_hash root;
    struct itc_header h;
    uint8_t bytes[ITC_HEADER_SIZE];
    ledger_model_root(&b->model, root.b);
    itc_genesis_header(&h, genesis, chain, &root);
    itc_header_encode(bytes, &h);
    itc_header_id(&b->made_id, chain, bytes);
    itc_merkle_init(&b->history);
    b->entries[0].id = b->made_id;
    b->count = 1;
}

void itc_chain_book_free(struct itc_chain_book *b)
{
    free(b->entries);
    free(b->applied);
    free(b->leaves);
}

const struct itc_hash *itc_chain_book_id(const struct itc_chain_book *b, uint64_t index)
{
    return index < b->count ? &b->entries[index].id : NULL;
}

/* --- what the nodes say ----------------------------------------------------------------------- */

/* A stored header with its certificate. */
static bool read_header(const struct itc_store *s, const struct itc_hash *chain, uint64_t index,
    struct itc_header *header, struct itc_hash *id, struct itc_cert *cert)
{
    uint8_t row[ITC_HEADER_SIZE + ITC_CERT_MAX];
    size_t len;
    struct itc_store_key key = itc_key_header(index);
    if (s->get(s->ctx, ITC_CF_HEADER, key.b, key.len, row, sizeof row, &len) != ITC_OK ||
        len < ITC_HEADER_SIZE || itc_header_decode(header, row, ITC_HEADER_SIZE) != ITC_OK)
        return false;
    itc_header_id(id, chain, row);
    return index == 0 ||
           itc_cert_decode(cert, row + ITC_HEADER_SIZE, len - ITC_HEADER_SIZE) == ITC_OK;
}

static uint64_t stored_head(const struct itc_store *s)
{
    uint8_t row[ITC_HEAD_ROW];
    size_t len;
    struct itc_head_row head;
    struct itc_store_key key = itc_key_meta("head");
    if (s->get(s->ctx, ITC_CF_META, key.b, key.len, row, sizeof row, &len) != ITC_OK ||
        itc_head_row_decode(&head, row, len) != ITC_OK)
        return 0;
    return head.index;
}

static struct itc_chain_entry *entry_at(struct itc_chain_book *b, uint64_t index)
{
    if (b->capacity <= index) {
        b->capacity *= 2;
        b->entries = realloc(b->entries, b->capacity * sizeof *b->entries);
        ITC_ASSERT(b->entries);
    }
    return &b->entries[index];
}

void itc_chain_book_stepped(struct itc_chain_book *b, struct itc_net *net, uint32_t i)
{
    struct itc_header header;
    struct itc_hash id;
    struct itc_cert cert;
    if (!itc_net_node(net, i))
        return;
    uint64_t head = itc_node_head(itc_net_node(net, i), &id)->index;
    struct itc_store store = itc_net_store(net, i, false);
    for (; b->live[i] < head; b->live[i]++) {
        uint64_t index = b->live[i] + 1;
        if (!read_header(&store, &b->chain, index, &header, &id, &cert)) {
            itc_find(b->finding, itc_net_now(net), "one chain",
                "node %u has no header of height %llu", i, (unsigned long long)index);
            continue;
        }
        ITC_ASSERT(index <= b->count);
        struct itc_chain_entry *e = entry_at(b, index);
        if (index == b->count) {
            *e = (struct itc_chain_entry){.id = id};
            b->count++;
        }
        e->holders |= 1u << i;
        const struct itc_hash *settled = itc_vote_book_settled(b->votes, index);
        if (!itc_hash_equal(&e->id, &id) || (settled && !itc_hash_equal(settled, &id)))
            itc_find(b->finding, itc_net_now(net), "one chain",
                "node %u has another header of height %llu", i, (unsigned long long)index);
    }
}

void itc_chain_book_power(struct itc_chain_book *b, struct itc_net *net, uint32_t i)
{
    struct itc_store store = itc_net_store(net, i, true);
    uint64_t head = stored_head(&store);
    if (head < b->live[i])
        for (uint64_t index = head + 1; index <= b->live[i]; index++)
            b->entries[index].holders &= ~(1u << i);
    while (b->count > b->made + 1 && b->entries[b->count - 1].holders == 0 &&
           !itc_vote_book_settled(b->votes, b->count - 1))
        b->count--;
    b->live[i] = head < b->count ? head : b->count - 1;
    if (head > b->made)
        itc_chain_book_durable(b, net, i);
}

/* --- what a milestone must be ----------------------------------------------------------------- */

/* An id is a hash, so its first bytes are one. An id that begins with eight zeros would pass for a free place. */
static uint64_t first_8(const uint8_t id[32])
{
    uint64_t first;
    memcpy(&first, id, sizeof first);
    return first;
}

static bool add_applied(struct itc_chain_book *b, const uint8_t id[32]);

static void grow_applied(struct itc_chain_book *b)
{
    uint8_t(*old)[32] = b->applied;
    size_t old_capacity = b->applied_capacity;
    if (2 * b->applied_count < old_capacity)
        return;
    b->applied_capacity *= 2;
    b->applied_count = 0;
    b->applied = take(b->applied_capacity, sizeof *b->applied);
    for (size_t i = 0; i < old_capacity; i++)
        if (first_8(old[i]) != 0)
            (void)add_applied(b, old[i]);
    free(old);
}

/* False: it is there already. */
static bool add_applied(struct itc_chain_book *b, const uint8_t id[32])
{
    grow_applied(b);
    for (uint64_t i = first_8(id);; i++) {
        uint8_t *slot = b->applied[i & (b->applied_capacity - 1)];
        if (memcmp(slot, id, 32) == 0)
            return false;
        if (first_8(slot) == 0) {
            memcpy(slot, id, 32);
            b->applied_count++;
            return true;
        }
    }
}

bool itc_chain_book_applied(const struct itc_chain_book *b, const struct itc_hash *tx_id)
{
    uint64_t i = first_8(tx_id->b);
    while (first_8(b->applied[i & (b->applied_capacity - 1)]) != 0) {
        if (memcmp(b->applied[i & (b->applied_capacity - 1)], tx_id->b, 32) == 0)
            return true;
        i++;
    }
    return false;
}

/* Applies one site; NULL, or what is wrong with it. */
static const char *apply_site(struct itc_chain_book *b, const struct itc_store *s,
    const struct itc_cone_entry *e, uint32_t position)
{
    uint8_t bytes[ITC_SITE_MAX], leaf[1 + ITC_LEAF] = {0};
    size_t len;
    struct itc_site site;
    struct itc_hash id, tx_id;
    struct itc_store_key key = itc_key_body(e->arrival);
    if (s->get(s->ctx, ITC_CF_BODY, key.b, key.len, bytes, sizeof bytes, &len) != ITC_OK ||
        itc_site_decode(&site, bytes, len) != ITC_OK)
        return "a site's bytes are not there";
    itc_site_id(&id, &b->chain, bytes, len);
    itc_tx_id(&tx_id, &b->chain, site.tx_bytes, site.tx_len);
    if (!itc_hash_equal(&id, &e->site_id) || !itc_hash_equal(&tx_id, &e->tx_id))
        return "a site's bytes are another site's";
    if (ledger_model_apply(&b->model, &site.tx, tx_id.b) != e->verdict)
        return "a verdict is not the model's";
    if (e->verdict == ITC_VERDICT_APPLIED && !add_applied(b, tx_id.b))
        return "a transaction was applied twice";
    if (site.tx.kind == ITC_KIND_COMMITTEE)
        b->verdicts[e->verdict]++;
    memcpy(leaf + 1, id.b, 32);
    memcpy(leaf + 33, tx_id.b, 32);
    leaf[65] = (uint8_t)e->verdict;
    naive_hash(b->leaves[position], leaf, sizeof leaf);
    return NULL;
}

static const char *apply_cone(
    struct itc_chain_book *b, const struct itc_store *s, const struct itc_header *h)
{
    uint8_t chunk[ITC_CONE_CHUNK * ITC_CONE_ENTRY];
    uint32_t position = 0;
    ledger_model_begin(&b->model, h->index);
    for (uint32_t number = 0; position < h->site_count; number++) {
        size_t len;
        struct itc_store_key key = itc_key_cone(h->index, number);
        if (s->get(s->ctx, ITC_CF_CONE, key.b, key.len, chunk, sizeof chunk, &len) != ITC_OK)
            return "part of the cone is not stored";
        for (size_t at = 0; at < len; at += ITC_CONE_ENTRY, position++) {
            struct itc_cone_entry e;
            if (position == h->site_count ||
                itc_cone_entry_decode(&e, chunk + at, ITC_CONE_ENTRY) != ITC_OK)
                return "the cone's row is damaged";
            const char *wrong = apply_site(b, s, &e, position);
            if (wrong)
                return wrong;
        }
    }
    ledger_model_end(&b->model);
    return NULL;
}

/* Who is convicted in a body is so before its cone is applied. */
static const char *convict(struct itc_chain_book *b, const struct itc_evidence *e)
{
    const struct itc_roster *present = itc_rosters_present(b->rosters);
    uint32_t epoch = b->model.seats.epoch;
    for (uint32_t seat = 0; seat < present->committee.n; seat++)
        if (itc_key_equal(&present->committee.keys[seat], &e->key) &&
            present->who[seat] < ITC_VALIDATORS_MAX && b->votes->honest >> present->who[seat] & 1)
            return "an honest member is convicted";
    if ((e->epoch != epoch && e->epoch + 1 != epoch) || itc_evidence_verify(e, &b->chain) != ITC_OK)
        return "an evidence is old, or not signed";
    b->convictions++;
    return seats_model_convict(&b->model.seats, e->key.b);
}

static const char *apply_body(
    struct itc_chain_book *b, const struct itc_store *s, const struct itc_header *h)
{
    uint8_t bytes[ITC_BODY_MAX];
    struct itc_body body;
    struct itc_hash hash;
    size_t len;
    const char *wrong = NULL;
    struct itc_store_key key = itc_key_cone(h->index, ITC_CONE_BODY_CHUNK);
    if (s->get(s->ctx, ITC_CF_CONE, key.b, key.len, bytes, sizeof bytes, &len) != ITC_OK ||
        itc_body_decode(&body, bytes, len) != ITC_OK)
        return "its body is not stored";
    itc_body_hash(&hash, &b->chain, bytes, len);
    if (!itc_hash_equal(&hash, &h->body_hash))
        return "its body is another one";
    for (uint32_t i = 0; i < body.evidence_count && !wrong; i++)
        wrong = convict(b, &body.evidence[i]);
    return wrong;
}

static const char *check_ledger(
    struct itc_chain_book *b, const struct itc_store *s, const struct itc_header *h)
{
    struct itc_hash root;
    const char *wrong = apply_body(b, s, h);
    if (!wrong)
        wrong = apply_cone(b, s, h);
    if (wrong)
        return wrong;
    naive_list_root(root.b, (const uint8_t(*)[32])b->leaves, h->site_count);
    if (!itc_hash_equal(&root, &h->tx_root))
        return "tx_root is not that of its sites";
    ledger_model_root(&b->model, root.b);
    if (!itc_hash_equal(&root, &h->state_root))
        return "state_root is not the model's";
    if (ledger_model_total(&b->model) != ITC_SUPPLY_GRAINS)
        return "the supply is not conserved";
    return NULL;
}

/* What a COMMIT signs, straight from its definition. */
static void commit_message(struct itc_hash *out, const struct itc_chain_book *b,
    const struct itc_cert *cert, uint32_t epoch, const struct itc_hash *id)
{
    static const char tag[] = "itc/commit";
    uint8_t bytes[64 + 32 + 16 + 32];
    naive_hash(bytes, tag, sizeof tag - 1);
    memcpy(bytes + 32, bytes, 32);
    memcpy(bytes + 64, b->chain.b, 32);
    for (uint32_t i = 0; i < 16; i++)
        bytes[96 + i] = (uint8_t)(i < 4   ? epoch >> 8 * i
                                  : i < 8 ? cert->view >> 8 * (i - 4)
                                          : cert->index >> 8 * (i - 8));
    memcpy(bytes + 112, id->b, 32);
    naive_hash(out->b, bytes, sizeof bytes);
}

static bool is_signed(const struct itc_chain_book *b, const struct itc_header *h,
    const struct itc_hash *id, const struct itc_cert *cert)
{
    const struct itc_committee *signers = &itc_rosters_of(b->rosters, h->epoch)->committee;
    struct itc_hash message;
    commit_message(&message, b, cert, h->epoch, id);
    for (uint32_t i = 0, k = 0; i < signers->n; i++)
        if (cert->signers >> i & 1 &&
            itc_sig_verify(&signers->keys[i], &message, &cert->sigs[k++]) != ITC_OK)
            return false;
    return true;
}

/* The ledger after this milestone has said who sits from the next epoch on. */
static const char *check_seats(struct itc_chain_book *b, const struct itc_header *h)
{
    const struct seats_model *m = &b->model.seats;
    struct itc_committee next = {.n = m->next.n};
    struct itc_hash hash;
    if (m->epoch != h->epoch)
        return "it is not of the epoch that is open";
    seats_model_hash(m, hash.b, &m->present);
    if (!itc_hash_equal(&hash, &h->committee))
        return "committee is not the model's";
    seats_model_hash(m, hash.b, &m->next);
    if (!itc_hash_equal(&hash, &h->next_committee))
        return "next_committee is not the model's";
    memcpy(next.keys, m->next.keys, m->next.n * sizeof next.keys[0]);
    itc_rosters_tell(b->rosters, &next);
    bool ends = itc_params_epoch_end(&b->genesis.params, h->index);
    if (ends != (h->flags & 1))
        return "the end of the epoch is not where it should be";
    if (ends) {
        seats_model_turn(&b->model.seats);
        itc_rosters_turn(b->rosters);
    }
    return NULL;
}

static const char *check_header(struct itc_chain_book *b, const struct itc_header *h,
    const struct itc_hash *id, const struct itc_cert *cert)
{
    struct itc_hash root, leaf;
    itc_merkle_leaf(&leaf, b->made_id.b, sizeof b->made_id.b);
    itc_merkle_add(&b->history, &leaf);
    itc_merkle_root(&b->history, &root);
    if (h->index != b->made + 1 || !itc_hash_equal(&h->prev, &b->made_id))
        return "a header does not follow the one before it";
    if (!itc_hash_equal(&root, &h->history_root))
        return "history_root is not that of the headers before";
    const struct itc_roster *signers =
        itc_rosters_of(b->rosters, itc_params_epoch(&b->genesis.params, h->index));
    if (!signers || itc_cert_verify(cert, h, id, &b->chain, &signers->committee) != ITC_OK)
        return "the certificate is not valid";
    if (!is_signed(b, h, id, cert))
        return "the certificate's signatures are not of its COMMITs";
    return NULL;
}

void itc_chain_book_durable(struct itc_chain_book *b, struct itc_net *net, uint32_t i)
{
    struct itc_store store = itc_net_store(net, i, true);
    uint64_t head = stored_head(&store);
    while (b->made < head && !b->finding->oracle) {
        struct itc_header header;
        struct itc_hash id;
        struct itc_cert cert;
        const char *wrong = "no header is stored";
        if (read_header(&store, &b->chain, b->made + 1, &header, &id, &cert))
            wrong = check_header(b, &header, &id, &cert);
        if (!wrong)
            wrong = check_ledger(b, &store, &header);
        if (!wrong)
            wrong = check_seats(b, &header);
        if (wrong)
            itc_find(b->finding, itc_net_now(net), "a true chain", "height %llu of node %u: %s",
                (unsigned long long)(b->made + 1), i, wrong);
        b->made++;
        b->made_id = id;
        b->sites += header.site_count;
    }
}
