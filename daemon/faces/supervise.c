// SPDX-License-Identifier: Apache-2.0
// The form of a supervisor's wish, whoever brings it: the back office or a desk. A table says what each act needs.
#include "daemon/faces/supervise.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "proto/names.h"
#include "routing/router.h"

static const struct {
    bool agent, work, queue, closes;
    bool self; // the agent is whoever asks
} needs[] = {
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_LOG_OUT] = {.agent = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_DRAIN] = {.agent = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_ASSIGN] = {.agent = true, .work = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_PULL] = {.work = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_REQUEUE] = {.work = true, .queue = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_PRIORITY] = {.work = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_CLOSE_QUEUE] = {.queue = true, .closes = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_OPEN_QUEUE] = {.queue = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_LISTEN] = {.agent = true, .self = true, .work = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_WHISPER] = {.agent = true, .self = true, .work = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_BARGE] = {.agent = true, .self = true, .work = true},
    [THROUGHLINE__V1__SUPERVISION__SUPERVISION_TAKE_OVER] = {.agent = true, .self = true, .work = true},
};

static const char *closure_wrong(const struct face *face, const Throughline__V1__Supervise *s, bool closes,
                                 const char **field)
{
    *field = "until_ms";
    if (s->until_ms < 0 || (s->until_ms && !closes))
        return closes ? "must be Unix time in ms" : "has no meaning here";
    *field = "to";
    if ((*s->to && !closes) || strlen(s->to) > ROUTER_NAME_MAX)
        return closes ? "must be a queue's name" : "has no meaning here";
    *field = "message";
    if ((*s->message && !closes) || strlen(s->message) > ROUTER_TEXT_MAX)
        return closes ? "at most 256 bytes" : "has no meaning here";
    return config_emergency_wrong(face->faces->config, face->tenant, s->message);
}

// Nobody is made to listen by another, where it is known who asks.
static const char *self_wrong(Throughline__V1__Supervise *s, const char *own)
{
    if (!*s->agent && *own)
        s->agent = xstrdup(own);
    if (!*s->agent)
        return "must be an agent's id, since the token has none";
    return !*own || strcmp(s->agent, own) == 0 ? NULL : "must be the token's own agent";
}

const char *supervise_wrong(const struct face *face, Throughline__V1__Supervise *s, const char *own, const char **field)
{
    size_t act = (size_t)s->act;
    *field = "act";
    if (!act || act >= sizeof needs / sizeof *needs)
        return "must say what to do";
    *field = "agent";
    const char *wrong = needs[act].self ? self_wrong(s, own) : NULL;
    if (wrong)
        return wrong;
    if (needs[act].agent != (*s->agent != '\0') || strlen(s->agent) > ROUTER_NAME_MAX)
        return needs[act].agent ? "must be an agent's id" : "has no meaning here";
    *field = "work";
    if (needs[act].work != (s->work != 0))
        return needs[act].work ? "must be the id of a work" : "has no meaning here";
    *field = "queue";
    if (needs[act].queue != (*s->queue != '\0') || strlen(s->queue) > ROUTER_NAME_MAX)
        return needs[act].queue ? "must be a queue's name" : "has no meaning here";
    *field = "priority";
    if (s->priority > 9)
        return "must be 1 to 9, or 0 for the queue's";
    *field = "reason";
    return strlen(s->reason) > ROUTER_TEXT_MAX ? "at most 256 bytes" : closure_wrong(face, s, needs[act].closes, field);
}

void supervise_by(const struct auth_identity *who, char by[ROUTER_NAME_MAX + 1])
{
    snprintf(by, ROUTER_NAME_MAX + 1, "%.*s", ROUTER_NAME_MAX, *who->agent ? who->agent : who->token);
}

void supervise_audit(const struct face *face, const struct auth_identity *who, const Throughline__V1__Supervise *s)
{
    char action[48], target[ROUTER_NAME_MAX + 32];
    if (needs[s->act].work)
        snprintf(target, sizeof target, "%" PRIu64 "%s%.*s", s->work, needs[s->act].agent ? " " : "", ROUTER_NAME_MAX,
                 s->agent);
    else
        snprintf(target, sizeof target, "%.*s", ROUTER_NAME_MAX, needs[s->act].queue ? s->queue : s->agent);
    snprintf(action, sizeof action, "supervise.%s", supervision_name(s->act));
    face_audit(face, who->token, action, target, s->reason);
}
