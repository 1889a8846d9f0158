// SPDX-License-Identifier: Apache-2.0
//
// Offers: work held out to agents with a time limit each, and the memory of who did not take it.
//
// Every offer has an epoch of its own, so that an answer to a past one is told apart. An offer ends in exactly one of ASSIGN
// and OFFER_ENDED; the work is OFFERED as long as one stands, and each reserves its charge. Several may stand at once: the first to accept
// has it, and the others end, unblamed. Who declined or missed a work is asked for
// it again only after the pause, only when nobody else can, and at most decline_max times; nothing else is held against them.

#include "routing/callback.h"
#include "routing/core.h"
#include "routing/team.h"

#include <string.h>

// ---- which there are ----

struct offer *offer_of(const struct work *w, const struct agent *a)
{
    for (size_t i = 0; i < w->offers_n; i++) {
        if (w->offers[i].agent == a)
            return &w->offers[i];
    }
    return NULL;
}

bool offer_or_held(const struct work *w, const struct agent *a)
{
    return w->agent == a || (w->offers_n && offer_of(w, a));
}

struct agent *offer_first(const struct work *w)
{
    return w->offers_n ? w->offers[0].agent : w->agent;
}

// Where the customer's channel is accepted by itself there is nobody to be first, and a colleague who was named is asked alone. So is
// who would call back: outside the hours for that nobody more may be asked, and they begin without an input.
uint32_t offer_slots(const struct router *r, const struct work *w)
{
    bool one = r->rules.channels[w->channel_now].auto_accept || w->wanted || w->team || callback_waits(w);
    return one ? 1 : w->queue->def.offer_to;
}

bool offer_open(const struct router *r, const struct work *w)
{
    return w->state == ROUTER_QUEUED || (w->state == ROUTER_OFFERED && w->offers_n < offer_slots(r, w));
}

// The work shows the epoch of the oldest offer, and its limit is that of the first to end.
static void offer_derive(struct router *r, struct work *w)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < w->offers_n; i++)
        first = w->offers[i].deadline < first ? w->offers[i].deadline : first;
    if (!w->offers_n) {
        timer_stop(r, &w->limit);
        return;
    }
    w->epoch = w->offers[0].epoch;
    w->limit.kind = TIMER_OFFER;
    timer_start(r, &w->limit, first);
}

// Derived data, too: restoring a snapshot uses it.
void offer_list(struct router *r, struct work *w, const struct offer *o)
{
    w->offers = memory_grow(w->offers, &w->offers_cap, w->offers_n + 1, sizeof *w->offers);
    w->offers[w->offers_n++] = *o;
    o->agent->offers++;
    ids_put(&o->agent->held, w->id);
    agent_charge(r, o->agent, (struct charge){0}, w->charge);
    offer_derive(r, w);
}

static void offer_drop(struct router *r, struct work *w, struct agent *a)
{
    struct offer *o = offer_of(w, a);
    size_t at = (size_t)(o - w->offers);
    w->offers_n--;
    memmove(o, o + 1, (w->offers_n - at) * sizeof *o);
    a->offers--;
    ids_drop(&a->held, w->id);
    agent_charge(r, a, w->charge, (struct charge){0});
    offer_derive(r, w);
    agent_drained(r, a);
}

// The work weighs something else than before.
void offer_recharge(struct router *r, struct work *w, struct charge before)
{
    for (size_t i = 0; i < w->offers_n; i++)
        agent_charge(r, w->offers[i].agent, before, w->charge);
}

// ---- how they begin ----

static uint32_t offer_ms(const struct router *r, const struct work *w)
{
    uint32_t of_channel = r->rules.channels[w->channel_now].offer_ms;
    return of_channel ? of_channel : w->queue->def.offer_ms;
}

void offer_make(struct router *r, struct work *w, const struct match *m)
{
    enum router_reason reason = w->reason;
    struct offer o = {.agent = m->winner, .epoch = ++r->epoch, .deadline = timer_after(r->at, offer_ms(r, w))};
    struct router_candidate *why = record_candidate(&r->arena, r, w, &m->why);
    if (w->state == ROUTER_QUEUED)
        work_move(r, w, ROUTER_OFFERED, NULL, reason);
    offer_list(r, w, &o);
    work_stand(r, w);
    work_touch(r, w);
    o.agent->over = room_exceeded(r, o.agent); // a call may interrupt
    struct router_effect *e = effect_work(r, ROUTER_OFFER, w, o.agent, reason);
    e->epoch = o.epoch;
    e->deadline = o.deadline;
    e->why = why;
    e->former_agent = w->former;
    if (r->rules.channels[w->channel_now].auto_accept)
        settle_answer_later(r, w);
}

// The whole time again from now on, for an offer or a wrap-up; never less than there was.
void offer_extend(struct router *r, struct work *w, struct agent *a)
{
    struct offer *o = offer_of(w, a);
    int64_t until = timer_after(r->at, o ? offer_ms(r, w) : w->queue->def.wrap_up_ms);
    work_touch(r, w);
    if (!o) {
        w->extended++;
        timer_start(r, &w->limit, until > w->limit.deadline ? until : w->limit.deadline);
        return;
    }
    o->extended++;
    o->deadline = until > o->deadline ? until : o->deadline;
    offer_derive(r, w);
}

// ---- how they end ----

