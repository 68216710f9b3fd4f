/* service.h - the door for wallets and lamps: an NNG REP socket in front of the loop. Shell.
 *
 *     context 0 .. n, each:  receive -> itc_loop_request ... reply on the core thread -> send -> receive
 *
 * A request that waits for an event holds its context. There are more contexts than requests that the node lets
 * wait (limits.waits), so those that wait never keep the others out. Larger requests than the protocol has are refused by the transport. */
#ifndef ITC_SHELL_SERVICE_H
#define ITC_SHELL_SERVICE_H

#include "node/shell/loop.h"

struct itc_service;

/* Listens on `url` ("tcp://127.0.0.1:15601"; port 0: a free one).
 * Returns 0, or -1 with a sentence in `why`. */
int itc_service_open(
    struct itc_service **out, struct itc_loop *loop, const char *url, char *why, size_t why_cap);
/* After itc_loop_run has returned, before itc_loop_close. */
void itc_service_close(struct itc_service *s);
/* The port it listens on. */
uint16_t itc_service_port(const struct itc_service *s);

#endif
