// SPDX-License-Identifier: Apache-2.0
// All chats of a tenant: what the fold says of their conversations, who is there for them, the keys that sign visitor tokens.
//
// Keys: each node may make one, all verify with every key there is and sign with the first by name, so that two nodes that
// start at once do not part their visitors.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/faces/chat.h"
#include "throughline/v1/desk.pb-c.h"

#define KEYS_DOC "keys"

// Calls fn for each chat; fn may end the chat, since nothing is freed before the turn's end.
static void each(struct chats *all, void (*fn)(struct chat *c))
{
    size_t cursor = 0, n = 0;
    uint64_t id;
    void *v;
    struct chat **list = xcalloc(all->table.count + 1, sizeof *list);
    while (table_next(&all->table, &cursor, &id, &v))
        list[n++] = v;
    for (size_t i = 0; i < n; i++)
        fn(list[i]);
    free(list);
}

// ---- who is there ----

static bool is_offline(const struct chats *all)
{
    struct router_agent_view a = {0};
    while (router_next_agent(core_router(all->face->core), a.def.id, &a))
        if (a.presence == ROUTER_AVAILABLE && (!a.def.channels || a.def.channels & 1u << ROUTER_CHAT))
            return false;
    return true;
}

// The name of who has the conversation, "" = nobody yet.
static const char *holder_name(const struct chat *c)
{
    struct router *router = core_router(c->all->face->core);
    struct router_work_view w;
    struct router_agent_view a;
    if (!c->conversation || !router_work_of_conversation(router, c->conversation, &w) ||
        (w.state != ROUTER_ASSIGNED && w.state != ROUTER_WRAP_UP) || !router_agent(router, w.agent, &a))
        return "";
    return *a.def.name ? a.def.name : a.def.id;
}

void chat_tell_presence(struct chat *c)
{
    const char *name = holder_name(c);
    if (c->state != CHAT_LIVE || (c->offline == c->all->offline && strcmp(c->agent, name) == 0 && c->told))
        return;
    c->told = true;
    c->offline = c->all->offline;
    snprintf(c->agent, sizeof c->agent, "%s", name);
    Throughline__V1__ChatPresence p = THROUGHLINE__V1__CHAT_PRESENCE__INIT;
    p.offline = c->offline;
    p.agent = c->agent;
    Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_PRESENCE;
    d.presence = &p;
    chat_send(c, &d);
}

// ---- what the fold says ----

static void on_effect(void *ctx, const struct core_effect *ce)
{
    struct chats *all = ctx;
    const struct router_effect *e = ce->e;
    if (e->kind == ROUTER_ENTRY_REFUSED) {
        all->refused[all->refused_next] = e->number;
        all->refused_next = (all->refused_next + 1) % CHAT_REFUSED;
    }
    if (e->kind == ROUTER_PRESENCE || e->kind == ROUTER_CONFIGURED)
        all->presence_changed = true;
    if (!ce->live || !e->conversation)
        return;
    for (struct chat *c = table_get(&all->by_conversation, e->conversation); c; c = c->next_in_conversation)
        c->dirty = all->anything_dirty = true;
}

static void refresh_if_dirty(struct chat *c)
{
    if (!c->dirty)
        return;
    c->dirty = false;
    chat_tell_presence(c);
    chat_tell_wait(c);
    chat_refresh(c, core_input(c->all->face->core));
}

// A new leader does not know whom its forerunner waited for.
static void sweep_if_leading(struct chats *all)
{
    bool leads = core_leader(all->face->core) && core_open(all->face->core);
    if (leads && !all->leads)
        chats_sweep(all);
    all->leads = leads;
}

static void on_node_lost(void *ctx)
{
    struct chats *all = ctx;
    all->leads = false; // look again
}

static void on_batch_end(void *ctx)
{
    struct chats *all = ctx;
    sweep_if_leading(all);
    if (all->presence_changed) {
        all->presence_changed = false;
        all->offline = is_offline(all);
        each(all, chat_tell_presence);
    }
    if (all->anything_dirty) {
        all->anything_dirty = false;
        each(all, refresh_if_dirty);
    }
}

static void start_afresh(struct chat *c)
{
    c->dirty = true;
}

static void on_reset(void *ctx)
{
    struct chats *all = ctx;
    all->presence_changed = all->anything_dirty = true;
    each(all, start_afresh);
    on_batch_end(all);
}

// ---- what other nodes say ----

static void tell_all(const struct chats *all, uint64_t conversation, const Throughline__V1__ChatDown *d)
{
    for (struct chat *c = table_get(&all->by_conversation, conversation); c; c = c->next_in_conversation)
        if (c->state == CHAT_LIVE)
            chat_send(c, d);
}

static void heard_typing(struct chats *all, const void *bytes, size_t len)
{
    Throughline__V1__DeskTyping *t = throughline__v1__desk_typing__unpack(NULL, len, bytes);
    if (!t)
        return;
    Throughline__V1__Typing typing = THROUGHLINE__V1__TYPING__INIT;
    typing.active = t->active;
    Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_TYPING;
    d.typing = &typing;
    tell_all(all, t->conversation, &d);
    throughline__v1__desk_typing__free_unpacked(t, NULL);
}

static void heard_read(struct chats *all, const void *bytes, size_t len)
{
    Throughline__V1__DeskRead *r = throughline__v1__desk_read__unpack(NULL, len, bytes);
    if (!r)
        return;
    Throughline__V1__ChatRead read = THROUGHLINE__V1__CHAT_READ__INIT;
    read.upto = r->upto;
    Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_READ;
    d.read = &read;
    tell_all(all, r->conversation, &d);
    throughline__v1__desk_read__free_unpacked(r, NULL);
}

