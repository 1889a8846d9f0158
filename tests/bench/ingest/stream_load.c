// SPDX-License-Identifier: Apache-2.0
// (b), (c): events go in by the gateway stream, and count when the update has arrived on the right one of the desks.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "throughline/v1/desk.pb-c.h"
#include "throughline/v1/gateway.pb-c.h"

#define WINDOW_MAX 1024

struct bench_world {
    const struct bench_server *server;
    int epoll;
    unsigned desks, assigned, welcomed;
    struct conn *gateway, **desk;
    uint64_t *conversation;   // of desk i
    uint64_t sequence, acked; // on the gateway
    uint64_t sent, arrived, measured_from;
    uint32_t credit;
    unsigned wrong; // updates on the wrong desk
    double sent_at[WINDOW_MAX];
    unsigned flight;
    struct bench_latency *latency;
    uint64_t run;
};

static void stream_up(struct bench_world *w, struct conn *c, const Throughline__V1__GatewayUp *up)
{
    (void)w;
    uint8_t buffer[1024];
    size_t len = throughline__v1__gateway_up__get_packed_size(up);
    if (len > sizeof buffer)
        bench_die("frame too long");
    throughline__v1__gateway_up__pack(up, buffer);
    conn_send_frame(c, buffer, len);
}

static void stream_event(struct bench_world *w, unsigned customer, uint64_t number)
{
    char id[64], from[32], text[256];
    snprintf(id, sizeof id, "%llx-%llu-%u", (unsigned long long)w->run, (unsigned long long)number, customer);
    snprintf(from, sizeof from, "tel:+49152%08u", customer);
    snprintf(text, sizeof text, "%llu " BENCH_TEXT, (unsigned long long)number);
    Throughline__V1__Message m = THROUGHLINE__V1__MESSAGE__INIT;
    m.text = text;
    Throughline__V1__Event e = THROUGHLINE__V1__EVENT__INIT;
    e.id = id;
    e.account = "sms-1";
    e.from = from;
    e.body_case = THROUGHLINE__V1__EVENT__BODY_MESSAGE;
    e.message = &m;
    Throughline__V1__GatewayUp up = THROUGHLINE__V1__GATEWAY_UP__INIT;
    up.sequence = ++w->sequence;
    up.up_case = THROUGHLINE__V1__GATEWAY_UP__UP_EVENT;
    up.event = &e;
    stream_up(w, w->gateway, &up);
}

static void stream_gateway_frame(struct conn *c, const uint8_t *bytes, size_t len)
{
    struct bench_world *w = c->ctx;
    Throughline__V1__GatewayDown *d = throughline__v1__gateway_down__unpack(NULL, len, bytes);
    if (!d)
        bench_die("an unreadable frame on the gateway");
    if (d->down_case == THROUGHLINE__V1__GATEWAY_DOWN__DOWN_WELCOME) {
        w->welcomed++;
        w->credit = d->welcome->credit;
    } else if (d->down_case == THROUGHLINE__V1__GATEWAY_DOWN__DOWN_ACK) {
        w->acked = d->ack->upto;
        if (d->ack->n_exceptions)
            bench_die("event %llu: %s", (unsigned long long)d->ack->exceptions[0]->sequence,
                      d->ack->exceptions[0]->result->error->detail);
    } else if (d->down_case == THROUGHLINE__V1__GATEWAY_DOWN__DOWN_ERROR) {
        bench_die("gateway: %s", d->error->detail);
    }
    throughline__v1__gateway_down__free_unpacked(d, NULL);
}

static void stream_accept(struct conn *c, const Throughline__V1__Offer *offer)
{
    static uint64_t commands;
    char id[24];
    snprintf(id, sizeof id, "a%llu", (unsigned long long)++commands);
    Throughline__V1__Accept accept = THROUGHLINE__V1__ACCEPT__INIT;
    accept.work = offer->context->work->id;
    accept.epoch = offer->epoch;
    Throughline__V1__DeskCommand command = THROUGHLINE__V1__DESK_COMMAND__INIT;
    command.client_id = id;
    command.command_case = THROUGHLINE__V1__DESK_COMMAND__COMMAND_ACCEPT;
    command.accept = &accept;
    uint8_t buffer[128];
    size_t n = throughline__v1__desk_command__pack(&command, buffer);
    conn_send_frame(c, buffer, n);
    conn_flush(c);
}

