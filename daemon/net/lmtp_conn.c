// SPDX-License-Identifier: Apache-2.0
// One LMTP connection: its socket, its dialogue, its deadline. Each step sets the deadline once, so that nobody holds a connection by
// sending slowly. A mail handed over belongs to whoever answers it; only its bytes are still counted here.
#include <arpa/inet.h>
#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/net/lmtp_conn.h"

enum {
    INPUT_MAX = 256 << 10, // read ahead of what can be handled
    OUTPUT_MAX = 64 << 10, // replies waiting for a client that does not read: its commands wait, too
    LINGER_MS = 2000,
};

// ---- the end of a connection ----

static void conn_free(void *arg)
{
    struct lmtp_conn *c = arg;
    bufferevent_free(c->bev);
    free(c);
}

void lmtp_conn_drop(struct lmtp_conn *c)
{
    struct lmtp_server *s = c->server;
    if (c->gone)
        return;
    c->gone = true;
    bufferevent_disable(c->bev, EV_READ | EV_WRITE);
    bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
    if (c->mail)
        table_take(&s->mails, c->mail);
    lmtp_session_free(c->session);
    c->session = NULL;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    metric_set(s->connections, --s->count);
    loop_defer_free(s->o.loop, conn_free, c);
}

static bool is_flushed(const struct lmtp_conn *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->bev)) == 0;
}

// Everything is said; what the client still sends is read and thrown away, for closing at once could take our last line from it.
static void linger(struct lmtp_conn *c)
{
    if (!c->closing || !is_flushed(c))
        return;
    shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    c->deadline = loop_now(c->server->o.loop) + LINGER_MS;
}

// ---- steps ----

static void after_step(struct lmtp_conn *c, enum lmtp_phase was)
{
    struct lmtp_server *s = c->server;
    enum lmtp_phase is = lmtp_session_phase(c->session);
    int64_t now = loop_now(s->o.loop);
    if (was != is && is == LMTP_DATA)
        c->deadline = now + s->o.data_ms;
    if (is == LMTP_ENDED && !c->closing) {
        c->closing = true;
        c->deadline = now + s->o.command_ms;
        linger(c);
    }
}

static void advance(struct lmtp_conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev), *out = bufferevent_get_output(c->bev);
    struct evbuffer_iovec v;
    size_t took = 1;
    while (!c->closing && took > 0 && evbuffer_get_length(out) < OUTPUT_MAX && evbuffer_peek(in, -1, NULL, &v, 1) > 0) {
        enum lmtp_phase was = lmtp_session_phase(c->session);
        took = lmtp_session_feed(c->session, v.iov_base, v.iov_len);
        evbuffer_drain(in, took);
        after_step(c, was);
    }
    if (c->closing)
        evbuffer_drain(in, evbuffer_get_length(in));
}

static void end_between(struct lmtp_conn *c, const char *why)
{
    enum lmtp_phase was = lmtp_session_phase(c->session);
    lmtp_session_bye(c->session, why);
    after_step(c, was);
}

// ---- what the dialogue asks ----

static void on_send(void *ctx, const char *bytes, size_t len)
{
    struct lmtp_conn *c = ctx;
    bufferevent_write(c->bev, bytes, len);
    c->deadline = loop_now(c->server->o.loop) + c->server->o.command_ms;
}

static enum lmtp_verdict on_recipient(void *ctx, const char *address)
{
    struct lmtp_conn *c = ctx;
    return c->server->o.recipient(c->server->o.ctx, address);
}

static bool on_hold(void *ctx, size_t bytes)
{
    struct lmtp_conn *c = ctx;
    struct lmtp_server *s = c->server;
    if (s->held + bytes > s->o.memory_max)
        return false;
    s->held += bytes;
    metric_set(s->bytes, (double)s->held);
    return true;
}

static void let_go(struct lmtp_server *s, size_t bytes)
{
    assert(bytes <= s->held);
    s->held -= bytes;
    metric_set(s->bytes, (double)s->held);
}

