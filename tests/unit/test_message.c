/* Peer messages and the milestone's body: exact bytes, there and back, all ways to be refused. */
#include "node/message.h"
#include "node/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t noise[ITC_MESSAGE_MAX]; /* bytes that differ from their neighbours */
static uint8_t leaves[ITC_LEAF * ITC_LEAVES_MAX];

static int prepare(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 7 + i / 256 + 1);
    memcpy(leaves, noise, sizeof leaves);
    for (size_t i = 0; i < ITC_LEAVES_MAX; i++)
        leaves[ITC_LEAF * i + 64] = (uint8_t)(i % ITC_VERDICT_COUNT);
    return 0;
}

static struct itc_message hello(void)
{
    struct itc_message m = {.type = ITC_MESSAGE_HELLO};
    m.u.hello = (struct itc_hello){.channel = ITC_CHANNEL_BULK,
        .node_id = 0x1122334455667788,
        .validator = 3,
        .head = 0x0102030405060708};
    memcpy(m.u.hello.chain.b, noise, 32);
    return m;
}

static struct itc_message status(void)
{
    struct itc_message m = {.type = ITC_MESSAGE_STATUS};
    m.u.status = (struct itc_status){.head = 9,
        .epoch = 0x01020304,
        .view = 5,
        .has_proposal = true,
        .prepares = 0x80000001,
        .commits = 6,
        .validator = 31};
    return m;
}

static struct itc_message proposal(size_t body_len)
{
    struct itc_message m = {.type = ITC_MESSAGE_PROPOSAL};
    m.u.proposal = (struct itc_proposal){.slot = {.epoch = 1, .view = 2, .index = 3},
        .header = noise + 1,
        .body = noise + 300,
        .body_len = body_len};
    memcpy(m.u.proposal.sig.b, noise + 7, 64);
    return m;
}

static struct itc_message proposal_in_new_view(size_t new_view_len)
{
    struct itc_message m = proposal(77);
    m.u.proposal.new_view = noise + 9;
    m.u.proposal.new_view_len = new_view_len;
    return m;
}

static struct itc_message view_change(bool prepared, size_t body_len)
{
    struct itc_message m = {.type = ITC_MESSAGE_VIEW_CHANGE};
    m.u.view_change.slot = (struct itc_slot){.epoch = 1, .view = 2, .index = 3};
    m.u.view_change.vote.voter = 5;
    memcpy(m.u.view_change.vote.sig.b, noise + 7, 64);
    if (!prepared)
        return m;
    m.u.view_change.vote.prepared = true;
    memcpy(m.u.view_change.vote.header_id.b, noise + 11, 32);
    m.u.view_change.vote.cert = (struct itc_cert){.view = 1, .index = 3, .signers = 0x15};
    memcpy(m.u.view_change.vote.cert.sigs, noise, 3 * sizeof(struct itc_sig));
    m.u.view_change.header = noise + 1;
    m.u.view_change.body = noise + 300;
    m.u.view_change.body_len = body_len;
    return m;
}

static struct itc_message vote(void)
{
    struct itc_message m = {.type = ITC_MESSAGE_VOTE};
    m.u.vote = (struct itc_vote){.type = ITC_VOTE_COMMIT,
        .slot = {.epoch = 0x01020304, .view = 0x05060708, .index = 0x1112131415161718},
        .voter = 31};
    memcpy(m.u.vote.header_id.b, noise, 32);
    memcpy(m.u.vote.sig.b, noise + 32, 64);
    return m;
}

static struct itc_message complaint(uint8_t voter)
{
    struct itc_message m = {.type = ITC_MESSAGE_COMPLAINT};
    m.u.complaint.slot = (struct itc_slot){.epoch = 0x01020304, .view = 7, .index = 9};
    m.u.complaint.voter = voter;
    memcpy(m.u.complaint.sig.b, noise + 5, 64);
    return m;
}

/* Against the key that begins with this byte. */
static struct itc_message evidence(uint8_t key)
{
    struct itc_message m = {.type = ITC_MESSAGE_EVIDENCE};
    struct itc_statement a = {.type = ITC_VOTE_PREPARE, .view = 3, .header_id = {{1}}}, b = a;
    const struct itc_key offender = {{key}};
    b.header_id.b[0] = 2;
    memcpy(a.sig.b, noise, 64);
    memcpy(b.sig.b, noise + 64, 64);
    itc_evidence_make(&m.u.evidence, &offender, 2, 9, &b, &a);
    return m;
}

