// SPDX-License-Identifier: Apache-2.0
// Estimated waits and responses in time as messages and metrics: asked for when somebody looks, never kept.
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core.h"
#include "daemon/core/decision.h"
#include "throughline/v1/agent.pb-c.h"
#include "throughline/v1/work.pb-c.h"

void core_put_wait(Throughline__V1__Work *m, const struct router *r)
{
    struct router_wait w = router_work_wait(r, m->id);
    if (w.kind)
        m->wait = decision_wait(&w);
}

static uint64_t compared(const struct router_calibration *c)
{
    return c->inside + c->below + c->above;
}

static bool any_response(const struct router_responses *c)
{
    return c->first_met || c->first_missed || c->next_met || c->next_missed;
}

static uint32_t target_seconds(const struct router_queue *q, enum router_response response, unsigned channel)
{
    size_t row;
    return router_sla_target(q, response, (enum router_channel)channel, q->priority, &row) / 1000;
}

Throughline__V1__Responses **core_responses(const struct router_queue_view *v, size_t *n)
{
    Throughline__V1__Responses **out = xcalloc(ROUTER_CHANNELS, sizeof *out);
    *n = 0;
    for (unsigned c = ROUTER_CHAT; c < ROUTER_CHANNELS; c++) {
        if (!any_response(&v->responses[c]))
            continue;
        Throughline__V1__Responses *of = out[(*n)++] = xcalloc(1, sizeof *of);
        throughline__v1__responses__init(of);
        of->channel = (Throughline__V1__Channel)c;
        of->first_seconds = target_seconds(&v->def, ROUTER_RESPONSE_FIRST, c);
        of->next_seconds = target_seconds(&v->def, ROUTER_RESPONSE_NEXT, c);
        of->first_met = v->responses[c].first_met;
        of->first_missed = v->responses[c].first_missed;
        of->next_met = v->responses[c].next_met;
        of->next_missed = v->responses[c].next_missed;
    }
    return out;
}

static void put_callbacks(Throughline__V1__QueueStatus *m, const struct router_callbacks *n)
{
    if (!n->asked)
        return;
    m->callbacks = xcalloc(1, sizeof *m->callbacks);
    throughline__v1__callbacks__init(m->callbacks);
    m->callbacks->asked = n->asked;
    m->callbacks->reached = n->reached;
    m->callbacks->unreached = n->unreached;
}

void core_put_waits(Throughline__V1__QueueStatus *m, const struct router *r, size_t index)
{
    struct router_queue_view v;
    if (!router_queue_at(r, index, &v))
        return;
    m->waits = xcalloc(ROUTER_CHANNELS, sizeof(Throughline__V1__QueueWait *));
    for (unsigned c = ROUTER_CHAT; c < ROUTER_CHANNELS; c++) {
        if (v.def.channels && !(v.def.channels & 1u << c))
            continue;
        struct router_wait w = router_queue_wait(r, index, (enum router_channel)c);
        Throughline__V1__QueueWait *of = m->waits[m->n_waits++] = xcalloc(1, sizeof *of);
        throughline__v1__queue_wait__init(of);
        of->channel = (Throughline__V1__Channel)c;
        of->wait = decision_wait(&w);
    }
    m->responses = core_responses(&v, &m->n_responses);
    put_callbacks(m, &v.callbacks);
    m->estimates = xcalloc(1, sizeof *m->estimates);
    throughline__v1__estimates__init(m->estimates);
    m->estimates->inside = v.estimates.inside;
    m->estimates->below = v.estimates.below;
    m->estimates->above = v.estimates.above;
    m->estimates->unknown = v.estimates.unknown;
    if (compared(&v.estimates))
        m->estimates->error_permille = (uint32_t)(v.estimates.error / compared(&v.estimates));
}

// A counter that is a number of the fold: where the fold is thrown away it waits until it has caught up.
static void count_up_to(struct metric *m, double n)
{
    if (n > metric_value(m))
        metric_add(m, n - metric_value(m));
}

