// SPDX-License-Identifier: Apache-2.0
//
// What people do, in words, as inputs. One table of what can be said.

#include "story.h"

#include "proto/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct said {
    struct story *s;
    char *arg[6]; // the table's blanks, in order
    char **rest;  // words behind what the table says
    size_t rest_n;
};

// ---- people ----

static uint64_t customer(struct story *s, const char *name)
{
    for (size_t i = 0; i < s->customers_n; i++) {
        if (strcmp(s->customers[i].name, name) == 0)
            return i + 1;
    }
    if (s->customers_n == STORY_PEOPLE)
        story_fail(s, "too many customers");
    snprintf(s->customers[s->customers_n++].name, STORY_NAME, "%s", name);
    return s->customers_n;
}

const char *story_customer(const struct story *s, uint64_t number)
{
    return number && number <= s->customers_n ? s->customers[number - 1].name : "?";
}

static struct router_work_view work_of(struct story *s, const char *name)
{
    struct router_work_view v;
    if (!router_work_of_conversation(s->r, customer(s, name), &v))
        story_fail(s, "%s has no open work", name);
    return v;
}

static enum router_channel channel(struct story *s, const char *word)
{
    enum router_channel c = (enum router_channel)channel_from_name(word);
    if (!c)
        story_fail(s, "'%s' is no channel", word);
    return c;
}

// ---- customers ----

static void happens_with(struct said *x, enum router_happened_kind kind, enum router_channel channel,
                         const char *callback)
{
    static char handle[STORY_NAME + 8], call[STORY_NAME + 8];
    struct router_happened h = {
        .kind = kind, .channel = channel, .account = "main", .language = "", .intent = "", .callback = callback};
    h.conversation = h.customer = customer(x->s, x->arg[0]);
    struct story_customer *c = &x->s->customers[h.customer - 1];
    struct router_work_view v;
    bool open = router_work_of_conversation(x->s->r, h.conversation, &v);
    snprintf(handle, sizeof handle, "%s", c->name);
    snprintf(call, sizeof call, "call-%s", c->name);
    h.handle = handle;
    h.call = channel == ROUTER_VOICE ? call : "";
    h.reopened = !open && c->before;
    h.last_agent = c->last_agent;
    c->before = true;
    for (size_t i = 0; i + 1 < x->rest_n; i += 2) {
        if (strcmp(x->rest[i], "about") == 0)
            h.intent = x->rest[i + 1];
        else if (strcmp(x->rest[i], "in") == 0)
            h.language = x->rest[i + 1];
        else
            story_fail(x->s, "expected: about INTENT, in LANGUAGE");
    }
    story_step(x->s, &(struct router_input){.kind = ROUTER_IN_HAPPENED, .has_entry = true, .happened = h});
}

static void happens(struct said *x, enum router_happened_kind kind, enum router_channel channel)
{
    happens_with(x, kind, channel, "");
}

static void writes(struct said *x)
{
    happens(x, ROUTER_WORDS, channel(x->s, x->arg[1]));
}

static void calls(struct said *x)
{
    happens(x, ROUTER_CALL_STARTED, ROUTER_VOICE);
}

static void hangs_up(struct said *x)
{
    happens(x, ROUTER_CALL_ENDED, ROUTER_VOICE);
}

static void hangs_up_for_a_call(struct said *x)
{
    happens_with(x, ROUTER_CALL_ENDED, ROUTER_VOICE, x->arg[1]);
}

// A gateway's report of the latest dialling: that it could not be carried out.
static void is_not_reached(struct said *x)
{
    struct router_work_view v = work_of(x->s, x->arg[0]);
    struct router_input in = {.kind = ROUTER_IN_DELIVERY};
    in.delivery = (struct router_delivery_news){.delivery = "d",
                                                .conversation = v.conversation,
                                                .state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED,
                                                .reason = "busy",
                                                .input = v.dialled};
    in.delivery.effect = v.dialled_effect;
    story_step(x->s, &in);
}

static void closes_chat(struct said *x)
{
    happens(x, ROUTER_CHAT_CLOSED, ROUTER_CHAT);
}

// ---- agents ----

static const char *desk_of(const char *agent)
{
    static char desk[STORY_NAME + 8];
    snprintf(desk, sizeof desk, "desk-%s", agent);
    return desk;
}

static void command(struct story *s, struct router_command c)
{
    char id[24];
    snprintf(id, sizeof id, "%d", (int)++s->client_id);
    c.session = desk_of(c.agent);
    c.client_id = id;
    c.account = c.handle = "";
    c.to = c.to ? c.to : "";
    c.text = c.text ? c.text : "";
    story_step(s, &(struct router_input){.kind = ROUTER_IN_COMMAND, .has_entry = true, .command = c});
}

