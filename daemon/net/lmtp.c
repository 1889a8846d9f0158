// SPDX-License-Identifier: Apache-2.0
// The LMTP listener: its socket, its bounds, the sweep of deadlines, the drain. Connections are lmtp_conn.c's.
#include "daemon/net/lmtp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/net/listen.h"
#include "daemon/net/lmtp_conn.h"

enum {
    SWEEP_MS = 100,
    LOG_EVERY_MS = 1000,
};

static bool may_log(struct lmtp_server *s)
{
    int64_t now = loop_now(s->o.loop);
    bool may = now >= s->log_next;
    if (may)
        s->log_next = now + LOG_EVERY_MS;
    return may;
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
    if (!s->conns)
        loop_timer_set(s->sweep, SWEEP_MS);
    lmtp_conn_open(s, fd, sa, full);
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

static void sweep(void *arg)
{
    struct lmtp_server *s = arg;
    int64_t now = loop_now(s->o.loop);
    for (struct lmtp_conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        lmtp_conn_sweep(c, now);
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
        lmtp_conn_drop(s->conns);
    assert(s->held == 0);
    loop_timer_free(s->sweep);
    table_close(&s->mails);
    free(s->address);
    free(s);
}
