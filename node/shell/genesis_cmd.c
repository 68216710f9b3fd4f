#include "node/shell/genesis_cmd.h"

#include "node/shell/first_use.h"

#include "node/shell/genesis_make.h"
#include "node/shell/genesis_options.h"
#include "spv/sign.h"
#include "tools/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXIT_REFUSED 1
#define EXIT_USAGE 3
#define PATH_CAP (ITC_OPTION_TEXT + 32)

/* Everything on its way into the files. Holds secrets: wiped before it goes. */
struct plan {
    struct itc_genesis_options o;
    struct itc_secret
        secrets[ITC_VALIDATORS_MAX]; /* made here, unless the operator gave key files */
    struct itc_secret treasury;
    struct itc_key treasury_key;
    struct itc_amount rest; /* what the treasury gets; 0: there is none */
    struct itc_committee committee;
    struct itc_allocation allocations[ITC_ALLOCATIONS_MAX];
    uint32_t allocation_count;
    struct itc_genesis_made made;
    char why[ITC_OPTION_WHY];
};
_Static_assert(ITC_KEYFILE_WHY <= ITC_OPTION_WHY, "reasons fit");

/* Usage. All of the following return 0, or -1 with a sentence in p->why. */

__attribute__((format(printf, 2, 3))) static int fail(struct plan *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->why, sizeof p->why, format, args);
    va_end(args);
    return -1;
}

static int check_options(struct plan *p)
{
    const struct itc_genesis_options *o = &p->o;
    const struct itc_params *params = &o->params;
    if (o->out.s[0] == '\0')
        return fail(p, "say where the files go: --out DIR");
    if ((o->validators != 0) + (o->validator_keys.count != 0) + (o->validator_pubs.n != 0) > 1)
        return fail(
            p, "give one of --validators, --validator-key and --validator-pub, not several");
    if (params->idle_ms < params->interval_ms)
        return fail(p, "--idle-ms must not be less than --interval-ms");
    if (params->work_ceiling < params->work_floor || params->work_ceiling > params->work_floor + 4)
        return fail(p, "--work-ceiling must lie from --work-floor to 4 bits above it");
    if (itc_params_check(params))
        return fail(p, "--dust must lie from 0.00000001 to 1");
    return 0;
}

static int read_allocation(struct plan *p, const char *text)
{
    struct itc_allocation *a = &p->allocations[p->allocation_count];
    const char *equals = strchr(text, '=');
    enum itc_err e =
        itc_address_decode(&a->key, p->o.params.network, text, (size_t)(equals - text));
    if (e)
        return fail(p, "--allocate %.100s: not an address of this network (%s). %s", text,
            itc_err_name(e), itc_err_text(e));
    e = itc_amount_parse(&a->amount, equals + 1, strlen(equals + 1));
    if (e)
        return fail(
            p, "--allocate %.100s: not an amount (%s). %s", text, itc_err_name(e), itc_err_text(e));
    if (a->amount.grains < p->o.params.dust.grains)
        return fail(p, "--allocate %.100s: less than --dust, which every account must hold", text);
    p->allocation_count++;
    return 0;
}

/* Reads the allocations; what is left of the supply is for the treasury. */
static int read_allocations(struct plan *p)
{
    struct itc_amount sum = {0};
    for (size_t i = 0; i < p->o.allocations.count; i++) {
        if (read_allocation(p, p->o.allocations.values[i]))
            return -1;
        if (itc_amount_add(&sum, sum, p->allocations[i].amount))
            return fail(p, "the allocations add up to more than the supply, 100000000 ITC");
    }
    p->rest.grains = ITC_SUPPLY_GRAINS - sum.grains;
    if (p->rest.grains > 0 && p->rest.grains < p->o.params.dust.grains)
        return fail(p, "the allocations leave less than --dust; give that to someone, too");
    if (p->rest.grains > 0 && p->allocation_count == ITC_ALLOCATIONS_MAX)
        return fail(p, "no place is left for the treasury; allocate to fewer addresses");
    return 0;
}

/* Keys. */

static void key_path(const struct plan *p, uint32_t i, char out[PATH_CAP])
{
    snprintf(out, PATH_CAP, "%s/validator-%u.key", p->o.out.s, (unsigned)i);
}

/* Of a key that was given, or of one that is made. */
static const char *validator_path(const struct plan *p, uint32_t i, char out[PATH_CAP])
{
    if (p->o.validator_keys.count)
        return p->o.validator_keys.values[i].s;
    key_path(p, i, out);
    return out;
}

