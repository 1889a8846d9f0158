// SPDX-License-Identifier: Apache-2.0
//
// The state in a portable form, and its hash.
//
// Little-endian, fixed widths, texts with their length; version first, hash last. What is derived is not written. The form
// is canonical: equal states give equal bytes, so the hash of the bytes is the hash of the state. Fails only where the caller's
// write fails.

#include "routing/snapshot.h"
#include "routing/attribute.h"
#include "routing/calendar.h"
#include "routing/closure.h"
#include "routing/entry.h"
#include "routing/estimate.h"
#include "routing/learn.h"
#include "routing/participant.h"
#include "routing/supervise.h"
#include "routing/writer.h"

#include <string.h>

static void put_forecast(struct writer *o, const struct forecast *f)
{
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        put64(o, f->pace[c].n);
        put64(o, f->pace[c].sum);
        put64(o, f->pace[c].squares);
    }
    put64(o, f->waits);
    put64(o, f->left);
    put64(o, f->waited);
    put64(o, f->seen.inside);
    put64(o, f->seen.below);
    put64(o, f->seen.above);
    put64(o, f->seen.unknown);
    put64(o, f->seen.error);
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        put64(o, f->responses[c].first_met);
        put64(o, f->responses[c].first_missed);
        put64(o, f->responses[c].next_met);
        put64(o, f->responses[c].next_missed);
    }
    put64(o, f->callbacks.asked);
    put64(o, f->callbacks.reached);
    put64(o, f->callbacks.unreached);
    put64(o, f->voicemails.sent);
    put64(o, f->voicemails.left);
    put64(o, f->voicemails.empty);
}

static void put_queue(struct writer *o, const struct queue *q)
{
    put_queue_def(o, &q->def);
    put8(o, q->implicit);
    put_forecast(o, q->forecast);
    for (size_t i = 0; i < q->topics_n; i++) {
        put32(o, q->topics[i].since);
        put32(o, q->topics[i].mean);
    }
}

static void put_calendar(struct writer *o, const struct calendar *c)
{
    put_text(o, c->def.name);
    put_text(o, c->def.zone);
    put_texts(o, c->def.hours, c->def.hours_n);
    put_texts(o, c->def.holidays, c->def.holidays_n);
    put64(o, c->defined);
    put64(o, c->compiled);
    put8(o, c->clock.runs);
    put_time(o, c->clock.ms);
    put8(o, c->turns.open);
    put_time(o, c->turns.from);
    put_time(o, c->turns.until);
    put32(o, c->turns.turns_n);
    for (size_t i = 0; i < c->turns.turns_n; i++)
        put_time(o, c->turns.turns[i]);
}

static void put_topic(struct writer *o, const struct topic *t)
{
    put_text(o, t->queue->def.name);
    put8(o, (uint64_t)(t - t->queue->topics));
}

static void put_lessons(struct writer *o, const struct agent *a)
{
    put32(o, a->lessons_n);
    for (size_t i = 0; i < a->lessons_n; i++) {
        put_topic(o, a->lessons[i].topic);
        put32(o, a->lessons[i].tried);
        put32(o, a->lessons[i].solved);
    }
}

static void put_closings(struct writer *o, const struct router *r)
{
    put32(o, r->closings_n);
    for (const struct closing *c = r->closings; c; c = c->next) {
        put64(o, c->work);
        put64(o, c->customer);
        put_time(o, c->at);
        put_text(o, c->agent->def.id);
        put_topic(o, c->topic);
        put8(o, c->solved);
        put8(o, c->contested);
    }
}

static void put_agent(struct writer *o, const struct agent *a)
{
    put_agent_def(o, &a->def);
    put8(o, (uint64_t)a->presence);
    put8(o, (uint64_t)a->before);
    put_time(o, a->absent_since);
    put_time(o, a->focus.place ? a->focus.deadline : 0);
    put_time(o, a->idle_since);
    put32(o, a->misses);
    put8(o, a->over);
    put32(o, a->desks_n);
    for (const struct desk *d = a->desks; d; d = d->next) {
        put_text(o, d->id);
        put_text(o, d->boot);
    }
    put_lessons(o, a);
}

static void put_agent_name(struct writer *o, const struct agent *a)
{
    put_text(o, a ? a->def.id : "");
}

static void put_sessions(struct writer *o, const struct work *w)
{
    put8(o, w->sessions_n);
    for (size_t i = 0; i < w->sessions_n; i++) {
        const struct router_session *s = &w->sessions[i];
        put8(o, (uint64_t)s->channel);
        put_text(o, s->account);
        put_text(o, s->handle);
        put_text(o, s->call);
        put8(o, s->live);
        put8(o, s->simulated);
        put8(o, s->voicemail);
        put_time(o, s->last_word);
        put_text(o, s->callback);
        put32(o, s->attempts);
    }
    put8(o, w->connected);
    callback_put(o, w);
}

static void put_overflowed(struct writer *o, const struct work *w)
{
    put_text(o, w->overflowed);
    put8(o, (uint64_t)w->overflow_cause);
}

