// SPDX-License-Identifier: Apache-2.0
//
// The twin's time: what happens when nothing but time passes, the first that is due each time.

#include "twin.h"

#include <string.h>

enum {
    OFFER = 1,
    GRACE,
    WRAP_UP,
    IDLE,
    PAUSE,
    HOLD,
    STEP,
    GIVE_BACK,
    FOCUS,
    OVERFLOW,
    ABSENCE,
    SNOOZE,
    ASKED,
    BREACH,
    SILENCE,
    DIAL,
    VOICEMAIL
};

const char *twin_timer_name(int kind)
{
    static const char *const names[] = {"",       "offer", "grace",     "wrap-up", "idle",     "pause",
                                        "hold",   "step",  "give back", "focus",   "overflow", "absence",
                                        "snooze", "asked", "breach",    "silence", "dial",     "voicemail"};
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

struct due {
    int64_t deadline;
    int kind;
    struct twin_work *w;
    struct twin_agent *a;
};

static bool due_before(const struct due *x, const struct due *y)
{
    if (x->deadline != y->deadline)
        return x->deadline < y->deadline;
    if (x->kind != y->kind)
        return x->kind < y->kind;
    return x->a ? strcmp(x->a->id, y->a->id) < 0 : x->w->id < y->w->id;
}

static void consider(struct due *best, int64_t deadline, int kind, struct twin_work *w, struct twin_agent *a)
{
    struct due d = {deadline, kind, w, a};
    if (!best->kind || due_before(&d, best))
        *best = d;
}

static int64_t idle_at(const struct twin *t, const struct twin_session *s)
{
    uint32_t ms = t->rules.channels[s->channel].idle_ms;
    return s->live && ms && s->channel != ROUTER_VOICE ? s->last_word + ms : INT64_MAX;
}

// How long the work at hand stays with an agent who is like this; 0 = with no end.
static uint32_t stays(const struct twin *t, const struct twin_work *w, enum router_presence p)
{
    if (w->state != ROUTER_ASSIGNED || twin_rings(w))
        return 0;
    const struct router_channel_rules *rules = &t->rules.channels[w->channel_now];
    return p == ROUTER_LOST ? rules->lost_ms : p == ROUTER_AWAY ? rules->away_ms : 0;
}

static struct due first_due(struct twin *t)
{
    struct due best = {0};
    for (size_t i = 0; i < t->agents_n; i++) {
        if (t->agents[i].presence == ROUTER_LOST)
            consider(&best, t->agents[i].gone_since + t->rules.grace_ms, GRACE, NULL, &t->agents[i]);
        if (t->agents[i].focus_end)
            consider(&best, t->agents[i].focus_end, FOCUS, NULL, &t->agents[i]);
    }
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        if (w->state == ROUTER_CLOSED)
            continue;
        for (size_t o = 0; o < w->offers_n; o++)
            consider(&best, w->offers[o].limit, OFFER, w, NULL);
        const struct twin_agent *holder = twin_agent(t, w->agent);
        if (holder && stays(t, w, holder->presence))
            consider(&best, holder->gone_since + stays(t, w, holder->presence), ABSENCE, w, NULL);
        for (size_t p = 0; p < w->participants_n; p++) {
            if (!w->participants[p].joined)
                consider(&best, w->participants[p].until, ASKED, w, NULL);
        }
        if (twin_silence_ends(t, w) != INT64_MAX)
            consider(&best, twin_silence_ends(t, w), SILENCE, w, NULL);
        if (w->give_back)
            consider(&best, w->give_back, GIVE_BACK, w, NULL);
        if (w->state == ROUTER_WRAP_UP)
            consider(&best, w->limit, WRAP_UP, w, NULL);
        for (size_t s = 0; s < w->sessions_n; s++) {
            if (idle_at(t, &w->sessions[s]) != INT64_MAX)
                consider(&best, idle_at(t, &w->sessions[s]), IDLE, w, NULL);
        }
        for (size_t a = 0; a < w->asks_n; a++) {
            if (w->state == ROUTER_QUEUED && w->asks[a].until > t->now)
                consider(&best, w->asks[a].until, PAUSE, w, NULL);
        }
        if (twin_open(t, w) && w->hold_until > t->now)
            consider(&best, w->hold_until, HOLD, w, NULL);
        if (w->dial_until)
            consider(&best, w->dial_until, DIAL, w, NULL);
        if (w->recorded)
            consider(&best, w->recorded, VOICEMAIL, w, NULL);
        if (twin_voicemail_time(t, w) != INT64_MAX && !w->rang)
            consider(&best, twin_voicemail_time(t, w), VOICEMAIL, w, NULL);
        if (w->look)
            consider(&best, w->look, BREACH, w, NULL);
        const struct twin_queue *q = twin_queue(t, w->queue);
        if (w->state == ROUTER_QUEUED && q->overflow_ms && twin_overflow(t, q))
            consider(&best, w->entered + q->overflow_ms, OVERFLOW, w, NULL);
        for (size_t s = 0; s < q->steps_n && twin_open(t, w); s++) {
            if (!q->steps[s].breach && w->since + q->steps[s].after > t->now)
                consider(&best, w->since + q->steps[s].after, STEP, w, NULL);
        }
    }
    return best;
}

