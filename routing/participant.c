// SPDX-License-Identifier: Apache-2.0
//
// Participants: agents who take part in work that another agent has. The holder asks for them, by name, of a team or of a queue; who is
// asked has the time of an offer to join. Nothing is taken from the holder by it.
//
//     asked ──► joined ──► gone        a role from the beginning: CONSULTED speaks with agents only, INVITED with the customer too
//       └──────────────────►
//
// Somebody who is asked or has joined is charged what the work would weigh for them at that moment, until they are gone. When the work
// leaves its holder in whatever way, its participants are gone; only where it is handed over to one of them the others stay. The acts of
// desks are act_participant.c's.
//
// A supervisor joins without being asked (supervise_join.c), as INVITED or to watch: LISTENING, WHISPERING. Who watches is charged
// nothing, and is gone with their last desk.

#include "routing/participant.h"

#include <stdlib.h>
#include <string.h>

#include "routing/team.h"

struct participant *participant_find(const struct work *w, const struct agent *a)
{
    for (size_t i = 0; i < w->participants_n; i++) {
        if (w->participants[i].agent == a)
            return &w->participants[i];
    }
    return NULL;
}

// ---- whom to ask ----

static bool participant_can(const struct router *r, const struct work *w, const struct agent *a)
{
    uint32_t channels = session_channels(w);
    return a != w->agent && !participant_find(w, a) && a->presence == ROUTER_AVAILABLE && agent_takes(a, channels) &&
           !(channels & room_closed(r, a, NULL)) && room_for(r, a, channels, session_weight(r, w, true), NULL);
}

static bool participant_may_be_asked(const struct router *r, const struct work *w, const struct agent *a)
{
    const struct ask *ask = offer_ask_of(w, a);
    return participant_can(r, w, a) && (!ask || (ask->times < r->rules.decline_max && ask->until <= r->at));
}

static struct agent *participant_better(const struct router *r, const struct work *w, struct agent *best,
                                        struct agent *a)
{
    if (!best)
        return a;
    bool again = offer_ask_of(w, a) != NULL, best_again = offer_ask_of(w, best) != NULL;
    int64_t idle = agent_idle_ms(r, a), best_idle = agent_idle_ms(r, best);
    if (again != best_again)
        return again ? best : a;
    if (idle != best_idle)
        return idle > best_idle ? a : best;
    return strcmp(a->def.id, best->def.id) < 0 ? a : best;
}

static struct agent *participant_of_team(const struct router *r, const struct work *w, const struct team *t)
{
    struct agent *best = NULL;
    uint32_t surplus;
    for (size_t i = 0; t && i < t->n; i++) {
        if (participant_may_be_asked(r, w, t->v[i]) && needs_met(&w->queue->floor, t->v[i], &surplus))
            best = participant_better(r, w, best, t->v[i]);
    }
    return best;
}

// Looks at every agent: it is asked for by a person, not by every contact.
static struct agent *participant_of_queue(const struct router *r, const struct work *w, const struct queue *q)
{
    struct agent *best = NULL;
    for (size_t step = 0; q && !best && step <= q->def.steps_n; step++) {
        for (size_t i = 0; i < r->agents_n; i++) {
            struct agent *a = r->agents[i];
            if (participant_may_be_asked(r, w, a) && pool_member(a, queue_pool_at(q, step)))
                best = participant_better(r, w, best, a);
        }
    }
    return best;
}

struct agent *participant_candidate(const struct router *r, const struct work *w, enum router_target target,
                                    const char *to)
{
    if (target == ROUTER_TARGET_QUEUE)
        return participant_of_queue(r, w, queue_find(r, to));
    if (target == ROUTER_TARGET_TEAM)
        return participant_of_team(r, w, team_find(r, to));
    struct agent *a = agent_find(r, to);
    return a && participant_can(r, w, a) ? a : NULL;
}

// ---- coming and going ----

static struct router_effect *participant_effect(struct router *r, enum router_effect_kind kind, const struct work *w,
                                                const struct participant *p, enum router_reason reason)
{
    struct router_effect *e = effect_work(r, kind, w, p->agent, reason);
    e->epoch = p->epoch;
    e->role = p->role;
    e->former_agent = w->agent->def.id;
    return e;
}

static void participant_arm(struct router *r, struct work *w)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < w->participants_n; i++) {
        const struct participant *p = &w->participants[i];
        first = !p->joined && p->until < first ? p->until : first;
    }
    timer_aim(r, &w->asked, first);
}

