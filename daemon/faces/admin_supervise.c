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
    strncpy(c->name, s->agent, sizeof c->name - 1);
    supervise_audit(face, http_identity(r), s);
    core_append(face->core, &in, admin_on_placed, face->admin, c->id);
}

// The path says whom or what it is about and what to do, the body the rest.
static void supervise(struct face *face, struct http_request *r, Throughline__V1__Supervision act, const char *agent,
                      uint64_t work)
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
        if (work)
            s->work = work;
        wrong = supervise_wrong(s, &field);
    }
    if (wrong)
        http_problem(r, PROBLEM_invalid_body, field, wrong);
    else
        append(face, r, s, agent ? show_agent : show_work);
    protobuf_c_message_free_unpacked(m, NULL);
}

static void supervise_agent(void *faces, struct http_request *r, Throughline__V1__Supervision act)
{
    struct face *face = faces_of_request(faces, r);
    struct router_agent_view a;
    if (face && admin_find_agent(face, r, &a))
        supervise(face, r, act, http_param(r, "id"), 0);
}

static void supervise_work(void *faces, struct http_request *r, Throughline__V1__Supervision act)
{
    struct face *face = faces_of_request(faces, r);
    struct router_work_view w;
    uint64_t id = 0;
    if (!face || !http_param_number(r, "id", &id))
        return;
    if (router_work(core_router(face->core), id, &w))
        supervise(face, r, act, NULL, id);
    else
        http_problem(r, PROBLEM_not_found, NULL, "no such work is open");
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
