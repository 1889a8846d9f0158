// SPDX-License-Identifier: Apache-2.0
//
// The random world of world.h. Same seed, same inputs, on every machine: no two draws in one expression whose order the
// language leaves open.

#include "world.h"

#include <stdio.h>
#include <string.h>

#define AGENTS 6
#define QUEUES 4

uint32_t world_random(struct world *w, uint32_t below)
{
    w->seed += 0x9e3779b97f4a7c15u;
    uint64_t z = w->seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 33) % below;
}

bool world_chance(struct world *w, uint32_t percent)
{
    return world_random(w, 100) < percent;
}

const char *world_name(struct world *w, const char *prefix, uint32_t n)
{
    char *to = w->names[w->names_n++];
    snprintf(to, sizeof w->names[0], "%s%u", prefix, n);
    return to;
}

const char *world_copy(struct world *w, const char *s)
{
    char *to = w->names[w->names_n++];
    snprintf(to, sizeof w->names[0], "%s", s);
    return to;
}

static const char *any_agent(struct world *w)
{
    return world_name(w, "a", world_random(w, AGENTS));
}

static uint32_t any_channels(struct world *w)
{
    return world_chance(w, 60) ? 0 : (1 + world_random(w, 31)) << 1;
}

static size_t any_skills(struct world *w, const struct router_skill **v, uint32_t most)
{
    struct router_skill *to = &w->skills[w->skills_n];
    size_t n = 0;
    for (uint32_t i = 0; i < 3; i++) {
        if (world_random(w, 3) < most)
            to[n++] = (struct router_skill){world_name(w, "s", i), 1 + world_random(w, most == 1 ? 3 : 5)};
    }
    w->skills_n += n;
    *v = to;
    return n;
}

static void any_part(struct world *w, char *to, uint32_t depth);

static void any_joined(struct world *w, char *to, const char *joint, uint32_t depth)
{
    strcat(to, "(");
    any_part(w, to, depth - 1);
    strcat(to, joint);
    any_part(w, to, depth - 1);
    strcat(to, world_chance(w, 50) ? " )" : ")");
}

static void any_part(struct world *w, char *to, uint32_t depth)
{
    static const char *const parts[] = {"s0",      "s1 >= 2",     "s2>=3",       "s0 >= 4",      "team = t0",
                                        "team=t1", "is = at0",    "bot",         "human and s1", "not s2 >= 2",
                                        "not bot", "s1>=1 or s0", "not team=t0", "not is=at1"};
    uint32_t dice = world_random(w, 10);
    if (depth && dice < 3)
        any_joined(w, to, " and ", depth);
    else if (depth && dice < 6)
        any_joined(w, to, " or ", depth);
    else
        strcat(to, parts[world_random(w, 14)]);
}

static const char *any_needs(struct world *w, uint32_t depth)
{
    char *to = w->needs[w->needs_n++];
    *to = '\0';
    any_part(w, to, depth);
    return to;
}

static void any_steps(struct world *w, struct router_queue *q)
{
    struct router_relax *s = &w->steps[w->steps_n];
    uint32_t after = 0;
    bool of_target = world_chance(w, 30);
    q->steps = s;
    while (q->steps_n < 3 && world_chance(w, 40)) {
        after += 1 + world_random(w, 4) * (of_target ? 5 : 1000);
        struct router_relax *next = &s[q->steps_n++];
        *next = (struct router_relax){.needs = world_chance(w, 30) ? "any" : any_needs(w, 1)};
        *(of_target ? &next->percent : &next->after_ms) = after;
    }
    struct router_relax *early = &s[world_random(w, 3)];
    if (early < s + q->steps_n && world_chance(w, 60))
        *early = (struct router_relax){.needs = early->needs, .breach = true};
    w->steps_n += q->steps_n;
}

