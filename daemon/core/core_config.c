// SPDX-License-Identifier: Apache-2.0
// The configuration in force as a message, in the form in which a file's goes into the log.
#include "daemon/base/loop.h"
#include "daemon/core/core.h"
#include "daemon/core/decision.h"
#include "throughline/v1/agent.pb-c.h"

static Throughline__V1__ChannelRules *channel_rules(const struct router_channel_rules *r, unsigned channel)
{
    Throughline__V1__ChannelRules *m = xcalloc(1, sizeof *m);
    throughline__v1__channel_rules__init(m);
    m->channel = (Throughline__V1__Channel)channel;
    m->units = r->units;
    m->idle_seconds = r->idle_ms / 1000;
    m->offer_seconds = r->offer_ms / 1000;
    m->prefer_known_seconds = r->prefer_known_ms / 1000;
    m->auto_accept = r->auto_accept;
    m->max = r->max;
    m->exclusive = r->exclusive;
    m->lost_grace_seconds = r->lost_ms / 1000;
    m->away_grace_seconds = r->away_ms / 1000;
    m->give_back_seconds = r->give_back_ms / 1000;
    return m;
}

static void put_rules(Throughline__V1__RoutingConfig *m, const struct router_config *r)
{
    m->grace_seconds = r->grace_ms / 1000;
    m->timeouts_to_away = r->timeouts_to_away;
    m->decline_pause_seconds = r->decline_pause_ms / 1000;
    m->decline_max = r->decline_max;
    m->order = message_text(router_order_name(r->order));
    m->seed = r->seed;
    m->learn_days = r->learn_ms / 86400000;
    m->extend_max = r->extend_max;
    m->focus_seconds = r->focus_ms / 1000;
    m->idle_from_end = r->idle_from_end;
    m->calls_interrupt = xcalloc(ROUTER_CHANNELS, sizeof *m->calls_interrupt);
    m->channels = xcalloc(ROUTER_CHANNELS, sizeof(Throughline__V1__ChannelRules *));
    for (unsigned c = ROUTER_CHAT; c < ROUTER_CHANNELS; c++) {
        if (r->calls_interrupt & 1u << c)
            m->calls_interrupt[m->n_calls_interrupt++] = (Throughline__V1__Channel)c;
        m->channels[m->n_channels++] = channel_rules(&r->channels[c], c);
    }
}

static void put_queues(Throughline__V1__RoutingConfig *m, const struct router *router)
{
    struct router_queue_view q;
    for (size_t i = 0; router_queue_at(router, i, &q); i++) {
        if (q.implicit)
            continue;
        Throughline__V1__QueueStatus *status = core_queue_message(&q);
        m->queues = xrealloc(m->queues, (m->n_queues + 1) * sizeof(Throughline__V1__Queue *));
        m->queues[m->n_queues++] = status->queue;
        status->queue = NULL;
        throughline__v1__queue_status__free_unpacked(status, NULL);
    }
}

static void put_agents(Throughline__V1__RoutingConfig *m, const struct router *router)
{
    struct router_stats s;
    struct router_agent_view a = {0};
    router_stats(router, &s);
    m->agents = xcalloc(s.agents, sizeof(Throughline__V1__Agent *));
    while (router_next_agent(router, a.def.id, &a)) {
        Throughline__V1__AgentStatus *status = core_agent_message(&a);
        m->agents[m->n_agents++] = status->agent;
        status->agent = NULL;
        throughline__v1__agent_status__free_unpacked(status, NULL);
    }
}

Throughline__V1__RoutingConfig *core_config_message(const struct router *router)
{
    Throughline__V1__RoutingConfig *m = xcalloc(1, sizeof *m);
    struct router_config rules;
    struct router_calendar_view calendar;
    throughline__v1__routing_config__init(m);
    router_rules(router, &rules);
    put_rules(m, &rules);
    for (size_t i = 0; router_calendar_at(router, i, &calendar); i++) {
        m->calendars = xrealloc(m->calendars, (i + 1) * sizeof(Throughline__V1__Calendar *));
        m->calendars[m->n_calendars++] = core_calendar_message(&calendar.def);
    }
    put_queues(m, router);
    put_agents(m, router);
    return m;
}
