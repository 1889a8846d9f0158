// SPDX-License-Identifier: Apache-2.0
// Who could serve a queue, if they were there and free: by all that routing asks for, at every step. Agents who are not in the
// configuration are not known; where it has none, nothing is said.
#include "daemon/config/config_lint_private.h"

#include "proto/nearest.h"

#include <stdlib.h>
#include <string.h>

static bool takes(const struct lint *l, const struct router_agent *a, uint32_t channels)
{
    for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
        bool declared = a->channels == 0 || (a->channels & 1u << channel) != 0;
        if (channels & 1u << channel && declared && l->c->channels[channel].units <= a->capacity)
            return true;
    }
    return false;
}

bool lint_serves(struct lint *l, size_t queue, size_t step, size_t agent, uint32_t channels)
{
    if (--l->budget < 0)
        return true;
    return takes(l, &l->agents[agent], channels) &&
           router_requirement_met(l->queues[queue].requirements[step], &l->agents[agent]);
}

static bool served_at(struct lint *l, size_t queue, size_t step, uint32_t channels)
{
    for (size_t i = 0; i < l->c->agents_n; i++) {
        if (lint_serves(l, queue, step, i, channels))
            return true;
    }
    return false;
}

bool lint_served(struct lint *l, size_t queue, uint32_t channels)
{
    for (size_t s = l->queues[queue].requirements_n; s-- > 0;) {
        if (served_at(l, queue, s, channels))
            return true;
    }
    return false;
}

// Where nothing is known of what enters, all that may.
static uint32_t channels_of(const struct lint *l, size_t queue)
{
    uint32_t may = lint_channels_let(l, l->defs[queue]);
    return l->queues[queue].channels != 0 ? l->queues[queue].channels : may != 0 ? may : LINT_CHANNELS;
}

static bool is_met(struct lint *l, size_t queue)
{
    for (size_t s = 0; s < l->queues[queue].requirements_n; s++) {
        for (size_t i = 0; i < l->c->agents_n; i++) {
            if (--l->budget < 0 || router_requirement_met(l->queues[queue].requirements[s], &l->agents[i]))
                return true;
        }
    }
    return false;
}

static const char *key_of(const struct router_queue *q)
{
    if (q->requires_n > 0)
        return "requires";
    return q->needs != NULL && *q->needs != '\0' ? "needs" : q->floor != NULL && *q->floor != '\0' ? "floor" : "";
}

void lint_queue_unserved(struct lint *l)
{
    for (size_t i = 0; l->c->agents_n > 0 && i < l->c->queues_n; i++) {
        if (l->queues[i].impossible || lint_served(l, i, channels_of(l, i)))
            continue;
        bool met = is_met(l, i);
        lint_queue_say(l, i, met ? "channels" : key_of(l->defs[i]), LINT_WHOLE, "no agent can serve queue '%s': %s",
                       l->defs[i]->name,
                       met ? "who meets what it requires takes none of its channels, or has not the capacity for one"
                           : "nobody meets what it requires, at any step (ask for less, or give an agent the skills)");
    }
}

void lint_channel_unserved(struct lint *l)
{
    for (size_t i = 0; l->c->agents_n > 0 && i < l->c->queues_n; i++) {
        if (l->queues[i].impossible || !lint_served(l, i, channels_of(l, i)))
            continue;
        for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
            if (l->queues[i].channels & 1u << channel && !lint_served(l, i, 1u << channel))
                lint_queue_say(l, i, "channels", LINT_WHOLE,
                               "no agent can serve queue '%s' on %s: who meets what it requires does not take the "
                               "channel, or has less capacity than its units (%u)",
                               l->defs[i]->name, lint_channel_name(channel), l->c->channels[channel].units);
        }
    }
}

void lint_first_step_unserved(struct lint *l)
{
    for (size_t i = 0; l->c->agents_n > 0 && i < l->c->queues_n; i++) {
        uint32_t channels = channels_of(l, i);
        size_t step = 0;
        while (step < l->queues[i].requirements_n && !served_at(l, i, step, channels))
            step++;
        if (step > 0 && step < l->queues[i].requirements_n)
            lint_queue_say(l, i, key_of(l->defs[i]), LINT_WHOLE,
                           "no agent can serve queue '%s' before its %s: all its work waits for that (ask "
                           "for less, or give an agent the skills)",
                           l->defs[i]->name, lint_step_name(l->defs[i], step));
    }
}

static uint32_t servers(struct lint *l, size_t queue, uint32_t channels)
{
    uint32_t n = 0;
    for (size_t i = 0; i < l->c->agents_n; i++) {
        bool serves = false;
        for (size_t s = l->queues[queue].requirements_n; s-- > 0 && !serves;)
            serves = lint_serves(l, queue, s, i, channels);
        n += serves ? 1 : 0;
    }
    return l->budget < 0 ? UINT32_MAX : n;
}

