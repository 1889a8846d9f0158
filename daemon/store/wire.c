// SPDX-License-Identifier: Apache-2.0
// The transport under a link: a bufferevent for connecting, TLS and back-pressure. On a plain socket what comes is read straight into
// one buffer and handed on, and a flush writes straight from the command buffer, so that only what the kernel refuses passes
// through the bufferevent: that spares every read an ioctl and a copy, and every turn two epoll_ctl calls and a copy. A TLS server must prove the host's name. What fails is reported once as
// `lost`, with a text that holds no secret.
#include "daemon/store/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/base/loop.h"
#include "daemon/store/url.h"

#define WIRE_READ_MAX (128 * 1024)
#define WIRE_OUT_KEEP (1024 * 1024)

struct wire {
    struct wire_net *net;
    struct bufferevent *bev;
    struct event *readable;     // of a plain socket, once connected
    const struct wire_ops *ops; // NULL: closed
    void *owner;
    struct resp_out out;
    uint64_t flushed; // bytes that left `out`
    bool local, tls, connected;
};

struct ssl_ctx_st *wire_tls_context(const char *ca_file)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls)
        abort();
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    bool given = ca_file && *ca_file;
    if (given ? SSL_CTX_load_verify_locations(tls, ca_file, NULL) : SSL_CTX_set_default_verify_paths(tls))
        return tls;
    ERR_clear_error();
    SSL_CTX_free(tls);
    return NULL;
}

struct ssl_st *wire_tls_session(struct ssl_ctx_st *tls, const char *host)
{
    SSL *ssl = SSL_new(tls);
    if (!ssl)
        abort();
    unsigned char address[sizeof(struct in6_addr)];
    bool numeric = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    int ok = numeric ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host)
                     : SSL_set1_host(ssl, host) && SSL_set_tlsext_host_name(ssl, host);
    if (ok != 1)
        abort(); // out of memory
    return ssl;
}

struct wire_net *wire_net_new(struct loop *loop, const char *url, const char *ca_file, const char **why)
{
    struct wire_net *n = xcalloc(1, sizeof(*n));
    n->loop = loop;
    n->refs = 1;
    n->input = xcalloc(1, WIRE_READ_MAX);
    if (!store_url_parse(url, &n->url, why)) {
        wire_net_drop(n);
        return NULL;
    }
    if (n->url.tls && !(n->tls = wire_tls_context(ca_file))) {
        *why = "the CA file cannot be read";
        wire_net_drop(n);
        return NULL;
    }
    if (!n->url.local)
        n->dns = evdns_base_new(loop_base(loop), EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    return n;
}

void wire_net_drop(struct wire_net *n)
{
    if (!n || --n->refs)
        return;
    if (n->dns)
        evdns_base_free(n->dns, 1);
    SSL_CTX_free(n->tls);
    store_url_wipe(&n->url);
    free(n->input);
    free(n);
}

static void wire_on_read(struct bufferevent *bev, void *arg)
{
    struct wire *w = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    struct evbuffer_iovec v;
    while (w->ops && evbuffer_peek(in, -1, NULL, &v, 1) > 0) {
        w->ops->bytes(w->owner, v.iov_base, v.iov_len);
        evbuffer_drain(in, v.iov_len);
    }
}

static void wire_on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct wire *w = arg;
    (void)what;
    ssize_t n = recv(fd, w->net->input, WIRE_READ_MAX, MSG_DONTWAIT);
    if (n > 0)
        w->ops->bytes(w->owner, w->net->input, (size_t)n);
    else if (n == 0)
        w->ops->lost(w->owner, "closed by the server");
    else if (errno != EAGAIN && errno != EINTR)
        w->ops->lost(w->owner, evutil_socket_error_to_string(errno));
}

// The bufferevent would ask the kernel for the length before each read.
static void wire_read_plain(struct wire *w)
{
    evutil_socket_t fd = bufferevent_getfd(w->bev);
    bufferevent_disable(w->bev, EV_READ);
    w->readable = event_new(loop_base(w->net->loop), fd, EV_READ | EV_PERSIST, wire_on_readable, w);
    if (!w->readable || event_add(w->readable, NULL) != 0)
        abort();
}

