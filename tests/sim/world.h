/* world.h - whole networks in a test (tools/sim/net.h): payments through them, their heads and accounts, and that they
 * go on. What an assertion of its own here finds fails the test. */
#ifndef ITC_TESTS_SIM_WORLD_H
#define ITC_TESTS_SIM_WORLD_H

#include "tools/sim/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORLD_PAYMENT 1000000u

/* ITC_SEED if it is set, else `given`; printed. */
uint64_t world_seed(uint64_t given);

/* The head of node `i`, good until its next step; NULL while it is down. */
const struct itc_header *world_head(struct itc_net *net, uint32_t i);
/* The newest height of all nodes that are up. */
uint64_t world_newest(struct itc_net *net);
uint64_t world_count(struct itc_net *net, uint32_t i, enum itc_counter c);

/* A payment of WORLD_PAYMENT from a wallet to the one after it, through node `i`; returns a token. */
uint64_t world_submit(struct itc_net *net, uint32_t i, uint32_t wallet, uint64_t seq);
/* Whether node `i` has answered, and not with a refusal. */
bool world_acknowledged(struct itc_net *net, uint64_t token);
/* Submits one and waits `wait_ms`; then it is acknowledged, so from here on it must not be lost. */
void world_pay(struct itc_net *net, uint32_t i, uint32_t wallet, uint64_t seq, uint64_t wait_ms);
/* A wallet's account as node `i` tells it. Takes 100 ms. */
struct itc_account world_account(struct itc_net *net, uint32_t i, uint32_t wallet);
uint64_t world_next_seq(struct itc_net *net, uint32_t i, uint32_t wallet);

/* No node has stopped itself, and all that are up come to height `head` in time. */
void world_reach(struct itc_net *net, uint64_t head, uint64_t within_ms);
/* All that are up come to be `milestones` above the newest head; those of one height then have one header. */
void world_go_on(struct itc_net *net, uint64_t milestones, uint64_t within_ms);

/* Cuts the links between the nodes of `side`, a bitmap, and all others; and mends them. */
void world_part(struct itc_net *net, uint32_t side);
void world_unite(struct itc_net *net, uint32_t side);

#endif
