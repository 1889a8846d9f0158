// SPDX-License-Identifier: Apache-2.0
// What a request means: from its head to the route that takes it, and what handlers may ask about it. Token and role are
// checked before a byte of the body is read. Whatever fails is answered here with a problem document.
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/net/internal.h"

#define PAGE_LIMIT         50
#define PAGE_LIMIT_MAX     500
#define PAGE_CURSOR_MAX    512
#define REQUEST_ID_LEN_MAX 64

int64_t request_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void request_free(struct http_request *r)
{
    if (!r)
        return;
    free(r->memory);
    free(r->body);
    free(r);
}

// "<boot>-<id in hex>"
static void put_own_name(struct http_request *r)
{
    size_t n = strlen(r->conn->server->boot);
    unsigned shift = 60;
    memcpy(r->request_id, r->conn->server->boot, n);
    r->request_id[n++] = '-';
    while (shift && !(r->id >> shift))
        shift -= 4;
    for (;; shift -= 4) {
        r->request_id[n++] = "0123456789abcdef"[r->id >> shift & 15];
        if (!shift)
            break;
    }
    r->request_id[n] = '\0';
}

static void name_request(struct http_request *r)
{
    static const char sane[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";
    const char *theirs = http_header_in(r, "x-request-id");
    size_t n = theirs ? strspn(theirs, sane) : 0;
    if (theirs && n > 0 && n <= REQUEST_ID_LEN_MAX && !theirs[n])
        memcpy(r->request_id, theirs, n + 1);
    else
        put_own_name(r);
}

// False: answered.
static bool find_route(struct http_request *r, char *text)
{
    unsigned allowed;
    char names[64];
    char *query = strchr(r->head.target, '?');
    if (query)
        *query++ = '\0';
    r->path = r->head.target;
    if (!r->head.method)
        http_problem(r, PROBLEM_not_implemented, NULL, NULL);
    else if (!parse_path(r->head.target))
        http_problem(r, PROBLEM_invalid_path, NULL, NULL);
    else if (!parse_query(query, r->pairs, &r->pairs_n))
        http_problem(r, PROBLEM_invalid_parameter, NULL, "the query is malformed");
    else if ((r->route = route_find(&r->conn->server->routes, r, text, &allowed)))
        return true;
    else if (!allowed)
        http_problem(r, PROBLEM_not_found, NULL, NULL);
    else {
        http_header(r, "Allow", route_methods(allowed, names));
        http_problem(r, PROBLEM_method_not_allowed, NULL, NULL);
    }
    return false;
}

static void refuse_token(struct http_request *r, enum auth_verdict verdict)
{
    struct http_server *s = r->conn->server;
    if (verdict == AUTH_EARLY) {
        http_problem(r, PROBLEM_unavailable, NULL, "starting: this token cannot be judged yet");
        return;
    }
    if (server_may_log(s))
        tl_log(LOG_WARN, "auth_failed", LS("request", r->request_id), LS("peer", r->client));
    if (verdict == AUTH_SLOWED) {
        http_header(r, "Retry-After", "60");
        http_problem(r, PROBLEM_too_many_requests, NULL, "this address has failed to authenticate too often");
        return;
    }
    http_header(r, "WWW-Authenticate", "Bearer realm=\"throughline\", error=\"invalid_token\"");
    http_problem(r, PROBLEM_unauthorized, NULL, NULL);
}

static bool check_token(struct http_request *r)
{
    struct http_server *s = r->conn->server;
    const char *secret = http_bearer(r);
    if (!r->route->r.roles)
        return true;
    if (!secret) {
        http_header(r, "WWW-Authenticate", "Bearer realm=\"throughline\"");
        http_problem(r, PROBLEM_unauthorized, NULL, NULL);
        return false;
    }
    enum auth_verdict verdict = auth_check(s->o.auth, secret, r->client, loop_now(s->loop), &r->who);
    if (verdict != AUTH_OK) {
        refuse_token(r, verdict);
        return false;
    }
    r->known = true;
    if (!(r->who.role & r->route->r.roles)) {
        http_problem(r, PROBLEM_forbidden, NULL, NULL);
        return false;
    }
    return true;
}

void request_begin(struct http_request *r, const char *head, size_t len)
{
    struct http_server *s = r->conn->server;
    enum http_problem problem;
    const char *why;
    r->started_ns = request_clock_ns();
    r->memory = xrealloc(NULL, 3 * len + 3); // the head, room for the parameters, the target as it was sent
    memcpy(r->memory, head, len);
    r->memory[len] = '\0';
    bool ok = parse_head(r->memory, len, &r->head, &problem, &why);
    r->id = ++s->last_id;
    name_request(r);
    if (!ok) {
        metric_add(s->metrics.malformed, 1);
        r->conn->last = true;
        http_problem(r, problem, NULL, why);
        return;
    }
    forwarded_client(s, &r->head, r->conn->peer, r->client);
    r->target = strcpy(r->memory + 2 * len + 2, r->head.target);
    if (!find_route(r, r->memory + len + 1) || !check_token(r))
        return;
    if (!r->head.chunked && r->head.length > (r->route->r.body_max ? r->route->r.body_max : s->o.body_max)) {
        http_problem(r, PROBLEM_body_too_large, NULL, NULL);
        return;
    }
    table_put(&s->requests, r->id, r);
    if (r->head.expects_continue && (r->head.chunked || r->head.length))
        conn_send(r->conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

// ---- what handlers ask ----

uint64_t http_id(const struct http_request *r)
{
    return r->id;
}

struct http_request *http_find(const struct http_server *s, uint64_t id)
{
    struct http_request *r = table_get(&s->requests, id);
    return r && r->conn->state == CONN_HANDLING ? r : NULL;
}

struct http_server *http_server_of(const struct http_request *r)
{
    return r->conn->server;
}

const char *http_request_id(const struct http_request *r)
{
    return r->request_id;
}

const struct auth_identity *http_identity(const struct http_request *r)
{
    return r->known ? &r->who : NULL;
}

enum http_method http_method(const struct http_request *r)
{
    return r->head.method;
}

const char *http_path(const struct http_request *r)
{
    return r->path;
}

const char *http_peer(const struct http_request *r)
{
    return r->client;
}

const char *http_header_in(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->head.fields_n; i++)
        if (strcasecmp(r->head.fields[i].name, name) == 0)
            return r->head.fields[i].value;
    return NULL;
}

bool http_header_at(const struct http_request *r, size_t index, const char **name, const char **value)
{
    if (index >= r->head.fields_n)
        return false;
    *name = r->head.fields[index].name;
    *value = r->head.fields[index].value;
    return true;
}

const char *http_target(const struct http_request *r)
{
    return r->target;
}

const char *http_bearer(const struct http_request *r)
{
    const char *value = http_header_in(r, "authorization");
    if (!value || strncasecmp(value, "bearer ", 7) != 0)
        return NULL;
    value += 7 + strspn(value + 7, " ");
    return *value && !strpbrk(value, " \t") ? value : NULL;
}

const void *http_body(const struct http_request *r, size_t *len)
{
    if (len)
        *len = r->body_len;
    return r->body ? r->body : "";
}

const char *http_param(const struct http_request *r, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < r->params_n; i++)
        if (r->params[i].name_len == n && memcmp(r->params[i].name, name, n) == 0)
            return r->params[i].value;
    assert(false && "no such parameter in the pattern");
    return NULL;
}

const char *http_query(struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->pairs_n; i++)
        if (strcmp(r->pairs[i].name, name) == 0)
            return r->pairs[i].value;
    return NULL;
}

