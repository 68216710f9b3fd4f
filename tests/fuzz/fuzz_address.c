/* Any text is refused or is the one spelling of what it says, but for its case. */
#include "spv/address.h"

#include <string.h>

#define TEXT_MAX 90 /* BIP350 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const char *again, const char *text, size_t len)
{
    ITC_ASSERT(strlen(again) == len);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        ITC_ASSERT(again[i] == (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char hrp[TEXT_MAX], again[TEXT_MAX + 1], address[ITC_ADDRESS_TEXT];
    uint8_t groups[TEXT_MAX];
    size_t count;
    if (itc_bech32m_decode(hrp, sizeof hrp, groups, sizeof groups, &count, text, size))
        return 0;
    enum itc_err e = itc_bech32m_encode(again, sizeof again, hrp, groups, count);
    ITC_ASSERT(e == ITC_OK);
    expect_same(again, text, size);
    for (int net = 0; net < ITC_NETWORK_COUNT; net++) {
        struct itc_key key;
        if (itc_address_decode(&key, (enum itc_network)net, text, size))
            continue;
        itc_address_encode(address, (enum itc_network)net, &key);
        expect_same(address, text, size);
    }
    return 0;
}
