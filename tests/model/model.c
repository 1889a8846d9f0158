// SPDX-License-Identifier: Apache-2.0
//
// The router and its naive twin, through the same inputs. After each step the effects, the state as viewed and the invariants
// must agree; every so often the router is replaced by one restored from its own snapshot. On a difference both sides are printed.

#include "cover.h"
#include "run.h"
#include "twin.h"
#include "written.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void event_from_decision(struct twin_event *to, const struct router_decision *d)
{
    twin_name(to->winner, d->winner);
    twin_name(to->supervisor, d->hand.by);
    to->candidates_n = d->candidates_n;
    memcpy(to->excluded, d->excluded, sizeof to->excluded);
    to->step = d->step;
    to->able = d->able;
    twin_name(to->overflowed, d->overflowed.from);
    to->overflow = d->overflowed.cause;
    to->relaxed = d->relaxed.cause;
    to->relaxed_ms = d->relaxed.ms;
    to->relaxed_wait = d->relaxed.wait;
    to->relaxed_left = d->relaxed.left_ms;
    to->relaxed_percent = d->relaxed.percent;
    twin_name(to->team, d->team);
    for (size_t i = 0; i < d->candidates_n; i++) {
        twin_name(to->candidates[i].agent, d->candidates[i].agent);
        to->candidates[i].exclusion = d->candidates[i].exclusion;
        to->candidates[i].score = d->candidates[i].score;
        bool qualified = d->candidates[i].exclusion == ROUTER_QUALIFIED;
        to->candidates[i].exclusions = d->candidates[i].exclusions;
        to->candidates[i].behind = qualified ? d->candidates[i].behind : ROUTER_BEHIND_UNSET;
        to->candidates[i].by = qualified ? d->candidates[i].behind_by : 0;
    }
    twin_name(to->wanted, d->wanted);
    twin_name(to->former, d->former);
    to->hold = d->hold_ms;
    to->due = d->due;
    to->gate_input = d->entered->input;
    to->heard = d->told;
    to->attempts = d->callback;
    to->voicemail = d->voicemail.cause;
    to->left_words = d->voicemail.left;
}

static void event_from_notice(struct twin_event *to, const struct router_notice *n)
{
    int64_t facts[] = {n->kind,  n->wait.kind, n->wait.low, n->wait.middle,     n->wait.high,
                       n->opens, n->closes_ms, n->until,    *n->message != '\0'};
    twin_name(to->instead, n->to);
    memcpy(to->facts, facts, sizeof facts);
}

static struct twin_event event_from_effect(const struct router_effect *e)
{
    struct twin_event to;
    memset(&to, 0, sizeof to);
    to.kind = e->kind;
    to.reason = e->reason;
    to.refusal = e->refusal;
    to.work = e->work;
    to.number = e->number;
    to.epoch = e->epoch;
    to.deadline = e->deadline;
    to.state = e->state;
    to.informed = e->informed;
    to.role = e->role;
    to.resolved = e->resolved;
    to.channel = e->session.channel;
    twin_name(to.agent, e->agent);
    twin_name(to.handle, e->session.handle);
    twin_name(to.call, e->session.call);
    twin_name(to.supervisor, e->hand.by);
    if (e->kind == ROUTER_DIAL) {
        twin_name(to.callback, e->session.callback);
        to.attempts = e->session.attempts;
    }
    if (e->decision)
        event_from_decision(&to, e->decision);
    if (e->notice)
        event_from_notice(&to, e->notice);
    if (e->recording) {
        to.voicemail = e->recording->cause;
        to.most_ms = e->recording->most_ms;
    }
    return to;
}

static bool causes_equal(const struct twin_event *a, const struct twin_event *b)
{
    return strcmp(a->overflowed, b->overflowed) == 0 && a->overflow == b->overflow && a->relaxed == b->relaxed &&
           a->relaxed_ms == b->relaxed_ms && a->relaxed_left == b->relaxed_left &&
           a->relaxed_wait.kind == b->relaxed_wait.kind && a->relaxed_wait.middle == b->relaxed_wait.middle &&
           a->relaxed_percent == b->relaxed_percent;
}

static bool due_equal(const struct router_due *a, const struct router_due *b)
{
    return a->response == b->response && a->first == b->first && a->met == b->met && a->missed == b->missed &&
           a->target_ms == b->target_ms && a->waited_ms == b->waited_ms && a->at == b->at && a->wall == b->wall &&
           a->channel == b->channel && a->priority == b->priority;
}

