// SPDX-License-Identifier: Apache-2.0
//
// Desk commands: one table of acts, each a check that changes nothing and an act that cannot fail.
//
// A command is answered by DONE or REFUSED, once, and the answer is remembered for ten minutes of `at`: the same
// (session, client_id) again gets the same answer and has no other effect. Rights and epochs are checked here, in the fold,
// because what a desk knew when it spoke may be past.

#include "routing/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct order { // a command under way
    const struct router_command *c;
    struct agent *agent;
    struct work *work;
    size_t session; // send; SIZE_MAX = the one to add
    bool has_entry;
};

struct command_act {
    enum router_refusal (*check)(const struct router *r, struct order *o);
    void (*act)(struct router *r, struct order *o);
    bool entry; // brought a timeline entry, to be taken back when refused
};

struct command_key {
    const char *session, *client_id;
};

static bool command_is(const void *item, const void *key)
{
    const struct outcome *o = item;
    const struct command_key *k = key;
    return strcmp(o->client_id, k->client_id) == 0 && strcmp(o->session, k->session) == 0;
}

static uint64_t command_hash(const char *session, const char *client_id)
{
    return table_hash_text(table_hash_text(0, session), client_id);
}

struct outcome *command_find(const struct router *r, const char *session, const char *client_id)
{
    struct command_key key = {session, client_id};
    return table_find(&r->commands, command_hash(session, client_id), command_is, &key);
}

