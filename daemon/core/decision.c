// SPDX-License-Identifier: Apache-2.0
// Decisions as messages. Strings are copied, an empty one is protobuf-c's own empty string. Nothing here fails but for want of memory.
#include "daemon/core/decision.h"

#include <string.h>

#include "daemon/base/loop.h"

_Static_assert((int)ROUTER_CHANGE_ASKED == (int)THROUGHLINE__V1__CHANGE_KIND__CHANGE_KIND_ASKED, "equal values");
_Static_assert((int)ROUTER_CAUSE_BREACH == (int)THROUGHLINE__V1__CAUSE__CAUSE_BREACH, "equal values");
_Static_assert((int)ROUTER_CAUSE_TARGET == (int)THROUGHLINE__V1__CAUSE__CAUSE_TARGET, "equal values");
_Static_assert((int)ROUTER_NOTICE_EMERGENCY == (int)THROUGHLINE__V1__NOTICE_KIND__NOTICE_KIND_EMERGENCY,
               "equal values");
_Static_assert((int)ROUTER_CAUSE_CLOSED == (int)THROUGHLINE__V1__CAUSE__CAUSE_CLOSED, "equal values");
_Static_assert((int)ROUTER_TAKE_OVER == (int)THROUGHLINE__V1__SUPERVISION__SUPERVISION_TAKE_OVER, "equal values");
_Static_assert((int)ROUTER_ROLE_WHISPERING == (int)THROUGHLINE__V1__ROLE__ROLE_WHISPERING, "equal values");
_Static_assert((int)ROUTER_CALLBACK_CLOSED == (int)THROUGHLINE__V1__REASON__REASON_CALLBACK_CLOSED, "equal values");
_Static_assert((int)ROUTER_BY_HOURS == (int)THROUGHLINE__V1__CONDITION_KIND__CONDITION_KIND_HOURS, "equal values");
_Static_assert((int)ROUTER_SAID_BY_RECORD == (int)THROUGHLINE__V1__SAID_BY__SAID_BY_RECORD, "equal values");
_Static_assert((int)ROUTER_BEHIND_NAMED == (int)THROUGHLINE__V1__BEHIND__BEHIND_NAMED, "equal values");

char *message_text(const char *s)
{
    return s && s[0] ? xstrdup(s) : (char *)protobuf_c_empty_string;
}

Throughline__V1__Skill **message_skills(const struct router_skill *v, size_t n)
{
    Throughline__V1__Skill **out = n ? xcalloc(n, sizeof *out) : NULL;
    for (size_t i = 0; i < n; i++) {
        out[i] = xcalloc(1, sizeof **out);
        throughline__v1__skill__init(out[i]);
        out[i]->name = message_text(v[i].name);
        out[i]->level = v[i].level;
    }
    return out;
}

Throughline__V1__NoticeKind *message_notices(uint32_t bits, size_t *n)
{
    *n = (size_t)__builtin_popcount(bits);
    Throughline__V1__NoticeKind *out = *n ? xcalloc(*n, sizeof *out) : NULL;
    for (unsigned k = 0, i = 0; i < *n; k++)
        if (bits & 1u << k)
            out[i++] = (Throughline__V1__NoticeKind)k;
    return out;
}

static void put_shortfalls(Throughline__V1__Candidate *m, const struct router_candidate *k)
{
    m->n_shortfalls = k->shortfalls_n;
    m->shortfalls = k->shortfalls_n ? xcalloc(k->shortfalls_n, sizeof *m->shortfalls) : NULL;
    for (size_t i = 0; i < k->shortfalls_n; i++) {
        Throughline__V1__Shortfall *s = m->shortfalls[i] = xcalloc(1, sizeof *s);
        throughline__v1__shortfall__init(s);
        s->skill = message_text(k->shortfalls[i].skill);
        s->needs = k->shortfalls[i].needs;
        s->has = k->shortfalls[i].has;
    }
}

static void put_changes(Throughline__V1__Candidate *m, const struct router_candidate *k)
{
    m->n_changes = k->changes_n;
    m->changes = k->changes_n ? xcalloc(k->changes_n, sizeof *m->changes) : NULL;
    for (size_t i = 0; i < k->changes_n; i++) {
        Throughline__V1__Change *c = m->changes[i] = xcalloc(1, sizeof *c);
        throughline__v1__change__init(c);
        c->kind = (Throughline__V1__ChangeKind)k->changes[i].kind;
        c->name = message_text(k->changes[i].name);
        c->from = k->changes[i].from;
        c->to = k->changes[i].to;
        c->channel = (Throughline__V1__Channel)k->changes[i].channel;
        c->ms = k->changes[i].ms;
    }
}

