// SPDX-License-Identifier: Apache-2.0
// GET /v1/gateway, what comes up: hello, events, reports, credit. Events go to the triage; their outcomes come back in any
// order and are settled in the ring, from which one acknowledgement a turn is made.
//
// Outcomes carry (gateway id, sequence), so those of a gone connection find nobody. A peer that breaks the protocol is told
// why and cut; what it sent before stays valid.
#include "daemon/faces/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/faces/accounts.h"
#include "daemon/faces/peer.h"
#include "throughline/v1/gateway.pb-c.h"

void gateway_mark_dirty(struct gateway *g)
{
    if (g->dirty)
        return;
    g->dirty = true;
    g->next_dirty = g->all->dirty;
    g->all->dirty = g;
}

static void mark_paused(struct gateway *g)
{
    if (g->paused)
        return;
    g->paused = true;
    g->next_paused = g->all->paused;
    g->all->paused = g;
    ws_pause(g->ws);
}

// ---- events ----

void gateway_on_outcome(void *module, uint64_t token, const Throughline__V1__EventResult *r)
{
    struct gateways *all = module;
    struct gateway *g = table_get(&all->table, token >> 32);
    if (!g || g->state == GATEWAY_ENDING)
        return;
    // The window is far smaller than 2^32, so the low half tells the sequence.
    uint64_t sequence = g->ring.seen - (uint32_t)((uint32_t)g->ring.seen - (uint32_t)token);
    ack_ring_settle(&g->ring, sequence, r);
    g->doubtful |= r->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN;
    gateway_mark_dirty(g);
}

bool gateway_take_sequence(struct gateway *g, uint64_t sequence)
{
    if (sequence <= g->granted && ack_ring_take(&g->ring, sequence))
        return true;
    gateway_fail(g, WS_POLICY, "sequence", "sequence",
                 "the sequence must rise by one per event or report and stay within the credit");
    return false;
}

// Order: after an unknown outcome nothing of this connection is stored any more. All of it is answered as unknown, then the
// connection ends, and the gateway sends again in order.
static void doubt(struct gateway *g, const Throughline__V1__Event *e, uint64_t sequence)
{
    Throughline__V1__EventResult r = THROUGHLINE__V1__EVENT_RESULT__INIT;
    r.id = e->id;
    r.status = THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN;
    ack_ring_settle(&g->ring, sequence, &r);
    gateway_mark_dirty(g);
}

static void take_event(struct gateway *g, Throughline__V1__GatewayUp *up)
{
    struct gateways *all = g->all;
    if (!gateway_take_sequence(g, up->sequence))
        return;
    if (g->doubtful) {
        doubt(g, up->event, up->sequence);
        return;
    }
    if (g->simulate)
        up->event->simulated = true;
    metric_add(all->events, 1);
    triage_event(all->face->triage, up->event, gateway_on_outcome, all, g->id << 32 | (uint32_t)up->sequence);
    if (store_pending(all->face->store) > face_pending_max(all->face) / 2)
        mark_paused(g);
}

static void take_credit(struct gateway *g, Throughline__V1__GatewayUp *up)
{
    gateway_credit_more(g, up->credit->more);
}

// ---- hello ----

static bool hello_is_allowed(struct gateway *g, const Throughline__V1__GatewayHello *h)
{
    const char *code = NULL;
    if (g->known)
        return true;
    struct face *face = faces_check_token(g->all->face->faces, h->token, ws_peer(g->ws), GATEWAY_ROLES, &g->who, &code);
    if (!face) {
        gateway_fail(g, faces_refusal_close(code), code, "hello.token", "a gateway's token is needed");
        return false;
    }
    if (face != g->all->face) { // it connected before saying whose it is
        table_take(&g->all->table, g->id);
        metric_add(g->all->connected, -1);
        g->all = face->gateways;
        metric_add(g->all->connected, 1);
        g->id = table_add(&g->all->table, g);
    }
    return true;
}

