#include "node/shell/stream.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define RECEIVE_BYTES (128u << 10)
#define BLOCK_BYTES (64u << 10)
#define BLOCKS_AT_ONCE 4 /* NNG's bound on the pieces of one send */
/* Beside the last one: there from the start. The heap serves a longer queue only. */
#define BLOCKS_KEPT 7

_Static_assert(
    RECEIVE_BYTES >= ITC_FRAME_HEAD + ITC_MESSAGE_MAX, "a frame fits the receive buffer");

struct block {
    struct block *next;
    uint32_t from, to; /* unsent bytes */
    uint8_t bytes[BLOCK_BYTES];
};

struct itc_stream {
    nng_stream *raw;
    itc_stream_ready_fn *ready;
    void *ctx;
    atomic_bool failed;

    /* receiving: the core thread's, but for `arrived` */
    nng_aio *receive_aio;
    bool receiving;      /* the aio is under way, or its result not yet taken */
    atomic_bool arrived; /* its result is there */
    uint32_t from, to;   /* unread bytes in `in` */
    size_t received;
    uint8_t *in;

    /* sending */
    nng_aio *send_aio;
    pthread_mutex_t lock; /* guards what follows */
    bool sending;
    size_t queued;
    struct block *first, *last; /* never empty: the last block stays for the next frame */
    struct block *spare;
    uint32_t spares;
};

/* ---- receiving ---- */

static void on_arrival(void *arg)
{
    struct itc_stream *s = arg;
    atomic_store(&s->arrived, true);
    s->ready(s->ctx);
}

static void ask_for_more(struct itc_stream *s)
{
    memmove(s->in, s->in + s->from, s->to - s->from);
    s->to -= s->from;
    s->from = 0;
    nng_iov iov = {.iov_buf = s->in + s->to, .iov_len = RECEIVE_BYTES - s->to};
    nng_aio_set_iov(s->receive_aio, 1, &iov);
    s->receiving = true;
    nng_stream_recv(s->raw, s->receive_aio);
}

/* false: nothing has come yet, or never will. */
static bool take_arrived(struct itc_stream *s)
{
    if (!atomic_exchange(&s->arrived, false))
        return false;
    s->receiving = false;
    size_t count = nng_aio_count(s->receive_aio);
    if (nng_aio_result(s->receive_aio) != 0 || count == 0) {
        atomic_store(&s->failed, true);
        return false;
    }
    s->to += (uint32_t)count;
    s->received += count;
    return true;
}

enum itc_stream_result itc_stream_read(struct itc_stream *s, struct itc_frame *frame)
{
    if (s->receiving && !take_arrived(s))
        return atomic_load(&s->failed) ? ITC_STREAM_CLOSED : ITC_STREAM_EMPTY;
    if (atomic_load(&s->failed))
        return ITC_STREAM_CLOSED;
    const uint8_t *head = s->in + s->from;
    if (s->to - s->from >= ITC_FRAME_HEAD) {
        size_t len = 0;
        uint8_t type = 0;
        if (itc_frame_size(head, &len, &type) != ITC_OK)
            return ITC_STREAM_BAD;
        if (s->to - s->from >= ITC_FRAME_HEAD + len) {
            *frame = (struct itc_frame){.type = type, .payload = head + ITC_FRAME_HEAD, .len = len};
            s->from += ITC_FRAME_HEAD + (uint32_t)len;
            return ITC_STREAM_FRAME;
        }
    }
    ask_for_more(s);
    return ITC_STREAM_EMPTY;
}

size_t itc_stream_received(struct itc_stream *s)
{
    size_t n = s->received;
    s->received = 0;
    return n;
}

/* ---- sending ---- */

static void put_back(struct itc_stream *s, struct block *b)
{
    if (s->spares == BLOCKS_KEPT) {
        free(b);
        return;
    }
    b->next = s->spare;
    s->spare = b;
    s->spares++;
}

static struct block *take_block(struct itc_stream *s)
{
    struct block *b = s->spare;
    if (b == NULL)
        return malloc(sizeof *b);
    s->spare = b->next;
    s->spares--;
    return b;
}

static bool add_block(struct itc_stream *s)
{
    struct block *b = take_block(s);
    if (b == NULL)
        return false;
    b->next = NULL;
    b->from = b->to = 0;
    if (s->last != NULL)
        s->last->next = b;
    else
        s->first = b;
    s->last = b;
    return true;
}

