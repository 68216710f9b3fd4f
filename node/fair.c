/* fair.c - see fair.h. */
#include "node/fair.h"

/* size / weight in units of 2^-40: a step is 2^52 at most. A flow reaches 2^62 ahead of V at most, and V is set back
 * before it gets there: so a tag is below 2^63, and a sum of tag and step too. A weight of 2^44 (dust) still makes steps of
 * 10 and more: beyond that shares grow a little less than the balance. */
#define STEP_SHIFT 40
#define SIZE_MAX_BITS 12
#define AHEAD_MAX ((uint64_t)1 << 62)

static uint32_t flows_for(uint32_t entries)
{
    return 2 * entries; /* as many may owe as wait */
}

size_t itc_fair_size(uint32_t entries)
{
    uint32_t flows = flows_for(entries);
    return itc_mem_rounded(entries * sizeof(struct itc_fair_entry)) +
           itc_mem_rounded(flows * sizeof(struct itc_fair_flow)) + itc_index_size(flows) +
           ITC_FAIR_ORDERS * itc_mem_rounded(flows * sizeof(uint32_t));
}

void itc_fair_init(struct itc_fair *f, struct itc_mem *mem, uint32_t entries, uint32_t count_max,
    uint64_t bytes_max, uint64_t seed)
{
    uint32_t flows = flows_for(entries);
    *f = (struct itc_fair){
        .flows_max = flows, .flows_free = ITC_NONE, .count_max = count_max, .bytes_max = bytes_max};
    f->entries = itc_mem_take(mem, entries * sizeof(struct itc_fair_entry));
    f->flows = itc_mem_take(mem, flows * sizeof(struct itc_fair_flow));
    itc_index_init(
        &f->keys, mem, flows, seed, f->flows, sizeof(struct itc_fair_flow), sizeof(struct itc_key));
    for (int o = 0; o < ITC_FAIR_ORDERS; o++)
        f->heaps[o] = itc_mem_take(mem, flows * sizeof(uint32_t));
}

uint64_t itc_fair_weight(struct itc_amount balance, struct itc_amount dust)
{
    uint64_t weight = balance.grains / dust.grains;
    return weight > 0 ? weight : 1;
}

/* --- heaps ----------------------------------------------------------------------------------------------- */

/* The lesser tag comes first; among equals, who came first, or in the orders of last entries, who came last. */
struct rank {
    uint64_t tag;
    uint64_t serial;
};

static struct rank rank_of(const struct itc_fair *f, enum itc_fair_order o, uint32_t flow)
{
    const struct itc_fair_flow *w = &f->flows[flow];
    switch (o) {
    case ITC_FAIR_START:
        return (struct rank){w->start, f->entries[w->first].serial};
    case ITC_FAIR_FINISH:
        return (struct rank){w->start + f->entries[w->first].step, f->entries[w->first].serial};
    case ITC_FAIR_LAST_START:
        return (struct rank){
            ~(w->start + w->steps - f->entries[w->last].step), ~f->entries[w->last].serial};
    case ITC_FAIR_LAST_FINISH:
        return (struct rank){~(w->start + w->steps), ~f->entries[w->last].serial};
    case ITC_FAIR_OWED:
    case ITC_FAIR_ORDERS:
        break;
    }
    return (struct rank){w->start, flow};
}

static bool before(const struct itc_fair *f, enum itc_fair_order o, uint32_t a, uint32_t b)
{
    struct rank x = rank_of(f, o, a), y = rank_of(f, o, b);
    return x.tag != y.tag ? x.tag < y.tag : x.serial < y.serial;
}

static void put(struct itc_fair *f, enum itc_fair_order o, uint32_t at, uint32_t flow)
{
    f->heaps[o][at] = flow;
    f->flows[flow].place[o] = at + 1;
}

/* Moves a flow that stands at `at`, or is about to, to where it belongs. */
static void settle(struct itc_fair *f, enum itc_fair_order o, uint32_t at, uint32_t flow)
{
    uint32_t *heap = f->heaps[o];
    uint32_t count = f->heap_counts[o];
    while (at > 0 && before(f, o, flow, heap[(at - 1) / 2])) {
        put(f, o, at, heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < count && before(f, o, heap[child + 1], heap[child]))
            child++;
        if (child >= count || !before(f, o, heap[child], flow))
            break;
        put(f, o, at, heap[child]);
        at = child;
    }
    put(f, o, at, flow);
}

static void heap_add(struct itc_fair *f, enum itc_fair_order o, uint32_t flow)
{
    uint32_t at = f->heap_counts[o]++;
    put(f, o, at, flow);
    settle(f, o, at, flow);
}

