// SPDX-License-Identifier: Apache-2.0
//
// What a supervisor does to agents and work: for each act a check that changes nothing and says what stands against it, and an act
// that cannot fail once its check has passed. All that follows at once carries who did it and why, and so does the work.
// Those by which a supervisor joins work themselves are supervise_join.c's.
//
// A supervisor goes past the queue's choice of agents, never past its floor, nor past what an agent has said of themselves:
// presence and channels. They take presence away (log-out, drain) but never give it: nobody is made available by another.

#include "routing/supervise.h"
#include "routing/closure.h"
#include "routing/notice.h"
#include "routing/team.h"

#include <stdlib.h>
#include <string.h>

// ---- the mark on work ----

void hand_free(struct hand *h)
{
    if (!h)
        return;
    text_free(h->by);
    text_free(h->note);
    free(h);
}

void hand_set(struct router *r, struct work *w, const struct router_hand *h)
{
    struct hand *old = w->hand;
    w->hand = NULL;
    if (h) {
        w->hand = memory_new(1, sizeof *w->hand);
        *w->hand = (struct hand){h->act, text_new(h->by), text_new(h->note)};
    }
    if (!old)
        return;
    text_bury(r, old->by);
    text_bury(r, old->note);
    memory_bury(r, old);
}

struct router_hand hand_view(const struct work *w)
{
    const struct hand *h = w->hand;
    return h ? (struct router_hand){h->act, h->by, h->note} : (struct router_hand){.by = "", .note = ""};
}

void hand_put(struct writer *o, const struct work *w)
{
    put8(o, w->hand ? (uint64_t)w->hand->act : 0);
    put_text(o, w->hand ? w->hand->by : "");
    put_text(o, w->hand ? w->hand->note : "");
}

void hand_take(struct reader *in, struct router *r, struct work *w)
{
    unsigned act = take8(in);
    const char *by = take_text(in, ROUTER_NAME_MAX), *note = take_text(in, ROUTER_TEXT_MAX);
    struct router_hand h = {(enum router_supervision)act, by, note};
    if (reader_must(in, act < ROUTER_SUPERVISIONS && (act != 0) == (*by != '\0') && (act || !*note),
                    "a supervisor's hand is unknown") &&
        act)
        hand_set(r, w, &h);
}

// ---- agents ----

enum router_refusal supervise_find_agent(const struct router *r, struct intervention *v)
{
    v->agent = agent_find(r, v->given.agent);
    return v->agent ? ROUTER_REFUSAL_NONE : ROUTER_UNKNOWN_AGENT;
}

static enum router_refusal check_log_out(const struct router *r, struct intervention *v)
{
    enum router_refusal why = supervise_find_agent(r, v);
    return !why && v->agent->presence == ROUTER_OFFLINE ? ROUTER_WRONG_STATE : why;
}

static enum router_refusal check_drain(const struct router *r, struct intervention *v)
{
    enum router_refusal why = supervise_find_agent(r, v);
    bool works = !why && (v->agent->presence == ROUTER_AVAILABLE || v->agent->presence == ROUTER_FOCUS);
    return why || works ? why : ROUTER_WRONG_STATE;
}

// Who was on the telephone has waited already, and is on the line: they go first where the order asks for the class.
static void mark_held(struct router *r, const struct agent *a)
{
    for (size_t i = 0; i < a->held.n; i++) {
        struct work *w = work_find(r, a->held.v[i]);
        hand_set(r, w, &r->hand);
        if (w->state == ROUTER_ASSIGNED && w->connected)
            w->own_priority = 1;
    }
}

static void act_log_out(struct router *r, struct intervention *v)
{
    struct agent *a = v->agent;
    mark_held(r, a);
    agent_set_presence(r, a, ROUTER_OFFLINE, ROUTER_SUPERVISED);
    for (struct desk *d; (d = a->desks);) {
        struct router_effect *e = effect_add(r, ROUTER_DESK_ENDED);
        e->agent = a->def.id;
        e->session_id = d->id;
        e->reason = ROUTER_SUPERVISED;
        desk_drop(r, d);
    }
}

static void act_drain(struct router *r, struct intervention *v)
{
    agent_set_presence(r, v->agent, ROUTER_DRAINING, ROUTER_SUPERVISED);
}

// ---- work ----

enum router_refusal supervise_find_work(const struct router *r, struct intervention *v, uint32_t states)
{
    v->work = work_find(r, v->given.work);
    if (!v->work)
        return ROUTER_UNKNOWN_WORK;
    return states & CORE_BIT(v->work->state) ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
}