// No two for the same.
static void any_slas(struct world *w, struct router_queue *q)
{
    struct router_sla *s = w->slas[w->slas_n++];
    q->slas = s;
    for (uint32_t i = 0; i < 4; i++) {
        if (world_chance(w, 60))
            continue;
        s[q->slas_n] = (struct router_sla){.first_ms = world_random(w, 3) * 3000};
        s[q->slas_n].next_ms = world_random(w, 3) * 2000;
        s[q->slas_n].channel = i & 1 ? (enum router_channel)(1 + world_random(w, 5)) : ROUTER_CHANNEL_NONE;
        s[q->slas_n].priority = i & 2 ? 1 + world_random(w, 3) : 0;
        q->slas_n += s[q->slas_n].first_ms || s[q->slas_n].next_ms ? 1 : 0;
    }
}

static size_t any_text(struct world *w, const char *const **v, const char *prefix, uint32_t n, uint32_t percent);

static struct router_agent any_agent_def(struct world *w, uint32_t i, bool from_file)
{
    struct router_agent a = {.name = "", .from_file = from_file, .capacity = 1 + world_random(w, 5)};
    a.id = world_name(w, "a", i);
    a.channels = any_channels(w);
    if (w->plenty) {
        a.capacity += 9;
        a.channels = 0;
    }
    a.bot = world_chance(w, 30), a.sees_conversation = world_chance(w, 20);
    a.team = world_chance(w, 50) ? world_name(w, "t", world_random(w, 2)) : "";
    a.attributes_n = any_text(w, &a.attributes, "at", 2, 40);
    a.speed = world_random(w, 4) * 500;
    a.resolution = world_random(w, 5) * 250;
    a.skills_n = any_skills(w, &a.skills, 2);
    return a;
}

static size_t any_text(struct world *w, const char *const **v, const char *prefix, uint32_t n, uint32_t percent)
{
    if (!world_chance(w, percent))
        return 0;
    *v = &w->texts[w->texts_n];
    w->texts[w->texts_n++] = world_name(w, prefix, world_random(w, n));
    return 1;
}

static void any_hours(struct world *w, struct router_queue *q)
{
    q->calendar = world_chance(w, 60) ? world_name(w, "c", world_random(w, WORLD_CALENDARS + 1)) : "";
    q->sla_calendar = world_chance(w, 50) ? world_name(w, "c", world_random(w, WORLD_CALENDARS + 1)) : "";
    q->overflow = world_chance(w, 50) ? world_name(w, "q", world_random(w, QUEUES)) : "";
    q->overflow_waiting = world_chance(w, 50) ? 1 + world_random(w, 3) : 0;
    q->overflow_ms = world_chance(w, 50) ? 1000 + world_random(w, 5) * 500 : 0;
    q->when = world_chance(w, 60) ? ROUTER_ALWAYS : (enum router_when)world_random(w, ROUTER_WHENS);
}

static void any_calendars(struct world *w, struct router_config *c)
{
    c->calendars = w->calendars;
    for (uint32_t i = 0; i < WORLD_CALENDARS; i++) {
        if (world_chance(w, 10))
            continue;
        struct router_calendar *to = &w->calendars[c->calendars_n++];
        *to = (struct router_calendar){.name = world_name(w, "c", i)};
        to->zone = world_name(w, "z", world_random(w, 2));
        to->hours_n = any_text(w, &to->hours, "h", 2, 50);
        to->holidays_n = any_text(w, &to->holidays, "d", 2, 20);
    }
}

// What somebody made of the words that hold, or of earlier ones.
void world_turns(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_calendar_view v = {.defined = world_random(w, 100)};
    bool there = router_calendar_at(r, world_random(w, WORLD_CALENDARS), &v);
    in->kind = ROUTER_IN_CALENDAR;
    in->calendar.name = there ? world_copy(w, v.def.name) : "c0";
    in->calendar.defined = v.defined - (world_chance(w, 5) ? 1 : 0);
    struct router_turns *t = &in->calendar.turns;
    *t = (struct router_turns){.open = world_chance(w, 50), .from = w->at, .turns = w->turns};
    t->turns_n = world_random(w, 5);
    int64_t moment = t->from;
    for (size_t i = 0; i < t->turns_n; i++)
        w->turns[i] = moment += 1 + world_random(w, 200) * 1000;
    t->until = moment + 1 + world_random(w, 500) * 1000;
}

