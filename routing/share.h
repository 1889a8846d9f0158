// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_SHARE_H
#define THROUGHLINE_ROUTING_SHARE_H

// How much of available agents' time two pools compete for, in counters that change with an agent's presence and definition,
// never with their load. pool.c tells when; estimate.c reads. Of a queue's pools at one step (by topic) only the first counts.

#include "routing/state.h"

struct share {
    struct pool *with;
    uint32_t agents; // available members of both
};

void share_join(const struct router *r, struct agent *a);
void share_leave(struct agent *a);
void share_clear(struct pool *p);
uint32_t share_of(const struct pool *p, const struct pool *with);
const char *share_check(const struct router *r);

#endif
