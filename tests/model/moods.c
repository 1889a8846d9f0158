// SPDX-License-Identifier: Apache-2.0
//
// What the random world does next, and when. A world in which everything is equally likely never gets far: work is gone before
// it has waited, and no timer fires. So it has moods, each lasting for some inputs: one table says how often which input is made
// in each of them, another how time passes. A new kind of input is a line of the first.

#include "world.h"

#include <stdio.h>
#include <string.h>

enum mood { MIXED, STEADY, RUSH, QUIET, ABSENT, CHANGING, LEARNING, MOODS };

// ---- makers ----

static void make_happened(struct world *w, const struct router *r, struct router_input *in)
{
    (void)r;
    in->kind = ROUTER_IN_HAPPENED;
    world_happened(w, &in->happened);
}

// A customer has something to say, mostly one who waits for nothing yet.
static void make_words(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_work_view v;
    make_happened(w, r, in);
    struct router_happened *h = &in->happened;
    h->kind = ROUTER_WORDS;
    h->callback = "";
    h->channel = (enum router_channel)(ROUTER_CHAT + world_random(w, 3));
    h->participant = false;
    h->call = "";
    for (uint32_t i = 0; i < 3 && router_work_of_conversation(r, h->conversation, &v); i++)
        h->conversation = 1 + world_random(w, WORLD_CONVERSATIONS);
    h->customer = 1 + h->conversation % 5;
    h->handle = world_name(w, "h", world_random(w, 2));
}

static void make_command(struct world *w, const struct router *r, struct router_input *in)
{
    in->kind = ROUTER_IN_COMMAND;
    world_command(w, r, &in->command);
}

static void make_desk(struct world *w, const struct router *r, struct router_input *in)
{
    (void)r;
    world_desk(w, in);
}

static bool some_agent(struct world *w, const struct router *r, bool available, struct router_agent_view *v)
{
    struct router_agent_view next;
    uint32_t n = 0;
    for (const char *after = NULL; router_next_agent(r, after, &next); after = next.def.id) {
        bool fits = (next.presence == ROUTER_AVAILABLE) == available && next.presence != ROUTER_PRESENCE_NONE;
        if (fits && world_random(w, ++n) == 0)
            *v = next;
    }
    return n > 0;
}

static void order(struct world *w, const struct router *r, struct router_input *in, const char *agent,
                  enum router_act act)
{
    const char *session = router_agent_session(r, agent);
    make_command(w, r, in);
    in->command.agent = world_copy(w, agent);
    in->command.session = session ? world_copy(w, session) : "d0";
    in->command.client_id = world_name(w, "c", (uint32_t)++w->client_id % 100000);
    in->command.act = act;
}

// One who is not available comes to be.
static void make_coming(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_agent_view v;
    if (!some_agent(w, r, false, &v)) {
        make_words(w, r, in);
    } else if (router_agent_session(r, v.def.id)) {
        order(w, r, in, v.def.id, ROUTER_ACT_PRESENCE);
        in->command.presence = ROUTER_AVAILABLE;
    } else {
        in->kind = ROUTER_IN_DESK_OPENED;
        in->desk_opened.agent = world_copy(w, v.def.id);
        in->desk_opened.session = world_name(w, "d", (uint32_t)(v.def.id[1] - '0') % WORLD_DESKS);
        in->desk_opened.boot = world_name(w, "b", world_random(w, 2));
    }
}

// One who is available goes, in one way or another.
static void make_going(struct world *w, const struct router *r, struct router_input *in)
{
    static const enum router_presence to[] = {ROUTER_AWAY, ROUTER_AWAY, ROUTER_FOCUS, ROUTER_DRAINING};
    struct router_agent_view v;
    const char *session = some_agent(w, r, true, &v) ? router_agent_session(r, v.def.id) : NULL;
    if (!session) {
        make_desk(w, r, in);
    } else if (world_chance(w, 60)) {
        in->kind = ROUTER_IN_DESK_CLOSED;
        in->desk_closed.session = world_copy(w, session);
        in->desk_closed.boot = "";
        in->desk_closed.logout = world_chance(w, 5);
    } else {
        order(w, r, in, v.def.id, ROUTER_ACT_PRESENCE);
        in->command.presence = to[world_random(w, 4)];
    }
}

