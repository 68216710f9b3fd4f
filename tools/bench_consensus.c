/* bench_consensus.c - itc-bench: whole nodes agree on empty milestones, in the memory of one thread.
 *
 *      +--> step --sends--> [mail] --message--+      no disk: what is written counts as durable at once
 *      |     |  ^                             |      no wire: a frame is copied from node to node
 *      |     +--+ signatures checked,         |      no pause: the next proposal follows the last certificate
 *      |          on the spot                 |
 *      +--------------------------------------+
 *
 * A decision takes a millisecond of their time, as if each replica had a processor of its own. Turns alternate
 * with as many raw signatures as the nodes made and checked in them: that is the limit. Seconds are of this
 * thread, so that a busy machine is no slower. */
#include "tools/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/node.h"
#include "spv/sign.h"
#include "tools/sim/private_chain.h"

#define TURNS 4
#define TURN_SHORT_S 0.4
#define TURN_LONG_S 5.0
#define STALLED_S 60
#define CHECKS_MAX 1024
#define MAILS_MAX 8192u /* a power of two; n = 31 has some 2,000 under way */
#define MAIL_MAX 1024   /* bytes: a proposal of an empty body is the largest */
#define RAW 64          /* different signatures to check */

struct mail {
    uint32_t from, to;
    enum itc_channel channel;
    size_t len;
    uint8_t frame[MAIL_MAX];
};

struct replica {
    struct itc_node *node;
    void *mem;
    bool more;
    struct itc_verify checks[CHECKS_MAX];
    uint32_t checks_count;
};

struct counts {
    uint64_t decisions, messages, bytes, signs, verifies;
};

static struct {
    struct itc_private_chain chain;
    uint32_t n;
    struct replica replicas[ITC_VALIDATORS_MAX];
    struct itc_signer signers[ITC_VALIDATORS_MAX];
    struct itc_pubkey keys[ITC_VALIDATORS_MAX];
    struct mail mails[MAILS_MAX];
    uint32_t first, count;
    uint64_t messages, bytes;
    struct itc_hash raw_messages[RAW];
    struct itc_sig raw_sigs[RAW];
} bench;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "itc-bench: consensus: %s\n", what);
    exit(1);
}

/* ---- a store that holds nothing: empty milestones never ask it ---- */

static enum itc_err get_nothing(void *ctx, enum itc_cf cf, const uint8_t *key, size_t key_len,
    uint8_t *out, size_t cap, size_t *len)
{
    (void)ctx, (void)cf, (void)key, (void)key_len, (void)out, (void)cap, (void)len;
    return ITC_E_UNKNOWN;
}

static void scan_nothing(void *ctx, enum itc_cf cf, const uint8_t *from, size_t from_len,
    itc_store_row_fn *fn, void *fn_ctx)
{
    (void)ctx, (void)cf, (void)from, (void)from_len, (void)fn, (void)fn_ctx;
}

/* ---- what a shell does ---- */

static void post(uint32_t from, const struct itc_send *s)
{
    if (bench.count == MAILS_MAX || s->len > MAIL_MAX)
        die("more or longer messages than agreeing takes");
    struct mail *m = &bench.mails[(bench.first + bench.count++) % MAILS_MAX];
    m->from = from;
    m->to = s->peer;
    m->channel = s->channel;
    m->len = s->len;
    memcpy(m->frame, s->frame, s->len);
    bench.messages++;
    bench.bytes += s->len;
}

static void carry_out(uint32_t i, const struct itc_actions *a)
{
    struct replica *r = &bench.replicas[i];
    if (a->halt != NULL)
        die(a->halt);
    if (a->drops_count > 0)
        die("a replica lets go of another");
    for (uint32_t k = 0; k < a->sends_count; k++)
        post(i, &a->sends[k]);
    for (uint32_t k = 0; k < a->verifies_count; k++) {
        if (r->checks_count == CHECKS_MAX)
            die("more signatures to check than agreeing takes");
        r->checks[r->checks_count++] = a->verifies[k];
    }
    r->more = a->more;
}

