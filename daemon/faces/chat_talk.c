// SPDX-License-Identifier: Apache-2.0
// Words both ways between a visitor and the log. Up: words become events, acknowledged when durable. Down: the timeline itself,
// read from where the visitor stands whenever something happened in it, so that resuming and living on are one thing.
//
// What a visitor may see: words, never notes, never other participants' words. Their own channel only, unless the site has
// signed who they are.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/faces/chat.h"
#include "daemon/faces/media_face.h"
#include "daemon/faces/records.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/desk.pb-c.h"
#include "throughline/v1/log.pb-c.h"

// ---- where the talk stands ----

void chat_unplace(struct chat *c)
{
    struct chat *first = c->conversation ? table_get(&c->all->by_conversation, c->conversation) : NULL;
    struct chat **at = &first;
    while (*at && *at != c)
        at = &(*at)->next_in_conversation;
    if (!*at)
        return;
    *at = c->next_in_conversation;
    if (first)
        table_put(&c->all->by_conversation, c->conversation, first);
    else
        table_take(&c->all->by_conversation, c->conversation);
}

void chat_place(struct chat *c, uint64_t conversation)
{
    if (c->conversation == conversation)
        return;
    chat_unplace(c);
    c->conversation = conversation;
    c->next_in_conversation = table_get(&c->all->by_conversation, conversation);
    table_put(&c->all->by_conversation, conversation, c);
}

// ---- down ----

static bool is_refused(const struct chats *all, uint64_t entry)
{
    for (unsigned i = 0; i < CHAT_REFUSED; i++)
        if (all->refused[i] == entry)
            return true;
    return false;
}

static bool may_see(const struct chat *c, const Throughline__V1__Entry *e)
{
    if (e->note || e->body_case != THROUGHLINE__V1__ENTRY__BODY_MESSAGE || !e->author ||
        e->author->who_case == THROUGHLINE__V1__AUTHOR__WHO_PARTICIPANT || is_refused(c->all, e->number))
        return false;
    return chat_is_proven(c) ||
           (e->channel == THROUGHLINE__V1__CHANNEL__CHANNEL_CHAT && strcmp(e->handle, c->handle) == 0);
}

static bool was_said_here(const struct chat *c, uint64_t entry)
{
    for (unsigned i = 0; i < CHAT_SAID; i++)
        if (c->said[i] == entry)
            return true;
    return false;
}

// The browser's own id of its words: Event.id is <visitor>.<id>.
static char *word_id(const struct chat *c, const Throughline__V1__Entry *e)
{
    size_t n = strlen(c->visitor.visitor);
    bool ours = strncmp(e->external_id, c->visitor.visitor, n) == 0 && e->external_id[n] == '.';
    return ours ? e->external_id + n + 1 : (char *)protobuf_c_empty_string;
}

static void push(struct chat *c, const Throughline__V1__Entry *e)
{
    struct router_agent_view a;
    Throughline__V1__ChatEntry out = THROUGHLINE__V1__CHAT_ENTRY__INIT;
    out.number = e->number;
    out.own = e->author->who_case == THROUGHLINE__V1__AUTHOR__WHO_CUSTOMER;
    out.text = e->message->text;
    out.wall_ms = e->wall_ms;
    out.channel = e->channel;
    out.n_attachments = e->message->n_attachments;
    out.attachments = e->message->attachments;
    out.automatic = e->author->who_case == THROUGHLINE__V1__AUTHOR__WHO_SYSTEM;
    if (out.own)
        out.id = word_id(c, e);
    if (e->author->who_case == THROUGHLINE__V1__AUTHOR__WHO_AGENT)
        out.author =
            router_agent(core_router(c->all->face->core), e->author->agent, &a) ? (char *)a.def.name : e->author->agent;
    Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_ENTRY;
    d.entry = &out;
    if (chat_send(c, &d))
        chat_mark_shown(c, e);
}

// A long talk goes at the pace of the browser, and leaves room for what else it is told.
static bool is_busy(const struct chat *c)
{
    return ws_queued(c->ws) > (size_t)c->all->face->faces->config->chat.queue_bytes / 4;
}

static void on_timeline(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct chats *all = module;
    struct chat *c = table_get(&all->table, token);
    if (!c || c->state != CHAT_LIVE)
        return;
    c->reading = false;
    if (e != TL_OK && e != TL_ABSENT) {
        loop_timer_set(c->timer, CHAT_RETRY_MS);
        return;
    }
    size_t shown_n = 0;
    while (shown_n < n && !is_busy(c)) {
        Throughline__V1__Entry *entry = media_entry(c->all->face, &v[shown_n++]);
        if (entry && may_see(c, entry) && !was_said_here(c, entry->number))
            push(c, entry);
        if (entry)
            throughline__v1__entry__free_unpacked(entry, NULL);
    }
    if (shown_n && (shown_n < n || n == CHAT_PAGE))
        c->last = v[shown_n - 1].number;
    else if (shown_n == n && c->reading_upto > c->last)
        c->last = c->reading_upto;
    if (shown_n < n) // what is left is read again when the browser has taken this
        loop_timer_set(c->timer, CHAT_BUSY_MS);
    else
        chat_refresh(c, c->wanted);
}