static bool some_work(struct world *w, const struct router *r, struct router_work_view *v)
{
    struct router_work_view next;
    uint32_t n = 0;
    for (uint64_t after = 0; router_next_work(r, after, &next); after = next.id) {
        if (next.state != ROUTER_QUEUED && world_random(w, ++n) == 0)
            *v = next;
    }
    return n > 0;
}

// Some work goes its way: who is offered it takes it, who has it speaks and ends it.
static void make_progress(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_work_view v;
    if (!some_work(w, r, &v)) {
        make_coming(w, r, in);
        return;
    }
    if (world_chance(w, 20)) {
        order(w, r, in, "", ROUTER_ACT_CONSULT);
        if (world_take_part(w, r, &in->command))
            return;
    }
    static const enum router_act writing_up[] = {ROUTER_ACT_WRAP_UP_DONE, ROUTER_ACT_WRAP_UP_DONE,
                                                 ROUTER_ACT_DISPOSITION, ROUTER_ACT_EXTEND};
    bool send = world_chance(w, 50);
    order(w, r, in, v.state == ROUTER_SNOOZED ? v.former_agent : v.agent,
          v.state == ROUTER_OFFERED   ? ROUTER_ACT_ACCEPT
          : v.state == ROUTER_WRAP_UP ? writing_up[world_random(w, 4)]
          : v.state == ROUTER_SNOOZED ? ROUTER_ACT_WAKE
          : send                      ? ROUTER_ACT_SEND
                                      : ROUTER_ACT_CLOSE);
    struct router_command *c = &in->command;
    c->work = v.id;
    c->epoch = v.epoch;
    c->conversation = v.conversation;
    c->channel = ROUTER_CHANNEL_NONE;
    c->text = v.dispositions_n ? world_copy(w, v.dispositions[0]) : "t0";
    c->resolved = world_chance(w, 70);
}

static void make_change(struct world *w, const struct router *r, struct router_input *in)
{
    world_change(w, r, in);
}

static void make_turns(struct world *w, const struct router *r, struct router_input *in)
{
    world_turns(w, r, in);
}

// A contact centre where everybody can do everything, but not much at a time.
static void make_easy(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_config *c = &in->config;
    (void)r;
    in->kind = ROUTER_IN_CONFIG;
    world_config(w, c);
    c->grace_ms = 100000;
    c->timeouts_to_away = 3;
    c->learn_ms = 20000;
    for (size_t i = 0; i < c->agents_n; i++) {
        w->agents[i].channels = 0;
        w->agents[i].capacity = 1 + world_random(w, 2);
    }
    for (size_t i = 0; i < c->queues_n; i++) {
        struct router_queue *q = &w->queues[i];
        q->requires_n = q->steps_n = 0;
        q->needs = q->floor = q->calendar = "";
        q->channels = 0;
        q->offer_ms = 2000;
        if (world_chance(w, 50))
            q->select = ROUTER_RESOLUTION;
        q->learn = q->select == ROUTER_RESOLUTION || (q->select == ROUTER_MIX && q->mix[ROUTER_RESOLUTION]);
    }
    for (size_t i = 1; i < ROUTER_CHANNELS; i++)
        c->channels[i] = (struct router_channel_rules){.units = 1};
}

static void make_learned(struct world *w, const struct router *r, struct router_input *in)
{
    world_learned(w, r, in);
}

