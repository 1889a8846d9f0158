// SPDX-License-Identifier: Apache-2.0
//
// The twin's service levels: the rows are tried from the most specific to the least, each time anew.

#include "twin.h"

static uint32_t says(const struct twin_queue *q, enum router_response response, enum router_channel channel,
                     uint32_t priority)
{
    for (size_t i = 0; i < q->slas_n; i++) {
        if (q->slas[i].channel == channel && q->slas[i].priority == priority)
            return response == ROUTER_RESPONSE_NEXT ? q->slas[i].next_ms : q->slas[i].first_ms;
    }
    return 0;
}

// Which row says it: bit 0 for its channel, bit 1 for its priority.
static uint32_t find(const struct twin_queue *q, enum router_response response, enum router_channel channel,
                     uint32_t priority, uint32_t *bits)
{
    static const uint32_t order[] = {3, 1, 2, 0};
    for (size_t i = 0; i < 4; i++) {
        *bits = order[i];
        uint32_t ms = says(q, response, *bits & 1 ? channel : ROUTER_CHANNEL_NONE, *bits & 2 ? priority : 0);
        if (ms)
            return ms;
    }
    return response == ROUTER_RESPONSE_FIRST ? q->target_ms : 0;
}

uint32_t twin_target(const struct twin_queue *q, enum router_response response, enum router_channel channel,
                     uint32_t priority)
{
    uint32_t bits;
    return find(q, response, channel, priority, &bits);
}

static uint32_t target_of(struct twin *t, const struct twin_work *w, enum router_response response)
{
    return twin_target(twin_queue(t, w->queue), response, w->channel_now, twin_priority(t, w));
}

uint64_t twin_rate(struct twin *t, const struct twin_work *w, uint32_t *target)
{
    *target = w->due == ROUTER_RESPONSE_NEXT ? target_of(t, w, ROUTER_RESPONSE_NEXT) : 0;
    if (*target == 0)
        *target = target_of(t, w, ROUTER_RESPONSE_FIRST);
    return ((uint64_t)twin_queue(t, w->queue)->weight << 33) / *target;
}

bool twin_by_cost(const struct twin *t)
{
    return t->rules.order == ROUTER_ORDER_COST || t->rules.order == ROUTER_ORDER_PRIORITY_COST;
}

int64_t twin_stamp(const struct twin *t, const struct twin_work *w)
{
    return twin_by_cost(t) ? t->now - w->age : w->since;
}

void twin_asks(struct twin *t, struct twin_work *w)
{
    if (w->due != ROUTER_RESPONSE_NONE)
        return;
    w->due = w->first == ROUTER_RESPONSE_OPEN ? ROUTER_RESPONSE_FIRST : ROUTER_RESPONSE_NEXT;
    w->age = 0;
    w->changed |= target_of(t, w, w->due) > 0;
}

static void stop(struct twin *t, struct twin_work *w, bool in_time, bool late)
{
    struct router_responses *c = &twin_forecast(t, w->queue)->responses[w->channel_now];
    if (w->due == ROUTER_RESPONSE_FIRST) {
        c->first_met += in_time;
        c->first_missed += late;
        w->first = late ? ROUTER_RESPONSE_MISSED : in_time ? ROUTER_RESPONSE_MET : w->first;
    } else {
        c->next_met += in_time;
        c->next_missed += late;
    }
    w->met += in_time;
    w->missed += late;
    w->changed |= target_of(t, w, w->due) > 0;
    w->due = ROUTER_RESPONSE_NONE;
    w->age = 0;
}

void twin_answered(struct twin *t, struct twin_work *w)
{
    uint32_t target = target_of(t, w, w->due);
    bool late = w->age > target;
    if (w->due != ROUTER_RESPONSE_NONE)
        stop(t, w, target && !late, target && late);
}

void twin_unanswered(struct twin *t, struct twin_work *w)
{
    uint32_t target = target_of(t, w, w->due);
    if (w->due != ROUTER_RESPONSE_NONE)
        stop(t, w, false, target && w->age > target);
}

struct router_due twin_due(struct twin *t, const struct twin_work *w)
{
    struct router_due d = {.first = w->first, .met = w->met, .missed = w->missed, .hours = ""};
    uint32_t bits;
    if (w->due == ROUTER_RESPONSE_NONE)
        return d;
    d.response = w->due;
    d.target_ms = find(twin_queue(t, w->queue), w->due, w->channel_now, twin_priority(t, w), &bits);
    d.waited_ms = w->age;
    int64_t left = (int64_t)d.target_ms - w->age;
    if (d.target_ms) {
        d.at = t->now + (left > 0 ? twin_reach(t, twin_queue(t, w->queue), left) : left);
        d.wall = d.at + t->wall - t->end;
    }
    d.hours = twin_hours(t, twin_queue(t, w->queue)) ? twin_queue(t, w->queue)->sla_calendar : "";
    d.channel = bits & 1 ? w->channel_now : ROUTER_CHANNEL_NONE;
    d.priority = bits & 2 ? twin_priority(t, w) : 0;
    return d;
}