static struct router_queue any_queue_def(struct world *w, uint32_t i, bool from_file)
{
    struct router_queue q = {.from_file = from_file, .priority = 1 + world_random(w, 3)};
    q.name = i == QUEUES ? "default" : world_name(w, "q", i);
    q.requires_n = any_skills(w, &q.requires, 1);
    q.prefers_n = any_skills(w, &q.prefers, 1);
    q.needs = world_chance(w, 50) ? any_needs(w, 2) : "";
    q.floor = world_chance(w, 30) ? any_needs(w, 0) : "";
    any_steps(w, &q);
    q.channels = any_channels(w);
    q.accounts_n = any_text(w, &q.accounts, "acc", 2, 20);
    q.intents_n = any_text(w, &q.intents, "i", 2, 40);
    q.languages_n = any_text(w, &q.languages, "l", 2, 20);
    world_asks(w, &q);
    q.dispositions_n = any_text(w, &q.dispositions, "t", 2, 30);
    q.disposition_required = world_chance(w, 30);
    any_hours(w, &q);
    q.tells = world_random(w, 1u << ROUTER_NOTICES) & ~1u;
    for (size_t c = ROUTER_CHAT; c < ROUTER_CHANNELS; c += c == ROUTER_EMAIL ? 2 : 1) {
        q.silent[c].notice_ms = world_chance(w, 50) ? 500 + world_random(w, 4) * 1000 : 0;
        q.silent[c].close_ms = world_chance(w, 60) ? q.silent[c].notice_ms + 500 + world_random(w, 6) * 1000 : 0;
    }
    q.voicemail_wait_ms = world_random(w, 4) * 1000, q.voicemail_ms = world_random(w, 5) ? 0 : 1500;
    q.promise_ms = world_chance(w, 60) ? 1 + world_random(w, 5) * 1000 : 0;
    q.callback_retry_ms = world_chance(w, 80) ? 1 + world_random(w, 4) * 1500 : 0;
    q.callback_attempts = world_random(w, 4), q.voicemail = world_random(w, 8) << ROUTER_NOTICE_CLOSED;
    q.callback_hours = world_chance(w, 75) ? world_name(w, "c", world_random(w, WORLD_CALENDARS)) : "";
    q.callback_dial_ms = world_chance(w, 80) ? 1000 + world_random(w, 3) * 500 : 0;
    q.select = (enum router_select)world_random(w, ROUTER_SELECTS);
    q.weight_speed = world_random(w, 5) * 250;
    q.learn = world_chance(w, 60) && q.select == ROUTER_RESOLUTION;
    q.learn_prior = world_random(w, 4) * 3;
    q.mix[ROUTER_SUITED] = 1;
    for (size_t s = ROUTER_LONGEST_IDLE; s < ROUTER_RANDOM; s++)
        q.mix[s] = world_random(w, 3);
    q.mix[ROUTER_LONGEST_IDLE] *= 50;
    q.learn |= q.select == ROUTER_MIX && q.mix[ROUTER_RESOLUTION] && world_chance(w, 50);
    q.weight = world_random(w, 4) * 1000;
    q.target_ms = world_chance(w, 30) ? 400 : world_random(w, 4) * 20000;
    any_slas(w, &q);
    if (w->plenty) {
        q.requires_n = q.steps_n = 0;
        q.needs = q.floor = "";
    }
    q.offer_to = world_chance(w, 50) ? 1 + world_random(w, 4) : world_random(w, 2);
    q.offer_ms = 500 + world_random(w, 5) * 500;
    q.wrap_up_ms = world_random(w, 3) * 1500;
    q.prefer_known_ms = world_random(w, 3) * 2000;
    return q;
}

