// SPDX-License-Identifier: Apache-2.0
//
// The effects of the step under way. Names of agents and works may be pointed to as they are (memory.c buries them first);
// what came with the input is copied into the arena, since it is the caller's.

#include "routing/core.h"
#include "routing/participant.h"

struct router_effect *effect_add(struct router *r, enum router_effect_kind kind)
{
    r->effects = memory_grow(r->effects, &r->effects_cap, r->effects_n + 1, sizeof *r->effects);
    struct router_effect *e = &r->effects[r->effects_n++];
    *e = (struct router_effect){
        .kind = kind,
        .agent = "",
        .session_id = "",
        .client_id = "",
        .text = "",
        .former_agent = "",
        .hand = {r->hand.act, text_or_empty(r->hand.by), text_or_empty(r->hand.note)},
        .session = {.account = "", .handle = "", .call = "", .callback = ""},
    };
    return e;
}

struct router_effect *effect_work(struct router *r, enum router_effect_kind kind, const struct work *w,
                                  const struct agent *a, enum router_reason reason)
{
    struct router_effect *e = effect_add(r, kind);
    e->work = w->id;
    e->conversation = w->conversation;
    e->customer = w->customer;
    e->epoch = w->epoch;
    e->reason = reason;
    if (a)
        e->agent = a->def.id;
    return e;
}

void effect_entry(struct router *r, const struct work *w)
{
    if (w->agent)
        effect_work(r, ROUTER_ENTRY, w, w->agent, ROUTER_REASON_NONE)->number = r->input;
    for (size_t i = 0; i < w->offers_n; i++)
        effect_work(r, ROUTER_ENTRY, w, w->offers[i].agent, ROUTER_REASON_NONE)->number = r->input;
    if (w->informed && !offer_or_held(w, w->informed)) {
        struct router_effect *e = effect_work(r, ROUTER_ENTRY, w, w->informed, ROUTER_REASON_NONE);
        e->number = r->input;
        e->informed = true;
    }
    participant_tell(r, w, ROUTER_ENTRY, &(struct router_effect){.number = r->input});
}

void effect_answer(struct router *r, const char *session, const char *client_id, const char *agent,
                   enum router_refusal why, uint64_t input)
{
    struct router_effect *e = effect_add(r, why ? ROUTER_REFUSED : ROUTER_DONE);
    e->refusal = why;
    e->number = input;
    e->session_id = text_is(session, ROUTER_NAME_MAX) ? arena_text(&r->arena, session) : "";
    e->client_id = text_is(client_id, ROUTER_NAME_MAX) ? arena_text(&r->arena, client_id) : "";
    e->agent = text_is(agent, ROUTER_NAME_MAX) ? arena_text(&r->arena, agent) : "";
}

void effect_presence(struct router *r, const struct agent *a, enum router_reason reason)
{
    struct router_effect *e = effect_add(r, ROUTER_PRESENCE);
    e->agent = a->def.id;
    e->state = (uint32_t)a->presence;
    e->reason = reason;
}
