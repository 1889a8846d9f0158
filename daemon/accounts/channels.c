// SPDX-License-Identifier: Apache-2.0
// GET /v1/channels: how each account of the tenant stands. Who delivers and what waits is asked of Redis, the rest is this node's own.
#include <stdlib.h>
#include <string.h>

#include "channels/channel.h"
#include "daemon/accounts/accounts_private.h"
#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/core/owner.h"
#include "daemon/core/triage.h"
#include "daemon/store/store.h"
#include "throughline/v1/admin.pb-c.h"
#include "throughline/v1/event.pb-c.h"

// A request on its way: first who delivers, then what waits.
struct view {
    uint64_t id, request;
    const struct accounts_tenant *tenant;
    Throughline__V1__ChannelStatus *v; // texts are copies
    size_t n;
};

static void view_free(struct accounts *all, struct view *w)
{
    table_take(&all->views, w->id);
    for (size_t i = 0; i < w->n; i++) {
        free(w->v[i].account);
        free(w->v[i].kind);
        free(w->v[i].owner);
        free(w->v[i].last_error);
    }
    free(w->v);
    free(w);
}

static void answer(struct accounts *all, struct view *w)
{
    struct http_request *r = http_find(all->o.http, w->request);
    Throughline__V1__ChannelList list = THROUGHLINE__V1__CHANNEL_LIST__INIT;
    Throughline__V1__ChannelStatus **v = xcalloc(w->n + 1, sizeof(void *));
    for (size_t i = 0; i < w->n; i++)
        v[i] = &w->v[i];
    list.n_channels = w->n;
    list.channels = v;
    if (r)
        http_reply_message(r, 200, &list.base);
    free(v);
    view_free(all, w);
}

static void refuse(struct accounts *all, struct view *w)
{
    struct http_request *r = http_find(all->o.http, w->request);
    if (r)
        http_problem(r, PROBLEM_unavailable, NULL, "Redis does not answer");
    view_free(all, w);
}

static void on_backlog(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct accounts *all = owner_find(module);
    struct view *w = all ? table_get(&all->views, token) : NULL;
    if (!w)
        return;
    if (e != TL_OK) {
        refuse(all, w);
        return;
    }
    for (size_t i = 0; i < n && i < w->n; i++)
        w->v[i].backlog = v[i].number;
    answer(all, w);
}

static void ask_backlog(struct accounts *all, struct view *w)
{
    const char **names = xcalloc(w->n + 1, sizeof *names);
    for (size_t i = 0; i < w->n; i++)
        names[i] = w->v[i].account;
    store_backlog(w->tenant->store, w->tenant->name, names, w->n, on_backlog, owner_module(all->owner), w->id);
    free(names);
}

static void take_owner(struct view *w, const struct store_lease *l)
{
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->v[i].account, l->name + strlen("account:")) != 0 || strcmp(l->holder, "-") == 0 || !l->holder[0])
            continue;
        free(w->v[i].owner);
        w->v[i].owner = xstrdup(l->holder);
        if (strcmp(w->v[i].state, "idle") == 0)
            w->v[i].state = (char *)"ready";
    }
}

static void on_lease(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct accounts *all = owner_find(module);
    struct view *w = all ? table_get(&all->views, token) : NULL;
    if (!w)
        return;
    if (l)
        take_owner(w, l);
    else if (e != TL_OK)
        refuse(all, w);
    else
        ask_backlog(all, w);
}

static void fill(const struct accounts *all, const struct accounts_tenant *t, const struct config_account *c,
                 Throughline__V1__ChannelStatus *s)
{
    const struct account *a = accounts_find(all, t->name, c->name);
    struct triage_balance b = triage_balance(t->triage, c->name);
    const struct adapter *ad = c->endpoint.adapter;
    throughline__v1__channel_status__init(s);
    s->account = xstrdup(c->name);
    s->kind = xstrdup(ad ? ad->name : c->kind == CONFIG_ACCOUNT_CHAT ? "chat" : "gateway");
    s->channel = (char *)channel_kind_of((Throughline__V1__Channel)c->channel)->name;
    s->state = (char *)(c->kind == CONFIG_ACCOUNT_CHAT ? "ready" : "idle");
    if (a && a->stopped_until)
        s->state = (char *)"refused";
    s->owner = xstrdup("");
    s->last_event_ms = b.last_ms;
    s->in_flight = a ? a->in_flight : 0;
    s->last_error = xstrdup(a ? a->last_error : "");
    s->last_error_ms = a ? a->last_error_ms : 0;
    s->received = b.received;
    s->stored = b.results[THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_STORED];
    s->duplicate = b.results[THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_DUPLICATE];
    s->refused = b.results[THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED];
    s->unknown = b.results[THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN];
}

static void on_channels(void *ctx, struct http_request *r)
{
    struct accounts *all = ctx;
    const struct config *c = all->o.config;
    const struct accounts_tenant *t = accounts_tenant_of(all, http_identity(r)->tenant);
    if (!t) {
        http_problem(r, PROBLEM_forbidden, NULL, "this token's tenant is not served here");
        return;
    }
    struct view *w = xcalloc(1, sizeof *w);
    *w = (struct view){.request = http_id(r), .tenant = t, .v = xcalloc(c->accounts_n + 1, sizeof *w->v)};
    for (size_t i = 0; i < c->accounts_n; i++)
        if (strcmp(c->accounts[i].tenant, t->name) == 0)
            fill(all, t, &c->accounts[i], &w->v[w->n++]);
    w->id = table_add(&all->views, w);
    store_lease_list(t->store, t->name, "account:", on_lease, owner_module(all->owner), w->id);
}

void channels_routes(struct accounts *a)
{
    static const struct http_route routes[] = {{
        .method = HTTP_GET,
        .pattern = "/v1/channels",
        .roles = AUTH_SUPERVISOR | AUTH_ADMIN,
        .handler = on_channels,
    }};
    http_route_add(a->o.http, routes, 1, a);
}

void channels_free(struct accounts *all)
{
    void *w;
    while ((w = table_any(&all->views)))
        view_free(all, w);
    table_close(&all->views);
}
