// SPDX-License-Identifier: Apache-2.0
// A small server for the tests of daemon/net: routes that show one behaviour each. Says on stdout where it listens, serves until
// SIGTERM, which drains it. Settings are words `name=number` (http_options), `tls=cert,key`, `grace=ms`.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/net/auth.h"
#include "daemon/net/http.h"
#include "daemon/net/ws.h"
#include "throughline/v1/event.pb-c.h"

static struct loop *loop;
static struct http_server *server;
static struct auth *auth;
static struct http_options options;
static int64_t grace;

// ---- requests ----

static void get_hello(void *ctx, struct http_request *r)
{
    (void)ctx;
    http_reply(r, 200, "text/plain", "hello", 5);
}

static void post_echo(void *ctx, struct http_request *r)
{
    (void)ctx;
    size_t len;
    const void *body = http_body(r, &len);
    http_reply(r, 200, "application/octet-stream", body, len);
}

static void get_path(void *ctx, struct http_request *r)
{
    (void)ctx;
    char text[256];
    const char *q = http_query(r, "q");
    snprintf(text, sizeof text, "%s|%s|%s", http_path(r), http_param(r, "rest"), q ? q : "-");
    http_reply(r, 200, "text/plain", text, strlen(text));
}

static void get_page(void *ctx, struct http_request *r)
{
    (void)ctx;
    struct http_page page;
    char text[600];
    if (!http_query_page(r, &page))
        return;
    snprintf(text, sizeof text, "%u %s", page.limit, page.cursor);
    http_reply(r, 200, "text/plain", text, strlen(text));
}

static void get_number(void *ctx, struct http_request *r)
{
    (void)ctx;
    uint64_t n;
    char text[32];
    if (!http_param_number(r, "n", &n))
        return;
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    http_reply(r, 200, "text/plain", text, strlen(text));
}

static void get_who(void *ctx, struct http_request *r)
{
    (void)ctx;
    char text[300];
    const struct auth_identity *who = http_identity(r);
    snprintf(text, sizeof text, "%s %s %s %s", who->token, who->tenant, auth_role_name(who->role), who->agent);
    http_reply(r, 200, "text/plain", text, strlen(text));
}

static void post_event(void *ctx, struct http_request *r)
{
    (void)ctx;
    ProtobufCMessage *m = http_body_message(r, &throughline__v1__event__descriptor);
    if (!m)
        return;
    http_reply_message(r, 200, m);
    protobuf_c_message_free_unpacked(m, NULL);
}

static void get_big(void *ctx, struct http_request *r)
{
    (void)ctx;
    size_t len = 8 << 20;
    char *bytes = xcalloc(1, len);
    http_reply(r, 200, "application/octet-stream", bytes, len);
    free(bytes);
}

// Requests that are answered when POST /release comes, or never.
static uint64_t held[64];
static unsigned held_n;

static void get_held(void *ctx, struct http_request *r)
{
    (void)ctx;
    held[held_n++ % 64] = http_id(r);
}

static void post_release(void *ctx, struct http_request *r)
{
    (void)ctx;
    char text[32];
    unsigned found = 0;
    for (unsigned i = 0; i < 64; i++) {
        struct http_request *waiting = http_find(server, held[i]);
        held[i] = 0;
        if (!waiting)
            continue;
        found++;
        http_reply(waiting, 200, "text/plain", "released", 8);
    }
    snprintf(text, sizeof text, "%u of %u", found, held_n);
    held_n = 0;
    http_reply(r, 200, "text/plain", text, strlen(text));
}

// How many held requests are still there: to wait for without sleeping.
static void get_holding(void *ctx, struct http_request *r)
{
    (void)ctx;
    char text[32];
    unsigned found = 0;
    for (unsigned i = 0; i < 64; i++)
        found += http_find(server, held[i]) != NULL;
    snprintf(text, sizeof text, "%u", found);
    http_reply(r, 200, "text/plain", text, strlen(text));
}

static void get_metrics(void *ctx, struct http_request *r)
{
    (void)ctx;
    size_t len;
    char *page = metrics_render(&len);
    http_reply(r, 200, "text/plain; version=0.0.4", page, len);
    free(page);
}

// ---- sockets ----

