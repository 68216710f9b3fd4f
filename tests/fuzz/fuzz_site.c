/* Any site is refused or reads back as the same bytes. */
#include "spv/site.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[ITC_SITE_MAX];
    struct itc_site site;
    size_t len;
    if (itc_site_decode(&site, data, size))
        return 0;
    enum itc_err e = itc_site_encode(again, sizeof again, &len, &site);
    ITC_ASSERT(e == ITC_OK);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
