// SPDX-License-Identifier: Apache-2.0
// What comes in on a connection, cut into requests: heads, bodies by length or in chunks, the next request only when this one
// is answered. It knows when a request is whole, not what it means (request.c).
//
// Memory is bounded whatever the peer does: reading stops at the watermark while a request is handled, no further request is
// begun while the client leaves CONN_OUTPUT_MAX unread, and a body is held only within its route's limit.
#include <errno.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/net/internal.h"

#define CONN_OUTPUT_MAX 262144

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
    c->req = xrealloc(NULL, sizeof *c->req);
    memset(c->req, 0, offsetof(struct http_request, head.fields));
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

static void conn_advance(struct conn *c)
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

ssize_t conn_take(struct conn *c, void *to, size_t len)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    if (!c->fresh_len || evbuffer_get_length(in))
        return evbuffer_remove(in, to, len);
    size_t n = c->fresh_len < len ? c->fresh_len : len;
    memcpy(to, c->fresh, n);
    c->fresh += n;
    c->fresh_len -= n;
    return (ssize_t)n;
}

static void keep_fresh(struct conn *c)
{
    if (c->fresh_len)
        evbuffer_add(bufferevent_get_input(c->bev), c->fresh, c->fresh_len);
    c->fresh_len = 0;
}

// Input that has to wait, up to the watermark, must not stay enabled: libevent would call for it again and again, and the
// turn would never end.
void conn_on_read(struct bufferevent *bev, void *arg)
{
    struct conn *c = arg;
    read_by_state(c);
    keep_fresh(c);
    if (c->state != CONN_GONE && evbuffer_get_length(bufferevent_get_input(bev)) >= CONN_INPUT_MAX) {
        conn_reading(c, false);
        c->stalled = true;
    }
}

// The bufferevent would ask the kernel for the length before each read. A WebSocket mostly takes all at once, and then nothing
// passes through its buffer.
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    (void)what;
    ssize_t n = recv(fd, c->server->input, sizeof c->server->input, MSG_DONTWAIT);
    if (n > 0) {
        c->fresh = c->server->input;
        c->fresh_len = (size_t)n;
        if (c->state != CONN_WS)
            keep_fresh(c);
        conn_on_read(c->bev, c);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        conn_reading(c, false);
        conn_on_event(c->bev, n == 0 ? BEV_EVENT_READING | BEV_EVENT_EOF : BEV_EVENT_READING | BEV_EVENT_ERROR, c);
    }
}

void conn_read_open(struct conn *c, evutil_socket_t fd)
{
    if (c->ssl) {
        bufferevent_setwatermark(c->bev, EV_READ, 0, CONN_INPUT_MAX);
    } else {
        c->readable = event_new(loop_base(c->server->loop), fd, EV_READ | EV_PERSIST, on_readable, c);
        if (!c->readable || evbuffer_unfreeze(bufferevent_get_input(c->bev), 0) != 0)
            abort();
        bufferevent_disable(c->bev, EV_READ);
    }
    conn_reading(c, true);
}

void conn_reading(struct conn *c, bool on)
{
    if (c->ssl)
        (on ? bufferevent_enable : bufferevent_disable)(c->bev, EV_READ);
    else if (on)
        event_add(c->readable, NULL);
    else
        event_del(c->readable);
}
