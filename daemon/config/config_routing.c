// SPDX-License-Identifier: Apache-2.0
// A tenant's part of the configuration as the message that goes into the log, and finding accounts. Memory for messages is
// malloc'd as protobuf-c frees it.
#include "daemon/config/config_private.h"

#include "daemon/base/loop.h"
#include "routing/router.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static Throughline__V1__Skill **skills_message(const struct config_skills *skills, size_t *n)
{
    *n = skills->n;
    if (skills->n == 0)
        return NULL;
    Throughline__V1__Skill **v = xcalloc(skills->n, sizeof *v);
    for (size_t i = 0; i < skills->n; i++) {
        v[i] = xcalloc(1, sizeof **v);
        throughline__v1__skill__init(v[i]);
        v[i]->name = xstrdup(skills->v[i].name);
        v[i]->level = (uint32_t)skills->v[i].level;
    }
    return v;
}

static Throughline__V1__MixPart **mix_message(const struct config_skills *mix, size_t *n)
{
    *n = mix->n;
    if (mix->n == 0)
        return NULL;
    Throughline__V1__MixPart **v = xcalloc(mix->n, sizeof *v);
    for (size_t i = 0; i < mix->n; i++) {
        v[i] = xcalloc(1, sizeof **v);
        throughline__v1__mix_part__init(v[i]);
        v[i]->select = xstrdup(mix->v[i].name);
        v[i]->weight = (uint32_t)mix->v[i].level;
    }
    return v;
}

static char *text_message(const char *s)
{
    return s != NULL ? xstrdup(s) : (char *)protobuf_c_empty_string;
}

static Throughline__V1__Step **steps_message(const struct config_list *steps, size_t *n)
{
    *n = steps->n;
    if (steps->n == 0)
        return NULL;
    Throughline__V1__Step **v = xcalloc(steps->n, sizeof *v);
    for (size_t i = 0; i < steps->n; i++) {
        const char *needs = "";
        v[i] = xcalloc(1, sizeof **v);
        throughline__v1__step__init(v[i]);
        if (!config_step(steps->v[i], &v[i]->after_seconds, &v[i]->percent, &needs))
            abort(); // it was read by the same function
        v[i]->breach = !v[i]->after_seconds && !v[i]->percent;
        v[i]->needs = xstrdup(needs);
    }
    return v;
}

static Throughline__V1__Sla **sla_message(const struct config_list *rows, size_t *n)
{
    *n = rows->n;
    if (rows->n == 0)
        return NULL;
    Throughline__V1__Sla **v = xcalloc(rows->n, sizeof *v);
    for (size_t i = 0; i < rows->n; i++) {
        struct router_sla row;
        v[i] = xcalloc(1, sizeof **v);
        throughline__v1__sla__init(v[i]);
        if (!config_sla(rows->v[i], &row))
            abort(); // it was read by the same function
        v[i]->channel = (Throughline__V1__Channel)row.channel;
        v[i]->priority = row.priority;
        v[i]->first_seconds = row.first_ms / 1000;
        v[i]->next_seconds = row.next_ms / 1000;
    }
    return v;
}

static char **list_message(const struct config_list *list, size_t *n)
{
    *n = list->n;
    if (list->n == 0)
        return NULL;
    char **v = xcalloc(list->n, sizeof *v);
    for (size_t i = 0; i < list->n; i++)
        v[i] = xstrdup(list->v[i]);
    return v;
}

static Throughline__V1__Channel *channels_message(uint32_t bits, size_t *n)
{
    *n = 0;
    if (bits == 0)
        return NULL;
    Throughline__V1__Channel *v = xcalloc(CONFIG_CHANNELS, sizeof *v);
    for (unsigned channel = 1; channel < CONFIG_CHANNELS; channel++) {
        if (bits & 1u << channel)
            v[(*n)++] = (Throughline__V1__Channel)channel;
    }
    return v;
}

static Throughline__V1__Silence **silent_message(const struct config_list *rows, size_t *n)
{
    *n = 0;
    if (rows->n == 0)
        return NULL;
    Throughline__V1__Silence **v = xcalloc(rows->n, sizeof *v);
    for (size_t i = 0; i < rows->n; i++) {
        struct config_silence row;
        if (!config_silence(rows->v[i], &row))
            abort(); // it was read by the same function
        Throughline__V1__Silence *m = v[(*n)++] = xcalloc(1, sizeof *m);
        throughline__v1__silence__init(m);
        m->channel = (Throughline__V1__Channel)row.channel;
        m->notice_seconds = row.notice_ms / 1000;
        m->close_seconds = row.close_ms / 1000;
    }
    return v;
}