static struct itc_message recall(void)
{
    struct itc_message m = {.type = ITC_MESSAGE_RECALL};
    m.u.recall.nonce = 0x1122334455667788;
    memcpy(m.u.recall.key.b, noise + 9, 32);
    return m;
}

static struct itc_message recalled(uint32_t count)
{
    struct itc_message m = {.type = ITC_MESSAGE_RECALLED};
    m.u.recalled = (struct itc_recalled){.nonce = 1, .teller = 31, .head = 77, .count = count};
    memcpy(m.u.recalled.sig.b, noise + 3, 64);
    for (uint32_t i = 0; i < count; i++) {
        struct itc_mark *mark = &m.u.recalled.marks[i];
        *mark = (struct itc_mark){.type = (uint8_t)(ITC_VOTE_PREPARE + i % 3),
            .slot = {.epoch = 1, .view = 2 + i, .index = 3}};
        mark->prepared = mark->type == ITC_VOTE_VIEW_CHANGE && i < 3;
        mark->prepared_view = mark->prepared ? 7 : 0;
        if (mark->type != ITC_VOTE_VIEW_CHANGE || mark->prepared)
            memcpy(mark->header_id.b, noise + i, 32);
        memcpy(mark->sig.b, noise + 40 + i, 64);
    }
    return m;
}

static struct itc_message site(size_t len)
{
    struct itc_message m = {.type = ITC_MESSAGE_SITE};
    m.u.site.bytes = noise;
    m.u.site.len = len;
    return m;
}

static struct itc_message get_sites(uint32_t count)
{
    struct itc_message m = {.type = ITC_MESSAGE_GET_SITES};
    m.u.get_sites = (struct itc_ids){.count = count, .ids = noise};
    return m;
}

static struct itc_message milestone(size_t cert_len, size_t body_len)
{
    struct itc_message m = {.type = ITC_MESSAGE_MILESTONE};
    m.u.milestone = (struct itc_milestone){.header = noise,
        .cert = noise + 256,
        .cert_len = cert_len,
        .body = noise + 5000,
        .body_len = body_len};
    return m;
}

static struct itc_message get_milestone(void)
{
    return (struct itc_message){.type = ITC_MESSAGE_GET_MILESTONE, .u.get_milestone = UINT64_MAX};
}

static struct itc_message leaves_of(uint32_t first, uint32_t count)
{
    struct itc_message m = {.type = ITC_MESSAGE_LEAVES};
    m.u.leaves = (struct itc_leaves){.index = 8, .first = first, .count = count, .leaves = leaves};
    return m;
}

static struct itc_message get_cone(uint32_t first, uint32_t count)
{
    struct itc_message m = {.type = ITC_MESSAGE_GET_CONE};
    m.u.get_cone = (struct itc_get_cone){.index = 8, .first = first, .count = count};
    return m;
}

/* The payload of `m` in `out`, which holds the largest frame; its size. The frame's head is
 * checked. */
static size_t payload_of(uint8_t *out, const struct itc_message *m)
{
    uint8_t type;
    size_t frame_len, payload_len;
    static uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    assert_int_equal(itc_message_encode(frame, sizeof frame, &frame_len, m), ITC_OK);
    assert_int_equal(itc_frame_size(frame, &payload_len, &type), ITC_OK);
    assert_int_equal(payload_len, frame_len - ITC_FRAME_HEAD);
    assert_int_equal(type, m->type);
    memcpy(out, frame + ITC_FRAME_HEAD, payload_len);
    return payload_len;
}

static uint8_t payload[ITC_MESSAGE_MAX + 1];

static void assert_round_trip(const struct itc_message *m)
{
    static uint8_t again[ITC_MESSAGE_MAX];
    struct itc_message decoded;
    size_t len = payload_of(payload, m);
    assert_int_equal(itc_message_decode(&decoded, (uint8_t)m->type, payload, len), ITC_OK);
    assert_int_equal(decoded.type, m->type);
    assert_int_equal(payload_of(again, &decoded), len);
    assert_memory_equal(again, payload, len);
}

