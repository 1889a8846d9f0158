// SPDX-License-Identifier: Apache-2.0
//
// Callbacks: a caller hangs up, keeps the place in the queue, and is called when an agent is theirs.
//
//     waits ──► is with an agent, dialled ──► on the line           the call began: a call like any other
//       ▲              │
//       └── put away ◄─┴─► closed                                   not reached: again later; too often: no more
//
// While nobody is on the line the session lives all the same, so the work weighs, stands and is offered as a call is. The age is
// that of the first call throughout: only who calls back in vain waits for the next attempt, with the place kept. The agent
// is asked first and then the customer dialled, so that nobody who answers finds nobody there.
//
// An attempt ends when the call begins, when its failure is reported, or after callback_dial_ms, so that no work hangs
// where no gateway answers. Nobody is dialled outside the queue's hours for callbacks: once somebody could take it, such work is put
// away until they begin. Who can be spoken to otherwise is not put away: there the callback ends after the first attempt in vain, and
// where it is accepted outside the hours.

#include "routing/callback.h"
#include "routing/calendar.h"
#include "routing/core.h"
#include "routing/estimate.h"
#include "routing/reader.h"
#include "routing/snooze.h"
#include "routing/writer.h"

#define CALLBACK_ATTEMPTS_MAX 20
#define CALLBACK_DIAL_LEAST   1000
#define CALLBACK_DIAL_MOST    600000

void callback_defaults(struct router_queue *q)
{
    q->callback_retry_ms = q->callback_retry_ms ? q->callback_retry_ms : 900000;
    q->callback_attempts = q->callback_attempts ? q->callback_attempts : 3;
    q->callback_dial_ms = q->callback_dial_ms ? q->callback_dial_ms : 60000;
}

bool callback_legal(const struct router_queue *q)
{
    return (!q->callback_hours || text_is(q->callback_hours, ROUTER_NAME_MAX)) && q->callback_after_ms <= 86400000 &&
           q->callback_retry_ms <= 86400000 && q->callback_attempts <= CALLBACK_ATTEMPTS_MAX &&
           (!q->callback_dial_ms ||
            (q->callback_dial_ms >= CALLBACK_DIAL_LEAST && q->callback_dial_ms <= CALLBACK_DIAL_MOST));
}

size_t callback_of(const struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (*w->sessions[i].callback)
            return i;
    }
    return CALLBACK_NONE;
}

bool callback_waits(const struct work *w)
{
    return callback_of(w) != CALLBACK_NONE;
}

uint32_t callback_attempt(const struct work *w)
{
    size_t i = callback_of(w);
    return i == CALLBACK_NONE ? 0 : w->sessions[i].attempts + 1;
}

static bool callback_alone(const struct work *w, size_t session)
{
    if (w->voicemail.left)
        return false;
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (i != session && w->sessions[i].live)
            return false;
    }
    return true;
}

// The agent is free at once: there is nothing to write up.
static void callback_put_away(struct router *r, struct work *w, enum router_reason reason, int64_t until)
{
    if (w->agent) {
        effect_work(r, ROUTER_UNASSIGN, w, w->agent, reason);
        text_set(r, &w->former, w->agent->def.id);
        w->prefer_former = false;
    }
    work_move(r, w, ROUTER_SNOOZED, NULL, reason);
    timer_start(r, &w->snooze, until);
}

// ---- hours ----

static bool callback_is_closed(const struct router *r, const struct work *w, int64_t *opens)
{
    const char *name = w->queue->def.callback_hours;
    const struct calendar *c = *name ? calendar_find(r, name) : NULL;
    if (!c || calendar_open(c, calendar_now(r)))
        return false;
    int64_t turn = calendar_turn(c, calendar_now(r));
    *opens = turn ? turn : c->turns.until;
    return true;
}

bool callback_sleep(struct router *r, struct work *w)
{
    size_t i = callback_of(w);
    int64_t opens;
    if (i == CALLBACK_NONE || !callback_alone(w, i) || !callback_is_closed(r, w, &opens))
        return false;
    callback_put_away(r, w, ROUTER_CALLBACK_CLOSED, opens);
    return true;
}

void callback_hours_changed(struct router *r)
{
    for (size_t i = 0; r->alarms.n && i < r->works_n; i++) {
        struct work *w = work_slot(r, i)->work;
        if (w && w->state == ROUTER_SNOOZED && w->reason == ROUTER_CALLBACK_CLOSED)
            snooze_wake(r, w, ROUTER_WOKEN, true);
    }
}

// ---- dialling ----

// The customer waits no longer to be called; what else lives of them goes on.
static void callback_given_up(struct router *r, struct work *w, size_t session)
{
    session_end(r, w, session);
    session_arm(r, w);
    work_touch(r, w);
    work_recharge(r, w);
}

void callback_dial(struct router *r, struct work *w, size_t session)
{
    int64_t opens;
    if (w->dial.place || callback_sleep(r, w))
        return;
    if (callback_is_closed(r, w, &opens)) {
        callback_given_up(r, w, session);
        return;
    }
    int64_t until = timer_after(r->at, w->queue->def.callback_dial_ms);
    w->sessions[session].attempts++;
    struct router_effect *e = effect_work(r, ROUTER_DIAL, w, w->agent, w->reason);
    e->session = w->sessions[session];
    e->deadline = until;
    w->dialled = (struct dialled){r->input, (uint32_t)(r->effects_n - 1)};
    timer_start(r, &w->dial, until);
    work_touch(r, w);
}

