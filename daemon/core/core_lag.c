// SPDX-License-Identifier: Apache-2.0
// How far this node is behind the log, on its own clock alone: now and then it asks for the log's last number; until it has
// folded that far, it is behind by the time since it asked. No wall clock is compared, so a stepped clock cannot make a node look late. The
// same answer tells how far effects are written.
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"

static void on_place(void *module, uint64_t token, enum tl_err e, const struct store_place *p)
{
    struct core *c = core_find(module);
    (void)token;
    if (!c)
        return;
    c->lag.asked = false;
    if (e != TL_OK || !p)
        return;
    if (c->place.phase != CORE_READING || strcmp(p->incarnation, c->place.incarnation) != 0)
        return;
    apply_heard(c, p->applied);
    if (c->lag.behind_since)
        return; // one goal after the other, else a log that grows would never be reached
    c->lag.last = p->last;
    if (c->folded < p->last)
        c->lag.behind_since = c->lag.asked_at;
}

static void on_timer(void *arg)
{
    struct core *c = arg;
    loop_timer_set(c->lag.timer, c->o.lease_ms / 4 > 0 ? c->o.lease_ms / 4 : 1);
    if (!c->lag.asked && c->place.phase == CORE_READING) {
        c->lag.asked = true;
        c->lag.asked_at = loop_now(c->loop);
        store_place(c->store, c->o.tenant, 0, on_place, core_module(c), 0);
    }
    metric_set(c->m.lag, (double)core_lag_ms(c) / 1000.0);
    metric_set(c->m.leader, core_leader(c) ? 1 : 0);
}

void lag_folded(struct core *c)
{
    if (c->folded >= c->lag.last)
        c->lag.behind_since = 0;
}

int64_t core_lag_ms(const struct core *c)
{
    return c->lag.behind_since ? loop_now(c->loop) - c->lag.behind_since : 0;
}

void lag_open(struct core *c)
{
    c->lag.timer = loop_timer_new(c->loop, on_timer, c);
    loop_timer_set(c->lag.timer, 0);
}

void lag_close(struct core *c)
{
    loop_timer_free(c->lag.timer);
}