// Outcomes are forgotten in the order in which they came. So they lie in pages that go as a whole, instead of leaving behind
// crumbs of memory by the hundred thousand, which the allocator some day would gather in the middle of a step.
static struct outcome *command_outcome(struct router *r, size_t size)
{
    struct outcome_page *p = r->outcome_page_last;
    size = (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
    assert(size <= sizeof p->bytes);
    if (!p || sizeof p->bytes - p->used < size) {
        p = memory_new(1, sizeof *p);
        *(r->outcome_page_last ? &r->outcome_page_last->next : &r->outcome_pages) = p;
        r->outcome_page_last = p;
    }
    p->n++;
    p->used += size;
    return (struct outcome *)(void *)(p->bytes + p->used - size);
}

static void command_drop_first_outcome(struct router *r)
{
    struct outcome_page *p = r->outcome_pages;
    if (--p->n)
        return;
    p->used = 0;
    if (p != r->outcome_page_last) {
        r->outcome_pages = p->next;
        free(p);
    }
}

void command_free(struct router *r)
{
    for (struct outcome_page *p; (p = r->outcome_pages);) {
        r->outcome_pages = p->next;
        free(p);
    }
}

void command_remember(struct router *r, const char *session, const char *client_id, uint64_t input, int64_t at,
                      enum router_refusal refusal)
{
    size_t n = strlen(session) + 1, m = strlen(client_id) + 1;
    struct outcome *o = command_outcome(r, sizeof *o + n + m);
    char *texts = (char *)(o + 1);
    *o = (struct outcome){.input = input, .at = at, .refusal = refusal, .session = texts, .client_id = texts + n};
    memcpy(o->session, session, n);
    memcpy(o->client_id, client_id, m);
    table_insert(&r->commands, command_hash(session, client_id), o);
    *(r->outcomes_last ? &r->outcomes_last->next : &r->outcomes) = o;
    r->outcomes_last = o;
    r->outcomes_n++;
}

void command_forget_old(struct router *r, int64_t at)
{
    while (r->outcomes && at - r->outcomes->at >= CORE_MEMORY_MS) {
        struct outcome *o = r->outcomes;
        table_drop(&r->commands, command_hash(o->session, o->client_id), o);
        r->outcomes = o->next;
        if (!r->outcomes)
            r->outcomes_last = NULL;
        r->outcomes_n--;
        command_drop_first_outcome(r);
    }
}

// ---- checks ----

static enum router_refusal check_presence(const struct router *r, struct order *o)
{
    bool may = o->c->presence == ROUTER_AVAILABLE || o->c->presence == ROUTER_AWAY ||
               o->c->presence == ROUTER_DRAINING || (o->c->presence == ROUTER_FOCUS && r->rules.focus_ms);
    return may ? ROUTER_REFUSAL_NONE : ROUTER_INVALID;
}

static enum router_refusal check_offer(const struct router *r, struct order *o)
{
    o->work = work_find(r, o->c->work);
    if (!o->work)
        return ROUTER_UNKNOWN_WORK;
    if (o->work->state != ROUTER_OFFERED || o->work->epoch != o->c->epoch)
        return ROUTER_OFFER_PAST;
    return o->work->agent == o->agent ? ROUTER_REFUSAL_NONE : ROUTER_NOT_YOURS;
}

static enum router_refusal check_in_state(const struct router *r, struct order *o, enum router_work_state state)
{
    o->work = work_find(r, o->c->work);
    if (!o->work)
        return ROUTER_UNKNOWN_WORK;
    if (o->work->agent != o->agent)
        return ROUTER_NOT_YOURS;
    return o->work->state == state ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
}

static enum router_refusal check_held(const struct router *r, struct order *o)
{
    return check_in_state(r, o, ROUTER_ASSIGNED);
}

static enum router_refusal check_wrap_up(const struct router *r, struct order *o)
{
    return check_in_state(r, o, ROUTER_WRAP_UP);
}

static enum router_refusal check_extend(const struct router *r, struct order *o)
{
    enum router_refusal why = check_in_state(r, o, ROUTER_OFFERED);
    if (why == ROUTER_WRONG_STATE)
        why = check_wrap_up(r, o);
    return !why && o->work->extended >= r->rules.extend_max ? ROUTER_FULL : why;
}

static enum router_refusal check_to_queue(const struct router *r, struct order *o)
{
    enum router_refusal why = check_held(r, o);
    return why || queue_find(r, o->c->to) ? why : ROUTER_UNKNOWN_QUEUE;
}

static enum router_refusal check_to_agent(const struct router *r, struct order *o)
{
    enum router_refusal why = check_held(r, o);
    const struct agent *to = agent_find(r, o->c->to);
    if (why || !to)
        return why ? why : ROUTER_UNKNOWN_AGENT;
    return to == o->agent ? ROUTER_INVALID : ROUTER_REFUSAL_NONE;
}

static enum router_refusal check_note(const struct router *r, struct order *o)
{
    o->work = work_of_conversation(r, o->c->conversation);
    bool holds = o->work && o->work->agent == o->agent &&
                 (o->work->state == ROUTER_ASSIGNED || o->work->state == ROUTER_WRAP_UP);
    return holds ? ROUTER_REFUSAL_NONE : ROUTER_NOT_YOURS;
}

static size_t send_current_session(const struct work *w)
{
    if (w->channel_now != ROUTER_VOICE)
        return session_latest(w, w->channel_now, false);
    return session_latest(w, ROUTER_CHANNEL_NONE, true); // words do not go down a call
}

static enum router_refusal check_send(const struct router *r, struct order *o)
{
    enum router_refusal why = check_note(r, o);
    const struct router_command *c = o->c;
    const struct work *w = o->work;
    if (why)
        return why;
    if (c->channel < ROUTER_CHANNEL_NONE || c->channel >= ROUTER_CHANNELS)
        return ROUTER_INVALID;
    if (c->channel == ROUTER_CHANNEL_NONE)
        o->session = send_current_session(w);
    else if (*c->handle)
        o->session = session_exact(w, c->channel, c->account, c->handle);
    else
        o->session = session_latest(w, c->channel, false);
    if (o->session != SIZE_MAX) {
        const struct router_session *s = &w->sessions[o->session];
        return s->channel == ROUTER_VOICE && !s->live ? ROUTER_NO_CHANNEL : ROUTER_REFUSAL_NONE;
    }
    if (!c->channel || c->channel == ROUTER_VOICE || !*c->account || !*c->handle)
        return ROUTER_NO_CHANNEL;
    return session_full(w) ? ROUTER_FULL : ROUTER_REFUSAL_NONE;
}

// ---- acts ----

static void act_presence(struct router *r, struct order *o)
{
    agent_set_presence(r, o->agent, o->c->presence, ROUTER_REASON_NONE);
}

static void act_accept(struct router *r, struct order *o)
{
    offer_accept(r, o->work);
}

static void act_decline(struct router *r, struct order *o)
{
    offer_decline(r, o->work, o->c->text);
}

static void act_send(struct router *r, struct order *o)
{
    struct work *w = o->work;
    if (o->session == SIZE_MAX) {
        size_t now = session_latest(w, w->channel_now, false);
        o->session = session_add(r, w,
                                 &(struct router_session){.channel = o->c->channel,
                                                          .account = o->c->account,
                                                          .handle = o->c->handle,
                                                          .call = "",
                                                          .simulated = now != SIZE_MAX && w->sessions[now].simulated});
        work_touch(r, w);
    }
    struct router_effect *e = effect_work(r, ROUTER_DELIVER, w, o->agent, ROUTER_REASON_NONE);
    e->number = r->input;
    e->session = w->sessions[o->session];
    wait_begin(r, w);
    if (o->has_entry)
        effect_entry(r, w);
}

static void act_note(struct router *r, struct order *o)
{
    if (o->has_entry)
        effect_entry(r, o->work);
}

// Who passes it on is asked like one who declined: not before the pause is over, and only when nobody else can.
static void act_pass_on(struct router *r, struct order *o)
{
    struct work *w = o->work;
    offer_note_ask(r, w, o->agent, 0);
    if (strcmp(w->last_agent, o->agent->def.id) == 0)
        text_set(r, &w->last_agent, "");
    work_requeue(r, w, ROUTER_TRANSFERRED, false);
    w->prefer_former = false;
}

static void act_to_queue(struct router *r, struct order *o)
{
    work_change_queue(r, o->work, queue_find(r, o->c->to));
    act_pass_on(r, o);
}

static void act_to_agent(struct router *r, struct order *o)
{
    struct agent *to = agent_find(r, o->c->to);
    offer_forget_ask(r, o->work, to);
    work_want(o->work, to);
    act_pass_on(r, o);
}

static void act_close(struct router *r, struct order *o)
{
    struct work *w = o->work;
    struct router_effect *e = effect_work(r, ROUTER_CONVERSATION_CLOSED, w, o->agent, ROUTER_CLOSED_BY_AGENT);
    e->text = arena_text(&r->arena, o->c->text);
    e->resolved = o->c->resolved;
    session_end_calls(r, w);
    if (!w->queue->def.wrap_up_ms) {
        work_close(r, w, ROUTER_CLOSED_BY_AGENT);
        return;
    }
    work_move(r, w, ROUTER_WRAP_UP, o->agent, ROUTER_CLOSED_BY_AGENT);
    w->limit.kind = TIMER_WRAP_UP;
    timer_start(r, &w->limit, timer_after(r->at, w->queue->def.wrap_up_ms));
}

static void act_wrap_up_done(struct router *r, struct order *o)
{
    work_close(r, o->work, ROUTER_WRAPPED_UP);
}

static void act_extend(struct router *r, struct order *o)
{
    offer_extend(r, o->work);
}

static const struct command_act command_acts[] = {
    [ROUTER_ACT_PRESENCE] = {check_presence, act_presence, false},
    [ROUTER_ACT_ACCEPT] = {check_offer, act_accept, false},
    [ROUTER_ACT_DECLINE] = {check_offer, act_decline, false},
    [ROUTER_ACT_SEND] = {check_send, act_send, true},
    [ROUTER_ACT_NOTE] = {check_note, act_note, true},
    [ROUTER_ACT_TRANSFER_QUEUE] = {check_to_queue, act_to_queue, false},
    [ROUTER_ACT_TRANSFER_AGENT] = {check_to_agent, act_to_agent, false},
    [ROUTER_ACT_CLOSE] = {check_held, act_close, false},
    [ROUTER_ACT_WRAP_UP_DONE] = {check_wrap_up, act_wrap_up_done, false},
    [ROUTER_ACT_EXTEND] = {check_extend, act_extend, false},
};

static bool command_legal(const struct router_command *c)
{
    return c->act >= ROUTER_ACT_PRESENCE && c->act <= ROUTER_ACT_EXTEND && text_is(c->agent, ROUTER_NAME_MAX) &&
           text_is(c->account, ROUTER_TEXT_MAX) && text_is(c->handle, ROUTER_TEXT_MAX) &&
           text_is(c->to, ROUTER_NAME_MAX) && text_is(c->text, ROUTER_TEXT_MAX);
}

static enum router_refusal command_check(const struct router *r, struct order *o)
{
    if (!command_legal(o->c))
        return ROUTER_INVALID;
    const struct desk *d = desk_find(r, o->c->session);
    if (!d || strcmp(d->agent->def.id, o->c->agent) != 0)
        return ROUTER_UNKNOWN_SESSION;
    o->agent = d->agent;
    return command_acts[o->c->act].check(r, o);
}

static void command_take_back(struct router *r, const struct router_input *in)
{
    const struct router_command *c = &in->command;
    if (!in->has_entry || (c->act != ROUTER_ACT_SEND && c->act != ROUTER_ACT_NOTE))
        return;
    struct router_effect *e = effect_add(r, ROUTER_ENTRY_REFUSED);
    e->conversation = c->conversation;
    e->number = in->number;
}

enum router_refusal command_apply(struct router *r, const struct router_input *in)
{
    struct router_command given = in->command;
    const char **texts[] = {&given.session, &given.client_id, &given.agent, &given.account,
                            &given.handle,  &given.to,        &given.text};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_or_empty(*texts[i]);
    struct order o = {.c = &given, .session = SIZE_MAX, .has_entry = in->has_entry};
    const struct router_command *c = o.c;
    if (!text_is(c->session, ROUTER_NAME_MAX) || !*c->session || !text_is(c->client_id, ROUTER_NAME_MAX) ||
        !*c->client_id) {
        effect_answer(r, c->session, c->client_id, c->agent, ROUTER_INVALID, in->number);
        command_take_back(r, in);
        return ROUTER_REFUSAL_NONE;
    }
    const struct outcome *before = command_find(r, c->session, c->client_id);
    if (before) {
        effect_answer(r, c->session, c->client_id, c->agent, before->refusal, before->input);
        command_take_back(r, in);
        return ROUTER_REFUSAL_NONE;
    }
    enum router_refusal why = command_check(r, &o);
    command_remember(r, c->session, c->client_id, in->number, r->at, why);
    effect_answer(r, c->session, c->client_id, c->agent, why, in->number);
    if (why)
        command_take_back(r, in);
    else
        command_acts[c->act].act(r, &o);
    return ROUTER_REFUSAL_NONE;
}
