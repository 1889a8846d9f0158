// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_STORE_H
#define THROUGHLINE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

// Redis, the only truth. This folder is the only user of hiredis; everything else sees typed calls.
//
// Every call has a deadline. Its callback runs exactly once, on the loop, never from inside the call itself: with TL_OK; with the
// business answer (TL_CONFLICT, TL_FENCED, TL_ABSENT); with TL_UNKNOWN when the connection was lost or the deadline passed
// after it may have been sent; with TL_UNAVAILABLE when it surely was not. Every writing call is idempotent: after TL_UNKNOWN send the same again.
// `module` and `token` come back as given: find the owner by token in a table of yours, it may be gone.
// Arguments are copied before the call returns; results are valid during the callback.

struct loop;
struct store;       // the connections of this node
struct redis_child; // the embedded server

struct store_options {
    const char *url;      // unix:///path, redis://[user:password@]host:port[/db], rediss://...
    const char *ca_file;  // rediss
    int64_t deadline_ms;  // of every call
    uint32_t max_pending; // calls in flight before TL_UNAVAILABLE
    bool owned;           // the server is ours alone (embedded): functions of another build are replaced there
    bool strict;          // warn when the server does not keep what strict durability promises
};

struct store *store_new(struct loop *loop, const struct store_options *o);
void store_free(struct store *s); // calls in flight end without their callbacks: for the end of the process
// Up = connected, authenticated, answered PING in time, and the functions of our version loaded.
bool store_up(const struct store *s);
void store_on_change(struct store *s, void (*fn)(void *arg, bool up), void *arg); // up to 8 listeners
uint32_t store_pending(const struct store *s);
const char *
store_trouble(const struct store *s); // "" or why it is not up: "connection refused", "loading", "out of memory" ...

// ---- ingest: one event, one atomic call ----

struct store_ingest {
    const char *tenant;
    const char *account;
    const char *id;     // external id
    const char *digest; // of the event's content, 16 hex: the same id with another digest is TL_CONFLICT
    const char *handle; // normalised
    uint32_t channel;   // throughline.v1.Channel
    bool contact;       // customer's own words or call: moves last word and channel now, may open or re-open
    bool
        dry; // find the place only; store no entry if there is none (receipts, chat opened before a first word): TL_ABSENT
    const char *const *threads; // explicit references, most binding first
    uint32_t threads_n;
    const char *const *verified; // handles proven to be the same person's
    uint32_t verified_n;
    const char *const *claimed;
    uint32_t claimed_n;
    const char *display_name;
    int64_t join_ms; // of this channel
    int64_t reopen_ms;
    int64_t seen_seconds; // lifetime of the deduplication key
    const void *
        entry; // packed throughline.v1.Entry without wall_ms and author.customer; the function appends them. NULL = none
    size_t entry_len;
    const void *input; // packed throughline.v1.Input without what the function writes
    size_t input_len;
    // A customer's word about messages (throughline.v1.ConsentState, 0 = none): kept with the handle, for this account key of the outbox.
    uint32_t consent;
    const char *keyword, *consent_account;
};

struct store_placed {
    bool duplicate;
    uint64_t input; // = number of the entry
    uint64_t conversation;
    uint64_t customer;
};

typedef void store_placed_fn(void *module, uint64_t token, enum tl_err e, const struct store_placed *p);
void store_ingest(struct store *s, const struct store_ingest *a, store_placed_fn *fn, void *module, uint64_t token);

// ---- command: an input of a desk, with or without a timeline entry ----

struct store_command {
    const char *tenant;
    const char *key;       // idempotence: "<session>:<client_id>"; NULL = none
    uint64_t conversation; // with an entry
    const void *entry;     // packed Entry without wall_ms, or NULL
    size_t entry_len;
    const void *input;
    size_t input_len;
};
void store_command(struct store *s, const struct store_command *a, store_placed_fn *fn, void *module, uint64_t token);

// A plain input. fence != NULL: only while this lease is held (TL_FENCED otherwise). expect != 0: only as this very number
// (TL_CONFLICT otherwise), so that a repeat after TL_UNKNOWN cannot double it.
struct store_lease; // see below
void store_append(struct store *s, const char *tenant, const struct store_lease *fence, uint64_t expect,
                  const void *input, size_t input_len, store_placed_fn *fn, void *module, uint64_t token);

// ---- leases: leader, node:<id>, account:<name> ----
// A lease is {holder, epoch, nonce, beat}. Who holds it beats; who wants it watches the beat on its own monotonic clock and takes it when
// it has stood still for the lease time: no wall clock, no key expiry, so clock steps cannot harm.

