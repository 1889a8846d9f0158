// SPDX-License-Identifier: Apache-2.0
// What queues that learn have learned of an agent: shown to the agent and to those who lead them; contested by the agent, restored
// or reset by a supervisor. Each change is one input of the log, audited.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"
#include "throughline/v1/admin.pb-c.h"

#define LEARNED_CLOSINGS 500

// An agent's token reaches that agent alone. False: answered.
static bool may(const struct face *face, struct http_request *r)
{
    const struct auth_identity *who = http_identity(r);
    struct router_agent_view a;
    if (who->role != AUTH_AGENT || strcmp(who->agent, http_param(r, "id")) == 0)
        return admin_find_agent(face, r, &a);
    http_problem(r, PROBLEM_forbidden, NULL, "an agent's token reaches what was learned of that agent alone");
    return false;
}

struct learned {
    Throughline__V1__Learned *m;
    Throughline__V1__Closing *closings;
};

static void add_closing(void *ctx, const struct router_closing_view *c)
{
    struct learned *l = ctx;
    if (l->m->n_closings == LEARNED_CLOSINGS)
        return;
    Throughline__V1__Closing *to = &l->closings[l->m->n_closings];
    throughline__v1__closing__init(to);
    to->work = c->work;
    to->queue = (char *)c->queue;
    to->intent = (char *)c->intent;
    to->at_ms = c->at;
    to->solved = c->solved;
    to->contested = c->contested;
    l->m->closings[l->m->n_closings++] = to;
}

void admin_learned(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face || !may(face, r))
        return;
    const struct router *router = core_router(face->core);
    const char *id = http_param(r, "id");
    size_t n = 0;
    for (struct router_lesson_view v; router_lesson_at(router, id, n, &v); n++)
        ;
    Throughline__V1__Learned m = THROUGHLINE__V1__LEARNED__INIT;
    Throughline__V1__Lesson *lessons = xcalloc(n + 1, sizeof *lessons);
    m.lessons = xcalloc(n + 1, sizeof *m.lessons);
    for (struct router_lesson_view v; m.n_lessons < n && router_lesson_at(router, id, m.n_lessons, &v);) {
        Throughline__V1__Lesson *to = &lessons[m.n_lessons];
        throughline__v1__lesson__init(to);
        to->queue = (char *)v.queue;
        to->intent = (char *)v.intent;
        to->tried = v.tried;
        to->solved = v.solved;
        to->estimate = v.estimate;
        to->mean = v.mean;
        m.lessons[m.n_lessons++] = to;
    }
    struct learned l = {&m, xcalloc(LEARNED_CLOSINGS, sizeof *l.closings)};
    m.closings = xcalloc(LEARNED_CLOSINGS, sizeof *m.closings);
    router_each_closing(router, id, add_closing, &l);
    http_reply_message(r, 200, &m.base);
    free(m.closings);
    free(l.closings);
    free(m.lessons);
    free(lessons);
}

static void learned_append(struct face *face, struct http_request *r, Throughline__V1__LearnedAct *act,
                           const char *action, const char *detail)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    act->agent = (char *)http_param(r, "id");
    act->actor = (char *)http_identity(r)->token;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_LEARNED;
    in.learned = act;
    admin_append(face, r, &in, 204, NULL, action, act->agent, detail);
}

static void learned_of_work(void *faces, struct http_request *r, Throughline__V1__LearnedAct__Act what,
                            const char *action)
{
    struct face *face = faces_of_request(faces, r);
    Throughline__V1__LearnedAct act = THROUGHLINE__V1__LEARNED_ACT__INIT;
    char detail[32];
    if (!face || !may(face, r) || !http_param_number(r, "work", &act.work))
        return;
    act.act = what;
    snprintf(detail, sizeof detail, "work %" PRIu64, act.work);
    learned_append(face, r, &act, action, detail);
}

void admin_contest(void *faces, struct http_request *r)
{
    learned_of_work(faces, r, THROUGHLINE__V1__LEARNED_ACT__ACT__ACT_CONTEST, "learned.contest");
}

void admin_restore(void *faces, struct http_request *r)
{
    learned_of_work(faces, r, THROUGHLINE__V1__LEARNED_ACT__ACT__ACT_RESTORE, "learned.restore");
}

void admin_learned_reset(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face || !may(face, r))
        return;
    ProtobufCMessage *m = http_body_message(r, &throughline__v1__learned_reset__descriptor);
    if (!m)
        return;
    Throughline__V1__LearnedAct act = THROUGHLINE__V1__LEARNED_ACT__INIT;
    act.act = THROUGHLINE__V1__LEARNED_ACT__ACT__ACT_RESET;
    act.queue = ((Throughline__V1__LearnedReset *)m)->queue;
    learned_append(face, r, &act, "learned.reset", act.queue);
    protobuf_c_message_free_unpacked(m, NULL);
}
