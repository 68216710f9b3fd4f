/* Any milestone body is refused or reads back as the same bytes. */
#include "node/message.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[ITC_BODY_MAX];
    struct itc_body body;
    if (itc_body_decode(&body, data, size))
        return 0;
    size_t len = itc_body_write(again, &body);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
