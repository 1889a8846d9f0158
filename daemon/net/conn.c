// SPDX-License-Identifier: Apache-2.0
// One connection: from its first byte to its last. Owns the bufferevent, the output gathered during the turn, the deadlines
// and the request in hand. It knows when a request is whole, not what it means (request.c), nor frames (ws.c).
//
// Memory is bounded whatever the peer does: reading stops at the watermark while a request is handled, no further request is
// begun while the client leaves CONN_OUTPUT_MAX unread, and a body is held only within its route's limit.
//
// Output goes straight to the socket at the end of the turn; only what the socket does not take passes through the
// bufferevent, and its events.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/net/internal.h"

#define CONN_INPUT_MAX  65536
#define CONN_OUTPUT_MAX 262144
#define CONN_EARLY      131072 // more than this in one turn is written at once
#define CONN_LINGER_MS  2000

static void on_read(struct bufferevent *bev, void *arg);
static void on_write(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);

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
    c->out = evbuffer_new();
    if (!c->bev || !c->out)
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
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, CONN_INPUT_MAX);
    bufferevent_set_max_single_read(c->bev, CONN_INPUT_MAX);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    if (refuse)
        turn_away(c);
}

// ---- output ----

void conn_send(struct conn *c, const void *bytes, size_t len)
{
    evbuffer_add(c->out, bytes, len);
    server_mark_dirty(c);
    if (evbuffer_get_length(c->out) > CONN_EARLY)
        conn_flush(c);
}

size_t conn_queued(const struct conn *c)
{
    return evbuffer_get_length(c->out) + evbuffer_get_length(bufferevent_get_output(c->bev));
}

// Only writes; what has to be thought about afterwards waits for the end of the turn.
void conn_flush(struct conn *c)
{
    struct evbuffer *queue = bufferevent_get_output(c->bev);
    if (c->state == CONN_GONE || evbuffer_get_length(c->out) == 0)
        return;
    if (!c->ssl && evbuffer_get_length(queue) == 0 && evbuffer_write(c->out, bufferevent_getfd(c->bev)) < 0 &&
        errno != EAGAIN && errno != EINTR)
        c->broken = true;
    size_t left = evbuffer_get_length(c->out);
    if (left == 0)
        return;
    if (c->ssl && left <= 16384)
        evbuffer_pullup(c->out, -1); // one record
    evbuffer_add_buffer(queue, c->out);
    if (!c->write_by)
        c->write_by = loop_now(c->server->loop) + c->server->o.write_ms;
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
    bufferevent_free(c->bev);
    evbuffer_free(c->out);
    free(c);
}

void conn_drop(struct conn *c)
{
    if (c->state == CONN_GONE)
        return;
    c->state = CONN_GONE;
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
    bufferevent_enable(c->bev, EV_READ);
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
        bufferevent_enable(c->bev, EV_READ);
    c->stalled = c->resume = false;
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

// ---- input ----

static void refuse(struct conn *c, enum http_problem problem, const char *why)
{
    metric_add(c->server->metrics.malformed, 1);
    c->last = true;
    http_problem(c->req, problem, NULL, why);
}

// The first byte of a request starts its clock; on a new connection it runs since the connection.
static void start_request(struct conn *c)
{
    if (c->req && !c->req->replied)
        return;
    request_free(c->req);
    c->req = xcalloc(1, sizeof *c->req);
    c->req->conn = c;
    if (c->served)
        c->deadline = loop_now(c->server->loop) + c->server->o.head_ms;
}

// True: look at the state again. False: more input is needed.
static bool take_head(struct conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    size_t max = c->server->o.head_max, have = evbuffer_get_length(in), n = have < max ? have : max;
    if (have == 0 || conn_queued(c) > CONN_OUTPUT_MAX)
        return false;
    start_request(c);
    const char *bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)n);
    ptrdiff_t end = parse_head_end(bytes, n, &c->scanned);
    if (end == 2 && !c->skipped) { // RFC 9112, 2.2: one empty line before a request is forgiven
        evbuffer_drain(in, 2);
        c->skipped = true;
        c->scanned = 0;
        return true;
    }
    if (end == 0 && n < max)
        return false;
    c->skipped = false;
    if (end < 0) {
        refuse(c, PROBLEM_bad_request, "a line ends with a bare LF");
    } else if (end == 0) {
        refuse(c, memchr(bytes, '\n', n) ? PROBLEM_headers_too_large : PROBLEM_target_too_long, NULL);
    } else {
        c->state = CONN_BODY;
        c->deadline = loop_now(c->server->loop) + c->server->o.body_ms;
        c->chunks = (struct parse_chunked){0};
        request_begin(c->req, bytes, (size_t)end);
        evbuffer_drain(in, (size_t)end);
    }
    return true;
}

