// SPDX-License-Identifier: Apache-2.0
// The router's views as messages. Everything is allocated with malloc, so that the generated free_unpacked gives it back; strings are
// copied, an empty one is protobuf-c's own empty string.
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/core/core.h"
#include "daemon/core/decision.h"
#include "throughline/v1/agent.pb-c.h"
#include "throughline/v1/work.pb-c.h"

static char **texts(const char *const *v, size_t n)
{
    char **out = n ? xcalloc(n, sizeof *out) : NULL;
    for (size_t i = 0; i < n; i++)
        out[i] = message_text(v[i]);
    return out;
}

static void put_silent(Throughline__V1__Queue *q, const struct router_silence *v)
{
    q->silent = xcalloc(ROUTER_CHANNELS, sizeof *q->silent);
    for (unsigned c = 0; c < ROUTER_CHANNELS; c++) {
        if (!v[c].notice_ms && !v[c].close_ms)
            continue;
        Throughline__V1__Silence *m = q->silent[q->n_silent++] = xcalloc(1, sizeof *m);
        throughline__v1__silence__init(m);
        m->channel = (Throughline__V1__Channel)c;
        m->notice_seconds = v[c].notice_ms / 1000;
        m->close_seconds = v[c].close_ms / 1000;
    }
}

static void put_mix(Throughline__V1__Queue *q, const uint32_t *mix)
{
    q->mix = xcalloc(ROUTER_SELECTS, sizeof *q->mix);
    for (unsigned s = 0; s < ROUTER_SELECTS; s++) {
        if (!mix[s])
            continue;
        Throughline__V1__MixPart *part = q->mix[q->n_mix++] = xcalloc(1, sizeof *part);
        throughline__v1__mix_part__init(part);
        part->select = message_text(router_select_name((enum router_select)s));
        part->weight = mix[s];
    }
}

static Throughline__V1__Step **steps(const struct router_relax *v, size_t n)
{
    Throughline__V1__Step **out = n ? xcalloc(n, sizeof *out) : NULL;
    for (size_t i = 0; i < n; i++) {
        out[i] = xcalloc(1, sizeof **out);
        throughline__v1__step__init(out[i]);
        out[i]->after_seconds = v[i].after_ms / 1000;
        out[i]->percent = v[i].percent;
        out[i]->breach = v[i].breach;
        out[i]->needs = message_text(v[i].needs);
    }
    return out;
}

static Throughline__V1__Sla **slas(const struct router_sla *v, size_t n)
{
    Throughline__V1__Sla **out = n ? xcalloc(n, sizeof *out) : NULL;
    for (size_t i = 0; i < n; i++) {
        out[i] = xcalloc(1, sizeof *out[i]);
        throughline__v1__sla__init(out[i]);
        out[i]->channel = (Throughline__V1__Channel)v[i].channel;
        out[i]->priority = v[i].priority;
        out[i]->first_seconds = v[i].first_ms / 1000;
        out[i]->next_seconds = v[i].next_ms / 1000;
    }
    return out;
}

static Throughline__V1__Channel *channels(uint32_t bits, size_t *n)
{
    *n = (size_t)__builtin_popcount(bits);
    Throughline__V1__Channel *out = *n ? xcalloc(*n, sizeof *out) : NULL;
    size_t k = 0;
    for (unsigned c = 0; k < *n; c++)
        if (bits & 1u << c)
            out[k++] = (Throughline__V1__Channel)c;
    return out;
}

static Throughline__V1__Session *session(const struct router_session *s)
{
    Throughline__V1__Session *m = xcalloc(1, sizeof *m);
    throughline__v1__session__init(m);
    m->channel = (Throughline__V1__Channel)s->channel;
    m->account = message_text(s->account);
    m->handle = message_text(s->handle);
    m->call = message_text(s->call);
    m->live = s->live;
    m->simulated = s->simulated;
    m->callback = message_text(s->callback);
    m->attempts = *s->callback ? s->attempts : 0;
    return m;
}

static Throughline__V1__Participant **participants(const struct router_work_view *w)
{
    Throughline__V1__Participant **out = w->participants_n ? xcalloc(w->participants_n, sizeof *out) : NULL;
    for (size_t i = 0; i < w->participants_n; i++) {
        const struct router_participant_view *p = &w->participants[i];
        out[i] = xcalloc(1, sizeof *out[i]);
        throughline__v1__participant__init(out[i]);
        out[i]->agent = message_text(p->agent);
        out[i]->role = (Throughline__V1__Role)p->role;
        out[i]->joined = p->joined;
        out[i]->epoch = p->epoch;
        out[i]->deadline_ms = p->deadline;
    }
    return out;
}

