// SPDX-License-Identifier: Apache-2.0
//
// Teams: who is of which, and the work that a colleague passed to one.
//
// Work passed to a team waits for the best of those of its agents who can be expected to take it: available, on its channels, big
// enough, meeting the floor of its queue, and not having declined it. What else the queue requires is not asked: who passes it on has
// judged that. It is offered to them as if it had been passed to them by name; with each decision the best is looked for anew. Once nobody
// is left it is the queue's, for good.

#include "routing/team.h"

#include <stdlib.h>
#include <string.h>

// Where it is or would be, in order of name.
static size_t team_at(const struct router *r, const char *name)
{
    size_t low = 0;
    for (size_t high = r->teams_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->teams[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct team *team_find(const struct router *r, const char *name)
{
    size_t i = team_at(r, name);
    return i < r->teams_n && strcmp(r->teams[i]->name, name) == 0 ? r->teams[i] : NULL;
}

static struct team *team_get(struct router *r, const char *name)
{
    size_t i = team_at(r, name);
    if (i < r->teams_n && strcmp(r->teams[i]->name, name) == 0)
        return r->teams[i];
    struct team *t = memory_new(1, sizeof *t);
    t->name = text_new(name);
    r->teams = memory_grow(r->teams, &r->teams_cap, r->teams_n + 1, sizeof(struct team *));
    memmove(r->teams + i + 1, r->teams + i, (r->teams_n - i) * sizeof(struct team *));
    r->teams[i] = t;
    r->teams_n++;
    return t;
}

// Effects may still name it.
static void team_drop_empty(struct router *r, struct team *t)
{
    if (t->n || t->works.n)
        return;
    size_t i = team_at(r, t->name);
    r->teams_n--;
    memmove(r->teams + i, r->teams + i + 1, (r->teams_n - i) * sizeof(struct team *));
    text_bury(r, t->name);
    memory_bury(r, t->v);
    memory_bury(r, t->works.v);
    memory_bury(r, t);
}

void team_unlist(struct router *r, struct agent *a)
{
    struct team *t = a->team;
    if (!t)
        return;
    size_t i = 0;
    while (t->v[i] != a)
        i++;
    t->v[i] = t->v[--t->n];
    a->team = NULL;
    team_drop_empty(r, t);
}

void team_list(struct router *r, struct agent *a)
{
    if (a->team && strcmp(a->team->name, a->def.team) == 0)
        return;
    team_unlist(r, a);
    if (!*a->def.team)
        return;
    struct team *t = a->team = team_get(r, a->def.team);
    t->v = memory_grow(t->v, &t->cap, t->n + 1, sizeof(struct agent *));
    t->v[t->n++] = a;
}

void team_want(struct router *r, struct work *w, const char *name)
{
    struct team *former = w->team;
    w->team = *name ? team_get(r, name) : NULL;
    if (w->team == former)
        return;
    if (w->team)
        ids_put(&w->team->works, w->id);
    if (!former)
        return;
    ids_drop(&former->works, w->id);
    team_drop_empty(r, former);
}

static bool team_expects(const struct router *r, const struct work *w, const struct agent *a)
{
    uint32_t surplus;
    return a->presence == ROUTER_AVAILABLE && agent_takes(a, session_channels(w)) &&
           match_cost(r, w) <= a->def.capacity && needs_met(&w->queue->floor, a, &surplus) && !offer_ask_of(w, a);
}

static bool team_has_room(const struct router *r, const struct work *w, const struct agent *a)
{
    return !(session_channels(w) & room_closed(r, a, w)) && room_for(r, a, session_channels(w), match_cost(r, w), w);
}

struct agent *team_pick(const struct router *r, const struct work *w)
{
    struct agent *best = NULL;
    bool best_room = false;
    for (size_t i = 0; i < w->team->n; i++) {
        struct agent *a = w->team->v[i];
        if (!team_expects(r, w, a))
            continue;
        bool room = team_has_room(r, w, a);
        int64_t idle = agent_idle_ms(r, a), best_idle = best ? agent_idle_ms(r, best) : 0;
        if (best && (room != best_room   ? !room
                     : idle != best_idle ? idle < best_idle
                                         : strcmp(a->def.id, best->def.id) > 0))
            continue;
        best = a;
        best_room = room;
    }
    return best;
}

void team_reconsider(struct router *r, const struct team *t)
{
    for (size_t i = 0; t && i < t->works.n; i++) {
        struct work *w = work_find(r, t->works.v[i]);
        if (w->state == ROUTER_QUEUED)
            work_undecide(r, w);
    }
}

const char *team_check(const struct router *r)
{
    size_t agents = 0, works = 0;
    for (size_t i = 0; i < r->teams_n; i++) {
        const struct team *t = r->teams[i];
        if (team_find(r, t->name) != t || !(t->n || t->works.n))
            return "teams are out of order";
        for (size_t k = 0; k < t->works.n; k++) {
            const struct work *w = work_find(r, t->works.v[k]);
            if (!w || w->team != t)
                return "a team lists work that was not passed to it";
        }
        for (size_t k = 0; k < t->n; k++) {
            if (t->v[k]->team != t || strcmp(t->v[k]->def.team, t->name) != 0)
                return "a team lists an agent who is of another";
        }
        agents += t->n;
        works += t->works.n;
    }
    for (size_t i = 0; i < r->agents_n; i++)
        agents -= *r->agents[i]->def.team ? 1 : 0;
    for (size_t i = 0; i < r->works_n; i++)
        works -= work_slot(r, i)->work && work_slot(r, i)->work->team ? 1 : 0;
    return agents || works ? "an agent or a work is not listed with its team" : NULL;
}

void team_free_all(struct router *r)
{
    for (size_t i = 0; i < r->teams_n; i++) {
        text_free(r->teams[i]->name);
        free(r->teams[i]->v);
        free(r->teams[i]->works.v);
        free(r->teams[i]);
    }
    free(r->teams);
}
