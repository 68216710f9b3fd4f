/* bip340.c - Schnorr signatures against bitcoin/bips, bip-0340/test-vectors.csv. */
#include "tests/vectors/vectors.h"

#include "spv/sign.h"

enum {
    SECRET = 1,
    PUBLIC,
    AUX,
    MESSAGE,
    SIGNATURE,
    RESULT,
    FIELDS
};

/* Splits a line at its commas, in place; the last field keeps the rest. */
static void split(char *fields[FIELDS + 1], char *line)
{
    for (int i = 0; i <= FIELDS; i++) {
        fields[i] = line;
        char *comma = i < FIELDS ? strchr(line, ',') : NULL;
        if (comma) {
            *comma = '\0';
            line = comma + 1;
        }
    }
}

static void unhex(uint8_t *out, size_t n, const char *text)
{
    assert_int_equal(itc_hex_decode(out, n, text, strlen(text)), ITC_OK);
}

static void check_secret(char *const fields[FIELDS + 1], const struct itc_hash *message)
{
    struct itc_secret secret;
    struct itc_signer signer;
    struct itc_key key;
    struct itc_sig expected, sig;
    unhex(secret.b, sizeof secret.b, fields[SECRET]);
    unhex(key.b, sizeof key.b, fields[PUBLIC]);
    assert_int_equal(itc_signer_init(&signer, &secret), ITC_OK);
    assert_memory_equal(signer.key.b, key.b, sizeof key.b);
    if (strspn(fields[AUX], "0") != 64)
        return; /* signed with randomness, which this project does not use */
    unhex(expected.b, sizeof expected.b, fields[SIGNATURE]);
    itc_signer_sign(&signer, message, &sig);
    assert_memory_equal(sig.b, expected.b, sizeof sig.b);
}

static void signatures(void **state)
{
    (void)state;
    char line[LINE_MAX_CHARS], *fields[FIELDS + 1];
    int good = 0, bad = 0, other = 0;
    FILE *f = vectors_open("bip340.csv");
    assert_non_null(fgets(line, sizeof line, f)); /* titles */
    while (fgets(line, sizeof line, f)) {
        struct itc_hash message;
        struct itc_key key;
        struct itc_sig sig;
        split(fields, line);
        if (strlen(fields[MESSAGE]) != 64) { /* this project signs hashes only */
            other++;
            continue;
        }
        bool valid = strcmp(fields[RESULT], "TRUE") == 0;
        unhex(message.b, sizeof message.b, fields[MESSAGE]);
        unhex(key.b, sizeof key.b, fields[PUBLIC]);
        unhex(sig.b, sizeof sig.b, fields[SIGNATURE]);
        assert_int_equal(itc_sig_verify(&key, &message, &sig), valid ? ITC_OK : ITC_E_SIGNATURE);
        if (fields[SECRET][0] != '\0')
            check_secret(fields, &message);
        *(valid ? &good : &bad) += 1;
    }
    fclose(f);
    print_message("%d good, %d bad, %d with messages of another length\n", good, bad, other);
    assert_true(good >= 5 && bad >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signatures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