static void every_message_comes_back(void **state)
{
    (void)state;
    const struct itc_message messages[] = {
        hello(),
        status(),
        vote(),
        complaint(0),
        complaint(31),
        evidence(7),
        recall(),
        recalled(0),
        recalled(ITC_MARKS_MAX),
        get_milestone(),
        proposal(0),
        proposal(ITC_BODY_MAX),
        proposal_in_new_view(1),
        proposal_in_new_view(2000),
        view_change(false, 0),
        view_change(true, 0),
        view_change(true, ITC_BODY_MAX),
        site(1),
        site(ITC_SITE_MAX),
        get_sites(1),
        get_sites(ITC_IDS_MAX),
        milestone(0, 0),
        milestone(80, 5),
        milestone(ITC_CERT_MAX, ITC_BODY_MAX),
        leaves_of(0, 0),
        leaves_of(UINT32_MAX - 3, 3),
        leaves_of(0, ITC_LEAVES_MAX),
        get_cone(0, 1),
        get_cone(UINT32_MAX - ITC_IDS_MAX, ITC_IDS_MAX),
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        assert_round_trip(&messages[i]);
}

static void fields_come_back(void **state)
{
    (void)state;
    struct itc_message in = hello(), out;
    size_t len = payload_of(payload, &in);
    assert_int_equal(itc_message_decode(&out, ITC_MESSAGE_HELLO, payload, len), ITC_OK);
    assert_int_equal(out.u.hello.channel, ITC_CHANNEL_BULK);
    assert_memory_equal(out.u.hello.chain.b, noise, 32);
    assert_int_equal(out.u.hello.node_id, 0x1122334455667788);
    assert_int_equal(out.u.hello.validator, 3);
    assert_int_equal(out.u.hello.head, 0x0102030405060708);

    in = milestone(80, 5);
    len = payload_of(payload, &in);
    assert_int_equal(itc_message_decode(&out, ITC_MESSAGE_MILESTONE, payload, len), ITC_OK);
    assert_memory_equal(out.u.milestone.header, noise, ITC_HEADER_SIZE);
    assert_int_equal(out.u.milestone.cert_len, 80);
    assert_memory_equal(out.u.milestone.cert, noise + 256, 80);
    assert_int_equal(out.u.milestone.body_len, 5);
    assert_memory_equal(out.u.milestone.body, noise + 5000, 5);
}

static void view_votes_are_strict(void **state)
{
    (void)state;
    struct itc_message m = view_change(true, 4), out;
    size_t len = payload_of(payload, &m);
    assert_int_equal(itc_message_decode(&out, ITC_MESSAGE_VIEW_CHANGE, payload, len), ITC_OK);
    assert_int_equal(out.u.view_change.vote.voter, 5);
    assert_true(out.u.view_change.vote.prepared);
    assert_int_equal(out.u.view_change.vote.cert.signers, 0x15);
    assert_int_equal(out.u.view_change.body_len, 4);
    payload[16] = ITC_VALIDATORS_MAX; /* voter */
    assert_int_equal(itc_message_decode(&out, ITC_MESSAGE_VIEW_CHANGE, payload, len), ITC_E_FORM);
    payload[16] = 5;
    payload[16 + 65 + 1] = 0xff; /* cert_len */
    assert_int_equal(
        itc_message_decode(&out, ITC_MESSAGE_VIEW_CHANGE, payload, len), ITC_E_TOO_LARGE);
    m = view_change(false, 0); /* nothing prepared: nothing may follow */
    len = payload_of(payload, &m);
    payload[len] = 0;
    assert_int_equal(
        itc_message_decode(&out, ITC_MESSAGE_VIEW_CHANGE, payload, len + 1), ITC_E_TRAILING);
    m = proposal_in_new_view(100);
    len = payload_of(payload, &m);
    payload[16 + 64 + 256 + 2] = 2; /* new_view_len: above its bound */
    assert_int_equal(itc_message_decode(&out, ITC_MESSAGE_PROPOSAL, payload, len), ITC_E_TOO_LARGE);
}

#define MARK_AT (8 + 1 + 8 + 64 + 1) /* of the first mark in a RECALLED */
#define MARK_SIZE (1 + 16 + 1 + 4 + 32 + 64)

static void refuse_mark(const struct itc_message *m, size_t at, uint8_t byte)
{
    struct itc_message out;
    size_t len = payload_of(payload, m);
    payload[at] = byte;
    assert_int_equal(itc_message_decode(&out, ITC_MESSAGE_RECALLED, payload, len), ITC_E_FORM);
}

static void marks_are_strict(void **state)
{
    (void)state;
    const struct itc_message m = recalled(6);
    const size_t prepared = MARK_AT + 17, third = 2 * MARK_SIZE, sixth = 5 * MARK_SIZE;
    assert_int_equal(payload_of(payload, &m), MARK_AT + 6 * MARK_SIZE);
    refuse_mark(&m, 8, ITC_VALIDATORS_MAX);          /* teller */
    refuse_mark(&m, MARK_AT - 1, ITC_MARKS_MAX + 1); /* count */
    refuse_mark(&m, MARK_AT, 0);                     /* type */
    refuse_mark(&m, MARK_AT, 4);
    refuse_mark(&m, prepared, 1);     /* of a PREPARE */
    refuse_mark(&m, prepared + 1, 1); /* its view */
    refuse_mark(&m, prepared + third, 2);
    refuse_mark(&m, prepared + third, 0);     /* a view and a header all the same */
    refuse_mark(&m, prepared + sixth + 5, 1); /* a header where nothing is prepared */
}

/* An answer is for one asker, one question and one height, with all its marks. */
static void recalled_messages_differ(void **state)
{
    (void)state;
    const struct itc_hash chain = {{1}}, other = {{2}};
    const struct itc_key key = {{3}}, another = {{4}};
    struct itc_recalled r = recalled(1).u.recalled;
    struct itc_hash m[7];
    itc_recalled_message(&m[0], &chain, &key, &r);
    itc_recalled_message(&m[1], &other, &key, &r);
    itc_recalled_message(&m[2], &chain, &another, &r);
    r.nonce++;
    itc_recalled_message(&m[3], &chain, &key, &r);
    r.head++;
    itc_recalled_message(&m[4], &chain, &key, &r);
    r.marks[0].sig.b[63] ^= 1;
    itc_recalled_message(&m[5], &chain, &key, &r);
    r.count = 0;
    itc_recalled_message(&m[6], &chain, &key, &r);
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(&m[i], &m[k], sizeof m[0]);
}

/* What is signed tells every slot, voter's knowledge and chain apart. */
static void view_vote_messages_differ(void **state)
{
    (void)state;
    const struct itc_hash chain = {{1}}, other = {{2}};
    struct itc_view_vote vote = view_change(true, 0).u.view_change.vote;
    struct itc_slot slot = {.epoch = 1, .view = 2, .index = 3};
    struct itc_hash m[7];
    itc_view_vote_message(&m[0], &chain, &slot, &vote);
    itc_view_vote_message(&m[1], &other, &slot, &vote);
    itc_view_vote_message(&m[2], &chain, &(struct itc_slot){1, 3, 3}, &vote);
    itc_view_vote_message(&m[3], &chain, &(struct itc_slot){1, 2, 4}, &vote);
    itc_view_vote_message(&m[4], &chain, &(struct itc_slot){2, 2, 3}, &vote);
    vote.cert.view = 0;
    itc_view_vote_message(&m[5], &chain, &slot, &vote);
    vote.prepared = false;
    itc_view_vote_message(&m[6], &chain, &slot, &vote);
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(&m[i], &m[k], sizeof m[0]);
}

/* The layout, byte by byte, as docs/protocol.md has it. */
static void vote_has_the_documented_bytes(void **state)
{
    (void)state;
    const uint8_t start[] = {115, 0, 0, 0, /* size */
        4,                                 /* VOTE */
        2,                                 /* COMMIT */
        4, 3, 2, 1, 8, 7, 6, 5, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 31};
    uint8_t frame[200];
    size_t len;
    struct itc_message m = vote();
    assert_int_equal(itc_message_encode(frame, sizeof frame, &len, &m), ITC_OK);
    assert_int_equal(len, ITC_FRAME_HEAD + 114);
    assert_memory_equal(frame, start, sizeof start);
    assert_memory_equal(frame + sizeof start, noise, 32 + 64);
}

static void hello_has_the_documented_bytes(void **state)
{
    (void)state;
    const uint8_t start[] = {57, 0, 0, 0, 1, 'I', 'T', 'C', 'P', 1, 0, 1};
    const uint8_t end[] = {
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 3, 8, 7, 6, 5, 4, 3, 2, 1};
    uint8_t frame[200];
    size_t len;
    struct itc_message m = hello();
    assert_int_equal(itc_message_encode(frame, sizeof frame, &len, &m), ITC_OK);
    assert_int_equal(len, sizeof start + 32 + sizeof end);
    assert_memory_equal(frame, start, sizeof start);
    assert_memory_equal(frame + sizeof start, noise, 32);
    assert_memory_equal(frame + sizeof start + 32, end, sizeof end);
}

static void assert_refused(uint8_t type, size_t len, enum itc_err why)
{
    struct itc_message out, untouched;
    memset(&out, 0xa5, sizeof out);
    memset(&untouched, 0xa5, sizeof untouched);
    assert_int_equal(itc_message_decode(&out, type, payload, len), why);
    assert_memory_equal(&out, &untouched, sizeof out);
}

static void cut_short_or_drawn_out_is_refused(void **state)
{
    (void)state;
    const struct itc_message messages[] = {hello(), status(), vote(), get_sites(3), get_milestone(),
        leaves_of(1, 2), get_cone(1, 2), evidence(7), recall(), recalled(2)};
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        uint8_t type = (uint8_t)messages[i].type;
        size_t len = payload_of(payload, &messages[i]);
        for (size_t cut = 0; cut < len; cut++)
            assert_refused(type, cut, ITC_E_TRUNCATED);
        payload[len] = 0;
        assert_refused(type, len + 1, ITC_E_TRAILING);
    }
    struct itc_message m = proposal(0); /* from here on a body may end anywhere */
    size_t len = payload_of(payload, &m);
    for (size_t cut = 0; cut < len; cut++)
        assert_refused(ITC_MESSAGE_PROPOSAL, cut, ITC_E_TRUNCATED);
    m = milestone(80, 0);
    len = payload_of(payload, &m);
    for (size_t cut = 0; cut < len; cut++)
        assert_refused(ITC_MESSAGE_MILESTONE, cut, ITC_E_TRUNCATED);
    assert_refused(ITC_MESSAGE_SITE, 0, ITC_E_TRUNCATED);
}