static void sessions_lapse(struct twin *t, struct twin_work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (idle_at(t, &w->sessions[i]) <= t->now)
            w->sessions[i].live = false;
    }
    w->changed = true;
}

static void focus_ends(struct twin *t, struct twin_agent *a)
{
    a->focus_end = 0;
    if (a->presence == ROUTER_LOST)
        a->before = ROUTER_AVAILABLE;
    else
        twin_presence(t, a, ROUTER_AVAILABLE, ROUTER_TIMED_OUT);
}

static void gives_back(struct twin *t, struct twin_work *w)
{
    uint32_t places = twin_places(w, w->state), units = twin_charge(t, w);
    w->give_back = 0;
    if (places == 0 || places & 1u << ROUTER_VOICE)
        return;
    w->given_at = t->now;
    w->given = units;
    w->given_places = places;
    w->changed = true;
}

static void absence_lasts(struct twin *t, struct twin_work *w)
{
    enum router_reason why = twin_agent(t, w->agent)->presence == ROUTER_LOST ? ROUTER_DESK_LOST : ROUTER_WENT_AWAY;
    bool anybody = w->channel_now != ROUTER_VOICE || w->left_words;
    for (size_t i = 0; i < w->sessions_n; i++)
        anybody |= w->sessions[i].live;
    if (anybody)
        twin_requeue(t, w, why, false);
    else
        twin_wrap_up(t, w, why);
}

static void fire(struct twin *t, const struct due *d)
{
    t->fired[d->kind]++;
    if (d->kind == OFFER)
        twin_offer_missed(t, d->w);
    else if (d->kind == GRACE)
        twin_presence(t, d->a, ROUTER_OFFLINE, ROUTER_DESK_LOST);
    else if (d->kind == WRAP_UP)
        twin_close(t, d->w, ROUTER_WRAPPED_UP);
    else if (d->kind == IDLE)
        sessions_lapse(t, d->w);
    else if (d->kind == FOCUS)
        focus_ends(t, d->a);
    else if (d->kind == GIVE_BACK)
        gives_back(t, d->w);
    else if (d->kind == ASKED)
        twin_nobody_came(t, d->w);
    else if (d->kind == ABSENCE)
        absence_lasts(t, d->w);
    else if (d->kind == SILENCE)
        twin_silent(t, d->w);
    else if (d->kind == OVERFLOW)
        twin_overflows(t, d->w);
    else if (d->kind == VOICEMAIL)
        twin_voicemail_ends(t, d->w);
    else if (d->kind == BREACH)
        twin_looks(t, d->w);
    else if (d->kind == DIAL)
        twin_dialled_for_long(t, d->w);
    // the end of a pause or a hold, and a step, change nothing but what settling finds
}

void twin_time(struct twin *t, int64_t at)
{
    for (struct due d; (d = first_due(t)).kind && d.deadline <= at; twin_settle(t)) {
        twin_pass(t, d.deadline > t->now ? d.deadline : t->now);
        for (; d.kind && d.deadline <= t->now; d = first_due(t))
            fire(t, &d);
    }
    twin_pass(t, at);
    if (twin_morning(t)) {
        t->fired[SNOOZE]++;
        twin_settle(t);
    }
}
