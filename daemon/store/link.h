// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_LINK_H
#define THROUGHLINE_STORE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/value.h"
#include "daemon/store/wire.h"

// One connection to Redis with its calls in flight. Keeps itself connected.
//
//   waiting --timer--> connecting --connected--> greeting --PONG--> open
//      ^                    |                        |               |
//      +--------------------+---- lost, refused, silent -------------+

struct link;
struct metric;
struct link_call;

// e is TL_OK and v the reply (which may be VALUE_ERROR), or v is NULL and e tells: TL_UNKNOWN, TL_UNAVAILABLE.
typedef void link_reply_fn(void *owner, const struct link_call *c, enum tl_err e, const struct value *v);

struct link_call {
    link_reply_fn *reply;
    void (*fn)(void); // the caller's typed callback; only `reply` knows its type
    void *module;
    uint64_t token;
    uint64_t aux;     // reply's own
    uint32_t reader;  // likewise
    int64_t deadline; // given as a duration, kept as a time
    // the link's own
    int64_t began;
    uint64_t offset;
    uint32_t parts; // calls that this one's command serves, those behind it included; 0 = it alone
};

struct link_ops {
    void (*up)(void *owner);                          // open: greeted, calls may be made
    void (*down)(void *owner, const char *why);       // was open; what is in flight comes back after this
    void (*push)(void *owner, const struct value *v); // not NULL: published messages come here
    // Calls are held. release: write their command now. leaving: the turn's commands leave; release them, or call link_flush() later.
    void (*release)(void *owner);
    void (*leaving)(void *owner);
};

struct link_options {
    const char *name; // in log lines
    struct loop *loop;
    struct wire_net *net; // NULL: never connects
    int64_t deadline_ms;  // of a call that gives none
    uint32_t max_pending;
    size_t max_reply;          // bytes
    struct metric *round_trip; // histogram; NULL = not measured
};

struct link *link_new(const struct link_options *o, const struct link_ops *ops, void *owner);
void link_free(struct link *l); // calls in flight are dropped without their callbacks
bool link_open(const struct link *l);
uint32_t link_pending(const struct link *l);
const char *link_trouble(const struct link *l); // "" while open, else why not

// A call: write one command into what link_begin returns, then link_end. NULL: not open, or too much is pending.
struct resp_out *link_begin(struct link *l) __attribute__((warn_unused_result));
void link_end(struct link *l, const struct link_call *c);
// Calls that wait for each other: hold each, and when `release` is called (before another command), or at any other time,
// write the one command for all of them into what link_release_begin returns, then link_release_end. The answer is an
// array with an element for each; any other answer goes to each of them. false: as link_begin's NULL.
bool link_hold(struct link *l, const struct link_call *c) __attribute__((warn_unused_result));
uint32_t link_held(const struct link *l);
struct resp_out *link_release_begin(struct link *l);
void link_release_end(struct link *l);
// Takes back what is held: it comes back with e, not from in here, and with this `aux`. How many those were.
uint32_t link_refuse_held(struct link *l, enum tl_err e, uint64_t aux);
void link_flush(struct link *l); // in this turn still, for what it has held so far
void link_refuse(struct link *l, const struct link_call *c, enum tl_err e); // comes back with e, but not from in here
void link_break(struct link *l, const char *why);                           // connects anew; why: static text

#endif
