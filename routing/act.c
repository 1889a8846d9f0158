// SPDX-License-Identifier: Apache-2.0
//
// The acts of a desk: for each, a check that changes nothing and says what stands against it, and an act that cannot fail
// once its check has passed. Whose command it is and whether it came before is command.c's.

#include "routing/command.h"
#include "routing/participant.h"
#include "routing/team.h"

#include <string.h>

// ---- checks ----

static enum router_refusal check_presence(const struct router *r, struct order *o)
{
    bool may = o->c->presence == ROUTER_AVAILABLE || o->c->presence == ROUTER_AWAY ||
               o->c->presence == ROUTER_DRAINING || (o->c->presence == ROUTER_FOCUS && r->rules.focus_ms);
    return may ? ROUTER_REFUSAL_NONE : ROUTER_INVALID;
}

static enum router_refusal check_offer(const struct router *r, struct order *o)
{
    o->work = work_find(r, o->c->work);
    if (!o->work)
        return ROUTER_UNKNOWN_WORK;
    for (size_t i = 0; i < o->work->offers_n; i++) {
        if (o->work->offers[i].epoch == o->c->epoch)
            return o->work->offers[i].agent == o->agent ? ROUTER_REFUSAL_NONE : ROUTER_NOT_YOURS;
    }
    return ROUTER_OFFER_PAST;
}

enum router_refusal command_work_in(const struct router *r, struct order *o, enum router_work_state state)
{
    o->work = work_find(r, o->c->work);
    if (!o->work)
        return ROUTER_UNKNOWN_WORK;
    if (!offer_or_held(o->work, o->agent))
        return ROUTER_NOT_YOURS;
    return o->work->state == state ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
}

static enum router_refusal check_held(const struct router *r, struct order *o)
{
    return command_work_in(r, o, ROUTER_ASSIGNED);
}

static enum router_refusal check_extend(const struct router *r, struct order *o)
{
    enum router_refusal why = command_work_in(r, o, ROUTER_OFFERED);
    if (why == ROUTER_WRONG_STATE)
        why = close_check_wrap_up(r, o);
    if (why)
        return why;
    const struct offer *offer = offer_of(o->work, o->agent);
    return (offer ? offer->extended : o->work->extended) >= r->rules.extend_max ? ROUTER_FULL : ROUTER_REFUSAL_NONE;
}

static enum router_refusal check_to_queue(const struct router *r, struct order *o)
{
    enum router_refusal why = check_held(r, o);
    return why || queue_find(r, o->c->to) ? why : ROUTER_UNKNOWN_QUEUE;
}

static enum router_refusal check_to_agent(const struct router *r, struct order *o)
{
    enum router_refusal why = check_held(r, o);
    const struct agent *to = agent_find(r, o->c->to);
    if (why || !to)
        return why ? why : ROUTER_UNKNOWN_AGENT;
    return to == o->agent ? ROUTER_INVALID : ROUTER_REFUSAL_NONE;
}

static enum router_refusal check_to_team(const struct router *r, struct order *o)
{
    enum router_refusal why = check_held(r, o);
    const struct team *t = team_find(r, o->c->to);
    return why || (t && t->n) ? why : ROUTER_UNKNOWN_TEAM;
}

static enum router_refusal check_note(const struct router *r, struct order *o)
{
    o->work = work_of_conversation(r, o->c->conversation);
    bool holds = o->work && o->work->agent == o->agent &&
                 (o->work->state == ROUTER_ASSIGNED || o->work->state == ROUTER_WRAP_UP);
    const struct participant *p = o->work ? participant_find(o->work, o->agent) : NULL;
    bool notes = p && p->role != ROUTER_ROLE_LISTENING && o->c->act == ROUTER_ACT_NOTE;
    bool takes_part = p && p->joined && (p->role == ROUTER_ROLE_INVITED || notes);
    return holds || takes_part ? ROUTER_REFUSAL_NONE : ROUTER_NOT_YOURS;
}

static size_t send_current_session(const struct work *w)
{
    if (w->channel_now != ROUTER_VOICE)
        return session_latest(w, w->channel_now, false);
    return session_latest(w, ROUTER_CHANNEL_NONE, true); // words do not go down a call
}

static enum router_refusal check_send(const struct router *r, struct order *o)
{
    enum router_refusal why = check_note(r, o);
    const struct router_command *c = o->c;
    const struct work *w = o->work;
    if (why)
        return why;
    if (c->channel < ROUTER_CHANNEL_NONE || c->channel >= ROUTER_CHANNELS)
        return ROUTER_INVALID;
    if (c->channel == ROUTER_CHANNEL_NONE)
        o->session = send_current_session(w);
    else if (*c->handle)
        o->session = session_exact(w, c->channel, c->account, c->handle);
    else
        o->session = session_latest(w, c->channel, false);
    if (o->session != SIZE_MAX) {
        const struct router_session *s = &w->sessions[o->session];
        return s->channel == ROUTER_VOICE && !s->live ? ROUTER_NO_CHANNEL : ROUTER_REFUSAL_NONE;
    }
    if (!c->channel || c->channel == ROUTER_VOICE || !*c->account || !*c->handle)
        return ROUTER_NO_CHANNEL;
    return session_full(w) ? ROUTER_FULL : ROUTER_REFUSAL_NONE;
}

