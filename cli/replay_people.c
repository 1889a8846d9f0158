// SPDX-License-Identifier: Apache-2.0
// What people do where the other world differs from the log. The rules stand in docs/reference/replay.md:
//
// - As long as both worlds agree about a work, all that agents did with it is taken from the log, at its place. Once they differ the work
//   has left the log: what the log's agents did with it is set aside, and the rules here hold for it until it is closed.
// - An offer is accepted after as long as in the log, and the work held as long as it was; what the log does not tell is as usual in its queue.
// - Customers say and do what they did at the same times, but words that opened no work then open none now, and who hangs up has given up
//   only if the log says so and they still wait.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/replay.h"

#define PEOPLE_RETRY 1000 // ms until somebody without a desk is asked again

// ---- how long they take ----

static struct replay_usual *people_usual(struct replay_usuals *u, const char *queue)
{
    for (size_t i = 1; i < u->n; i++)
        if (strcmp(u->v[i].queue, queue) == 0)
            return &u->v[i];
    if (u->n == u->cap) {
        u->cap = u->cap ? 2 * u->cap : 16;
        u->v = replay_resize(u->v, u->cap * sizeof *u->v);
    }
    u->v[u->n] = (struct replay_usual){0};
    strncpy(u->v[u->n].queue, queue, ROUTER_NAME_MAX);
    return &u->v[u->n++];
}

static void people_count(struct replay_usual *u, const struct replay_work *w)
{
    if (w->accept != REPLAY_NEVER)
        u->accepts++, u->accept += w->accept;
    if (w->handle != REPLAY_NEVER)
        u->handles++, u->handle += w->handle;
}

static int64_t people_mean(int64_t own, int64_t own_n, int64_t all, int64_t all_n)
{
    if (own_n)
        return own / own_n;
    return all_n ? all / all_n : REPLAY_NEVER;
}

// Where the log does not tell, as is usual.
static void people_fill(struct replay_usuals *u, const struct replay_work *w, int64_t *accept, int64_t *handle)
{
    people_usual(u, "");
    const struct replay_usual *own = people_usual(u, w->fate[REPLAY_WAS].queue), *all = &u->v[0];
    *accept = w->accept == REPLAY_NEVER ? people_mean(own->accept, own->accepts, all->accept, all->accepts) : w->accept;
    *handle = w->handle == REPLAY_NEVER ? people_mean(own->handle, own->handles, all->handle, all->handles) : w->handle;
}

static void people_remember(struct replay_usuals *u, const struct replay_work *w)
{
    people_usual(u, "");
    people_count(people_usual(u, w->fate[REPLAY_WAS].queue), w);
    people_count(&u->v[0], w);
}

static void people_learn(struct replay_work *w)
{
    const struct replay_fate *f = &w->fate[REPLAY_WAS];
    w->gave_up = f->abandoned;
    w->resolved = f->resolved;
    if (f->closed != REPLAY_NEVER)
        w->handle = f->held;
    if (f->closed != REPLAY_NEVER && f->ended != REPLAY_NEVER)
        w->wrap_up = f->ended - f->closed;
}

void replay_learn(struct replay *r)
{
    for (size_t i = 0; i < r->all.n; i++) {
        people_learn(r->all.v[i]);
        people_remember(&r->usual, r->all.v[i]);
    }
    for (size_t i = 0; i < r->all.n; i++)
        people_fill(&r->usual, r->all.v[i], &r->all.v[i]->accept, &r->all.v[i]->handle);
}

void replay_hear(struct replay *r, struct replay_work *w)
{
    struct replay_fate *would = &w->fate[REPLAY_WOULD];
    people_learn(w);
    if (would->closed != REPLAY_NEVER)
        would->resolved = w->resolved;
    if (w->counted && w->fate[REPLAY_WAS].ended != REPLAY_NEVER)
        people_remember(&r->usual, w);
}

// ---- agents ----

static void people_list(struct replay *r, struct replay_work *w)
{
    if (w->due == INT64_MAX)
        return;
    if (w->due < r->next)
        r->next = w->due;
    if (!w->listed)
        replay_list_add(&r->due, w);
    w->listed = true;
}

void replay_plan(struct replay *r, struct replay_work *w)
{
    struct router_work_view view;
    int64_t takes = REPLAY_NEVER, accept, handle;
    if (!replay_id(r, REPLAY_WOULD, w, &view)) {
        w->due = INT64_MAX;
        return;
    }
    if (w->due != INT64_MAX && w->due_state == view.state && w->due_epoch == view.epoch)
        return;
    people_fill(&r->usual, w, &accept, &handle);
    if (view.state == ROUTER_OFFERED)
        takes = accept == REPLAY_NEVER ? 0 : accept;
    else if (view.state == ROUTER_ASSIGNED)
        takes = handle;
    else if (view.state == ROUTER_WRAP_UP)
        takes = w->wrap_up;
    w->due = takes == REPLAY_NEVER ? INT64_MAX : r->at + takes;
    w->due_state = view.state;
    w->due_epoch = view.epoch;
    people_list(r, w);
}

