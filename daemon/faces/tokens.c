// SPDX-License-Identifier: Apache-2.0
// Bearer tokens that were made while running: kept in the store's document "tokens" under the SHA-256 of the secret, known to
// every node, and administered here. Those of the configuration file are not touched. A node learns of another's change by a
// published word and, should it miss that, within five seconds.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/faces/admin.h"
#include "throughline/v1/admin.pb-c.h"

#define TOKENS_DOC      "tokens"
#define TOKENS_RETRY_MS 500
#define TOKENS_FIRST_MS 50   // the first admin's token is on its way
#define TOKENS_AGAIN_MS 5000 // a published word may be missed while the connection that hears it is down

struct tokens {
    struct face *face;
    struct loop_timer *timer;
    bool known; // read: a tenant always has one, its first admin's
};

// ---- loading ----

static void on_loaded(void *module, uint64_t number, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct tokens *t = module;
    (void)number;
    if (e != TL_OK && e != TL_ABSENT) {
        loop_timer_set(t->timer, TOKENS_RETRY_MS);
        return;
    }
    size_t count = 0;
    struct auth_token *list = xcalloc(n + 1, sizeof *list);
    Throughline__V1__Token **kept = xcalloc(n + 1, sizeof(Throughline__V1__Token *));
    for (size_t i = 0; i + 1 < n; i += 2) {
        char hex[2 * AUTH_DIGEST_SIZE + 1] = {0};
        if (v[i].len == sizeof hex - 1)
            memcpy(hex, v[i].p, sizeof hex - 1);
        Throughline__V1__Token *token = throughline__v1__token__unpack(NULL, v[i + 1].len, v[i + 1].p);
        struct auth_token *a = &list[count];
        if (token && auth_digest_parse(hex, a->digest) && auth_role_parse(token->role, &a->role)) {
            a->id = token->id;
            a->tenant = t->face->tenant;
            a->agent = token->agent;
            kept[count++] = token;
        } else if (token) {
            throughline__v1__token__free_unpacked(token, NULL);
        }
    }
    auth_replace_all(t->face->faces->auth, AUTH_FROM_STORE, t->face->tenant, list, count);
    faces_recheck(t->face);
    if (!t->known && count > 0) {
        t->known = true;
        auth_arrived(t->face->faces->auth);
    }
    loop_timer_set(t->timer, t->known ? TOKENS_AGAIN_MS : TOKENS_FIRST_MS);
    for (size_t i = 0; i < count; i++)
        throughline__v1__token__free_unpacked(kept[i], NULL);
    free(kept);
    free(list);
}

bool tokens_known(const struct tokens *t)
{
    return t->known;
}

void tokens_load(struct tokens *t)
{
    store_doc_all(t->face->store, t->face->tenant, TOKENS_DOC, on_loaded, t, 0);
}

static void on_timer(void *arg)
{
    tokens_load(arg);
}

static void on_store(void *arg, bool up)
{
    if (up)
        tokens_load(arg);
}

struct tokens *tokens_new(struct face *face)
{
    struct tokens *t = xcalloc(1, sizeof *t);
    t->face = face;
    auth_await(face->faces->auth);
    t->timer = loop_timer_new(face->faces->loop, on_timer, t);
    store_on_change(face->store, on_store, t);
    loop_timer_set(t->timer, 0);
    return t;
}

void tokens_free(struct tokens *t)
{
    loop_timer_free(t->timer);
    free(t);
}

// ---- GET /v1/tokens ----

static Throughline__V1__Token *token_of_config(const struct config_token *c)
{
    Throughline__V1__Token *t = xcalloc(1, sizeof *t);
    throughline__v1__token__init(t);
    t->id = xstrdup(c->id);
    t->tenant = xstrdup(c->tenant);
    t->role = xstrdup(auth_role_name((enum auth_role)(1u << c->role)));
    t->agent = xstrdup(c->agent ? c->agent : "");
    t->note = xstrdup(c->note ? c->note : "from the configuration file");
    return t;
}

static void list_tokens(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    const struct config *config = c->face->faces->config;
    Throughline__V1__TokenList list = THROUGHLINE__V1__TOKEN_LIST__INIT;
    list.tokens = xcalloc(n + config->tokens_n + 1, sizeof(Throughline__V1__Token *));
    for (size_t i = 0; i + 1 < n; i += 2) {
        Throughline__V1__Token *t = throughline__v1__token__unpack(NULL, v[i + 1].len, v[i + 1].p);
        if (t)
            list.tokens[list.n_tokens++] = t;
    }
    for (size_t i = 0; i < config->tokens_n; i++)
        if (strcmp(config->tokens[i].tenant, c->face->tenant) == 0)
            list.tokens[list.n_tokens++] = token_of_config(&config->tokens[i]);
    http_reply_message(r, 200, &list.base);
    for (size_t i = 0; i < list.n_tokens; i++)
        throughline__v1__token__free_unpacked(list.tokens[i], NULL);
    free(list.tokens);
}

void admin_tokens(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face)
        return;
    struct admin_call *c = admin_call_new(face, r);
    c->entries = list_tokens;
    store_doc_all(face->store, face->tenant, TOKENS_DOC, admin_on_entries, face->admin, c->id);
}

