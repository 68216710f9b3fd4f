#include "node/shell/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void describe(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
    describe(out, name, "counter", help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
    describe(out, name, "gauge", help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

/* `parts` of a second, `rate` of them to one. */
static void seconds(
    FILE *out, const char *name, const char *type, const char *help, uint64_t parts, unsigned rate)
{
    describe(out, name, type, help);
    fprintf(out, "%s %.6f\n", name, (double)parts / rate);
}

/* What each of the node's counters means, in the order of enum itc_counter. */
static const char *const counter_help[ITC_COUNTERS] = {
    [ITC_COUNT_SITES_ATTACHED] = "Sites added to the tangle",
    [ITC_COUNT_SITES_ISSUED] = "Sites attached for own clients",
    [ITC_COUNT_SITES_DUPLICATE] = "Sites received that were here already",
    [ITC_COUNT_SITES_OUTDATED] = "Open sites dropped because their anchor grew too old",
    [ITC_COUNT_TXS_SUBMITTED] = "Transactions accepted from clients",
    [ITC_COUNT_TXS_REFUSED] = "Transactions refused to clients",
    [ITC_COUNT_TXS_APPLIED] = "Transactions applied in milestones",
    [ITC_COUNT_TXS_REJECTED] = "Transactions in milestones with another verdict",
    [ITC_COUNT_TXS_REATTACHED] = "Transactions attached again",
    [ITC_COUNT_MILESTONES] = "Milestones made final",
    [ITC_COUNT_PROPOSALS] = "Own proposals of a milestone",
    [ITC_COUNT_VOTES_SENT] = "Votes sent",
    [ITC_COUNT_VOTES_RECEIVED] = "Votes received",
    [ITC_COUNT_VIEW_CHANGES] = "Votes for a new view sent",
    [ITC_COUNT_PROPOSALS_LATE] = "Proposals of others that came late",
    [ITC_COUNT_PROPOSALS_UNFAIR] = "Proposals of others that left out what they should not",
    [ITC_COUNT_COMPLAINTS] = "Complaints of a primary sent",
    [ITC_COUNT_EVIDENCE] = "Evidence of double votes found or received",
    [ITC_COUNT_CONVICTIONS] = "Validators convicted of a double vote in milestones",
    [ITC_COUNT_MILESTONES_SYNCED] = "Milestones learnt by certificate from a peer",
    [ITC_COUNT_SIGNATURES_CHECKED] = "Signatures checked",
    [ITC_COUNT_PEERS_DROPPED] = "Peers dropped for misbehaviour",
};

static void write_counters(FILE *out, const struct itc_stats *stats)
{
    char name[64];
    for (unsigned i = 0; i < ITC_COUNTERS; i++) {
        snprintf(name, sizeof name, "itc_%s_total", itc_counter_name((enum itc_counter)i));
        counter(out, name, counter_help[i], stats->counts[i]);
    }
}

static void write_refused(
    FILE *out, const char *name, const char *help, const uint64_t counts[ITC_ERR_COUNT])
{
    describe(out, name, "counter", help);
    for (unsigned i = 1; i < ITC_ERR_COUNT; i++) /* 0 is success */
        fprintf(
            out, "%s{reason=\"%s\"} %" PRIu64 "\n", name, itc_err_name((enum itc_err)i), counts[i]);
}

static void write_node(FILE *out, const struct itc_loop_view *v)
{
    const struct itc_info *i = &v->info;
    char chain[65];
    itc_hex_encode(chain, i->chain.b, sizeof i->chain.b);
    describe(out, "itc_info", "gauge", "Chain and software, as labels");
    fprintf(out, "itc_info{chain=\"%s\",software=\"%.*s\"} 1\n", chain, (int)i->software_len,
        i->software);
    gauge(out, "itc_milestone_index", "Index of the newest final milestone", i->index);
    seconds(out, "itc_milestone_timestamp_seconds", "gauge", "Time in its header", v->head_time_ms,
        1000);
    gauge(out, "itc_work_bits", "Price of a site in leading zero bits", i->work_bits);
    gauge(out, "itc_epoch", "Epoch of the open height", i->epoch);
    gauge(out, "itc_view", "View of the open height", i->view);
    gauge(out, "itc_open_sites", "Sites not yet in a milestone", i->open_sites);
    gauge(out, "itc_tips", "Open sites that nothing approves yet", i->tips);
    gauge(out, "itc_peers", "Peers connected", i->peers);
    gauge(out, "itc_accounts", "Accounts in the ledger", i->accounts);
    gauge(out, "itc_validators", "Size of the committee", i->validators);
    gauge(out, "itc_validator", "Whether this node is a validator", i->validator);
    gauge(out, "itc_votes", "Whether it votes: it neither asks nor doubts what it voted before",
        i->votes);
    gauge(out, "itc_votes_from_milestone", "Where doubt ends; 0: there is none, or it is not known",
        i->doubt_until);
    gauge(out, "itc_synced", "Whether this node is in step with its peers", i->synced);
}

static void write_loop(FILE *out, const struct itc_loop_view *v)
{
    seconds(
        out, "itc_start_timestamp_seconds", "gauge", "When the node started", v->start_ms, 1000);
    counter(out, "itc_steps_total", "Steps of the core", v->steps);
    seconds(
        out, "itc_step_busy_seconds_total", "counter", "Time spent in them", v->busy_us, 1000000);
    seconds(out, "itc_step_longest_seconds", "gauge", "Longest step since the start",
        v->step_longest_us, 1000000);
    seconds(out, "itc_step_recent_seconds", "gauge", "Longest step of the last moments",
        v->step_recent_us, 1000000);
    counter(out, "itc_works_total", "Proofs of work found", v->works_done);
    counter(out, "itc_batches_total", "Batches written to the store", v->batch);
    counter(out, "itc_durable_batches_total", "Of these, known to be durable", v->durable_batch);
    counter(out, "itc_syncs_total", "Syncs of the store", v->syncs);
    seconds(out, "itc_sync_seconds_total", "counter", "Time spent in them", v->sync_us, 1000000);
    seconds(out, "itc_sync_longest_seconds", "gauge", "Longest sync since the start",
        v->sync_longest_us, 1000000);
    gauge(out, "itc_parked", "Messages and replies that wait for the disk", v->parked);
}

static void write_queues(FILE *out, const struct itc_loop_view *v)
{
    describe(out, "itc_queue_depth", "gauge", "Items waiting for the core");
    for (unsigned i = 0; i < ITC_LOOP_QUEUES; i++)
        fprintf(out, "itc_queue_depth{queue=\"%s\"} %" PRIu32 "\n",
            itc_loop_queue_name((enum itc_loop_queue)i), v->depth[i]);
    describe(out, "itc_queue_full_total", "counter", "Items a full queue refused");
    for (unsigned i = 0; i < ITC_LOOP_QUEUES; i++)
        fprintf(out, "itc_queue_full_total{queue=\"%s\"} %" PRIu64 "\n",
            itc_loop_queue_name((enum itc_loop_queue)i), v->full[i]);
}

static void write_links(FILE *out, const struct itc_link_stats *link)
{
    gauge(out, "itc_links", "Links to peers that stand", link->links);
    counter(out, "itc_link_received_bytes_total", "Bytes received from peers", link->bytes_in);
    counter(out, "itc_link_sent_bytes_total", "Bytes sent to peers", link->bytes_out);
    counter(out, "itc_link_received_frames_total", "Frames received from peers", link->frames_in);
    counter(out, "itc_link_sent_frames_total", "Frames sent to peers", link->frames_out);
    describe(
        out, "itc_link_events_total", "counter", "Streams closed and frames not sent, by reason");
    for (unsigned i = 0; i < ITC_LINK_COUNTS; i++)
        fprintf(out, "itc_link_events_total{reason=\"%s\"} %" PRIu64 "\n",
            itc_link_count_name((enum itc_link_count)i), link->counts[i]);
}

char *itc_metrics_text(size_t *len, const struct itc_loop_view *v)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (!out)
        return NULL;
    write_node(out, v);
    write_counters(out, &v->stats);
    write_refused(out, "itc_peer_refused_total", "Input from peers refused, by reason",
        v->stats.peer_refused);
    write_refused(out, "itc_client_refused_total", "Requests of clients refused, by reason",
        v->stats.client_refused);
    write_loop(out, v);
    write_queues(out, v);
    write_links(out, &v->link);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
