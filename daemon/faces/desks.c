// SPDX-License-Identifier: Apache-2.0
// All desks of a tenant: what the fold tells them together, the clock of the queue statistics, drain. Not here: any one
// desk's own affairs.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/faces/desk.h"

#define WATCH_MS 1000

// Calls fn for each desk in this state; fn may end the desk, since nothing is freed before the turn's end.
static void each(struct desks *all, enum desk_state state, void (*fn)(struct desk *d))
{
    size_t cursor = 0, n = 0, room = all->table.count;
    uint64_t id;
    void *v;
    struct desk **list = xcalloc(room + 1, sizeof *list);
    while (table_next(&all->table, &cursor, &id, &v))
        list[n++] = v;
    for (size_t i = 0; i < n; i++)
        if (list[i]->state == state)
            fn(list[i]);
    free(list);
}

static void live_if_folded(struct desk *d)
{
    if (d->opened && core_input(d->all->face->core) >= d->opened)
        desk_go_live(d);
}

static void on_batch_end(void *ctx)
{
    struct desks *all = ctx;
    if (all->afresh && core_open(all->face->core)) {
        all->afresh = false;
        each(all, DESK_LIVE, desk_start_afresh);
    }
    if (all->opening)
        each(all, DESK_OPENING, live_if_folded);
    if (all->pendings.count)
        each(all, DESK_LIVE, desk_commands_folded);
}

// A fold that begins at a snapshot knows less than it will: desks are greeted when it has caught up.
static void on_reset(void *ctx)
{
    struct desks *all = ctx;
    all->afresh = !core_open(all->face->core);
    if (!all->afresh)
        each(all, DESK_LIVE, desk_start_afresh);
}

static void send_queues_if_watching(struct desk *d)
{
    if (d->watch)
        desk_send_queues(d);
}

static void on_second(void *arg)
{
    struct desks *all = arg;
    uint64_t now = core_input(all->face->core);
    loop_timer_set(all->second, WATCH_MS);
    if (now == all->watched)
        return;
    all->watched = now;
    each(all, DESK_LIVE, send_queues_if_watching);
}

static void tell_typing(struct desks *all, const char *agent, const Throughline__V1__DeskUpdate *u)
{
    for (struct desk *d = table_get(&all->by_agent, desk_agent_hash(agent)); d; d = d->next_agent)
        if (d->state == DESK_LIVE && strcmp(d->agent, agent) == 0)
            desk_say(d, u);
}

// A customer types: told to whoever has the conversation or is offered it, and who takes part. Who is only asked to is not yet told what is said.
void desks_heard(struct desks *all, const char *topic, const void *bytes, size_t len)
{
    struct router_work_view w;
    if (strcmp(topic, FACE_TOPIC_TYPES) != 0 || !all->by_agent.count)
        return;
    Throughline__V1__DeskTyping *t = throughline__v1__desk_typing__unpack(NULL, len, bytes);
    if (t && router_work_of_conversation(core_router(all->face->core), t->conversation, &w) && *w.agent) {
        Throughline__V1__DeskUpdate u = THROUGHLINE__V1__DESK_UPDATE__INIT;
        u.update_case = THROUGHLINE__V1__DESK_UPDATE__UPDATE_TYPING;
        u.typing = t;
        struct router_offer_view o;
        if (!w.offers_n)
            tell_typing(all, w.agent, &u);
        for (size_t i = 0; i < w.offers_n && router_offer_at(core_router(all->face->core), w.id, i, &o); i++)
            tell_typing(all, o.agent, &u);
        for (size_t i = 0; i < w.participants_n; i++)
            if (w.participants[i].joined)
                tell_typing(all, w.participants[i].agent, &u);
    }
    if (t)
        throughline__v1__desk_typing__free_unpacked(t, NULL);
}

static void on_retry(void *arg)
{
    desk_partings_retry(arg);
}

struct desks *desks_new(struct face *face)
{
    struct desks *all = xcalloc(1, sizeof *all);
    char *labels = xasprintf("tenant=\"%s\"", face->tenant);
    all->face = face;
    all->connected = metric_get(METRIC_GAUGE, "throughline_desks", "Connected desks.", labels);
    all->slow = metric_get(METRIC_COUNTER, "throughline_desks_cut_total", "Desks cut for being too slow.", labels);
    free(labels);
    all->second = loop_timer_new(face->faces->loop, on_second, all);
    all->retry = loop_timer_new(face->faces->loop, on_retry, all);
    loop_timer_set(all->second, WATCH_MS);
    core_listen(face->core, &(struct core_listener){
                                .ctx = all, .effect = desks_effect, .batch_end = on_batch_end, .reset = on_reset});
    return all;
}

static void end_if_revoked(struct desk *d)
{
    if (*d->who.token && !auth_holds(d->all->face->faces->auth, &d->who))
        desk_fail(d, WS_POLICY, "unauthorized", "", "the token is no longer valid");
}

void desks_recheck(struct desks *all)
{
    each(all, DESK_NEW, end_if_revoked);
    each(all, DESK_OPENING, end_if_revoked);
    each(all, DESK_LIVE, end_if_revoked);
}

static void go_away(struct desk *d)
{
    d->state = DESK_ENDING;
    ws_close(d->ws, WS_GOING_AWAY, "shutting down");
    if (*d->session && *d->agent && !d->said_goodbye)
        desk_part(d->all, d->session, false);
    d->said_goodbye = true;
}

void desks_drain(struct desks *all)
{
    each(all, DESK_NEW, go_away);
    each(all, DESK_LIVE, go_away);
    each(all, DESK_OPENING, go_away);
    all->opening = 0;
}

bool desks_idle(const struct desks *all)
{
    return !all->partings;
}

uint32_t desks_count(const struct desks *all)
{
    return (uint32_t)all->table.count;
}

void desks_free(struct desks *all)
{
    while (all->partings) {
        struct desk_parting *g = all->partings;
        all->partings = g->next;
        free(g);
    }
    context_loads_free(all);
    desk_asks_free(all);
    table_close(&all->table);
    table_close(&all->by_agent);
    table_close(&all->items);
    table_close(&all->pendings);
    loop_timer_free(all->second);
    loop_timer_free(all->retry);
    free(all);
}