static void on_release(void *ctx, size_t bytes)
{
    struct lmtp_conn *c = ctx;
    let_go(c->server, bytes);
}

static void on_mail(void *ctx, struct lmtp_mail *mail)
{
    struct lmtp_conn *c = ctx;
    struct lmtp_server *s = c->server;
    memcpy(mail->peer, c->peer, sizeof mail->peer);
    c->mail = table_add(&s->mails, c);
    c->answers = mail->rcpt_n;
    c->deadline = loop_now(s->o.loop) + s->o.answer_ms;
    s->o.mail(s->o.ctx, c->mail, mail);
}

static const struct lmtp_session_ops ops = {
    .send = on_send, .recipient = on_recipient, .hold = on_hold, .release = on_release, .mail = on_mail};

void lmtp_release(struct lmtp_server *s, struct lmtp_mail *mail)
{
    let_go(s, mail->body_room);
    lmtp_mail_free(mail);
}

void lmtp_answer(struct lmtp_server *s, uint64_t id, const enum lmtp_verdict *v, size_t n)
{
    struct lmtp_conn *c = table_take(&s->mails, id);
    if (!c)
        return;
    assert(n == c->answers);
    c->mail = 0;
    lmtp_session_answer(c->session, v, n);
    bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

// ---- events ----

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    advance(arg);
}

static void on_write(struct bufferevent *bev, void *arg)
{
    (void)bev;
    struct lmtp_conn *c = arg;
    linger(c);
    advance(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    (void)what;
    lmtp_conn_drop(arg);
}

static void name_peer(struct lmtp_conn *c, const struct sockaddr *sa)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (sa->sa_family == AF_INET) {
        memcpy(&in, sa, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, c->peer, sizeof c->peer);
    } else if (sa->sa_family == AF_INET6) {
        memcpy(&in6, sa, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, c->peer, sizeof c->peer);
    } else {
        memcpy(c->peer, "unix", 5);
    }
}

void lmtp_conn_open(struct lmtp_server *s, evutil_socket_t fd, const struct sockaddr *sa, bool full)
{
    struct lmtp_conn *c = xcalloc(1, sizeof *c);
    c->server = s;
    c->bev = bufferevent_socket_new(loop_base(s->o.loop), fd, BEV_OPT_CLOSE_ON_FREE);
    if (!c->bev)
        abort();
    name_peer(c, sa);
    c->next = s->conns;
    if (c->next)
        c->next->prev = c;
    s->conns = c;
    metric_set(s->connections, ++s->count);
    c->ends = loop_now(s->o.loop) + s->o.connection_ms;
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MAX);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    c->session = lmtp_session_new(&s->session, &ops, c);
    if (full)
        end_between(c, "4.3.2 too many connections");
}

// ---- deadlines ----

static void answer_late(struct lmtp_conn *c)
{
    enum lmtp_verdict v[LMTP_RECIPIENTS_MAX];
    for (size_t i = 0; i < c->answers; i++)
        v[i] = LMTP_NOT_NOW;
    lmtp_answer(c->server, c->mail, v, c->answers);
}

void lmtp_conn_sweep(struct lmtp_conn *c, int64_t now)
{
    struct lmtp_server *s = c->server;
    bool idle = !c->closing && lmtp_session_idle(c->session);
    if (now >= c->deadline && c->mail) {
        answer_late(c);
    } else if (now >= c->deadline && c->closing) {
        lmtp_conn_drop(c);
    } else if (now >= c->deadline) {
        metric_add(s->timeouts, 1);
        end_between(c, "4.4.2 too slow");
    } else if (idle && s->draining) {
        end_between(c, "4.3.2 shutting down");
    } else if (idle && now >= c->ends) {
        end_between(c, "4.4.2 this connection is old: open another");
    }
    if (s->draining && now >= s->cut_at)
        lmtp_conn_drop(c);
}
