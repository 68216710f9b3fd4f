/* recall.h - what the committee remembers of one validator's votes: codec and what is signed. Pure.
 *
 *     RECALL     nonce 8 | key 32                     "what have you of the validator with this key?"
 *     RECALLED   nonce 8 | teller 1 | head 8 | signature 64 | count 1 (at most 8) | marks
 *     mark       type 1 (1 PREPARE, 2 COMMIT, 3 VIEW-CHANGE) | epoch 4 | view 4 | index 8 | prepared 1 |
 *                prepared view 4 | header id 32 | signature 64
 *
 * A mark is a vote boiled down to what its signature covers: whoever sends it, it proves itself. (Header id: of what
 * was voted for; of a VIEW-CHANGE what it names as prepared, in that view; zero if nothing, and for other types
 * `prepared` and its view are zero.) The teller signs the tagged hash "itc/recalled" of nonce 8 | key 32 | head 8 |
 * count 1 | marks: an answer cannot be given for another validator, nor given again, nor passed on without its marks. */
#ifndef ITC_NODE_RECALL_H
#define ITC_NODE_RECALL_H

#include "node/view_vote.h"

#define ITC_MARKS_MAX 8

struct itc_mark {
    uint8_t type; /* enum itc_vote_type (node/store.h) */
    struct itc_slot slot;
    bool prepared;
    uint32_t prepared_view;
    struct itc_hash header_id;
    struct itc_sig sig;
};

struct itc_recall {
    uint64_t nonce;
    struct itc_key key;
};

struct itc_recalled {
    uint64_t nonce;
    uint8_t teller; /* its place in the committee that it goes by */
    uint64_t head;
    struct itc_sig sig;
    uint32_t count;
    struct itc_mark marks[ITC_MARKS_MAX];
};

void itc_recall_write(struct itc_writer *w, const struct itc_recall *m);
ITC_MUST enum itc_err itc_recall_read(struct itc_reader *r, struct itc_recall *out);
void itc_recalled_write(struct itc_writer *w, const struct itc_recalled *m);
/*   ITC_E_TRUNCATED ITC_E_TRAILING; ITC_E_FORM: teller above 31, too many marks, or one that nobody can have signed */
ITC_MUST enum itc_err itc_recalled_read(struct itc_reader *r, struct itc_recalled *out);

/* What the teller signs, of the validator with `key`. */
void itc_recalled_message(struct itc_hash *out, const struct itc_hash *chain,
    const struct itc_key *key, const struct itc_recalled *m);
/* What the mark's signature signs. */
void itc_mark_message(
    struct itc_hash *out, const struct itc_hash *chain, const struct itc_mark *mark);
struct itc_mark itc_mark_of_view_vote(
    const struct itc_slot *slot, const struct itc_view_vote *vote);

#endif
