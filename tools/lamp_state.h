/* lamp_state.h - what a lamp must not forget: how far it trusts, what it was paid, how long it may
 * shine. Pure.
 *
 *     payment proved --> cursor moves and lit_ms grows, in one step --> saved --> only then light
 *     time passes while lit --> lit_ms shrinks --> saved now and then
 *
 * Cursor and paid time live in one record, so that a crash keeps both or neither: no payment is
 * lost, none is counted twice. Paid time is kept as a remainder, not as a date: it is light that
 * was paid for, and a lamp without power gives none. */
#ifndef ITC_TOOLS_LAMP_STATE_H
#define ITC_TOOLS_LAMP_STATE_H

#include "spv/light.h"

#define ITC_LAMP_TARIFF_MAX_S 1000000u          /* seconds an ITC may buy */
#define ITC_LAMP_LIT_MAX_MS 315360000000u       /* ten years; what is paid beyond is a gift */
#define ITC_LAMP_STATE_MAX (21 + ITC_LIGHT_MAX) /* bytes, below 2 KB */

struct itc_lamp_state {
    uint64_t lit_ms;    /* paid for and not yet used */
    uint64_t milestone; /* cursor: the newest payment counted */
    uint32_t position;
    struct itc_light light;
};

/* Time that `amount` buys at `tariff_s` seconds per ITC, rounded down to the millisecond.
 * `amount` is at most the supply, `tariff_s` at most ITC_LAMP_TARIFF_MAX_S. */
uint64_t itc_lamp_state_price_ms(struct itc_amount amount, uint32_t tariff_s);

/* Counts a proved payment to `own`: moves the cursor and adds the time bought, *bought_ms, to
 * lit_ms.
 *   ITC_E_FORM   not an applied transfer to `own`
 *   ITC_E_OLDER  not after the cursor: counted already, or passed by */
ITC_MUST enum itc_err itc_lamp_state_pay(struct itc_lamp_state *s, uint64_t *bought_ms,
    const struct itc_tx_fact *fact, const struct itc_key *own, uint32_t tariff_s);

/* `elapsed_ms` of light were given. */
void itc_lamp_state_shine(struct itc_lamp_state *s, uint64_t elapsed_ms);

/* Stored form: version 1 | lit_ms 8 | milestone 8 | position 4 | light. */
size_t itc_lamp_state_encode(uint8_t out[ITC_LAMP_STATE_MAX], const struct itc_lamp_state *s);
/* ITC_E_TRUNCATED ITC_E_TRAILING ITC_E_VERSION
 *   ITC_E_FORM  lit_ms above its bound, or the light client's state is damaged */
ITC_MUST enum itc_err itc_lamp_state_decode(
    struct itc_lamp_state *out, const uint8_t *bytes, size_t len);

#endif