/* Blocks for `len` more bytes come first, so that a frame is queued whole or not at all. */
static bool reserve(struct itc_stream *s, size_t len)
{
    struct block *tail = s->last;
    size_t room = BLOCK_BYTES - tail->to;
    for (; room < len; room += BLOCK_BYTES)
        if (!add_block(s)) {
            s->last = tail;
            for (struct block *b = tail->next, *next; b != NULL; b = next) {
                next = b->next;
                put_back(s, b);
            }
            tail->next = NULL;
            return false;
        }
    s->last = tail;
    return true;
}

static void copy_in(struct itc_stream *s, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        if (s->last->to == BLOCK_BYTES)
            s->last = s->last->next;
        size_t n = BLOCK_BYTES - s->last->to;
        if (n > len)
            n = len;
        memcpy(s->last->bytes + s->last->to, bytes, n);
        s->last->to += (uint32_t)n;
        bytes += n;
        len -= n;
    }
}

bool itc_stream_write(struct itc_stream *s, const uint8_t *frame, size_t len, size_t queue_max)
{
    pthread_mutex_lock(&s->lock);
    bool fits = s->queued + len <= queue_max && reserve(s, len);
    if (fits) {
        copy_in(s, frame, len);
        s->queued += len;
    }
    pthread_mutex_unlock(&s->lock);
    return fits;
}

static void aim(struct itc_stream *s)
{
    nng_iov iov[BLOCKS_AT_ONCE];
    unsigned n = 0;
    for (struct block *b = s->first; b != NULL && b->to > b->from && n < BLOCKS_AT_ONCE;
         b = b->next)
        iov[n++] = (nng_iov){.iov_buf = b->bytes + b->from, .iov_len = b->to - b->from};
    nng_aio_set_iov(s->send_aio, n, iov);
}

void itc_stream_flush(struct itc_stream *s)
{
    pthread_mutex_lock(&s->lock);
    bool start = !s->sending && s->queued > 0 && !atomic_load(&s->failed);
    if (start) {
        s->sending = true;
        aim(s);
    }
    pthread_mutex_unlock(&s->lock);
    if (start)
        nng_stream_send(s->raw, s->send_aio);
}

static void forget_sent(struct itc_stream *s, size_t count)
{
    s->queued -= count;
    while (count > 0) {
        struct block *b = s->first;
        size_t n = b->to - b->from < count ? b->to - b->from : count;
        b->from += (uint32_t)n;
        count -= n;
        if (b->from < b->to)
            break;
        if (b == s->last) {
            b->from = b->to = 0;
        } else {
            s->first = b->next;
            put_back(s, b);
        }
    }
}

static void on_sent(void *arg)
{
    struct itc_stream *s = arg;
    pthread_mutex_lock(&s->lock);
    bool failed = nng_aio_result(s->send_aio) != 0;
    if (!failed)
        forget_sent(s, nng_aio_count(s->send_aio));
    bool more = !failed && s->queued > 0;
    if (more)
        aim(s);
    else
        s->sending = false;
    pthread_mutex_unlock(&s->lock);
    if (more)
        nng_stream_send(s->raw, s->send_aio);
    if (failed) {
        atomic_store(&s->failed, true);
        s->ready(s->ctx);
    }
}

/* ---- opening and closing ---- */

static bool make_spares(struct itc_stream *s)
{
    while (s->spares < BLOCKS_KEPT) {
        struct block *b = malloc(sizeof *b);
        if (b == NULL)
            return false;
        put_back(s, b);
    }
    return true;
}

static void free_blocks(struct block *b)
{
    for (struct block *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
}

struct itc_stream *itc_stream_open(nng_stream *raw, itc_stream_ready_fn *ready, void *ctx)
{
    struct itc_stream *s = calloc(1, sizeof *s);
    if (s == NULL) {
        nng_stream_free(raw);
        return NULL;
    }
    s->raw = raw;
    s->ready = ready;
    s->ctx = ctx;
    pthread_mutex_init(&s->lock, NULL);
    s->in = malloc(RECEIVE_BYTES);
    if (s->in == NULL || !make_spares(s) || !add_block(s) ||
        nng_aio_alloc(&s->receive_aio, on_arrival, s) != 0 ||
        nng_aio_alloc(&s->send_aio, on_sent, s) != 0) {
        itc_stream_close(s);
        return NULL;
    }
    return s;
}

void itc_stream_close(struct itc_stream *s)
{
    nng_stream_close(s->raw);
    if (s->receive_aio != NULL)
        nng_aio_stop(s->receive_aio);
    if (s->send_aio != NULL)
        nng_aio_stop(s->send_aio);
    nng_aio_free(s->receive_aio);
    nng_aio_free(s->send_aio);
    nng_stream_free(s->raw);
    free_blocks(s->first);
    free_blocks(s->spare);
    free(s->in);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
