/* Any payload is refused or reads back as the same bytes. First byte: the frame's type. */
#include "node/message.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    struct itc_message m;
    size_t frame_len, payload_len;
    uint8_t type;
    if (size < 1 || size - 1 > ITC_MESSAGE_MAX ||
        itc_message_decode(&m, data[0], data + 1, size - 1))
        return 0;
    enum itc_err e = itc_message_encode(frame, sizeof frame, &frame_len, &m);
    ITC_ASSERT(e == ITC_OK && frame_len == ITC_FRAME_HEAD + size - 1);
    ITC_ASSERT(memcmp(frame + ITC_FRAME_HEAD, data + 1, size - 1) == 0);
    e = itc_frame_size(frame, &payload_len, &type);
    ITC_ASSERT(e == ITC_OK && payload_len == size - 1 && type == data[0]);
    return 0;
}
