/* parked.h - sends and replies that wait for a batch to be durable, in the order they were made. Shell; core
 * thread. A ring of bytes: whoever waits for an older batch behind a newer one waits a little longer, order
 * is kept. */
#ifndef ITC_SHELL_PARKED_H
#define ITC_SHELL_PARKED_H

#include "node/message.h"

struct itc_parked;

struct itc_parked_item {
    uint64_t after;       /* batch */
    uint64_t token;       /* of a reply; 0: a send */
    uint64_t incarnation; /* of the link a send is for */
    uint32_t peer;
    enum itc_channel channel;
    size_t len;
    const uint8_t *bytes;
};

/* NULL: out of memory. `cap`: bytes. */
struct itc_parked *itc_parked_open(size_t cap);
void itc_parked_close(struct itc_parked *p);
/* Appends a copy. false: full. */
bool itc_parked_add(struct itc_parked *p, const struct itc_parked_item *item);
/* Removes the first item if batch `durable` is enough for it. Its bytes are good until the next add. */
bool itc_parked_take(struct itc_parked *p, uint64_t durable, struct itc_parked_item *out);
uint32_t itc_parked_count(const struct itc_parked *p);

#endif
