/* sync.c - see sync.h. */
#include "node/core.h"
#include "spv/mutant.h"
#include "spv/sha256.h"

#include <string.h>

#define TIMEOUT_MS 500 /* without a sign of progress: ask again, another peer if there is one */
#define TURN_MS                                                                                    \
    5000 /* of one peer at serving a cone's sites: who drips them holds up nobody for ever */
#define IN_FLIGHT_MAX (4 * ITC_IDS_MAX)

size_t itc_sync_size(uint32_t cone_sites_max)
{
    return itc_mem_rounded((size_t)cone_sites_max * ITC_LEAF) + itc_index_size(cone_sites_max);
}

void itc_sync_init(struct itc_sync *s, struct itc_mem *mem, uint32_t cone_sites_max, uint64_t seed)
{
    s->state = ITC_SYNC_NONE;
    s->peer = ITC_NONE;
    s->leaves = itc_mem_take(mem, (size_t)cone_sites_max * ITC_LEAF);
    itc_index_init(
        &s->ids, mem, cone_sites_max, seed, s->leaves, ITC_LEAF, sizeof(struct itc_hash));
}

static void forget_leaves(struct itc_sync *s)
{
    if (s->leaves_good)
        itc_index_clear(&s->ids);
    s->leaves_asked = false;
    s->leaves_good = false;
    s->leaves_count = 0;
    s->asked = 0;
    s->in_flight = 0;
}

void itc_sync_opened(struct itc_node *n)
{
    forget_leaves(&n->sync);
    n->sync.state = ITC_SYNC_NONE;
}

bool itc_sync_certified(const struct itc_node *n)
{
    return n->sync.state == ITC_SYNC_CERTIFIED;
}

bool itc_sync_expects(const struct itc_node *n, const struct itc_hash *id)
{
    return itc_sync_certified(n) && n->sync.leaves_good &&
           itc_index_find(&n->sync.ids, id) != ITC_NONE;
}

void itc_sync_received(struct itc_node *n, uint32_t peer, bool fresh)
{
    struct itc_sync *s = &n->sync;
    if (fresh)
        s->since_ms = n->mono_ms;
    if (peer == s->peer && s->in_flight > 0)
        s->in_flight--;
}

/* --- asking ---------------------------------------------------------------------------------------------- */

static void ask_milestone(struct itc_node *n, uint32_t peer)
{
    struct itc_sync *s = &n->sync;
    forget_leaves(s);
    s->peer = peer;
    s->leaves_asked = true;
    s->since_ms = n->mono_ms;
    struct itc_message m = {
        .type = ITC_MESSAGE_GET_MILESTONE, .u.get_milestone = n->chain.head.index + 1};
    itc_node_send(n, peer, ITC_CHANNEL_BULK, &m, 0);
}

static bool leaf_known(const struct itc_node *n, uint32_t i)
{
    struct itc_hash id;
    memcpy(id.b, n->sync.leaves + (size_t)i * ITC_LEAF, sizeof(id.b));
    return itc_window_find(&n->window, &id) != ITC_NONE;
}

/* Asks for the next run of sites that are missing. False: the end of the list is reached. */
static bool ask_run(struct itc_node *n)
{
    struct itc_sync *s = &n->sync;
    while (s->asked < s->leaves_count && leaf_known(n, s->asked))
        s->asked++;
    struct itc_get_cone g = {.index = s->header.index, .first = s->asked};
    while (s->asked < s->leaves_count && g.count < ITC_IDS_MAX && !leaf_known(n, s->asked)) {
        g.count++;
        s->asked++;
    }
    if (g.count == 0)
        return false;
    s->in_flight += g.count;
    struct itc_message m = {.type = ITC_MESSAGE_GET_CONE, .u.get_cone = g};
    itc_node_send(n, s->peer, ITC_CHANNEL_BULK, &m, 0);
    return true;
}

/* The sites that were asked for do not come, or are not enough: asks for what is missing from the start of the
 * list, of another peer. The leaves are good, whoever sends the sites. */
