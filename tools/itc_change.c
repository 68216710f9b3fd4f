#include "tools/itc_change.h"

#include "spv/sign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TYPE "itc-committee-change-1"
#define FILE_MAX 65536 /* bytes; 32 seats, all of which have signed, take some 20,000 */
#define LEAST 4        /* a committee that has as many keeps as many */

static bool __attribute__((format(printf, 2, 3)))
fail(struct itc_change_file *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->why, sizeof f->why, format, args);
    va_end(args);
    return false;
}

static bool holds(const struct itc_committee *c, const struct itc_key *key)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (itc_key_equal(&c->keys[i], key))
            return true;
    return false;
}

static bool is_struck(const struct itc_key *key)
{
    static const struct itc_key none;
    return itc_key_equal(key, &none);
}

static bool is_same(const struct itc_committee *a, const struct itc_committee *b)
{
    return a->n == b->n && memcmp(a->keys, b->keys, sizeof a->keys[0] * a->n) == 0;
}

/* Each key of the next list is a public key and there once. */
static bool check_keys(struct itc_change_file *f)
{
    for (uint32_t i = 0; i < f->next.n; i++) {
        struct itc_pubkey parsed;
        if (is_struck(&f->next.keys[i]))
            return fail(f,
                "seat %u was struck out and would stay so: give it a key with --replace %u=KEY, or "
                "take it away with --remove %u",
                (unsigned)i, (unsigned)i, (unsigned)i);
        if (itc_pubkey_parse(&parsed, &f->next.keys[i]))
            return fail(f, "the key of seat %u in the new list is no public key", (unsigned)i);
        for (uint32_t k = 0; k < i; k++)
            if (itc_key_equal(&f->next.keys[k], &f->next.keys[i]))
                return fail(f, "one key is in the new list twice, in seats %u and %u", (unsigned)k,
                    (unsigned)i);
    }
    return true;
}

bool itc_change_file_is_fit(struct itc_change_file *f)
{
    uint32_t least = f->present.n < LEAST ? 1 : LEAST;
    if (f->next.n < least || f->next.n > ITC_VALIDATORS_MAX)
        return fail(f, "the new list has %u keys; it may have %u to %d", (unsigned)f->next.n,
            (unsigned)least, ITC_VALIDATORS_MAX);
    if (is_same(&f->present, &f->next))
        return fail(f, "the new list is the present one: there is nothing to change");
    return check_keys(f);
}

/* ---- as JSON ---- */

static json_t *hex(const uint8_t *bytes, size_t len)
{
    char text[2 * sizeof(struct itc_sig) + 1];
    ITC_ASSERT(2 * len < sizeof text);
    itc_hex_encode(text, bytes, len);
    return json_string(text);
}

static json_t *list_value(const struct itc_change_file *f, const struct itc_committee *c)
{
    struct itc_hash hash;
    json_t *keys = json_array();
    itc_committee_hash(&hash, &f->chain, c);
    for (uint32_t i = 0; i < c->n; i++)
        json_array_append_new(keys, hex(c->keys[i].b, sizeof c->keys[i].b));
    return json_pack("{s:o,s:o}", "hash", hex(hash.b, sizeof hash.b), "keys", keys);
}

/* The keys of `a` that are not in `b`. */
static json_t *difference(const struct itc_committee *a, const struct itc_committee *b)
{
    json_t *keys = json_array();
    for (uint32_t i = 0; i < a->n; i++)
        if (!holds(b, &a->keys[i]))
            json_array_append_new(keys, hex(a->keys[i].b, sizeof a->keys[i].b));
    return keys;
}

json_t *itc_change_file_json(const struct itc_change_file *f)
{
    json_t *signatures = json_array();
    for (uint32_t i = 0; i < f->present.n; i++)
        if (f->signers >> i & 1)
            json_array_append_new(
                signatures, json_pack("{s:i,s:o,s:o}", "seat", (int)i, "key",
                                hex(f->present.keys[i].b, sizeof f->present.keys[i].b), "signature",
                                hex(f->sigs[i].b, sizeof f->sigs[i].b)));
    return json_pack("{s:s,s:o,s:I,s:o,s:o,s:o,s:o,s:o}", "type", TYPE, "chain",
        hex(f->chain.b, sizeof f->chain.b), "epoch", (json_int_t)f->epoch, "present",
        list_value(f, &f->present), "next", list_value(f, &f->next), "added",
        difference(&f->next, &f->present), "removed", difference(&f->present, &f->next),
        "signatures", signatures);
}

static bool take_hex(uint8_t *out, size_t len, const json_t *value)
{
    const char *text = json_string_value(value);
    return text && !itc_hex_decode(out, len, text, json_string_length(value));
}

