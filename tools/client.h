/* client.h - the client of a node's service, for wallets and lamps. Host only (I/O, NNG).
 *
 *     connection:  open --> call, call, call ... --> close        one request at a time, one thread
 *     hints:       itc_client_info, _submit, _tx, _payments       the node's word
 *     proved:      itc_client_refresh, _account, _proof,          certificate and paths are checked
 *                  _committee
 *                                                                 against the caller's itc_light
 *
 * Every call has a time-out, and four outcomes that callers must tell apart. A request may be
 * repeated after any of them: a node takes the same tx once. */
#ifndef ITC_TOOLS_CLIENT_H
#define ITC_TOOLS_CLIENT_H

#include "spv/service.h"

enum itc_call {
    ITC_CALL_DONE,      /* answered, and proved where the function proves */
    ITC_CALL_REFUSED,   /* the node said no; client.err is why */
    ITC_CALL_UNREACHED, /* no connection or no answer in time; a submitted tx may have arrived */
    ITC_CALL_UNPROVED   /* malformed or not proved, client.err is how: do not trust this node */
};

struct itc_client {
    uint32_t socket; /* NNG's number of it */
    bool open;
    uint32_t timeout_ms;
    char url[128];
    enum itc_err err; /* of the last call that was REFUSED or UNPROVED */
    char why[512];    /* of the last call that was not DONE: for people; printable ASCII */
    uint8_t reply[ITC_REPLY_MAX]; /* results borrow from it until the next call */
};

/* Connects to `url` ("tcp://host:port") within `timeout_ms`, which also bounds each later call.
 *   ITC_CALL_UNREACHED  refused, timed out, not an address; nothing is open */
ITC_MUST enum itc_call itc_client_open(struct itc_client *c, const char *url, uint32_t timeout_ms);
void itc_client_close(struct itc_client *c);

/* One request; *body and *len get the fields of the reply. Requests that wait are given their time
 * on top of the time-out. */
ITC_MUST enum itc_call itc_client_call(
    struct itc_client *c, const uint8_t **body, size_t *len, const struct itc_request *request);

/* Hints. Texts are made printable. */
ITC_MUST enum itc_call itc_client_info(struct itc_client *c, struct itc_info *out);
ITC_MUST enum itc_call itc_client_tx(
    struct itc_client *c, struct itc_tx_status *out, const struct itc_hash *id, uint32_t wait_ms);
ITC_MUST enum itc_call itc_client_payments(struct itc_client *c, struct itc_payments *out,
    const struct itc_key *key, uint64_t milestone, uint32_t position, uint32_t wait_ms);
/* DONE: the node acknowledged the tx under the id `id` that the caller computed, or held it
 * already. */
ITC_MUST enum itc_call itc_client_submit(
    struct itc_client *c, const struct itc_hash *id, const uint8_t *tx, size_t len);

/* The four that prove move `light` to the node's newest milestone, first over the changes of the committee that lie on the
 * way, however many; it may have moved although the call failed. Beside what each says:
 *   REFUSED   ITC_E_BUSY: the node is behind `light`
 *   UNPROVED  ITC_E_COMMITTEE: the milestone is of a committee that no change leads to
 *             ITC_E_TOO_LARGE: more than ITC_CLIENT_HOPS_MAX changes in one call; the next goes on from there */
#define ITC_CLIENT_HOPS_MAX 4096
ITC_MUST enum itc_call itc_client_refresh(struct itc_client *c, struct itc_light *light);

struct itc_client_account {
    struct itc_account account;   /* proved at the header that `light` was moved to */
    bool exists;                  /* proved */
    uint64_t open_next_seq;       /* hint */
    struct itc_amount open_spent; /* hint */
};
/* Proves the account at the newest milestone. */
ITC_MUST enum itc_call itc_client_account(struct itc_client *c, struct itc_client_account *out,
    struct itc_light *light, const struct itc_key *key);

/* Proves what a milestone made of tx `id`; fact->tx borrows from c->reply. *body and *len (may be
 * NULL) get the reply: it proves the same to anyone who knows the committee. */
ITC_MUST enum itc_call itc_client_proof(struct itc_client *c, struct itc_tx_fact *fact,
    const uint8_t **body, size_t *len, struct itc_light *light, const struct itc_hash *id);
/* Such a reply as its owner keeps it, together with the header and the list that were trusted then: committees come
 * and go. Returns the size.    length 2 | light 35 + 32 x n + 256 | reply */
#define ITC_CLIENT_KEPT_MAX (2 + ITC_LIGHT_MAX + ITC_REPLY_MAX)
size_t itc_client_keep(uint8_t out[ITC_CLIENT_KEPT_MAX], const struct itc_light *light,
    const uint8_t *body, size_t len);
/* Checks it again, with no node at hand; fact->tx borrows `kept`. The header in it is the owner's own and is trusted.
 *   ITC_E_CHAIN    it is of another chain than `chain`
 *   ITC_E_UNKNOWN  the proof is of another tx than `id`
 *   and the errors of the codecs and of itc_light_check_tx */
ITC_MUST enum itc_err itc_client_recheck(struct itc_tx_fact *fact, const struct itc_hash *chain,
    const struct itc_hash *id, const uint8_t *kept, size_t len);

/* The committee that the newest milestone names as the next one: until its epoch ends, that of
 * `light` is in force. */
ITC_MUST enum itc_call itc_client_committee(
    struct itc_client *c, struct itc_committee *next, struct itc_light *light);

#endif