static void ask_again(struct itc_node *n)
{
    struct itc_sync *s = &n->sync;
    uint32_t peer = itc_node_pick_peer(n, s->peer, s->header.index);
    if (peer != ITC_NONE)
        s->peer = peer;
    s->asked = 0;
    s->in_flight = 0;
    s->since_ms = s->turn_ms = n->mono_ms;
}

/* The certified body names sites that are not here. */
static void fetch(struct itc_node *n)
{
    struct itc_sync *s = &n->sync;
    bool stuck = n->mono_ms - s->since_ms > TIMEOUT_MS;
    if (!s->leaves_good && s->leaves_asked && s->peer != ITC_NONE && !stuck)
        return; /* they are on their way */
    if (!s->leaves_good) {
        uint32_t peer = s->leaves_asked || s->peer == ITC_NONE
                            ? itc_node_pick_peer(n, s->peer, s->header.index)
                            : s->peer;
        if (peer != ITC_NONE)
            ask_milestone(n, peer);
        return;
    }
    if (stuck || n->mono_ms - s->turn_ms > TURN_MS)
        ask_again(n);
    while (s->peer != ITC_NONE && s->in_flight < IN_FLIGHT_MAX) {
        if (!ask_run(n))
            break;
    }
}

/* --- from peers ------------------------------------------------------------------------------------------ */

/* Form of the certificate against what follows our head; the signatures come after. */
static enum itc_err check_form(const struct itc_node *n, const struct itc_header *h,
    const struct itc_cert *c, const struct itc_milestone *m)
{
    const struct itc_chain *chain = &n->chain;
    struct itc_hash hash;
    itc_body_hash(&hash, &chain->id, m->body, m->body_len);
    if (!itc_hash_equal(&h->prev, &chain->head_id) ||
        !itc_hash_equal(&h->committee, &chain->committee_hash))
        return ITC_E_CHAIN;
    if (!itc_hash_equal(&hash, &h->body_hash) || h->site_count > itc_chain_sites_max(chain) ||
        m->body_len > ITC_BODY_MAX)
        return ITC_E_FORM;
    if (c->index != h->index || itc_cert_count(c) != chain->quorum ||
        (chain->committee.n < ITC_VALIDATORS_MAX && c->signers >> chain->committee.n != 0))
        return ITC_E_QUORUM;
    return ITC_OK;
}

static void check_signatures(struct itc_node *n)
{
    struct itc_sync *s = &n->sync;
    struct itc_hash id, message;
    struct itc_slot slot = itc_chain_slot(&n->chain, s->header.index, s->cert.view);
    itc_header_id(&id, &n->chain.id, s->header_bytes);
    itc_vote_message(&message, ITC_TAG_COMMIT, &n->chain.id, &slot, &id);
    s->checks_left = 0;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++) {
        if (!(s->cert.signers >> i & 1))
            continue;
        uint32_t k = s->checks_left++;
        s->jobs[k] = itc_node_verify(
            n, ITC_JOB_CERT, k, &n->chain.committee.keys[i], &message, &s->cert.sigs[k]);
    }
}

enum itc_err itc_sync_milestone(struct itc_node *n, uint32_t peer, const struct itc_milestone *m)
{
    struct itc_sync *s = &n->sync;
    struct itc_header h;
    struct itc_cert cert;
    enum itc_err e = itc_header_decode(&h, m->header, ITC_HEADER_SIZE);
    if (e != ITC_OK)
        return e;
    if (n->peers[peer].head < h.index)
        n->peers[peer].head = h.index;
    if (h.index != n->chain.head.index + 1 || s->state == ITC_SYNC_CHECKING ||
        s->state == ITC_SYNC_CERTIFIED)
        return ITC_OK;
    e = itc_cert_decode(&cert, m->cert, m->cert_len);
    if (e == ITC_OK)
        e = check_form(n, &h, &cert, m);
    if (e != ITC_OK)
        return e;
    if (s->state == ITC_SYNC_NONE) { /* nobody was asked: the sender serves the cone, if need be */
        forget_leaves(s);
        s->peer = peer;
    }
    s->state = ITC_SYNC_CHECKING;
    s->from = peer;
    s->since_ms = n->mono_ms;
    s->header = h;
    s->cert = cert;
    memcpy(s->header_bytes, m->header, ITC_HEADER_SIZE);
    memcpy(s->body, m->body, m->body_len);
    s->body_len = m->body_len;
    check_signatures(n);
    return ITC_OK;
}