/* Encodes `m`, sets one byte of its payload, and expects to be refused. */
static void assert_byte_refused(struct itc_message m, size_t at, uint8_t value, enum itc_err why)
{
    size_t len = payload_of(payload, &m);
    payload[at] = value;
    assert_refused((uint8_t)m.type, len, why);
}

static void values_that_nobody_sends_are_refused(void **state)
{
    (void)state;
    assert_byte_refused(hello(), 0, 'i', ITC_E_FORM);  /* magic */
    assert_byte_refused(hello(), 4, 2, ITC_E_VERSION); /* protocol version */
    assert_byte_refused(hello(), 5, 1, ITC_E_VERSION); /* ... 257 */
    assert_byte_refused(hello(), 6, 2, ITC_E_FORM);    /* channel */
    assert_byte_refused(hello(), 47, 32, ITC_E_FORM);  /* validator */
    assert_byte_refused(hello(), 47, 254, ITC_E_FORM);
    assert_byte_refused(status(), 16, 2, ITC_E_FORM);  /* has_proposal */
    assert_byte_refused(status(), 25, 32, ITC_E_FORM); /* validator */
    assert_byte_refused(vote(), 0, 0, ITC_E_FORM);     /* type */
    assert_byte_refused(vote(), 0, 3, ITC_E_FORM);
    assert_byte_refused(vote(), 17, 32, ITC_E_FORM); /* voter */
    assert_byte_refused(leaves_of(0, 2), 16 + 64, ITC_VERDICT_COUNT, ITC_E_FORM);
    assert_byte_refused(leaves_of(0, 2), 16 + 65 + 64, 255, ITC_E_FORM);
    assert_byte_refused(get_cone(UINT32_MAX - 5, 5), 12, 6, ITC_E_FORM); /* ends beyond 2^32 */
    assert_byte_refused(get_cone(0, 5), 12, 0, ITC_E_FORM);
    assert_byte_refused(get_cone(0, 5), 13, 1, ITC_E_TOO_LARGE); /* 261 */
    assert_byte_refused(get_sites(5), 1, 255, ITC_E_TOO_LARGE);
    assert_byte_refused(leaves_of(0, 5), 15, 255, ITC_E_TOO_LARGE);
    assert_byte_refused(milestone(80, 5), 257, 255, ITC_E_TOO_LARGE);
    memset(payload, 0, 2);
    assert_refused(ITC_MESSAGE_GET_SITES, 2, ITC_E_FORM); /* asks for nothing */
}

