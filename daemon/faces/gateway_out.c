// SPDX-License-Identifier: Apache-2.0
// GET /v1/gateway, what goes down: the welcome, acknowledgements, credit, deliveries. Deliveries come from the outbox, which
// keeps them in Redis; a connection that is lost gives them back by detaching. A peer too slow to take its
// acknowledgements is cut and sends again what it has not seen acknowledged.
#include <stdlib.h>

#include "daemon/base/loop.h"
#include "daemon/faces/gateway.h"
#include "daemon/faces/media_face.h"
#include "daemon/faces/peer.h"
#include "daemon/faces/records.h"
#include "throughline/v1/gateway.pb-c.h"

static void down(struct gateway *g, const Throughline__V1__GatewayDown *d)
{
    if (!peer_send(g->ws, &d->base))
        ws_close(g->ws, WS_TRY_AGAIN, "too slow");
}

void gateway_fail(struct gateway *g, uint16_t close, const char *code, const char *field, const char *detail)
{
    Throughline__V1__Error error = THROUGHLINE__V1__ERROR__INIT;
    error.code = (char *)code;
    error.field = (char *)field;
    error.detail = (char *)detail;
    Throughline__V1__GatewayDown d = THROUGHLINE__V1__GATEWAY_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__GATEWAY_DOWN__DOWN_ERROR;
    d.error = &error;
    if (g->state == GATEWAY_LIVE)
        gateway_acknowledge(g);
    down(g, &d);
    gateway_detach(g);
    g->state = GATEWAY_ENDING;
    loop_timer_set(g->timer, -1);
    ws_close(g->ws, close, code);
}

void gateway_tell_wait(struct gateway *g, const Throughline__V1__SessionWait *m)
{
    Throughline__V1__GatewayDown d = THROUGHLINE__V1__GATEWAY_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__GATEWAY_DOWN__DOWN_WAIT;
    d.wait = (Throughline__V1__SessionWait *)m;
    down(g, &d);
}

// ---- deliveries ----

// A copy in which stored attachments can be fetched; NULL where there are none.
static Throughline__V1__Delivery *with_links(const struct face *face, const Throughline__V1__Delivery *delivery)
{
    if (delivery->what_case != THROUGHLINE__V1__DELIVERY__WHAT_MESSAGE || delivery->message->n_attachments == 0)
        return NULL;
    Throughline__V1__Delivery *copy = (Throughline__V1__Delivery *)record_copy(&delivery->base);
    if (copy)
        media_show(face, copy->message, media_fetch_seconds(face));
    return copy;
}

static bool on_carry(void *ctx, uint64_t token, const Throughline__V1__Delivery *delivery)
{
    struct gateways *all = ctx;
    struct gateway *g = table_get(&all->table, token / GATEWAY_ACCOUNTS_MAX);
    if (!g || g->state != GATEWAY_LIVE || !g->credit)
        return false;
    Throughline__V1__GatewayDown d = THROUGHLINE__V1__GATEWAY_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__GATEWAY_DOWN__DOWN_DELIVERY;
    Throughline__V1__Delivery *shown = with_links(all->face, delivery);
    d.delivery = shown ? shown : (Throughline__V1__Delivery *)delivery;
    bool sent = peer_send(g->ws, &d.base);
    if (shown)
        throughline__v1__delivery__free_unpacked(shown, NULL);
    if (!sent) {
        ws_close(g->ws, WS_TRY_AGAIN, "too slow");
        return false;
    }
    g->credit--;
    return true;
}

static void on_owned(void *ctx, uint64_t token, bool owned)
{
    struct gateways *all = ctx;
    struct gateway *g = table_get(&all->table, token / GATEWAY_ACCOUNTS_MAX);
    if (!g || g->state == GATEWAY_ENDING)
        return;
    struct gateway_account *a = &g->accounts[token % GATEWAY_ACCOUNTS_MAX];
    a->answered = true;
    a->owned = owned;
    if (g->state != GATEWAY_GRANTED)
        return;
    for (size_t i = 0; i < g->accounts_n; i++)
        if (!g->accounts[i].answered)
            return;
    loop_timer_set(g->timer, 0); // not from inside the outbox
}

