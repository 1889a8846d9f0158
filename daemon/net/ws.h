// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_WS_H
#define THROUGHLINE_NET_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// WebSockets (RFC 6455) on the HTTP server. Two subprotocols carry the same messages: throughline.v1.json in text frames and
// throughline.v1.proto in binary frames. The server checks UTF-8, sizes, masking and fragments, answers and sends pings, and cuts a
// peer that is silent (half-open), too slow or hostile.
//
// Tokens: read http_bearer(r) before ws_accept(); browsers cannot set headers, so theirs comes in the first message.
//
// Life: ws_accept() ... message()* ... closed() exactly once, after which the pointer is gone. Both callbacks run on the loop and
// never from inside a call of this header. After ws_close() no message() follows. Asynchronous answers find the
// socket by ws_id() and ws_find(): NULL once it is closing.

struct http_request;
struct http_server;
struct ws;

enum ws_protocol { WS_JSON = 1, WS_PROTO = 2 };

// Close codes in use (RFC 6455, 7.4); the codes of the faces begin at 4000.
enum ws_code {
    WS_NORMAL = 1000,
    WS_GOING_AWAY = 1001,     // the server is shutting down: connect again
    WS_PROTOCOL_ERROR = 1002, // malformed frame, unmasked frame
    WS_UNSUPPORTED = 1003,    // text where binary is spoken, or the other way
    WS_NO_STATUS = 1005,      // only reported: closed without a code
    WS_ABNORMAL = 1006,       // only reported: lost, silent or cut
    WS_INVALID_DATA = 1007,   // not UTF-8
    WS_POLICY = 1008,
    WS_TOO_BIG = 1009,
    WS_INTERNAL = 1011,
    WS_TRY_AGAIN = 1013, // overloaded
};

struct ws_options {
    uint32_t protocols; // bits of enum ws_protocol that are spoken; where both are offered the client's first wins
    size_t message_max; // bytes of a message from the peer: 1009 beyond. Default 1 MiB
    size_t output_max;  // bytes waiting for the peer: ws_send() says false beyond, but for a first one. Default 1 MiB
    // NULL = every origin. origin is NULL when the peer sent none (not a browser).
    bool (*origin_allowed)(void *ctx, const char *origin);
    void (*message)(void *ctx, const void *bytes, size_t len); // bytes are valid during the call
    void (*closed)(void *ctx, uint16_t code);                  // the peer's code, or ours where we closed
    void *ctx;                                                 // borrowed until closed()
};

// Takes the request over and answers 101. NULL: it was not a proper or not a permitted upgrade, has been answered with a
// problem, and no callback will run.
struct ws *ws_accept(struct http_request *r, const struct ws_options *o) __attribute__((warn_unused_result));

// One message, copied, in order; it leaves at the end of the turn together with all others. False: not sent, because output_max
// bytes are waiting or the socket is closing. The owner then closes it (1013, or 1008 for a peer that was warned).
bool ws_send(struct ws *w, const void *bytes, size_t len) __attribute__((warn_unused_result));
size_t ws_queued(const struct ws *w); // bytes waiting for the peer

// From now on messages from the peer hold up to this many bytes: the next message is the first that it concerns.
void ws_limit(struct ws *w, size_t message_max);

// Starts the closing handshake after what was sent before; 2 s later the socket is cut. A second call changes nothing. reason: at most 123 bytes
// of UTF-8, seen by the peer, or NULL.
void ws_close(struct ws *w, uint16_t code, const char *reason);

// Stops and resumes reading, so that TCP holds the peer back. Messages already taken off the socket (up to 4 KiB) may still come.
void ws_pause(struct ws *w);
void ws_resume(struct ws *w);

uint64_t ws_id(const struct ws *w); // never 0, never used twice, apart from request ids
struct ws *ws_find(const struct http_server *s, uint64_t id);
enum ws_protocol ws_protocol(const struct ws *w);
const char *ws_peer(const struct ws *w);       // address, without port
const char *ws_request_id(const struct ws *w); // of the upgrade, for log lines

#endif
