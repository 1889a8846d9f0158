// SPDX-License-Identifier: Apache-2.0
//
// A queue's requirement outside of a router. How it is made of the queue's words, needs.c and meet.c know.

#include "routing/core.h"

#include <stdlib.h>

struct router_requirement {
    struct needs needs;
    size_t parts_n;
    struct router_need_part *parts;
};

static void requirement_collect(struct router_requirement *n, uint16_t i, bool negated)
{
    static const enum router_need kinds[] = {
        [NEEDS_SKILL] = ROUTER_NEED_SKILL, [NEEDS_TEAM] = ROUTER_NEED_TEAM,  [NEEDS_IS] = ROUTER_NEED_IS,
        [NEEDS_BOT] = ROUTER_NEED_KIND,    [NEEDS_HUMAN] = ROUTER_NEED_KIND,
    };
    for (; i; i = n->needs.v[i].next) {
        const struct needs_part *p = &n->needs.v[i];
        if (p->kind >= NEEDS_SKILL)
            n->parts[n->parts_n++] =
                (struct router_need_part){kinds[p->kind], text_or_empty(p->name), p->level, negated};
        requirement_collect(n, p->child, negated || p->kind == NEEDS_NOT);
    }
}

struct router_requirement *router_requirement_new(const struct router_queue *q, size_t step)
{
    struct router_requirement *n = memory_new(1, sizeof *n);
    needs_of_queue(&n->needs, q, step);
    n->parts = memory_new(n->needs.n, sizeof *n->parts);
    requirement_collect(n, n->needs.root, false);
    return n;
}

void router_requirement_free(struct router_requirement *n)
{
    if (!n)
        return;
    needs_free(&n->needs);
    free(n->parts);
    free(n);
}

bool router_requirement_met(const struct router_requirement *n, const struct router_agent *a)
{
    struct agent agent = {.def = *a};
    uint32_t surplus;
    agent.def.team = text_or_empty(a->team);
    return needs_met(&n->needs, &agent, &surplus);
}

bool router_requirement_part(const struct router_requirement *n, size_t i, struct router_need_part *out)
{
    if (i >= n->parts_n)
        return false;
    *out = n->parts[i];
    return true;
}
