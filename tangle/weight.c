#include "tangle/weight.h"

#include <string.h>

#include "tangle/weight_kernels.h"

void itc_weight_attach(struct itc_window *w, uint32_t site, uint32_t threshold, uint32_t *stack,
    itc_weight_fn *reached, void *ctx)
{
    ITC_ASSERT(threshold >= 2 && w->vertices[site].weight == 0);
    uint32_t seen = itc_window_stamp(w);
    uint32_t height = 0;
    w->vertices[site].weight = 1;
    stack[height++] = site;
    while (height > 0) {
        const struct itc_vertex *v = &w->vertices[stack[--height]];
        for (uint32_t i = 0; i < v->parent_count; i++) {
            uint32_t parent = v->parents[i];
            struct itc_vertex *p = &w->vertices[parent];
            if (p->weight >= threshold || p->mark == seen)
                continue;
            p->mark = seen;
            p->weight++;
            /* Who arrives now has ancestors that were heavier, so they had arrived before. */
            if (p->weight < threshold)
                stack[height++] = parent;
            else if (reached != NULL)
                reached(ctx, parent);
        }
    }
}

/* The bits set in four at a time, as 4-bit numbers. */
static inline itc_exact_vec bits_of_nibbles(itc_exact_vec v)
{
    const uint64_t pairs = UINT64_C(0x5555555555555555), fours = UINT64_C(0x3333333333333333);
    v -= (v >> 1) & pairs;
    return (v & fours) + ((v >> 2) & fours);
}

/* An adder first: one, two, four are the digits of how many of the four vectors have a bit. Three counts, not four. */
static inline uint32_t count_portable(const uint64_t row[ITC_EXACT_WORDS])
{
    const uint64_t bytes = UINT64_C(0x0f0f0f0f0f0f0f0f), halves = UINT64_C(0x00ff00ff00ff00ff);
    const itc_exact_vec *v = (const itc_exact_vec *)row;
    itc_exact_vec a_b = v[0] ^ v[1], a_b_c = a_b ^ v[2], carry = (v[0] & v[1]) | (a_b & v[2]);
    itc_exact_vec one = a_b_c ^ v[3], carry2 = a_b_c & v[3];
    itc_exact_vec two = carry ^ carry2, four = carry & carry2;
    itc_exact_vec low = bits_of_nibbles(one) + 2 * bits_of_nibbles(two); /* up to 12 */
    itc_exact_vec high = bits_of_nibbles(four);
    low = (low & bytes) + ((low >> 4) & bytes) + 4 * ((high + (high >> 4)) & bytes); /* to 32 */
    uint64_t sum = low[0] + low[1];
    sum = (sum & halves) + ((sum >> 8) & halves);
    return (uint32_t)(sum * UINT64_C(0x0001000100010001) >> 48);
}

static void pass_portable(struct itc_exact *e, uint32_t begin, uint32_t end)
{
    itc_exact_pass_vecs(e, begin, end, count_portable);
}

static bool always(void)
{
    return true;
}

const struct itc_weight_kernel itc_weight_kernels[] = {
    {"portable", pass_portable, always},
#ifdef ITC_WEIGHT_X86
    {"popcnt", itc_exact_pass_popcnt, itc_weight_popcnt_available},
    {"avx2", itc_exact_pass_avx2, itc_weight_avx2_available},
    {"avx512", itc_exact_pass_avx512, itc_weight_avx512_available},
#endif
};
const size_t itc_weight_kernel_count = sizeof itc_weight_kernels / sizeof itc_weight_kernels[0];

static itc_exact_pass_fn *pass = pass_portable;

void itc_weight_use(const struct itc_weight_kernel *k)
{
    pass = k->pass;
}

const char *itc_weight_use_best(void)
{
    size_t best = itc_weight_kernel_count - 1;
    while (!itc_weight_kernels[best].available())
        best--;
    itc_weight_use(&itc_weight_kernels[best]);
    return itc_weight_kernels[best].name;
}

size_t itc_exact_rows_size(uint32_t count)
{
    return (size_t)count * ITC_EXACT_WORDS * sizeof(uint64_t);
}

void itc_exact_init(
    struct itc_exact *e, const struct itc_graph *graph, uint32_t *weights, uint64_t *rows)
{
    *e = (struct itc_exact){.graph = *graph, .weights = weights, .rows = rows};
    memset(weights, 0, graph->count * sizeof *weights);
}

bool itc_exact_step(struct itc_exact *e, uint64_t rows)
{
    uint32_t count = e->graph.count, first = e->next;
    while (e->next < count) {
        uint32_t begin = e->next;
        uint32_t columns = count - begin < ITC_EXACT_COLUMNS ? count - begin : ITC_EXACT_COLUMNS;
        uint64_t touched = (uint64_t)begin + columns + e->graph.first[begin + columns];
        if (begin > first && touched > rows)
            break;
        rows -= touched < rows ? touched : rows;
        memset(e->rows + (size_t)begin * ITC_EXACT_WORDS, 0, itc_exact_rows_size(columns));
        pass(e, begin, begin + columns);
        e->next = begin + columns;
    }
    return e->next == count;
}
