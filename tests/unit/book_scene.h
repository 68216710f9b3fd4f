/* book_scene.h - a chain of four validators and an empty book of their votes, for the tests of what the simulator
 * concludes from votes. */
#ifndef ITC_TESTS_BOOK_SCENE_H
#define ITC_TESTS_BOOK_SCENE_H

#include "spv/sha256.h"
#include "tools/sim/private_chain.h"
#include "tools/sim/vote_book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SCENE_HEIGHT 5
#define SCENE_NOW_MS 7

struct scene {
    struct itc_private_chain chain;
    struct itc_genesis genesis;
    struct itc_rosters rosters;
    struct itc_vote_book book;
    struct itc_finding finding;
};

static inline void scene_begin(struct scene *s)
{
    struct itc_params params;
    memset(s, 0, sizeof *s);
    itc_private_params(&params);
    itc_private_chain_init(&s->chain, 1, 4, &params);
    assert_int_equal(
        itc_genesis_decode(&s->genesis, s->chain.genesis, s->chain.genesis_len), ITC_OK);
    itc_rosters_init(&s->rosters, &s->chain, &s->genesis.committee);
    itc_vote_book_init(&s->book, &s->genesis.params, &s->chain.id, &s->rosters, 0xf, &s->finding);
}

static inline void scene_end(struct scene *s)
{
    itc_vote_book_free(&s->book);
    itc_rosters_free(&s->rosters);
}

/* The book sees a message. */
static inline void scene_frame(struct scene *s, const struct itc_message *m)
{
    static uint8_t bytes[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    size_t len;
    assert_int_equal(itc_message_encode(bytes, sizeof bytes, &len, m), ITC_OK);
    itc_vote_book_frame(&s->book, SCENE_NOW_MS, bytes, len);
}

/* By the holder of key `who`. */
static inline struct itc_sig scene_sign(
    const struct scene *s, uint8_t who, const struct itc_hash *message)
{
    struct itc_signer signer;
    struct itc_sig sig;
    assert_int_equal(itc_signer_init(&signer, &s->chain.validators[who]), ITC_OK);
    itc_signer_sign(&signer, message, &sig);
    return sig;
}

/* The id of a header: all its bytes are `id`. */
static inline struct itc_hash scene_id(uint8_t id)
{
    struct itc_hash h;
    memset(&h, id, sizeof h);
    return h;
}

/* In an epoch, the holder of key `who` signs as `voter` for header `id`. */
static inline struct itc_message scene_vote(const struct scene *s, enum itc_vote_type type,
    uint32_t epoch, uint8_t voter, uint8_t who, uint32_t view, uint8_t id)
{
    struct itc_hash message;
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = (uint8_t)type,
            .slot = {.epoch = epoch, .view = view, .index = SCENE_HEIGHT},
            .voter = voter,
            .header_id = scene_id(id)}};
    itc_vote_message(&message, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT,
        &s->chain.id, &m.u.vote.slot, &m.u.vote.header_id);
    m.u.vote.sig = scene_sign(s, who, &message);
    return m;
}

#endif
