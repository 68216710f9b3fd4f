/* treason.h - the single deeds of traitors (traitor.h): each looks at one frame of a traitor's node on its way to one
 * peer, changes it, and may add others. treason.c carries them out, treason_view.c has those about views,
 * treason_proof.c those about certificates. */
#ifndef ITC_SIM_TREASON_H
#define ITC_SIM_TREASON_H

#include "tools/sim/traitor.h"

struct itc_deed {
    struct itc_traitors *t;
    struct itc_traitor *who;
    const struct itc_net_sent *s;
    const struct itc_node *node; /* his */
    struct itc_forger forger;
    bool otherwise; /* this peer is told something else than the others */
    bool changed, stopped;
    uint64_t delay_ms;
    struct itc_draft *draft; /* the frame's message, and room for another */
};

/* Fills `d`, but for the message. False: the node is down, or no member of the committee. */
bool itc_deed_init(struct itc_deed *d, struct itc_traitors *t, struct itc_traitor *who,
    const struct itc_net_sent *s);
/* One in so many. */
bool itc_deed_chance(struct itc_deed *d, uint32_t one_in);
/* Sends one more message, to one node or to all that are not his. What is too large for a frame is not sent. */
void itc_deed_inject(
    struct itc_deed *d, uint32_t to, const struct itc_message *m, uint64_t delay_ms);
void itc_deed_inject_all(struct itc_deed *d, const struct itc_message *m);
/* The proposal's header and body become ones with no sites. */
void itc_deed_use_empty(struct itc_deed *d, uint32_t view);

/* Each: false: there was nothing to do. */
bool itc_deed_hide_prepared(struct itc_deed *d);
bool itc_deed_hide_marks(struct itc_deed *d);
bool itc_deed_falsify_new_view(struct itc_deed *d);
bool itc_deed_forge_proof(struct itc_deed *d);
bool itc_deed_lie_about_head(struct itc_deed *d);

#endif
