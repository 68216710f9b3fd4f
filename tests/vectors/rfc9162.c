/* rfc9162.c - inclusion proofs against transparency-dev/merkle, testdata/inclusion. */
#include "tests/vectors/vectors.h"

#include <jansson.h>

#include "spv/merkle.h"

#define BYTES_MAX 64

/* Base64 with padding; returns the number of bytes. */
static size_t unbase64(uint8_t out[BYTES_MAX], const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    size_t held = 0, len = 0;
    for (; *text && *text != '='; text++) {
        const char *digit = strchr(digits, *text);
        assert_non_null(digit);
        bits = bits << 6 | (uint32_t)(digit - digits);
        held += 6;
        if (held >= 8) {
            assert_true(len < BYTES_MAX);
            held -= 8;
            out[len++] = (uint8_t)(bits >> held);
        }
    }
    return len;
}

/* An unsigned number; jansson's own integers end at 2^63, so numbers are read as reals (exact up to 2^53). */
static uint64_t number(const json_t *object, const char *name)
{
    double v = json_real_value(json_object_get(object, name));
    return v < 18446744073709551616.0 ? (uint64_t)v : UINT64_MAX;
}

/* false: not 32 bytes, so no value of this type can hold it. */
static bool read_hash(struct itc_hash *out, const char *text)
{
    uint8_t bytes[BYTES_MAX];
    if (unbase64(bytes, text) != sizeof out->b)
        return false;
    memcpy(out->b, bytes, sizeof out->b);
    return true;
}

static enum itc_err check(const json_t *object)
{
    struct itc_hash root, leaf, path[ITC_MERKLE_DEPTH_MAX] = {{{0}}};
    const json_t *proof = json_object_get(object, "proof");
    size_t len = json_array_size(proof); /* 0 for null */
    assert_true(len <= ITC_MERKLE_DEPTH_MAX);
    if (!read_hash(&root, json_string_value(json_object_get(object, "root"))) ||
        !read_hash(&leaf, json_string_value(json_object_get(object, "leafHash"))))
        return ITC_E_FORM;
    for (size_t i = 0; i < len; i++)
        if (!read_hash(&path[i], json_string_value(json_array_get(proof, i))))
            return ITC_E_FORM;
    return itc_merkle_verify(
        &root, &leaf, number(object, "leafIdx"), number(object, "treeSize"), path[0].b, len);
}

static void inclusion_proofs(void **state)
{
    (void)state;
    char line[LINE_MAX_CHARS];
    int good = 0, bad = 0, other = 0;
    FILE *f = vectors_open("rfc9162-inclusion.jsonl");
    while (fgets(line, sizeof line, f)) {
        json_error_t error;
        json_t *object = json_loads(line, JSON_DECODE_INT_AS_REAL, &error);
        assert_non_null(object);
        bool wrong = json_is_true(json_object_get(object, "wantErr"));
        enum itc_err e = check(object);
        if (e == ITC_E_FORM)
            other++;
        else if (wrong)
            bad++;
        else
            good++;
        if ((e != ITC_OK) != wrong)
            print_message("%s\n", json_string_value(json_object_get(object, "name")));
        assert_int_equal(e != ITC_OK, wrong);
        json_decref(object);
    }
    fclose(f);
    print_message("%d good, %d bad, %d bad by the length of a hash\n", good, bad, other);
    assert_true(good >= 5 && bad >= 48);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(inclusion_proofs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