// ---- acts ----

static void act_presence(struct router *r, struct order *o)
{
    agent_set_presence(r, o->agent, o->c->presence, ROUTER_REASON_NONE);
}

static void act_accept(struct router *r, struct order *o)
{
    offer_accept(r, o->work, o->agent);
}

static void act_decline(struct router *r, struct order *o)
{
    offer_decline(r, o->work, o->agent, o->c->text);
}

static void act_send(struct router *r, struct order *o)
{
    struct work *w = o->work;
    if (o->session == SIZE_MAX) {
        size_t now = session_latest(w, w->channel_now, false);
        o->session = session_add(r, w,
                                 &(struct router_session){.channel = o->c->channel,
                                                          .account = o->c->account,
                                                          .handle = o->c->handle,
                                                          .call = "",
                                                          .simulated = now != SIZE_MAX && w->sessions[now].simulated});
        work_touch(r, w);
    }
    struct router_effect *e = effect_work(r, ROUTER_DELIVER, w, o->agent, ROUTER_REASON_NONE);
    e->number = r->input;
    e->session = w->sessions[o->session];
    sla_answered(r, w);
    wait_begin(r, w);
    silence_begin(r, w);
    if (o->has_entry)
        effect_entry(r, w);
}

static void act_note(struct router *r, struct order *o)
{
    if (o->has_entry)
        effect_entry(r, o->work);
}

static void act_to_queue(struct router *r, struct order *o)
{
    overflow_note(r, o->work, NULL, ROUTER_CAUSE_NONE);
    work_change_queue(r, o->work, queue_find(r, o->c->to));
    offer_pass_on(r, o->work, ROUTER_TRANSFERRED);
}

static void act_to_agent(struct router *r, struct order *o)
{
    struct agent *to = agent_find(r, o->c->to);
    offer_forget_ask(r, o->work, to);
    work_want(o->work, to);
    offer_pass_on(r, o->work, ROUTER_TRANSFERRED);
}

static void act_to_team(struct router *r, struct order *o)
{
    team_want(r, o->work, o->c->to);
    offer_pass_on(r, o->work, ROUTER_TRANSFERRED);
}

static void act_extend(struct router *r, struct order *o)
{
    offer_extend(r, o->work, o->agent);
}

const struct command_act command_acts[] = {
    [ROUTER_ACT_PRESENCE] = {check_presence, act_presence, false},
    [ROUTER_ACT_ACCEPT] = {check_offer, act_accept, false},
    [ROUTER_ACT_DECLINE] = {check_offer, act_decline, false},
    [ROUTER_ACT_SEND] = {check_send, act_send, true},
    [ROUTER_ACT_NOTE] = {check_note, act_note, true},
    [ROUTER_ACT_TRANSFER_QUEUE] = {check_to_queue, act_to_queue, false},
    [ROUTER_ACT_TRANSFER_AGENT] = {check_to_agent, act_to_agent, false},
    [ROUTER_ACT_CLOSE] = {close_check, close_act, false},
    [ROUTER_ACT_WRAP_UP_DONE] = {close_check_wrap_up, close_act_wrap_up_done, false},
    [ROUTER_ACT_EXTEND] = {check_extend, act_extend, false},
    [ROUTER_ACT_DISPOSITION] = {close_check_disposition, close_act_disposition, false},
    [ROUTER_ACT_TRANSFER_TEAM] = {check_to_team, act_to_team, false},
    [ROUTER_ACT_CONSULT] = {participant_check_ask, participant_act_ask, false},
    [ROUTER_ACT_INVITE] = {participant_check_ask, participant_act_ask, false},
    [ROUTER_ACT_JOIN] = {participant_check_join, participant_act_join, false},
    [ROUTER_ACT_LEAVE] = {participant_check_leave, participant_act_leave, false},
    [ROUTER_ACT_DISMISS] = {participant_check_dismiss, participant_act_dismiss, false},
    [ROUTER_ACT_HAND_OVER] = {participant_check_hand_over, participant_act_hand_over, false},
    [ROUTER_ACT_SNOOZE] = {snooze_check, snooze_act, false},
    [ROUTER_ACT_WAKE] = {snooze_check_wake, snooze_act_wake, false},
};