// In the order in which the router looks at them.
static void put_exclusions(Throughline__V1__Candidate *m, const struct router_candidate *k)
{
    static const enum router_exclusion order[] = {ROUTER_EX_OFFLINE,  ROUTER_EX_AWAY,     ROUTER_EX_LOST,
                                                  ROUTER_EX_FOCUS,    ROUTER_EX_DRAINING, ROUTER_EX_CHANNEL,
                                                  ROUTER_EX_SKILL,    ROUTER_EX_OFFERED,  ROUTER_EX_OCCUPIED,
                                                  ROUTER_EX_CAPACITY, ROUTER_EX_DECLINED};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (!(k->exclusions >> order[i] & 1))
            continue;
        if (!m->exclusions)
            m->exclusions = xcalloc(sizeof order / sizeof *order, sizeof *m->exclusions);
        m->exclusions[m->n_exclusions++] = (Throughline__V1__Exclusion)order[i];
    }
}

Throughline__V1__Candidate *decision_candidate(const struct router_candidate *k)
{
    Throughline__V1__Candidate *m = xcalloc(1, sizeof *m);
    throughline__v1__candidate__init(m);
    m->agent = message_text(k->agent);
    m->exclusion = (Throughline__V1__Exclusion)k->exclusion;
    m->load = k->load;
    m->capacity = k->capacity;
    m->cost = k->cost;
    m->idle_ms = k->idle_ms;
    m->surplus = k->surplus;
    m->score = k->score;
    m->known = k->known;
    m->resolution = k->resolution;
    m->tried = k->tried;
    m->solved = k->solved;
    m->occupied = (Throughline__V1__Channel)k->occupied;
    m->maximum = k->maximum;
    m->behind = (Throughline__V1__Behind)k->behind;
    m->behind_by = k->behind_by;
    put_shortfalls(m, k);
    put_changes(m, k);
    put_exclusions(m, k);
    return m;
}

static void put_excluded(Throughline__V1__Decision *m, const struct router_decision *d)
{
    m->excluded = xcalloc(ROUTER_EXCLUSIONS, sizeof *m->excluded);
    for (unsigned i = 0; i < ROUTER_EXCLUSIONS; i++) {
        if (!d->excluded[i])
            continue;
        Throughline__V1__ExclusionCount *x = m->excluded[m->n_excluded++] = xcalloc(1, sizeof *x);
        throughline__v1__exclusion_count__init(x);
        x->exclusion = (Throughline__V1__Exclusion)i;
        x->agents = d->excluded[i];
    }
}

Throughline__V1__Supervised *decision_supervised(const struct router_hand *h)
{
    if (!h->act)
        return NULL;
    Throughline__V1__Supervised *m = xcalloc(1, sizeof *m);
    throughline__v1__supervised__init(m);
    m->act = (Throughline__V1__Supervision)h->act;
    m->by = message_text(h->by);
    m->reason = message_text(h->note);
    return m;
}

Throughline__V1__Wait *decision_wait(const struct router_wait *w)
{
    Throughline__V1__Wait *m = xcalloc(1, sizeof *m);
    throughline__v1__wait__init(m);
    m->kind = (Throughline__V1__WaitKind)w->kind;
    m->low_ms = w->low;
    m->middle_ms = w->middle;
    m->high_ms = w->high;
    return m;
}

static void put_causes(Throughline__V1__Decision *m, const struct router_decision *d)
{
    m->overflowed_from = message_text(d->overflowed.from);
    m->callback = d->callback;
    m->overflow_cause = (Throughline__V1__Cause)d->overflowed.cause;
    m->relaxed_by = (Throughline__V1__Cause)d->relaxed.cause;
    m->relaxed_after_ms = d->relaxed.ms;
    m->relaxed_percent = d->relaxed.percent;
    if (d->relaxed.cause == ROUTER_CAUSE_BREACH)
        m->relaxed_wait = decision_wait(&d->relaxed.wait);
    m->relaxed_left_ms = d->relaxed.left_ms;
}

Throughline__V1__Voicemailed *decision_voicemail(const struct router_voicemail *v)
{
    if (!v->cause && !v->left)
        return NULL;
    Throughline__V1__Voicemailed *m = xcalloc(1, sizeof *m);
    throughline__v1__voicemailed__init(m);
    m->cause = (Throughline__V1__Cause)v->cause;
    m->left = v->left;
    return m;
}