static bool events_equal(const struct twin_event *a, const struct twin_event *b)
{
    bool equal = a->kind == b->kind && a->reason == b->reason && a->refusal == b->refusal && a->work == b->work &&
                 a->number == b->number && a->epoch == b->epoch && a->deadline == b->deadline && a->state == b->state &&
                 a->informed == b->informed && a->role == b->role && a->resolved == b->resolved &&
                 a->channel == b->channel && strcmp(a->agent, b->agent) == 0 && strcmp(a->handle, b->handle) == 0 &&
                 strcmp(a->call, b->call) == 0 && a->attempts == b->attempts && strcmp(a->callback, b->callback) == 0 &&
                 strcmp(a->team, b->team) == 0 && strcmp(a->winner, b->winner) == 0 &&
                 a->candidates_n == b->candidates_n && memcmp(a->excluded, b->excluded, sizeof a->excluded) == 0 &&
                 a->step == b->step && a->able == b->able && strcmp(a->wanted, b->wanted) == 0 &&
                 strcmp(a->former, b->former) == 0 && a->hold == b->hold && due_equal(&a->due, &b->due) &&
                 strcmp(a->supervisor, b->supervisor) == 0 && causes_equal(a, b) && a->heard == b->heard &&
                 memcmp(a->facts, b->facts, sizeof a->facts) == 0 && strcmp(a->instead, b->instead) == 0 &&
                 a->voicemail == b->voicemail && a->left_words == b->left_words && a->most_ms == b->most_ms &&
                 a->gate_input == b->gate_input;
    for (size_t i = 0; equal && i < a->candidates_n; i++)
        equal = strcmp(a->candidates[i].agent, b->candidates[i].agent) == 0 &&
                a->candidates[i].exclusion == b->candidates[i].exclusion &&
                a->candidates[i].exclusions == b->candidates[i].exclusions &&
                a->candidates[i].behind == b->candidates[i].behind && a->candidates[i].by == b->candidates[i].by &&
                a->candidates[i].score == b->candidates[i].score;
    return equal;
}

static void event_print(const char *who, const struct twin_event *e)
{
    fprintf(stderr,
            "  %s kind %d agent '%s' work %" PRIu64 " reason %d refusal %d number %" PRIu64 " epoch %" PRIu64
            " deadline %" PRId64 " state %u informed %d channel %d '%s' '%s' winner '%s' supervisor '%s':",
            who, (int)e->kind, e->agent, e->work, (int)e->reason, (int)e->refusal, e->number, e->epoch, e->deadline,
            e->state, e->informed, (int)e->channel, e->handle, e->call, e->winner, e->supervisor);
    for (size_t i = 0; i < e->candidates_n; i++)
        fprintf(stderr, " %s(%d %x %" PRId64 " behind %d %" PRId64 ")", e->candidates[i].agent,
                (int)e->candidates[i].exclusion, e->candidates[i].exclusions, e->candidates[i].score,
                (int)e->candidates[i].behind, e->candidates[i].by);
    fprintf(stderr, "\n");
}

static bool effects_agree(const struct router_effects *out, const struct twin *t, struct difference *d)
{
    size_t n = out->n > t->events_n ? out->n : t->events_n;
    bool agree = true;
    for (size_t i = 0; agree && i < n; i++) {
        struct twin_event e = {0};
        if (i < out->n)
            e = event_from_effect(&out->v[i]);
        agree = i < out->n && i < t->events_n && events_equal(&e, &t->events[i]);
        if (!agree)
            *d = (struct difference){"effects", (int)e.kind, i < t->events_n ? (int)t->events[i].kind : 0};
    }
    for (size_t i = 0; !agree && i < n; i++) {
        struct twin_event e;
        if (i < out->n) {
            e = event_from_effect(&out->v[i]);
            event_print("router", &e);
        }
        if (i < t->events_n)
            event_print("twin  ", &t->events[i]);
    }
    return agree;
}

static bool waits_agree(const char *what, struct router_wait a, struct router_wait b)
{
    cover(COVER_WAIT, a.kind != ROUTER_WAIT_KNOWN || a.middle ? (int)a.kind : -1);
    if (a.kind == b.kind && a.low == b.low && a.middle == b.middle && a.high == b.high)
        return true;
    fprintf(stderr,
            "  wait %s differs: kind %d/%d, %" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64 "\n",
            what, (int)a.kind, (int)b.kind, a.low, b.low, a.middle, b.middle, a.high, b.high);
    return false;
}

