// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_WAITS_H
#define THROUGHLINE_FACES_WAITS_H

// Estimated waits told to who waits: in words' precision, so that somebody is told anew when there is something else to say, and not by the second.

#include <stdbool.h>
#include <stdint.h>

#include "daemon/faces/face.h"

#define WAITS_SLICES 15   // whom nothing happens to is looked at anew every so many ...
#define WAITS_MS     1000 // ... slices of this length

struct wait_told { // all 0: does not wait
    enum router_wait_kind kind;
    uint32_t from, to; // seconds, rounded outwards; to 0 = beyond what is told
};

// Whether who has waited so long, and has so long to wait still, is offered to be called back.
bool waits_call_back(const struct router_wait *w, int64_t waited_ms, uint32_t after_ms);
struct wait_told waits_round(const struct router_wait *w);
bool waits_same(const struct wait_told *a, const struct wait_told *b);
// Of an open work that is queued; while it rings at somebody's, what was told last holds. *wait: not rounded.
struct wait_told waits_of(const struct face *face, const struct router_work_view *w, const struct wait_told *last,
                          struct router_wait *wait);

#endif
