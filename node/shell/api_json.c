#include "node/shell/api_json.h"

#include "node/shell/genesis_options.h"

#include <inttypes.h>
#include <stdio.h>

/* All of these return new references. */

static json_t *hex_value(const uint8_t *bytes, size_t len)
{
    char hex[2 * ITC_CERT_MAX + 1];
    ITC_ASSERT(len <= ITC_CERT_MAX);
    itc_hex_encode(hex, bytes, len);
    return json_string(hex);
}

static json_t *hash_value(const struct itc_hash *h)
{
    return hex_value(h->b, sizeof h->b);
}

static json_t *amount_value(struct itc_amount a)
{
    char text[ITC_AMOUNT_TEXT];
    itc_amount_format(text, a);
    return json_string(text);
}

/* Numbers that strangers choose, or that carry a milestone in their upper bits, exceed 2^53. */
static json_t *big_value(uint64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, v);
    return json_string(text);
}

static json_t *int_value(uint64_t v)
{
    return json_integer((json_int_t)v);
}

static json_t *address_value(const struct itc_api *api, const struct itc_key *key)
{
    char text[ITC_ADDRESS_TEXT];
    itc_address_encode(text, api->network, key);
    return json_string(text);
}

static json_t *seats_value(uint32_t seats)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < ITC_VALIDATORS_MAX; i++)
        if (seats >> i & 1)
            json_array_append_new(list, int_value(i));
    return list;
}

static enum itc_err info_json(json_t **out, const uint8_t *body, size_t len)
{
    struct itc_info i;
    enum itc_err e = itc_info_decode(&i, body, len);
    if (e)
        return e;
    *out = json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:b,s:b,s:b,s:o,s:s#}",
        "chain", hash_value(&i.chain), "network", itc_network_name(i.network), "milestone",
        int_value(i.index), "time_ms", int_value(i.time_ms), "work_bits", int_value(i.work_bits),
        "epoch", int_value(i.epoch), "view", int_value(i.view), "open_sites",
        int_value(i.open_sites), "tips", int_value(i.tips), "peers", int_value(i.peers),
        "validators", int_value(i.validators), "empty_seats", seats_value(i.empty_seats),
        "validator", i.validator, "votes", i.votes, "doubts", i.doubts, "synced", i.synced,
        "accounts", int_value(i.accounts), "software", i.software, (int)i.software_len);
    if (i.doubt_until > 0)
        json_object_set_new(*out, "doubt_until", int_value(i.doubt_until));
    return ITC_OK;
}

static enum itc_err submitted_json(json_t **out, const uint8_t *body, size_t len)
{
    struct itc_hash id;
    enum itc_err e = itc_submitted_decode(&id, body, len);
    if (!e)
        *out = json_pack("{s:o}", "id", hash_value(&id));
    return e;
}

/* {"present","epoch","committee":[keys],"signers"} */
static json_t *change_value(const struct itc_change *c)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < c->n; i++)
        json_array_append_new(keys, hex_value(c->keys + 32 * i, 32));
    return json_pack("{s:s,s:o,s:I,s:o,s:I}", "kind", "committee", "present",
        hash_value(&c->present), "epoch", (json_int_t)c->epoch, "committee", keys, "signers",
        (json_int_t)c->signers);
}

static json_t *tx_value(const struct itc_api *api, const uint8_t *bytes, size_t len)
{
    struct itc_tx tx;
    if (!bytes || itc_tx_decode(&tx, bytes, len))
        return json_null();
    json_t *v = json_pack("{s:o,s:o,s:o,s:o}", "issuer", address_value(api, &tx.issuer), "seq",
        big_value(tx.seq), "valid_until", big_value(tx.valid_until), "bytes",
        hex_value(bytes, len));
    switch (tx.kind) {
    case ITC_KIND_TRANSFER:
        json_object_update_new(
            v, json_pack("{s:s,s:o,s:o,s:b}", "kind", "transfer", "to",
                   address_value(api, &tx.u.transfer.to), "amount",
                   amount_value(tx.u.transfer.amount), "close", tx.u.transfer.close));
        break;
    case ITC_KIND_DATA:
        json_object_update_new(v, json_pack("{s:s,s:o,s:o}", "kind", "data", "tag",
                                      hex_value(tx.u.data.tag, tx.u.data.tag_len), "data",
                                      hex_value(tx.u.data.bytes, tx.u.data.len)));
        break;
    case ITC_KIND_COMMITTEE:
        json_object_update_new(v, change_value(&tx.u.change));
        break;
    }
    return v;
}

