// SPDX-License-Identifier: Apache-2.0
// GET /v1/chat, a visitor's connection: origin, hello, who they are, where their talk stands, gone. The visitor token says which
// browser; an identity signed by the site says which person. A token that does not verify is a new visitor; an identity
// that does not verify is an error, for the site would otherwise never learn of its fault.
#include "daemon/faces/chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/faces/accounts.h"
#include "daemon/faces/peer.h"
#include "proto/handle.h"

bool chat_send(struct chat *c, const Throughline__V1__ChatDown *d)
{
    if (c->state == CHAT_ENDING)
        return false;
    if (peer_send(c->ws, &d->base))
        return true;
    ws_close(c->ws, WS_TRY_AGAIN, "too slow: resume");
    return false;
}

void chat_error(struct chat *c, const char *code, const char *field, const char *detail)
{
    Throughline__V1__Error error = THROUGHLINE__V1__ERROR__INIT;
    error.code = (char *)code;
    error.field = (char *)field;
    error.detail = (char *)detail;
    Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_ERROR;
    d.error = &error;
    chat_send(c, &d);
}

void chat_fail(struct chat *c, const char *code, const char *field, const char *detail)
{
    chat_error(c, code, field, detail);
    c->state = CHAT_ENDING;
    loop_timer_set(c->timer, -1);
    ws_close(c->ws, WS_POLICY, code);
}

// ---- who it is ----

static int64_t now_s(void)
{
    return loop_unix_ms() / 1000;
}

// Who has logged out, or in as somebody else, is another visitor: what was said before is not theirs to see.
static void know_visitor(struct chat *c)
{
    char person[CHAT_PERSON_MAX + 1] = "";
    bool known = false;
    if (c->identity)
        chat_person(c->identity, person);
    for (unsigned i = 0; *c->hello->visitor && !known && i < c->all->keys_n; i++)
        known = chat_token_read(c->all->keys[i], c->hello->visitor, c->account, now_s(), &c->visitor) &&
                chat_visitor_is(&c->visitor, person);
    if (!known) {
        c->visitor = (struct chat_visitor){0};
        memcpy(c->visitor.account, c->account, sizeof c->account);
        id_name(c->visitor.visitor);
    }
    memcpy(c->visitor.person, person, sizeof person);
}

// An identity proves who it is until it expires, also on a connection that lasts longer.
bool chat_is_proven(const struct chat *c)
{
    return c->identity && c->identity->expires > now_s();
}

static bool know_person(struct chat *c)
{
    const struct config_account *a = account_find(c->all->face, c->account);
    const char *why = NULL;
    if (!*c->hello->identity)
        return true;
    c->identity =
        chat_identity_read(a && a->identity_secret ? a->identity_secret : "", c->hello->identity, now_s(), &why);
    if (!c->identity)
        chat_fail(c, why, "hello.identity", "sign it anew on the site's server");
    return c->identity != NULL;
}

void chat_fill_event(const struct chat *c, Throughline__V1__Event *e)
{
    e->account = (char *)c->account;
    e->from = (char *)c->handle;
    e->language = c->hello->language;
    e->display_name = c->hello->name;
    e->n_claimed_handles = c->hello->n_claimed_handles;
    e->claimed_handles = c->hello->claimed_handles;
    e->authentication = THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_NONE;
    if (!chat_is_proven(c))
        return;
    e->authentication = THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_SIGNED;
    e->n_verified_handles = c->identity->n_handles;
    e->verified_handles = c->identity->handles;
    if (*c->identity->name)
        e->display_name = c->identity->name;
}

// ---- hello ----

static void welcome(struct chat *c)
{
    char token[CHAT_TOKEN_MAX];
    c->visitor.issued = now_s();
    if (!chat_token_make(c->all->keys[0], &c->visitor, token)) {
        chat_fail(c, "internal", "", "");
        return;
    }
    Throughline__V1__ChatWelcome w = THROUGHLINE__V1__CHAT_WELCOME__INIT;
    w.visitor = token;
    w.offline = c->all->offline;
    const struct config_account *a = account_find(c->all->face, c->account);
    if (a && a->greeting)
        w.greeting = (char *)a->greeting;
    if (a && a->offline_text)
        w.offline_text = (char *)a->offline_text;
    Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_WELCOME;
    d.welcome = &w;
    c->state = CHAT_LIVE;
    loop_timer_set(c->timer, -1);
    chat_send(c, &d);
    c->offline = w.offline;
    chat_tell_presence(c);
    chat_tell_wait(c);
    if (c->conversation)
        chat_refresh(c, core_input(c->all->face->core));
}

