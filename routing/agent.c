// SPDX-License-Identifier: Apache-2.0
//
// Agents: their definitions, presence, load, and what becomes of their work when they go.
//
// agent_set_presence() alone changes a presence. Only an AVAILABLE agent is ever offered work, and whoever stops being
// available gives their outstanding offers back, unblamed. Load is the sum of the charges of all work that is offered to, held by or
// wrapped up by the agent; it exceeds the capacity, or a channel's maximum, only while `over`, after a change of the configuration.

#include "routing/absence.h"
#include "routing/core.h"
#include "routing/fit.h"
#include "routing/learn.h"
#include "routing/participant.h"
#include "routing/same.h"
#include "routing/team.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool agent_is(const void *item, const void *key)
{
    return strcmp(((const struct agent *)item)->def.id, key) == 0;
}

struct agent *agent_find(const struct router *r, const char *id)
{
    return table_find(&r->agent_ids, table_hash_text(0, id), agent_is, id);
}

// As it is kept, but of the caller's texts: skills in order of name, in `skills`.
static struct router_agent agent_def(const struct router_agent *from, struct router_skill *skills)
{
    struct router_agent d = *from;
    d.name = text_or_empty(from->name);
    d.team = text_or_empty(from->team);
    d.speed = from->speed ? from->speed : 1000;
    d.resolution = from->resolution ? from->resolution : 1000;
    for (size_t i = 0; i < from->skills_n; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(skills[at - 1].name, from->skills[i].name) > 0; at--)
            skills[at] = skills[at - 1];
        skills[at] = from->skills[i];
    }
    d.skills = skills;
    return d;
}

bool agent_is_defined_so(const struct agent *a, const struct router_agent *def)
{
    struct router_skill skills[CORE_LIST_MAX];
    struct router_agent d = agent_def(def, skills);
    return same_agent(&a->def, &d);
}

static void agent_copy_def(struct router_agent *to, const struct router_agent *from)
{
    const char *id = to->id ? to->id : text_new(from->id); // stays the same string: effects may point to it
    struct router_skill *skills = from->skills_n ? memory_new(from->skills_n, sizeof *skills) : NULL;
    *to = agent_def(from, skills);
    to->id = id;
    to->name = text_new(to->name);
    for (size_t i = 0; i < from->skills_n; i++)
        skills[i].name = text_new(skills[i].name);
    to->team = text_new(to->team);
    to->attributes = texts_new(from->attributes, from->attributes_n);
}

static void agent_bury_def(struct router *r, const struct router_agent *def)
{
    text_bury(r, def->name);
    for (size_t i = 0; i < def->skills_n; i++)
        text_bury(r, def->skills[i].name);
    memory_bury(r, def->skills);
    text_bury(r, def->team);
    texts_bury(r, def->attributes, def->attributes_n);
}

static struct agent *agent_new(struct router *r, const struct router_agent *def)
{
    struct agent *a = memory_new_lines(1, sizeof *a);
    agent_copy_def(&a->def, def);
    a->presence = a->before = ROUTER_OFFLINE;
    timer_init(&a->grace, TIMER_GRACE, a);
    timer_init(&a->focus, TIMER_FOCUS, a);
    r->agents = memory_grow(r->agents, &r->agents_cap, r->agents_n + 1, sizeof(struct agent *));
    r->agents[r->agents_n++] = a;
    table_insert(&r->agent_ids, table_hash_text(0, a->def.id), a);
    return a;
}

// Makes or redefines an agent. Work at hand stays, even where it no longer fits. A new one stands last until agents_order().
struct agent *agent_put(struct router *r, const struct router_agent *def)
{
    struct agent *a = agent_find(r, def->id);
    if (a) {
        struct router_agent old = a->def;
        agent_copy_def(&a->def, def);
        agent_bury_def(r, &old);
    } else {
        a = agent_new(r, def);
    }
    a->over = room_exceeded(r, a);
    team_list(r, a);
    pool_mark(r, a);
    return a;
}

// Who is being asked at this moment is not idle.
int64_t agent_idle_ms(const struct router *r, const struct agent *a)
{
    return a->offers || a->presence != ROUTER_AVAILABLE ? 0 : r->at - a->idle_since;
}

