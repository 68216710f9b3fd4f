/* requests.h - service requests under way: who waits for which token. Shell.
 *
 * A request has a place from the moment it is accepted until its one reply: waiting in the loop's queue, being
 * thought about by the node, or its reply parked until a batch is durable. Full: refused. */
#ifndef ITC_SHELL_REQUESTS_H
#define ITC_SHELL_REQUESTS_H

#include "node/shell/loop.h"

struct itc_requests;

/* NULL: out of memory. */
struct itc_requests *itc_requests_open(uint32_t max);
void itc_requests_close(struct itc_requests *r);

/* Any thread: takes a copy and gives it a token (never 0). false: full, too large, or ended. */
bool itc_requests_add(struct itc_requests *r, const uint8_t *bytes, size_t len,
    itc_loop_reply_fn *fn, void *ctx, uint64_t *token);
/* Any thread: how many were not accepted. */
uint64_t itc_requests_refused(struct itc_requests *r);
/* Core thread: its bytes, good until its reply. */
const uint8_t *itc_requests_bytes(struct itc_requests *r, uint64_t token, size_t *len);
/* Core thread: replies, and frees the place. */
void itc_requests_reply(struct itc_requests *r, uint64_t token, const uint8_t *bytes, size_t len);
/* Core thread: accepts no more, and gives this reply to all that are left. */
void itc_requests_end(struct itc_requests *r, const uint8_t *bytes, size_t len);

#endif
