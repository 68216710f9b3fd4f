/* The command that looks at payments: what stage one has reached, and waiting until it is settled.
 *
 *     settled = a proof that a milestone applied it, or that it never can apply, or
 *               a proof that the account, past valid_until, has not used its number */
#include "tools/itc_cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WAIT_MS 10000 /* of one long poll */
#define PAUSE_MS 500  /* between polls that the node answered at once */
#define MISSED_MAX 3
#define LISTED 20 /* payments that `itc tx` lists */

/* What is known about a tx, and how well. */
struct report {
    struct itc_hash id;
    const char *stage;
    const char *verdict; /* NULL: none yet */
    bool proved;
    uint64_t milestone, time_ms;
    uint32_t position, weight;
    uint64_t took_ms; /* 0: not measured here */
    unsigned missed;  /* looks at which its number was used and no verdict known */
    bool has_tx;
    struct itc_tx tx;
};

static void report_json(const struct itc_cli *cli, const struct report *r)
{
    json_t *o = json_pack(
        "{s:o,s:s,s:b}", "tx", itc_cli_json_hash(&r->id), "stage", r->stage, "proved", r->proved);
    if (r->verdict)
        json_object_set_new(o, "verdict", json_string(r->verdict));
    if (r->verdict && r->milestone) {
        json_object_set_new(o, "milestone", json_integer((json_int_t)r->milestone));
        json_object_set_new(o, "position", json_integer(r->position));
        json_object_set_new(o, "time_ms", json_integer((json_int_t)r->time_ms));
    }
    if (!r->verdict)
        json_object_set_new(o, "weight", json_integer(r->weight));
    if (r->took_ms)
        json_object_set_new(o, "took_ms", json_integer((json_int_t)r->took_ms));
    if (r->has_tx) {
        json_object_set_new(o, "from", itc_cli_json_address(cli, &r->tx.issuer));
        json_object_set_new(o, "seq", json_integer((json_int_t)r->tx.seq));
        json_object_set_new(o, "valid_until", json_integer((json_int_t)r->tx.valid_until));
    }
    if (r->has_tx && r->tx.kind == ITC_KIND_TRANSFER) {
        json_object_set_new(o, "to", itc_cli_json_address(cli, &r->tx.u.transfer.to));
        json_object_set_new(o, "amount", itc_cli_json_amount(r->tx.u.transfer.amount));
    }
    itc_cli_print_json(o);
}

static bool is_unknown(const struct report *r)
{
    return strcmp(r->stage, itc_stage_name(ITC_STAGE_UNKNOWN)) == 0;
}

static void report_text(const struct itc_cli *cli, const struct report *r)
{
    char id[65], amount[ITC_AMOUNT_TEXT], from[ITC_ADDRESS_TEXT], to[ITC_ADDRESS_TEXT];
    itc_hex_encode(id, r->id.b, sizeof r->id.b);
    printf("tx %s\n", id);
    if (r->has_tx && r->tx.kind == ITC_KIND_TRANSFER) {
        itc_amount_format(amount, r->tx.u.transfer.amount);
        itc_address_encode(from, cli->wallet.light.network, &r->tx.issuer);
        itc_address_encode(to, cli->wallet.light.network, &r->tx.u.transfer.to);
        printf("%s ITC from %s to %s\n", amount, from, to);
    }
    if (is_unknown(r))
        printf("unknown: this node has not heard of it\n");
    else if (!r->verdict)
        printf("%s, weight %" PRIu32 ": the node's word, not final\n", r->stage, r->weight);
    else if (!r->milestone)
        printf("final: %s, by proof that its number was not used in time\n", r->verdict);
    else
        printf("final: %s in milestone %" PRIu64 ", position %" PRIu32 "; proof checked\n",
            r->verdict, r->milestone, r->position);
    if (r->took_ms)
        printf("took %.3f s\n", (double)r->took_ms / 1000);
}

/* Applied is what was wanted; anything else that is final is a no, and so is not to know. */
static enum itc_exit report(const struct itc_cli *cli, const struct report *r)
{
    if (cli->json)
        report_json(cli, r);
    else
        report_text(cli, r);
    bool bad = r->verdict && strcmp(r->verdict, itc_verdict_name(ITC_VERDICT_APPLIED)) != 0;
    return bad || is_unknown(r) ? ITC_EXIT_REFUSED : ITC_EXIT_DONE;
}

static void fill_from_fact(struct report *r, const struct itc_tx_fact *fact)
{
    r->stage = itc_stage_name(ITC_STAGE_FINAL);
    r->verdict = itc_verdict_name(fact->verdict);
    r->proved = true;
    r->milestone = fact->milestone;
    r->position = fact->position;
    r->time_ms = fact->time_ms;
    r->has_tx = true;
    r->tx = fact->tx;
}