bool agent_takes(const struct agent *a, uint32_t channels)
{
    return !a->def.channels || !(channels & ~a->def.channels);
}

void agent_mark_freed(struct router *r, struct agent *a)
{
    if (a->freed || a->presence != ROUTER_AVAILABLE)
        return;
    a->freed = true;
    r->freed = memory_grow(r->freed, &r->freed_cap, r->freed_n + 1, sizeof(struct agent *));
    r->freed[r->freed_n++] = a;
}

void agent_charge(struct router *r, struct agent *a, struct charge before, struct charge after)
{
    a->load = a->load - before.units + after.units;
    a->light = a->light - room_light(r, before) + room_light(r, after);
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        a->places[c] = a->places[c] - (before.channels >> c & 1) + (after.channels >> c & 1);
    pool_mark(r, a);
    if (after.units >= before.units && !(before.channels & ~after.channels))
        return;
    a->over = a->over && room_exceeded(r, a);
    agent_mark_freed(r, a);
}

// Work that waits for this agent in particular may now have to look elsewhere.
void agent_reconsider(struct router *r, const struct agent *a)
{
    for (size_t i = 0; i < a->awaited.n; i++) {
        struct work *w = work_find(r, a->awaited.v[i]);
        if (w->line)
            work_undecide(r, w);
    }
}

static bool agent_is_present(enum router_presence p)
{
    return p != ROUTER_OFFLINE && p != ROUTER_LOST;
}

bool agent_is_here(const struct agent *a)
{
    return agent_is_present(a->presence);
}

// Calls `each` for all work at hand; it may let go of the work it is given.
static void agent_each_held(struct router *r, struct agent *a, enum router_reason reason,
                            void (*each)(struct router *, struct work *, struct agent *, enum router_reason))
{
    size_t n = a->held.n;
    uint64_t *ids = memory_new(n, sizeof *ids);
    memcpy(ids, a->held.v ? a->held.v : ids, n * sizeof *ids);
    for (size_t i = 0; i < n; i++)
        each(r, work_find(r, ids[i]), a, reason);
    free(ids);
}

static void agent_give_back(struct router *r, struct work *w, struct agent *a, enum router_reason reason)
{
    if (w->state == ROUTER_OFFERED)
        offer_rescind(r, w, a, reason);
}

static void agent_let_go(struct router *r, struct work *w, struct agent *a, enum router_reason reason)
{
    (void)a;
    if (w->state == ROUTER_ASSIGNED)
        work_requeue(r, w, reason, false);
    else if (w->state == ROUTER_WRAP_UP)
        work_close(r, w, ROUTER_WRAPPED_UP);
}

// A blink of the network costs nobody their place, nor does deep work. To come to it from a break does: else it would be the better break.
static bool agent_begins_idle(enum router_presence from, enum router_presence to, bool blink)
{
    bool was_out =
        from == ROUTER_OFFLINE || from == ROUTER_AWAY || from == ROUTER_DRAINING || (from == ROUTER_LOST && !blink);
    return was_out && (to == ROUTER_AVAILABLE || to == ROUTER_FOCUS);
}

// Its time goes on while the desk is lost.
static void agent_time_focus(struct router *r, struct agent *a, enum router_presence from)
{
    if (a->presence == ROUTER_FOCUS && from != ROUTER_LOST)
        timer_start(r, &a->focus, timer_after(r->at, r->rules.focus_ms));
    else if (a->presence != ROUTER_FOCUS && a->presence != ROUTER_LOST)
        timer_stop(r, &a->focus);
}

void agent_focus_over(struct router *r, struct agent *a)
{
    if (a->presence == ROUTER_LOST)
        a->before = ROUTER_AVAILABLE;
    else
        agent_set_presence(r, a, ROUTER_AVAILABLE, ROUTER_TIMED_OUT);
}

