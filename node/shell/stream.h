/* stream.h - one byte stream to a peer: frames in, frames out. Shell.
 *
 *     NNG's thread:  bytes arrive / a send fails  ->  ready()        bytes leave  ->  the next ones follow
 *     core thread:   itc_stream_read (frame by frame, in place; asks for more bytes when none is whole)
 *                    itc_stream_write (copies into the send queue), itc_stream_flush (starts sending)
 *
 * One receive buffer of 128 KiB: no more bytes are asked for before the frames in it have been read, so a peer
 * that sends faster than the node works is slowed down by TCP itself. The send queue is a chain of blocks,
 * several of which leave in one system call; 512 KiB of them are there from the start. */
#ifndef ITC_SHELL_STREAM_H
#define ITC_SHELL_STREAM_H

#include "node/message.h"

#include <nng/nng.h>

struct itc_stream;

/* On NNG's thread: there is something to read, or the stream has failed. Must not block. */
typedef void itc_stream_ready_fn(void *ctx);

/* Takes over `raw`, also on failure. NULL: out of memory. Nothing is received before the first read. */
struct itc_stream *itc_stream_open(nng_stream *raw, itc_stream_ready_fn *ready, void *ctx);
/* Ends it; `ready` is not called any more once this returns. Unsent bytes are lost. */
void itc_stream_close(struct itc_stream *s);

enum itc_stream_result {
    ITC_STREAM_FRAME, /* *frame is filled, borrowed until the next call */
    ITC_STREAM_EMPTY, /* no whole frame; `ready` will be called when there is more */
    ITC_STREAM_BAD,   /* a frame's size is zero or too large: close it */
    ITC_STREAM_CLOSED /* by the peer or the network: close it */
};
struct itc_frame {
    uint8_t type;
    const uint8_t *payload;
    size_t len;
};
enum itc_stream_result itc_stream_read(struct itc_stream *s, struct itc_frame *frame);

/* Queues a whole frame, copied. false: the queue would exceed `queue_max` bytes. */
bool itc_stream_write(struct itc_stream *s, const uint8_t *frame, size_t len, size_t queue_max);
/* Starts sending what is queued, unless that goes on already. */
void itc_stream_flush(struct itc_stream *s);

/* Bytes received since the last call. */
size_t itc_stream_received(struct itc_stream *s);

#endif
