// SPDX-License-Identifier: Apache-2.0
// The first update of a desk, and the first after the fold was replaced: everything that concerns its agent now, whole; or,
// where the desk resumes, only that the missed updates follow. Also the queues, for those who watch.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/core/decision.h"
#include "daemon/faces/desk.h"

struct concern {
    uint64_t work, conversation, customer;
    Throughline__V1__Work *message;
    bool offered;
    uint64_t epoch;
    int64_t deadline;
    Throughline__V1__Reason reason;
    char *former_agent;
};
struct concerns {
    struct concern *v;
    size_t n, offers;
    const struct desk *desk;
};

bool desk_sees_listening(const struct desk *d)
{
    return d->all->face->faces->config->routing.tell_agent_of_listening || d->who.role != AUTH_AGENT;
}

Throughline__V1__Work *desk_work(const struct desk *d, const struct router_work_view *w)
{
    bool sees = desk_sees_listening(d);
    struct router_work_view seen = *w;
    seen.participants_n = 0;
    for (size_t i = 0; i < w->participants_n; i++) {
        const struct router_participant_view *p = &w->participants[i];
        if (sees || p->role != ROUTER_ROLE_LISTENING || strcmp(p->agent, d->agent) == 0)
            seen.participants[seen.participants_n++] = *p;
    }
    return core_work_message(core_router(d->all->face->core), &seen);
}

static void on_concern(void *ctx, const struct router_work_view *w, bool informed)
{
    struct concerns *all = ctx;
    struct router_offer_view own = {0};
    bool offered = router_offer_to(core_router(all->desk->all->face->core), w->id, all->desk->agent, &own);
    all->v = xrealloc(all->v, (all->n + 1) * sizeof *all->v);
    struct concern *c = &all->v[all->n++];
    *c = (struct concern){.work = w->id,
                          .conversation = w->conversation,
                          .customer = w->customer,
                          .message = desk_work(all->desk, w),
                          .offered = !informed && offered,
                          .epoch = own.epoch,
                          .deadline = own.deadline,
                          .reason = (Throughline__V1__Reason)w->reason,
                          .former_agent = xstrdup(w->former_agent ? w->former_agent : "")};
    all->offers += c->offered;
}

static Throughline__V1__Candidate *why_of(struct desk *d, uint64_t work)
{
    const struct router_decision *x = router_explain(core_router(d->all->face->core), work);
    for (size_t i = 0; x && i < x->candidates_n; i++)
        if (strcmp(x->candidates[i].agent, d->agent) == 0) {
            struct router_candidate c = x->candidates[i];
            if (c.exclusion == ROUTER_EX_OFFERED) { // by this very offer: it keeps them from another only
                c.exclusion = ROUTER_QUALIFIED;
                c.exclusions = 0;
            }
            return decision_candidate(&c);
        }
    return NULL;
}

// In the welcome an offer names its work only; the story stands among the contexts.
static Throughline__V1__Offer *offer_of(struct desk *d, const struct concern *c)
{
    Throughline__V1__Offer *o = xcalloc(1, sizeof *o);
    throughline__v1__offer__init(o);
    o->why = why_of(d, c->work);
    o->reason = c->reason;
    o->epoch = c->epoch;
    o->expires_in_ms = c->deadline - core_at(d->all->face->core);
    if (*c->former_agent)
        o->former_agent = xstrdup(c->former_agent);
    struct router_work_view w;
    o->context = xcalloc(1, sizeof *o->context);
    throughline__v1__context__init(o->context);
    if (router_work(core_router(d->all->face->core), c->work, &w))
        o->context->work = desk_work(d, &w);
    return o;
}

static Throughline__V1__DeskUpdate *welcome_new(struct desk *d, bool resumed)
{
    struct core *core = d->all->face->core;
    struct router_agent_view a;
    char seq[96];
    Throughline__V1__DeskUpdate *u = xcalloc(1, sizeof *u);
    throughline__v1__desk_update__init(u);
    u->update_case = THROUGHLINE__V1__DESK_UPDATE__UPDATE_WELCOME;
    u->welcome = xcalloc(1, sizeof *u->welcome);
    throughline__v1__welcome__init(u->welcome);
    u->welcome->resumed = resumed;
    u->welcome->node = xstrdup(d->all->face->faces->node);
    u->welcome->version = xstrdup(TL_VERSION);
    if (router_agent(core_router(core), d->agent, &a))
        u->welcome->agent = core_agent_message(&a);
    if (!resumed) {
        core_seq(core, core_input(core), DESK_SEQ_WHOLE, seq);
        u->seq = xstrdup(seq);
    }
    return u;
}

static void add_concerns(struct desk *d, Throughline__V1__DeskUpdate *u, const struct concerns *all)
{
    Throughline__V1__Welcome *w = u->welcome;
    w->contexts = xcalloc(all->n + 1, sizeof(Throughline__V1__Context *));
    w->n_contexts = all->n;
    w->offers = xcalloc(all->offers + 1, sizeof(Throughline__V1__Offer *));
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].offered)
            w->offers[w->n_offers++] = offer_of(d, &all->v[i]);
    struct desk_item *item = desk_send_later(d, u, (uint32_t)all->n);
    for (size_t i = 0; i < all->n; i++)
        context_load(d->all, item, &w->contexts[i], all->v[i].conversation, all->v[i].customer,
                     core_input(d->all->face->core), desk_story_room(d) / all->n, all->v[i].message);
}

void desk_welcome(struct desk *d, bool resumed)
{
    struct concerns all = {.desk = d};
    Throughline__V1__DeskUpdate *u = welcome_new(d, resumed);
    if (!resumed && *d->agent)
        router_each_concern(core_router(d->all->face->core), d->agent, on_concern, &all);
    if (all.n) {
        add_concerns(d, u, &all);
    } else {
        desk_send(d, u);
        throughline__v1__desk_update__free_unpacked(u, NULL);
    }
    for (size_t i = 0; i < all.n; i++)
        free(all.v[i].former_agent);
    free(all.v);
}

void desk_send_queues(struct desk *d)
{
    struct router_queue_view q;
    for (size_t i = 0; router_queue_at(core_router(d->all->face->core), i, &q); i++) {
        Throughline__V1__DeskUpdate u = THROUGHLINE__V1__DESK_UPDATE__INIT;
        u.update_case = THROUGHLINE__V1__DESK_UPDATE__UPDATE_QUEUE;
        u.queue = core_queue_message(&q);
        core_put_waits(u.queue, core_router(d->all->face->core), i);
        desk_say(d, &u);
        throughline__v1__queue_status__free_unpacked(u.queue, NULL);
    }
}