static void set_count(const char *labels, const char *came, uint64_t n)
{
    char all[512];
    snprintf(all, sizeof all, "%s,came=\"%s\"", labels, came);
    count_up_to(metric_get(METRIC_COUNTER, "throughline_wait_estimates_total",
                           "Waits estimated when they began, by how what came compares with the interval told.", all),
                (double)n);
}

static void set_responses(const char *labels, const char *channel, const char *response, uint64_t met, uint64_t missed)
{
    char all[512];
    for (int kept = 0; kept < 2; kept++) {
        snprintf(all, sizeof all, "%s,channel=\"%s\",response=\"%s\",kept=\"%s\"", labels, channel, response,
                 kept ? "met" : "missed");
        count_up_to(metric_get(METRIC_COUNTER, "throughline_sla_responses_total",
                               "Responses to customers that had a target, by whether it was met.", all),
                    (double)(kept ? met : missed));
    }
}

static void show_responses(const char *labels, const struct router_queue_view *v)
{
    static const char *const channels[] = {"", "chat", "sms", "email", "voice", "social"};
    for (unsigned c = ROUTER_CHAT; c < ROUTER_CHANNELS; c++) {
        const struct router_responses *n = &v->responses[c];
        if (n->first_met || n->first_missed)
            set_responses(labels, channels[c], "first", n->first_met, n->first_missed);
        if (n->next_met || n->next_missed)
            set_responses(labels, channels[c], "next", n->next_met, n->next_missed);
    }
}

static void show_callbacks(const char *labels, const struct router_callbacks *n)
{
    const struct {
        const char *what;
        uint64_t n;
    } all[] = {{"asked", n->asked}, {"reached", n->reached}, {"unreached", n->unreached}};
    for (size_t i = 0; n->asked && i < sizeof all / sizeof *all; i++) {
        char with[512];
        snprintf(with, sizeof with, "%s,what=\"%s\"", labels, all[i].what);
        count_up_to(metric_get(METRIC_COUNTER, "throughline_callbacks_total",
                               "Callers who asked to be called back, and attempts that reached them or did not.", with),
                    (double)all[i].n);
    }
}

static void show_voicemails(const char *labels, const struct router_voicemails *n)
{
    const struct {
        const char *came;
        uint64_t n;
    } all[] = {{"sent", n->sent}, {"left", n->left}, {"empty", n->empty}};
    for (size_t i = 0; n->sent && i < sizeof all / sizeof *all; i++) {
        char with[512];
        snprintf(with, sizeof with, "%s,came=\"%s\"", labels, all[i].came);
        count_up_to(metric_get(METRIC_COUNTER, "throughline_voicemails_total",
                               "Calls that were sent to voicemail, and by which of them words were left or none.",
                               with),
                    (double)all[i].n);
    }
}

void core_show_metrics(struct core *c)
{
    struct router_queue_view v;
    for (size_t i = 0; router_queue_at(core_router(c), i, &v); i++) {
        char labels[400], tenant[160], queue[160];
        snprintf(labels, sizeof labels, "%s,%s", metric_label(tenant, sizeof tenant, "tenant", core_tenant(c)),
                 metric_label(queue, sizeof queue, "queue", v.def.name));
        metric_set(metric_get(METRIC_GAUGE, "throughline_work_unmeetable",
                              "Work that waits for what no agent, present or not, meets.", labels),
                   v.unmeetable);
        show_responses(labels, &v);
        show_callbacks(labels, &v.callbacks);
        show_voicemails(labels, &v.voicemails);
        set_count(labels, "inside", v.estimates.inside);
        set_count(labels, "below", v.estimates.below);
        set_count(labels, "above", v.estimates.above);
        set_count(labels, "unknown", v.estimates.unknown);
        count_up_to(metric_get(METRIC_COUNTER, "throughline_wait_estimate_error_ratio_total",
                               "Sum of |came - middle| / middle over the waits compared.", labels),
                    (double)v.estimates.error / 1000);
    }
}
