// SPDX-License-Identifier: Apache-2.0
// Replay that does not begin with the log: the two worlds begin with the state of a snapshot; and of a log that goes on, of which what has long ended is forgotten. The works that are open then
// are followed, but counted nowhere, since how they came about is not known.
#include <stdlib.h>
#include <string.h>

#include "cli/replay.h"

static void live_adopt(struct replay *r, const struct router_work_view *v)
{
    struct replay_work *known = replay_find(r, v->id), *w = known ? known : replay_add(r, v->id, v->conversation);
    bool held = v->state == ROUTER_ASSIGNED || v->state == ROUTER_WRAP_UP;
    w->counted = false;
    for (int side = 0; side < (r->first ? 1 : REPLAY_SIDES); side++) {
        struct replay_fate *f = &w->fate[side];
        struct replay_choice *c = &w->choice[side];
        replay_begin(r, w, (enum replay_side)side, v->id, v->channel_now, v->since);
        strncpy(f->queue, v->queue, ROUTER_NAME_MAX);
        strncpy(c->queue, v->queue, ROUTER_NAME_MAX);
        strncpy(c->agent, v->agent, ROUTER_NAME_MAX);
        w->told[side] = *c;
        f->offered = r->at;
        if (!held)
            continue;
        strncpy(f->agent, v->agent, ROUTER_NAME_MAX);
        f->assigned = r->at;
        f->held_since = r->at;
    }
}

void replay_adopt(struct replay *r)
{
    struct router_stats s;
    struct router_work_view v;
    router_stats(r->router[REPLAY_WAS], &s);
    r->number = r->inputs = s.input;
    r->at = s.at;
    r->wall = s.wall;
    for (uint64_t id = 0; router_next_work(r->router[REPLAY_WAS], id, &v); id = v.id)
        live_adopt(r, &v);
}

bool replay_live(struct replay *r, const void *state, size_t len, const char **why)
{
    struct router_stats s;
    r->live = true;
    r->next = INT64_MAX;
    scratch_open(&r->scratch);
    for (int side = 0; side < REPLAY_SIDES; side++) {
        r->router[side] = state ? router_restore(state, len, why) : router_new();
        if (!r->router[side])
            return false;
    }
    if (!state)
        return true;
    replay_adopt(r);
    router_stats(r->router[REPLAY_WAS], &s);
    *why = "the configuration cannot be put in force";
    return !s.config || replay_switch(r, r->at, r->wall);
}

static bool live_ended(const struct replay_work *w)
{
    for (int side = 0; side < REPLAY_SIDES; side++)
        if (w->fate[side].opened && w->fate[side].ended == REPLAY_NEVER)
            return false;
    return !w->listed;
}

static void live_keep(struct replay_list *l, const struct replay_list *gone)
{
    size_t n = 0;
    for (size_t i = 0, g = 0; i < l->n; i++) {
        while (g < gone->n && gone->v[g]->number < l->v[i]->number)
            g++;
        if (g == gone->n || gone->v[g] != l->v[i])
            l->v[n++] = l->v[i];
    }
    l->n = n;
}

// All lists are in order of the log.
void replay_forget(struct replay *r, size_t keep)
{
    struct replay_list gone = {0};
    if (r->all.n <= 2 * keep)
        return;
    for (size_t i = 0; i < r->all.n - keep; i++)
        if (live_ended(r->all.v[i]))
            replay_list_add(&gone, r->all.v[i]);
    live_keep(&r->all, &gone);
    live_keep(&r->works[REPLAY_WAS], &gone);
    live_keep(&r->works[REPLAY_WOULD], &gone);
    for (size_t i = 0; i < gone.n; i++)
        free(gone.v[i]);
    free(gone.v);
}
