// SPDX-License-Identifier: Apache-2.0
//
// Work: one need for an agent in a conversation, from its opening to its close.
//
// work_move() alone changes a work's state, and only along the table of allowed moves:
//
//     NONE ──► QUEUED ◄──► OFFERED ──► ASSIGNED ◄──► WRAP_UP
//              ▲   │          │         │   │         │   │
//              │   └──────────┴► CLOSED ◄───┼─────────┼───┘
//              ├────────────────────────────┴─────────┘      back to the queue, with its age
//              ├── SNOOZED ◄── ASSIGNED                      put away: no agent, no line (snooze.c, callback.c)
//              └── RECORDING ◄── QUEUED                      at voicemail, from there on or CLOSED (voicemail.c)
//
// A state is membership: QUEUED work stands in a line and has no agent; OFFERED work is listed with, and charged to, each
// agent to whom it is offered (offer.c); ASSIGNED and WRAP_UP work with and to exactly one: its holder. CLOSED work is forgotten when the step ends.

#include "routing/absence.h"
#include "routing/breach.h"
#include "routing/closure.h"
#include "routing/estimate.h"
#include "routing/notice.h"
#include "routing/participant.h"
#include "routing/team.h"

#include <assert.h>
#include <stdlib.h>

static const uint32_t work_moves[] = {
    [ROUTER_WORK_NONE] = CORE_BIT(ROUTER_QUEUED),
    [ROUTER_QUEUED] = CORE_BIT(ROUTER_OFFERED) | CORE_BIT(ROUTER_ASSIGNED) | CORE_BIT(ROUTER_CLOSED) |
                      CORE_BIT(ROUTER_SNOOZED) | CORE_BIT(ROUTER_RECORDING),
    [ROUTER_OFFERED] =
        CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_ASSIGNED) | CORE_BIT(ROUTER_CLOSED) | CORE_BIT(ROUTER_SNOOZED),
    [ROUTER_ASSIGNED] = CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_WRAP_UP) | CORE_BIT(ROUTER_CLOSED) |
                        CORE_BIT(ROUTER_SNOOZED) | CORE_BIT(ROUTER_ASSIGNED),
    [ROUTER_WRAP_UP] = CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_ASSIGNED) | CORE_BIT(ROUTER_CLOSED),
    [ROUTER_CLOSED] = 0,
    [ROUTER_SNOOZED] = CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_CLOSED),
    [ROUTER_RECORDING] = CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_CLOSED),
};

// Who listens to it has changed: agents need not learn of that.
void work_overhear(struct router *r, struct work *w)
{
    if (w->touched)
        return;
    w->touched = true;
    r->touched = memory_grow(r->touched, &r->touched_cap, r->touched_n + 1, sizeof(struct work *));
    r->touched[r->touched_n++] = w;
}

void work_touch(struct router *r, struct work *w)
{
    w->seen = true;
    work_overhear(r, w);
}

void work_undecide(struct router *r, struct work *w)
{
    if (w->undecided)
        return;
    w->undecided = true;
    r->undecided = memory_grow(r->undecided, &r->undecided_cap, r->undecided_n + 1, sizeof(struct work *));
    r->undecided[r->undecided_n++] = w;
}

static uint32_t *work_counter(const struct work *w)
{
    switch (w->state) {
    case ROUTER_QUEUED:
        return &w->queue->waiting;
    case ROUTER_OFFERED:
        return &w->queue->offered;
    case ROUTER_ASSIGNED:
        return &w->queue->assigned;
    case ROUTER_RECORDING:
        return &w->queue->recording;
    case ROUTER_WORK_NONE:
    case ROUTER_WRAP_UP:
    case ROUTER_CLOSED:
    case ROUTER_SNOOZED:
        break;
    }
    return NULL;
}

void work_change_queue(struct router *r, struct work *w, struct queue *to)
{
    uint32_t *counter = work_counter(w);
    pace_elsewhere(r, w);
    if (counter)
        --*counter;
    sla_elsewhere(r, w, to);
    w->queue = to;
    counter = work_counter(w);
    if (counter)
        ++*counter;
    breach_elsewhere(r, w);
    work_touch(r, w);
}