void agent_set_presence(struct router *r, struct agent *a, enum router_presence to, enum router_reason reason)
{
    enum router_presence from = a->presence;
    bool blink = absence_was_a_blink(r, a);
    if (to == ROUTER_DRAINING && !a->held.n && !a->takes_part.n)
        to = ROUTER_AWAY; // nothing to finish
    if (from == to)
        return;
    r->present += (agent_is_present(to) ? 1u : 0u) - (agent_is_present(from) ? 1u : 0u);
    a->presence = to;
    pool_mark(r, a);
    if (to == ROUTER_LOST)
        a->before = from;
    absence_changed(r, a);
    agent_time_focus(r, a, from);
    effect_presence(r, a, reason);
    if (agent_begins_idle(from, to, blink))
        a->idle_since = r->at;
    if (to == ROUTER_AVAILABLE)
        agent_mark_freed(r, a);
    if (from == ROUTER_AVAILABLE) {
        agent_each_held(r, a, reason == ROUTER_REMOVED ? ROUTER_REMOVED : ROUTER_WENT_AWAY, agent_give_back);
        participant_give_back(r, a, false, reason == ROUTER_REMOVED ? ROUTER_REMOVED : ROUTER_WENT_AWAY);
        agent_reconsider(r, a);
    }
    if (to == ROUTER_LOST)
        participant_watch_no_more(r, a, reason);
    if (to == ROUTER_OFFLINE) {
        a->misses = 0;
        participant_give_back(r, a, true, reason);
        agent_each_held(r, a, reason, agent_let_go);
    }
}

// Called when work has left the agent.
void agent_drained(struct router *r, struct agent *a)
{
    if (a->presence == ROUTER_DRAINING && !a->held.n && !a->takes_part.n)
        agent_set_presence(r, a, ROUTER_AWAY, ROUTER_REASON_NONE);
}

void agent_grace_over(struct router *r, struct agent *a)
{
    agent_set_presence(r, a, ROUTER_OFFLINE, ROUTER_DESK_LOST);
}

static void agent_leave_work(struct router *r, struct agent *a)
{
    while (a->informed.n)
        work_inform(work_find(r, a->informed.v[a->informed.n - 1]), NULL);
    for (size_t i = a->awaited.n; i-- > 0;) {
        struct work *w = work_find(r, a->awaited.v[i]);
        if (w->wanted != a)
            continue;
        work_want(w, NULL);
        if (w->state == ROUTER_QUEUED)
            work_undecide(r, w);
    }
}

// For good. What only looking through all works or agents finds is left to agents_sweep().
void agent_remove(struct router *r, struct agent *a)
{
    agent_set_presence(r, a, ROUTER_OFFLINE, ROUTER_REMOVED);
    while (a->desks)
        desk_drop(r, a->desks);
    agent_leave_work(r, a);
    for (size_t i = 0; a->freed && i < r->freed_n; i++) {
        if (r->freed[i] == a)
            r->freed[i--] = r->freed[--r->freed_n];
    }
    assert(!a->held.n && !a->grace.place && !a->focus.place);
    a->gone = true;
    r->gone = memory_grow(r->gone, &r->gone_cap, r->gone_n + 1, sizeof(struct agent *));
    r->gone[r->gone_n++] = a;
}

void agent_bury(struct router *r, struct agent *a)
{
    table_drop(&r->agent_ids, table_hash_text(0, a->def.id), a);
    fit_no_agent(r, a);
    learn_forget_agent(r, a);
    team_unlist(r, a);
    agent_bury_def(r, &a->def);
    text_bury(r, a->def.id);
    memory_bury(r, a->held.v);
    memory_bury(r, a->informed.v);
    memory_bury(r, a->takes_part.v);
    memory_bury(r, a->awaited.v);
    memory_bury(r, a);
}

void agent_free(struct agent *a)
{
    text_free(a->def.id);
    text_free(a->def.name);
    for (size_t i = 0; i < a->def.skills_n; i++)
        text_free(a->def.skills[i].name);
    free((void *)(uintptr_t)a->def.skills);
    text_free(a->def.team);
    for (size_t i = 0; i < a->def.attributes_n; i++)
        text_free(a->def.attributes[i]);
    free((void *)(uintptr_t)a->def.attributes);
    while (a->desks) {
        struct desk *d = a->desks;
        a->desks = d->next;
        text_free(d->id);
        text_free(d->boot);
        free(d);
    }
    if (a->members != a->own)
        free(a->members);
    free(a->lessons);
    free(a->held.v);
    free(a->informed.v);
    free(a->takes_part.v);
    free(a->awaited.v);
    free(a);
}
