/* service_reply.c - the bodies of replies. Requests and the envelope: service.c. */
#include "spv/service.h"

#include "spv/cursor.h"
#include "spv/merkle.h"

#include <string.h>

#define HASH_SIZE sizeof(struct itc_hash)

static struct itc_writer begin(uint8_t *out, size_t cap)
{
    struct itc_writer w = itc_writer_of(out, cap < ITC_REPLY_MAX ? cap : ITC_REPLY_MAX);
    itc_write_u8(&w, ITC_SERVICE_VERSION);
    itc_write_u8(&w, ITC_OK);
    return w;
}

static void write_hash(struct itc_writer *w, const struct itc_hash *h)
{
    itc_write_bytes(w, h->b, sizeof h->b);
}

static void read_hash(struct itc_reader *r, struct itc_hash *h)
{
    itc_read_copy(r, h->b, sizeof h->b);
}

/* len 2 | bytes. A length beyond `max` fails like a buffer that is too small. */
static void write_blob(struct itc_writer *w, const uint8_t *bytes, size_t len, size_t max)
{
    if (len > max) {
        w->failed = true;
        return;
    }
    itc_write_u16(w, (uint16_t)len);
    itc_write_bytes(w, bytes, len);
}

/* *large is set, and kept, if a length exceeds `max`; nothing is borrowed then. */
static size_t read_blob(struct itc_reader *r, const uint8_t **bytes, size_t max, bool *large)
{
    size_t len = itc_read_u16(r);
    *large = *large || len > max;
    *bytes = itc_read_bytes(r, len);
    return len;
}

/* count 2 | 32 x count */
static void write_path(struct itc_writer *w, const uint8_t *path, size_t count)
{
    if (count > ITC_MERKLE_DEPTH_MAX) {
        w->failed = true;
        return;
    }
    itc_write_u16(w, (uint16_t)count);
    itc_write_bytes(w, path, HASH_SIZE * count);
}

static size_t read_path(struct itc_reader *r, const uint8_t **path, bool *large)
{
    size_t count = itc_read_u16(r);
    *large = *large || count > ITC_MERKLE_DEPTH_MAX;
    *path = itc_read_bytes(r, HASH_SIZE * count);
    return count;
}

/* At the end of a body: a bound that was passed tells more than the truncation it may lead to. */
static enum itc_err end(const struct itc_reader *r, bool large)
{
    return large ? ITC_E_TOO_LARGE : itc_reader_end(r);
}

/* false: the byte is neither 0 nor 1 */
static bool read_bool(struct itc_reader *r, bool *out)
{
    uint8_t byte = itc_read_u8(r);
    *out = byte == 1;
    return byte <= 1;
}

/* ---- info ---- */

static bool info_is_good(const struct itc_info *i)
{
    for (size_t k = 0; k < i->software_len; k++)
        if (i->software[k] < ' ' || i->software[k] > '~')
            return false;
    if (i->validators > ITC_VALIDATORS_MAX || (uint64_t)i->empty_seats >> i->validators != 0)
        return false;
    if (i->votes && (!i->validator || i->doubts))
        return false;
    return (unsigned)i->network < ITC_NETWORK_COUNT && (i->doubts || i->doubt_until == 0);
}

enum itc_err itc_info_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_info *i)
{
    if (i->software_len > sizeof i->software)
        return ITC_E_TOO_LARGE;
    if (!info_is_good(i))
        return ITC_E_FORM;
    struct itc_writer w = begin(out, cap);
    write_hash(&w, &i->chain);
    itc_write_u8(&w, (uint8_t)i->network);
    itc_write_u64(&w, i->index);
    itc_write_u64(&w, i->time_ms);
    itc_write_u32(&w, i->work_bits);
    itc_write_u32(&w, i->epoch);
    itc_write_u32(&w, i->view);
    itc_write_u32(&w, i->open_sites);
    itc_write_u32(&w, i->tips);
    itc_write_u32(&w, i->peers);
    itc_write_u32(&w, i->validators);
    itc_write_u8(&w, i->validator);
    itc_write_u8(&w, i->synced);
    itc_write_u64(&w, i->accounts);
    itc_write_u32(&w, i->empty_seats);
    itc_write_u8(&w, i->votes);
    itc_write_u8(&w, i->doubts);
    itc_write_u64(&w, i->doubt_until);
    itc_write_u8(&w, i->software_len);
    itc_write_bytes(&w, i->software, i->software_len);
    return itc_writer_end(&w, len);
}

