// SPDX-License-Identifier: Apache-2.0
// What of a customer an agent sees who sees the conversation at hand only (agent.sees = "conversation"): their name, and the handles by
// which what the agent has at hand is held. It goes by the agent, whatever token the desk has, and by what is so now: a
// configuration that changes it counts from the next thing told.
#include <stdlib.h>
#include <string.h>

#include "daemon/faces/desk.h"

struct sought {
    const char *handle;
    bool found;
};

static void on_concern(void *ctx, const struct router_work_view *w, bool informed)
{
    struct sought *s = ctx;
    (void)informed;
    for (size_t i = 0; i < w->sessions_n; i++)
        s->found |= strcmp(w->sessions[i].handle, s->handle) == 0;
}

static bool is_at_hand(const struct desk *d, const char *handle)
{
    struct sought s = {.handle = handle};
    router_each_concern(core_router(d->all->face->core), d->agent, on_concern, &s);
    return s.found;
}

bool desk_sees_customer(const struct desk *d)
{
    struct router_agent_view a;
    return !router_agent(core_router(d->all->face->core), d->agent, &a) || !a.def.sees_conversation;
}

static void handles_free(Throughline__V1__Handle **v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        throughline__v1__handle__free_unpacked(v[i], NULL);
}

void desk_trim_customer(const struct desk *d, Throughline__V1__Customer *c)
{
    size_t kept = 0;
    if (desk_sees_customer(d))
        return;
    for (size_t i = 0; i < c->n_handles; i++) {
        c->handles[i]->came_with = 0;
        if (is_at_hand(d, c->handles[i]->handle))
            c->handles[kept++] = c->handles[i];
        else
            handles_free(&c->handles[i], 1);
    }
    c->n_handles = kept;
    handles_free(c->suggestions, c->n_suggestions);
    for (size_t i = 0; i < c->n_attributes; i++)
        protobuf_c_message_free_unpacked(&c->attributes[i]->base, NULL);
    c->n_suggestions = c->n_attributes = c->n_merged = c->n_conversations = 0;
    if (c->last_agent != protobuf_c_empty_string)
        free(c->last_agent);
    c->last_agent = (char *)protobuf_c_empty_string;
}