static Throughline__V1__NoticeKind *tells_message(uint32_t bits, size_t *n)
{
    *n = 0;
    if (bits == 0)
        return NULL;
    Throughline__V1__NoticeKind *v = xcalloc(ROUTER_NOTICES, sizeof *v);
    for (unsigned kind = 1; kind < ROUTER_NOTICES; kind++) {
        if (bits & 1u << kind)
            v[(*n)++] = (Throughline__V1__NoticeKind)kind;
    }
    return v;
}

static Throughline__V1__AttributeRule **attributes_message(const struct config_attributes *a, size_t *n)
{
    *n = a->n;
    Throughline__V1__AttributeRule **v = a->n > 0 ? xcalloc(a->n, sizeof *v) : NULL;
    for (size_t i = 0; i < a->n; i++) {
        v[i] = xcalloc(1, sizeof *v[i]);
        throughline__v1__attribute_rule__init(v[i]);
        v[i]->key = xstrdup(a->v[i].key);
        v[i]->values = list_message(&a->v[i].values, &v[i]->n_values);
    }
    return v;
}

static Throughline__V1__Queue *queue_message(const struct config *c, const struct config_queue *q)
{
    Throughline__V1__Queue *m = xcalloc(1, sizeof *m);
    throughline__v1__queue__init(m);
    m->name = xstrdup(q->name);
    m->priority = (uint32_t)q->priority;
    m->requires = skills_message(&q->requires, &m->n_requires);
    m->needs = text_message(q->needs);
    m->floor = text_message(q->floor);
    m->steps = steps_message(&q->steps, &m->n_steps);
    m->prefers = skills_message(&q->prefers, &m->n_prefers);
    m->channels = channels_message(q->channels, &m->n_channels);
    m->accounts = list_message(&q->accounts, &m->n_accounts);
    m->intents = list_message(&q->intents, &m->n_intents);
    m->languages = list_message(&q->languages, &m->n_languages);
    m->attributes = attributes_message(&q->attributes, &m->n_attributes);
    m->dispositions = list_message(&q->dispositions, &m->n_dispositions);
    m->disposition_required = q->disposition_required;
    m->calendar = text_message(q->calendar);
    m->overflow = text_message(q->overflow);
    m->overflow_waiting = (uint32_t)q->overflow_waiting;
    m->overflow_seconds = (uint32_t)q->overflow_seconds;
    m->tells = tells_message(config_tells(c, q), &m->n_tells);
    m->silent = silent_message(&q->silent, &m->n_silent);
    m->promise_seconds = (uint32_t)q->promise_seconds;
    m->callback_retry_seconds = (uint32_t)q->callback_retry_seconds;
    m->callback_attempts = (uint32_t)q->callback_attempts;
    m->callback_dial_seconds = (uint32_t)q->callback_dial_seconds;
    m->callback_hours = text_message(q->callback_hours);
    m->callback_after_seconds = (uint32_t)q->callback_after_seconds;
    m->voicemail = tells_message(q->voicemail, &m->n_voicemail);
    m->voicemail_seconds = (uint32_t)q->voicemail_seconds;
    m->voicemail_wait_seconds = (uint32_t)q->voicemail_wait_seconds;
    m->when = text_message(q->when ? router_when_name((enum router_when)q->when) : NULL);
    m->select = xstrdup(router_select_name((enum router_select)q->select));
    m->weight_speed = (uint32_t)q->weight_speed;
    m->learn = q->learn;
    m->learn_prior = (uint32_t)q->learn_prior;
    m->mix = mix_message(&q->mix, &m->n_mix);
    m->weight = (uint32_t)q->weight;
    m->target_seconds = (uint32_t)q->target_seconds;
    m->sla_calendar = text_message(q->sla_calendar);
    m->sla = sla_message(&q->sla, &m->n_sla);
    m->offer_to = (uint32_t)q->offer_to;
    m->offer_seconds = (uint32_t)q->offer_seconds;
    m->wrap_up_seconds = (uint32_t)q->wrap_up_seconds;
    m->prefer_known_seconds = (uint32_t)q->prefer_known_seconds;
    m->from_file = true;
    return m;
}

static Throughline__V1__Calendar *calendar_message(const struct config_calendar *c)
{
    Throughline__V1__Calendar *m = xcalloc(1, sizeof *m);
    throughline__v1__calendar__init(m);
    m->name = xstrdup(c->name);
    m->time_zone = xstrdup(c->time_zone);
    m->hours = list_message(&c->hours, &m->n_hours);
    m->holidays = list_message(&c->holidays, &m->n_holidays);
    return m;
}

