// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_STORE_LINK_PRIVATE_H
#define THROUGHLINE_STORE_LINK_PRIVATE_H

#include "daemon/store/ring.h"

// What link.c, link_greet.c and link_hold.c share.

#define LINK_PING_IDLE  250
#define LINK_ATTEMPT_MS 3000 // to connect and greet

struct event;
struct loop_timer;

enum link_state { LINK_WAITING, LINK_CONNECTING, LINK_GREETING, LINK_OPEN, LINK_CLOSED };

struct link {
    struct link_options o;
    const struct link_ops *ops;
    void *owner;
    struct loop *loop;
    enum link_state state;
    struct wire *wire;
    struct value_reader *reader;
    struct ring calls;   // written, or about to be; the last `held` have no command yet
    struct ring refused; // to come back from the flush event, with the error in `offset`
    struct event *flush;
    uint32_t held;
    bool flush_due, gave_time, sampling;
    uint64_t sample; // the call whose round trip is being measured, by its place in the ring
    double sampled;  // since
    struct loop_timer *timer;
    int64_t timer_at, heard, opened, backoff;
    char trouble[128], logged[128]; // logged: said already, again only after a steady time
};

bool link_takes(const struct link *l);                                      // it is open, and not too much is pending
struct link_call *link_push(struct link *l, const struct link_call *given); // takes its place; the caller sets `offset`
void link_want_flush(struct link *l);
void link_set_timer(struct link *l, int64_t at);
void link_on_connected(void *link); // greets: AUTH, SELECT, PING; open when the PONG came

#endif
