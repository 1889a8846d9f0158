// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_POINTS_H
#define THROUGHLINE_CORE_POINTS_H

#include <stdint.h>

#include "routing/router.h"
#include "throughline/v1/log.pb-c.h"

// The hashes that the live daemon logged for its state, met by whoever folds its log.

#define POINTS_MAX 8

struct points { // the state at the latest checkpoints; zeroed at the start
    struct {
        uint64_t input, hash;
    } v[POINTS_MAX];
    unsigned next;
};

enum points_met { POINTS_NOTHING, POINTS_SAME, POINTS_DIFFER };

// After input `number`, whose words are m (NULL = none that are understood), is folded: what it says of the state at a checkpoint. A hash is
// of the state as that version of the program writes it, so those of before an update may differ.
enum points_met points_meet(struct points *p, const struct router *r, uint64_t number, const Throughline__V1__Input *m);

#endif
