// SPDX-License-Identifier: Apache-2.0
// The configuration of routing: what is in force (the fold's), what this node's file says, how they differ, and putting the one
// in the place of the other through the log.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/faces/admin.h"
#include "daemon/faces/records.h"
#include "proto/json.h"
#include "proto/names.h"
#include "throughline/v1/admin.pb-c.h"

void admin_config(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face)
        return;
    Throughline__V1__RoutingConfig *c = core_config_message(core_router(face->core));
    http_reply_message(r, 200, &c->base);
    throughline__v1__routing_config__free_unpacked(c, NULL);
}

// ---- differences ----

static void line_add(Throughline__V1__ConfigDiff *d, char *line)
{
    d->lines = xrealloc(d->lines, (d->n_lines + 1) * sizeof(char *));
    d->lines[d->n_lines++] = line;
}

static size_t member_size(const ProtobufCFieldDescriptor *f)
{
    if (f->label == PROTOBUF_C_LABEL_REPEATED || f->type == PROTOBUF_C_TYPE_STRING ||
        f->type == PROTOBUF_C_TYPE_MESSAGE)
        return sizeof(void *);
    return f->type == PROTOBUF_C_TYPE_INT64 || f->type == PROTOBUF_C_TYPE_UINT64 ? sizeof(uint64_t) : sizeof(uint32_t);
}

// One member as JSON, by writing a message that has nothing else: {"capacity":4}, or {} where it has its default.
static char *member_text(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    ProtobufCMessage *only = xcalloc(1, m->descriptor->sizeof_message);
    protobuf_c_message_init(m->descriptor, only);
    memcpy((char *)only + f->offset, (const char *)m + f->offset, member_size(f));
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        memcpy((char *)only + f->quantifier_offset, (const char *)m + f->quantifier_offset, sizeof(size_t));
    char *text = json_write(only, NULL);
    free(only);
    return text ? text : xstrdup("{}");
}

static void diff_member(Throughline__V1__ConfigDiff *d, const char *where, const ProtobufCMessage *was,
                        const ProtobufCMessage *is, const ProtobufCFieldDescriptor *f)
{
    char *a = member_text(was, f), *b = member_text(is, f);
    if (strcmp(a, b) != 0)
        line_add(d, xasprintf("%s: %s -> %s", where, a, b));
    free(a);
    free(b);
}

// "agent ann: {"capacity":4} -> {"capacity":6}", a line for each member that differs. Where from is no matter.
static void diff_members(Throughline__V1__ConfigDiff *d, const char *what, const char *name,
                         const ProtobufCMessage *was, const ProtobufCMessage *is)
{
    char *where = xasprintf("%s %s", what, name);
    for (unsigned i = 0; i < was->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &was->descriptor->fields[i];
        if (strcmp(f->name, "from_file") != 0)
            diff_member(d, where, was, is, f);
    }
    free(where);
}

static const Throughline__V1__ChannelRules *channel_of(const Throughline__V1__RoutingConfig *c,
                                                       Throughline__V1__Channel channel)
{
    for (size_t i = 0; i < c->n_channels; i++)
        if (c->channels[i]->channel == channel)
            return c->channels[i];
    return NULL;
}

// What has no rows of its own.
static void diff_rules(Throughline__V1__ConfigDiff *d, const Throughline__V1__RoutingConfig *was,
                       const Throughline__V1__RoutingConfig *is)
{
    for (unsigned i = 0; i < was->base.descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &was->base.descriptor->fields[i];
        if (f->type != PROTOBUF_C_TYPE_MESSAGE)
            diff_member(d, "routing", &was->base, &is->base, f);
    }
    for (size_t i = 0; i < is->n_channels; i++) {
        const Throughline__V1__ChannelRules *c = is->channels[i], *before = channel_of(was, c->channel);
        if (before)
            diff_members(d, "channel", channel_name(c->channel), &before->base, &c->base);
    }
}

static const Throughline__V1__Agent *agent_named(const Throughline__V1__RoutingConfig *c, const char *id)
{
    for (size_t i = 0; i < c->n_agents; i++)
        if (strcmp(c->agents[i]->id, id) == 0)
            return c->agents[i];
    return NULL;
}

static const Throughline__V1__Queue *queue_named(const Throughline__V1__RoutingConfig *c, const char *name)
{
    for (size_t i = 0; i < c->n_queues; i++)
        if (strcmp(c->queues[i]->name, name) == 0)
            return c->queues[i];
    return NULL;
}

static void diff_agents(Throughline__V1__ConfigDiff *d, const Throughline__V1__RoutingConfig *was,
                        const Throughline__V1__RoutingConfig *is)
{
    for (size_t i = 0; i < is->n_agents; i++) {
        const Throughline__V1__Agent *a = is->agents[i], *before = agent_named(was, a->id);
        if (before)
            diff_members(d, "agent", a->id, &before->base, &a->base);
        else
            line_add(d, xasprintf("agent %s: added", a->id));
    }
    for (size_t i = 0; i < was->n_agents; i++)
        if (was->agents[i]->from_file && !agent_named(is, was->agents[i]->id))
            line_add(d, xasprintf("agent %s: removed", was->agents[i]->id));
}

