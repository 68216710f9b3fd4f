/* show.c - `itc-sim show`: a part of a run as a space-time diagram.
 *
 *     node 0  ----\-----\------o----->  time      an arrow: a message, from when it left to when it arrived
 *     node 1  -----\>----\----o------>            a dot: a milestone is final there; a gap: no power */
#include "tools/sim/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 1800
#define LEFT 70
#define TOP 60
#define ROW 110

struct picture {
    FILE *out;
    uint64_t from_ms, until_ms;
    uint32_t nodes;
    uint64_t down_ms[ITC_NET_NODES_MAX]; /* since when; UINT64_MAX: it is up */
    uint32_t views[ITC_NET_NODES_MAX];
};

static const struct {
    uint8_t type, vote;
    const char *name, *colour;
} kinds[] = {
    {ITC_MESSAGE_PROPOSAL, 0, "PROPOSAL", "#1f6feb"},
    {ITC_MESSAGE_VOTE, ITC_VOTE_PREPARE, "PREPARE", "#2da44e"},
    {ITC_MESSAGE_VOTE, ITC_VOTE_COMMIT, "COMMIT", "#bf3989"},
    {ITC_MESSAGE_MILESTONE, 0, "MILESTONE", "#bf8700"},
    {ITC_MESSAGE_GET_MILESTONE, 0, "GET_MILESTONE", "#8c6c3f"},
    {ITC_MESSAGE_VIEW_CHANGE, 0, "VIEW_CHANGE", "#cf222e"},
    {ITC_MESSAGE_COMPLAINT, 0, "COMPLAINT", "#8250df"},
    {ITC_MESSAGE_EVIDENCE, 0, "EVIDENCE", "#24292f"},
    {ITC_MESSAGE_RECALL, 0, "RECALL", "#57606a"},
    {ITC_MESSAGE_RECALLED, 0, "RECALLED", "#57606a"},
    {ITC_MESSAGE_STATUS, 0, "STATUS", "#d0d7de"},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static double x_of(const struct picture *p, uint64_t ms)
{
    double span = (double)(p->until_ms - p->from_ms);
    return LEFT + ((double)ms - (double)p->from_ms) / span * (WIDTH - LEFT - 20);
}

static double y_of(uint32_t node)
{
    return TOP + ROW * (double)node;
}

static void draw_frame(const struct picture *p, const struct itc_trace_entry *e)
{
    bool lost = e->arrives_ms == UINT64_MAX;
    double x1 = x_of(p, e->at_ms), y1 = y_of(e->node), y2 = y_of(e->to);
    double x2 = lost ? x1 + 8 : x_of(p, e->arrives_ms);
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].type != e->type || kinds[i].vote != e->vote)
            continue;
        char tip[32];
        (void)snprintf(tip, sizeof tip, " marker-end='url(#tip%zu)'", i);
        if (lost)
            y2 = y1 + (y2 - y1) / 4;
        fprintf(p->out,
            "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'%s%s><title>%s %u to %u, "
            "view %u, height %" PRIu64 ", %02x%02x%02x%02x, at %" PRIu64 " ms</title></line>\n",
            x1, y1, x2, y2, kinds[i].colour, lost ? " stroke-dasharray='2 2'" : "", lost ? "" : tip,
            kinds[i].name, e->node, e->to, e->slot.view, e->slot.index, e->id[0], e->id[1],
            e->id[2], e->id[3], e->at_ms);
    }
}

static void draw_head(struct picture *p, const struct itc_trace_entry *e)
{
    double x = x_of(p, e->at_ms), y = y_of(e->node);
    fprintf(p->out,
        "<circle cx='%.1f' cy='%.1f' r='4' fill='#%02x%02x%02x' stroke='black'/>"
        "<text x='%.1f' y='%.1f' font-size='10'>%" PRIu64 "</text>\n",
        x, y, e->id[0], e->id[1], e->id[2], x - 6, y - 8, e->slot.index);
}

/* A square where a node is in another view than before. */
static void draw_view(struct picture *p, const struct itc_trace_entry *e)
{
    if (e->slot.view == p->views[e->node])
        return;
    p->views[e->node] = e->slot.view;
    fprintf(p->out,
        "<rect x='%.1f' y='%.1f' width='8' height='8' fill='#cf222e'/>"
        "<text x='%.1f' y='%.1f' font-size='10' fill='#cf222e'>view %u</text>\n",
        x_of(p, e->at_ms) - 4, y_of(e->node) + 8, x_of(p, e->at_ms) - 4, y_of(e->node) + 28,
        e->slot.view);
}

