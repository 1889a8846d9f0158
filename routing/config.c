// SPDX-License-Identifier: Apache-2.0
//
// Configuration by value: agents, queues and rules, whole or one at a time.
//
// An input that breaks a bound is refused whole. A change never takes work from anybody but from an agent who is removed:
// what is at hand stays, even over capacity (agent.over), and work of a queue that is gone enters another by the rules.

#include "routing/absence.h"
#include "routing/breach.h"
#include "routing/core.h"
#include "routing/learn.h"
#include "routing/notice.h"

#include <stdlib.h>
#include <string.h>

static bool config_skills_legal(const struct router_skill *v, size_t n)
{
    if (n > CORE_LIST_MAX || (n && !v))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!text_is(v[i].name, ROUTER_NAME_MAX) || !*v[i].name || v[i].level < 1 || v[i].level > CORE_LEVEL_MAX)
            return false;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(v[i].name, v[j].name) == 0)
                return false;
        }
    }
    return true;
}

static bool config_channels_legal(uint32_t bits)
{
    return !(bits & ~(CORE_BIT(ROUTER_CHANNELS) - 1u)) && !(bits & 1u);
}

static bool config_needs_legal(const char *text)
{
    const char *why;
    size_t at;
    return !text || router_needs_ok(text, &why, &at);
}

static bool config_step_legal(const struct router_relax *s)
{
    return s->needs && config_needs_legal(s->needs) && s->percent <= 1000 &&
           (s->after_ms != 0) + (s->percent != 0) + s->breach == 1;
}

// Each step that begins at a time begins after the one before that does.
static bool config_steps_legal(const struct router_queue *q)
{
    if (q->steps_n > ROUTER_STEPS_MAX || (q->steps_n && !q->steps))
        return false;
    int64_t before = 0;
    for (size_t i = 0; i < q->steps_n; i++) {
        int64_t after = queue_step_after(q, i);
        if (!config_step_legal(&q->steps[i]) || (q->steps[i].breach && breach_step(q) != i + 1))
            return false;
        if (q->steps[i].breach)
            continue;
        if (after <= before || after > CORE_MS_MAX)
            return false;
        before = after;
    }
    return true;
}

#define CONFIG_SPEED_MAX 1000000u // thousandths

bool config_agent_legal(const struct router_agent *a)
{
    return text_is(a->id, ROUTER_NAME_MAX) && *a->id && text_is(a->name, ROUTER_TEXT_MAX) &&
           config_skills_legal(a->skills, a->skills_n) && a->capacity <= CORE_UNITS_MAX &&
           a->speed <= CONFIG_SPEED_MAX && a->resolution <= 1000 && (!a->team || text_is(a->team, ROUTER_NAME_MAX)) &&
           texts_are(a->attributes, a->attributes_n, CORE_LIST_MAX) && config_channels_legal(a->channels);
}

bool config_queue_legal(const struct router_queue *q)
{
    return text_is(q->name, ROUTER_NAME_MAX) && *q->name && q->priority >= 1 && q->priority <= CORE_PRIORITY_MAX &&
           config_skills_legal(q->requires, q->requires_n) && q->requires_n <= CORE_REQUIRES_MAX &&
           config_skills_legal(q->prefers, q->prefers_n) && config_needs_legal(q->needs) &&
           config_needs_legal(q->floor) && config_steps_legal(q) && config_channels_legal(q->channels) &&
           texts_are(q->accounts, q->accounts_n, CORE_LIST_MAX) && texts_are(q->intents, q->intents_n, CORE_LIST_MAX) &&
           texts_are(q->languages, q->languages_n, CORE_LIST_MAX) &&
           texts_are(q->dispositions, q->dispositions_n, CORE_LIST_MAX) &&
           (!q->calendar || text_is(q->calendar, ROUTER_NAME_MAX)) && (unsigned)q->when < ROUTER_WHENS &&
           overflow_legal(q) && callback_legal(q) && notice_legal(q) && sla_legal(q) && select_legal(q) &&
           q->weight <= CORE_WEIGHT_MAX && q->offer_to <= ROUTER_OFFERS_MAX && q->offer_ms >= 1 &&
           q->offer_ms <= 86400000 && q->wrap_up_ms <= 86400000 && q->prefer_known_ms <= 86400000;
}

bool config_rules_legal(const struct router_config *c)
{
    if (!config_channels_legal(c->calls_interrupt) || c->calls_interrupt & CORE_BIT(ROUTER_VOICE) ||
        c->grace_ms > 86400000 || c->focus_ms > 86400000 || c->decline_pause_ms > 86400000 || c->timeouts_to_away < 1 ||
        c->timeouts_to_away > CORE_TIMES_MAX || c->decline_max < 1 || c->decline_max > CORE_TIMES_MAX ||
        (unsigned)c->order >= ROUTER_ORDERS || c->extend_max > CORE_TIMES_MAX || c->learn_ms > LEARN_MS_MAX)
        return false;
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        if (c->channels[i].units > CORE_UNITS_MAX || c->channels[i].offer_ms > 86400000 ||
            c->channels[i].prefer_known_ms > 86400000 || c->channels[i].max > CORE_UNITS_MAX ||
            c->channels[i].give_back_ms > 86400000 || c->channels[i].lost_ms > 86400000 ||
            c->channels[i].away_ms > 86400000)
            return false;
    }
    return true;
}

