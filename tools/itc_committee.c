/* The commands of those who run a committee: look at it, propose another one, sign, submit.
 *
 *     propose: present list, proved, and edits --> file      sign: file and a validator's key --> file, offline
 *     submit: files --> q signatures --> a tx of this wallet, once the epoch that they name has begun --> its verdict */
#include "spv/sign.h"
#include "tools/itc_change.h"
#include "tools/itc_cli.h"
#include "tools/keyfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS 500 /* between looks at whether an epoch has begun */

static enum itc_exit fail_file(const struct itc_cli *cli, const struct itc_change_file *f)
{
    return itc_cli_fail(cli, ITC_EXIT_USAGE, "change-file", "%s", f->why);
}

/* Of the milestone after the newest trusted one. */
static uint32_t open_epoch(const struct itc_cli *cli)
{
    const struct itc_header *h = &cli->wallet.light.header;
    return h->epoch + (h->flags & ITC_HEADER_EPOCH_END ? 1 : 0);
}

/* Opens the wallet and proves both lists; the present one is cli->wallet.light.committee. */
static enum itc_exit prove_committees(struct itc_cli *cli, struct itc_committee *next)
{
    enum itc_exit exit = itc_cli_open(cli);
    if (!exit)
        exit = itc_cli_connect(cli);
    if (exit)
        return exit;
    enum itc_call call = itc_client_committee(&cli->client, next, &cli->wallet.light);
    if (call)
        return itc_cli_fail_call(cli, call);
    return itc_wallet_keep(&cli->wallet) ? ITC_EXIT_DONE : itc_cli_fail_wallet(cli);
}

/* ---- show ---- */

static bool is_struck(const struct itc_key *key)
{
    static const struct itc_key none;
    return itc_key_equal(key, &none);
}

static json_t *list_json(const struct itc_committee *c, uint32_t epoch)
{
    json_t *seats = json_array();
    for (uint32_t i = 0; i < c->n; i++) {
        char key[65];
        itc_hex_encode(key, c->keys[i].b, sizeof c->keys[i].b);
        json_array_append_new(seats, json_pack("{s:i,s:s,s:b}", "seat", (int)i, "key", key,
                                         "struck_out", is_struck(&c->keys[i])));
    }
    return json_pack("{s:I,s:i,s:i,s:o}", "from_epoch", (json_int_t)epoch, "faults",
        (int)itc_committee_faults(c->n), "quorum", (int)itc_committee_quorum(c->n), "seats", seats);
}

static void list_text(const struct itc_committee *c)
{
    printf("%u seats: %u sign, %u may fail\n", (unsigned)c->n, (unsigned)itc_committee_quorum(c->n),
        (unsigned)itc_committee_faults(c->n));
    for (uint32_t i = 0; i < c->n; i++) {
        char key[65];
        itc_hex_encode(key, c->keys[i].b, sizeof c->keys[i].b);
        printf("  %2u  %s\n", (unsigned)i, is_struck(&c->keys[i]) ? "struck out" : key);
    }
}

static enum itc_exit show(struct itc_cli *cli, char **args)
{
    struct itc_committee next;
    (void)args;
    enum itc_exit exit = prove_committees(cli, &next);
    if (exit)
        return exit;
    const struct itc_light *l = &cli->wallet.light;
    uint32_t epoch = open_epoch(cli);
    bool changes = next.n != l->committee.n ||
                   memcmp(next.keys, l->committee.keys, sizeof next.keys[0] * next.n) != 0;
    if (cli->json) {
        itc_cli_print_json(json_pack("{s:o,s:I,s:I,s:o,s:o*}", "chain",
            itc_cli_json_hash(&l->chain), "milestone", (json_int_t)l->header.index, "epoch",
            (json_int_t)epoch, "present", list_json(&l->committee, epoch), "next",
            changes ? list_json(&next, epoch + 1) : NULL));
        return ITC_EXIT_DONE;
    }
    printf(
        "epoch %" PRIu32 ", after milestone %" PRIu64 "; proof checked\n", epoch, l->header.index);
    list_text(&l->committee);
    if (changes) {
        printf("from epoch %" PRIu64 " on: ", (uint64_t)epoch + 1);
        list_text(&next);
    } else {
        printf("no change has been applied in this epoch\n");
    }
    return ITC_EXIT_DONE;
}

/* ---- propose ---- */

static enum itc_exit bad_edit(const struct itc_cli *cli, const char *text, const char *problem)
{
    return itc_cli_fail(cli, ITC_EXIT_USAGE, "bad-form", "cannot use %.140s: %s", text, problem);
}

static bool read_key(struct itc_key *out, const char *text, size_t len)
{
    return itc_hex_decode(out->b, sizeof out->b, text, len) == ITC_OK;
}

