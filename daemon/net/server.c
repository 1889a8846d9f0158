// SPDX-License-Identifier: Apache-2.0
// The server: listening sockets, the list of connections and its bound, the two clocks that all connections share (the end of the turn,
// and the sweep of deadlines ten times a second while there are connections), and the drain. What a connection does is
// conn.c's.
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/id.h"
#include "daemon/net/internal.h"
#include "daemon/net/listen.h"

#define SWEEP_MS        100
#define TURNED_AWAY_MAX 64 // refused connections that are told so; beyond, they are closed without a word
#define DRAIN_CUT_MS    2000
#define LOG_EVERY_MS    1000

static void flush(void *arg);
static void sweep(void *arg);

static void set_defaults(struct http_options *o)
{
    const struct http_options defaults = {
        .max_connections = 10000,
        .head_max = 16384,
        .body_max = 1 << 20,
        .head_ms = 10000,
        .body_ms = 30000,
        .idle_ms = 60000,
        .request_ms = 10000,
        .write_ms = 30000,
        .ws_ping_ms = 20000,
    };
#define DEFAULT(name) o->name = o->name ? o->name : defaults.name
    DEFAULT(max_connections);
    DEFAULT(head_max);
    DEFAULT(body_max);
    DEFAULT(head_ms);
    DEFAULT(body_ms);
    DEFAULT(idle_ms);
    DEFAULT(request_ms);
    DEFAULT(write_ms);
    DEFAULT(ws_ping_ms);
#undef DEFAULT
    assert(o->head_max <= 65536); // a head must fit below the reading watermark
}

static void trust(struct http_server *s, const char *const *v, size_t n)
{
    free(s->trusted);
    s->trusted = xcalloc(n + 1, sizeof *s->trusted);
    s->trusted_n = 0;
    for (size_t i = 0; i < n; i++)
        if (!address_range_parse(v[i], &s->trusted[s->trusted_n]))
            s->trusted_n++;
}

void http_server_configure(struct http_server *s, const struct http_options *o)
{
    struct auth *auth = s->o.auth;
    s->o = *o;
    trust(s, o->trusted_proxies, o->trusted_proxies_n);
    s->o.trusted_proxies = NULL; // the caller's
    s->o.auth = auth;
    set_defaults(&s->o);
}

static void make_metrics(struct http_server *s)
{
    s->metrics.connections = metric_get(METRIC_GAUGE, "throughline_http_connections", "Open connections.", "");
    s->metrics.sockets = metric_get(METRIC_GAUGE, "throughline_websockets", "Open WebSockets.", "");
    s->metrics.refused = metric_get(METRIC_COUNTER, "throughline_http_refused_total",
                                    "Connections refused because too many were open.", "");
    s->metrics.timeouts =
        metric_get(METRIC_COUNTER, "throughline_http_timeouts_total", "Requests that took too long to arrive.", "");
    s->metrics.malformed =
        metric_get(METRIC_COUNTER, "throughline_http_malformed_total", "Requests that were not valid HTTP.", "");
    s->metrics.slow = metric_get(METRIC_COUNTER, "throughline_http_slow_readers_total",
                                 "Connections cut because the peer did not read.", "");
    s->metrics.silent = metric_get(METRIC_COUNTER, "throughline_websocket_silent_total",
                                   "WebSockets cut because the peer answered no ping.", "");
    s->metrics.in = metric_get(METRIC_COUNTER, "throughline_websocket_messages_total", "Messages on WebSockets.",
                               "direction=\"in\"");
    s->metrics.out = metric_get(METRIC_COUNTER, "throughline_websocket_messages_total", "Messages on WebSockets.",
                                "direction=\"out\"");
    s->unrouted.r.pattern = "";
    route_metrics(&s->unrouted, "(none)");
}

struct http_server *http_server_new(struct loop *loop, const struct http_options *o)
{
    struct http_server *s = xcalloc(1, sizeof *s);
    s->loop = loop;
    s->o.auth = o->auth;
    s->dirty_tail = &s->dirty;
    http_server_configure(s, o);
    make_metrics(s);
    snprintf(s->boot, sizeof s->boot, "%.8s", id_boot());
    s->sweep = loop_timer_new(loop, sweep, s);
    loop_at_turn_flush(loop, flush, s);
    return s;
}

static void close_listeners(struct http_server *s)
{
    for (struct listener *l = s->listeners; l; l = l->next)
        if (l->socket) {
            evconnlistener_free(l->socket);
            l->socket = NULL;
        }
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    close_listeners(s);
    while (s->conns)
        conn_drop(s->conns);
    for (struct listener *l = s->listeners, *next; l; l = next) {
        next = l->next;
        SSL_CTX_free(l->tls);
        free(l->address);
        free(l->cert);
        free(l->key);
        free(l);
    }
    loop_timer_free(s->sweep);
    loop_forget(s->loop, s);
    table_close(&s->requests);
    table_close(&s->sockets);
    route_free(&s->routes);
    free(s->trusted);
    free(s);
}

// ---- listening ----

