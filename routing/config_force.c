// SPDX-License-Identifier: Apache-2.0
//
// Definitions put in force: agents, queues and rules, whole or one at a time. Only what differs from what is in force is looked at.
//
// A change never takes work from anybody but from an agent who is removed: what is at hand stays, even over capacity
// (agent.over), and work of a queue that is gone enters another by the rules. What breaks a bound (config.c) is refused whole.

#include "routing/absence.h"
#include "routing/breach.h"
#include "routing/calendar.h"
#include "routing/callback.h"
#include "routing/core.h"
#include "routing/fit.h"
#include "routing/learn.h"
#include "routing/same.h"

#include <string.h>

#define CONFIG_AHEAD 16 // works looked at later are fetched meanwhile

static void config_in_force(struct router *r)
{
    r->config = r->input;
    effect_add(r, ROUTER_CONFIGURED)->number = r->input;
}

// ---- work ----

static void config_rearm(struct router *r, struct work *w)
{
    if (w->queue->index == SIZE_MAX) {
        struct queue *same = w->queue->implicit ? queue_find(r, w->queue->def.name) : NULL;
        work_change_queue(r, w, same ? same : enter_queue(r, w));
        w->entered = same ? w->entered : r->at;
    }
    breach_arm(r, w);
    work_recharge(r, w);
    session_arm(r, w);
    if (w->line)
        queue_arm_step(r, w);
    if (w->state == ROUTER_QUEUED) {
        offer_arm_pause(r, w);
        overflow_arm(r, w);
    }
    if (w->line)
        work_undecide(r, w);
}

static void config_fetch(const struct router *r, size_t i)
{
    const struct work *w = i < r->works_n ? work_slot(r, i)->work : NULL;
    if (w)
        __builtin_prefetch(&w->queue);
}

// Of those queues alone that are not what they were.
static void config_rearm_changed(struct router *r)
{
    for (size_t i = 0; i < r->works_n; i++) {
        struct work *w = work_slot(r, i)->work;
        config_fetch(r, i + CONFIG_AHEAD);
        if (w && w->queue->changed)
            config_rearm(r, w);
    }
}

// ---- queues ----

static const struct queue *config_named(struct queue *const *v, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i]->def.name, name) == 0)
            return v[i];
    }
    return NULL;
}

// Where a queue's work overflows to may be there only now, or no more.
static void config_overflows(const struct router *r, struct queue *const *old, size_t old_n)
{
    for (size_t i = 0; i < r->queues_n; i++) {
        struct queue *q = r->queues[i];
        if (*q->def.overflow)
            q->changed |= !config_named(old, old_n, q->def.overflow) != !queue_find(r, q->def.overflow);
    }
}

// What has to be looked at anew: work of queues that are defined otherwise, or gone.
static bool config_any_changed(const struct router *r, struct queue *const *old, size_t old_n)
{
    bool any = false;
    config_overflows(r, old, old_n);
    for (size_t i = 0; i < r->queues_n; i++)
        any |= r->queues[i]->changed;
    for (size_t i = 0; i < old_n; i++) {
        old[i]->changed |= old[i]->index == SIZE_MAX;
        any |= old[i]->changed;
    }
    return any;
}

static void config_bury_gone(struct router *r, struct queue *const *old, size_t old_n)
{
    for (size_t i = 0; i < old_n; i++) {
        if (old[i]->index != SIZE_MAX)
            continue;
        fit_no_queue(r, old[i]);
        learn_forget_queue(r, old[i]);
        queue_bury(r, old[i]);
    }
}

// Puts a new list of queues in force: those not in it are buried, their work moves.
static void config_queues_in_force(struct router *r, struct queue **list, size_t n)
{
    struct queue **old = r->queues;
    size_t old_n = r->queues_n;
    sla_hours_leave(r);
    for (size_t i = 0; i < old_n; i++)
        old[i]->index = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        list[i]->index = i;
    r->queues = list;
    r->queues_n = n;
    enter_queues(r);
    if (config_any_changed(r, old, old_n))
        config_rearm_changed(r);
    sla_hours(r);
    config_bury_gone(r, old, old_n);
    memory_bury(r, old);
    for (size_t i = 0; i < n; i++)
        list[i]->changed = false;
    callback_hours_changed(r);
}

static struct queue *config_new_queue(struct router *r, struct queue *q)
{
    fit_queue(r, q);
    return q;
}

static struct queue *config_queue(struct router *r, const struct router_queue *def)
{
    struct queue *q = queue_find(r, def->name);
    if (!q || q->implicit)
        return config_new_queue(r, queue_new(def));
    if (queue_is(r, q, def))
        return q;
    fit_no_queue(r, q);
    queue_redefine(r, q, def);
    fit_queue(r, q);
    q->changed = true;
    return q;
}

static bool config_names_queue(const struct router_config *c, const char *name)
{
    for (size_t i = 0; i < c->queues_n; i++) {
        if (strcmp(c->queues[i].name, name) == 0)
            return true;
    }
    return false;
}

// The file's queues in their order; those of the API stand before the last, which takes what no other does.
static void config_queues(struct router *r, const struct router_config *c)
{
    struct queue **list = memory_new(r->queues_n + c->queues_n + 1, sizeof(struct queue *));
    size_t n = 0;
    for (size_t i = 0; i + 1 < c->queues_n; i++)
        list[n++] = config_queue(r, &c->queues[i]);
    for (size_t i = 0; i < r->queues_n; i++) {
        struct queue *q = r->queues[i];
        if (!q->implicit && !q->def.from_file && !config_names_queue(c, q->def.name))
            list[n++] = q;
    }
    if (c->queues_n)
        list[n++] = config_queue(r, &c->queues[c->queues_n - 1]);
    if (!n)
        list[n++] = r->queues[0]->implicit ? r->queues[0] : config_new_queue(r, queue_new_implicit());
    config_queues_in_force(r, list, n);
}