static Throughline__V1__Agent *agent_message(const struct config_agent *a)
{
    Throughline__V1__Agent *m = xcalloc(1, sizeof *m);
    throughline__v1__agent__init(m);
    m->id = xstrdup(a->id);
    m->name = xstrdup(a->name != NULL ? a->name : a->id);
    m->bot = a->bot;
    m->skills = skills_message(&a->skills, &m->n_skills);
    m->team = text_message(a->team);
    m->attributes = list_message(&a->attributes, &m->n_attributes);
    m->sees = xstrdup(a->sees ? "conversation" : "customer");
    m->capacity = (uint32_t)a->capacity;
    m->speed = (uint32_t)a->speed;
    m->resolution = (uint32_t)a->resolution;
    m->channels = channels_message(a->channels, &m->n_channels);
    m->from_file = true;
    return m;
}

static Throughline__V1__ChannelRules *rules_message(const struct config_channel *rules, unsigned channel)
{
    Throughline__V1__ChannelRules *m = xcalloc(1, sizeof *m);
    throughline__v1__channel_rules__init(m);
    m->channel = (Throughline__V1__Channel)channel;
    m->units = (uint32_t)rules->units;
    m->idle_seconds = (uint32_t)(rules->idle_minutes * 60);
    m->offer_seconds = (uint32_t)rules->offer_seconds;
    m->prefer_known_seconds = (uint32_t)rules->prefer_known_seconds;
    m->auto_accept = rules->auto_accept;
    m->max = (uint32_t)rules->max;
    m->exclusive = rules->exclusive;
    m->lost_grace_seconds = (uint32_t)rules->lost_grace_seconds;
    m->away_grace_seconds = (uint32_t)rules->away_grace_seconds;
    m->give_back_seconds = (uint32_t)(rules->give_back_minutes * 60);
    return m;
}

Throughline__V1__RoutingConfig *config_routing(const struct config *c, const char *tenant)
{
    Throughline__V1__RoutingConfig *m = xcalloc(1, sizeof *m);
    throughline__v1__routing_config__init(m);
    m->queues = xcalloc(c->queues_n, sizeof(Throughline__V1__Queue *));
    for (size_t i = 0; i < c->queues_n; i++) {
        if (strcmp(c->queues[i].tenant, tenant) == 0)
            m->queues[m->n_queues++] = queue_message(c, &c->queues[i]);
    }
    m->agents = xcalloc(c->agents_n, sizeof(Throughline__V1__Agent *));
    for (size_t i = 0; i < c->agents_n; i++) {
        if (strcmp(c->agents[i].tenant, tenant) == 0)
            m->agents[m->n_agents++] = agent_message(&c->agents[i]);
    }
    m->calendars = xcalloc(c->calendars_n, sizeof(Throughline__V1__Calendar *));
    for (size_t i = 0; i < c->calendars_n; i++) {
        if (strcmp(c->calendars[i].tenant, tenant) == 0)
            m->calendars[m->n_calendars++] = calendar_message(&c->calendars[i]);
    }
    m->grace_seconds = (uint32_t)c->routing.grace_seconds;
    m->timeouts_to_away = (uint32_t)c->routing.timeouts_to_away;
    m->decline_pause_seconds = (uint32_t)c->routing.decline_pause_seconds;
    m->decline_max = (uint32_t)c->routing.decline_max;
    m->order = xstrdup(router_order_name((enum router_order)c->routing.order));
    m->learn_days = (uint32_t)c->routing.learn_days;
    m->extend_max = (uint32_t)c->routing.extend_max;
    m->calls_interrupt = channels_message(c->routing.calls_interrupt, &m->n_calls_interrupt);
    m->focus_seconds = (uint32_t)(c->routing.focus_minutes * 60);
    m->seed = (uint64_t)c->routing.seed;
    m->idle_from_end = c->routing.idle_from_end;
    m->channels = xcalloc(CONFIG_CHANNELS, sizeof(Throughline__V1__ChannelRules *));
    for (unsigned channel = 1; channel < CONFIG_CHANNELS; channel++)
        m->channels[m->n_channels++] = rules_message(&c->channels[channel], channel);
    return m;
}

void config_hash(const struct config *c, const char *tenant, char out[static CONFIG_HASH_MAX])
{
    Throughline__V1__RoutingConfig *m = config_routing(c, tenant);
    size_t n = throughline__v1__routing_config__get_packed_size(m);
    uint8_t *bytes = xcalloc(1, n);
    throughline__v1__routing_config__pack(m, bytes);
    unsigned char digest[32];
    unsigned int len;
    if (!EVP_Digest(bytes, n, digest, &len, EVP_sha256(), NULL))
        abort(); // SHA-256 cannot be missing
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    free(bytes);
    throughline__v1__routing_config__free_unpacked(m, NULL);
}

const struct config_account *config_account(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->accounts_n; i++) {
        if (strcmp(c->accounts[i].name, name) == 0)
            return &c->accounts[i];
    }
    return NULL;
}