static void on_accept(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
    (void)socket;
    (void)len;
    struct listener *l = arg;
    struct http_server *s = l->server;
    bool full = s->count - s->turned_away >= s->o.max_connections;
    if (full) {
        metric_add(s->metrics.refused, 1);
        if (server_may_log(s))
            tl_log(LOG_WARN, "http_full", LN("connections", s->count));
    }
    if (full && (l->tls || s->turned_away >= TURNED_AWAY_MAX)) {
        close(fd);
        return;
    }
    if (!s->conns)
        loop_timer_set(s->sweep, SWEEP_MS);
    s->count++;
    s->turned_away += full;
    metric_set(s->metrics.connections, s->count);
    conn_open(s, fd, sa, l->tls, full);
}

// No descriptors, most likely: the queue would wake the loop for ever. The sweep tries again.
static void on_accept_error(struct evconnlistener *socket, void *arg)
{
    struct listener *l = arg;
    struct http_server *s = l->server;
    if (server_may_log(s))
        tl_log(LOG_ERROR, "accept_failed", LS("why", strerror(errno)));
    evconnlistener_disable(socket);
    s->accept_failed = true;
    loop_timer_set(s->sweep, SWEEP_MS);
}

const char *http_listen(struct http_server *s, const char *address, const char *cert, const char *key, char *err,
                        size_t err_size)
{
    struct listener *l = xcalloc(1, sizeof *l);
    l->server = s;
    l->tls = cert ? tls_new(cert, key, err, err_size) : NULL;
    if (!cert || l->tls)
        l->socket = listen_open(s->loop, address, on_accept, on_accept_error, l, &l->address, err, err_size);
    if (!l->socket) {
        SSL_CTX_free(l->tls);
        free(l);
        return NULL;
    }
    l->cert = cert ? xstrdup(cert) : NULL;
    l->key = cert ? xstrdup(key) : NULL;
    l->next = s->listeners;
    s->listeners = l;
    return l->address;
}

bool http_reload_tls(struct http_server *s, char *err, size_t err_size)
{
    bool all = true;
    for (struct listener *l = s->listeners; l; l = l->next) {
        SSL_CTX *fresh = l->cert ? tls_new(l->cert, l->key, err, err_size) : NULL;
        all = all && (!l->cert || fresh);
        if (!fresh)
            continue;
        SSL_CTX_free(l->tls);
        l->tls = fresh;
    }
    return all;
}

// ---- routes ----

void http_route_add(struct http_server *s, const struct http_route *routes, size_t n, void *ctx)
{
    for (size_t i = 0; i < n; i++) {
        assert(!routes[i].roles || s->o.auth);
        route_add(&s->routes, &routes[i], ctx, NULL);
    }
}

// ---- connections ----

uint32_t http_connections(const struct http_server *s)
{
    return s->count;
}

static void check_drained(struct http_server *s)
{
    if (!s->drain.on || s->conns || !s->drain.done)
        return;
    void (*done)(void *) = s->drain.done;
    s->drain.done = NULL;
    done(s->drain.arg);
}

void server_unlink(struct conn *c)
{
    struct http_server *s = c->server;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    s->count--;
    s->turned_away -= c->turned_away;
    metric_set(s->metrics.connections, s->count);
}

void server_mark_dirty(struct conn *c)
{
    struct http_server *s = c->server;
    if (c->dirty || c->state == CONN_GONE)
        return;
    c->dirty = true;
    c->next_dirty = NULL;
    *s->dirty_tail = c;
    s->dirty_tail = &c->next_dirty;
}

bool server_may_log(struct http_server *s)
{
    int64_t now = loop_now(s->loop);
    if (now < s->log_next)
        return false;
    s->log_next = now + LOG_EVERY_MS;
    return true;
}

const char *server_date(struct http_server *s)
{
    time_t now = time(NULL);
    struct tm tm;
    if (now != s->date.at) {
        s->date.at = now;
        gmtime_r(&now, &tm);
        strftime(s->date.text, sizeof s->date.text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    }
    return s->date.text;
}

// A connection that ends stays in memory until the graveyard is emptied, so the list holds no dead pointers.
static void flush(void *arg)
{
    struct http_server *s = arg;
    while (s->dirty) {
        struct conn *c = s->dirty;
        s->dirty = c->next_dirty;
        if (!s->dirty)
            s->dirty_tail = &s->dirty;
        conn_settle(c);
    }
    check_drained(s);
}

static void sweep(void *arg)
{
    struct http_server *s = arg;
    int64_t now = loop_now(s->loop);
    for (struct conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        if (s->drain.on && now >= s->drain.sockets_at && c->ws)
            ws_close(c->ws, WS_GOING_AWAY, "shutting down");
        if (s->drain.on && now >= s->drain.cut_at)
            conn_drop(c);
        else
            conn_sweep(c, now);
    }
    if (s->accept_failed) {
        s->accept_failed = false;
        for (struct listener *l = s->listeners; l; l = l->next)
            if (l->socket)
                evconnlistener_enable(l->socket);
    }
    if (s->conns || s->accept_failed)
        loop_timer_set(s->sweep, SWEEP_MS);
}

void http_drain(struct http_server *s, int64_t grace_ms, void (*done)(void *arg), void *arg)
{
    int64_t now = loop_now(s->loop);
    s->drain.on = true;
    s->drain.sockets_at = now + grace_ms;
    s->drain.cut_at = now + grace_ms + DRAIN_CUT_MS;
    s->drain.done = done;
    s->drain.arg = arg;
    close_listeners(s);
    for (struct conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        if (c->state == CONN_HEAD && !c->req && conn_queued(c) == 0)
            conn_drop(c);
    }
    loop_timer_set(s->sweep, 0);
}
