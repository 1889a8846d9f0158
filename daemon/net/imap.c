// SPDX-License-Identifier: Apache-2.0
// The IMAP connection. Owns its bufferevent, what has come of the response in hand, and one timer for the deadline of the step.
//
//   resolving ──► connecting ──► greeting ──► capability ──► login ──► capability ──► select ──► ready ◄──► command
//                                                                                                  ◄──► idling
//
// A name is resolved on a worker, since that may take as long as it likes; the connection may be closed meanwhile.
#include "daemon/net/imap.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/table.h"
#include "daemon/base/workers.h"
#include "daemon/net/imap_conn.h"
#include "daemon/net/internal.h"
#include "daemon/net/resolve.h"
#include "proto/base64.h"

enum { STEP_MS = 30000, INPUT_MAX = 256 << 10, COMMAND_MAX = 2048 };

static struct table opened; // ids of connections: a resolver's answer finds its own, or nobody

static void expect(struct imap *i, enum imap_step step, int64_t ms)
{
    i->step = step;
    loop_timer_set(i->timer, ms);
}

// ---- the end ----

static void imap_free(void *arg)
{
    struct imap *i = arg;
    if (i->bev)
        bufferevent_free(i->bev);
    loop_timer_free(i->timer);
    SSL_CTX_free(i->tls);
    if (i->in)
        explicit_bzero(i->in, i->in_room);
    free(i->in);
    free(i);
}

void imap_close(struct imap *i)
{
    if (!i || i->step == IMAP_STEP_CLOSED)
        return;
    table_take(&opened, i->id);
    if (opened.count == 0)
        table_close(&opened);
    i->step = IMAP_STEP_CLOSED;
    loop_timer_set(i->timer, -1);
    if (i->bev) {
        bufferevent_disable(i->bev, EV_READ | EV_WRITE);
        bufferevent_setcb(i->bev, NULL, NULL, NULL, NULL);
    }
    loop_defer_free(i->loop, imap_free, i);
}

static void lose(struct imap *i, bool refused, const char *why)
{
    if (i->step == IMAP_STEP_CLOSED)
        return;
    imap_close(i);
    i->ops->lost(i->ctx, refused, why);
}

static void on_deadline(void *arg)
{
    struct imap *i = arg;
    if (i->step == IMAP_STEP_IDLING) {
        bufferevent_write(i->bev, "DONE\r\n", 6);
        expect(i, IMAP_STEP_IDLE_ENDS, STEP_MS);
        return;
    }
    lose(i, false, "the server did not answer in time");
}

// ---- commands ----

static void send_command(struct imap *i, enum imap_step step, int64_t ms, const char *text)
{
    char line[COMMAND_MAX];
    snprintf(i->tag, sizeof i->tag, "t%u", ++i->tags);
    int n = snprintf(line, sizeof line, "%s %s\r\n", i->tag, text);
    if (n < 0 || (size_t)n >= sizeof line) {
        lose(i, true, "a command would be too long");
        return;
    }
    bufferevent_write(i->bev, line, (size_t)n);
    explicit_bzero(line, sizeof line);
    expect(i, step, ms);
}

void imap_command(struct imap *i, const char *text, int64_t deadline_ms)
{
    if (i->step == IMAP_STEP_READY)
        send_command(i, IMAP_STEP_COMMAND, deadline_ms, text);
}

void imap_idle(struct imap *i, int64_t ms)
{
    if (i->step != IMAP_STEP_READY)
        return;
    i->idle_ms = ms;
    send_command(i, IMAP_STEP_IDLE_BEGINS, STEP_MS, "IDLE");
}

// ---- logging in ----

static void login(struct imap *i)
{
    char user[512], password[1024], text[COMMAND_MAX];
    if (i->capabilities & IMAP_CAN_PLAIN) {
        send_command(i, IMAP_STEP_LOGIN, STEP_MS, "AUTHENTICATE PLAIN");
        return;
    }
    if (i->capabilities & IMAP_LOGIN_DISABLED || !imap_quote(i->o.user, user, sizeof user) ||
        !imap_quote(i->o.password, password, sizeof password)) {
        lose(i, true, "the server offers no way to log in with this name and password");
        return;
    }
    snprintf(text, sizeof text, "LOGIN %s %s", user, password);
    send_command(i, IMAP_STEP_LOGIN, STEP_MS, text);
    explicit_bzero(password, sizeof password);
    explicit_bzero(text, sizeof text);
}

