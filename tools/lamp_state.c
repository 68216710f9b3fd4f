#include "tools/lamp_state.h"

#include "spv/cursor.h"

#define STATE_VERSION 1
#define STATE_FIXED 21

_Static_assert(ITC_LAMP_STATE_MAX < 2048, "a lamp has little room");

uint64_t itc_lamp_state_price_ms(struct itc_amount amount, uint32_t tariff_s)
{
    ITC_ASSERT(amount.grains <= ITC_SUPPLY_GRAINS && tariff_s <= ITC_LAMP_TARIFF_MAX_S);
    uint64_t tariff_ms = (uint64_t)tariff_s * 1000;
    /* whole ITC and the rest apart: each product stays below 10^17, the undivided one would not */
    uint64_t whole = amount.grains / ITC_GRAINS_PER_ITC;
    uint64_t rest = amount.grains % ITC_GRAINS_PER_ITC;
    return whole * tariff_ms + rest * tariff_ms / ITC_GRAINS_PER_ITC;
}

static bool is_payment_to(const struct itc_tx_fact *fact, const struct itc_key *own)
{
    return fact->verdict == ITC_VERDICT_APPLIED && fact->tx.kind == ITC_KIND_TRANSFER &&
           itc_key_equal(&fact->tx.u.transfer.to, own);
}

static bool is_after_cursor(const struct itc_lamp_state *s, const struct itc_tx_fact *fact)
{
    if (fact->milestone != s->milestone)
        return fact->milestone > s->milestone;
    return fact->position > s->position;
}

enum itc_err itc_lamp_state_pay(struct itc_lamp_state *s, uint64_t *bought_ms,
    const struct itc_tx_fact *fact, const struct itc_key *own, uint32_t tariff_s)
{
    if (!is_payment_to(fact, own))
        return ITC_E_FORM;
    if (!is_after_cursor(s, fact))
        return ITC_E_OLDER;
    uint64_t bought = itc_lamp_state_price_ms(fact->tx.u.transfer.amount, tariff_s);
    uint64_t room = ITC_LAMP_LIT_MAX_MS - s->lit_ms;
    s->lit_ms += bought < room ? bought : room;
    s->milestone = fact->milestone;
    s->position = fact->position;
    *bought_ms = bought;
    return ITC_OK;
}

void itc_lamp_state_shine(struct itc_lamp_state *s, uint64_t elapsed_ms)
{
    s->lit_ms = elapsed_ms < s->lit_ms ? s->lit_ms - elapsed_ms : 0;
}

size_t itc_lamp_state_encode(uint8_t out[ITC_LAMP_STATE_MAX], const struct itc_lamp_state *s)
{
    struct itc_writer w = itc_writer_of(out, STATE_FIXED);
    itc_write_u8(&w, STATE_VERSION);
    itc_write_u64(&w, s->lit_ms);
    itc_write_u64(&w, s->milestone);
    itc_write_u32(&w, s->position);
    return STATE_FIXED + itc_light_encode(out + STATE_FIXED, &s->light);
}

enum itc_err itc_lamp_state_decode(struct itc_lamp_state *out, const uint8_t *bytes, size_t len)
{
    if (len < STATE_FIXED)
        return ITC_E_TRUNCATED;
    struct itc_lamp_state s;
    struct itc_reader r = itc_reader_of(bytes, STATE_FIXED);
    uint8_t version = itc_read_u8(&r);
    s.lit_ms = itc_read_u64(&r);
    s.milestone = itc_read_u64(&r);
    s.position = itc_read_u32(&r);
    if (version != STATE_VERSION)
        return ITC_E_VERSION;
    if (s.lit_ms > ITC_LAMP_LIT_MAX_MS)
        return ITC_E_FORM;
    enum itc_err e = itc_light_decode(&s.light, bytes + STATE_FIXED, len - STATE_FIXED);
    if (e)
        return e;
    *out = s;
    return ITC_OK;
}
