#include "spv/address.h"

#include "spv/sign.h"

#include <string.h>

#define TEXT_MAX 90
#define CHECKSUM_LEN 6
#define CHECKSUM_CONST 0x2bc830a3u /* BIP350 */
#define TYPE_ACCOUNT 0

#define PAYLOAD_SIZE 33 /* type 1 | key 32 */
#define PAYLOAD_GROUPS 53

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static const char *const prefixes[ITC_NETWORK_COUNT] = {
    [ITC_NETWORK_MAIN] = "itc",
    [ITC_NETWORK_TEST] = "titc",
    [ITC_NETWORK_PRIVATE] = "ritc",
};

static uint32_t polymod_step(uint32_t c, unsigned value)
{
    static const uint32_t generator[5] = {
        0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = c >> 25;
    c = (c & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        if (top >> i & 1)
            c ^= generator[i];
    return c;
}

static uint32_t polymod(const char *hrp, size_t hrp_len, const uint8_t *data, size_t data_len)
{
    uint32_t c = 1;
    for (size_t i = 0; i < hrp_len; i++)
        c = polymod_step(c, (unsigned char)hrp[i] >> 5);
    c = polymod_step(c, 0);
    for (size_t i = 0; i < hrp_len; i++)
        c = polymod_step(c, (unsigned char)hrp[i] & 31);
    for (size_t i = 0; i < data_len; i++)
        c = polymod_step(c, data[i]);
    return c;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Copies the text in lower case.  ITC_E_FORM: mixed case, a character that no part may have, bad length. */
static enum itc_err fold_case(char *out, const char *text, size_t len)
{
    bool upper = false, lower = false;
    if (len > TEXT_MAX)
        return ITC_E_FORM;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '!' || text[i] > '~')
            return ITC_E_FORM;
        upper = upper || is_upper(text[i]);
        lower = lower || is_lower(text[i]);
        out[i] = is_upper(text[i]) ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    return upper && lower ? ITC_E_FORM : ITC_OK;
}

static enum itc_err read_groups(uint8_t *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char *at = memchr(charset, text[i], 32);
        if (!at)
            return ITC_E_FORM;
        out[i] = (uint8_t)(at - charset);
    }
    return ITC_OK;
}

enum itc_err itc_bech32m_decode(char *hrp, size_t hrp_cap, uint8_t *data, size_t data_cap,
    size_t *data_len, const char *text, size_t len)
{
    char folded[TEXT_MAX];
    uint8_t groups[TEXT_MAX];
    enum itc_err e = fold_case(folded, text, len);
    if (e)
        return e;
    size_t hrp_len = len; /* up to the last '1' */
    while (hrp_len > 0 && folded[hrp_len - 1] != '1')
        hrp_len--;
    if (hrp_len < 2 || len - hrp_len < CHECKSUM_LEN)
        return ITC_E_FORM;
    size_t count = len - hrp_len;
    hrp_len--;
    e = read_groups(groups, folded + hrp_len + 1, count);
    if (e)
        return e;
    if (polymod(folded, hrp_len, groups, count) != CHECKSUM_CONST)
        return ITC_E_CHECKSUM;
    if (hrp_len >= hrp_cap || count - CHECKSUM_LEN > data_cap)
        return ITC_E_TOO_LARGE;
    memcpy(hrp, folded, hrp_len);
    hrp[hrp_len] = '\0';
    *data_len = count - CHECKSUM_LEN;
    memcpy(data, groups, *data_len);
    return ITC_OK;
}

/* Length of a text, looking no further than TEXT_MAX characters. */
static size_t text_len(const char *text)
{
    size_t len = 0;
    while (len <= TEXT_MAX && text[len] != '\0')
        len++;
    return len;
}

enum itc_err itc_bech32m_encode(
    char *out, size_t cap, const char *hrp, const uint8_t *data, size_t data_len)
{
    size_t hrp_len = text_len(hrp);
    if (hrp_len > TEXT_MAX || data_len > TEXT_MAX)
        return ITC_E_TOO_LARGE; /* before the sum could wrap */
    size_t len = hrp_len + 1 + data_len + CHECKSUM_LEN;
    if (len > TEXT_MAX || len >= cap)
        return ITC_E_TOO_LARGE;
    if (hrp_len == 0)
        return ITC_E_FORM;
    for (size_t i = 0; i < hrp_len; i++)
        if (hrp[i] < '!' || hrp[i] > '~' || is_upper(hrp[i]))
            return ITC_E_FORM;
    for (size_t i = 0; i < data_len; i++)
        if (data[i] > 31)
            return ITC_E_FORM;

    uint32_t check = polymod(hrp, hrp_len, data, data_len);
    for (size_t i = 0; i < CHECKSUM_LEN; i++)
        check = polymod_step(check, 0);
    check ^= CHECKSUM_CONST;
    memcpy(out, hrp, hrp_len);
    out += hrp_len;
    *out++ = '1';
    for (size_t i = 0; i < data_len; i++)
        *out++ = charset[data[i]];
    for (size_t i = 0; i < CHECKSUM_LEN; i++)
        *out++ = charset[check >> 5 * (CHECKSUM_LEN - 1 - i) & 31];
    *out = '\0';
    return ITC_OK;
}

/* The 33 bytes are 264 bits: 53 groups of 5, the last of which carries one bit of padding. */
static void to_groups(uint8_t groups[PAYLOAD_GROUPS], const uint8_t payload[PAYLOAD_SIZE])
{
    memset(groups, 0, PAYLOAD_GROUPS);
    for (size_t bit = 0; bit < 8 * PAYLOAD_SIZE; bit++)
        groups[bit / 5] |= (uint8_t)((payload[bit / 8] >> (7 - bit % 8) & 1) << (4 - bit % 5));
}

static void from_groups(uint8_t payload[PAYLOAD_SIZE], const uint8_t groups[PAYLOAD_GROUPS])
{
    memset(payload, 0, PAYLOAD_SIZE);
    for (size_t bit = 0; bit < 8 * PAYLOAD_SIZE; bit++)
        payload[bit / 8] |= (uint8_t)((groups[bit / 5] >> (4 - bit % 5) & 1) << (7 - bit % 8));
}

void itc_address_encode(char out[ITC_ADDRESS_TEXT], enum itc_network net, const struct itc_key *key)
{
    ITC_ASSERT((unsigned)net < ITC_NETWORK_COUNT);
    uint8_t payload[PAYLOAD_SIZE] = {TYPE_ACCOUNT}, groups[PAYLOAD_GROUPS];
    memcpy(payload + 1, key->b, sizeof key->b);
    to_groups(groups, payload);
    enum itc_err e =
        itc_bech32m_encode(out, ITC_ADDRESS_TEXT, prefixes[net], groups, sizeof groups);
    ITC_ASSERT(e == ITC_OK);
}

enum itc_err itc_address_decode(
    struct itc_key *out, enum itc_network net, const char *text, size_t len)
{
    ITC_ASSERT((unsigned)net < ITC_NETWORK_COUNT);
    char hrp[TEXT_MAX] = {0};
    uint8_t groups[TEXT_MAX], payload[PAYLOAD_SIZE];
    size_t count = 0;
    enum itc_err e = itc_bech32m_decode(hrp, sizeof hrp, groups, sizeof groups, &count, text, len);
    if (e)
        return e;
    size_t prefix_len = text_len(prefixes[net]);
    if (memcmp(hrp, prefixes[net], prefix_len + 1) != 0)
        return ITC_E_CHAIN;
    if (count != PAYLOAD_GROUPS || (groups[count - 1] & 1) != 0)
        return ITC_E_FORM;
    from_groups(payload, groups);
    if (payload[0] != TYPE_ACCOUNT)
        return ITC_E_VERSION;
    struct itc_key key;
    struct itc_pubkey parsed;
    memcpy(key.b, payload + 1, sizeof key.b);
    e = itc_pubkey_parse(&parsed, &key);
    if (!e)
        *out = key;
    return e;
}
