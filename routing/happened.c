// SPDX-License-Identifier: Apache-2.0
//
// What customers do: words and calls open work or keep it alive, hang-ups end sessions, and a switch of the channel may move
// the work to an agent who takes the new one. News of deliveries and customers pass through here as well.
//
// Only the customer's own words and calls are a contact. All else is shown to whom it concerns, and changes nothing.

#include "routing/attribute.h"
#include "routing/callback.h"
#include "routing/learn.h"
#include "routing/participant.h"
#include "routing/snooze.h"

#define DELIVERY_FAILED 5u // throughline.v1.DELIVERY_STATE_FAILED

static bool happened_legal(const struct router_happened *h)
{
    return h->channel > ROUTER_CHANNEL_NONE && h->channel < ROUTER_CHANNELS && h->kind >= ROUTER_WORDS &&
           h->kind <= ROUTER_ASIDE && h->conversation && text_is(h->account, ROUTER_TEXT_MAX) &&
           text_is(h->handle, ROUTER_TEXT_MAX) && text_is(h->call, ROUTER_TEXT_MAX) &&
           text_is(h->language, ROUTER_NAME_MAX) && text_is(h->intent, ROUTER_NAME_MAX) &&
           text_is(h->last_agent, ROUTER_NAME_MAX) && text_is(h->callback, ROUTER_NAME_MAX) &&
           attributes_legal(h->attributes, h->attributes_n) &&
           attributes_legal(h->customer_attributes, h->customer_attributes_n) &&
           (!*h->callback || (h->kind == ROUTER_CALL_ENDED && h->channel == ROUTER_VOICE));
}

static void happened_learn(struct router *r, struct work *w, const struct router_happened *h)
{
    if (*h->language)
        text_set(r, &w->language, h->language);
    if (*h->intent)
        text_set(r, &w->intent, h->intent);
    attributes_learn(r, w, h);
}

// A priority beyond the last class counts as the last: a customer is not turned away for a number.
static void happened_open(struct router *r, const struct router_happened *h)
{
    struct work *w = work_new(r, r->input, h->conversation);
    w->customer = h->customer;
    w->own_priority = h->priority > CORE_PRIORITY_MAX ? CORE_PRIORITY_MAX : h->priority;
    w->since = r->at;
    text_set(r, &w->last_agent, h->last_agent);
    happened_learn(r, w, h);
    session_speak(r, w, h);
    w->queue = enter_queue(r, w);
    sla_asked(r, w);
    learn_again(r, w);
    work_move(r, w, ROUTER_QUEUED, NULL, h->reopened ? ROUTER_REOPENED : ROUTER_NEW);
}

// Whether one to whom it is offered, or who holds it, can go on with it as it is now.
static bool happened_keeps(const struct router *r, const struct work *w, const struct agent *a, bool woke,
                           struct charge given)
{
    if (woke && (!agent_takes(a, CORE_BIT(w->channel_now)) || (w->channel_now == ROUTER_VOICE && !agent_is_here(a))))
        return false; // a call that begins is put through to nobody whose desk is lost
    struct charge after = session_charge(r, w, w->state == ROUTER_OFFERED);
    return wait_returns(given, after) || room_for_change(r, a, w->charge, after);
}

// The customer speaks again while the agent is still writing it up: back to them if they can, else to the queue as a new wait.
static void happened_back(struct router *r, struct work *w)
{
    struct agent *a = w->agent;
    text_set(r, &w->disposition, "");
    learn_again(r, w);
    if (!agent_is_here(a) || !happened_keeps(r, w, a, true, (struct charge){0})) {
        w->since = r->at;
        sla_renewed(r, w);
        work_requeue(r, w, ROUTER_CUSTOMER_BACK, false);
        return;
    }
    work_move(r, w, ROUTER_ASSIGNED, a, ROUTER_CUSTOMER_BACK);
    a->over = room_exceeded(r, a); // a call may interrupt
    effect_work(r, ROUTER_ASSIGN, w, a, ROUTER_CUSTOMER_BACK);
    session_connect(r, w);
}

// Each to whom it is offered goes on or not by themselves.
static void happened_while_offered(struct router *r, struct work *w, bool woke)
{
    for (size_t i = 0; i < w->offers_n;) {
        struct agent *a = w->offers[i].agent;
        if (happened_keeps(r, w, a, woke, (struct charge){0}))
            i++;
        else
            offer_rescind(r, w, a, ROUTER_CHANNEL_SWITCH);
    }
    if (w->state == ROUTER_OFFERED)
        work_recharge(r, w);
    for (size_t i = 0; i < w->offers_n; i++)
        w->offers[i].agent->over = room_exceeded(r, w->offers[i].agent);
}