struct peer {
    struct ws *ws;
    unsigned got;
    bool broke; // ws_send() said false
};
static uint16_t last_code;
static unsigned closed_n;

static void on_message(void *ctx, const void *bytes, size_t len)
{
    struct peer *p = ctx;
    p->got++;
    if (len == 5 && memcmp(bytes, "close", 5) == 0)
        ws_close(p->ws, 4001, "as you wish");
    else if (len == 5 && memcmp(bytes, "pause", 5) == 0)
        ws_pause(p->ws);
    else if (!ws_send(p->ws, bytes, len))
        ws_close(p->ws, WS_TRY_AGAIN, "too slow");
}

// "push N LEN": N messages at once; closes at the bound as an owner should.
static void on_push(void *ctx, const void *bytes, size_t len)
{
    struct peer *p = ctx;
    char text[64], *end;
    snprintf(text, sizeof text, "%.*s", (int)len, (const char *)bytes);
    unsigned long n = strtoul(text, &end, 10), size = strtoul(end, NULL, 10);
    char *message = xcalloc(1, size + 1);
    memset(message, 'x', size);
    for (unsigned long i = 0; i < n; i++)
        if (!ws_send(p->ws, message, size)) {
            ws_close(p->ws, WS_TRY_AGAIN, "too slow");
            break;
        }
    free(message);
}

static void on_closed(void *ctx, uint16_t code)
{
    last_code = code;
    closed_n++;
    free(ctx);
}

static bool origin_allowed(void *ctx, const char *origin)
{
    (void)ctx;
    return !origin || strcmp(origin, "https://good.example") == 0;
}

static struct ws *open_socket(struct http_request *r, void (*message)(void *, const void *, size_t), uint32_t protocols)
{
    struct peer *p = xcalloc(1, sizeof *p);
    struct ws_options o = {
        .protocols = protocols,
        .message_max = 65536,
        .output_max = 262144,
        .origin_allowed = origin_allowed,
        .message = message,
        .closed = on_closed,
        .ctx = p,
    };
    p->ws = ws_accept(r, &o);
    if (p->ws)
        return p->ws;
    free(p);
    return NULL;
}

static void get_ws(void *ctx, struct http_request *r)
{
    (void)ctx;
    open_socket(r, on_message, WS_JSON | WS_PROTO);
}

static void get_ws_push(void *ctx, struct http_request *r)
{
    (void)ctx;
    open_socket(r, on_push, WS_PROTO);
}

static uint64_t paused_id;
static void get_ws_id(void *ctx, struct http_request *r)
{
    (void)ctx;
    struct ws *w = open_socket(r, on_message, WS_PROTO);
    paused_id = w ? ws_id(w) : 0;
}

static void post_resume(void *ctx, struct http_request *r)
{
    (void)ctx;
    struct ws *w = ws_find(server, paused_id);
    if (w)
        ws_resume(w);
    http_reply(r, 200, "text/plain", w ? "yes" : "no", w ? 3 : 2);
}

static void get_closed(void *ctx, struct http_request *r)
{
    (void)ctx;
    char text[32];
    snprintf(text, sizeof text, "%u %u", closed_n, last_code);
    http_reply(r, 200, "text/plain", text, strlen(text));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/hello", 0, get_hello, 0, 0},
    {HTTP_PUT, "/hello", 0, post_echo, 0, 0},
    {HTTP_POST, "/echo", 0, post_echo, 0, 0},
    {HTTP_POST, "/small", 0, post_echo, 100, 0},
    {HTTP_POST, "/event", 0, post_event, 0, 0},
    {HTTP_GET, "/path/{rest...}", 0, get_path, 0, 0},
    {HTTP_GET, "/page", 0, get_page, 0, 0},
    {HTTP_GET, "/number/{n}", 0, get_number, 0, 0},
    {HTTP_GET, "/big", 0, get_big, 0, 0},
    {HTTP_GET, "/held", 0, get_held, 0, 0},
    {HTTP_GET, "/held/briefly", 0, get_held, 0, 200},
    {HTTP_GET, "/holding", 0, get_holding, 0, 0},
    {HTTP_POST, "/release", 0, post_release, 0, 0},
    {HTTP_GET, "/metrics", 0, get_metrics, 0, 0},
    {HTTP_GET, "/any", AUTH_EVERY_ROLE, get_who, 0, 0},
    {HTTP_GET, "/gateway", AUTH_GATEWAY, get_who, 0, 0},
    {HTTP_GET, "/agent", AUTH_AGENT | AUTH_SUPERVISOR, get_who, 0, 0},
    {HTTP_GET, "/supervisor", AUTH_SUPERVISOR, get_who, 0, 0},
    {HTTP_GET, "/admin", AUTH_ADMIN, get_who, 0, 0},
    {HTTP_POST, "/admin", AUTH_ADMIN, post_echo, 0, 0},
    {HTTP_GET, "/ws", 0, get_ws, 0, 0},
    {HTTP_GET, "/ws/push", 0, get_ws_push, 0, 0},
    {HTTP_GET, "/ws/id", 0, get_ws_id, 0, 0},
    {HTTP_POST, "/ws/resume", 0, post_resume, 0, 0},
    {HTTP_GET, "/ws/closed", 0, get_closed, 0, 0},
};

