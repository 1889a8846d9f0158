// SPDX-License-Identifier: Apache-2.0
//
// The twin's participants: a short list on each work, looked through for everything.

#include "twin.h"

#include <string.h>

#define BIT(n) (1u << (unsigned)(n))

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

struct twin_participant *twin_participant(struct twin_work *w, const char *agent)
{
    for (size_t i = 0; i < w->participants_n; i++) {
        if (same(w->participants[i].agent, agent))
            return &w->participants[i];
    }
    return NULL;
}

bool twin_takes_part(const struct twin *t, const char *agent)
{
    for (size_t i = 0; i < t->works_n; i++) {
        for (size_t k = 0; k < t->works[i].participants_n; k++) {
            if (same(t->works[i].participants[k].agent, agent))
                return true;
        }
    }
    return false;
}

// Of all that the agent takes part in: units, of them those that a call may not interrupt, and how many places on a channel.
struct twin_taking_part twin_taking_part(const struct twin *t, const char *agent, size_t channel)
{
    struct twin_taking_part sum = {0};
    for (size_t i = 0; i < t->works_n; i++) {
        for (size_t k = 0; k < t->works[i].participants_n; k++) {
            const struct twin_participant *p = &t->works[i].participants[k];
            if (!same(p->agent, agent))
                continue;
            sum.units += p->units;
            sum.heavy += p->places & ~t->rules.calls_interrupt ? p->units : 0;
            sum.places += p->places & BIT(channel) ? 1 : 0;
        }
    }
    return sum;
}

// ---- whom ----

static bool free_to(struct twin *t, struct twin_work *w, const struct twin_agent *a)
{
    uint32_t channels = twin_channels(w);
    return !same(a->id, w->agent) && !twin_participant(w, a->id) && a->presence == ROUTER_AVAILABLE &&
           twin_takes(a, channels) && !twin_occupied(t, a->id, channels) &&
           twin_has_room(t, a, channels, twin_weight(t, w, ROUTER_QUEUED), 0);
}

static bool may_come(struct twin *t, struct twin_work *w, const struct twin_agent *a, enum router_target target,
                     const char *to, size_t step)
{
    const struct twin_ask *ask = twin_ask_of(w, a->id);
    const struct twin_queue *q = twin_queue(t, to);
    uint32_t surplus;
    if (!free_to(t, w, a))
        return false;
    if (target == ROUTER_TARGET_AGENT)
        return same(a->id, to);
    if (ask && (ask->times >= t->rules.decline_max || ask->until > t->now))
        return false;
    if (target == ROUTER_TARGET_TEAM)
        return same(a->team, to) && twin_meets_floor(a, twin_queue(t, w->queue));
    return q && step <= q->steps_n && twin_meets(a, q, step, &surplus);
}

// In order of id, so of equals the first stays.
const char *twin_somebody(struct twin *t, struct twin_work *w, enum router_target target, const char *to)
{
    const char *best = "";
    for (size_t step = 0; step <= TWIN_STEPS && same(best, ""); step++) {
        bool best_again = false;
        int64_t best_idle = 0;
        for (size_t i = 0; i < t->agents_n; i++) {
            const struct twin_agent *a = &t->agents[i];
            if (!may_come(t, w, a, target, to, step))
                continue;
            bool again = twin_ask_of(w, a->id) != NULL;
            int64_t idle = twin_is_asked(t, a->id) ? 0 : t->now - a->idle_since;
            if (same(best, "") || (best_again && !again) || (best_again == again && idle > best_idle)) {
                best = a->id;
                best_again = again;
                best_idle = idle;
            }
        }
    }
    return best;
}

// ---- coming and going ----

void twin_ask_to_come(struct twin *t, struct twin_work *w, const char *agent, enum router_role role,
                      enum router_target target, const char *to)
{
    uint32_t of_channel = t->rules.channels[w->channel_now].offer_ms;
    struct twin_participant *p = &w->participants[w->participants_n++];
    memset(p, 0, sizeof *p);
    twin_name(p->agent, agent);
    twin_name(p->to, to);
    p->role = role;
    p->target = target;
    p->epoch = ++t->epoch;
    p->until = t->now + (of_channel ? of_channel : twin_queue(t, w->queue)->offer_ms);
    p->units = twin_weight(t, w, ROUTER_QUEUED);
    p->places = twin_channels(w);
    w->changed = true;
    struct twin_event *e = twin_tell(t, ROUTER_PARTICIPANT_ASKED, w, agent, ROUTER_REASON_NONE);
    e->epoch = p->epoch;
    e->deadline = p->until;
    e->role = role;
}

