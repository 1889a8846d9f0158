// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ESTIMATE_H
#define THROUGHLINE_ROUTING_ESTIMATE_H

// How long whoever waits has still to wait, and what that is estimated from. estimate.c estimates, pace.c learns; nothing that
// routes reads an estimate but a queue's steps that ask for one.

#include "routing/core.h"

#define ESTIMATE_LEAST     8            // contacts that have ended before anything is estimated from them
#define ESTIMATE_MEMORY    256          // of so many, counts and sums are halved: the older, the less it counts
#define ESTIMATE_MAX_MS    2592000000LL // a longer contact or wait counts as this
#define ESTIMATE_ERROR_MAX 100000u      // thousandths: a worse relative error counts as this
#define ESTIMATE_SCAN      32           // of so many in a line, places are counted; in a longer one, inferred from ages

struct pace { // contacts that have ended
    uint64_t n;
    uint64_t sum;     // ms that they took of a slot
    uint64_t squares; // of tenths of a second
};

struct forecast { // what a queue has shown
    struct pace pace[ROUTER_CHANNELS];
    uint64_t waits, left; // that have ended; of which by giving up
    uint64_t waited;      // ms
    struct router_calibration seen;
    struct router_responses responses[ROUTER_CHANNELS];
    struct router_callbacks callbacks;
    struct router_voicemails voicemails;
};

// ---- estimate.c ----

struct router_wait estimate_work(const struct router *r, const struct work *w); // which waits
struct router_wait estimate_newcomer(const struct router *r, struct queue *q, enum router_channel channel);

// ---- pace.c ----

void pace_promise(struct router *r); // when all that waits has been settled
void pace_joined(struct router *r, struct work *w);
void pace_moves(struct router *r, struct work *w, enum router_work_state to, enum router_reason reason);
void pace_elsewhere(struct router *r, struct work *w); // before it changes its queue
void pace_gave_back(const struct router *r, struct work *w);
void pace_taken_back(const struct router *r, struct work *w);
struct pace pace_of(const struct forecast *f, enum router_channel channel); // ROUTER_CHANNEL_NONE: of all
bool pace_legal(const struct forecast *f);

#endif