enum itc_err itc_info_decode(struct itc_info *out, const uint8_t *body, size_t len)
{
    struct itc_info i = {0};
    struct itc_reader r = itc_reader_of(body, len);
    read_hash(&r, &i.chain);
    i.network = (enum itc_network)itc_read_u8(&r);
    i.index = itc_read_u64(&r);
    i.time_ms = itc_read_u64(&r);
    i.work_bits = itc_read_u32(&r);
    i.epoch = itc_read_u32(&r);
    i.view = itc_read_u32(&r);
    i.open_sites = itc_read_u32(&r);
    i.tips = itc_read_u32(&r);
    i.peers = itc_read_u32(&r);
    i.validators = itc_read_u32(&r);
    bool good = read_bool(&r, &i.validator);
    good = read_bool(&r, &i.synced) && good;
    i.accounts = itc_read_u64(&r);
    i.empty_seats = itc_read_u32(&r);
    good = read_bool(&r, &i.votes) && good;
    good = read_bool(&r, &i.doubts) && good;
    i.doubt_until = itc_read_u64(&r);
    i.software_len = itc_read_u8(&r);
    if (i.software_len > sizeof i.software)
        return ITC_E_TOO_LARGE;
    itc_read_copy(&r, i.software, i.software_len);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (!good || !info_is_good(&i))
        return ITC_E_FORM;
    *out = i;
    return ITC_OK;
}

/* ---- submitted ---- */

enum itc_err itc_submitted_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_hash *id)
{
    struct itc_writer w = begin(out, cap);
    write_hash(&w, id);
    return itc_writer_end(&w, len);
}

enum itc_err itc_submitted_decode(struct itc_hash *out, const uint8_t *body, size_t len)
{
    struct itc_hash id;
    struct itc_reader r = itc_reader_of(body, len);
    read_hash(&r, &id);
    enum itc_err e = itc_reader_end(&r);
    if (!e)
        *out = id;
    return e;
}

/* ---- jump ---- */

static void write_jump(struct itc_writer *w, const struct itc_jump *j)
{
    itc_write_bytes(w, j->header, ITC_HEADER_SIZE);
    write_blob(w, j->cert, j->cert_len, ITC_CERT_MAX);
    write_path(w, j->path, j->path_len);
}

static void read_jump(struct itc_reader *r, struct itc_jump *j, bool *large)
{
    j->header = itc_read_bytes(r, ITC_HEADER_SIZE);
    j->cert_len = read_blob(r, &j->cert, ITC_CERT_MAX, large);
    j->path_len = read_path(r, &j->path, large);
}

enum itc_err itc_jump_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_jump *j)
{
    struct itc_writer w = begin(out, cap);
    write_jump(&w, j);
    return itc_writer_end(&w, len);
}

enum itc_err itc_jump_decode(struct itc_jump *out, const uint8_t *body, size_t len)
{
    struct itc_jump j;
    bool large = false;
    struct itc_reader r = itc_reader_of(body, len);
    read_jump(&r, &j, &large);
    enum itc_err e = end(&r, large);
    if (!e)
        *out = j;
    return e;
}

/* ---- handover ---- */

static bool has_seats(uint32_t n)
{
    return n >= 1 && n <= ITC_VALIDATORS_MAX;
}

enum itc_err itc_handover_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_handover *h)
{
    if (!has_seats(h->next.n))
        return ITC_E_FORM;
    struct itc_writer w = begin(out, cap);
    write_jump(&w, &h->jump);
    itc_write_u8(&w, (uint8_t)h->next.n);
    itc_write_bytes(&w, h->next.keys[0].b, sizeof h->next.keys[0] * h->next.n);
    return itc_writer_end(&w, len);
}

enum itc_err itc_handover_decode(struct itc_handover *out, const uint8_t *body, size_t len)
{
    struct itc_jump jump;
    bool large = false;
    struct itc_reader r = itc_reader_of(body, len);
    read_jump(&r, &jump, &large);
    uint32_t n = itc_read_u8(&r);
    const uint8_t *keys = itc_read_bytes(&r, HASH_SIZE * n);
    enum itc_err e = end(&r, large);
    if (!e && !has_seats(n))
        e = ITC_E_FORM;
    if (e)
        return e;
    out->jump = jump;
    out->next.n = n;
    memcpy(out->next.keys[0].b, keys, HASH_SIZE * n);
    return ITC_OK;
}

