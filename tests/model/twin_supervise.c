// SPDX-License-Identifier: Apache-2.0
//
// The twin's supervisors: what they may, and what comes of it.

#include "twin.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

// As if nobody had it.
static bool room_for(struct twin *t, const struct twin_agent *a, struct twin_work *w)
{
    struct twin_work held = *w;
    uint32_t units = twin_weight(t, w, ROUTER_QUEUED), channels = twin_channels(w);
    w->state = ROUTER_CLOSED;
    bool room = twin_has_room(t, a, channels, units, 0) && !twin_occupied(t, a->id, channels);
    *w = held;
    return room;
}

static enum router_refusal may_assign(struct twin *t, const struct router_supervise *s, struct twin_work *w)
{
    const struct twin_agent *a = twin_agent(t, s->agent);
    if (!a)
        return ROUTER_UNKNOWN_AGENT;
    if (w->state == ROUTER_ASSIGNED && same(w->agent, a->id))
        return ROUTER_WRONG_STATE;
    if (a->presence != ROUTER_AVAILABLE)
        return ROUTER_AGENT_ABSENT;
    if (!twin_takes(a, twin_channels(w)))
        return ROUTER_AGENT_CHANNEL;
    if (!twin_meets_floor(a, twin_queue(t, w->queue)))
        return ROUTER_AGENT_UNFIT;
    if (s->over_capacity)
        return ROUTER_REFUSAL_NONE;
    return room_for(t, a, w) ? ROUTER_REFUSAL_NONE : ROUTER_AGENT_FULL;
}

static enum router_refusal may_touch_agent(struct twin *t, const struct router_supervise *s)
{
    const struct twin_agent *a = twin_agent(t, s->agent);
    if (!a)
        return ROUTER_UNKNOWN_AGENT;
    if (s->act == ROUTER_LOG_OUT)
        return a->presence == ROUTER_OFFLINE ? ROUTER_WRONG_STATE : ROUTER_REFUSAL_NONE;
    return a->presence == ROUTER_AVAILABLE || a->presence == ROUTER_FOCUS ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
}

static enum router_refusal may(struct twin *t, const struct router_supervise *s, struct twin_work *w)
{
    if (s->act == ROUTER_LOG_OUT || s->act == ROUTER_DRAIN)
        return may_touch_agent(t, s);
    if (s->act == ROUTER_CLOSE_QUEUE || s->act == ROUTER_OPEN_QUEUE)
        return twin_may_shut(t, s);
    if (!w)
        return ROUTER_UNKNOWN_WORK;
    if (s->act >= ROUTER_LISTEN)
        return twin_may_sit_in(t, s, w);
    bool queued = w->state == ROUTER_QUEUED, offered = w->state == ROUTER_OFFERED, held = w->state == ROUTER_ASSIGNED;
    if (s->act == ROUTER_PULL)
        return offered || held ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
    if (s->act == ROUTER_PRIORITISE)
        return queued || offered ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
    if (!queued && !offered && !held)
        return ROUTER_WRONG_STATE;
    if (s->act == ROUTER_ASSIGN_TO)
        return may_assign(t, s, w);
    if (!twin_queue(t, s->queue))
        return ROUTER_UNKNOWN_QUEUE;
    return !held && same(w->queue, s->queue) ? ROUTER_INVALID : ROUTER_REFUSAL_NONE;
}

static void log_out(struct twin *t, const char *agent)
{
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        if (!twin_at_hand(w, agent))
            continue;
        twin_name(w->supervisor, t->supervisor);
        for (size_t s = 0; s < w->sessions_n && w->state == ROUTER_ASSIGNED; s++)
            w->own_priority = w->sessions[s].connected ? 1 : w->own_priority;
    }
    twin_presence(t, twin_agent(t, agent), ROUTER_OFFLINE, ROUTER_SUPERVISED);
    twin_drop_desks(t, agent, true);
}

static void from_agent(struct twin *t, struct twin_work *w)
{
    char agent[TWIN_NAME];
    while (w->offers_n) {
        twin_name(agent, w->offers[0].agent);
        twin_end_offer(t, w, agent, ROUTER_SUPERVISED);
    }
    if (w->state == ROUTER_ASSIGNED)
        twin_requeue(t, w, ROUTER_SUPERVISED, false);
}

