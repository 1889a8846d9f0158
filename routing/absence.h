// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ABSENCE_H
#define THROUGHLINE_ROUTING_ABSENCE_H

// What absence.c offers the router's other files.

#include "routing/state.h"

bool absence_of(const struct agent *a);                                 // lost or away
int64_t absence_due(const struct router *r, const struct work *w);      // at; INT64_MAX = it stays
int64_t absence_offline(const struct router *r, const struct agent *a); // at: when the shift of a lost agent has ended
bool absence_was_a_blink(const struct router *r, const struct agent *a);
void absence_changed(struct router *r, struct agent *a); // the agent's presence has
void absence_arm(struct router *r, struct work *w);
void absence_over(struct router *r, struct work *w);

#endif
