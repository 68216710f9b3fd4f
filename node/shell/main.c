/* main.c - itcd: reads the options, opens the parts in order, runs the loop, closes them in reverse. */
#include "node/shell/data_dir.h"
#include "node/shell/first_use.h"
#include "node/shell/genesis_cmd.h"
#include "node/shell/genesis_options.h"
#include "node/shell/http.h"
#include "node/shell/key_cmd.h"
#include "node/shell/log.h"
#include "node/shell/service.h"
#include "pow/pow.h"
#include "spv/sign.h"
#include "tangle/weight.h"
#include "tools/keyfile.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_REFUSED 1
#define EXIT_USAGE 3
#define SOFTWARE "itcd " ITC_VERSION

/* What a running node consists of; NULL where a part is not open. */
struct program {
    struct itc_options options;
    struct itc_data_dir data;
    struct itc_secret secret;
    struct itc_loop *loop;
    struct itc_service *service;
    struct itc_http *http;
    const char *peers[ITC_OPTION_LIST];
    char why[ITC_OPTION_WHY];
};

static int open_loop(struct program *p)
{
    const struct itc_options *o = &p->options;
    struct itc_loop_config c = {
        .node = {.genesis = p->data.document,
            .genesis_len = p->data.document_len,
            .secret = o->key.s[0] ? &p->secret : NULL,
            .first_use = o->key.s[0] && itc_first_use_is(o->key.s, &p->data.chain),
            .software = SOFTWARE},
        .data_dir = p->data.path,
        .peer_listen = o->peer_listen.s[0] ? o->peer_listen.s : NULL,
        .peers = p->peers,
        .peers_count = o->peers.count,
        .verify_threads = (uint32_t)o->verify_threads,
        .work_threads = (uint32_t)o->work_threads,
    };
    itc_limits_default(&c.node.limits);
    for (size_t i = 0; i < o->peers.count; i++)
        p->peers[i] = o->peers.values[i].s;
    if (itc_loop_open(&p->loop, &c, p->why, sizeof p->why))
        return -1;
    return c.node.first_use ? itc_first_use_end(o->key.s, p->why, sizeof p->why) : 0;
}

static int open_http(struct program *p)
{
    struct itc_http_config c = {
        .url = p->options.http_listen.s,
        .loop = p->loop,
        .api = {.chain = p->data.chain, .network = p->data.genesis.params.network},
        .health = {.idle_ms = p->data.genesis.params.idle_ms,
            .peers_expected = p->options.peers.count > 0},
    };
    return itc_http_open(&p->http, &c, p->why, sizeof p->why);
}

/* Opens everything; on -1 the reason is in p->why and close_all() cleans up. */
static int open_all(struct program *p)
{
    const struct itc_options *o = &p->options;
    if (itc_data_dir_find(&p->data, o, p->why, sizeof p->why))
        return -1;
    if (o->key.s[0] && itc_keyfile_read(&p->secret, o->key.s, p->why))
        return -1;
    int failed = open_loop(p);
    itc_wipe(&p->secret, sizeof p->secret); /* the node has its copy */
    if (failed || itc_data_dir_keep_genesis(&p->data, p->why, sizeof p->why))
        return -1;
    if (o->service_listen.s[0] &&
        itc_service_open(&p->service, p->loop, o->service_listen.s, p->why, sizeof p->why))
        return -1;
    return o->http_listen.s[0] ? open_http(p) : 0;
}

static void close_all(struct program *p)
{
    if (p->http)
        itc_http_close(p->http);
    if (p->service)
        itc_service_close(p->service);
    if (p->loop)
        itc_loop_close(p->loop);
}