static bool people_do(struct replay *r, struct replay_work *w, int64_t at)
{
    static const enum router_act acts[] = {[ROUTER_OFFERED] = ROUTER_ACT_ACCEPT,
                                           [ROUTER_ASSIGNED] = ROUTER_ACT_CLOSE,
                                           [ROUTER_WRAP_UP] = ROUTER_ACT_WRAP_UP_DONE};
    struct router_work_view view;
    bool done = false;
    uint64_t id = replay_id(r, REPLAY_WOULD, w, &view);
    w->due = INT64_MAX;
    if (!id || view.state != w->due_state || view.state >= ROUTER_CLOSED || !acts[view.state])
        return true;
    const char *there = router_agent_session(r->router[REPLAY_WOULD], view.agent);
    char client_id[32], agent[ROUTER_NAME_MAX + 1], session[ROUTER_NAME_MAX + 1];
    snprintf(session, sizeof session, "%s", there ? there : "");
    snprintf(client_id, sizeof client_id, "replay-%" PRIu64, r->supposed);
    snprintf(agent, sizeof agent, "%s", view.agent);
    struct router_input in = {.kind = ROUTER_IN_COMMAND, .at = at, .wall = r->wall + (at - r->at)};
    in.command = (struct router_command){.session = session,
                                         .client_id = client_id,
                                         .agent = agent,
                                         .act = acts[view.state],
                                         .work = id,
                                         .epoch = view.epoch,
                                         .account = "",
                                         .handle = "",
                                         .to = "",
                                         .text = "",
                                         .resolved = w->resolved};
    r->supposed++;
    if (there && !replay_suppose(r, &in, &done))
        return false;
    if (!done) {
        w->due = at + PEOPLE_RETRY;
        w->due_state = view.state;
        people_list(r, w);
    }
    return true;
}

// The earliest first, of equal ones the older work; what has nothing due any more goes off the list.
static struct replay_work *people_next(struct replay *r)
{
    struct replay_work *first = NULL;
    for (size_t i = 0; i < r->due.n;) {
        struct replay_work *w = r->due.v[i];
        if (w->due == INT64_MAX) {
            w->listed = false;
            r->due.v[i] = r->due.v[--r->due.n];
            continue;
        }
        if (!first || w->due < first->due || (w->due == first->due && w->number < first->number))
            first = w;
        i++;
    }
    r->next = first ? first->due : INT64_MAX;
    return first;
}

bool replay_act(struct replay *r, int64_t until)
{
    while (r->next <= until) {
        struct replay_work *w = people_next(r);
        if (!w || w->due > until)
            return true;
        if (!people_do(r, w, w->due > r->at ? w->due : r->at))
            return false;
    }
    return true;
}

// ---- what the log says they did ----

static void people_set_aside(struct replay *r, struct router_input *in)
{
    r->set_aside++;
    *in = (struct router_input){.kind = ROUTER_IN_NOTHING, .at = in->at, .wall = in->wall};
}

// How far the epochs of the offers to this agent are apart in the two worlds. A past one stays a past one.
static uint64_t people_epoch(const struct replay *r, const char *agent, const struct router_work_view *was,
                             const struct router_work_view *would)
{
    struct router_offer_view before = {.epoch = was->epoch}, after = {.epoch = would->epoch};
    if (router_offer_to(r->router[REPLAY_WAS], was->id, agent, &before))
        router_offer_to(r->router[REPLAY_WOULD], would->id, agent, &after);
    return after.epoch - before.epoch;
}

static void people_command(struct replay *r, struct router_input *in)
{
    struct router_command *c = &in->command;
    struct router_work_view was, would;
    struct replay_work *w = c->work ? replay_find(r, c->work) : NULL;
    if (c->conversation && router_work_of_conversation(r->router[REPLAY_WAS], c->conversation, &was))
        w = replay_work_of(r, REPLAY_WAS, was.id);
    if (w && w->left) {
        people_set_aside(r, in);
        return;
    }
    bool both = w && replay_id(r, REPLAY_WAS, w, &was) && replay_id(r, REPLAY_WOULD, w, &would);
    if (c->work && both) {
        c->work = would.id;
        c->epoch += people_epoch(r, c->agent, &was, &would);
    } else if (c->work && r->number + 1 != in->number) {
        c->work = UINT64_MAX; // no such work any more; its number may be another's here
    }
}

static void people_happened(struct replay *r, struct router_input *in)
{
    struct router_happened *h = &in->happened;
    struct router_work_view view;
    bool open = router_work_of_conversation(r->router[REPLAY_WOULD], h->conversation, &view);
    const struct replay_work *w = open ? replay_work_of(r, REPLAY_WOULD, view.id) : NULL;
    bool contact = !h->participant && (h->kind == ROUTER_WORDS || h->kind == ROUTER_CALL_STARTED);
    bool hung_up = h->kind == ROUTER_CALL_ENDED || h->kind == ROUTER_CHAT_CLOSED;
    bool waits = open && (view.state == ROUTER_QUEUED || view.state == ROUTER_OFFERED);
    if (contact && !open && !replay_find(r, in->number))
        h->kind = ROUTER_ASIDE;
    else if (hung_up && w && w->left && !(waits && w->gave_up))
        people_set_aside(r, in);
}

struct router_input replay_translate(struct replay *r, const struct router_input *in)
{
    struct router_input other = *in;
    if (in->kind == ROUTER_IN_COMMAND)
        people_command(r, &other);
    else if (in->kind == ROUTER_IN_HAPPENED)
        people_happened(r, &other);
    else if (in->kind == ROUTER_IN_CONFIG && r->begun && r->config)
        people_set_aside(r, &other);
    return other;
}
