// SPDX-License-Identifier: Apache-2.0
//
// The fewest changes with which an agent would meet conditions that needs.c has read: a level counts as one, so does anything else that
// they would have to be. And that agent, made of the one there is.
//
// Where one of several will do, each is tried, but for what cannot be better than what was found: alternatives may be the
// cheapest by themselves and yet contradict, or already follow from, what is required besides. An expression with very many is not
// searched to its end (NEEDED_TRIES); then what is told would do, but may not be the least, and where nothing was found by then, nothing is told.

#include "routing/core.h"

#include <string.h>

#define NEEDED_TRIES 2000 // conditions looked at

struct
    needed_fact { // of one skill, team, attribute or kind: from which level to which it has to be; 0 or 1 where there is no level
    enum needs_kind kind;
    const char *name;
    uint32_t low, high;
};

struct needed_todo { // what is still to be met, on the stack
    uint16_t part;
    bool want, chain; // chain: and what is next to it
    const struct needed_todo *next;
};

struct needed {
    const struct needs *needs;
    const struct agent *agent;
    struct needed_fact *now, *best;
    size_t now_n, best_n;
    uint32_t least, tries;
};

static uint32_t needed_has(const struct agent *a, const struct needed_fact *f)
{
    if (f->kind == NEEDS_SKILL)
        return agent_level(a, f->name);
    if (f->kind == NEEDS_TEAM)
        return strcmp(a->def.team, f->name) == 0;
    return f->kind == NEEDS_IS ? needs_is(a, f->name) : a->def.bot;
}

static uint32_t needed_should(const struct agent *a, const struct needed_fact *f)
{
    uint32_t has = needed_has(a, f);
    return has < f->low ? f->low : has > f->high ? f->high : has;
}

// The team that they have to be of; who is of one is of no other.
static const struct needed_fact *needed_team(const struct needed_fact *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i].kind == NEEDS_TEAM && v[i].low)
            return &v[i];
    }
    return NULL;
}

static bool needed_follows(const struct needed_fact *f, const struct needed_fact *team)
{
    return f->kind == NEEDS_TEAM && team && team != f;
}

static uint32_t needed_price(const struct needed *x)
{
    const struct needed_fact *team = needed_team(x->now, x->now_n);
    uint32_t sum = 0;
    for (size_t i = 0; i < x->now_n; i++) {
        uint32_t has = needed_has(x->agent, &x->now[i]), should = needed_should(x->agent, &x->now[i]);
        if (!needed_follows(&x->now[i], team))
            sum += has < should ? should - has : has - should;
    }
    return sum;
}

static struct needed_fact *needed_about(struct needed *x, enum needs_kind kind, const char *name)
{
    for (size_t i = 0; i < x->now_n; i++) {
        if (x->now[i].kind == kind && strcmp(x->now[i].name, name) == 0)
            return &x->now[i];
    }
    struct needed_fact *f = &x->now[x->now_n++];
    *f = (struct needed_fact){kind, name, 0, kind == NEEDS_SKILL ? CORE_LEVEL_MAX : 1};
    return f;
}

static void needed_search(struct needed *x, const struct needed_todo *todo);

// Goes on as if the condition were met, or not `want`ed, were not; unless that contradicts what is assumed already.
static void needed_assume(struct needed *x, const struct needs_part *p, bool want, const struct needed_todo *next)
{
    size_t n = x->now_n;
    bool human = p->kind == NEEDS_HUMAN;
    struct needed_fact *f = needed_about(x, human ? NEEDS_BOT : p->kind, p->name ? p->name : "");
    struct needed_fact before = *f;
    uint32_t level = p->kind == NEEDS_SKILL ? p->level : 1;
    if (want != human)
        f->low = f->low > level ? f->low : level;
    else
        f->high = f->high < level - 1 ? f->high : level - 1;
    bool two = false;
    for (size_t i = 0; p->kind == NEEDS_TEAM && f->low && i < x->now_n; i++)
        two |= &x->now[i] != f && x->now[i].kind == NEEDS_TEAM && x->now[i].low;
    if (f->low <= f->high && !two)
        needed_search(x, next);
    *f = before;
    x->now_n = n;
}

static void needed_search(struct needed *x, const struct needed_todo *todo)
{
    if (x->now_n && needed_price(x) >= x->least)
        return;
    if (!todo) {
        memcpy(x->best, x->now, x->now_n * sizeof *x->now);
        x->best_n = x->now_n;
        x->least = needed_price(x);
        return;
    }
    const struct needs_part *p = &x->needs->v[todo->part];
    struct needed_todo rest = {p->next, todo->want, true, todo->next};
    const struct needed_todo *next = todo->chain && p->next ? &rest : todo->next;
    struct needed_todo inner = {p->child, todo->want != (p->kind == NEEDS_NOT), false, next};
    x->tries -= x->tries ? 1 : 0;
    if (p->kind == NEEDS_ANY) {
        if (todo->want)
            needed_search(x, next);
    } else if (p->kind == NEEDS_NOT) {
        needed_search(x, &inner);
    } else if (p->kind != NEEDS_AND && p->kind != NEEDS_OR) {
        needed_assume(x, p, todo->want, next);
    } else if (todo->want == (p->kind == NEEDS_AND)) {
        inner.chain = true;
        needed_search(x, &inner);
    } else {
        for (; inner.part && x->tries; inner.part = x->needs->v[inner.part].next)
            needed_search(x, &inner);
    }
}

static struct router_change needed_change(const struct agent *a, const struct needed_fact *f)
{
    static const enum router_change_kind kinds[][2] = {
        [NEEDS_SKILL] = {ROUTER_CHANGE_LESS_SKILL, ROUTER_CHANGE_SKILL},
        [NEEDS_TEAM] = {ROUTER_CHANGE_OTHER_TEAM, ROUTER_CHANGE_TEAM},
        [NEEDS_IS] = {ROUTER_CHANGE_NO_ATTRIBUTE, ROUTER_CHANGE_ATTRIBUTE},
        [NEEDS_BOT] = {ROUTER_CHANGE_HUMAN, ROUTER_CHANGE_BOT},
    };
    uint32_t has = needed_has(a, f), should = needed_should(a, f);
    struct router_change c = {.kind = kinds[f->kind][should > has], .name = f->name};
    if (f->kind == NEEDS_SKILL) {
        c.from = has;
        c.to = should;
    }
    return c;
}

// None where nothing would do.
size_t needed_changes(struct arena *arena, const struct needs *n, const struct agent *a, struct router_change *out)
{
    struct needed x = {.needs = n, .agent = a, .least = UINT32_MAX, .tries = NEEDED_TRIES};
    size_t m = 0;
    x.now = arena_new(arena, n->n + 1u, sizeof *x.now);
    x.best = arena_new(arena, n->n + 1u, sizeof *x.best);
    needed_search(&x, n->root ? &(struct needed_todo){n->root, true, true, NULL} : NULL);
    const struct needed_fact *team = needed_team(x.best, x.best_n);
    for (size_t i = 0; i < x.best_n; i++) {
        const struct needed_fact *f = &x.best[i];
        if (!needed_follows(f, team) && needed_has(a, f) != needed_should(a, f))
            out[m++] = needed_change(a, f);
    }
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
