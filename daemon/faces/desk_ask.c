// SPDX-License-Identifier: Apache-2.0
// Questions of a desk that need Redis, and whether it may ask them: an agent reads what is or was told to them now, and other
// conversations of the same customer, unless they see the one at hand only; supervisors and admins read all. A question whose desk is gone ends with its answer.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/desk.h"
#include "daemon/faces/media_face.h"
#include "daemon/faces/records.h"

enum ask_step { ASK_WHOSE, ASK_WHO, ASK_TIMELINE, ASK_HANDLE };

struct desk_ask {
    uint64_t id, desk, pending;
    enum ask_step step;
    uint64_t conversation, customer, before;
    uint32_t limit;
    char *handle;
};

// ---- what concerns a desk ----

struct concerned {
    uint64_t conversation, customer;
    bool conversation_found, customer_found;
};

static void on_concern(void *ctx, const struct router_work_view *w, bool informed)
{
    struct concerned *c = ctx;
    (void)informed;
    c->conversation_found |= w->conversation == c->conversation;
    c->customer_found |= w->customer == c->customer;
}

static struct concerned concerned_by(struct desk *d, uint64_t conversation, uint64_t customer)
{
    struct concerned c = {.conversation = conversation, .customer = customer};
    if (d->who.role & (AUTH_SUPERVISOR | AUTH_ADMIN))
        c.conversation_found = c.customer_found = true;
    else
        router_each_concern(core_router(d->all->face->core), d->agent, on_concern, &c);
    return c;
}

bool desk_concerns(struct desk *d, uint64_t conversation)
{
    return concerned_by(d, conversation, 0).conversation_found;
}

// Whether the customer hears them: not who is consulted, or has not joined yet.
bool desk_is_heard(struct desk *d, uint64_t conversation)
{
    struct router_work_view w;
    bool found = router_work_of_conversation(core_router(d->all->face->core), conversation, &w);
    for (size_t i = 0; found && i < w.participants_n; i++)
        if (strcmp(w.participants[i].agent, d->agent) == 0)
            return w.participants[i].joined && w.participants[i].role == ROUTER_ROLE_INVITED;
    return desk_concerns(d, conversation);
}

bool desk_concerns_customer(struct desk *d, uint64_t customer)
{
    return concerned_by(d, 0, customer).customer_found;
}

// The customer as they are now, or as one of those who were merged into them.
static bool concerns_merged(struct desk *d, const Throughline__V1__Customer *c)
{
    bool found = desk_concerns_customer(d, c->id);
    for (size_t i = 0; !found && i < c->n_merged; i++)
        found = desk_concerns_customer(d, c->merged[i]);
    return found;
}

// ---- asking ----

static void ask_end(struct desks *all, struct desk_ask *a)
{
    struct desk *d = table_get(&all->table, a->desk);
    if (d && !a->pending)
        d->asks_n--;
    table_take(&all->asks, a->id);
    free(a->handle);
    free(a);
}

static void ask_refuse(struct desks *all, struct desk *d, struct desk_ask *a, const char *code, const char *detail)
{
    desk_error(d, code, "read_timeline.conversation", detail);
    ask_end(all, a);
}

static void on_answer(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n);

static void ask_send(struct desks *all, struct desk_ask *a)
{
    const struct face *f = all->face;
    switch (a->step) {
    case ASK_WHOSE:
        store_conversation(f->store, f->tenant, a->conversation, on_answer, all, a->id);
        break;
    case ASK_WHO:
    case ASK_HANDLE:
        store_customer(f->store, f->tenant, a->customer, on_answer, all, a->id);
        break;
    case ASK_TIMELINE: // one more, to know whether there are earlier ones
        store_timeline(f->store, f->tenant, a->conversation, 0, a->before ? a->before - 1 : core_input(f->core),
                       a->limit + 1, true, on_answer, all, a->id);
        break;
    }
}

static void take_whose(struct desks *all, struct desk *d, struct desk_ask *a, const struct store_bytes *v, size_t n)
{
    (void)d;
    Throughline__V1__Conversation *c = record_conversation(v, n);
    a->customer = c->customer;
    throughline__v1__conversation__free_unpacked(c, NULL);
    a->step = ASK_WHO;
    ask_send(all, a);
}

static void take_who(struct desks *all, struct desk *d, struct desk_ask *a, const struct store_bytes *v, size_t n)
{
    Throughline__V1__Customer *c = record_customer(v, n);
    bool may = concerns_merged(d, c);
    throughline__v1__customer__free_unpacked(c, NULL);
    if (!may) {
        ask_refuse(all, d, a, "forbidden", "you have nothing in hand of this customer");
        return;
    }
    a->step = ASK_TIMELINE;
    ask_send(all, a);
}

