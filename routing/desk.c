// SPDX-License-Identifier: Apache-2.0
//
// Desk sessions: which exist, on which boot, and what their coming and going means for the agent's presence.
//
// An agent is present while one session lives. The first session of an agent who was offline makes them AWAY until they say
// otherwise. When the last is lost the agent is LOST until their shift has ended (absence.c); any session of theirs that opens
// before brings back the presence that they had.

#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

static bool desk_is(const void *item, const void *key)
{
    return strcmp(((const struct desk *)item)->id, key) == 0;
}

struct desk *desk_find(const struct router *r, const char *id)
{
    return table_find(&r->desks, table_hash_text(0, id), desk_is, id);
}

struct desk *desk_add(struct router *r, struct agent *a, const char *id, const char *boot)
{
    struct desk *d = memory_new(1, sizeof *d);
    *d = (struct desk){.id = text_new(id), .boot = text_new(boot), .agent = a};
    struct desk **end = &a->desks;
    while (*end)
        end = &(*end)->next;
    *end = d;
    a->desks_n++;
    table_insert(&r->desks, table_hash_text(0, id), d);
    return d;
}

void desk_drop(struct router *r, struct desk *d)
{
    struct desk **at = &d->agent->desks;
    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    d->agent->desks_n--;
    table_drop(&r->desks, table_hash_text(0, d->id), d);
    text_bury(r, d->id);
    text_bury(r, d->boot);
    memory_bury(r, d);
}

static void desk_refuse_opening(struct router *r, const struct router_input *in, enum router_refusal why)
{
    effect_answer(r, in->desk_opened.session, "", in->desk_opened.agent, why, in->number);
}

enum router_refusal desk_opened(struct router *r, const struct router_input *in)
{
    const char *session = in->desk_opened.session, *boot = text_or_empty(in->desk_opened.boot);
    if (!text_is(session, ROUTER_NAME_MAX) || !*session || !text_is(in->desk_opened.agent, ROUTER_NAME_MAX) ||
        !text_is(boot, ROUTER_NAME_MAX))
        return ROUTER_INVALID;
    struct agent *a = agent_find(r, in->desk_opened.agent);
    struct desk *d = desk_find(r, session);
    if (!a || (d && d->agent != a)) {
        desk_refuse_opening(r, in, a ? ROUTER_UNKNOWN_SESSION : ROUTER_UNKNOWN_AGENT);
        return ROUTER_REFUSAL_NONE;
    }
    if (d)
        text_set(r, &d->boot, boot);
    else
        desk_add(r, a, session, boot);
    if (a->presence == ROUTER_OFFLINE)
        agent_set_presence(r, a, ROUTER_AWAY, ROUTER_REASON_NONE);
    else if (a->presence == ROUTER_LOST)
        agent_set_presence(r, a, a->before, ROUTER_REASON_NONE);
    return ROUTER_REFUSAL_NONE;
}

static void desk_lost(struct router *r, struct desk *d)
{
    struct agent *a = d->agent;
    desk_drop(r, d);
    if (a->desks)
        return;
    agent_set_presence(r, a, ROUTER_LOST, ROUTER_DESK_LOST);
}

// Closing a session that is not known is no news: it was lost with its node before. Nor is it when the session has been resumed on another
// boot meanwhile: the former node has only now noticed its dead socket.
enum router_refusal desk_closed(struct router *r, const struct router_input *in)
{
    const char *boot = text_or_empty(in->desk_closed.boot);
    if (!text_is(in->desk_closed.session, ROUTER_NAME_MAX) || !text_is(boot, ROUTER_NAME_MAX))
        return ROUTER_INVALID;
    struct desk *d = desk_find(r, in->desk_closed.session);
    if (!d || (*boot && strcmp(boot, d->boot) != 0))
        return ROUTER_REFUSAL_NONE;
    struct agent *a = d->agent;
    if (!in->desk_closed.logout) {
        desk_lost(r, d);
        return ROUTER_REFUSAL_NONE;
    }
    desk_drop(r, d);
    if (!a->desks)
        agent_set_presence(r, a, ROUTER_OFFLINE, ROUTER_WENT_AWAY);
    return ROUTER_REFUSAL_NONE;
}

enum router_refusal desk_node_lost(struct router *r, const struct router_input *in)
{
    if (!text_is(in->node_lost.boot, ROUTER_NAME_MAX))
        return ROUTER_INVALID;
    for (size_t i = 0; i < r->agents_n; i++) {
        for (struct desk *d = r->agents[i]->desks, *next; d; d = next) {
            next = d->next;
            if (strcmp(d->boot, in->node_lost.boot) == 0)
                desk_lost(r, d);
        }
    }
    return ROUTER_REFUSAL_NONE;
}