static Throughline__V1__Condition *condition_message(const struct router_condition *c)
{
    Throughline__V1__Condition *m = xcalloc(1, sizeof *m);
    throughline__v1__condition__init(m);
    m->kind = (Throughline__V1__ConditionKind)c->kind;
    m->channel = (Throughline__V1__Channel)c->channel;
    m->name = message_text(c->name);
    m->value = message_text(c->value);
    m->said_by = (Throughline__V1__SaidBy)c->said_by;
    m->open = c->open;
    return m;
}

Throughline__V1__Entered *decision_entered(const struct router_entered *e)
{
    Throughline__V1__Entered *m = xcalloc(1, sizeof *m);
    throughline__v1__entered__init(m);
    m->input = e->input;
    m->queue = message_text(e->queue);
    m->before = e->before;
    m->last = e->last;
    m->met = e->met_n ? xcalloc(e->met_n, sizeof(Throughline__V1__Condition *)) : NULL;
    for (size_t i = 0; i < e->met_n; i++)
        m->met[m->n_met++] = condition_message(&e->met[i]);
    return m;
}

void decision_passed(Throughline__V1__Entered *m, const struct router *r, uint64_t work)
{
    struct router_passed p;
    size_t n = 0;
    while (router_passed_at(r, work, n, &p))
        n++;
    m->passed = n ? xcalloc(n, sizeof(Throughline__V1__Passed *)) : NULL;
    for (size_t i = 0; i < n && router_passed_at(r, work, i, &p); i++) {
        Throughline__V1__Passed *x = m->passed[m->n_passed++] = xcalloc(1, sizeof *x);
        throughline__v1__passed__init(x);
        x->queue = message_text(p.queue);
        x->failed = condition_message(&p.failed);
    }
}

Throughline__V1__Due *decision_due(const struct router_due *d)
{
    if (!d->response && !d->met && !d->missed)
        return NULL;
    Throughline__V1__Due *m = xcalloc(1, sizeof *m);
    throughline__v1__due__init(m);
    m->response = (Throughline__V1__Response)d->response;
    m->first = (Throughline__V1__ResponseKept)d->first;
    m->met = d->met;
    m->missed = d->missed;
    m->target_ms = d->target_ms;
    m->waited_ms = (uint64_t)d->waited_ms;
    m->due_ms = d->wall;
    m->channel = (Throughline__V1__Channel)d->channel;
    m->priority = d->priority;
    m->calendar = message_text(d->hours);
    return m;
}

Throughline__V1__Decision *decision_message(const struct router *r, const struct router_decision *d,
                                            const struct decision_place *place)
{
    Throughline__V1__Decision *m = xcalloc(1, sizeof *m);
    struct router_stats s;
    router_stats(r, &s);
    throughline__v1__decision__init(m);
    m->input = place->input;
    m->index = place->index;
    m->work = place->work;
    m->conversation = place->conversation;
    m->wall_ms = place->wall;
    m->at_ms = place->at;
    m->reason = (Throughline__V1__Reason)place->reason;
    m->queue = message_text(d->queue);
    m->winner = message_text(d->winner);
    m->select = message_text(router_select_name(d->select));
    m->n_candidates = d->candidates_n;
    m->candidates = d->candidates_n ? xcalloc(d->candidates_n, sizeof *m->candidates) : NULL;
    for (size_t i = 0; i < d->candidates_n; i++)
        m->candidates[i] = decision_candidate(&d->candidates[i]);
    m->considered = d->considered;
    put_excluded(m, d);
    m->channel = (Throughline__V1__Channel)d->channel;
    m->n_requires = d->requires_n;
    m->requires = message_skills(d->requires, d->requires_n);
    m->needs = message_text(d->needs);
    m->floor = message_text(d->floor);
    m->team = message_text(d->team);
    m->step = d->step;
    m->able = d->able;
    m->wanted = message_text(d->wanted);
    m->former = message_text(d->former);
    m->hold_ms = d->hold_ms;
    m->fold = s.fold;
    m->config = d->config;
    m->supervised = decision_supervised(&d->hand);
    m->told = message_notices(d->told, &m->n_told);
    put_causes(m, d);
    m->due = decision_due(&d->due);
    m->voicemail = decision_voicemail(&d->voicemail);
    m->entered = decision_entered(d->entered);
    return m;
}
