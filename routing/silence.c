// SPDX-License-Identifier: Apache-2.0
//
// Silence: the agent has spoken, and the customer says nothing. After the queue's times for the channel they are told that the
// conversation will be closed, and then it is, without anybody having resolved it; its agent writes it up as after a close of their
// own. The customer's word ends the silence, at any time and in wrap-up, too. On the telephone nobody is silent.

#include "routing/core.h"
#include "routing/notice.h"
#include "routing/writer.h"

static const struct router_silence *silence_times(const struct work *w)
{
    return &w->queue->def.silent[w->channel_now];
}

// What comes next; 0 = nothing.
static uint32_t silence_next_ms(const struct work *w)
{
    const struct router_silence *t = silence_times(w);
    return t->notice_ms && !w->notices.warned ? t->notice_ms : t->close_ms;
}

int64_t silence_due(const struct work *w)
{
    if (w->state != ROUTER_ASSIGNED || !w->notices.silent_since || session_any_call(w) || !silence_next_ms(w))
        return INT64_MAX;
    return timer_after(w->notices.silent_since, silence_next_ms(w));
}

void silence_arm(struct router *r, struct work *w)
{
    timer_aim(r, &w->silence, silence_due(w));
}

void silence_begin(struct router *r, struct work *w)
{
    if (w->state != ROUTER_ASSIGNED)
        return;
    w->notices.silent_since = r->at;
    w->notices.warned = false;
    silence_arm(r, w);
}

void silence_end(struct router *r, struct work *w)
{
    w->notices.silent_since = 0;
    w->notices.warned = false;
    silence_arm(r, w);
}

static void silence_close(struct router *r, struct work *w)
{
    struct router_effect *e = effect_work(r, ROUTER_CONVERSATION_CLOSED, w, w->agent, ROUTER_SILENT);
    e->text = "silent";
    notice_ask(r, w, ROUTER_NOTICE_SILENT_CLOSED);
    text_set(r, &w->disposition, "silent");
    close_wrap_up(r, w, ROUTER_SILENT);
}

void silence_over(struct router *r, struct work *w)
{
    const struct router_silence *t = silence_times(w);
    if (!t->notice_ms || w->notices.warned) {
        silence_close(r, w);
        return;
    }
    struct router_notice *n = notice_ask(r, w, ROUTER_NOTICE_SILENT);
    if (n)
        n->closes_ms = t->close_ms ? t->close_ms - t->notice_ms : 0;
    w->notices.warned = true;
    silence_arm(r, w);
}

// ---- snapshots ----

void silence_put(struct writer *o, const struct router_queue *q)
{
    for (size_t i = 0; i < ROUTER_CHANNELS; i++) {
        put32(o, q->silent[i].notice_ms);
        put32(o, q->silent[i].close_ms);
    }
}

void notice_put(struct writer *o, const struct work *w)
{
    put8(o, w->notices.asked);
    put8(o, w->notices.said);
    put8(o, w->notices.warned);
    put_time(o, w->notices.silent_since);
}