void chat_refresh(struct chat *c, uint64_t upto)
{
    if (upto > c->wanted)
        c->wanted = upto;
    if (c->reading || c->wanted <= c->last || !c->conversation || c->state != CHAT_LIVE)
        return;
    c->reading = true;
    c->reading_upto = c->wanted;
    store_timeline(c->all->face->store, c->all->face->tenant, c->conversation, c->last, c->wanted, CHAT_PAGE, false,
                   on_timeline, c->all, c->id);
}

// ---- up ----

static bool within_rate(struct chat *c)
{
    int64_t now = loop_now(c->all->face->faces->loop);
    c->budget += (now - c->budget_at) * CHAT_PER_SECOND;
    c->budget_at = now;
    if (c->budget > CHAT_BURST * 1000)
        c->budget = CHAT_BURST * 1000;
    if (c->budget < 1000)
        return false;
    c->budget -= 1000;
    return true;
}

static void on_said(void *module, uint64_t token, const Throughline__V1__EventResult *r)
{
    struct chats *all = module;
    struct chat_saying *s = table_take(&all->sayings, token);
    struct chat *c = s ? table_get(&all->table, s->chat) : NULL;
    if (c && (r->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_STORED ||
              r->status == THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_DUPLICATE)) {
        Throughline__V1__ChatAck ack = THROUGHLINE__V1__CHAT_ACK__INIT;
        ack.id = s->word;
        ack.entry = r->entry;
        Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
        d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_ACK;
        d.ack = &ack;
        chat_send(c, &d);
        c->said[c->said_next] = r->entry;
        c->said_next = (c->said_next + 1) % CHAT_SAID;
        chat_place(c, r->conversation);
        c->dirty = all->anything_dirty = true;
    } else if (c) {
        chat_error(c, r->error ? r->error->code : "unavailable", s->word, r->error ? r->error->detail : "say it again");
    }
    if (s)
        free(s->word);
    free(s);
}

static void take_say(struct chat *c, const Throughline__V1__ChatUp *up)
{
    const Throughline__V1__ChatSay *say = up->say;
    size_t len = strlen(say->id);
    char id[CHAT_VISITOR_MAX + 80];
    if (!len || len > 64) {
        chat_error(c, "invalid_field", "say.id", "holds 1 to 64 bytes");
        return;
    }
    if (!*say->text || strlen(say->text) > CHAT_TEXT_MAX) {
        chat_error(c, *say->text ? "too_long" : "missing_field", say->id, "a word holds 1 to 16384 bytes");
        return;
    }
    if (!within_rate(c)) {
        chat_error(c, "too_many_requests", say->id, "say it again a little later");
        return;
    }
    struct chat_saying *s = xcalloc(1, sizeof *s);
    s->chat = c->id;
    s->word = xstrdup(say->id);
    s->id = table_add(&c->all->sayings, s);
    snprintf(id, sizeof id, "%s.%s", c->visitor.visitor, say->id);
    Throughline__V1__Message message = THROUGHLINE__V1__MESSAGE__INIT;
    message.text = say->text;
    Throughline__V1__Event e = THROUGHLINE__V1__EVENT__INIT;
    e.id = id;
    chat_fill_event(c, &e);
    e.body_case = THROUGHLINE__V1__EVENT__BODY_MESSAGE;
    e.message = &message;
    triage_event(c->all->face->triage, &e, on_said, c->all, s->id);
}

static void take_typing(struct chat *c, const Throughline__V1__ChatUp *up)
{
    uint8_t bytes[32];
    Throughline__V1__DeskTyping t = THROUGHLINE__V1__DESK_TYPING__INIT;
    if (!c->conversation || !within_rate(c))
        return;
    t.conversation = c->conversation;
    t.active = up->typing->active;
    store_publish(c->all->face->store, c->all->face->tenant, FACE_TOPIC_TYPES, bytes,
                  throughline__v1__desk_typing__pack(&t, bytes));
}

static void take_read(struct chat *c, const Throughline__V1__ChatUp *up)
{
    chat_mark_read(c, up->read->upto);
}

static void take_bye(struct chat *c, const Throughline__V1__ChatUp *up)
{
    (void)up;
    c->bye = true;
    if (c->conversation)
        chat_part(c, true);
    c->state = CHAT_ENDING;
    ws_close(c->ws, WS_NORMAL, "bye");
}

void chat_take(struct chat *c, const Throughline__V1__ChatUp *up)
{
    static void (*const takers[])(struct chat *, const Throughline__V1__ChatUp *) = {
        [THROUGHLINE__V1__CHAT_UP__UP_SAY] = take_say,
        [THROUGHLINE__V1__CHAT_UP__UP_TYPING] = take_typing,
        [THROUGHLINE__V1__CHAT_UP__UP_READ] = take_read,
        [THROUGHLINE__V1__CHAT_UP__UP_BYE] = take_bye,
    };
    if ((size_t)up->up_case < sizeof takers / sizeof *takers && takers[up->up_case])
        takers[up->up_case](c, up);
    else
        chat_error(c, "empty_message", "", "a message holds say, typing, read or bye");
}
