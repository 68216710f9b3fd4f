/* gossip.h - sites on their way out: to all when they are new, again when nobody builds on them, to who asks. Pure. */
#ifndef ITC_NODE_GOSSIP_H
#define ITC_NODE_GOSSIP_H

#include "spv/base.h"

struct itc_node;

/* Passes a site on to all peers but one. */
void itc_gossip_site(struct itc_node *n, uint32_t but, const uint8_t *bytes, size_t len);
/* Passes the oldest tips on again that nobody has built on for ITC_GOSSIP_AGAIN_MS: those who should have may have been
 * away. Their past follows as it is asked for. */
#define ITC_GOSSIP_AGAIN_MS 1000
#define ITC_GOSSIP_AGAIN_TIPS 32
void itc_gossip_again(struct itc_node *n);
/* Sends `peer` the open sites it asks for. */
void itc_gossip_serve(struct itc_node *n, uint32_t peer, uint32_t count, const uint8_t *ids);

#endif
