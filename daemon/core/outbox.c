// SPDX-License-Identifier: Apache-2.0
// Carriers and lanes: an account key has a lane while carriers of this node serve it, a lane has the account's lease, or waits for
// it. New entries are heard of as effects, and found by scans: when the lease is got, after a reset, and now and then. What fails:
// a lease lost takes the lane's knowledge with it; the entries are in Redis.
#include "daemon/core/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"
#include "daemon/core/outbox_private.h"
#include "daemon/core/owner.h"

// ---- lanes ----

static struct lane *find_lane(struct outbox *o, const char *account)
{
    struct lane *l = o->lanes;
    while (l && strcmp(l->account, account) != 0)
        l = l->next;
    return l;
}

static void tell_owned(struct lane *l, bool owned)
{
    for (struct carrier *c = l->carriers; c; c = c->next)
        if (c->c.owned)
            c->c.owned(c->c.ctx, c->c.token, owned);
}

static void changed(void *ctx, bool held)
{
    struct lane *l = ctx;
    tl_log(LOG_INFO, held ? "account_owned" : "account_not_owned", LS("tenant", core_tenant(l->o->core)),
           LS("account", l->account));
    tell_owned(l, held);
    if (held)
        lane_scan(l);
    else
        lane_lose(l);
}

static struct lane *new_lane(struct outbox *o, const char *account)
{
    struct lane *l = xcalloc(1, sizeof *l);
    char name[96];
    snprintf(name, sizeof name, "account:%s", account);
    l->o = o;
    l->account = xstrdup(account);
    l->id = table_add(&o->lanes_by_id, l);
    l->timer = loop_timer_new(o->loop, lane_pump, l);
    l->next = o->lanes;
    o->lanes = l;
    l->lease = keeper_new(o->loop, o->store,
                          &(struct keeper_options){
                              .tenant = core_tenant(o->core),
                              .name = name,
                              .holder = core_boot(o->core),
                              .former = o->core->nodes.former,
                              .lease_ms = o->core->o.lease_ms,
                              .ctx = l,
                              .changed = changed,
                          });
    return l;
}

static void free_lane(struct outbox *o, struct lane *l)
{
    struct lane **at = &o->lanes;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    table_take(&o->lanes_by_id, l->id);
    lane_clear(l);
    keeper_give(l->lease, NULL);
    keeper_free(l->lease);
    loop_timer_free(l->timer);
    free(l->account);
    free(l);
}

// ---- carriers ----

uint64_t outbox_attach(struct outbox *o, const struct outbox_carrier *c)
{
    struct carrier *k = xcalloc(1, sizeof *k);
    struct lane *l = find_lane(o, c->account);
    k->c = *c;
    k->c.account = xstrdup(c->account);
    k->c.handle = c->handle && c->handle[0] ? xstrdup(c->handle) : NULL;
    k->id = table_add(&o->carriers, k);
    k->lane = l ? l : new_lane(o, c->account);
    struct carrier **end = &k->lane->carriers;
    while (*end)
        end = &(*end)->next;
    *end = k;
    if (keeper_held(k->lane->lease)) {
        if (k->c.owned)
            k->c.owned(k->c.ctx, k->c.token, true);
        lane_scan(k->lane);
    }
    return k->id;
}

static void free_carrier(struct carrier *k)
{
    free((char *)k->c.account);
    free((char *)k->c.handle);
    free(k);
}

void outbox_detach(struct outbox *o, uint64_t carrier)
{
    struct carrier *k = table_take(&o->carriers, carrier);
    if (!k)
        return;
    struct lane *l = k->lane;
    struct carrier **at = &l->carriers;
    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    lane_orphan(l, k->id);
    free_carrier(k);
    if (!l->carriers)
        free_lane(o, l);
}

void outbox_credit(struct outbox *o, uint64_t carrier)
{
    struct carrier *k = table_get(&o->carriers, carrier);
    if (!k)
        return;
    k->stalled = false;
    lane_wake(k->lane, 0);
}

// ---- hearing of new entries ----