static bool take_list(struct itc_committee *out, const json_t *list)
{
    const json_t *keys = json_object_get(list, "keys");
    size_t n = json_array_size(keys);
    if (n < 1 || n > ITC_VALIDATORS_MAX)
        return false;
    out->n = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        if (!take_hex(out->keys[i].b, sizeof out->keys[i].b, json_array_get(keys, i)))
            return false;
    return true;
}

static bool take_signatures(struct itc_change_file *f, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i), *seat = json_object_get(entry, "seat");
        json_int_t at = json_is_integer(seat) ? json_integer_value(seat) : -1;
        if (at < 0 || at >= (json_int_t)f->present.n ||
            !take_hex(f->sigs[at].b, sizeof f->sigs[at].b, json_object_get(entry, "signature")))
            return false;
        f->signers |= 1u << at;
    }
    return true;
}

/* What is not taken here follows from what is; see `read`. */
static bool take_fields(struct itc_change_file *f, const json_t *root)
{
    const json_t *epoch = json_object_get(root, "epoch");
    json_int_t number = json_is_integer(epoch) ? json_integer_value(epoch) : -1;
    if (number < 0 || number > UINT32_MAX)
        return false;
    f->epoch = (uint32_t)number;
    return take_hex(f->chain.b, sizeof f->chain.b, json_object_get(root, "chain")) &&
           take_list(&f->present, json_object_get(root, "present")) &&
           take_list(&f->next, json_object_get(root, "next")) &&
           take_signatures(f, json_object_get(root, "signatures"));
}

/* ---- signatures ---- */

static void message_of(struct itc_hash *out, const struct itc_change_file *f)
{
    struct itc_change c = {.epoch = f->epoch, .n = f->next.n, .keys = f->next.keys[0].b};
    itc_committee_hash(&c.present, &f->chain, &f->present);
    itc_change_message(out, &f->chain, &c);
}

static bool check_signatures(struct itc_change_file *f, const char *path)
{
    struct itc_hash message;
    message_of(&message, f);
    for (uint32_t i = 0; i < f->present.n; i++)
        if (f->signers >> i & 1 && itc_sig_verify(&f->present.keys[i], &message, &f->sigs[i]))
            return fail(f,
                "%s: the signature of seat %u is not valid: take it out, or have it made anew",
                path, (unsigned)i);
    return true;
}

bool itc_change_file_sign(struct itc_change_file *f, const struct itc_secret *secret)
{
    struct itc_signer signer;
    struct itc_hash message;
    uint32_t seat = 0;
    enum itc_err e = itc_signer_init(&signer, secret);
    ITC_ASSERT(e == ITC_OK); /* key files hold keys */
    while (seat < f->present.n && !itc_key_equal(&f->present.keys[seat], &signer.key))
        seat++;
    bool member = seat < f->present.n, fresh = member && !(f->signers >> seat & 1);
    char key[65];
    itc_hex_encode(key, signer.key.b, sizeof signer.key.b);
    if (fresh) {
        message_of(&message, f);
        itc_signer_sign(&signer, &message, &f->sigs[seat]);
        f->signers |= 1u << seat;
    }
    itc_signer_wipe(&signer);
    if (!member)
        return fail(f, "key %s is not in the present committee, whose members sign", key);
    return fresh ? true : fail(f, "seat %u (key %s) has signed already", (unsigned)seat, key);
}

bool itc_change_file_merge(struct itc_change_file *f, const struct itc_change_file *other)
{
    if (!itc_hash_equal(&f->chain, &other->chain) || f->epoch != other->epoch ||
        !is_same(&f->present, &other->present) || !is_same(&f->next, &other->next))
        return fail(f, "the files are of different changes: submit one of them");
    for (uint32_t i = 0; i < f->present.n; i++)
        if (other->signers >> i & 1)
            f->sigs[i] = other->sigs[i];
    f->signers |= other->signers;
    return true;
}

uint32_t itc_change_file_count(const struct itc_change_file *f)
{
    return itc_change_signatures(&(struct itc_change){.signers = f->signers});
}

bool itc_change_file_payload(
    struct itc_change_file *f, struct itc_change *out, uint8_t sigs[64 * ITC_CHANGE_SIGNERS_MAX])
{
    uint32_t quorum = itc_committee_quorum(f->present.n), count = itc_change_file_count(f);
    if (count < quorum)
        return fail(f,
            "%u of %u signatures are there: have more members sign (itc committee sign), or name "
            "their files too",
            (unsigned)count, (unsigned)quorum);
    *out = (struct itc_change){
        .epoch = f->epoch, .n = f->next.n, .keys = f->next.keys[0].b, .sigs = sigs};
    itc_committee_hash(&out->present, &f->chain, &f->present);
    for (uint32_t i = 0, k = 0; k < quorum; i++) {
        if (!(f->signers >> i & 1))
            continue;
        memcpy(sigs + sizeof f->sigs[i] * k++, f->sigs[i].b, sizeof f->sigs[i]);
        out->signers |= 1u << i;
    }
    return true;
}

