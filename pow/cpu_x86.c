/* cpu_x86.c - which vector instructions this processor has, and whose registers the system saves
 * across task switches. Compiled on x86 only. Source: Intel SDM, CPUID leaves 1 and 7, XGETBV. */
#include "pow/search.h"

#include <cpuid.h>

/* State components of XCR0 that the system must save. */
#define XCR0_AVX 0x06u    /* SSE, AVX */
#define XCR0_AVX512 0xe6u /* also opmask, upper halves of zmm0..15, zmm16..31 */

/* xgetbv as bytes, since the mnemonic would need a compiler flag. */
static uint32_t saved_state(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return 0;
    __asm__ volatile(".byte 0x0f, 0x01, 0xd0" : "=a"(a), "=d"(d) : "c"(0));
    return a;
}

static bool available(unsigned feature, uint32_t state)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & feature) &&
           (saved_state() & state) == state;
}

bool itc_pow_avx2_available(void)
{
    return available(bit_AVX2, XCR0_AVX);
}

bool itc_pow_avx512_available(void)
{
    return available(bit_AVX512F, XCR0_AVX512);
}
