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
//              └── SNOOZED ◄── ASSIGNED                      put away: no agent, no line (snooze.c)
//
// A state is membership: QUEUED work stands in a line and has no agent; OFFERED, ASSIGNED and WRAP_UP work is listed with, and
// charged to, exactly one agent. CLOSED work is forgotten when the step ends.

#include "routing/core.h"

#include <assert.h>
#include <stdlib.h>

static const uint32_t work_moves[] = {
    [ROUTER_WORK_NONE] = CORE_BIT(ROUTER_QUEUED),
    [ROUTER_QUEUED] = CORE_BIT(ROUTER_OFFERED) | CORE_BIT(ROUTER_CLOSED),
    [ROUTER_OFFERED] = CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_ASSIGNED) | CORE_BIT(ROUTER_CLOSED),
    [ROUTER_ASSIGNED] =
        CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_WRAP_UP) | CORE_BIT(ROUTER_CLOSED) | CORE_BIT(ROUTER_SNOOZED),
    [ROUTER_WRAP_UP] = CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_ASSIGNED) | CORE_BIT(ROUTER_CLOSED),
    [ROUTER_CLOSED] = 0,
    [ROUTER_SNOOZED] = CORE_BIT(ROUTER_QUEUED),
};

// In pages, so that more work never moves what there is to larger memory.
struct work_slot *work_slot(const struct router *r, size_t i)
{
    return &r->works[i / WORK_PAGE][i % WORK_PAGE];
}

static void work_append(struct router *r, struct work *w)
{
    if (r->works_n == r->works_pages * WORK_PAGE) {
        r->works = memory_grow(r->works, &r->works_cap, r->works_pages + 1, sizeof *r->works);
        r->works[r->works_pages++] = memory_new(WORK_PAGE, sizeof **r->works);
    }
    *work_slot(r, r->works_n++) = (struct work_slot){w->id, w};
}

