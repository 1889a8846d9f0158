// SPDX-License-Identifier: Apache-2.0
//
// Rules and queues from a snapshot's bytes. A part of restore.c.

#include "routing/attribute.h"
#include "routing/closure.h"
#include "routing/estimate.h"
#include "routing/fit.h"
#include "routing/learn.h"
#include "routing/reader.h"

#include <stdlib.h>
#include <string.h>

const struct router_skill *take_skills(struct reader *in, size_t *n)
{
    *n = take_count(in, 4, 3);
    struct router_skill *v = arena_new(&in->arena, *n, sizeof *v);
    for (size_t i = 0; i < *n; i++) {
        v[i].name = take_text(in, ROUTER_NAME_MAX);
        v[i].level = take8(in);
        reader_must(in, !i || strcmp(v[i - 1].name, v[i].name) < 0, "skills are out of order");
    }
    return v;
}

void take_rules(struct reader *in, struct router_config *c)
{
    c->grace_ms = take32(in);
    c->timeouts_to_away = take32(in);
    c->decline_pause_ms = take32(in);
    c->decline_max = take32(in);
    c->learn_ms = take32(in);
    c->extend_max = take8(in);
    c->focus_ms = take32(in);
    c->calls_interrupt = take8(in);
    c->order = (enum router_order)take8(in);
    c->seed = take64(in);
    c->idle_from_end = take_bool(in);
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        c->channels[i].units = take32(in);
        c->channels[i].idle_ms = take32(in);
        c->channels[i].offer_ms = take32(in);
        c->channels[i].prefer_known_ms = take32(in);
        c->channels[i].auto_accept = take_bool(in);
        c->channels[i].max = take32(in);
        c->channels[i].exclusive = take_bool(in);
        c->channels[i].give_back_ms = take32(in);
        c->channels[i].lost_ms = take32(in);
        c->channels[i].away_ms = take32(in);
    }
    reader_must(in, config_rules_legal(c), "rules are out of bounds");
}

static const struct router_relax *take_steps(struct reader *in, size_t *n)
{
    *n = take_count(in, 1, 11);
    struct router_relax *v = arena_new(&in->arena, *n, sizeof *v);
    for (size_t i = 0; i < *n; i++) {
        v[i].after_ms = take32(in);
        v[i].percent = take32(in);
        v[i].breach = take_bool(in);
        v[i].needs = take_text(in, ROUTER_NEEDS_MAX);
    }
    return v;
}

static const struct router_sla *take_slas(struct reader *in, size_t *n)
{
    *n = take_count(in, 1, 10);
    struct router_sla *v = arena_new(&in->arena, *n, sizeof *v);
    for (size_t i = 0; i < *n; i++) {
        v[i].channel = (enum router_channel)take8(in);
        v[i].priority = take8(in);
        v[i].first_ms = take32(in);
        v[i].next_ms = take32(in);
    }
    return v;
}

static struct forecast take_forecast(struct reader *in)
{
    struct forecast f = {0};
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        f.pace[c].n = take64(in);
        f.pace[c].sum = take64(in);
        f.pace[c].squares = take64(in);
    }
    f.waits = take64(in);
    f.left = take64(in);
    f.waited = take64(in);
    f.seen.inside = take64(in);
    f.seen.below = take64(in);
    f.seen.above = take64(in);
    f.seen.unknown = take64(in);
    f.seen.error = take64(in);
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        f.responses[c].first_met = take64(in);
        f.responses[c].first_missed = take64(in);
        f.responses[c].next_met = take64(in);
        f.responses[c].next_missed = take64(in);
    }
    f.callbacks.asked = take64(in);
    f.callbacks.reached = take64(in);
    f.callbacks.unreached = take64(in);
    f.voicemails.sent = take64(in);
    f.voicemails.left = take64(in);
    f.voicemails.empty = take64(in);
    return f;
}

static void take_overflow(struct reader *in, struct router_queue *d)
{
    d->overflow = take_text(in, ROUTER_NAME_MAX);
    d->overflow_waiting = take32(in);
    d->overflow_ms = take32(in);
    d->tells = take32(in);
    d->promise_ms = take32(in);
    d->callback_retry_ms = take32(in);
    d->callback_attempts = take32(in);
    d->callback_dial_ms = take32(in);
    d->callback_hours = take_text(in, ROUTER_NAME_MAX);
    d->callback_after_ms = take32(in);
    d->voicemail = take32(in);
    d->voicemail_ms = take32(in);
    d->voicemail_wait_ms = take32(in);
    reader_must(in, d->callback_retry_ms && d->callback_attempts && d->callback_dial_ms, "a queue calls nobody back");
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        d->silent[i].notice_ms = take32(in);
        d->silent[i].close_ms = take32(in);
    }
}

