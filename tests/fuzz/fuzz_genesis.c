/* Any genesis document is refused or reads back as the same bytes. */
#include "spv/genesis.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[ITC_GENESIS_MAX];
    struct itc_genesis genesis;
    size_t len;
    if (itc_genesis_decode(&genesis, data, size))
        return 0;
    enum itc_err e = itc_genesis_encode(again, sizeof again, &len, &genesis);
    ITC_ASSERT(e == ITC_OK);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