void world_config(struct world *w, struct router_config *c)
{
    *c = (struct router_config){.queues = w->queues,
                                .agents = w->agents,
                                .grace_ms = world_chance(w, 10) ? 100000 : world_random(w, 6) * 1000,
                                .timeouts_to_away = 1 + world_random(w, 3),
                                .decline_pause_ms = world_random(w, 4) * 1000,
                                .decline_max = 1 + world_random(w, 3)};
    w->plenty = world_chance(w, 40);
    if (w->plenty)
        c->decline_max = c->timeouts_to_away = 50, c->grace_ms = 100000;
    c->order = (enum router_order)world_random(w, ROUTER_ORDERS);
    c->seed = world_random(w, 3);
    c->extend_max = world_random(w, 3);
    c->learn_ms = world_random(w, 4) * 20000;
    c->focus_ms = world_random(w, 3) * 3000;
    c->calls_interrupt = world_chance(w, 50) ? world_random(w, 16) << 1 | world_random(w, 2) << ROUTER_SOCIAL : 0;
    c->calls_interrupt &= ~(1u << ROUTER_VOICE);
    c->idle_from_end = world_random(w, 2) == 1;
    any_calendars(w, c);
    static const uint32_t idle_ms[] = {0, 0, 4000, 8000, 12000, 300000};
    for (size_t i = 1; i < ROUTER_CHANNELS; i++) {
        c->channels[i].units = world_random(w, 4);
        c->channels[i].idle_ms = idle_ms[world_random(w, 6)];
        c->channels[i].offer_ms = world_chance(w, 20) ? 250 : 0;
        c->channels[i].prefer_known_ms = world_chance(w, 30) ? 1 + world_random(w, 4) * 1500 : 0;
        c->channels[i].auto_accept = world_chance(w, 15);
        c->channels[i].max = world_chance(w, 40) ? 1 + world_random(w, 3) : 0;
        c->channels[i].exclusive = world_chance(w, w->plenty ? 3 : 15);
        c->channels[i].lost_ms = world_chance(w, 60) ? 250 + world_random(w, 6) * 500 : 0;
        c->channels[i].away_ms = world_chance(w, 50) ? 1000 + world_random(w, 6) * 1000 : 0;
        c->channels[i].give_back_ms = world_chance(w, 50) ? 1000 + world_random(w, 4) * 1000 : 0;
    }
    for (uint32_t i = 0; i < QUEUES; i++) {
        if (world_chance(w, 70))
            w->queues[c->queues_n++] = any_queue_def(w, i, true);
    }
    for (uint32_t i = 0; i < AGENTS; i++) {
        if (world_chance(w, 80))
            w->agents[c->agents_n++] = any_agent_def(w, i, true);
    }
}

void world_happened(struct world *w, struct router_happened *h)
{
    static const enum router_happened_kind kinds[] = {ROUTER_WORDS,        ROUTER_WORDS,       ROUTER_WORDS,
                                                      ROUTER_CALL_STARTED, ROUTER_CALL_ENDED,  ROUTER_CALL_ENDED,
                                                      ROUTER_CHAT_CLOSED,  ROUTER_CHAT_OPENED, ROUTER_ASIDE};
    *h = (struct router_happened){.kind = kinds[world_random(w, 9)]};
    h->channel = (enum router_channel)(1 + world_random(w, 5));
    if (h->kind == ROUTER_CALL_STARTED || h->kind == ROUTER_CALL_ENDED)
        h->channel = ROUTER_VOICE;
    if (h->kind == ROUTER_CHAT_CLOSED)
        h->channel = ROUTER_CHAT;
    h->account = world_name(w, "acc", world_random(w, 2));
    h->conversation =
        world_chance(w, 20) ? 1 : 1 + world_random(w, w->plenty ? 2 * WORLD_CONVERSATIONS : WORLD_CONVERSATIONS);
    h->handle = world_name(w, "h", world_random(w, h->conversation == 1 ? 9 : 3)); // one customer has too many handles
    h->call = h->channel == ROUTER_VOICE && world_chance(w, 80) ? world_name(w, "call", world_random(w, 3)) : "";
    h->callback = h->kind == ROUTER_CALL_ENDED && world_chance(w, 50) ? world_name(w, "n", world_random(w, 2)) : "";
    h->language = world_chance(w, 50) ? world_name(w, "l", world_random(w, 2)) : "";
    const char *intent = world_chance(w, 50) ? "i1." : "i";
    h->intent = world_chance(w, 50) ? world_name(w, intent, world_random(w, 2)) : "";
    h->priority = world_chance(w, 20) ? world_random(w, 12) : 0;
    h->customer = 1 + h->conversation % 5;
    h->reopened = world_chance(w, 30);
    h->participant = world_chance(w, 5);
    h->last_agent = world_chance(w, 40) ? any_agent(w) : "";
    world_attributes(w, h);
}

