/* Any request is refused or reads back as the same bytes. */
#include "spv/service.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[ITC_REQUEST_MAX];
    struct itc_request request;
    size_t len;
    if (itc_request_decode(&request, data, size))
        return 0;
    enum itc_err e = itc_request_encode(again, sizeof again, &len, &request);
    ITC_ASSERT(e == ITC_OK);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