void lint_offer_few(struct lint *l)
{
    for (size_t i = 0; l->c->agents_n > 0 && i < l->c->queues_n; i++) {
        uint32_t to = l->defs[i]->offer_to, n = to > 1 ? servers(l, i, channels_of(l, i)) : UINT32_MAX;
        if (n > 0 && n < to) // nobody at all is queue-unserved
            lint_queue_say(l, i, "offer_to", LINT_WHOLE,
                           "queue '%s' is to be offered to %u at once, but no more than %u can serve it (lower it)",
                           l->defs[i]->name, to, n);
    }
}

// ---- names that nobody has ----

static const char *source_of(const struct router_queue *q, size_t step, const char *name)
{
    for (size_t i = 0; step == 0 && i < q->requires_n; i++) {
        if (strcmp(q->requires[i].name, name) == 0)
            return "requires";
    }
    if (q->floor != NULL && strstr(q->floor, name) != NULL)
        return "floor";
    return step == 0 ? "needs" : "steps";
}

static void tell_unknown(struct lint *l, size_t queue, size_t step, const struct router_need_part *part,
                         const struct lint_names *names)
{
    static const char *const what[] = {[ROUTER_NEED_SKILL] = "no agent has the skill",
                                       [ROUTER_NEED_TEAM] = "no agent is of the team",
                                       [ROUTER_NEED_IS] = "no agent is"};
    const char *source = source_of(l->defs[queue], step, part->name);
    struct nearest near = nearest_begin(part->name);
    for (size_t i = 0; i < names->n; i++)
        nearest_offer(&near, names->v[i]);
    const char *best = nearest_best(&near);
    lint_queue_say(l, queue, source, strcmp(source, "steps") == 0 ? step - 1 : LINT_WHOLE,
                   "%s '%s' that queue '%s' asks for%s%s%s", what[part->kind], part->name, l->defs[queue]->name,
                   best != NULL ? " (did you mean '" : "", best != NULL ? best : "", best != NULL ? "'?)" : "");
}

static void look_for_unknown(struct lint *l, size_t queue, size_t step, struct lint_names *told)
{
    const struct lint_names *have[] = {
        [ROUTER_NEED_SKILL] = &l->skills, [ROUTER_NEED_TEAM] = &l->teams, [ROUTER_NEED_IS] = &l->traits};
    struct router_need_part part;
    for (size_t k = 0; router_requirement_part(l->queues[queue].requirements[step], k, &part); k++) {
        if (part.kind == ROUTER_NEED_KIND || part.negated || lint_names_have(have[part.kind], part.name) ||
            lint_names_have(told, part.name))
            continue;
        tell_unknown(l, queue, step, &part, have[part.kind]);
        lint_names_add(told, &part.name, 1);
        lint_names_once(told);
    }
}

// What is asked for behind `not` need not be there.
void lint_skill_unknown(struct lint *l)
{
    for (size_t i = 0; l->c->agents_n > 0 && i < l->c->queues_n; i++) {
        struct lint_names told = {0};
        for (size_t s = 0; s < l->queues[i].requirements_n; s++)
            look_for_unknown(l, i, s, &told);
        free(told.v);
        for (size_t k = 0; k < l->defs[i]->prefers_n; k++) {
            const char *name = l->defs[i]->prefers[k].name;
            if (!lint_names_have(&l->skills, name))
                lint_queue_say(l, i, "prefers", LINT_WHOLE, "no agent has the skill '%s' that queue '%s' prefers", name,
                               l->defs[i]->name);
        }
    }
}

// ---- agents ----

void lint_agent_room(struct lint *l)
{
    for (size_t i = 0; i < l->c->agents_n; i++) {
        const struct router_agent *a = &l->agents[i];
        if (!takes(l, a, LINT_CHANNELS)) {
            lint_agent_say(l, i, "capacity",
                           "agent '%s' is offered nothing: a capacity of %u is less than the units of every channel %s",
                           a->id, a->capacity, a->channels != 0 ? "that they take" : "there is");
            continue;
        }
        for (unsigned channel = 1; channel < ROUTER_CHANNELS; channel++) {
            if (a->channels & 1u << channel && l->c->channels[channel].units > a->capacity)
                lint_agent_say(l, i, "channels",
                               "agent '%s' is offered nothing on %s: a capacity of %u is less than its units (%u)",
                               a->id, lint_channel_name(channel), a->capacity, l->c->channels[channel].units);
        }
    }
}

static bool has_queue(struct lint *l, size_t agent)
{
    for (size_t i = 0; i < l->c->queues_n; i++) {
        for (size_t s = l->queues[i].requirements_n; s-- > 0;) {
            if (lint_serves(l, i, s, agent, LINT_CHANNELS))
                return true;
        }
    }
    return false;
}

void lint_agent_idle(struct lint *l)
{
    for (size_t i = 0; l->c->queues_n > 0 && i < l->c->agents_n; i++) {
        if (takes(l, &l->agents[i], LINT_CHANNELS) && !has_queue(l, i))
            lint_agent_say(l, i, "",
                           "agent '%s' meets what no queue requires: only what is passed to them by name comes to them "
                           "(give them skills, or a queue that asks for less)",
                           l->agents[i].id);
    }
}