static void tell_call(struct twin *t, enum router_effect_kind kind, const struct twin_work *w,
                      const struct twin_session *s, const char *agent, enum router_role role)
{
    struct twin_event *e = twin_tell(t, kind, w, agent, w->reason);
    e->channel = s->channel;
    twin_name(e->handle, s->handle);
    twin_name(e->call, s->call);
    e->role = role;
}

void twin_call_of_participants(struct twin *t, enum router_effect_kind kind, const struct twin_work *w,
                               const struct twin_session *s)
{
    for (size_t i = 0; i < w->participants_n; i++) {
        if (w->participants[i].joined)
            tell_call(t, kind, w, s, w->participants[i].agent, w->participants[i].role);
    }
}

static void all_calls(struct twin *t, enum router_effect_kind kind, const struct twin_work *w, const char *agent,
                      enum router_role role)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].connected)
            tell_call(t, kind, w, &w->sessions[i], agent, role);
    }
}

static void turn(struct twin *t, struct twin_work *w, struct twin_participant *p, enum router_role role)
{
    p->role = role;
    struct twin_event *e =
        twin_tell(t, ROUTER_PARTICIPANT_JOINED, w, p->agent, p->boss ? ROUTER_SUPERVISED : ROUTER_ACCEPTED);
    e->epoch = p->epoch;
    e->role = p->role;
    all_calls(t, ROUTER_CONNECT, w, p->agent, p->role);
    w->overheard = true;
}

static void come(struct twin *t, struct twin_work *w, struct twin_participant *p)
{
    p->joined = true;
    twin_agent(t, p->agent)->misses = 0;
    if (same(w->informed, p->agent))
        twin_name(w->informed, "");
    turn(t, w, p, p->role);
    w->changed = true;
}

static void strike(struct twin_work *w, struct twin_participant *p)
{
    w->overheard = true;
    w->changed |= p->role != ROUTER_ROLE_LISTENING;
    w->participants_n--;
    for (; p < &w->participants[w->participants_n]; p++)
        *p = p[1];
}

static void go(struct twin *t, struct twin_work *w, struct twin_participant *p, enum router_reason reason)
{
    struct twin_participant gone = *p;
    if (gone.joined)
        all_calls(t, ROUTER_DISCONNECT, w, gone.agent, gone.role);
    struct twin_event *e = twin_tell(t, ROUTER_PARTICIPANT_ENDED, w, gone.agent, reason);
    e->epoch = gone.epoch;
    e->role = gone.role;
    strike(w, p);
    struct twin_agent *a = twin_agent(t, gone.agent);
    if (a->presence == ROUTER_DRAINING && !twin_holds_any(t, a->id))
        twin_presence(t, a, ROUTER_AWAY, ROUTER_REASON_NONE);
}

void twin_all_go(struct twin *t, struct twin_work *w, enum router_reason reason)
{
    while (w->participants_n)
        go(t, w, &w->participants[0], reason);
}

static void does_not_come(struct twin *t, struct twin_work *w, struct twin_participant *p, enum router_reason reason)
{
    struct twin_participant gone = *p;
    go(t, w, p, reason);
    const char *next = gone.target == ROUTER_TARGET_AGENT ? "" : twin_somebody(t, w, gone.target, gone.to);
    if (*next)
        twin_ask_to_come(t, w, next, gone.role, gone.target, gone.to);
}

void twin_nobody_came(struct twin *t, struct twin_work *w)
{
    for (size_t i = 0; i < w->participants_n;) {
        struct twin_participant *p = &w->participants[i];
        if (p->joined || p->until > t->now) {
            i++;
            continue;
        }
        twin_ask(t, w, p->agent, 1);
        does_not_come(t, w, p, ROUTER_TIMED_OUT);
    }
}