Throughline__V1__Work *core_work_message(const struct router *r, const struct router_work_view *w)
{
    struct router_offer_view o;
    Throughline__V1__Work *m = xcalloc(1, sizeof *m);
    throughline__v1__work__init(m);
    m->id = w->id;
    m->conversation = w->conversation;
    m->customer = w->customer;
    m->queue = message_text(w->queue);
    m->state = (Throughline__V1__WorkState)w->state;
    m->agent = message_text(w->agent);
    m->epoch = w->epoch;
    m->priority = w->priority;
    m->since_ms = w->since;
    m->deadline_ms = w->deadline;
    m->charge = w->charge;
    m->reason = (Throughline__V1__Reason)w->reason;
    m->language = message_text(w->language);
    m->intent = message_text(w->intent);
    m->former_agent = message_text(w->former_agent);
    m->channel_now = (Throughline__V1__Channel)w->channel_now;
    m->disposition = message_text(w->disposition);
    m->snoozed_until_ms = w->snoozed_until;
    m->supervised = decision_supervised(&w->hand);
    m->due = decision_due(&w->due);
    m->told = message_notices(w->told, &m->n_told);
    m->voicemail = decision_voicemail(&w->voicemail);
    m->offered_to = w->offers_n ? xcalloc(w->offers_n, sizeof *m->offered_to) : NULL;
    for (size_t i = 0; i < w->offers_n && router_offer_at(r, w->id, i, &o); i++)
        m->offered_to[m->n_offered_to++] = message_text(o.agent);
    m->n_participants = w->participants_n;
    m->participants = participants(w);
    m->n_sessions = w->sessions_n;
    m->sessions = w->sessions_n ? xcalloc(w->sessions_n, sizeof *m->sessions) : NULL;
    for (size_t i = 0; i < w->sessions_n; i++)
        m->sessions[i] = session(&w->sessions[i]);
    return m;
}

void core_put_entered(Throughline__V1__Work *m, const struct router_work_view *w)
{
    m->entered = decision_entered(w->entered);
}

static Throughline__V1__Agent *agent(const struct router_agent *a)
{
    Throughline__V1__Agent *m = xcalloc(1, sizeof *m);
    throughline__v1__agent__init(m);
    m->id = message_text(a->id);
    m->name = message_text(a->name);
    m->bot = a->bot;
    m->n_skills = a->skills_n;
    m->skills = message_skills(a->skills, a->skills_n);
    m->capacity = a->capacity;
    m->speed = a->speed;
    m->resolution = a->resolution;
    m->team = message_text(a->team);
    m->sees = message_text(a->sees_conversation ? "conversation" : "customer");
    m->n_attributes = a->attributes_n;
    m->attributes = texts(a->attributes, a->attributes_n);
    m->channels = channels(a->channels, &m->n_channels);
    m->from_file = a->from_file;
    return m;
}

Throughline__V1__AgentStatus *core_agent_message(const struct router_agent_view *a)
{
    Throughline__V1__AgentStatus *m = xcalloc(1, sizeof *m);
    throughline__v1__agent_status__init(m);
    m->agent = agent(&a->def);
    m->presence = (Throughline__V1__PresenceState)a->presence;
    m->load = a->load;
    m->sessions = a->sessions;
    m->idle_since_ms = a->idle_since;
    m->n_work = a->work_n;
    m->work = a->work_n ? xmemdup(a->work, a->work_n * sizeof *a->work) : NULL;
    return m;
}

// Whom it prefers, and what waiting costs.
static void put_choice(Throughline__V1__Queue *q, const struct router_queue *d)
{
    q->weight_speed = d->weight_speed;
    q->learn = d->learn;
    q->learn_prior = d->learn_prior;
    put_mix(q, d->mix);
    q->weight = d->weight;
    q->target_seconds = d->target_ms / 1000;
    q->sla_calendar = message_text(d->sla_calendar);
    q->n_sla = d->slas_n;
    q->sla = slas(d->slas, d->slas_n);
}

Throughline__V1__Closure *core_closure_message(const struct router_closure *v)
{
    if (!*v->by)
        return NULL;
    Throughline__V1__Closure *m = xcalloc(1, sizeof *m);
    throughline__v1__closure__init(m);
    m->by = message_text(v->by);
    m->reason = message_text(v->note);
    m->since_ms = v->since;
    m->until_ms = v->until;
    m->to = message_text(v->to);
    m->message = message_text(v->message);
    return m;
}