/* A seat of `c` by its number or by its key; c->n: neither. */
static uint32_t find_seat(const struct itc_committee *c, const char *text, size_t len)
{
    struct itc_key key;
    uint32_t seat = 0;
    if (read_key(&key, text, len)) {
        while (seat < c->n && !itc_key_equal(&c->keys[seat], &key))
            seat++;
        return seat;
    }
    if (len < 1 || len > 2)
        return c->n;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return c->n;
        seat = seat * 10 + (uint32_t)(text[i] - '0');
    }
    return seat < c->n ? seat : c->n;
}

static const char key_form[] = "a validator's public key has 64 hex digits; `itcd key` prints it";
static const char seat_form[] =
    "no seat of the present committee has that number or key; `itc committee show` lists them";

static enum itc_exit add_key(
    const struct itc_cli *cli, struct itc_committee *c, const char *text, size_t len)
{
    if (c->n == ITC_VALIDATORS_MAX)
        return bad_edit(cli, text, "a committee has at most 32 keys");
    if (!read_key(&c->keys[c->n], text, len))
        return bad_edit(cli, text, key_form);
    c->n++;
    return ITC_EXIT_DONE;
}

/* KEY,KEY,... */
static enum itc_exit set_list(const struct itc_cli *cli, struct itc_committee *c, const char *text)
{
    enum itc_exit exit = ITC_EXIT_DONE;
    c->n = 0;
    for (const char *at = text; !exit && at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        exit = add_key(cli, c, at, strcspn(at, ","));
    return exit;
}

/* Seats are those of `base`, whatever came before: `gone` marks those that leave. */
static enum itc_exit edit(const struct itc_cli *cli, const struct itc_edit *e,
    const struct itc_committee *base, struct itc_committee *c, uint32_t *gone)
{
    size_t len = strcspn(e->text, "=");
    uint32_t seat = base->n;
    switch (e->kind) {
    case ITC_EDIT_ADD:
        return add_key(cli, c, e->text, strlen(e->text));
    case ITC_EDIT_LIST:
        return set_list(cli, c, e->text);
    case ITC_EDIT_REMOVE:
        seat = find_seat(base, e->text, strlen(e->text));
        if (seat < base->n)
            *gone |= 1u << seat;
        break;
    case ITC_EDIT_REPLACE:
        seat = find_seat(base, e->text, len);
        if (seat < base->n && (e->text[len] != '=' || !read_key(&c->keys[seat], e->text + len + 1,
                                                          strlen(e->text + len + 1))))
            return bad_edit(cli, e->text, key_form);
        break;
    }
    return seat < base->n ? ITC_EXIT_DONE : bad_edit(cli, e->text, seat_form);
}

static enum itc_exit make_list(
    const struct itc_cli *cli, struct itc_committee *out, const struct itc_committee *base)
{
    struct itc_committee c = *base;
    uint32_t gone = 0, n = 0;
    enum itc_exit exit = ITC_EXIT_DONE;
    for (uint32_t i = 0; i < cli->edit_count && !exit; i++)
        if (cli->edits[i].kind == ITC_EDIT_LIST && cli->edit_count > 1)
            exit =
                bad_edit(cli, "--list", "it says all there is to say: no other edit goes with it");
        else
            exit = edit(cli, &cli->edits[i], base, &c, &gone);
    for (uint32_t i = 0; i < c.n; i++)
        if (!(gone >> i & 1))
            out->keys[n++] = c.keys[i];
    out->n = n;
    return exit;
}

/* Whether a change has been applied in the open epoch: `next`, proved, differs from the committee in force in more than
 * seats that were struck out. */
static bool is_taken(const struct itc_cli *cli, const struct itc_committee *next)
{
    const struct itc_committee *now = &cli->wallet.light.committee;
    bool taken = next->n != now->n;
    for (uint32_t i = 0; i < next->n && !taken; i++)
        taken = !is_struck(&next->keys[i]) && !itc_key_equal(&next->keys[i], &now->keys[i]);
    return taken;
}

/* What is in force in the epoch of the change, as far as it is known now. */
static enum itc_exit choose_epoch(
    const struct itc_cli *cli, struct itc_change_file *f, const struct itc_committee *next)
{
    const struct itc_light *l = &cli->wallet.light;
    uint32_t now = open_epoch(cli);
    f->epoch = cli->has_epoch ? cli->epoch : now + 1;
    f->present = f->epoch == now ? l->committee : *next;
    if (f->epoch < now)
        return itc_cli_fail(cli, ITC_EXIT_USAGE, "expired",
            "epoch %" PRIu32 " is over; it is %" PRIu32 " now", f->epoch, now);
    if (f->epoch == now && is_taken(cli, next))
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "taken",
            "a change was applied in epoch %" PRIu32 " already: propose for the next one", now);
    return ITC_EXIT_DONE;
}

