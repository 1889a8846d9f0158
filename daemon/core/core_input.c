// SPDX-License-Identifier: Apache-2.0
// From the log's bytes to what the router takes: one row per kind of input (desk commands are core_command.c's). Strings stay where the
// message has them (the scratch memory), so a usual input costs no copy and no malloc. What is malformed takes its number and its time and
// does nothing else: every node sees the same bytes and comes to the same verdict. Bounds on lengths are the router's to judge.
#include <stdio.h>
#include <string.h>

#include "daemon/core/input.h"

static bool channel_ok(int channel)
{
    return channel >= 0 && channel < ROUTER_CHANNELS;
}

// ---- kinds ----

typedef bool input_fn(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in);

static bool read_happened(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    const Throughline__V1__Happened *h = m->happened;
    const Throughline__V1__Placement *p = m->placed;
    if (!p || !channel_ok((int)h->channel))
        return false;
    struct router_attribute *said = scratch_get(a, h->n_attributes, sizeof *said);
    for (size_t i = 0; i < h->n_attributes; i++)
        said[i] = (struct router_attribute){h->attributes[i]->key, h->attributes[i]->value};
    struct router_attribute *own = scratch_get(a, p->n_attributes, sizeof *own);
    for (size_t i = 0; i < p->n_attributes; i++)
        own[i] = (struct router_attribute){p->attributes[i]->key, p->attributes[i]->value};
    in->happened = (struct router_happened){
        .kind = (enum router_happened_kind)h->kind,
        .channel = (enum router_channel)h->channel,
        .account = h->account,
        .handle = h->handle,
        .call = h->call,
        .language = h->language,
        .intent = h->intent,
        .callback = h->callback,
        .priority = h->priority,
        .simulated = h->simulated,
        .conversation = p->conversation,
        .customer = p->customer,
        .reopened = p->reopened,
        .participant = p->participant,
        .last_agent = p->last_agent,
        .attributes = said,
        .attributes_n = h->n_attributes,
        .customer_attributes = own,
        .customer_attributes_n = p->n_attributes,
    };
    return h->kind >= THROUGHLINE__V1__HAPPENED_KIND__HAPPENED_KIND_WORDS &&
           h->kind <= THROUGHLINE__V1__HAPPENED_KIND__HAPPENED_KIND_ASIDE;
}

static bool read_desk_opened(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    in->desk_opened.session = m->desk_opened->session;
    in->desk_opened.agent = m->desk_opened->agent;
    in->desk_opened.boot = m->boot;
    return true;
}

static bool read_desk_closed(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    in->desk_closed.session = m->desk_closed->session;
    in->desk_closed.boot = m->boot;
    in->desk_closed.logout = m->desk_closed->logout;
    return true;
}

static bool read_node_lost(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    in->node_lost.boot = m->node_lost->boot;
    return true;
}

static bool read_config(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    return input_config(a, m->config, &in->config);
}

static bool read_agent_put(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    return input_agent(a, m->agent_put, &in->agent_put);
}

static bool read_agent_removed(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    in->agent_removed.id = m->agent_removed->id;
    return true;
}

static bool read_queue_put(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    return input_queue(a, m->queue_put, &in->queue_put);
}

static bool read_queue_removed(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    in->queue_removed.name = m->queue_removed->name;
    return true;
}

static bool read_learned(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    const Throughline__V1__LearnedAct *l = m->learned;
    (void)a;
    in->learned.act = (enum router_learned)l->act;
    in->learned.agent = l->agent;
    in->learned.queue = l->queue;
    in->learned.work = l->work;
    return true;
}

static bool read_fold(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    in->fold.version = m->fold->version;
    return true;
}

static bool read_delivery(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    unsigned long long input = 0;
    unsigned effect = 0;
    (void)a;
    if (sscanf(m->delivery->delivery, "%20llu.%9u", &input, &effect) != 2)
        input = effect = 0;
    in->delivery = (struct router_delivery_news){
        .delivery = m->delivery->delivery,
        .conversation = m->delivery->conversation,
        .entry = m->delivery->entry,
        .state = (uint32_t)m->delivery->state,
        .reason = m->delivery->reason,
        .input = input,
        .effect = effect,
    };
    return true;
}

static bool read_customer_changed(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    in->customer_changed.customer = m->customer_changed->customer;
    in->customer_changed.other = m->customer_changed->other;
    return true;
}

static bool read_calendar(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    in->calendar.name = m->calendar->calendar;
    in->calendar.defined = m->calendar->defined;
    in->calendar.turns = (struct router_turns){
        .open = m->calendar->open,
        .from = m->calendar->from_ms,
        .until = m->calendar->until_ms,
        .turns = m->calendar->turns_ms,
        .turns_n = m->calendar->n_turns_ms,
    };
    return true;
}

static bool read_supervise(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    const Throughline__V1__Supervise *s = m->supervise->what;
    (void)a;
    if (!s)
        return false;
    in->supervise = (struct router_supervise){
        .act = (enum router_supervision)s->act, // others are refused in the fold
        .session = m->supervise->session,
        .client_id = m->supervise->client_id,
        .by = m->supervise->by,
        .note = s->reason,
        .agent = s->agent,
        .queue = s->queue,
        .work = s->work,
        .priority = s->priority,
        .over_capacity = s->over_capacity,
        .until = s->until_ms,
        .to = s->to,
        .message = s->message,
    };
    return true;
}

