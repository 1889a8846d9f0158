// SPDX-License-Identifier: Apache-2.0
// The back office's table of routes and who may use them, and how a request waits: for the store's answer, or until the change
// that it asked for has been folded, so that what is read next shows it. docs/reference/api.md has the same table; a test
// compares the two.
#include "daemon/faces/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "proto/names.h"
#include "proto/refusal.h"
#include "throughline/v1/admin.pb-c.h"

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/v1/status", .roles = ADMIN_READ, .handler = admin_status},
    {.method = HTTP_GET, .pattern = "/v1/agents", .roles = ADMIN_READ, .handler = admin_agents},
    {.method = HTTP_GET, .pattern = "/v1/agents/{id}", .roles = ADMIN_READ, .handler = admin_agent},
    {.method = HTTP_PUT, .pattern = "/v1/agents/{id}", .roles = AUTH_ADMIN, .handler = admin_agent_put},
    {.method = HTTP_DELETE, .pattern = "/v1/agents/{id}", .roles = AUTH_ADMIN, .handler = admin_agent_delete},
    {.method = HTTP_GET,
     .pattern = "/v1/agents/{id}/learned",
     .roles = AUTH_AGENT | ADMIN_READ,
     .handler = admin_learned},
    {.method = HTTP_POST,
     .pattern = "/v1/agents/{id}/learned/reset",
     .roles = ADMIN_READ,
     .handler = admin_learned_reset},
    {.method = HTTP_POST,
     .pattern = "/v1/agents/{id}/learned/{work}/contest",
     .roles = AUTH_AGENT | ADMIN_READ,
     .handler = admin_contest},
    {.method = HTTP_POST,
     .pattern = "/v1/agents/{id}/learned/{work}/restore",
     .roles = ADMIN_READ,
     .handler = admin_restore},
    {.method = HTTP_GET, .pattern = "/v1/queues", .roles = ADMIN_READ, .handler = admin_queues},
    {.method = HTTP_GET, .pattern = "/v1/queues/{name}", .roles = ADMIN_READ, .handler = admin_queue},
    {.method = HTTP_PUT, .pattern = "/v1/queues/{name}", .roles = AUTH_ADMIN, .handler = admin_queue_put},
    {.method = HTTP_DELETE, .pattern = "/v1/queues/{name}", .roles = AUTH_ADMIN, .handler = admin_queue_delete},
    {.method = HTTP_GET, .pattern = "/v1/work", .roles = ADMIN_READ, .handler = admin_works},
    {.method = HTTP_GET, .pattern = "/v1/work/{id}", .roles = ADMIN_READ, .handler = admin_work},
    {.method = HTTP_GET, .pattern = "/v1/work/{id}/why", .roles = ADMIN_READ, .handler = admin_why},
    {.method = HTTP_GET, .pattern = "/v1/decisions", .roles = ADMIN_READ, .handler = admin_decisions},
    {.method = HTTP_GET, .pattern = "/v1/decisions/{id}", .roles = ADMIN_READ, .handler = admin_decision},
    {.method = HTTP_GET, .pattern = "/v1/conversations", .roles = ADMIN_READ, .handler = admin_conversations},
    {.method = HTTP_GET, .pattern = "/v1/conversations/{id}", .roles = ADMIN_READ, .handler = admin_conversation},
    {.method = HTTP_GET, .pattern = "/v1/conversations/{id}/timeline", .roles = ADMIN_READ, .handler = admin_timeline},
    {.method = HTTP_GET, .pattern = "/v1/customers/{id}", .roles = ADMIN_READ, .handler = admin_customer},
    {.method = HTTP_POST, .pattern = "/v1/customers/{id}/merge", .roles = AUTH_ADMIN, .handler = admin_merge},
    {.method = HTTP_POST, .pattern = "/v1/customers/{id}/unmerge", .roles = AUTH_ADMIN, .handler = admin_unmerge},
    {.method = HTTP_POST, .pattern = "/v1/customers/{id}/link", .roles = AUTH_ADMIN, .handler = admin_link},
    {.method = HTTP_PUT, .pattern = "/v1/customers/{id}/attributes", .roles = AUTH_ADMIN, .handler = admin_attributes},
    {.method = HTTP_GET, .pattern = "/v1/dead-letters", .roles = ADMIN_READ, .handler = admin_dead_letters},
    {.method = HTTP_POST, .pattern = "/v1/dead-letters/{id}/resend", .roles = ADMIN_READ, .handler = admin_resend},
    {.method = HTTP_POST, .pattern = "/v1/agents/{id}/log-out", .roles = ADMIN_READ, .handler = admin_log_out},
    {.method = HTTP_POST, .pattern = "/v1/agents/{id}/drain", .roles = ADMIN_READ, .handler = admin_drain},
    {.method = HTTP_POST, .pattern = "/v1/work/{id}/assign", .roles = ADMIN_READ, .handler = admin_assign},
    {.method = HTTP_POST, .pattern = "/v1/work/{id}/pull", .roles = ADMIN_READ, .handler = admin_pull},
    {.method = HTTP_POST, .pattern = "/v1/work/{id}/requeue", .roles = ADMIN_READ, .handler = admin_requeue},
    {.method = HTTP_POST, .pattern = "/v1/queues/{name}/close", .roles = ADMIN_READ, .handler = admin_close_queue},
    {.method = HTTP_POST, .pattern = "/v1/queues/{name}/open", .roles = ADMIN_READ, .handler = admin_open_queue},
    {.method = HTTP_POST, .pattern = "/v1/work/{id}/priority", .roles = ADMIN_READ, .handler = admin_priority},
    {.method = HTTP_POST, .pattern = "/v1/work/{id}/listen", .roles = ADMIN_READ, .handler = admin_listen},
    {.method = HTTP_POST, .pattern = "/v1/work/{id}/whisper", .roles = ADMIN_READ, .handler = admin_whisper},
    {.method = HTTP_POST, .pattern = "/v1/work/{id}/barge", .roles = ADMIN_READ, .handler = admin_barge},
    {.method = HTTP_POST, .pattern = "/v1/work/{id}/take-over", .roles = ADMIN_READ, .handler = admin_take_over},
    {.method = HTTP_GET, .pattern = "/v1/tokens", .roles = AUTH_ADMIN, .handler = admin_tokens},
    {.method = HTTP_POST, .pattern = "/v1/tokens", .roles = AUTH_ADMIN, .handler = admin_token_post},
    {.method = HTTP_DELETE, .pattern = "/v1/tokens/{id}", .roles = AUTH_ADMIN, .handler = admin_token_delete},
    {.method = HTTP_GET, .pattern = "/v1/audit", .roles = AUTH_ADMIN, .handler = admin_audit_list},
    {.method = HTTP_GET, .pattern = "/v1/config", .roles = AUTH_ADMIN, .handler = admin_config},
    {.method = HTTP_GET, .pattern = "/v1/config/lint", .roles = AUTH_ADMIN, .handler = admin_config_lint},
    {.method = HTTP_GET, .pattern = "/v1/config/diff", .roles = AUTH_ADMIN, .handler = admin_config_diff},
    {.method = HTTP_POST, .pattern = "/v1/config/apply", .roles = AUTH_ADMIN, .handler = admin_config_apply},
    {.method = HTTP_GET, .pattern = "/v1/log", .roles = AUTH_ADMIN, .handler = admin_log},
    {.method = HTTP_GET, .pattern = "/v1/log/snapshot", .roles = AUTH_ADMIN, .handler = admin_log_snapshot},
    {.method = HTTP_GET, .pattern = "/v1/log/skipped", .roles = AUTH_ADMIN, .handler = admin_skipped},
    {.method = HTTP_POST, .pattern = "/v1/log/{input}/skip", .roles = AUTH_ADMIN, .handler = admin_skip},
    {.method = HTTP_GET, .pattern = "/livez", .roles = 0, .handler = admin_livez},
    {.method = HTTP_GET, .pattern = "/readyz", .roles = 0, .handler = admin_readyz},
    {.method = HTTP_GET, .pattern = "/metrics", .roles = 0, .handler = admin_metrics},
};