static bool has_room(const struct router *r, const struct work *w, const struct agent *a)
{
    uint32_t channels = session_channels(w);
    return !(channels & room_closed(r, a, w)) && room_for(r, a, channels, match_cost(r, w), w);
}

static enum router_refusal check_assign(const struct router *r, struct intervention *v)
{
    uint32_t states = CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_OFFERED) | CORE_BIT(ROUTER_ASSIGNED);
    enum router_refusal why = supervise_find_work(r, v, states);
    why = why ? why : supervise_find_agent(r, v);
    if (why)
        return why;
    const struct work *w = v->work;
    const struct agent *a = v->agent;
    uint32_t surplus;
    if (w->state == ROUTER_ASSIGNED && w->agent == a)
        return ROUTER_WRONG_STATE;
    if (a->presence != ROUTER_AVAILABLE)
        return ROUTER_AGENT_ABSENT;
    if (!agent_takes(a, session_channels(w)))
        return ROUTER_AGENT_CHANNEL;
    if (!needs_met(&w->queue->floor, a, &surplus))
        return ROUTER_AGENT_UNFIT;
    return v->given.over_capacity || has_room(r, w, a) ? ROUTER_REFUSAL_NONE : ROUTER_AGENT_FULL;
}

// It is recorded like a choice, with everybody else as they stood, and needs no answer.
static void act_assign(struct router *r, struct intervention *v)
{
    struct work *w = v->work;
    struct agent *a = v->agent;
    offer_take_back(r, w, ROUTER_SUPERVISED);
    hand_set(r, w, &r->hand);
    offer_forget_ask(r, w, a);
    work_want(w, NULL);
    team_want(r, w, "");
    if (w->informed == a)
        work_inform(w, NULL);
    w->reason = ROUTER_SUPERVISED;
    pool_settle(r);
    match_work(r, w, record_limit(r), &r->ranking);
    struct match m = {.winner = a, .why = match_agent(r, w, a), .named = true};
    for (size_t i = 0; i < r->ranking.best_n; i++) // a draw's points are only there
        m.why = r->ranking.best[i].agent == a ? r->ranking.best[i] : m.why;
    effect_work(r, ROUTER_DECISION, w, a, ROUTER_SUPERVISED)->decision = record_decision(r, &r->arena, w, &m);
    work_move(r, w, ROUTER_ASSIGNED, a, ROUTER_SUPERVISED);
    a->over = room_exceeded(r, a);
    effect_work(r, ROUTER_ASSIGN, w, a, ROUTER_SUPERVISED);
    session_connect(r, w);
}

static enum router_refusal check_pull(const struct router *r, struct intervention *v)
{
    return supervise_find_work(r, v, CORE_BIT(ROUTER_OFFERED) | CORE_BIT(ROUTER_ASSIGNED));
}

static void act_pull(struct router *r, struct intervention *v)
{
    hand_set(r, v->work, &r->hand);
    work_want(v->work, NULL);
    team_want(r, v->work, "");
    offer_pass_on(r, v->work, ROUTER_SUPERVISED);
}

static enum router_refusal check_requeue(const struct router *r, struct intervention *v)
{
    uint32_t states = CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_OFFERED) | CORE_BIT(ROUTER_ASSIGNED);
    enum router_refusal why = supervise_find_work(r, v, states);
    v->queue = queue_find(r, v->given.queue);
    if (why || !v->queue)
        return why ? why : ROUTER_UNKNOWN_QUEUE;
    return v->work->state != ROUTER_ASSIGNED && v->work->queue == v->queue ? ROUTER_INVALID : ROUTER_REFUSAL_NONE;
}

static void act_requeue(struct router *r, struct intervention *v)
{
    struct work *w = v->work;
    hand_set(r, w, &r->hand);
    work_want(w, NULL);
    team_want(r, w, "");
    w->entered = r->at;
    overflow_note(r, w, NULL, ROUTER_CAUSE_NONE);
    work_change_queue(r, w, v->queue);
    if (w->state == ROUTER_ASSIGNED) {
        offer_pass_on(r, w, ROUTER_SUPERVISED);
        return;
    }
    offer_take_back(r, w, ROUTER_SUPERVISED);
    w->reason = ROUTER_SUPERVISED;
    work_step_over(r, w);
    overflow_arm(r, w);
    notice_waits(r, w);
}

