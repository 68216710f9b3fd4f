/* Any reply is refused or reads back as the same bytes; and what a lamp then does with it ends well.
 * First byte: the request's op, then the body; or 0, then a whole reply. */
#include "spv/service.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t again[ITC_REPLY_MAX];

/* Encoders write version and status before the body. */
static void expect_same(enum itc_err e, size_t len, const uint8_t *body, size_t body_len)
{
    ITC_ASSERT(e == ITC_OK && len == body_len + 2);
    ITC_ASSERT(memcmp(again + 2, body, body_len) == 0);
}

/* A client that trusts a header far up, so that paths of 40 hashes are walked. Nothing is true to it. */
static struct itc_light a_light(void)
{
    struct itc_light light = {.committee = {.n = 1}};
    light.header.index = UINT64_C(1) << 40;
    return light;
}

static void try_jump(const struct itc_jump *jump)
{
    struct itc_light light = a_light();
    enum itc_err e = itc_light_advance(&light, jump);
    ITC_ASSERT(e != ITC_OK);
}

static void try_hop(const struct itc_handover *h)
{
    struct itc_light light = a_light();
    light.header.index = 0;
    enum itc_err e = itc_light_hop(&light, &h->jump, &h->next);
    ITC_ASSERT(e != ITC_OK);
}

static void try_account(const struct itc_account_reply *a)
{
    const struct itc_light light = a_light();
    const struct itc_key key = {{0}};
    struct itc_smt_proof proof;
    struct itc_account account;
    bool exists;
    try_jump(&a->jump);
    if (itc_smt_proof_decode(&proof, a->proof, a->proof_len))
        return;
    size_t value_len = a->value ? ITC_ACCOUNT_VALUE : 0;
    enum itc_err e =
        itc_light_check_account(&account, &exists, &light, &key, a->value, value_len, &proof);
    /* Its state root is that of an empty ledger, which only the empty path leads to. */
    ITC_ASSERT(e != ITC_OK || (!exists && proof.path_len == 0));
}

static void try_proof(const struct itc_proof_reply *p)
{
    const struct itc_light light = a_light();
    struct itc_tx_fact fact;
    try_jump(&p->jump);
    enum itc_err e = itc_light_check_tx(&fact, &light, &p->proof);
    ITC_ASSERT(e != ITC_OK);
}

static void whole_reply(const uint8_t *data, size_t size)
{
    const uint8_t *body;
    size_t body_len;
    char text[ITC_REPLY_TEXT_MAX + 1] = {0};
    enum itc_err status = itc_reply_open(&body, &body_len, data, size);
    if (!body || status == ITC_OK)
        return;
    memcpy(text, body, body_len);
    size_t len = itc_reply_error(again, sizeof again, status, text);
    ITC_ASSERT(len == size && memcmp(again, data, size) == 0);
}

#define BOTH_WAYS(name, object)                                                                    \
    do {                                                                                           \
        if (itc_##name##_decode(object, body, body_len))                                           \
            return;                                                                                \
        enum itc_err e_ = itc_##name##_encode(again, sizeof again, &len, object);                  \
        expect_same(e_, len, body, body_len);                                                      \
    } while (0)

static void reply_body(enum itc_op op, const uint8_t *body, size_t body_len)
{
    static union {
        struct itc_info info;
        struct itc_hash id;
        struct itc_jump jump;
        struct itc_account_reply account;
        struct itc_tx_status status;
        struct itc_proof_reply proof;
        struct itc_payments payments;
        struct itc_milestone_reply milestone;
        struct itc_handover handover;
    } u;
    size_t len = 0;
    if (body_len > ITC_REPLY_MAX - 2) /* itc_reply_open lets no larger one through */
        return;
    switch (op) {
    case ITC_OP_INFO:
        BOTH_WAYS(info, &u.info);
        break;
    case ITC_OP_SUBMIT:
        BOTH_WAYS(submitted, &u.id);
        break;
    case ITC_OP_JUMP:
        BOTH_WAYS(jump, &u.jump);
        try_jump(&u.jump);
        break;
    case ITC_OP_ACCOUNT:
        BOTH_WAYS(account_reply, &u.account);
        try_account(&u.account);
        break;
    case ITC_OP_TX:
        BOTH_WAYS(tx_status, &u.status);
        break;
    case ITC_OP_PROOF:
        BOTH_WAYS(proof_reply, &u.proof);
        try_proof(&u.proof);
        break;
    case ITC_OP_PAYMENTS:
        BOTH_WAYS(payments, &u.payments);
        break;
    case ITC_OP_MILESTONE:
        BOTH_WAYS(milestone_reply, &u.milestone);
        break;
    case ITC_OP_HOP:
    case ITC_OP_COMMITTEE:
        BOTH_WAYS(handover, &u.handover);
        try_jump(&u.handover.jump);
        try_hop(&u.handover);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] == 0)
        whole_reply(data + 1, size - 1);
    else
        reply_body((enum itc_op)data[0], data + 1, size - 1);
    return 0;
}
