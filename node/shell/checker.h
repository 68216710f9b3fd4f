/* checker.h - checks signatures on the thread that asks. Shell; one thread at a time.
 *
 * It remembers parsed keys (a seventh of a check): no lock, since each thread has a table of its own. There are eight
 * places where a key may be, so that few drive each other out before there are as many keys as places; when all eight are
 * taken, it takes one of them. */
#ifndef ITC_SHELL_CHECKER_H
#define ITC_SHELL_CHECKER_H

#include "node/actions.h"

struct itc_checker;

/* NULL: out of memory. */
struct itc_checker *itc_checker_open(void);
void itc_checker_close(struct itc_checker *c);
/* Whether job->sig is job->key's signature of job->message. */
bool itc_checker_check(struct itc_checker *c, const struct itc_verify *job);

#endif
