// SPDX-License-Identifier: Apache-2.0
// What a requirement says by itself, whoever there is: whether anybody could ever meet it, and whether a step lets somebody in
// who was not let in before.
//
// It is tried on every agent that the two requirements can tell apart: each level of a skill that makes a difference, each team
// they name and another, with and without each attribute, person and program. Where these are too many, nothing is said.
#include "daemon/config/config_lint_private.h"

#include "daemon/base/loop.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 64
#define TRIES_MAX 16384

// What the requirements ask about, and the agent being tried.
struct trial {
    struct router_skill skills[PARTS_MAX]; // in order of name
    uint32_t levels[PARTS_MAX][6];         // of each skill, those that make a difference; the first is 0
    size_t levels_n[PARTS_MAX], level_at[PARTS_MAX], skills_n;
    const char *teams[PARTS_MAX], *traits[PARTS_MAX], *has[PARTS_MAX];
    size_t teams_n, team_at, traits_n;
    bool is[PARTS_MAX], kinds, bot;
};

static bool trial_skill(struct trial *t, const char *name, uint32_t level)
{
    size_t at = 0;
    while (at < t->skills_n && strcmp(t->skills[at].name, name) < 0)
        at++;
    if (at == t->skills_n || strcmp(t->skills[at].name, name) != 0) {
        if (t->skills_n == PARTS_MAX)
            return false;
        for (size_t i = t->skills_n++; i > at; i--) {
            t->skills[i] = t->skills[i - 1];
            t->levels_n[i] = t->levels_n[i - 1];
            memcpy(t->levels[i], t->levels[i - 1], sizeof t->levels[i]);
        }
        t->skills[at] = (struct router_skill){name, 0};
        t->levels[at][0] = 0;
        t->levels_n[at] = 1;
    }
    for (size_t i = 0; i < t->levels_n[at]; i++) {
        if (t->levels[at][i] == level)
            return true;
    }
    if (t->levels_n[at] == 6)
        return false;
    t->levels[at][t->levels_n[at]++] = level;
    return true;
}

static bool trial_name(const char **v, size_t *n, const char *name)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(v[i], name) == 0)
            return true;
    }
    if (*n == PARTS_MAX)
        return false;
    v[(*n)++] = name;
    return true;
}

static bool trial_add(struct trial *t, const struct router_requirement *n)
{
    struct router_need_part part;
    for (size_t i = 0; router_requirement_part(n, i, &part); i++) {
        if (part.kind == ROUTER_NEED_SKILL && !trial_skill(t, part.name, part.level))
            return false;
        if (part.kind == ROUTER_NEED_TEAM && !trial_name(t->teams, &t->teams_n, part.name))
            return false;
        if (part.kind == ROUTER_NEED_IS && !trial_name(t->traits, &t->traits_n, part.name))
            return false;
        t->kinds |= part.kind == ROUTER_NEED_KIND;
    }
    return true;
}

static bool trial_fits(const struct trial *t)
{
    size_t tries = (t->teams_n + 1) * (t->kinds ? 2 : 1);
    for (size_t i = 0; i < t->skills_n && tries <= TRIES_MAX; i++)
        tries *= t->levels_n[i];
    for (size_t i = 0; i < t->traits_n && tries <= TRIES_MAX; i++)
        tries *= 2;
    return tries <= TRIES_MAX;
}

// The next agent; false behind the last.
static bool trial_next(struct trial *t)
{
    for (size_t i = 0; i < t->skills_n; i++) {
        if (++t->level_at[i] < t->levels_n[i])
            return true;
        t->level_at[i] = 0;
    }
    for (size_t i = 0; i < t->traits_n; i++) {
        t->is[i] = !t->is[i];
        if (t->is[i])
            return true;
    }
    if (t->kinds) {
        t->bot = !t->bot;
        if (t->bot)
            return true;
    }
    if (++t->team_at <= t->teams_n)
        return true;
    t->team_at = 0;
    return false;
}

