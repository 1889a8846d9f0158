// SPDX-License-Identifier: Apache-2.0
//
// Views: the state as it is now, for desks, read models and metrics. Nothing here changes it.

#include "routing/calendar.h"
#include "routing/closure.h"
#include "routing/estimate.h"
#include "routing/participant.h"
#include "routing/snooze.h"
#include "routing/supervise.h"

#include <string.h>

int64_t router_next_deadline(const struct router *r)
{
    const struct timer *t = timer_first(r);
    int64_t woken = snooze_next(r);
    return t && t->deadline < woken ? t->deadline : woken;
}

int router_outcome(const struct router *r, const char *session, const char *client_id, uint64_t *input,
                   enum router_refusal *why)
{
    const struct outcome *o = outcome_find(r, text_or_empty(session), text_or_empty(client_id));
    if (!o)
        return 0;
    *input = o->input;
    *why = o->refusal;
    return o->refusal ? 2 : 1;
}

static const struct router_decision *view_explain(struct router *r, uint64_t work, size_t most)
{
    const struct work *w = work_find(r, work);
    if (!w)
        return NULL;
    arena_reset(&r->explained);
    return record_everybody(r, &r->explained, w, most);
}

const struct router_decision *router_explain(struct router *r, uint64_t work)
{
    return view_explain(r, work, r->agents_n);
}

const struct router_decision *router_glance(struct router *r, uint64_t work)
{
    return view_explain(r, work, ROUTER_CANDIDATES_MAX);
}

void router_name_everybody(struct router *r, bool everybody)
{
    r->names_everybody = everybody;
}

void router_stats(const struct router *r, struct router_stats *out)
{
    *out = (struct router_stats){
        .input = r->input,
        .at = r->at,
        .wall = r->wall,
        .fold = r->fold,
        .config = r->config,
        .agents = (uint32_t)r->agents_n,
        .agents_present = r->present,
        .work_open = (uint32_t)(r->works_n - r->works_holes),
        .work_waiting = r->waiting,
    };
}

static struct router_work_view view_of_work(const struct router *r, const struct work *w)
{
    struct router_work_view v = {
        .id = w->id,
        .conversation = w->conversation,
        .customer = w->customer,
        .epoch = w->epoch,
        .queue = w->queue->def.name,
        .agent = offer_first(w) ? offer_first(w)->def.id : "",
        .former_agent = w->former,
        .language = w->language,
        .intent = w->intent,
        .state = w->state,
        .reason = w->reason,
        .channel_now = w->channel_now,
        .priority = queue_priority(w),
        .charge = w->charge.units,
        .snoozed_until = w->snooze.place ? w->snooze.deadline : 0,
        .disposition = w->disposition,
        .dispositions = w->queue->def.dispositions,
        .dispositions_n = w->queue->def.dispositions_n,
        .disposition_required = w->queue->def.disposition_required,
        .since = w->since,
        .deadline = w->offers_n      ? w->offers[0].deadline
                    : w->limit.place ? w->limit.deadline
                                     : 0,
        .sessions = w->sessions,
        .sessions_n = w->sessions_n,
        .hand = hand_view(w),
        .due = sla_due(r, w),
        .told = w->notices.said,
        .voicemail = voicemail_view(w),
        .entered = w->entry,
        .offers_n = w->offers_n,
        .dialled = w->dialled.input,
        .dialled_effect = w->dialled.effect,
    };
    for (size_t i = 0; i < w->participants_n; i++) {
        const struct participant *p = &w->participants[i];
        v.participants[v.participants_n++] =
            (struct router_participant_view){p->agent->def.id, p->role, p->joined, p->joined ? 0 : p->until, p->epoch};
    }
    return v;
}

static bool view_work(const struct router *r, const struct work *w, struct router_work_view *out)
{
    if (w)
        *out = view_of_work(r, w);
    return w != NULL;
}

bool router_work(const struct router *r, uint64_t work, struct router_work_view *out)
{
    return view_work(r, work_find(r, work), out);
}

static bool view_offer(const struct offer *o, struct router_offer_view *out)
{
    if (o)
        *out = (struct router_offer_view){.agent = o->agent->def.id, .epoch = o->epoch, .deadline = o->deadline};
    return o != NULL;
}

bool router_offer_at(const struct router *r, uint64_t work, size_t index, struct router_offer_view *out)
{
    const struct work *w = work_find(r, work);
    return w && index < w->offers_n && view_offer(&w->offers[index], out);
}

