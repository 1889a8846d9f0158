// SPDX-License-Identifier: Apache-2.0
// What becomes of a work in one of the two worlds, as the effects there tell it; and whether the two choose alike.
#include <string.h>

#include "cli/replay.h"

// ---- what becomes of a work ----

static void fate_place(struct replay *r, enum replay_side side, struct replay_fate *f, uint64_t id)
{
    struct router_work_view view;
    if (f->assigned == REPLAY_NEVER && router_work(r->router[side], id, &view) && strcmp(f->queue, view.queue) != 0)
        strncpy(f->queue, view.queue, ROUTER_NAME_MAX);
}

// By the clock of its service level, whose hours may be those of a calendar. A call that is put through is answered already.
static bool fate_is_late(const struct replay *r, enum replay_side side, uint64_t id)
{
    struct router_work_view view;
    if (!router_work(r->router[side], id, &view))
        return false;
    const struct router_due *due = &view.due;
    return due->response ? due->target_ms && due->waited_ms > due->target_ms : due->first == ROUTER_RESPONSE_MISSED;
}

// What happens to it in the live world is news, from which it is learned how long people take.
static bool fate_is_live(const struct replay *r, const struct replay_work *w, const struct replay_fate *f)
{
    return r->live && f == &w->fate[REPLAY_WAS];
}

static void fate_offer(struct replay *r, struct replay_work *w, struct replay_fate *f, const struct router_effect *e)
{
    (void)w, (void)e;
    f->offered = r->at;
}

static void fate_assign(struct replay *r, struct replay_work *w, struct replay_fate *f, const struct router_effect *e)
{
    f->held_since = r->at;
    if (f->assigned != REPLAY_NEVER)
        return;
    f->assigned = r->at;
    f->late = fate_is_late(r, f == &w->fate[REPLAY_WAS] ? REPLAY_WAS : REPLAY_WOULD, e->work);
    strncpy(f->agent, e->agent, ROUTER_NAME_MAX);
    if (r->first || fate_is_live(r, w, f))
        w->accept = r->at - f->offered;
}

static void fate_let_go(struct replay *r, struct replay_work *w, struct replay_fate *f, const struct router_effect *e)
{
    (void)w, (void)e;
    if (f->held_since != REPLAY_NEVER)
        f->held += r->at - f->held_since;
    f->held_since = REPLAY_NEVER;
}

static void fate_closed(struct replay *r, struct replay_work *w, struct replay_fate *f, const struct router_effect *e)
{
    fate_let_go(r, w, f, e);
    f->closed = r->at;
    f->resolved = e->resolved;
    if (fate_is_live(r, w, f))
        replay_hear(r, w);
}

static void fate_work(struct replay *r, struct replay_work *w, struct replay_fate *f, const struct router_effect *e)
{
    if (e->state != ROUTER_CLOSED)
        return;
    f->ended = r->at;
    f->abandoned = e->reason == ROUTER_ABANDONED && f->assigned == REPLAY_NEVER;
    if (fate_is_live(r, w, f))
        replay_hear(r, w);
}

static void fate_decision(struct replay *r, struct replay_work *w, struct replay_fate *f, const struct router_effect *e)
{
    struct replay_choice *c = &w->choice[f - w->fate];
    c->reason = e->reason;
    strncpy(c->agent, e->decision->winner, ROUTER_NAME_MAX);
    strncpy(c->queue, e->decision->queue, ROUTER_NAME_MAX);
    r->decisions += f == &w->fate[REPLAY_WAS];
    if (!w->chosen)
        replay_list_add(&r->chosen, w);
    w->chosen = true;
}

static void (*const fates[])(struct replay *, struct replay_work *, struct replay_fate *,
                             const struct router_effect *) = {
    [ROUTER_DECISION] = fate_decision, [ROUTER_OFFER] = fate_offer, [ROUTER_ASSIGN] = fate_assign,
    [ROUTER_UNASSIGN] = fate_let_go,   [ROUTER_WORK] = fate_work,   [ROUTER_CONVERSATION_CLOSED] = fate_closed,
};

void replay_follow(struct replay *r, enum replay_side side, const struct router_effects *effects)
{
    for (size_t i = 0; i < effects->n; i++) {
        const struct router_effect *e = &effects->v[i];
        struct replay_work *w = replay_work_of(r, side, e->work);
        if (!w)
            continue;
        fate_place(r, side, &w->fate[side], e->work);
        if (e->kind < sizeof fates / sizeof *fates && fates[e->kind])
            fates[e->kind](r, w, &w->fate[side], e);
    }
}

// ---- do they choose alike? ----

static bool choice_differs(const struct replay_choice *a, const struct replay_choice *b)
{
    return strcmp(a->agent, b->agent) != 0 || strcmp(a->queue, b->queue) != 0;
}

// After an input both worlds have made their choices for the works that it moved. A choice that differs counts once, until either changes.
void replay_choices(struct replay *r)
{
    for (size_t i = 0; i < r->chosen.n; i++) {
        struct replay_work *w = r->chosen.v[i];
        w->chosen = false;
        bool differs = choice_differs(&w->choice[REPLAY_WAS], &w->choice[REPLAY_WOULD]);
        bool news = choice_differs(&w->choice[REPLAY_WAS], &w->told[REPLAY_WAS]) ||
                    choice_differs(&w->choice[REPLAY_WOULD], &w->told[REPLAY_WOULD]);
        memcpy(w->told, w->choice, sizeof w->told);
        if (!differs || !news)
            continue;
        r->differing++;
        if (r->differs)
            r->differs(r->ctx, r, w);
    }
    r->chosen.n = 0;
}
