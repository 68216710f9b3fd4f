/* bench_pow.c - itc-bench: tries a second of each proof-of-work kernel, beside OpenSSL's compression function,
 * which is one try as well. */
#include "pow/pow.h"

#include <stdio.h>

#include "tools/bench.h"

#ifdef HAVE_LIBCRYPTO
#include <openssl/sha.h>
#endif

#define ROUNDS 9 /* the median of them counts */

static double library_rate(uint64_t tries)
{
#ifdef HAVE_LIBCRYPTO
    struct bench_samples rates = {.count = 0};
    SHA256_CTX ctx;
    unsigned char block[64] = {0};
    SHA256_Init(&ctx);
    for (unsigned r = 0; r < ROUNDS; r++) {
        double start = bench_now_s();
        for (uint64_t i = 0; i < tries; i++)
            SHA256_Transform(&ctx, block);
        bench_samples_add(&rates, (double)tries / (bench_now_s() - start));
    }
    bench_use(ctx.h[0]);
    return bench_samples_quantile(&rates, 0.5);
#else
    (void)tries;
    return 0;
#endif
}

/* Asks for more zero bits than are ever found. */
static double kernel_rate(const struct itc_pow_kernel *kernel, uint64_t tries)
{
    const struct itc_hash zero = {{0}};
    struct itc_pow p;
    itc_pow_init(&p, &zero, &zero, &zero, 200);
    struct bench_samples rates = {.count = 0};
    for (unsigned r = 0; r < ROUNDS; r++) {
        uint64_t nonce = 0;
        double start = bench_now_s();
        enum itc_err err = kernel->search(&p, r * tries, tries, &nonce);
        bench_samples_add(&rates, (double)tries / (bench_now_s() - start));
        ITC_ASSERT(err == ITC_E_WORK);
    }
    return bench_samples_quantile(&rates, 0.5);
}

void bench_pow(const struct bench_options *o)
{
    uint64_t tries = o->full ? 1u << 24 : 1u << 21;
    double limit = library_rate(tries / 4);
    const char *note = limit > 0 ? "limit: SHA256_Transform of OpenSSL" : "no libcrypto, no limit";
    double best = 0;
    const char *best_name = "";
    for (size_t i = 0; i < itc_pow_kernel_count; i++) {
        const struct itc_pow_kernel *kernel = &itc_pow_kernels[i];
        if (!kernel->available())
            continue;
        if (!itc_pow_kernel_works(kernel)) {
            fprintf(stderr, "itc-bench: pow: kernel %s misses nonces here: not measured\n",
                kernel->name);
            continue;
        }
        double rate = kernel_rate(kernel, tries);
        bench_print(&(struct bench_row){.metric = "hashes_per_s",
            .value = rate,
            .unit = "1/s",
            .limit = limit,
            .n = ROUNDS * tries,
            .field = "kernel",
            .field_value = kernel->name,
            .note = note});
        if (rate > best) {
            best = rate;
            best_name = kernel->name;
        }
    }
    bench_print(&(struct bench_row){.metric = "best_hashes_per_s",
        .value = best,
        .unit = "1/s",
        .limit = limit,
        .n = ROUNDS * tries,
        .field = "kernel",
        .field_value = best_name,
        .note = note});
}
