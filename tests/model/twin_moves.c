// SPDX-License-Identifier: Apache-2.0
//
// The twin's moves: work from state to state, and what becomes of an agent's when their presence changes.

#include "twin.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void began_or_ended(struct twin *t, const char *agent)
{
    struct twin_agent *a = twin_agent(t, agent);
    if (a)
        a->idle_since = t->now;
}

bool twin_holds_any(const struct twin *t, const char *agent)
{
    for (size_t i = 0; i < t->works_n; i++) {
        if (twin_at_hand(&t->works[i], agent))
            return true;
    }
    return twin_takes_part(t, agent);
}

void twin_hold(struct twin *t, struct twin_work *w)
{
    uint32_t ms = t->rules.channels[w->channel_now].prefer_known_ms;
    if (!ms)
        ms = twin_queue(t, w->queue)->prefer_known_ms;
    w->hold_until = w->entered + ms;
}

void twin_move(struct twin *t, struct twin_work *w, enum router_work_state to, const char *agent,
               enum router_reason reason)
{
    enum router_work_state from = w->state;
    if (to == ROUTER_QUEUED && from != ROUTER_WORK_NONE)
        twin_divert(t, w);
    struct twin_agent *former = *w->agent ? twin_agent(t, w->agent) : NULL;
    if (to != ROUTER_ASSIGNED)
        twin_all_go(t, w, reason);
    twin_estimate_moves(t, w, to, reason);
    if (to == ROUTER_WRAP_UP || to == ROUTER_CLOSED)
        twin_unanswered(t, w);
    if (from == ROUTER_ASSIGNED || from == ROUTER_WRAP_UP)
        began_or_ended(t, w->agent);
    if (to == ROUTER_ASSIGNED && !t->rules.idle_from_end)
        began_or_ended(t, agent);
    if (to == ROUTER_WRAP_UP) {
        w->frozen = twin_charge(t, w);
        w->frozen_places = twin_places(w, from);
        w->left_words = w->unfit = false;
        w->to_voicemail = ROUTER_CAUSE_NONE;
    }
    if (to == ROUTER_QUEUED) {
        w->told = false;
        if (from != ROUTER_OFFERED)
            w->entered = t->now, twin_hold(t, w);
    }
    w->state = to;
    w->recorded = 0;
    if (to != ROUTER_CLOSED)
        twin_watch(t, w);
    w->extended = w->given = w->given_places = 0;
    w->give_back = 0;
    w->reason = reason;
    w->changed = true;
    w->answered = 0;
    w->warned = false;
    if (to == ROUTER_QUEUED)
        twin_newly(w);
    twin_name(w->agent, agent);
    if (former && former->presence == ROUTER_DRAINING && !twin_holds_any(t, former->id))
        twin_presence(t, former, ROUTER_AWAY, ROUTER_REASON_NONE);
}

void twin_ask(struct twin *t, struct twin_work *w, const char *agent, uint32_t times)
{
    struct twin_ask *ask = twin_ask_of(w, agent);
    if (!ask) {
        ask = &w->asks[w->asks_n++];
        memset(ask, 0, sizeof *ask);
        twin_name(ask->agent, agent);
    }
    ask->times += times;
    ask->until = t->now + t->rules.decline_pause_ms;
}

static void tell_of_call(struct twin *t, enum router_effect_kind kind, const struct twin_work *w,
                         const struct twin_session *s)
{
    struct twin_event *e = twin_tell(t, kind, w, w->agent, w->reason);
    e->channel = s->channel;
    twin_name(e->handle, s->handle);
    twin_name(e->call, s->call);
}

void twin_connect(struct twin *t, struct twin_work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        struct twin_session *s = &w->sessions[i];
        if (*s->callback) {
            twin_dial(t, w, s);
        } else if (s->channel == ROUTER_VOICE && s->live && !s->connected) {
            s->connected = true;
            twin_answered(t, w);
            tell_of_call(t, ROUTER_CONNECT, w, s);
            twin_call_of_participants(t, ROUTER_CONNECT, w, s);
        }
    }
}

