/* The simulator's own rule of a new view. */
#include "tools/sim/new_view.h"

#include "spv/sha256.h"
#include "tools/sim/private_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEIGHT 5
#define VIEW 3 /* that is entered */

struct scene {
    struct itc_private_chain chain;
    struct itc_genesis genesis;
    struct itc_rosters rosters;
    struct itc_vote_book book;
    struct itc_finding finding;
    uint8_t header[ITC_HEADER_SIZE], new_view[ITC_NEW_VIEW_MAX];
    struct itc_writer votes;
};

static void begin(struct scene *s)
{
    struct itc_params params;
    memset(s, 0, sizeof *s);
    itc_private_params(&params);
    itc_private_chain_init(&s->chain, 1, 4, &params);
    assert_int_equal(
        itc_genesis_decode(&s->genesis, s->chain.genesis, s->chain.genesis_len), ITC_OK);
    itc_rosters_init(&s->rosters, &s->chain, &s->genesis.committee);
    itc_vote_book_init(&s->book, &s->genesis.params, &s->chain.id, &s->rosters, 0xf, &s->finding);
    s->votes = itc_writer_of(s->new_view, sizeof s->new_view);
}

static void end(struct scene *s)
{
    itc_vote_book_free(&s->book);
    itc_rosters_free(&s->rosters);
}

static struct itc_sig sign(const struct scene *s, uint8_t voter, const struct itc_hash *message)
{
    struct itc_signer signer;
    struct itc_sig sig;
    assert_int_equal(itc_signer_init(&signer, &s->chain.validators[voter]), ITC_OK);
    itc_signer_sign(&signer, message, &sig);
    return sig;
}

static struct itc_hash id_of(uint8_t id)
{
    struct itc_hash h;
    memset(&h, id, sizeof h);
    return h;
}

/* The certificate of a header of `view` by validators 0 to 2, of whom the first `sent` have sent their PREPAREs. */
static struct itc_cert prepare(struct scene *s, uint32_t view, uint8_t id, uint8_t sent)
{
    struct itc_cert cert = {.view = view, .index = HEIGHT, .signers = 7};
    for (uint8_t voter = 0; voter < 3; voter++) {
        static uint8_t bytes[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
        struct itc_message m = {.type = ITC_MESSAGE_VOTE};
        struct itc_hash message;
        size_t len;
        m.u.vote = (struct itc_vote){.type = ITC_VOTE_PREPARE,
            .slot = {.view = view, .index = HEIGHT},
            .voter = voter,
            .header_id = id_of(id)};
        itc_vote_message(
            &message, ITC_TAG_PREPARE, &s->chain.id, &m.u.vote.slot, &m.u.vote.header_id);
        m.u.vote.sig = cert.sigs[voter] = sign(s, voter, &message);
        assert_int_equal(itc_message_encode(bytes, sizeof bytes, &len, &m), ITC_OK);
        if (voter < sent)
            itc_vote_book_frame(&s->book, 1, bytes, len);
    }
    return cert;
}

/* A vote for the new view; `cert` of header `id`, or NULL. */
static void leave(struct scene *s, uint8_t voter, const struct itc_cert *cert, uint8_t id)
{
    const struct itc_slot slot = {.view = VIEW, .index = HEIGHT};
    struct itc_view_vote v = {.voter = voter, .prepared = cert != NULL};
    struct itc_hash message;
    if (cert) {
        v.cert = *cert;
        v.header_id = id_of(id);
    }
    itc_view_vote_message(&message, &s->chain.id, &slot, &v);
    v.sig = sign(s, voter, &message);
    itc_view_vote_write(&s->votes, &v);
}

/* Whether header `id`, first proposed in `view`, is allowed. */
static bool allows(struct scene *s, uint8_t id, uint32_t view)
{
    const struct itc_header h = {.view = view, .index = HEIGHT};
    const struct itc_hash header_id = id_of(id);
    itc_header_encode(s->header, &h);
    const struct itc_proposal p = {.slot = {.view = VIEW, .index = HEIGHT},
        .header = s->header,
        .new_view = s->new_view,
        .new_view_len = s->votes.used};
    return itc_new_view_allows(&s->book, &p, &header_id);
}

static void votes_that_name_nothing_allow_a_fresh_header(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    leave(&s, 0, NULL, 0);
    leave(&s, 2, NULL, 0);
    assert_false(allows(&s, 1, VIEW));
    leave(&s, 3, NULL, 0);
    assert_true(allows(&s, 1, VIEW));
    assert_false(allows(&s, 1, VIEW - 1));
    leave(&s, 1, NULL, 0);
    assert_false(allows(&s, 1, VIEW));
    end(&s);
}

static void the_highest_view_binds(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    struct itc_cert low = prepare(&s, 0, 1, 3), high = prepare(&s, 2, 2, 3);
    leave(&s, 0, &low, 1);
    leave(&s, 1, &high, 2);
    leave(&s, 2, NULL, 0);
    assert_true(allows(&s, 2, 0));
    assert_false(allows(&s, 1, 0));
    assert_false(allows(&s, 3, VIEW));
    end(&s);
}

static void bad_votes_allow_nothing(void **state)
{
    (void)state;
    static struct scene s;
    for (int what = 0; what < 5; what++) {
        begin(&s);
        struct itc_cert cert = prepare(&s, 1, 1, what == 1 ? 2 : 3);
        cert.signers = what == 2 ? 3 : 7;
        cert.index += what == 3;
        leave(&s, 0, &cert, 1);
        leave(&s, 1, NULL, 0);
        leave(&s, what == 4 ? 1 : 2, NULL, 0);
        assert_int_equal(allows(&s, 1, 0), what == 0);
        end(&s);
    }
}

/* A traitor's PREPARE need not have been sent. */
static void traitors_may_have_signed(void **state)
{
    (void)state;
    static struct scene s;
    begin(&s);
    struct itc_cert cert = prepare(&s, 1, 1, 2);
    leave(&s, 0, &cert, 1);
    leave(&s, 1, NULL, 0);
    leave(&s, 2, NULL, 0);
    assert_false(allows(&s, 1, 0));
    s.book.honest = 0xb;
    assert_true(allows(&s, 1, 0));
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(votes_that_name_nothing_allow_a_fresh_header),
        cmocka_unit_test(the_highest_view_binds),
        cmocka_unit_test(bad_votes_allow_nothing),
        cmocka_unit_test(traitors_may_have_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