struct store_lease {
    char name[96];
    char holder[64];  // boot id
    uint64_t epoch;   // rises with each new holder
    uint64_t nonce;   // random, chosen by the holder
    uint64_t beat;    // as last seen or written
    char detail[256]; // what the holder says of itself (fold version, address, lag)
};
typedef void store_lease_fn(void *module, uint64_t token, enum tl_err e, const struct store_lease *l);
void store_lease_read(struct store *s, const char *tenant, const char *name, store_lease_fn *fn, void *module,
                      uint64_t token);
// Takes it if it is free, or if (epoch, nonce, beat) still equal `seen`; TL_FENCED with what stands there otherwise.
void store_lease_take(struct store *s, const char *tenant, const struct store_lease *seen, const char *holder,
                      uint64_t nonce, const char *detail, store_lease_fn *fn, void *module, uint64_t token);
void store_lease_beat(struct store *s, const char *tenant, const struct store_lease *mine, store_lease_fn *fn,
                      void *module, uint64_t token);
void store_lease_give(struct store *s, const char *tenant, const struct store_lease *mine, store_lease_fn *fn,
                      void *module, uint64_t token);
// All leases whose name starts with prefix, one callback each, then one with l == NULL.
void store_lease_list(struct store *s, const char *tenant, const char *prefix, store_lease_fn *fn, void *module,
                      uint64_t token);

// ---- apply: what the leader writes once ----

enum store_op_kind {
    STORE_OP_DECISION = 1, // bytes: packed Decision; id: work
    STORE_OP_WORK,         // bytes: packed Work; id: work; conversation; closed -> the read model is removed
    STORE_OP_OUTBOX, // bytes: packed Delivery; text: account key (see store_due); effect: its id is <input>.<effect>
    STORE_OP_CLOSED, // conversation; text: disposition; text2: agent; flag: resolved. Sets closed mark and the customer's last agent
    STORE_OP_TAKE_BACK, // conversation; id: entry number: remove it from the timeline
    STORE_OP_NOTICE, // bytes: packed Entry, then packed Input; id: length of the first; conversation. Appends the input, with its entry
};
struct store_op {
    enum store_op_kind kind;
    uint64_t input;
    uint32_t effect;
    uint64_t id, conversation, customer;
    const char *text, *text2;
    bool flag;
    const void *bytes;
    size_t len;
};
// One call: checks the fence and applied == expected, writes all, sets applied = upto. TL_FENCED or TL_CONFLICT (with p->input = applied).
void store_apply(struct store *s, const char *tenant, const struct store_lease *fence, uint64_t expected, uint64_t upto,
                 const struct store_op *ops, size_t n, store_placed_fn *fn, void *module, uint64_t token);

struct store_bytes {
    uint64_t number;
    const void *p;
    size_t len;
};
typedef void store_entries_fn(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n);

// ---- outbox ----
// due:<account> is a sorted set of delivery ids, all that is open, in the order in which it was written. The account key of simulated conversations is "~" + account.

struct store_outgoing {
    char id[48];
    uint32_t state; // throughline.v1.DeliveryState
    uint32_t attempt;
    const void *delivery; // packed Delivery
    size_t delivery_len;
    int64_t due_ms; // store_due: how long it still pauses; store_dead_letters: since when, wall
    const char *reason;
    const char *external_id;
    const char *owner;   // boot id of who sends it, "" = nobody
    const char *account; // account key
    const char *class;   // why in one word, for what is dead: "refused", "stopped", "gone", "expired", "unknown" ...
};
// e, then one callback per entry, then one with o == NULL.
typedef void store_outgoing_fn(void *module, uint64_t token, enum tl_err e, const struct store_outgoing *o);
// What is open after this id ("" = from the beginning), in order, states QUEUED (paused or not) and SENDING (a stranger's SENDING
// is yours to judge). Fewer than `limit` are given only where there are no more; a few more than that may be.
void store_due(struct store *s, const char *tenant, const char *account, const char *after, uint32_t limit,
               store_outgoing_fn *fn, void *module, uint64_t token);
// Marks SENDING(owner boot, attempt + 1) before the first byte. TL_ABSENT: not applied yet, or final. TL_FENCED: another owner's lease.
// dedupes: an entry found SENDING by another boot may be claimed again, else it becomes UNKNOWN (TL_CONFLICT) and an input says so.
// So does one that must not be sent: FAILED, because it is older than life_ms (0 = none is), its customer said STOP, or its handle is gone.
void store_claim(struct store *s, const char *tenant, const char *id, const struct store_lease *account, bool dedupes,
                 int64_t life_ms, store_outgoing_fn *fn, void *module, uint64_t token);
