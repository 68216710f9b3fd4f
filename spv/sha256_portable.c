/* sha256_portable.c - the compression function in portable C: FIPS 180-4, 4.1.2 and 6.2.2. */
#include "spv/sha256_kernels.h"

/* clang-format off */
const uint32_t itc_sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static inline uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static inline uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Word t + 16 of the message schedule, in the place of word t: sixteen words are enough. */
static inline uint32_t schedule(uint32_t w[16], unsigned t)
{
    uint32_t w1 = w[(t + 1) & 15], w14 = w[(t + 14) & 15];
    uint32_t sigma0 = rotr(w1, 7) ^ rotr(w1, 18) ^ w1 >> 3;
    uint32_t sigma1 = rotr(w14, 17) ^ rotr(w14, 19) ^ w14 >> 10;
    return w[t & 15] += sigma0 + w[(t + 9) & 15] + sigma1;
}

/* One round. Instead of shifting the eight variables along, the caller passes them rotated by one. */
#define ROUND(a, b, c, d, e, f, g, h, word, t)                                                     \
    do {                                                                                           \
        uint32_t sum1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);                                    \
        uint32_t sum0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);                                    \
        h += sum1 + (g ^ (e & (f ^ g))) + itc_sha256_constants[t] + (word);                        \
        d += h;                                                                                    \
        h += sum0 + ((a & b) | (c & (a | b)));                                                     \
    } while (0)

#define WORD(t) ((t) < 16 ? w[t] : schedule(w, (t)-16))

static void compress_block(uint32_t state[8], const uint8_t block[64])
{
    uint32_t w[16];
    for (unsigned i = 0; i < 16; i++)
        w[i] = load_be32(block + 4 * i);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned t = 0; t < 64; t += 8) {
        ROUND(a, b, c, d, e, f, g, h, WORD(t), t);
        ROUND(h, a, b, c, d, e, f, g, WORD(t + 1), t + 1);
        ROUND(g, h, a, b, c, d, e, f, WORD(t + 2), t + 2);
        ROUND(f, g, h, a, b, c, d, e, WORD(t + 3), t + 3);
        ROUND(e, f, g, h, a, b, c, d, WORD(t + 4), t + 4);
        ROUND(d, e, f, g, h, a, b, c, WORD(t + 5), t + 5);
        ROUND(c, d, e, f, g, h, a, b, WORD(t + 6), t + 6);
        ROUND(b, c, d, e, f, g, h, a, WORD(t + 7), t + 7);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void itc_sha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (; count > 0; count--, blocks += 64)
        compress_block(state, blocks);
}

void itc_sha256_compress_two_portable(
    uint32_t state[2][8], const uint8_t *const blocks[2], size_t count)
{
    itc_sha256_compress_portable(state[0], blocks[0], count);
    itc_sha256_compress_portable(state[1], blocks[1], count);
}