static bool trial_meets(struct trial *t, const struct router_requirement *n)
{
    struct router_agent a = {.bot = t->bot, .skills = t->skills, .skills_n = t->skills_n, .attributes = t->has};
    for (size_t i = 0; i < t->skills_n; i++)
        t->skills[i].level = t->levels[i][t->level_at[i]];
    for (size_t i = 0; i < t->traits_n; i++) {
        if (t->is[i])
            t->has[a.attributes_n++] = t->traits[i];
    }
    a.team = t->team_at > 0 ? t->teams[t->team_at - 1] : "";
    return router_requirement_met(n, &a);
}

// Whether it is certain that whoever meets `n` meets `also`; with `also` NULL, that nobody can meet `n`.
static bool implies(struct lint *l, const struct router_requirement *n, const struct router_requirement *also)
{
    struct trial *t = xcalloc(1, sizeof *t);
    bool sure = trial_add(t, n) && (also == NULL || trial_add(t, also)) && trial_fits(t);
    for (bool more = sure; more && sure; more = trial_next(t)) {
        l->budget -= 2;
        sure = l->budget >= 0 && (!trial_meets(t, n) || (also != NULL && trial_meets(t, also)));
    }
    free(t);
    return sure;
}

// ---- rules ----

static bool has_floor(const struct router_queue *q)
{
    return q->floor != NULL && *q->floor != '\0';
}

void lint_queue_impossible(struct lint *l)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        struct lint_queue *q = &l->queues[i];
        q->impossible = true;
        for (size_t s = q->requirements_n; s-- > 0 && q->impossible;)
            q->impossible = implies(l, q->requirements[s], NULL);
        if (q->impossible)
            lint_queue_say(l, i, has_floor(q->def) ? "floor" : "needs", LINT_WHOLE,
                           "queue '%s' can have no agent, whoever is hired: what it requires contradicts %s%s",
                           q->def->name, has_floor(q->def) ? "itself or its floor" : "itself",
                           q->requirements_n > 1 ? ", at every step" : "");
    }
}

void lint_step_impossible(struct lint *l)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        const struct lint_queue *q = &l->queues[i];
        for (size_t s = 0; s < q->requirements_n && q->requirements_n > 1 && !q->impossible; s++) {
            if (!implies(l, q->requirements[s], NULL))
                continue;
            const char *what = has_floor(q->def) ? "itself or the floor, which holds at every step" : "itself";
            if (s == 0)
                lint_queue_say(l, i, has_floor(q->def) ? "floor" : "needs", LINT_WHOLE,
                               "queue '%s' can have no agent before its first step: what it requires contradicts %s",
                               q->def->name, what);
            else
                lint_queue_say(l, i, "steps", s - 1,
                               "queue '%s' can have no agent from its %s on: the step contradicts %s", q->def->name,
                               lint_step_name(q->def, s), what);
        }
    }
}

void lint_step_void(struct lint *l)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        const struct lint_queue *q = &l->queues[i];
        for (size_t s = 1; s < q->requirements_n && !q->impossible; s++) {
            const struct router_requirement *was = q->requirements[s - 1], *is = q->requirements[s];
            if (implies(l, is, was) && !implies(l, is, NULL))
                lint_queue_say(l, i, "steps", s - 1,
                               "the %s of queue '%s' lets nobody in: it asks for %s what holds before it "
                               "(ask for less, or leave it out)",
                               lint_step_name(q->def, s), q->def->name, implies(l, was, is) ? "just" : "more than");
        }
    }
}

// Work that comes back with its age may get there all the same, so only the first of them is told.
void lint_step_late(struct lint *l)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        const struct router_queue *q = l->defs[i];
        if (q->overflow_ms == 0 || l->queues[i].overflow == SIZE_MAX)
            continue;
        for (size_t s = 1; s <= q->steps_n; s++) {
            if (q->steps[s - 1].breach || lint_step_begins(q, s) < q->overflow_ms)
                continue;
            lint_queue_say(l, i, "steps", s - 1,
                           "the %s of queue '%s' comes too late: what enters here has left for '%s' after "
                           "%u s (an earlier step, or a later overflow_seconds)",
                           lint_step_name(q, s), q->name, q->overflow, q->overflow_ms / 1000);
            break;
        }
    }
}
