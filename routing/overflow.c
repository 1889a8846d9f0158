// SPDX-License-Identifier: Apache-2.0
//
// Overflow: where work goes that a queue has no room for when it enters, or that has waited there for too long. It keeps its age; how long it
// has waited is counted in each queue anew, so that queues may overflow into each other without end, but not without pause.

#include "routing/closure.h"
#include "routing/notice.h"

#include <string.h>

#define OVERFLOW_WAITING_MAX 1000000u

bool overflow_legal(const struct router_queue *q)
{
    return (!q->overflow || text_is(q->overflow, ROUTER_NAME_MAX)) && q->overflow_waiting <= OVERFLOW_WAITING_MAX &&
           (!q->overflow_ms || (q->overflow_ms >= 1000 && q->overflow_ms <= 86400000));
}

static struct queue *overflow_target(const struct router *r, const struct queue *q)
{
    struct queue *to = *q->def.overflow ? queue_find(r, q->def.overflow) : NULL;
    return to == q ? NULL : to;
}

// Where what would enter this queue does: the first along the way that has room and is not closed. Where none has, here.
struct queue *overflow_enter(const struct router *r, struct queue *q)
{
    struct queue *at = q;
    for (size_t i = 0; i < r->queues_n; i++) {
        bool full = at->def.overflow_waiting && at->waiting >= at->def.overflow_waiting;
        struct queue *to = full ? overflow_target(r, at) : NULL;
        if (!to || closure_holds(r, to))
            return at;
        at = to;
    }
    return q;
}

void overflow_arm(struct router *r, struct work *w)
{
    if (w->queue->def.overflow_ms && overflow_target(r, w->queue))
        timer_start(r, &w->overflow, timer_after(w->entered, w->queue->def.overflow_ms));
    else
        timer_stop(r, &w->overflow);
    voicemail_arm(r, w);
}

// Kept for as long as the work belongs to the queue that it came to.
void overflow_note(struct router *r, struct work *w, const struct queue *from, enum router_cause cause)
{
    text_set(r, &w->overflowed, from ? from->def.name : "");
    w->overflow_cause = from ? cause : ROUTER_CAUSE_NONE;
}

// Into a queue that is closed nothing overflows: its time begins anew.
void overflow_over(struct router *r, struct work *w)
{
    struct queue *to = overflow_target(r, w->queue);
    w->entered = r->at;
    if (closure_holds(r, to)) {
        overflow_arm(r, w);
        return;
    }
    w->reason = ROUTER_OVERFLOWED;
    overflow_note(r, w, w->queue, ROUTER_CAUSE_WAITED);
    work_change_queue(r, w, to);
    work_step_over(r, w);
    overflow_arm(r, w);
    notice_waits(r, w);
}