static int config_order_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Sorts in place by merging; names are many only when agents are.
static bool config_distinct(const char **v, size_t n)
{
    const char **spare = memory_new(n, sizeof *spare);
    bool distinct = true;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t middle = at + width < n ? at + width : n, end = at + 2 * width < n ? at + 2 * width : n;
            for (size_t i = at, j = middle, to = at; to < end; to++) {
                int order = i == middle ? 1 : j == end ? -1 : config_order_texts(&v[i], &v[j]);
                distinct &= order != 0;
                spare[to] = order <= 0 ? v[i++] : v[j++];
            }
        }
        memcpy(v, spare, n * sizeof *v);
    }
    free(spare);
    return distinct;
}

static bool config_names_distinct(const struct router_config *c)
{
    size_t n = c->agents_n > c->queues_n ? c->agents_n : c->queues_n;
    const char **names = memory_new(n, sizeof *names);
    for (size_t i = 0; i < c->agents_n; i++)
        names[i] = c->agents[i].id;
    bool distinct = config_distinct(names, c->agents_n);
    for (size_t i = 0; i < c->queues_n; i++)
        names[i] = c->queues[i].name;
    distinct &= config_distinct(names, c->queues_n);
    free(names);
    return distinct;
}

static bool config_legal(const struct router_config *c)
{
    if (!config_rules_legal(c) || (c->agents_n && !c->agents) || (c->queues_n && !c->queues) ||
        !calendars_legal(c->calendars, c->calendars_n))
        return false;
    for (size_t i = 0; i < c->agents_n; i++) {
        if (!config_agent_legal(&c->agents[i]))
            return false;
    }
    for (size_t i = 0; i < c->queues_n; i++) {
        if (!config_queue_legal(&c->queues[i]))
            return false;
    }
    return config_names_distinct(c);
}

static void config_in_force(struct router *r)
{
    r->config = r->input;
    effect_add(r, ROUTER_CONFIGURED)->number = r->input;
}

// Puts a new list of queues in force: those not in it are buried, their work moves.
static void config_queues_in_force(struct router *r, struct queue **list, size_t n)
{
    struct queue **old = r->queues;
    size_t old_n = r->queues_n;
    sla_hours_leave(r);
    pool_reset(r);
    for (size_t i = 0; i < old_n; i++) {
        for (size_t s = 0; s < old[i]->pools_n; s++)
            pool_clear(&old[i]->pools[s]);
        old[i]->index = SIZE_MAX;
    }
    for (size_t i = 0; i < n; i++)
        list[i]->index = i;
    r->queues = list;
    r->queues_n = n;
    fit_queues(r);
    for (size_t i = 0; i < r->works_n; i++) {
        struct work *w = work_slot(r, i)->work;
        if (!w)
            continue;
        if (w->queue->index == SIZE_MAX) {
            struct queue *same = queue_find(r, w->queue->def.name);
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
    }
    sla_hours(r);
    for (size_t i = 0; i < old_n; i++) {
        if (old[i]->index != SIZE_MAX)
            continue;
        learn_forget_queue(r, old[i]);
        queue_bury(r, old[i]);
    }
    memory_bury(r, old);
    for (size_t i = 0; i < r->agents_n; i++) {
        fit_agent(r, r->agents[i]);
        room_weigh_anew(r, r->agents[i]);
        r->agents[i]->over = room_exceeded(r, r->agents[i]);
        if (r->agents[i]->presence == ROUTER_LOST)
            timer_start(r, &r->agents[i]->grace, absence_offline(r, r->agents[i]));
    }
    r->everything = true;
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
    for (size_t i = 0; i < c->agents_n; i++)
        agent_put(r, &c->agents[i]);
    agents_order(r, before);
}

static struct queue *config_queue(struct router *r, const struct router_queue *def)
{
    struct queue *q = queue_find(r, def->name);
    if (!q || q->implicit)
        return queue_new(def);
    queue_redefine(r, q, def);
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
        list[n++] = r->queues[0]->implicit ? r->queues[0] : queue_new_implicit();
    config_queues_in_force(r, list, n);
}

enum router_refusal config_apply(struct router *r, const struct router_input *in)
{
    const struct router_config *c = &in->config;
    if (!config_legal(c))
        return ROUTER_INVALID;
    config_in_force(r);
    config_agents_gone(r, c);
    bool cost = order_by_cost(r);
    r->rules = *c;
    r->rules.queues = NULL;
    r->rules.agents = NULL;
    r->rules.calendars = NULL;
    r->rules.queues_n = r->rules.agents_n = r->rules.calendars_n = 0;
    if (cost != order_by_cost(r))
        queue_sort_lines(r);
    calendars_apply(r, c);
    config_agents(r, c);
    config_queues(r, c);
    return ROUTER_REFUSAL_NONE;
}

enum router_refusal config_agent_put(struct router *r, const struct router_input *in)
{
    if (!config_agent_legal(&in->agent_put))
        return ROUTER_INVALID;
    config_in_force(r);
    size_t before = r->agents_n;
    struct agent *a = agent_put(r, &in->agent_put);
    agents_order(r, before);
    fit_agent(r, a);
    agent_mark_freed(r, a);
    agent_reconsider(r, a);
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
        list[n++] = queue_new_implicit();
    config_queues_in_force(r, list, n);
    return ROUTER_REFUSAL_NONE;
}