static bool some_work(struct world *w, const struct router *r, struct router_work_view *v)
{
    size_t skip = world_random(w, w->plenty ? 2 * WORLD_CONVERSATIONS : WORLD_CONVERSATIONS);
    bool found = router_next_work(r, 0, v);
    for (struct router_work_view next; found && skip-- && router_next_work(r, v->id, &next);)
        *v = next;
    return found;
}

// A session of this agent, if they have one.
static const char *desk_of(struct world *w, const struct router *r, const char *agent)
{
    for (uint32_t i = 0; i < WORLD_DESKS; i++) {
        const char *of, *desk = world_name(w, "d", i);
        if (router_session_agent(r, desk, &of) && strcmp(of, agent) == 0)
            return desk;
    }
    return world_name(w, "d", world_random(w, WORLD_DESKS));
}

static enum router_act fitting_act(struct world *w, enum router_work_state s, bool talkative)
{
    static const enum router_act assigned[] = {
        ROUTER_ACT_SEND,   ROUTER_ACT_SEND,           ROUTER_ACT_NOTE,         ROUTER_ACT_TRANSFER_QUEUE,
        ROUTER_ACT_CLOSE,  ROUTER_ACT_TRANSFER_AGENT, ROUTER_ACT_CLOSE,        ROUTER_ACT_SEND,
        ROUTER_ACT_SNOOZE, ROUTER_ACT_TRANSFER_TEAM,  ROUTER_ACT_TRANSFER_TEAM};
    if (s == ROUTER_OFFERED)
        return world_chance(w, 15) ? ROUTER_ACT_EXTEND : world_chance(w, 70) ? ROUTER_ACT_ACCEPT : ROUTER_ACT_DECLINE;
    if (s == ROUTER_ASSIGNED && talkative && world_chance(w, 95))
        return ROUTER_ACT_SEND;
    if (s == ROUTER_ASSIGNED && world_chance(w, 35))
        return world_chance(w, 50) ? ROUTER_ACT_CONSULT : ROUTER_ACT_INVITE;
    if (s == ROUTER_ASSIGNED)
        return assigned[world_random(w, 11)];
    if (s == ROUTER_SNOOZED)
        return ROUTER_ACT_WAKE;
    if (s == ROUTER_WRAP_UP)
        return world_chance(w, 20)   ? ROUTER_ACT_EXTEND
               : world_chance(w, 50) ? ROUTER_ACT_WRAP_UP_DONE
               : world_chance(w, 40) ? ROUTER_ACT_DISPOSITION
                                     : ROUTER_ACT_SEND;
    return (enum router_act)(1 + world_random(w, ROUTER_ACTS - 1));
}

// Work that somebody besides its holder takes part in, or is asked to.
static bool work_of_several(struct world *w, const struct router *r, struct router_work_view *v)
{
    struct router_work_view next = {0};
    uint32_t n = 0;
    while (router_next_work(r, next.id, &next)) {
        if (next.participants_n && !world_random(w, ++n))
            *v = next;
    }
    return n > 0;
}

