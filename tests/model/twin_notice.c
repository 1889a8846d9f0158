// SPDX-License-Identifier: Apache-2.0
//
// The twin's notices: what a customer is told by the queue itself.

#include "twin.h"

#include <string.h>

void twin_newly(struct twin_work *w)
{
    w->newly = true;
}

uint32_t twin_heard(const struct twin_work *w)
{
    uint32_t bits = 0;
    for (unsigned k = 0; k < ROUTER_NOTICES; k++)
        bits |= w->heard[k] ? 1u << k : 0;
    return bits;
}

static size_t waiting_in(const struct twin *t, const char *queue)
{
    size_t n = 0;
    for (size_t i = 0; i < t->works_n; i++)
        n += t->works[i].state == ROUTER_QUEUED && strcmp(t->works[i].queue, queue) == 0;
    return n;
}

// The last session of the channel on which they are.
static const struct twin_session *writes_to(const struct twin_work *w)
{
    const struct twin_session *best = NULL;
    for (size_t i = 0; i < w->sessions_n; i++) {
        const struct twin_session *s = &w->sessions[i];
        if (s->channel == w->channel_now && (!best || s->last_word >= best->last_word))
            best = s;
    }
    return best;
}

enum router_notice_kind twin_holds(struct twin *t, const struct twin_work *w, const struct router_wait *wait,
                                   uint32_t words)
{
    const struct twin_queue *q = twin_queue(t, w->queue);
    if (words & 1u << ROUTER_NOTICE_CLOSED && twin_closed(t, q))
        return ROUTER_NOTICE_CLOSED;
    if (words & 1u << ROUTER_NOTICE_FULL && q->overflow_waiting && waiting_in(t, q->name) > q->overflow_waiting)
        return ROUTER_NOTICE_FULL;
    bool known = wait->kind == ROUTER_WAIT_KNOWN && q->promise_ms;
    if (words & 1u << ROUTER_NOTICE_WAIT && known && wait->middle > q->promise_ms)
        return ROUTER_NOTICE_WAIT;
    return ROUTER_NOTICE_NONE;
}

static struct twin_event *ask_anyway(struct twin *t, struct twin_work *w, enum router_notice_kind kind)
{
    const struct twin_session *s = writes_to(w);
    if (!s || w->channel_now == ROUTER_VOICE)
        return NULL;
    w->asked[kind] = true;
    struct twin_event *e = twin_tell(t, ROUTER_NOTICE, w, "", ROUTER_REASON_NONE);
    e->channel = s->channel;
    twin_name(e->handle, s->handle);
    twin_name(e->call, s->call);
    e->facts[0] = kind;
    return e;
}

static struct twin_event *ask(struct twin *t, struct twin_work *w, enum router_notice_kind kind)
{
    return twin_queue(t, w->queue)->tells & 1u << kind ? ask_anyway(t, w, kind) : NULL;
}

// Of the queue that is closed by hand, and that they are in or came from.
static bool emergency(struct twin *t, struct twin_work *w)
{
    const char *name = *w->overflowed && w->was_shut ? w->overflowed : w->queue;
    const struct twin_queue *q = twin_queue(t, name);
    const struct twin_shut *s = q ? twin_shut(t, name) : NULL;
    if (!s || (!s->says && !(q->tells & 1u << ROUTER_NOTICE_EMERGENCY)))
        return false;
    if (w->asked[ROUTER_NOTICE_EMERGENCY])
        return true;
    struct twin_event *e = ask_anyway(t, w, ROUTER_NOTICE_EMERGENCY);
    if (!e)
        return false;
    e->facts[7] = s->until;
    e->facts[8] = s->says;
    twin_name(e->instead, strcmp(name, w->queue) == 0 ? "" : w->queue);
    return true;
}

static void look_at(struct twin *t, struct twin_work *w)
{
    if (emergency(t, w))
        return;
    struct router_wait wait = twin_wait(t, w);
    enum router_notice_kind kind = twin_holds(t, w, &wait, twin_queue(t, w->queue)->tells);
    if (!kind || w->asked[kind])
        return;
    struct twin_event *e = ask(t, w, kind);
    if (!e)
        return;
    int64_t opens = kind == ROUTER_NOTICE_CLOSED ? twin_opens(t, twin_queue(t, w->queue)) : 0;
    int64_t facts[] = {kind, wait.kind, wait.low, wait.middle, wait.high, opens, 0, 0, 0};
    memcpy(e->facts, facts, sizeof facts);
}

// ---- silence ----

int64_t twin_silence_ends(struct twin *t, const struct twin_work *w)
{
    const struct router_silence *times = &twin_queue(t, w->queue)->silent[w->channel_now];
    if (twin_rings(w))
        return INT64_MAX;
    if (!w->answered || w->state != ROUTER_ASSIGNED)
        return INT64_MAX;
    if (times->notice_ms && !w->warned)
        return w->answered + times->notice_ms;
    return times->close_ms ? w->answered + times->close_ms : INT64_MAX;
}

void twin_silent(struct twin *t, struct twin_work *w)
{
    const struct router_silence *times = &twin_queue(t, w->queue)->silent[w->channel_now];
    if (times->notice_ms && !w->warned) {
        struct twin_event *e = ask(t, w, ROUTER_NOTICE_SILENT);
        if (e && times->close_ms)
            e->facts[6] = times->close_ms - times->notice_ms;
        w->warned = true;
        return;
    }
    twin_tell(t, ROUTER_CONVERSATION_CLOSED, w, w->agent, ROUTER_SILENT);
    ask(t, w, ROUTER_NOTICE_SILENT_CLOSED);
    twin_name(w->disposition, "silent");
    twin_wrap_up(t, w, ROUTER_SILENT);
}

void twin_notices(struct twin *t)
{
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        bool gone = (w->newly || w->rang) && w->state == ROUTER_QUEUED && twin_to_voicemail(t, w);
        if (w->newly && w->state == ROUTER_QUEUED && !gone && w->reason != ROUTER_WOKEN)
            look_at(t, w);
        w->newly = w->rang = false;
    }
}

void twin_said(struct twin *t, const struct router_input *in)
{
    const struct router_said *s = &in->said;
    if (s->kind <= ROUTER_NOTICE_NONE || s->kind >= ROUTER_NOTICES || !s->conversation || !*s->handle ||
        s->channel < ROUTER_CHAT || s->channel >= ROUTER_CHANNELS || s->channel == ROUTER_VOICE) {
        twin_refuse(t, ROUTER_INVALID);
        return;
    }
    struct twin_event *e = twin_tell(t, ROUTER_DELIVER, NULL, "", ROUTER_REASON_NONE);
    e->work = s->work;
    e->number = t->input;
    e->channel = s->channel;
    twin_name(e->handle, s->handle);
    struct twin_work *w = twin_work(t, s->work);
    if (!w || w->state == ROUTER_CLOSED || w->conversation != s->conversation)
        return;
    w->asked[s->kind] = w->heard[s->kind] = w->changed = true;
}