static void heap_remove(struct itc_fair *f, enum itc_fair_order o, uint32_t flow)
{
    uint32_t at = f->flows[flow].place[o] - 1;
    uint32_t last = f->heaps[o][--f->heap_counts[o]];
    f->flows[flow].place[o] = 0;
    if (last != flow)
        settle(f, o, at, last);
}

static uint32_t top(const struct itc_fair *f, enum itc_fair_order o)
{
    return f->heap_counts[o] > 0 ? f->heaps[o][0] : ITC_NONE;
}

/* --- flows ----------------------------------------------------------------------------------------------- */

static void flow_free(struct itc_fair *f, uint32_t flow)
{
    itc_index_remove(&f->keys, flow);
    f->flows[flow].first = f->flows_free;
    f->flows_free = flow;
}

static void forget_least_owing(struct itc_fair *f)
{
    uint32_t flow = top(f, ITC_FAIR_OWED);
    heap_remove(f, ITC_FAIR_OWED, flow);
    flow_free(f, flow);
}

static uint32_t flow_new(struct itc_fair *f, const struct itc_key *key)
{
    if (f->flows_free == ITC_NONE && f->flows_fresh == f->flows_max)
        forget_least_owing(f); /* fewer wait than there are flows */
    uint32_t flow = f->flows_free;
    if (flow == ITC_NONE)
        flow = f->flows_fresh++;
    else
        f->flows_free = f->flows[flow].first;
    f->flows[flow] =
        (struct itc_fair_flow){.key = *key, .start = f->now, .first = ITC_NONE, .last = ITC_NONE};
    itc_index_add(&f->keys, flow);
    return flow;
}

/* A flow that waits has changed. */
static void flow_waits(struct itc_fair *f, uint32_t flow)
{
    for (enum itc_fair_order o = ITC_FAIR_START; o < ITC_FAIR_OWED; o++) {
        uint32_t place = f->flows[flow].place[o];
        if (place == 0)
            heap_add(f, o, flow);
        else
            settle(f, o, place - 1, flow);
    }
}

/* Nothing of a flow waits any more. */
static void flow_rests(struct itc_fair *f, uint32_t flow)
{
    for (enum itc_fair_order o = ITC_FAIR_START; o < ITC_FAIR_OWED; o++) {
        if (f->flows[flow].place[o] != 0)
            heap_remove(f, o, flow);
    }
    f->flows[flow].since = f->interval;
    heap_add(f, ITC_FAIR_OWED, flow);
}

/* Nobody owes what V has passed. When nothing waits V would come to the greatest finish of all: all begin anew. */
static void forgive(struct itc_fair *f)
{
    if (f->count == 0)
        f->now = UINT64_MAX;
    while (f->heap_counts[ITC_FAIR_OWED] > 0 && f->flows[top(f, ITC_FAIR_OWED)].start <= f->now)
        forget_least_owing(f);
    if (f->count == 0)
        f->now = 0;
}

static void set_back_heap(struct itc_fair *f, enum itc_fair_order o)
{
    for (uint32_t i = 0; i < f->heap_counts[o]; i++)
        f->flows[f->heaps[o][i]].start -= f->now;
}

/* V has gone far: counts from 0 again. Differences are what matters, so no order changes. */
static void set_back(struct itc_fair *f)
{
    set_back_heap(f, ITC_FAIR_START);
    set_back_heap(f, ITC_FAIR_OWED);
    f->now = 0;
}

/* --- entries --------------------------------------------------------------------------------------------- */

static void link_last(struct itc_fair *f, uint32_t flow, uint32_t entry)
{
    struct itc_fair_flow *w = &f->flows[flow];
    f->entries[entry].previous = w->last;
    if (w->last == ITC_NONE)
        w->first = entry;
    else
        f->entries[w->last].next = entry;
    w->last = entry;
    w->count++;
}

static void unlink_entry(struct itc_fair *f, uint32_t entry)
{
    struct itc_fair_entry *e = &f->entries[entry];
    struct itc_fair_flow *w = &f->flows[e->flow];
    if (e->previous == ITC_NONE)
        w->first = e->next;
    else
        f->entries[e->previous].next = e->next;
    if (e->next == ITC_NONE)
        w->last = e->previous;
    else
        f->entries[e->next].previous = e->previous;
    w->count--;
}

void itc_fair_next_interval(struct itc_fair *f)
{
    f->interval++;
}

