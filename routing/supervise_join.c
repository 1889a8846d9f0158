// SPDX-License-Identifier: Apache-2.0
//
// How a supervisor comes to work that an agent has at hand: listens, whispers, barges in, takes it over. They do it themselves and at
// once, so that nobody asks whether they are available or have room: only whether they have a desk to do it from. Who listens or
// whispers is charged nothing. From one of these to another is one act, and only the role changes.
//
// To take over is to have the work: for that they must meet the floor of its queue, take its channels, and not be away, where work
// would not stay with them.

#include "routing/absence.h"
#include "routing/participant.h"
#include "routing/supervise.h"

static enum router_role supervise_role(enum router_supervision act)
{
    static const enum router_role roles[ROUTER_SUPERVISIONS] = {[ROUTER_LISTEN] = ROUTER_ROLE_LISTENING,
                                                                [ROUTER_WHISPER] = ROUTER_ROLE_WHISPERING,
                                                                [ROUTER_BARGE] = ROUTER_ROLE_INVITED};
    return roles[act];
}

// Somebody else's work, and a supervisor with a desk.
static enum router_refusal supervise_find_both(const struct router *r, struct intervention *v)
{
    enum router_refusal why = supervise_find_work(r, v, CORE_BIT(ROUTER_ASSIGNED));
    why = why ? why : supervise_find_agent(r, v);
    if (why)
        return why;
    if (v->work->agent == v->agent)
        return ROUTER_WRONG_STATE;
    return agent_is_here(v->agent) ? ROUTER_REFUSAL_NONE : ROUTER_AGENT_ABSENT;
}

enum router_refusal supervise_check_join(const struct router *r, struct intervention *v)
{
    enum router_refusal why = supervise_find_both(r, v);
    if (why)
        return why;
    const struct participant *p = participant_find(v->work, v->agent);
    if (p && p->joined && p->role == supervise_role(v->given.act))
        return ROUTER_WRONG_STATE;
    return p || v->work->participants_n < ROUTER_PARTICIPANTS_MAX ? ROUTER_REFUSAL_NONE : ROUTER_FULL;
}

void supervise_act_join(struct router *r, struct intervention *v)
{
    participant_place(r, v->work, v->agent, supervise_role(v->given.act));
}

enum router_refusal supervise_check_take_over(const struct router *r, struct intervention *v)
{
    enum router_refusal why = supervise_find_both(r, v);
    uint32_t surplus;
    if (why)
        return why;
    if (absence_of(v->agent))
        return ROUTER_AGENT_ABSENT;
    if (!agent_takes(v->agent, session_channels(v->work)))
        return ROUTER_AGENT_CHANNEL;
    return needs_met(&v->work->queue->floor, v->agent, &surplus) ? ROUTER_REFUSAL_NONE : ROUTER_AGENT_UNFIT;
}

// It is recorded, though nobody was chosen among others.
void supervise_act_take_over(struct router *r, struct intervention *v)
{
    struct work *w = v->work;
    hand_set(r, w, &r->hand);
    text_set(r, &w->former, w->agent->def.id);
    w->reason = ROUTER_SUPERVISED;
    effect_work(r, ROUTER_DECISION, w, v->agent, ROUTER_SUPERVISED)->decision = record_taken(r, w, v->agent);
    if (w->informed == v->agent)
        work_inform(w, NULL);
    participant_hand_over(r, w, v->agent, ROUTER_SUPERVISED);
}
