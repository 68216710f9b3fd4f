#include "spv/base.h"

#include <string.h>

#define DECIMALS_MAX 8 /* digits after the point of an amount: 1 grain */

static const struct {
    const char *name;
    const char *text;
} errors[ITC_ERR_COUNT] = {
    [ITC_OK] = {"ok", "Done."},
    [ITC_E_TRUNCATED] = {"truncated", "The data ends too early; fetch or copy it again in full."},
    [ITC_E_TRAILING] = {"trailing-bytes",
        "The data goes on after its end; remove what does not belong to it."},
    [ITC_E_FORM] = {"bad-form", "A field has a value that is not allowed; check what was entered."},
    [ITC_E_TOO_LARGE] = {"too-large", "A size or count exceeds its limit; send less at once."},
    [ITC_E_VERSION] = {"unknown-version",
        "The version, kind or type is not known here; one of the two programs needs an update."},
    [ITC_E_CHAIN] = {"wrong-chain",
        "This belongs to another chain or network; check which network was meant."},
    [ITC_E_SIGNATURE] = {"bad-signature",
        "The signature or key is not valid; check the key and sign again."},
    [ITC_E_WORK] = {"low-work",
        "The proof of work is below the price of its anchor; do the work again."},
    [ITC_E_ANCHOR] = {"bad-anchor",
        "The anchor is unknown or too old; attach again to a recent milestone."},
    [ITC_E_PARENT] = {"bad-parent",
        "A parent is unknown, dropped or too old; attach again with newer parents."},
    [ITC_E_DUPLICATE] = {"duplicate", "This is held already; nothing more needs to be done."},
    [ITC_E_UNKNOWN] = {"not-found",
        "This is not known here; check the id, or ask again later or another node."},
    [ITC_E_FULL] = {"full", "A limit of this node is reached; try again later."},
    [ITC_E_CHECKSUM] = {"bad-checksum",
        "The address has a typing error; copy it again from its source."},
    [ITC_E_OVERFLOW] = {"overflow", "The amount is more than can exist; enter a smaller one."},
    [ITC_E_FUNDS] = {"no-funds", "The balance does not cover the amount; send less."},
    [ITC_E_SEQUENCE] = {"bad-sequence",
        "The sequence number is not the account's next; ask for the next one and sign again."},
    [ITC_E_EXPIRED] = {"expired", "The time to apply has passed; sign again with a later limit."},
    [ITC_E_QUORUM] = {"no-quorum",
        "The certificate lacks a quorum of the committee; do not trust it, ask another node."},
    [ITC_E_PROOF] = {"bad-proof",
        "The proof does not lead to the trusted root; do not trust it, ask another node."},
    [ITC_E_OLDER] = {"older",
        "One of the two headers is too old for the other; fetch a newer header or proof."},
    [ITC_E_DUST] = {"dust",
        "An account would be left below the dust limit; send more, less, or close the account."},
    [ITC_E_BUSY] = {"busy", "The node is still starting or syncing; try again shortly."},
    [ITC_E_COMMITTEE] = {"other-committee",
        "Another committee than the trusted one signs it or takes over; follow its changes first."},
};

const char *itc_err_name(enum itc_err e)
{
    return (unsigned)e < ITC_ERR_COUNT ? errors[e].name : "unknown-error";
}

const char *itc_err_text(enum itc_err e)
{
    return (unsigned)e < ITC_ERR_COUNT
               ? errors[e].text
               : "The error is not known to this program; update it to learn more.";
}

enum itc_err itc_amount_add(struct itc_amount *out, struct itc_amount a, struct itc_amount b)
{
    if (a.grains > ITC_SUPPLY_GRAINS || b.grains > ITC_SUPPLY_GRAINS - a.grains)
        return ITC_E_OVERFLOW;
    out->grains = a.grains + b.grains;
    return ITC_OK;
}

enum itc_err itc_amount_sub(struct itc_amount *out, struct itc_amount a, struct itc_amount b)
{
    if (b.grains > a.grains)
        return ITC_E_FUNDS;
    out->grains = a.grains - b.grains;
    return ITC_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends a decimal digit; sticks at "more than the supply", so that any number of digits is safe. */
static void push_digit(uint64_t *grains, unsigned digit)
{
    if (*grains <= ITC_SUPPLY_GRAINS)
        *grains = *grains * 10 + digit;
}

enum itc_err itc_amount_parse(struct itc_amount *out, const char *text, size_t len)
{
    size_t whole = 0;
    while (whole < len && is_digit(text[whole]))
        whole++;
    size_t decimals = whole < len && text[whole] == '.' ? len - whole - 1 : 0;
    for (size_t i = len - decimals; i < len; i++)
        if (!is_digit(text[i]))
            return ITC_E_FORM;
    if (whole == 0 || (whole < len && decimals == 0))
        return ITC_E_FORM;
    if (decimals > DECIMALS_MAX)
        return ITC_E_TOO_LARGE;

    uint64_t grains = 0;
    for (size_t i = 0; i < whole; i++)
        push_digit(&grains, (unsigned)(text[i] - '0'));
    for (size_t i = 0; i < DECIMALS_MAX; i++)
        push_digit(&grains, i < decimals ? (unsigned)(text[whole + 1 + i] - '0') : 0);
    if (grains > ITC_SUPPLY_GRAINS)
        return ITC_E_OVERFLOW;
    out->grains = grains;
    return ITC_OK;
}

/* 2^64 grains have 20 digits; the point and the NUL make 22. */
_Static_assert(ITC_AMOUNT_TEXT >= 22, "any 64-bit amount must fit");

void itc_amount_format(char out[ITC_AMOUNT_TEXT], struct itc_amount a)
{
    char digits[20]; /* least significant first */
    size_t count = 0;
    uint64_t rest = a.grains;
    while (rest > 0 || count <= DECIMALS_MAX) { /* at least "0" before the point */
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    }
    size_t zeros = 0; /* at the end, after the point: not written */
    while (zeros < DECIMALS_MAX && digits[zeros] == '0')
        zeros++;

    char *at = out;
    for (size_t i = count; i > zeros; i--) {
        if (i == DECIMALS_MAX)
            *at++ = '.';
        *at++ = digits[i - 1];
    }
    *at = '\0';
}

void itc_hex_encode(char *out, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

/* Value of a hex digit; -1 for any other character. */
static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum itc_err itc_hex_decode(uint8_t *out, size_t n, const char *text, size_t len)
{
    if (len % 2 != 0 || len / 2 != n)
        return ITC_E_FORM;
    for (size_t i = 0; i < len; i++)
        if (hex_value(text[i]) < 0)
            return ITC_E_FORM;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    return ITC_OK;
}

bool itc_hash_equal(const struct itc_hash *a, const struct itc_hash *b)
{
    return itc_hash_compare(a, b) == 0;
}

int itc_hash_compare(const struct itc_hash *a, const struct itc_hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b);
}

void itc_hash_sort(struct itc_hash *hashes, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct itc_hash hash = hashes[i];
        uint32_t k = i;
        for (; k > 0 && itc_hash_compare(&hashes[k - 1], &hash) > 0; k--)
            hashes[k] = hashes[k - 1];
        hashes[k] = hash;
    }
}

bool itc_hash_is_zero(const struct itc_hash *h)
{
    static const struct itc_hash zero;
    return itc_hash_equal(h, &zero);
}

bool itc_key_equal(const struct itc_key *a, const struct itc_key *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}