// Moves the state forward (never back), and appends a DeliveryNews input when it moved. state QUEUED: due again after retry_ms, an
// hour at most, if `attempt` is the latest (0 = whichever it is); an unknown one, too, when its attempt is named.
// What the carrier heard of the handle itself.
enum store_reach { STORE_REACH_NONE, STORE_REACH_STOPPED, STORE_REACH_GONE };
struct store_report {
    const char *tenant, *id, *external_id, *account, *reason;
    uint32_t state, attempt;
    int64_t retry_ms;
    enum store_reach reach;
    const char *class; // with FAILED and UNKNOWN; a constant; NULL = none
};
// FAILED for what waits in this account's queue for longer than life_ms; placed.input: how many were. A slice at a time: call again.
void store_expire(struct store *s, const char *tenant, const char *account, int64_t life_ms, store_placed_fn *fn,
                  void *module, uint64_t token);
void store_report(struct store *s, const struct store_report *r, store_placed_fn *fn, void *module, uint64_t token);
// How many entries each of these queues holds, in order: v[i].number.
void store_backlog(struct store *s, const char *tenant, const char *const *accounts, size_t n, store_entries_fn *fn,
                   void *module, uint64_t token);
void store_dead_letters(struct store *s, const char *tenant, uint32_t limit, store_outgoing_fn *fn, void *module,
                        uint64_t token);
void store_resend(struct store *s, const char *tenant, const char *id, store_placed_fn *fn, void *module,
                  uint64_t token);

// ---- identity ----

enum store_identity_act { STORE_LINK = 1, STORE_DISMISS, STORE_MERGE, STORE_UNMERGE, STORE_ATTRIBUTES };
struct store_identity {
    const char *tenant, *key; // key: idempotence as with commands
    enum store_identity_act act;
    uint64_t customer, other; // merge, unmerge: other into customer
    const char *handle;       // link, dismiss
    const char *agent;
    const void *input; // packed Input (CustomerChanged)
    size_t input_len;
    const void
        *attributes; // a packed Placement with nothing else; in order of key. Replaces what they had; none = none
    size_t attributes_len;
};
void store_identity(struct store *s, const struct store_identity *a, store_placed_fn *fn, void *module, uint64_t token);

// ---- reading ----

// Timeline entries with after < number <= upto (or the latest `limit` of them when `latest`), in rising order.
void store_timeline(struct store *s, const char *tenant, uint64_t conversation, uint64_t after, uint64_t upto,
                    uint32_t limit, bool latest, store_entries_fn *fn, void *module, uint64_t token);
// A hash as field/value pairs: v[2i], v[2i+1]. Customers follow their alias.
void store_customer(struct store *s, const char *tenant, uint64_t customer, store_entries_fn *fn, void *module,
                    uint64_t token);
void store_conversation(struct store *s, const char *tenant, uint64_t conversation, store_entries_fn *fn, void *module,
                        uint64_t token);
void store_find_handle(struct store *s, const char *tenant, const char *handle, store_placed_fn *fn, void *module,
                       uint64_t token);
// Decisions of one work (newest first), or of all when work = 0, after cursor (0 = newest): packed Decision; number = cursor.
void store_decisions(struct store *s, const char *tenant, uint64_t work, uint64_t cursor, uint32_t limit,
                     store_entries_fn *fn, void *module, uint64_t token);
// Ids of conversations, newest first, before the cursor (0 = newest).
void store_conversations(struct store *s, const char *tenant, uint64_t cursor, uint32_t limit, store_entries_fn *fn,
                         void *module, uint64_t token);

// ---- the log ----

// Gives every input once: read from the log, on a connection of its own, or taken from the answer to an event that this store sent.
struct store_reader;
struct store_reader_ops {
    // One input, in order of number, without a gap.
    void (*input)(void *ctx, uint64_t number, const void *bytes, size_t len);
    void (*batch_end)(void *ctx); // after each reply, also an empty one; after answers at the turn's end
    // On every (re)connect, also of the store, and when a gap shows: prove your place before anything else comes. The reader stands still until store_reader_go().
    void (*connected)(void *ctx);
};
struct store_reader *store_reader_new(struct store *s, const char *tenant, const struct store_reader_ops *ops,
                                      void *ctx);
void store_reader_go(struct store_reader *r, uint64_t after); // read on from here
void store_reader_free(struct store_reader *r);

// Inputs after this number, in order, at most `limit`: for export.
void store_inputs(struct store *s, const char *tenant, uint64_t after, uint32_t limit, store_entries_fn *fn,
                  void *module, uint64_t token);

