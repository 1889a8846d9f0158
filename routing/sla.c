// SPDX-License-Identifier: Apache-2.0
//
// Service levels: which of a queue's rows holds for a work, and the clock of each work, which runs from a customer's word that
// waits for an answer until the answer, and stands while the last word is ours.
//
// The first response is the first message of whichever agent, bot or not, or a call put through to them; every later one is a next
// response. What ends without an answer has missed its target if that was over, and else counts for nothing.

#include "routing/sla.h"
#include "routing/breach.h"
#include "routing/calendar.h"
#include "routing/estimate.h"
#include "routing/writer.h"

#include <string.h>

#define SLA_RATE_DIGITS 33 // binary digits behind the point: the greatest weight fits 63 bits
#define SLA_MS_MAX      2592000000u

static bool sla_row_legal(const struct router_sla *s)
{
    return s->channel >= ROUTER_CHANNEL_NONE && s->channel < ROUTER_CHANNELS && s->priority <= CORE_PRIORITY_MAX &&
           s->first_ms <= SLA_MS_MAX && s->next_ms <= SLA_MS_MAX && (s->first_ms || s->next_ms);
}

bool sla_legal(const struct router_queue *q)
{
    if (q->slas_n > ROUTER_SLAS_MAX || (q->slas_n && !q->slas) ||
        (q->sla_calendar && !text_is(q->sla_calendar, ROUTER_NAME_MAX)))
        return false;
    for (size_t i = 0; i < q->slas_n; i++) {
        if (!sla_row_legal(&q->slas[i]))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (q->slas[k].channel == q->slas[i].channel && q->slas[k].priority == q->slas[i].priority)
                return false;
        }
    }
    return true;
}

// ---- targets ----

// A row for a channel is more specific than one for a priority.
static uint32_t sla_rank(const struct router_sla *s)
{
    return (s->channel ? 2u : 0u) + (s->priority ? 1u : 0u);
}

uint32_t router_sla_target(const struct router_queue *q, enum router_response response, enum router_channel channel,
                           uint32_t priority, size_t *row)
{
    uint32_t target = 0, best = 0;
    *row = 0;
    for (size_t i = 0; i < q->slas_n; i++) {
        const struct router_sla *s = &q->slas[i];
        uint32_t ms = response == ROUTER_RESPONSE_NEXT ? s->next_ms : s->first_ms;
        bool applies = ms && (!s->channel || s->channel == channel) && (!s->priority || s->priority == priority);
        if (!applies || (*row && sla_rank(s) < best))
            continue;
        target = ms;
        best = sla_rank(s);
        *row = i + 1;
    }
    if (target || response != ROUTER_RESPONSE_FIRST)
        return target;
    return q->target_ms ? q->target_ms : 60000;
}

static uint32_t sla_target_for(const struct work *w, enum router_response response)
{
    size_t row;
    return router_sla_target(&w->queue->def, response, w->channel_now, queue_priority(w), &row);
}

uint32_t sla_target(const struct work *w)
{
    uint32_t next = w->sla.due == ROUTER_RESPONSE_NEXT ? sla_target_for(w, ROUTER_RESPONSE_NEXT) : 0;
    return next ? next : sla_target_for(w, ROUTER_RESPONSE_FIRST);
}

uint64_t sla_rate_of(const struct router_queue *def, uint32_t target_ms)
{
    return ((uint64_t)def->weight << SLA_RATE_DIGITS) / target_ms;
}

uint64_t sla_rate(const struct work *w)
{
    return sla_rate_of(&w->queue->def, sla_target(w));
}

// ---- whose hours count ----
//
// A queue measures on `at`, or on the clock of a calendar, which stands while that is closed. Work takes its age along from one to the other.

int64_t sla_now(const struct router *r, const struct queue *q)
{
    return q->hours ? q->hours->clock.ms : r->at;
}

int64_t sla_age(const struct router *r, const struct work *w)
{
    return sla_now(r, w->queue) - w->sla.from;
}

void sla_elsewhere(const struct router *r, struct work *w, const struct queue *to)
{
    w->sla.from = sla_now(r, to) - sla_age(r, w);
}

static bool sla_any_hours(const struct router *r)
{
    for (size_t i = 0; i < r->queues_n; i++) {
        if (r->queues[i]->hours)
            return true;
    }
    return false;
}

static void sla_shift(struct router *r, bool back)
{
    if (!sla_any_hours(r))
        return;
    for (size_t i = 0; i < r->works_n; i++) {
        struct work *w = work_slot(r, i)->work;
        if (w && w->queue->hours)
            w->sla.from += back ? r->at - sla_now(r, w->queue) : sla_now(r, w->queue) - r->at;
    }
}

// All are measured on `at` for a while, in the same order.
void sla_hours_leave(struct router *r)
{
    sla_shift(r, true);
    for (size_t i = 0; i < r->queues_n; i++)
        r->queues[i]->hours = NULL;
}