void itc_sync_verified(struct itc_node *n, uint64_t job, bool good)
{
    struct itc_sync *s = &n->sync;
    uint32_t k = itc_job_owner(job);
    if (s->state != ITC_SYNC_CHECKING || k >= ITC_VALIDATORS_MAX || s->jobs[k] != job)
        return;
    s->jobs[k] = 0;
    if (!good && !ITC_MUTANT("certificate-believed")) {
        itc_node_blame(n, s->from, ITC_E_SIGNATURE);
        itc_sync_opened(n);
        return;
    }
    if (--s->checks_left > 0)
        return;
    s->state = ITC_SYNC_CERTIFIED;
    struct itc_slot slot = itc_chain_slot(&n->chain, s->header.index, s->cert.view);
    struct itc_hash id;
    itc_header_id(&id, &n->chain.id, s->header_bytes);
    itc_doubt_saw_cert(n, ITC_VOTE_COMMIT, &slot, &s->cert, &id);
    if (!itc_evaluation_is(&n->evaluation, s->header.index, &s->header.body_hash))
        itc_evaluation_drop(n);
}

/* All leaves are here: do they give the certified root? */
static enum itc_err check_leaves(struct itc_node *n)
{
    struct itc_sync *s = &n->sync;
    struct itc_merkle tree;
    struct itc_hash root;
    itc_merkle_init(&tree);
    for (uint32_t i = 0; i < s->leaves_count; i++) {
        struct itc_hash leaf;
        itc_merkle_leaf(&leaf, s->leaves + (size_t)i * ITC_LEAF, ITC_LEAF);
        itc_merkle_add(&tree, &leaf);
    }
    itc_merkle_root(&tree, &root);
    if (!itc_hash_equal(&root, &s->header.tx_root)) {
        forget_leaves(s);
        return ITC_E_PROOF;
    }
    for (uint32_t i = 0; i < s->leaves_count; i++)
        itc_index_add(&s->ids, i);
    s->leaves_good = true;
    s->turn_ms = n->mono_ms;
    return ITC_OK;
}

enum itc_err itc_sync_leaves(struct itc_node *n, uint32_t peer, const struct itc_leaves *l)
{
    struct itc_sync *s = &n->sync;
    if ((s->state != ITC_SYNC_CHECKING && s->state != ITC_SYNC_CERTIFIED) || s->leaves_good ||
        peer != s->peer || !s->leaves_asked || l->index != s->header.index ||
        l->first != s->leaves_count)
        return ITC_OK;
    if (s->state == ITC_SYNC_CHECKING && s->from != peer) {
        forget_leaves(
            s); /* of a header that nobody has vouched for yet: asked for again when someone has */
        return ITC_OK;
    }
    uint32_t left = s->header.site_count - s->leaves_count;
    if (l->count == 0 || l->count != (left < ITC_CONE_CHUNK ? left : ITC_CONE_CHUNK))
        return ITC_E_FORM;
    memcpy(s->leaves + (size_t)s->leaves_count * ITC_LEAF, l->leaves, (size_t)l->count * ITC_LEAF);
    s->leaves_count += l->count;
    s->since_ms = n->mono_ms;
    return s->leaves_count == s->header.site_count ? check_leaves(n) : ITC_OK;
}