// What proof of place and start-up need.
struct store_place {
    char incarnation[48]; // random, made with the log
    uint64_t last;        // newest input
    uint64_t applied;
    uint64_t snapshot; // newest snapshot's input, 0 = none
    uint64_t first;    // oldest input still there
    uint64_t digest;   // of the entry asked about, 0 = it is not there
};
typedef void store_place_fn(void *module, uint64_t token, enum tl_err e, const struct store_place *p);
// digest: FNV-1a 64 of the bytes of entry `number`'s field i. Makes the incarnation if there is no log yet.
void store_place(struct store *s, const char *tenant, uint64_t number, store_place_fn *fn, void *module,
                 uint64_t token);
uint64_t store_digest(const void *bytes, size_t len);

// Snapshots. Writing runs in a forked child, on a blocking connection of its own.
bool store_snapshot_write(const struct store_options *o, const char *tenant, const struct store_lease *fence,
                          const void *meta, size_t meta_len, uint64_t input, const void *bytes, size_t len, char *why,
                          size_t why_len);
// v[0] = packed Snapshot, v[1] = the state's bytes; TL_ABSENT when there is none. newest = 0: the newest; 1: the one before.
void store_snapshot_read(struct store *s, const char *tenant, uint32_t newest, store_entries_fn *fn, void *module,
                         uint64_t token);
// What a forked child that archives reads, on a blocking connection of its own: inputs, and the newest snapshot.
struct store_past;
struct store_past *store_past_open(const struct store_options *o, const char *tenant, char *why, size_t why_len);
void store_past_close(struct store_past *p);
// At most STORE_PAST_PAGE inputs after this number, in order; *n of them. False: the connection is lost or the server refuses.
#define STORE_PAST_PAGE 50
typedef bool store_past_fn(void *ctx, uint64_t number, const void *bytes, size_t len); // false = enough
bool store_past_inputs(struct store_past *p, uint64_t after, store_past_fn *fn, void *ctx, uint32_t *n)
    __attribute__((warn_unused_result));
// The newest snapshot, or the one before it. meta: packed Snapshot; both malloc'd, meta NULL when there is none. False as above, or when it was replaced meanwhile.
bool store_past_snapshot(struct store_past *p, bool before, uint64_t *input, void **meta, size_t *meta_len,
                         void **state, size_t *state_len) __attribute__((warn_unused_result));

void store_trim(struct store *s, const char *tenant, uint64_t upto, store_placed_fn *fn, void *module,
                uint64_t token); // slices of 10,000

// ---- small things shared by nodes ----

// Typing and "tokens changed": published to all nodes, nothing kept.
void store_publish(struct store *s, const char *tenant, const char *topic, const void *bytes, size_t len);
typedef void store_heard_fn(void *arg, const char *tenant, const char *topic, const void *bytes, size_t len);
void store_on_publish(struct store *s, store_heard_fn *fn, void *arg); // any number of listeners

// Hashes of small documents: "tokens" (sha256 -> packed Token), "void" (input -> why), "marks" (snapshot -> its wall time) ...
void store_doc_set(struct store *s, const char *tenant, const char *doc, const char *field, const void *bytes,
                   size_t len, store_placed_fn *fn, void *module, uint64_t token); // len 0 deletes
void store_doc_all(struct store *s, const char *tenant, const char *doc, store_entries_fn *fn, void *module,
                   uint64_t token); // field/value pairs
// Audit trail: appends; reads newest first before the cursor.
void store_audit(struct store *s, const char *tenant, const void *bytes, size_t len, store_placed_fn *fn, void *module,
                 uint64_t token);
void store_audit_read(struct store *s, const char *tenant, uint64_t cursor, uint32_t limit, store_entries_fn *fn,
                      void *module, uint64_t token);

// Memory, for metrics and the 80 % warning: used and max in bytes (0 = no limit).
typedef void store_memory_fn(void *module, uint64_t token, enum tl_err e, uint64_t used, uint64_t max);
void store_memory(struct store *s, store_memory_fn *fn, void *module, uint64_t token);

// ---- the embedded server ----

struct redis_child_options {
    const char *server;   // "redis-server"
    const char *data_dir; // AOF, socket, lock
    bool strict;          // appendfsync always
    uint64_t max_memory;  // bytes, 0 = none
    int64_t lock_wait_ms; // how long to wait for a former server to let the directory go; 0 = 10 s, < 0 = not at all
};
// Starts it and keeps it running (restarts with back-off). NULL with *why when the directory is not usable or another daemon has it.
struct redis_child *redis_child_new(struct loop *loop, const struct redis_child_options *o, char *why, size_t why_len);
const char *redis_child_url(const struct redis_child *c); // unix://...
int redis_child_pid(const struct redis_child *c);
void redis_child_stop(struct redis_child *c, void (*stopped)(void *arg), void *arg); // SIGTERM, 8 s, SIGKILL
void redis_child_free(struct redis_child *c);

#endif
