// SPDX-License-Identifier: Apache-2.0
//
// The fewest changes with which an agent would meet conditions that needs.c has read: a level counts as one, so does anything else that
// they would have to be. Where one of several will do, it is the cheapest. And that agent, made of the one there is.

#include "routing/core.h"

#include <string.h>

#define NEEDED_NEVER 1000000u // more than all parts together can cost

// What one condition lacks to be met (or, not `want`ed, to be not): how much, and what would have to change.
static uint32_t needed_one(const struct needs_part *p, const struct agent *a, bool want, struct router_change *out)
{
    static const enum router_change_kind kinds[][2] = {
        [NEEDS_SKILL] = {ROUTER_CHANGE_LESS_SKILL, ROUTER_CHANGE_SKILL},
        [NEEDS_TEAM] = {ROUTER_CHANGE_OTHER_TEAM, ROUTER_CHANGE_TEAM},
        [NEEDS_IS] = {ROUTER_CHANGE_NO_ATTRIBUTE, ROUTER_CHANGE_ATTRIBUTE},
        [NEEDS_BOT] = {ROUTER_CHANGE_HUMAN, ROUTER_CHANGE_BOT},
        [NEEDS_HUMAN] = {ROUTER_CHANGE_BOT, ROUTER_CHANGE_HUMAN},
    };
    uint32_t level = p->kind == NEEDS_SKILL ? agent_level(a, p->name) : 0;
    bool met = p->kind == NEEDS_SKILL  ? level >= p->level
               : p->kind == NEEDS_TEAM ? strcmp(a->def.team, p->name) == 0
               : p->kind == NEEDS_IS   ? needs_is(a, p->name)
                                       : a->def.bot == (p->kind == NEEDS_BOT);
    if (met == want)
        return 0;
    *out = (struct router_change){.kind = kinds[p->kind][want], .name = p->name ? p->name : ""};
    if (p->kind != NEEDS_SKILL)
        return 1;
    out->from = level;
    out->to = want ? p->level : p->level - 1;
    return want ? p->level - level : level - out->to;
}

static uint32_t needed_part(const struct needs *n, uint16_t i, const struct agent *a, bool want,
                            struct router_change *out, size_t *m);

static uint32_t needed_price(const struct needs *n, uint16_t i, const struct agent *a, bool want)
{
    return needed_part(n, i, a, want, NULL, NULL);
}

// All of the children, or the cheapest of them.
static uint32_t needed_children(const struct needs *n, uint16_t i, const struct agent *a, bool want, bool all,
                                struct router_change *out, size_t *m)
{
    uint32_t sum = 0, least = NEEDED_NEVER;
    uint16_t cheapest = n->v[i].child;
    for (uint16_t c = n->v[i].child; c; c = n->v[c].next) {
        uint32_t price = all ? needed_part(n, c, a, want, out, m) : needed_price(n, c, a, want);
        sum = price < NEEDED_NEVER - sum ? sum + price : NEEDED_NEVER;
        cheapest = price < least ? c : cheapest;
        least = price < least ? price : least;
    }
    if (all)
        return sum;
    return out ? needed_part(n, cheapest, a, want, out, m) : least;
}

// Of the same about the same, the greater.
static void needed_put(struct router_change *out, size_t *m, const struct router_change *c)
{
    for (size_t i = 0; i < *m; i++) {
        if (out[i].kind != c->kind || strcmp(out[i].name, c->name) != 0)
            continue;
        bool more = c->kind == ROUTER_CHANGE_LESS_SKILL ? c->to < out[i].to : c->to > out[i].to;
        out[i].to = more ? c->to : out[i].to;
        return;
    }
    out[(*m)++] = *c;
}

static uint32_t needed_part(const struct needs *n, uint16_t i, const struct agent *a, bool want,
                            struct router_change *out, size_t *m)
{
    const struct needs_part *p = &n->v[i];
    struct router_change change;
    uint32_t price;
    switch (p->kind) {
    case NEEDS_ANY:
        return want ? 0 : NEEDED_NEVER;
    case NEEDS_NOT:
        return needed_part(n, p->child, a, !want, out, m);
    case NEEDS_AND:
    case NEEDS_OR:
        return needed_children(n, i, a, want, want == (p->kind == NEEDS_AND), out, m);
    case NEEDS_SKILL:
    case NEEDS_TEAM:
    case NEEDS_IS:
    case NEEDS_BOT:
    case NEEDS_HUMAN:
        break;
    }
    price = needed_one(p, a, want, &change);
    if (price && out)
        needed_put(out, m, &change);
    return price;
}

size_t needed_changes(const struct needs *n, const struct agent *a, struct router_change *out)
{
    size_t m = 0;
    for (uint16_t i = n->root; i; i = n->v[i].next)
        needed_part(n, i, a, true, out, &m);
    return m;
}

// ---- the agent with these changes made ----

static void needed_level(struct router_skill *v, size_t *n, const struct router_change *c)
{
    size_t at = 0;
    while (at < *n && strcmp(v[at].name, c->name) < 0)
        at++;
    if (at == *n || strcmp(v[at].name, c->name) != 0) {
        memmove(v + at + 1, v + at, (*n - at) * sizeof *v);
        v[at].name = c->name;
        ++*n;
    }
    v[at].level = c->to;
}

static void needed_attribute(const char **v, size_t *n, const struct router_change *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(v[i], c->name) != 0)
            v[kept++] = v[i];
    }
    if (c->kind == ROUTER_CHANGE_ATTRIBUTE)
        v[kept++] = c->name;
    *n = kept;
}

// Lives in the arena and in `a`; it is in no list.
struct agent needed_agent(struct arena *arena, const struct agent *a, const struct router_change *v, size_t n)
{
    struct agent x = *a;
    struct router_skill *skills = arena_new(arena, a->def.skills_n + n, sizeof *skills);
    const char **attributes = arena_new(arena, a->def.attributes_n + n, sizeof(char *));
    for (size_t i = 0; i < a->def.skills_n; i++)
        skills[i] = a->def.skills[i];
    for (size_t i = 0; i < a->def.attributes_n; i++)
        attributes[i] = a->def.attributes[i];
    for (size_t i = 0; i < n; i++) {
        enum router_change_kind kind = v[i].kind;
        if (kind == ROUTER_CHANGE_SKILL || kind == ROUTER_CHANGE_LESS_SKILL)
            needed_level(skills, &x.def.skills_n, &v[i]);
        else if (kind == ROUTER_CHANGE_ATTRIBUTE || kind == ROUTER_CHANGE_NO_ATTRIBUTE)
            needed_attribute(attributes, &x.def.attributes_n, &v[i]);
        else if (kind == ROUTER_CHANGE_TEAM || kind == ROUTER_CHANGE_OTHER_TEAM)
            x.def.team = kind == ROUTER_CHANGE_TEAM ? v[i].name : "";
        else if (kind == ROUTER_CHANGE_BOT || kind == ROUTER_CHANGE_HUMAN)
            x.def.bot = kind == ROUTER_CHANGE_BOT;
    }
    x.def.skills = skills;
    x.def.attributes = attributes;
    return x;
}