// What one who takes part in this work, or is asked to, does; or the holder with them.
static void about_a_participant(struct world *w, const struct router *r, const struct router_work_view *v,
                                struct router_command *c)
{
    const struct router_participant_view *p = &v->participants[world_random(w, (uint32_t)v->participants_n)];
    static const enum router_act theirs[] = {ROUTER_ACT_LEAVE, ROUTER_ACT_NOTE, ROUTER_ACT_SEND};
    c->work = v->id;
    c->conversation = v->conversation;
    c->epoch = world_chance(w, 95) ? p->epoch : p->epoch - 1;
    if (world_chance(w, 60)) {
        c->agent = world_copy(w, p->agent);
        c->act = p->joined || world_chance(w, 10) ? theirs[world_random(w, 3)] : ROUTER_ACT_JOIN;
    } else {
        c->agent = world_copy(w, v->agent);
        c->to = world_copy(w, p->agent);
        c->target = ROUTER_TARGET_AGENT;
        c->act = (enum router_act)(ROUTER_ACT_CONSULT + world_random(w, 2));
        if (world_chance(w, 70))
            c->act = world_chance(w, 40) ? ROUTER_ACT_DISMISS : ROUTER_ACT_HAND_OVER;
    }
    c->session = desk_of(w, r, c->agent);
}

static void any_target(struct world *w, const struct router *r, struct router_command *c)
{
    struct router_agent_view a;
    uint32_t n = 0;
    for (uint32_t i = 0; i < AGENTS && world_chance(w, 90); i++) { // mostly somebody who can come
        const char *id = world_name(w, "a", i);
        if (!router_agent(r, id, &a) || a.presence != ROUTER_AVAILABLE || a.load || world_random(w, ++n))
            continue;
        c->target = ROUTER_TARGET_AGENT;
        c->to = id;
    }
    if (n)
        return;
    c->target = (enum router_target)(world_chance(w, 97) ? 1 + world_random(w, 3) : 0);
    c->to = c->target == ROUTER_TARGET_QUEUE  ? world_name(w, "q", world_random(w, QUEUES + 1))
            : c->target == ROUTER_TARGET_TEAM ? world_name(w, "t", world_random(w, 3))
                                              : world_name(w, "a", world_random(w, AGENTS + 1));
}

bool world_take_part(struct world *w, const struct router *r, struct router_command *c)
{
    struct router_work_view v = {.agent = ""}, next = {0};
    if (world_chance(w, 75) && work_of_several(w, r, &v)) {
        about_a_participant(w, r, &v, c);
        return true;
    }
    for (uint32_t n = 0; router_next_work(r, next.id, &next);) {
        if (next.state == ROUTER_ASSIGNED && !world_random(w, ++n))
            v = next;
    }
    c->agent = world_copy(w, v.agent);
    c->session = desk_of(w, r, c->agent);
    c->work = v.id;
    c->act = world_chance(w, 50) ? ROUTER_ACT_CONSULT : ROUTER_ACT_INVITE;
    any_target(w, r, c);
    return *v.agent;
}

