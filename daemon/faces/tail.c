// SPDX-License-Identifier: Apache-2.0
// GET /v1/tail, WebSocket: every effect of the fold as it happens, one line of JSON each, for an operator's eyes. Nothing is kept
// and nothing is resumed; who is too slow is cut. Handles are personal and stay out.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/table.h"
#include "daemon/faces/face.h"
#include "daemon/net/ws.h"
#include "proto/names.h"

struct tail {
    struct tails *all;
    uint64_t id;
    struct ws *ws;
    struct auth_identity who;
    bool ending;
};
struct tails {
    struct face *face;
    struct table table;
};

static const char *const names[] = {
    [ROUTER_DONE] = "done",
    [ROUTER_REFUSED] = "refused",
    [ROUTER_DECISION] = "decision",
    [ROUTER_OFFER] = "offer",
    [ROUTER_OFFER_ENDED] = "offer_ended",
    [ROUTER_ASSIGN] = "assign",
    [ROUTER_UNASSIGN] = "unassign",
    [ROUTER_WORK] = "work",
    [ROUTER_ENTRY] = "entry",
    [ROUTER_DELIVER] = "deliver",
    [ROUTER_CONNECT] = "connect",
    [ROUTER_DISCONNECT] = "disconnect",
    [ROUTER_DIAL] = "dial",
    [ROUTER_RECORD] = "record",
    [ROUTER_DELIVERY_NEWS] = "delivery",
    [ROUTER_PRESENCE] = "presence",
    [ROUTER_CONVERSATION_CLOSED] = "closed",
    [ROUTER_ENTRY_REFUSED] = "entry_refused",
    [ROUTER_CONFIGURED] = "configured",
    [ROUTER_CUSTOMER] = "customer",
    [ROUTER_DESK_ENDED] = "desk_ended",
    [ROUTER_PARTICIPANT_ASKED] = "participant_asked",
    [ROUTER_PARTICIPANT_JOINED] = "participant_joined",
    [ROUTER_PARTICIPANT_ENDED] = "participant_ended",
};

struct line {
    char text[1536];
    size_t len;
};

static void put(struct line *l, const char *key, const char *value)
{
    if (value && *value)
        l->len += (size_t)snprintf(l->text + l->len, sizeof l->text - l->len, ",\"%s\":\"%.64s\"", key, value);
}

static void put_number(struct line *l, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    if (value)
        put(l, key, text);
}

// Of words that the configuration may hold in any letters: those that stand in a line as they are.
static bool is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:+-";
    return name && *name && !name[strspn(name, plain)];
}

// Which of its conditions let the work into the queue: "channel:sms,attribute:plan"; "any": it asks for nothing, "last": no other took it.
static void put_entered(struct line *l, const struct router_entered *e)
{
    static const char *const kinds[ROUTER_CONDITIONS] = {
        [ROUTER_BY_CHANNEL] = "channel", [ROUTER_BY_ACCOUNT] = "account",     [ROUTER_BY_LANGUAGE] = "language",
        [ROUTER_BY_INTENT] = "intent",   [ROUTER_BY_ATTRIBUTE] = "attribute", [ROUTER_BY_HOURS] = "hours"};
    char text[65] = "";
    size_t len = 0;
    for (size_t i = 0; e && !e->last && i < e->met_n && len + 1 < sizeof text; i++) {
        const struct router_condition *c = &e->met[i];
        const char *kind = (size_t)c->kind < ROUTER_CONDITIONS ? kinds[c->kind] : NULL;
        const char *name = c->kind == ROUTER_BY_CHANNEL ? channel_name((Throughline__V1__Channel)c->channel) : c->name;
        bool named = is_plain(name);
        if (kind)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s%s%s", len ? "," : "", kind, named ? ":" : "",
                                    named ? name : "");
    }
    if (e)
        put(l, "entered", e->last ? "last" : *text ? text : "any");
}

