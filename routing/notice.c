// SPDX-License-Identifier: Apache-2.0
//
// Notices: what the queue tells a customer who waits, by itself and truthfully: that it is closed, that it is full, or that
// the wait is estimated to be longer than was promised. The router gives the facts; the words are found by whoever
// carries the effect out, and come back as an input of their own (ROUTER_IN_SAID), whose timeline entry they are. An
// entry that stands in the timeline is delivered, whatever became of the work meanwhile.
//
// One notice at a time: a supervisor's closing before closed before full before wait. Each kind once per work. Work that somebody takes at once is told
// nothing; nor is a caller, to whom words cannot be written, nor a customer whose work was put away and comes back by itself.

#include "routing/notice.h"
#include "routing/calendar.h"

#include "routing/closure.h"
#include "routing/estimate.h"

#define NOTICE_SILENCE_MAX 2592000000u // ms

bool notice_legal(const struct router_queue *q)
{
    bool legal = !(q->tells & ~(CORE_BIT(ROUTER_NOTICES) - 2u)) && q->promise_ms <= 86400000;
    for (size_t c = 0; legal && c < ROUTER_CHANNELS; c++) {
        const struct router_silence *s = &q->silent[c];
        bool voice = c == ROUTER_CHANNEL_NONE || c == ROUTER_VOICE;
        legal = s->notice_ms <= NOTICE_SILENCE_MAX && s->close_ms <= NOTICE_SILENCE_MAX &&
                (voice ? !s->notice_ms && !s->close_ms : !s->close_ms || s->notice_ms < s->close_ms);
    }
    return legal;
}

void notice_look(struct router *r, struct work *w)
{
    if (w->notices.unheard)
        return;
    w->notices.unheard = true;
    r->unheard = memory_grow(r->unheard, &r->unheard_cap, r->unheard_n + 1, sizeof(struct work *));
    r->unheard[r->unheard_n++] = w;
}

void notice_waits(struct router *r, struct work *w)
{
    w->notices.newly = true;
    notice_look(r, w);
}

static bool notice_is_long(const struct router_queue *q, const struct router_wait *wait)
{
    return q->promise_ms && wait->kind == ROUTER_WAIT_KNOWN && wait->middle > q->promise_ms;
}

enum router_notice_kind notice_holds(const struct router *r, const struct work *w, const struct router_wait *wait,
                                     uint32_t words)
{
    const struct router_queue *q = &w->queue->def;
    bool holds[ROUTER_NOTICES] = {
        [ROUTER_NOTICE_CLOSED] = !calendar_open(w->queue->calendar, r->wall),
        [ROUTER_NOTICE_FULL] = q->overflow_waiting && w->queue->waiting > q->overflow_waiting,
        [ROUTER_NOTICE_WAIT] = notice_is_long(q, wait),
    };
    for (unsigned k = ROUTER_NOTICE_CLOSED; k <= ROUTER_NOTICE_WAIT; k++) {
        if (holds[k] && words & CORE_BIT(k))
            return (enum router_notice_kind)k;
    }
    return ROUTER_NOTICE_NONE;
}

// Callers are told nothing: words do not go down a call.
static struct router_notice *notice_add(struct router *r, struct work *w, enum router_notice_kind kind,
                                        const struct queue *q)
{
    size_t session = session_latest(w, w->channel_now, false);
    if (w->channel_now == ROUTER_VOICE || session == SIZE_MAX)
        return NULL;
    struct router_notice *n = arena_new(&r->arena, 1, sizeof *n);
    *n = (struct router_notice){.kind = kind,
                                .queue = q->def.name,
                                .language = w->language,
                                .zone = q->calendar ? q->calendar->def.zone : "",
                                .to = "",
                                .message = ""};
    w->notices.asked |= CORE_BIT(kind);
    struct router_effect *e = effect_work(r, ROUTER_NOTICE, w, NULL, ROUTER_REASON_NONE);
    e->session = w->sessions[session];
    e->notice = n;
    return n;
}

struct router_notice *notice_ask(struct router *r, struct work *w, enum router_notice_kind kind)
{
    return w->queue->def.tells & CORE_BIT(kind) ? notice_add(r, w, kind, w->queue) : NULL;
}

