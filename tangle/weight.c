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

static itc_exact_pass_fn *pass = itc_exact_pass_portable;

const char *itc_weight_use_best(void)
{
#ifdef ITC_WEIGHT_X86
    if (itc_weight_avx512_available()) {
        pass = itc_exact_pass_avx512;
        return "avx512";
    }
    if (itc_weight_popcnt_available()) {
        pass = itc_exact_pass_popcnt;
        return "popcnt";
    }
#endif
    pass = itc_exact_pass_portable;
    return "portable";
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

void itc_exact_pass_portable(struct itc_exact *e, uint32_t begin, uint32_t end)
{
    itc_exact_pass_plain(e, begin, end);
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