void chats_heard(struct chats *all, const char *topic, const void *bytes, size_t len)
{
    char handle[8 + CHAT_VISITOR_MAX] = "";
    if (strcmp(topic, FACE_TOPIC_TYPING) == 0) {
        heard_typing(all, bytes, len);
    } else if (strcmp(topic, FACE_TOPIC_READ) == 0) {
        heard_read(all, bytes, len);
    } else if (strcmp(topic, CHAT_TOPIC_KEYS) == 0) {
        chats_keys_load(all);
    } else if (strcmp(topic, CHAT_TOPIC_BACK) == 0 && len < sizeof handle) {
        memcpy(handle, bytes, len);
        chats_unpart(all, handle);
    } else if (strcmp(topic, CHAT_TOPIC_WHO) == 0 && len < sizeof handle) {
        memcpy(handle, bytes, len);
        chats_heard_who(all, handle);
    }
}

// ---- keys ----

struct named_key {
    const struct store_bytes *name, *key;
};

static int by_name(const void *a, const void *b)
{
    const struct store_bytes *x = ((const struct named_key *)a)->name, *y = ((const struct named_key *)b)->name;
    int order = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void on_key_made(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct chats *all = module;
    (void)token;
    (void)e; // the reading that follows shows what came of it
    (void)p;
    store_publish(all->face->store, all->face->tenant, CHAT_TOPIC_KEYS, "", 0);
    chats_keys_load(all);
}

static void key_make(struct chats *all)
{
    uint8_t key[CHAT_KEY_LEN];
    char name[ID_NAME_SIZE], field[ID_NAME_SIZE + 8];
    id_random(key, sizeof key);
    snprintf(field, sizeof field, "chat.%s", id_name(name));
    store_doc_set(all->face->store, all->face->tenant, KEYS_DOC, field, key, sizeof key, on_key_made, all, 0);
}

static void take_waiting_hello(struct chat *c)
{
    if (c->state == CHAT_NEW && c->hello)
        chat_take_hello(c);
}

static void on_keys(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct chats *all = module;
    struct named_key *list = xcalloc(n + 1, sizeof *list);
    size_t count = 0;
    (void)token;
    for (size_t i = 0; e == TL_OK && i + 1 < n; i += 2)
        if (v[i].len > 5 && memcmp(v[i].p, "chat.", 5) == 0 && v[i + 1].len == CHAT_KEY_LEN)
            list[count++] = (struct named_key){&v[i], &v[i + 1]};
    qsort(list, count, sizeof *list, by_name);
    if (count)
        all->keys_n = 0;
    for (size_t i = 0; i < count && all->keys_n < CHAT_KEYS; i++)
        memcpy(all->keys[all->keys_n++], list[i].key->p, CHAT_KEY_LEN);
    free(list);
    if (e != TL_OK && e != TL_ABSENT)
        loop_timer_set(all->timer, CHAT_RETRY_MS);
    else if (!count)
        key_make(all);
    else {
        each(all, take_waiting_hello);
        chats_partings_due(all);
    }
}

void chats_keys_load(struct chats *all)
{
    store_doc_all(all->face->store, all->face->tenant, KEYS_DOC, on_keys, all, 0);
}

// ---- life ----

static void on_timer(void *arg)
{
    struct chats *all = arg;
    if (all->keys_n)
        chats_partings_due(all);
    else
        chats_keys_load(all);
}

struct chats *chats_new(struct face *face)
{
    struct chats *all = xcalloc(1, sizeof *all);
    char *labels = xasprintf("tenant=\"%s\"", face->tenant);
    all->face = face;
    all->offline = true;
    all->connected = metric_get(METRIC_GAUGE, "throughline_chats", "Connected visitors.", labels);
    free(labels);
    all->timer = loop_timer_new(face->faces->loop, on_timer, all);
    loop_timer_set(all->timer, 0);
    all->waits = loop_timer_new(face->faces->loop, chats_waits, all);
    core_listen(
        face->core,
        &(struct core_listener){
            .ctx = all, .effect = on_effect, .batch_end = on_batch_end, .reset = on_reset, .node_lost = on_node_lost});
    return all;
}

static void go_away(struct chat *c)
{
    c->state = CHAT_ENDING;
    ws_close(c->ws, WS_GOING_AWAY, "shutting down");
}

void chats_drain(struct chats *all)
{
    each(all, go_away);
}

bool chats_idle(const struct chats *all)
{
    for (const struct chat_parting *p = all->partings; p; p = p->next)
        if (p->sent)
            return false;
    return true;
}

uint32_t chats_count(const struct chats *all)
{
    return (uint32_t)all->table.count;
}

void chats_free(struct chats *all)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&all->sayings, &cursor, &id, &v)) {
        struct chat_saying *s = v;
        free(s->word);
        free(s);
    }
    cursor = 0;
    while (table_next(&all->markings, &cursor, &id, &v))
        free(v);
    while (all->partings) {
        struct chat_parting *p = all->partings;
        all->partings = p->next;
        free(p);
    }
    table_close(&all->table);
    table_close(&all->sayings);
    table_close(&all->markings);
    table_close(&all->by_conversation);
    loop_timer_free(all->timer);
    loop_timer_free(all->waits);
    free(all);
}