void participant_restore(struct router *r, struct work *w, const struct participant *p)
{
    w->participants = memory_grow(w->participants, &w->participants_cap, w->participants_n + 1, sizeof *p);
    struct participant *to = &w->participants[w->participants_n++];
    *to = *p;
    to->to = text_new(p->to);
    ids_put(&p->agent->takes_part, w->id);
    agent_charge(r, p->agent, (struct charge){0}, p->charge);
    participant_arm(r, w);
}

void participant_ask(struct router *r, struct work *w, struct agent *a, enum router_role role,
                     enum router_target target, const char *to)
{
    uint32_t of_channel = r->rules.channels[w->channel_now].offer_ms;
    uint32_t ms = of_channel ? of_channel : w->queue->def.offer_ms;
    struct participant p = {.agent = a,
                            .role = role,
                            .until = timer_after(r->at, ms),
                            .epoch = ++r->epoch,
                            .charge = session_charge(r, w, true),
                            .target = target,
                            .to = (char *)(uintptr_t)to};
    participant_restore(r, w, &p);
    a->over = room_exceeded(r, a); // a call may interrupt
    participant_effect(r, ROUTER_PARTICIPANT_ASKED, w, &p, ROUTER_REASON_NONE)->deadline = p.until;
    work_touch(r, w);
}

static void participant_tell_calls(struct router *r, const struct work *w, enum router_effect_kind kind,
                                   const struct agent *a, enum router_role role)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (!(w->connected & CORE_BIT(i)))
            continue;
        struct router_effect *e = effect_work(r, kind, w, a, w->reason);
        e->session = w->sessions[i];
        e->role = role;
    }
}

static void participant_turn_unseen(struct router *r, struct work *w, struct agent *a, enum router_role role,
                                    enum router_reason reason)
{
    struct participant *p = participant_find(w, a);
    p->role = role;
    participant_effect(r, ROUTER_PARTICIPANT_JOINED, w, p, reason);
    participant_tell_calls(r, w, ROUTER_CONNECT, a, role);
    work_overhear(r, w);
}

void participant_turn(struct router *r, struct work *w, struct agent *a, enum router_role role,
                      enum router_reason reason)
{
    participant_turn_unseen(r, w, a, role, reason);
    work_touch(r, w);
}

void participant_join(struct router *r, struct work *w, struct agent *a)
{
    struct participant *p = participant_find(w, a);
    p->joined = true;
    a->misses = 0;
    if (w->informed == a)
        work_inform(w, NULL);
    participant_arm(r, w);
    participant_turn(r, w, a, p->role, ROUTER_ACCEPTED);
}

bool participant_watches(const struct participant *p)
{
    return p->role == ROUTER_ROLE_LISTENING || p->role == ROUTER_ROLE_WHISPERING;
}

void participant_place(struct router *r, struct work *w, struct agent *a, enum router_role role)
{
    struct participant *p = participant_find(w, a);
    bool unseen = !p && role == ROUTER_ROLE_LISTENING;
    struct participant now = {.agent = a, .role = role, .joined = true, .until = r->at, .to = text_new("")};
    now.epoch = p ? p->epoch : ++r->epoch;
    now.charge = participant_watches(&now) ? (struct charge){0} : session_charge(r, w, true);
    if (p) {
        text_bury(r, p->to);
        agent_charge(r, a, p->charge, now.charge);
        *p = now;
        participant_arm(r, w);
    } else {
        participant_restore(r, w, &now);
    }
    a->over = room_exceeded(r, a);
    if (w->informed == a)
        work_inform(w, NULL);
    participant_turn_unseen(r, w, a, role, ROUTER_SUPERVISED);
    if (!unseen)
        work_touch(r, w);
}

static void participant_remove(struct router *r, struct work *w, struct agent *a)
{
    struct participant *p = participant_find(w, a);
    struct charge charge = p->charge;
    bool unseen = p->role == ROUTER_ROLE_LISTENING;
    text_bury(r, p->to);
    w->participants_n--;
    memmove(p, p + 1, (size_t)(w->participants + w->participants_n - p) * sizeof *p);
    ids_drop(&a->takes_part, w->id);
    agent_charge(r, a, charge, (struct charge){0});
    participant_arm(r, w);
    work_overhear(r, w);
    if (!unseen)
        work_touch(r, w);
}

