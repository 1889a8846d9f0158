// SPDX-License-Identifier: Apache-2.0
// The LMTP listener. Owns connections and their dialogues; a mail handed over belongs to whoever answers it, only its bytes are still counted here.
// One deadline per connection: each step sets it once, so that nobody holds a connection by sending slowly.
#include "daemon/net/lmtp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/table.h"
#include "daemon/net/listen.h"

enum {
    INPUT_MAX = 256 << 10, // read ahead of what can be handled
    OUTPUT_MAX = 64 << 10, // replies waiting for a client that does not read: its commands wait, too
    LINGER_MS = 2000,
    SWEEP_MS = 100,
    LOG_EVERY_MS = 1000,
};

struct lmtp_conn {
    struct lmtp_server *server;
    struct lmtp_conn *prev, *next;
    struct bufferevent *bev;
    struct lmtp_session *session;
    char peer[INET6_ADDRSTRLEN];
    int64_t deadline; // of the step
    int64_t ends;     // of the connection
    uint64_t mail;    // being answered; 0 = none
    size_t answers;   // that it waits for
    bool closing, gone;
};

struct lmtp_server {
    struct lmtp_server_options o;
    struct lmtp_options session;
    struct evconnlistener *socket;
    char *address;
    struct lmtp_conn *conns;
    uint32_t count;
    size_t held;        // bytes of mails
    struct table mails; // id -> connection
    struct loop_timer *sweep;
    int64_t log_next;
    bool accept_failed, draining;
    int64_t cut_at;
    void (*drained)(void *arg);
    void *drained_arg;
    struct metric *connections, *refused, *timeouts, *bytes;
};

// ---- the end of a connection ----

static void conn_free(void *arg)
{
    struct lmtp_conn *c = arg;
    bufferevent_free(c->bev);
    free(c);
}

static void conn_drop(struct lmtp_conn *c)
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
    conn_drop(arg);
}

static bool may_log(struct lmtp_server *s)
{
    int64_t now = loop_now(s->o.loop);
    bool may = now >= s->log_next;
    if (may)
        s->log_next = now + LOG_EVERY_MS;
    return may;
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

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
    (void)l;
    (void)len;
    struct lmtp_server *s = arg;
    bool full = s->count >= s->o.max_connections;
    if (full) {
        metric_add(s->refused, 1);
        if (may_log(s))
            tl_log(LOG_WARN, "lmtp_full", LN("connections", s->count));
    }
    if (s->count >= s->o.max_connections * 2) {
        close(fd);
        return;
    }
    struct lmtp_conn *c = xcalloc(1, sizeof *c);
    c->server = s;
    c->bev = bufferevent_socket_new(loop_base(s->o.loop), fd, BEV_OPT_CLOSE_ON_FREE);
    if (!c->bev)
        abort();
    name_peer(c, sa);
    c->next = s->conns;
    if (c->next)
        c->next->prev = c;
    else
        loop_timer_set(s->sweep, SWEEP_MS);
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

// No descriptors, most likely: the sweep tries again.
static void on_accept_error(struct evconnlistener *l, void *arg)
{
    struct lmtp_server *s = arg;
    if (may_log(s))
        tl_log(LOG_ERROR, "lmtp_accept_failed", LS("why", strerror(errno)));
    evconnlistener_disable(l);
    s->accept_failed = true;
    loop_timer_set(s->sweep, SWEEP_MS);
}

// ---- deadlines ----

static void answer_late(struct lmtp_conn *c)
{
    enum lmtp_verdict v[LMTP_RECIPIENTS_MAX];
    for (size_t i = 0; i < c->answers; i++)
        v[i] = LMTP_NOT_NOW;
    lmtp_answer(c->server, c->mail, v, c->answers);
}

static void conn_sweep(struct lmtp_conn *c, int64_t now)
{
    struct lmtp_server *s = c->server;
    bool idle = !c->closing && lmtp_session_idle(c->session);
    if (now >= c->deadline && c->mail) {
        answer_late(c);
    } else if (now >= c->deadline && c->closing) {
        conn_drop(c);
    } else if (now >= c->deadline) {
        metric_add(s->timeouts, 1);
        end_between(c, "4.4.2 too slow");
    } else if (idle && s->draining) {
        end_between(c, "4.3.2 shutting down");
    } else if (idle && now >= c->ends) {
        end_between(c, "4.4.2 this connection is old: open another");
    }
    if (s->draining && now >= s->cut_at)
        conn_drop(c);
}

static void sweep(void *arg)
{
    struct lmtp_server *s = arg;
    int64_t now = loop_now(s->o.loop);
    for (struct lmtp_conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        conn_sweep(c, now);
    }
    if (s->accept_failed && s->socket)
        evconnlistener_enable(s->socket);
    s->accept_failed = false;
    if (s->conns)
        loop_timer_set(s->sweep, SWEEP_MS);
    else if (s->draining && s->drained) {
        void (*drained)(void *) = s->drained;
        s->drained = NULL;
        drained(s->drained_arg);
    }
}

// ---- life ----

struct lmtp_server *lmtp_server_new(const struct lmtp_server_options *o)
{
    struct lmtp_server *s = xcalloc(1, sizeof *s);
    s->o = *o;
    s->session = (struct lmtp_options){.host = o->host, .message_max = o->message_max};
    s->sweep = loop_timer_new(o->loop, sweep, s);
    s->connections = metric_get(METRIC_GAUGE, "throughline_lmtp_connections", "Open LMTP connections.", "");
    s->refused = metric_get(METRIC_COUNTER, "throughline_lmtp_refused_total",
                            "LMTP connections refused because too many were open.", "");
    s->timeouts =
        metric_get(METRIC_COUNTER, "throughline_lmtp_timeouts_total", "LMTP connections that were too slow.", "");
    s->bytes = metric_get(METRIC_GAUGE, "throughline_lmtp_held_bytes", "Memory of the mails in hand.", "");
    return s;
}

const char *lmtp_listen(struct lmtp_server *s, const char *address, char *err, size_t err_size)
{
    s->socket = listen_open(s->o.loop, address, on_accept, on_accept_error, s, &s->address, err, err_size);
    return s->socket ? s->address : NULL;
}

static void stop_listening(struct lmtp_server *s)
{
    if (!s->socket)
        return;
    evconnlistener_free(s->socket);
    s->socket = NULL;
    if (strncmp(s->address, "unix:", 5) == 0)
        unlink(s->address + 5);
}

void lmtp_drain(struct lmtp_server *s, int64_t grace_ms, void (*done)(void *arg), void *arg)
{
    stop_listening(s);
    s->draining = true;
    s->cut_at = loop_now(s->o.loop) + grace_ms;
    s->drained = done;
    s->drained_arg = arg;
    loop_timer_set(s->sweep, 0);
}

void lmtp_server_free(struct lmtp_server *s)
{
    if (!s)
        return;
    stop_listening(s);
    while (s->conns)
        conn_drop(s->conns);
    assert(s->held == 0);
    loop_timer_free(s->sweep);
    table_close(&s->mails);
    free(s->address);
    free(s);
}