/* From the proof kept when the payment was settled; no node is asked. */
static bool known_from_proof(struct itc_cli *cli, struct report *r)
{
    size_t len;
    struct itc_tx_fact fact;
    static uint8_t kept[ITC_CLIENT_KEPT_MAX]; /* fact.tx may borrow from it */
    int missing = itc_history_read_proof(cli->wallet.dir, &r->id, kept, sizeof kept, &len);
    if (missing || itc_client_recheck(&fact, &cli->wallet.light.chain, &r->id, kept, len))
        return false;
    fill_from_fact(r, &fact);
    return true;
}

/* Of payments that were sent here. Returns 0 or errno. */
static int keep_proof(
    const struct itc_wallet *w, const struct itc_hash *id, const uint8_t *body, size_t len)
{
    static uint8_t kept[ITC_CLIENT_KEPT_MAX];
    struct itc_history_entry sent;
    if (!itc_history_find(w->dir, &sent, id))
        return 0;
    return itc_history_keep_proof(w->dir, id, kept, itc_client_keep(kept, &w->light, body, len));
}

/* Fetches the proof of a tx that the node calls final. *settled: it ends the matter. */
static enum itc_exit prove(struct itc_cli *cli, struct report *r, bool *settled)
{
    struct itc_tx_fact fact;
    const uint8_t *body;
    size_t len;
    struct itc_wallet *w = &cli->wallet;
    enum itc_call call = itc_client_proof(&cli->client, &fact, &body, &len, &w->light, &r->id);
    if (call)
        return itc_cli_fail_call(cli, call);
    *settled = itc_verdict_is_final(fact.verdict);
    if (!itc_wallet_keep(w))
        return itc_cli_fail_wallet(cli);
    int e = *settled ? keep_proof(w, &r->id, body, len) : 0;
    if (e)
        return itc_cli_fail(
            cli, ITC_EXIT_USAGE, "wallet", "cannot write %s/proofs: %s", w->dir, strerror(e));
    if (*settled)
        fill_from_fact(r, &fact);
    else /* "not here": the same tx may apply in a later milestone */
        r->stage = itc_stage_name(ITC_STAGE_PENDING);
    return ITC_EXIT_DONE;
}

/* The number is used, yet the node shows no verdict. Once or twice that is a matter of moments. */
static enum itc_exit check_missing(const struct itc_cli *cli, struct report *r)
{
    if (!cli->wait || ++r->missed < MISSED_MAX)
        return ITC_EXIT_DONE;
    return itc_cli_fail(cli, ITC_EXIT_REFUSED, "not-found",
        "its number %" PRIu64 " is used up, but this node does not say by which payment: another "
        "one took it, or the milestone lies too far back. Ask another node",
        r->tx.seq);
}

/* Whether `r->tx` is over without any milestone having shown it: proved by the account's next
 * number. */
static enum itc_exit check_over(struct itc_cli *cli, struct report *r, bool *settled)
{
    struct itc_client_account a;
    struct itc_wallet *w = &cli->wallet;
    enum itc_call call = itc_client_account(&cli->client, &a, &w->light, &r->tx.issuer);
    if (call)
        return itc_cli_fail_call(cli, call);
    if (!itc_wallet_keep(w))
        return itc_cli_fail_wallet(cli);
    bool past = r->tx.valid_until != 0 && r->tx.valid_until <= w->light.header.index;
    if (a.account.next_seq > r->tx.seq)
        return check_missing(cli, r);
    if (!past)
        return ITC_EXIT_DONE;
    *settled = true;
    r->stage = itc_stage_name(ITC_STAGE_FINAL);
    r->verdict = itc_verdict_name(ITC_VERDICT_EXPIRED);
    r->proved = true;
    return ITC_EXIT_DONE;
}

/* The tx as its signer made it, if the node holds it: the id vouches for the bytes. */
static void take_tx(const struct itc_cli *cli, struct report *r, const struct itc_tx_status *status)
{
    struct itc_hash id;
    if (r->has_tx || !status->tx || itc_tx_decode(&r->tx, status->tx, status->tx_len))
        return;
    itc_tx_id(&id, &cli->wallet.light.chain, status->tx, status->tx_len);
    r->has_tx = itc_hash_equal(&id, &r->id);
}