static void take_timeline(struct desks *all, struct desk *d, struct desk_ask *a, const struct store_bytes *v, size_t n)
{
    size_t from = record_newest(v, n, a->limit, desk_story_room(d));
    Throughline__V1__Timeline t = THROUGHLINE__V1__TIMELINE__INIT;
    Throughline__V1__DeskUpdate u = THROUGHLINE__V1__DESK_UPDATE__INIT;
    t.conversation = a->conversation;
    t.more = from > 0;
    t.entries = xcalloc(n + 1, sizeof(Throughline__V1__Entry *));
    for (size_t i = from; i < n; i++) {
        t.entries[t.n_entries] = media_entry(all->face, &v[i]);
        t.n_entries += t.entries[t.n_entries] != NULL;
    }
    u.update_case = THROUGHLINE__V1__DESK_UPDATE__UPDATE_TIMELINE;
    u.timeline = &t;
    desk_say(d, &u);
    for (size_t i = 0; i < t.n_entries; i++)
        throughline__v1__entry__free_unpacked(t.entries[i], NULL);
    free(t.entries);
    ask_end(all, a);
}

static void take_handle(struct desks *all, struct desk *d, struct desk_ask *a, const struct store_bytes *v, size_t n)
{
    struct desk_pending *p = table_get(&all->pendings, a->pending);
    Throughline__V1__Customer *c = record_customer(v, n);
    bool known = false;
    for (size_t i = 0; i < c->n_handles; i++)
        known |= strcmp(c->handles[i]->handle, a->handle) == 0;
    throughline__v1__customer__free_unpacked(c, NULL);
    ask_end(all, a);
    if (!p)
        return;
    p->asking = false;
    p->checked = known;
    loop_timer_set(d->timer, 0); // for those that waited behind it
    if (known)
        desk_pending_send(d, p);
    else
        desk_pending_give_up(d, p, "unknown_handle", "send.handle", "it is not one of the customer's handles");
}

static void ask_failed(struct desks *all, struct desk *d, struct desk_ask *a, enum tl_err e)
{
    struct desk_pending *p = table_get(&all->pendings, a->pending);
    if (p) {
        p->asking = false;
        desk_pending_wait(d, p);
        ask_end(all, a);
    } else if (e == TL_ABSENT) {
        ask_refuse(all, d, a, "not_found", "there is no such conversation");
    } else {
        ask_refuse(all, d, a, "unavailable", "try again");
    }
}

static void on_answer(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    static void (*const take[])(struct desks *, struct desk *, struct desk_ask *, const struct store_bytes *,
                                size_t) = {
        [ASK_WHOSE] = take_whose,
        [ASK_WHO] = take_who,
        [ASK_TIMELINE] = take_timeline,
        [ASK_HANDLE] = take_handle,
    };
    struct desks *all = module;
    struct desk_ask *a = table_get(&all->asks, token);
    struct desk *d = a ? table_get(&all->table, a->desk) : NULL;
    if (!a)
        return;
    if (!d || d->state != DESK_LIVE)
        ask_end(all, a);
    else if (e != TL_OK)
        ask_failed(all, d, a, e);
    else
        take[a->step](all, d, a, v, n);
}

void timeline_ask(struct desk *d, const Throughline__V1__ReadTimeline *r)
{
    if (!desk_sees_customer(d) && !desk_concerns(d, r->conversation)) {
        desk_error(d, "forbidden", "read_timeline.conversation", "you see the conversation at hand only");
        return;
    }
    struct desk_ask *a = xcalloc(1, sizeof *a);
    *a = (struct desk_ask){.desk = d->id, .conversation = r->conversation, .before = r->before, .limit = r->limit};
    a->step = desk_concerns(d, r->conversation) ? ASK_TIMELINE : ASK_WHOSE;
    a->id = table_add(&d->all->asks, a);
    d->asks_n++;
    ask_send(d->all, a);
}

void handle_ask(struct desk *d, struct desk_pending *p, uint64_t customer, const char *handle)
{
    struct desk_ask *a = xcalloc(1, sizeof *a);
    *a = (struct desk_ask){
        .desk = d->id, .pending = p->id, .step = ASK_HANDLE, .customer = customer, .handle = xstrdup(handle)};
    p->asking = true;
    a->id = table_add(&d->all->asks, a);
    ask_send(d->all, a);
}

void desk_asks_free(struct desks *all)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&all->asks, &cursor, &id, &v)) {
        struct desk_ask *a = v;
        free(a->handle);
        free(a);
    }
    table_close(&all->asks);
}
