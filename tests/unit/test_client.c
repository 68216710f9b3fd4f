/* test_client.c - a wallet's or lamp's client against a node that leads it from committee to committee.
 *
 * The node has the key of every committee there is (each has one seat), so that all it shows is well signed: header i
 * ends an epoch, is signed by committee i, and hands over to committee i + 1. */
#include "tests/unit/spv_make.h"

#include "spv/merkle.h"
#include "tools/client.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/supplemental/util/platform.h>
#include <stdio.h>

static const struct itc_hash chain = {{7}};

/* What the node answers with; written only while no request is under way. */
static struct {
    nng_socket socket;
    nng_thread *thread;
    char url[64];
    uint64_t last; /* it knows this many changes; JUMP leads to the header after them */
    uint32_t hops; /* asked for */
    bool repeats;  /* each HOP is answered by the very first */
} node;

static struct itc_committee committee(uint64_t number)
{
    return (struct itc_committee){.n = 1, .keys = {make_key(1000 + number)}};
}

/* A header of `index` after whose end committee `next` signs; its history ends with the header before, whose id is
 * `before`; the tree's other parts are zeros. Returns the length of the path, which is all zeros too. */
static size_t make_header(
    uint8_t out[ITC_HEADER_SIZE], uint64_t index, uint64_t next, const struct itc_hash *before)
{
    static const struct itc_hash zero;
    struct itc_committee signers = committee(index - 1), follows = committee(next);
    struct itc_header h = {.index = index, .flags = next == index ? ITC_HEADER_EPOCH_END : 0};
    size_t path_len = 0;
    itc_committee_hash(&h.committee, &chain, &signers);
    itc_committee_hash(&h.next_committee, &chain, &follows);
    itc_merkle_leaf(&h.history_root, before->b, sizeof before->b);
    for (uint64_t bits = index - 1; bits != 0; bits &= bits - 1, path_len++)
        itc_hash_pair(&h.history_root, &zero, &h.history_root);
    itc_header_encode(out, &h);
    return path_len;
}

static void sign_header(
    uint8_t cert[ITC_CERT_MAX], size_t *len, const uint8_t *header, uint64_t index)
{
    struct itc_cert c = {.index = index, .signers = 1};
    const struct itc_slot slot = {0, 0, index};
    struct itc_signer signer;
    struct itc_hash id, message;
    itc_header_id(&id, &chain, header);
    itc_vote_message(&message, ITC_TAG_COMMIT, &chain, &slot, &id);
    make_signer(&signer, 1000 + index - 1);
    itc_signer_sign(&signer, &message, &c.sigs[0]);
    *len = itc_cert_encode(cert, &c);
}

static struct itc_hash ids[5000]; /* of the headers made so far */

static void genesis(uint8_t out[ITC_HEADER_SIZE])
{
    struct itc_header h = {.body_hash = chain};
    struct itc_committee first = committee(0);
    itc_committee_hash(&h.committee, &chain, &first);
    h.next_committee = h.committee;
    itc_header_encode(out, &h);
    itc_header_id(&ids[0], &chain, out);
}

/* The reply to `q`, from the trusted header that it names. */
static size_t answer(uint8_t out[ITC_REPLY_MAX], const struct itc_request *q)
{
    static const uint8_t zeros[32 * ITC_MERKLE_DEPTH_MAX];
    static struct itc_handover h;
    uint8_t header[ITC_HEADER_SIZE], cert[ITC_CERT_MAX];
    uint64_t at = q->u.jump.trusted + 1;
    size_t len = 0;
    if (q->op == ITC_OP_HOP) {
        node.hops++;
        at = node.repeats ? 1 : at;
        if (at > node.last)
            return itc_reply_error(out, ITC_REPLY_MAX, ITC_E_UNKNOWN, "no change");
    }
    bool hop = q->op == ITC_OP_HOP;
    if (!hop && q->u.jump.trusted < node.last)
        at++; /* of a committee that the client does not know yet */
    h.jump = (struct itc_jump){.header = header, .cert = cert, .path = zeros};
    h.jump.path_len = make_header(header, at, hop ? at : at - 1, &ids[at - 1]);
    sign_header(cert, &h.jump.cert_len, header, at);
    if (hop)
        itc_header_id(&ids[at], &chain, header);
    h.next = committee(at);
    enum itc_err e = hop ? itc_handover_encode(out, ITC_REPLY_MAX, &len, &h)
                         : itc_jump_encode(out, ITC_REPLY_MAX, &len, &h.jump);
    ITC_ASSERT(e == ITC_OK);
    return len;
}