static void stream_available(struct conn *c)
{
    Throughline__V1__SetPresence presence = THROUGHLINE__V1__SET_PRESENCE__INIT;
    presence.state = THROUGHLINE__V1__PRESENCE_STATE__PRESENCE_STATE_AVAILABLE;
    Throughline__V1__DeskCommand command = THROUGHLINE__V1__DESK_COMMAND__INIT;
    command.client_id = "available";
    command.command_case = THROUGHLINE__V1__DESK_COMMAND__COMMAND_PRESENCE;
    command.presence = &presence;
    uint8_t buffer[64];
    conn_send_frame(c, buffer, throughline__v1__desk_command__pack(&command, buffer));
    conn_flush(c);
}

static void stream_arrived(struct bench_world *w, unsigned desk, const Throughline__V1__EntryAdded *added)
{
    if (added->entry->body_case != THROUGHLINE__V1__ENTRY__BODY_MESSAGE || !added->entry->message)
        return;
    uint64_t number = strtoull(added->entry->message->text, NULL, 10);
    if (added->conversation != w->conversation[desk] || number <= w->measured_from || number > w->sent) {
        w->wrong++;
        return;
    }
    bench_latency_add(w->latency, bench_now() - w->sent_at[number % WINDOW_MAX]);
    w->arrived++;
}

static void stream_desk_frame(struct conn *c, const uint8_t *bytes, size_t len)
{
    struct bench_world *w = c->ctx;
    Throughline__V1__DeskUpdate *u = throughline__v1__desk_update__unpack(NULL, len, bytes);
    if (!u)
        bench_die("an unreadable frame on a desk");
    switch ((int)u->update_case) {
    case THROUGHLINE__V1__DESK_UPDATE__UPDATE_WELCOME:
        w->welcomed++;
        stream_available(c);
        break;
    case THROUGHLINE__V1__DESK_UPDATE__UPDATE_OFFER:
        stream_accept(c, u->offer);
        break;
    case THROUGHLINE__V1__DESK_UPDATE__UPDATE_ASSIGNED: {
        w->conversation[c->index] = u->assigned->work->conversation;
        w->assigned++;
        break;
    }
    case THROUGHLINE__V1__DESK_UPDATE__UPDATE_ENTRY:
        stream_arrived(w, c->index, u->entry);
        break;
    case THROUGHLINE__V1__DESK_UPDATE__UPDATE_REFUSED:
        bench_die("a desk's command was refused: %d %s", (int)u->refused->reason, u->refused->detail);
    case THROUGHLINE__V1__DESK_UPDATE__UPDATE_ERROR:
        bench_die("desk: %s", u->error->detail);
    default:
        break;
    }
    throughline__v1__desk_update__free_unpacked(u, NULL);
}

static void stream_wait(struct bench_world *w, const unsigned *what, unsigned until, const char *name)
{
    double deadline = bench_now() + 60;
    while (*what < until) {
        conn_turn(w->epoll, 100);
        if (bench_now() > deadline)
            bench_die("%s: only %u of %u", name, *what, until);
    }
}

static void stream_open_desk(struct bench_world *w, unsigned i)
{
    char path[64], body[256], session[40], agent[16];
    snprintf(agent, sizeof agent, "bench%03u", i);
    snprintf(path, sizeof path, "/v1/agents/%s", agent);
    int n = snprintf(body, sizeof body, "{\"id\":\"%s\",\"name\":\"Bench %u\",\"capacity\":1}", agent, i);
    int status = bench_http(w->server, "PUT", path, "application/json", body, (size_t)n, NULL, 0);
    if (status < 200 || status > 299)
        bench_die("PUT %s: HTTP %d", path, status);
    struct conn *c = conn_open(w->epoll, w->server);
    conn_upgrade(c, w->server, "/v1/desk");
    c->frame = stream_desk_frame;
    c->ctx = w;
    c->index = i;
    w->desk[i] = c;
    snprintf(session, sizeof session, "benchsession-%08u", i);
    Throughline__V1__Hello hello = THROUGHLINE__V1__HELLO__INIT;
    hello.session = session;
    hello.agent = agent;
    Throughline__V1__DeskCommand command = THROUGHLINE__V1__DESK_COMMAND__INIT;
    command.command_case = THROUGHLINE__V1__DESK_COMMAND__COMMAND_HELLO;
    command.hello = &hello;
    uint8_t buffer[256];
    conn_send_frame(c, buffer, throughline__v1__desk_command__pack(&command, buffer));
    conn_flush(c);
}

