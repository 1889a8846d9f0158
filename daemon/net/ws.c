// SPDX-License-Identifier: Apache-2.0
// WebSocket frames. wslay reads frames and answers control frames; our own messages are written straight into the
// connection's output, since a server's frames carry no mask. Frames enter the output whole, so the two never mix.
//
// The end: either side's close frame, a breach of the protocol, a limit, silence or loss. ws_over() marks it; the owner's
// closed() runs once, from the end of the turn or when the connection drops, never inside a call of the owner's.
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "daemon/net/handshake.h"
#include "daemon/net/internal.h"

#define WS_FRAGMENTS_MAX 1024 // of one message: bounds the memory that tiny fragments claim
#define WS_CLOSE_MS      2000
#define WS_PINGS_MAX     2

struct ws {
    struct conn *conn;
    uint64_t id;
    struct ws_options o;
    enum ws_protocol protocol;
    wslay_event_context_ptr frames;
    unsigned fragments;
    bool paused, reading;
    bool closing; // a close frame is on its way: nothing more to the owner, nothing more from it
    bool over;    // nothing more will be read: finish the connection once all is sent
    uint16_t code;
    size_t largest; // message sent
    unsigned unanswered;
    int64_t ping_at, cut_at;
    char request_id[72];
};

// ---- wslay's side ----

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *arg)
{
    (void)flags;
    struct ws *w = arg;
    ssize_t n = w->paused ? 0 : conn_take(w->conn, buf, len);
    if (n > 0) {
        w->unanswered = 0; // whatever it says, it lives
        return n;
    }
    wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
    return -1;
}

static ssize_t on_send(wslay_event_context_ptr ctx, const uint8_t *bytes, size_t len, int flags, void *arg)
{
    (void)ctx;
    (void)flags;
    struct ws *w = arg;
    conn_send(w->conn, bytes, len);
    return (ssize_t)len;
}

static void on_frame(wslay_event_context_ptr ctx, const struct wslay_event_on_frame_recv_start_arg *f, void *arg)
{
    struct ws *w = arg;
    if (wslay_is_ctrl_frame(f->opcode))
        return;
    w->fragments = f->opcode == WSLAY_CONTINUATION_FRAME ? w->fragments + 1 : 0;
    if (w->fragments > WS_FRAGMENTS_MAX) {
        ws_close(w, WS_POLICY, "too many fragments");
        wslay_event_shutdown_read(ctx);
    }
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
    (void)ctx;
    struct ws *w = arg;
    if (m->opcode == WSLAY_CONNECTION_CLOSE && !w->closing)
        w->code = m->status_code ? m->status_code : WS_NO_STATUS;
    if (wslay_is_ctrl_frame(m->opcode) || w->closing)
        return;
    if ((m->opcode == WSLAY_TEXT_FRAME) != (w->protocol == WS_JSON)) {
        ws_close(w, WS_UNSUPPORTED, w->protocol == WS_JSON ? "text frames only" : "binary frames only");
        return;
    }
    metric_add(w->conn->server->metrics.in, 1);
    w->o.message(w->o.ctx, m->msg, m->msg_length);
}

static const struct wslay_event_callbacks callbacks = {
    .recv_callback = on_recv,
    .send_callback = on_send,
    .on_frame_recv_start_callback = on_frame,
    .on_msg_recv_callback = on_message,
};

// ---- life ----

static void ws_free(void *arg)
{
    struct ws *w = arg;
    wslay_event_context_free(w->frames);
    free(w);
}

struct ws *ws_accept(struct http_request *r, const struct ws_options *o)
{
    struct conn *c = r->conn;
    struct http_server *s = c->server;
    enum ws_protocol protocol;
    if (!handshake_check(r, o, &protocol))
        return NULL;
    struct ws *w = xcalloc(1, sizeof *w);
    *w = (struct ws){.conn = c, .o = *o, .protocol = protocol, .code = WS_ABNORMAL};
    w->o.message_max = o->message_max ? o->message_max : 1 << 20;
    w->o.output_max = o->output_max ? o->output_max : 1 << 20;
    memcpy(c->peer, r->client, sizeof c->peer);
    memcpy(w->request_id, r->request_id, sizeof w->request_id);
    if (wslay_event_context_server_init(&w->frames, &callbacks, w) != 0)
        abort();
    wslay_event_config_set_max_recv_msg_length(w->frames, w->o.message_max);
    w->ping_at = loop_now(s->loop) + s->o.ws_ping_ms;
    w->id = ++s->last_id;
    table_put(&s->sockets, w->id, w);
    metric_set(s->metrics.sockets, (double)s->sockets.count);
    handshake_reply(r, protocol);
    conn_replied(c);
    c->state = CONN_WS;
    c->ws = w;
    return w;
}

static void detach(struct ws *w)
{
    struct http_server *s = w->conn->server;
    table_take(&s->sockets, w->id);
    metric_set(s->metrics.sockets, (double)s->sockets.count);
    w->conn->ws = NULL;
    loop_defer_free(s->loop, ws_free, w);
    w->closing = true;
    w->o.closed(w->o.ctx, w->code);
}

void ws_lost(struct ws *w)
{
    detach(w);
}

void ws_flushed(struct ws *w)
{
    struct conn *c = w->conn;
    if (!w->over)
        return;
    conn_finish(c);
    detach(w);
}

