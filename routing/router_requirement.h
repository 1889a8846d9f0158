// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_ROUTER_REQUIREMENT_H
#define THROUGHLINE_ROUTING_ROUTER_REQUIREMENT_H

// What a queue requires of agents, asked outside of a router: by who looks a configuration over before it is in force. It is
// read and judged by the same code as in routing.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/router_config.h"

struct router_requirement;

// Of the queue from its step on; 0 = before the first. What cannot be read requires nothing. Freed by the caller.
struct router_requirement *router_requirement_new(const struct router_queue *q, size_t step);
void router_requirement_free(struct router_requirement *n); // NULL is fine

// The agent's skills stand in order of name. Presence, channels and room are not looked at.
bool router_requirement_met(const struct router_requirement *n, const struct router_agent *a);

enum router_need { ROUTER_NEED_SKILL, ROUTER_NEED_TEAM, ROUTER_NEED_IS, ROUTER_NEED_KIND }; // KIND: bot or human

struct router_need_part { // what it asks about; the name is the requirement's
    enum router_need kind;
    const char *name; // "" of KIND
    uint32_t level;   // of SKILL, 1..5
    bool negated;     // stands behind `not`
};

// Its parts, wherever they stand in it; false behind the last.
bool router_requirement_part(const struct router_requirement *n, size_t i, struct router_need_part *out);

#endif
