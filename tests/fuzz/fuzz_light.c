/* Any stored state of a light client is refused or reads back as the same bytes. */
#include "spv/light.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[ITC_LIGHT_MAX];
    struct itc_light light;
    if (itc_light_decode(&light, data, size))
        return 0;
    size_t len = itc_light_encode(again, &light);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
