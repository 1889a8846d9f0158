// SPDX-License-Identifier: Apache-2.0
// A small blocking client over a socket or TLS, for work in a forked child (snapshots, the archive). It shares the codec with the
// links and nothing else: no loop, no state of the parent. Any failure closes the matter; there is no reconnect.
#include "daemon/store/block.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/store/url.h"
#include "daemon/store/wire.h"

#define BLOCK_REPLY_MAX (64u << 20)

struct block {
    int fd;
    SSL_CTX *tls;
    SSL *ssl;
    struct resp_out out;
    struct value_reader *reader;
};

static int block_connect(int family, const struct sockaddr *to, socklen_t len, int timeout_ms)
{
    struct timeval tv = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)); // connect(2) obeys it as well
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    if (connect(fd, to, len) == 0)
        return fd;
    close(fd);
    return -1;
}

static int block_connect_local(const struct store_url *u, int timeout_ms)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    memcpy(sun.sun_path, u->host, strnlen(u->host, sizeof(sun.sun_path) - 1));
    return block_connect(AF_UNIX, (struct sockaddr *)&sun, sizeof(sun), timeout_ms);
}

static int block_connect_network(const struct store_url *u, int timeout_ms)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
    char port[8];
    int fd = -1;
    snprintf(port, sizeof(port), "%u", u->port);
    if (getaddrinfo(u->host, port, &hints, &all) != 0)
        return -1;
    for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next)
        fd = block_connect(a->ai_family, a->ai_addr, a->ai_addrlen, timeout_ms);
    freeaddrinfo(all);
    return fd;
}

static bool block_tls(struct block *b, const struct store_url *u, const char *ca_file)
{
    b->tls = wire_tls_context(ca_file);
    if (!b->tls)
        return false;
    b->ssl = wire_tls_session(b->tls, u->host);
    return SSL_set_fd(b->ssl, b->fd) == 1 && SSL_connect(b->ssl) == 1;
}

static bool block_word(struct block *b, size_t argc, const char *const *argv)
{
    resp_array(&b->out, argc);
    for (size_t i = 0; i < argc; i++)
        resp_text(&b->out, argv[i]);
    const struct value *v = block_call(b);
    return v && v->type != VALUE_ERROR;
}

static bool block_greet(struct block *b, const struct store_url *u)
{
    char db[12];
    snprintf(db, sizeof(db), "%u", u->db);
    const char *full[] = {"AUTH", u->user, u->password}, *old[] = {"AUTH", u->password}, *select[] = {"SELECT", db};
    if (*u->password && !(*u->user ? block_word(b, 3, full) : block_word(b, 2, old)))
        return false;
    return !u->db || block_word(b, 2, select);
}

struct block *block_open(const char *url, const char *ca_file, int timeout_ms, const char **why)
{
    struct store_url u;
    if (!store_url_parse(url, &u, why))
        return NULL;
    struct block *b = xcalloc(1, sizeof(*b));
    b->reader = value_reader_new(BLOCK_REPLY_MAX);
    b->fd = u.local ? block_connect_local(&u, timeout_ms) : block_connect_network(&u, timeout_ms);
    *why = b->fd < 0                             ? "cannot connect"
           : u.tls && !block_tls(b, &u, ca_file) ? "the server's certificate was not accepted"
           : !block_greet(b, &u)                 ? "the greeting was refused"
                                                 : NULL;
    store_url_wipe(&u);
    if (!*why)
        return b;
    block_close(b);
    return NULL;
}

void block_close(struct block *b)
{
    if (!b)
        return;
    SSL_free(b->ssl);
    SSL_CTX_free(b->tls);
    if (b->fd >= 0)
        close(b->fd);
    value_reader_free(b->reader);
    if (b->out.p)
        explicit_bzero(b->out.p, b->out.cap);
    free(b->out.p);
    free(b);
}

struct resp_out *block_out(struct block *b)
{
    return &b->out;
}

static ssize_t block_write(struct block *b, const char *p, size_t len)
{
    if (b->ssl)
        return SSL_write(b->ssl, p, len > (1u << 30) ? 1 << 30 : (int)len);
    return send(b->fd, p, len, MSG_NOSIGNAL);
}

static bool block_send(struct block *b)
{
    size_t done = 0;
    while (done < b->out.len) {
        ssize_t n = block_write(b, b->out.p + done, b->out.len - done);
        if (n <= 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    b->out.len = 0;
    return true;
}

const struct value *block_call(struct block *b)
{
    const struct value *v = NULL;
    char bytes[4096];
    int more = block_send(b) ? 0 : -1;
    while (more == 0 && (more = value_reader_next(b->reader, &v)) == 0) {
        ssize_t n = b->ssl ? SSL_read(b->ssl, bytes, sizeof(bytes)) : recv(b->fd, bytes, sizeof(bytes), 0);
        if (n <= 0 || !value_reader_feed(b->reader, bytes, (size_t)n))
            more = n < 0 && errno == EINTR ? 0 : -1;
    }
    return more > 0 ? v : NULL;
}