enum router_refusal config_queue_put(struct router *r, const struct router_input *in)
{
    const struct router_queue *def = &in->queue_put;
    if (!config_queue_legal(def))
        return ROUTER_INVALID;
    config_in_force(r);
    const struct queue *there = queue_find(r, def->name);
    struct queue *q = config_queue(r, def);
    struct queue **list = memory_new(r->queues_n + 1, sizeof(struct queue *));
    size_t n = 0;
    for (size_t i = 0; i < r->queues_n; i++) {
        if (r->queues[i]->implicit)
            continue;
        if (q != there && i + 1 == r->queues_n)
            list[n++] = q;
        list[n++] = r->queues[i];
    }
    if (!n)
        list[n++] = q;
    config_queues_in_force(r, list, n);
    return ROUTER_REFUSAL_NONE;
}

enum router_refusal config_queue_removed(struct router *r, const struct router_input *in)
{
    if (!text_is(in->queue_removed.name, ROUTER_NAME_MAX))
        return ROUTER_INVALID;
    const struct queue *gone = queue_find(r, in->queue_removed.name);
    if (!gone || gone->implicit)
        return ROUTER_UNKNOWN_QUEUE;
    config_in_force(r);
    struct queue **list = memory_new(r->queues_n, sizeof(struct queue *));
    size_t n = 0;
    for (size_t i = 0; i < r->queues_n; i++) {
        if (r->queues[i] != gone)
            list[n++] = r->queues[i];
    }
    if (!n)
        list[n++] = config_new_queue(r, queue_new_implicit());
    config_queues_in_force(r, list, n);
    return ROUTER_REFUSAL_NONE;
}

// ---- agents ----

static void config_agent(struct router *r, const struct router_agent *def)
{
    struct agent *a = agent_put(r, def);
    fit_agent(r, a);
    agent_mark_freed(r, a);
    agent_reconsider(r, a);
}

// Before the rules change: what they leave, others may be asked to, and all that is at hand is weighed by the rules that it came under.
static void config_agents_gone(struct router *r, const struct router_config *c)
{
    for (size_t i = 0; i < c->agents_n; i++) {
        struct agent *a = agent_find(r, c->agents[i].id);
        if (a)
            a->named = true;
    }
    for (size_t i = r->agents_n; i-- > 0;) {
        struct agent *a = r->agents[i];
        if (a->def.from_file && !a->named)
            agent_remove(r, a);
        else
            a->named = false;
    }
    agents_sweep(r);
}

static void config_agents(struct router *r, const struct router_config *c)
{
    size_t before = r->agents_n;
    for (size_t i = 0; i < c->agents_n; i++) {
        const struct agent *a = agent_find(r, c->agents[i].id);
        if (!a || !agent_is_defined_so(a, &c->agents[i]))
            config_agent(r, &c->agents[i]);
    }
    agents_order(r, before);
}

enum router_refusal config_agent_put(struct router *r, const struct router_input *in)
{
    if (!config_agent_legal(&in->agent_put))
        return ROUTER_INVALID;
    config_in_force(r);
    size_t before = r->agents_n;
    config_agent(r, &in->agent_put);
    agents_order(r, before);
    return ROUTER_REFUSAL_NONE;
}

enum router_refusal config_agent_removed(struct router *r, const struct router_input *in)
{
    if (!text_is(in->agent_removed.id, ROUTER_NAME_MAX))
        return ROUTER_INVALID;
    struct agent *a = agent_find(r, in->agent_removed.id);
    if (!a)
        return ROUTER_UNKNOWN_AGENT;
    config_in_force(r);
    agent_remove(r, a);
    agents_sweep(r);
    return ROUTER_REFUSAL_NONE;
}

// ---- all at once ----

// They concern all work and all agents.
static void config_rules_in_force(struct router *r)
{
    for (size_t i = 0; i < r->works_n; i++) {
        struct work *w = work_slot(r, i)->work;
        if (w)
            config_rearm(r, w);
    }
    pool_reset(r);
    for (size_t i = 0; i < r->agents_n; i++) {
        struct agent *a = r->agents[i];
        room_weigh_anew(r, a);
        a->over = room_exceeded(r, a);
        if (a->presence == ROUTER_LOST)
            timer_start(r, &a->grace, absence_offline(r, a));
    }
    r->everything = true;
}

static void config_set_rules(struct router *r, const struct router_config *c)
{
    bool cost = order_by_cost(r);
    r->rules = *c;
    r->rules.queues = NULL;
    r->rules.agents = NULL;
    r->rules.calendars = NULL;
    r->rules.queues_n = r->rules.agents_n = r->rules.calendars_n = 0;
    if (cost != order_by_cost(r))
        queue_sort_lines(r);
}

enum router_refusal config_apply(struct router *r, const struct router_input *in)
{
    const struct router_config *c = &in->config;
    if (!config_legal(c))
        return ROUTER_INVALID;
    config_in_force(r);
    config_agents_gone(r, c);
    bool rules = !same_rules(&r->rules, c);
    if (rules)
        config_set_rules(r, c);
    calendars_apply(r, c);
    config_agents(r, c);
    config_queues(r, c);
    if (rules)
        config_rules_in_force(r);
    return ROUTER_REFUSAL_NONE;
}
