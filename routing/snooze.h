// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_SNOOZE_H
#define THROUGHLINE_ROUTING_SNOOZE_H

// Work that is put away, and how it comes back. Its acts are declared in command.h.

#include "routing/core.h"

// Back to its queue, whoever put it away being preferred: as a new wait, or with its place where it waits to be called back.
void snooze_wake(struct router *r, struct work *w, enum router_reason reason, bool keeps_place);

// All whose time has come by the wall clock, in order of that time, then of id; whether there were any.
bool snooze_wake_due(struct router *r);

// When that will be for the next, on the `at` clock and if the wall clock goes on evenly; INT64_MAX = never.
int64_t snooze_next(const struct router *r);

#endif
