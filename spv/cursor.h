/* cursor.h - bounded reading and writing of bytes. Pure.
 *
 * Integers are little-endian. A reader or writer that would pass its end fails once and for all: later calls
 * give zeros (or write nothing), and the codec asks once, at its end, whether all was well. So a decoder is a
 * straight line of reads without a branch for each. */
#ifndef ITC_SPV_CURSOR_H
#define ITC_SPV_CURSOR_H

#include "spv/base.h"

struct itc_reader {
    const uint8_t *at;
    size_t left; /* bytes */
    bool failed; /* a read went past the end */
};

struct itc_writer {
    uint8_t *at;
    size_t left; /* bytes */
    size_t used; /* bytes written so far */
    bool failed; /* a write did not fit; nothing was written from there on */
};

struct itc_reader itc_reader_of(const uint8_t *bytes, size_t len);
uint8_t itc_read_u8(struct itc_reader *r);
uint16_t itc_read_u16(struct itc_reader *r);
uint32_t itc_read_u32(struct itc_reader *r);
uint64_t itc_read_u64(struct itc_reader *r);
/* Copies n bytes, or zeros after a failure. */
void itc_read_copy(struct itc_reader *r, void *out, size_t n);
/* Borrows n bytes of the input; NULL after a failure. n = 0 gives a non-NULL pointer. */
const uint8_t *itc_read_bytes(struct itc_reader *r, size_t n);
/* At the end of a decoder:  ITC_E_TRUNCATED: a read failed.  ITC_E_TRAILING: bytes are left. */
ITC_MUST enum itc_err itc_reader_end(const struct itc_reader *r);

struct itc_writer itc_writer_of(uint8_t *bytes, size_t cap);
void itc_write_u8(struct itc_writer *w, uint8_t v);
void itc_write_u16(struct itc_writer *w, uint16_t v);
void itc_write_u32(struct itc_writer *w, uint32_t v);
void itc_write_u64(struct itc_writer *w, uint64_t v);
void itc_write_bytes(struct itc_writer *w, const void *bytes, size_t n);
/* Big-endian, for store keys, whose byte order must be their numeric order. */
void itc_write_u32_be(struct itc_writer *w, uint32_t v);
void itc_write_u64_be(struct itc_writer *w, uint64_t v);
/* At the end of an encoder: *len gets the bytes written.  ITC_E_TOO_LARGE: they did not fit; *len is unchanged. */
ITC_MUST enum itc_err itc_writer_end(const struct itc_writer *w, size_t *len);

#endif