static void named_path(const struct plan *p, const char *name, char out[PATH_CAP])
{
    snprintf(out, PATH_CAP, "%s/%s", p->o.out.s, name);
}

/* `secret` is a secret key: it was made or read as one. */
static struct itc_key public_key(const struct itc_secret *secret)
{
    struct itc_signer signer;
    enum itc_err e = itc_signer_init(&signer, secret);
    ITC_ASSERT(e == ITC_OK);
    struct itc_key key = signer.key;
    itc_signer_wipe(&signer);
    return key;
}

/* Whether the validators' keys are made here. */
static bool makes_keys(const struct plan *p)
{
    return p->o.validator_keys.count == 0 && p->o.validator_pubs.n == 0;
}

static int take_validators(struct plan *p)
{
    uint64_t given = p->o.validator_keys.count;
    if (p->o.validator_pubs.n) {
        p->committee = p->o.validator_pubs;
        return 0;
    }
    p->committee.n = (uint32_t)(given ? given : p->o.validators ? p->o.validators : 4);
    for (uint32_t i = 0; i < p->committee.n; i++) {
        struct itc_secret *s = &p->secrets[i];
        if (given ? itc_keyfile_read(s, p->o.validator_keys.values[i].s, p->why)
                  : itc_keyfile_generate(s, p->why))
            return -1;
        p->committee.keys[i] = public_key(s);
    }
    return 0;
}

static int take_keys(struct plan *p)
{
    if (take_validators(p))
        return -1;
    if (p->rest.grains == 0)
        return 0;
    if (itc_keyfile_generate(&p->treasury, p->why))
        return -1;
    p->treasury_key = public_key(&p->treasury);
    p->allocations[p->allocation_count++] = (struct itc_allocation){p->treasury_key, p->rest};
    return 0;
}

static int make(struct plan *p)
{
    enum itc_err e = itc_genesis_make(
        &p->made, p->allocations, &p->o.params, &p->committee, p->allocation_count);
    if (e == ITC_E_DUPLICATE)
        return fail(p, "an address is allocated to twice; add the amounts up");
    if (e == ITC_E_TOO_LARGE)
        return fail(p, "more allocations than --accounts-max; allow more accounts");
    if (e == ITC_E_FORM)
        return fail(p, "a validator's key is given twice; each needs its own");
    return e ? fail(p, "no genesis (%s). %s", itc_err_name(e), itc_err_text(e)) : 0;
}

/* Files. */

static int check_absent(struct plan *p, const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0)
        return fail(p, "%s is there already; choose another --out", path);
    return errno == ENOENT ? 0 : fail(p, "cannot look at %s: %s", path, strerror(errno));
}

static int prepare_directory(struct plan *p)
{
    static const char *const names[] = {"genesis.itc", "light.itc", "treasury.key"};
    char path[PATH_CAP];
    if (mkdir(p->o.out.s, 0700) < 0 && errno != EEXIST)
        return fail(p, "cannot make the directory %s: %s", p->o.out.s, strerror(errno));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        named_path(p, names[i], path);
        if (check_absent(p, path))
            return -1;
    }
    for (uint32_t i = 0; i < p->committee.n; i++) {
        key_path(p, i, path);
        if (check_absent(p, path))
            return -1;
    }
    return 0;
}

