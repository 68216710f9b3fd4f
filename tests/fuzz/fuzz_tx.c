/* Any transaction is refused or reads back as the same bytes. */
#include "spv/tx.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[ITC_TX_MAX];
    struct itc_tx tx;
    size_t len;
    if (itc_tx_decode(&tx, data, size))
        return 0;
    enum itc_err e = itc_tx_encode(again, sizeof again, &len, &tx);
    ITC_ASSERT(e == ITC_OK);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
