// SPDX-License-Identifier: Apache-2.0
// How long a visitor has to wait: told when they begin to, when something happened to their work, and every so often while they wait, a few of them
// at a time; each time only if it is something else than before.
#include "daemon/base/loop.h"
#include "daemon/faces/chat.h"

void chat_tell_wait(struct chat *c)
{
    struct router_work_view w;
    struct router_wait wait;
    struct wait_told now = {0};
    if (c->state != CHAT_LIVE)
        return;
    if (c->conversation && router_work_of_conversation(core_router(c->all->face->core), c->conversation, &w))
        now = waits_of(c->all->face, &w, &c->wait, &wait);
    if (now.kind && !loop_timer_pending(c->all->waits))
        loop_timer_set(c->all->waits, WAITS_MS);
    if (waits_same(&now, &c->wait))
        return;
    c->wait = now;
    Throughline__V1__ChatWait m = THROUGHLINE__V1__CHAT_WAIT__INIT;
    m.kind = (Throughline__V1__WaitKind)now.kind;
    m.from_seconds = now.from;
    m.to_seconds = now.to;
    Throughline__V1__ChatDown d = THROUGHLINE__V1__CHAT_DOWN__INIT;
    d.down_case = THROUGHLINE__V1__CHAT_DOWN__DOWN_WAIT;
    d.wait = &m;
    chat_send(c, &d);
}

void chats_waits(void *arg)
{
    struct chats *all = arg;
    size_t cursor = 0;
    uint64_t id;
    void *v;
    bool any = false;
    all->slice = (all->slice + 1) % WAITS_SLICES;
    while (table_next(&all->table, &cursor, &id, &v)) { // sending ends none at once
        struct chat *c = v;
        any |= c->wait.kind != ROUTER_WAIT_NONE;
        if (c->wait.kind && id % WAITS_SLICES == all->slice)
            chat_tell_wait(c);
    }
    loop_timer_set(all->waits, any ? WAITS_MS : -1);
}