static void validator_may_be_none(void **state)
{
    (void)state;
    struct itc_message m = hello();
    m.u.hello.validator = ITC_NO_VALIDATOR;
    assert_round_trip(&m);
}

static void oversized_is_refused(void **state)
{
    (void)state;
    struct itc_message m = proposal(ITC_BODY_MAX);
    size_t len = payload_of(payload, &m);
    assert_refused(ITC_MESSAGE_PROPOSAL, len + 1, ITC_E_TOO_LARGE);
    m = milestone(80, ITC_BODY_MAX);
    len = payload_of(payload, &m);
    assert_refused(ITC_MESSAGE_MILESTONE, len + 1, ITC_E_TOO_LARGE);
    assert_refused(ITC_MESSAGE_SITE, ITC_SITE_MAX + 1, ITC_E_TOO_LARGE);
}

static void unknown_type_is_refused(void **state)
{
    (void)state;
    assert_refused(0, 8, ITC_E_VERSION);
    assert_refused(ITC_MESSAGE_RECALLED + 1, 8, ITC_E_VERSION);
    assert_refused(255, 8, ITC_E_VERSION);
}

static void frame_must_fit(void **state)
{
    (void)state;
    uint8_t frame[ITC_FRAME_HEAD + 8];
    size_t len = 99;
    struct itc_message m = get_milestone();
    for (size_t cap = 0; cap < sizeof frame; cap++) {
        assert_int_equal(itc_message_encode(frame, cap, &len, &m), ITC_E_TOO_LARGE);
        assert_int_equal(len, 99);
    }
    assert_int_equal(itc_message_encode(frame, sizeof frame, &len, &m), ITC_OK);
    assert_int_equal(len, sizeof frame);
}