void admin_routes(struct faces *f)
{
    http_route_add(f->http, routes, sizeof routes / sizeof *routes, f);
}

// ---- calls ----

struct admin_call *admin_call_new(struct face *face, struct http_request *r)
{
    struct admin_call *c = xcalloc(1, sizeof *c);
    c->face = face;
    c->request = http_id(r);
    c->id = table_add(&face->admin->calls, c);
    return c;
}

static void call_free(struct admin_call *c)
{
    if (c->answer)
        protobuf_c_message_free_unpacked(c->answer, NULL);
    free(c);
}

void admin_call_end(struct admin_call *c)
{
    table_take(&c->face->admin->calls, c->id);
    call_free(c);
}

void admin_problem(struct http_request *r, enum tl_err e)
{
    static const enum http_problem problems[] = {
        [TL_UNKNOWN] = PROBLEM_deadline,  [TL_UNAVAILABLE] = PROBLEM_unavailable, [TL_INVALID] = PROBLEM_unprocessable,
        [TL_CONFLICT] = PROBLEM_conflict, [TL_FENCED] = PROBLEM_conflict,         [TL_ABSENT] = PROBLEM_not_found,
        [TL_FULL] = PROBLEM_overloaded,
    };
    http_problem(r, problems[e], NULL, e == TL_ABSENT ? "there is none with this id" : NULL);
}

// The call and its request, or NULL when either is gone; an error is answered here.
static struct admin_call *call_of(struct admin *a, uint64_t token, enum tl_err e, struct http_request **r)
{
    struct admin_call *c = table_get(&a->calls, token);
    if (!c)
        return NULL;
    *r = http_find(a->face->faces->http, c->request);
    e = e == TL_ABSENT && c->may_miss ? TL_OK : e;
    if (*r && e != TL_OK)
        admin_problem(*r, e);
    if (*r && e == TL_OK)
        return c;
    admin_call_end(c);
    return NULL;
}

