/* lamp_loop.h - the life of a lamp: ask, prove, remember, shine. Host only (I/O).
 *
 *     node says "there is a payment" --> proof --> checked against the one header this lamp trusts
 *         --> cursor and paid time durable --> LIT --> time passes --> OFF
 *
 * A node can keep quiet; it cannot invent a payment, show an old one again, or take back what was
 * proved. One thread, no heap of its own; what must be remembered is below 2 KB (lamp_state.h). */
#ifndef ITC_TOOLS_LAMP_LOOP_H
#define ITC_TOOLS_LAMP_LOOP_H

#include "tools/client.h"
#include "tools/file.h"
#include "tools/lamp_state.h"

#define ITC_LAMP_NODES_MAX 8

struct itc_lamp {
    /* what it was told */
    const char *dir, *network, *state_file;
    const char *nodes[ITC_LAMP_NODES_MAX];
    uint32_t node_count;
    uint32_t tariff_s;
    /* who it is, and what it remembers */
    struct itc_key key;
    char address[ITC_ADDRESS_TEXT];
    struct itc_lamp_state state;
    /* this run */
    bool lit;
    char payer[ITC_ADDRESS_TEXT]; /* of the newest payment; "" before it */
    uint32_t node_at;
    uint32_t back_off_ms;
    uint64_t seen_ms;  /* monotonic: up to here lit time is counted */
    uint64_t saved_ms; /* monotonic */
    struct itc_client client;
};

/* Says why this lamp cannot go on, and ends with exit code 3. */
_Noreturn void itc_lamp_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Path of a file in the lamp's directory; returns `path`. */
const char *itc_lamp_path(const struct itc_lamp *l, char path[ITC_PATH_MAX], const char *name);
/* Makes the state durable, or dies. */
void itc_lamp_save(struct itc_lamp *l);
/* Shines on, asks and counts until SIGTERM or SIGINT. */
void itc_lamp_run(struct itc_lamp *l);

#endif