/* ---- account ---- */

enum itc_err itc_account_reply_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_account_reply *a)
{
    if (a->open_spent.grains > ITC_SUPPLY_GRAINS)
        return ITC_E_FORM;
    struct itc_writer w = begin(out, cap);
    write_jump(&w, &a->jump);
    itc_write_u8(&w, a->value != NULL);
    if (a->value)
        itc_write_bytes(&w, a->value, ITC_ACCOUNT_VALUE);
    write_blob(&w, a->proof, a->proof_len, ITC_SMT_PROOF_MAX);
    itc_write_u64(&w, a->open_next_seq);
    itc_write_u64(&w, a->open_spent.grains);
    return itc_writer_end(&w, len);
}

enum itc_err itc_account_reply_decode(
    struct itc_account_reply *out, const uint8_t *body, size_t len)
{
    struct itc_account_reply a = {0};
    bool large = false, present;
    struct itc_reader r = itc_reader_of(body, len);
    read_jump(&r, &a.jump, &large);
    bool good = read_bool(&r, &present);
    if (present)
        a.value = itc_read_bytes(&r, ITC_ACCOUNT_VALUE);
    a.proof_len = read_blob(&r, &a.proof, ITC_SMT_PROOF_MAX, &large);
    a.open_next_seq = itc_read_u64(&r);
    a.open_spent.grains = itc_read_u64(&r);
    enum itc_err e = end(&r, large);
    if (e)
        return e;
    if (!good || a.open_spent.grains > ITC_SUPPLY_GRAINS)
        return ITC_E_FORM;
    *out = a;
    return ITC_OK;
}

/* ---- status of a tx ---- */

const char *itc_stage_name(enum itc_stage s)
{
    static const char *const names[] = {
        [ITC_STAGE_UNKNOWN] = "unknown",
        [ITC_STAGE_WAITING] = "waiting",
        [ITC_STAGE_PENDING] = "pending",
        [ITC_STAGE_CONFIRMED] = "confirmed",
        [ITC_STAGE_FINAL] = "final",
    };
    return (unsigned)s <= ITC_STAGE_FINAL ? names[s] : "unknown-stage";
}

static bool has_weight(enum itc_stage s)
{
    return s == ITC_STAGE_PENDING || s == ITC_STAGE_CONFIRMED;
}

static bool status_is_good(const struct itc_tx_status *s)
{
    return (unsigned)s->stage <= ITC_STAGE_FINAL && (unsigned)s->verdict < ITC_VERDICT_COUNT;
}

enum itc_err itc_tx_status_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_tx_status *s)
{
    if (!status_is_good(s) || (s->tx != NULL) != (s->tx_len > 0))
        return ITC_E_FORM;
    struct itc_writer w = begin(out, cap);
    itc_write_u8(&w, (uint8_t)s->stage);
    if (has_weight(s->stage))
        itc_write_u32(&w, s->weight);
    if (s->stage == ITC_STAGE_FINAL) {
        itc_write_u8(&w, (uint8_t)s->verdict);
        itc_write_u64(&w, s->milestone);
        itc_write_u32(&w, s->position);
    }
    write_blob(&w, s->tx, s->tx_len, ITC_TX_MAX);
    return itc_writer_end(&w, len);
}

enum itc_err itc_tx_status_decode(struct itc_tx_status *out, const uint8_t *body, size_t len)
{
    struct itc_tx_status s = {0};
    bool large = false;
    struct itc_reader r = itc_reader_of(body, len);
    s.stage = (enum itc_stage)itc_read_u8(&r);
    if (has_weight(s.stage))
        s.weight = itc_read_u32(&r);
    if (s.stage == ITC_STAGE_FINAL) {
        s.verdict = (enum itc_verdict)itc_read_u8(&r);
        s.milestone = itc_read_u64(&r);
        s.position = itc_read_u32(&r);
    }
    if (!status_is_good(&s))
        return ITC_E_FORM;
    s.tx_len = read_blob(&r, &s.tx, ITC_TX_MAX, &large);
    if (s.tx_len == 0)
        s.tx = NULL;
    enum itc_err e = end(&r, large);
    if (!e)
        *out = s;
    return e;
}

/* ---- proof of a tx ---- */

