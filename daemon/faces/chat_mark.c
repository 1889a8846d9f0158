// SPDX-License-Identifier: Apache-2.0
// What the log is told of agents' words that a visitor was shown: that they arrived, that they were read. A mark is sent until it is
// durable while the visitor is here. What a visitor has read, durably, their browser is told, and it resumes from there: so
// a mark that died with a daemon is found again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/chat.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/log.pb-c.h"

#define DELIVERED THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_DELIVERED
#define READ      THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_READ

static bool is_marked(const struct chats *all, uint64_t entry, uint32_t state)
{
    size_t i = entry % CHAT_MARKED;
    return all->marked[i].entry == entry && all->marked[i].state >= state;
}

static void keep_marked(struct chats *all, uint64_t entry, uint32_t state)
{
    size_t i = entry % CHAT_MARKED;
    if (is_marked(all, entry, state))
        return;
    all->marked[i].entry = entry;
    all->marked[i].state = state;
}

static struct chat_shown *find(struct chat *c, uint64_t entry)
{
    for (unsigned i = 0; i < c->shown_n; i++)
        if (c->shown[i].entry == entry)
            return &c->shown[i];
    return NULL;
}

static void on_marked(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct chats *all = module;
    struct chat_marking *m = table_take(&all->markings, token);
    struct chat *c = m ? table_get(&all->table, m->chat) : NULL;
    struct chat_shown *s = c ? find(c, m->entry) : NULL;
    (void)p;
    if (m && e == TL_OK)
        keep_marked(all, m->entry, m->state);
    if (s)
        s->flying = false;
    if (s && e == TL_OK)
        chat_marks(c);
    else if (s && c->state == CHAT_LIVE)
        loop_timer_set(c->timer, CHAT_RETRY_MS);
    free(m);
}

static void tell_log(struct chat *c, struct chat_shown *s)
{
    char delivery[32];
    struct chat_marking *m = xcalloc(1, sizeof *m);
    *m = (struct chat_marking){.chat = c->id, .entry = s->entry, .state = s->wants};
    m->id = table_add(&c->all->markings, m);
    s->flying = true;
    snprintf(delivery, sizeof delivery, "%llu.0", (unsigned long long)s->entry);
    Throughline__V1__DeliveryNews news = THROUGHLINE__V1__DELIVERY_NEWS__INIT;
    news.delivery = delivery;
    news.conversation = c->conversation;
    news.entry = s->entry;
    news.state = (Throughline__V1__DeliveryState)s->wants;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_DELIVERY;
    in.delivery = &news;
    core_append(c->all->face->core, &in, on_marked, c->all, m->id);
}

static void tell_marked(struct chat *c, uint64_t upto)
{
    Throughline__V1__ChatMarked marked = THROUGHLINE__V1__CHAT_MARKED__INIT;
    Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
    marked.upto = upto;
    d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_MARKED;
    d.marked = &marked;
    chat_send(c, &d);
}

void chat_marks(struct chat *c)
{
    unsigned done = 0;
    for (unsigned i = 0; i < c->shown_n; i++) {
        struct chat_shown *s = &c->shown[i];
        if (is_marked(c->all, s->entry, s->wants))
            s->has = s->wants;
        else if (!s->flying)
            tell_log(c, s);
        if (s->has == READ && done == i)
            done++;
    }
    if (!done)
        return;
    uint64_t upto = c->shown[done - 1].entry;
    c->shown_n -= done;
    memmove(c->shown, c->shown + done, c->shown_n * sizeof *c->shown);
    tell_marked(c, upto);
}

void chat_mark_shown(struct chat *c, const Throughline__V1__Entry *e)
{
    if (e->author->who_case != THROUGHLINE__V1__AUTHOR__WHO_AGENT ||
        e->channel != THROUGHLINE__V1__CHANNEL__CHANNEL_CHAT || strcmp(e->handle, c->handle) != 0 ||
        e->number <= c->hello->marked)
        return;
    if (c->shown_n == CHAT_SHOWN)
        memmove(c->shown, c->shown + 1, --c->shown_n * sizeof *c->shown);
    c->shown[c->shown_n++] = (struct chat_shown){.entry = e->number, .wants = e->number <= c->read ? READ : DELIVERED};
    chat_marks(c);
}

void chat_mark_read(struct chat *c, uint64_t upto)
{
    uint64_t newest = core_input(c->all->face->core); // nobody has read what is not there yet
    upto = upto < newest ? upto : newest;
    if (upto > c->read)
        c->read = upto;
    for (unsigned i = 0; i < c->shown_n; i++)
        if (c->shown[i].entry <= c->read)
            c->shown[i].wants = READ;
    chat_marks(c);
}