static Throughline__V1__AttributeRule **attribute_rules(const struct router_attribute_rule *v, size_t n)
{
    Throughline__V1__AttributeRule **out = n ? xcalloc(n, sizeof *out) : NULL;
    for (size_t i = 0; i < n; i++) {
        out[i] = xcalloc(1, sizeof *out[i]);
        throughline__v1__attribute_rule__init(out[i]);
        out[i]->key = message_text(v[i].key);
        out[i]->n_values = v[i].values_n;
        out[i]->values = texts(v[i].values, v[i].values_n);
    }
    return out;
}

static void put_overflow(Throughline__V1__Queue *q, const struct router_queue *d)
{
    q->overflow = message_text(d->overflow);
    q->overflow_waiting = d->overflow_waiting;
    q->overflow_seconds = d->overflow_ms / 1000;
    q->promise_seconds = d->promise_ms / 1000;
    q->callback_retry_seconds = d->callback_retry_ms / 1000;
    q->callback_attempts = d->callback_attempts;
    q->callback_dial_seconds = d->callback_dial_ms / 1000;
    q->callback_hours = message_text(d->callback_hours);
    q->callback_after_seconds = d->callback_after_ms / 1000;
    q->voicemail = message_notices(d->voicemail, &q->n_voicemail);
    q->voicemail_seconds = d->voicemail_ms / 1000;
    q->voicemail_wait_seconds = d->voicemail_wait_ms / 1000;
}

static void put_voicemails(Throughline__V1__QueueStatus *m, const struct router_queue_view *v)
{
    m->recording = v->recording;
    if (!v->voicemails.sent)
        return;
    m->voicemails = xcalloc(1, sizeof *m->voicemails);
    throughline__v1__voicemails__init(m->voicemails);
    m->voicemails->sent = v->voicemails.sent;
    m->voicemails->left = v->voicemails.left;
    m->voicemails->empty = v->voicemails.empty;
}

Throughline__V1__QueueStatus *core_queue_message(const struct router_queue_view *v)
{
    const struct router_queue *d = &v->def;
    Throughline__V1__QueueStatus *m = xcalloc(1, sizeof *m);
    Throughline__V1__Queue *q = xcalloc(1, sizeof *q);
    throughline__v1__queue_status__init(m);
    throughline__v1__queue__init(q);
    m->queue = q;
    m->waiting = v->waiting;
    m->offered = v->offered;
    m->assigned = v->assigned;
    put_voicemails(m, v);
    m->oldest_ms = v->oldest;
    m->closed = v->closed;
    m->closure = core_closure_message(&v->closure);
    m->unmeetable = v->unmeetable;
    q->name = message_text(d->name);
    q->priority = d->priority;
    q->n_requires = d->requires_n;
    q->requires = message_skills(d->requires, d->requires_n);
    q->channels = channels(d->channels, &q->n_channels);
    q->n_accounts = d->accounts_n;
    q->accounts = texts(d->accounts, d->accounts_n);
    q->n_intents = d->intents_n;
    q->intents = texts(d->intents, d->intents_n);
    q->n_languages = d->languages_n;
    q->languages = texts(d->languages, d->languages_n);
    q->n_attributes = d->attributes_n;
    q->attributes = attribute_rules(d->attributes, d->attributes_n);
    q->select = message_text(router_select_name(d->select));
    q->needs = message_text(d->needs);
    q->floor = message_text(d->floor);
    q->n_steps = d->steps_n;
    q->steps = steps(d->steps, d->steps_n);
    q->n_prefers = d->prefers_n;
    q->prefers = message_skills(d->prefers, d->prefers_n);
    q->n_dispositions = d->dispositions_n;
    q->dispositions = texts(d->dispositions, d->dispositions_n);
    q->disposition_required = d->disposition_required;
    q->calendar = message_text(d->calendar);
    q->tells = message_notices(d->tells, &q->n_tells);
    put_silent(q, d->silent);
    put_overflow(q, d);
    q->when = message_text(d->when ? router_when_name(d->when) : "");
    put_choice(q, d);
    q->offer_to = d->offer_to;
    q->offer_seconds = d->offer_ms / 1000;
    q->wrap_up_seconds = d->wrap_up_ms / 1000;
    q->prefer_known_seconds = d->prefer_known_ms / 1000;
    q->from_file = d->from_file;
    return m;
}

Throughline__V1__Calendar *core_calendar_message(const struct router_calendar *d)
{
    Throughline__V1__Calendar *m = xcalloc(1, sizeof *m);
    throughline__v1__calendar__init(m);
    m->name = message_text(d->name);
    m->time_zone = message_text(d->zone);
    m->n_hours = d->hours_n;
    m->hours = texts(d->hours, d->hours_n);
    m->n_holidays = d->holidays_n;
    m->holidays = texts(d->holidays, d->holidays_n);
    return m;
}