bool itc_change_file_warns(const struct itc_change_file *f, char text[ITC_CHANGE_WARNING])
{
    uint32_t fresh = 0, faults = itc_committee_faults(f->next.n);
    for (uint32_t i = 0; i < f->next.n; i++)
        fresh += !holds(&f->present, &f->next.keys[i]);
    if (fresh <= faults)
        return false;
    snprintf(text, ITC_CHANGE_WARNING,
        "%u of %u keys are new, and %u may fail: if the nodes of more than %u do not run, synced "
        "and linked to the others, when epoch %" PRIu64 " begins, the chain stops for good and no "
        "later change can mend it. Have the holder of each new key confirm that his node does",
        (unsigned)fresh, (unsigned)f->next.n, (unsigned)faults, (unsigned)faults,
        (uint64_t)f->epoch + 1);
    return true;
}

/* ---- files ---- */

bool itc_change_file_parse(
    struct itc_change_file *f, const char *path, const uint8_t *bytes, size_t len)
{
    json_error_t error;
    *f = (struct itc_change_file){.epoch = 0};
    json_t *root = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return fail(f, "%s is not JSON: line %d: %s", path, error.line, error.text);
    bool taken = take_fields(f, root), same = false;
    if (taken) {
        json_t *again = itc_change_file_json(f);
        same = json_equal(root, again);
        json_decref(again);
    }
    json_decref(root);
    if (!taken)
        return fail(f, "%s is no change of a committee; `itc committee propose` makes one", path);
    if (!same)
        return fail(f,
            "%s contradicts itself: its hashes, its added or removed keys or its type do not "
            "follow "
            "from its lists. Do not sign it; have it made anew",
            path);
    return itc_change_file_is_fit(f) && check_signatures(f, path);
}

bool itc_change_file_read(struct itc_change_file *f, const char *path)
{
    static uint8_t bytes[FILE_MAX];
    size_t len;
    int e = itc_file_read(bytes, sizeof bytes, &len, path);
    return e ? fail(f, "cannot read %s: %s", path, strerror(e))
             : itc_change_file_parse(f, path, bytes, len);
}

bool itc_change_file_write(struct itc_change_file *f, const char *path, bool anew)
{
    if (anew && access(path, F_OK) == 0)
        return fail(f, "%s is there already; nothing was changed. Choose another name", path);
    json_t *root = itc_change_file_json(f);
    static char text[FILE_MAX];
    size_t len = json_dumpb(root, text, sizeof text - 1, JSON_INDENT(2));
    json_decref(root);
    ITC_ASSERT(len > 0 && len < sizeof text);
    text[len] = '\n';
    int e = itc_file_replace(path, text, len + 1);
    return e ? fail(f, "cannot write %s: %s", path, strerror(e)) : true;
}

static void print_list(const char *name, const struct itc_change_file *f,
    const struct itc_committee *c, const struct itc_committee *other, char mark)
{
    char text[65];
    struct itc_hash hash;
    itc_committee_hash(&hash, &f->chain, c);
    itc_hex_encode(text, hash.b, sizeof hash.b);
    printf("%s %s: %u seats, %u sign\n", name, text, (unsigned)c->n,
        (unsigned)itc_committee_quorum(c->n));
    for (uint32_t i = 0; i < c->n; i++) {
        itc_hex_encode(text, c->keys[i].b, sizeof c->keys[i].b);
        printf("  %c %2u  %s%s\n", holds(other, &c->keys[i]) ? ' ' : mark, (unsigned)i,
            is_struck(&c->keys[i]) ? "struck out" : text,
            mark == '-' && f->signers >> i & 1 ? "  has signed" : "");
    }
}

void itc_change_file_print(const struct itc_change_file *f)
{
    char chain[65], warning[ITC_CHANGE_WARNING];
    itc_hex_encode(chain, f->chain.b, sizeof f->chain.b);
    printf("a change of the committee of chain %s\n", chain);
    printf("to be applied in epoch %" PRIu32 ", in force from epoch %" PRIu64 " on\n", f->epoch,
        (uint64_t)f->epoch + 1);
    print_list("present", f, &f->present, &f->next, '-');
    print_list("next   ", f, &f->next, &f->present, '+');
    printf("signatures: %u of %u\n", (unsigned)itc_change_file_count(f),
        (unsigned)itc_committee_quorum(f->present.n));
    if (itc_change_file_warns(f, warning))
        printf("WARNING: %s.\n", warning);
}