static bool estimates_agree(const struct router_queue_view *v, struct twin *t)
{
    const struct router_calibration *a = &v->estimates, *b = &twin_forecast(t, v->def.name)->seen;
    for (size_t c = 0; c < ROUTER_CHANNELS; c++) {
        const struct router_responses *x = &v->responses[c], *y = &twin_forecast(t, v->def.name)->responses[c];
        cover(COVER_NEXT, x->next_met ? ROUTER_RESPONSE_MET : -1);
        cover(COVER_NEXT, x->next_missed ? ROUTER_RESPONSE_MISSED : -1);
        if (x->first_met != y->first_met || x->first_missed != y->first_missed || x->next_met != y->next_met ||
            x->next_missed != y->next_missed)
            return false;
    }
    const struct router_callbacks *x = &v->callbacks, *y = &twin_forecast(t, v->def.name)->callbacks;
    cover(COVER_CALLBACK, x->asked ? CALLBACK_ASKED : -1);
    cover(COVER_CALLBACK, x->reached ? CALLBACK_REACHED : -1);
    cover(COVER_CALLBACK, x->unreached ? CALLBACK_UNREACHED : -1);
    if (x->asked != y->asked || x->reached != y->reached || x->unreached != y->unreached)
        return false;
    const struct twin_forecast *f = twin_forecast(t, v->def.name);
    if (v->voicemails.sent != f->sent || v->voicemails.left != f->left_words || v->voicemails.empty != f->said_nothing)
        return false;
    cover(COVER_CAME, a->inside ? CAME_INSIDE : -1);
    cover(COVER_CAME, a->below ? CAME_BELOW : -1);
    cover(COVER_CAME, a->above ? CAME_ABOVE : -1);
    cover(COVER_CAME, a->unknown ? CAME_UNKNOWN : -1);
    return a->inside == b->inside && a->below == b->below && a->above == b->above && a->unknown == b->unknown &&
           a->error == b->error;
}

static bool works_due_agree(const struct router_work_view *v, struct twin *t, const struct twin_work *w)
{
    struct router_due d = twin_due(t, w);
    return due_equal(&v->due, &d) && strcmp(v->due.hours, d.hours) == 0;
}

static bool works_agree(const struct router *r, struct twin *t)
{
    struct router_work_view v = {0};
    size_t n = 0;
    for (uint64_t after = 0; router_next_work(r, after, &v); after = v.id, n++) {
        const struct twin_work *w = twin_work(t, v.id);
        bool agree = w && v.state == w->state && strcmp(v.agent, twin_shown(w)) == 0 &&
                     strcmp(v.queue, w->queue) == 0 && v.charge == twin_charge(t, w) &&
                     v.channel_now == w->channel_now && v.since == w->since && v.priority == twin_priority(t, w) &&
                     v.reason == w->reason && v.sessions_n == w->sessions_n && strcmp(v.former_agent, w->former) == 0 &&
                     strcmp(v.hand.by, w->supervisor) == 0 && strcmp(v.intent, w->intent) == 0 &&
                     v.snoozed_until == w->snoozed && strcmp(v.disposition, w->disposition) == 0 &&
                     works_due_agree(&v, t, w) && v.told == twin_heard(w) && v.epoch == w->epoch &&
                     v.offers_n == w->offers_n && v.dialled == (w->dial_until ? w->dial_input : 0) &&
                     v.voicemail.cause == w->to_voicemail && v.voicemail.left == w->left_words;
        if (agree && !waits_agree(v.queue, router_work_wait(r, v.id), twin_wait(t, twin_work(t, v.id))))
            return false;
        for (size_t i = 0; agree && i < v.sessions_n; i++)
            agree = v.sessions[i].live == w->sessions[i].live &&
                    strcmp(v.sessions[i].handle, w->sessions[i].handle) == 0 &&
                    strcmp(v.sessions[i].callback, w->sessions[i].callback) == 0;
        agree = agree && entry_agrees(r, &v, w, t->input);
        agree = agree && v.participants_n == w->participants_n;
        for (size_t i = 0; agree && i < v.participants_n; i++)
            agree = strcmp(v.participants[i].agent, w->participants[i].agent) == 0 &&
                    v.participants[i].joined == w->participants[i].joined &&
                    v.participants[i].role == w->participants[i].role;
        if (!agree) {
            fprintf(stderr, "  work %" PRIu64 " differs: state %d/%d charge %u/%u queue %s/%s\n", v.id, (int)v.state,
                    w ? (int)w->state : -1, v.charge, w ? twin_charge(t, w) : 0, v.queue, w ? w->queue : "");
            return false;
        }
    }
    return n == t->works_n;
}

static bool agents_agree(const struct router *r, struct twin *t)
{
    for (size_t i = 0; i < t->agents_n; i++) {
        const struct twin_agent *a = &t->agents[i];
        struct router_agent_view v;
        if (!router_agent(r, a->id, &v) || v.presence != a->presence || v.load != twin_load(t, a->id) ||
            v.idle_since != a->idle_since) {
            fprintf(stderr, "  agent %s differs\n", a->id);
            return false;
        }
    }
    struct router_stats s;
    router_stats(r, &s);
    return s.agents == t->agents_n;
}

