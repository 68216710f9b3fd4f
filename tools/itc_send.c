/* The command that pays: prove the account, choose the number, sign, make durable, deliver. */
#include "tools/itc_cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A payment on its way through this file. */
struct payment {
    struct itc_transfer order; /* what was asked for */
    struct itc_outbox_entry *entry;
    struct itc_hash id;
    bool again; /* an earlier try, delivered once more */
    bool past;  /* an earlier try that the ledger has decided: nothing is left but to look */
};

static enum itc_exit parse_amount(
    const struct itc_cli *cli, struct itc_amount *out, const char *text)
{
    enum itc_err e = itc_amount_parse(out, text, strlen(text));
    const char *problem = "it is written like 12.5, with a point and no sign";
    if (e == ITC_E_TOO_LARGE)
        problem = "an ITC has 8 digits after the point, not more";
    else if (e == ITC_E_OVERFLOW)
        problem = "that is more than exists";
    else if (!e && out->grains == 0)
        problem = "it must be more than nothing";
    else if (!e)
        return ITC_EXIT_DONE;
    return itc_cli_fail(cli, ITC_EXIT_USAGE, e ? itc_err_name(e) : "bad-form",
        "cannot use amount %.100s: %s", text, problem);
}

static enum itc_exit parse_order(struct itc_cli *cli, struct itc_transfer *order, char **args)
{
    *order = (struct itc_transfer){.close = cli->close};
    enum itc_exit exit = itc_cli_address(cli, &order->to, args[0]);
    if (!exit)
        exit = parse_amount(cli, &order->amount, args[1]);
    if (!exit && itc_key_equal(&order->to, &cli->wallet.key))
        exit = itc_cli_fail(
            cli, ITC_EXIT_USAGE, "bad-form", "this is the wallet's own address; pay another one");
    return exit;
}

/* What the account holds, less what is leaving already by our own count or the node's. */
static enum itc_exit check_funds(
    const struct itc_cli *cli, const struct itc_transfer *order, const struct itc_client_account *a)
{
    char has[ITC_AMOUNT_TEXT], asked[ITC_AMOUNT_TEXT], leaves[ITC_AMOUNT_TEXT];
    struct itc_amount leaving = itc_outbox_sum(&cli->wallet.outbox), left;
    if (leaving.grains < a->open_spent.grains)
        leaving = a->open_spent;
    itc_amount_format(has, a->account.balance);
    itc_amount_format(asked, order->amount);
    itc_amount_format(leaves, leaving);
    if (!a->exists)
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "no-account",
            "this wallet's account does not exist yet: it begins with the first payment to it");
    if (itc_amount_sub(&left, a->account.balance, leaving) ||
        itc_amount_sub(&left, left, order->amount))
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "no-funds",
            "cannot send %s ITC: the account holds %s ITC, and %s ITC of it are leaving", asked,
            has, leaves);
    if (order->close && left.grains + leaving.grains > 0)
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "no-funds",
            "--close needs an amount that leaves nothing: the account holds %s ITC, and %s ITC of "
            "it are leaving",
            has, leaves);
    return ITC_EXIT_DONE;
}

