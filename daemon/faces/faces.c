// SPDX-License-Identifier: Apache-2.0
// The faces' life: made with their routes, reconfigured, drained, freed; and who may enter. Everything else stands in the
// face's own file. Nothing here can fail but by refusing a token.
#include "daemon/faces/faces.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/face.h"
#include "daemon/faces/media_face.h"
#include "daemon/net/ws.h"

#define DRAIN_POLL_MS 20
#define DRAIN_MAX_MS  5000

struct face *faces_find(const struct faces *f, const char *tenant)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->v[i].tenant, tenant) == 0)
            return &f->v[i];
    return NULL;
}

struct face *faces_of_request(struct faces *f, struct http_request *r)
{
    const struct auth_identity *who = http_identity(r);
    struct face *face = who ? faces_find(f, who->tenant) : NULL;
    if (!face)
        http_problem(r, PROBLEM_forbidden, NULL, "this token's tenant is not served here");
    return face;
}

struct face *faces_check_token(const struct faces *f, const char *token, const char *peer, unsigned roles,
                               struct auth_identity *who, const char **code)
{
    enum auth_verdict v = auth_check(f->auth, token, peer, loop_now(f->loop), who);
    static const char *const codes[] = {[AUTH_OK] = "forbidden",
                                        [AUTH_REFUSED] = "unauthorized",
                                        [AUTH_SLOWED] = "too_many_requests",
                                        [AUTH_EARLY] = FACE_EARLY};
    *code = codes[v];
    if (v != AUTH_OK)
        return NULL;
    return who->role & roles ? faces_find(f, who->tenant) : NULL;
}

uint16_t faces_refusal_close(const char *code)
{
    return strcmp(code, FACE_EARLY) == 0 ? WS_TRY_AGAIN : WS_POLICY;
}

struct face *faces_upgrade(struct faces *f, struct http_request *r, unsigned roles, struct auth_identity *who,
                           bool *known)
{
    const char *bearer = http_bearer(r), *code = NULL;
    *known = bearer != NULL;
    if (f->draining) {
        http_problem(r, PROBLEM_unavailable, NULL, "shutting down");
        return NULL;
    }
    if (!bearer)
        return &f->v[0];
    struct face *face = faces_check_token(f, bearer, http_peer(r), roles, who, &code);
    if (!face)
        http_problem(r,
                     *code == 'f'                    ? PROBLEM_forbidden
                     : *code == 't'                  ? PROBLEM_too_many_requests
                     : strcmp(code, FACE_EARLY) == 0 ? PROBLEM_unavailable
                                                     : PROBLEM_unauthorized,
                     NULL, NULL);
    return face;
}

void faces_recheck(struct face *face)
{
    desks_recheck(face->desks);
    gateways_recheck(face->gateways);
    tails_recheck(face->tails);
}

// ---- drain ----

static bool idle(const struct faces *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (!desks_idle(f->v[i].desks) || !chats_idle(f->v[i].chats))
            return false;
    return true;
}

static void on_drain(void *arg)
{
    struct faces *f = arg;
    if (!idle(f) && loop_now(f->loop) < f->drain_until) {
        loop_timer_set(f->drain_timer, DRAIN_POLL_MS);
        return;
    }
    if (f->drained)
        f->drained(f->drained_arg);
    f->drained = NULL;
}

void faces_drain(struct faces *f, void (*drained)(void *arg), void *arg)
{
    f->draining = true;
    f->drained = drained;
    f->drained_arg = arg;
    for (size_t i = 0; i < f->n; i++) {
        gateways_drain(f->v[i].gateways);
        desks_drain(f->v[i].desks);
        chats_drain(f->v[i].chats);
        tails_drain(f->v[i].tails);
    }
    f->drain_until = loop_now(f->loop) + DRAIN_MAX_MS;
    loop_timer_set(f->drain_timer, 0);
}

// ---- life ----

static void on_heard(void *arg, const char *tenant, const char *topic, const void *bytes, size_t len)
{
    struct face *face = arg;
    if (strcmp(tenant, face->tenant) != 0)
        return;
    if (strcmp(topic, FACE_TOPIC_TOKENS) == 0)
        tokens_load(face->tokens);
    chats_heard(face->chats, topic, bytes, len);
    desks_heard(face->desks, topic, bytes, len);
}

static void face_init(struct faces *f, struct face *face, const struct faces_tenant *t)
{
    *face = (struct face){
        .faces = f, .tenant = t->name, .store = t->store, .core = t->core, .outbox = t->outbox, .triage = t->triage};
    face->gateways = gateways_new(face);
    face->desks = desks_new(face);
    face->chats = chats_new(face);
    face->tails = tails_new(face);
    face->admin = admin_new(face);
    face->tokens = tokens_new(face);
    store_on_publish(face->store, on_heard, face);
}

struct faces *faces_new(const struct faces_options *o)
{
    struct faces *f = xcalloc(1, sizeof *f);
    *f = (struct faces){.loop = o->loop,
                        .http = o->http,
                        .auth = o->auth,
                        .media = o->media,
                        .workers = o->workers,
                        .fetch = o->fetch,
                        .fetch_ctx = o->fetch_ctx,
                        .config = o->config,
                        .node = o->node,
                        .reload = o->reload,
                        .reload_arg = o->reload_arg,
                        .n = o->tenants_n};
    f->v = xcalloc(f->n + 1, sizeof *f->v);
    f->drain_timer = loop_timer_new(f->loop, on_drain, f);
    for (size_t i = 0; i < f->n; i++)
        face_init(f, &f->v[i], &o->tenants[i]);
    events_routes(f);
    gateways_routes(f);
    desks_routes(f);
    chats_routes(f);
    admin_routes(f);
    tails_routes(f);
    files_routes(f);
    media_routes(f);
    vendor_routes(f);
    return f;
}

void faces_reconfigure(struct faces *f, const struct config *config)
{
    f->config = config;
    for (size_t i = 0; i < f->n; i++)
        faces_recheck(&f->v[i]);
}

bool faces_ready(const struct faces *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (!tokens_known(f->v[i].tokens))
            return false;
    return true;
}

void faces_free(struct faces *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++) {
        gateways_free(f->v[i].gateways);
        desks_free(f->v[i].desks);
        chats_free(f->v[i].chats);
        tails_free(f->v[i].tails);
        admin_free(f->v[i].admin);
        tokens_free(f->v[i].tokens);
    }
    events_free(f);
    vendor_routes_free(f);
    loop_timer_free(f->drain_timer);
    free(f->v);
    free(f);
}
