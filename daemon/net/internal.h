// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_INTERNAL_H
#define THROUGHLINE_NET_INTERNAL_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <openssl/ssl.h>

#include "daemon/base/address.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/table.h"
#include "daemon/net/http.h"
#include "daemon/net/parse.h"
#include "daemon/net/ws.h"

// What the files of this folder share. Private to it.
//
//   listener ──accept──► conn: HEAD ──► BODY ──► HANDLING ──reply──► HEAD (kept alive) or CLOSING ──► LINGER ──► gone
//                                                    └──ws_accept──► WS ──────────────────────────────► LINGER ──► gone
//
// One function ends a connection, conn_drop(); memory and descriptor go at the end of the turn.

#define HTTP_PARAMS_MAX   8
#define HTTP_SEGMENTS_MAX 16
#define CONN_INPUT_MAX    65536 // read ahead of what can be handled
#define CONN_READ_MAX     16384 // at once
#define HTTP_EXTRA_MAX    2048  // bytes of headers that a handler may add

struct route {
    struct http_route r;
    void *ctx;
    const struct http_file *file; // of a file's route
    char etag[40];
    struct metric *seconds, *classes[6]; // by status / 100
};

struct routes {
    struct route **v; // most literal first
    size_t n;
};

struct listener {
    struct http_server *server;
    struct evconnlistener *socket;
    char *address, *cert, *key;
    SSL_CTX *tls; // NULL = plain
    struct listener *next;
};

struct http_param {
    const char *name;
    size_t name_len;
    const char *value;
};

struct http_request {
    struct conn *conn;
    uint64_t id; // 0 = not handed to its route yet
    bool replied;
    int64_t started_ns;
    char *memory; // head, path, parameters and query, target: one piece
    const char *target;
    const char *path;
    char *query;
    size_t pairs_n;
    const struct route *route;
    size_t params_n;
    char client[ADDRESS_TEXT_MAX]; // the peer, or who it is that a proxy of ours speaks for
    struct auth_identity who;
    bool known;
    char *body;
    size_t body_len, body_size;
    char request_id[72];
    size_t extra_len;
    struct parse_head head;
    // From head.fields on nothing is cleared: each is read no further than it was filled.
    struct parse_field pairs[PARSE_QUERY_MAX];
    struct http_param params[HTTP_PARAMS_MAX];
    char extra[HTTP_EXTRA_MAX];
};

enum conn_state { CONN_HEAD, CONN_BODY, CONN_HANDLING, CONN_WS, CONN_CLOSING, CONN_LINGER, CONN_GONE };

struct conn {
    struct http_server *server;
    struct bufferevent *bev;
    SSL *ssl;               // the bufferevent's, NULL = plain
    struct event *readable; // of a plain one, which is read without the bufferevent
    char *out;              // gathered during the turn
    size_t out_len, out_room;
    const char *fresh; // of a WebSocket, during a read: what came and is in no buffer yet, behind what is
    size_t fresh_len;
    enum conn_state state;
    int64_t deadline; // of the state; 0 = none
    int64_t write_by; // while the client has not taken what was sent; 0 = it has
    int64_t patience_ms;
    size_t scanned; // of the head
    struct parse_chunked chunks;
    bool dirty;     // in the list to flush
    bool advancing; // inside conn_advance()
    bool resume;    // input may be waiting: look again next turn
    bool stalled;   // reading is off, since what came must wait
    bool last;      // no request after this one
    bool served;    // a request was answered here before
    bool skipped;   // an empty line before the request
    bool eof;       // the peer has said its last word
    bool turned_away;
    bool broken; // a write failed: drop at the flush
    struct conn *prev, *next, *next_dirty;
    struct ws *ws;
    char peer[ADDRESS_TEXT_MAX]; // of a WebSocket: its client, if a proxy says who that is
    struct http_request *req;    // NULL between requests
};

struct http_server {
    struct loop *loop;
    struct http_options o;
    struct address_range *trusted; // proxies
    size_t trusted_n;
    struct listener *listeners;
    struct conn *conns, *dirty, **dirty_tail;
    uint32_t count, turned_away; // connections in hand; refused ones that still linger
    struct table requests, sockets;
    uint64_t last_id;
    struct routes routes;
    struct route unrouted; // counts what no route answered
    struct loop_timer *sweep;
    bool accept_failed;
    int64_t log_next; // refusals are logged at most once a second
    char input[CONN_READ_MAX];
    char boot[16];
    struct {
        time_t at;
        char text[40];
    } date;
    struct {
        bool on;
        int64_t sockets_at, cut_at;
        void (*done)(void *arg);
        void *arg;
    } drain;
    struct {
        struct metric *connections, *sockets, *refused, *timeouts, *malformed, *in, *out, *slow, *silent;
    } metrics;
};

// server.c
void server_unlink(struct conn *c);
void server_mark_dirty(struct conn *c);
bool server_may_log(struct http_server *s);
const char *server_date(struct http_server *s);

// conn.c
void conn_open(struct http_server *s, evutil_socket_t fd, const struct sockaddr *sa, SSL_CTX *tls, bool turn_away);
void conn_flush(struct conn *c);
void conn_put(struct conn *c, const void *bytes, size_t len);  // conn_send() follows in the same call
void conn_send(struct conn *c, const void *bytes, size_t len); // leaves at the end of the turn
size_t conn_queued(const struct conn *c);
void conn_replied(struct conn *c); // the reply is in `out`
void conn_finish(struct conn *c);  // once everything is sent: half-close and wait for the peer's end
void conn_drop(struct conn *c);
void conn_settle(struct conn *c);             // at the end of the turn: writes, and what follows from it
bool conn_is_last(struct conn *c);            // may no further request be read here?
void conn_sweep(struct conn *c, int64_t now); // deadlines

void conn_on_event(struct bufferevent *bev, short what, void *arg); // the connection's end, or that it is made

// conn_read.c
void conn_read_open(struct conn *c, evutil_socket_t fd);
void conn_reading(struct conn *c, bool on); // shall what the peer sends be read?
void conn_on_read(struct bufferevent *bev, void *arg);
ssize_t conn_take(struct conn *c, void *to, size_t len); // of what came on a WebSocket

// request.c
void request_begin(struct http_request *r, const char *head,
                   size_t len); // route, token, limits; answers what may not go on
void request_free(struct http_request *r);
int64_t request_clock_ns(void);

// forwarded.c
void forwarded_client(const struct http_server *s, const struct parse_head *head, const char *peer,
                      char out[ADDRESS_TEXT_MAX]);

// route.c
void route_add(struct routes *t, const struct http_route *r, void *ctx, const struct http_file *file);
void route_free(struct routes *t);
void route_metrics(struct route *route, const char *name);
// The route, with the parameters into r (text: room for a copy of the path); NULL with the methods that the path does know in *allowed.
const struct route *route_find(const struct routes *t, struct http_request *r, char *text, unsigned *allowed);
// "GET, HEAD, POST"
char *route_methods(unsigned methods, char out[64]);

// file.c
void file_handle(void *ctx, struct http_request *r);
void file_etag(const struct http_file *f, char out[40]);

// ws.c
void ws_read(struct ws *w);
void ws_flushed(struct ws *w); // everything is with the kernel
void ws_lost(struct ws *w);    // the connection is gone
void ws_sweep(struct ws *w, int64_t now);

// tls.c
SSL_CTX *tls_new(const char *cert, const char *key, char *err, size_t err_size);
void tls_drain_errors(void);

#endif
