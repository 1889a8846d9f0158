// SPDX-License-Identifier: Apache-2.0
//
// A step that begins before its time: what a queue requires is relaxed once the estimated wait tells that a response's target will
// be missed, not only when it has been.
//
// While work waits for a response that is due, the estimate is looked at a sixteenth of the target after it joined, and again when half of
// the time that was left has passed, or when the estimate then made would just be in time, whichever comes first; never sooner than
// a sixteenth of the target later. Where nobody who could take it is there, it will be missed; where nothing is known, that is
// assumed for the last sixteenth. What was foreseen holds until the work waits anew or in another queue.

#include "routing/breach.h"
#include "routing/estimate.h"

#define BREACH_LOOKS 16 // at most, within a target

size_t breach_step(const struct router_queue *q)
{
    for (size_t i = 0; i < q->steps_n; i++) {
        if (q->steps[i].breach)
            return i + 1;
    }
    return 0;
}

bool breach_awaited(const struct work *w)
{
    return w->state == ROUTER_QUEUED && w->sla.due && !w->sla.breach.foreseen && breach_step(&w->queue->def);
}

static int64_t breach_pause(const struct work *w)
{
    uint32_t ms = sla_target(w) / BREACH_LOOKS;
    return ms ? ms : 1;
}

void breach_arm(struct router *r, struct work *w)
{
    if (!breach_step(&w->queue->def))
        w->sla.breach = (struct breach){0};
    if (!breach_awaited(w))
        timer_stop(r, &w->breach);
    else if (!w->breach.place)
        timer_start(r, &w->breach, timer_after(r->at, breach_pause(w)));
}

// It waits in another queue from now on.
void breach_elsewhere(struct router *r, struct work *w)
{
    w->sla.breach = (struct breach){0};
    timer_stop(r, &w->breach);
    breach_arm(r, w);
}

static bool breach_foreseen(const struct router_wait *wait, int64_t left, int64_t pause)
{
    if (wait->kind == ROUTER_WAIT_KNOWN)
        return wait->middle > left;
    return wait->kind == ROUTER_WAIT_NOBODY || left <= pause;
}

void breach_look(struct router *r, struct work *w)
{
    struct router_due due = sla_due(r, w);
    int64_t pause = breach_pause(w), left = due.at - r->at, next = left / 2;
    if (!due.target_ms) {
        timer_start(r, &w->breach, timer_after(r->at, pause));
        return;
    }
    pool_settle(r);
    struct router_wait wait = estimate_work(r, w);
    if (breach_foreseen(&wait, left, pause)) {
        w->sla.breach = (struct breach){true, wait, left > 0 ? left : 0};
        work_step_over(r, w);
        return;
    }
    if (wait.kind == ROUTER_WAIT_KNOWN && left - wait.middle < next)
        next = left - wait.middle;
    timer_start(r, &w->breach, timer_after(r->at, next > pause ? next : pause));
}
