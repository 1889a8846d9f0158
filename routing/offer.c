// SPDX-License-Identifier: Apache-2.0
//
// Offers: work held out to one agent with a time limit, and the memory of who did not take it.
//
// Every offer has an epoch of its own, so that an answer to a past one is told apart. An offer ends in exactly one of ASSIGN
// and OFFER_ENDED. Who declined or missed a work is asked for it again only after the pause, only when nobody else can, and
// at most decline_max times; nothing else is held against them.

#include "routing/core.h"
#include "routing/team.h"

#include <string.h>

static uint32_t offer_ms(const struct router *r, const struct work *w)
{
    uint32_t of_channel = r->rules.channels[w->channel_now].offer_ms;
    return of_channel ? of_channel : w->queue->def.offer_ms;
}

// The whole time again from now on, for an offer or a wrap-up; never less than there was.
void offer_extend(struct router *r, struct work *w)
{
    uint32_t more = w->state == ROUTER_OFFERED ? offer_ms(r, w) : w->queue->def.wrap_up_ms;
    int64_t until = timer_after(r->at, more);
    w->extended++;
    timer_start(r, &w->limit, until > w->limit.deadline ? until : w->limit.deadline);
    work_touch(r, w);
}

void offer_make(struct router *r, struct work *w, const struct match *m)
{
    enum router_reason reason = w->reason;
    int64_t deadline = timer_after(r->at, offer_ms(r, w));
    struct router_candidate *why = record_candidate(&r->arena, r, w, &m->why);
    w->epoch = ++r->epoch;
    work_move(r, w, ROUTER_OFFERED, m->winner, reason);
    w->limit.kind = TIMER_OFFER;
    timer_start(r, &w->limit, deadline);
    struct router_effect *e = effect_work(r, ROUTER_OFFER, w, m->winner, reason);
    e->deadline = deadline;
    e->why = why;
    e->former_agent = w->former;
    if (r->rules.channels[w->channel_now].auto_accept)
        settle_answer_later(r, w);
}

static void offer_end(struct router *r, struct work *w, enum router_reason reason, const char *text)
{
    effect_work(r, ROUTER_OFFER_ENDED, w, w->agent, reason)->text = arena_text(&r->arena, text);
    work_move(r, w, ROUTER_QUEUED, NULL, reason);
}

void offer_accept(struct router *r, struct work *w)
{
    struct agent *a = w->agent;
    a->misses = 0;
    work_want(w, NULL);
    team_want(r, w, "");
    if (w->informed == a)
        work_inform(w, NULL);
    work_move(r, w, ROUTER_ASSIGNED, a, ROUTER_ACCEPTED);
    effect_work(r, ROUTER_ASSIGN, w, a, ROUTER_ACCEPTED);
    session_connect(r, w);
}

void offer_decline(struct router *r, struct work *w, const char *text)
{
    w->agent->misses = 0;
    offer_note_ask(r, w, w->agent, 1);
    offer_end(r, w, ROUTER_DECLINED, text);
}

void offer_timed_out(struct router *r, struct work *w)
{
    struct agent *a = w->agent;
    offer_note_ask(r, w, a, 1);
    offer_end(r, w, ROUTER_TIMED_OUT, "");
    if (++a->misses < r->rules.timeouts_to_away)
        return;
    a->misses = 0;
    agent_set_presence(r, a, ROUTER_AWAY, ROUTER_TIMED_OUT);
}

// Taken back without any fault of the agent's.
void offer_rescind(struct router *r, struct work *w, enum router_reason reason)
{
    offer_end(r, w, reason, "");
}

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
    }
    ask->times += times;
    ask->until = timer_after(r->at, r->rules.decline_pause_ms);
}

void offer_forget_ask(struct router *r, struct work *w, const struct agent *a)
{
    struct ask *ask = offer_ask_of(w, a);
    if (!ask)
        return;
    size_t at = (size_t)(ask - w->asks);
    w->asks_n--;
    memmove(ask, ask + 1, (w->asks_n - at) * sizeof *ask);
    if (w->state == ROUTER_QUEUED)
        offer_arm_pause(r, w);
}

// From its agent to somebody else. They are asked again like one who declined: not before the pause is over, and only when nobody
// else can.
void offer_pass_on(struct router *r, struct work *w, enum router_reason reason)
{
    offer_note_ask(r, w, w->agent, 0);
    if (strcmp(w->last_agent, w->agent->def.id) == 0)
        text_set(r, &w->last_agent, "");
    if (w->state == ROUTER_OFFERED)
        offer_rescind(r, w, reason);
    else
        work_requeue(r, w, reason, false);
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
    if (first == INT64_MAX)
        timer_stop(r, &w->pause);
    else
        timer_start(r, &w->pause, first);
}