static int write_public(struct plan *p, const char *name, const uint8_t *bytes, size_t len)
{
    char path[PATH_CAP];
    named_path(p, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail(p, "cannot create %s: %s", path, strerror(errno));
    bool written = write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0;
    int error = errno;
    close(fd);
    return written ? 0 : fail(p, "cannot write %s: %s", path, strerror(error));
}

/* Keys first: a network whose keys are lost is none. */
static int write_files(struct plan *p)
{
    char path[PATH_CAP];
    for (uint32_t i = 0; i < p->committee.n && makes_keys(p); i++) {
        key_path(p, i, path);
        if (itc_keyfile_create(path, &p->secrets[i], p->why))
            return -1;
    }
    for (uint32_t i = 0; i < p->committee.n && !p->o.validator_pubs.n; i++) {
        if (itc_first_use_mark(validator_path(p, i, path), &p->made.chain, p->why, sizeof p->why))
            return -1;
    }
    named_path(p, "treasury.key", path);
    if (p->rest.grains > 0 && itc_keyfile_create(path, &p->treasury, p->why))
        return -1;
    if (write_public(p, "genesis.itc", p->made.document, p->made.document_len))
        return -1;
    return write_public(p, "light.itc", p->made.light, p->made.light_len);
}

/* Report. */

static void print_text(const struct plan *p, const char *chain, const char *treasury)
{
    char amount[ITC_AMOUNT_TEXT], path[PATH_CAP];
    printf("chain %s\n", chain);
    printf("  %s/genesis.itc: for nodes (itcd --genesis)\n", p->o.out.s);
    printf("  %s/light.itc: for wallets and lamps\n", p->o.out.s);
    for (uint32_t i = 0; i < p->committee.n && makes_keys(p); i++) {
        key_path(p, i, path);
        printf("  %s: secret, for validator %u alone (itcd --key)\n", path, (unsigned)i);
    }
    itc_amount_format(amount, p->rest);
    if (p->rest.grains > 0)
        printf("  %s/treasury.key: secret, holds %s ITC at %s\n", p->o.out.s, amount, treasury);
}

static void print_json(const struct plan *p, const char *chain, const char *treasury)
{
    char amount[ITC_AMOUNT_TEXT], path[PATH_CAP], hex[65];
    json_t *validators = json_array();
    for (uint32_t i = 0; i < p->committee.n; i++) {
        key_path(p, i, path);
        itc_hex_encode(hex, p->committee.keys[i].b, sizeof p->committee.keys[i].b);
        json_array_append_new(
            validators, json_pack("{s:s, s:s*}", "key", hex, "file",
                            p->o.validator_pubs.n       ? NULL
                            : p->o.validator_keys.count ? p->o.validator_keys.values[i].s
                                                        : path));
    }
    json_t *all = json_pack("{s:s, s:s, s:s+, s:s+, s:o}", "chain", chain, "network",
        itc_network_name(p->o.params.network), "genesis", p->o.out.s, "/genesis.itc", "light",
        p->o.out.s, "/light.itc", "validators", validators);
    itc_amount_format(amount, p->rest);
    if (p->rest.grains > 0)
        json_object_set_new(all, "treasury",
            json_pack("{s:s, s:s, s:s+}", "address", treasury, "amount", amount, "file", p->o.out.s,
                "/treasury.key"));
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static void print_result(const struct plan *p)
{
    char chain[65], treasury[ITC_ADDRESS_TEXT];
    itc_hex_encode(chain, p->made.chain.b, sizeof p->made.chain.b);
    itc_address_encode(treasury, p->o.params.network, &p->treasury_key);
    if (p->o.json)
        print_json(p, chain, treasury);
    else
        print_text(p, chain, treasury);
}

static void print_help(void)
{
    struct itc_genesis_options defaults;
    itc_genesis_defaults(&defaults);
    fputs(
        "itcd genesis --out DIR [options]\n\n"
        "Makes the files that a new network starts from: genesis.itc for its nodes, light.itc for\n"
        "wallets and lamps, a key for each validator, and a treasury key that holds what is not\n"
        "allocated. Founders who do not want to share secrets each make a key of their own\n"
        "(itcd key --new FILE) and hand its public half to the one who runs this "
        "(--validator-pub).\n"
        "The parameters of a chain never change.\n\n",
        stdout);
    itc_option_help(&itc_genesis_table, &defaults, stdout);
}

static int run(struct plan *p, int argc, char *const *argv)
{
    itc_genesis_defaults(&p->o);
    p->o.params.time_ms = (uint64_t)time(NULL) * 1000;
    int bad = itc_option_read_arguments(&itc_genesis_table, &p->o, argc, argv, p->why);
    if (!bad && p->o.help) {
        print_help();
        return 0;
    }
    if (bad || check_options(p) || read_allocations(p))
        return EXIT_USAGE;
    if (take_keys(p) || make(p) || prepare_directory(p) || write_files(p))
        return EXIT_REFUSED;
    print_result(p);
    return 0;
}

int itc_genesis_command(int argc, char *const *argv)
{
    struct plan *p = calloc(1, sizeof *p);
    if (!p) {
        fputs("itcd genesis: no memory\n", stderr);
        return EXIT_REFUSED;
    }
    int code = run(p, argc, argv);
    if (code)
        fprintf(stderr, "itcd genesis: %s\n", p->why);
    itc_wipe(p, sizeof *p);
    free(p);
    return code;
}
