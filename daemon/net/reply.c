// SPDX-License-Identifier: Apache-2.0
// Replies: status line, the headers that every reply carries, problem documents, and messages as JSON or protobuf. A request
// that is answered twice is a bug (assert).
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/quote.h"
#include "daemon/net/internal.h"

#define REPLY_HEAD_MAX 4096
#define DETAIL_MAX     512

static const struct http_problem_info problems[] = {
#define PROBLEM(code, status, title) [PROBLEM_##code] = {#code, status, title},
#include "daemon/net/problems.def"
#undef PROBLEM
};

static const struct {
    unsigned status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

static const char *phrase_of(unsigned status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "";
}

const struct http_problem_info *http_problem_info(enum http_problem code)
{
    return code < PROBLEM_COUNT ? &problems[code] : NULL;
}

struct text {
    size_t len;
    char bytes[REPLY_HEAD_MAX + HTTP_EXTRA_MAX];
};

static void put(struct text *t, const char *s)
{
    size_t n = strlen(s);
    assert(t->len + n < sizeof t->bytes);
    memcpy(t->bytes + t->len, s, n);
    t->len += n;
}

static void put_number(struct text *t, uint64_t v)
{
    char digits[24];
    size_t i = sizeof digits;
    digits[--i] = '\0';
    do
        digits[--i] = (char)('0' + v % 10);
    while (v /= 10);
    put(t, digits + i);
}

void http_header(struct http_request *r, const char *name, const char *value)
{
    size_t n = strlen(name), m = strlen(value);
    for (const char *c = value; *c; c++)
        if (*c < ' ' || *c > '~')
            return;
    if (r->extra_len + n + m + 4 > sizeof r->extra)
        return;
    char *to = r->extra + r->extra_len;
    memcpy(to, name, n);
    memcpy(to + n, ": ", 2);
    memcpy(to + n + 2, value, m);
    memcpy(to + n + 2 + m, "\r\n", 2);
    r->extra_len += n + m + 4;
}

void http_patience(struct http_request *r, int64_t ms)
{
    r->conn->patience_ms = ms;
}

static bool has_extra(const struct http_request *r, const char *name)
{
    return r->extra_len && memmem(r->extra, r->extra_len, name, strlen(name));
}

static void put_head(struct text *t, struct http_request *r, unsigned status, const char *type, size_t len)
{
    bool none = status == 204 || status == 304;
    put(t, "HTTP/1.1 ");
    put_number(t, status);
    put(t, " ");
    put(t, phrase_of(status));
    put(t, "\r\nDate: ");
    put(t, server_date(r->conn->server));
    if (type && !none) {
        put(t, "\r\nContent-Type: ");
        put(t, type);
    }
    if (!none) {
        put(t, "\r\nContent-Length: ");
        put_number(t, len);
    }
    put(t, "\r\nX-Request-Id: ");
    put(t, r->request_id);
    put(t, "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n");
    if (!has_extra(r, "Cache-Control: "))
        put(t, "Cache-Control: no-store\r\n");
    if (!has_extra(r, "Content-Security-Policy: "))
        put(t, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
    if (r->conn->ssl)
        put(t, "Strict-Transport-Security: max-age=31536000\r\n");
    if (conn_is_last(r->conn))
        put(t, "Connection: close\r\n");
    assert(t->len + r->extra_len + 2 < sizeof t->bytes);
    memcpy(t->bytes + t->len, r->extra, r->extra_len);
    t->len += r->extra_len;
    put(t, "\r\n");
}

static void count(const struct http_request *r, unsigned status)
{
    const struct http_server *s = r->conn->server;
    const struct route *route = r->route ? r->route : &s->unrouted;
    double seconds = r->started_ns ? (double)(request_clock_ns() - r->started_ns) / 1e9 : 0;
    metric_add(route->classes[status / 100], 1);
    metric_observe(route->seconds, seconds);
    tl_log(LOG_DEBUG, "http_request", LS("request", r->request_id), LS("route", route->r.pattern), LN("status", status),
           LN("us", seconds * 1e6));
}

void http_reply(struct http_request *r, unsigned status, const char *type, const void *body, size_t len)
{
    struct text head;
    assert(!r->replied && status >= 200 && status < 600);
    head.len = 0;
    put_head(&head, r, status, type, len);
    conn_send(r->conn, head.bytes, head.len);
    if (len && r->head.method != HTTP_HEAD)
        conn_send(r->conn, body, len);
    count(r, status);
    conn_replied(r->conn);
}

void http_reply_empty(struct http_request *r, unsigned status)
{
    http_reply(r, status, NULL, NULL, 0);
}

static size_t put_member(char *out, size_t size, const char *name, const char *value, size_t max)
{
    size_t n = (size_t)snprintf(out, size, ",\"%s\":", name);
    return n + quote_json(out + n, size - n, value, strnlen(value, max));
}

void http_problem(struct http_request *r, enum http_problem code, const char *field, const char *detail)
{
    const struct http_problem_info *p = http_problem_info(code);
    char body[QUOTE_SIZE(DETAIL_MAX) * 2 + 1024];
    size_t n =
        (size_t)snprintf(body, sizeof body, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%u,\"code\":\"%s\"",
                         p->code, p->title, p->status, p->code);
    if (field)
        n += put_member(body + n, sizeof body - n, "field", field, DETAIL_MAX);
    if (detail)
        n += put_member(body + n, sizeof body - n, "detail", detail, DETAIL_MAX);
    n += put_member(body + n, sizeof body - n, "request", r->request_id, sizeof r->request_id);
    body[n++] = '}';
    if ((p->status == 503 || p->status == 429) && !has_extra(r, "Retry-After: "))
        http_header(r, "Retry-After", "1");
    http_reply(r, p->status, "application/problem+json", body, n);
}
