// SPDX-License-Identifier: Apache-2.0
//
// Work at hand that waits for its customer: the agent has answered, and nothing has come back.
//
// Once the channel's time has passed since the agent's last word, the work gives back what it took of the agent, who still has it. When the customer writes,
// it takes that again, whether there is room or not: so an agent is past the capacity or a maximum by no more than what their
// conversations have given back. What it needs beyond that (a heavier channel, another one) has to find room as ever.

#include "routing/estimate.h"

// The agent has spoken. Time that has been given already is not counted anew.
void wait_begin(struct router *r, struct work *w)
{
    uint32_t ms = r->rules.channels[w->channel_now].give_back_ms;
    if (ms && w->state == ROUTER_ASSIGNED && !w->given.channels)
        timer_start(r, &w->give_back, timer_after(r->at, ms));
}

// Whoever is on a call with the customer waits for nobody.
void wait_over(struct router *r, struct work *w)
{
    if (!w->charge.channels || session_any_call(w))
        return;
    w->given = w->charge;
    pace_gave_back(r, w);
    work_recharge(r, w);
    work_touch(r, w);
}

// The customer has spoken. Returns what had been given back.
struct charge wait_end(struct router *r, struct work *w)
{
    struct charge given = w->given;
    timer_stop(r, &w->give_back);
    pace_taken_back(r, w);
    w->given = (struct charge){0};
    if (given.channels)
        work_touch(r, w);
    return given;
}

bool wait_returns(struct charge given, struct charge after)
{
    return given.channels && !(after.channels & ~given.channels) && after.units <= given.units;
}