static void draw_down(struct picture *p, uint32_t node, uint64_t until_ms)
{
    uint64_t from_ms = p->down_ms[node];
    p->down_ms[node] = UINT64_MAX;
    if (from_ms == UINT64_MAX || until_ms < p->from_ms)
        return;
    fprintf(p->out,
        "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='white' stroke-width='3'/>\n",
        x_of(p, from_ms < p->from_ms ? p->from_ms : from_ms), y_of(node), x_of(p, until_ms),
        y_of(node));
}

static void draw_fault(const struct picture *p, const struct itc_trace_entry *e)
{
    double x = x_of(p, e->at_ms);
    fprintf(p->out,
        "<line x1='%.1f' y1='35' x2='%.1f' y2='%.1f' stroke='#bbb' stroke-dasharray='4 3'/>"
        "<text x='%.1f' y='32' font-size='10' transform='rotate(-12 %.1f 32)'>%s</text>\n",
        x, x, y_of(p->nodes - 1) + 20, x, x, e->text);
}

static void draw(void *ctx, const struct itc_trace_entry *e)
{
    struct picture *p = ctx;
    if (e->kind == ITC_TRACE_POWER) {
        if (e->type)
            draw_down(p, e->node, e->at_ms);
        else
            p->down_ms[e->node] = e->at_ms;
    }
    if (e->at_ms < p->from_ms)
        return;
    switch (e->kind) {
    case ITC_TRACE_FRAME:
        draw_frame(p, e);
        if (e->type == ITC_MESSAGE_STATUS)
            draw_view(p, e);
        break;
    case ITC_TRACE_HEAD:
        draw_head(p, e);
        draw_view(p, e);
        break;
    case ITC_TRACE_FAULT:
        draw_fault(p, e);
        break;
    case ITC_TRACE_POWER:
        break;
    }
}

static void begin(const struct picture *p)
{
    double height = y_of(p->nodes);
    fprintf(p->out,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%.0f' "
        "font-family='sans-serif'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
        WIDTH, height);
    for (size_t i = 0; i < KINDS; i++)
        fprintf(p->out,
            "<marker id='tip%zu' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='6' "
            "markerHeight='6' orient='auto'><path d='M0 0 8 4 0 8z' fill='%s'/></marker>\n",
            i, kinds[i].colour);
    for (uint32_t i = 0; i < p->nodes; i++)
        fprintf(p->out,
            "<text x='8' y='%.1f' font-size='13'>node %u</text>"
            "<line x1='%d' y1='%.1f' x2='%d' y2='%.1f' stroke='#444'/>\n",
            y_of(i) + 4, i, LEFT, y_of(i), WIDTH - 20, y_of(i));
    for (size_t i = 0; i < KINDS; i++)
        fprintf(p->out, "<text x='%zu' y='%.0f' font-size='12' fill='%s'>%s</text>\n",
            LEFT + 130 * i, height - 24, kinds[i].colour, kinds[i].name);
    for (uint32_t i = 0; i <= 10; i++) {
        uint64_t ms = p->from_ms + (p->until_ms - p->from_ms) * i / 10;
        fprintf(p->out, "<text x='%.1f' y='%.0f' font-size='11'>%.3f s</text>\n", x_of(p, ms) - 18,
            height - 6, (double)ms / 1000);
    }
}

int itc_sim_show(const struct itc_sim_options *o)
{
    struct picture p = {.from_ms = o->from_ms, .until_ms = o->until_ms};
    if (!o->out || o->until_ms <= o->from_ms || o->until_ms > o->run.duration_ms) {
        fputs("itc-sim: show needs -o FILE, and --from below --until within the run\n", stderr);
        return ITC_SIM_USAGE;
    }
    p.out = fopen(o->out, "w");
    if (!p.out) {
        fprintf(stderr, "itc-sim: %s: %s\n", o->out, strerror(errno));
        return ITC_SIM_USAGE;
    }
    for (uint32_t i = 0; i < ITC_NET_NODES_MAX; i++)
        p.down_ms[i] = UINT64_MAX;
    struct itc_run *r = itc_run_create(&o->run, draw, &p);
    p.nodes = itc_net_count(r->net);
    begin(&p);
    (void)itc_run_advance(r, o->until_ms);
    for (uint32_t i = 0; i < p.nodes; i++)
        draw_down(&p, i, o->until_ms);
    fputs("</svg>\n", p.out);
    itc_run_free(r);
    if (fclose(p.out) != 0) {
        fprintf(stderr, "itc-sim: %s: %s\n", o->out, strerror(errno));
        return ITC_SIM_USAGE;
    }
    return ITC_SIM_CLEAN;
}