static enum itc_err head_says(uint32_t size)
{
    uint8_t type;
    size_t len;
    const uint8_t head[ITC_FRAME_HEAD] = {
        (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), (uint8_t)(size >> 24), 5};
    return itc_frame_size(head, &len, &type);
}

static void frame_head_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(head_says(0), ITC_E_FORM);
    assert_int_equal(head_says(1), ITC_E_FORM);
    assert_int_equal(head_says(2), ITC_OK);
    assert_int_equal(head_says(1 + ITC_MESSAGE_MAX), ITC_OK);
    assert_int_equal(head_says(2 + ITC_MESSAGE_MAX), ITC_E_TOO_LARGE);
    assert_int_equal(head_says(UINT32_MAX), ITC_E_TOO_LARGE);
}

/* --- body ------------------------------------------------------------------------------------- */

static void make_ids(uint8_t *ids, uint32_t count)
{
    memset(ids, 9, (size_t)32 * count);
    for (uint32_t i = 0; i < count; i++) {
        ids[32 * i] = (uint8_t)(i >> 4);
        ids[32 * i + 1] = (uint8_t)(i & 15);
    }
}

static void body_comes_back(void **state)
{
    (void)state;
    uint8_t ids[32 * ITC_BODY_SITES_MAX], bytes[ITC_BODY_MAX];
    struct itc_body body;
    make_ids(ids, ITC_BODY_SITES_MAX);
    const uint32_t counts[] = {0, 1, 2, ITC_BODY_SITES_MAX};
    for (size_t i = 0; i < 4; i++) {
        size_t len = itc_body_encode(bytes, ids, counts[i]);
        assert_int_equal(len, 5 + 32 * counts[i]);
        assert_int_equal(itc_body_decode(&body, bytes, len), ITC_OK);
        assert_int_equal(body.count, counts[i]);
        assert_memory_equal(body.ids, ids, (size_t)32 * counts[i]);
        for (uint32_t k = 0; k < ITC_BODY_SITES_MAX; k++) {
            struct itc_hash id;
            memcpy(id.b, ids + (size_t)32 * k, sizeof id.b);
            assert_int_equal(itc_body_names(bytes, &id), k < counts[i]);
            id.b[31]++;
            assert_false(itc_body_names(bytes, &id));
        }
    }
}

static enum itc_err decode_with(size_t at, uint8_t value)
{
    uint8_t ids[32 * 3], bytes[ITC_BODY_MAX];
    struct itc_body body;
    make_ids(ids, 3);
    size_t len = itc_body_encode(bytes, ids, 3);
    bytes[at] = value;
    return itc_body_decode(&body, bytes, len);
}

