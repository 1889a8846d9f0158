// SPDX-License-Identifier: Apache-2.0
//
// Acts of desks that bring others into a work: the holder consults, invites, dismisses and hands over; who is asked joins or leaves.

#include "routing/command.h"
#include "routing/participant.h"
#include "routing/team.h"

#include <string.h>

static enum router_refusal participant_target_known(const struct router *r, const struct router_command *c)
{
    if (c->target == ROUTER_TARGET_QUEUE)
        return queue_find(r, c->to) ? ROUTER_REFUSAL_NONE : ROUTER_UNKNOWN_QUEUE;
    if (c->target == ROUTER_TARGET_AGENT)
        return agent_find(r, c->to) ? ROUTER_REFUSAL_NONE : ROUTER_UNKNOWN_AGENT;
    if (c->target != ROUTER_TARGET_TEAM)
        return ROUTER_INVALID;
    const struct team *t = team_find(r, c->to);
    return t && t->n ? ROUTER_REFUSAL_NONE : ROUTER_UNKNOWN_TEAM;
}

static enum router_role participant_role_of(const struct router_command *c)
{
    return c->act == ROUTER_ACT_INVITE ? ROUTER_ROLE_INVITED : ROUTER_ROLE_CONSULTED;
}

// Who has joined in the other role, and is named again. What a supervisor does is theirs to say.
static struct agent *participant_turned(const struct router *r, const struct order *o)
{
    struct agent *a = o->c->target == ROUTER_TARGET_AGENT ? agent_find(r, o->c->to) : NULL;
    const struct participant *p = a ? participant_find(o->work, a) : NULL;
    return p && p->joined && p->target && p->role != participant_role_of(o->c) ? a : NULL;
}

enum router_refusal participant_check_ask(const struct router *r, struct order *o)
{
    enum router_refusal why = command_work_in(r, o, ROUTER_ASSIGNED);
    why = why ? why : participant_target_known(r, o->c);
    if (why)
        return why;
    if (o->c->target == ROUTER_TARGET_AGENT && strcmp(o->c->to, o->agent->def.id) == 0)
        return ROUTER_INVALID;
    if (participant_turned(r, o))
        return ROUTER_REFUSAL_NONE;
    if (o->work->participants_n == ROUTER_PARTICIPANTS_MAX)
        return ROUTER_FULL;
    return participant_candidate(r, o->work, o->c->target, o->c->to) ? ROUTER_REFUSAL_NONE : ROUTER_NOBODY;
}

void participant_act_ask(struct router *r, struct order *o)
{
    const struct router_command *c = o->c;
    struct agent *turned = participant_turned(r, o);
    if (turned)
        participant_turn(r, o->work, turned, participant_role_of(c), ROUTER_ACCEPTED);
    else
        participant_ask(r, o->work, participant_candidate(r, o->work, c->target, c->to), participant_role_of(c),
                        c->target, c->to);
}

enum router_refusal participant_check_join(const struct router *r, struct order *o)
{
    o->work = work_find(r, o->c->work);
    if (!o->work)
        return ROUTER_UNKNOWN_WORK;
    const struct participant *p = participant_find(o->work, o->agent);
    return p && !p->joined && p->epoch == o->c->epoch ? ROUTER_REFUSAL_NONE : ROUTER_OFFER_PAST;
}

void participant_act_join(struct router *r, struct order *o)
{
    participant_join(r, o->work, o->agent);
}

enum router_refusal participant_check_leave(const struct router *r, struct order *o)
{
    o->work = work_find(r, o->c->work);
    if (!o->work)
        return ROUTER_UNKNOWN_WORK;
    return participant_find(o->work, o->agent) ? ROUTER_REFUSAL_NONE : ROUTER_NOT_YOURS;
}

// To leave before having joined is to decline.
void participant_act_leave(struct router *r, struct order *o)
{
    if (participant_find(o->work, o->agent)->joined) {
        participant_end(r, o->work, o->agent, ROUTER_LEFT);
        return;
    }
    offer_note_ask(r, o->work, o->agent, 1);
    participant_not_coming(r, o->work, o->agent, ROUTER_DECLINED);
}

// The participant whom the holder names; who watches takes no part for them.
static enum router_refusal participant_named(const struct router *r, struct order *o, const struct participant **p)
{
    enum router_refusal why = command_work_in(r, o, ROUTER_ASSIGNED);
    const struct agent *a = agent_find(r, o->c->to);
    *p = !why && a ? participant_find(o->work, a) : NULL;
    return why || (*p && !participant_watches(*p)) ? why : ROUTER_UNKNOWN_AGENT;
}

enum router_refusal participant_check_dismiss(const struct router *r, struct order *o)
{
    const struct participant *p;
    enum router_refusal why = participant_named(r, o, &p);
    return why || p->target ? why : ROUTER_NOT_YOURS; // nobody sends a supervisor away
}

void participant_act_dismiss(struct router *r, struct order *o)
{
    participant_end(r, o->work, agent_find(r, o->c->to), ROUTER_DISMISSED);
}

enum router_refusal participant_check_hand_over(const struct router *r, struct order *o)
{
    const struct participant *p;
    enum router_refusal why = participant_named(r, o, &p);
    return why || p->joined ? why : ROUTER_WRONG_STATE;
}

void participant_act_hand_over(struct router *r, struct order *o)
{
    participant_hand_over(r, o->work, agent_find(r, o->c->to), ROUTER_TRANSFERRED);
}