static struct queue *take_queue(struct reader *in)
{
    struct router_queue d = {0};
    d.name = take_text(in, ROUTER_NAME_MAX);
    d.priority = take8(in);
    d.requires = take_skills(in, &d.requires_n);
    d.needs = take_text(in, ROUTER_NEEDS_MAX);
    d.floor = take_text(in, ROUTER_NEEDS_MAX);
    d.steps = take_steps(in, &d.steps_n);
    d.slas = take_slas(in, &d.slas_n);
    d.sla_calendar = take_text(in, ROUTER_NAME_MAX);
    d.prefers = take_skills(in, &d.prefers_n);
    d.channels = take32(in);
    d.accounts = take_texts(in, &d.accounts_n);
    d.intents = take_texts(in, &d.intents_n);
    d.languages = take_texts(in, &d.languages_n);
    attribute_rules_take(in, &d);
    d.dispositions = take_texts(in, &d.dispositions_n);
    d.disposition_required = take_bool(in);
    d.calendar = take_text(in, ROUTER_NAME_MAX);
    d.when = (enum router_when)take8(in);
    take_overflow(in, &d);
    d.select = (enum router_select)take8(in);
    d.weight_speed = take32(in);
    d.learn = take_bool(in);
    d.learn_prior = take32(in);
    for (size_t i = 0; i < ROUTER_SELECTS; i++)
        d.mix[i] = take8(in);
    d.weight = take32(in);
    d.target_ms = take32(in);
    d.offer_to = take8(in);
    d.offer_ms = take32(in);
    d.wrap_up_ms = take32(in);
    d.prefer_known_ms = take32(in);
    d.from_file = take_bool(in);
    bool implicit = take_bool(in);
    struct forecast shown = take_forecast(in);
    if (!reader_must(in, config_queue_legal(&d) && d.weight && d.target_ms && d.learn_prior && d.voicemail_wait_ms,
                     "a queue is out of bounds"))
        return NULL;
    struct queue *q = queue_new(&d);
    q->implicit = implicit;
    *q->forecast = shown;
    if (!reader_must(in, pace_legal(q->forecast), "what a queue has shown is out of bounds"))
        q->forecast->waits = 0;
    for (size_t i = 0; i < q->topics_n; i++) {
        q->topics[i].since = take32(in);
        q->topics[i].mean = take32(in);
        reader_must(in, q->topics[i].mean <= LEARN_ONE, "a mean is beyond certainty");
    }
    return q;
}

void take_queues(struct reader *in, struct router *r)
{
    size_t n = take_count(in, 4, 32);
    if (!reader_must(in, n > 0, "there is no queue"))
        return;
    fit_no_queue(r, r->queues[0]);
    queue_bury(r, r->queues[0]);
    r->queues_n = 0;
    memory_bury(r, r->queues);
    r->queues = memory_new(n, sizeof(struct queue *));
    for (size_t i = 0; i < n; i++) {
        struct queue *q = take_queue(in);
        if (!q)
            return;
        closure_take(in, r, q);
        bool legal = !queue_find(r, q->def.name) && (!q->implicit || n == 1);
        fit_queue(r, q);
        q->index = i;
        r->queues[r->queues_n++] = q;
        if (!reader_must(in, legal, "a queue is there twice"))
            return;
    }
    enter_queues(r);
    sla_hours(r);
}

static struct topic *take_topic(struct reader *in, const struct router *r)
{
    const struct queue *q = queue_find(r, take_text(in, ROUTER_NAME_MAX));
    size_t at = take8(in);
    bool exists = q && at < q->topics_n;
    reader_must(in, exists, "a topic does not exist");
    return exists ? &q->topics[at] : NULL;
}

void take_lessons(struct reader *in, const struct router *r, struct agent *a)
{
    for (size_t n = take_count(in, 4, 13); n && !in->why; n--) {
        struct topic *t = take_topic(in, r);
        uint32_t tried = take32(in), solved = take32(in);
        if (reader_must(in, t && !learn_lesson(a, t) && tried <= LEARN_TRIED && solved <= tried,
                        "what was learned of an agent is out of bounds"))
            learn_add_lesson(a, t, tried, solved);
    }
}

void take_closings(struct reader *in, struct router *r)
{
    for (size_t n = take_count(in, 4, 30); n && !in->why; n--) {
        struct closing c = {.work = take64(in)};
        c.customer = take64(in);
        c.at = take_past(in, r->at);
        c.agent = agent_find(r, take_text(in, ROUTER_NAME_MAX));
        c.topic = take_topic(in, r);
        c.solved = take_bool(in);
        c.contested = take_bool(in);
        bool next = c.agent && c.topic && !learn_closing_of(r, c.work) &&
                    (!r->closings_last || r->closings_last->at <= c.at) && r->closings_n < LEARN_MEMORY;
        size_t before = r->closings_n;
        if (reader_must(in, next, "a closing is out of order"))
            learn_add_closing(r, &c);
        reader_must(in, in->why || r->closings_n == before + 1, "two closings are of one customer and topic");
    }
}
