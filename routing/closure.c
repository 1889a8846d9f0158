// SPDX-License-Identifier: Apache-2.0
//
// Queues closed by hand: what would wait there waits elsewhere until the time that the supervisor gave, by the wall clock, or until
// one opens the queue again. First where they said, then where the queue overflows to, then to the voicemail of the queue if it is a
// call and the queue has one for this, then by the entry rules behind it, of which the last takes everything; never in another queue
// that is closed so. If there is none, work stays: nothing is lost, and whoever is there may still be given it. Work at hand and on
// offer is left alone.

#include "routing/closure.h"
#include "routing/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "routing/notice.h"
#include "routing/reader.h"
#include "routing/supervise.h"
#include "routing/writer.h"

bool closure_holds(const struct router *r, const struct queue *q)
{
    return q->closure && (!q->closure->until || r->wall < q->closure->until);
}

struct router_closure closure_view(const struct router *r, const struct queue *q)
{
    const struct closure *c = q->closure;
    return closure_holds(r, q) ? (struct router_closure){c->by, c->note, c->to, c->message, c->since, c->until}
                               : (struct router_closure){"", "", "", "", 0, 0};
}

// ---- where work goes ----

static struct queue *closure_named(const struct router *r, const struct queue *q, const char *name)
{
    struct queue *to = *name ? queue_find(r, name) : NULL;
    return to == q ? NULL : to;
}

// The first that is open along the way on which it overflows.
static struct queue *closure_overflow(const struct router *r, const struct queue *q)
{
    struct queue *to = closure_named(r, q, q->def.overflow);
    for (size_t i = 0; to && closure_holds(r, to); i++)
        to = i < r->queues_n ? closure_named(r, to, to->def.overflow) : NULL;
    return to == q ? NULL : to;
}

struct queue *closure_pass(const struct router *r, const struct work *w, struct queue *q)
{
    if (!closure_holds(r, q))
        return q;
    struct queue *to = closure_named(r, q, q->closure->to);
    if (to && !closure_holds(r, to))
        return to;
    to = closure_overflow(r, q);
    if (!to && voicemail_instead(w, q))
        return q;
    for (size_t i = q->index + 1; !to && i < r->queues_n; i++) {
        if (!closure_holds(r, r->queues[i]) && enter_lets(r, r->queues[i], w))
            to = r->queues[i];
    }
    return to ? to : q;
}

void closure_divert(struct router *r, struct work *w)
{
    struct queue *from = w->queue, *to = closure_pass(r, w, from);
    if (to == from)
        return;
    w->entered = r->at;
    overflow_note(r, w, from, ROUTER_CAUSE_CLOSED);
    work_change_queue(r, w, to);
}

// ---- the acts ----

static bool closure_until_legal(const struct router *r, int64_t until)
{
    return !until || calendar_is_ahead(r, until);
}

enum router_refusal closure_check(const struct router *r, const struct router_supervise *s)
{
    if (!queue_find(r, s->queue) || (*s->to && !queue_find(r, s->to)))
        return ROUTER_UNKNOWN_QUEUE;
    return closure_until_legal(r, s->until) && strcmp(s->to, s->queue) != 0 ? ROUTER_REFUSAL_NONE : ROUTER_INVALID;
}

enum router_refusal closure_check_open(const struct router *r, const struct router_supervise *s)
{
    const struct queue *q = queue_find(r, s->queue);
    if (!q)
        return ROUTER_UNKNOWN_QUEUE;
    return closure_holds(r, q) ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
}

// What waits there is told, though it may have been told of an earlier closing, and moves.
static void closure_move(struct router *r, struct work *w)
{
    struct queue *from = w->queue;
    hand_set(r, w, &r->hand);
    w->notices.asked &= ~CORE_BIT(ROUTER_NOTICE_EMERGENCY);
    w->notices.said &= ~CORE_BIT(ROUTER_NOTICE_EMERGENCY);
    work_touch(r, w);
    closure_divert(r, w);
    if (w->queue != from) {
        w->reason = ROUTER_SUPERVISED;
        work_step_over(r, w);
        overflow_arm(r, w);
    }
    notice_waits(r, w);
}

void closure_end(struct router *r, struct queue *q)
{
    struct closure *c = q->closure;
    if (!c)
        return;
    text_bury(r, c->by);
    text_bury(r, c->note);
    text_bury(r, c->to);
    text_bury(r, c->message);
    memory_bury(r, c);
    q->closure = NULL;
}

static void closure_set(struct router *r, struct queue *q, const struct router_closure *v)
{
    closure_end(r, q);
    q->closure = memory_new(1, sizeof *q->closure);
    *q->closure =
        (struct closure){text_new(v->by), text_new(v->note), text_new(v->to), text_new(v->message), v->since, v->until};
}

void closure_begin(struct router *r, const struct router_supervise *s)
{
    struct queue *q = queue_find(r, s->queue);
    closure_set(r, q, &(struct router_closure){s->by, s->note, s->to, s->message, r->wall, s->until});
    for (size_t i = 0; i < r->works_n; i++) {
        struct work *w = work_slot(r, i)->work;
        if (w && w->state == ROUTER_QUEUED && w->queue == q)
            closure_move(r, w);
    }
}

// ---- snapshots ----

void closure_put(struct writer *o, const struct queue *q)
{
    const struct closure *c = q->closure;
    put_text(o, c ? c->by : "");
    if (!c)
        return;
    put_text(o, c->note);
    put_text(o, c->to);
    put_text(o, c->message);
    put_time(o, c->since);
    put_time(o, c->until);
}

void closure_take(struct reader *in, struct router *r, struct queue *q)
{
    struct router_closure v = {.by = take_text(in, ROUTER_NAME_MAX)};
    if (!*v.by)
        return;
    v.note = take_text(in, ROUTER_TEXT_MAX);
    v.to = take_text(in, ROUTER_NAME_MAX);
    v.message = take_text(in, ROUTER_TEXT_MAX);
    v.since = take_time(in);
    v.until = take_time(in);
    if (!in->why)
        closure_set(r, q, &v);
}
