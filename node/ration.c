#include "node/ration.h"

bool itc_ration_left(const struct itc_ration *r, uint64_t now_ms, uint64_t burst_us)
{
    return r->paid_us <= now_ms * 1000 + burst_us;
}

void itc_ration_spend(struct itc_ration *r, uint64_t now_ms, uint64_t cost_us)
{
    uint64_t now_us = now_ms * 1000;
    r->paid_us = (r->paid_us > now_us ? r->paid_us : now_us) + cost_us;
}

bool itc_ration_take(struct itc_ration *r, uint64_t now_ms, uint64_t cost_us, uint64_t burst_us)
{
    if (!itc_ration_left(r, now_ms, burst_us))
        return false;
    itc_ration_spend(r, now_ms, cost_us);
    return true;
}
