/* ban.h - addresses that may not call for a while. Shell; core thread.
 * 10 s at the first time, twice as long each time it happens again, up to 10 min; forgotten 10 min after the
 * end. A full table forgets the ban that ends first. */
#ifndef ITC_SHELL_BAN_H
#define ITC_SHELL_BAN_H

#include "spv/base.h"

#include <nng/nng.h>

#define ITC_BANS_MAX 256

struct itc_address { /* without port; IPv4 in its first 4 bytes */
    uint8_t b[16];
};
struct itc_address itc_address_of(const nng_sockaddr *s);
bool itc_address_equal(const struct itc_address *a, const struct itc_address *b);

struct itc_bans {
    struct itc_ban {
        struct itc_address address;
        uint64_t until_ms; /* 0: unused */
        uint32_t strikes;
    } list[ITC_BANS_MAX];
};

void itc_bans_add(struct itc_bans *b, const struct itc_address *a, uint64_t now_ms);
bool itc_bans_hold(const struct itc_bans *b, const struct itc_address *a, uint64_t now_ms);

#endif
