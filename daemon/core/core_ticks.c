// SPDX-License-Identifier: Apache-2.0
// Time passes for the router only through the log. While one of its timers runs, the leader appends a tick when that timer is due by
// the estimated `at` clock, and at least each second, so that a longer gap in the log means an outage. One tick is in flight.
#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"

enum { TICK_LEAST = 5, TICK_MOST = 1000 };

static void on_ticked(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct core *c = core_find(module);
    (void)token;
    if (!c)
        return;
    c->ticks.flying = false;
    c->ticks.number = e == TL_OK ? p->input : 0;
    if (e == TL_FENCED)
        keeper_fenced(c->leader.lease);
    else
        ticks_plan(c);
}

static void on_timer(void *arg)
{
    struct core *c = arg;
    if (!core_writing(c) || c->ticks.flying)
        return;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__Tick tick = THROUGHLINE__V1__TICK__INIT;
    uint8_t packed[128];
    in.boot = (char *)c->o.boot;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_TICK;
    in.tick = &tick;
    if (throughline__v1__input__get_packed_size(&in) > sizeof packed)
        return;
    size_t len = throughline__v1__input__pack(&in, packed);
    c->ticks.flying = true;
    store_append(c->store, c->o.tenant, keeper_lease(c->leader.lease), 0, packed, len, on_ticked, core_module(c), 0);
}

void ticks_plan(struct core *c)
{
    if (c->ticks.flying || c->folded < c->ticks.number)
        return; // planned again when it is folded
    int64_t deadline = core_writing(c) ? router_next_deadline(c->router) : INT64_MAX;
    if (deadline == INT64_MAX) {
        loop_timer_set(c->ticks.timer, -1);
        return;
    }
    int64_t due = deadline - core_at(c);
    int64_t second = TICK_MOST - (loop_now(c->loop) - c->folded_at);
    int64_t ms = due < second ? due : second;
    loop_timer_set(c->ticks.timer, ms < TICK_LEAST ? TICK_LEAST : ms);
}

void ticks_open(struct core *c)
{
    c->ticks.timer = loop_timer_new(c->loop, on_timer, c);
}

void ticks_close(struct core *c)
{
    loop_timer_free(c->ticks.timer);
}
