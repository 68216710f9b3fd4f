/* bench_network.h - four real validators on this machine's loopback, for the benchmarks. Shell.
 *
 * Keys, data and what the validators say are in one directory, which is removed at the end. A failure ends the
 * benchmark with the validators stopped and the directory kept. */
#ifndef ITC_TOOLS_BENCH_NETWORK_H
#define ITC_TOOLS_BENCH_NETWORK_H

#include <sys/types.h>

#include "tools/client.h"
#include "tools/file.h"

#define BENCH_VALIDATORS 4
#define BENCH_PORTS 3 /* of a validator: peers, service, HTTP */
#define BENCH_TIMEOUT_MS 5000

struct bench_network {
    const char *name; /* of the benchmark */
    char itcd[ITC_PATH_MAX];
    char dir[ITC_PATH_MAX];
    pid_t pids[BENCH_VALIDATORS];
    uint16_t ports[BENCH_VALIDATORS][BENCH_PORTS];
    struct itc_client client; /* of validator 0 */
};

/* Makes a chain and starts its validators; returns once validator 0 knows a milestone. `place` is where the
 * directory is made; NULL: beside this program. `options` of `itcd genesis`, NULL at the end, 16 at most. */
void bench_network_open(
    struct bench_network *net, const char *name, const char *place, const char *const *options);
void bench_network_close(struct bench_network *net);

/* A path in the network's directory; returns `out`. */
const char *bench_network_path(
    char out[ITC_PATH_MAX], const struct bench_network *net, const char *name);
/* Ends the benchmark if `call` says that the client failed. */
void bench_network_must(struct bench_network *net, enum itc_call call);
/* Ends the benchmark, and says why. */
_Noreturn void __attribute__((format(printf, 2, 3)))
bench_network_die(struct bench_network *net, const char *format, ...);

#endif