static void serve(void *arg)
{
    uint8_t request[ITC_REQUEST_MAX], reply[ITC_REPLY_MAX];
    struct itc_request q;
    (void)arg;
    for (;;) {
        size_t len = sizeof request;
        if (nng_recv(node.socket, request, &len, 0) || itc_request_decode(&q, request, len))
            return;
        if (nng_send(node.socket, reply, answer(reply, &q), 0))
            return;
    }
}

static struct itc_client client;

static int start(void **state)
{
    (void)state;
    nng_listener listener;
    int port = 0;
    assert_int_equal(nng_rep0_open(&node.socket), 0);
    assert_int_equal(nng_listener_create(&listener, node.socket, "tcp://127.0.0.1:0"), 0);
    assert_int_equal(nng_listener_set_bool(listener, NNG_OPT_TCP_NODELAY, true), 0);
    assert_int_equal(nng_listener_start(listener, 0), 0);
    assert_int_equal(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port), 0);
    assert_int_equal(nng_thread_create(&node.thread, serve, NULL), 0);
    snprintf(node.url, sizeof node.url, "tcp://127.0.0.1:%d", port);
    assert_int_equal(itc_client_open(&client, node.url, 5000), ITC_CALL_DONE);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    itc_client_close(&client);
    nng_close(node.socket);
    nng_thread_destroy(node.thread);
    return 0;
}

/* A client that trusts header 0, of a node that knows `last` changes. */
static struct itc_light meet(uint64_t last)
{
    uint8_t header[ITC_HEADER_SIZE];
    struct itc_committee first = committee(0);
    struct itc_light l;
    genesis(header);
    node.last = last;
    node.hops = 0;
    node.repeats = false;
    assert_int_equal(itc_light_init(&l, ITC_NETWORK_PRIVATE, &chain, &first, header), ITC_OK);
    return l;
}

static void any_number_of_changes_is_followed(void **state)
{
    (void)state;
    for (uint64_t last = 0; last < 20; last += 1 + last / 2) {
        struct itc_light l = meet(last);
        assert_int_equal(itc_client_refresh(&client, &l), ITC_CALL_DONE);
        assert_int_equal(l.header.index, last + 1);
        assert_int_equal(node.hops, last == 0 ? 0 : last + 1); /* the last one says: no more */
    }
}

static void endless_changes_come_to_an_end(void **state)
{
    (void)state;
    struct itc_light l = meet(UINT64_MAX - 1);
    assert_int_equal(itc_client_refresh(&client, &l), ITC_CALL_UNPROVED);
    assert_int_equal(client.err, ITC_E_TOO_LARGE);
    assert_int_equal(node.hops, ITC_CLIENT_HOPS_MAX);
    assert_int_equal(l.header.index, ITC_CLIENT_HOPS_MAX);
    node.last = ITC_CLIENT_HOPS_MAX + 5; /* they end after all: it goes on from where it stood */
    assert_int_equal(itc_client_refresh(&client, &l), ITC_CALL_DONE);
    assert_int_equal(l.header.index, ITC_CLIENT_HOPS_MAX + 6);
}

static void a_change_shown_twice_is_a_lie(void **state)
{
    (void)state;
    struct itc_light l = meet(3);
    node.repeats = true;
    assert_int_equal(itc_client_refresh(&client, &l), ITC_CALL_UNPROVED);
    assert_int_equal(client.err, ITC_E_OLDER);
    assert_int_equal(node.hops, 2);
    assert_int_equal(l.header.index, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_changes_is_followed),
        cmocka_unit_test(endless_changes_come_to_an_end),
        cmocka_unit_test(a_change_shown_twice_is_a_lie),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
