/* Any state proof is refused or reads back as the same bytes. */
#include "spv/smt.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[ITC_SMT_PROOF_MAX];
    struct itc_smt_proof proof;
    size_t len;
    if (itc_smt_proof_decode(&proof, data, size))
        return 0;
    enum itc_err e = itc_smt_proof_encode(again, sizeof again, &len, &proof);
    ITC_ASSERT(e == ITC_OK);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
    return 0;
}
