/* Any file that should hold a change of the committee is refused with a reason, or makes one that may be signed. */
#include "tools/itc_change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct itc_change_file f;
    static uint8_t sigs[64 * ITC_CHANGE_SIGNERS_MAX];
    struct itc_change change;
    if (!itc_change_file_parse(&f, "it", data, size)) {
        ITC_ASSERT(f.why[0] != '\0');
        return 0;
    }
    ITC_ASSERT(itc_change_file_is_fit(&f) && itc_change_file_merge(&f, &f));
    if (itc_change_file_payload(&f, &change, sigs))
        ITC_ASSERT(itc_change_check(&change) == ITC_OK);
    return 0;
}