static void make_supervision(struct world *w, const struct router *r, struct router_input *in)
{
    in->kind = ROUTER_IN_SUPERVISE;
    struct router_supervise *s = &in->supervise;
    struct router_queue_view shut;
    world_supervision(w, r, s);
    for (size_t i = 0; s->act == ROUTER_OPEN_QUEUE && router_queue_at(r, i, &shut); i++)
        s->queue = *shut.closure.by && world_chance(w, 80) ? world_copy(w, shut.def.name) : s->queue;
    s->until = world_chance(w, 50) ? w->at + w->ahead + (int64_t)world_random(w, 40000) - 500 : 0;
    s->to = world_chance(w, 40) ? world_name(w, "q", world_random(w, 5)) : "";
    s->message = world_chance(w, 50) ? "m" : "";
}

// A supervisor gives work to somebody who is there.
static void make_assignment(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_agent_view v;
    make_supervision(w, r, in);
    in->supervise.act = ROUTER_ASSIGN_TO;
    if (some_agent(w, r, true, &v))
        in->supervise.agent = world_copy(w, v.def.id);
}

// A supervisor comes to work that somebody has at hand: one who has a desk, mostly; sometimes one who is there already.
static void make_sitting_in(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_work_view next, v = {0};
    struct router_agent_view a = {.def = {.id = ""}};
    uint32_t n = 0;
    make_supervision(w, r, in);
    in->supervise.act = (enum router_supervision)(ROUTER_LISTEN + world_random(w, 4));
    for (uint64_t after = 0; router_next_work(r, after, &next); after = next.id) {
        if (next.state == ROUTER_ASSIGNED && world_random(w, ++n) == 0)
            v = next;
    }
    if (!n)
        return;
    in->supervise.work = v.id;
    if (v.participants_n && world_chance(w, 60))
        in->supervise.agent = world_copy(w, v.participants[world_random(w, (uint32_t)v.participants_n)].agent);
    else if (some_agent(w, r, world_chance(w, 70), &a))
        in->supervise.agent = world_copy(w, a.def.id);
}

static void make_other(struct world *w, const struct router *r, struct router_input *in)
{
    (void)r;
    world_other(w, in);
}

static void make_said(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_work_view v = {0};
    bool found = some_work(w, r, &v);
    in->kind = ROUTER_IN_SAID;
    in->said =
        (struct router_said){.work = found && world_chance(w, 90) ? v.id : world_random(w, 50), .simulated = false};
    in->said.kind = (enum router_notice_kind)world_random(w, ROUTER_NOTICES + 1);
    in->said.conversation = found && world_chance(w, 90) ? v.conversation : world_random(w, WORLD_CONVERSATIONS);
    in->said.channel = (enum router_channel)world_random(w, ROUTER_CHANNELS);
    in->said.account = world_name(w, "acc", world_random(w, 2));
    in->said.handle = world_name(w, "h", world_random(w, 3));
}

// Somebody on the telephone hangs up to be called back, or one who did is, or is not, or calls again.
static void make_callback(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_work_view v = {0}, next = {0};
    size_t at = 0;
    make_happened(w, r, in);
    for (uint32_t n = 0; router_next_work(r, next.id, &next);) {
        for (size_t i = 0; i < next.sessions_n; i++) {
            const struct router_session *s = &next.sessions[i];
            if (s->channel != ROUTER_VOICE || !s->live || world_random(w, n += *s->callback ? 3 : 1) > 2)
                continue;
            v = next;
            at = i;
        }
    }
    struct router_happened *h = &in->happened;
    h->channel = ROUTER_VOICE;
    h->participant = false;
    h->callback = "";
    h->kind = ROUTER_CALL_STARTED;
    if (!v.id)
        return;
    const struct router_session *s = &v.sessions[at];
    h->conversation = v.conversation;
    h->account = world_copy(w, s->account);
    h->handle = world_copy(w, s->handle);
    h->call = world_chance(w, 90) ? world_copy(w, s->call) : "call9";
    h->kind = *s->callback && world_chance(w, 40) ? ROUTER_CALL_STARTED : ROUTER_CALL_ENDED;
    if (h->kind == ROUTER_CALL_ENDED && world_chance(w, *s->callback ? 30 : 85))
        h->callback = world_name(w, "n", world_random(w, 2));
    if (!v.dialled || world_chance(w, 40))
        return;
    in->kind = ROUTER_IN_DELIVERY;
    in->delivery = (struct router_delivery_news){.delivery = "9.1", .conversation = v.conversation, .reason = ""};
    in->delivery.state = world_chance(w, 80) ? 5 : 4;
    in->delivery.input = v.dialled;
    in->delivery.effect = v.dialled_effect + (world_chance(w, 10) ? 1 : 0);
}

