/* bench_network.h - real nodes on this machine's loopback, for the benchmarks: validators, and full nodes that join
 * them. Shell.
 *
 * Keys, data and what the nodes say are in one directory, which is removed at the end. A failure ends the
 * benchmark with the nodes stopped and the directory kept. */
#ifndef ITC_TOOLS_BENCH_NETWORK_H
#define ITC_TOOLS_BENCH_NETWORK_H

#include <sys/types.h>

#include "tools/client.h"
#include "tools/file.h"

#define BENCH_VALIDATORS 4
#define BENCH_NODES_MAX (BENCH_VALIDATORS + 1)
#define BENCH_PORTS 3 /* of a node: peers, service, HTTP */
#define BENCH_TIMEOUT_MS 5000

struct bench_network {
    const char *name; /* of the benchmark */
    char itcd[ITC_PATH_MAX];
    char dir[ITC_PATH_MAX];
    unsigned validators; /* the first nodes */
    unsigned nodes;
    pid_t pids[BENCH_NODES_MAX]; /* 0: does not run */
    uint16_t ports[BENCH_NODES_MAX][BENCH_PORTS];
    struct itc_client client; /* of validator 0 */
};

/* Makes a chain and starts its validators; returns once each knows a milestone. `place` is where the
 * directory is made; NULL: beside this program. `options` of `itcd genesis`, NULL at the end. */
void bench_network_open(struct bench_network *net, const char *name, const char *place,
    unsigned validators, const char *const *options);
void bench_network_close(struct bench_network *net);

/* Starts a full node from nothing, or the node that was killed, and does not wait for it. */
unsigned bench_network_join(struct bench_network *net);
void bench_network_restart(struct bench_network *net, unsigned node);
/* SIGKILL; returns when it is gone. */
void bench_network_kill(struct bench_network *net, unsigned node);
/* Returns when the node answers at `service` that its newest milestone is `index` or later. Ends the benchmark if it
 * does not in time, or has ended. */
void bench_network_await(struct bench_network *net, struct itc_client *service, unsigned node,
    uint64_t index, double within_s);
/* Bytes of memory that are resident. */
double bench_network_rss(struct bench_network *net, unsigned node);

/* A path in the network's directory; returns `out`. */
const char *bench_network_path(
    char out[ITC_PATH_MAX], const struct bench_network *net, const char *name);
/* Ends the benchmark if `call` says that the client failed. */
void bench_network_must(struct bench_network *net, enum itc_call call);
/* Ends the benchmark, and says why. */
_Noreturn void __attribute__((format(printf, 2, 3)))
bench_network_die(struct bench_network *net, const char *format, ...);

#endif
