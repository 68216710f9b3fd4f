#include "spv/cursor.h"

#include <string.h>

struct itc_reader itc_reader_of(const uint8_t *bytes, size_t len)
{
    static const uint8_t nothing; /* so that no bytes at all are still a valid pointer */
    return (struct itc_reader){.at = len > 0 ? bytes : &nothing, .left = len};
}

const uint8_t *itc_read_bytes(struct itc_reader *r, size_t n)
{
    if (r->failed || n > r->left) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *bytes = r->at;
    r->at += n;
    r->left -= n;
    return bytes;
}

void itc_read_copy(struct itc_reader *r, void *out, size_t n)
{
    const uint8_t *bytes = itc_read_bytes(r, n);
    if (bytes)
        memcpy(out, bytes, n);
    else
        memset(out, 0, n);
}

static uint64_t read_le(struct itc_reader *r, size_t n)
{
    const uint8_t *bytes = itc_read_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = 0; bytes && i < n; i++)
        v |= (uint64_t)bytes[i] << (8 * i);
    return v;
}

uint8_t itc_read_u8(struct itc_reader *r)
{
    return (uint8_t)read_le(r, 1);
}

uint16_t itc_read_u16(struct itc_reader *r)
{
    return (uint16_t)read_le(r, 2);
}

uint32_t itc_read_u32(struct itc_reader *r)
{
    return (uint32_t)read_le(r, 4);
}

uint64_t itc_read_u64(struct itc_reader *r)
{
    return read_le(r, 8);
}

enum itc_err itc_reader_end(const struct itc_reader *r)
{
    if (r->failed)
        return ITC_E_TRUNCATED;
    return r->left > 0 ? ITC_E_TRAILING : ITC_OK;
}

struct itc_writer itc_writer_of(uint8_t *bytes, size_t cap)
{
    return (struct itc_writer){.at = bytes, .left = cap};
}

void itc_write_bytes(struct itc_writer *w, const void *bytes, size_t n)
{
    if (w->failed || n > w->left) {
        w->failed = true;
        return;
    }
    if (n == 0) /* then `bytes` or the buffer may be NULL */
        return;
    memcpy(w->at, bytes, n);
    w->at += n;
    w->left -= n;
    w->used += n;
}

static void write_le(struct itc_writer *w, uint64_t v, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    itc_write_bytes(w, bytes, n);
}

static void write_be(struct itc_writer *w, uint64_t v, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[n - 1 - i] = (uint8_t)(v >> (8 * i));
    itc_write_bytes(w, bytes, n);
}

void itc_write_u8(struct itc_writer *w, uint8_t v)
{
    write_le(w, v, 1);
}

void itc_write_u16(struct itc_writer *w, uint16_t v)
{
    write_le(w, v, 2);
}

void itc_write_u32(struct itc_writer *w, uint32_t v)
{
    write_le(w, v, 4);
}

void itc_write_u64(struct itc_writer *w, uint64_t v)
{
    write_le(w, v, 8);
}

void itc_write_u32_be(struct itc_writer *w, uint32_t v)
{
    write_be(w, v, 4);
}

void itc_write_u64_be(struct itc_writer *w, uint64_t v)
{
    write_be(w, v, 8);
}

enum itc_err itc_writer_end(const struct itc_writer *w, size_t *len)
{
    if (w->failed)
        return ITC_E_TOO_LARGE;
    *len = w->used;
    return ITC_OK;
}