static enum itc_err tx_json(json_t **out, const struct itc_api *api,
    const struct itc_api_call *call, const uint8_t *body, size_t len)
{
    struct itc_tx_status s;
    enum itc_err e = itc_tx_status_decode(&s, body, len);
    if (!e && s.stage == ITC_STAGE_UNKNOWN)
        e = ITC_E_UNKNOWN;
    if (e)
        return e;
    *out = json_pack("{s:o,s:s,s:o}", "id", hash_value(&call->id), "stage", itc_stage_name(s.stage),
        "tx", tx_value(api, s.tx, s.tx_len));
    if (s.stage == ITC_STAGE_PENDING || s.stage == ITC_STAGE_CONFIRMED)
        json_object_set_new(*out, "weight", int_value(s.weight));
    if (s.stage == ITC_STAGE_FINAL)
        json_object_update_new(
            *out, json_pack("{s:s,s:b,s:o,s:o}", "verdict", itc_verdict_name(s.verdict),
                      "may_still_apply", !itc_verdict_is_final(s.verdict), "milestone",
                      int_value(s.milestone), "position", int_value(s.position)));
    return ITC_OK;
}

static enum itc_err account_json(json_t **out, const struct itc_api *api,
    const struct itc_api_call *call, const uint8_t *body, size_t len)
{
    struct itc_account_reply a;
    struct itc_header h;
    struct itc_account account = {.next_seq = 0};
    enum itc_err e = itc_account_reply_decode(&a, body, len);
    if (!e)
        e = itc_header_decode(&h, a.jump.header, ITC_HEADER_SIZE);
    if (!e && a.value)
        e = itc_account_decode(&account, a.value, ITC_ACCOUNT_VALUE);
    if (e)
        return e;
    *out = json_pack("{s:o,s:b,s:o,s:o,s:{s:o,s:o},s:o,s:o}", "address",
        address_value(api, &call->key), "exists", a.value != NULL, "balance",
        amount_value(account.balance), "next_seq", big_value(account.next_seq), "open", "next_seq",
        big_value(a.open_next_seq), "spent", amount_value(a.open_spent), "milestone",
        int_value(h.index), "time_ms", int_value(h.time_ms));
    return ITC_OK;
}

static json_t *header_value(
    const struct itc_api *api, const struct itc_header *h, const uint8_t *bytes)
{
    struct itc_hash id;
    itc_header_id(&id, &api->chain, bytes);
    return json_pack("{s:o,s:o,s:o,s:o,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "index",
        int_value(h->index), "id", hash_value(&id), "time_ms", int_value(h->time_ms), "epoch",
        int_value(h->epoch), "epoch_end", (h->flags & ITC_HEADER_EPOCH_END) != 0, "work_bits",
        int_value(h->work_bits), "proposed_view", int_value(h->view), "site_count",
        int_value(h->site_count), "prev", hash_value(&h->prev), "history_root",
        hash_value(&h->history_root), "tx_root", hash_value(&h->tx_root), "state_root",
        hash_value(&h->state_root), "committee", hash_value(&h->committee), "next_committee",
        hash_value(&h->next_committee), "body_hash", hash_value(&h->body_hash), "header",
        hex_value(bytes, ITC_HEADER_SIZE));
}

static enum itc_err milestone_json(
    json_t **out, const struct itc_api *api, const uint8_t *body, size_t len)
{
    struct itc_milestone_reply m;
    struct itc_header h;
    struct itc_cert cert;
    enum itc_err e = itc_milestone_reply_decode(&m, body, len);
    if (!e)
        e = itc_header_decode(&h, m.header, ITC_HEADER_SIZE);
    if (!e && m.cert_len > 0)
        e = itc_cert_decode(&cert, m.cert, m.cert_len);
    if (e)
        return e;
    *out = header_value(api, &h, m.header);
    if (m.cert_len == 0) /* header 0 needs none */
        return ITC_OK;
    json_object_update_new(
        *out, json_pack("{s:o,s:o,s:o}", "view", int_value(cert.view), "signers",
                  seats_value(cert.signers), "certificate", hex_value(m.cert, m.cert_len)));
    return ITC_OK;
}

enum itc_err itc_api_json(json_t **out, const struct itc_api *api, const struct itc_api_call *call,
    const uint8_t *body, size_t len)
{
    switch (call->op) {
    case ITC_OP_INFO:
        return info_json(out, body, len);
    case ITC_OP_SUBMIT:
        return submitted_json(out, body, len);
    case ITC_OP_ACCOUNT:
        return account_json(out, api, call, body, len);
    case ITC_OP_TX:
        return tx_json(out, api, call, body, len);
    case ITC_OP_MILESTONE:
        return milestone_json(out, api, body, len);
    case ITC_OP_JUMP:
    case ITC_OP_PROOF:
    case ITC_OP_PAYMENTS:
    case ITC_OP_HOP:
    case ITC_OP_COMMITTEE:
        break;
    }
    return ITC_E_VERSION; /* itc_api_request asks for nothing else */
}
