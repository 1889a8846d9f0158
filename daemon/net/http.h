// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_HTTP_H
#define THROUGHLINE_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/net/auth.h"

// The HTTP/1.1 server: sockets, TLS, parsing, limits, deadlines, tokens, routes, replies. WebSockets grow out of it: ws.h.
//
// A request's life: its head is read and checked strictly, its route found, its token and role checked, then its body read
// within the route's limit, then the handler runs. The handler replies at once, or keeps http_id() and finds the
// request again by http_find() when it has its answer. Every request is answered exactly once: by the handler, or by the server
// when the route's deadline passes (503 `deadline`), after which, as after the client's leaving, http_find() gives NULL.
//
// Ownership: what is passed in is copied unless said otherwise; what a request gives out is valid until its reply. Everything runs
// on the loop. What goes to a socket in one turn of the loop leaves in one write at its end.

struct loop;
struct http_server;
struct http_request;
struct ProtobufCMessage;
struct ProtobufCMessageDescriptor;

struct http_options {
    struct auth *auth;                  // borrowed; NULL: no route may ask for roles
    const char *const *trusted_proxies; // addresses and ranges whose X-Forwarded-For is believed
    size_t trusted_proxies_n;
    uint32_t max_connections; // beyond: 503 and closed, counted. Default 10000
    size_t head_max;          // request line and headers, bytes: 431. Default 16384
    size_t body_max;          // where the route says nothing: 413. Default 1 MiB
    int64_t head_ms;          // from the first byte (or the connection) to the end of the head, absolute. Default 10 s
    int64_t body_ms;          // from there to the end of the body, absolute. Default 30 s
    int64_t idle_ms;          // between requests. Default 60 s
    int64_t request_ms;       // from handler to reply, where the route says nothing. Default 10 s
    int64_t write_ms;         // for a reply to be taken by the client. Default 30 s
    int64_t ws_ping_ms;       // a WebSocket is pinged this often and cut at the third without an answer. Default 20 s
};

struct http_server *http_server_new(struct loop *loop, const struct http_options *o);
// Cuts every connection; closed() of every WebSocket runs. NULL is allowed.
void http_server_free(struct http_server *s);

// Other limits and times from now on (auth stays what it is); connections in hand notice them with their next step.
void http_server_configure(struct http_server *s, const struct http_options *o);

// Listens on "host:port", "[::1]:0", ":8080" (every address), port 0 = the kernel chooses. cert and key (PEM files) for TLS 1.2 or
// later, or both NULL. Returns the address with the real port, valid as long as the server, or NULL with the reason
// in err.
const char *http_listen(struct http_server *s, const char *address, const char *cert, const char *key, char *err,
                        size_t err_size);
// Reads certificates and keys again; those that are damaged stay as they were (false, with the reason).
bool http_reload_tls(struct http_server *s, char *err, size_t err_size);

// Stops listening, closes idle connections, lets requests finish; after grace_ms closes WebSockets (1001), and 2 s later cuts
// what is left. done() runs once, when no connection is left.
void http_drain(struct http_server *s, int64_t grace_ms, void (*done)(void *arg), void *arg);
uint32_t http_connections(const struct http_server *s);

// ---- routes ----

enum http_method {
    HTTP_GET = 1, // answers HEAD too
    HTTP_HEAD = 2,
    HTTP_POST = 4,
    HTTP_PUT = 8,
    HTTP_DELETE = 16,
    HTTP_PATCH = 32,
    HTTP_OPTIONS = 64,
};

typedef void http_handler(void *ctx, struct http_request *r);

struct http_route {
    enum http_method method;
    const char *pattern; // "/v1/agents/{id}"; "{rest...}" as the last segment takes one or more segments
    uint32_t roles;      // bits of enum auth_role that may; 0 = everybody, without a token
    http_handler *handler;
    size_t body_max;     // 0 = the server's
    int64_t deadline_ms; // 0 = the server's
};
// The texts are borrowed for ever (constants). Where two patterns match, the one with the earlier literal segment wins
// ("/v1/agents/me" before "/v1/agents/{id}"). The same method and pattern twice is a bug (assert).
void http_route_add(struct http_server *s, const struct http_route *routes, size_t n, void *ctx);

// ---- files ----

