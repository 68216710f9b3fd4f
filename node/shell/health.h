/* health.h - whether this node can be relied on right now, for load balancers and supervisors. Pure. */
#ifndef ITC_SHELL_HEALTH_H
#define ITC_SHELL_HEALTH_H

#include "node/shell/loop.h"

struct itc_health_rules {
    uint32_t idle_ms;    /* of genesis: an empty milestone comes at least that often */
    bool peers_expected; /* some are configured */
};

/* NULL: well. Otherwise a short stable code ("stalled", "not-synced", "no-peers", "old-milestone") with a
 * sentence in *text, both static. */
const char *itc_health_problem(const char **text, const struct itc_loop_view *v,
    const struct itc_health_rules *rules, uint64_t now_ms);

#endif