// The first slot whose id is not below.
static size_t work_slot_at(const struct router *r, uint64_t id)
{
    size_t low = 0;
    for (size_t high = r->works_n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (work_slot(r, middle)->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct work *work_find(const struct router *r, uint64_t id)
{
    size_t i = work_slot_at(r, id);
    return i < r->works_n && work_slot(r, i)->id == id ? work_slot(r, i)->work : NULL;
}

struct work *work_next(const struct router *r, uint64_t after)
{
    for (size_t i = after == UINT64_MAX ? r->works_n : work_slot_at(r, after + 1); i < r->works_n; i++) {
        if (work_slot(r, i)->work)
            return work_slot(r, i)->work;
    }
    return NULL;
}

static bool work_is_of(const void *item, const void *key)
{
    return ((const struct work *)item)->conversation == *(const uint64_t *)key;
}

struct work *work_of_conversation(const struct router *r, uint64_t conversation)
{
    return table_find(&r->conversations, table_hash_number(conversation), work_is_of, &conversation);
}

// Ids rise, so new work belongs at the end.
struct work *work_new(struct router *r, uint64_t id, uint64_t conversation)
{
    assert(!r->works_n || work_slot(r, r->works_n - 1)->id < id);
    struct work *w = memory_new(1, sizeof *w);
    w->id = id;
    w->conversation = conversation;
    w->former = text_new("");
    w->last_agent = text_new("");
    w->language = text_new("");
    w->intent = text_new("");
    w->disposition = text_new("");
    timer_init(&w->limit, TIMER_OFFER, w);
    timer_init(&w->idle, TIMER_IDLE, w);
    timer_init(&w->pause, TIMER_PAUSE, w);
    timer_init(&w->hold, TIMER_HOLD, w);
    timer_init(&w->step, TIMER_STEP, w);
    timer_init(&w->overflow, TIMER_OVERFLOW, w);
    timer_init(&w->give_back, TIMER_GIVE_BACK, w);
    timer_init(&w->snooze, TIMER_SNOOZE, w);
    work_append(r, w);
    table_insert(&r->conversations, table_hash_number(conversation), w);
    return w;
}

void work_free(struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        text_free(w->sessions[i].account);
        text_free(w->sessions[i].handle);
        text_free(w->sessions[i].call);
    }
    free(w->sessions);
    free(w->asks);
    text_free(w->former);
    text_free(w->last_agent);
    text_free(w->language);
    text_free(w->intent);
    text_free(w->disposition);
    free(w);
}

static void work_bury(struct router *r, struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        text_bury(r, w->sessions[i].account);
        text_bury(r, w->sessions[i].handle);
        text_bury(r, w->sessions[i].call);
    }
    memory_bury(r, w->sessions);
    memory_bury(r, w->asks);
    text_bury(r, w->former);
    text_bury(r, w->last_agent);
    text_bury(r, w->language);
    text_bury(r, w->intent);
    text_bury(r, w->disposition);
    memory_bury(r, w);
}

// Drops the holes once they outnumber the work.
static void work_forget(struct router *r, const struct work *w)
{
    work_slot(r, work_slot_at(r, w->id))->work = NULL;
    if (++r->works_holes * 2 <= r->works_n)
        return;
    size_t to = 0;
    for (size_t i = 0; i < r->works_n; i++) {
        if (work_slot(r, i)->work)
            *work_slot(r, to++) = *work_slot(r, i);
    }
    r->works_n = to;
    r->works_holes = 0;
}

void work_touch(struct router *r, struct work *w)
{
    if (w->touched)
        return;
    w->touched = true;
    r->touched = memory_grow(r->touched, &r->touched_cap, r->touched_n + 1, sizeof(struct work *));
    r->touched[r->touched_n++] = w;
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
    if (counter)
        --*counter;
    w->queue = to;
    counter = work_counter(w);
    if (counter)
        ++*counter;
    work_touch(r, w);
}

static void work_leave(struct router *r, struct work *w)
{
    uint32_t *counter = work_counter(w);
    if (counter)
        --*counter;
    timer_stop(r, &w->limit);
    timer_stop(r, &w->give_back);
    if (w->state == ROUTER_QUEUED) {
        r->waiting--;
        settle_unhold(r, w);
        timer_stop(r, &w->pause);
        timer_stop(r, &w->step);
        timer_stop(r, &w->overflow);
        queue_leave_line(w);
    }
    if (w->agent) {
        w->agent->offers -= w->state == ROUTER_OFFERED ? 1 : 0;
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
    }
    if (w->agent) {
        w->agent->offers += w->state == ROUTER_OFFERED ? 1 : 0;
        ids_put(&w->agent->held, w->id);
        agent_charge(r, w->agent, (struct charge){0}, w->charge);
    }
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
    assert((agent != NULL) == (to == ROUTER_OFFERED || work_is_contact(to)));
    struct agent *former = w->agent;
    bool over = former && former == agent && agent->over;
    work_stamp_idle(r, w, to, agent);
    work_leave(r, w);
    if (to == ROUTER_QUEUED) {
        if (w->state != ROUTER_OFFERED) {
            w->hold_until = timer_after(r->at, w->queue->def.prefer_known_ms);
            w->entered = r->at;
        }
        w->told = false;
        work_undecide(r, w);
    }
    w->state = to;
    w->extended = 0;
    w->given = (struct charge){0};
    w->agent = agent;
    w->reason = reason;
    if (to == ROUTER_CLOSED || to == ROUTER_SNOOZED)
        w->charge = (struct charge){0};
    else if (to != ROUTER_WRAP_UP) // there it stays what it was at the close
        w->charge = session_charge(r, w, to != ROUTER_ASSIGNED);
    work_enter(r, w);
    if (over || to == ROUTER_OFFERED) // leaving and entering looked like room in between; a call may interrupt
        agent->over = room_exceeded(r, agent);
    work_touch(r, w);
    if (former)
        agent_drained(r, former);
}

// What it waits for has changed: it stands in another line, and nobody has been asked yet.
static void work_line_up_anew(struct router *r, struct work *w)
{
    const struct line *l = w->line;
    if (l->queue == w->queue && l->step == queue_step(r, w) && l->priority == queue_priority(w) &&
        l->channels == session_channels(w) && l->cost == w->charge.units)
        return;
    queue_leave_line(w);
    queue_line_up(r, w);
    w->told = false;
    work_undecide(r, w);
}

// It has waited until its queue requires something else.
void work_step_over(struct router *r, struct work *w)
{
    queue_arm_step(r, w);
    work_line_up_anew(r, w);
}

// After its sessions or the units of channels changed.
void work_recharge(struct router *r, struct work *w)
{
    if (w->state == ROUTER_WRAP_UP || w->state == ROUTER_SNOOZED)
        return;
    struct charge before = w->charge;
    w->charge = session_charge(r, w, w->state != ROUTER_ASSIGNED);
    if (w->agent)
        agent_charge(r, w->agent, before, w->charge);
    if (w->state == ROUTER_QUEUED)
        work_line_up_anew(r, w);
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
    work_want(w, NULL);
    work_inform(w, NULL);
    table_drop(&r->conversations, table_hash_number(w->conversation), w);
    work_forget(r, w);
}

// One WORK effect for each work that changed, in order of id; the closed ones go.
void work_finish_step(struct router *r)
{
    for (size_t i = 1; i < r->touched_n; i++) {
        struct work *w = r->touched[i];
        size_t at = i;
        for (; at > 0 && r->touched[at - 1]->id > w->id; at--)
            r->touched[at] = r->touched[at - 1];
        r->touched[at] = w;
    }
    for (size_t i = 0; i < r->touched_n; i++) {
        struct work *w = r->touched[i];
        struct router_effect *e = effect_work(r, ROUTER_WORK, w, w->agent, w->reason);
        e->state = (uint32_t)w->state;
        e->former_agent = w->former;
        e->text = w->disposition;
        w->touched = false;
        if (w->state == ROUTER_CLOSED)
            work_bury(r, w);
    }
    r->touched_n = 0;
}
