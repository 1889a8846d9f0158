// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_CALLBACK_H
#define THROUGHLINE_ROUTING_CALLBACK_H

// A caller who hangs up, keeps their place and is called when an agent is theirs. Such work has one session that lives without
// anybody on the line: router_session.callback.

#include "routing/router.h"

struct work;

struct dialled { // which effect did: what is reported of another means nothing
    uint64_t input;
    uint32_t effect;
};

#define CALLBACK_NONE ((size_t)-1)

size_t callback_of(const struct work *w); // the session that waits to be called; CALLBACK_NONE
bool callback_waits(const struct work *w);

void callback_defaults(struct router_queue *q);
bool callback_legal(const struct router_queue *q);

// Outside its queue's hours for callbacks it is put away until they begin, unless the customer waits on another channel. True: it was.
bool callback_sleep(struct router *r, struct work *w);
void callback_hours_changed(struct router *r);   // what sleeps so is looked at anew
uint32_t callback_attempt(const struct work *w); // the next; 0 = it is no callback

// A call has ended. True: it is called back from now on, or was to be and will not; nothing is left to do.
bool callback_hung_up(struct router *r, struct work *w, const struct router_happened *h);

void callback_dial(struct router *r, struct work *w, size_t session); // for its agent, unless it is under way
void callback_call_off(struct router *r, struct work *w, size_t session);
void callback_dial_over(struct router *r, struct work *w); // it took too long
void callback_failed(struct router *r, struct work *w, const struct router_delivery_news *news);

// A call has begun, as this session. True: it is one that waited to be called until now.
bool callback_taken_over(struct router *r, struct work *w, size_t session);

const char *callback_check(const struct work *w);

struct reader;
struct writer;
void callback_put(struct writer *o, const struct work *w);
void callback_take(struct reader *in, struct router *r, struct work *w);

#endif
