// SPDX-License-Identifier: Apache-2.0
// Goodbyes of visitors. A tab that says bye has gone; a connection that is lost may come back, here or at another node, within
// the grace time. Then the log is told, with an event of a fixed id that is sent until it is durable.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/faces/chat.h"

#define ASK_AGAIN_MS 1000

static void part_timer(struct chats *all)
{
    int64_t now = loop_now(all->face->faces->loop), next = -1;
    for (const struct chat_parting *p = all->partings; p; p = p->next)
        if (!p->sent && (next < 0 || p->due < next))
            next = p->due;
    if (all->keys_n)
        loop_timer_set(all->timer, next < 0 ? -1 : next > now ? next - now : 0);
}

static void on_parted(void *module, uint64_t token, const Throughline__V1__EventResult *r)
{
    struct chats *all = module;
    for (struct chat_parting **at = &all->partings; *at; at = &(*at)->next) {
        struct chat_parting *p = *at;
        if (p->id != token)
            continue;
        if (r->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN) {
            p->sent = false;
            p->due = loop_now(all->face->faces->loop) + CHAT_RETRY_MS;
            part_timer(all);
            return;
        }
        *at = p->next;
        free(p);
        return;
    }
}

static void part_send(struct chats *all, struct chat_parting *p)
{
    Throughline__V1__ChatClosed closed = THROUGHLINE__V1__CHAT_CLOSED__INIT;
    Throughline__V1__Event e = THROUGHLINE__V1__EVENT__INIT;
    e.id = p->event;
    e.account = p->account;
    e.from = p->handle;
    e.body_case = THROUGHLINE__V1__EVENT__BODY_CHAT_CLOSED;
    e.chat_closed = &closed;
    p->sent = true;
    triage_event(all->face->triage, &e, on_parted, all, p->id);
}

// Another tab of the same browser keeps the talk open.
static bool is_elsewhere(const struct chat *c)
{
    for (const struct chat *o = table_get(&c->all->by_conversation, c->conversation); o; o = o->next_in_conversation)
        if (o != c && o->state != CHAT_ENDING && strcmp(o->handle, c->handle) == 0)
            return true;
    return false;
}

void chats_part(struct chats *all, const char *account, const char *handle, int64_t after_ms, unsigned asks)
{
    char name[ID_NAME_SIZE];
    struct chat_parting *p = xcalloc(1, sizeof *p);
    p->id = ++all->parting_id;
    p->due = loop_now(all->face->faces->loop) + after_ms;
    p->asks = asks;
    snprintf(p->account, sizeof p->account, "%s", account);
    snprintf(p->handle, sizeof p->handle, "%s", handle);
    snprintf(p->event, sizeof p->event, "close.%s", id_name(name));
    p->next = all->partings;
    all->partings = p;
    part_timer(all);
}

void chat_part(struct chat *c, bool at_once)
{
    if (!is_elsewhere(c))
        chats_part(c->all, c->account, c->handle, at_once ? 0 : c->all->face->faces->config->chat.resume_seconds * 1000,
                   0);
}

bool chats_parting(const struct chats *all, const char *handle)
{
    for (const struct chat_parting *p = all->partings; p; p = p->next)
        if (strcmp(p->handle, handle) == 0)
            return true;
    return false;
}

void chats_unpart(struct chats *all, const char *handle)
{
    struct chat_parting **at = &all->partings;
    while (*at) {
        struct chat_parting *p = *at;
        if (p->sent || strcmp(p->handle, handle) != 0) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        free(p);
    }
    part_timer(all);
}

void chats_partings_due(struct chats *all)
{
    int64_t now = loop_now(all->face->faces->loop);
    for (struct chat_parting *p = all->partings, *next; p; p = next) {
        next = p->next;
        if (p->sent || p->due > now)
            continue;
        if (p->asks) {
            p->asks--;
            p->due = now + ASK_AGAIN_MS;
            store_publish(all->face->store, all->face->tenant, CHAT_TOPIC_WHO, p->handle, strlen(p->handle));
        } else {
            part_send(all, p);
        }
    }
    part_timer(all);
}
