/* cast.h - own votes: signed, written, sent; and all that are held sent again to who lacks them. Pure.
 *
 * A vote leaves only after the batch that holds its row is durable; who restarts finds the row and stands by it. */
#ifndef ITC_NODE_CAST_H
#define ITC_NODE_CAST_H

#include "node/message.h"
#include "node/store.h"

struct itc_node;
struct itc_round;

/* Our word that we hold this milestone and computed it alike. The primary's is its proposal. */
void itc_cast_prepare(struct itc_node *n, struct itc_round *r);
/* Our word that we hold `prepared`. */
void itc_cast_commit(struct itc_node *n, struct itc_round *r, const struct itc_cert *prepared);
/* Writes a vote's row; n->pbft.vote_batch is then what must be durable before the vote leaves. */
void itc_cast_write(struct itc_node *n, const struct itc_vote_row *row);
/* Sends `peer` what its STATUS shows it lacks. */
void itc_cast_status(struct itc_node *n, uint32_t peer, const struct itc_status *s);

#endif