// The queue that a supervisor has closed and that this work is in, or would be in. NULL = none.
static struct queue *notice_closed_by_hand(const struct router *r, const struct work *w)
{
    struct queue *q = w->overflow_cause == ROUTER_CAUSE_CLOSED ? queue_find(r, w->overflowed) : w->queue;
    return q && closure_holds(r, q) ? q : NULL;
}

// Whether it was told, now or before.
static bool notice_emergency(struct router *r, struct work *w)
{
    struct queue *q = notice_closed_by_hand(r, w);
    if (!q || !(*q->closure->message || q->def.tells & CORE_BIT(ROUTER_NOTICE_EMERGENCY)))
        return false;
    if (w->notices.asked & CORE_BIT(ROUTER_NOTICE_EMERGENCY))
        return true;
    struct router_notice *n = notice_add(r, w, ROUTER_NOTICE_EMERGENCY, q);
    if (!n)
        return false;
    n->to = q == w->queue ? "" : w->queue->def.name;
    n->message = q->closure->message;
    n->until = q->closure->until;
    return true;
}

static void notice_consider(struct router *r, struct work *w)
{
    if (w->state != ROUTER_QUEUED || notice_emergency(r, w) || !w->queue->def.tells)
        return;
    const struct calendar *c = w->queue->calendar;
    struct router_wait wait = estimate_work(r, w);
    enum router_notice_kind kind = notice_holds(r, w, &wait, w->queue->def.tells);
    if (!kind || w->notices.asked & CORE_BIT(kind))
        return;
    struct router_notice *n = notice_ask(r, w, kind);
    if (!n)
        return;
    n->wait = wait;
    n->opens = kind == ROUTER_NOTICE_CLOSED ? calendar_turn(c, r->wall) : 0;
}

// In order of id.
void notice_tell(struct router *r)
{
    for (size_t i = 1; i < r->unheard_n; i++) {
        struct work *w = r->unheard[i];
        size_t at = i;
        for (; at > 0 && r->unheard[at - 1]->id > w->id; at--)
            r->unheard[at] = r->unheard[at - 1];
        r->unheard[at] = w;
    }
    for (size_t i = 0; i < r->unheard_n; i++) {
        struct work *w = r->unheard[i];
        bool newly = w->notices.newly;
        w->notices.unheard = w->notices.newly = false;
        if (!voicemail_consider(r, w, newly) && newly && w->reason != ROUTER_WOKEN)
            notice_consider(r, w);
    }
    r->unheard_n = 0;
}

static bool notice_said_legal(const struct router_said *s)
{
    return s->kind > ROUTER_NOTICE_NONE && s->kind < ROUTER_NOTICES && s->conversation && s->channel > 0 &&
           s->channel < ROUTER_CHANNELS && s->channel != ROUTER_VOICE && text_is(s->account, ROUTER_TEXT_MAX) &&
           text_is(s->handle, ROUTER_TEXT_MAX) && *s->handle;
}

enum router_refusal notice_said(struct router *r, const struct router_input *in)
{
    const struct router_said *s = &in->said;
    if (!notice_said_legal(s))
        return ROUTER_INVALID;
    struct router_effect *e = effect_add(r, ROUTER_DELIVER);
    e->work = s->work;
    e->conversation = s->conversation;
    e->customer = s->customer;
    e->number = r->input;
    e->session = (struct router_session){.channel = s->channel,
                                         .account = arena_text(&r->arena, s->account),
                                         .handle = arena_text(&r->arena, s->handle),
                                         .call = "",
                                         .simulated = s->simulated};
    struct work *w = work_find(r, s->work);
    if (w && w->conversation == s->conversation) {
        w->notices.said |= CORE_BIT(s->kind);
        w->notices.asked |= CORE_BIT(s->kind);
        work_touch(r, w);
    }
    const struct work *open = work_of_conversation(r, s->conversation);
    if (open && in->has_entry)
        effect_entry(r, open);
    return ROUTER_REFUSAL_NONE;
}
