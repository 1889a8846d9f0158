// SPDX-License-Identifier: Apache-2.0
// Times that defeat each other, where overflow leads, and who may have to wait for ever.
#include "daemon/config/config_lint_private.h"

#include <string.h>

// ---- targets ----

// Of what enters at the queue's own priority.
static int64_t target_on(const struct router_queue *q, unsigned channel)
{
    size_t row;
    return router_sla_target(q, ROUTER_RESPONSE_FIRST, (enum router_channel)channel, q->priority, &row);
}

// The queue's own time is told once, a channel's for each that enters.
void lint_target_offer(struct lint *l)
{
    for (size_t i = 0; l->budget >= 0 && i < l->c->queues_n; i++) {
        const struct router_queue *q = l->defs[i];
        bool told = false;
        for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
            const struct router_channel_rules *rules = &l->c->channels[channel];
            uint32_t offer = rules->offer_ms > 0 ? rules->offer_ms : q->offer_ms;
            if (!(l->queues[i].channels & 1u << channel) || rules->auto_accept || offer <= target_on(q, channel))
                continue;
            if (rules->offer_ms > 0)
                lint_queue_say(l, i, "target_seconds", LINT_WHOLE,
                               "queue '%s' is to answer within %lld s, but an offer on %s stands for %u s: one that is "
                               "missed breaks the target (a shorter channel.%s.offer_seconds, or a longer target)",
                               q->name, (long long)(target_on(q, channel) / 1000), lint_channel_name(channel),
                               offer / 1000, lint_channel_name(channel));
            else if (!told)
                lint_queue_say(
                    l, i, "offer_seconds", LINT_WHOLE,
                    "queue '%s' is to answer within %lld s, but its offers stand for %u s: one that is missed "
                    "breaks the target (a shorter offer_seconds, or a longer target_seconds)",
                    q->name, (long long)(target_on(q, channel) / 1000), offer / 1000);
            told |= rules->offer_ms == 0;
        }
    }
}

void lint_target_known(struct lint *l)
{
    for (size_t i = 0; l->budget >= 0 && i < l->c->queues_n; i++) {
        const struct router_queue *q = l->defs[i];
        bool told = false;
        for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
            uint32_t own = l->c->channels[channel].prefer_known_ms, hold = own > 0 ? own : q->prefer_known_ms;
            if (!(l->queues[i].channels & 1u << channel) || hold <= target_on(q, channel))
                continue;
            if (own > 0)
                lint_queue_say(l, i, "target_seconds", LINT_WHOLE,
                               "queue '%s' is to answer within %lld s, but work on %s is held for up to %u s for an "
                               "agent who knows the customer (a shorter channel.%s.prefer_known_seconds, or a longer "
                               "target)",
                               q->name, (long long)(target_on(q, channel) / 1000), lint_channel_name(channel),
                               hold / 1000, lint_channel_name(channel));
            else if (!told)
                lint_queue_say(
                    l, i, "prefer_known_seconds", LINT_WHOLE,
                    "queue '%s' is to answer within %lld s, but holds work for up to %u s for an agent who knows "
                    "the customer (a shorter prefer_known_seconds)",
                    q->name, (long long)(target_on(q, channel) / 1000), hold / 1000);
            told |= own == 0;
        }
    }
}

// ---- overflow ----

void lint_overflow_missing(struct lint *l)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        const struct router_queue *q = l->defs[i];
        if (q->overflow != NULL && *q->overflow != '\0' && l->queues[i].overflow == SIZE_MAX)
            lint_queue_say(l, i, "overflow", LINT_WHOLE,
                           "queue '%s' overflows into '%s', which is no other queue: nothing moves", q->name,
                           q->overflow);
    }
}

// By time alone: queues that are only full help each other, work that has waited goes round without end. Told once, at the first
// of those that make up the cycle.
void lint_overflow_cycle(struct lint *l)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        size_t at = i, first = i, n = 0;
        while (at != SIZE_MAX && l->defs[at]->overflow_ms > 0 && n < l->c->queues_n && --l->budget > 0) {
            at = l->queues[at].overflow;
            n++;
            first = at < first ? at : first;
            if (at == i)
                break;
        }
        if (n > 0 && at == i && first == i)
            lint_queue_say(
                l, i, "overflow", LINT_WHOLE,
                "work that has waited goes round without end: '%s' overflows into '%s', which leads back after "
                "%zu moves (leave overflow_seconds out of one of them)",
                l->defs[i]->name, l->defs[i]->overflow, n);
    }
}

void lint_overflow_unserved(struct lint *l)
{
    for (size_t i = 0; l->c->agents_n > 0 && i < l->c->queues_n; i++) {
        size_t to = l->queues[i].overflow;
        if (to == SIZE_MAX || l->queues[to].impossible)
            continue;
        for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
            if (l->queues[i].channels & 1u << channel && lint_served(l, i, 1u << channel) &&
                !lint_served(l, to, 1u << channel))
                lint_queue_say(
                    l, i, "overflow", LINT_WHOLE,
                    "queue '%s' overflows into '%s', which no agent can serve on %s (another queue, or agents "
                    "who take the channel there)",
                    l->defs[i]->name, l->defs[to]->name, lint_channel_name(channel));
        }
    }
}

// ---- order ----

static bool can_serve(struct lint *l, size_t queue, size_t agent)
{
    uint32_t channels = l->queues[queue].channels != 0 ? l->queues[queue].channels : LINT_CHANNELS;
    for (size_t s = 0; s < l->queues[queue].requirements_n; s++) {
        if (lint_serves(l, queue, s, agent, channels))
            return true;
    }
    return false;
}

// Whether at least one agent serves `low`, and all who do serve `high` from its first moment on.
static bool is_starved_by(struct lint *l, size_t low, size_t high)
{
    uint32_t channels = l->queues[high].channels;
    bool served = false;
    for (size_t i = 0; i < l->c->agents_n; i++) {
        if (!can_serve(l, low, i))
            continue;
        served = true;
        if (!lint_serves(l, high, 0, i, channels))
            return false;
    }
    return served && l->budget >= 0;
}

void lint_order_starves(struct lint *l)
{
    bool by_class = l->c->order == ROUTER_ORDER_PRIORITY || l->c->order == ROUTER_ORDER_PRIORITY_COST;
    for (size_t i = 0; by_class && i < l->c->queues_n; i++) {
        bool leaves = l->queues[i].overflow != SIZE_MAX && l->defs[i]->overflow_ms > 0;
        for (size_t k = 0; !leaves && k < l->c->queues_n; k++) {
            if (l->defs[k]->priority >= l->defs[i]->priority || l->queues[k].channels == 0 || !is_starved_by(l, i, k))
                continue;
            lint_queue_say(
                l, i, "priority", LINT_WHOLE,
                "queue '%s' can starve: all who serve it serve '%s' too, whose work goes first at priority %u "
                "(keep an agent for '%s', give it overflow_seconds, or routing.order = \"cost\")",
                l->defs[i]->name, l->defs[k]->name, l->defs[k]->priority, l->defs[i]->name);
            break;
        }
    }
}
