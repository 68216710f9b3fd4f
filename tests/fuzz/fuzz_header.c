/* Any header is refused or reads back as the same bytes. */
#include "spv/header.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[ITC_HEADER_SIZE];
    struct itc_header header;
    const size_t len = sizeof again;
    if (itc_header_decode(&header, data, size))
        return 0;
    itc_header_encode(again, &header);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
