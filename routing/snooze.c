// SPDX-License-Identifier: Apache-2.0
//
// Snoozing: an agent puts work away until a time of day, and it takes nothing of anybody meanwhile. It comes back at that time,
// when the customer speaks, or when that agent wants it back; as a new wait, and to that agent first where they qualify then.
//
// The time is one of the wall clock, which may be set forward and back. So nothing is counted down: at each input it is compared with the
// wall time that the input carries. What is overdue after an outage or a step of the clock comes back at the first input thereafter.
//
// A call cannot be put away; who put work away goes on seeing it.

#include "routing/snooze.h"
#include "routing/calendar.h"

#include <string.h>

#include "routing/command.h"

enum router_refusal snooze_check(const struct router *r, struct order *o)
{
    enum router_refusal why = command_work_in(r, o, ROUTER_ASSIGNED);
    if (why)
        return why;
    if (session_any_call(o->work))
        return ROUTER_WRONG_STATE;
    return calendar_is_ahead(r, o->c->until) ? ROUTER_REFUSAL_NONE : ROUTER_INVALID;
}

void snooze_act(struct router *r, struct order *o)
{
    struct work *w = o->work;
    effect_work(r, ROUTER_UNASSIGN, w, o->agent, ROUTER_PUT_AWAY)->informed = true;
    text_set(r, &w->former, o->agent->def.id);
    w->prefer_former = true;
    work_inform(w, o->agent);
    work_move(r, w, ROUTER_SNOOZED, NULL, ROUTER_PUT_AWAY);
    timer_start(r, &w->snooze, o->c->until);
}

enum router_refusal snooze_check_wake(const struct router *r, struct order *o)
{
    o->work = work_find(r, o->c->work);
    if (!o->work)
        return ROUTER_UNKNOWN_WORK;
    if (strcmp(o->work->former, o->agent->def.id) != 0)
        return ROUTER_NOT_YOURS;
    return o->work->state == ROUTER_SNOOZED ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
}

void snooze_act_wake(struct router *r, struct order *o)
{
    snooze_wake(r, o->work, ROUTER_WOKEN, callback_waits(o->work));
}

void snooze_wake(struct router *r, struct work *w, enum router_reason reason, bool keeps_place)
{
    timer_stop(r, &w->snooze);
    if (!keeps_place) {
        w->since = r->at;
        sla_renewed(r, w);
    }
    work_move(r, w, ROUTER_QUEUED, NULL, reason);
}

bool snooze_wake_due(struct router *r)
{
    bool any = false;
    for (struct timer *t; (t = timer_first_alarm(r)) && t->deadline <= r->wall; any = true)
        snooze_wake(r, t->owner, ROUTER_WOKEN, callback_waits(t->owner));
    return any;
}

int64_t snooze_next(const struct router *r)
{
    const struct timer *t = timer_first_alarm(r);
    return t ? timer_after(r->at, t->deadline - r->wall) : INT64_MAX; // all that are due have been woken
}
