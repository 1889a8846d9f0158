// SPDX-License-Identifier: Apache-2.0
// What must be read before a desk can be told: the customer, the conversation, its timeline, earlier conversations.
//
// A load belongs to one waiting update and ends by telling it, once. A read that failed is sent again, until it succeeds or
// the desk is gone: an offer without its story is worse than a late one, and without Redis nothing else moves either.
#include <stdlib.h>

#include "daemon/base/loop.h"
#include "daemon/faces/desk.h"
#include "daemon/faces/media_face.h"
#include "daemon/faces/records.h"

enum load_kind { LOAD_CONTEXT, LOAD_CUSTOMER, LOAD_ENTRY };
enum load_step { STEP_CUSTOMER, STEP_CONVERSATION, STEP_TIMELINE, STEP_EARLIER, STEP_DONE };

struct context_load {
    struct desks *all;
    uint64_t id, item;
    enum load_kind kind;
    enum load_step step;
    Throughline__V1__Context **slot;
    Throughline__V1__Context *context; // LOAD_CONTEXT: being filled, owned until it is handed over
    uint64_t conversation, customer, upto;
    size_t room;    // bytes of timeline
    size_t earlier; // which of the customer's conversations comes next
    struct loop_timer *timer;
};

static void load_ask(struct context_load *l);

static void load_free(void *object)
{
    struct context_load *l = object;
    if (l->context)
        throughline__v1__context__free_unpacked(l->context, NULL);
    loop_timer_free(l->timer);
    free(l);
}

static void load_end(struct context_load *l)
{
    table_take(&l->all->loads, l->id);
    loop_defer_free(l->all->face->faces->loop, load_free, l);
}

static Throughline__V1__DeskUpdate *load_update(const struct context_load *l)
{
    struct desk_item *i = table_get(&l->all->items, l->item);
    return i ? i->update : NULL;
}

// NULL: it is gone.
static const struct desk *load_desk(const struct context_load *l)
{
    const struct desk_item *i = table_get(&l->all->items, l->item);
    return i ? table_get(&l->all->table, i->desk) : NULL;
}

static Throughline__V1__Customer *customer_of(const struct context_load *l, const struct store_bytes *v, size_t n)
{
    const struct desk *d = load_desk(l);
    Throughline__V1__Customer *c = record_customer(v, d ? n : 0);
    if (d)
        desk_trim_customer(d, c);
    return c;
}

// ---- what each answer fills in ----

static void take_customer(struct context_load *l, enum tl_err e, const struct store_bytes *v, size_t n)
{
    if (e == TL_OK)
        l->context->customer = customer_of(l, v, n);
    l->step = STEP_CONVERSATION;
}

static void take_conversation(struct context_load *l, enum tl_err e, const struct store_bytes *v, size_t n)
{
    if (e == TL_OK) {
        const struct desk *d = load_desk(l);
        l->context->conversation = record_conversation(v, n);
        if (!d || !desk_sees_customer(d))
            l->context->conversation->follows = 0;
        if (l->context->work)
            record_add_work(l->context->conversation, l->context->work);
    }
    l->step = STEP_TIMELINE;
}

static void take_timeline(struct context_load *l, enum tl_err e, const struct store_bytes *v, size_t n)
{
    Throughline__V1__Context *c = l->context;
    size_t from = record_newest(v, n, DESK_TIMELINE_MAX, l->room);
    c->more = from > 0;
    c->timeline = xcalloc(n + 1, sizeof(Throughline__V1__Entry *));
    for (size_t i = from; e == TL_OK && i < n; i++) {
        Throughline__V1__Entry *entry = media_entry(l->all->face, &v[i]);
        if (entry)
            c->timeline[c->n_timeline++] = entry;
    }
    l->step = STEP_EARLIER;
}

static void take_earlier(struct context_load *l, enum tl_err e, const struct store_bytes *v, size_t n)
{
    Throughline__V1__Context *c = l->context;
    l->earlier++;
    if (e != TL_OK)
        return;
    c->earlier = xrealloc(c->earlier, (c->n_earlier + 1) * sizeof(Throughline__V1__Conversation *));
    c->earlier[c->n_earlier++] = record_conversation(v, n);
}

static void load_deliver(struct context_load *l)
{
    if (load_update(l)) {
        *l->slot = l->context;
        l->context = NULL;
        desk_item_arrived(l->all, l->item);
    }
    load_end(l);
}