static void happened_contact(struct router *r, struct work *w, const struct router_happened *h)
{
    enum router_channel before = w->channel_now;
    struct charge given = wait_end(r, w);
    silence_end(r, w);
    bool called_back = callback_waits(w);
    bool woke = session_speak(r, w, h);
    sla_asked(r, w);
    happened_learn(r, w, h);
    if (woke || w->channel_now != before)
        work_touch(r, w);
    if (w->state == ROUTER_WRAP_UP) {
        happened_back(r, w);
    } else if (w->state == ROUTER_SNOOZED) {
        snooze_wake(r, w, ROUTER_CUSTOMER_BACK, called_back);
    } else if (w->state == ROUTER_RECORDING) {
        voicemail_contact(r, w, h);
    } else if (w->state == ROUTER_QUEUED) {
        work_recharge(r, w);
        if (woke && h->channel == ROUTER_VOICE) // from now on they wait on the line
            notice_waits(r, w);
    } else if (w->state == ROUTER_OFFERED) {
        happened_while_offered(r, w, woke);
    } else if (happened_keeps(r, w, w->agent, woke, given)) {
        work_recharge(r, w);
        w->agent->over = room_exceeded(r, w->agent);
        session_connect(r, w);
    } else {
        work_requeue(r, w, ROUTER_CHANNEL_SWITCH, true);
    }
    if (w->channel_now != before && (w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED))
        settle_hold_again(r, w);
    if (w->line && sla_age(r, w) == 0 && order_by_cost(r)) // an answer is due from now on
        queue_line_up_again(r, w);
}

// A hang-up or a closed tab: who waited on nothing else has given up, unless they left a message.
static void happened_hang_up(struct router *r, struct work *w, const struct router_happened *h)
{
    voicemail_called_back(r, w, h);
    if (callback_hung_up(r, w, h) || !session_hang_up(r, w, h))
        return;
    work_touch(r, w);
    voicemail_hung_up(r, w, h);
    bool waits = w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED;
    if (!waits || session_any_live(w) || w->voicemail.left) {
        work_recharge(r, w);
        return;
    }
    if (w->state == ROUTER_OFFERED)
        offer_rescind_all(r, w, ROUTER_ABANDONED);
    work_close(r, w, ROUTER_ABANDONED);
}

enum router_refusal happened_apply(struct router *r, const struct router_input *in)
{
    struct router_happened given = in->happened;
    const char **texts[] = {&given.account, &given.handle,     &given.call,    &given.language,
                            &given.intent,  &given.last_agent, &given.callback};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_or_empty(*texts[i]);
    const struct router_happened *h = &given;
    if (!happened_legal(h))
        return ROUTER_INVALID;
    struct work *w = work_of_conversation(r, h->conversation);
    bool contact = !h->participant && (h->kind == ROUTER_WORDS || h->kind == ROUTER_CALL_STARTED);
    if (contact && !w) {
        happened_open(r, h);
    } else if (contact) {
        happened_contact(r, w, h);
    } else if (w && (h->kind == ROUTER_CALL_ENDED || h->kind == ROUTER_CHAT_CLOSED)) {
        happened_hang_up(r, w, h);
    }
    w = work_of_conversation(r, h->conversation);
    if (w && in->has_entry)
        effect_entry(r, w);
    return ROUTER_REFUSAL_NONE;
}

static void happened_tell_one(struct router *r, const struct work *w, enum router_effect_kind kind,
                              const struct router_delivery_news *news, const struct agent *a, bool informed)
{
    struct router_effect *e = effect_work(r, kind, w, a, ROUTER_REASON_NONE);
    e->informed = informed;
    if (!news)
        return;
    e->number = news->entry;
    e->state = news->state;
    e->text = arena_text(&r->arena, news->delivery);
}

static void happened_tell(struct router *r, const struct work *w, enum router_effect_kind kind,
                          const struct router_delivery_news *news)
{
    if (w->agent)
        happened_tell_one(r, w, kind, news, w->agent, false);
    for (size_t i = 0; i < w->offers_n; i++)
        happened_tell_one(r, w, kind, news, w->offers[i].agent, false);
    if (w->informed && !offer_or_held(w, w->informed))
        happened_tell_one(r, w, kind, news, w->informed, true);
    struct router_effect like = {0};
    if (news)
        like = (struct router_effect){
            .number = news->entry, .state = news->state, .text = arena_text(&r->arena, news->delivery)};
    participant_tell(r, w, kind, &like);
}

enum router_refusal happened_delivery(struct router *r, const struct router_input *in)
{
    const struct router_delivery_news *news = &in->delivery;
    if (!text_is(text_or_empty(news->delivery), ROUTER_NAME_MAX))
        return ROUTER_INVALID;
    struct work *w = work_of_conversation(r, news->conversation);
    if (!w)
        return ROUTER_REFUSAL_NONE;
    happened_tell(r, w, ROUTER_DELIVERY_NEWS, news);
    if (news->state == DELIVERY_FAILED) {
        callback_failed(r, w, news);
        voicemail_failed(r, w, news);
    }
    return ROUTER_REFUSAL_NONE;
}

// A merge of customers moves no work; desks that show either read them again.
enum router_refusal happened_customer_changed(struct router *r, const struct router_input *in)
{
    for (size_t i = 0; i < r->works_n; i++) {
        const struct work *w = work_slot(r, i)->work;
        if (w && (w->customer == in->customer_changed.customer || w->customer == in->customer_changed.other))
            happened_tell(r, w, ROUTER_CUSTOMER, NULL);
    }
    return ROUTER_REFUSAL_NONE;
}