static void work_leave_line(struct router *r, struct work *w)
{
    settle_unhold(r, w);
    timer_stop(r, &w->step);
    queue_leave_line(r, w);
}

static void work_leave(struct router *r, struct work *w)
{
    uint32_t *counter = work_counter(w);
    if (counter)
        --*counter;
    timer_stop(r, &w->limit);
    timer_stop(r, &w->give_back);
    timer_stop(r, &w->absence);
    timer_stop(r, &w->record);
    if (w->line)
        work_leave_line(r, w);
    if (w->state == ROUTER_QUEUED) {
        r->waiting--;
        timer_stop(r, &w->pause);
        timer_stop(r, &w->overflow);
        timer_stop(r, &w->breach);
    }
    if (w->agent) {
        ids_drop(&w->agent->held, w->id);
        agent_charge(r, w->agent, w->charge, (struct charge){0});
    }
}

// Lists the work where its state says it belongs. Derived data only: restoring a snapshot uses it too.
void work_enter(struct router *r, struct work *w)
{
    uint32_t *counter = work_counter(w);
    if (counter)
        ++*counter;
    if (w->state == ROUTER_QUEUED) {
        r->waiting++;
        queue_line_up(r, w);
        queue_arm_step(r, w);
        overflow_arm(r, w);
        offer_arm_pause(r, w);
        breach_arm(r, w);
    }
    if (w->agent) {
        ids_put(&w->agent->held, w->id);
        agent_charge(r, w->agent, (struct charge){0}, w->charge);
    }
    absence_arm(r, w);
}

static bool work_is_contact(enum router_work_state s)
{
    return s == ROUTER_ASSIGNED || s == ROUTER_WRAP_UP;
}

// A contact begins or ends: from now on its agent has been idle no longer. Where only ends count, who has room for several
// keeps their place while one begins.
static void work_stamp_idle(struct router *r, struct work *w, enum router_work_state to, struct agent *agent)
{
    if (w->agent && work_is_contact(w->state))
        w->agent->idle_since = r->at; // work_leave() and work_enter() tell the pools
    if (agent && to == ROUTER_ASSIGNED && !r->rules.idle_from_end)
        agent->idle_since = r->at;
}

void work_move(struct router *r, struct work *w, enum router_work_state to, struct agent *agent,
               enum router_reason reason)
{
    assert(work_moves[w->state] & CORE_BIT(to));
    assert((agent != NULL) == work_is_contact(to) && !w->offers_n);
    struct agent *former = w->agent;
    if (to == ROUTER_QUEUED && w->state != ROUTER_WORK_NONE)
        closure_divert(r, w);
    bool over = former && former == agent && agent->over;
    if (to != ROUTER_ASSIGNED)
        participant_end_all(r, w, reason);
    work_stamp_idle(r, w, to, agent);
    pace_moves(r, w, to, reason);
    if (to == ROUTER_WRAP_UP || to == ROUTER_CLOSED)
        sla_ended(r, w);
    if (to == ROUTER_WRAP_UP) // it has been dealt with
        w->voicemail = (struct voicemail){0};
    work_leave(r, w);
    if (to == ROUTER_QUEUED) {
        if (w->state != ROUTER_OFFERED) {
            w->entered = r->at;
            settle_hold_from(r, w);
            pace_joined(r, w);
        }
        w->told = false;
        work_undecide(r, w);
    }
    w->state = to;
    w->extended = 0;
    w->given = (struct charge){0};
    w->agent = agent;
    w->reason = reason;
    silence_end(r, w);
    if (to == ROUTER_QUEUED)
        notice_waits(r, w);
    if (to == ROUTER_CLOSED || to == ROUTER_SNOOZED || to == ROUTER_RECORDING)
        w->charge = (struct charge){0};
    else if (to != ROUTER_WRAP_UP) // there it stays what it was at the close
        w->charge = session_charge(r, w, to != ROUTER_ASSIGNED);
    work_enter(r, w);
    if (over) // leaving and entering looked like room in between
        agent->over = room_exceeded(r, agent);
    work_touch(r, w);
    if (former)
        agent_drained(r, former);
}

