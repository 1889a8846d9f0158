// SPDX-License-Identifier: Apache-2.0
// How long callers and visitors have to wait, told to the gateways that asked for it in hello, so that they can announce it. Followed is each work that
// waits and has a live call or chat; it costs nothing while no gateway asks. Nothing is kept for a gateway that is away: it is told all when it is back.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/gateway.h"
#include "daemon/faces/waits.h"
#include "throughline/v1/gateway.pb-c.h"

struct waiting_session {
    enum router_channel channel;
    bool simulated;
    char *account, *handle, *call;
};

struct waiting { // a work; what it was when it was looked at last
    uint64_t conversation;
    struct wait_told told;
    bool callback; // is offered
    struct waiting_session v[ROUTER_SESSIONS_MAX];
    size_t n;
};

static void forget_sessions(struct waiting *x)
{
    for (size_t i = 0; i < x->n; i++) {
        free(x->v[i].account);
        free(x->v[i].handle);
        free(x->v[i].call);
    }
    x->n = 0;
}

static void take_sessions(struct waiting *x, const struct router_work_view *w)
{
    forget_sessions(x);
    for (size_t i = 0; i < w->sessions_n; i++) {
        const struct router_session *s = &w->sessions[i];
        if (s->live && !*s->callback && (s->channel == ROUTER_VOICE || s->channel == ROUTER_CHAT))
            x->v[x->n++] = (struct waiting_session){s->channel, s->simulated, xstrdup(s->account), xstrdup(s->handle),
                                                    xstrdup(s->call ? s->call : "")};
    }
}

static bool serves(const struct gateway *g, const struct waiting_session *s)
{
    if (!g->waits || g->state != GATEWAY_LIVE || g->simulate != s->simulated ||
        (g->handle && strcmp(g->handle, s->handle) != 0))
        return false;
    for (size_t i = 0; i < g->accounts_n; i++)
        if (g->accounts[i].owned && strcmp(g->accounts[i].name + (g->simulate ? 1 : 0), s->account) == 0)
            return true;
    return false;
}

static void tell(struct gateways *all, const struct waiting *x, const struct router_wait *wait)
{
    Throughline__V1__Wait told = THROUGHLINE__V1__WAIT__INIT;
    told.kind = (Throughline__V1__WaitKind)x->told.kind;
    told.low_ms = wait->low;
    told.middle_ms = wait->middle;
    told.high_ms = wait->high;
    for (size_t i = 0; i < x->n; i++) {
        Throughline__V1__SessionWait m = THROUGHLINE__V1__SESSION_WAIT__INIT;
        size_t cursor = 0;
        uint64_t id;
        void *v;
        m.account = x->v[i].account;
        m.channel = (Throughline__V1__Channel)x->v[i].channel;
        m.to = x->v[i].handle;
        m.call = x->v[i].call;
        m.conversation = x->conversation;
        m.wait = &told;
        m.callback = x->callback && x->v[i].channel == ROUTER_VOICE;
        while (table_next(&all->table, &cursor, &id, &v))
            if (serves(v, &x->v[i]))
                gateway_tell_wait(v, &m);
    }
}

static void forget(struct gateways *all, uint64_t work)
{
    struct waiting *x = table_take(&all->waiting, work);
    if (x)
        forget_sessions(x);
    free(x);
}

// Whether the caller is offered to be called back.
static bool offers_callback(const struct face *face, const struct router_work_view *w, const struct router_wait *wait)
{
    const struct router *r = core_router(face->core);
    struct router_queue_view q;
    struct router_stats now;
    router_stats(r, &now);
    for (size_t i = 0; router_queue_at(r, i, &q); i++)
        if (strcmp(q.def.name, w->queue) == 0)
            return waits_call_back(wait, now.at - w->since, q.def.callback_after_ms);
    return false;
}

