// SPDX-License-Identifier: Apache-2.0
// What a supervisor does from the back office: POST /v1/agents/{id}/... and /v1/work/{id}/... Each is one input of the log,
// judged by the fold, and answered with the agent or the work as it then stands.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"
#include "daemon/faces/supervise.h"

static void show_agent(struct admin_call *c, struct http_request *r)
{
    struct router_agent_view a;
    if (router_agent(core_router(c->face->core), c->name, &a))
        admin_reply_agent(r, &a);
    else
        http_reply_empty(r, 204);
}

static void show_work(struct admin_call *c, struct http_request *r)
{
    struct router_work_view w;
    if (!router_work(core_router(c->face->core), c->number, &w)) {
        http_reply_empty(r, 204);
        return;
    }
    Throughline__V1__Work *m = core_work_message(core_router(c->face->core), &w);
    http_reply_message(r, 200, &m->base);
    throughline__v1__work__free_unpacked(m, NULL);
}

static void show_queue(struct admin_call *c, struct http_request *r)
{
    struct router_queue_view q;
    for (size_t i = 0; router_queue_at(core_router(c->face->core), i, &q); i++) {
        if (strcmp(q.def.name, c->name) != 0)
            continue;
        Throughline__V1__QueueStatus *m = core_queue_message(&q);
        http_reply_message(r, 200, &m->base);
        throughline__v1__queue_status__free_unpacked(m, NULL);
        return;
    }
    http_reply_empty(r, 204);
}

static void append(struct face *face, struct http_request *r, Throughline__V1__Supervise *s,
                   void (*show)(struct admin_call *c, struct http_request *r))
{
    char by[ROUTER_NAME_MAX + 1];
    Throughline__V1__SuperviseInput what = THROUGHLINE__V1__SUPERVISE_INPUT__INIT;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    struct admin_call *c = admin_call_new(face, r);
    supervise_by(http_identity(r), by);
    what.what = s;
    what.by = by;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_SUPERVISE;
    in.supervise = &what;
    c->folded = show;
    c->number = s->work;
    strncpy(c->name, *s->agent ? s->agent : s->queue, sizeof c->name - 1);
    supervise_audit(face, http_identity(r), s);
    core_append(face->core, &in, admin_on_placed, face->admin, c->id);
}

// The path says whom or what it is about and what to do, the body the rest.
static void supervise(struct face *face, struct http_request *r, Throughline__V1__Supervision act, const char *agent,
                      const char *queue, uint64_t work)
{
    ProtobufCMessage *m = http_body_message(r, &throughline__v1__supervise__descriptor);
    Throughline__V1__Supervise *s = (Throughline__V1__Supervise *)m;
    const char *field = "act", *wrong;
    if (!m)
        return;
    if (s->act && s->act != act)
        wrong = "must be that of the path";
    else {
        s->act = act;
        if (agent)
            admin_text_set(&s->agent, agent);
        if (queue)
            admin_text_set(&s->queue, queue);
        if (work)
            s->work = work;
        wrong = supervise_wrong(face, s, http_identity(r)->agent, &field);
    }
    if (wrong)
        http_problem(r, PROBLEM_invalid_body, field, wrong);
    else
        append(face, r, s, agent ? show_agent : queue ? show_queue : show_work);
    protobuf_c_message_free_unpacked(m, NULL);
}

static void supervise_agent(void *faces, struct http_request *r, Throughline__V1__Supervision act)
{
    struct face *face = faces_of_request(faces, r);
    struct router_agent_view a;
    if (face && admin_find_agent(face, r, &a))
        supervise(face, r, act, http_param(r, "id"), NULL, 0);
}

static void supervise_work(void *faces, struct http_request *r, Throughline__V1__Supervision act)
{
    struct face *face = faces_of_request(faces, r);
    struct router_work_view w;
    uint64_t id = 0;
    if (!face || !http_param_number(r, "id", &id))
        return;
    if (router_work(core_router(face->core), id, &w))
        supervise(face, r, act, NULL, NULL, id);
    else
        http_problem(r, PROBLEM_not_found, NULL, "no such work is open");
}

static void supervise_queue(void *faces, struct http_request *r, Throughline__V1__Supervision act)
{
    struct face *face = faces_of_request(faces, r);
    struct router_queue_view q;
    size_t i = 0;
    if (!face)
        return;
    while (router_queue_at(core_router(face->core), i, &q) && strcmp(q.def.name, http_param(r, "name")) != 0)
        i++;
    if (router_queue_at(core_router(face->core), i, &q))
        supervise(face, r, act, NULL, http_param(r, "name"), 0);
    else
        http_problem(r, PROBLEM_not_found, NULL, "no queue has this name");
}

void admin_close_queue(void *faces, struct http_request *r)
{
    supervise_queue(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_CLOSE_QUEUE);
}

void admin_open_queue(void *faces, struct http_request *r)
{
    supervise_queue(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_OPEN_QUEUE);
}

void admin_log_out(void *faces, struct http_request *r)
{
    supervise_agent(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_LOG_OUT);
}

void admin_drain(void *faces, struct http_request *r)
{
    supervise_agent(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_DRAIN);
}

void admin_assign(void *faces, struct http_request *r)
{
    supervise_work(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_ASSIGN);
}

void admin_pull(void *faces, struct http_request *r)
{
    supervise_work(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_PULL);
}

void admin_requeue(void *faces, struct http_request *r)
{
    supervise_work(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_REQUEUE);
}

void admin_priority(void *faces, struct http_request *r)
{
    supervise_work(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_PRIORITY);
}

void admin_listen(void *faces, struct http_request *r)
{
    supervise_work(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_LISTEN);
}

void admin_whisper(void *faces, struct http_request *r)
{
    supervise_work(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_WHISPER);
}

void admin_barge(void *faces, struct http_request *r)
{
    supervise_work(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_BARGE);
}

void admin_take_over(void *faces, struct http_request *r)
{
    supervise_work(faces, r, THROUGHLINE__V1__SUPERVISION__SUPERVISION_TAKE_OVER);
}
