// SPDX-License-Identifier: Apache-2.0
//
// The twin's overflow: who waits where is counted when asked for.

#include "twin.h"

#include <string.h>

struct twin_queue *twin_overflow(struct twin *t, const struct twin_queue *q)
{
    return strcmp(q->overflow, q->name) == 0 || !*q->overflow ? NULL : twin_queue(t, q->overflow);
}

struct twin_queue *twin_with_room(struct twin *t, struct twin_queue *q)
{
    struct twin_queue *at = q;
    for (size_t hops = 0; hops < t->queues_n; hops++) {
        size_t waiting = 0;
        for (size_t i = 0; i < t->works_n; i++)
            waiting += t->works[i].state == ROUTER_QUEUED && strcmp(t->works[i].queue, at->name) == 0;
        if (!at->overflow_waiting || waiting < at->overflow_waiting || !twin_overflow(t, at) ||
            twin_shut(t, twin_overflow(t, at)->name))
            return at;
        at = twin_overflow(t, at);
    }
    return q;
}

void twin_overflows(struct twin *t, struct twin_work *w)
{
    if (twin_shut(t, twin_overflow(t, twin_queue(t, w->queue))->name)) {
        w->entered = t->now;
        return;
    }
    twin_estimate_elsewhere(t, w);
    twin_name(w->overflowed, w->queue);
    w->was_full = w->was_shut = false;
    twin_name(w->queue, twin_overflow(t, twin_queue(t, w->queue))->name);
    twin_watch_anew(t, w);
    w->entered = t->now;
    w->reason = ROUTER_OVERFLOWED;
    w->changed = true;
    twin_newly(w);
}

// Who waits here for somebody that there is not.
uint32_t twin_unmeetable(struct twin *t, const struct twin_queue *q)
{
    uint32_t n = 0, surplus;
    for (size_t i = 0; i < t->works_n; i++) {
        const struct twin_work *w = &t->works[i];
        bool any = w->state != ROUTER_QUEUED || strcmp(w->queue, q->name) != 0;
        for (size_t a = 0; a < t->agents_n && !any; a++)
            any = twin_meets(&t->agents[a], q, twin_step_of(t, q, w), &surplus);
        n += any ? 0 : 1;
    }
    return n;
}