static void body_is_strict(void **state)
{
    (void)state;
    uint8_t ids[32 * 3], bytes[ITC_BODY_MAX];
    struct itc_body body;
    make_ids(ids, 3);
    size_t len = itc_body_encode(bytes, ids, 3);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(itc_body_decode(&body, bytes, cut), ITC_E_TRUNCATED);
    assert_int_equal(itc_body_decode(&body, bytes, len + 1), ITC_E_TRAILING);
    assert_int_equal(decode_with(0, 2), ITC_E_VERSION);
    assert_int_equal(decode_with(2, 4), ITC_E_TOO_LARGE);
    assert_int_equal(decode_with(3 + 32 + 1, 0), ITC_E_FORM);   /* twice the same id */
    assert_int_equal(decode_with(3 + 32 + 1, 3), ITC_E_FORM);   /* descending */
    assert_int_equal(decode_with(len - 2, 1), ITC_E_TRUNCATED); /* evidence that is not there */
    assert_int_equal(decode_with(len - 2, ITC_BODY_EVIDENCE_MAX + 1), ITC_E_TOO_LARGE);
    assert_int_equal(decode_with(len - 1, 1), ITC_E_TOO_LARGE);
}

static void evidence_in_a_body_ascends_by_key(void **state)
{
    (void)state;
    uint8_t ids[32 * ITC_BODY_SITES_MAX], bytes[ITC_BODY_MAX + 1];
    struct itc_body out,
        in = {.count = ITC_BODY_SITES_MAX, .ids = ids, .evidence_count = ITC_BODY_EVIDENCE_MAX};
    make_ids(ids, ITC_BODY_SITES_MAX);
    for (uint8_t i = 0; i < ITC_BODY_EVIDENCE_MAX; i++)
        in.evidence[i] = evidence(i).u.evidence;
    size_t len = itc_body_write(bytes, &in);
    assert_int_equal(len, ITC_BODY_MAX);
    assert_int_equal(itc_body_decode(&out, bytes, len), ITC_OK);
    assert_int_equal(out.evidence_count, ITC_BODY_EVIDENCE_MAX);
    assert_int_equal(out.evidence[3].key.b[0], 3);
    assert_int_equal(itc_body_decode(&out, bytes, len - 1), ITC_E_TRUNCATED);
    assert_int_equal(itc_body_decode(&out, bytes, len + 1), ITC_E_TRAILING);
    in.evidence[1].key = in.evidence[2].key;
    len = itc_body_write(bytes, &in);
    assert_int_equal(itc_body_decode(&out, bytes, len), ITC_E_FORM);
    in.evidence[1].key = in.evidence[3].key;
    len = itc_body_write(bytes, &in);
    assert_int_equal(itc_body_decode(&out, bytes, len), ITC_E_FORM);
}

static void body_hash_covers_chain_and_bytes(void **state)
{
    (void)state;
    struct itc_hash a, b, chain = {{1}}, other_chain = {{2}};
    itc_body_hash(&a, &chain, noise, 40);
    itc_body_hash(&b, &chain, noise, 40);
    assert_true(itc_hash_equal(&a, &b));
    itc_body_hash(&b, &other_chain, noise, 40);
    assert_false(itc_hash_equal(&a, &b));
    itc_body_hash(&b, &chain, noise, 41);
    assert_false(itc_hash_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back),
        cmocka_unit_test(fields_come_back),
        cmocka_unit_test(view_votes_are_strict),
        cmocka_unit_test(marks_are_strict),
        cmocka_unit_test(recalled_messages_differ),
        cmocka_unit_test(view_vote_messages_differ),
        cmocka_unit_test(vote_has_the_documented_bytes),
        cmocka_unit_test(hello_has_the_documented_bytes),
        cmocka_unit_test(cut_short_or_drawn_out_is_refused),
        cmocka_unit_test(values_that_nobody_sends_are_refused),
        cmocka_unit_test(validator_may_be_none),
        cmocka_unit_test(oversized_is_refused),
        cmocka_unit_test(unknown_type_is_refused),
        cmocka_unit_test(frame_must_fit),
        cmocka_unit_test(frame_head_is_bounded),
        cmocka_unit_test(body_comes_back),
        cmocka_unit_test(body_is_strict),
        cmocka_unit_test(evidence_in_a_body_ascends_by_key),
        cmocka_unit_test(body_hash_covers_chain_and_bytes),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
