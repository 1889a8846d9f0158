// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_OFFER_H
#define THROUGHLINE_OFFER_H

// Offers of work to agents, and the memory of who did not take it: offer.c.

#include "routing/state.h"

struct match;

struct ask { // an agent who declined or missed this work, or passed it on
    struct agent *agent;
    uint32_t times;
    int64_t until;
};

struct offer { // of a work, to an agent
    struct agent *agent;
    uint64_t epoch;
    int64_t deadline;
    uint32_t extended; // times
};

void offer_make(struct router *r, struct work *w, const struct match *m);
struct offer *offer_of(const struct work *w, const struct agent *a); // NULL = none
bool offer_or_held(const struct work *w, const struct agent *a); // whether it is at hand: offered to, or held by them
struct agent *offer_first(const struct work *w);                 // the holder, else the first to whom it is offered
uint32_t offer_slots(const struct router *r, const struct work *w); // how many may have an offer of it at once
bool offer_open(const struct router *r, const struct work *w);      // whether another may be made
void offer_list(struct router *r, struct work *w, const struct offer *o);
void offer_extend(struct router *r, struct work *w, struct agent *a);
void offer_recharge(struct router *r, struct work *w, struct charge before);
void offer_accept(struct router *r, struct work *w, struct agent *a);
void offer_decline(struct router *r, struct work *w, struct agent *a, const char *text);
void offer_timed_out(struct router *r, struct work *w);
void offer_rescind(struct router *r, struct work *w, struct agent *a, enum router_reason reason);
void offer_rescind_all(struct router *r, struct work *w, enum router_reason reason);
void offer_take_back(struct router *r, struct work *w,
                     enum router_reason reason); // from whoever has it; it waits again
struct ask *offer_ask_of(const struct work *w, const struct agent *a);
void offer_note_ask(struct router *r, struct work *w, struct agent *a, uint32_t times);
void offer_forget_ask(struct router *r, struct work *w, const struct agent *a);
void offer_pass_on(struct router *r, struct work *w, enum router_reason reason);
void offer_arm_pause(struct router *r, struct work *w);

#endif