static void take_single(struct context_load *l, enum tl_err e, const struct store_bytes *v, size_t n)
{
    Throughline__V1__DeskUpdate *u = load_update(l);
    if (u && l->kind == LOAD_CUSTOMER)
        u->customer = customer_of(l, v, e == TL_OK ? n : 0);
    if (u && l->kind == LOAD_ENTRY && e == TL_OK && n == 1)
        u->entry->entry = media_entry(l->all->face, &v[0]);
    if (u)
        desk_item_arrived(l->all, l->item);
    load_end(l);
}

static void on_answer(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    static void (*const take[])(struct context_load *, enum tl_err, const struct store_bytes *, size_t) = {
        [STEP_CUSTOMER] = take_customer,
        [STEP_CONVERSATION] = take_conversation,
        [STEP_TIMELINE] = take_timeline,
        [STEP_EARLIER] = take_earlier,
    };
    struct desks *all = module;
    struct context_load *l = table_get(&all->loads, token);
    if (!l)
        return;
    if (e == TL_UNKNOWN || e == TL_UNAVAILABLE || e == TL_FULL) {
        loop_timer_set(l->timer, DESK_RETRY_MS);
        return;
    }
    if (l->kind != LOAD_CONTEXT) {
        take_single(l, e, v, n);
        return;
    }
    take[l->step](l, e, v, n);
    load_ask(l);
}

// ---- what is asked ----

static uint64_t next_earlier(struct context_load *l)
{
    const Throughline__V1__Customer *c = l->context->customer;
    while (c && l->earlier < c->n_conversations && c->conversations[l->earlier] == l->conversation)
        l->earlier++;
    return c && l->earlier < c->n_conversations && l->context->n_earlier < DESK_EARLIER_MAX
               ? c->conversations[l->earlier]
               : 0;
}

static void load_ask(struct context_load *l)
{
    const struct face *f = l->all->face;
    if (!load_update(l)) {
        load_end(l);
        return;
    }
    if (l->kind == LOAD_ENTRY) {
        store_timeline(f->store, f->tenant, l->conversation, l->upto - 1, l->upto, 1, false, on_answer, l->all, l->id);
        return;
    }
    if (l->kind == LOAD_CUSTOMER || l->step == STEP_CUSTOMER) {
        store_customer(f->store, f->tenant, l->customer, on_answer, l->all, l->id);
        return;
    }
    if (l->step == STEP_CONVERSATION) {
        store_conversation(f->store, f->tenant, l->conversation, on_answer, l->all, l->id);
        return;
    }
    if (l->step == STEP_TIMELINE) { // one more, to know whether there are earlier ones
        store_timeline(f->store, f->tenant, l->conversation, 0, l->upto, DESK_TIMELINE_MAX + 1, true, on_answer, l->all,
                       l->id);
        return;
    }
    uint64_t earlier = next_earlier(l);
    if (earlier)
        store_conversation(f->store, f->tenant, earlier, on_answer, l->all, l->id);
    else
        load_deliver(l);
}

static void on_timer(void *arg)
{
    load_ask(arg);
}

static struct context_load *load_new(struct desks *all, struct desk_item *item, enum load_kind kind)
{
    struct context_load *l = xcalloc(1, sizeof *l);
    *l = (struct context_load){.all = all, .item = item->id, .kind = kind};
    l->id = table_add(&all->loads, l);
    l->timer = loop_timer_new(all->face->faces->loop, on_timer, l);
    return l;
}

void context_load(struct desks *all, struct desk_item *item, Throughline__V1__Context **slot, uint64_t conversation,
                  uint64_t customer, uint64_t upto, size_t room, Throughline__V1__Work *work)
{
    struct context_load *l = load_new(all, item, LOAD_CONTEXT);
    l->slot = slot;
    l->conversation = conversation;
    l->customer = customer;
    l->upto = upto;
    l->room = room;
    l->context = xcalloc(1, sizeof *l->context);
    throughline__v1__context__init(l->context);
    l->context->work = work;
    disposition_list(all, l->context);
    load_ask(l);
}

void customer_load(struct desks *all, struct desk_item *item, uint64_t customer)
{
    struct context_load *l = load_new(all, item, LOAD_CUSTOMER);
    l->customer = customer;
    load_ask(l);
}

void entry_load(struct desks *all, struct desk_item *item, uint64_t conversation, uint64_t number)
{
    struct context_load *l = load_new(all, item, LOAD_ENTRY);
    l->conversation = conversation;
    l->upto = number;
    load_ask(l);
}

void context_loads_free(struct desks *all)
{
    size_t cursor = 0;
    uint64_t id;
    void *l;
    while (table_next(&all->loads, &cursor, &id, &l))
        load_free(l);
    table_close(&all->loads);
}