void world_command(struct world *w, const struct router *r, struct router_command *c)
{
    struct router_work_view v = {.agent = ""};
    bool found = some_work(w, r, &v);
    *c = (struct router_command){.account = "", .handle = "", .text = "", .resolved = world_chance(w, 50)};
    if (world_chance(w, 70))
        c->text = world_name(w, "t", world_random(w, 2));
    struct router_offer_view o = {.agent = v.agent, .epoch = v.epoch};
    if (v.offers_n) // mostly to the point: any of them may answer
        router_offer_at(r, v.id, world_random(w, (uint32_t)v.offers_n), &o);
    const char *whose = v.state == ROUTER_SNOOZED ? v.former_agent : o.agent;
    bool comes = w->plenty && world_chance(w, 25);
    c->agent = *whose && !comes && world_chance(w, 92) ? world_copy(w, whose) : any_agent(w);
    c->session = desk_of(w, r, c->agent);
    c->client_id = world_name(w, "c", (uint32_t)(world_chance(w, 97) ? ++w->client_id : w->client_id) % 100000);
    c->act = found && world_chance(w, 85) ? fitting_act(w, v.state, v.conversation == 1)
                                          : (enum router_act)(1 + world_random(w, ROUTER_ACTS - 1));
    if (!found || comes || world_chance(w, 12))
        c->act = ROUTER_ACT_PRESENCE;
    c->work = found && world_chance(w, 97) ? v.id : world_random(w, 50);
    c->epoch = world_chance(w, 95) ? o.epoch : o.epoch - world_random(w, 3);
    c->conversation = found && world_chance(w, 97) ? v.conversation : 1 + world_random(w, WORLD_CONVERSATIONS);
    c->presence = comes || world_chance(w, 75) ? ROUTER_AVAILABLE
                  : world_chance(w, 50)        ? ROUTER_AWAY
                  : world_chance(w, 45)        ? ROUTER_FOCUS
                  : world_chance(w, 70)        ? ROUTER_DRAINING
                                               : (enum router_presence)world_random(w, 8);
    int64_t until[] = {1 + world_random(w, 20000), 1 + world_random(w, 3000), 0, (int64_t)90 * 86400000 + 1};
    uint32_t dice = world_random(w, 20);
    c->until = w->at + w->ahead + until[dice < 16 ? dice % 2 : 2 + dice % 2];
    c->channel = world_chance(w, 50) ? ROUTER_CHANNEL_NONE : (enum router_channel)world_random(w, 6);
    if (world_chance(w, 40))
        c->handle = world_name(w, "h", world_random(w, 12));
    if (world_chance(w, 70))
        c->account = world_name(w, "acc", world_random(w, 2));
    c->to = c->act == ROUTER_ACT_TRANSFER_TEAM    ? world_name(w, "t", world_random(w, 3))
            : c->act == ROUTER_ACT_TRANSFER_QUEUE ? world_name(w, "q", world_random(w, QUEUES + 1))
                                                  : world_name(w, "a", world_random(w, AGENTS + 1));
    if (c->act == ROUTER_ACT_CONSULT || c->act == ROUTER_ACT_INVITE)
        any_target(w, r, c);
    if (world_chance(w, 25) && work_of_several(w, r, &v))
        about_a_participant(w, r, &v, c);
}

void world_desk(struct world *w, struct router_input *in)
{
    uint32_t dice = world_random(w, 10);
    if (w->plenty && world_chance(w, 75))
        dice = 0;
    if (dice < 6) {
        uint32_t desk = world_random(w, WORLD_DESKS); // mostly its own agent's
        in->kind = ROUTER_IN_DESK_OPENED;
        in->desk_opened.session = world_name(w, "d", desk);
        in->desk_opened.agent = world_chance(w, 90) ? world_name(w, "a", desk % AGENTS) : any_agent(w);
        in->desk_opened.boot = world_name(w, "b", world_random(w, 2));
    } else if (dice < 9) {
        in->kind = ROUTER_IN_DESK_CLOSED;
        in->desk_closed.session = world_name(w, "d", world_random(w, WORLD_DESKS));
        in->desk_closed.boot = world_chance(w, 50) ? "" : world_name(w, "b", world_random(w, 2));
        in->desk_closed.logout = world_chance(w, 40);
    } else {
        in->kind = ROUTER_IN_NODE_LOST;
        in->node_lost.boot = world_name(w, "b", world_random(w, 2));
    }
}