static enum itc_exit print_change(const struct itc_cli *cli, const struct itc_change_file *f)
{
    char warning[ITC_CHANGE_WARNING];
    if (!cli->json) {
        itc_change_file_print(f);
        return ITC_EXIT_DONE;
    }
    json_t *out = itc_change_file_json(f);
    if (itc_change_file_warns(f, warning))
        json_object_set_new(out, "warning", json_string(warning));
    itc_cli_print_json(out);
    return ITC_EXIT_DONE;
}

static enum itc_exit propose(struct itc_cli *cli, char **args)
{
    static struct itc_change_file f;
    struct itc_committee next;
    (void)args;
    if (!cli->out || cli->edit_count == 0)
        return itc_cli_fail(cli, ITC_EXIT_USAGE, "usage",
            "propose needs --out FILE, and what is to change: --add, --remove, --replace or "
            "--list");
    enum itc_exit exit = prove_committees(cli, &next);
    if (!exit)
        exit = choose_epoch(cli, &f, &next);
    if (!exit)
        exit = make_list(cli, &f.next, &f.present);
    if (exit)
        return exit;
    f.chain = cli->wallet.light.chain;
    if (!itc_change_file_is_fit(&f) || !itc_change_file_write(&f, cli->out, true))
        return fail_file(cli, &f);
    print_change(cli, &f);
    if (!cli->json)
        printf("%u members sign it now: itc committee sign %s --key THEIR.key\n",
            (unsigned)itc_committee_quorum(f.present.n), cli->out);
    return ITC_EXIT_DONE;
}

/* ---- sign ---- */

static enum itc_exit sign(struct itc_cli *cli, char **args)
{
    static struct itc_change_file f;
    struct itc_secret secret;
    char why[ITC_KEYFILE_WHY];
    if (!args[0] || args[1] || !cli->import)
        return itc_cli_fail(cli, ITC_EXIT_USAGE, "usage",
            "sign needs one FILE, and --key with the validator's secret key file");
    if (!itc_change_file_read(&f, args[0]))
        return fail_file(cli, &f);
    if (itc_keyfile_read(&secret, cli->import, why))
        return itc_cli_fail(cli, ITC_EXIT_USAGE, "key-file", "%s", why);
    bool good = itc_change_file_sign(&f, &secret);
    itc_wipe(&secret, sizeof secret);
    if (!good || !itc_change_file_write(&f, cli->out ? cli->out : args[0], cli->out != NULL))
        return fail_file(cli, &f);
    return print_change(cli, &f);
}

/* ---- submit ---- */

static enum itc_exit read_files(struct itc_cli *cli, struct itc_change_file *f, char **args)
{
    static struct itc_change_file other;
    if (!args[0])
        return itc_cli_fail(
            cli, ITC_EXIT_USAGE, "usage", "submit needs the FILE, or files, that members signed");
    if (!itc_change_file_read(f, args[0]))
        return fail_file(cli, f);
    for (char **arg = args + 1; *arg; arg++) {
        if (!itc_change_file_read(&other, *arg))
            return fail_file(cli, &other);
        if (!itc_change_file_merge(f, &other))
            return fail_file(cli, f);
    }
    return ITC_EXIT_DONE;
}

/* It is signed, and cannot be taken back: who submits answers for keys that nobody has shown to hold. */
static enum itc_exit check_newcomers(const struct itc_cli *cli, const struct itc_change_file *f)
{
    char warning[ITC_CHANGE_WARNING];
    if (cli->newcomers_run || !itc_change_file_warns(f, warning))
        return ITC_EXIT_DONE;
    return itc_cli_fail(cli, ITC_EXIT_USAGE, "newcomers",
        "%s; then submit it with --newcomers-run. Nothing was sent", warning);
}

/* Whether the ledger would take it now; *early: its epoch has not begun. */
static enum itc_exit check_time(const struct itc_cli *cli, const struct itc_change_file *f,
    const struct itc_committee *next, bool *early)
{
    const struct itc_light *l = &cli->wallet.light;
    struct itc_hash now, present;
    itc_committee_hash(&now, &l->chain, &l->committee);
    itc_committee_hash(&present, &l->chain, &f->present);
    *early = open_epoch(cli) < f->epoch;
    if (!itc_hash_equal(&l->chain, &f->chain))
        return itc_cli_fail(cli, ITC_EXIT_USAGE, "wrong-chain",
            "the change is for another chain than this wallet's");
    if (*early)
        return ITC_EXIT_DONE;
    if (open_epoch(cli) > f->epoch)
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "expired",
            "epoch %" PRIu32 " is over; it is %" PRIu32 " now: propose and sign the change anew",
            f->epoch, open_epoch(cli));
    if (!itc_hash_equal(&now, &present))
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "not-committee",
            "the committee in force is another one than the change is for: propose it anew");
    if (is_taken(cli, next))
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "taken",
            "another change was applied in epoch %" PRIu32 " already: propose it anew", f->epoch);
    return ITC_EXIT_DONE;
}