enum http_file_flags {
    HTTP_FILE_IMMUTABLE = 1,    // the name carries a version: cached for a year; else revalidated by ETag
    HTTP_FILE_CROSS_ORIGIN = 2, // other sites may load it (the widget)
};
struct http_file {
    const char *path; // "/desk/" (the page itself) or "/desk/app.js"
    const char *type; // "text/html; charset=utf-8"
    const void *bytes;
    size_t len;
    unsigned flags;
    const char *csp; // NULL = strict: scripts, styles, images, connections from here only, nothing inline, no framing
};
// The array, the bytes and the texts are borrowed for ever: files embedded in the program. Open to everybody.
void http_file_add(struct http_server *s, const struct http_file *files, size_t n);

// ---- a request ----

uint64_t http_id(const struct http_request *r);                           // never 0, never used twice
struct http_request *http_find(const struct http_server *s, uint64_t id); // NULL: gone, answered or out of time
struct http_server *http_server_of(const struct http_request *r);
const char *
http_request_id(const struct http_request *r); // for log lines: the client's X-Request-Id if sane, else ours
const struct auth_identity *http_identity(const struct http_request *r); // who asks; NULL on routes for everybody
enum http_method http_method(const struct http_request *r);
const char *http_path(const struct http_request *r); // decoded once, normalised
const char *
http_peer(const struct http_request *r); // the client's address, without port, as far as trusted proxies tell
const char *http_header_in(const struct http_request *r, const char *name); // NULL = absent; the first of several
// Those with their numbers, in the order in which they came, names in lower case; false beyond the last.
bool http_header_at(const struct http_request *r, size_t index, const char **name, const char **value);
const char *http_target(const struct http_request *r); // path and query as they were sent
// The secret of "Authorization: Bearer ...", or NULL. Never log it.
const char *http_bearer(const struct http_request *r);
// The body, NUL-terminated (the NUL is not counted).
const void *http_body(const struct http_request *r, size_t *len);

const char *http_param(const struct http_request *r,
                       const char *name);                         // of the pattern, decoded; asserts that it exists
const char *http_query(struct http_request *r, const char *name); // decoded; NULL = absent

// The number of a path parameter or query parameter. False: not an unsigned number within [min, max], and the request has been answered
// (404 for the path, 400 for the query). An absent query parameter leaves *out alone and is true.
bool http_param_number(struct http_request *r, const char *name, uint64_t *out) __attribute__((warn_unused_result));
bool http_query_number(struct http_request *r, const char *name, uint64_t min, uint64_t max, uint64_t *out)
    __attribute__((warn_unused_result));
// ?limit=1..500 (default 50) and ?cursor= (opaque, printable, at most 512 bytes; "" = from the start).
struct http_page {
    uint32_t limit;
    const char *cursor;
};
bool http_query_page(struct http_request *r, struct http_page *out) __attribute__((warn_unused_result));

// The body as a message of this type, by its Content-Type: application/json (or absent) or application/x-protobuf. NULL: the request
// has been answered (400 invalid_body naming the field, 415). Free with protobuf_c_message_free_unpacked(m, NULL).
struct ProtobufCMessage *http_body_message(struct http_request *r, const struct ProtobufCMessageDescriptor *type)
    __attribute__((warn_unused_result));

// ---- the reply: exactly one of these ----

// Adds a header to the reply to come. A value that is not printable ASCII is a bug of the caller and left out.
void http_header(struct http_request *r, const char *name, const char *value);
// The client has so much longer to take the reply to come: a large file on a slow line.
void http_patience(struct http_request *r, int64_t ms);
void http_reply(struct http_request *r, unsigned status, const char *type, const void *body, size_t len);
void http_reply_empty(struct http_request *r, unsigned status);
// As JSON, or as application/x-protobuf where the client's Accept prefers it.
void http_reply_message(struct http_request *r, unsigned status, const struct ProtobufCMessage *m);

enum http_problem {
#define PROBLEM(code, status, title) PROBLEM_##code,
#include "daemon/net/problems.def"
#undef PROBLEM
    PROBLEM_COUNT
};
// An RFC 9457 problem document; the status comes with the code. field ("events[2].from") and detail may be NULL. Never put a
// secret or a body into them. 503 and 429 carry Retry-After.
void http_problem(struct http_request *r, enum http_problem code, const char *field, const char *detail);

struct http_problem_info {
    const char *code;
    unsigned status;
    const char *title;
};
const struct http_problem_info *http_problem_info(enum http_problem code);

#endif
