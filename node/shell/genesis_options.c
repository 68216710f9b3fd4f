#include "node/shell/genesis_options.h"

#include "spv/sign.h"

#include <string.h>

_Static_assert(
    offsetof(struct itc_genesis_options, params) == 0, "offsets of the rows lead into params");

static int parse_u32(void *field, const struct itc_option *o, const char *value, char *why)
{
    uint64_t v;
    if (itc_option_number.parse(&v, o, value, why))
        return -1;
    *(uint32_t *)field = (uint32_t)v;
    return 0;
}

static bool print_u32(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    uint64_t v = *(const uint32_t *)field;
    return itc_option_number.print(&v, i, out);
}

static const struct itc_option_kind u32_kind = {parse_u32, print_u32};

static const char *const networks[ITC_NETWORK_COUNT] = {"main", "test", "private"};

const char *itc_network_name(enum itc_network network)
{
    ITC_ASSERT((unsigned)network < ITC_NETWORK_COUNT);
    return networks[network];
}

static int parse_network(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    for (unsigned i = 0; i < ITC_NETWORK_COUNT; i++) {
        if (strcmp(networks[i], value) == 0) {
            *(enum itc_network *)field = (enum itc_network)i;
            return 0;
        }
    }
    snprintf(why, ITC_OPTION_WHY, "give private, test or main");
    return -1;
}

static bool print_network(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    snprintf(out, ITC_OPTION_TEXT, "%s", networks[*(const enum itc_network *)field]);
    return i == 0;
}

static const struct itc_option_kind network_kind = {parse_network, print_network};

static int parse_amount(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    if (itc_amount_parse(field, value, strlen(value)) == ITC_OK)
        return 0;
    snprintf(why, ITC_OPTION_WHY, "give an amount of ITC such as 0.5");
    return -1;
}

static bool print_amount(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    char text[ITC_AMOUNT_TEXT];
    itc_amount_format(text, *(const struct itc_amount *)field);
    snprintf(out, ITC_OPTION_TEXT, "%s", text);
    return i == 0;
}

static const struct itc_option_kind amount_kind = {parse_amount, print_amount};

static int parse_key_path(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    struct itc_text_list *list = field;
    if (list->count < ITC_VALIDATORS_MAX && itc_text_list_add(list, value))
        return 0;
    snprintf(why, ITC_OPTION_WHY, "give a path, at most %d times", ITC_VALIDATORS_MAX);
    return -1;
}

static int parse_public_key(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    struct itc_committee *list = field;
    struct itc_key key;
    struct itc_pubkey parsed;
    if (list->n == ITC_VALIDATORS_MAX ||
        itc_hex_decode(key.b, sizeof key.b, value, strlen(value)) ||
        itc_pubkey_parse(&parsed, &key)) {
        snprintf(why, ITC_OPTION_WHY,
            "give a public key of 64 hex digits, as `itcd key` prints it, at most %d times",
            ITC_VALIDATORS_MAX);
        return -1;
    }
    list->keys[list->n++] = key;
    return 0;
}

static int parse_allocation(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    struct itc_allocation_texts *texts = field;
    if (!strchr(value, '=') || texts->count == ITC_ALLOCATIONS_MAX) {
        snprintf(why, ITC_OPTION_WHY, "give ADDRESS=AMOUNT, at most %d times", ITC_ALLOCATIONS_MAX);
        return -1;
    }
    texts->values[texts->count++] = value;
    return 0;
}

static bool print_none(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    (void)field;
    (void)i;
    (void)out;
    return false;
}

/* A number whose default is worked out later: help does not show it. */
static int parse_late_number(void *field, const struct itc_option *o, const char *value, char *why)
{
    return itc_option_number.parse(field, o, value, why);
}

static const struct itc_option_kind late_number_kind = {parse_late_number, print_none};
static const struct itc_option_kind key_path_kind = {parse_key_path, print_none};
static const struct itc_option_kind public_key_kind = {parse_public_key, print_none};
static const struct itc_option_kind allocation_kind = {parse_allocation, print_none};