/* Signs a new payment and puts it into the outbox; nothing has left the machine yet. */
static enum itc_exit sign(
    struct itc_cli *cli, struct payment *p, const struct itc_client_account *account)
{
    uint8_t bytes[ITC_TX_TRANSFER];
    size_t len;
    struct itc_wallet *w = &cli->wallet;
    struct itc_tx tx = {.kind = ITC_KIND_TRANSFER,
        .valid_until = itc_wallet_valid_until(w, cli->valid_min),
        .u.transfer = p->order};
    enum itc_err e =
        itc_outbox_next(&w->outbox, &tx.seq, account->account.next_seq, account->open_next_seq);
    if (e == ITC_E_FULL)
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, itc_err_name(e),
            "%d payments are under way already: wait until the first of them is final",
            ITC_OUTBOX_MAX);
    if (e)
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, itc_err_name(e),
            "the node claims open payments up to number %" PRIu64
            " of this account, which is not plausible: ask another node",
            account->open_next_seq);
    if (!itc_wallet_sign(w, &tx, bytes, sizeof bytes, &len, &p->id))
        return itc_cli_fail_wallet(cli);

    struct itc_history_entry line = {.time_ms = (uint64_t)time(NULL) * 1000,
        .id = p->id,
        .seq = tx.seq,
        .valid_until = tx.valid_until,
        .amount = p->order.amount,
        .to = p->order.to};
    int error = itc_history_add(w->dir, &line);
    if (error)
        return itc_cli_fail(
            cli, ITC_EXIT_USAGE, "wallet", "cannot write %s/sent: %s", w->dir, strerror(error));
    p->entry = itc_outbox_add(&w->outbox, bytes);
    return ITC_EXIT_DONE;
}

/* Hands one payment of the outbox to the node. */
static enum itc_call deliver(struct itc_cli *cli, const struct itc_outbox_entry *e)
{
    struct itc_hash id;
    itc_tx_id(&id, &cli->wallet.light.chain, e->bytes, sizeof e->bytes);
    return itc_client_submit(&cli->client, &id, e->bytes, sizeof e->bytes);
}

/* The ledger may have decided a payment since the account was proved. */
static bool is_decided(const struct itc_cli *cli, enum itc_call call)
{
    return call == ITC_CALL_REFUSED && cli->client.err == ITC_E_SEQUENCE;
}

/* Payments before this one that the node does not know hold it up: their numbers come first. Unsure
 * ones stay so, as this run tells of its own payment only. */
static enum itc_exit deliver_earlier(
    struct itc_cli *cli, const struct payment *p, const struct itc_client_account *account)
{
    const struct itc_outbox *o = &cli->wallet.outbox;
    for (uint32_t i = 0; i < o->count; i++) {
        const struct itc_outbox_entry *e = &o->entries[i];
        bool unsure = e->state == ITC_OUTBOX_UNSURE;
        bool lost = e->state == ITC_OUTBOX_SENT && e->tx.seq >= account->open_next_seq;
        if (e == p->entry || !(unsure || lost))
            continue;
        enum itc_call call = deliver(cli, e);
        if (call == ITC_CALL_REFUSED && unsure && !is_decided(cli, call))
            return itc_cli_fail(cli, ITC_EXIT_REFUSED, itc_err_name(cli->client.err),
                "an earlier payment, number %" PRIu64 ", was never acknowledged, and now the node "
                "says: %s. It may still apply until milestone %" PRIu64 "; try again later, or ask "
                "another node",
                e->tx.seq, cli->client.why, e->tx.valid_until);
        if (call == ITC_CALL_UNREACHED || call == ITC_CALL_UNPROVED)
            return itc_cli_fail_call(cli, call);
    }
    return ITC_EXIT_DONE;
}

/* What the owner must know when the answer to the delivery of this payment is not a plain yes. */
static enum itc_exit report_trouble(
    const struct itc_cli *cli, const struct payment *p, enum itc_call call)
{
    char id[65];
    itc_hex_encode(id, p->id.b, sizeof p->id.b);
    if (call == ITC_CALL_REFUSED)
        return itc_cli_fail_call(cli, call);
    return itc_cli_fail(cli, ITC_EXIT_UNREACHED, "unsure",
        "payment %s is signed and kept, but was not acknowledged (%s) and may have arrived. "
        "Repeat the same command to deliver it again: it is paid once, however often",
        id, cli->client.why);
}