// The agent is no longer available, or gone.
void twin_leaves_all(struct twin *t, const char *agent, bool gone, enum router_reason reason)
{
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_participant *p = twin_participant(&t->works[i], agent);
        if (p && p->joined && gone)
            go(t, &t->works[i], p, reason);
        else if (p && !p->joined && !gone)
            does_not_come(t, &t->works[i], p, reason);
    }
}

// ---- commands ----

static enum router_role role_meant(const struct router_command *c)
{
    return c->act == ROUTER_ACT_INVITE ? ROUTER_ROLE_INVITED : ROUTER_ROLE_CONSULTED;
}

enum router_refusal twin_may_take_part(struct twin *t, const struct router_command *c, struct twin_work *w)
{
    bool team = false;
    for (size_t i = 0; i < t->agents_n; i++)
        team |= same(t->agents[i].team, c->to) && !same(c->to, "");
    if (!w)
        return ROUTER_UNKNOWN_WORK;
    struct twin_participant *own = twin_participant(w, c->agent), *named = twin_participant(w, c->to);
    bool ears = named && (named->role == ROUTER_ROLE_LISTENING || named->role == ROUTER_ROLE_WHISPERING);
    if (c->act == ROUTER_ACT_JOIN)
        return own && !own->joined && own->epoch == c->epoch ? ROUTER_REFUSAL_NONE : ROUTER_OFFER_PAST;
    if (c->act == ROUTER_ACT_LEAVE)
        return own ? ROUTER_REFUSAL_NONE : ROUTER_NOT_YOURS;
    if (!twin_at_hand(w, c->agent))
        return ROUTER_NOT_YOURS;
    if (w->state != ROUTER_ASSIGNED)
        return ROUTER_WRONG_STATE;
    if (c->act == ROUTER_ACT_DISMISS || c->act == ROUTER_ACT_HAND_OVER) {
        bool early = c->act == ROUTER_ACT_HAND_OVER && named && !named->joined;
        if (named && named->boss)
            return ears ? ROUTER_UNKNOWN_AGENT : c->act == ROUTER_ACT_DISMISS ? ROUTER_NOT_YOURS : ROUTER_REFUSAL_NONE;
        return early ? ROUTER_WRONG_STATE : named ? ROUTER_REFUSAL_NONE : ROUTER_UNKNOWN_AGENT;
    }
    if (c->target == ROUTER_TARGET_QUEUE && !twin_queue(t, c->to))
        return ROUTER_UNKNOWN_QUEUE;
    if (c->target == ROUTER_TARGET_AGENT && !twin_agent(t, c->to))
        return ROUTER_UNKNOWN_AGENT;
    if (c->target == ROUTER_TARGET_TEAM && !team)
        return ROUTER_UNKNOWN_TEAM;
    if (c->target == ROUTER_TARGET_NONE || (c->target == ROUTER_TARGET_AGENT && same(c->to, c->agent)))
        return ROUTER_INVALID;
    if (c->target == ROUTER_TARGET_AGENT && named && named->joined && !named->boss && named->role != role_meant(c))
        return ROUTER_REFUSAL_NONE;
    if (w->participants_n == ROUTER_PARTICIPANTS_MAX)
        return ROUTER_FULL;
    return *twin_somebody(t, w, c->target, c->to) ? ROUTER_REFUSAL_NONE : ROUTER_NOBODY;
}

static void hand_over(struct twin *t, struct twin_work *w, const char *to, enum router_reason reason)
{
    char from[TWIN_NAME];
    struct twin_participant *among = twin_participant(w, to);
    twin_name(from, w->agent);
    twin_tell(t, ROUTER_UNASSIGN, w, from, reason);
    all_calls(t, ROUTER_DISCONNECT, w, from, ROUTER_ROLE_NONE);
    twin_name(w->former, from);
    w->prefer_former = false;
    if (among)
        strike(w, among);
    if (same(w->informed, to))
        twin_name(w->informed, "");
    twin_move(t, w, ROUTER_ASSIGNED, to, reason);
    twin_tell(t, ROUTER_ASSIGN, w, to, reason);
    all_calls(t, ROUTER_CONNECT, w, to, ROUTER_ROLE_NONE);
}

