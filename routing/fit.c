// SPDX-License-Identifier: Apache-2.0
//
// Who meets the requirement of which pool, found out when a definition changes, for what it defines alone, not when work arrives. An agent
// who is defined is compared with the pools of their skills; a pool that is new, with the agents who have a skill that it cannot
// do without. Nothing fails.

#include "routing/fit.h"
#include "routing/core.h"
#include "routing/share.h"

#include <stdlib.h>
#include <string.h>

// ---- skills ----

static bool skill_is(const void *item, const void *key)
{
    return strcmp(((const struct skill *)item)->name, key) == 0;
}

static struct skill *skill_find(const struct router *r, const char *name)
{
    return table_find(&r->skills, table_hash_text(0, name), skill_is, name);
}

static struct skill *skill_get(struct router *r, const char *name)
{
    struct skill *s = skill_find(r, name);
    if (s)
        return s;
    s = memory_new(1, sizeof *s);
    s->name = text_new(name);
    table_insert(&r->skills, table_hash_text(0, name), s);
    return s;
}

static void skill_drop_unused(struct router *r, struct skill *s)
{
    if (s->agents_n || s->pools_n)
        return;
    table_drop(&r->skills, table_hash_text(0, s->name), s);
    text_free(s->name);
    free(s->agents);
    free(s->pools);
    free(s);
}

static void skill_list_agent(struct router *r, struct agent *a, size_t i)
{
    struct skill *s = skill_get(r, a->def.skills[i].name);
    s->agents = memory_grow(s->agents, &s->agents_cap, s->agents_n + 1, sizeof(struct agent *));
    a->skills[i] = (struct agent_skill){s, s->agents_n};
    s->agents[s->agents_n++] = a;
}

static void skill_unlist_agent(struct router *r, const struct agent_skill *at)
{
    struct skill *s = at->skill;
    struct agent *last = s->agents[--s->agents_n];
    s->agents[at->place] = last;
    for (size_t i = 0; i < last->skills_n; i++) {
        if (last->skills[i].skill == s)
            last->skills[i].place = at->place;
    }
    skill_drop_unused(r, s);
}

static void skill_list_pool(struct router *r, struct pool *p)
{
    struct skill *s = skill_get(r, needs_key(&p->needs));
    s->pools = memory_grow(s->pools, &s->pools_cap, s->pools_n + 1, sizeof(struct pool *));
    s->pools[s->pools_n++] = p;
    p->key = s;
}

static void skill_unlist_pool(struct router *r, struct pool *p)
{
    struct skill *s = p->key;
    size_t i = 0;
    while (s->pools[i] != p)
        i++;
    s->pools[i] = s->pools[--s->pools_n];
    skill_drop_unused(r, s);
}

// ---- members ----

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
                           .preferred = (uint16_t)fit_preferred(&p->queue->def, a), // of CORE_LIST_MAX at most
                           .levels = fit_levels(p, a),
                           .shares = share_counts(p)};
    return true;
}

static void fit_forget_members(struct agent *a)
{
    if (a->members != a->own)
        free(a->members);
    a->members = a->own;
    a->members_n = 0;
    a->members_cap = AGENT_MEMBERS_OWN;
}

static void fit_make_room(struct agent *a)
{
    if (a->members_n < a->members_cap)
        return;
    bool own = a->members == a->own;
    a->members = memory_grow(own ? NULL : a->members, &a->members_cap, a->members_n + 1, sizeof *a->members);
    if (own)
        memcpy(a->members, a->own, sizeof a->own);
}

// ---- a queue's pools ----

// Whoever comes takes the first place that is free: few hold the shares of many that there were (share.c).
static void fit_place(struct router *r, struct pool *p)
{
    p->index = 0;
    while (p->index < r->pools_n && r->pools[p->index])
        p->index++;
    if (p->index == r->pools_n) {
        r->pools = memory_grow(r->pools, &r->pools_cap, r->pools_n + 1, sizeof(struct pool *));
        r->pools_n++;
    }
    r->pools[p->index] = p;
}

