// SPDX-License-Identifier: Apache-2.0
// Visitors of a node that is gone. It can tell the log no more that they have left, so the leader does: for every chat that is open in
// the fold and connected nowhere it waits the grace time, asks the other nodes, and says goodbye for the visitor. It looks when it
// begins to lead and when a node is lost.
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/config/config.h"
#include "daemon/faces/accounts.h"
#include "daemon/faces/chat.h"

#define SWEEP_ASKS 3

static bool is_here(const struct chats *all, uint64_t conversation, const char *handle)
{
    for (const struct chat *c = table_get(&all->by_conversation, conversation); c; c = c->next_in_conversation)
        if (c->state != CHAT_ENDING && strcmp(c->handle, handle) == 0)
            return true;
    return false;
}

// A chat of a browser: one that comes through a gateway is its own affair.
static bool is_ours(const struct chats *all, const struct router_session *s)
{
    const struct config_account *a =
        s->live && s->channel == ROUTER_CHAT && !s->simulated ? account_find(all->face, s->account) : NULL;
    return a && a->kind == CONFIG_ACCOUNT_CHAT;
}

void chats_sweep(struct chats *all)
{
    struct router *router = core_router(all->face->core);
    int64_t grace = all->face->faces->config->chat.resume_seconds * 1000;
    struct router_work_view w = {0};
    uint64_t missing = 0;
    while (router_next_work(router, w.id, &w))
        for (size_t i = 0; i < w.sessions_n; i++) {
            const struct router_session *s = &w.sessions[i];
            if (!is_ours(all, s) || is_here(all, w.conversation, s->handle) || chats_parting(all, s->handle))
                continue;
            chats_part(all, s->account, s->handle, grace, SWEEP_ASKS);
            missing++;
        }
    if (missing)
        tl_log(LOG_INFO, "chats_without_visitor", LS("tenant", all->face->tenant), LN("chats", missing));
}

// Another node looks for a visitor: one who is here is said to be back.
void chats_heard_who(struct chats *all, const char *handle)
{
    size_t cursor = 0;
    uint64_t id;
    void *v;
    while (table_next(&all->table, &cursor, &id, &v)) {
        const struct chat *c = v;
        if (c->state == CHAT_ENDING || strcmp(c->handle, handle) != 0)
            continue;
        store_publish(all->face->store, all->face->tenant, CHAT_TOPIC_BACK, handle, strlen(handle));
        return;
    }
}
