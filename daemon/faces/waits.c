// SPDX-License-Identifier: Apache-2.0
// What is told of an estimated wait, and when that is something else than before.
#include "daemon/faces/waits.h"

// What people say: half a minute, minutes, quarters, hours; seconds.
static const uint32_t steps[] = {0,   30,   60,   120,  180,  240,  300,  420,  600,
                                 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800};
enum { STEPS = sizeof steps / sizeof *steps };

struct wait_told waits_round(const struct router_wait *w)
{
    struct wait_told t = {.kind = w->kind};
    if (w->kind != ROUTER_WAIT_KNOWN)
        return t;
    for (size_t i = 0; i < STEPS && steps[i] * INT64_C(1000) <= w->low; i++)
        t.from = steps[i];
    for (size_t i = STEPS; i-- > 1 && steps[i] * INT64_C(1000) >= w->high;)
        t.to = steps[i];
    return t;
}

bool waits_same(const struct wait_told *a, const struct wait_told *b)
{
    return a->kind == b->kind && a->from == b->from && a->to == b->to;
}

bool waits_call_back(const struct router_wait *w, int64_t waited_ms, uint32_t after_ms)
{
    bool longer = w->kind == ROUTER_WAIT_NOBODY || (w->kind == ROUTER_WAIT_KNOWN && w->middle > after_ms);
    return after_ms && (longer || waited_ms >= after_ms);
}

struct wait_told waits_of(const struct face *face, const struct router_work_view *w, const struct wait_told *last,
                          struct router_wait *wait)
{
    *wait = (struct router_wait){0};
    if (w->state == ROUTER_OFFERED)
        return *last;
    if (w->state != ROUTER_QUEUED)
        return (struct wait_told){0};
    *wait = router_work_wait(core_router(face->core), w->id);
    return waits_round(wait);
}