/* One look: *settled tells whether there is anything to wait for. */
static enum itc_exit look(struct itc_cli *cli, struct report *r, bool *settled)
{
    struct itc_tx_status status;
    enum itc_call call = itc_client_tx(&cli->client, &status, &r->id, cli->wait ? WAIT_MS : 0);
    if (call)
        return itc_cli_fail_call(cli, call);
    r->stage = itc_stage_name(status.stage);
    r->weight = status.weight;
    take_tx(cli, r, &status);
    if (status.stage == ITC_STAGE_FINAL)
        return prove(cli, r, settled);
    return r->has_tx ? check_over(cli, r, settled) : ITC_EXIT_DONE;
}

/* From now on the same payment again is another one. */
static bool note_told(struct itc_cli *cli, const struct report *r)
{
    struct itc_wallet *w = &cli->wallet;
    if (!r->has_tx || !itc_key_equal(&r->tx.issuer, &w->key))
        return true;
    if (!itc_wallet_lock(w))
        return false;
    itc_outbox_told(&w->outbox, r->tx.seq);
    bool saved = itc_wallet_save(w);
    itc_wallet_unlock(w);
    return saved;
}

/* The last word on a payment. */
static enum itc_exit finish(struct itc_cli *cli, const struct report *r)
{
    enum itc_exit exit = report(cli, r);
    return note_told(cli, r) ? exit : itc_cli_fail_wallet(cli);
}

/* A node that answers a long poll at once must not make this a busy loop. */
static void pause_until(uint64_t until_ms)
{
    uint64_t now_ms = itc_cli_clock_ms();
    if (now_ms >= until_ms)
        return;
    struct timespec pause = {.tv_nsec = (long)(until_ms - now_ms) * 1000000L};
    nanosleep(&pause, NULL);
}

enum itc_exit itc_cli_follow(
    struct itc_cli *cli, const struct itc_hash *id, const struct itc_tx *tx, uint64_t since_ms)
{
    struct report r = {.id = *id};
    if (tx) {
        r.has_tx = true;
        r.tx = *tx;
    }
    bool settled = false;
    enum itc_exit exit;
    do {
        uint64_t asked_ms = itc_cli_clock_ms();
        exit = look(cli, &r, &settled);
        if (!exit && !settled && cli->wait)
            pause_until(asked_ms + PAUSE_MS);
    } while (!exit && !settled && cli->wait);
    if (exit)
        return exit;
    if (settled && since_ms)
        r.took_ms = itc_cli_clock_ms() - since_ms;
    return settled ? finish(cli, &r) : report(cli, &r);
}

/* One line of the list of sent payments. */
static void list_one(struct itc_cli *cli, const struct itc_history_entry *e, json_t *list)
{
    struct report r = {.id = e->id};
    const char *fate = known_from_proof(cli, &r) ? r.verdict : "unsettled";
    char id[65], amount[ITC_AMOUNT_TEXT], to[ITC_ADDRESS_TEXT], when[ITC_CLI_TIME_TEXT];
    itc_hex_encode(id, e->id.b, sizeof e->id.b);
    itc_amount_format(amount, e->amount);
    itc_address_encode(to, cli->wallet.light.network, &e->to);
    itc_cli_time(when, e->time_ms);
    if (cli->json)
        json_array_append_new(list,
            json_pack("{s:s,s:I,s:s,s:s,s:I,s:s}", "tx", id, "time_ms", (json_int_t)e->time_ms,
                "to", to, "amount", amount, "seq", (json_int_t)e->seq, "fate", fate));
    else
        printf("%s  %-9s  %s ITC to %s\n    %s\n", when, fate, amount, to, id);
}

static enum itc_exit list_sent(struct itc_cli *cli)
{
    static struct itc_history_entry sent[LISTED];
    size_t count = itc_history_read(cli->wallet.dir, sent, LISTED);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        list_one(cli, &sent[i], list);
    if (cli->json)
        itc_cli_print_json(json_pack("{s:o}", "sent", list));
    else if (count == 0)
        printf("nothing was sent from this wallet yet\n");
    else
        printf("`itc tx ID` settles what is unsettled\n");
    if (!cli->json)
        json_decref(list);
    return ITC_EXIT_DONE;
}

enum itc_exit itc_cli_tx(struct itc_cli *cli, char **args)
{
    if (!args[0])
        return list_sent(cli);
    struct report r = {0};
    if (itc_hex_decode(r.id.b, sizeof r.id.b, args[0], strlen(args[0])))
        return itc_cli_fail(cli, ITC_EXIT_USAGE, "bad-form",
            "%.100s is not a tx id: those have 64 hex digits", args[0]);
    if (known_from_proof(cli, &r))
        return finish(cli, &r);
    enum itc_exit exit = itc_cli_connect(cli);
    return exit ? exit : itc_cli_follow(cli, &r.id, NULL, 0);
}
