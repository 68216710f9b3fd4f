/* Any certificate is refused or reads back as the same bytes. */
#include "spv/header.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[ITC_CERT_MAX];
    struct itc_cert cert;
    if (itc_cert_decode(&cert, data, size))
        return 0;
    size_t len = itc_cert_encode(again, &cert);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