enum { LANE_SOON = 20 };

// Somebody put a dead letter back into the queue; which account's it is, the scan tells.
static void on_queued_again(struct outbox *o, const struct router_effect *e)
{
    if (e->state != THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_QUEUED || item_find(o, e->text))
        return;
    for (struct lane *l = o->lanes; l; l = l->next)
        if (keeper_held(l->lease))
            lane_scan(l);
}

static void on_delivery(struct outbox *o, const struct core_effect *ce)
{
    const struct router_effect *e = ce->e;
    char key[ROUTER_NAME_MAX + 2], id[48];
    snprintf(key, sizeof key, "%s%s", e->session.simulated ? "~" : "", e->session.account);
    struct lane *l = find_lane(o, key);
    if (!l || !keeper_held(l->lease))
        return;
    if (l->scanning || l->more || l->overtaken) { // it must not overtake what the scan has not brought yet
        l->overtaken = true;
        l->scan_at = loop_now(o->loop) + LANE_SOON;
        lane_wake(l, LANE_SOON);
        return;
    }
    snprintf(id, sizeof id, "%llu.%u", (unsigned long long)ce->input, ce->index);
    lane_add(l, &(struct item_seen){
                    .id = id,
                    .to = e->session.handle,
                    .conversation = e->conversation,
                    .entry = e->kind == ROUTER_DELIVER ? e->number : 0,
                    .channel = (uint32_t)e->session.channel,
                });
    if (!core_leader(o->core))
        lane_wake(l, 1); // nobody tells when it is applied: try
}

static void on_effect(void *ctx, const struct core_effect *ce)
{
    struct outbox *o = owner_find(ctx);
    enum router_effect_kind kind = ce->e->kind;
    if (!o || !ce->live)
        return;
    if (kind == ROUTER_DELIVER || kind == ROUTER_CONNECT || kind == ROUTER_DISCONNECT || kind == ROUTER_DIAL ||
        kind == ROUTER_RECORD)
        on_delivery(o, ce);
    else if (kind == ROUTER_DELIVERY_NEWS)
        on_queued_again(o, ce->e);
}

static void on_applied(void *ctx, uint64_t upto)
{
    struct outbox *o = owner_find(ctx);
    (void)upto;
    for (struct lane *l = o ? o->lanes : NULL; l; l = l->next)
        if (l->items)
            lane_wake(l, 0);
}

static void on_reset(void *ctx)
{
    struct outbox *o = owner_find(ctx);
    for (struct lane *l = o ? o->lanes : NULL; l; l = l->next)
        if (keeper_held(l->lease))
            lane_scan(l);
}

// ---- life ----

struct outbox *outbox_new(struct loop *loop, struct store *store, struct core *core)
{
    struct outbox *o = xcalloc(1, sizeof *o);
    char *labels = xasprintf("tenant=\"%s\"", core_tenant(core));
    *o = (struct outbox){.loop = loop, .store = store, .core = core};
    o->owner = owner_add(o);
    o->waiting =
        metric_get(METRIC_GAUGE, "throughline_outbox_waiting", "Deliveries known to this node, not final.", labels);
    o->carried =
        metric_get(METRIC_COUNTER, "throughline_deliveries_carried_total", "Deliveries given to a carrier.", labels);
    free(labels);
    policy_begin(o);
    core_listen(core, &(struct core_listener){
                          .ctx = owner_module(o->owner),
                          .effect = on_effect,
                          .applied = on_applied,
                          .reset = on_reset,
                      });
    return o;
}

void outbox_free(struct outbox *o)
{
    size_t cursor = 0;
    uint64_t id;
    void *k;
    if (!o)
        return;
    owner_remove(o->owner);
    while (o->lanes)
        free_lane(o, o->lanes);
    while (table_next(&o->carriers, &cursor, &id, &k))
        free_carrier(k);
    reports_close(o);
    loop_timer_free(o->expire_timer);
    table_close(&o->carriers);
    table_close(&o->lanes_by_id);
    table_close(&o->items);
    table_close(&o->known);
    free(o);
}