static bool hello_accounts(struct gateway *g, const Throughline__V1__GatewayHello *h)
{
    const struct face *face = g->all->face;
    if (h->n_accounts > GATEWAY_ACCOUNTS_MAX) {
        gateway_fail(g, WS_POLICY, "too_many", "hello.accounts", "at most 64 accounts");
        return false;
    }
    for (size_t i = 0; i < h->n_accounts; i++)
        if (!account_channel(face, h->accounts[i])) {
            gateway_fail(g, WS_POLICY, "unknown_account", "hello.accounts", "no such account is configured");
            return false;
        }
    g->accounts = xcalloc(h->n_accounts + 1, sizeof *g->accounts);
    for (size_t i = 0; i < h->n_accounts; i++)
        g->accounts[i].name = h->simulate ? xasprintf("~%s", h->accounts[i]) : xstrdup(h->accounts[i]);
    g->accounts_n = h->n_accounts;
    return true;
}

static void take_hello(struct gateway *g, Throughline__V1__GatewayUp *up)
{
    const Throughline__V1__GatewayHello *h = up->hello;
    if (g->state != GATEWAY_NEW) {
        gateway_fail(g, WS_POLICY, "repeated_hello", "hello", "hello comes once");
        return;
    }
    if (!hello_is_allowed(g, h) || !hello_accounts(g, h))
        return;
    ws_limit(g->ws, GATEWAY_MESSAGE_MAX);
    g->simulate = h->simulate;
    g->dedupes = h->deduplicates;
    g->waits = h->waits;
    g->credit = h->credit;
    g->handle = h->simulate && *h->handle ? xstrdup(h->handle) : NULL;
    g->state = GATEWAY_GRANTED;
    gateway_attach(g);
}

// ---- frames ----

typedef void take_fn(struct gateway *g, Throughline__V1__GatewayUp *up);

static take_fn *const takers[] = {
    [THROUGHLINE__V1__GATEWAY_UP__UP_HELLO] = take_hello,
    [THROUGHLINE__V1__GATEWAY_UP__UP_EVENT] = take_event,
    [THROUGHLINE__V1__GATEWAY_UP__UP_REPORT] = gateway_take_report,
    [THROUGHLINE__V1__GATEWAY_UP__UP_CREDIT] = take_credit,
};

static void on_message(void *ctx, const void *bytes, size_t len)
{
    struct gateway *g = ctx;
    struct ws *ws = g->ws; // lives until the turn ends, whatever the frame brings about
    struct json_error err;
    if (g->state == GATEWAY_ENDING)
        return;
    ProtobufCMessage *m = peer_look(ws, &throughline__v1__gateway_up__descriptor, bytes, len, &g->all->frame, &err);
    if (!m) {
        gateway_fail(g, WS_POLICY, err.code, err.path, err.text);
        return;
    }
    Throughline__V1__GatewayUp *up = (Throughline__V1__GatewayUp *)m;
    take_fn *take = (size_t)up->up_case < sizeof takers / sizeof *takers ? takers[up->up_case] : NULL;
    if (!take)
        gateway_fail(g, WS_POLICY, "empty_frame", "", "a frame holds hello, event, report or credit");
    else if (g->state == GATEWAY_NEW && take != take_hello)
        gateway_fail(g, WS_POLICY, "hello_expected", "", "the first frame must be hello");
    else
        take(g, up);
    peer_done(ws, m);
}

static void on_timer(void *arg)
{
    struct gateway *g = arg;
    if (g->state == GATEWAY_NEW)
        gateway_fail(g, WS_POLICY, "hello_expected", "", "no hello within 5 s");
    else if (g->state == GATEWAY_GRANTED)
        gateway_welcome(g);
}

// ---- life ----

static void gateway_free(void *object)
{
    struct gateway *g = object;
    for (size_t i = 0; i < g->accounts_n; i++)
        free(g->accounts[i].name);
    free(g->accounts);
    free(g->handle);
    ack_ring_close(&g->ring);
    loop_timer_free(g->timer);
    free(g);
}

static void list_remove(struct gateway **list, struct gateway *g, bool dirty)
{
    while (*list && *list != g)
        list = dirty ? &(*list)->next_dirty : &(*list)->next_paused;
    if (*list)
        *list = dirty ? g->next_dirty : g->next_paused;
}

static void on_closed(void *ctx, uint16_t code)
{
    struct gateway *g = ctx;
    (void)code;
    g->ws = NULL;
    g->state = GATEWAY_ENDING;
    gateway_detach(g);
    if (g->waits && g->welcome)
        gateway_waits_end(g);
    list_remove(&g->all->dirty, g, true);
    list_remove(&g->all->paused, g, false);
    table_take(&g->all->table, g->id);
    metric_add(g->all->connected, -1);
    loop_timer_set(g->timer, -1);
    loop_defer_free(g->all->face->faces->loop, gateway_free, g);
}

