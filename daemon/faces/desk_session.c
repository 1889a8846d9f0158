// SPDX-License-Identifier: Apache-2.0
// GET /v1/desk, a desk's life: upgrade, hello, opening, live, gone. A desk is live once its own DeskOpened has been folded, so
// that what it is shown includes itself. One session lives once per node: a second connection takes it over.
//
// Fails by telling the desk why and closing; what it had in hand stays with its agent for the channel's time.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/faces/desk.h"
#include "daemon/faces/peer.h"
#include "throughline/v1/log.pb-c.h"

uint64_t desk_agent_hash(const char *agent)
{
    return store_digest(agent, strlen(agent)) | 1;
}

void desk_fail(struct desk *d, uint16_t code_close, const char *code, const char *field, const char *detail)
{
    desk_error(d, code, field, detail);
    if (d->state == DESK_OPENING)
        d->all->opening--;
    d->state = DESK_ENDING;
    loop_timer_set(d->timer, -1);
    ws_close(d->ws, code_close, code);
}

// ---- the agent's chain ----

static void chain_add(struct desk *d)
{
    uint64_t key = desk_agent_hash(d->agent);
    d->next_agent = table_get(&d->all->by_agent, key);
    table_put(&d->all->by_agent, key, d);
}

static void chain_remove(struct desk *d)
{
    uint64_t key = desk_agent_hash(d->agent);
    struct desk *first = table_get(&d->all->by_agent, key);
    struct desk **at = &first;
    while (*at && *at != d)
        at = &(*at)->next_agent;
    if (!*at)
        return;
    *at = d->next_agent;
    if (first)
        table_put(&d->all->by_agent, key, first);
    else
        table_take(&d->all->by_agent, key);
}

// ---- opening ----

struct replay {
    struct desk *desk;
    bool welcomed;
};

static void on_missed(void *ctx, const struct core_effect *ce)
{
    struct replay *r = ctx;
    if (!r->welcomed)
        desk_welcome(r->desk, true);
    r->welcomed = true;
    desk_replayed(r->desk, ce);
}

void desk_go_live(struct desk *d)
{
    struct core *core = d->all->face->core;
    const char *agent = NULL;
    if (*d->agent && (!router_session_agent(core_router(core), d->session, &agent) || strcmp(agent, d->agent) != 0)) {
        d->said_goodbye = true; // to what is not ours, or never was
        desk_fail(d, WS_POLICY, "unknown_agent", "hello", "no such agent, or the session is another agent's");
        return;
    }
    if (d->state == DESK_OPENING)
        d->all->opening--;
    d->state = DESK_LIVE;
    chain_add(d);
    struct replay r = {.desk = d};
    bool resumed = *d->last_seq && core_replay(core, d->agent, d->last_seq, on_missed, &r);
    if (!r.welcomed)
        desk_welcome(d, resumed);
}

static void open_send(struct desk *d);

static void on_opened(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct desks *all = module;
    struct desk *d = table_get(&all->table, token);
    if (!d || d->state != DESK_OPENING)
        return;
    if (e != TL_OK) {
        loop_timer_set(d->timer, DESK_RETRY_MS);
        return;
    }
    d->opened = p->input;
    if (core_input(all->face->core) >= d->opened)
        desk_go_live(d);
}

static void open_send(struct desk *d)
{
    Throughline__V1__DeskOpened opened = THROUGHLINE__V1__DESK_OPENED__INIT;
    opened.session = d->session;
    opened.agent = d->agent;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_DESK_OPENED;
    in.desk_opened = &opened;
    core_append(d->all->face->core, &in, on_opened, d->all, d->id);
}

// Another fold is in force, or the log has this node for lost. Where the fold no longer knows the session the desk must open it again:
// it is cut, as if the network had failed, and comes back with what was not answered.
void desk_start_afresh(struct desk *d)
{
    const char *agent = NULL;
    if (*d->agent && !router_session_agent(core_router(d->all->face->core), d->session, &agent)) {
        desk_fail(d, WS_TRY_AGAIN, "session_lost", "", "the session was lost meanwhile: connect again");
        return;
    }
    desk_queue_clear(d);
    desk_welcome(d, false);
}

// ---- hello ----

static bool session_is_well_formed(const char *s)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = strlen(s);
    return len >= 16 && len <= 64 && strspn(s, allowed) == len;
}

static bool hello_identity(struct desk *d, const Throughline__V1__Hello *h)
{
    struct faces *f = d->all->face->faces;
    const char *code = NULL;
    struct face *face =
        d->known ? d->all->face : faces_check_token(f, h->token, ws_peer(d->ws), DESK_ROLES, &d->who, &code);
    if (!face) {
        desk_fail(d, faces_refusal_close(code), code, "hello.token", "a valid token of an agent is needed");
        return false;
    }
    if (face != d->all->face) { // it connected before saying whose it is
        table_take(&d->all->table, d->id);
        metric_add(d->all->connected, -1);
        d->all = face->desks;
        metric_add(d->all->connected, 1);
        d->id = table_add(&d->all->table, d);
    }
    const char *agent = d->who.role == AUTH_ADMIN ? h->agent : d->who.agent;
    if (*h->agent && strcmp(h->agent, agent) != 0) {
        desk_fail(d, WS_POLICY, "forbidden", "hello.agent", "the token is another agent's");
        return false;
    }
    if ((!*agent && d->who.role != AUTH_SUPERVISOR) || strlen(agent) >= sizeof d->agent) {
        desk_fail(d, WS_POLICY, "agent_required", "hello.agent", "an admin's token must say which agent");
        return false;
    }
    memcpy(d->agent, agent, strlen(agent) + 1);
    return true;
}