static bool read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    errno = 0;
    char *end;
    unsigned long long v = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || v < min || v > max)
        return false;
    *out = v;
    return true;
}

bool http_param_number(struct http_request *r, const char *name, uint64_t *out)
{
    if (read_number(http_param(r, name), 0, UINT64_MAX, out))
        return true;
    http_problem(r, PROBLEM_not_found, name, NULL);
    return false;
}

bool http_query_number(struct http_request *r, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
    char detail[96];
    const char *text = http_query(r, name);
    if (!text || read_number(text, min, max, out))
        return true;
    snprintf(detail, sizeof detail, "a number from %llu to %llu is needed", (unsigned long long)min,
             (unsigned long long)max);
    http_problem(r, PROBLEM_invalid_parameter, name, detail);
    return false;
}

bool http_query_page(struct http_request *r, struct http_page *out)
{
    uint64_t limit = PAGE_LIMIT;
    const char *cursor = http_query(r, "cursor");
    if (!http_query_number(r, "limit", 1, PAGE_LIMIT_MAX, &limit))
        return false;
    if (cursor && strlen(cursor) > PAGE_CURSOR_MAX) {
        http_problem(r, PROBLEM_invalid_parameter, "cursor", "it is longer than 512 bytes");
        return false;
    }
    *out = (struct http_page){.limit = (uint32_t)limit, .cursor = cursor ? cursor : ""};
    return true;
}
