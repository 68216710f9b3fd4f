#include "node/shell/health.h"

#define VIEW_AGE_MAX_MS 5000      /* the loop refreshes its view every second */
#define MILESTONE_AGE_MIN_MS 5000 /* a view change and a busy disk must not make a node ill */
#define IDLE_INTERVALS 10

const char *itc_health_problem(const char **text, const struct itc_loop_view *v,
    const struct itc_health_rules *rules, uint64_t now_ms)
{
    uint64_t young_ms = (uint64_t)rules->idle_ms * IDLE_INTERVALS;
    if (young_ms < MILESTONE_AGE_MIN_MS)
        young_ms = MILESTONE_AGE_MIN_MS;

    if (now_ms > v->view_ms + VIEW_AGE_MAX_MS) {
        *text = "The node's loop has not reported for seconds; see its log.";
        return "stalled";
    }
    if (!v->info.synced) {
        *text = "The node is catching up with its peers.";
        return "not-synced";
    }
    if (rules->peers_expected && v->info.peers == 0) {
        *text = "None of the configured peers is connected.";
        return "no-peers";
    }
    if (now_ms > v->head_time_ms + young_ms) {
        *text = "The newest milestone is too old: the committee is not agreeing, or out of reach.";
        return "old-milestone";
    }
    return NULL;
}