bool router_offer_to(const struct router *r, uint64_t work, const char *agent, struct router_offer_view *out)
{
    const struct work *w = work_find(r, work);
    const struct agent *a = agent_find(r, text_or_empty(agent));
    return w && a && view_offer(offer_of(w, a), out);
}

bool router_next_work(const struct router *r, uint64_t after, struct router_work_view *out)
{
    return view_work(r, work_next(r, after), out);
}

bool router_work_of_conversation(const struct router *r, uint64_t conversation, struct router_work_view *out)
{
    return view_work(r, work_of_conversation(r, conversation), out);
}

static bool view_agent(const struct agent *a, struct router_agent_view *out)
{
    if (!a)
        return false;
    *out = (struct router_agent_view){
        .def = a->def,
        .presence = a->presence,
        .load = a->load,
        .sessions = a->desks_n,
        .idle_since = a->idle_since,
        .work = a->held.v,
        .work_n = a->held.n,
    };
    return true;
}

bool router_agent(const struct router *r, const char *id, struct router_agent_view *out)
{
    return view_agent(agent_find(r, text_or_empty(id)), out);
}

bool router_next_agent(const struct router *r, const char *after, struct router_agent_view *out)
{
    size_t low = 0;
    for (size_t high = r->agents_n; after && low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->agents[middle]->def.id, after) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->agents_n && view_agent(r->agents[low], out);
}

bool router_session_agent(const struct router *r, const char *session, const char **agent)
{
    const struct desk *d = desk_find(r, text_or_empty(session));
    if (d)
        *agent = d->agent->def.id;
    return d != NULL;
}

const char *router_agent_session(const struct router *r, const char *agent)
{
    const struct agent *a = agent_find(r, text_or_empty(agent));
    const struct desk *d = a ? a->desks : NULL;
    while (d && d->next)
        d = d->next;
    return d ? d->id : NULL;
}

bool router_queue_at(const struct router *r, size_t index, struct router_queue_view *out)
{
    if (index >= r->queues_n)
        return false;
    const struct queue *q = r->queues[index];
    *out = (struct router_queue_view){.def = q->def,
                                      .waiting = q->waiting,
                                      .offered = q->offered,
                                      .assigned = q->assigned,
                                      .recording = q->recording,
                                      .closed = !calendar_open(q->calendar, r->wall),
                                      .closure = closure_view(r, q),
                                      .implicit = q->implicit,
                                      .estimates = q->forecast->seen,
                                      .voicemails = q->forecast->voicemails};
    memcpy(out->responses, q->forecast->responses, sizeof out->responses);
    out->callbacks = q->forecast->callbacks;
    for (size_t i = 0; i < q->lines_n; i++) {
        const struct line *l = q->lines[i];
        if (l->offered) // nobody waits there
            continue;
        if (l->head && (!out->oldest || l->head->since < out->oldest))
            out->oldest = l->head->since;
        if (l->n && !queue_pool_at(q, l->step)->able) // an empty line may be of a step that the queue has no longer
            out->unmeetable += l->n;
    }
    return true;
}

void router_rules(const struct router *r, struct router_config *out)
{
    *out = r->rules;
}

struct router_wait router_work_wait(const struct router *r, uint64_t work)
{
    const struct work *w = work_find(r, work);
    return w && w->state == ROUTER_QUEUED ? estimate_work(r, w) : (struct router_wait){0};
}

struct router_wait router_queue_wait(const struct router *r, size_t index, enum router_channel channel)
{
    bool sound = index < r->queues_n && channel > ROUTER_CHANNEL_NONE && channel < ROUTER_CHANNELS;
    return sound ? estimate_newcomer(r, r->queues[index], channel) : (struct router_wait){0};
}

// The first id in the list that is not below; UINT64_MAX = none.
static uint64_t view_next_id(const struct ids *s, uint64_t from)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->v[i] >= from)
            return s->v[i];
    }
    return UINT64_MAX;
}

// One walk along the three lists gives the order of work id.
void router_each_concern(const struct router *r, const char *agent,
                         void (*fn)(void *ctx, const struct router_work_view *w, bool informed), void *ctx)
{
    const struct agent *a = agent_find(r, text_or_empty(agent));
    if (!a)
        return;
    for (uint64_t from = 0;;) {
        const struct ids *lists[] = {&a->held, &a->takes_part, &a->informed};
        uint64_t id = UINT64_MAX;
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
            uint64_t next = view_next_id(lists[i], from);
            id = next < id ? next : id;
        }
        if (id == UINT64_MAX)
            return;
        from = id + 1;
        struct router_work_view w = view_of_work(r, work_find(r, id));
        fn(ctx, &w, !ids_have(&a->held, id));
    }
}