static void put_promise(struct writer *o, const struct work *w)
{
    put_time(o, w->taken);
    put_time(o, w->given_at);
    put8(o, w->measured);
    put8(o, w->promised);
    put_wait(o, &w->promise);
}

static void put_offers(struct writer *o, const struct work *w)
{
    put8(o, w->offers_n);
    for (size_t i = 0; i < w->offers_n; i++) {
        put_agent_name(o, w->offers[i].agent);
        put64(o, w->offers[i].epoch);
        put_time(o, w->offers[i].deadline);
        put8(o, w->offers[i].extended);
    }
}

static void put_work(struct writer *o, const struct router *r, const struct work *w)
{
    put64(o, w->id);
    put64(o, w->conversation);
    put64(o, w->customer);
    put64(o, w->epoch);
    put8(o, (uint64_t)w->state);
    put8(o, (uint64_t)w->reason);
    put8(o, (uint64_t)w->channel_now);
    put8(o, w->own_priority);
    put32(o, w->charge.units);
    put8(o, w->charge.channels);
    put32(o, w->given.units);
    put8(o, w->given.channels);
    put_time(o, w->since);
    put_time(o, w->entered);
    sla_put(o, r, w);
    put_time(o, w->hold_until);
    put_promise(o, w);
    put_time(o, w->state == ROUTER_WRAP_UP ? w->limit.deadline : 0);
    put_time(o, w->give_back.place ? w->give_back.deadline : 0);
    put_time(o, w->snooze.place ? w->snooze.deadline : 0);
    put8(o, w->extended);
    put8(o, w->hold.place != 0);
    put8(o, w->prefer_former);
    put8(o, w->told);
    notice_put(o, w);
    voicemail_put(o, w);
    put_text(o, w->queue->def.name);
    put_agent_name(o, w->agent);
    put_agent_name(o, w->informed);
    put_agent_name(o, w->wanted);
    put_text(o, w->team ? w->team->name : "");
    put_text(o, w->former);
    put_text(o, w->last_agent);
    put_text(o, w->language);
    put_text(o, w->intent);
    put_text(o, w->disposition);
    attributes_put(o, w);
    put_overflowed(o, w);
    entry_put(o, w);
    hand_put(o, w);
    put_sessions(o, w);
    participant_put(o, w);
    put_offers(o, w);
    put32(o, w->asks_n);
    for (size_t i = 0; i < w->asks_n; i++) {
        put_agent_name(o, w->asks[i].agent);
        put32(o, w->asks[i].times);
        put_time(o, w->asks[i].until);
    }
}

static void put_outcomes(struct writer *o, const struct router *r)
{
    put64(o, r->outcomes_n);
    for (const struct outcome *c = r->outcomes; c; c = c->next) {
        put_text(o, c->session);
        put_text(o, c->client_id);
        put64(o, c->input);
        put_time(o, c->at);
        put8(o, (uint64_t)c->refusal);
    }
}

static void put_router(struct writer *o, const struct router *r)
{
    put_bytes(o, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_LEN);
    put32(o, SNAPSHOT_VERSION);
    put64(o, r->input);
    put_time(o, r->at);
    put_time(o, r->wall);
    put32(o, r->fold);
    put64(o, r->config);
    put64(o, r->epoch);
    put_rules(o, &r->rules);
    put32(o, r->calendars_n);
    for (size_t i = 0; i < r->calendars_n; i++)
        put_calendar(o, r->calendars[i]);
    put32(o, r->queues_n);
    for (size_t i = 0; i < r->queues_n; i++) {
        put_queue(o, r->queues[i]);
        closure_put(o, r->queues[i]);
    }
    put32(o, r->agents_n);
    for (size_t i = 0; i < r->agents_n; i++)
        put_agent(o, r->agents[i]);
    put64(o, r->works_n - r->works_holes);
    for (size_t i = 0; i < r->works_n; i++) {
        if (work_slot(r, i)->work)
            put_work(o, r, work_slot(r, i)->work);
    }
    put_outcomes(o, r);
    put_closings(o, r);
}

static uint64_t snapshot_write(const struct router *r, struct writer *o)
{
    put_router(o, r);
    snapshot_hash_add(&o->hash, o->bytes, o->n);
    return snapshot_hash_end(&o->hash);
}

uint64_t router_hash(const struct router *r)
{
    struct writer o = {0};
    return snapshot_write(r, &o);
}

bool router_snapshot(const struct router *r, router_write_fn *write, void *ctx)
{
    struct writer o = {.write = write, .ctx = ctx};
    uint64_t hash = snapshot_write(r, &o);
    put_flush(&o);
    put64(&o, hash);
    put_flush(&o);
    return !o.failed;
}

unsigned char *router_snapshot_bytes(const struct router *r, size_t *len)
{
    struct written b = {0};
    bool ok = router_snapshot(r, written_add, &b);
    *len = ok ? b.n : 0;
    return b.v;
}
