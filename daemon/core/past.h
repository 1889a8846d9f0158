// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_PAST_H
#define THROUGHLINE_CORE_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/core/points.h"
#include "daemon/core/scratch.h"
#include "routing/router.h"
#include "throughline/v1/decision.pb-c.h"

// A decision of the past, taken once more with every agent named: a state from before it, and the inputs from there on, folded by the very core
// that decided. Of the daemon's child, and of the operator's program (library tl_fold).

struct past {
    uint64_t input; // of the decision
    uint32_t index; // its effect, or
    uint64_t work;  // the last decision of that input about this work; 0 = by index
    struct router *router;
    struct scratch scratch;
    uint64_t folded; // up to here
    struct points points;
    bool differs; // the latest hash that the daemon logged for its state is not that of this fold
    Throughline__V1__Decision *decision; // once `input` is folded; owned. NULL = there was none
    char why[4608];                      // what is wrong
};

// Begins with the state of a snapshot (a router's bytes), or, image NULL, before input 1. False with why: another version's, or damaged.
bool past_begin(struct past *p, uint64_t after, const void *state, size_t len) __attribute__((warn_unused_result));
// Folds an input; those up to `folded` are passed over. False with why: it does not follow.
bool past_fold(struct past *p, uint64_t number, const void *bytes, size_t len, bool skipped)
    __attribute__((warn_unused_result));
// From an archive's folder: the newest state before the decision that this program can read, and the inputs as far as they are there.
bool past_from_archive(struct past *p, const char *folder) __attribute__((warn_unused_result));
// With p at the input by which the work of this decision came to its queue: adds why the queues before did not let it in. At another
// input: nothing. The decision's own fold does so where both are the same.
void past_passed(const struct past *p, Throughline__V1__Decision *d);
void past_end(struct past *p);

#endif