// RFC 4616: NUL name NUL password.
static void send_plain(struct imap *i)
{
    char plain[1024], line[BASE64_ENCODED_LEN(sizeof plain) + 3];
    size_t user = strlen(i->o.user), password = strlen(i->o.password), n = user + password + 2;
    if (n > sizeof plain) {
        lose(i, true, "name and password are too long");
        return;
    }
    plain[0] = 0;
    memcpy(plain + 1, i->o.user, user + 1);
    memcpy(plain + user + 2, i->o.password, password);
    size_t len = base64_encode((const uint8_t *)plain, n, line);
    memcpy(line + len, "\r\n", 2);
    bufferevent_write(i->bev, line, len + 2);
    explicit_bzero(plain, sizeof plain);
    explicit_bzero(line, sizeof line);
}

static void select_folder(struct imap *i)
{
    char folder[512], text[600];
    if (!imap_quote(i->o.folder, folder, sizeof folder)) {
        lose(i, true, "this folder's name cannot be written in IMAP");
        return;
    }
    snprintf(text, sizeof text, "SELECT %s", folder);
    send_command(i, IMAP_STEP_SELECT, STEP_MS, text);
}

// ---- what the server says ----

static void on_completed(struct imap *i, bool ok, const struct imap_response *r)
{
    enum imap_step step = i->step;
    char why[160];
    if (step == IMAP_STEP_COMMAND || step == IMAP_STEP_IDLE_BEGINS || step == IMAP_STEP_IDLE_ENDS) {
        expect(i, IMAP_STEP_READY, -1);
        i->ops->done(i->ctx, ok);
        return;
    }
    if (!ok) {
        snprintf(why, sizeof why, "%s: %.*s",
                 step == IMAP_STEP_SELECT ? "the folder cannot be opened" : "login refused",
                 (int)(r->text_len < 100 ? r->text_len : 100), r->text);
        lose(i, true, why);
    } else if (step == IMAP_STEP_CAPABILITY && !i->logged_in) {
        login(i);
    } else if (step == IMAP_STEP_LOGIN) {
        i->logged_in = true;
        i->capabilities = 0; // others may be offered now
        send_command(i, IMAP_STEP_CAPABILITY, STEP_MS, "CAPABILITY");
    } else if (step == IMAP_STEP_CAPABILITY) {
        select_folder(i);
    } else if (step == IMAP_STEP_SELECT) {
        expect(i, IMAP_STEP_READY, -1);
        i->ops->ready(i->ctx, i->capabilities, i->uid_validity);
    }
}

static void on_untagged(struct imap *i, struct imap_response *r)
{
    if (r->kind == IMAP_CAPABILITY)
        i->capabilities |= r->capabilities;
    if (r->uid_validity)
        i->uid_validity = r->uid_validity;
    if (r->kind == IMAP_BYE)
        lose(i, false, "the server said goodbye");
    else if (r->kind == IMAP_SEARCH || r->kind == IMAP_FETCH || r->kind == IMAP_EXISTS)
        i->ops->told(i->ctx, r);
    if (i->step == IMAP_STEP_IDLE_BEGINS && r->kind == IMAP_EXISTS)
        i->idle_ms = 0;
    else if (i->step == IMAP_STEP_IDLING && r->kind == IMAP_EXISTS)
        on_deadline(i);
}

static void on_continue(struct imap *i)
{
    if (i->step == IMAP_STEP_LOGIN)
        send_plain(i);
    else if (i->step == IMAP_STEP_IDLE_BEGINS)
        expect(i, IMAP_STEP_IDLING, i->idle_ms);
}

static void on_response(struct imap *i, struct imap_response *r)
{
    if (i->step == IMAP_STEP_GREETING) {
        i->logged_in = r->kind == IMAP_PREAUTH;
        if (r->kind == IMAP_OK || r->kind == IMAP_PREAUTH)
            send_command(i, IMAP_STEP_CAPABILITY, STEP_MS, "CAPABILITY");
        else
            lose(i, false, "the server does not greet");
    } else if (r->kind == IMAP_CONTINUE) {
        on_continue(i);
    } else if (strcmp(r->tag, "*") == 0) {
        on_untagged(i, r);
    } else if (strcmp(r->tag, i->tag) == 0 && i->step != IMAP_STEP_READY) {
        on_completed(i, r->kind == IMAP_OK, r);
    }
}

