// SPDX-License-Identifier: Apache-2.0
//
// The twin's step before a breach: looked at again and again until the target will be missed.

#include "twin.h"

static bool has_step(const struct twin_queue *q)
{
    bool any = false;
    for (size_t i = 0; i < q->steps_n; i++)
        any |= q->steps[i].breach;
    return any;
}

static int64_t sixteenth(struct twin *t, const struct twin_work *w)
{
    uint32_t target;
    twin_rate(t, w, &target);
    return target < 16 ? 1 : target / 16;
}

// Whatever may have changed about it: the time to look is set where it has to be and is not yet.
void twin_watch(struct twin *t, struct twin_work *w)
{
    bool step = has_step(twin_queue(t, w->queue));
    w->foreseen = w->foreseen && step;
    bool watch = step && w->state == ROUTER_QUEUED && w->due != ROUTER_RESPONSE_NONE && !w->foreseen;
    if (!watch)
        w->look = 0;
    else if (!w->look)
        w->look = t->now + sixteenth(t, w);
}

void twin_watch_anew(struct twin *t, struct twin_work *w)
{
    w->foreseen = false;
    w->look = 0;
    twin_watch(t, w);
}

void twin_looks(struct twin *t, struct twin_work *w)
{
    struct router_due due = twin_due(t, w);
    int64_t least = sixteenth(t, w), left = due.at - t->now;
    w->look = t->now + least;
    if (!due.target_ms)
        return;
    struct router_wait e = twin_wait(t, w);
    bool late = e.kind == ROUTER_WAIT_NOBODY;
    late |= e.kind == ROUTER_WAIT_KNOWN && e.middle > left;
    late |= e.kind != ROUTER_WAIT_KNOWN && left <= least;
    if (late) {
        w->look = 0;
        w->foreseen = true;
        w->foreseen_wait = e;
        w->foreseen_left = left < 0 ? 0 : left;
        return;
    }
    int64_t half = t->now + left / 2, just = e.kind == ROUTER_WAIT_KNOWN ? due.at - e.middle : half;
    int64_t next = half < just ? half : just;
    w->look = next > w->look ? next : w->look;
}