static void fit_enter(struct router *r, struct pool *p, struct agent *a)
{
    struct member m;
    if (!fit_member(p, a, &m))
        return;
    size_t at = a->members_n;
    fit_make_room(a);
    for (; at > 0 && a->members[at - 1].index > m.index; at--)
        a->members[at] = a->members[at - 1];
    a->members[at] = m;
    a->members_n++;
    p->able++;
    share_fit_pool(r, a, p);
    pool_enter(r, a, &a->members[at]);
}

static void fit_leave(struct router *r, struct pool *p, struct agent *a)
{
    struct member *m = pool_member(a, p);
    if (!m)
        return;
    pool_quit(r, a, m);
    p->able--;
    a->members_n--;
    memmove(m, m + 1, (a->members_n - (size_t)(m - a->members)) * sizeof *m);
}

// Whoever has its skill, of whom alone can be in it.
static void fit_each(struct router *r, struct pool *p, void (*each)(struct router *r, struct pool *p, struct agent *a))
{
    bool all = !*p->key->name;
    struct agent *const *v = all ? r->agents : p->key->agents;
    size_t n = all ? r->agents_n : p->key->agents_n;
    for (size_t i = 0; i < n; i++)
        each(r, p, v[i]);
}

void fit_queue(struct router *r, struct queue *q)
{
    for (size_t i = 0; i < q->pools_n; i++) {
        fit_place(r, &q->pools[i]);
        skill_list_pool(r, &q->pools[i]);
        fit_each(r, &q->pools[i], fit_enter);
    }
}

void fit_no_queue(struct router *r, struct queue *q)
{
    for (size_t i = 0; i < q->pools_n; i++) {
        struct pool *p = &q->pools[i];
        fit_each(r, p, fit_leave);
        skill_unlist_pool(r, p);
        r->pools[p->index] = NULL;
    }
}

// ---- an agent ----

static void fit_for_skill(struct agent *a, const struct skill *s)
{
    struct member m;
    for (size_t i = 0; s && i < s->pools_n; i++) {
        if (!fit_member(s->pools[i], a, &m))
            continue;
        s->pools[i]->able++;
        fit_make_room(a);
        a->members[a->members_n++] = m;
    }
}

static int fit_order(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

static void fit_no_skills(struct router *r, struct agent *a)
{
    while (a->skills_n)
        skill_unlist_agent(r, &a->skills[--a->skills_n]);
    free(a->skills);
    a->skills = NULL;
}

void fit_no_agent(struct router *r, struct agent *a)
{
    pool_leave(r, a);
    for (size_t i = 0; i < a->members_n; i++)
        a->members[i].pool->able--;
    fit_forget_members(a);
    fit_no_skills(r, a);
}

void fit_agent(struct router *r, struct agent *a)
{
    fit_no_agent(r, a);
    a->skills = memory_new(a->def.skills_n, sizeof *a->skills);
    fit_for_skill(a, skill_find(r, ""));
    for (a->skills_n = 0; a->skills_n < a->def.skills_n; a->skills_n++) {
        skill_list_agent(r, a, a->skills_n);
        fit_for_skill(a, a->skills[a->skills_n].skill);
    }
    if (a->members_n > 1)
        qsort(a->members, a->members_n, sizeof *a->members, fit_order);
    share_fit(r, a);
    pool_mark(r, a);
}

// Before all agents and queues are freed.
void fit_free(struct router *r)
{
    for (size_t i = 0; i < r->agents_n; i++)
        fit_no_skills(r, r->agents[i]);
    for (size_t i = 0; i < r->pools_n; i++) {
        if (r->pools[i])
            skill_unlist_pool(r, r->pools[i]);
    }
    free(r->pools);
    table_free(&r->skills);
}