void itc_sync_peer_down(struct itc_node *n, uint32_t peer)
{
    struct itc_sync *s = &n->sync;
    if (s->from == peer)
        s->from = ITC_NONE;
    if (s->peer != peer)
        return;
    s->peer = ITC_NONE;
    if (!s->leaves_good)
        forget_leaves(s);
    if (s->state == ITC_SYNC_ASKED)
        s->state = ITC_SYNC_NONE;
}

/* --- going on -------------------------------------------------------------------------------------------- */

static void finish(struct itc_node *n)
{
    struct itc_sync *s = &n->sync;
    struct itc_header h;
    uint8_t bytes[ITC_HEADER_SIZE];
    itc_evaluation_header(n, s->header.view, s->header.time_ms, &h);
    itc_header_encode(bytes, &h);
    if (memcmp(bytes, s->header_bytes, sizeof(bytes)) != 0) {
        itc_node_halt(n,
            "a certified milestone gives another ledger here: this node's data is damaged, or "
            "its software differs from the committee's; start again from an empty data folder");
        return;
    }
    n->stats.counts[ITC_COUNT_MILESTONES_SYNCED]++;
    itc_complaint_unserved(n, s->cert.view);
    itc_chain_commit(n, &s->header, &s->cert, s->body, s->body_len);
}

/* The certified milestone: evaluate it, or fetch what it needs. */
static bool go_on(struct itc_node *n)
{
    struct itc_sync *s = &n->sync;
    struct itc_body body;
    if (!itc_evaluation_is(&n->evaluation, s->header.index, &s->header.body_hash)) {
        if (s->leaves_good && (s->asked < s->leaves_count || s->in_flight > 0)) {
            fetch(n); /* the cone is walked once, when all of it has come */
            return false;
        }
        enum itc_err e = itc_body_decode(&body, s->body, s->body_len);
        if (e == ITC_OK)
            e = itc_evaluation_begin(n, &body, &s->header.body_hash);
        if (e == ITC_E_UNKNOWN) {
            fetch(n);
            return false;
        }
        if (e != ITC_OK) {
            itc_node_halt(
                n, "a certified milestone breaks the rules this software knows; is it too old?");
            return false;
        }
    }
    if (itc_evaluation_step(n))
        finish(n);
    return n->actions.halt == NULL;
}

bool itc_sync_progress(struct itc_node *n)
{
    struct itc_sync *s = &n->sync;
    uint32_t peer;
    switch (s->state) {
    case ITC_SYNC_ASKED:
        if (n->mono_ms - s->since_ms <= TIMEOUT_MS)
            return false;
        s->state = ITC_SYNC_NONE;
        /* fallthrough */
    case ITC_SYNC_NONE:
        peer = itc_node_pick_peer(n, s->peer, n->chain.head.index + 1);
        if (peer == ITC_NONE)
            return false;
        ask_milestone(n, peer);
        s->state = ITC_SYNC_ASKED;
        return false;
    case ITC_SYNC_CHECKING:
        return false;
    case ITC_SYNC_CERTIFIED:
        return go_on(n);
    }
    return false;
}

/* --- serving --------------------------------------------------------------------------------------------- */

static bool read_row(struct itc_node *n, enum itc_cf cf, const struct itc_store_key *key,
    uint8_t *out, size_t cap, size_t *len)
{
    const struct itc_store *s = &n->config.store;
    return s->get(s->ctx, cf, key->b, key->len, out, cap, len) == ITC_OK;
}

