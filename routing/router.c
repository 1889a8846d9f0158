// SPDX-License-Identifier: Apache-2.0
//
// The step: one input folded into the state.
//
// Order within a step: what is past is forgotten; timers due fire moment by moment, each at its own time, and what waits is
// settled after each moment, so that the outcome does not depend on how often somebody ticked; then the input, then settling,
// then one WORK effect for each work that changed. A step fails only before it has changed anything.

#include "routing/absence.h"
#include "routing/breach.h"
#include "routing/calendar.h"
#include "routing/callback.h"
#include "routing/core.h"
#include "routing/fit.h"
#include "routing/learn.h"
#include "routing/notice.h"
#include "routing/participant.h"
#include "routing/snooze.h"
#include "routing/supervise.h"
#include "routing/team.h"

#include <stdlib.h>

static enum router_refusal router_nothing(struct router *r, const struct router_input *in)
{
    (void)r;
    (void)in;
    return ROUTER_REFUSAL_NONE;
}

static enum router_refusal router_fold(struct router *r, const struct router_input *in)
{
    r->fold = in->fold.version;
    return ROUTER_REFUSAL_NONE;
}

static enum router_refusal (*const router_inputs[])(struct router *, const struct router_input *) = {
    [ROUTER_IN_HAPPENED] = happened_apply,
    [ROUTER_IN_DESK_OPENED] = desk_opened,
    [ROUTER_IN_DESK_CLOSED] = desk_closed,
    [ROUTER_IN_NODE_LOST] = desk_node_lost,
    [ROUTER_IN_COMMAND] = command_apply,
    [ROUTER_IN_TICK] = router_nothing,
    [ROUTER_IN_CONFIG] = config_apply,
    [ROUTER_IN_AGENT_PUT] = config_agent_put,
    [ROUTER_IN_AGENT_REMOVED] = config_agent_removed,
    [ROUTER_IN_QUEUE_PUT] = config_queue_put,
    [ROUTER_IN_QUEUE_REMOVED] = config_queue_removed,
    [ROUTER_IN_FOLD] = router_fold,
    [ROUTER_IN_DELIVERY] = happened_delivery,
    [ROUTER_IN_CUSTOMER_CHANGED] = happened_customer_changed,
    [ROUTER_IN_CALENDAR] = calendar_compiled,
    [ROUTER_IN_LEARNED] = learn_apply,
    [ROUTER_IN_SUPERVISE] = supervise_apply,
    [ROUTER_IN_SAID] = notice_said,
    [ROUTER_IN_NOTHING] = router_nothing,
};

static void timer_fire_offer(struct router *r, void *owner)
{
    offer_timed_out(r, owner);
}

static void timer_fire_grace(struct router *r, void *owner)
{
    agent_grace_over(r, owner);
}

static void timer_fire_wrap_up(struct router *r, void *owner)
{
    work_close(r, owner, ROUTER_WRAPPED_UP);
}

static void timer_fire_idle(struct router *r, void *owner)
{
    session_idle_over(r, owner);
}

static void timer_fire_pause(struct router *r, void *owner)
{
    settle_pause_over(r, owner);
}

static void timer_fire_hold(struct router *r, void *owner)
{
    settle_hold_over(r, owner);
}

static void timer_fire_step(struct router *r, void *owner)
{
    work_step_over(r, owner);
}

static void timer_fire_give_back(struct router *r, void *owner)
{
    wait_over(r, owner);
}

static void timer_fire_focus(struct router *r, void *owner)
{
    agent_focus_over(r, owner);
}

static void timer_fire_overflow(struct router *r, void *owner)
{
    overflow_over(r, owner);
}

static void timer_fire_absence(struct router *r, void *owner)
{
    absence_over(r, owner);
}

static void timer_fire_silence(struct router *r, void *owner)
{
    silence_over(r, owner);
}

static void timer_fire_voicemail(struct router *r, void *owner)
{
    voicemail_time_over(r, owner);
}

static void timer_fire_asked(struct router *r, void *owner)
{
    participant_timed_out(r, owner);
}

static void timer_fire_breach(struct router *r, void *owner)
{
    breach_look(r, owner);
}

static void timer_fire_dial(struct router *r, void *owner)
{
    callback_dial_over(r, owner);
}

static void (*const router_timers[])(struct router *, void *) = {
    [TIMER_ASKED] = timer_fire_asked,         [TIMER_OFFER] = timer_fire_offer,
    [TIMER_GRACE] = timer_fire_grace,         [TIMER_WRAP_UP] = timer_fire_wrap_up,
    [TIMER_IDLE] = timer_fire_idle,           [TIMER_PAUSE] = timer_fire_pause,
    [TIMER_HOLD] = timer_fire_hold,           [TIMER_STEP] = timer_fire_step,
    [TIMER_GIVE_BACK] = timer_fire_give_back, [TIMER_FOCUS] = timer_fire_focus,
    [TIMER_OVERFLOW] = timer_fire_overflow,   [TIMER_ABSENCE] = timer_fire_absence,
    [TIMER_BREACH] = timer_fire_breach,       [TIMER_SILENCE] = timer_fire_silence,
    [TIMER_DIAL] = timer_fire_dial,           [TIMER_VOICEMAIL] = timer_fire_voicemail,
};