// About the work of the customer, who is the table's second blank.
static struct router_command about(struct said *x, enum router_act act)
{
    struct router_work_view v = work_of(x->s, x->arg[1]);
    return (struct router_command){
        .agent = x->arg[0], .act = act, .work = v.id, .epoch = v.epoch, .conversation = v.conversation};
}

static void presence(struct said *x, enum router_presence p)
{
    command(x->s, (struct router_command){.agent = x->arg[0], .act = ROUTER_ACT_PRESENCE, .presence = p});
}

static void opens(struct said *x)
{
    struct router_input in = {.kind = ROUTER_IN_DESK_OPENED};
    in.desk_opened.session = desk_of(x->arg[0]);
    in.desk_opened.agent = x->arg[0];
    in.desk_opened.boot = "boot";
    story_step(x->s, &in);
}

static void comes(struct said *x)
{
    opens(x);
    presence(x, ROUTER_AVAILABLE);
}

static void is(struct said *x)
{
    enum router_presence p = (enum router_presence)presence_from_name(x->arg[1]);
    if (!p)
        story_fail(x->s, "'%s' is no presence", x->arg[1]);
    presence(x, p);
}

static void desk_closes(struct said *x, bool logout)
{
    struct router_input in = {.kind = ROUTER_IN_DESK_CLOSED};
    in.desk_closed.session = desk_of(x->arg[0]);
    in.desk_closed.boot = "";
    in.desk_closed.logout = logout;
    story_step(x->s, &in);
}

static void loses_desk(struct said *x)
{
    desk_closes(x, false);
}

static void logs_out(struct said *x)
{
    desk_closes(x, true);
}

static void accepts(struct said *x)
{
    command(x->s, about(x, ROUTER_ACT_ACCEPT));
}

static void declines(struct said *x)
{
    command(x->s, about(x, ROUTER_ACT_DECLINE));
}

static void answers(struct said *x)
{
    struct router_command c = about(x, ROUTER_ACT_SEND);
    c.channel = x->arg[2] ? channel(x->s, x->arg[2]) : ROUTER_CHANNEL_NONE;
    command(x->s, c);
}

static void closes(struct said *x)
{
    struct router_command c = about(x, ROUTER_ACT_CLOSE);
    c.resolved = strcmp(x->arg[2], "resolved") == 0;
    struct story_customer *of = &x->s->customers[customer(x->s, x->arg[1]) - 1];
    if (c.resolved)
        snprintf(of->last_agent, sizeof of->last_agent, "%s", x->arg[0]);
    command(x->s, c);
}

static void finishes(struct said *x)
{
    command(x->s, about(x, ROUTER_ACT_WRAP_UP_DONE));
}

static void extends(struct said *x)
{
    command(x->s, about(x, ROUTER_ACT_EXTEND));
}

static void snoozes(struct said *x)
{
    struct router_command c = about(x, ROUTER_ACT_SNOOZE);
    c.until = story_time(x->s, x->arg[2], x->s->wall);
    command(x->s, c);
}

static void wakes(struct said *x)
{
    command(x->s, about(x, ROUTER_ACT_WAKE));
}

static void passes(struct said *x, enum router_act act)
{
    struct router_command c = about(x, act);
    c.to = x->arg[2];
    command(x->s, c);
}

static void passes_to_queue(struct said *x)
{
    passes(x, ROUTER_ACT_TRANSFER_QUEUE);
}

static void passes_to_team(struct said *x)
{
    passes(x, ROUTER_ACT_TRANSFER_TEAM);
}

static void passes_to_agent(struct said *x)
{
    passes(x, ROUTER_ACT_TRANSFER_AGENT);
}

// ---- supervisors ----

static void supervise(struct said *x, struct router_supervise v, const char *note)
{
    v.session = v.client_id = "";
    v.by = x->arg[0];
    v.note = note;
    v.agent = v.agent ? v.agent : "";
    v.queue = v.queue ? v.queue : "";
    story_step(x->s, &(struct router_input){.kind = ROUTER_IN_SUPERVISE, .supervise = v});
}

static void assigns(struct said *x)
{
    supervise(
        x, (struct router_supervise){.act = ROUTER_ASSIGN_TO, .work = work_of(x->s, x->arg[1]).id, .agent = x->arg[2]},
        x->arg[3]);
}

static void assigns_over(struct said *x)
{
    supervise(
        x,
        (struct router_supervise){
            .act = ROUTER_ASSIGN_TO, .work = work_of(x->s, x->arg[1]).id, .agent = x->arg[2], .over_capacity = true},
        x->arg[3]);
}

static void pulls(struct said *x)
{
    supervise(x, (struct router_supervise){.act = ROUTER_PULL, .work = work_of(x->s, x->arg[1]).id}, x->arg[2]);
}