static void take_over(struct desk *d)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&d->all->table, &cursor, &id, &v)) {
        struct desk *other = v;
        if (other == d || other->state == DESK_ENDING || strcmp(other->session, d->session) != 0 ||
            strcmp(other->agent, d->agent) != 0)
            continue;
        other->taken_over = true;
        desk_fail(other, WS_POLICY, "taken_over", "", "another connection took this session over");
        return;
    }
}

static unsigned desks_of_agent(const struct desk *d)
{
    unsigned n = 0;
    for (const struct desk *o = table_get(&d->all->by_agent, desk_agent_hash(d->agent)); o; o = o->next_agent)
        n += o->state == DESK_LIVE && strcmp(o->agent, d->agent) == 0;
    return n;
}

// Whether this agent may have this session.
static bool hello_agent(struct desk *d, const char *session)
{
    struct router *router = core_router(d->all->face->core);
    struct router_agent_view a;
    const char *owner = NULL;
    if (!router_agent(router, d->agent, &a)) {
        desk_fail(d, WS_POLICY, "unknown_agent", "hello.agent", "no such agent is configured");
        return false;
    }
    if (router_session_agent(router, session, &owner) && strcmp(owner, d->agent) != 0) {
        desk_fail(d, WS_POLICY, "forbidden", "hello.session", "the session is another agent's");
        return false;
    }
    if (!owner && desks_of_agent(d) >= DESK_PER_AGENT_MAX) {
        desk_fail(d, WS_POLICY, "too_many", "hello.agent", "this agent has 16 desks here already");
        return false;
    }
    if (strcmp(d->agent, d->who.agent) != 0)
        face_audit(d->all->face, d->who.token, "desk.open", d->agent, session);
    return true;
}

void desk_take_hello(struct desk *d, const Throughline__V1__Hello *h)
{
    if (!hello_identity(d, h))
        return;
    ws_limit(d->ws, DESK_MESSAGE_MAX);
    if (!session_is_well_formed(h->session)) {
        desk_fail(d, WS_POLICY, "invalid_field", "hello.session", "must be 16 to 64 of [A-Za-z0-9_-]");
        return;
    }
    if (!core_open(d->all->face->core)) {
        desk_fail(d, WS_TRY_AGAIN, "unavailable", "", "starting: connect again");
        return;
    }
    if (*d->agent && !hello_agent(d, h->session))
        return;
    loop_timer_set(d->timer, -1);
    strncpy(d->last_seq, h->last_seq, sizeof d->last_seq - 1);
    strncpy(d->session, h->session, sizeof d->session - 1);
    take_over(d);
    desk_unpart(d->all, d->session);
    if (!*d->agent) {
        desk_go_live(d);
        return;
    }
    d->state = DESK_OPENING;
    d->all->opening++;
    open_send(d);
}

// ---- life ----

static void on_message(void *ctx, const void *bytes, size_t len)
{
    struct desk *d = ctx;
    struct json_error err;
    if (d->state == DESK_ENDING)
        return;
    ProtobufCMessage *m = peer_read(d->ws, &throughline__v1__desk_command__descriptor, bytes, len, &err);
    if (!m) {
        desk_error(d, err.code, err.path, err.text);
        return;
    }
    desk_take_command(d, (Throughline__V1__DeskCommand *)m);
}

static void on_timer(void *arg)
{
    struct desk *d = arg;
    if (d->state == DESK_NEW)
        desk_fail(d, WS_POLICY, "hello_expected", "", "no hello within 5 s");
    else if (d->state == DESK_OPENING)
        open_send(d);
    else if (d->state == DESK_LIVE)
        desk_commands_retry(d);
}

static void desk_free(void *object)
{
    struct desk *d = object;
    loop_timer_free(d->timer);
    free(d);
}

static void on_closed(void *ctx, uint16_t code)
{
    struct desk *d = ctx;
    (void)code;
    chain_remove(d);
    if (d->state == DESK_OPENING)
        d->all->opening--;
    d->state = DESK_ENDING;
    if (*d->session && *d->agent && !d->taken_over && !d->said_goodbye)
        desk_part(d->all, d->session, false);
    desk_commands_clear(d);
    desk_queue_clear(d);
    table_take(&d->all->table, d->id);
    metric_add(d->all->connected, -1);
    loop_timer_set(d->timer, -1);
    loop_defer_free(d->all->face->faces->loop, desk_free, d);
}

static void on_connect(void *ctx, struct http_request *r)
{
    struct faces *f = ctx;
    struct desk *d = xcalloc(1, sizeof *d);
    struct face *face = faces_upgrade(f, r, DESK_ROLES, &d->who, &d->known);
    d->commands_end = &d->commands;
    d->ws = face ? ws_accept(r, &(struct ws_options){.protocols = WS_JSON | WS_PROTO,
                                                     .message_max = FACE_HELLO_MAX,
                                                     .output_max = (size_t)f->config->desk.queue_bytes + DESK_LARGEST,
                                                     .message = on_message,
                                                     .closed = on_closed,
                                                     .ctx = d})
                 : NULL;
    if (!d->ws) {
        free(d);
        return;
    }
    d->all = face->desks;
    d->id = table_add(&d->all->table, d);
    d->timer = loop_timer_new(f->loop, on_timer, d);
    loop_timer_set(d->timer, DESK_HELLO_MS);
    metric_add(d->all->connected, 1);
}

void desks_routes(struct faces *f)
{
    // Tokens are checked here or in hello: a browser cannot send the header.
    static const struct http_route routes[] = {
        {.method = HTTP_GET, .pattern = "/v1/desk", .roles = 0, .handler = on_connect}};
    http_route_add(f->http, routes, 1, f);
}
