// SPDX-License-Identifier: Apache-2.0
//
// Desk commands: who may give them, and that each is carried out once. What they do is in act.c.
//
// A command is answered by DONE or REFUSED, once, and the answer is remembered for ten minutes of `at`: the same
// (session, client_id) again gets the same answer and has no other effect. Rights and epochs are checked here, in the fold,
// because what a desk knew when it spoke may be past.

#include "routing/command.h"

#include <stddef.h>
#include <string.h>

static bool command_legal(const struct router_command *c)
{
    return c->act >= ROUTER_ACT_PRESENCE && c->act < ROUTER_ACTS && text_is(c->agent, ROUTER_NAME_MAX) &&
           text_is(c->account, ROUTER_TEXT_MAX) && text_is(c->handle, ROUTER_TEXT_MAX) &&
           text_is(c->to, ROUTER_NAME_MAX) && text_is(c->text, ROUTER_TEXT_MAX);
}

static enum router_refusal command_check(const struct router *r, struct order *o)
{
    if (!command_legal(o->c))
        return ROUTER_INVALID;
    const struct desk *d = desk_find(r, o->c->session);
    if (!d || strcmp(d->agent->def.id, o->c->agent) != 0)
        return ROUTER_UNKNOWN_SESSION;
    o->agent = d->agent;
    return command_acts[o->c->act].check(r, o);
}

static void command_take_back(struct router *r, const struct router_input *in)
{
    const struct router_command *c = &in->command;
    if (!in->has_entry || (c->act != ROUTER_ACT_SEND && c->act != ROUTER_ACT_NOTE))
        return;
    struct router_effect *e = effect_add(r, ROUTER_ENTRY_REFUSED);
    e->conversation = c->conversation;
    e->number = in->number;
}

enum router_refusal command_apply(struct router *r, const struct router_input *in)
{
    struct router_command given = in->command;
    const char **texts[] = {&given.session, &given.client_id, &given.agent, &given.account,
                            &given.handle,  &given.to,        &given.text};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_or_empty(*texts[i]);
    struct order o = {.c = &given, .session = SIZE_MAX, .has_entry = in->has_entry};
    const struct router_command *c = o.c;
    if (!text_is(c->session, ROUTER_NAME_MAX) || !*c->session || !text_is(c->client_id, ROUTER_NAME_MAX) ||
        !*c->client_id) {
        effect_answer(r, c->session, c->client_id, c->agent, ROUTER_INVALID, in->number);
        command_take_back(r, in);
        return ROUTER_REFUSAL_NONE;
    }
    const struct outcome *before = outcome_find(r, c->session, c->client_id);
    if (before) {
        effect_answer(r, c->session, c->client_id, c->agent, before->refusal, before->input);
        command_take_back(r, in);
        return ROUTER_REFUSAL_NONE;
    }
    enum router_refusal why = command_check(r, &o);
    outcome_remember(r, c->session, c->client_id, in->number, r->at, why);
    effect_answer(r, c->session, c->client_id, c->agent, why, in->number);
    if (why)
        command_take_back(r, in);
    else
        command_acts[c->act].act(r, &o);
    return ROUTER_REFUSAL_NONE;
}
