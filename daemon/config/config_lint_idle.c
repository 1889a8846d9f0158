// SPDX-License-Identifier: Apache-2.0
// Settings that do nothing beside others.
#include "daemon/config/config_lint_private.h"

#include <string.h>

void lint_exclusive_max(struct lint *l)
{
    for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
        const struct router_channel_rules *rules = &l->c->channels[channel];
        if (rules->exclusive && rules->max > 1)
            lint_channel_say(
                l, channel, "max",
                "%s is exclusive: who has one is offered no second, so a max of %u does nothing (leave one "
                "of them out)",
                lint_channel_name(channel), rules->max);
    }
}

void lint_interrupt_exclusive(struct lint *l)
{
    for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
        if (l->c->calls_interrupt & 1u << channel && l->c->channels[channel].exclusive)
            lint_routing_say(
                l, "calls_interrupt",
                "calls are to interrupt %s, but it is exclusive: who has one is offered no call (leave one "
                "of them out)",
                lint_channel_name(channel));
    }
}

void lint_accepted_offer(struct lint *l)
{
    for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
        const struct router_channel_rules *rules = &l->c->channels[channel];
        if (rules->auto_accept && rules->offer_ms > 0)
            lint_channel_say(
                l, channel, "offer_seconds",
                "an offer on %s is accepted at once (auto_accept), so offer_seconds does nothing (leave it "
                "out)",
                lint_channel_name(channel));
    }
}

// ---- options that an option asks for ----

static bool mixes(const struct router_queue *q, enum router_select part)
{
    return q->select == part || (q->select == ROUTER_MIX && q->mix[part] > 0);
}

static void look_at_voicemail(struct lint *l, size_t queue)
{
    const struct router_queue *q = l->defs[queue];
    uint32_t enter = l->queues[queue].channels;
    const char *key = q->voicemail ? "voicemail" : "voicemail_seconds";
    if ((q->voicemail || q->voicemail_ms) && enter != 0 && !(enter & 1u << ROUTER_VOICE))
        lint_queue_say(l, queue, key, LINT_WHOLE, "%s of queue '%s' does nothing (no call enters it)", key, q->name);
    if (!q->voicemail && !q->voicemail_ms && q->voicemail_wait_ms != 0 && q->voicemail_wait_ms != 600000)
        lint_queue_say(l, queue, "voicemail_wait_seconds", LINT_WHOLE,
                       "voicemail_wait_seconds of queue '%s' does nothing (only with voicemail or voicemail_seconds)",
                       q->name);
}

static void look_at_queue(struct lint *l, size_t queue)
{
    const struct router_queue *q = l->defs[queue];
    bool by_cost = l->c->order == ROUTER_ORDER_COST || l->c->order == ROUTER_ORDER_PRIORITY_COST, mix = false;
    for (size_t i = 0; i < ROUTER_SELECTS; i++)
        mix |= q->mix[i] > 0;
    if (q->weight != 0 && q->weight != 1000 && !by_cost)
        lint_queue_say(l, queue, "weight", LINT_WHOLE,
                       "weight of queue '%s' does nothing (only with routing.order = \"cost\" or \"priority_cost\")",
                       q->name);
    if (q->weight_speed != 0 && !mixes(q, ROUTER_RESOLUTION))
        lint_queue_say(l, queue, "weight_speed", LINT_WHOLE,
                       "weight_speed of queue '%s' does nothing (only with select = \"resolution\")", q->name);
    bool asked = false;
    for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++)
        asked |= (q->channels == 0 || q->channels & 1u << channel) && !l->c->channels[channel].auto_accept;
    if (q->offer_to > 1 && !asked)
        lint_queue_say(l, queue, "offer_to", LINT_WHOLE,
                       "offer_to of queue '%s' does nothing (all its channels have auto_accept: there nobody is first)",
                       q->name);
    if (mix && q->select != ROUTER_MIX)
        lint_queue_say(l, queue, "mix", LINT_WHOLE, "mix of queue '%s' does nothing (only with select = \"mix\")",
                       q->name);
    if (q->prefers_n > 0 && !mixes(q, ROUTER_SUITED))
        lint_queue_say(l, queue, "prefers", LINT_WHOLE,
                       "prefers of queue '%s' does nothing (only with select = \"suited\", or that part of a mix)",
                       q->name);
    if (q->calendar != NULL && *q->calendar != '\0' && q->when == ROUTER_ALWAYS &&
        !((q->tells | q->voicemail) & 1u << ROUTER_NOTICE_CLOSED))
        lint_queue_say(l, queue, "calendar", LINT_WHOLE,
                       "calendar of queue '%s' decides nothing (only with when = \"open\" or \"closed\", or with a "
                       "message or voicemail for closed)",
                       q->name);
    if (q->promise_ms != 0 && !((q->tells | q->voicemail) & 1u << ROUTER_NOTICE_WAIT))
        lint_queue_say(l, queue, "promise_seconds", LINT_WHOLE,
                       "promise_seconds of queue '%s' does nothing (only with a message or voicemail for wait)",
                       q->name);
    look_at_voicemail(l, queue);
}

void lint_no_effect(struct lint *l)
{
    bool draws = false;
    for (size_t i = 0; i < l->c->queues_n; i++) {
        draws |= l->defs[i]->select == ROUTER_RANDOM;
        look_at_queue(l, i);
    }
    if (l->c->seed != 0 && !draws)
        lint_routing_say(l, "seed", "routing.seed does nothing (only with a queue's select = \"random\")");
}