static bool read_said(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    const Throughline__V1__Said *s = m->said;
    (void)a;
    in->said = (struct router_said){
        .kind = (enum router_notice_kind)s->kind, // others are refused in the fold
        .work = s->work,
        .conversation = s->conversation,
        .customer = s->customer,
        .channel = (enum router_channel)s->channel,
        .account = s->account,
        .handle = s->handle,
        .simulated = s->simulated,
    };
    return channel_ok((int)s->channel);
}

static bool read_nothing(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a, (void)m, (void)in;
    return true;
}

static bool read_command(struct scratch *a, const Throughline__V1__Input *m, struct router_input *in)
{
    (void)a;
    return input_command(m->command, &in->command);
}

// ---- the table ----

struct input_kind {
    enum router_input_kind kind;
    input_fn *read;
};

#define KIND_FIRST THROUGHLINE__V1__INPUT__KIND_HAPPENED
static const struct input_kind kinds[] = {
    [THROUGHLINE__V1__INPUT__KIND_HAPPENED - KIND_FIRST] = {ROUTER_IN_HAPPENED, read_happened},
    [THROUGHLINE__V1__INPUT__KIND_DESK_OPENED - KIND_FIRST] = {ROUTER_IN_DESK_OPENED, read_desk_opened},
    [THROUGHLINE__V1__INPUT__KIND_DESK_CLOSED - KIND_FIRST] = {ROUTER_IN_DESK_CLOSED, read_desk_closed},
    [THROUGHLINE__V1__INPUT__KIND_NODE_LOST - KIND_FIRST] = {ROUTER_IN_NODE_LOST, read_node_lost},
    [THROUGHLINE__V1__INPUT__KIND_COMMAND - KIND_FIRST] = {ROUTER_IN_COMMAND, read_command},
    [THROUGHLINE__V1__INPUT__KIND_TICK - KIND_FIRST] = {ROUTER_IN_TICK, read_nothing},
    [THROUGHLINE__V1__INPUT__KIND_CONFIG - KIND_FIRST] = {ROUTER_IN_CONFIG, read_config},
    [THROUGHLINE__V1__INPUT__KIND_AGENT_PUT - KIND_FIRST] = {ROUTER_IN_AGENT_PUT, read_agent_put},
    [THROUGHLINE__V1__INPUT__KIND_AGENT_REMOVED - KIND_FIRST] = {ROUTER_IN_AGENT_REMOVED, read_agent_removed},
    [THROUGHLINE__V1__INPUT__KIND_QUEUE_PUT - KIND_FIRST] = {ROUTER_IN_QUEUE_PUT, read_queue_put},
    [THROUGHLINE__V1__INPUT__KIND_QUEUE_REMOVED - KIND_FIRST] = {ROUTER_IN_QUEUE_REMOVED, read_queue_removed},
    [THROUGHLINE__V1__INPUT__KIND_FOLD - KIND_FIRST] = {ROUTER_IN_FOLD, read_fold},
    [THROUGHLINE__V1__INPUT__KIND_CHECKPOINT - KIND_FIRST] = {ROUTER_IN_NOTHING, read_nothing},
    [THROUGHLINE__V1__INPUT__KIND_STATE_HASH - KIND_FIRST] = {ROUTER_IN_NOTHING, read_nothing},
    [THROUGHLINE__V1__INPUT__KIND_DELIVERY - KIND_FIRST] = {ROUTER_IN_DELIVERY, read_delivery},
    [THROUGHLINE__V1__INPUT__KIND_CUSTOMER_CHANGED - KIND_FIRST] = {ROUTER_IN_CUSTOMER_CHANGED, read_customer_changed},
    [THROUGHLINE__V1__INPUT__KIND_CALENDAR - KIND_FIRST] = {ROUTER_IN_CALENDAR, read_calendar},
    [THROUGHLINE__V1__INPUT__KIND_LEARNED - KIND_FIRST] = {ROUTER_IN_LEARNED, read_learned},
    [THROUGHLINE__V1__INPUT__KIND_SUPERVISE - KIND_FIRST] = {ROUTER_IN_SUPERVISE, read_supervise},
    [THROUGHLINE__V1__INPUT__KIND_SAID - KIND_FIRST] = {ROUTER_IN_SAID, read_said},
};

const char *input_decode(struct scratch *a, const void *bytes, size_t len, struct router_input *in,
                         const Throughline__V1__Input **m)
{
    *in = (struct router_input){.kind = ROUTER_IN_NOTHING};
    *m = throughline__v1__input__unpack(&a->allocator, len, bytes);
    if (!*m)
        return "not an Input";
    in->wall = (*m)->wall_ms;
    in->at = (*m)->at_ms;
    in->has_entry = (*m)->has_entry;
    unsigned i = (unsigned)(*m)->kind_case - KIND_FIRST;
    if (i >= sizeof kinds / sizeof kinds[0] || !kinds[i].read)
        return "an Input of no known kind";
    if (kinds[i].read(a, *m, in)) {
        in->kind = kinds[i].kind;
        return NULL;
    }
    // Only the times of a malformed one are kept; what was half read must not be seen.
    *in = (struct router_input){
        .kind = ROUTER_IN_NOTHING, .wall = (*m)->wall_ms, .at = (*m)->at_ms, .has_entry = (*m)->has_entry};
    return "an Input that cannot be read";
}

void input_follow(struct router_input *in, int64_t at, int64_t wall)
{
    if (in->at < at)
        in->at = at;
    if (in->wall == 0)
        in->wall = wall;
}