static void offer_tell_end(struct router *r, const struct work *w, const struct agent *a, enum router_reason reason,
                           const char *text)
{
    struct router_effect *e = effect_work(r, ROUTER_OFFER_ENDED, w, a, reason);
    e->epoch = offer_of(w, a)->epoch;
    e->text = arena_text(&r->arena, text);
}

static void offer_end(struct router *r, struct work *w, struct agent *a, enum router_reason reason, const char *text)
{
    offer_tell_end(r, w, a, reason, text);
    offer_drop(r, w, a);
    if (!w->offers_n) {
        work_move(r, w, ROUTER_QUEUED, NULL, reason);
        return;
    }
    work_touch(r, w);
    work_stand(r, w);
    if (w->line)
        work_undecide(r, w); // the next best may take their place
}

// All that stand, without the work being queued: it goes elsewhere.
void offer_rescind_all(struct router *r, struct work *w, enum router_reason reason)
{
    while (w->offers_n) {
        struct agent *a = w->offers[0].agent;
        offer_tell_end(r, w, a, reason, "");
        offer_drop(r, w, a);
    }
}

void offer_accept(struct router *r, struct work *w, struct agent *a)
{
    uint64_t epoch = offer_of(w, a)->epoch;
    bool over = a->over;
    a->misses = 0;
    work_want(w, NULL);
    team_want(r, w, "");
    if (w->informed == a)
        work_inform(w, NULL);
    offer_drop(r, w, a);
    offer_rescind_all(r, w, ROUTER_TAKEN);
    w->epoch = epoch;
    work_move(r, w, ROUTER_ASSIGNED, a, ROUTER_ACCEPTED);
    if (over) // ending the offer looked like room in between
        a->over = room_exceeded(r, a);
    effect_work(r, ROUTER_ASSIGN, w, a, ROUTER_ACCEPTED);
    session_connect(r, w);
}

void offer_decline(struct router *r, struct work *w, struct agent *a, const char *text)
{
    a->misses = 0;
    offer_note_ask(r, w, a, 1);
    offer_end(r, w, a, ROUTER_DECLINED, text);
}

// Of those that are due the oldest; if there is another, it comes next.
void offer_timed_out(struct router *r, struct work *w)
{
    size_t i = 0;
    while (w->offers[i].deadline > r->at)
        i++;
    struct agent *a = w->offers[i].agent;
    offer_note_ask(r, w, a, 1);
    offer_end(r, w, a, ROUTER_TIMED_OUT, "");
    if (++a->misses < r->rules.timeouts_to_away)
        return;
    a->misses = 0;
    agent_set_presence(r, a, ROUTER_AWAY, ROUTER_TIMED_OUT);
}

// Taken back without any fault of the agent's.
void offer_rescind(struct router *r, struct work *w, struct agent *a, enum router_reason reason)
{
    offer_end(r, w, a, reason, "");
}

// ---- who did not take it ----

struct ask *offer_ask_of(const struct work *w, const struct agent *a)
{
    for (size_t i = 0; i < w->asks_n; i++) {
        if (w->asks[i].agent == a)
            return &w->asks[i];
    }
    return NULL;
}

void offer_note_ask(struct router *r, struct work *w, struct agent *a, uint32_t times)
{
    struct ask *ask = offer_ask_of(w, a);
    if (!ask) {
        w->asks = memory_grow(w->asks, &w->asks_cap, w->asks_n + 1, sizeof *w->asks);
        ask = &w->asks[w->asks_n++];
        *ask = (struct ask){.agent = a};
        a->asked_by++;
    }
    ask->times += times;
    ask->until = timer_after(r->at, r->rules.decline_pause_ms);
}

void offer_forget_ask(struct router *r, struct work *w, const struct agent *a)
{
    struct ask *ask = offer_ask_of(w, a);
    if (!ask)
        return;
    ask->agent->asked_by--;
    size_t at = (size_t)(ask - w->asks);
    w->asks_n--;
    memmove(ask, ask + 1, (w->asks_n - at) * sizeof *ask);
    if (w->state == ROUTER_QUEUED)
        offer_arm_pause(r, w);
}

// Takes work from whoever holds it or is offered it, and puts it back with its age.
void offer_take_back(struct router *r, struct work *w, enum router_reason reason)
{
    while (w->offers_n)
        offer_end(r, w, w->offers[0].agent, reason, "");
    if (w->state == ROUTER_ASSIGNED)
        work_requeue(r, w, reason, false);
}

static void offer_pass_by(struct router *r, struct work *w, struct agent *a)
{
    offer_note_ask(r, w, a, 0);
    if (strcmp(w->last_agent, a->def.id) == 0)
        text_set(r, &w->last_agent, "");
}

// From its agent, or those it is offered to, to somebody else. They are asked again like one who declined: not before the pause is over, and only when nobody
// else can.
void offer_pass_on(struct router *r, struct work *w, enum router_reason reason)
{
    settle_unhold(r, w); // for whom it is held may be who is passed by
    for (size_t i = 0; i < w->offers_n; i++)
        offer_pass_by(r, w, w->offers[i].agent);
    if (w->agent)
        offer_pass_by(r, w, w->agent);
    offer_take_back(r, w, reason);
    w->prefer_former = false;
}

// The next moment at which somebody may be asked again.
void offer_arm_pause(struct router *r, struct work *w)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < w->asks_n; i++) {
        const struct ask *ask = &w->asks[i];
        if (ask->until > r->at && ask->until < first && ask->times < r->rules.decline_max)
            first = ask->until;
    }
    timer_aim(r, &w->pause, first);
}
