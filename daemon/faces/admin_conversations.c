// SPDX-License-Identifier: Apache-2.0
// Conversations as the back office reads them: from Redis, with what only the fold knows of open work, and with whom they are with. A list asks
// for one after the other; a customer who is not there leaves the name empty.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"
#include "daemon/faces/records.h"
#include "throughline/v1/admin.pb-c.h"

static void add_open_work(struct face *face, Throughline__V1__Conversation *conversation)
{
    struct router_work_view w;
    free(conversation->agent == protobuf_c_empty_string ? NULL : conversation->agent);
    conversation->agent = (char *)protobuf_c_empty_string;
    conversation->work = 0;
    if (!router_work_of_conversation(core_router(face->core), conversation->id, &w))
        return;
    Throughline__V1__Work *m = core_work_message(core_router(face->core), &w);
    record_add_work(conversation, m);
    throughline__v1__work__free_unpacked(m, NULL);
}

// Whose it is, as people know them: the next answer is of that customer.
static void ask_customer(struct admin_call *c, const Throughline__V1__Conversation *conversation,
                         void (*entries)(struct admin_call *, struct http_request *, const struct store_bytes *,
                                         size_t))
{
    c->again = c->may_miss = true;
    c->entries = entries;
    store_customer(c->face->store, c->face->tenant, conversation->customer, admin_on_entries, c->face->admin, c->id);
}

static void reply_named(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    record_add_customer((Throughline__V1__Conversation *)c->answer, v, n);
    http_reply_message(r, 200, c->answer);
}

static void reply_conversation(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    (void)r;
    Throughline__V1__Conversation *m = record_conversation(v, n);
    add_open_work(c->face, m);
    c->answer = &m->base;
    ask_customer(c, m, reply_named);
}

void admin_conversation(void *faces, struct http_request *r)
{
    struct admin_call *c = admin_begin_id(faces, r);
    if (!c)
        return;
    c->entries = reply_conversation;
    store_conversation(c->face->store, c->face->tenant, c->number, admin_on_entries, c->face->admin, c->id);
}

// A page is gathered one conversation after the other, in c->answer; c->cursor is the one asked for now.
static void list_next(struct admin_call *c, struct http_request *r);

static void list_named(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    const Throughline__V1__ConversationList *list = (Throughline__V1__ConversationList *)c->answer;
    record_add_customer(list->conversations[c->number++], v, n);
    list_next(c, r);
}

static void list_one(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    (void)r;
    Throughline__V1__ConversationList *list = (Throughline__V1__ConversationList *)c->answer;
    throughline__v1__conversation__free_unpacked(list->conversations[c->number], NULL);
    list->conversations[c->number] = record_conversation(v, n);
    add_open_work(c->face, list->conversations[c->number]);
    ask_customer(c, list->conversations[c->number], list_named);
}

static void list_next(struct admin_call *c, struct http_request *r)
{
    const Throughline__V1__ConversationList *list = (Throughline__V1__ConversationList *)c->answer;
    if (c->number == list->n_conversations) {
        http_reply_message(r, 200, c->answer);
        return;
    }
    c->again = true;
    c->may_miss = false;
    c->entries = list_one;
    store_conversation(c->face->store, c->face->tenant, list->conversations[c->number]->id, admin_on_entries,
                       c->face->admin, c->id);
}

static void list_ids(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    char next[24] = "";
    Throughline__V1__ConversationList *list = xcalloc(1, sizeof *list);
    throughline__v1__conversation_list__init(list);
    list->conversations = xcalloc(n + 1, sizeof(Throughline__V1__Conversation *));
    list->n_conversations = n;
    for (size_t i = 0; i < n; i++) {
        list->conversations[i] = xcalloc(1, sizeof *list->conversations[i]);
        throughline__v1__conversation__init(list->conversations[i]);
        list->conversations[i]->id = v[i].number;
    }
    if (n == c->limit) {
        snprintf(next, sizeof next, "%" PRIu64, v[n - 1].number);
        list->next = xstrdup(next);
    }
    c->answer = &list->base;
    list_next(c, r);
}

void admin_conversations(void *faces, struct http_request *r)
{
    struct admin_call *c = admin_begin_page(faces, r);
    if (!c)
        return;
    c->entries = list_ids;
    store_conversations(c->face->store, c->face->tenant, c->cursor, c->limit, admin_on_entries, c->face->admin, c->id);
}