struct router *router_new(void)
{
    struct router *r = memory_new(1, sizeof *r);
    r->fold = ROUTER_FOLD_VERSION;
    r->rules = (struct router_config){
        .grace_ms = 3600000,
        .timeouts_to_away = 3,
        .decline_pause_ms = 60000,
        .decline_max = 3,
        .extend_max = 2,
        .learn_ms = 7 * 86400000u,
        .channels = {[ROUTER_CHAT] = {.units = 1, .idle_ms = 600000, .lost_ms = 30000},
                     [ROUTER_SMS] = {.units = 1, .idle_ms = 86400000, .lost_ms = 120000},
                     [ROUTER_EMAIL] = {.units = 1, .idle_ms = 604800000},
                     [ROUTER_VOICE] = {.units = 1, .idle_ms = 0, .lost_ms = 60000},
                     [ROUTER_SOCIAL] = {.units = 1, .idle_ms = 86400000}},
    };
    r->queues = memory_new(1, sizeof(struct queue *));
    r->queues[0] = queue_new_implicit();
    r->queues_n = 1;
    fit_queue(r, r->queues[0]);
    enter_queues(r);
    return r;
}

// Of the step under way.
static void router_free_lists(struct router *r)
{
    free(r->undecided);
    free(r->touched);
    free(r->newcomers);
    free(r->unheard);
    free(r->freed);
    free(r->open);
    free(r->answers);
    free(r->effects);
    free(r->grave);
}

void router_free(struct router *r)
{
    if (!r)
        return;
    learn_free(r);
    fit_free(r);
    for (size_t i = 0; i < r->works_n; i++) {
        if (work_slot(r, i)->work)
            work_free(work_slot(r, i)->work);
    }
    for (size_t i = 0; i < r->agents_n; i++)
        agent_free(r->agents[i]);
    for (size_t i = 0; i < r->queues_n; i++) {
        struct queue *q = r->queues[i];
        q->waiting = q->offered = q->assigned = 0;
        queue_bury(r, q);
    }
    for (size_t i = 0; i < r->calendars_n; i++)
        calendar_bury(r, r->calendars[i]);
    outcome_free(r);
    memory_unearth_all(r);
    table_free(&r->conversations);
    table_free(&r->desks);
    table_free(&r->commands);
    table_free(&r->agent_ids);
    arena_free(&r->arena);
    arena_free(&r->explained);
    free(r->queues);
    free(r->calendars);
    free(r->agents);
    free(r->gone);
    free(r->shares);
    team_free_all(r);
    for (size_t i = 0; i < r->works_pages; i++)
        free(r->works[i]);
    free(r->works);
    free(r->timers.v);
    free(r->alarms.v);
    router_free_lists(r);
    free(r->ranking.rows);
    free(r->ranking.best);
    free(r->ranking.own);
    free(r->entries);
    free(r->open_entries);
    free(r->marked);
    free(r);
}

// Far enough from the end of all numbers that no time counted from one of these meets it: what is there never comes.
static bool router_is_time(int64_t ms)
{
    return ms >= 0 && ms <= ROUTER_TIME_MAX;
}

static bool router_may(const struct router *r, const struct router_input *in)
{
    if (in->number != r->input + 1 || in->at < r->at || !router_is_time(in->at) || !router_is_time(in->wall))
        return false;
    return in->kind != ROUTER_IN_FOLD || (in->fold.version >= 1 && in->fold.version <= ROUTER_FOLD_VERSION &&
                                          in->fold.version + 1 >= ROUTER_FOLD_VERSION);
}

static void router_fire_due(struct router *r, int64_t at)
{
    for (struct timer *t; (t = timer_first(r)) && t->deadline <= at; settle(r)) {
        if (t->deadline > r->at)
            calendars_pass(r, t->deadline);
        for (; t && t->deadline <= r->at; t = timer_first(r)) {
            timer_stop(r, t);
            router_timers[t->kind](r, t->owner);
        }
    }
}

bool router_step(struct router *r, const struct router_input *in, struct router_effects *out)
{
    *out = (struct router_effects){0};
    if (!router_may(r, in))
        return false;
    memory_unearth(r);
    arena_reset(&r->arena);
    r->effects_n = 0;
    r->input = in->number;
    r->wall = in->wall;
    r->end = in->at;
    outcome_forget_old(r, in->at);
    learn_forget_old(r, in->at);
    router_fire_due(r, in->at);
    calendars_pass(r, in->at);
    if (snooze_wake_due(r))
        settle(r);
    enum router_refusal why = ROUTER_INVALID;
    if (in->kind >= ROUTER_IN_HAPPENED && in->kind <= ROUTER_IN_NOTHING)
        why = router_inputs[in->kind](r, in);
    if (why)
        effect_answer(r, "", "", "", why, in->number);
    settle(r);
    pool_settle(r);
    work_finish_step(r);
    *out = (struct router_effects){r->effects, r->effects_n};
    return true;
}
