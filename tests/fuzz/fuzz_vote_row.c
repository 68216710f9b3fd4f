/* Any vote row is refused or reads back as the same bytes. First 17 bytes: the row's key. */
#include "node/message.h"
#include "node/store.h"

#include <string.h>

#define KEY_LEN 17

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[ITC_HEADER_SIZE + ITC_BODY_MAX + ITC_CERT_MAX + 256];
    struct itc_vote_row row;
    size_t len;
    if (size < KEY_LEN || itc_vote_row_decode(&row, data, KEY_LEN, data + KEY_LEN, size - KEY_LEN))
        return 0;
    struct itc_store_key key = itc_key_vote(&row.slot, (uint8_t)row.type);
    ITC_ASSERT(key.len == KEY_LEN && memcmp(key.b, data, KEY_LEN) == 0);
    enum itc_err e = itc_vote_row_encode(again, sizeof again, &len, &row);
    ITC_ASSERT(e == ITC_OK && len == size - KEY_LEN);
    ITC_ASSERT(memcmp(again, data + KEY_LEN, len) == 0);
    return 0;
}
