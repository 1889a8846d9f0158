// SPDX-License-Identifier: Apache-2.0
// How this node and its tenant stand, at a glance: status, health and metrics. All from this node's fold; nothing here waits or fails.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/decision.h"
#include "daemon/faces/admin.h"
#include "throughline/v1/admin.pb-c.h"

static struct router *router_of(const struct face *face)
{
    return core_router(face->core);
}

// What is missing before this tenant can be served.
static unsigned not_ready(const struct face *face, const char *why[CORE_WHY_MAX])
{
    static char redis[128];
    unsigned n = core_not_ready(face->core, why);
    if (n < CORE_WHY_MAX && !store_up(face->store)) {
        snprintf(redis, sizeof redis, "redis: %s", store_trouble(face->store));
        why[n++] = redis;
    }
    if (n < CORE_WHY_MAX && !tokens_known(face->tokens))
        why[n++] = "the tokens are not read yet";
    return n;
}

// ---- queues ----

static Throughline__V1__QueueGlance *glance(const struct router_queue_view *v, int64_t at)
{
    Throughline__V1__QueueGlance *m = xcalloc(1, sizeof *m);
    throughline__v1__queue_glance__init(m);
    m->queue = message_text(v->def.name);
    m->waiting = v->waiting;
    m->longest_ms = v->oldest && at > v->oldest ? (uint64_t)(at - v->oldest) : 0;
    m->closed = v->closed;
    m->closure = core_closure_message(&v->closure);
    m->responses = core_responses(v, &m->n_responses);
    return m;
}

static int by_name(const void *a, const void *b)
{
    const Throughline__V1__QueueGlance *const *x = a, *const *y = b;
    return strcmp((*x)->queue, (*y)->queue);
}

// Counts each customer whose answer is late where the work is, whoever has it.
static void count_late(const struct router *r, Throughline__V1__QueueGlance *const *v, size_t n)
{
    struct router_work_view w = {0};
    int64_t now = loop_unix_ms();
    Throughline__V1__QueueGlance **named = xmemdup(v, (n + 1) * sizeof *v);
    qsort(named, n, sizeof *named, by_name);
    while (router_next_work(r, w.id, &w)) {
        Throughline__V1__QueueGlance key = {.queue = (char *)w.queue}, *of = &key, **found;
        if (w.due.wall && w.due.wall < now && (found = bsearch(&of, named, n, sizeof *named, by_name)))
            (*found)->late++;
    }
    free(named);
}

// Frees those of which there is nothing to tell.
static size_t drop_silent(Throughline__V1__QueueGlance **v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i]->waiting || v[i]->late || v[i]->closure || v[i]->n_responses)
            v[kept++] = v[i];
        else
            throughline__v1__queue_glance__free_unpacked(v[i], NULL);
    }
    return kept;
}

static Throughline__V1__QueueGlance **glances(const struct router *r, int64_t at, size_t *n)
{
    struct router_queue_view q;
    size_t all = 0;
    while (router_queue_at(r, all, &q))
        all++;
    Throughline__V1__QueueGlance **v = xcalloc(all + 1, sizeof *v);
    for (size_t i = 0; i < all && router_queue_at(r, i, &q); i++)
        v[i] = glance(&q, at);
    count_late(r, v, all);
    *n = drop_silent(v, all);
    return v;
}

// ---- status ----

void admin_status(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    const char *why[CORE_WHY_MAX];
    struct router_stats stats;
    if (!face)
        return;
    router_stats(router_of(face), &stats);
    Throughline__V1__Status s = THROUGHLINE__V1__STATUS__INIT;
    s.node = (char *)face->faces->node;
    s.boot = (char *)core_boot(face->core);
    s.version = (char *)TL_VERSION;
    s.tenant = (char *)face->tenant;
    s.incarnation = (char *)core_incarnation(face->core);
    s.input = core_input(face->core);
    s.applied = core_applied(face->core);
    s.leader = core_leader(face->core);
    s.fold = stats.fold;
    s.state_hash = core_state_hash(face->core);
    s.agents_present = stats.agents_present;
    s.work_open = stats.work_open;
    s.work_waiting = stats.work_waiting;
    s.desks = desks_count(face->desks);
    s.gateways = gateways_count(face->gateways);
    s.chats = chats_count(face->chats);
    s.n_not_ready = not_ready(face, why);
    s.not_ready = (char **)why;
    s.ready = s.n_not_ready == 0;
    s.config_differs = core_config_differs(face->core);
    s.queues = glances(router_of(face), core_at(face->core), &s.n_queues);
    http_reply_message(r, 200, &s.base);
    for (size_t i = 0; i < s.n_queues; i++)
        throughline__v1__queue_glance__free_unpacked(s.queues[i], NULL);
    free(s.queues);
}

// ---- health and metrics ----

void admin_livez(void *faces, struct http_request *r)
{
    (void)faces;
    http_reply(r, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

void admin_readyz(void *ctx, struct http_request *r)
{
    const struct faces *f = ctx;
    char text[4096];
    size_t len = 0;
    bool ready = !f->draining, verbose = http_query(r, "verbose") != NULL;
    if (f->draining)
        len += (size_t)snprintf(text, sizeof text, "draining\n");
    for (size_t i = 0; i < f->n; i++) {
        const char *why[CORE_WHY_MAX];
        unsigned n = not_ready(&f->v[i], why);
        ready &= n == 0;
        for (unsigned k = 0; k < n && len < sizeof text - 256; k++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%.64s: %.150s\n", f->v[i].tenant, why[k]);
        if (!n && len < sizeof text - 256)
            len += (size_t)snprintf(text + len, sizeof text - len, "%.64s: ready, %lld ms behind\n", f->v[i].tenant,
                                    (long long)core_lag_ms(f->v[i].core));
        const char *trouble = core_archive_trouble(f->v[i].core); // no reason to send traffic elsewhere
        if (trouble && len < sizeof text - 512)
            len += (size_t)snprintf(text + len, sizeof text - len, "%.64s: the log is not archived: %.300s\n",
                                    f->v[i].tenant, trouble);
    }
    if (!verbose)
        len = (size_t)snprintf(text, sizeof text, "%s\n", ready ? "ready" : "not ready");
    if (!ready)
        http_header(r, "Retry-After", "1");
    http_reply(r, ready ? 200 : 503, "text/plain; charset=utf-8", text, len);
}

void admin_metrics(void *faces, struct http_request *r)
{
    size_t len = 0;
    const struct faces *f = faces;
    for (size_t i = 0; i < f->n; i++)
        core_show_metrics(f->v[i].core);
    char *text = metrics_render(&len);
    http_reply(r, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
    free(text);
}
