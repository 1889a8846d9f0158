// SPDX-License-Identifier: Apache-2.0
// The leader: who holds the lease writes what must be written once. A node wants it only while it has folded the log to its end; one
// that falls behind gives it up. Before the first write it asks how far its forerunners came. The leader also begins the log: the
// fold's version, then the configuration of its own file.
#include <stdlib.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"

enum { LEADER_LAG_MOST = 1000, LEADER_AGAIN = 50 };

static bool wanted(void *ctx)
{
    const struct core *c = ctx;
    return !c->draining && c->place.phase == CORE_READING && c->folded >= c->place.live_from &&
           core_lag_ms(c) <= LEADER_LAG_MOST;
}

static void changed(void *ctx, bool held)
{
    struct core *c = ctx;
    const struct store_lease *l = keeper_lease(c->leader.lease);
    c->leader.settled = false;
    tl_log(LOG_INFO, held ? "leading" : "not_leading", LS("tenant", c->o.tenant), LN("epoch", l->epoch),
           LN("input", c->folded));
    if (held)
        apply_ask(c);
    ticks_plan(c);
}

void leader_settled(struct core *c)
{
    if (!core_leader(c) || c->leader.settled)
        return;
    c->leader.settled = true;
    ticks_plan(c);
    leader_batch_end(c);
}

// ---- the log's first inputs ----

static void on_begun(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct core *c = core_find(module);
    (void)token;
    if (!c)
        return;
    c->leader.starting = false;
    if (e == TL_OK)
        c->leader.started = p->input;
    else if (e == TL_FENCED)
        keeper_fenced(c->leader.lease);
    else
        loop_timer_set(c->leader.timer, LEADER_AGAIN); // perhaps overtaken by another input: see when that is folded
}

// The log must be as it is folded here.
void leader_append(struct core *c, Throughline__V1__Input *in)
{
    uint8_t *packed = xcalloc(1, throughline__v1__input__get_packed_size(in));
    size_t len = throughline__v1__input__pack(in, packed);
    c->leader.starting = true;
    store_append(c->store, c->o.tenant, keeper_lease(c->leader.lease), c->folded + 1, packed, len, on_begun,
                 core_module(c), 0);
    free(packed);
}

static void append_fold(struct core *c, uint32_t version)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__FoldSwitch fold = THROUGHLINE__V1__FOLD_SWITCH__INIT;
    fold.version = version;
    in.boot = (char *)c->o.boot;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_FOLD;
    in.fold = &fold;
    tl_log(LOG_INFO, "fold_switch", LS("tenant", c->o.tenant), LN("version", version));
    leader_append(c, &in);
}

static void append_config(struct core *c)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__RoutingConfig *config =
        throughline__v1__routing_config__unpack(NULL, c->o.config_len, c->o.config);
    if (!config)
        return;
    in.boot = (char *)c->o.boot;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_CONFIG;
    in.config = config;
    leader_append(c, &in);
    throughline__v1__routing_config__free_unpacked(config, NULL);
}

void leader_batch_end(struct core *c)
{
    struct router_stats s;
    if (!core_writing(c) || c->leader.starting || c->folded < c->leader.started || loop_timer_pending(c->leader.timer))
        return;
    router_stats(c->router, &s);
    uint32_t all_know = c->nodes.fold_least;
    if (s.fold == 0 || c->folded == 0)
        append_fold(c, ROUTER_FOLD_VERSION);
    else if (s.config == 0 && c->o.config_len > 0)
        append_config(c);
    else if (all_know > s.fold && all_know <= ROUTER_FOLD_VERSION)
        append_fold(c, all_know);
    else
        calendars_renew(c);
}

static void on_timer(void *arg)
{
    leader_batch_end(arg);
}

bool core_leader(const struct core *c)
{
    return c->leader.lease && keeper_held(c->leader.lease);
}

bool core_writing(const struct core *c)
{
    return c->leader.settled && core_leader(c) && c->place.phase == CORE_READING;
}

void leader_open(struct core *c)
{
    c->leader.timer = loop_timer_new(c->loop, on_timer, c);
    c->leader.lease = keeper_new(c->loop, c->store,
                                 &(struct keeper_options){
                                     .tenant = c->o.tenant,
                                     .name = "leader",
                                     .holder = c->o.boot,
                                     .former = c->nodes.former,
                                     .lease_ms = c->o.lease_ms,
                                     .ctx = c,
                                     .wanted = wanted,
                                     .changed = changed,
                                 });
}

void leader_close(struct core *c)
{
    keeper_free(c->leader.lease);
    c->leader.lease = NULL;
    loop_timer_free(c->leader.timer);
}
