// SPDX-License-Identifier: Apache-2.0
// Agents, queues and rules from the log's messages as the router takes them. Strings stay where the message has them; what is malformed
// makes the whole input malformed. Bounds are the router's to judge.
#include <string.h>

#include "daemon/core/input.h"

static bool channel_ok(int channel)
{
    return channel >= 0 && channel < ROUTER_CHANNELS;
}

static bool channel_bits(const Throughline__V1__Channel *v, size_t n, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (!channel_ok((int)v[i]))
            return false;
        *out |= 1u << v[i];
    }
    return true;
}

static uint32_t seconds_ms(uint32_t s)
{
    return s > UINT32_MAX / 1000 ? UINT32_MAX : s * 1000;
}

static const struct router_skill *skills(struct scratch *a, Throughline__V1__Skill *const *v, size_t n)
{
    struct router_skill *s = scratch_get(a, n, sizeof *s);
    for (size_t i = 0; i < n; i++)
        s[i] = (struct router_skill){v[i]->name, v[i]->level};
    return s;
}

bool input_agent(struct scratch *a, const Throughline__V1__Agent *m, struct router_agent *out)
{
    *out = (struct router_agent){
        .id = m->id,
        .name = m->name,
        .bot = m->bot,
        .from_file = m->from_file,
        .skills = skills(a, m->skills, m->n_skills),
        .skills_n = m->n_skills,
        .capacity = m->capacity,
        .speed = m->speed,
        .resolution = m->resolution,
        .team = m->team,
        .sees_conversation = strcmp(m->sees, "conversation") == 0,
        .attributes = (const char *const *)m->attributes,
        .attributes_n = m->n_attributes,
    };
    return channel_bits(m->channels, m->n_channels, &out->channels);
}

static const struct router_relax *steps(struct scratch *a, Throughline__V1__Step *const *v, size_t n)
{
    struct router_relax *s = scratch_get(a, n, sizeof *s);
    for (size_t i = 0; i < n; i++)
        s[i] = (struct router_relax){seconds_ms(v[i]->after_seconds), v[i]->percent, v[i]->breach, v[i]->needs};
    return s;
}

static const struct router_sla *slas(struct scratch *a, Throughline__V1__Sla *const *v, size_t n)
{
    struct router_sla *s = scratch_get(a, n, sizeof *s);
    for (size_t i = 0; i < n; i++)
        s[i] = (struct router_sla){(enum router_channel)v[i]->channel, v[i]->priority, seconds_ms(v[i]->first_seconds),
                                   seconds_ms(v[i]->next_seconds)};
    return s;
}

static bool put_mix(const Throughline__V1__Queue *m, struct router_queue *out)
{
    for (size_t i = 0; i < m->n_mix; i++) {
        enum router_select part;
        if (!router_select_of(m->mix[i]->select, &part))
            return false;
        out->mix[part] = m->mix[i]->weight;
    }
    return true;
}

// A row for its channel goes before one for any.
static bool put_silent(const Throughline__V1__Queue *m, struct router_queue *out)
{
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < m->n_silent; i++) {
            const Throughline__V1__Silence *s = m->silent[i];
            struct router_silence times = {seconds_ms(s->notice_seconds), seconds_ms(s->close_seconds)};
            unsigned channel = (unsigned)s->channel;
            if (channel >= ROUTER_CHANNELS || channel == ROUTER_VOICE)
                return false;
            for (unsigned c = ROUTER_CHAT; c < ROUTER_CHANNELS; c++) {
                if (pass == 0 ? channel == 0 && c != ROUTER_VOICE : channel == c)
                    out->silent[c] = times;
            }
        }
    }
    return true;
}

static bool put_notices(const Throughline__V1__NoticeKind *v, size_t n, uint32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if ((int)v[i] <= 0 || (int)v[i] >= ROUTER_NOTICES)
            return false;
        *out |= 1u << (unsigned)v[i];
    }
    return true;
}

// Entry rules that are lists.
static void put_entry(struct scratch *a, const Throughline__V1__Queue *m, struct router_queue *out)
{
    out->accounts = (const char *const *)m->accounts;
    out->accounts_n = m->n_accounts;
    out->intents = (const char *const *)m->intents;
    out->intents_n = m->n_intents;
    out->languages = (const char *const *)m->languages;
    out->languages_n = m->n_languages;
    struct router_attribute_rule *rules = scratch_get(a, m->n_attributes, sizeof *rules);
    for (size_t i = 0; i < m->n_attributes; i++)
        rules[i] = (struct router_attribute_rule){m->attributes[i]->key, (const char *const *)m->attributes[i]->values,
                                                  m->attributes[i]->n_values};
    out->attributes = rules;
    out->attributes_n = m->n_attributes;
}