static void diff_queues(Throughline__V1__ConfigDiff *d, const Throughline__V1__RoutingConfig *was,
                        const Throughline__V1__RoutingConfig *is)
{
    for (size_t i = 0; i < is->n_queues; i++) {
        const Throughline__V1__Queue *q = is->queues[i], *before = queue_named(was, q->name);
        if (before)
            diff_members(d, "queue", q->name, &before->base, &q->base);
        else
            line_add(d, xasprintf("queue %s: added", q->name));
    }
    for (size_t i = 0; i < was->n_queues; i++)
        if (was->queues[i]->from_file && !queue_named(is, was->queues[i]->name))
            line_add(d, xasprintf("queue %s: removed", was->queues[i]->name));
}

static const Throughline__V1__Calendar *calendar_named(const Throughline__V1__RoutingConfig *c, const char *name)
{
    for (size_t i = 0; i < c->n_calendars; i++)
        if (strcmp(c->calendars[i]->name, name) == 0)
            return c->calendars[i];
    return NULL;
}

static void diff_calendars(Throughline__V1__ConfigDiff *d, const Throughline__V1__RoutingConfig *was,
                           const Throughline__V1__RoutingConfig *is)
{
    for (size_t i = 0; i < is->n_calendars; i++) {
        const Throughline__V1__Calendar *k = is->calendars[i], *before = calendar_named(was, k->name);
        if (before)
            diff_members(d, "calendar", k->name, &before->base, &k->base);
        else
            line_add(d, xasprintf("calendar %s: added", k->name));
    }
    for (size_t i = 0; i < was->n_calendars; i++)
        if (!calendar_named(is, was->calendars[i]->name))
            line_add(d, xasprintf("calendar %s: removed", was->calendars[i]->name));
}

void admin_config_diff(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face)
        return;
    Throughline__V1__ConfigDiff d = THROUGHLINE__V1__CONFIG_DIFF__INIT;
    Throughline__V1__RoutingConfig *was = core_config_message(core_router(face->core)),
                                   *is = config_routing(face->faces->config, face->tenant);
    diff_rules(&d, was, is);
    diff_agents(&d, was, is);
    diff_queues(&d, was, is);
    diff_calendars(&d, was, is);
    d.findings = admin_findings_after(face, was, is, &d.n_findings);
    http_reply_message(r, 200, &d.base);
    admin_findings_free(d.findings, d.n_findings);
    for (size_t i = 0; i < d.n_lines; i++)
        free(d.lines[i]);
    free(d.lines);
    throughline__v1__routing_config__free_unpacked(was, NULL);
    throughline__v1__routing_config__free_unpacked(is, NULL);
}

// ---- applying ----

static bool refuse(struct http_request *r, const char *list, size_t i, const char *field, const char *wrong)
{
    char where[64];
    snprintf(where, sizeof where, "%s[%zu].%s", list, i, field);
    http_problem(r, PROBLEM_invalid_body, where, wrong);
    return false;
}

// What comes by a request keeps to the bounds of the file: names are written into lines and pages as they are.
static bool config_is_sound(struct http_request *r, const Throughline__V1__RoutingConfig *c)
{
    const char *field = NULL, *wrong;
    enum router_order order;
    if (*c->order && !router_order_of(c->order, &order)) {
        http_problem(r, PROBLEM_invalid_body, "order", "must be priority, fifo, cost, priority_cost or skill_level");
        return false;
    }
    for (size_t i = 0; i < c->n_agents; i++)
        if ((wrong = admin_agent_wrong(c->agents[i], c->agents[i]->id, &field)))
            return refuse(r, "agents", i, field, wrong);
    for (size_t i = 0; i < c->n_calendars; i++)
        if ((wrong = admin_calendar_wrong(c->calendars[i], &field)))
            return refuse(r, "calendars", i, field, wrong);
    for (size_t i = 0; i < c->n_queues; i++)
        if ((wrong = admin_queue_wrong(c->queues[i], c->queues[i]->name, &field)))
            return refuse(r, "queues", i, field, wrong);
    return true;
}

static void reply_applied(struct admin_call *c, struct http_request *r)
{
    Throughline__V1__RoutingConfig *m = core_config_message(core_router(c->face->core));
    Throughline__V1__ConfigApplied applied = THROUGHLINE__V1__CONFIG_APPLIED__INIT;
    applied.input = c->waits_for;
    applied.queues = (uint32_t)m->n_queues;
    applied.agents = (uint32_t)m->n_agents;
    applied.calendars = (uint32_t)m->n_calendars;
    http_reply_message(r, 200, &applied.base);
    throughline__v1__routing_config__free_unpacked(m, NULL);
}

static void apply(struct face *face, struct http_request *r, Throughline__V1__Input *in, bool from_request)
{
    struct admin_call *c = admin_call_new(face, r);
    c->folded = reply_applied;
    admin_audit(face, r, "config.apply", face->tenant, from_request ? "from the request" : "from the file");
    admin_lint_before(c, in);
    core_append(face->core, in, admin_on_placed, face->admin, c->id);
}

// An empty body applies this node's file; another one is a whole RoutingConfig.
void admin_config_apply(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    size_t len = 0;
    if (!face)
        return;
    http_body(r, &len);
    ProtobufCMessage *m = len ? http_body_message(r, &throughline__v1__routing_config__descriptor)
                              : &config_routing(face->faces->config, face->tenant)->base;
    if (!m)
        return;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_CONFIG;
    in.config = (Throughline__V1__RoutingConfig *)m;
    if (!len || config_is_sound(r, in.config))
        apply(face, r, &in, len > 0);
    protobuf_c_message_free_unpacked(m, NULL);
}
