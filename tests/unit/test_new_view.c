/* The simulator's own rule of a new view. */
#include "tools/sim/new_view.h"

#include "tests/unit/book_scene.h"

#define VIEW 3 /* that is entered */

struct change {
    struct scene scene;
    uint8_t header[ITC_HEADER_SIZE], new_view[ITC_NEW_VIEW_MAX];
    struct itc_writer votes;
};

static void begin(struct change *c)
{
    scene_begin(&c->scene);
    c->votes = itc_writer_of(c->new_view, sizeof c->new_view);
}

static void end(struct change *c)
{
    scene_end(&c->scene);
}

/* The certificate of a header of `view` by validators 0 to 2, of whom the first `sent` have sent their PREPAREs. */
static struct itc_cert prepare(struct change *c, uint32_t view, uint8_t id, uint8_t sent)
{
    struct itc_cert cert = {.view = view, .index = SCENE_HEIGHT, .signers = 7};
    for (uint8_t voter = 0; voter < 3; voter++) {
        const struct itc_message m =
            scene_vote(&c->scene, ITC_VOTE_PREPARE, 0, voter, voter, view, id);
        cert.sigs[voter] = m.u.vote.sig;
        if (voter < sent)
            scene_frame(&c->scene, &m);
    }
    return cert;
}

/* A vote for the new view; `cert` of header `id`, or NULL. */
static void leave(struct change *c, uint8_t voter, const struct itc_cert *cert, uint8_t id)
{
    const struct itc_slot slot = {.view = VIEW, .index = SCENE_HEIGHT};
    struct itc_view_vote v = {.voter = voter, .prepared = cert != NULL};
    struct itc_hash message;
    if (cert) {
        v.cert = *cert;
        v.header_id = scene_id(id);
    }
    itc_view_vote_message(&message, &c->scene.chain.id, &slot, &v);
    v.sig = scene_sign(&c->scene, voter, &message);
    itc_view_vote_write(&c->votes, &v);
}

/* Whether header `id`, first proposed in `view`, is allowed. */
static bool allows(struct change *c, uint8_t id, uint32_t view)
{
    const struct itc_header h = {.view = view, .index = SCENE_HEIGHT};
    const struct itc_hash header_id = scene_id(id);
    itc_header_encode(c->header, &h);
    const struct itc_proposal p = {.slot = {.view = VIEW, .index = SCENE_HEIGHT},
        .header = c->header,
        .new_view = c->new_view,
        .new_view_len = c->votes.used};
    return itc_new_view_allows(&c->scene.book, &p, &header_id);
}

static void votes_that_name_nothing_allow_a_fresh_header(void **state)
{
    (void)state;
    static struct change c;
    begin(&c);
    leave(&c, 0, NULL, 0);
    leave(&c, 2, NULL, 0);
    assert_false(allows(&c, 1, VIEW));
    leave(&c, 3, NULL, 0);
    assert_true(allows(&c, 1, VIEW));
    assert_false(allows(&c, 1, VIEW - 1));
    leave(&c, 1, NULL, 0);
    assert_false(allows(&c, 1, VIEW));
    end(&c);
}

static void the_highest_view_binds(void **state)
{
    (void)state;
    static struct change c;
    begin(&c);
    struct itc_cert low = prepare(&c, 0, 1, 3), high = prepare(&c, 2, 2, 3);
    leave(&c, 0, &low, 1);
    leave(&c, 1, &high, 2);
    leave(&c, 2, NULL, 0);
    assert_true(allows(&c, 2, 0));
    assert_false(allows(&c, 1, 0));
    assert_false(allows(&c, 3, VIEW));
    end(&c);
}

static void bad_votes_allow_nothing(void **state)
{
    (void)state;
    static struct change c;
    for (int what = 0; what < 5; what++) {
        begin(&c);
        struct itc_cert cert = prepare(&c, 1, 1, what == 1 ? 2 : 3);
        cert.signers = what == 2 ? 3 : 7;
        cert.index += what == 3;
        leave(&c, 0, &cert, 1);
        leave(&c, 1, NULL, 0);
        leave(&c, what == 4 ? 1 : 2, NULL, 0);
        assert_int_equal(allows(&c, 1, 0), what == 0);
        end(&c);
    }
}

/* A traitor's PREPARE need not have been sent. */
static void traitors_may_have_signed(void **state)
{
    (void)state;
    static struct change c;
    begin(&c);
    struct itc_cert cert = prepare(&c, 1, 1, 2);
    leave(&c, 0, &cert, 1);
    leave(&c, 1, NULL, 0);
    leave(&c, 2, NULL, 0);
    assert_false(allows(&c, 1, 0));
    c.scene.book.honest = 0xb;
    assert_true(allows(&c, 1, 0));
    end(&c);
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
