// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_SHARE_H
#define THROUGHLINE_ROUTING_SHARE_H

// How much of available agents' time two pools compete for, in counters that change with an agent's presence and definition,
// never with their load. pool.c and fit.c tell when; estimate.c reads. Of a queue's pools at one step (by topic) only the first has
// anything in common with others.

#include "routing/state.h"

bool share_counts(const struct pool *p);
void share_fit(struct router *r, const struct agent *a);
void share_fetch(struct router *r, const struct agent *a); // before one of the next two
void share_join(struct router *r, struct agent *a);
void share_leave(struct router *r, const struct agent *a);
void share_fit_pool(struct router *r, const struct agent *a, const struct pool *p);
void share_enter(struct router *r, const struct agent *a, struct pool *p);
void share_quit(struct router *r, const struct agent *a, struct pool *p);
void share_clear(struct router *r);
uint32_t share_of(const struct router *r, const struct pool *p, const struct pool *with);
const char *share_check(const struct router *r);

#endif
