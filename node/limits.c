#include "node/limits.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

void itc_limits_default(struct itc_limits *out)
{
    *out = (struct itc_limits){
        .window_sites = 1u << 18,
        .window_bytes = 96 * MIB,
        .open_milestones = 1,
        .pending_sites = 16384,
        .pending_bytes = 16 * MIB,
        .pending_per_peer = 4096,
        .wanted = 16384,
        .wanted_per_peer = 4096,
        .bad_ids = 65536,
        .pool_txs = 32768,
        .pool_bytes = 16 * MIB,
        .works = 64,
        .peers = 64,
        .waits = 1024,
        .arena_bytes = 96 * MIB,
    };
}

void itc_limits_small(struct itc_limits *out)
{
    *out = (struct itc_limits){
        .window_sites = 16384,
        .window_bytes = 6 * MIB,
        .open_milestones = 1,
        .pending_sites = 1024,
        .pending_bytes = 1 * MIB,
        .pending_per_peer = 512,
        .wanted = 1024,
        .wanted_per_peer = 512,
        .bad_ids = 1024,
        .pool_txs = 1024,
        .pool_bytes = 512 * KIB,
        .works = 16,
        .peers = 32,
        .waits = 64,
        .arena_bytes = 16 * MIB,
    };
}