static void make_call(struct world *w, const struct router *r, struct router_input *in)
{
    make_words(w, r, in);
    in->happened.kind = ROUTER_CALL_STARTED;
    in->happened.channel = ROUTER_VOICE;
    in->happened.call = world_name(w, "call", world_random(w, 3));
}

// Whoever is at voicemail says something, or hangs up, or cannot be recorded.
static void make_voicemail(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_work_view v = {.sessions_n = 0}, next;
    uint32_t n = 0;
    for (uint64_t after = 0; router_next_work(r, after, &next); after = next.id) {
        if (next.state == ROUTER_RECORDING && world_random(w, ++n) == 0)
            v = next;
    }
    make_call(w, r, in);
    if (!n)
        return;
    const struct router_session *s = &v.sessions[world_random(w, (uint32_t)v.sessions_n)];
    struct router_happened *h = &in->happened;
    h->kind = world_chance(w, 50) ? ROUTER_WORDS : ROUTER_CALL_ENDED;
    h->conversation = v.conversation;
    h->handle = world_copy(w, s->handle);
    h->account = world_copy(w, s->account);
    h->call = h->kind == ROUTER_WORDS ? "" : world_copy(w, s->call);
    if (world_chance(w, 80))
        return;
    in->kind = ROUTER_IN_DELIVERY;
    in->delivery = (struct router_delivery_news){.delivery = "9.1", .conversation = v.conversation, .reason = ""};
    in->delivery.state = 4 + world_random(w, 2);
    in->delivery.input = v.voicemail.input;
    in->delivery.effect = v.voicemail.index + (world_chance(w, 10) ? 1 : 0);
}

static void make_tick(struct world *w, const struct router *r, struct router_input *in)
{
    (void)w;
    (void)r;
    in->kind = ROUTER_IN_TICK;
}

static const struct maker {
    void (*make)(struct world *w, const struct router *r, struct router_input *in);
    uint8_t weights[MOODS];
} makers[] = {
    //                  mixed, steady, rush, quiet, absent, changing, learning
    {make_happened, {38, 2, 20, 2, 10, 20, 2}}, {make_words, {0, 30, 60, 2, 10, 10, 25}},
    {make_command, {44, 2, 0, 5, 10, 20, 5}},   {make_progress, {0, 50, 10, 8, 20, 10, 50}},
    {make_desk, {8, 0, 1, 2, 10, 4, 0}},        {make_coming, {0, 15, 5, 1, 5, 5, 10}},
    {make_going, {0, 1, 0, 1, 25, 1, 0}},       {make_change, {2, 0, 0, 0, 0, 15, 0}},
    {make_turns, {1, 0, 0, 2, 1, 8, 0}},        {make_learned, {1, 0, 0, 0, 0, 1, 10}},
    {make_supervision, {2, 1, 2, 1, 5, 4, 1}},  {make_assignment, {1, 0, 2, 1, 1, 2, 0}},
    {make_other, {4, 1, 1, 1, 2, 2, 1}},        {make_tick, {0, 3, 1, 75, 20, 0, 0}},
    {make_said, {1, 1, 0, 1, 1, 1, 0}},         {make_callback, {5, 4, 3, 3, 5, 6, 0}},
    {make_sitting_in, {2, 2, 0, 1, 4, 1, 1}},   {make_call, {2, 2, 6, 2, 2, 2, 2}},
    {make_voicemail, {3, 2, 2, 3, 3, 3, 2}},
};

