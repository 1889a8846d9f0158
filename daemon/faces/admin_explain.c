// SPDX-License-Identifier: Apache-2.0
// GET /v1/decisions/{id}: a decision of the past with every agent named, also of those that no record keeps. The core has it taken once more in
// a process of its own. With ?agent= only that agent's part, the chosen one's beside.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"
#include "throughline/v1/decision.pb-c.h"

// "212.0": the input, and which of its effects.
static bool explain_id(struct http_request *r, uint64_t *input, uint32_t *index)
{
    char extra, canonical[48];
    const char *id = http_param(r, "id");
    bool ok = sscanf(id, "%" SCNu64 ".%" SCNu32 "%c", input, index, &extra) == 2 && *input;
    snprintf(canonical, sizeof canonical, "%" PRIu64 ".%" PRIu32, *input, *index);
    if (ok && strcmp(id, canonical) == 0)
        return true;
    http_problem(r, PROBLEM_invalid_path, "id", "a decision's id is INPUT.INDEX, as in 212.0");
    return false;
}

// Keeps the chosen one and this agent; false when the agent was not there.
static bool explain_only(Throughline__V1__Decision *d, const char *agent)
{
    bool found = false;
    size_t kept = 0;
    for (size_t i = 0; i < d->n_candidates; i++) {
        Throughline__V1__Candidate *k = d->candidates[i];
        bool asked = strcmp(k->agent, agent) == 0;
        found |= asked;
        if (asked || (*d->winner && strcmp(k->agent, d->winner) == 0))
            d->candidates[kept++] = k;
        else
            throughline__v1__candidate__free_unpacked(k, NULL);
    }
    d->n_candidates = kept;
    return found;
}

static void explain_reply(struct admin_call *c, struct http_request *r, Throughline__V1__Decision *d)
{
    if (*c->name && !explain_only(d, c->name))
        http_problem(r, PROBLEM_not_found, NULL, "there was no such agent when this was decided");
    else
        http_reply_message(r, 200, &d->base);
}

static void explained(void *module, uint64_t token, enum tl_err e, const char *why, const void *decision, size_t len)
{
    struct admin *a = module;
    struct admin_call *c = table_get(&a->calls, token);
    struct http_request *r = c ? http_find(a->face->faces->http, c->request) : NULL;
    if (!c)
        return;
    Throughline__V1__Decision *d = e == TL_OK ? throughline__v1__decision__unpack(NULL, len, decision) : NULL;
    if (r && d)
        explain_reply(c, r, d);
    else if (r && e == TL_ABSENT)
        http_problem(r, PROBLEM_not_found, NULL, why);
    else if (r)
        http_problem(r, PROBLEM_unavailable, NULL, "the decision could not be taken again now");
    if (d)
        throughline__v1__decision__free_unpacked(d, NULL);
    admin_call_end(c);
}

void admin_decision(void *faces, struct http_request *r)
{
    uint64_t input = 0;
    uint32_t index = 0;
    struct face *face = faces_of_request(faces, r);
    if (!face || !explain_id(r, &input, &index))
        return;
    const char *agent = http_query(r, "agent");
    if (agent && strlen(agent) > ROUTER_NAME_MAX) {
        http_problem(r, PROBLEM_invalid_parameter, "agent", "must be an agent's id");
        return;
    }
    struct admin_call *c = admin_call_new(face, r);
    strncpy(c->name, agent ? agent : "", sizeof c->name - 1);
    if (core_explain(face->core, input, index, explained, face->admin, c->id))
        return;
    http_problem(r, PROBLEM_overloaded, NULL, "another decision is being looked into: try again");
    admin_call_end(c);
}
