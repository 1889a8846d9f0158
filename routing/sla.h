// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_SLA_H
#define THROUGHLINE_ROUTING_SLA_H

// What is due to a customer: the time within which a queue answers, and the clock of one work that runs while an answer is due.

#include "routing/router.h"

struct queue;
struct work;

struct calendar_clock { // of open time
    bool runs;          // a queue measures its service levels by it
    int64_t ms;
};

struct breach { // of a target
    bool foreseen;
    struct router_wait wait; // as estimated then
    int64_t left;            // ms until it was missed, then
};

struct sla {                  // of a work
    enum router_response due; // NONE: no answer is, the clock stands
    enum router_response_kept first;
    int64_t from;         // on the clock of its queue: since when an answer is due, or was given
    uint32_t met, missed; // responses with a target
    struct breach breach;
};

bool sla_legal(const struct router_queue *q);
int64_t sla_now(const struct router *r, const struct queue *q); // on the clock of its service levels
int64_t sla_age(const struct router *r, const struct work *w);  // of what its cost is measured by
void sla_elsewhere(const struct router *r, struct work *w, const struct queue *to); // before it changes its queue
void sla_hours_leave(struct router *r); // before queues and calendars change
void sla_hours(struct router *r);       // ... and after
uint64_t sla_rate_of(const struct router_queue *def,
                     uint32_t target_ms);  // what a millisecond of waiting costs, in fixed point
uint32_t sla_target(const struct work *w); // by which its cost is measured
uint64_t sla_rate(const struct work *w);
void sla_asked(struct router *r, struct work *w);         // the customer has spoken, on its channel of now
void sla_answered(struct router *r, struct work *w);      // an agent has
void sla_ended(struct router *r, struct work *w);         // nobody will answer any more
void sla_renewed(const struct router *r, struct work *w); // it waits anew
struct router_due sla_due(const struct router *r, const struct work *w);
struct writer;
void sla_put(struct writer *o, const struct router *r, const struct work *w); // into a snapshot
const char *sla_check(const struct router *r, const struct work *w);

#endif