static const struct http_file files[] = {
    {"/page/", "text/html; charset=utf-8", "<p>hi", 5, 0, NULL},
    {"/page/app.js", "text/javascript", "1;", 2, HTTP_FILE_IMMUTABLE | HTTP_FILE_CROSS_ORIGIN, NULL},
};

static void make_tokens(void)
{
    static const struct {
        const char *secret, *id, *agent;
        enum auth_role role;
    } tokens[] = {
        {"secret-gateway", "t1", "", AUTH_GATEWAY},
        {"secret-agent", "t2", "ann", AUTH_AGENT},
        {"secret-supervisor", "t3", "", AUTH_SUPERVISOR},
        {"secret-admin", "t4", "", AUTH_ADMIN},
    };
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        struct auth_token t = {.id = tokens[i].id, .tenant = "main", .agent = tokens[i].agent, .role = tokens[i].role};
        auth_digest(tokens[i].secret, t.digest);
        if (!auth_put(auth, AUTH_FROM_CONFIG, &t))
            abort();
    }
}

static const struct {
    const char *name;
    int64_t *value;
} settings[] = {
    {"head_ms", &options.head_ms},   {"body_ms", &options.body_ms},       {"idle_ms", &options.idle_ms},
    {"write_ms", &options.write_ms}, {"ws_ping_ms", &options.ws_ping_ms}, {"grace", &grace},
};

static const char *cert, *key, *listen_on = "127.0.0.1:0";

static void set(char *word)
{
    char *value = strchr(word, '=');
    if (!value)
        abort();
    *value++ = '\0';
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (strcmp(word, settings[i].name) == 0)
            *settings[i].value = atoll(value);
    if (strcmp(word, "max_connections") == 0)
        options.max_connections = (uint32_t)atoi(value);
    if (strcmp(word, "listen") == 0)
        listen_on = value;
    if (strcmp(word, "tls") == 0) {
        cert = value;
        value = strchr(value, ',');
        *value++ = '\0';
        key = value;
    }
}

static void on_drained(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void on_term(void *arg)
{
    (void)arg;
    http_drain(server, grace, on_drained, NULL);
}

static void on_hup(void *arg)
{
    (void)arg;
    char err[256] = "";
    bool ok = http_reload_tls(server, err, sizeof err);
    printf("%s\n", ok ? "reloaded" : err);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char err[256];
    for (int i = 1; i < argc; i++)
        set(argv[i]);
    loop = loop_new();
    auth = auth_new();
    make_tokens();
    options.auth = auth;
    server = http_server_new(loop, &options);
    http_route_add(server, routes, sizeof routes / sizeof routes[0], NULL);
    http_file_add(server, files, sizeof files / sizeof files[0]);
    const char *address = http_listen(server, listen_on, cert, key, err, sizeof err);
    if (!address) {
        fprintf(stderr, "%s\n", err);
        return 1;
    }
    printf("%s\n", address);
    fflush(stdout);
    loop_on_signal(loop, SIGTERM, on_term, NULL);
    loop_on_signal(loop, SIGHUP, on_hup, NULL);
    loop_run(loop);
    http_server_free(server);
    auth_free(auth);
    loop_free(loop);
    return 0;
}