static void log_start(const struct program *p)
{
    struct itc_loop_view view;
    char chain[65];
    itc_loop_view(p->loop, &view);
    itc_hex_encode(chain, p->data.chain.b, sizeof p->data.chain.b);
    itc_log(ITC_LOG_INFO, SOFTWARE ", %s network, chain %s",
        itc_network_name(p->data.genesis.params.network), chain);
    itc_log(ITC_LOG_INFO, "data in %s, milestone %llu, %llu accounts", p->data.path,
        (unsigned long long)view.info.index, (unsigned long long)view.info.accounts);
    if (view.info.validator)
        itc_log(ITC_LOG_INFO, "this node is a validator");
    else if (p->options.key.s[0])
        itc_log(ITC_LOG_WARN,
            "the key in %s is no validator's of this chain: this node does not vote",
            p->options.key.s);
    else
        itc_log(ITC_LOG_INFO, "this node does not vote");
    if (p->options.peer_listen.s[0])
        itc_log(ITC_LOG_INFO, "peers: %s (port %u)", p->options.peer_listen.s,
            (unsigned)itc_loop_port(p->loop));
    if (p->service)
        itc_log(ITC_LOG_INFO, "wallets and lamps: %s (port %u)", p->options.service_listen.s,
            (unsigned)itc_service_port(p->service));
    if (p->http)
        itc_log(ITC_LOG_INFO, "HTTP API: %s (port %u)", p->options.http_listen.s,
            (unsigned)itc_http_port(p->http));
}

/* Signals. They are blocked in all threads; this one waits for them. */

static void stop_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

static void *wait_for_signal(void *arg)
{
    struct program *p = arg;
    sigset_t set;
    int number = 0;
    stop_signals(&set);
    sigwait(&set, &number);
    itc_log(ITC_LOG_INFO, "stopping on signal %d", number);
    itc_loop_stop(p->loop);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* whoever asks twice means: at once */
    pause();
    return NULL;
}

static int run_loop(struct program *p)
{
    pthread_t waiter;
    int error = pthread_create(&waiter, NULL, wait_for_signal, p);
    if (error) {
        itc_log(ITC_LOG_ERROR, "cannot start a thread: %s", strerror(error));
        return EXIT_REFUSED;
    }
    int code = itc_loop_run(p->loop);
    pthread_cancel(waiter);
    pthread_join(waiter, NULL);
    return code;
}

/* Large blocks go back to the system when they are freed. Left alone, glibc raises the size from which they do up to 32 MiB,
 * and the buffers of RocksDB's merges then leave holes in the heap: a quarter more memory after a million sites. */
static void give_back_what_is_freed(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

/* Such a processor, or such a compiler, is worth knowing of. */
static void tell_broken_kernels(void)
{
    for (size_t i = 0; i < itc_pow_kernel_count; i++)
        if (itc_pow_kernels[i].available() && !itc_pow_kernel_works(&itc_pow_kernels[i]))
            itc_log(ITC_LOG_WARN, "proofs of work: kernel %s misses nonces here, and is not used",
                itc_pow_kernels[i].name);
}

static int run_node(struct program *p)
{
    sigset_t set;
    give_back_what_is_freed();
    stop_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    itc_log_set_level((enum itc_log_level)p->options.log_level);
    itc_report_to(itc_log_report);
    const char *sha = itc_sha256_use_best();
    const char *pow = itc_pow_use_best();
    itc_log(
        ITC_LOG_DEBUG, "kernels: sha256 %s, work %s, weights %s", sha, pow, itc_weight_use_best());
    tell_broken_kernels();

    if (open_all(p)) {
        itc_log(ITC_LOG_ERROR, "cannot start: %s", p->why);
        close_all(p);
        return EXIT_REFUSED;
    }
    log_start(p);
    int code = run_loop(p);
    close_all(p);
    itc_log(code ? ITC_LOG_ERROR : ITC_LOG_INFO, code ? "ended with an error" : "stopped");
    return code;
}

int main(int argc, char **argv)
{
    static struct program program;
    struct program *p = &program;
    if (argc > 1 && strcmp(argv[1], "genesis") == 0)
        return itc_genesis_command(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "key") == 0)
        return itc_key_command(argc - 2, argv + 2);
    if (itc_options_read(&p->options, argc - 1, argv + 1, p->why)) {
        fprintf(stderr, "itcd: %s\n", p->why);
        return EXIT_USAGE;
    }
    if (p->options.help)
        itc_options_help(stdout);
    else if (p->options.version)
        puts(SOFTWARE);
    else if (p->options.print_config)
        itc_options_print(&p->options, stdout);
    else
        return run_node(p);
    return 0;
}