enum itc_err itc_fair_push(
    struct itc_fair *f, uint32_t entry, const struct itc_key *key, uint64_t weight, uint32_t size)
{
    ITC_ASSERT(size > 0 && size >> SIZE_MAX_BITS == 0 && weight > 0 && !itc_fair_waits(f, entry));
    uint64_t step = ((uint64_t)size << STEP_SHIFT) / weight;
    step += step == 0;
    uint32_t flow = itc_index_find(&f->keys, key);
    bool known = flow != ITC_NONE;
    if (!known)
        flow = flow_new(f, key);
    struct itc_fair_flow *w = &f->flows[flow];
    bool rests = known && w->count == 0;
    bool fresh = !known || (rests && w->since != f->interval);
    if (!fresh && w->start + w->steps + step - f->now > AHEAD_MAX)
        return ITC_E_FULL;
    if (rests)
        heap_remove(f, ITC_FAIR_OWED, flow);
    if (fresh)
        w->start = f->now;
    f->entries[entry] = (struct itc_fair_entry){.step = step,
        .serial = f->next_serial++,
        .flow = flow,
        .next = ITC_NONE,
        .size = size,
        .fresh = fresh};
    link_last(f, flow, entry);
    w->steps += step;
    f->count++;
    f->fresh += fresh;
    f->bytes += size;
    flow_waits(f, flow);
    return ITC_OK;
}

/* `start`: of the flow from now on. */
static void take_out(struct itc_fair *f, uint32_t entry, uint64_t start)
{
    struct itc_fair_entry *e = &f->entries[entry];
    struct itc_fair_flow *w = &f->flows[e->flow];
    unlink_entry(f, entry);
    w->steps -= e->step;
    w->start = start;
    f->count--;
    f->fresh -= e->fresh;
    f->bytes -= e->size;
    e->size = 0;
    if (w->count > 0)
        flow_waits(f, e->flow);
    else
        flow_rests(f, e->flow);
    forgive(f);
    if (f->now > AHEAD_MAX)
        set_back(f);
}

void itc_fair_serve(struct itc_fair *f, uint32_t entry)
{
    const struct itc_fair_entry *e = &f->entries[entry];
    const struct itc_fair_flow *w = &f->flows[e->flow];
    ITC_ASSERT(itc_fair_waits(f, entry) && w->first == entry);
    if (top(f, ITC_FAIR_START) == e->flow)
        f->now = w->start;
    f->by_finish = !f->by_finish;
    take_out(f, entry, w->start + e->step);
}

void itc_fair_remove(struct itc_fair *f, uint32_t entry)
{
    ITC_ASSERT(itc_fair_waits(f, entry));
    take_out(f, entry, f->flows[f->entries[entry].flow].start);
}

uint32_t itc_fair_overflow(struct itc_fair *f)
{
    if (f->count <= f->count_max && f->bytes <= f->bytes_max)
        return ITC_NONE;
    bool crowd = f->fresh > f->count / 2;
    uint32_t flow = top(f, crowd ? ITC_FAIR_LAST_FINISH : ITC_FAIR_LAST_START);
    uint32_t entry = f->flows[flow].last;
    itc_fair_remove(f, entry);
    return entry;
}

/* The first entry of who comes first in an order. */
static uint32_t first_by(const struct itc_fair *f, enum itc_fair_order o)
{
    uint32_t flow = top(f, o);
    return flow == ITC_NONE ? ITC_NONE : f->flows[flow].first;
}

uint32_t itc_fair_next(const struct itc_fair *f)
{
    return first_by(f, f->by_finish ? ITC_FAIR_FINISH : ITC_FAIR_START);
}

/* The first by start, if its flow was idle. */
static uint32_t idle_by_start(const struct itc_fair *f)
{
    uint32_t entry = first_by(f, ITC_FAIR_START);
    return entry != ITC_NONE && f->entries[entry].fresh ? entry : ITC_NONE;
}

/* The first by finish, if it is alone in its flow, which owes less than one step of who is first by start: where many light
 * flows start at V, V stands still, and a heavy one would owe its last little step all the while. */
static uint32_t idle_by_finish(const struct itc_fair *f)
{
    uint32_t flow = top(f, ITC_FAIR_FINISH), next = top(f, ITC_FAIR_START);
    if (flow == next || f->flows[flow].count > 1)
        return ITC_NONE;
    uint64_t bound = f->flows[next].start + f->entries[f->flows[next].first].step;
    return f->flows[flow].start <= bound ? f->flows[flow].first : ITC_NONE;
}

uint32_t itc_fair_next_idle(const struct itc_fair *f, bool heaviest)
{
    if (heaviest && top(f, ITC_FAIR_FINISH) != top(f, ITC_FAIR_START))
        return idle_by_finish(f);
    uint32_t entry = f->by_finish ? idle_by_finish(f) : idle_by_start(f);
    if (entry == ITC_NONE)
        entry = f->by_finish ? idle_by_start(f) : idle_by_finish(f);
    return entry;
}

bool itc_fair_waits(const struct itc_fair *f, uint32_t entry)
{
    return f->entries[entry].size != 0;
}

uint32_t itc_fair_waiting(const struct itc_fair *f, const struct itc_key *key)
{
    uint32_t flow = itc_index_find(&f->keys, key);
    return flow == ITC_NONE ? 0 : f->flows[flow].count;
}