static bool check(const struct itc_verify *v)
{
    for (uint32_t i = 0; i < bench.n; i++)
        if (itc_key_equal(&bench.signers[i].key, &v->key))
            return itc_pubkey_verify(&bench.keys[i], &v->message, &v->sig) == ITC_OK;
    return false;
}

static uint64_t head(uint32_t i)
{
    struct itc_hash id;
    return itc_node_head(bench.replicas[i].node, &id)->index;
}

static void step(uint32_t i, struct itc_event event)
{
    event.now_ms = bench.chain.params.time_ms + head(0);
    carry_out(i, itc_node_step(bench.replicas[i].node, &event));
}

/* One event, and all that follows from it without another message. */
static void run(uint32_t i, struct itc_event event)
{
    struct replica *r = &bench.replicas[i];
    step(i, event);
    while (r->checks_count > 0 || r->more) {
        struct itc_event next = {.type = ITC_EVENT_CONTINUE};
        if (r->checks_count > 0) {
            const struct itc_verify *v = &r->checks[--r->checks_count];
            next.type = ITC_EVENT_VERIFIED;
            next.u.verified.job = v->job;
            next.u.verified.good = check(v);
        }
        step(i, next);
    }
}

static void deliver_one(void)
{
    struct mail *m = &bench.mails[bench.first];
    struct itc_event e = {.type = ITC_EVENT_MESSAGE,
        .u.message = {
            .peer = m->from, .channel = m->channel, .payload = m->frame + ITC_FRAME_HEAD}};
    if (itc_frame_size(m->frame, &e.u.message.len, &e.u.message.type) != ITC_OK)
        die("a frame that is none");
    run(m->to, e);
    bench.first = (bench.first + 1) % MAILS_MAX;
    bench.count--;
}

/* ---- a network ---- */

static void start_replica(uint32_t i)
{
    struct itc_actions *first;
    struct itc_node_config c = {.genesis = bench.chain.genesis,
        .genesis_len = bench.chain.genesis_len,
        .secret = &bench.chain.validators[i],
        .first_use = true,
        .store = {.get = get_nothing, .scan = scan_nothing},
        .seed = i + 1,
        .software = "itc-bench"};
    struct replica *r = &bench.replicas[i];
    itc_limits_small(&c.limits);
    r->mem = calloc(1, itc_node_size(&c) + 64); /* a page exists once it is touched */
    if (r->mem == NULL)
        die("no memory");
    void *aligned = (void *)(((uintptr_t)r->mem + 63) & ~(uintptr_t)63);
    if (itc_node_start(&r->node, aligned, &c, bench.chain.params.time_ms, &first) != ITC_OK ||
        itc_signer_init(&bench.signers[i], &bench.chain.validators[i]) != ITC_OK ||
        itc_pubkey_parse(&bench.keys[i], &bench.signers[i].key) != ITC_OK)
        die("a replica does not start");
    carry_out(i, first);
}

static void connect_all(void)
{
    for (uint32_t i = 0; i < bench.n; i++)
        for (uint32_t j = 0; j < bench.n; j++)
            if (i != j)
                run(i, (struct itc_event){.type = ITC_EVENT_PEER_UP,
                           .u.up = {.peer = j, .validator = (uint8_t)j}});
}

static void start_network(uint64_t seed, uint32_t n)
{
    struct itc_params params;
    itc_private_params(&params);
    params.interval_ms = params.idle_ms = 0;
    memset(&bench, 0, sizeof bench);
    bench.n = n;
    itc_private_chain_init(&bench.chain, seed, n, &params);
    for (uint32_t i = 0; i < n; i++)
        start_replica(i);
    connect_all();
    for (uint32_t i = 0; i < RAW; i++) {
        bench.raw_messages[i].b[0] = (uint8_t)i;
        itc_signer_sign(&bench.signers[i % n], &bench.raw_messages[i], &bench.raw_sigs[i]);
    }
}

