// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_STORE_INTERNAL_H
#define THROUGHLINE_STORE_STORE_INTERNAL_H

#include "daemon/base/loop.h"
#include "daemon/store/link.h"
#include "daemon/store/store.h"

// What the files of typed calls share. Each call is: fill a link_call, store_fcall() or store_plain(), write the
// arguments, link_end(). Its reply function turns the value into the typed result.

#define STORE_LIBRARY   "tl1" // the version of the functions; changes with what they take, answer or write
#define STORE_LISTENERS 8
#define STORE_REPLY_MAX (64u << 20)
// Of an event in a call of ingest_many, and how many events that takes.
#define STORE_EVENT_KEYS  2
#define STORE_EVENT_WORDS 5
#define STORE_TOGETHER    32

// A call that needs more than a link_call holds, or several steps. Freed with the store when it is still under way.
struct store_job {
    struct store_job *next, *prev;
    struct store *s;
    void (*fn)(void);
    void *module;
    uint64_t token;
    char tenant[96];
    char name[96];
    uint64_t a, b; // the call's own
    unsigned char *bytes;
    size_t len, cap;
    unsigned char *meta;
    size_t meta_len;
};

// The events that wait for the end of the turn; who waits for their answers is held by the link.
struct store_gather {
    char tenant[96];
    struct resp_out keys, words;
    uint32_t alone;  // so many more events go one by one
    uint32_t reader; // of this tenant
};

// The inputs of events that have no answer yet; store_sent.c.
struct store_sent {
    struct resp_out kept;  // of each its length and its bytes
    size_t head;           // in `kept`: those before it have been answered
    uint64_t gone;         // bytes that were before the first of `kept`
    uint64_t mark;         // where the first one that is held begins, counted with `gone`
    struct resp_out whole; // the latest one taken
};

struct store {
    struct loop *loop;
    struct store_options o;
    struct wire_net *net; // NULL: the address is of no use; `trouble` says why
    struct link *link;    // calls
    struct link *ears;    // subscriptions
    bool up;
    const char *trouble; // beside the link's: "" or static text
    int64_t logged;      // last time an unexpected error was logged
    struct {
        void (*fn)(void *arg, bool up);
        void *arg;
    } listeners[STORE_LISTENERS];
    unsigned listeners_n;
    struct {
        store_heard_fn *fn;
        void *arg;
    } * heard; // grows: every tenant's core and faces listen
    unsigned heard_n;
    struct store_job *jobs;
    struct {              // the order of events; store_lane.c
        uint64_t turn;    // of the last one sent: lane << 40 | number
        uint32_t flying;  // sent, not answered
        uint32_t stale;   // of them, in an earlier lane
        uint32_t refused; // not sent, on their way back
    } lane;
    struct store_gather gather;
    struct store_sent sent;
    struct store_reader *readers, *reader; // all; the one that was told last
    uint32_t readers_made;
    uint32_t calls; // connections of `link` so far
    bool batch;     // a reader was told something in this turn
    bool resting;   // a reader may wait before it asks
};

#define STORE_CALL(reply_fn, typed_fn, module_, token_)                                                                \
    (struct link_call)                                                                                                 \
    {                                                                                                                  \
        .reply = (reply_fn), .fn = (void (*)(void))(typed_fn), .module = (module_), .token = (token_)                  \
    }

// Writes the head of a function call with n arguments to follow, or of a plain command whose last word before its n further
// arguments is the key tl:{tenant}:<key>. NULL: the store is not up; the call has been refused and comes back later.
struct resp_out *store_fcall(struct store *s, const struct link_call *c, const char *function, const char *tenant,
                             size_t n);
struct resp_out *store_plain(struct store *s, const struct link_call *c, const char *verb, const char *tenant,
                             const char *key, size_t n);
// The same for commands that do not begin with a key: n arguments follow the verb.
struct resp_out *store_verb(struct store *s, const struct link_call *c, const char *verb, size_t n);
void store_put_key(struct resp_out *out, const char *tenant, const char *key);
void store_put_keys(struct resp_out *out, const char *tenant, const char *const part[], size_t n); // one key of n parts
void store_put_fence(struct resp_out *out, const struct store_lease *fence);                       // three arguments

// What a reply means: the error of the call, of Redis, or the status that a function's answer begins with.
enum tl_err store_status(struct store *s, enum tl_err e, const struct value *v);
enum tl_err store_plain_status(struct store *s, enum tl_err e, const struct value *v); // replies without a status
bool store_refused_whole(
    const struct value *error); // before it began: a function that commits step by step committed none

link_reply_fn store_reply_placed; // status, input, conversation, customer
link_reply_fn
    store_reply_stored; // "input,conversation,customer,digest", NUL, what was added to the input just taken; or as above
link_reply_fn store_reply_number;  // status, number
link_reply_fn store_reply_done;    // a plain command's anything
link_reply_fn store_reply_fields;  // status, field, value ...
link_reply_fn store_reply_stream;  // entries of a stream, oldest first
link_reply_fn store_reply_reverse; // entries of a stream, newest first; given in rising order
link_reply_fn store_reply_newest;  // the same, given as they come

struct store_job *store_job_new(struct store *s, void (*fn)(void), void *module, uint64_t token, const char *tenant,
                                const char *name);
void store_job_free(struct store_job *j);

// store_ingest.c: what both calls take of an event.
void store_put_event_keys(struct resp_out *out, const struct store_ingest *a);
void store_put_event_words(struct resp_out *out, const struct store_ingest *a);
// store_gather.c: an event without lists.
void store_gather(struct store *s, const struct store_ingest *a, store_placed_fn *fn, void *module, uint64_t token);
void store_gather_release(void *store); // there is one
void store_gather_leaving(void *store);
uint32_t store_gather_refuse(struct store *s); // all that are held, as store_lane_refuse does; the caller counts them
void store_gather_empty(struct store *s);
void store_gather_free(struct store *s);
// store_sent.c: an event is held, with this input; its answer is here, so its input becomes s->sent.whole; the next is the first one
// held; those held since then, of which there is at least one, are refused.
void store_sent_keep(struct store *s, const void *input, size_t len);
void store_sent_take(struct store *s);
void store_sent_mark(struct store *s);
void store_sent_drop(struct store *s);
void store_sent_free(struct store *s);
// store_lane.c: the turn of a call with events that is sent now; its answer, error or loss.
uint64_t store_lane_turn(struct store *s);
void store_lane_answered(struct store *s, enum tl_err e, const struct value *v);
#define STORE_LANE_REFUSED UINT64_MAX // `aux` of an event that was refused without being sent; no turn
bool store_lane_blocked(const struct store *s);
void store_lane_refuse(struct store *s, struct link_call *c);
void store_lane_refused(struct store *s); // it has come back
// store_reader.c: the reader of a tenant, 0 = none; an answer told that this input is stored; the turn ends; anything but events
// is sent; the store goes.
uint32_t store_reader_of(const struct store *s, const char *tenant);
void store_reader_told(struct store *s, uint32_t id, uint64_t number, const void *bytes, size_t len);
void store_readers_turn_end(void *store);
void store_readers_wake(struct store *s);
void store_readers_part(struct store *s);
// store_library.c: makes sure that our functions are there, then calls store_set_up().
void store_library_ensure(struct store *s);
void store_set_up(struct store *s, bool up, const char *trouble);
// store_hear.c
void store_hear_start(struct store *s);

#endif