// Brings it into the line where it belongs, or into none. In another line it waits for something else, and nobody has been asked yet.
void work_stand(struct router *r, struct work *w)
{
    const struct line *l = w->line;
    bool open = offer_open(r, w);
    if (open && l && l->queue == w->queue && l->step == queue_step(r, w) && l->priority == queue_priority(w) &&
        l->channels == session_channels(w) && l->cost == w->charge.units && l->rate == sla_rate(w) &&
        l->offered == (w->offers_n > 0))
        return;
    if (l && open)
        queue_leave_line(r, w);
    else if (l)
        work_leave_line(r, w);
    if (!open)
        return;
    queue_line_up(r, w);
    queue_arm_step(r, w);
    w->told = false;
    work_undecide(r, w);
}

// It has waited until its queue requires something else.
void work_step_over(struct router *r, struct work *w)
{
    queue_arm_step(r, w);
    work_stand(r, w);
}

// After its sessions or the units of channels changed.
void work_recharge(struct router *r, struct work *w)
{
    if (w->state == ROUTER_WRAP_UP || w->state == ROUTER_SNOOZED || w->state == ROUTER_RECORDING)
        return;
    struct charge before = w->charge;
    w->charge = session_charge(r, w, w->state != ROUTER_ASSIGNED);
    if (w->agent)
        agent_charge(r, w->agent, before, w->charge);
    offer_recharge(r, w, before);
    if (w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED)
        work_stand(r, w);
    if (w->charge.units != before.units)
        work_touch(r, w);
}

void work_want(struct work *w, struct agent *a)
{
    if (w->wanted)
        ids_drop(&w->wanted->awaited, w->id);
    w->wanted = a;
    if (a)
        ids_put(&a->awaited, w->id);
}

void work_inform(struct work *w, struct agent *a)
{
    if (w->informed)
        ids_drop(&w->informed->informed, w->id);
    w->informed = a;
    if (a)
        ids_put(&a->informed, w->id);
}

// Takes the work from its holder and puts it back with its age; the holder is asked first where they qualify again.
void work_requeue(struct router *r, struct work *w, enum router_reason reason, bool informed)
{
    struct agent *a = w->agent;
    effect_work(r, ROUTER_UNASSIGN, w, a, reason)->informed = informed;
    session_disconnect(r, w);
    text_set(r, &w->former, a->def.id);
    w->prefer_former = true;
    if (informed)
        work_inform(w, a);
    work_move(r, w, ROUTER_QUEUED, NULL, reason);
}

void work_close(struct router *r, struct work *w, enum router_reason reason)
{
    if (work_is_contact(w->state))
        effect_work(r, ROUTER_UNASSIGN, w, w->agent, reason);
    work_move(r, w, ROUTER_CLOSED, NULL, reason);
    timer_stop(r, &w->idle);
    timer_stop(r, &w->snooze);
    work_want(w, NULL);
    team_want(r, w, "");
    work_inform(w, NULL);
    table_drop(&r->conversations, table_hash_number(w->conversation), w);
    work_forget(r, w);
}

static int work_order(const void *a, const void *b)
{
    const struct work *x = *(struct work *const *)a, *y = *(struct work *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

// One WORK effect for each work that changed, in order of id; the closed ones go.
void work_finish_step(struct router *r)
{
    if (r->touched_n > 1)
        qsort(r->touched, r->touched_n, sizeof(struct work *), work_order);
    for (size_t i = 0; i < r->touched_n; i++) {
        struct work *w = r->touched[i];
        struct router_effect *e = effect_work(r, ROUTER_WORK, w, offer_first(w), w->reason);
        e->state = (uint32_t)w->state;
        e->former_agent = w->former;
        e->text = w->disposition;
        e->role = w->seen ? ROUTER_ROLE_NONE : ROUTER_ROLE_LISTENING;
        w->touched = w->seen = false;
        if (w->state == ROUTER_CLOSED)
            work_bury(r, w);
    }
    r->touched_n = 0;
}
