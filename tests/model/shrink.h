// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_SHRINK_H
#define THROUGHLINE_TESTS_MODEL_SHRINK_H

// A short list of inputs that comes to the same difference as a long one, by trying: first the newest alone, then without
// parts and parts of parts (delta debugging), without all about one work, without any two, then without what is in each. Bounded in
// processor time and tries.

#include "run.h"

#define SHRINK_TRIES   20000
#define SHRINK_SECONDS 120

struct shrunk {
    struct taped **v; // the run's
    size_t n;
    size_t of;    // inputs it began with
    size_t tries; // that were needed
    bool again;   // it could be had again at all; else the list is what it was
    bool minimal; // without any one of them it is not the same
};

// `d`: what the run came to; seconds: of processor time, 0 = as it takes. The list is the caller's to free, the inputs are the run's and may be made plainer.
struct shrunk shrink(struct run *run, const struct difference *d, uint32_t seconds);
bool shrink_same(struct run *run, struct taped *const *v, size_t n, const struct difference *d); // silent

// Shrinks and prints: the seed, the list in words, what differs.
void shrink_tell(struct run *run, const struct difference *d);

#endif
