// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BENCH_CONN_H
#define THROUGHLINE_BENCH_CONN_H

#include "bench.h"

// Non-blocking connections on one epoll, lean enough that the client's core is never what is measured.

struct conn;
typedef void conn_frame_fn(struct conn *c, const uint8_t *bytes, size_t len);
// HTTP mode: consumes whole answers; returns bytes used, 0 = not whole yet.
typedef size_t conn_bytes_fn(struct conn *c, const uint8_t *bytes, size_t len);

struct conn {
    int fd;
    bool websocket;
    uint8_t *in, *out;
    size_t in_len, in_cap, out_len, out_cap;
    conn_frame_fn *frame;
    conn_bytes_fn *bytes;
    void *ctx;
    unsigned index;
};

int conn_epoll(void); // a new epoll descriptor
struct conn *conn_open(int epoll, const struct bench_server *s);
// The WebSocket handshake (blocking), subprotocol throughline.v1.proto.
void conn_upgrade(struct conn *c, const struct bench_server *s, const char *path);
void conn_write(struct conn *c, const void *bytes, size_t len);      // queues
void conn_send_frame(struct conn *c, const void *bytes, size_t len); // queues one masked binary frame
void conn_flush(struct conn *c);
// Waits for something at most `ms` and dispatches it.
void conn_turn(int epoll, int ms);
void conn_close(struct conn *c);

#endif
