/* traitor.h - validators that betray: honest nodes, and between each of them and the network somebody with its key.
 *
 *     honest node --frames--> treasons --> frames: held up, stopped, changed and signed anew, made up --> network
 *                 <----------- listens, withholds <--------------------------------------------------
 *
 *     treason            what it does
 *     twins              there are two nodes with the key; each has its own disk and some of the peers, now these, now those
 *     two proposals      as primary: other times and bodies to half of the peers, and COMMITs for both
 *     two votes          PREPAREs and COMMITs for something else to half of the peers
 *     signs all          PREPAREs and COMMITs at once whatever anybody proposes
 *     shifted slots      own messages also for the epoch, view or height before or after
 *     replays            old frames, of anybody
 *     hidden prepared    VIEW-CHANGEs that name nothing, or what was prepared earlier; RECALLEDs without a mark
 *     false new views    sets with too few votes, too many, one twice, 32, none that names anything; or another header;
 *                        proposals in a higher view that nobody has left for
 *     forged proofs      certificates of mixed views, of other signers, of PREPAREs, of one signature many times
 *     false heads        in STATUS and HELLO: a million ahead, and votes that are not held
 *     curious            asks everybody for its votes, and for those of others, as if it were who they belong to
 *     just in time       as primary: proposals just before the time-out
 *     censors            lets nothing of one wallet come in, or nothing of others at all
 *     mute               says nothing to half of the peers
 *
 * A traitor's node never doubts its memory of its votes: its twin's come to light again and again, in certificates at
 * the latest, and both would observe from then on.
 *
 * Traitors know what is sent to any of them. They sign with their own keys only. At most f validators of a run are
 * traitors; who, and whether there are twins, the seed decides before the run begins; the other treasons change with each
 * episode of the kind `traitor` (faults.h), and stay after all is well. */
#ifndef ITC_SIM_TRAITOR_H
#define ITC_SIM_TRAITOR_H

#include "tangle/rng.h"
#include "tools/sim/forge.h"
#include "tools/sim/net.h"

enum itc_treason {
    ITC_TREASON_TWINS,
    ITC_TREASON_TWO_PROPOSALS,
    ITC_TREASON_TWO_VOTES,
    ITC_TREASON_SIGNS_ALL,
    ITC_TREASON_SHIFTED_SLOTS,
    ITC_TREASON_REPLAYS,
    ITC_TREASON_HIDDEN_PREPARED,
    ITC_TREASON_FALSE_NEW_VIEWS,
    ITC_TREASON_FORGED_PROOFS,
    ITC_TREASON_FALSE_HEADS,
    ITC_TREASON_CURIOUS,
    ITC_TREASON_JUST_IN_TIME,
    ITC_TREASON_CENSORS,
    ITC_TREASON_MUTE,
    ITC_TREASONS
};
#define ITC_TREASONS_ALL ((1u << ITC_TREASONS) - 1)
const char *itc_treason_name(enum itc_treason t); /* "twins", "two-proposals", ... */

#define ITC_TRAITORS_MAX 10
#define ITC_TRAITOR_FRAMES 64
#define ITC_TRAITOR_ROUNDS 16

/* Who betrays; drawn before there is a net. */
struct itc_traitor_plan {
    uint32_t set;     /* bitmap of validators */
    uint32_t twins;   /* of these, those with a second node */
    uint32_t allowed; /* bitmap of treasons */
};

struct itc_traitor {
    uint32_t validator;     /* number of the key, and of the first node */
    uint32_t nodes;         /* bitmap: one or two */
    uint32_t treasons;      /* bitmap: at present */
    uint32_t half;          /* bitmap of the nodes that are told something else */
    uint32_t wallet;        /* whose payments are kept out; ITC_WALLETS: all of others */
    uint64_t fetches_until; /* lets sites in: its node is catching up */
    struct itc_signer signer;
};

/* An old frame. */
struct itc_traitor_frame {
    enum itc_channel channel;
    size_t len;
    uint8_t *bytes; /* own; NULL: none yet */
};

/* What the traitors know of one proposal. */
struct itc_traitor_round {
    struct itc_slot slot;
    struct itc_hash id;
    uint8_t header[ITC_HEADER_SIZE];
    uint8_t body[ITC_BODY_MAX];
    size_t body_len;
    uint32_t prepares; /* bitmap */
    struct itc_sig sigs[ITC_VALIDATORS_MAX];
};

struct itc_traitors {
    struct itc_traitor_plan plan;
    struct itc_net *net;
    struct itc_rng rng;
    uint32_t nodes; /* bitmap of all nodes of traitors */
    uint32_t count;
    struct itc_traitor who[ITC_TRAITORS_MAX];
    uint64_t deeds[ITC_TREASONS]; /* how often */
    struct itc_net_traitors hook;
    struct itc_traitor_frame frames[ITC_TRAITOR_FRAMES]; /* a ring */
    uint64_t frames_count;
    struct itc_traitor_round rounds[ITC_TRAITOR_ROUNDS]; /* a ring */
    uint64_t rounds_count;
    struct itc_slot view_slots[ITC_VALIDATORS_MAX]; /* of each, the newest vote for a view */
    struct itc_view_vote view_votes[ITC_VALIDATORS_MAX];
    /* Of each traitor, his first VIEW-CHANGE of the open height that names something. */
    struct itc_draft named[ITC_TRAITORS_MAX];
    struct itc_draft draft; /* scratch */
};

/* Draws who betrays: any number up to f, and one at least if `surely`. With n validators in a net of at most
 * `room` more nodes. */
void itc_traitor_plan_draw(struct itc_traitor_plan *out, uint64_t seed, uint32_t n, uint32_t room,
    uint32_t allowed, bool surely);
/* `t`: zeroed. The net has the plan's twins. From now on they betray. */
void itc_traitors_init(struct itc_traitors *t, const struct itc_traitor_plan *plan, uint64_t seed,
    struct itc_net *net);
void itc_traitors_free(struct itc_traitors *t);
/* Other treasons, chosen anew. */
void itc_traitors_change(struct itc_traitors *t, struct itc_rng *rng);
/* What traitor `k` does at present: "2: twins mute", cut off where `cap` ends. */
void itc_traitors_text(const struct itc_traitors *t, uint32_t k, char *out, size_t cap);
/* For each node, which others a twin keeps away from: every other node talks to one of the two, or to both; the
 * two do not talk. */
void itc_traitors_part(
    const struct itc_traitors *t, struct itc_rng *rng, uint32_t apart[ITC_NET_NODES_MAX]);

/* treason.c, treason_proof.c. Traitor `who`'s node sends `s`: what becomes of it. As itc_net_traitors.takes. */
bool itc_treason_send(
    struct itc_traitors *t, struct itc_traitor *who, const struct itc_net_sent *s);
/* A proposal was heard of: signs it at once, for all. */
void itc_treason_sign_all(struct itc_traitors *t, const struct itc_traitor_round *round);
/* Proposes something else to half of the peers, in a higher view that nobody has left for. */
void itc_treason_usurp(struct itc_traitors *t, const struct itc_traitor_round *round);
/* PREPAREs make a quorum: shows them as COMMITs. */
void itc_treason_show_prepares(struct itc_traitors *t, const struct itc_traitor_round *round);

#endif