static void open_place(struct chat *c);

static void on_opened(void *module, uint64_t token, const Throughline__V1__EventResult *r)
{
    struct chats *all = module;
    struct chat *c = table_get(&all->table, token);
    if (!c || c->state != CHAT_OPENING)
        return;
    if (r->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN) {
        loop_timer_set(c->timer, CHAT_RETRY_MS);
        return;
    }
    if (r->conversation)
        chat_place(c, r->conversation);
    welcome(c);
}

// Tells the log that the visitor is here, if they have a conversation, and learns which.
static void open_place(struct chat *c)
{
    Throughline__V1__ChatOpened opened = THROUGHLINE__V1__CHAT_OPENED__INIT;
    Throughline__V1__Event e = THROUGHLINE__V1__EVENT__INIT;
    char id[ID_NAME_SIZE + 8], name[ID_NAME_SIZE];
    snprintf(id, sizeof id, "open.%s", id_name(name));
    e.id = id;
    chat_fill_event(c, &e);
    opened.page = c->hello->page;
    e.body_case = THROUGHLINE__V1__EVENT__BODY_CHAT_OPENED;
    e.chat_opened = &opened;
    triage_event(c->all->face->triage, &e, on_opened, c->all, c->id);
}

static bool hello_is_sound(struct chat *c)
{
    const Throughline__V1__ChatHello *h = c->hello; // kept as long as the connection, so all of it is bounded
    if (strlen(h->visitor) >= CHAT_TOKEN_MAX || strlen(h->identity) >= CHAT_IDENTITY_MAX)
        chat_fail(c, "too_long", strlen(h->visitor) >= CHAT_TOKEN_MAX ? "hello.visitor" : "hello.identity", "");
    else if (strlen(h->page) > 2048)
        chat_fail(c, "too_long", "hello.page", "at most 2048 bytes");
    else if (strlen(h->name) > 200)
        chat_fail(c, "too_long", "hello.name", "at most 200 bytes");
    else if (strlen(h->language) > 35)
        chat_fail(c, "too_long", "hello.language", "a BCP 47 tag");
    else if (h->n_claimed_handles > 8)
        chat_fail(c, "too_many", "hello.claimed_handles", "at most 8");
    for (size_t i = 0; c->state != CHAT_ENDING && i < h->n_claimed_handles; i++)
        if (strlen(h->claimed_handles[i]) >= HANDLE_MAX)
            chat_fail(c, "too_long", "hello.claimed_handles", "at most 256 bytes each");
    return c->state != CHAT_ENDING;
}

void chat_take_hello(struct chat *c)
{
    if (!c->all->keys_n) // taken when they are there
        return;
    if (!hello_is_sound(c) || !know_person(c))
        return;
    know_visitor(c);
    snprintf(c->handle, sizeof c->handle, "chat:%s", c->visitor.visitor);
    chats_unpart(c->all, c->handle);
    store_publish(c->all->face->store, c->all->face->tenant, CHAT_TOPIC_BACK, c->handle, strlen(c->handle));
    c->last = c->hello->last_entry;
    c->state = CHAT_OPENING;
    loop_timer_set(c->timer, -1);
    open_place(c);
}

// ---- frames ----

static void on_message(void *ctx, const void *bytes, size_t len)
{
    struct chat *c = ctx;
    struct json_error err;
    if (c->state == CHAT_ENDING)
        return;
    ProtobufCMessage *m = peer_read(c->ws, &throughline__v1__chat_up__descriptor, bytes, len, &err);
    Throughline__V1__ChatUp *up = (Throughline__V1__ChatUp *)m;
    if (!m) {
        chat_fail(c, err.code, err.path, err.text);
        return;
    }
    bool hello = up->up_case == THROUGHLINE__V1__CHAT_UP__UP_HELLO;
    if (c->state == CHAT_NEW && hello && !c->hello) {
        c->hello = up->hello;
        up->up_case = THROUGHLINE__V1__CHAT_UP__UP__NOT_SET;
        up->hello = NULL;
        chat_take_hello(c);
    } else if (c->state == CHAT_NEW) {
        chat_fail(c, "hello_expected", "", "the first message must be hello");
    } else if (hello) {
        chat_fail(c, "repeated_hello", "hello", "hello comes once");
    } else if (c->state == CHAT_OPENING) {
        chat_error(c, "not_yet", "", "wait for the welcome");
    } else {
        chat_take(c, up);
    }
    protobuf_c_message_free_unpacked(m, NULL);
}

