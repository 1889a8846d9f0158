// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_CLOSURE_H
#define THROUGHLINE_ROUTING_CLOSURE_H

// A queue that a supervisor has closed, and where its work goes meanwhile.

#include "routing/core.h"

struct reader;
struct writer;

struct closure {
    char *by, *note, *to, *message;
    int64_t since; // wall
    int64_t until; // wall; 0 = until it is opened
};

bool closure_holds(const struct router *r, const struct queue *q);
struct router_closure closure_view(const struct router *r, const struct queue *q); // as it is now

// Where what would wait in this queue does: there, unless it is closed and another could take it.
struct queue *closure_pass(const struct router *r, const struct work *w, struct queue *q);
void closure_divert(struct router *r, struct work *w); // before it waits again

enum router_refusal closure_check(const struct router *r, const struct router_supervise *s);
enum router_refusal closure_check_open(const struct router *r, const struct router_supervise *s);
void closure_begin(struct router *r, const struct router_supervise *s);
void closure_end(struct router *r, struct queue *q);

void closure_put(struct writer *o, const struct queue *q);
void closure_take(struct reader *in, struct router *r, struct queue *q);

#endif
