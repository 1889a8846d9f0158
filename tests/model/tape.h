// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_TAPE_H
#define THROUGHLINE_TESTS_MODEL_TAPE_H

// An input of the random world, kept to be had again after other inputs than it came after. What it points to is the world's
// memory, of which a copy is kept and put back to the same place; what it takes from the state (a work's id, an offer's epoch)
// is kept as what it is of, and looked up anew.

#include "world.h"

struct taped {
    struct router_input in;
    unsigned char *memory; // the world's, without what is zero
    size_t memory_n;
    bool restore;   // afterwards the router is replaced by one restored from its snapshot
    uint64_t about; // work, as it was called then; 0 = none
    bool sets;      // the stage: definitions, who is there
    // what it refers to; 0 = nothing
    uint64_t conversation; // whose open work
    bool theirs;           // who speaks has it, or is asked
    bool dialled;          // the call that is dialled
    size_t closing;        // of the agent, from 1, the newest first
    bool epoch, defined;   // of the offer to who speaks; of the calendar
    int64_t off;           // ... but for so much
};

void tape_keep(struct taped *to, const struct world *w, const struct router_input *in, const struct router *r);
// The same world: valid until its memory is written again.
struct router_input tape_play(const struct taped *t, struct world *w, const struct router *r, uint64_t number);
struct router_input tape_see(const struct taped *t, struct world *w); // as it was kept
// It refers to the same as before.
void tape_replace(struct taped *t, const struct world *w, const struct router_input *in);
void tape_free(struct taped *t);

#endif