bool input_queue(struct scratch *a, const Throughline__V1__Queue *m, struct router_queue *out)
{
    *out = (struct router_queue){
        .name = m->name,
        .priority = m->priority,
        .requires = skills(a, m->requires, m->n_requires),
        .requires_n = m->n_requires,
        .needs = m->needs,
        .floor = m->floor,
        .steps = steps(a, m->steps, m->n_steps),
        .steps_n = m->n_steps,
        .prefers = skills(a, m->prefers, m->n_prefers),
        .prefers_n = m->n_prefers,
        .dispositions = (const char *const *)m->dispositions,
        .dispositions_n = m->n_dispositions,
        .disposition_required = m->disposition_required,
        .calendar = m->calendar,
        .overflow = m->overflow,
        .overflow_waiting = m->overflow_waiting,
        .overflow_ms = seconds_ms(m->overflow_seconds),
        .promise_ms = seconds_ms(m->promise_seconds),
        .callback_retry_ms = seconds_ms(m->callback_retry_seconds),
        .callback_attempts = m->callback_attempts,
        .callback_dial_ms = seconds_ms(m->callback_dial_seconds),
        .callback_hours = m->callback_hours,
        .callback_after_ms = seconds_ms(m->callback_after_seconds),
        .voicemail_ms = seconds_ms(m->voicemail_seconds),
        .voicemail_wait_ms = seconds_ms(m->voicemail_wait_seconds),
        .weight_speed = m->weight_speed,
        .learn = m->learn,
        .learn_prior = m->learn_prior,
        .weight = m->weight,
        .target_ms = seconds_ms(m->target_seconds),
        .slas = slas(a, m->sla, m->n_sla),
        .slas_n = m->n_sla,
        .sla_calendar = m->sla_calendar,
        .offer_to = m->offer_to,
        .offer_ms = seconds_ms(m->offer_seconds),
        .wrap_up_ms = seconds_ms(m->wrap_up_seconds),
        .prefer_known_ms = seconds_ms(m->prefer_known_seconds),
        .from_file = m->from_file,
    };
    put_entry(a, m, out);
    if (m->select[0] && !router_select_of(m->select, &out->select))
        return false;
    if (m->when[0] && !router_when_of(m->when, &out->when))
        return false;
    return put_mix(m, out) && put_notices(m->tells, m->n_tells, &out->tells) &&
           put_notices(m->voicemail, m->n_voicemail, &out->voicemail) && put_silent(m, out) &&
           channel_bits(m->channels, m->n_channels, &out->channels);
}

static const struct router_calendar *calendars(struct scratch *a, Throughline__V1__Calendar *const *v, size_t n)
{
    struct router_calendar *c = scratch_get(a, n, sizeof *c);
    for (size_t i = 0; i < n; i++)
        c[i] = (struct router_calendar){
            .name = v[i]->name,
            .zone = v[i]->time_zone,
            .hours = (const char *const *)v[i]->hours,
            .hours_n = v[i]->n_hours,
            .holidays = (const char *const *)v[i]->holidays,
            .holidays_n = v[i]->n_holidays,
        };
    return c;
}

bool input_config(struct scratch *a, const Throughline__V1__RoutingConfig *m, struct router_config *out)
{
    struct router_queue *queues = scratch_get(a, m->n_queues, sizeof *queues);
    struct router_agent *agents = scratch_get(a, m->n_agents, sizeof *agents);
    *out = (struct router_config){
        .queues = queues,
        .queues_n = m->n_queues,
        .agents = agents,
        .agents_n = m->n_agents,
        .calendars = calendars(a, m->calendars, m->n_calendars),
        .calendars_n = m->n_calendars,
        .grace_ms = seconds_ms(m->grace_seconds),
        .timeouts_to_away = m->timeouts_to_away,
        .decline_pause_ms = seconds_ms(m->decline_pause_seconds),
        .decline_max = m->decline_max,
        .seed = m->seed,
        .learn_ms = seconds_ms(m->learn_days * 86400),
        .extend_max = m->extend_max,
        .focus_ms = seconds_ms(m->focus_seconds),
        .idle_from_end = m->idle_from_end,
    };
    if ((m->order[0] && !router_order_of(m->order, &out->order)) ||
        !channel_bits(m->calls_interrupt, m->n_calls_interrupt, &out->calls_interrupt))
        return false;
    for (size_t i = 0; i < m->n_queues; i++)
        if (!input_queue(a, m->queues[i], &queues[i]))
            return false;
    for (size_t i = 0; i < m->n_agents; i++)
        if (!input_agent(a, m->agents[i], &agents[i]))
            return false;
    for (size_t i = 0; i < m->n_channels; i++) {
        const Throughline__V1__ChannelRules *r = m->channels[i];
        if (!channel_ok((int)r->channel))
            return false;
        out->channels[r->channel] = (struct router_channel_rules){
            .units = r->units,
            .idle_ms = seconds_ms(r->idle_seconds),
            .offer_ms = seconds_ms(r->offer_seconds),
            .prefer_known_ms = seconds_ms(r->prefer_known_seconds),
            .auto_accept = r->auto_accept,
            .max = r->max,
            .exclusive = r->exclusive,
            .lost_ms = seconds_ms(r->lost_grace_seconds),
            .away_ms = seconds_ms(r->away_grace_seconds),
            .give_back_ms = seconds_ms(r->give_back_seconds),
        };
    }
    return true;
}