void gateway_attach(struct gateway *g)
{
    loop_timer_set(g->timer, g->accounts_n ? GATEWAY_GRANT_MS : 0);
    for (size_t i = 0; i < g->accounts_n; i++)
        g->accounts[i].carrier = outbox_attach(g->all->face->outbox, &(struct outbox_carrier){
                                                                         .ctx = g->all,
                                                                         .token = g->id * GATEWAY_ACCOUNTS_MAX + i,
                                                                         .account = g->accounts[i].name,
                                                                         .handle = g->handle,
                                                                         .dedupes = g->dedupes,
                                                                         .carry = on_carry,
                                                                         .owned = on_owned,
                                                                     });
}

void gateway_detach(struct gateway *g)
{
    for (size_t i = 0; i < g->accounts_n; i++) {
        if (g->accounts[i].carrier)
            outbox_detach(g->all->face->outbox, g->accounts[i].carrier);
        g->accounts[i].carrier = 0;
    }
}

void gateway_credit_more(struct gateway *g, uint32_t more)
{
    uint32_t before = g->credit;
    g->credit = before + more < before ? UINT32_MAX : before + more;
    if (g->state != GATEWAY_LIVE || before)
        return;
    for (size_t i = 0; i < g->accounts_n; i++)
        if (g->accounts[i].carrier)
            outbox_credit(g->all->face->outbox, g->accounts[i].carrier);
}

void gateway_welcome(struct gateway *g)
{
    char *names[GATEWAY_ACCOUNTS_MAX];
    Throughline__V1__GatewayWelcome welcome = THROUGHLINE__V1__GATEWAY_WELCOME__INIT;
    welcome.credit = g->window;
    welcome.node = (char *)g->all->face->faces->node;
    welcome.accounts = names;
    for (size_t i = 0; i < g->accounts_n; i++)
        if (g->accounts[i].owned)
            names[welcome.n_accounts++] = g->accounts[i].name + (g->simulate ? 1 : 0);
    Throughline__V1__GatewayDown d = THROUGHLINE__V1__GATEWAY_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__GATEWAY_DOWN__DOWN_WELCOME;
    d.welcome = &welcome;
    g->state = GATEWAY_LIVE;
    down(g, &d);
    gateway_acknowledge(g);
    g->welcome = true;
    if (g->waits)
        gateway_waits_begin(g);
    for (size_t i = 0; g->credit && i < g->accounts_n; i++)
        outbox_credit(g->all->face->outbox, g->accounts[i].carrier);
}

// ---- acknowledgements ----

// Exceptions of one acknowledgement; they are few, so the array grows by doubling.
struct exceptions {
    Throughline__V1__Refusals **v;
    size_t n, room;
};

static void on_exception(void *ctx, uint64_t sequence, Throughline__V1__EventResult *result)
{
    struct exceptions *e = ctx;
    if (e->n == e->room) {
        e->room = e->room ? e->room * 2 : 8;
        e->v = xrealloc(e->v, e->room * sizeof(Throughline__V1__Refusals *));
    }
    Throughline__V1__Refusals *r = xcalloc(1, sizeof *r);
    throughline__v1__refusals__init(r);
    r->sequence = sequence;
    r->result = result;
    e->v[e->n++] = r;
}

static void grant(struct gateway *g)
{
    if (g->ungranted < (g->window + 3) / 4)
        return;
    Throughline__V1__Credit credit = THROUGHLINE__V1__CREDIT__INIT;
    credit.more = g->ungranted;
    Throughline__V1__GatewayDown d = THROUGHLINE__V1__GATEWAY_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__GATEWAY_DOWN__DOWN_CREDIT;
    d.credit = &credit;
    g->granted += g->ungranted;
    g->ungranted = 0;
    down(g, &d);
}

void gateway_acknowledge(struct gateway *g)
{
    struct exceptions e = {0};
    uint32_t passed = ack_ring_advance(&g->ring, on_exception, &e);
    if (!passed)
        return;
    Throughline__V1__Ack ack = THROUGHLINE__V1__ACK__INIT;
    ack.upto = g->ring.upto;
    ack.n_exceptions = e.n;
    ack.exceptions = e.v;
    Throughline__V1__GatewayDown d = THROUGHLINE__V1__GATEWAY_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__GATEWAY_DOWN__DOWN_ACK;
    d.ack = &ack;
    down(g, &d);
    for (size_t i = 0; i < e.n; i++)
        throughline__v1__refusals__free_unpacked(e.v[i], NULL);
    free(e.v);
    g->ungranted += passed;
    grant(g);
}