void sla_hours(struct router *r)
{
    bool used[ROUTER_CALENDARS_MAX] = {false};
    for (size_t i = 0; i < r->queues_n; i++) {
        struct queue *q = r->queues[i];
        q->hours = NULL;
        for (size_t k = 0; k < r->calendars_n; k++) {
            if (strcmp(r->calendars[k]->def.name, q->def.sla_calendar) != 0)
                continue;
            q->hours = r->calendars[k];
            used[k] = true;
        }
    }
    for (size_t k = 0; k < r->calendars_n; k++) {
        struct calendar_clock *c = &r->calendars[k]->clock;
        *c = !used[k] ? (struct calendar_clock){0} : c->runs ? *c : (struct calendar_clock){true, r->at};
    }
    sla_shift(r, false);
}

// ---- the clock ----

static int64_t sla_waited(const struct router *r, const struct work *w)
{
    return w->sla.due ? sla_age(r, w) : 0;
}

static void sla_stop(struct router *r, struct work *w, bool answered)
{
    uint32_t target = sla_target_for(w, w->sla.due);
    bool late = sla_waited(r, w) > target;
    if (target && (answered || late)) {
        struct router_responses *c = &w->queue->forecast->responses[w->channel_now];
        bool first = w->sla.due == ROUTER_RESPONSE_FIRST;
        ++*(first ? late ? &c->first_missed : &c->first_met : late ? &c->next_missed : &c->next_met);
        ++*(late ? &w->sla.missed : &w->sla.met);
        if (first)
            w->sla.first = late ? ROUTER_RESPONSE_MISSED : ROUTER_RESPONSE_MET;
    }
    if (target)
        work_touch(r, w);
    w->sla.due = ROUTER_RESPONSE_NONE;
    w->sla.from = sla_now(r, w->queue);
}

void sla_asked(struct router *r, struct work *w)
{
    if (w->sla.due)
        return;
    w->sla.due = w->sla.first ? ROUTER_RESPONSE_NEXT : ROUTER_RESPONSE_FIRST;
    w->sla.from = sla_now(r, w->queue);
    if (w->state == ROUTER_QUEUED)
        breach_arm(r, w);
    if (sla_target_for(w, w->sla.due))
        work_touch(r, w);
}

void sla_answered(struct router *r, struct work *w)
{
    if (w->sla.due)
        sla_stop(r, w, true);
}

void sla_ended(struct router *r, struct work *w)
{
    if (w->sla.due)
        sla_stop(r, w, false);
}

void sla_renewed(const struct router *r, struct work *w)
{
    w->sla.breach = (struct breach){0};
    if (!w->sla.due)
        w->sla.from = sla_now(r, w->queue);
}

struct router_due sla_due(const struct router *r, const struct work *w)
{
    struct router_due d = {
        .response = w->sla.due, .first = w->sla.first, .met = w->sla.met, .missed = w->sla.missed, .hours = ""};
    if (!d.response)
        return d;
    size_t row;
    d.target_ms = router_sla_target(&w->queue->def, d.response, w->channel_now, queue_priority(w), &row);
    d.waited_ms = sla_waited(r, w);
    d.hours = w->queue->hours ? w->queue->hours->def.name : "";
    if (d.target_ms) {
        int64_t left = d.target_ms - d.waited_ms, wall = calendar_now(r);
        d.at = timer_after(r->at, left > 0 ? calendar_until(w->queue->hours, wall, left) : left);
        d.wall = timer_after(wall, d.at - r->at);
    }
    if (row) {
        d.channel = w->queue->def.slas[row - 1].channel;
        d.priority = w->queue->def.slas[row - 1].priority;
    }
    return d;
}

const char *sla_check(const struct router *r, const struct work *w)
{
    if (sla_age(r, w) < 0 || sla_age(r, w) > r->at || (w->sla.due && w->state == ROUTER_WRAP_UP))
        return "an answer is due from the future on, or for work that is done";
    if (w->sla.due && (w->sla.due == ROUTER_RESPONSE_FIRST) != (w->sla.first == ROUTER_RESPONSE_OPEN))
        return "a first response is due twice, or a next one before it";
    if (breach_awaited(w) != (w->breach.place != 0))
        return "whether a target will be missed is looked at in vain, or not at all";
    if (w->sla.breach.foreseen && !breach_step(&w->queue->def))
        return "a target was foreseen to be missed where nothing follows from it";
    return w->line && w->line->rate != sla_rate(w) ? "work stands in a line of another target" : NULL;
}

static void sla_put_breach(struct writer *o, const struct work *w)
{
    const struct breach *b = &w->sla.breach;
    put8(o, b->foreseen);
    put_wait(o, &b->wait);
    put_time(o, b->left);
    put_time(o, w->breach.place ? w->breach.deadline : 0);
}

void sla_put(struct writer *o, const struct router *r, const struct work *w)
{
    const struct sla *s = &w->sla;
    put8(o, (uint64_t)s->due);
    put8(o, (uint64_t)s->first);
    put_time(o, sla_age(r, w));
    put32(o, s->met);
    put32(o, s->missed);
    sla_put_breach(o, w);
}