void world_change(struct world *w, const struct router *r, struct router_input *in)
{
    bool from_file;
    switch (world_random(w, 10)) {
    case 0:
    case 1:
        in->kind = ROUTER_IN_CONFIG;
        world_config(w, &in->config);
        break;
    case 2:
    case 3:
    case 4:
        in->kind = ROUTER_IN_AGENT_PUT;
        in->agent_put = any_agent_def(w, world_random(w, AGENTS), false);
        break;
    case 5:
        in->kind = ROUTER_IN_AGENT_REMOVED;
        in->agent_removed.id = any_agent(w);
        break;
    case 6:
        in->kind = ROUTER_IN_QUEUE_PUT;
        from_file = world_chance(w, 50);
        in->queue_put = any_queue_def(w, world_random(w, QUEUES + 1), from_file);
        break;
    case 7:
    case 8:
        world_turns(w, r, in);
        break;
    default:
        in->kind = ROUTER_IN_QUEUE_REMOVED;
        in->queue_removed.name = world_name(w, "q", world_random(w, QUEUES));
    }
}

static void keep_closing(void *ctx, const struct router_closing_view *c)
{
    *(struct router_closing_view *)ctx = *c;
}

// Mostly about the oldest closing that is remembered of an agent who has some.
void world_learned(struct world *w, const struct router *r, struct router_input *in)
{
    struct router_closing_view c = {0};
    uint32_t first = world_random(w, AGENTS);
    in->kind = ROUTER_IN_LEARNED;
    in->learned.act = (enum router_learned)(1 + world_random(w, 3));
    for (uint32_t i = 0; i < AGENTS && !c.work; i++) {
        in->learned.agent = world_name(w, "a", (first + i) % AGENTS);
        router_each_closing(r, in->learned.agent, keep_closing, &c);
    }
    if (world_chance(w, 60))
        in->learned.act = c.contested ? ROUTER_LEARNED_RESTORE : ROUTER_LEARNED_CONTEST;
    in->learned.queue = world_chance(w, 60) ? world_name(w, "q", world_random(w, QUEUES)) : "";
    in->learned.work = world_chance(w, 95) ? c.work : world_random(w, 50);
}

void world_supervision(struct world *w, const struct router *r, struct router_supervise *s)
{
    struct router_work_view v = {0};
    bool found = some_work(w, r, &v);
    bool desk = world_chance(w, 50);
    *s = (struct router_supervise){.note = "n"};
    s->act = (enum router_supervision)(1 + world_random(w, ROUTER_SUPERVISIONS - 1));
    if (s->act == ROUTER_LOG_OUT && world_chance(w, 60))
        s->act = ROUTER_ASSIGN_TO;
    s->session = desk ? world_name(w, "sup", world_random(w, 2)) : "";
    s->client_id =
        desk ? world_name(w, "c", (uint32_t)(world_chance(w, 90) ? ++w->client_id : w->client_id) % 100000) : "";
    s->by = world_name(w, "boss", world_random(w, 2));
    s->agent = world_name(w, "a", world_random(w, AGENTS + 1));
    s->queue = world_name(w, "q", world_random(w, QUEUES + 1));
    s->work = found && world_chance(w, 97) ? v.id : world_random(w, 50);
    s->priority = world_random(w, 5);
    s->over_capacity = world_chance(w, 40);
}

void world_other(struct world *w, struct router_input *in)
{
    static const enum router_input_kind kinds[] = {ROUTER_IN_TICK, ROUTER_IN_TICK,     ROUTER_IN_NOTHING,
                                                   ROUTER_IN_FOLD, ROUTER_IN_DELIVERY, ROUTER_IN_CUSTOMER_CHANGED};
    in->kind = kinds[world_random(w, 6)];
    if (in->kind == ROUTER_IN_FOLD)
        in->fold.version = ROUTER_FOLD_VERSION;
    if (in->kind == ROUTER_IN_DELIVERY)
        in->delivery = (struct router_delivery_news){.delivery = "9.1",
                                                     .conversation = 1 + world_random(w, WORLD_CONVERSATIONS),
                                                     .entry = 9,
                                                     .state = 4,
                                                     .reason = ""};
    if (in->kind == ROUTER_IN_CUSTOMER_CHANGED) {
        in->customer_changed.customer = 1 + world_random(w, 5);
        in->customer_changed.other = 1 + world_random(w, 5);
    }
}