// Looks at one work, and tells what is new.
static void look(struct gateways *all, uint64_t work)
{
    struct waiting *x = table_get(&all->waiting, work);
    struct wait_told now = {0}, last = x ? x->told : (struct wait_told){0};
    struct router_work_view w;
    struct router_wait wait = {0};
    if (router_work(core_router(all->face->core), work, &w))
        now = waits_of(all->face, &w, &last, &wait);
    if (!now.kind && !x)
        return;
    if (!x) {
        x = xcalloc(1, sizeof *x);
        table_put(&all->waiting, work, x);
    }
    size_t before = x->n;
    if (now.kind) { // at the end those are told who waited
        x->conversation = w.conversation;
        take_sessions(x, &w);
    }
    x->told = now;
    bool rings = now.kind && w.state == ROUTER_OFFERED; // nothing is estimated then
    bool offered = x->callback;
    if (!rings)
        x->callback = now.kind && offers_callback(all->face, &w, &wait);
    if (!rings && (!waits_same(&now, &last) || x->n > before || x->callback != offered))
        tell(all, x, &wait);
    if (!now.kind || !x->n)
        forget(all, work);
}

static void look_at_all(struct gateways *all)
{
    struct router_work_view w = {0};
    size_t cursor = 0, n = 0;
    uint64_t id, *gone = xcalloc(all->waiting.count + 1, sizeof *gone);
    void *v;
    while (table_next(&all->waiting, &cursor, &id, &v))
        gone[n++] = id;
    for (size_t i = 0; i < n; i++)
        look(all, gone[i]);
    free(gone);
    while (router_next_work(core_router(all->face->core), w.id, &w))
        if (w.state == ROUTER_QUEUED)
            look(all, w.id);
}

// ---- when ----

static void on_effect(void *ctx, const struct core_effect *ce)
{
    struct gateways *all = ctx;
    if (!all->announces || !ce->live || ce->e->kind != ROUTER_WORK)
        return;
    if (all->touched_n == all->touched_room) {
        all->touched_room = all->touched_room ? 2 * all->touched_room : 64;
        all->touched = xrealloc(all->touched, all->touched_room * sizeof *all->touched);
    }
    all->touched[all->touched_n++] = ce->e->work;
}

static void on_batch_end(void *ctx)
{
    struct gateways *all = ctx;
    for (size_t i = 0; i < all->touched_n; i++)
        look(all, all->touched[i]);
    all->touched_n = 0;
}

static void on_reset(void *ctx)
{
    struct gateways *all = ctx;
    all->touched_n = 0;
    if (all->announces)
        look_at_all(all);
}

static void on_slice(void *arg)
{
    struct gateways *all = arg;
    size_t cursor = 0, n = 0;
    uint64_t id, *due = xcalloc(all->waiting.count + 1, sizeof *due);
    void *v;
    all->slice = (all->slice + 1) % WAITS_SLICES;
    while (table_next(&all->waiting, &cursor, &id, &v))
        if (id % WAITS_SLICES == all->slice)
            due[n++] = id;
    for (size_t i = 0; i < n; i++)
        look(all, due[i]);
    free(due);
    loop_timer_set(all->slices, all->announces ? WAITS_MS : -1);
}

// The others hear of those who wait now once more: what counts is the latest.
void gateway_waits_begin(struct gateway *g)
{
    struct gateways *all = g->all;
    size_t cursor = 0;
    uint64_t id;
    void *v;
    all->announces++;
    while (table_next(&all->waiting, &cursor, &id, &v))
        ((struct waiting *)v)->told = (struct wait_told){0};
    look_at_all(all);
    loop_timer_set(all->slices, WAITS_MS);
}

static void forget_all(struct gateways *all)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&all->waiting, &cursor, &id, &v)) {
        forget_sessions(v);
        free(v);
    }
    table_close(&all->waiting);
    all->touched_n = 0;
}

void gateway_waits_end(struct gateway *g)
{
    if (--g->all->announces)
        return;
    loop_timer_set(g->all->slices, -1);
    forget_all(g->all);
}

void gateways_waits_open(struct gateways *all)
{
    all->slices = loop_timer_new(all->face->faces->loop, on_slice, all);
    core_listen(all->face->core,
                &(struct core_listener){.ctx = all, .effect = on_effect, .batch_end = on_batch_end, .reset = on_reset});
}

void gateways_waits_close(struct gateways *all)
{
    forget_all(all);
    free(all->touched);
    loop_timer_free(all->slices);
}
