#include "node/shell/key_cmd.h"

#include "node/shell/first_use.h"
#include "spv/sign.h"
#include "tools/keyfile.h"

#include <stdio.h>
#include <string.h>

#define EXIT_REFUSED 1
#define EXIT_USAGE 3

static const char help[] =
    "itcd key [--new] FILE\n"
    "\n"
    "Prints the public key of the key file FILE: 64 hex digits, for `itcd genesis "
    "--validator-pub`\n"
    "and `itc committee propose`. The secret stays in the file; nobody else needs it.\n"
    "\n"
    "  --new     make the key first; FILE must not be there yet. FILE.unused beside it says that "
    "it has\n"
    "            never voted; it goes with the first start (docs/man/itcd.8)\n"
    "  --help    print this, and end\n";

static int print_public(const struct itc_secret *secret)
{
    struct itc_signer signer;
    char text[65];
    enum itc_err e = itc_signer_init(&signer, secret);
    ITC_ASSERT(e == ITC_OK); /* it was made or read as a key */
    itc_hex_encode(text, signer.key.b, sizeof signer.key.b);
    itc_signer_wipe(&signer);
    return puts(text) < 0 || fflush(stdout) ? EXIT_REFUSED : 0;
}

static int make_or_read(struct itc_secret *secret, const char *path, bool make)
{
    char why[ITC_KEYFILE_WHY];
    int failed = make ? itc_keyfile_generate(secret, why) : itc_keyfile_read(secret, path, why);
    if (!failed && make)
        failed = itc_keyfile_create(path, secret, why) ||
                 itc_first_use_mark(path, NULL, why, sizeof why);
    if (failed)
        fprintf(stderr, "itcd key: %s\n", why);
    return failed ? EXIT_REFUSED : print_public(secret);
}

int itc_key_command(int argc, char *const *argv)
{
    const char *path = NULL;
    bool make = false, bad = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return fputs(help, stdout) < 0 ? EXIT_REFUSED : 0;
        if (strcmp(argv[i], "--new") == 0)
            make = true;
        else if (argv[i][0] == '-' || path)
            bad = true;
        else
            path = argv[i];
    }
    if (bad || !path) {
        fputs(
            "itcd key: give one FILE, and --new to make it. `itcd key --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    struct itc_secret secret;
    int code = make_or_read(&secret, path, make);
    itc_wipe(&secret, sizeof secret);
    return code;
}
