// SPDX-License-Identifier: Apache-2.0
// What the back office reads from this node's fold: agents, queues, open work. Nothing here waits or fails but by "no such thing".
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"
#include "throughline/v1/admin.pb-c.h"

static struct router *router_of(const struct face *face)
{
    return core_router(face->core);
}

// ---- agents ----

void admin_agents(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    struct http_page page;
    if (!face || !http_query_page(r, &page))
        return;
    Throughline__V1__AgentStatus *v[500];
    Throughline__V1__AgentList list = THROUGHLINE__V1__AGENT_LIST__INIT;
    list.agents = v;
    struct router_agent_view a = {.def.id = page.cursor};
    bool more;
    while ((more = router_next_agent(router_of(face), a.def.id, &a)) && list.n_agents < page.limit)
        v[list.n_agents++] = core_agent_message(&a);
    if (more && list.n_agents)
        list.next = v[list.n_agents - 1]->agent->id;
    http_reply_message(r, 200, &list.base);
    for (size_t i = 0; i < list.n_agents; i++)
        throughline__v1__agent_status__free_unpacked(v[i], NULL);
}

bool admin_find_agent(const struct face *face, struct http_request *r, struct router_agent_view *out)
{
    bool found = router_agent(core_router(face->core), http_param(r, "id"), out);
    if (!found)
        http_problem(r, PROBLEM_not_found, NULL, "no agent has this id");
    return found;
}

void admin_reply_agent(struct http_request *r, const struct router_agent_view *a)
{
    Throughline__V1__AgentStatus *m = core_agent_message(a);
    http_reply_message(r, 200, &m->base);
    throughline__v1__agent_status__free_unpacked(m, NULL);
}

void admin_agent(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    struct router_agent_view a;
    if (face && admin_find_agent(face, r, &a))
        admin_reply_agent(r, &a);
}

// ---- queues ----

// In the order of their entry rules; the cursor is the place in it.
void admin_queues(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    struct http_page page;
    uint64_t from = 0;
    if (!face || !http_query_page(r, &page) || !admin_cursor_number(r, page.cursor, &from))
        return;
    Throughline__V1__QueueStatus *v[500];
    Throughline__V1__QueueList list = THROUGHLINE__V1__QUEUE_LIST__INIT;
    struct router_queue_view q;
    char next[24] = "";
    list.queues = v;
    list.next = next;
    while (list.n_queues < page.limit && router_queue_at(router_of(face), from + list.n_queues, &q)) {
        v[list.n_queues] = core_queue_message(&q);
        core_put_waits(v[list.n_queues], router_of(face), from + list.n_queues);
        list.n_queues++;
    }
    if (router_queue_at(router_of(face), from + list.n_queues, &q))
        snprintf(next, sizeof next, "%llu", (unsigned long long)(from + list.n_queues));
    http_reply_message(r, 200, &list.base);
    for (size_t i = 0; i < list.n_queues; i++)
        throughline__v1__queue_status__free_unpacked(v[i], NULL);
}

void admin_queue(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    struct router_queue_view q;
    size_t i = 0;
    if (!face)
        return;
    while (router_queue_at(router_of(face), i, &q) && strcmp(q.def.name, http_param(r, "name")) != 0)
        i++;
    if (!router_queue_at(router_of(face), i, &q)) {
        http_problem(r, PROBLEM_not_found, NULL, "no queue has this name");
        return;
    }
    Throughline__V1__QueueStatus *m = core_queue_message(&q);
    core_put_waits(m, router_of(face), i);
    http_reply_message(r, 200, &m->base);
    throughline__v1__queue_status__free_unpacked(m, NULL);
}

// ---- work ----

void admin_works(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    struct http_page page;
    struct router_work_view w = {0};
    if (!face || !http_query_page(r, &page) || !admin_cursor_number(r, page.cursor, &w.id))
        return;
    Throughline__V1__Work *v[500];
    Throughline__V1__WorkList list = THROUGHLINE__V1__WORK_LIST__INIT;
    char next[24] = "";
    bool more;
    list.work = v;
    list.next = next;
    while ((more = router_next_work(router_of(face), w.id, &w)) && list.n_work < page.limit) {
        v[list.n_work] = core_work_message(router_of(face), &w);
        core_put_entered(v[list.n_work], &w);
        core_put_wait(v[list.n_work++], router_of(face));
    }
    if (more && list.n_work)
        snprintf(next, sizeof next, "%llu", (unsigned long long)v[list.n_work - 1]->id);
    http_reply_message(r, 200, &list.base);
    for (size_t i = 0; i < list.n_work; i++)
        throughline__v1__work__free_unpacked(v[i], NULL);
}

void admin_work(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    struct router_work_view w;
    uint64_t id = 0;
    if (!face || !http_param_number(r, "id", &id))
        return;
    if (!router_work(router_of(face), id, &w)) {
        http_problem(r, PROBLEM_not_found, NULL, "no such work is open; its decisions may still be read");
        return;
    }
    Throughline__V1__Work *m = core_work_message(router_of(face), &w);
    core_put_entered(m, &w);
    core_put_wait(m, router_of(face));
    http_reply_message(r, 200, &m->base);
    throughline__v1__work__free_unpacked(m, NULL);
}
