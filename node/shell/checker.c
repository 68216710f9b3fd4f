#include "node/shell/checker.h"

#include "spv/sign.h"

#include <stdlib.h>

/* 16,384 keys: 1.5 MiB, touched as used. */
#define SETS 2048u
#define WAYS 8u

struct parsed_key {
    struct itc_key key;
    struct itc_pubkey parsed;
    bool used;
};

struct itc_checker {
    struct parsed_key keys[SETS][WAYS];
    uint32_t evictions;
};

struct itc_checker *itc_checker_open(void)
{
    return calloc(1, sizeof(struct itc_checker));
}

void itc_checker_close(struct itc_checker *c)
{
    free(c);
}

/* Where `key` is, or where it may go. */
static struct parsed_key *place(struct itc_checker *c, const struct itc_key *key)
{
    struct parsed_key *set = c->keys[(key->b[0] | (uint32_t)key->b[1] << 8) % SETS];
    for (uint32_t i = 0; i < WAYS; i++)
        if (!set[i].used || itc_key_equal(&set[i].key, key))
            return &set[i];
    return &set[c->evictions++ % WAYS];
}

/* The parsed form of `key`, or NULL if it is no point of the curve. Only good keys are remembered. */
static const struct itc_pubkey *parse(struct itc_checker *c, const struct itc_key *key)
{
    struct parsed_key *slot = place(c, key);
    if (slot->used && itc_key_equal(&slot->key, key))
        return &slot->parsed;
    struct itc_pubkey parsed;
    if (itc_pubkey_parse(&parsed, key) != ITC_OK)
        return NULL;
    *slot = (struct parsed_key){.key = *key, .parsed = parsed, .used = true};
    return &slot->parsed;
}

bool itc_checker_check(struct itc_checker *c, const struct itc_verify *job)
{
    const struct itc_pubkey *key = parse(c, &job->key);
    return key != NULL && itc_pubkey_verify(key, &job->message, &job->sig) == ITC_OK;
}
