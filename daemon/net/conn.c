// SPDX-License-Identifier: Apache-2.0
// One connection: its life, its output, its deadlines. Owns the bufferevent, the output gathered during the turn and the
// request in hand. What comes in is conn_read.c's, what a request means request.c's, frames ws.c's.
//
// Output goes straight to the socket at the end of the turn; only what the socket does not take passes through the
// bufferevent, and its events. Input of a plain connection is read straight into the bufferevent's buffer.
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/net/internal.h"

#define CONN_EARLY     131072 // more than this in one turn is written at once
#define CONN_LINGER_MS 2000
#define CONN_OUT_LEAST 512

static void on_write(struct bufferevent *bev, void *arg);

static void note_peer(struct conn *c, const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, c->peer, sizeof c->peer);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, sa, sizeof in);
        if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr))
            inet_ntop(AF_INET, (const char *)&in.sin6_addr + 12, c->peer, sizeof c->peer);
        else
            inet_ntop(AF_INET6, &in.sin6_addr, c->peer, sizeof c->peer);
    }
}

static void turn_away(struct conn *c)
{
    static const char reply[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
                                "Connection: close\r\n\r\n";
    c->turned_away = true;
    c->state = CONN_CLOSING;
    conn_send(c, reply, sizeof reply - 1);
}

void conn_open(struct http_server *s, evutil_socket_t fd, const struct sockaddr *sa, SSL_CTX *tls, bool refuse)
{
    struct conn *c = xcalloc(1, sizeof *c);
    c->server = s;
    c->ssl = tls ? SSL_new(tls) : NULL;
    c->bev = c->ssl ? bufferevent_openssl_socket_new(loop_base(s->loop), fd, c->ssl, BUFFEREVENT_SSL_ACCEPTING,
                                                     BEV_OPT_CLOSE_ON_FREE)
                    : bufferevent_socket_new(loop_base(s->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    if (!c->bev)
        abort();
    if (c->ssl)
        bufferevent_openssl_set_allow_dirty_shutdown(c->bev, 1);
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    note_peer(c, sa);
    c->deadline = loop_now(s->loop) + s->o.head_ms;
    c->next = s->conns;
    if (c->next)
        c->next->prev = c;
    s->conns = c;
    bufferevent_setcb(c->bev, conn_on_read, on_write, conn_on_event, c);
    bufferevent_enable(c->bev, EV_WRITE);
    conn_read_open(c, fd);
    if (refuse)
        turn_away(c);
}

// ---- output ----

void conn_put(struct conn *c, const void *bytes, size_t len)
{
    size_t needed = c->out_len + len;
    if (needed > c->out_room) {
        size_t room = c->out_room ? c->out_room * 2 : CONN_OUT_LEAST;
        c->out_room = needed > room ? needed : room;
        c->out = xrealloc(c->out, c->out_room);
    }
    if (len)
        memcpy(c->out + c->out_len, bytes, len);
    c->out_len = needed;
}

void conn_send(struct conn *c, const void *bytes, size_t len)
{
    conn_put(c, bytes, len);
    server_mark_dirty(c);
    if (c->out_len > CONN_EARLY)
        conn_flush(c);
}

size_t conn_queued(const struct conn *c)
{
    return c->out_len + evbuffer_get_length(bufferevent_get_output(c->bev));
}

// What the socket takes of the output at once.
static size_t write_now(struct conn *c)
{
    ssize_t n = send(bufferevent_getfd(c->bev), c->out, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        c->broken = true;
    return n > 0 ? (size_t)n : 0;
}

// Only writes; what has to be thought about afterwards waits for the end of the turn.
void conn_flush(struct conn *c)
{
    struct evbuffer *queue = bufferevent_get_output(c->bev);
    if (c->state == CONN_GONE || c->out_len == 0)
        return;
    size_t done = c->ssl || evbuffer_get_length(queue) ? 0 : write_now(c);
    if (done < c->out_len) {
        evbuffer_add(queue, c->out + done, c->out_len - done); // in one piece, so that TLS makes one record of it
        if (!c->write_by)
            c->write_by = loop_now(c->server->loop) + c->server->o.write_ms + c->patience_ms;
    }
    free(c->out);
    c->out = NULL;
    c->out_len = c->out_room = 0;
}

// ---- the end ----

static void conn_free(void *arg)
{
    struct conn *c = arg;
    if (c->ssl) {
        SSL_set_shutdown(c->ssl, SSL_RECEIVED_SHUTDOWN);
        SSL_shutdown(c->ssl);
        tls_drain_errors();
    }
    request_free(c->req);
    if (c->readable)
        event_free(c->readable);
    bufferevent_free(c->bev);
    free(c->out);
    free(c);
}

void conn_drop(struct conn *c)
{
    if (c->state == CONN_GONE)
        return;
    c->state = CONN_GONE;
    conn_reading(c, false);
    bufferevent_disable(c->bev, EV_READ | EV_WRITE);
    bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
    if (c->req)
        table_take(&c->server->requests, c->req->id);
    struct ws *w = c->ws;
    c->ws = NULL;
    server_unlink(c);
    loop_defer_free(c->server->loop, conn_free, c);
    if (w)
        ws_lost(w);
}

// Everything is sent. Closing at once could reset the connection under the reply, when the peer has sent what was not read.
static void linger(struct conn *c)
{
    if (c->eof) {
        conn_drop(c);
        return;
    }
    c->state = CONN_LINGER;
    c->write_by = 0;
    c->deadline = loop_now(c->server->loop) + CONN_LINGER_MS;
    if (c->ssl)
        SSL_shutdown(c->ssl);
    shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    conn_reading(c, true);
    c->resume = true;
}

void conn_finish(struct conn *c)
{
    c->state = CONN_CLOSING;
    server_mark_dirty(c);
}

bool conn_is_last(struct conn *c)
{
    const struct http_request *r = c->req;
    bool unread = c->state != CONN_HANDLING && (r->head.chunked || r->body_len < r->head.length);
    c->last = c->last || unread || !r->head.keep_alive || c->server->drain.on;
    return c->last;
}

void conn_replied(struct conn *c)
{
    struct http_server *s = c->server;
    table_take(&s->requests, c->req->id);
    c->req->replied = true;
    c->served = true;
    c->state = c->last ? CONN_CLOSING : CONN_HEAD;
    c->scanned = 0;
    c->deadline = loop_now(s->loop) + s->o.idle_ms;
    c->resume = c->resume || !c->advancing;
    server_mark_dirty(c);
}

static void look_again(struct conn *c)
{
    if (c->stalled)
        conn_reading(c, true);
    c->stalled = c->resume = false;
    if (c->state != CONN_WS && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
        return; // what comes will call
    bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

// At the end of the turn, once for every connection that sent or replied in it.
void conn_settle(struct conn *c)
{
    c->dirty = false;
    if (c->state == CONN_GONE)
        return;
    conn_flush(c);
    if (c->broken) {
        conn_drop(c);
        return;
    }
    if (c->req && c->req->replied) {
        request_free(c->req);
        c->req = NULL;
    }
    if (conn_queued(c) == 0) {
        if (c->ws)
            ws_flushed(c->ws);
        if (c->state == CONN_CLOSING)
            linger(c);
    }
    if (c->resume && c->state != CONN_GONE)
        look_again(c);
}

// ---- events ----

// The socket took all that the bufferevent held.
static void on_write(struct bufferevent *bev, void *arg)
{
    struct conn *c = arg;
    if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        return;
    c->write_by = c->patience_ms = 0;
    c->resume = c->resume || c->state == CONN_HEAD;
    server_mark_dirty(c);
}

void conn_on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    struct conn *c = arg;
    if (c->ssl)
        tls_drain_errors();
    if (what & BEV_EVENT_CONNECTED)
        return;
    bool replying = c->state == CONN_HEAD || c->state == CONN_CLOSING;
    c->eof = true;
    if ((what & BEV_EVENT_EOF) && replying && conn_queued(c) > 0) { // the peer said its last word and may still listen
        c->last = true;
        conn_finish(c);
        return;
    }
    conn_drop(c);
}

// ---- deadlines ----

void conn_sweep(struct conn *c, int64_t now)
{
    struct http_server *s = c->server;
    if (c->state == CONN_WS)
        ws_sweep(c->ws, now);
    else if (c->write_by && now >= c->write_by) {
        metric_add(s->metrics.slow, 1);
        conn_drop(c);
    } else if (now < c->deadline || c->state == CONN_CLOSING) {
        return;
    } else if (c->state == CONN_HANDLING) {
        http_problem(c->req, PROBLEM_deadline, NULL, NULL);
    } else if (c->state == CONN_BODY || (c->state == CONN_HEAD && c->req && !c->req->replied)) {
        metric_add(s->metrics.timeouts, 1);
        c->last = true;
        http_problem(c->req, PROBLEM_request_timeout, NULL, NULL);
    } else {
        conn_drop(c);
    }
}
