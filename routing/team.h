// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_TEAM_H
#define THROUGHLINE_ROUTING_TEAM_H

// Teams, as far as work is passed to them.

#include "routing/core.h"

struct team *team_find(const struct router *r, const char *name); // NULL = nobody is of it
void team_list(struct router *r, struct agent *a);                // after their definition changed
void team_unlist(struct router *r, struct agent *a);
void team_want(struct router *r, struct work *w, const char *name); // "" = none

// Of those who can be expected to take it the best: who has room before who has not, then the longest idle, then the lower id.
// NULL: nobody can. The work's queue gives the floor.
struct agent *team_pick(const struct router *r, const struct work *w);

// One of them has new room. NULL does nothing.
void team_reconsider(struct router *r, const struct team *t);

const char *team_check(const struct router *r);
void team_free_all(struct router *r);

#endif