static void stream_open_gateway(struct bench_world *w)
{
    w->gateway = conn_open(w->epoll, w->server);
    conn_upgrade(w->gateway, w->server, "/v1/gateway");
    w->gateway->frame = stream_gateway_frame;
    w->gateway->ctx = w;
    Throughline__V1__GatewayHello hello = THROUGHLINE__V1__GATEWAY_HELLO__INIT;
    char *accounts[] = {"sms-1"};
    hello.accounts = accounts;
    hello.n_accounts = 1;
    hello.credit = 1000;
    hello.deduplicates = 1;
    Throughline__V1__GatewayUp up = THROUGHLINE__V1__GATEWAY_UP__INIT;
    up.up_case = THROUGHLINE__V1__GATEWAY_UP__UP_HELLO;
    up.hello = &hello;
    stream_up(w, w->gateway, &up);
    conn_flush(w->gateway);
}

struct bench_world *bench_world_new(const struct bench_server *s, unsigned desks)
{
    struct bench_world *w = calloc(1, sizeof *w);
    w->server = s;
    w->epoll = conn_epoll();
    w->desks = desks;
    w->desk = calloc(desks, sizeof *w->desk);
    w->conversation = calloc(desks, sizeof *w->conversation);
    w->run = (uint64_t)(bench_now() * 1e6);
    stream_open_gateway(w);
    for (unsigned i = 0; i < desks; i++)
        stream_open_desk(w, i);
    stream_wait(w, &w->welcomed, desks + 1, "welcomed");
    for (unsigned i = 0; i < desks; i++)
        stream_event(w, i, 0);
    conn_flush(w->gateway);
    stream_wait(w, &w->assigned, desks, "assigned");
    return w;
}

double bench_stream(struct bench_world *w, unsigned flight, double seconds, struct bench_latency *l)
{
    if (flight > w->credit || flight > WINDOW_MAX)
        bench_die("%u in flight is more than the credit of %u", flight, w->credit);
    w->latency = l;
    w->measured_from = w->arrived = w->sent;
    uint64_t first = w->sent;
    double start = bench_now(), now = start;
    do {
        bool wrote = false;
        while (w->sent - w->arrived < flight && now - start < seconds) {
            w->sent++;
            w->sent_at[w->sent % WINDOW_MAX] = now;
            stream_event(w, (unsigned)(w->sent % w->desks), w->sent);
            wrote = true;
        }
        if (wrote)
            conn_flush(w->gateway);
        conn_turn(w->epoll, 1000);
        now = bench_now();
        if (now - start > seconds + 180)
            bench_die("only %llu of %llu updates came", (unsigned long long)(w->arrived - first),
                      (unsigned long long)(w->sent - first));
    } while (w->arrived < w->sent || now - start < seconds);
    if (w->wrong)
        bench_die("%u updates came to the wrong desk, or twice", w->wrong);
    return (double)(w->arrived - first) / (now - start);
}

void bench_world_open(struct bench_world *w, unsigned conversations)
{
    uint64_t until = w->sequence;
    for (unsigned i = 0; i < conversations; i++) {
        stream_event(w, 1000000 + i, 0);
        if (i % 256 != 255 && i + 1 != conversations)
            continue;
        conn_flush(w->gateway);
        until = w->sequence;
        while (w->acked < until)
            conn_turn(w->epoll, 1000);
    }
}

void bench_world_free(struct bench_world *w)
{
    for (unsigned i = 0; i < w->desks; i++)
        conn_close(w->desk[i]);
    conn_close(w->gateway);
    free(w->desk);
    free(w->conversation);
    free(w);
}