void participant_end(struct router *r, struct work *w, struct agent *a, enum router_reason reason)
{
    const struct participant *p = participant_find(w, a);
    if (p->joined)
        participant_tell_calls(r, w, ROUTER_DISCONNECT, a, p->role);
    participant_effect(r, ROUTER_PARTICIPANT_ENDED, w, p, reason);
    participant_remove(r, w, a);
    agent_drained(r, a);
}

void participant_end_all(struct router *r, struct work *w, enum router_reason reason)
{
    while (w->participants_n)
        participant_end(r, w, w->participants[0].agent, reason);
}

void participant_not_coming(struct router *r, struct work *w, struct agent *a, enum router_reason reason)
{
    const struct participant *p = participant_find(w, a);
    enum router_role role = p->role;
    enum router_target target = p->target;
    const char *to = p->to; // buried, not freed, until the next step
    participant_end(r, w, a, reason);
    struct agent *next = target == ROUTER_TARGET_AGENT ? NULL : participant_candidate(r, w, target, to);
    if (next)
        participant_ask(r, w, next, role, target, to);
}

void participant_timed_out(struct router *r, struct work *w)
{
    for (size_t i = 0; i < w->participants_n; i++) {
        struct agent *a = w->participants[i].agent;
        if (w->participants[i].joined || w->participants[i].until > r->at)
            continue;
        offer_note_ask(r, w, a, 1);
        participant_not_coming(r, w, a, ROUTER_TIMED_OUT);
        i--;
    }
    participant_arm(r, w);
}

void participant_hand_over(struct router *r, struct work *w, struct agent *to, enum router_reason reason)
{
    struct agent *from = w->agent;
    effect_work(r, ROUTER_UNASSIGN, w, from, reason);
    participant_tell_calls(r, w, ROUTER_DISCONNECT, from, ROUTER_ROLE_NONE);
    text_set(r, &w->former, from->def.id);
    w->prefer_former = false;
    if (participant_find(w, to))
        participant_remove(r, w, to);
    work_move(r, w, ROUTER_ASSIGNED, to, reason);
    to->over = room_exceeded(r, to);
    effect_work(r, ROUTER_ASSIGN, w, to, reason);
    participant_tell_calls(r, w, ROUTER_CONNECT, to, ROUTER_ROLE_NONE); // as the one who has it
}

void participant_give_back(struct router *r, struct agent *a, bool gone, enum router_reason reason)
{
    for (size_t i = 0; i < a->takes_part.n;) {
        struct work *w = work_find(r, a->takes_part.v[i]);
        bool joined = participant_find(w, a)->joined;
        if (joined && gone)
            participant_end(r, w, a, reason);
        else if (joined)
            i++;
        else
            participant_not_coming(r, w, a, reason);
    }
}

void participant_watch_no_more(struct router *r, struct agent *a, enum router_reason reason)
{
    for (size_t i = 0; i < a->takes_part.n;) {
        struct work *w = work_find(r, a->takes_part.v[i]);
        if (participant_watches(participant_find(w, a)))
            participant_end(r, w, a, reason);
        else
            i++;
    }
}

// ---- telling them ----

void participant_tell(struct router *r, const struct work *w, enum router_effect_kind kind,
                      const struct router_effect *like)
{
    struct router_effect given = *like; // the list may move
    for (size_t i = 0; i < w->participants_n; i++) {
        const struct participant *p = &w->participants[i];
        if (p->agent == w->informed)
            continue;
        struct router_effect *e = effect_work(r, kind, w, p->agent, ROUTER_REASON_NONE);
        e->number = given.number;
        e->state = given.state;
        e->text = given.text;
        e->role = p->role;
    }
}

void participant_tell_call(struct router *r, const struct work *w, enum router_effect_kind kind, size_t session)
{
    for (size_t i = 0; i < w->participants_n; i++) {
        const struct participant *p = &w->participants[i];
        if (!p->joined)
            continue;
        struct router_effect *e = effect_work(r, kind, w, p->agent, w->reason);
        e->session = w->sessions[session];
        e->role = p->role;
    }
}

// ---- the rest ----

void participant_free(struct work *w)
{
    for (size_t i = 0; i < w->participants_n; i++)
        text_free(w->participants[i].to);
    free(w->participants);
}

void participant_bury(struct router *r, struct work *w)
{
    memory_bury(r, w->participants); // nobody is left when work is closed
}

struct charge participant_charge(const struct router *r, const struct agent *a, uint64_t work)
{
    const struct work *w = work_find(r, work);
    const struct participant *p = w ? participant_find(w, a) : NULL;
    return p ? p->charge : (struct charge){0};
}
