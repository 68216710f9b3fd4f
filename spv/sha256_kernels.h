/* sha256_kernels.h - what the kernels of SHA-256 share; for those who write kernels (here and in pow/). Pure. */
#ifndef ITC_SPV_SHA256_KERNELS_H
#define ITC_SPV_SHA256_KERNELS_H

#include "spv/sha256.h"

/* The round constants (FIPS 180-4, 4.2.2). */
extern const uint32_t itc_sha256_constants[64];

#if defined(__x86_64__) || defined(__i386__)
#define ITC_SHA256_X86 1
/* SHA-NI: to be called only where this processor has it. */
itc_sha256_compress_fn itc_sha256_compress_x86;
itc_sha256_compress_two_fn itc_sha256_compress_two_x86;
bool itc_sha256_x86_available(void);
#endif

#endif