enum itc_err itc_proof_reply_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_proof_reply *p)
{
    const struct itc_tx_proof *t = &p->proof;
    if ((unsigned)t->verdict >= ITC_VERDICT_COUNT)
        return ITC_E_FORM;
    struct itc_writer w = begin(out, cap);
    write_jump(&w, &p->jump);
    itc_write_bytes(&w, t->header, ITC_HEADER_SIZE);
    write_path(&w, t->history_path, t->history_path_len);
    write_hash(&w, &t->site_id);
    itc_write_u8(&w, (uint8_t)t->verdict);
    itc_write_u32(&w, t->position);
    write_blob(&w, t->tx, t->tx_len, ITC_TX_MAX);
    write_path(&w, t->tx_path, t->tx_path_len);
    return itc_writer_end(&w, len);
}

enum itc_err itc_proof_reply_decode(struct itc_proof_reply *out, const uint8_t *body, size_t len)
{
    struct itc_proof_reply p;
    struct itc_tx_proof *t = &p.proof;
    bool large = false;
    struct itc_reader r = itc_reader_of(body, len);
    read_jump(&r, &p.jump, &large);
    t->header = itc_read_bytes(&r, ITC_HEADER_SIZE);
    t->history_path_len = read_path(&r, &t->history_path, &large);
    read_hash(&r, &t->site_id);
    t->verdict = (enum itc_verdict)itc_read_u8(&r);
    t->position = itc_read_u32(&r);
    t->tx_len = read_blob(&r, &t->tx, ITC_TX_MAX, &large);
    t->tx_path_len = read_path(&r, &t->tx_path, &large);
    enum itc_err e = end(&r, large);
    if (e)
        return e;
    if ((unsigned)t->verdict >= ITC_VERDICT_COUNT)
        return ITC_E_FORM;
    *out = p;
    return ITC_OK;
}

/* ---- payments ---- */

static bool payments_ascend(const struct itc_payments *p)
{
    for (uint32_t i = 1; i < p->count; i++) {
        const struct itc_payment *a = &p->list[i - 1], *b = &p->list[i];
        if (b->milestone < a->milestone ||
            (b->milestone == a->milestone && b->position <= a->position))
            return false;
    }
    return true;
}

enum itc_err itc_payments_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_payments *p)
{
    if (p->count > ITC_PAYMENTS_MAX)
        return ITC_E_TOO_LARGE;
    if (!payments_ascend(p))
        return ITC_E_FORM;
    struct itc_writer w = begin(out, cap);
    itc_write_u16(&w, (uint16_t)p->count);
    itc_write_u8(&w, p->more);
    for (uint32_t i = 0; i < p->count; i++) {
        itc_write_u64(&w, p->list[i].milestone);
        itc_write_u32(&w, p->list[i].position);
        write_hash(&w, &p->list[i].tx_id);
    }
    return itc_writer_end(&w, len);
}

enum itc_err itc_payments_decode(struct itc_payments *out, const uint8_t *body, size_t len)
{
    struct itc_payments p = {0};
    struct itc_reader r = itc_reader_of(body, len);
    p.count = itc_read_u16(&r);
    if (p.count > ITC_PAYMENTS_MAX)
        return ITC_E_TOO_LARGE;
    bool good = read_bool(&r, &p.more);
    for (uint32_t i = 0; i < p.count; i++) {
        p.list[i].milestone = itc_read_u64(&r);
        p.list[i].position = itc_read_u32(&r);
        read_hash(&r, &p.list[i].tx_id);
    }
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (!good || !payments_ascend(&p))
        return ITC_E_FORM;
    *out = p;
    return ITC_OK;
}

/* ---- milestone ---- */

enum itc_err itc_milestone_reply_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_milestone_reply *m)
{
    struct itc_writer w = begin(out, cap);
    itc_write_bytes(&w, m->header, ITC_HEADER_SIZE);
    write_blob(&w, m->cert, m->cert_len, ITC_CERT_MAX);
    return itc_writer_end(&w, len);
}

enum itc_err itc_milestone_reply_decode(
    struct itc_milestone_reply *out, const uint8_t *body, size_t len)
{
    struct itc_milestone_reply m;
    bool large = false;
    struct itc_reader r = itc_reader_of(body, len);
    m.header = itc_read_bytes(&r, ITC_HEADER_SIZE);
    m.cert_len = read_blob(&r, &m.cert, ITC_CERT_MAX, &large);
    enum itc_err e = end(&r, large);
    if (!e)
        *out = m;
    return e;
}
