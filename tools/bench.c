/* bench.c - itc-bench: measures the parts of the node. One JSON object a line; see bench.h. */
#include "tools/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pow/pow.h"
#include "tangle/weight.h"

#define EXIT_USAGE 3

static const struct bench {
    const char *name;
    const char *about;
    void (*run)(const struct bench_options *o);
} benches[] = {
#define BENCH_ENTRY(function, name, about) {name, about, bench_##function},
    BENCH_LIST(BENCH_ENTRY)
#undef BENCH_ENTRY
};
#define BENCH_COUNT (sizeof benches / sizeof benches[0])

static const char *running; /* name of the benchmark that prints rows */

static void print_text(const char *name, const char *text)
{
    printf(",\"%s\":\"", name);
    for (; *text != '\0'; text++) {
        ITC_ASSERT((unsigned char)*text >= ' ');
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

void bench_print(const struct bench_row *row)
{
    printf("{\"bench\":\"%s\"", running);
    print_text("metric", row->metric);
    printf(",\"value\":%.6g", row->value);
    print_text("unit", row->unit);
    if (row->limit > 0) {
        bool rate = strncmp(row->unit, "1/", 2) == 0;
        double ratio = rate ? row->value / row->limit : row->limit / row->value;
        printf(",\"limit\":%.6g,\"ratio\":%.3f", row->limit, ratio);
    } else {
        printf(",\"limit\":null,\"ratio\":null");
    }
    printf(",\"n\":%llu,\"cores\":%u", (unsigned long long)row->n, row->cores ? row->cores : 1);
    if (row->field != NULL)
        print_text(row->field, row->field_value);
    print_text("note", row->note != NULL ? row->note : "");
    puts("}");
    fflush(stdout);
}

double bench_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bench_thread_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void *bench_alloc(size_t size)
{
    void *p = NULL;
    if (posix_memalign(&p, 64, itc_mem_rounded(size)) != 0) {
        fprintf(stderr, "itc-bench: no memory for %zu bytes\n", size);
        exit(1);
    }
    return memset(p, 0, itc_mem_rounded(size));
}

void bench_samples_add(struct bench_samples *s, double value)
{
    ITC_ASSERT(s->count < BENCH_SAMPLES_MAX);
    s->values[s->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_samples_quantile(struct bench_samples *s, double p)
{
    ITC_ASSERT(s->count > 0 && p >= 0 && p <= 1);
    qsort(s->values, s->count, sizeof s->values[0], by_value);
    return s->values[(size_t)(p * (double)(s->count - 1) + 0.5)];
}

double bench_median_s(void (*body)(void *ctx), void *ctx, size_t times)
{
    struct bench_samples samples = {.count = 0};
    for (size_t i = 0; i < times; i++) {
        double start = bench_now_s();
        body(ctx);
        bench_samples_add(&samples, bench_now_s() - start);
    }
    return bench_samples_quantile(&samples, 0.5);
}

void bench_use(uint64_t value)
{
    __asm__ volatile("" : : "r"(value));
}

static void print_help(FILE *out)
{
    fputs("usage: itc-bench [--long] [--seed N] NAME... | all\n"
          "       itc-bench --list | --help\n\n"
          "Measures parts of the node and prints one JSON object a line.\n"
          "  --list     the benchmarks and what each does\n"
          "  --long     the stated sizes instead of short ones\n"
          "  --seed N   where the inputs come from; 1 if not given\n",
        out);
}

static void print_list(void)
{
    for (size_t i = 0; i < BENCH_COUNT; i++)
        printf("%-14s %s\n", benches[i].name, benches[i].about);
}

static int usage(const char *what, const char *which)
{
    fprintf(stderr, "itc-bench: %s%s\n", what, which);
    print_help(stderr);
    return EXIT_USAGE;
}

static void run(const struct bench *b, const struct bench_options *o)
{
    running = b->name;
    b->run(o);
}

/* False if there is no benchmark of that name. Without options it only looks. */
static bool run_named(const char *name, const struct bench_options *o)
{
    bool found = false;
    for (size_t i = 0; i < BENCH_COUNT; i++) {
        if (strcmp(name, "all") != 0 && strcmp(name, benches[i].name) != 0)
            continue;
        found = true;
        if (o != NULL)
            run(&benches[i], o);
    }
    return found;
}

static bool parse_seed(const char *text, uint64_t *seed)
{
    char *end;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

int main(int argc, char **argv)
{
    struct bench_options o = {.seed = 1};
    int names = 0; /* moved to the front of argv */
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(stdout);
            return 0;
        }
        if (strcmp(argv[i], "--list") == 0) {
            print_list();
            return 0;
        }
        if (strcmp(argv[i], "--long") == 0)
            o.full = true;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc && parse_seed(argv[i + 1], &o.seed))
            i++;
        else if (argv[i][0] == '-')
            return usage("unknown or incomplete option ", argv[i]);
        else if (!run_named(argv[i], NULL))
            return usage("no benchmark of the name ", argv[i]);
        else
            argv[names++] = argv[i];
    }
    if (names == 0)
        return usage("which benchmark?", "");
    itc_sha256_use_best();
    itc_pow_use_best();
    itc_weight_use_best();
    for (int i = 0; i < names; i++)
        run_named(argv[i], &o);
    return 0;
}