// Only names of the configuration and words of the contract are written, none of which needs escaping.
static void write_effect(struct line *l, const struct core_effect *ce)
{
    const struct router_effect *e = ce->e;
    l->len = (size_t)snprintf(l->text, sizeof l->text, "{\"effect\":\"%s\"", names[e->kind]);
    put_number(l, "input", ce->input);
    put_number(l, "index", ce->index);
    put_number(l, "wallMs", (uint64_t)ce->wall);
    put(l, "reason", e->reason ? reason_name((Throughline__V1__Reason)e->reason) : "");
    put(l, "refusal", e->refusal ? refusal_name((Throughline__V1__Refusal)e->refusal) : "");
    put_number(l, "work", e->work);
    put_number(l, "conversation", e->conversation);
    put_number(l, "customer", e->customer);
    put_number(l, "number", e->number);
    put(l, "agent", e->agent);
    put(l, "formerAgent", e->former_agent);
    put(l, "role", e->role ? role_name((Throughline__V1__Role)e->role) : "");
    put(l, "supervisor", e->hand.by);
    if (e->kind == ROUTER_DECISION && e->decision) {
        put(l, "queue", e->decision->queue);
        put(l, "winner", e->decision->winner);
        put_number(l, "considered", e->decision->considered);
        put(l, "unmeetable", e->decision->able ? "" : "yes"); // no agent at all meets what is required
        put_entered(l, e->decision->entered);
        put(l, "overflowedFrom", e->decision->overflowed.from);
    }
    if (e->kind == ROUTER_DELIVER || e->kind == ROUTER_CONNECT || e->kind == ROUTER_DISCONNECT ||
        e->kind == ROUTER_DIAL || e->kind == ROUTER_RECORD) {
        put(l, "channel", channel_name((Throughline__V1__Channel)e->session.channel));
        put(l, "account", e->session.account);
    }
    if (e->kind == ROUTER_PRESENCE)
        put(l, "state", presence_name((Throughline__V1__PresenceState)e->state));
    if (e->kind == ROUTER_DELIVERY_NEWS)
        put(l, "state", delivery_state_name((Throughline__V1__DeliveryState)e->state));
    l->len += (size_t)snprintf(l->text + l->len, sizeof l->text - l->len, "}");
}

static void on_effect(void *ctx, const struct core_effect *ce)
{
    struct tails *all = ctx;
    struct line l;
    size_t cursor = 0;
    uint64_t id;
    void *v;
    if (!ce->live || !all->table.count || (size_t)ce->e->kind >= sizeof names / sizeof *names || !names[ce->e->kind])
        return;
    write_effect(&l, ce);
    while (table_next(&all->table, &cursor, &id, &v)) {
        struct tail *t = v;
        if (t->ending || ws_send(t->ws, l.text, l.len))
            continue;
        t->ending = true;
        ws_close(t->ws, WS_TRY_AGAIN, "too slow");
    }
}

static void on_message(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    (void)bytes;
    (void)len;
}

static void on_closed(void *ctx, uint16_t code)
{
    struct tail *t = ctx;
    (void)code;
    table_take(&t->all->table, t->id);
    free(t);
}

static void on_connect(void *ctx, struct http_request *r)
{
    struct face *face = faces_of_request(ctx, r);
    if (!face)
        return;
    struct tail *t = xcalloc(1, sizeof *t);
    t->all = face->tails;
    t->who = *http_identity(r);
    t->ws = ws_accept(
        r, &(struct ws_options){
               .protocols = WS_JSON, .message_max = 1024, .message = on_message, .closed = on_closed, .ctx = t});
    if (t->ws)
        t->id = table_add(&t->all->table, t);
    else
        free(t);
}

void tails_routes(struct faces *f)
{
    static const struct http_route routes[] = {
        {.method = HTTP_GET, .pattern = "/v1/tail", .roles = AUTH_SUPERVISOR | AUTH_ADMIN, .handler = on_connect}};
    http_route_add(f->http, routes, 1, f);
}

struct tails *tails_new(struct face *face)
{
    struct tails *all = xcalloc(1, sizeof *all);
    all->face = face;
    core_listen(face->core, &(struct core_listener){.ctx = all, .effect = on_effect});
    return all;
}

void tails_drain(struct tails *all)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&all->table, &cursor, &id, &v)) {
        struct tail *t = v;
        t->ending = true;
        ws_close(t->ws, WS_GOING_AWAY, "shutting down");
    }
}

void tails_recheck(struct tails *all)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&all->table, &cursor, &id, &v)) {
        struct tail *t = v;
        if (t->ending || auth_holds(all->face->faces->auth, &t->who))
            continue;
        t->ending = true;
        ws_close(t->ws, WS_POLICY, "unauthorized");
    }
}

void tails_free(struct tails *all)
{
    table_close(&all->table);
    free(all);
}