void twin_take_part(struct twin *t, struct twin_work *w, const struct router_command *c)
{
    struct twin_participant *own = twin_participant(w, c->agent);
    if (c->act == ROUTER_ACT_JOIN) {
        come(t, w, own);
    } else if (c->act == ROUTER_ACT_LEAVE && own->joined) {
        go(t, w, own, ROUTER_LEFT);
    } else if (c->act == ROUTER_ACT_LEAVE) {
        twin_ask(t, w, c->agent, 1);
        does_not_come(t, w, own, ROUTER_DECLINED);
    } else if (c->act == ROUTER_ACT_DISMISS) {
        go(t, w, twin_participant(w, c->to), ROUTER_DISMISSED);
    } else if (c->act == ROUTER_ACT_HAND_OVER) {
        hand_over(t, w, c->to, ROUTER_TRANSFERRED);
    } else {
        struct twin_participant *named = c->target == ROUTER_TARGET_AGENT ? twin_participant(w, c->to) : NULL;
        w->changed = true;
        if (named)
            turn(t, w, named, role_meant(c));
        else
            twin_ask_to_come(t, w, twin_somebody(t, w, c->target, c->to), role_meant(c), c->target, c->to);
    }
}

// ---- supervisors ----

// The desk is gone: nobody hears with it.
void twin_ears_off(struct twin *t, const char *agent, enum router_reason reason)
{
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_participant *p = twin_participant(&t->works[i], agent);
        if (p && p->role >= ROUTER_ROLE_LISTENING)
            go(t, &t->works[i], p, reason);
    }
}

static enum router_role role_of_boss(enum router_supervision act)
{
    return act == ROUTER_BARGE     ? ROUTER_ROLE_INVITED
           : act == ROUTER_WHISPER ? ROUTER_ROLE_WHISPERING
           : act == ROUTER_LISTEN  ? ROUTER_ROLE_LISTENING
                                   : ROUTER_ROLE_NONE;
}

enum router_refusal twin_may_sit_in(struct twin *t, const struct router_supervise *s, struct twin_work *w)
{
    const struct twin_agent *a = twin_agent(t, s->agent);
    if (w->state != ROUTER_ASSIGNED)
        return ROUTER_WRONG_STATE;
    if (!a)
        return ROUTER_UNKNOWN_AGENT;
    const struct twin_participant *p = twin_participant(w, a->id);
    if (same(w->agent, a->id))
        return ROUTER_WRONG_STATE;
    if (a->presence == ROUTER_OFFLINE || a->presence == ROUTER_LOST)
        return ROUTER_AGENT_ABSENT;
    if (s->act == ROUTER_TAKE_OVER) {
        if (a->presence == ROUTER_AWAY)
            return ROUTER_AGENT_ABSENT;
        if (!twin_takes(a, twin_channels(w)))
            return ROUTER_AGENT_CHANNEL;
        return twin_meets_floor(a, twin_queue(t, w->queue)) ? ROUTER_REFUSAL_NONE : ROUTER_AGENT_UNFIT;
    }
    if (p && p->joined && p->role == role_of_boss(s->act))
        return ROUTER_WRONG_STATE;
    return !p && w->participants_n == ROUTER_PARTICIPANTS_MAX ? ROUTER_FULL : ROUTER_REFUSAL_NONE;
}

void twin_sit_in(struct twin *t, const struct router_supervise *s, struct twin_work *w)
{
    if (s->act == ROUTER_TAKE_OVER) {
        twin_name(w->former, w->agent);
        w->reason = ROUTER_SUPERVISED;
        twin_record_taken(t, w, s->agent);
        hand_over(t, w, s->agent, ROUTER_SUPERVISED);
        return;
    }
    struct twin_participant *p = twin_participant(w, s->agent);
    w->changed |= p || s->act != ROUTER_LISTEN;
    if (!p) {
        p = &w->participants[w->participants_n++];
        memset(p, 0, sizeof *p);
        twin_name(p->agent, s->agent);
        p->epoch = ++t->epoch;
    }
    p->joined = p->boss = true;
    p->target = ROUTER_TARGET_NONE;
    p->units = s->act == ROUTER_BARGE ? twin_weight(t, w, ROUTER_QUEUED) : 0;
    p->places = s->act == ROUTER_BARGE ? twin_channels(w) : 0;
    if (same(w->informed, p->agent))
        twin_name(w->informed, "");
    turn(t, w, p, role_of_boss(s->act));
}