// ---- POST /v1/tokens ----

static void token_made(struct admin_call *c, struct http_request *r, const struct store_placed *p)
{
    (void)p;
    Throughline__V1__Token *t = (Throughline__V1__Token *)c->answer;
    struct auth_token a = {.id = t->id, .tenant = c->face->tenant, .agent = t->agent};
    auth_digest(t->secret, a.digest);
    if (auth_role_parse(t->role, &a.role) && !auth_put(c->face->faces->auth, AUTH_FROM_STORE, &a)) {
        http_problem(r, PROBLEM_unprocessable, NULL, "the token is not one");
        return;
    }
    store_publish(c->face->store, c->face->tenant, FACE_TOPIC_TOKENS, "", 0);
    admin_audit(c->face, r, "token.post", t->id, t->role);
    http_reply_message(r, 201, c->answer);
}

static const char *token_is_wrong(const struct face *face, const Throughline__V1__Token *t, const char **field)
{
    enum auth_role role;
    *field = "role";
    if (!auth_role_parse(t->role, &role))
        return "must be gateway, agent, supervisor or admin";
    *field = "agent";
    if (role == AUTH_AGENT && !*t->agent)
        return "a token of role agent names its agent";
    if ((role == AUTH_GATEWAY || role == AUTH_ADMIN) && *t->agent)
        return "only agents and supervisors have one";
    struct router_agent_view a;
    if (*t->agent && !router_agent(core_router(face->core), t->agent, &a))
        return "no such agent is configured";
    *field = "note";
    return strlen(t->note) > 200 ? "at most 200 bytes" : NULL;
}

// The token as it is kept and answered: everything but role, agent and note is ours to say.
static Throughline__V1__Token *token_new(const struct face *face, const Throughline__V1__Token *asked)
{
    char secret[AUTH_SECRET_SIZE], id[ID_NAME_SIZE];
    Throughline__V1__Token *t = xcalloc(1, sizeof *t);
    throughline__v1__token__init(t);
    id_name(id);
    t->id = xstrdup(id);
    t->role = xstrdup(asked->role);
    t->agent = xstrdup(asked->agent);
    t->note = xstrdup(asked->note);
    t->tenant = xstrdup(face->tenant);
    t->secret = xstrdup(auth_secret(secret));
    t->created_ms = loop_unix_ms();
    return t;
}

void admin_token_post(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    Throughline__V1__Token *asked =
        face ? (Throughline__V1__Token *)http_body_message(r, &throughline__v1__token__descriptor) : NULL;
    const char *field = NULL;
    if (!asked)
        return;
    const char *wrong = token_is_wrong(face, asked, &field);
    if (wrong) {
        http_problem(r, PROBLEM_invalid_body, field, wrong);
        throughline__v1__token__free_unpacked(asked, NULL);
        return;
    }
    Throughline__V1__Token *t = token_new(face, asked), kept = *t;
    throughline__v1__token__free_unpacked(asked, NULL);
    unsigned char digest[AUTH_DIGEST_SIZE];
    char hex[2 * AUTH_DIGEST_SIZE + 1];
    uint8_t bytes[1024];
    auth_digest(t->secret, digest);
    kept.secret = (char *)protobuf_c_empty_string;
    struct admin_call *c = admin_call_new(face, r);
    c->placed = token_made;
    c->answer = &t->base;
    store_doc_set(face->store, face->tenant, TOKENS_DOC, id_hex(hex, digest, sizeof digest), bytes,
                  throughline__v1__token__pack(&kept, bytes), admin_on_placed, face->admin, c->id);
}

// ---- DELETE /v1/tokens/{id} ----

static void token_gone(struct admin_call *c, struct http_request *r, const struct store_placed *p)
{
    (void)p;
    auth_remove(c->face->faces->auth, AUTH_FROM_STORE, c->face->tenant, c->name);
    faces_recheck(c->face);
    store_publish(c->face->store, c->face->tenant, FACE_TOPIC_TOKENS, "", 0);
    admin_audit(c->face, r, "token.delete", c->name, "");
    http_reply_empty(r, 204);
}

static void token_find(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        Throughline__V1__Token *t = throughline__v1__token__unpack(NULL, v[i + 1].len, v[i + 1].p);
        bool found = t && strcmp(t->id, c->name) == 0 && v[i].len == 2 * AUTH_DIGEST_SIZE;
        if (t)
            throughline__v1__token__free_unpacked(t, NULL);
        if (!found)
            continue;
        char hex[2 * AUTH_DIGEST_SIZE + 1] = {0};
        memcpy(hex, v[i].p, sizeof hex - 1);
        c->again = true;
        c->placed = token_gone;
        store_doc_set(c->face->store, c->face->tenant, TOKENS_DOC, hex, NULL, 0, admin_on_placed, c->face->admin,
                      c->id);
        return;
    }
    http_problem(r, PROBLEM_not_found, NULL, "no such token was made while running");
}

void admin_token_delete(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face)
        return;
    struct admin_call *c = admin_call_new(face, r);
    c->entries = token_find;
    strncpy(c->name, http_param(r, "id"), sizeof c->name - 1);
    store_doc_all(face->store, face->tenant, TOKENS_DOC, admin_on_entries, face->admin, c->id);
}