static void on_timer(void *arg)
{
    struct chat *c = arg;
    if (c->state == CHAT_NEW && c->hello)
        chat_fail(c, "unavailable", "", "try again");
    else if (c->state == CHAT_NEW)
        chat_fail(c, "hello_expected", "", "no hello within 5 s");
    else if (c->state == CHAT_OPENING)
        open_place(c);
    else if (c->state == CHAT_LIVE) {
        chat_marks(c);
        chat_refresh(c, c->wanted);
    }
}

// ---- life ----

static void chat_free(void *object)
{
    struct chat *c = object;
    if (c->hello)
        throughline__v1__chat_hello__free_unpacked(c->hello, NULL);
    if (c->identity)
        throughline__v1__chat_identity__free_unpacked(c->identity, NULL);
    loop_timer_free(c->timer);
    free(c);
}

static void on_closed(void *ctx, uint16_t code)
{
    struct chat *c = ctx;
    (void)code;
    c->state = CHAT_ENDING;
    table_take(&c->all->table, c->id);
    chat_unplace(c);
    if (c->conversation && !c->bye && !c->all->face->faces->draining)
        chat_part(c, false);
    metric_add(c->all->connected, -1);
    loop_timer_set(c->timer, -1);
    loop_defer_free(c->all->face->faces->loop, chat_free, c);
}

// The account's list, and always the daemon's own pages. No origin: not a browser.
static bool origin_allowed(void *ctx, const char *origin)
{
    const struct chat *c = ctx;
    const struct config_account *a = account_find(c->all->face, c->account);
    const char *host = origin ? strstr(origin, "://") : NULL;
    if (!origin)
        return true;
    if (host && *c->origin_host && strcmp(host + 3, c->origin_host) == 0)
        return true;
    for (size_t i = 0; a && i < a->origins.n; i++)
        if (strcmp(a->origins.v[i], origin) == 0)
            return true;
    return false;
}

// Anybody may open a chat, so a flood of visitors must leave room for desks and gateways.
static bool is_crowded(const struct faces *f)
{
    return http_connections(f->http) > (uint64_t)f->config->server.max_connections / 4 * 3;
}

static void on_connect(void *ctx, struct http_request *r)
{
    struct faces *f = ctx;
    const char *name = http_query(r, "account"), *host = http_header_in(r, "Host");
    const struct config_account *a = name ? config_account(f->config, name) : NULL;
    struct face *face = a && a->kind == CONFIG_ACCOUNT_CHAT ? faces_find(f, a->tenant) : NULL;
    if (!face || f->draining) {
        http_problem(r, face ? PROBLEM_unavailable : PROBLEM_not_found, "account", "no such chat account");
        return;
    }
    if (is_crowded(f)) {
        http_problem(r, PROBLEM_overloaded, NULL, "too many connections: try again");
        return;
    }
    struct chat *c = xcalloc(1, sizeof *c);
    c->all = face->chats;
    strncpy(c->account, a->name, sizeof c->account - 1);
    strncpy(c->origin_host, host ? host : "", sizeof c->origin_host - 1);
    c->ws = ws_accept(r, &(struct ws_options){.protocols = WS_JSON | WS_PROTO,
                                              .message_max = 64u << 10,
                                              .output_max = (size_t)f->config->chat.queue_bytes,
                                              .origin_allowed = origin_allowed,
                                              .message = on_message,
                                              .closed = on_closed,
                                              .ctx = c});
    if (!c->ws) {
        free(c);
        return;
    }
    c->id = table_add(&c->all->table, c);
    c->timer = loop_timer_new(f->loop, on_timer, c);
    loop_timer_set(c->timer, CHAT_HELLO_MS);
    metric_add(c->all->connected, 1);
}

void chats_routes(struct faces *f)
{
    static const struct http_route routes[] = {
        {.method = HTTP_GET, .pattern = "/v1/chat", .roles = 0, .handler = on_connect}};
    http_route_add(f->http, routes, 1, f);
}
