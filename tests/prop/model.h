/* model.h - the ledger once more, from the text of its rules and as plainly as can be: sorted arrays, linear
 * search, copies. It shares nothing with the library but SHA-256 and the struct of a tx. And what property tests
 * need besides: a seed, and a check that names it. */
#ifndef ITC_TESTS_PROP_MODEL_H
#define ITC_TESTS_PROP_MODEL_H

#include "spv/header.h"
#include "spv/tx.h"

#define MODEL_ACCOUNTS_MAX 64
#define MODEL_APPLIED_MAX 1024

struct model_account {
    uint8_t key[32];
    uint64_t balance;
    uint64_t next_seq;
};

struct model {
    struct model_account accounts[MODEL_ACCOUNTS_MAX]; /* ascending keys */
    size_t count;
    size_t accounts_max;
    uint64_t dust;
    /* of the open milestone */
    uint64_t milestone;
    uint8_t applied[MODEL_APPLIED_MAX][32];
    size_t applied_count;
};

/* Puts an account in place; a first balance. */
void model_load(struct model *m, const uint8_t key[32], uint64_t balance, uint64_t next_seq);
struct model_account *model_find(struct model *m, const uint8_t key[32]); /* or NULL */
void model_begin(struct model *m, uint64_t milestone);
enum itc_verdict model_apply(struct model *m, const struct itc_tx *tx, const uint8_t tx_id[32]);
/* Accounts that are empty now leave. To drop a milestone, go back to a copy. */
void model_end(struct model *m);
void model_root(const struct model *m, uint8_t out[32]);
uint64_t model_total(const struct model *m);

/* The seed of a run: argument 1, else ITC_SEED, else 1. */
uint64_t prop_seed(int argc, char **argv);
/* Where the run is; CHECK prints both. */
extern uint64_t prop_run_seed;
extern unsigned prop_case;
_Noreturn void prop_fail(const char *file, int line, const char *what);
#define CHECK(x) ((x) ? (void)0 : prop_fail(__FILE__, __LINE__, #x))

#endif