/* Which payment goes out: an unsure one like it once more, or a new one, signed. */
static enum itc_exit choose(
    struct itc_cli *cli, struct payment *p, const struct itc_client_account *account)
{
    struct itc_wallet *w = &cli->wallet;
    p->entry = itc_outbox_retry(&w->outbox, &p->order);
    if (p->entry) {
        p->again = true;
        p->past = p->entry->state == ITC_OUTBOX_PAST;
        itc_tx_id(&p->id, &w->light.chain, p->entry->bytes, sizeof p->entry->bytes);
        return p->past ? ITC_EXIT_DONE : deliver_earlier(cli, p, account);
    }
    enum itc_exit exit = check_funds(cli, &p->order, account);
    if (!exit)
        exit = deliver_earlier(cli, p, account);
    return exit ? exit : sign(cli, p, account);
}

/* With the account proved and the wallet locked. Saved before the delivery, or a crash could make
 * the wallet sign another payment with the same number; and after it, with the answer. */
static enum itc_exit pay(
    struct itc_cli *cli, struct payment *p, const struct itc_client_account *account)
{
    struct itc_wallet *w = &cli->wallet;
    itc_outbox_settle(&w->outbox, account->account.next_seq, w->light.header.index);
    enum itc_exit exit = choose(cli, p, account);
    if (!itc_wallet_save(w) && !exit)
        exit = itc_cli_fail_wallet(cli);
    if (exit || p->past)
        return exit;
    enum itc_call call = deliver(cli, p->entry);
    p->past = p->again && is_decided(cli, call);
    if (call == ITC_CALL_DONE)
        p->entry->state = ITC_OUTBOX_SENT;
    else if (call == ITC_CALL_REFUSED && !p->again)
        p->entry->state = ITC_OUTBOX_FREE;
    if (call && !p->past)
        exit = report_trouble(cli, p, call);
    if (!itc_wallet_save(w) && !exit)
        exit = itc_cli_fail_wallet(cli);
    return exit;
}

static void print_pending(const struct itc_cli *cli, const struct payment *p)
{
    const struct itc_tx *tx = &p->entry->tx;
    char id[65], amount[ITC_AMOUNT_TEXT], to[ITC_ADDRESS_TEXT];
    itc_hex_encode(id, p->id.b, sizeof p->id.b);
    itc_amount_format(amount, tx->u.transfer.amount);
    itc_address_encode(to, cli->wallet.light.network, &tx->u.transfer.to);
    if (cli->json) {
        itc_cli_print_json(json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:b}", "tx", id, "stage", "pending",
            "to", to, "amount", amount, "seq", (json_int_t)tx->seq, "valid_until",
            (json_int_t)tx->valid_until, "again", p->again));
        return;
    }
    printf("tx %s\n", id);
    if (p->again)
        printf("an earlier try of the same payment, delivered again; it is paid once\n");
    printf("pending: the node took %s ITC for %s; only final is a promise\n", amount, to);
    if (!cli->wait)
        printf("to wait for it: itc tx %s --wait\n", id);
}

enum itc_exit itc_cli_send(struct itc_cli *cli, char **args)
{
    struct payment p = {0};
    struct itc_client_account account;
    enum itc_exit exit = parse_order(cli, &p.order, args);
    if (!exit)
        exit = itc_cli_connect(cli);
    if (exit)
        return exit;
    if (!itc_wallet_lock(&cli->wallet))
        return itc_cli_fail_wallet(cli);
    uint64_t start_ms = itc_cli_clock_ms();
    enum itc_call call =
        itc_client_account(&cli->client, &account, &cli->wallet.light, &cli->wallet.key);
    exit = call ? itc_cli_fail_call(cli, call) : pay(cli, &p, &account);
    itc_wallet_unlock(&cli->wallet);
    if (exit)
        return exit;
    if (!p.past && !(cli->wait && cli->json)) /* one object is printed, the last */
        print_pending(cli, &p);
    if (!p.past && !cli->wait)
        return ITC_EXIT_DONE;
    fflush(stdout);
    itc_hex_encode(cli->sent, p.id.b, sizeof p.id.b);
    struct itc_tx tx = p.entry->tx; /* the outbox is read anew when the wallet is locked again */
    return itc_cli_follow(cli, &p.id, &tx, p.past ? 0 : start_ms);
}