static bool keep_body(struct conn *c, const char *bytes, size_t n)
{
    struct http_request *r = c->req;
    size_t max = r->route->r.body_max ? r->route->r.body_max : c->server->o.body_max;
    if (n > max - r->body_len) {
        c->last = true;
        http_problem(r, PROBLEM_body_too_large, NULL, NULL);
        return false;
    }
    if (r->body_len + n + 1 > r->body_size) { // grows with what has come, not with what was promised
        size_t size = r->body_size ? r->body_size * 2 : 1024;
        while (size < r->body_len + n + 1)
            size *= 2;
        r->body = xrealloc(r->body, size);
        r->body_size = size;
    }
    memcpy(r->body + r->body_len, bytes, n);
    r->body_len += n;
    r->body[r->body_len] = '\0';
    return true;
}

// False: answered, or more input is needed.
static bool take_chunks(struct conn *c, struct evbuffer *in)
{
    while (c->chunks.state != CHUNK_DONE) {
        size_t n = evbuffer_get_contiguous_space(in), len;
        if (n == 0)
            return false;
        const char *bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)n), *data;
        ptrdiff_t taken = parse_chunked(&c->chunks, bytes, n, &data, &len);
        if (taken < 0) {
            refuse(c, PROBLEM_bad_request, "the chunked body is malformed");
            return false;
        }
        if (len && !keep_body(c, data, len))
            return false;
        evbuffer_drain(in, (size_t)taken + len);
    }
    return true;
}

static bool take_length(struct conn *c, struct evbuffer *in)
{
    struct http_request *r = c->req;
    while (r->body_len < r->head.length) {
        size_t n = evbuffer_get_contiguous_space(in);
        if (n > r->head.length - r->body_len)
            n = (size_t)(r->head.length - r->body_len);
        if (n == 0 || !keep_body(c, (const char *)evbuffer_pullup(in, (ev_ssize_t)n), n))
            return false;
        evbuffer_drain(in, n);
    }
    return true;
}

static bool take_body(struct conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    struct http_request *r = c->req;
    if (!(r->head.chunked ? take_chunks(c, in) : take_length(c, in)))
        return c->state != CONN_BODY;
    c->state = CONN_HANDLING;
    c->deadline =
        loop_now(c->server->loop) + (r->route->r.deadline_ms ? r->route->r.deadline_ms : c->server->o.request_ms);
    r->route->r.handler(r->route->ctx, r);
    return true;
}

void conn_advance(struct conn *c)
{
    if (c->advancing)
        return;
    c->advancing = true;
    bool more = true;
    while (more) {
        if (c->state == CONN_HEAD)
            more = take_head(c);
        else if (c->state == CONN_BODY)
            more = take_body(c);
        else
            more = false;
    }
    c->advancing = false;
    if (c->state == CONN_WS)
        ws_read(c->ws);
}

static void read_by_state(struct conn *c)
{
    switch (c->state) {
    case CONN_HEAD:
    case CONN_BODY:
        conn_advance(c);
        break;
    case CONN_WS:
        ws_read(c->ws);
        break;
    case CONN_LINGER:
        evbuffer_drain(bufferevent_get_input(c->bev), CONN_INPUT_MAX);
        break;
    case CONN_HANDLING: // waits, up to the watermark
    case CONN_CLOSING:
    case CONN_GONE:
        break;
    }
}

// Input that has to wait, up to the watermark, must not stay enabled: libevent would call for it again and again, and the
// turn would never end.
static void on_read(struct bufferevent *bev, void *arg)
{
    struct conn *c = arg;
    read_by_state(c);
    if (c->state != CONN_GONE && evbuffer_get_length(bufferevent_get_input(bev)) >= CONN_INPUT_MAX) {
        bufferevent_disable(bev, EV_READ);
        c->stalled = true;
    }
}

// The socket took all that the bufferevent held.
static void on_write(struct bufferevent *bev, void *arg)
{
    struct conn *c = arg;
    if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        return;
    c->write_by = 0;
    c->resume = c->resume || c->state == CONN_HEAD;
    server_mark_dirty(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
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
