#include "tests/fuzz/seeds.h"

#include "node/message.h"
#include "node/store.h"

#include <string.h>

static uint8_t body[ITC_BODY_MAX];
static size_t body_len;
static uint8_t ids[4][32] = {{1}, {2}, {3}, {4}};
static uint8_t zeros[ITC_HEADER_SIZE];

static struct itc_evidence double_commit(void)
{
    struct itc_statement a = {.type = ITC_VOTE_COMMIT, .header_id = {{1}}};
    struct itc_statement b = {.type = ITC_VOTE_VIEW_CHANGE, .view = 1};
    struct itc_evidence e;
    itc_evidence_make(&e, &(struct itc_key){{9}}, 0, 3, &a, &b);
    return e;
}

static void seed_bodies(void)
{
    size_t len = itc_body_encode(body, ids[0], 0);
    itc_seed_save("body", "empty", body, len);
    body_len = itc_body_encode(body, ids[0], 4);
    itc_seed_save("body", "four-sites", body, body_len);
    struct itc_body b = {
        .count = 4, .ids = ids[0], .evidence_count = 1, .evidence = {double_commit()}};
    body_len = itc_body_write(body, &b);
    itc_seed_save("body", "evidence", body, body_len);
}

/* The target wants the type, then the payload: a frame without its size. */
static void save_message(const char *name, const struct itc_message *m)
{
    static uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    size_t len;
    ITC_ASSERT(itc_message_encode(frame, sizeof frame, &len, m) == ITC_OK);
    itc_seed_save("message", name, frame + ITC_FRAME_HEAD - 1, len - ITC_FRAME_HEAD + 1);
}

static void seed_consensus_messages(void)
{
    struct itc_message m = {.type = ITC_MESSAGE_HELLO};
    m.u.hello = (struct itc_hello){.channel = ITC_CHANNEL_BULK, .validator = 3, .head = 5};
    save_message("hello", &m);
    m.type = ITC_MESSAGE_STATUS;
    m.u.status = (struct itc_status){.head = 9, .view = 2, .has_proposal = true, .prepares = 5};
    save_message("status", &m);
    m.type = ITC_MESSAGE_PROPOSAL;
    m.u.proposal = (struct itc_proposal){
        .slot = {.index = 3}, .header = zeros, .body = body, .body_len = body_len};
    save_message("proposal", &m);
    m.u.proposal.new_view = zeros;
    m.u.proposal.new_view_len = 67;
    save_message("proposal-new-view", &m);
    m = (struct itc_message){.type = ITC_MESSAGE_VIEW_CHANGE};
    m.u.view_change.slot = (struct itc_slot){.view = 1, .index = 3};
    save_message("view-change", &m);
    m.u.view_change.vote.prepared = true;
    m.u.view_change.vote.cert = (struct itc_cert){.index = 3, .signers = 7};
    m.u.view_change.header = zeros;
    m.u.view_change.body = body;
    m.u.view_change.body_len = body_len;
    save_message("view-change-prepared", &m);
    m.type = ITC_MESSAGE_VOTE;
    m.u.vote = (struct itc_vote){.type = ITC_VOTE_PREPARE, .slot = {.index = 3}, .voter = 2};
    save_message("vote", &m);
    m.type = ITC_MESSAGE_COMPLAINT;
    m.u.complaint = (struct itc_complaint){.slot = {.view = 1, .index = 3}, .voter = 2};
    save_message("complaint", &m);
    m.type = ITC_MESSAGE_EVIDENCE;
    m.u.evidence = double_commit();
    save_message("evidence", &m);
    m.type = ITC_MESSAGE_RECALL;
    m.u.recall = (struct itc_recall){.nonce = 5};
    save_message("recall", &m);
    m.type = ITC_MESSAGE_RECALLED;
    m.u.recalled = (struct itc_recalled){.nonce = 5, .teller = 2, .head = 2, .count = 2};
    m.u.recalled.marks[0] = (struct itc_mark){.type = ITC_VOTE_COMMIT, .slot = {.index = 3}};
    m.u.recalled.marks[1] =
        (struct itc_mark){.type = ITC_VOTE_VIEW_CHANGE, .slot = {.index = 3}, .prepared = true};
    save_message("recalled", &m);
}

static void seed_bulk_messages(void)
{
    static const uint8_t leaves[2 * ITC_LEAF] = {[ITC_LEAF - 1] = ITC_VERDICT_DUPLICATE};
    struct itc_message m = {.type = ITC_MESSAGE_SITE};
    m.u.site.bytes = zeros;
    m.u.site.len = 180;
    save_message("site", &m);
    m.type = ITC_MESSAGE_GET_SITES;
    m.u.get_sites = (struct itc_ids){.count = 2, .ids = ids[0]};
    save_message("get-sites", &m);
    m.type = ITC_MESSAGE_MILESTONE;
    m.u.milestone = (struct itc_milestone){.header = zeros,
        .cert = zeros,
        .cert_len = ITC_CERT_FIXED + 64,
        .body = body,
        .body_len = body_len};
    save_message("milestone", &m);
    m.type = ITC_MESSAGE_GET_MILESTONE;
    m.u.get_milestone = 6;
    save_message("get-milestone", &m);
    m.type = ITC_MESSAGE_LEAVES;
    m.u.leaves = (struct itc_leaves){.index = 5, .first = 1024, .count = 2, .leaves = leaves};
    save_message("leaves", &m);
    m.type = ITC_MESSAGE_GET_CONE;
    m.u.get_cone = (struct itc_get_cone){.index = 5, .first = 100, .count = 200};
    save_message("get-cone", &m);
}

/* The target wants the row's key, then its value. */
static void save_vote_row(const char *name, const struct itc_vote_row *row)
{
    static uint8_t bytes[ITC_STORE_KEY_MAX + 1024 + ITC_BODY_MAX + ITC_CERT_MAX];
    size_t len;
    struct itc_store_key key = itc_key_vote(&row->slot, (uint8_t)row->type);
    memcpy(bytes, key.b, key.len);
    ITC_ASSERT(itc_vote_row_encode(bytes + key.len, sizeof bytes - key.len, &len, row) == ITC_OK);
    itc_seed_save("vote_row", name, bytes, key.len + len);
}

static void seed_vote_rows(void)
{
    const struct itc_vote_row prepare = {.slot = {.index = 3},
        .type = ITC_VOTE_PREPARE,
        .header = zeros,
        .body = body,
        .body_len = body_len};
    const struct itc_vote_row commit = {.slot = {.index = 3},
        .type = ITC_VOTE_COMMIT,
        .prepared = {.index = 3, .signers = 7},
        .header = zeros};
    save_vote_row("prepare", &prepare);
    save_vote_row("commit", &commit);
    const struct itc_vote_row view_change = {.slot = {.view = 1, .index = 3},
        .type = ITC_VOTE_VIEW_CHANGE,
        .view_vote = {.prepared = true, .cert = {.index = 3, .signers = 7}}};
    save_vote_row("view-change", &view_change);
}

void itc_seed_node(void)
{
    seed_bodies();
    seed_consensus_messages();
    seed_bulk_messages();
    seed_vote_rows();
}