/* Until the epoch of the change has begun. */
static enum itc_exit wait_for_epoch(struct itc_cli *cli, const struct itc_change_file *f)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    bool early = false, told = cli->json;
    for (;;) {
        struct itc_committee next;
        enum itc_call call = itc_client_committee(&cli->client, &next, &cli->wallet.light);
        enum itc_exit exit =
            call ? itc_cli_fail_call(cli, call) : check_time(cli, f, &next, &early);
        if (exit || !early)
            return exit;
        if (!told)
            printf("waiting for epoch %" PRIu32 " to begin; it is %" PRIu32 "\n", f->epoch,
                open_epoch(cli));
        told = true;
        fflush(stdout);
        nanosleep(&pause, NULL);
    }
}

/* The wallet is locked. The tx takes the number after its payments; as it changes nothing of the wallet's, it may be lost
 * or come twice without harm, and so is not kept. */
static enum itc_exit deliver(struct itc_cli *cli, struct itc_tx *tx, struct itc_hash *id)
{
    static uint8_t bytes[ITC_TX_MAX];
    struct itc_client_account a;
    struct itc_wallet *w = &cli->wallet;
    size_t len;
    enum itc_call call = itc_client_account(&cli->client, &a, &w->light, &w->key);
    if (call)
        return itc_cli_fail_call(cli, call);
    if (!a.exists)
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, "no-account",
            "this wallet's account does not exist yet: pay it first, only an account can carry a "
            "change");
    itc_outbox_settle(&w->outbox, a.account.next_seq, w->light.header.index);
    enum itc_err e = itc_outbox_next(&w->outbox, &tx->seq, a.account.next_seq, a.open_next_seq);
    if (e)
        return itc_cli_fail(cli, ITC_EXIT_REFUSED, itc_err_name(e),
            "no number is free for it while so many payments of this wallet are under way: %s",
            itc_err_text(e));
    tx->valid_until = itc_wallet_valid_until(w, cli->valid_min);
    if (!itc_wallet_sign(w, tx, bytes, sizeof bytes, &len, id))
        return itc_cli_fail_wallet(cli);
    call = itc_client_submit(&cli->client, id, bytes, len);
    if (call)
        return itc_cli_fail_call(cli, call);
    return itc_wallet_save(w) ? ITC_EXIT_DONE : itc_cli_fail_wallet(cli);
}

static enum itc_exit submit(struct itc_cli *cli, char **args)
{
    static struct itc_change_file f;
    static uint8_t sigs[64 * ITC_CHANGE_SIGNERS_MAX];
    struct itc_tx tx = {.kind = ITC_KIND_COMMITTEE};
    struct itc_hash id;
    uint64_t start_ms = itc_cli_clock_ms();
    enum itc_exit exit = read_files(cli, &f, args);
    if (!exit && !itc_change_file_payload(&f, &tx.u.change, sigs))
        exit = fail_file(cli, &f);
    if (!exit)
        exit = check_newcomers(cli, &f);
    if (!exit)
        exit = itc_cli_open(cli);
    if (!exit)
        exit = itc_cli_connect(cli);
    if (!exit)
        exit = wait_for_epoch(cli, &f);
    if (exit)
        return exit;
    if (!itc_wallet_lock(&cli->wallet))
        return itc_cli_fail_wallet(cli);
    exit = deliver(cli, &tx, &id);
    itc_wallet_unlock(&cli->wallet);
    if (exit)
        return exit;
    cli->wait = true;
    itc_hex_encode(cli->sent, id.b, sizeof id.b);
    exit = itc_cli_follow(cli, &id, &tx, start_ms);
    if (!exit && !cli->json)
        printf("the new committee signs from epoch %" PRIu64 " on\n", (uint64_t)f.epoch + 1);
    return exit;
}

enum itc_exit itc_cli_committee(struct itc_cli *cli, char **args)
{
    static const struct {
        const char *name;
        bool takes_files;
        enum itc_exit (*run)(struct itc_cli *cli, char **args);
    } parts[] = {{"show", false, show}, {"propose", false, propose}, {"sign", true, sign},
        {"submit", true, submit}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(args[0], parts[i].name) == 0 && (parts[i].takes_files || !args[1]))
            return parts[i].run(cli, args + 1);
    return itc_cli_fail(cli, ITC_EXIT_USAGE, "usage",
        "it is: itc committee show, propose, sign FILE or submit FILE ... `itc --help` shows how");
}