static void assign(struct twin *t, struct twin_work *w, const char *agent)
{
    from_agent(t, w);
    struct twin_ask *ask = twin_ask_of(w, agent);
    if (ask)
        *ask = w->asks[--w->asks_n];
    twin_name(w->wanted, "");
    twin_name(w->team, "");
    if (same(w->informed, agent))
        twin_name(w->informed, "");
    w->reason = ROUTER_SUPERVISED;
    twin_assign(t, w, agent);
}

static void pass_on(struct twin *t, struct twin_work *w)
{
    char last[TWIN_NAME];
    twin_name(last, w->last_agent);
    for (size_t i = 0; i < t->agents_n; i++) {
        const char *agent = t->agents[i].id;
        if (!twin_at_hand(w, agent))
            continue;
        twin_ask(t, w, agent, 0);
        if (same(last, agent))
            twin_name(w->last_agent, "");
    }
    from_agent(t, w);
    w->prefer_former = false;
}

static void requeue(struct twin *t, struct twin_work *w, const char *queue)
{
    bool held = w->state == ROUTER_ASSIGNED;
    twin_name(w->wanted, "");
    twin_name(w->team, "");
    twin_estimate_elsewhere(t, w);
    twin_name(w->queue, queue);
    twin_watch_anew(t, w);
    twin_name(w->overflowed, "");
    w->entered = t->now;
    w->changed = true;
    if (held)
        pass_on(t, w);
    else
        from_agent(t, w);
    w->reason = ROUTER_SUPERVISED;
    twin_newly(w);
}

static void carry_out(struct twin *t, const struct router_supervise *s, struct twin_work *w)
{
    if (w && s->act != ROUTER_LISTEN && s->act != ROUTER_WHISPER && s->act != ROUTER_BARGE)
        twin_name(w->supervisor, s->by);
    if (s->act >= ROUTER_LISTEN)
        twin_sit_in(t, s, w);
    if (s->act == ROUTER_LOG_OUT)
        log_out(t, s->agent);
    if (s->act == ROUTER_CLOSE_QUEUE || s->act == ROUTER_OPEN_QUEUE)
        twin_shut_or_open(t, s);
    if (s->act == ROUTER_DRAIN)
        twin_presence(t, twin_agent(t, s->agent), ROUTER_DRAINING, ROUTER_SUPERVISED);
    if (s->act == ROUTER_ASSIGN_TO)
        assign(t, w, s->agent);
    if (s->act == ROUTER_PULL) {
        twin_name(w->wanted, "");
        twin_name(w->team, "");
        pass_on(t, w);
    }
    if (s->act == ROUTER_REQUEUE)
        requeue(t, w, s->queue);
    if (s->act == ROUTER_PRIORITISE) {
        w->own_priority = s->priority;
        w->reason = w->state == ROUTER_QUEUED ? ROUTER_SUPERVISED : w->reason;
        w->changed = true;
    }
}

static void answer(struct twin *t, const struct router_supervise *s, enum router_refusal why, uint64_t number)
{
    struct twin_event *e =
        twin_tell(t, why ? ROUTER_REFUSED : ROUTER_DONE, NULL, *s->session ? s->by : "", ROUTER_REASON_NONE);
    e->refusal = why;
    e->number = number;
}

void twin_supervise(struct twin *t, const struct router_input *in)
{
    const struct router_supervise *s = &in->supervise;
    bool of_work = s->act != ROUTER_LOG_OUT && s->act != ROUTER_DRAIN && s->act != ROUTER_CLOSE_QUEUE &&
                   s->act != ROUTER_OPEN_QUEUE;
    struct twin_work *w = of_work ? twin_work(t, s->work) : NULL;
    for (size_t i = 0; i < t->commands_n && *s->session; i++) {
        const struct twin_command *before = &t->commands[i];
        if (same(before->session, s->session) && same(before->client_id, s->client_id)) {
            answer(t, s, before->refusal, before->input);
            return;
        }
    }
    if (t->commands_n == TWIN_COMMANDS)
        abort();
    enum router_refusal why = may(t, s, w);
    if (*s->session) {
        struct twin_command *k = &t->commands[t->commands_n++];
        *k = (struct twin_command){.input = t->input, .at = t->now, .refusal = why};
        twin_name(k->session, s->session);
        twin_name(k->client_id, s->client_id);
        answer(t, s, why, t->input);
    }
    if (why) {
        if (!*s->session)
            answer(t, s, why, t->input);
        return;
    }
    t->supervisor = s->by;
    carry_out(t, s, w);
    t->supervisor = NULL;
}
