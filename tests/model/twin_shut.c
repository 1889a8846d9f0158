// SPDX-License-Identifier: Apache-2.0
//
// The twin's queues that supervisors have closed: a list of them, and where their work goes.

#include "twin.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

const struct twin_shut *twin_shut(const struct twin *t, const char *queue)
{
    for (size_t i = 0; i < t->shut_n; i++) {
        const struct twin_shut *s = &t->shut[i];
        if (same(s->queue, queue) && (!s->until || t->wall < s->until))
            return s;
    }
    return NULL;
}

struct twin_queue *twin_instead(struct twin *t, const struct twin_work *w, struct twin_queue *q)
{
    const struct twin_shut *s = twin_shut(t, q->name);
    if (!s)
        return q;
    struct twin_queue *to = *s->to ? twin_queue(t, s->to) : NULL;
    if (to && to != q && !twin_shut(t, to->name))
        return to;
    to = q;
    for (size_t hops = 0; to && hops <= t->queues_n; hops++) {
        to = twin_overflow(t, to);
        if (to && to != q && !twin_shut(t, to->name))
            return to;
    }
    if (twin_voicemail_instead(t, w, q))
        return q;
    for (size_t i = (size_t)(q - t->queues) + 1; i < t->queues_n; i++) {
        if (!twin_shut(t, t->queues[i].name) && twin_lets(t, &t->queues[i], w))
            return &t->queues[i];
    }
    return q;
}

void twin_divert(struct twin *t, struct twin_work *w)
{
    struct twin_queue *from = twin_queue(t, w->queue), *to = twin_instead(t, w, from);
    if (to == from)
        return;
    w->entered = t->now;
    twin_estimate_elsewhere(t, w);
    twin_name(w->overflowed, from->name);
    w->was_full = false;
    w->was_shut = true;
    twin_name(w->queue, to->name);
    twin_watch_anew(t, w);
    w->changed = true;
}

enum router_refusal twin_may_shut(struct twin *t, const struct router_supervise *s)
{
    int64_t most = (int64_t)90 * 24 * 3600 * 1000;
    if (!twin_queue(t, s->queue))
        return ROUTER_UNKNOWN_QUEUE;
    if (s->act == ROUTER_OPEN_QUEUE)
        return twin_shut(t, s->queue) ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
    if (*s->to && !twin_queue(t, s->to))
        return ROUTER_UNKNOWN_QUEUE;
    bool time = !s->until || (s->until > t->wall && s->until - t->wall <= most);
    return time && !same(s->to, s->queue) ? ROUTER_REFUSAL_NONE : ROUTER_INVALID;
}

static void forget(struct twin *t, const char *queue)
{
    size_t n = 0;
    for (size_t i = 0; i < t->shut_n; i++) {
        if (!same(t->shut[i].queue, queue))
            t->shut[n++] = t->shut[i];
    }
    t->shut_n = n;
}

void twin_shut_or_open(struct twin *t, const struct router_supervise *s)
{
    forget(t, s->queue);
    if (s->act == ROUTER_OPEN_QUEUE)
        return;
    struct twin_shut *new = &t->shut[t->shut_n++];
    *new = (struct twin_shut){.since = t->wall, .until = s->until, .says = *s->message != '\0'};
    twin_name(new->queue, s->queue);
    twin_name(new->to, s->to);
    twin_name(new->by, s->by);
    for (size_t i = 0; i < t->works_n; i++) {
        struct twin_work *w = &t->works[i];
        if (w->state != ROUTER_QUEUED || !same(w->queue, s->queue))
            continue;
        twin_name(w->supervisor, s->by);
        w->asked[ROUTER_NOTICE_EMERGENCY] = w->heard[ROUTER_NOTICE_EMERGENCY] = false;
        w->changed = true;
        twin_divert(t, w);
        if (!same(w->queue, s->queue))
            w->reason = ROUTER_SUPERVISED;
        twin_newly(w);
    }
}

void twin_shut_prune(struct twin *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->shut_n; i++) {
        if (twin_queue(t, t->shut[i].queue))
            t->shut[n++] = t->shut[i];
    }
    t->shut_n = n;
}
