/* address.h - account keys as text: bech32m (BIP350) of a type byte and the 32-byte key. Pure.
 *
 *     itc1...  main network     titc1...  test networks     ritc1...  private networks */
#ifndef ITC_SPV_ADDRESS_H
#define ITC_SPV_ADDRESS_H

#include "spv/base.h"

enum itc_network {
    ITC_NETWORK_MAIN = 0,
    ITC_NETWORK_TEST = 1,
    ITC_NETWORK_PRIVATE = 2,
    ITC_NETWORK_COUNT
};
#define ITC_ADDRESS_TEXT 72 /* "titc" + "1" + 53 + 6 characters and NUL fit */

/* Generic bech32m (BIP350), exposed for its vectors. `data` holds 5-bit groups.
 *   ITC_E_FORM      mixed case, a character outside the set, no separator, bad length
 *   ITC_E_CHECKSUM  checksum of another constant or damaged text
 *   ITC_E_TOO_LARGE more data than `data_cap` */
ITC_MUST enum itc_err itc_bech32m_decode(char *hrp, size_t hrp_cap, uint8_t *data, size_t data_cap,
    size_t *data_len, const char *text, size_t len);
/* ITC_E_TOO_LARGE: does not fit `cap` or exceeds 90 characters.  ITC_E_FORM: hrp or data out of range. */
ITC_MUST enum itc_err itc_bech32m_encode(
    char *out, size_t cap, const char *hrp, const uint8_t *data, size_t data_len);

void itc_address_encode(
    char out[ITC_ADDRESS_TEXT], enum itc_network net, const struct itc_key *key);
/*   ITC_E_FORM      not bech32m text, or padding bits set, or wrong length
 *   ITC_E_CHECKSUM  a typing error
 *   ITC_E_CHAIN     an address of another network
 *   ITC_E_VERSION   a type byte other than 0 (account)
 *   ITC_E_SIGNATURE the 32 bytes are not a public key */
ITC_MUST enum itc_err itc_address_decode(
    struct itc_key *out, enum itc_network net, const char *text, size_t len);

#endif