static void end_network(void)
{
    for (uint32_t i = 0; i < bench.n; i++)
        free(bench.replicas[i].mem);
}

/* What has happened so far. Each replica signs twice a height. */
static struct counts count_all(void)
{
    struct counts c = {.decisions = head(0), .messages = bench.messages, .bytes = bench.bytes};
    for (uint32_t i = 0; i < bench.n; i++) {
        c.signs += 2 * head(i);
        c.verifies += itc_node_stats(bench.replicas[i].node)->counts[ITC_COUNT_SIGNATURES_CHECKED];
    }
    return c;
}

/* ---- measuring ---- */

/* Seconds of this thread: what else the machine does is left out. */
static double cpu_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void decide_one(void)
{
    double start_s = bench_now_s();
    for (uint64_t from = head(0); head(0) == from; deliver_one())
        if (bench.count == 0 || bench_now_s() - start_s > STALLED_S)
            die("the replicas do not agree on anything");
}

/* Decides for `least_s` seconds and until one is taken; returns the seconds. */
static double agree_s(double least_s)
{
    double start_s = cpu_now_s(), took_s = 0;
    do {
        decide_one();
        took_s = cpu_now_s() - start_s;
    } while (took_s < least_s);
    return took_s;
}

/* Seconds for that many signatures alone, with all keys parsed. */
static double raw_s(uint64_t signs, uint64_t verifies)
{
    struct itc_sig sig;
    uint64_t good = 0;
    double start_s = cpu_now_s();
    for (uint64_t i = 0; i < signs; i++)
        itc_signer_sign(&bench.signers[i % bench.n], &bench.raw_messages[i % RAW], &sig);
    for (uint64_t i = 0; i < verifies; i++)
        good += itc_pubkey_verify(&bench.keys[i % RAW % bench.n], &bench.raw_messages[i % RAW],
                    &bench.raw_sigs[i % RAW]) == ITC_OK;
    if (good != verifies)
        die("a signature does not verify");
    return cpu_now_s() - start_s;
}

static void print(const struct counts *c, double took_s, double limit_s)
{
    char field[8], note[160];
    double d = (double)c->decisions;
    snprintf(field, sizeof field, "%u", bench.n);
    snprintf(note, sizeof note,
        "a decision: %.1f messages, %.0f bytes, %.1f signatures made, %.1f checked; limit: these "
        "alone",
        (double)c->messages / d, (double)c->bytes / d, (double)c->signs / d,
        (double)c->verifies / d);
    struct bench_row row = {.metric = "decisions_per_s",
        .value = d / took_s,
        .unit = "1/s",
        .limit = d / limit_s,
        .n = c->decisions,
        .note = note,
        .field = "replicas",
        .field_value = field};
    bench_print(&row);
    row.limit = 0;
    row.note = "";
    row.metric = "messages_per_decision";
    row.unit = "messages";
    row.value = (double)c->messages / d;
    bench_print(&row);
    row.metric = "bytes_per_decision";
    row.unit = "bytes";
    row.value = (double)c->bytes / d;
    bench_print(&row);
}

void bench_consensus(const struct bench_options *o)
{
    static const uint32_t sizes[] = {4, 7, 16, 31};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        double took_s = 0, limit_s = 0;
        start_network(o->seed, sizes[k]);
        agree_s(0); /* past the greetings */
        struct counts start = count_all(), last = start;
        for (unsigned turn = 0; turn < TURNS; turn++) {
            took_s += agree_s(o->full ? TURN_LONG_S : TURN_SHORT_S);
            struct counts now = count_all();
            limit_s += raw_s(now.signs - last.signs, now.verifies - last.verifies);
            last = now;
        }
        last.decisions -= start.decisions;
        last.messages -= start.messages;
        last.bytes -= start.bytes;
        last.signs -= start.signs;
        last.verifies -= start.verifies;
        print(&last, took_s, limit_s);
        end_network();
    }
}
