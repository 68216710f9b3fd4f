/* gossip.c - see gossip.h. */
#include "node/core.h"

#include <string.h>

void itc_gossip_site(struct itc_node *n, uint32_t but, const uint8_t *bytes, size_t len)
{
    struct itc_message m = {.type = ITC_MESSAGE_SITE, .u.site = {.bytes = bytes, .len = len}};
    itc_node_send_all(n, but, ITC_CHANNEL_BULK, &m, 0, false);
}

void itc_gossip_again(struct itc_node *n)
{
    uint32_t count = 0, i;
    if (n->mono_ms < n->regossip_ms)
        return;
    n->regossip_ms = n->mono_ms + ITC_GOSSIP_AGAIN_MS;
    for (i = n->window.oldest; i != ITC_NONE && count < ITC_GOSSIP_AGAIN_TIPS;
         i = n->window.vertices[i].newer) {
        if (n->window.infos[i].arrival >= n->stale_arrival || !itc_actions_has_room(&n->actions))
            break;
        if (n->window.vertices[i].tip_slot == 0)
            continue;
        size_t len;
        const uint8_t *bytes = itc_window_bytes(&n->window, i, &len);
        itc_gossip_site(n, ITC_NONE, bytes, len);
        count++;
    }
    n->offered_arrival = i == ITC_NONE ? n->next_arrival : n->window.infos[i].arrival;
    n->stale_arrival = n->next_arrival;
}

void itc_gossip_serve(struct itc_node *n, uint32_t peer, uint32_t count, const uint8_t *ids)
{
    if (!itc_node_serves(n, peer, count * ITC_RATION_SITE_US))
        return;
    for (uint32_t i = 0; i < count && itc_actions_has_room(&n->actions); i++) {
        struct itc_hash id;
        memcpy(id.b, ids + (size_t)i * sizeof(id.b), sizeof(id.b));
        uint32_t site = itc_window_find(&n->window, &id);
        if (site == ITC_NONE)
            continue;
        struct itc_message m = {.type = ITC_MESSAGE_SITE};
        m.u.site.bytes = itc_window_bytes(&n->window, site, &m.u.site.len);
        itc_node_send(n, peer, ITC_CHANNEL_BULK, &m, 0);
    }
}
