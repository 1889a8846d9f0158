// SPDX-License-Identifier: Apache-2.0
// POST /v1/events: one event or a batch, JSON or protobuf, answered when the fate of every one is known.
//
// A post holds its request's id, not the request: when the client leaves or the deadline passes, late outcomes find no
// post and are dropped; the events are stored all the same and a repetition is a duplicate. Checking an event's content is
// the triage's part. Fails with 400 (not a message), 503 (too much in hand, or an outcome is unknown).
#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/base/table.h"
#include "daemon/faces/face.h"
#include "proto/json.h"
#include "proto/wire.h"
#include "throughline/v1/event.pb-c.h"

#define POST_EVENTS_MAX  500
#define POST_BODY_MAX    (8u << 20)
#define POST_DEADLINE_MS 10000

// Outcomes carry the post's id and the event's place in it.
#define POST_INDEX_BITS 10

struct post {
    uint64_t id, request;
    bool batch;
    size_t n, open;
    Throughline__V1__EventResult **results; // of a batch: owned copies
};
struct posts {
    struct faces *faces;
    struct table table; // id -> struct post
    struct metric *seconds;
};

static void post_free(struct post *p)
{
    for (size_t i = 0; p->batch && i < p->n; i++)
        if (p->results[i])
            throughline__v1__event_result__free_unpacked(p->results[i], NULL);
    free(p->results);
    free(p);
}

static Throughline__V1__EventResult *result_copy(const Throughline__V1__EventResult *r)
{
    uint8_t small[1024];
    size_t len = throughline__v1__event_result__get_packed_size(r);
    uint8_t *bytes = len <= sizeof small ? small : xcalloc(1, len);
    throughline__v1__event_result__pack(r, bytes);
    Throughline__V1__EventResult *copy = throughline__v1__event_result__unpack(NULL, len, bytes);
    if (bytes != small)
        free(bytes);
    return copy;
}

static void post_reply(struct posts *ps, const struct post *p, bool known, const ProtobufCMessage *m)
{
    struct http_request *r = http_find(ps->faces->http, p->request);
    if (!r)
        return;
    if (!known)
        http_header(r, "Retry-After", "1");
    http_reply_message(r, known ? 200 : 503, m);
}

static bool is_known(const Throughline__V1__EventResult *r)
{
    return r->status != THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN;
}

static void post_answer_batch(struct posts *ps, const struct post *p)
{
    Throughline__V1__EventBatchResult all = THROUGHLINE__V1__EVENT_BATCH_RESULT__INIT;
    bool known = true;
    for (size_t i = 0; i < p->n; i++)
        known = known && is_known(p->results[i]);
    all.n_results = p->n;
    all.results = p->results;
    post_reply(ps, p, known, &all.base);
}

static void post_keep(struct post *p, size_t i, const Throughline__V1__EventResult *result)
{
    p->results[i] = result_copy(result);
    if (result->error && *result->error->field) {
        char *field = xasprintf("events[%zu].%s", i, result->error->field);
        free(p->results[i]->error->field);
        p->results[i]->error->field = field;
    }
}

static void post_end(struct posts *ps, struct post *p)
{
    table_take(&ps->table, p->id);
    if (p->batch)
        post_answer_batch(ps, p);
    post_free(p);
}

static void on_outcome(void *module, uint64_t token, const Throughline__V1__EventResult *result)
{
    struct posts *ps = module;
    struct post *p = table_get(&ps->table, token >> POST_INDEX_BITS);
    size_t i = token & ((1u << POST_INDEX_BITS) - 1);
    if (!p || (p->batch && p->results[i]))
        return;
    if (p->batch)
        post_keep(p, i, result);
    else
        post_reply(ps, p, is_known(result), &result->base);
    if (--p->open == 0)
        post_end(ps, p);
}

static void post_begin(struct posts *ps, struct face *face, struct http_request *r, Throughline__V1__Event **events,
                       size_t n, bool batch)
{
    struct post *p = xcalloc(1, sizeof *p);
    // One more than the events: the post must outlive the loop below, where refusals come at once.
    *p = (struct post){.request = http_id(r), .batch = batch, .n = n, .open = n + 1};
    p->results = batch ? xcalloc(n + 1, sizeof(Throughline__V1__EventResult *)) : NULL;
    p->id = table_add(&ps->table, p);
    for (size_t i = 0; i < n; i++)
        triage_event(face->triage, events[i], on_outcome, ps, p->id << POST_INDEX_BITS | i);
    if (--p->open == 0)
        post_end(ps, p);
}

// JSON tells a batch by its member "events"; protobuf by the header X-Throughline-Message or the media type's parameter.
static bool body_is_batch(struct http_request *r, const char *body, size_t len, bool json)
{
    if (json) {
        const char *p = memmem(body, len, "\"events\"", 8);
        // Only a member of the outermost object counts: nothing but space and the brace may stand before it.
        for (const char *q = body; p && q < p; q++)
            if (*q != '{' && *q != ' ' && *q != '\n' && *q != '\r' && *q != '\t')
                return false;
        return p != NULL;
    }
    const char *type = http_header_in(r, "Content-Type"), *name = http_header_in(r, "X-Throughline-Message");
    return (name && strcasecmp(name, "EventBatch") == 0) || (type && strstr(type, "EventBatch"));
}

static bool request_is_json(struct http_request *r)
{
    const char *type = http_header_in(r, "Content-Type");
    return !type || strncasecmp(type, "application/json", 16) == 0;
}

static void on_post(void *ctx, struct http_request *r)
{
    struct faces *f = ctx;
    struct face *face = faces_of_request(f, r);
    if (!face)
        return;
    if (f->draining || store_pending(face->store) > face_pending_max(face)) {
        http_problem(r, PROBLEM_overloaded, NULL, "too many events wait for Redis");
        return;
    }
    size_t len = 0;
    const char *body = http_body(r, &len);
    bool batch = body_is_batch(r, body, len, request_is_json(r));
    ProtobufCMessage *m =
        http_body_message(r, batch ? &throughline__v1__event_batch__descriptor : &throughline__v1__event__descriptor);
    if (!m)
        return;
    Throughline__V1__EventBatch *all = (Throughline__V1__EventBatch *)m;
    Throughline__V1__Event *one = (Throughline__V1__Event *)m;
    if (batch && all->n_events > POST_EVENTS_MAX)
        http_problem(r, PROBLEM_invalid_body, "events", "a batch holds at most 500 events");
    else
        post_begin(f->posts, face, r, batch ? all->events : &one, batch ? all->n_events : 1, batch);
    protobuf_c_message_free_unpacked(m, NULL);
}

void events_routes(struct faces *f)
{
    static const struct http_route routes[] = {{
        .method = HTTP_POST,
        .pattern = "/v1/events",
        .roles = AUTH_GATEWAY | AUTH_ADMIN,
        .handler = on_post,
        .body_max = POST_BODY_MAX,
        .deadline_ms = POST_DEADLINE_MS,
    }};
    f->posts = xcalloc(1, sizeof *f->posts);
    f->posts->faces = f;
    http_route_add(f->http, routes, sizeof routes / sizeof *routes, f);
}

void events_free(struct faces *f)
{
    size_t cursor = 0;
    uint64_t id;
    void *p;
    while (table_next(&f->posts->table, &cursor, &id, &p))
        post_free(p);
    table_close(&f->posts->table);
    free(f->posts);
}
