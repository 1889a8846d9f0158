// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/loop.h"

struct peer_conn {
    struct peer_conn *next;
    struct peer *peer;
    struct bufferevent *bev;
    int state;
    bool closing;
};
struct peer {
    struct evconnlistener *listener;
    struct peer_conn *conns;
    peer_fn *fn;
    void (*connected)(struct peer_conn *c);
    void *arg;
    unsigned port, accepted;
};

static void end(struct peer_conn *c)
{
    struct peer_conn **at = &c->peer->conns;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    bufferevent_free(c->bev);
    free(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        end(arg);
}

static void on_drained(struct bufferevent *bev, void *arg)
{
    struct peer_conn *c = arg;
    (void)bev;
    if (c->closing)
        end(c);
}

static void on_data(struct bufferevent *bev, void *arg)
{
    struct peer_conn *c = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    for (;;) {
        size_t len = evbuffer_get_length(in);
        char *text = xcalloc(1, len + 1);
        evbuffer_copyout(in, text, len);
        size_t taken = len && !c->closing ? c->peer->fn(c, text, len) : 0;
        free(text);
        evbuffer_drain(in, taken);
        if (!taken)
            break;
    }
    if (c->closing && !evbuffer_get_length(bufferevent_get_output(bev)))
        end(c);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *a, int len, void *arg)
{
    struct peer *p = arg;
    struct peer_conn *c = xcalloc(1, sizeof *c);
    (void)a, (void)len;
    *c = (struct peer_conn){.next = p->conns,
                            .peer = p,
                            .bev = bufferevent_socket_new(evconnlistener_get_base(l), fd, BEV_OPT_CLOSE_ON_FREE)};
    p->conns = c;
    p->accepted++;
    bufferevent_setcb(c->bev, on_data, on_drained, on_event, c);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    if (p->connected)
        p->connected(c);
}

struct peer *peer_new(struct loop *loop, peer_fn *fn, void *arg)
{
    struct peer *p = xcalloc(1, sizeof *p);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    p->fn = fn;
    p->arg = arg;
    p->listener = evconnlistener_new_bind(loop_base(loop), on_accept, p, LEV_OPT_CLOSE_ON_FREE, 16,
                                          (struct sockaddr *)&a, sizeof a);
    if (!p->listener || getsockname(evconnlistener_get_fd(p->listener), (struct sockaddr *)&a, &len) != 0)
        abort();
    p->port = ntohs(a.sin_port);
    return p;
}

void peer_free(struct peer *p)
{
    while (p->conns)
        end(p->conns);
    evconnlistener_free(p->listener);
    free(p);
}

unsigned peer_port(const struct peer *p)
{
    return p->port;
}

unsigned peer_connections(const struct peer *p)
{
    return p->accepted;
}

void peer_on_connect(struct peer *p, void (*fn)(struct peer_conn *c))
{
    p->connected = fn;
}

void *peer_arg(const struct peer_conn *c)
{
    return c->peer->arg;
}

void peer_say(struct peer_conn *c, const char *text)
{
    bufferevent_write(c->bev, text, strlen(text));
}

void peer_close(struct peer_conn *c)
{
    c->closing = true;
}

int *peer_state(struct peer_conn *c)
{
    return &c->state;
}

size_t peer_request(const char *in, size_t len)
{
    const char *end = strstr(in, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = strcasestr(in, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    size_t whole = (size_t)(end + 4 - in) + body;
    return len >= whole ? whole : 0;
}