// ---- time ----

static int64_t pause_usual(struct world *w, const struct router *r)
{
    (void)r;
    if (world_chance(w, 40))
        return 0;
    if (world_chance(w, 90))
        return world_random(w, 4) * 250;
    if (world_chance(w, 95))
        return world_random(w, 20) * 500;
    return world_random(w, 1000) * 1000;
}

static int64_t pause_short(struct world *w, const struct router *r)
{
    (void)r;
    return world_random(w, 400);
}

static int64_t pause_none(struct world *w, const struct router *r)
{
    (void)r;
    return world_chance(w, 90) ? 0 : world_random(w, 100);
}

// Until a calendar turns, if one does.
static int64_t pause_turn(struct world *w, const struct router *r)
{
    struct router_calendar_view v;
    bool there = router_calendar_at(r, world_random(w, WORLD_CALENDARS), &v) && v.next;
    return there && v.next > w->at + w->ahead ? v.next - w->at - w->ahead : 0;
}

// Just until something is due, or just not.
static int64_t pause_due(struct world *w, const struct router *r)
{
    int64_t due = router_next_deadline(r);
    if (world_chance(w, 10))
        return pause_turn(w, r);
    if (due == INT64_MAX || due > w->at + 400000 || world_chance(w, 10))
        return pause_short(w, r);
    return due <= w->at ? 1 : due - w->at + (int64_t)world_random(w, 3) - 1;
}

static int64_t pause_some_due(struct world *w, const struct router *r)
{
    return world_chance(w, 50) ? pause_due(w, r) : pause_usual(w, r);
}

static const struct {
    uint32_t weight, inputs; // how often; at most
    int64_t (*pause)(struct world *w, const struct router *r);
    void (*opening)(struct world *w, const struct router *r, struct router_input *in); // NULL = none
} moods[MOODS] = {
    [MIXED] = {40, 400, pause_usual, NULL},
    [STEADY] = {20, 600, pause_short, make_easy},
    [RUSH] = {10, 40, pause_none, NULL},
    [QUIET] = {20, 60, pause_due, NULL},
    [ABSENT] = {15, 100, pause_some_due, NULL},
    [CHANGING] = {10, 40, pause_some_due, NULL},
    [LEARNING] = {10, 400, pause_short, make_easy},
};

static void change_mood(struct world *w)
{
    uint32_t sum = 0, dice;
    for (size_t i = 0; i < MOODS; i++)
        sum += moods[i].weight;
    dice = world_random(w, sum);
    for (w->mood = 0; dice >= moods[w->mood].weight; w->mood++)
        dice -= moods[w->mood].weight;
    w->mood_left = 1 + world_random(w, moods[w->mood].inputs);
}

static const struct maker *any_maker(struct world *w)
{
    uint32_t sum = 0, dice;
    const struct maker *m = makers;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        sum += makers[i].weights[w->mood];
    dice = world_random(w, sum);
    for (; dice >= m->weights[w->mood]; m++)
        dice -= m->weights[w->mood];
    return m;
}

struct router_input world_next(struct world *w, const struct router *r, uint64_t number)
{
    bool opens = !w->mood_left;
    memset(world_memory(w), 0, WORLD_MEMORY);
    if (opens)
        change_mood(w);
    w->mood_left--;
    w->at += moods[w->mood].pause(w, r);
    if (world_chance(w, 1)) // the wall clock is set
        w->ahead = world_random(w, 60000);
    struct router_input in = {
        .number = number, .at = w->at, .wall = w->at + w->ahead, .has_entry = world_chance(w, 60)};
    if (opens && moods[w->mood].opening)
        moods[w->mood].opening(w, r, &in);
    else
        any_maker(w)->make(w, r, &in);
    return in;
}
