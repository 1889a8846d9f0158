// SPDX-License-Identifier: Apache-2.0
//
// The twin's callbacks: who hung up and is to be called. Whether somebody is dialled is `dial_until`, looked at each time.

#include "twin.h"

#include <string.h>

struct twin_session *twin_to_call(struct twin_work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (*w->sessions[i].callback)
            return &w->sessions[i];
    }
    return NULL;
}

static void tell_call(struct twin *t, enum router_effect_kind kind, const struct twin_work *w,
                      const struct twin_session *s, enum router_reason reason)
{
    struct twin_event *e = twin_tell(t, kind, w, w->agent, reason);
    e->channel = s->channel;
    twin_name(e->handle, s->handle);
    twin_name(e->call, s->call);
    if (kind != ROUTER_DIAL)
        return;
    e->attempts = s->attempts;
    twin_name(e->callback, s->callback);
}

static bool anybody_else(const struct twin_work *w, const struct twin_session *but)
{
    bool any = w->left_words;
    for (size_t i = 0; i < w->sessions_n; i++)
        any |= w->sessions[i].live && &w->sessions[i] != but;
    return any;
}

static void away(struct twin *t, struct twin_work *w, enum router_reason reason, int64_t until)
{
    if (*w->agent) {
        twin_tell(t, ROUTER_UNASSIGN, w, w->agent, reason);
        twin_name(w->former, w->agent);
        w->prefer_former = false;
    }
    w->snoozed = until;
    twin_move(t, w, ROUTER_SNOOZED, "", reason);
}

// When the queue calls back again; 0 = it does now.
static int64_t closed_until(struct twin *t, const struct twin_work *w)
{
    int64_t now = t->wall - (t->end - t->now);
    const char *hours = twin_queue(t, w->queue)->callback_hours;
    for (size_t i = 0; i < t->calendars_n; i++) {
        const struct twin_calendar *c = &t->calendars[i];
        bool open = c->open;
        if (!*hours || strcmp(c->name, hours) != 0 || !c->known || now >= c->until)
            continue;
        size_t k = 0;
        for (; k < c->turns_n && c->turns[k] <= now; k++)
            open = !open;
        return open ? 0 : k < c->turns_n ? c->turns[k] : c->until;
    }
    return 0;
}

bool twin_sleeps_until_hours(struct twin *t, struct twin_work *w)
{
    const struct twin_session *s = twin_to_call(w);
    int64_t until = s && !anybody_else(w, s) ? closed_until(t, w) : 0;
    if (!until)
        return false;
    away(t, w, ROUTER_CALLBACK_CLOSED, until);
    return true;
}

void twin_hours_anew(struct twin *t)
{
    for (size_t i = 0; i < t->works_n; i++) {
        if (t->works[i].state == ROUTER_SNOOZED && t->works[i].reason == ROUTER_CALLBACK_CLOSED)
            twin_wake(t, &t->works[i], ROUTER_WOKEN, true);
    }
}

void twin_dial(struct twin *t, struct twin_work *w, struct twin_session *s)
{
    if (w->dial_until || twin_sleeps_until_hours(t, w))
        return;
    if (closed_until(t, w)) { // but somebody else is there
        s->live = false;
        *s->callback = '\0';
        w->changed = true;
        return;
    }
    s->attempts++;
    w->dial_until = t->now + twin_queue(t, w->queue)->callback_dial_ms;
    w->dial_input = t->input;
    w->dial_effect = (uint32_t)t->events_n;
    w->changed = true;
    tell_call(t, ROUTER_DIAL, w, s, w->reason);
    t->events[t->events_n - 1].deadline = w->dial_until;
}

void twin_call_off(struct twin *t, struct twin_work *w, const struct twin_session *s)
{
    if (w->dial_until && *s->callback)
        tell_call(t, ROUTER_DISCONNECT, w, s, w->reason);
    if (*s->callback)
        w->dial_until = 0;
}

static void nobody_answered(struct twin *t, struct twin_work *w)
{
    struct twin_session *s = twin_to_call(w);
    const struct twin_queue *q = twin_queue(t, w->queue);
    int64_t until = t->wall - (t->end - t->now) + q->callback_retry_ms;
    bool enough = s->attempts >= q->callback_attempts;
    bool elsewhere = anybody_else(w, s);
    w->dial_until = 0;
    w->changed = true;
    twin_forecast(t, w->queue)->callbacks.unreached++;
    if (elsewhere || enough) {
        s->live = false;
        *s->callback = '\0';
    }
    if (!elsewhere && enough)
        twin_close(t, w, ROUTER_CALLBACK_UNREACHED);
    if (!elsewhere && !enough)
        away(t, w, ROUTER_CALLBACK_UNREACHED, until);
}

void twin_dialled_for_long(struct twin *t, struct twin_work *w)
{
    tell_call(t, ROUTER_DISCONNECT, w, twin_to_call(w), ROUTER_CALLBACK_UNREACHED);
    nobody_answered(t, w);
}

void twin_dial_reported(struct twin *t, struct twin_work *w, const struct router_delivery_news *news)
{
    bool it = w->dial_until && news->input == w->dial_input && news->effect == w->dial_effect;
    if (it && news->state == 5)
        nobody_answered(t, w);
}

static void wants_a_call(struct twin *t, struct twin_work *w, struct twin_session *s, const char *number)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        struct twin_session *other = &w->sessions[i];
        if (other == s || !*other->callback)
            continue;
        twin_call_off(t, w, other);
        *other->callback = '\0';
        other->live = false;
    }
    if (!*s->callback) {
        s->attempts = 0;
        s->connected = false;
        twin_forecast(t, w->queue)->callbacks.asked++;
    }
    twin_name(s->callback, number);
    w->changed = true;
    if (w->state == ROUTER_ASSIGNED)
        twin_dial(t, w, s);
}

static void wants_no_call(struct twin *t, struct twin_work *w, struct twin_session *s)
{
    bool elsewhere = anybody_else(w, s);
    s->live = false;
    *s->callback = '\0';
    w->changed = true;
    if (elsewhere || w->state == ROUTER_ASSIGNED || w->state == ROUTER_WRAP_UP || w->state == ROUTER_RECORDING)
        return;
    twin_end_offers(t, w, ROUTER_CALLBACK_CANCELLED);
    twin_close(t, w, ROUTER_CALLBACK_CANCELLED);
}

bool twin_call_over(struct twin *t, struct twin_work *w, struct twin_session *s, const struct router_happened *h)
{
    if (h->channel != ROUTER_VOICE || !s->live)
        return false;
    bool asks = h->callback && *h->callback, waited = *s->callback;
    if (asks)
        wants_a_call(t, w, s, h->callback);
    else if (waited && w->dial_until)
        nobody_answered(t, w);
    else if (waited)
        wants_no_call(t, w, s);
    return asks || waited;
}

bool twin_call_begins(struct twin *t, struct twin_work *w, struct twin_session *s)
{
    struct twin_session *to = twin_to_call(w);
    if (s->channel != ROUTER_VOICE || !to)
        return false;
    if (w->dial_until)
        twin_forecast(t, w->queue)->callbacks.reached++;
    w->dial_until = 0;
    w->changed = true;
    *to->callback = '\0';
    to->live = to == s;
    return to == s;
}
