// SPDX-License-Identifier: Apache-2.0
//
// Bounds of a configuration by value: agents, queues and rules, whole or one at a time. What breaks one is refused whole.

#include "routing/attribute.h"
#include "routing/breach.h"
#include "routing/calendar.h"
#include "routing/core.h"
#include "routing/learn.h"
#include "routing/notice.h"

#include <stdlib.h>
#include <string.h>

static bool config_skills_legal(const struct router_skill *v, size_t n)
{
    if (n > CORE_LIST_MAX || (n && !v))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!text_is(v[i].name, ROUTER_NAME_MAX) || !*v[i].name || v[i].level < 1 || v[i].level > CORE_LEVEL_MAX)
            return false;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(v[i].name, v[j].name) == 0)
                return false;
        }
    }
    return true;
}

static bool config_channels_legal(uint32_t bits)
{
    return !(bits & ~(CORE_BIT(ROUTER_CHANNELS) - 1u)) && !(bits & 1u);
}

static bool config_needs_legal(const char *text)
{
    const char *why;
    size_t at;
    return !text || router_needs_ok(text, &why, &at);
}

static bool config_step_legal(const struct router_relax *s)
{
    return s->needs && config_needs_legal(s->needs) && s->percent <= 1000 &&
           (s->after_ms != 0) + (s->percent != 0) + s->breach == 1;
}

// Each step that begins at a time begins after the one before that does.
static bool config_steps_legal(const struct router_queue *q)
{
    if (q->steps_n > ROUTER_STEPS_MAX || (q->steps_n && !q->steps))
        return false;
    int64_t before = 0;
    for (size_t i = 0; i < q->steps_n; i++) {
        int64_t after = queue_step_after(q, i);
        if (!config_step_legal(&q->steps[i]) || (q->steps[i].breach && breach_step(q) != i + 1))
            return false;
        if (q->steps[i].breach)
            continue;
        if (after <= before || after > CORE_MS_MAX)
            return false;
        before = after;
    }
    return true;
}

#define CONFIG_SPEED_MAX 1000000u // thousandths

bool config_agent_legal(const struct router_agent *a)
{
    return text_is(a->id, ROUTER_NAME_MAX) && *a->id && text_is(a->name, ROUTER_TEXT_MAX) &&
           config_skills_legal(a->skills, a->skills_n) && a->capacity <= CORE_UNITS_MAX &&
           a->speed <= CONFIG_SPEED_MAX && a->resolution <= 1000 && (!a->team || text_is(a->team, ROUTER_NAME_MAX)) &&
           texts_are(a->attributes, a->attributes_n, CORE_LIST_MAX) && config_channels_legal(a->channels);
}

bool config_queue_legal(const struct router_queue *q)
{
    return text_is(q->name, ROUTER_NAME_MAX) && *q->name && q->priority >= 1 && q->priority <= CORE_PRIORITY_MAX &&
           config_skills_legal(q->requires, q->requires_n) && q->requires_n <= CORE_REQUIRES_MAX &&
           config_skills_legal(q->prefers, q->prefers_n) && config_needs_legal(q->needs) &&
           config_needs_legal(q->floor) && config_steps_legal(q) && config_channels_legal(q->channels) &&
           texts_are(q->accounts, q->accounts_n, CORE_LIST_MAX) && texts_are(q->intents, q->intents_n, CORE_LIST_MAX) &&
           texts_are(q->languages, q->languages_n, CORE_LIST_MAX) && attribute_rules_legal(q) &&
           texts_are(q->dispositions, q->dispositions_n, CORE_LIST_MAX) &&
           (!q->calendar || text_is(q->calendar, ROUTER_NAME_MAX)) && (unsigned)q->when < ROUTER_WHENS &&
           overflow_legal(q) && callback_legal(q) && notice_legal(q) && voicemail_legal(q) && sla_legal(q) &&
           select_legal(q) && q->weight <= CORE_WEIGHT_MAX && q->offer_to <= ROUTER_OFFERS_MAX && q->offer_ms >= 1 &&
           q->offer_ms <= 86400000 && q->wrap_up_ms <= 86400000 && q->prefer_known_ms <= 86400000;
}

bool config_rules_legal(const struct router_config *c)
{
    if (!config_channels_legal(c->calls_interrupt) || c->calls_interrupt & CORE_BIT(ROUTER_VOICE) ||
        c->grace_ms > 86400000 || c->focus_ms > 86400000 || c->decline_pause_ms > 86400000 || c->timeouts_to_away < 1 ||
        c->timeouts_to_away > CORE_TIMES_MAX || c->decline_max < 1 || c->decline_max > CORE_TIMES_MAX ||
        (unsigned)c->order >= ROUTER_ORDERS || c->extend_max > CORE_TIMES_MAX || c->learn_ms > LEARN_MS_MAX)
        return false;
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        if (c->channels[i].units > CORE_UNITS_MAX || c->channels[i].offer_ms > 86400000 ||
            c->channels[i].prefer_known_ms > 86400000 || c->channels[i].max > CORE_UNITS_MAX ||
            c->channels[i].give_back_ms > 86400000 || c->channels[i].lost_ms > 86400000 ||
            c->channels[i].away_ms > 86400000)
            return false;
    }
    return true;
}

static int config_order_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Sorts in place by merging; names are many only when agents are.
static bool config_distinct(const char **v, size_t n)
{
    const char **spare = memory_new(n, sizeof *spare);
    bool distinct = true;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t middle = at + width < n ? at + width : n, end = at + 2 * width < n ? at + 2 * width : n;
            for (size_t i = at, j = middle, to = at; to < end; to++) {
                int order = i == middle ? 1 : j == end ? -1 : config_order_texts(&v[i], &v[j]);
                distinct &= order != 0;
                spare[to] = order <= 0 ? v[i++] : v[j++];
            }
        }
        memcpy(v, spare, n * sizeof *v);
    }
    free(spare);
    return distinct;
}

static bool config_names_distinct(const struct router_config *c)
{
    size_t n = c->agents_n > c->queues_n ? c->agents_n : c->queues_n;
    const char **names = memory_new(n, sizeof *names);
    for (size_t i = 0; i < c->agents_n; i++)
        names[i] = c->agents[i].id;
    bool distinct = config_distinct(names, c->agents_n);
    for (size_t i = 0; i < c->queues_n; i++)
        names[i] = c->queues[i].name;
    distinct &= config_distinct(names, c->queues_n);
    free(names);
    return distinct;
}

bool config_legal(const struct router_config *c)
{
    if (!config_rules_legal(c) || (c->agents_n && !c->agents) || (c->queues_n && !c->queues) ||
        !calendars_legal(c->calendars, c->calendars_n))
        return false;
    for (size_t i = 0; i < c->agents_n; i++) {
        if (!config_agent_legal(&c->agents[i]))
            return false;
    }
    for (size_t i = 0; i < c->queues_n; i++) {
        if (!config_queue_legal(&c->queues[i]))
            return false;
    }
    return config_names_distinct(c);
}