static bool lessons_agree(const struct router *r, struct twin *t)
{
    size_t n = 0;
    struct router_lesson_view v;
    for (size_t a = 0; a < t->agents_n; a++) {
        for (size_t i = 0; router_lesson_at(r, t->agents[a].id, i, &v); i++, n++) {
            const struct twin_lesson *l = twin_lesson_of(t, t->agents[a].id, v.queue, v.intent);
            if (!l || l->tried != v.tried || l->solved != v.solved) {
                fprintf(stderr, "  what %s learned in %s of '%s' differs\n", t->agents[a].id, v.queue, v.intent);
                return false;
            }
        }
    }
    return n == t->lessons_n;
}

static bool queues_agree(const struct router *r, struct twin *t)
{
    struct router_queue_view v;
    for (size_t i = 0; router_queue_at(r, i, &v); i++) {
        struct twin_queue *q = twin_queue(t, v.def.name);
        const struct twin_shut *shut = twin_shut(t, v.def.name);
        bool same_shut = shut ? strcmp(v.closure.by, shut->by) == 0 && v.closure.since == shut->since &&
                                    v.closure.until == shut->until
                              : !*v.closure.by;
        if (!q || v.closed != twin_closed(t, q) || v.unmeetable != twin_unmeetable(t, q) || !same_shut) {
            fprintf(stderr, "  queue %s differs\n", v.def.name);
            return false;
        }
        if (!estimates_agree(&v, t)) {
            fprintf(stderr, "  what came of the estimates of %s differs\n", v.def.name);
            return false;
        }
        for (unsigned c = ROUTER_CHAT; c < ROUTER_CHANNELS; c++) {
            enum router_channel channel = (enum router_channel)c;
            if (!waits_agree(v.def.name, router_queue_wait(r, i, channel), twin_wait_new(t, q, channel)))
                return false;
        }
    }
    return true;
}

static struct router *through_snapshot(struct router *r)
{
    uint64_t hash = router_hash(r);
    struct router *copy = written_again(r);
    if (copy && (router_hash(copy) != hash || router_next_deadline(copy) != router_next_deadline(r))) {
        fprintf(stderr, "  restored to something else\n");
        router_free(copy);
        copy = NULL;
    }
    router_free(r);
    return copy;
}

// Of one work that waits, in turn: what a record as things stand tells of who is excluded.
static bool changes_hold(struct router *r, struct twin *t, uint64_t n)
{
    struct router_work_view v;
    uint64_t turn = 0;
    for (uint64_t after = 0; router_next_work(r, after, &v); after = v.id) {
        if (v.state == ROUTER_QUEUED && turn++ == n % 4)
            return twin_changes_hold(t, router_explain(r, v.id), v.id, n % 1024 < 8);
    }
    return true;
}

// NULL = the state, as it is viewed, is the twin's.
static const char *what_differs(struct router *r, struct twin *t, uint64_t n)
{
    return !works_agree(r, t)       ? "work"
           : !agents_agree(r, t)    ? "agents"
           : !queues_agree(r, t)    ? "queues"
           : !lessons_agree(r, t)   ? "what was learned"
           : !changes_hold(r, t, n) ? "what would let an agent in"
                                    : NULL;
}

struct model {
    struct router *r;
    struct twin t;
};

static void *model_begin(void)
{
    struct model *m = malloc(sizeof *m);
    if (!m || !(m->r = router_new()))
        abort();
    twin_init(&m->t);
    return m;
}

static const struct router *model_router(const void *self)
{
    return ((const struct model *)self)->r;
}

static bool model_step(void *self, const struct router_input *in, bool restore, struct difference *d)
{
    struct model *m = self;
    struct router_effects out;
    *d = (struct difference){.what = "the input is refused as not the next one"};
    if (!router_step(m->r, in, &out))
        return false;
    twin_step(&m->t, in);
    cover_step(in, &out, m->r, &m->t);
    if (!effects_agree(&out, &m->t, d))
        return false;
    d->what = router_check(m->r);
    if (d->what)
        fprintf(stderr, "  %s\n", d->what);
    else
        d->what = what_differs(m->r, &m->t, in->number);
    if (!d->what && restore && !(m->r = through_snapshot(m->r)))
        d->what = "the restored router";
    return !d->what;
}

static void model_end(void *self)
{
    struct model *m = self;
    router_free(m->r);
    free(m);
}

static bool model_enough(uint64_t inputs)
{
    cover_rarest();
    return inputs < 100000 || cover_complete();
}

const struct subject model_subject = {.name = "model",
                                      .inputs = 200000,
                                      .begin = model_begin,
                                      .router = model_router,
                                      .step = model_step,
                                      .end = model_end,
                                      .enough = model_enough};