static const char *wire_why(struct bufferevent *bev, short what)
{
    unsigned long tls = bufferevent_get_openssl_error(bev);
    int dns = bufferevent_socket_get_dns_error(bev), error = EVUTIL_SOCKET_ERROR();
    ERR_clear_error();
    if (tls && ERR_reason_error_string(tls))
        return ERR_reason_error_string(tls);
    if (dns)
        return evutil_gai_strerror(dns);
    if (what & BEV_EVENT_EOF || !error)
        return "closed by the server";
    return evutil_socket_error_to_string(error);
}

static void wire_on_event(struct bufferevent *bev, short what, void *arg)
{
    struct wire *w = arg;
    if (!w->ops)
        return;
    if (what & BEV_EVENT_CONNECTED) {
        int on = 1;
        if (!w->local)
            setsockopt(bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        w->connected = true;
        if (!w->tls)
            wire_read_plain(w);
        w->ops->connected(w->owner);
    } else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        w->ops->lost(w->owner, wire_why(bev, what));
    }
}

static int wire_connect(struct wire *w)
{
    const struct store_url *u = &w->net->url;
    if (!u->local)
        return bufferevent_socket_connect_hostname(w->bev, w->net->dns, AF_UNSPEC, u->host, u->port);
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    memcpy(sun.sun_path, u->host, strnlen(u->host, sizeof(sun.sun_path) - 1));
    return bufferevent_socket_connect(w->bev, (struct sockaddr *)&sun, sizeof(sun));
}

static void wire_free(void *arg)
{
    struct wire *w = arg;
    if (w->readable)
        event_free(w->readable);
    bufferevent_free(w->bev);
    if (w->out.p)
        explicit_bzero(w->out.p, w->out.cap); // AUTH went through it
    free(w->out.p);
    wire_net_drop(w->net);
    free(w);
}

static void wire_bury(struct wire *w)
{
    w->ops = NULL;
    if (w->readable)
        event_del(w->readable);
    bufferevent_disable(w->bev, EV_READ | EV_WRITE);
    bufferevent_setcb(w->bev, NULL, NULL, NULL, NULL);
    loop_defer_free(w->net->loop, wire_free, w);
}

struct wire *wire_open(struct wire_net *n, const struct wire_ops *ops, void *owner, const char **why)
{
    struct event_base *base = loop_base(n->loop);
    struct wire *w = xcalloc(1, sizeof(*w));
    *w = (struct wire){.net = n, .local = n->url.local, .tls = n->tls};
    n->refs++;
    w->bev = n->tls ? bufferevent_openssl_socket_new(base, -1, wire_tls_session(n->tls, n->url.host),
                                                     BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE)
                    : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!w->bev)
        abort();
    if (n->tls)
        bufferevent_openssl_set_allow_dirty_shutdown(w->bev, 1);
    bufferevent_set_max_single_read(w->bev, WIRE_READ_MAX);
    bufferevent_setcb(w->bev, wire_on_read, NULL, wire_on_event, w);
    bufferevent_enable(w->bev, EV_READ | EV_WRITE);
    // An immediate failure comes as -1, with or without an event: without `ops` the event is not heard.
    if (wire_connect(w) != 0) {
        *why = evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR());
        wire_bury(w);
        return NULL;
    }
    w->ops = ops;
    w->owner = owner;
    return w;
}

void wire_close(struct wire *w)
{
    if (w && w->ops)
        wire_bury(w);
}

struct resp_out *wire_out(struct wire *w)
{
    return &w->out;
}

void wire_flush(struct wire *w)
{
    if (!w->out.len || !w->connected || !w->ops)
        return;
    size_t done = 0;
    if (!w->tls && evbuffer_get_length(bufferevent_get_output(w->bev)) == 0) {
        ssize_t n = send(bufferevent_getfd(w->bev), w->out.p, w->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        done = n > 0 ? (size_t)n : 0; // an error shows again in the bufferevent, which reports it
    }
    if (done < w->out.len)
        bufferevent_write(w->bev, w->out.p + done, w->out.len - done);
    w->flushed += w->out.len;
    w->out.len = 0;
    if (w->out.cap > WIRE_OUT_KEEP) {
        free(w->out.p);
        w->out = (struct resp_out){0};
    }
}

size_t wire_unsent(const struct wire *w)
{
    return w->out.len + evbuffer_get_length(bufferevent_get_output(w->bev));
}

uint64_t wire_total(const struct wire *w)
{
    return w->flushed + w->out.len;
}
