// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_BREACH_H
#define THROUGHLINE_ROUTING_BREACH_H

// The step of a queue that begins when a target is about to be missed.

#include "routing/core.h"

size_t breach_step(const struct router_queue *q); // from 1; 0 = it has none
bool breach_awaited(const struct work *w);        // whether the estimate is looked at
void breach_arm(struct router *r, struct work *w);
void breach_elsewhere(struct router *r, struct work *w);
void breach_look(struct router *r, struct work *w);

#endif