void twin_disconnect(struct twin *t, struct twin_work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        twin_call_off(t, w, &w->sessions[i]);
        if (w->sessions[i].connected) {
            tell_of_call(t, ROUTER_DISCONNECT, w, &w->sessions[i]);
            twin_call_of_participants(t, ROUTER_DISCONNECT, w, &w->sessions[i]);
        }
        w->sessions[i].connected = false;
    }
}

void twin_requeue(struct twin *t, struct twin_work *w, enum router_reason reason, bool informed)
{
    twin_tell(t, ROUTER_UNASSIGN, w, w->agent, reason)->informed = informed;
    twin_disconnect(t, w);
    twin_name(w->former, w->agent);
    w->prefer_former = true;
    if (informed)
        twin_name(w->informed, w->agent);
    twin_move(t, w, ROUTER_QUEUED, "", reason);
}

void twin_close(struct twin *t, struct twin_work *w, enum router_reason reason)
{
    if (w->state == ROUTER_ASSIGNED || w->state == ROUTER_WRAP_UP)
        twin_tell(t, ROUTER_UNASSIGN, w, w->agent, reason);
    twin_move(t, w, ROUTER_CLOSED, "", reason);
}

void twin_wrap_up(struct twin *t, struct twin_work *w, enum router_reason reason)
{
    uint32_t ms = twin_queue(t, w->queue)->wrap_up_ms;
    w->limit = t->now + ms;
    if (ms)
        twin_move(t, w, ROUTER_WRAP_UP, w->agent, reason);
    else
        twin_close(t, w, reason);
}

void twin_presence(struct twin *t, struct twin_agent *a, enum router_presence to, enum router_reason reason)
{
    enum router_presence from = a->presence;
    if (to == ROUTER_DRAINING && !twin_holds_any(t, a->id))
        to = ROUTER_AWAY;
    if (from == to)
        return;
    if (to == ROUTER_LOST)
        a->before = from;
    bool long_lost = from == ROUTER_LOST && t->now > a->gone_since + 60000;
    a->presence = to;
    a->gone_since = t->now;
    twin_tell(t, ROUTER_PRESENCE, NULL, a->id, reason)->state = (uint32_t)to;
    bool focus = to == ROUTER_FOCUS;
    if (focus && from != ROUTER_LOST)
        a->focus_end = t->now + t->rules.focus_ms;
    if (!focus && to != ROUTER_LOST)
        a->focus_end = 0;
    if ((to == ROUTER_AVAILABLE && from != ROUTER_LOST && from != ROUTER_FOCUS) ||
        (focus && (from == ROUTER_AWAY || from == ROUTER_DRAINING)) || (long_lost && (focus || to == ROUTER_AVAILABLE)))
        a->idle_since = t->now;
    for (size_t i = 0; i < t->works_n && to != ROUTER_AVAILABLE; i++) {
        struct twin_work *w = &t->works[i];
        if (twin_offer_to(w, a->id))
            twin_end_offer(t, w, a->id, reason == ROUTER_REMOVED ? ROUTER_REMOVED : ROUTER_WENT_AWAY);
    }
    if (to != ROUTER_AVAILABLE)
        twin_leaves_all(t, a->id, false, reason == ROUTER_REMOVED ? ROUTER_REMOVED : ROUTER_WENT_AWAY);
    if (to == ROUTER_LOST)
        twin_ears_off(t, a->id, reason);
    if (to == ROUTER_OFFLINE)
        twin_leaves_all(t, a->id, true, reason);
    for (size_t i = 0; i < t->works_n && to == ROUTER_OFFLINE; i++) {
        struct twin_work *w = &t->works[i];
        if (same(w->agent, a->id) && w->state == ROUTER_ASSIGNED)
            twin_requeue(t, w, reason, false);
        else if (same(w->agent, a->id) && w->state == ROUTER_WRAP_UP)
            twin_close(t, w, ROUTER_WRAPPED_UP);
    }
    if (to == ROUTER_OFFLINE)
        a->misses = 0;
}
