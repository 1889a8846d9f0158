// SPDX-License-Identifier: Apache-2.0
//
// Whether an agent meets conditions that needs.c has read, by how much, and what is missing where they do not.

#include "routing/core.h"

#include <string.h>

uint32_t agent_level(const struct agent *a, const char *skill)
{
    size_t low = 0;
    for (size_t high = a->def.skills_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(a->def.skills[middle].name, skill) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < a->def.skills_n && strcmp(a->def.skills[low].name, skill) == 0 ? a->def.skills[low].level : 0;
}

bool needs_is(const struct agent *a, const char *attribute)
{
    for (size_t i = 0; i < a->def.attributes_n; i++) {
        if (strcmp(a->def.attributes[i], attribute) == 0)
            return true;
    }
    return false;
}

static bool needs_part_met(const struct needs *n, uint16_t i, const struct agent *a, uint32_t *surplus)
{
    const struct needs_part *p = &n->v[i];
    uint32_t level, best = 0, own;
    bool met = p->kind != NEEDS_OR;
    *surplus = 0;
    switch (p->kind) {
    case NEEDS_ANY:
        break;
    case NEEDS_SKILL:
        level = agent_level(a, p->name);
        *surplus = level > p->level ? level - p->level : 0;
        return level >= p->level;
    case NEEDS_TEAM:
        return strcmp(a->def.team, p->name) == 0;
    case NEEDS_IS:
        return needs_is(a, p->name);
    case NEEDS_BOT:
        return a->def.bot;
    case NEEDS_HUMAN:
        return !a->def.bot;
    case NEEDS_NOT:
        return !needs_part_met(n, p->child, a, &own);
    case NEEDS_AND:
        for (uint16_t c = p->child; c; c = n->v[c].next) {
            met &= needs_part_met(n, c, a, &own);
            *surplus += own;
        }
        break;
    case NEEDS_OR:
        for (uint16_t c = p->child; c; c = n->v[c].next) {
            bool good = needs_part_met(n, c, a, &own);
            met |= good;
            best = good && own > best ? own : best;
        }
        *surplus = best;
        break;
    }
    return met;
}

// Whether the agent meets all conditions, and by how many levels more than asked: summed where all count, the most where one will do.
bool needs_met(const struct needs *n, const struct agent *a, uint32_t *surplus)
{
    uint32_t own;
    *surplus = 0;
    for (uint16_t i = n->root; i; i = n->v[i].next) {
        if (!needs_part_met(n, i, a, &own))
            return false;
        *surplus += own;
    }
    return true;
}

// ---- what is to be had ----

const char *needs_key(const struct needs *n)
{
    for (uint16_t i = n->root; i; i = n->v[i].next) {
        if (n->v[i].kind == NEEDS_SKILL)
            return n->v[i].name;
        for (uint16_t c = n->v[i].kind == NEEDS_AND ? n->v[i].child : 0; c; c = n->v[c].next) {
            if (n->v[c].kind == NEEDS_SKILL)
                return n->v[c].name;
        }
    }
    return "";
}

static size_t needs_collect(const struct needs *n, uint16_t i, const char **out, size_t found)
{
    const struct needs_part *p = &n->v[i];
    if (p->kind == NEEDS_SKILL) {
        for (size_t k = 0; k < found; k++) {
            if (strcmp(out[k], p->name) == 0)
                return found;
        }
        out[found++] = p->name;
    }
    for (uint16_t c = p->kind == NEEDS_NOT ? 0 : p->child; c; c = n->v[c].next)
        found = needs_collect(n, c, out, found);
    return found;
}

size_t needs_skills(const struct needs *n, const char **out)
{
    size_t found = 0;
    for (uint16_t i = n->root; i; i = n->v[i].next)
        found = needs_collect(n, i, out, found);
    return found;
}

// ---- what is missing ----

static size_t needs_lack(const struct needs *n, uint16_t i, const struct agent *a, struct router_shortfall *out,
                         size_t m)
{
    static const char *const words[] = {[NEEDS_BOT] = "bot", [NEEDS_HUMAN] = "human"};
    const struct needs_part *p = &n->v[i];
    uint32_t surplus;
    if (needs_part_met(n, i, a, &surplus))
        return m;
    switch (p->kind) {
    case NEEDS_ANY:
    case NEEDS_NOT: // to lack something is not missing
        break;
    case NEEDS_SKILL:
        out[m++] = (struct router_shortfall){p->name, p->level, agent_level(a, p->name)};
        break;
    case NEEDS_TEAM:
    case NEEDS_IS:
        out[m++] = (struct router_shortfall){p->name, 1, 0};
        break;
    case NEEDS_BOT:
    case NEEDS_HUMAN:
        out[m++] = (struct router_shortfall){words[p->kind], 1, 0};
        break;
    case NEEDS_AND:
    case NEEDS_OR: // any of them would do
        for (uint16_t c = p->child; c; c = n->v[c].next)
            m = needs_lack(n, c, a, out, m);
        break;
    }
    return m;
}

size_t needs_missing(const struct needs *n, const struct agent *a, struct router_shortfall *out)
{
    size_t m = 0;
    for (uint16_t i = n->root; i; i = n->v[i].next)
        m = needs_lack(n, i, a, out, m);
    return m;
}
