// SPDX-License-Identifier: Apache-2.0
//
// Definitions as a snapshot has them: rules, queues, agents. Whoever compares two of them reads the same bytes (same.c), so whatever they
// say has to be here.

#include "routing/attribute.h"
#include "routing/notice.h"
#include "routing/writer.h"

static void put_skills(struct writer *o, const struct router_skill *v, size_t n)
{
    put32(o, n);
    for (size_t i = 0; i < n; i++) {
        put_text(o, v[i].name);
        put8(o, v[i].level);
    }
}

void put_rules(struct writer *o, const struct router_config *c)
{
    put32(o, c->grace_ms);
    put32(o, c->timeouts_to_away);
    put32(o, c->decline_pause_ms);
    put32(o, c->decline_max);
    put32(o, c->learn_ms);
    put8(o, c->extend_max);
    put32(o, c->focus_ms);
    put8(o, c->calls_interrupt);
    put8(o, (uint64_t)c->order);
    put64(o, c->seed);
    put8(o, c->idle_from_end);
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        put32(o, c->channels[i].units);
        put32(o, c->channels[i].idle_ms);
        put32(o, c->channels[i].offer_ms);
        put32(o, c->channels[i].prefer_known_ms);
        put8(o, c->channels[i].auto_accept);
        put32(o, c->channels[i].max);
        put8(o, c->channels[i].exclusive);
        put32(o, c->channels[i].give_back_ms);
        put32(o, c->channels[i].lost_ms);
        put32(o, c->channels[i].away_ms);
    }
}

static void put_slas(struct writer *o, const struct router_queue *d)
{
    put8(o, d->slas_n);
    for (size_t i = 0; i < d->slas_n; i++) {
        put8(o, (uint64_t)d->slas[i].channel);
        put8(o, d->slas[i].priority);
        put32(o, d->slas[i].first_ms);
        put32(o, d->slas[i].next_ms);
    }
    put_text(o, d->sla_calendar);
}

static void put_overflow(struct writer *o, const struct router_queue *d)
{
    put_text(o, d->overflow);
    put32(o, d->overflow_waiting);
    put32(o, d->overflow_ms);
    put32(o, d->tells);
    put32(o, d->promise_ms);
    put32(o, d->callback_retry_ms);
    put32(o, d->callback_attempts);
    put32(o, d->callback_dial_ms);
    put_text(o, d->callback_hours);
    put32(o, d->callback_after_ms);
    put32(o, d->voicemail);
    put32(o, d->voicemail_ms);
    put32(o, d->voicemail_wait_ms);
    silence_put(o, d);
}

static void put_rows(struct writer *o, const struct router_queue *d)
{
    put8(o, d->steps_n);
    for (size_t i = 0; i < d->steps_n; i++) {
        put32(o, d->steps[i].after_ms);
        put32(o, d->steps[i].percent);
        put8(o, d->steps[i].breach);
        put_text(o, d->steps[i].needs);
    }
    put_slas(o, d);
}

void put_queue_def(struct writer *o, const struct router_queue *d)
{
    put_text(o, d->name);
    put8(o, d->priority);
    put_skills(o, d->requires, d->requires_n);
    put_text(o, d->needs);
    put_text(o, d->floor);
    put_rows(o, d);
    put_skills(o, d->prefers, d->prefers_n);
    put32(o, d->channels);
    put_texts(o, d->accounts, d->accounts_n);
    put_texts(o, d->intents, d->intents_n);
    put_texts(o, d->languages, d->languages_n);
    attribute_rules_put(o, d);
    put_texts(o, d->dispositions, d->dispositions_n);
    put8(o, d->disposition_required);
    put_text(o, d->calendar);
    put8(o, (uint64_t)d->when);
    put_overflow(o, d);
    put8(o, (uint64_t)d->select);
    put32(o, d->weight_speed);
    put8(o, d->learn);
    put32(o, d->learn_prior);
    for (size_t i = 0; i < ROUTER_SELECTS; i++)
        put8(o, d->mix[i]);
    put32(o, d->weight);
    put32(o, d->target_ms);
    put8(o, d->offer_to);
    put32(o, d->offer_ms);
    put32(o, d->wrap_up_ms);
    put32(o, d->prefer_known_ms);
    put8(o, d->from_file);
}

void put_agent_def(struct writer *o, const struct router_agent *d)
{
    put_text(o, d->id);
    put_text(o, d->name);
    put8(o, d->bot);
    put8(o, d->from_file);
    put_skills(o, d->skills, d->skills_n);
    put32(o, d->capacity);
    put32(o, d->channels);
    put32(o, d->speed);
    put32(o, d->resolution);
    put_text(o, d->team);
    put8(o, d->sees_conversation);
    put_texts(o, d->attributes, d->attributes_n);
}
