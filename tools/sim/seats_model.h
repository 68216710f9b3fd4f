/* seats_model.h - the committee once more, from the text of its rules: a part of the ledger's model (ledger_model.h).
 * It shares with the library SHA-256, the check of a signature and of a key, and the struct of a change. */
#ifndef ITC_SIM_SEATS_MODEL_H
#define ITC_SIM_SEATS_MODEL_H

#include "spv/change.h"

struct seats_list {
    uint32_t n;
    uint8_t keys[ITC_VALIDATORS_MAX][32];
};

struct seats_model {
    uint8_t chain[32];
    uint32_t epoch;
    struct seats_list present;
    struct seats_list next; /* in force from the next epoch on; a key of zeros is an empty seat */
    uint32_t convicted;     /* seats of `present` whose keys were convicted in this epoch */
    bool taken;             /* a change was applied in this epoch */
    uint32_t checks;        /* signature checks of the open milestone */
};

void seats_model_init(
    struct seats_model *m, const struct itc_hash *chain, const struct itc_committee *first);
/* The holder of `key` is convicted; NULL, or why it cannot be. */
const char *seats_model_convict(struct seats_model *m, const uint8_t key[32]);
enum itc_verdict seats_model_apply(struct seats_model *m, const struct itc_change *c);
/* The epoch is over. */
void seats_model_turn(struct seats_model *m);
/* What a header says of a list. */
void seats_model_hash(const struct seats_model *m, uint8_t out[32], const struct seats_list *list);

#endif