static uint32_t power_of_two(uint32_t at_least)
{
    uint32_t n = 1;
    while (n < at_least)
        n *= 2;
    return n;
}

static void on_connect(void *ctx, struct http_request *r)
{
    struct faces *f = ctx;
    struct auth_identity who = {.token = ""};
    bool known = false;
    struct face *face = faces_upgrade(f, r, GATEWAY_ROLES, &who, &known);
    if (!face)
        return;
    struct gateway *g = xcalloc(1, sizeof *g);
    g->all = face->gateways;
    g->known = known;
    g->who = who;
    g->ws = ws_accept(r, &(struct ws_options){.protocols = WS_JSON | WS_PROTO,
                                              .message_max = FACE_HELLO_MAX,
                                              .output_max = (size_t)f->config->gateway.queue_bytes,
                                              .message = on_message,
                                              .closed = on_closed,
                                              .ctx = g});
    if (!g->ws) {
        free(g);
        return;
    }
    g->id = table_add(&g->all->table, g);
    g->timer = loop_timer_new(f->loop, on_timer, g);
    loop_timer_set(g->timer, GATEWAY_HELLO_MS);
    g->window = (uint32_t)f->config->gateway.credit;
    g->granted = g->window;
    ack_ring_init(&g->ring, power_of_two(g->window));
    metric_add(g->all->connected, 1);
}

static void on_turn_end(void *arg)
{
    struct gateways *all = arg;
    while (all->dirty) {
        struct gateway *g = all->dirty;
        all->dirty = g->next_dirty;
        g->dirty = false;
        if (g->state == GATEWAY_LIVE)
            gateway_acknowledge(g);
        if (g->state == GATEWAY_LIVE && g->doubtful && g->ring.upto == g->ring.seen)
            gateway_fail(g, WS_TRY_AGAIN, "unavailable", "",
                         "connect again, and send again in order what is not acknowledged");
    }
    if (!all->paused || store_pending(all->face->store) > face_pending_max(all->face) / 4)
        return;
    while (all->paused) {
        struct gateway *g = all->paused;
        all->paused = g->next_paused;
        g->paused = false;
        ws_resume(g->ws);
    }
}

void gateways_routes(struct faces *f)
{
    // Tokens are checked here or in hello: a browser cannot send the header.
    static const struct http_route routes[] = {
        {.method = HTTP_GET, .pattern = "/v1/gateway", .roles = 0, .handler = on_connect}};
    http_route_add(f->http, routes, 1, f);
}

struct gateways *gateways_new(struct face *face)
{
    struct gateways *all = xcalloc(1, sizeof *all);
    char *labels = xasprintf("tenant=\"%s\"", face->tenant);
    all->face = face;
    scratch_open(&all->frame);
    all->connected = metric_get(METRIC_GAUGE, "throughline_gateways", "Connected gateways.", labels);
    all->events =
        metric_get(METRIC_COUNTER, "throughline_gateway_events_total", "Events received on gateway streams.", labels);
    free(labels);
    gateways_waits_open(all);
    loop_at_turn_end(face->faces->loop, on_turn_end, all);
    return all;
}

void gateways_recheck(struct gateways *all)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&all->table, &cursor, &id, &v)) {
        struct gateway *g = v;
        if (g->state != GATEWAY_ENDING && *g->who.token && !auth_holds(all->face->faces->auth, &g->who))
            gateway_fail(g, WS_POLICY, "unauthorized", "", "the token is no longer valid");
    }
}

void gateways_drain(struct gateways *all)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&all->table, &cursor, &id, &v)) {
        struct gateway *g = v;
        if (g->state == GATEWAY_ENDING)
            continue;
        if (g->state == GATEWAY_LIVE)
            gateway_acknowledge(g);
        gateway_detach(g);
        g->state = GATEWAY_ENDING;
        ws_close(g->ws, WS_GOING_AWAY, "shutting down");
    }
}

uint32_t gateways_count(const struct gateways *all)
{
    return (uint32_t)all->table.count;
}

void gateways_free(struct gateways *all)
{
    loop_forget(all->face->faces->loop, all);
    gateways_waits_close(all);
    table_close(&all->table);
    scratch_close(&all->frame);
    free(all);
}
