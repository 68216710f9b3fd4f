/* seeds.c - writes values for the fuzzers to start from, FOLDER/<target>/<name>: good ones, and near misses, which would
 * read back differently if a decoder let them through.  usage: fuzz_seeds FOLDER */
#include "tests/fuzz/seeds.h"
#include "tests/unit/spv_make.h"

#include "spv/service.h"
#include "spv/site.h"
#include "tools/itc_change.h"

#include <stdio.h>
#include <sys/stat.h>

static const char *folder;
static struct itc_hash chain;

void itc_seed_save(const char *target, const char *name, const void *bytes, size_t len)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, target);
    mkdir(path, 0777); /* it may be there already; opening a file in it will tell */
    snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    FILE *f = fopen(path, "wb");
    ITC_ASSERT(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

static void seed_tx_and_site(void)
{
    uint8_t tx[ITC_TX_MAX], site[ITC_SITE_MAX];
    size_t tx_len = make_transfer(tx, &chain, 1), len;
    struct itc_tx data = {.kind = ITC_KIND_DATA, .issuer = make_key(1), .seq = 2};
    struct itc_site s = {.anchor = 7, .parent_count = 2, .tx_bytes = tx, .tx_len = tx_len};
    itc_seed_save("tx", "transfer", tx, tx_len);
    tx[ITC_TX_TRANSFER - 65] = 2; /* flags */
    itc_seed_save("tx", "unknown-flag", tx, tx_len);
    tx[ITC_TX_TRANSFER - 65] = 0;
    s.parents[1].b[0] = 1;
    ITC_ASSERT(itc_site_encode(site, sizeof site, &len, &s) == ITC_OK);
    itc_seed_save("site", "transfer", site, len);

    data.u.data = (struct itc_data){.tag = chain.b, .tag_len = 4, .bytes = chain.b, .len = 9};
    ITC_ASSERT(itc_tx_encode(tx, sizeof tx, &s.tx_len, &data) == ITC_OK);
    itc_seed_save("tx", "data", tx, s.tx_len);
    static const uint8_t sigs[3 * 64];
    const uint8_t keys[2 * 32] = {1};
    struct itc_tx change = {.kind = ITC_KIND_COMMITTEE, .issuer = make_key(1), .seq = 3};
    change.u.change =
        (struct itc_change){.epoch = 9, .n = 2, .keys = keys, .signers = 11, .sigs = sigs};
    size_t change_len;
    uint8_t change_tx[ITC_TX_MAX];
    ITC_ASSERT(itc_tx_encode(change_tx, sizeof change_tx, &change_len, &change) == ITC_OK);
    itc_seed_save("tx", "committee", change_tx, change_len);
    s.parent_count = 0;
    ITC_ASSERT(itc_site_encode(site, sizeof site, &len, &s) == ITC_OK);
    itc_seed_save("site", "data", site, len);
}

/* The genesis document of one validator who owns everything, and what follows from it. */
static void seed_chain(struct itc_light *light)
{
    uint8_t allocation[40], bytes[ITC_GENESIS_MAX], header[ITC_HEADER_SIZE];
    struct itc_genesis g = {.allocation_count = 1, .allocations = allocation};
    struct itc_header h;
    size_t len;
    itc_params_default(&g.params);
    g.committee.n = 1;
    g.committee.keys[0] = make_key(1);
    struct itc_writer w = itc_writer_of(allocation, sizeof allocation);
    itc_write_bytes(&w, g.committee.keys[0].b, sizeof g.committee.keys[0].b);
    itc_write_u64(&w, ITC_SUPPLY_GRAINS);
    ITC_ASSERT(itc_genesis_encode(bytes, sizeof bytes, &len, &g) == ITC_OK);
    itc_seed_save("genesis", "one-validator", bytes, len);
    itc_genesis_id(&chain, bytes, len);
    itc_genesis_header(&h, &g, &chain, &chain);
    itc_header_encode(header, &h);
    itc_seed_save("header", "genesis", header, sizeof header);
    ITC_ASSERT(itc_light_init(light, ITC_NETWORK_PRIVATE, &chain, &g.committee, header) == ITC_OK);
    len = itc_light_encode(bytes, light);
    itc_seed_save("light", "start", bytes, len);

    /* as after a hop: the list is the next committee's, one of its seats struck out */
    struct itc_light hopped = *light;
    hopped.committee.n = 2;
    hopped.header.flags = ITC_HEADER_EPOCH_END;
    itc_committee_hash(&hopped.header.next_committee, &chain, &hopped.committee);
    len = itc_light_encode(bytes, &hopped);
    itc_seed_save("light", "after-a-hop", bytes, len);
}

static size_t seed_cert(uint8_t out[ITC_CERT_MAX])
{
    static const struct itc_cert cert = {.view = 1, .index = 2, .signers = 7};
    size_t len = itc_cert_encode(out, &cert);
    itc_seed_save("cert", "three-signers", out, len);
    return len;
}

static void seed_addresses(void)
{
    static const char *const names[] = {"main", "test", "private"};
    char text[ITC_ADDRESS_TEXT];
    struct itc_key key = make_key(1);
    for (int net = 0; net < ITC_NETWORK_COUNT; net++) {
        itc_address_encode(text, (enum itc_network)net, &key);
        itc_seed_save("address", names[net], text, strlen(text));
    }
    itc_seed_save("address", "bip350", "A1LQFN3A", 8);

    uint8_t groups[53];
    char hrp[8];
    size_t count;
    ITC_ASSERT(itc_bech32m_decode(
                   hrp, sizeof hrp, groups, sizeof groups, &count, text, strlen(text)) == ITC_OK);
    groups[52] |= 1; /* the bit of padding */
    ITC_ASSERT(itc_bech32m_encode(text, sizeof text, hrp, groups, count) == ITC_OK);
    itc_seed_save("address", "padding-set", text, strlen(text));
}

static size_t seed_smt(uint8_t out[ITC_SMT_PROOF_MAX])
{
    static const char *const names[] = {"empty", "leaf", "other"};
    size_t len = 0;
    struct itc_smt_proof p = {.path = chain.b, .path_len = 1};
    for (int t = 0; t <= ITC_SMT_OTHER; t++) {
        p.terminal = (enum itc_smt_terminal)t;
        ITC_ASSERT(itc_smt_proof_encode(out, ITC_SMT_PROOF_MAX, &len, &p) == ITC_OK);
        itc_seed_save("smt_proof", names[t], out, len);
    }
    return len;
}

static void seed_requests(void)
{
    uint8_t tx[ITC_TX_MAX], bytes[ITC_REQUEST_MAX];
    size_t tx_len = make_transfer(tx, &chain, 1), len;
    for (int op = ITC_OP_INFO; op <= ITC_OP_COMMITTEE; op++) {
        struct itc_request q = {.op = (enum itc_op)op};
        char name[16];
        if (op == ITC_OP_SUBMIT) {
            q.u.submit.bytes = tx;
            q.u.submit.len = tx_len;
        }
        snprintf(name, sizeof name, "op-%d", op);
        ITC_ASSERT(itc_request_encode(bytes, sizeof bytes, &len, &q) == ITC_OK);
        itc_seed_save("request", name, bytes, len);
    }
}

/* The target wants the op, then the body: `reply` without version and status. */
static void save_reply(enum itc_op op, const char *name, uint8_t *reply, size_t len)
{
    reply[1] = (uint8_t)op;
    itc_seed_save("reply", name, reply + 1, len - 1);
}

static void seed_replies(const struct itc_light *light)
{
    static uint8_t r[ITC_REPLY_MAX], cert[ITC_CERT_MAX], smt[ITC_SMT_PROOF_MAX];
    uint8_t header[ITC_HEADER_SIZE], tx[ITC_TX_MAX];
    size_t len, tx_len = make_transfer(tx, &chain, 1);
    itc_header_encode(header, &light->header);
    const struct itc_jump jump = {header, cert, seed_cert(cert), .path = chain.b, .path_len = 1};
    const struct itc_info info = {.validators = 4,
        .empty_seats = 2,
        .validator = true,
        .doubts = true,
        .doubt_until = 9,
        .software_len = 4,
        .software = "itcd"};
    const struct itc_account_reply account = {
        .jump = jump, .value = chain.b, .proof = smt, .proof_len = seed_smt(smt)};
    const struct itc_tx_status status = {.stage = ITC_STAGE_FINAL, .tx = tx, .tx_len = tx_len};
    const struct itc_proof_reply proof = {.jump = jump,
        .proof = {.header = header,
            .history_path = chain.b,
            .history_path_len = 1,
            .tx = tx,
            .tx_len = tx_len,
            .tx_path = chain.b,
            .tx_path_len = 1}};
    const struct itc_payments payments = {.count = 2, .list = {[1] = {.position = 1}}};
    const struct itc_milestone_reply milestone = {header, cert, jump.cert_len};
    const struct itc_handover handover = {.jump = jump, .next = {.n = 2, .keys = {make_key(1)}}};
#define SEED(op, name, value)                                                                      \
    ITC_ASSERT(itc_##name##_encode(r, sizeof r, &len, value) == ITC_OK);                           \
    save_reply(op, #name, r, len)
    SEED(ITC_OP_INFO, info, &info);
    SEED(ITC_OP_SUBMIT, submitted, &chain);
    SEED(ITC_OP_JUMP, jump, &jump);
    SEED(ITC_OP_ACCOUNT, account_reply, &account);
    SEED(ITC_OP_TX, tx_status, &status);
    SEED(ITC_OP_PROOF, proof_reply, &proof);
    SEED(ITC_OP_PAYMENTS, payments, &payments);
    SEED(ITC_OP_MILESTONE, milestone_reply, &milestone);
    SEED(ITC_OP_HOP, handover, &handover);
#undef SEED
    r[0] = 0;
    len = itc_reply_error(r + 1, sizeof r - 1, ITC_E_BUSY, "starting");
    itc_seed_save("reply", "refusal", r, 1 + len);
}

/* A change that one of four has signed, for whom another comes; and the same with another epoch. */
static void seed_change_file(void)
{
    static struct itc_change_file f;
    static char text[16384];
    f = (struct itc_change_file){.chain = chain, .epoch = 9, .present = {.n = 4}};
    for (uint32_t i = 0; i < 4; i++)
        f.present.keys[i] = make_key(1 + i);
    f.next = f.present;
    f.next.keys[2] = make_key(9);
    struct itc_secret secret;
    struct itc_hash h = make_hash(3); /* as make_signer does */
    memcpy(secret.b, h.b, sizeof secret.b);
    ITC_ASSERT(itc_change_file_is_fit(&f) && itc_change_file_sign(&f, &secret));
    for (uint32_t bad = 0; bad < 2; bad++, f.epoch++) {
        json_t *root = itc_change_file_json(&f);
        size_t len = json_dumpb(root, text, sizeof text, JSON_COMPACT);
        json_decref(root);
        ITC_ASSERT(len < sizeof text);
        itc_seed_save("change_file", bad ? "bad-signature" : "one-signature", text, len);
    }
}

static void seed_http(void)
{
    static const char *const requests[][2] = {
        {"info", "GET /api/v1/info?x HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"},
        {"milestone", "HEAD /api/v1/milestone/latest HTTP/1.1\r\nHost: [::1]:7702\r\n\r\n"},
        {"account", "GET /api/v1/account/ritc1q HTTP/1.1\r\n\r\n"},
        {"json", "POST /api/v1/tx HTTP/1.1\r\nContent-Type: application/json\r\n"
                 "Content-Length: 13\r\n\r\n{\"tx\":\"00fF\"}"},
        {"octets", "POST /api/v1/tx HTTP/1.0\r\nContent-Type: application/octet-stream\r\n"
                   "Content-Length: 3\r\n\r\nabc"},
        {"chunked", "POST /api/v1/tx HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        itc_seed_save("http", requests[i][0], requests[i][1], strlen(requests[i][1]));
}

int main(int argc, char **argv)
{
    struct itc_light light;
    ITC_ASSERT(argc == 2);
    folder = argv[1];
    seed_chain(&light);
    seed_tx_and_site();
    seed_addresses();
    seed_requests();
    seed_replies(&light);
    seed_http();
    seed_change_file();
    itc_seed_node();
    return 0;
}
