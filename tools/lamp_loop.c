#include "tools/lamp_loop.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 3000 /* of an answer */
#define POLL_MS 1000    /* of a long poll: SIGTERM and OFF wait no longer */
#define SAVE_MS 10000   /* of light, at most, is given again after a power cut */
#define BACK_OFF_MIN_MS 250
#define BACK_OFF_MAX_MS 15000
#define SLICE_MS 100

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

_Noreturn void itc_lamp_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "itc-lamp: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(3);
}

const char *itc_lamp_path(const struct itc_lamp *l, char path[ITC_PATH_MAX], const char *name)
{
    if (itc_path_join(path, l->dir, name))
        itc_lamp_die("the name of directory %s is too long", l->dir);
    return path;
}

/* Without its memory the lamp would be paid twice for one payment: then it stops instead. */
void itc_lamp_save(struct itc_lamp *l)
{
    uint8_t bytes[ITC_LAMP_STATE_MAX];
    char path[ITC_PATH_MAX];
    int e = itc_file_replace(
        itc_lamp_path(l, path, "state"), bytes, itc_lamp_state_encode(bytes, &l->state));
    if (e)
        itc_lamp_die("cannot write %s: %s", path, strerror(e));
    l->saved_ms = clock_ms();
}

/* The state file is for others to read; the lamp itself never does. */
static void publish(const struct itc_lamp *l)
{
    char text[1024];
    int n = snprintf(text, sizeof text,
        "{\"address\":\"%s\",\"lit\":%s,\"left_ms\":%" PRIu64 ",\"tariff_s\":%" PRIu32
        ",\"milestone\":%" PRIu64 ",\"position\":%" PRIu32 ",\"trusted_milestone\":%" PRIu64
        ",\"payer\":%s%s%s}\n",
        l->address, l->lit ? "true" : "false", l->state.lit_ms, l->tariff_s, l->state.milestone,
        l->state.position, l->state.light.header.index, l->payer[0] ? "\"" : "",
        l->payer[0] ? l->payer : "null", l->payer[0] ? "\"" : "");
    ITC_ASSERT(n > 0 && (size_t)n < sizeof text);
    int e = itc_file_replace(l->state_file, text, (size_t)n);
    if (e)
        fprintf(stderr, "itc-lamp: cannot write %s: %s\n", l->state_file, strerror(e));
}

/* Lets time pass: counts what was shone, and switches off when it is used up. */
static void tick(struct itc_lamp *l)
{
    uint64_t now_ms = clock_ms();
    if (l->lit)
        itc_lamp_state_shine(&l->state, now_ms - l->seen_ms);
    l->seen_ms = now_ms;
    if (!l->lit)
        return;
    bool off = l->state.lit_ms == 0;
    if (!off && now_ms - l->saved_ms < SAVE_MS)
        return;
    itc_lamp_save(l);
    l->lit = !off;
    if (off)
        puts("OFF");
    publish(l);
}

/* "60" or "1.5": seconds as short as they are exact. */
static const char *seconds(char out[32], uint64_t ms)
{
    int n = snprintf(out, 32, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
    while (out[n - 1] == '0')
        out[--n] = '\0';
    if (out[n - 1] == '.')
        out[n - 1] = '\0';
    return out;
}

/* Counts one proved payment: remembered first, lit then. */
static enum itc_err count_payment(struct itc_lamp *l, const struct itc_tx_fact *fact)
{
    uint64_t bought_ms;
    tick(l);
    enum itc_err e = itc_lamp_state_pay(&l->state, &bought_ms, fact, &l->key, l->tariff_s);
    if (e)
        return e;
    itc_lamp_save(l);
    l->lit = l->state.lit_ms > 0;
    char amount[ITC_AMOUNT_TEXT], bought[32];
    itc_amount_format(amount, fact->tx.u.transfer.amount);
    itc_address_encode(l->payer, l->state.light.network, &fact->tx.issuer);
    printf("LIT %s s paid by %s ITC %s milestone %" PRIu64 "\n", seconds(bought, bought_ms),
        l->payer, amount, fact->milestone);
    publish(l);
    return ITC_OK;
}

/* One long poll, and a proof for each payment it names. False: this node is of no use now;
 * l->client.why. */
static bool poll_node(struct itc_lamp *l)
{
    struct itc_payments found;
    uint64_t left_ms = l->state.lit_ms;
    uint32_t wait_ms = l->lit && left_ms < POLL_MS ? (uint32_t)left_ms : POLL_MS;
    enum itc_call call = itc_client_payments(
        &l->client, &found, &l->key, l->state.milestone, l->state.position, wait_ms);
    for (uint32_t i = 0; !call && !stopping && i < found.count; i++) {
        struct itc_tx_fact fact;
        call =
            itc_client_proof(&l->client, &fact, NULL, NULL, &l->state.light, &found.list[i].tx_id);
        if (call || !count_payment(l, &fact))
            continue;
        snprintf(l->client.why, sizeof l->client.why,
            "the node names a payment that is not one, or was counted already");
        return false;
    }
    return call == ITC_CALL_DONE;
}

/* Connects to the current node and moves trust forward; false as above. */
static bool connect_node(struct itc_lamp *l)
{
    if (itc_client_open(&l->client, l->nodes[l->node_at], TIMEOUT_MS))
        return false;
    if (itc_client_refresh(&l->client, &l->state.light))
        return false;
    itc_lamp_save(l);
    publish(l);
    fprintf(stderr, "itc-lamp: connected to %s, at milestone %" PRIu64 "\n", l->client.url,
        l->state.light.header.index);
    return true;
}

/* Leaves this node for the next one, after a pause that doubles with each failure in a row. */
static void leave_node(struct itc_lamp *l)
{
    fprintf(stderr, "itc-lamp: %s\n", l->client.why);
    itc_client_close(&l->client);
    l->node_at = (l->node_at + 1) % l->node_count;
    uint64_t until_ms = clock_ms() + l->back_off_ms;
    if (l->back_off_ms < BACK_OFF_MAX_MS)
        l->back_off_ms *= 2;
    while (!stopping && clock_ms() < until_ms) {
        struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
        nanosleep(&slice, NULL);
        tick(l);
    }
}

void itc_lamp_run(struct itc_lamp *l)
{
    struct sigaction stop = {.sa_handler = on_signal};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    char left[32];
    l->back_off_ms = BACK_OFF_MIN_MS;
    l->seen_ms = clock_ms();
    l->lit = l->state.lit_ms > 0;
    if (l->lit)
        printf("LIT %s s left from before\n", seconds(left, l->state.lit_ms));
    publish(l);
    while (!stopping) {
        tick(l);
        bool good = l->client.open ? poll_node(l) : connect_node(l);
        if (good)
            l->back_off_ms = BACK_OFF_MIN_MS;
        else
            leave_node(l);
    }
    itc_client_close(&l->client);
    tick(l);
    itc_lamp_save(l);
    l->lit = false; /* what is left shines on at the next start */
    publish(l);
}
