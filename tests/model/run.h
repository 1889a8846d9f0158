// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_RUN_H
#define THROUGHLINE_TESTS_MODEL_RUN_H

// A run: something lives through random inputs until it differs from what it should be. The newest inputs are kept, so that
// the same difference can be had again with fewer (shrink.h).

#include "tape.h"

#define RUN_KEEPS 65536 // inputs

struct difference { // equal ones are the same fault
    const char *what;
    int kind, other; // of an effect: the router's, its twin's; 0 = none
};

struct subject { // what lives: a router beside its twin, or beside copies of itself
    const char *name;
    uint64_t inputs; // as many as it takes by default
    bool restores;   // after each input; else after some
    void *(*begin)(void);
    const struct router *(*router)(const void *self); // what the inputs refer to
    // restore: afterwards, through a snapshot. False: it differs, said in full on stderr and in short in *d.
    bool (*step)(void *self, const struct router_input *in, bool restore, struct difference *d);
    void (*end)(void *self);
    bool (*enough)(
        uint64_t inputs); // after a run without a difference; false: it proves too little, said on stderr. NULL = it is
};

extern const struct subject model_subject, futures_subject;

struct run { // begins as zeroes but for the subject; run_free frees what it holds
    const struct subject *of;
    uint64_t seed;
    struct world w;
    struct taped *tape; // a ring
    uint64_t n;         // inputs so far
    uint64_t hash;      // of the last state
};

// Up to n inputs. True: it differed at input run->n, as *d says.
bool run_until(struct run *run, uint64_t n, uint64_t seed, struct difference *d);
// Once more from the beginning, with these inputs only; *at: index of the one at which it differed. `told`: in words on stderr.
bool run_again(struct run *run, struct taped *const *v, size_t n, bool told, struct difference *d, size_t *at);
// The inputs that are kept, oldest first; the array is the caller's, the inputs stay the run's.
struct taped **run_tape(struct run *run, size_t *n);
void run_free(struct run *run);

#endif