static void moves(struct said *x)
{
    supervise(x,
              (struct router_supervise){.act = ROUTER_REQUEUE, .work = work_of(x->s, x->arg[1]).id, .queue = x->arg[2]},
              x->arg[3]);
}

static void puts_first(struct said *x)
{
    supervise(x,
              (struct router_supervise){.act = ROUTER_PRIORITISE, .work = work_of(x->s, x->arg[1]).id, .priority = 1},
              x->arg[2]);
}

static void drains(struct said *x)
{
    supervise(x, (struct router_supervise){.act = ROUTER_DRAIN, .agent = x->arg[1]}, x->arg[2]);
}

static void ends_desks(struct said *x)
{
    supervise(x, (struct router_supervise){.act = ROUTER_LOG_OUT, .agent = x->arg[1]}, x->arg[2]);
}

// By themselves, to work that another has.
static void comes_to(struct said *x, enum router_supervision act)
{
    supervise(x, (struct router_supervise){.act = act, .work = work_of(x->s, x->arg[1]).id, .agent = x->arg[0]},
              x->arg[2]);
}

static void listens(struct said *x)
{
    comes_to(x, ROUTER_LISTEN);
}

static void whispers(struct said *x)
{
    comes_to(x, ROUTER_WHISPER);
}

static void barges(struct said *x)
{
    comes_to(x, ROUTER_BARGE);
}

static void takes_over(struct said *x)
{
    comes_to(x, ROUTER_TAKE_OVER);
}

static void leaves(struct said *x)
{
    command(x->s, about(x, ROUTER_ACT_LEAVE));
}

// ---- questions ----

static void shows_work(struct said *x)
{
    story_tell_work(x->s, customer(x->s, x->arg[0]));
}

static void shows_lessons(struct said *x)
{
    story_tell_lessons(x->s, x->arg[0]);
}

static void nothing(struct said *x)
{
    (void)x;
}

// ---- the table ----

static const struct {
    const char *words; // _ = a blank; ... = more may follow
    void (*act)(struct said *x);
} table[] = {
    {"nothing", nothing},
    {"where is _", shows_work},
    {"what has _ learned", shows_lessons},
    {"_ writes by _ ...", writes},
    {"_ calls ...", calls},
    {"_ hangs up", hangs_up},
    {"_ hangs up to be called at _", hangs_up_for_a_call},
    {"_ is not reached", is_not_reached},
    {"_ closes the chat", closes_chat},
    {"_ comes", comes},
    {"_ opens the desk", opens},
    {"_ is _", is},
    {"_ loses the desk", loses_desk},
    {"_ logs out", logs_out},
    {"_ accepts _", accepts},
    {"_ declines _", declines},
    {"_ answers _", answers},
    {"_ answers _ by _", answers},
    {"_ closes _ as _", closes},
    {"_ finishes _", finishes},
    {"_ extends _", extends},
    {"_ snoozes _ until _", snoozes},
    {"_ wakes _", wakes},
    {"_ passes _ to queue _", passes_to_queue},
    {"_ passes _ to team _", passes_to_team},
    {"_ passes _ to _", passes_to_agent},
    {"_ assigns _ to _ because _", assigns},
    {"_ assigns _ to _ over capacity because _", assigns_over},
    {"_ pulls _ because _", pulls},
    {"_ moves _ to queue _ because _", moves},
    {"_ puts _ first because _", puts_first},
    {"_ drains _ because _", drains},
    {"_ listens to _ because _", listens},
    {"_ whispers about _ because _", whispers},
    {"_ barges in on _ because _", barges},
    {"_ takes over _ because _", takes_over},
    {"_ leaves _", leaves},
    {"_ ends the desks of _ because _", ends_desks},
};

static bool suits(const char *pattern, char **words, size_t n, struct said *x)
{
    char copy[128], *at = NULL;
    size_t i = 0, args = 0;
    snprintf(copy, sizeof copy, "%s", pattern);
    for (char *p = strtok_r(copy, " ", &at); p; p = strtok_r(NULL, " ", &at), i++) {
        if (strcmp(p, "...") == 0) {
            x->rest = words + i;
            x->rest_n = n - i;
            return true;
        }
        if (i == n || (strcmp(p, "_") != 0 && strcmp(p, words[i]) != 0))
            return false;
        if (*p == '_')
            x->arg[args++] = words[i];
    }
    return i == n;
}

void story_say(struct story *s, char **words, size_t n)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct said x = {.s = s};
        if (!suits(table[i].words, words, n, &x))
            continue;
        table[i].act(&x);
        return;
    }
    story_fail(s, "nobody knows how to do this; tests/golden/story_say.c has the list");
}
