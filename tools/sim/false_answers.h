/* false_answers.h - what traitors would have a light client believe in place of an honest server's JUMP. They sign with
 * their own keys and use what they have heard; uses no heap.
 *
 *     other state      the honest header with another state_root; COMMITs of all traitors for it, and those that others
 *                      have given for the honest one
 *     prepared only    what was proposed at that height, decided or not: COMMITs of all traitors, and others' PREPAREs */
#ifndef ITC_SIM_FALSE_ANSWERS_H
#define ITC_SIM_FALSE_ANSWERS_H

#include "spv/light.h"
#include "tools/sim/traitor.h"

enum itc_false_kind {
    ITC_FALSE_STATE,
    ITC_FALSE_PREPARED,
    ITC_FALSE_KINDS
};

struct itc_false_answer {
    struct itc_jump jump; /* borrows the rest, and the honest one's path */
    uint8_t header[ITC_HEADER_SIZE];
    uint8_t cert[ITC_CERT_MAX];
};

/* To a client that goes by committee `c`. False: the traitors have nothing like it. */
bool itc_false_answer_make(struct itc_false_answer *out, const struct itc_traitors *t,
    const struct itc_committee *c, enum itc_false_kind kind, const struct itc_jump *honest);

#endif