void admin_on_entries(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct http_request *r;
    struct admin_call *c = call_of(module, token, e, &r);
    if (!c)
        return;
    c->again = false;
    c->entries(c, r, v, n);
    if (!c->again)
        admin_call_end(c);
}

// Its name, and what that means.
static void refusal_problem(struct http_request *r, Throughline__V1__Refusal refusal)
{
    char detail[256];
    snprintf(detail, sizeof detail, "%s: %s", refusal_name(refusal), refusal_words(refusal));
    http_problem(r, PROBLEM_unprocessable, NULL, detail);
}

static void answer_if_folded(struct admin_call *c, struct http_request *r)
{
    struct admin *a = c->face->admin;
    if (core_input(c->face->core) < c->waits_for)
        return;
    for (unsigned i = 0; i < ADMIN_REFUSED; i++)
        if (a->refused[i].input == c->waits_for) {
            refusal_problem(r, (Throughline__V1__Refusal)a->refused[i].refusal);
            return;
        }
    if (c->lints)
        admin_lint_after(c, r);
    if (c->folded)
        c->folded(c, r);
    else if (c->answer)
        http_reply_message(r, c->status, c->answer);
    else
        http_reply_empty(r, c->status);
}

void admin_on_placed(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct admin *a = module;
    struct http_request *r;
    struct admin_call *c = call_of(a, token, e, &r);
    if (!c)
        return;
    c->again = false;
    if (c->placed)
        c->placed(c, r, p);
    else
        c->waits_for = p->input;
    if (c->waits_for) {
        answer_if_folded(c, r);
        if (core_input(c->face->core) < c->waits_for) {
            a->waiting++;
            return;
        }
    }
    if (!c->again)
        admin_call_end(c);
}

// ---- what the fold says ----

static void on_effect(void *ctx, const struct core_effect *ce)
{
    struct admin *a = ctx;
    if (ce->e->kind != ROUTER_REFUSED || (ce->e->client_id && *ce->e->client_id))
        return;
    a->refused[a->refused_next].input = ce->e->number ? ce->e->number : ce->input;
    a->refused[a->refused_next].refusal = ce->e->refusal;
    a->refused_next = (a->refused_next + 1) % ADMIN_REFUSED;
}

static struct admin_call *next_folded(const struct admin *a)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&a->calls, &cursor, &id, &v)) {
        struct admin_call *c = v;
        if (c->waits_for && core_input(c->face->core) >= c->waits_for)
            return c;
    }
    return NULL;
}

static void on_batch_end(void *ctx)
{
    struct admin *a = ctx;
    struct admin_call *c;
    while (a->waiting && (c = next_folded(a))) {
        struct http_request *r = http_find(a->face->faces->http, c->request);
        if (r)
            answer_if_folded(c, r);
        a->waiting--;
        admin_call_end(c);
    }
}

struct admin *admin_new(struct face *face)
{
    struct admin *a = xcalloc(1, sizeof *a);
    a->face = face;
    core_listen(face->core, &(struct core_listener){.ctx = a, .effect = on_effect, .batch_end = on_batch_end});
    return a;
}

void admin_free(struct admin *a)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&a->calls, &cursor, &id, &v))
        call_free(v);
    table_close(&a->calls);
    free(a->said.v);
    free(a);
}

// ---- changes ----

static void on_audited(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    (void)module;
    (void)token;
    (void)e;
    (void)p;
}

void face_audit(const struct face *face, const char *actor, const char *action, const char *target, const char *detail)
{
    Throughline__V1__Audit audit = THROUGHLINE__V1__AUDIT__INIT;
    audit.wall_ms = loop_unix_ms();
    audit.actor = (char *)actor;
    audit.action = (char *)action;
    audit.target = (char *)target;
    audit.detail = (char *)detail;
    size_t len = throughline__v1__audit__get_packed_size(&audit);
    uint8_t *bytes = xcalloc(1, len + 1);
    throughline__v1__audit__pack(&audit, bytes);
    store_audit(face->store, face->tenant, bytes, len, on_audited, face->admin, 0);
    free(bytes);
}

void admin_audit(struct face *face, struct http_request *r, const char *action, const char *target, const char *detail)
{
    face_audit(face, http_identity(r)->token, action, target, detail);
}

void admin_append(struct face *face, struct http_request *r, Throughline__V1__Input *in, unsigned status,
                  ProtobufCMessage *answer, const char *action, const char *target, const char *detail)
{
    struct admin_call *c = admin_call_new(face, r);
    c->status = status;
    c->answer = answer;
    admin_audit(face, r, action, target, detail);
    admin_lint_before(c, in);
    core_append(face->core, in, admin_on_placed, face->admin, c->id);
}

bool admin_cursor_number(struct http_request *r, const char *cursor, uint64_t *out)
{
    char *end = NULL;
    *out = *cursor ? strtoull(cursor, &end, 10) : 0;
    if (!*cursor || (*end == 0 && *out))
        return true;
    http_problem(r, PROBLEM_invalid_parameter, "cursor", "must be one that a page gave");
    return false;
}
