// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_PARTICIPANT_H
#define THROUGHLINE_ROUTING_PARTICIPANT_H

// Agents who take part in work that another has, and those who are asked to.

#include "routing/core.h"

struct writer;
struct reader;

struct participant {
    struct agent *agent;
    enum router_role role;
    bool joined; // else asked, until:
    int64_t until;
    uint64_t epoch;            // of the asking
    struct charge charge;      // what it takes of them, as it was when they were asked; nothing of who watches
    enum router_target target; // NONE: a supervisor, who came unasked
    char *to;                  // where the next one is looked for when this one does not come
};

struct participant *participant_find(const struct work *w, const struct agent *a); // NULL = they are not

// Who can be asked now, of a queue (at its first step at which somebody can), of a team (by the floor of the work's queue), or
// this agent: available, on these channels, with room, and nothing to do with the work yet. Of several who was not asked before, then the
// longest idle, then the lower id. NULL = nobody.
struct agent *participant_candidate(const struct router *r, const struct work *w, enum router_target target,
                                    const char *to);

void participant_ask(struct router *r, struct work *w, struct agent *a, enum router_role role,
                     enum router_target target, const char *to);
void participant_turn(struct router *r, struct work *w, struct agent *a, enum router_role role,
                      enum router_reason reason); // who has joined
void participant_join(struct router *r, struct work *w, struct agent *a);

// A supervisor, who was not asked: there from now on in this role, whatever their room.
void participant_place(struct router *r, struct work *w, struct agent *a, enum router_role role);
bool participant_watches(const struct participant *p); // listens or whispers

// They did not come: the next one is asked, where there is one.
void participant_not_coming(struct router *r, struct work *w, struct agent *a, enum router_reason reason);
void participant_end(struct router *r, struct work *w, struct agent *a, enum router_reason reason);
void participant_end_all(struct router *r, struct work *w, enum router_reason reason);
// `to` has it from now on; whoever else takes part stays.
void participant_hand_over(struct router *r, struct work *w, struct agent *to, enum router_reason reason);
void participant_timed_out(struct router *r, struct work *w);

// The agent is not available any more, or gone.
void participant_give_back(struct router *r, struct agent *a, bool gone, enum router_reason reason);
void participant_watch_no_more(struct router *r, struct agent *a, enum router_reason reason); // their desk is lost

void participant_tell(struct router *r, const struct work *w, enum router_effect_kind kind,
                      const struct router_effect *like); // to those who are asked, too
void participant_tell_call(struct router *r, const struct work *w, enum router_effect_kind kind, size_t session);

// Puts one back as a snapshot has it.
void participant_restore(struct router *r, struct work *w, const struct participant *p);
void participant_put(struct writer *o, const struct work *w);
void participant_take(struct reader *in, struct router *r, struct work *w);
void participant_free(struct work *w);
void participant_bury(struct router *r, struct work *w);

const char *participant_check(const struct router *r);
struct charge participant_charge(const struct router *r, const struct agent *a, uint64_t work); // theirs of this work

#endif