// ---- bytes ----

static void take_input(struct imap *i)
{
    struct evbuffer *in = bufferevent_get_input(i->bev);
    size_t len = evbuffer_get_length(in);
    if (i->in_len + len > i->in_room) {
        i->in_room = (i->in_len + len) * 2;
        i->in = xrealloc(i->in, i->in_room);
    }
    evbuffer_remove(in, i->in + i->in_len, len);
    i->in_len += len;
}

// One response; false when there is none yet, or nobody any more.
static bool take_response(struct imap *i)
{
    struct imap_response r;
    ptrdiff_t n = imap_scan(&i->scan, i->in, i->in_len, i->o.message_max);
    if (n == 0)
        return false;
    if (n < 0 || !imap_read(i->in, (size_t)n, &r)) {
        lose(i, false, "the server does not speak IMAP, or sends a mail that is too large");
        return false;
    }
    on_response(i, &r);
    i->scan = (struct imap_scan){0};
    i->in_len -= (size_t)n;
    memmove(i->in, i->in + n, i->in_len);
    return i->step != IMAP_STEP_CLOSED;
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    struct imap *i = arg;
    take_input(i);
    while (i->in_len > 0 && take_response(i))
        ;
}

static void connect_next(struct imap *i, const char *why);

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    struct imap *i = arg;
    if (what & BEV_EVENT_CONNECTED) {
        expect(i, IMAP_STEP_GREETING, STEP_MS);
        return;
    }
    const char *why = i->step == IMAP_STEP_CONNECTING && i->tls ? imap_tls_why(i) : NULL;
    tls_drain_errors();
    if (i->step == IMAP_STEP_CONNECTING)
        connect_next(i, why ? why : "no connection");
    else
        lose(i, false, "the connection was lost");
}

// ---- connecting ----

static void free_socket(void *bev)
{
    bufferevent_free(bev);
}

static bool make_socket(struct imap *i, const char **why)
{
    struct event_base *base = loop_base(i->loop);
    if (i->bev) { // perhaps inside of its own callback
        bufferevent_disable(i->bev, EV_READ | EV_WRITE);
        bufferevent_setcb(i->bev, NULL, NULL, NULL, NULL);
        loop_defer_free(i->loop, free_socket, i->bev);
    }
    i->bev = NULL;
    if (!i->o.tls) {
        i->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
        return i->bev != NULL;
    }
    SSL *ssl = imap_tls_new(i, why);
    if (ssl)
        i->bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
    return i->bev != NULL;
}

static void connect_next(struct imap *i, const char *why)
{
    while (i->address < i->addresses_n) {
        const struct resolve_address *a = &i->addresses[i->address++];
        if (!i->o.tls && !resolve_is_loopback(a)) {
            why = "imap:// sends the password in the clear, so it is for this machine only: use imaps://";
            continue;
        }
        if (!make_socket(i, &why))
            break;
        bufferevent_setcb(i->bev, on_read, NULL, on_event, i);
        bufferevent_setwatermark(i->bev, EV_READ, 0, INPUT_MAX);
        bufferevent_enable(i->bev, EV_READ | EV_WRITE);
        expect(i, IMAP_STEP_CONNECTING, STEP_MS);
        if (bufferevent_socket_connect(i->bev, (const struct sockaddr *)&a->ss, (int)a->len) == 0)
            return;
    }
    lose(i, false, why);
}

static void on_resolved(uint64_t id, const struct resolve_address *v, size_t n, const char *why)
{
    struct imap *i = table_get(&opened, id);
    if (!i)
        return;
    memcpy(i->addresses, v, n * sizeof *v);
    i->addresses_n = n;
    connect_next(i, n ? "no connection" : why);
}

struct imap *imap_open(struct loop *loop, struct workers *workers, const struct imap_options *o,
                       const struct imap_ops *ops, void *ctx)
{
    static uint64_t last;
    struct imap *i = xcalloc(1, sizeof *i);
    *i = (struct imap){.loop = loop, .workers = workers, .o = *o, .ops = ops, .ctx = ctx, .id = ++last};
    table_put(&opened, i->id, i);
    i->timer = loop_timer_new(loop, on_deadline, i);
    expect(i, IMAP_STEP_RESOLVING, STEP_MS);
    if (!resolve_name(workers, o->host, o->port, on_resolved, i->id))
        loop_timer_set(i->timer, 0); // the deadline has passed, as it were
    return i;
}
