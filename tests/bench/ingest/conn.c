// SPDX-License-Identifier: Apache-2.0
// The client's connections: buffers, the WebSocket framing of RFC 6455 for a peer that we trust, one epoll.
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int conn_epoll(void)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        bench_die("epoll: %s", strerror(errno));
    return fd;
}

struct conn *conn_open(int epoll, const struct bench_server *s)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(s->host, s->port, &hints, &found) != 0)
        bench_die("cannot resolve %s", s->host);
    struct conn *c = calloc(1, sizeof *c);
    c->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(c->fd, found->ai_addr, found->ai_addrlen) != 0)
        bench_die("connect %s:%s: %s", s->host, s->port, strerror(errno));
    freeaddrinfo(found);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e);
    return c;
}

static void conn_room(uint8_t **buffer, size_t *cap, size_t need)
{
    if (need <= *cap)
        return;
    *cap = need * 2;
    *buffer = realloc(*buffer, *cap);
    if (!*buffer)
        bench_die("out of memory");
}

void conn_write(struct conn *c, const void *bytes, size_t len)
{
    conn_room(&c->out, &c->out_cap, c->out_len + len);
    memcpy(c->out + c->out_len, bytes, len);
    c->out_len += len;
}

void conn_send_frame(struct conn *c, const void *bytes, size_t len)
{
    uint8_t head[8] = {0x82};
    size_t n = 2;
    if (len < 126) {
        head[1] = (uint8_t)(0x80 | len);
    } else {
        head[1] = 0x80 | 126;
        head[2] = (uint8_t)(len >> 8);
        head[3] = (uint8_t)len;
        n = 4;
    }
    uint8_t zero_mask[4] = {0, 0, 0, 0}; // a mask of zeros leaves the bytes as they are
    conn_write(c, head, n);
    conn_write(c, zero_mask, 4);
    conn_write(c, bytes, len);
}

void conn_flush(struct conn *c)
{
    size_t at = 0;
    while (at < c->out_len) {
        ssize_t n = send(c->fd, c->out + at, c->out_len - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            bench_die("send: %s", strerror(errno));
        at += (size_t)n;
    }
    c->out_len = 0;
}

void conn_upgrade(struct conn *c, const struct bench_server *s, const char *path)
{
    char request[1024], answer[2048];
    int n = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: throughline.v1.proto\r\nAuthorization: "
        "Bearer %s\r\n\r\n",
        path, s->host, s->port, s->token);
    conn_write(c, request, (size_t)n);
    conn_flush(c);
    size_t len = 0;
    while (len < sizeof answer - 1) { // byte by byte: nothing of the first frame may be swallowed
        if (recv(c->fd, answer + len, 1, 0) != 1)
            bench_die("%s: no answer to the handshake", path);
        answer[++len] = 0;
        if (len >= 4 && memcmp(answer + len - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    if (strncmp(answer, "HTTP/1.1 101", 12) != 0)
        bench_die("%s: %s", path, answer);
    c->websocket = true;
}

// Takes whole frames off the front; returns the bytes used.
static size_t conn_frames(struct conn *c)
{
    size_t at = 0;
    while (c->in_len - at >= 2) {
        const uint8_t *p = c->in + at;
        size_t head = 2, len = p[1] & 0x7f, left = c->in_len - at;
        if (len >= 126) {
            size_t wide = len == 126 ? 2 : 8;
            if (left < 2 + wide)
                break;
            len = 0;
            for (size_t i = 0; i < wide; i++)
                len = len << 8 | p[2 + i];
            head += wide;
        }
        if (left < head + len)
            break;
        unsigned opcode = p[0] & 0x0f;
        if (opcode == 8)
            bench_die("the daemon closed a connection: %u %.*s", len >= 2 ? (unsigned)(p[head] << 8 | p[head + 1]) : 0,
                      (int)(len > 2 ? len - 2 : 0), (const char *)p + head + 2);
        if (opcode == 9) { // ping: pong with the same bytes
            uint8_t pong[6] = {0x8a, (uint8_t)(0x80 | len)};
            conn_write(c, pong, 6);
            conn_write(c, p + head, len);
            conn_flush(c);
        } else if (opcode <= 2) {
            c->frame(c, p + head, len);
        }
        at += head + len;
    }
    return at;
}

static void conn_read(struct conn *c)
{
    conn_room(&c->in, &c->in_cap, c->in_len + 65536);
    ssize_t n = recv(c->fd, c->in + c->in_len, 65536, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        bench_die("a connection is lost");
    c->in_len += (size_t)n;
    size_t used = 0, step;
    if (c->websocket)
        used = conn_frames(c);
    else
        while ((step = c->bytes(c, c->in + used, c->in_len - used)) > 0)
            used += step;
    memmove(c->in, c->in + used, c->in_len - used);
    c->in_len -= used;
}

void conn_turn(int epoll, int ms)
{
    struct epoll_event ready[128];
    int n = epoll_wait(epoll, ready, 128, ms);
    for (int i = 0; i < n; i++)
        conn_read(ready[i].data.ptr);
}

void conn_close(struct conn *c)
{
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c);
}
