// SPDX-License-Identifier: Apache-2.0
//
// Who has the skills of which queue, found out when definitions change, not when work arrives. An agent is not compared with every
// queue: queues are listed by a skill that they cannot do without, and only those of the agent's own skills are looked at.

#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

static int fit_order_needs(const void *a, const void *b)
{
    const struct need *x = a, *y = b;
    int order = strcmp(x->skill, y->skill);
    return order ? order : (x->queue->index > y->queue->index) - (x->queue->index < y->queue->index);
}

// After the queues changed; every agent has to be fitted anew.
void fit_queues(struct router *r)
{
    enter_queues(r);
    free(r->needs);
    r->needs = memory_new(r->queues_n, sizeof *r->needs);
    r->needs_n = r->queues_n;
    for (size_t i = 0; i < r->queues_n; i++) {
        struct queue *q = r->queues[i];
        r->needs[i] = (struct need){q->def.requires_n ? q->def.requires[0].name : "", q};
    }
    qsort(r->needs, r->needs_n, sizeof *r->needs, fit_order_needs);
}

// Both lists of skills are in order of name.
static bool fit_has(const struct agent *a, const struct queue *q, uint32_t *surplus)
{
    *surplus = 0;
    for (size_t i = 0, s = 0; i < q->def.requires_n; i++) {
        const struct router_skill *needs = &q->def.requires[i];
        while (s < a->def.skills_n && strcmp(a->def.skills[s].name, needs->name) < 0)
            s++;
        if (s == a->def.skills_n || strcmp(a->def.skills[s].name, needs->name) != 0 ||
            a->def.skills[s].level < needs->level)
            return false;
        *surplus += a->def.skills[s].level - needs->level;
    }
    return true;
}

static size_t fit_first_need(const struct router *r, const char *skill)
{
    size_t low = 0;
    for (size_t high = r->needs_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->needs[middle].skill, skill) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void fit_for_skill(const struct router *r, struct agent *a, const char *skill, size_t *cap)
{
    uint32_t surplus;
    for (size_t i = fit_first_need(r, skill); i < r->needs_n && strcmp(r->needs[i].skill, skill) == 0; i++) {
        struct queue *q = r->needs[i].queue;
        if (!fit_has(a, q, &surplus))
            continue;
        a->members = memory_grow(a->members, cap, a->members_n + 1, sizeof *a->members);
        a->members[a->members_n++] = (struct member){.queue = q, .index = (uint32_t)q->index, .surplus = surplus};
    }
}

static int fit_order_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

void fit_agent(struct router *r, struct agent *a)
{
    size_t cap = 0;
    pool_leave(r, a);
    free(a->members);
    a->members = NULL;
    a->members_n = 0;
    fit_for_skill(r, a, "", &cap);
    for (size_t i = 0; i < a->def.skills_n; i++)
        fit_for_skill(r, a, a->def.skills[i].name, &cap);
    if (a->members_n > 1)
        qsort(a->members, a->members_n, sizeof *a->members, fit_order_members);
    pool_mark(r, a);
}