#define FIELD(name) offsetof(struct itc_genesis_options, name)
#define PARAM(name) &u32_kind, offsetof(struct itc_params, name)
static const struct itc_option options[] = {
    {"interval-ms", "MS", NULL, "time between milestones", PARAM(interval_ms), 0, 60000},
    {"idle-ms", "MS", NULL, "time between empty milestones, at least interval-ms", PARAM(idle_ms),
        0, 3600000},
    {"drift-ms", "MS", NULL, "how far clocks may be apart", PARAM(drift_ms), 10, 600000},
    {"timeout-ms", "MS", NULL, "until a silent primary is replaced", PARAM(timeout_ms), 10, 600000},
    {"depth", "N", NULL, "milestones that an anchor stays good", PARAM(depth), 2, 100000},
    {"epoch-length", "N", NULL, "milestones of an epoch", PARAM(epoch_length), 1, 100000000},
    {"cone-sites-max", "N", NULL, "sites of one milestone", PARAM(cone_sites_max), 1, 65536},
    {"cone-bytes-max", "BYTES", NULL, "their bytes", PARAM(cone_bytes_max), 65536, 16 << 20},
    {"body-sites-max", "N", NULL, "sites that a milestone names", PARAM(body_sites_max), 1, 1024},
    {"tx-size-max", "BYTES", NULL, "largest transaction", PARAM(tx_size_max), 155, 1024},
    {"work-floor", "BITS", NULL, "least proof of work", PARAM(work_floor), 0, 32},
    {"work-ceiling", "BITS", NULL, "most, up to work-floor + 4", PARAM(work_ceiling), 0, 36},
    {"work-window", "N", NULL, "milestones between two prices", PARAM(work_window), 1, 1000000},
    {"work-target", "BYTES", NULL, "load of a milestone that keeps the price", PARAM(work_target),
        1, 16 << 20},
    {"accounts-max", "N", NULL, "accounts that the ledger can hold", PARAM(accounts_max), 1,
        1 << 28},
    {"confirm-weight", "N", NULL, "weight at which a payment counts as confirmed",
        PARAM(confirm_weight), 2, 65536},
    {"dust", "ITC", NULL, "least that an account may hold", &amount_kind, FIELD(params.dust)},
    {"time-ms", "MS", NULL, "Unix time of the start; by default now", &late_number_kind,
        FIELD(params.time_ms), 0, ITC_TIME_MAX_MS},
    {"network", "NAME", NULL, "private, test or main: the prefix of addresses", &network_kind,
        FIELD(params.network)},
    {"out", "DIR", NULL, "where the files go; made if missing, nothing in it is overwritten",
        &itc_option_text, FIELD(out)},
    {"validators", "N", NULL, "make keys for so many validators; by default 4", &late_number_kind,
        FIELD(validators), 1, ITC_VALIDATORS_MAX},
    {"validator-key", "FILE", NULL, "instead: an existing key file; may be repeated",
        &key_path_kind, FIELD(validator_keys)},
    {"validator-pub", "KEY", NULL,
        "instead: a public key, from `itcd key`; its secret stays with its owner; may be repeated",
        &public_key_kind, FIELD(validator_pubs)},
    {"allocate", "ADDRESS=ITC", NULL,
        "give an amount to an address; may be repeated; the rest goes to a treasury key",
        &allocation_kind, FIELD(allocations)},
    {"json", NULL, NULL, "print what was made as JSON", &itc_option_switch, FIELD(json)},
    {"help", NULL, NULL, "print this, and end", &itc_option_switch, FIELD(help)},
};
const struct itc_option_table itc_genesis_table = {options, sizeof options / sizeof options[0]};
const size_t itc_genesis_params_count = 16;

void itc_genesis_defaults(struct itc_genesis_options *o)
{
    itc_option_defaults(&itc_genesis_table, o, sizeof *o);
    itc_params_default(&o->params);
}
