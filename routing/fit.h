// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_FIT_H
#define THROUGHLINE_ROUTING_FIT_H

// Who meets the requirement of which pool. A skill is where the two meet: it lists the agents who have it and the pools that nobody
// is in without it, so that an agent is compared with the pools of their own skills alone, and a pool with those who have its skill.

#include "routing/state.h"

struct skill {  // gone when nobody has it and no pool asks for it
    char *name; // "" = what everybody has: its agents are the router's
    struct agent **agents;
    size_t agents_n, agents_cap;
    struct pool **pools;
    size_t pools_n, pools_cap;
};

struct agent_skill { // in the order of the agent's definition
    struct skill *skill;
    size_t place; // among its agents
};

void fit_queue(struct router *r, struct queue *q);                          // its pools are new
void fit_no_queue(struct router *r, struct queue *q);                       // they are about to go
void fit_agent(struct router *r, struct agent *a);                          // newly, or by another definition
void fit_no_agent(struct router *r, struct agent *a);                       // before they go
bool fit_member(struct pool *p, const struct agent *a, struct member *out); // false: does not meet the requirement
void fit_free(struct router *r);

#endif