static void callback_dial_ended(struct router *r, struct work *w)
{
    timer_stop(r, &w->dial);
    w->dialled = (struct dialled){0};
}

void callback_call_off(struct router *r, struct work *w, size_t session)
{
    if (!w->dial.place || session != callback_of(w))
        return;
    callback_dial_ended(r, w);
    effect_work(r, ROUTER_DISCONNECT, w, w->agent, w->reason)->session = w->sessions[session];
}

static void callback_in_vain(struct router *r, struct work *w)
{
    size_t i = callback_of(w);
    bool last = w->sessions[i].attempts >= w->queue->def.callback_attempts;
    w->queue->forecast->callbacks.unreached++;
    work_touch(r, w);
    if (!callback_alone(w, i)) {
        callback_given_up(r, w, i);
    } else if (last) {
        session_end(r, w, i);
        work_close(r, w, ROUTER_CALLBACK_UNREACHED);
    } else {
        callback_put_away(r, w, ROUTER_CALLBACK_UNREACHED, calendar_now(r) + w->queue->def.callback_retry_ms);
    }
}

void callback_dial_over(struct router *r, struct work *w)
{
    effect_work(r, ROUTER_DISCONNECT, w, w->agent, ROUTER_CALLBACK_UNREACHED)->session = w->sessions[callback_of(w)];
    callback_dial_ended(r, w);
    callback_in_vain(r, w);
}

void callback_failed(struct router *r, struct work *w, const struct router_delivery_news *news)
{
    if (!w->dial.place || news->input != w->dialled.input || news->effect != w->dialled.effect)
        return;
    callback_dial_ended(r, w);
    callback_in_vain(r, w);
}

// ---- what customers do ----

// The latest number counts; which call it was asked for in does not matter. Who was with an agent already is called by them at once.
static void callback_ask(struct router *r, struct work *w, size_t session, const char *number)
{
    size_t before = callback_of(w);
    if (before != CALLBACK_NONE && before != session) {
        callback_call_off(r, w, before);
        session_end(r, w, before);
    }
    if (before != session) {
        w->sessions[session].attempts = 0;
        w->connected &= (uint8_t)~CORE_BIT(session);
        w->queue->forecast->callbacks.asked++;
    }
    session_set_callback(r, &w->sessions[session], number);
    session_arm(r, w);
    work_touch(r, w);
    if (w->state == ROUTER_ASSIGNED)
        callback_dial(r, w, session);
    else if (w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED)
        work_stand(r, w);
}

// Who wants to be called no longer leaves the queue, unless they wait on another channel.
static void callback_cancel(struct router *r, struct work *w, size_t session)
{
    bool waits = w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED || w->state == ROUTER_SNOOZED;
    if (!waits || !callback_alone(w, session)) {
        callback_given_up(r, w, session);
        return;
    }
    session_end(r, w, session);
    if (w->state == ROUTER_OFFERED)
        offer_rescind_all(r, w, ROUTER_CALLBACK_CANCELLED);
    work_close(r, w, ROUTER_CALLBACK_CANCELLED);
}

bool callback_hung_up(struct router *r, struct work *w, const struct router_happened *h)
{
    size_t i = h->channel == ROUTER_VOICE ? session_place(w, h, false) : CALLBACK_NONE;
    if (i == CALLBACK_NONE || !w->sessions[i].live)
        return false;
    if (*h->callback) {
        callback_ask(r, w, i, h->callback);
    } else if (!*w->sessions[i].callback) {
        return false;
    } else if (w->dial.place) { // the call that was dialled has ended before it began
        callback_dial_ended(r, w);
        callback_in_vain(r, w);
    } else {
        callback_cancel(r, w, i);
    }
    return true;
}

bool callback_taken_over(struct router *r, struct work *w, size_t session)
{
    size_t i = callback_of(w);
    if (i == CALLBACK_NONE || w->sessions[session].channel != ROUTER_VOICE)
        return false;
    if (w->dial.place)
        w->queue->forecast->callbacks.reached++;
    callback_dial_ended(r, w);
    work_touch(r, w);
    if (i != session) {
        session_end(r, w, i);
        return false;
    }
    session_set_callback(r, &w->sessions[i], "");
    return true;
}

// ---- the rest ----

const char *callback_check(const struct work *w)
{
    size_t i = callback_of(w);
    bool dialled = w->dial.place != 0;
    if (i == CALLBACK_NONE)
        return dialled || w->dialled.input ? "work is dialled that nobody waits to be called for" : NULL;
    for (size_t k = i + 1; k < w->sessions_n; k++) {
        if (*w->sessions[k].callback)
            return "a customer waits to be called back twice";
    }
    const struct router_session *s = &w->sessions[i];
    if (s->channel != ROUTER_VOICE || !s->live || w->connected & CORE_BIT(i))
        return "a customer waits to be called back who is on the line, or for whom nobody does";
    if (dialled != (w->state == ROUTER_ASSIGNED) || dialled != (w->dialled.input != 0) || (dialled && !s->attempts))
        return "a customer is dialled for no agent, or not dialled for one";
    return NULL;
}

void callback_put(struct writer *o, const struct work *w)
{
    put_time(o, w->dial.place ? w->dial.deadline : 0);
    put64(o, w->dialled.input);
    put32(o, w->dialled.effect);
}

void callback_take(struct reader *in, struct router *r, struct work *w)
{
    int64_t until = take_time(in);
    w->dialled.input = take64(in);
    w->dialled.effect = take32(in);
    if (until)
        timer_start(r, &w->dial, until);
    reader_must(in, w->dialled.input <= r->input, "a customer was dialled in the future");
}
