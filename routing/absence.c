// SPDX-License-Identifier: Apache-2.0
//
// The work of an agent who is not there: how long it stays with them, by channel.
//
// Lost (the last desk is gone) and away each have a time per channel, counted from when the agent became so; 0 = the work stays
// until their shift has ended, which it has when they log out, are removed, or have been lost for grace_ms. A call at hand goes on
// meanwhile: the telephone needs no desk. What the customer waits for is then queued with its age, that agent preferred; a call
// that has ended leaves nobody waiting, and goes to wrap-up.

#include "routing/absence.h"
#include "routing/core.h"

#define ABSENCE_BLINK_MS 60000 // who is lost for no longer loses no place

bool absence_of(const struct agent *a)
{
    return a->presence == ROUTER_LOST || a->presence == ROUTER_AWAY;
}

int64_t absence_due(const struct router *r, const struct work *w)
{
    if (w->state != ROUTER_ASSIGNED || !absence_of(w->agent) || session_any_call(w))
        return INT64_MAX;
    const struct router_channel_rules *c = &r->rules.channels[w->channel_now];
    uint32_t ms = w->agent->presence == ROUTER_LOST ? c->lost_ms : c->away_ms;
    return ms ? timer_after(w->agent->absent_since, ms) : INT64_MAX;
}

int64_t absence_offline(const struct router *r, const struct agent *a)
{
    return timer_after(a->absent_since, r->rules.grace_ms);
}

bool absence_was_a_blink(const struct router *r, const struct agent *a)
{
    return r->at - a->absent_since <= ABSENCE_BLINK_MS;
}

void absence_arm(struct router *r, struct work *w)
{
    timer_aim(r, &w->absence, absence_due(r, w));
}

void absence_changed(struct router *r, struct agent *a)
{
    a->absent_since = absence_of(a) ? r->at : 0;
    if (a->presence == ROUTER_LOST)
        timer_start(r, &a->grace, absence_offline(r, a));
    else
        timer_stop(r, &a->grace);
    for (size_t i = 0; i < a->held.n; i++)
        absence_arm(r, work_find(r, a->held.v[i]));
}

void absence_over(struct router *r, struct work *w)
{
    enum router_reason why = w->agent->presence == ROUTER_LOST ? ROUTER_DESK_LOST : ROUTER_WENT_AWAY;
    if (w->channel_now == ROUTER_VOICE && !session_any_live(w) && !w->voicemail.left)
        close_wrap_up(r, w, why);
    else
        work_requeue(r, w, why, false);
}