static void serve_leaves(struct itc_node *n, uint32_t peer, uint64_t index)
{
    uint8_t chunk[ITC_CONE_CHUNK * ITC_CONE_ENTRY];
    uint8_t leaves[ITC_CONE_CHUNK * ITC_LEAF];
    size_t len;
    for (uint32_t c = 0; itc_actions_has_room(&n->actions); c++) {
        struct itc_store_key key = itc_key_cone(index, c);
        if (!read_row(n, ITC_CF_CONE, &key, chunk, sizeof(chunk), &len))
            return;
        uint32_t count = (uint32_t)(len / ITC_CONE_ENTRY);
        for (uint32_t i = 0; i < count; i++) {
            struct itc_cone_entry entry;
            uint8_t *leaf = leaves + (size_t)i * ITC_LEAF;
            if (itc_cone_entry_decode(&entry, chunk + (size_t)i * ITC_CONE_ENTRY, ITC_CONE_ENTRY) !=
                ITC_OK)
                return;
            memcpy(leaf, entry.site_id.b, 32);
            memcpy(leaf + 32, entry.tx_id.b, 32);
            leaf[64] = (uint8_t)entry.verdict;
        }
        struct itc_message m = {.type = ITC_MESSAGE_LEAVES,
            .u.leaves = {
                .index = index, .first = c * ITC_CONE_CHUNK, .count = count, .leaves = leaves}};
        itc_ration_spend(&n->peers[peer].bulk, n->mono_ms, ITC_RATION_LEAVES_US);
        /* Behind their milestone, whatever that waits for: without it they would be thrown away. */
        itc_node_send(n, peer, ITC_CHANNEL_BULK, &m, n->pbft.vote_batch);
        if (count < ITC_CONE_CHUNK)
            return;
    }
}

void itc_sync_serve_milestone(struct itc_node *n, uint32_t peer, uint64_t index)
{
    uint8_t row[ITC_HEADER_SIZE + ITC_CERT_MAX], body[ITC_BODY_MAX];
    size_t row_len, body_len;
    struct itc_store_key key = itc_key_header(index);
    if (index == 0 || index > n->chain.head.index || !itc_actions_has_room(&n->actions) ||
        !itc_node_serves(n, peer, ITC_RATION_MILESTONE_US) ||
        !read_row(n, ITC_CF_HEADER, &key, row, sizeof(row), &row_len))
        return;
    key = itc_key_cone(index, ITC_CONE_BODY_CHUNK);
    if (!read_row(n, ITC_CF_CONE, &key, body, sizeof(body), &body_len))
        return;
    struct itc_message m = {.type = ITC_MESSAGE_MILESTONE,
        .u.milestone = {.header = row,
            .cert = row + ITC_HEADER_SIZE,
            .cert_len = row_len - ITC_HEADER_SIZE,
            .body = body,
            .body_len = body_len}};
    itc_node_send(n, peer, ITC_CHANNEL_BULK, &m, n->pbft.vote_batch);
    serve_leaves(n, peer, index);
}

void itc_sync_serve_cone(struct itc_node *n, uint32_t peer, const struct itc_get_cone *g)
{
    uint8_t chunk[ITC_CONE_CHUNK * ITC_CONE_ENTRY], site[ITC_SITE_MAX];
    uint32_t loaded = UINT32_MAX;
    size_t chunk_len = 0, len;
    if (!itc_node_serves(n, peer, g->count * ITC_RATION_SITE_US))
        return;
    for (uint32_t i = g->first; i - g->first < g->count && itc_actions_has_room(&n->actions); i++) {
        struct itc_store_key key = itc_key_cone(g->index, i / ITC_CONE_CHUNK);
        struct itc_cone_entry entry;
        size_t at = (size_t)(i % ITC_CONE_CHUNK) * ITC_CONE_ENTRY;
        if (loaded != i / ITC_CONE_CHUNK &&
            !read_row(n, ITC_CF_CONE, &key, chunk, sizeof(chunk), &chunk_len))
            return;
        loaded = i / ITC_CONE_CHUNK;
        if (at + ITC_CONE_ENTRY > chunk_len ||
            itc_cone_entry_decode(&entry, chunk + at, ITC_CONE_ENTRY) != ITC_OK)
            return;
        key = itc_key_body(entry.arrival);
        if (!read_row(n, ITC_CF_BODY, &key, site, sizeof(site), &len))
            return;
        struct itc_message m = {.type = ITC_MESSAGE_SITE, .u.site = {.bytes = site, .len = len}};
        itc_node_send(n, peer, ITC_CHANNEL_BULK, &m, 0);
    }
}
