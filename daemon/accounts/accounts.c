// SPDX-License-Identifier: Apache-2.0
// The accounts' lives: made, changed and ended with the configuration. An account that is still there keeps what it knows: its lease, its
// pace, whether its vendor refuses it.
#include "daemon/accounts/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/accounts_private.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/core/owner.h"

enum { DRAIN_POLL_MS = 20, DRAIN_MOST_MS = 10000, MINUTE_MS = 60000 };

struct account *accounts_find(const struct accounts *a, const char *tenant, const char *name)
{
    for (struct account *k = a->list; k; k = k->next)
        if (strcmp(k->name, name) == 0 && (!tenant || strcmp(k->tenant->name, tenant) == 0))
            return k;
    return NULL;
}

struct account *account_by_id(const struct accounts *a, uint64_t id)
{
    return table_get(&a->by_id, id);
}

void account_error(struct account *a, const char *what)
{
    plain_text(a->last_error, sizeof a->last_error, what);
    a->last_error_ms = loop_unix_ms();
}

static void make_metrics(struct account *a)
{
    char account[160];
    metric_label(account, sizeof account, "account", a->name);
    a->stopped = metric_get(METRIC_GAUGE, "throughline_account_stopped",
                            "1 while nothing is sent because the vendor refuses the account itself.", account);
    a->sending = metric_get(METRIC_GAUGE, "throughline_account_sending", "Requests to the vendor in hand.", account);
}

static struct account *account_new(struct accounts *all, const struct accounts_tenant *tenant, const char *name)
{
    struct account *a = xcalloc(1, sizeof *a);
    *a = (struct account){.all = all, .next = all->list, .tenant = tenant, .name = xstrdup(name)};
    a->id = table_add(&all->by_id, a);
    make_metrics(a);
    return all->list = a;
}

static void account_free(struct account *a)
{
    asking_end(a);
    sender_detach(a);
    table_take(&a->all->by_id, a->id);
    endpoint_drop(a->endpoint);
    free(a->name);
    free(a);
}

static void configure(struct account *a, const struct config_account *c)
{
    bool begun = a->carrier != 0;
    a->seen = true;
    endpoint_drop(a->endpoint);
    a->endpoint = endpoint_new(c);
    a->max_in_flight = (size_t)c->max_in_flight;
    a->per_second = c->per_second;
    a->ask_ms = c->ask_minutes * MINUTE_MS;
    sender_forgive(a); // the operator may have mended it
    if (begun)
        sender_wake(a);
    else
        sender_attach(a);
    asking_plan(a);
}

const struct accounts_tenant *accounts_tenant_of(const struct accounts *a, const char *name)
{
    for (size_t i = 0; i < a->o.tenants_n; i++)
        if (strcmp(a->tenants[i].name, name) == 0)
            return &a->tenants[i];
    return NULL; // a tenant that waits for a restart
}

static bool same_kind(const struct account *a, const struct config_account *c)
{
    return a && a->endpoint->adapter == c->endpoint.adapter;
}

void accounts_reconfigure(struct accounts *all, const struct config *config)
{
    all->o.config = config;
    for (struct account *a = all->list; a; a = a->next)
        a->seen = false;
    for (size_t i = 0; i < config->accounts_n; i++) {
        const struct config_account *c = &config->accounts[i];
        const struct accounts_tenant *tenant = c->endpoint.adapter ? accounts_tenant_of(all, c->tenant) : NULL;
        struct account *a = tenant ? accounts_find(all, c->tenant, c->name) : NULL;
        if (tenant)
            configure(same_kind(a, c) ? a : account_new(all, tenant, c->name), c);
    }
    for (struct account **at = &all->list; *at;) {
        struct account *a = *at;
        if (a->seen) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        account_free(a);
    }
}

struct accounts *accounts_new(const struct accounts_options *o)
{
    struct accounts *a = xcalloc(1, sizeof *a);
    a->o = *o;
    a->tenants = xmemdup(o->tenants, o->tenants_n * sizeof *o->tenants);
    a->owner = owner_add(a);
    hooks_routes(a);
    channels_routes(a);
    accounts_reconfigure(a, o->config);
    return a;
}

// ---- the end ----

static void on_drain(void *arg)
{
    struct accounts *a = arg;
    if (a->sends.count && loop_now(a->o.loop) < a->drain_until) {
        loop_timer_set(a->drain_timer, DRAIN_POLL_MS);
        return;
    }
    if (a->drained)
        a->drained(a->drained_arg);
    a->drained = NULL;
}

void accounts_drain(struct accounts *a, void (*done)(void *arg), void *arg)
{
    a->draining = true;
    a->drained = done;
    a->drained_arg = arg;
    a->drain_until = loop_now(a->o.loop) + DRAIN_MOST_MS;
    a->drain_timer = loop_timer_new(a->o.loop, on_drain, a);
    loop_timer_set(a->drain_timer, 0);
}

void accounts_free(struct accounts *a)
{
    if (!a)
        return;
    owner_remove(a->owner);
    while (a->list) {
        struct account *k = a->list;
        a->list = k->next;
        account_free(k);
    }
    senders_free(a);
    hooks_free(a);
    channels_free(a);
    table_close(&a->by_id);
    loop_timer_free(a->drain_timer);
    free(a->tenants);
    free(a);
}