static enum router_refusal check_prioritise(const struct router *r, struct intervention *v)
{
    enum router_refusal why = supervise_find_work(r, v, CORE_BIT(ROUTER_QUEUED) | CORE_BIT(ROUTER_OFFERED));
    return !why && v->given.priority > CORE_PRIORITY_MAX ? ROUTER_INVALID : why;
}

static void act_prioritise(struct router *r, struct intervention *v)
{
    struct work *w = v->work;
    hand_set(r, w, &r->hand);
    w->own_priority = v->given.priority;
    work_touch(r, w);
    if (w->state == ROUTER_QUEUED)
        w->reason = ROUTER_SUPERVISED;
    work_stand(r, w);
}

// ---- queues ----

static enum router_refusal check_close(const struct router *r, struct intervention *v)
{
    return closure_check(r, &v->given);
}

static void act_close(struct router *r, struct intervention *v)
{
    closure_begin(r, &v->given);
}

static enum router_refusal check_open(const struct router *r, struct intervention *v)
{
    return closure_check_open(r, &v->given);
}

static void act_open(struct router *r, struct intervention *v)
{
    closure_end(r, queue_find(r, v->given.queue));
}

static const struct {
    enum router_refusal (*check)(const struct router *r, struct intervention *v);
    void (*act)(struct router *r, struct intervention *v);
} supervise_acts[ROUTER_SUPERVISIONS] = {
    [ROUTER_LOG_OUT] = {check_log_out, act_log_out},
    [ROUTER_DRAIN] = {check_drain, act_drain},
    [ROUTER_ASSIGN_TO] = {check_assign, act_assign},
    [ROUTER_PULL] = {check_pull, act_pull},
    [ROUTER_REQUEUE] = {check_requeue, act_requeue},
    [ROUTER_PRIORITISE] = {check_prioritise, act_prioritise},
    [ROUTER_CLOSE_QUEUE] = {check_close, act_close},
    [ROUTER_OPEN_QUEUE] = {check_open, act_open},
    [ROUTER_LISTEN] = {supervise_check_join, supervise_act_join},
    [ROUTER_WHISPER] = {supervise_check_join, supervise_act_join},
    [ROUTER_BARGE] = {supervise_check_join, supervise_act_join},
    [ROUTER_TAKE_OVER] = {supervise_check_take_over, supervise_act_take_over},
};

// ---- the input ----

static bool supervise_legal(const struct router_supervise *s)
{
    return s->act > ROUTER_SUPERVISION_NONE && s->act < ROUTER_SUPERVISIONS && text_is(s->by, ROUTER_NAME_MAX) &&
           *s->by && text_is(s->note, ROUTER_TEXT_MAX) && text_is(s->agent, ROUTER_NAME_MAX) &&
           text_is(s->queue, ROUTER_NAME_MAX) && text_is(s->to, ROUTER_NAME_MAX) &&
           text_is(s->message, ROUTER_TEXT_MAX);
}

static enum router_refusal supervise_check(const struct router *r, struct intervention *v)
{
    return supervise_legal(&v->given) ? supervise_acts[v->given.act].check(r, v) : ROUTER_INVALID;
}

static void supervise_carry_out(struct router *r, struct intervention *v)
{
    r->hand =
        (struct router_hand){v->given.act, arena_text(&r->arena, v->given.by), arena_text(&r->arena, v->given.note)};
    supervise_acts[v->given.act].act(r, v);
    r->hand = (struct router_hand){0};
}

enum router_refusal supervise_apply(struct router *r, const struct router_input *in)
{
    struct intervention v = {.given = in->supervise};
    struct router_supervise *s = &v.given;
    const char **texts[] = {&s->session, &s->client_id, &s->by, &s->note, &s->agent, &s->queue, &s->to, &s->message};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_or_empty(*texts[i]);
    bool desk = *s->session || *s->client_id;
    if (desk && (!text_is(s->session, ROUTER_NAME_MAX) || !text_is(s->client_id, ROUTER_NAME_MAX) || !*s->session ||
                 !*s->client_id))
        return ROUTER_INVALID;
    const struct outcome *before = desk ? outcome_find(r, s->session, s->client_id) : NULL;
    if (before) {
        effect_answer(r, s->session, s->client_id, s->by, before->refusal, before->input);
        return ROUTER_REFUSAL_NONE;
    }
    enum router_refusal why = supervise_check(r, &v);
    if (desk) {
        outcome_remember(r, s->session, s->client_id, in->number, r->at, why);
        effect_answer(r, s->session, s->client_id, s->by, why, in->number);
    }
    if (!why)
        supervise_carry_out(r, &v);
    return desk ? ROUTER_REFUSAL_NONE : why;
}