// ---- reading ----

// Sends what wslay has to say, and notices how far the closing has come.
static void answer(struct ws *w)
{
    if (wslay_event_want_write(w->frames) && wslay_event_send(w->frames) != 0)
        w->over = true;
    bool sent = wslay_event_get_close_sent(w->frames), received = wslay_event_get_close_received(w->frames);
    if (sent && !w->closing) { // wslay's own: the peer broke a rule, or closed
        w->closing = true;
        if (!received)
            w->code = wslay_event_get_status_code_sent(w->frames);
    }
    if (sent && (received || !wslay_event_get_read_enabled(w->frames)))
        w->over = true;
    if (w->closing && !w->cut_at)
        w->cut_at = loop_now(w->conn->server->loop) + WS_CLOSE_MS;
    if (w->over || w->closing)
        server_mark_dirty(w->conn);
}

// A frame that cannot be read: wslay would close without saying why.
static void fail(struct ws *w)
{
    static const uint8_t frame[] = {0x88, 2, WS_PROTOCOL_ERROR >> 8, WS_PROTOCOL_ERROR & 255};
    if (!w->closing)
        w->code = WS_PROTOCOL_ERROR;
    if (!wslay_event_get_close_sent(w->frames))
        conn_send(w->conn, frame, sizeof frame);
    w->closing = w->over = true;
    w->cut_at = loop_now(w->conn->server->loop) + WS_CLOSE_MS;
    server_mark_dirty(w->conn);
}

void ws_read(struct ws *w)
{
    if (w->over) {
        struct evbuffer *in = bufferevent_get_input(w->conn->bev);
        evbuffer_drain(in, evbuffer_get_length(in));
        w->conn->fresh_len = 0;
        return;
    }
    w->reading = true;
    int e = wslay_event_recv(w->frames);
    w->reading = false;
    if (e == 0)
        answer(w);
    else
        fail(w);
    if (conn_queued(w->conn) > 2 * w->o.output_max + w->largest) { // it sends pings and reads no pongs
        metric_add(w->conn->server->metrics.slow, 1);
        conn_drop(w->conn);
    }
}

void ws_pause(struct ws *w)
{
    w->paused = true;
    conn_reading(w->conn, false);
}

void ws_resume(struct ws *w)
{
    if (!w->paused)
        return;
    w->paused = false;
    w->unanswered = 0;
    conn_reading(w->conn, true);
    w->conn->resume = true; // wslay may hold bytes for which no event will come
    server_mark_dirty(w->conn);
}

// ---- writing ----

bool ws_send(struct ws *w, const void *bytes, size_t len)
{
    uint8_t head[10] = {w->protocol == WS_JSON ? 0x81 : 0x82};
    size_t n = len < 126 ? 2 : len < 65536 ? 4 : 10;
    size_t queued = conn_queued(w->conn);
    if (w->closing || (queued && queued + len + n > w->o.output_max))
        return false;
    w->largest = len > w->largest ? len : w->largest;
    head[1] = (uint8_t)(n == 2 ? len : n == 4 ? 126 : 127);
    for (size_t i = n, rest = len; i > 2; i--, rest >>= 8)
        head[i - 1] = (uint8_t)rest;
    conn_put(w->conn, head, n);
    conn_send(w->conn, bytes, len);
    metric_add(w->conn->server->metrics.out, 1);
    return true;
}

void ws_limit(struct ws *w, size_t message_max)
{
    w->o.message_max = message_max;
    wslay_event_config_set_max_recv_msg_length(w->frames, message_max);
}

size_t ws_queued(const struct ws *w)
{
    return conn_queued(w->conn);
}

void ws_close(struct ws *w, uint16_t code, const char *reason)
{
    if (w->closing)
        return;
    w->closing = true;
    w->code = code;
    w->cut_at = loop_now(w->conn->server->loop) + WS_CLOSE_MS;
    if (w->paused)
        ws_resume(w);
    wslay_event_queue_close(w->frames, code, (const uint8_t *)reason, reason ? strnlen(reason, 123) : 0);
    if (!w->reading)
        answer(w);
}

// ---- silence ----

void ws_sweep(struct ws *w, int64_t now)
{
    struct http_server *s = w->conn->server;
    if (w->cut_at && now >= w->cut_at) {
        conn_drop(w->conn);
        return;
    }
    if (now < w->ping_at || w->closing)
        return;
    if (w->unanswered >= WS_PINGS_MAX) {
        metric_add(s->metrics.silent, 1);
        conn_drop(w->conn);
        return;
    }
    w->ping_at = now + s->o.ws_ping_ms;
    if (w->paused) // its pongs are not read: that is our doing
        return;
    w->unanswered++;
    struct wslay_event_msg ping = {.opcode = WSLAY_PING};
    wslay_event_queue_msg(w->frames, &ping);
    answer(w);
}

// ---- who ----

uint64_t ws_id(const struct ws *w)
{
    return w->id;
}

struct ws *ws_find(const struct http_server *s, uint64_t id)
{
    struct ws *w = table_get(&s->sockets, id);
    return w && !w->closing ? w : NULL;
}

enum ws_protocol ws_protocol(const struct ws *w)
{
    return w->protocol;
}

const char *ws_peer(const struct ws *w)
{
    return w->conn->peer;
}

const char *ws_request_id(const struct ws *w)
{
    return w->request_id;
}
