// SPDX-License-Identifier: Apache-2.0
//
// Who meets the requirement of which pool, found out when definitions change, not when work arrives. An agent is not compared with
// every pool: pools are listed by a skill that they cannot do without, and only those of the agent's own skills are looked at.

#include "routing/core.h"
#include "routing/share.h"

#include <stdlib.h>
#include <string.h>

static int fit_order_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = strcmp(x->skill, y->skill);
    return order ? order : (x->pool->index > y->pool->index) - (x->pool->index < y->pool->index);
}

// After the queues changed; every agent has to be fitted anew.
void fit_queues(struct router *r)
{
    size_t n = 0;
    enter_queues(r);
    share_reset(r);
    for (size_t i = 0; i < r->queues_n; i++)
        n += r->queues[i]->pools_n;
    free(r->keys);
    r->keys = memory_new(n, sizeof *r->keys);
    r->keys_n = 0;
    for (size_t i = 0; i < r->queues_n; i++) {
        for (size_t s = 0; s < r->queues[i]->pools_n; s++) {
            struct pool *p = &r->queues[i]->pools[s];
            p->index = r->keys_n;
            r->keys[r->keys_n++] = (struct key){needs_key(&p->needs), p};
        }
    }
    qsort(r->keys, r->keys_n, sizeof *r->keys, fit_order_keys);
}

static size_t fit_first_key(const struct router *r, const char *skill)
{
    size_t low = 0;
    for (size_t high = r->keys_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->keys[middle].skill, skill) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t fit_levels(const struct pool *p, const struct agent *a)
{
    uint32_t levels = 0;
    for (size_t i = 0; i < p->skills_n; i++)
        levels += agent_level(a, p->skills[i]);
    return levels;
}

static uint32_t fit_preferred(const struct router_queue *def, const struct agent *a)
{
    uint32_t levels = 0;
    for (size_t i = 0; i < def->prefers_n; i++) {
        uint32_t level = agent_level(a, def->prefers[i].name);
        levels += level >= def->prefers[i].level ? level : 0;
    }
    return levels;
}

bool fit_member(struct pool *p, const struct agent *a, struct member *out)
{
    uint32_t surplus;
    if (!needs_met(&p->needs, a, &surplus))
        return false;
    *out = (struct member){.pool = p,
                           .index = (uint32_t)p->index,
                           .surplus = surplus,
                           .preferred = fit_preferred(&p->queue->def, a),
                           .levels = fit_levels(p, a)};
    return true;
}

static void fit_for_skill(const struct router *r, struct agent *a, const char *skill, size_t *cap)
{
    struct member m;
    for (size_t i = fit_first_key(r, skill); i < r->keys_n && strcmp(r->keys[i].skill, skill) == 0; i++) {
        struct pool *p = r->keys[i].pool;
        if (!fit_member(p, a, &m))
            continue;
        p->able++;
        a->members = memory_grow(a->members, cap, a->members_n + 1, sizeof *a->members);
        a->members[a->members_n++] = m;
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
    share_fit(r, a);
    pool_mark(r, a);
}
