/* checker.h - checks signatures on the thread that asks. Shell; one thread at a time.
 *
 * It remembers parsed keys (a seventh of a check) in a direct-mapped table: no lock, no eviction rule; whoever
 * collides is parsed again. */
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
