// SPDX-License-Identifier: Apache-2.0
//
// The world of fixture.h: makes inputs out of what people do, and text out of effects.

#include "fixture.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void world_say(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void world_say(struct world *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->text + w->text_n, sizeof w->text - w->text_n, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof w->text - w->text_n);
    w->text_n += (size_t)n;
}

static void tell_answer(struct world *w, const struct router_effect *e)
{
    if (e->refusal)
        world_say(w, "refused %s\n", names_of_refusal[e->refusal]);
    else
        world_say(w, "done\n");
}

static void tell_decision(struct world *w, const struct router_effect *e)
{
    world_say(w, "decision c%d %s\n", (int)e->conversation, *e->decision->winner ? e->decision->winner : "nobody");
}

static void tell_offer(struct world *w, const struct router_effect *e)
{
    world_say(w, "offer c%d to %s %s\n", (int)e->conversation, e->agent, names_of_reason[e->reason]);
}

static void tell_offer_ended(struct world *w, const struct router_effect *e)
{
    world_say(w, "offer of c%d to %s ended %s\n", (int)e->conversation, e->agent, names_of_reason[e->reason]);
}

static void tell_assign(struct world *w, const struct router_effect *e)
{
    world_say(w, "assign c%d to %s\n", (int)e->conversation, e->agent);
}

static void tell_unassign(struct world *w, const struct router_effect *e)
{
    world_say(w, "unassign c%d from %s %s%s\n", (int)e->conversation, e->agent, names_of_reason[e->reason],
              e->informed ? " informed" : "");
}

static void tell_work(struct world *w, const struct router_effect *e)
{
    world_say(w, "c%d is %s %s\n", (int)e->conversation, names_of_state[e->state], names_of_reason[e->reason]);
}

static void tell_entry(struct world *w, const struct router_effect *e)
{
    world_say(w, "entry of c%d to %s\n", (int)e->conversation, e->agent);
}

static void tell_deliver(struct world *w, const struct router_effect *e)
{
    world_say(w, "deliver c%d by %s to %s\n", (int)e->conversation, names_of_channel[e->session.channel],
              e->session.handle);
}

static const char *const as_role[] = {"", " as CONSULTED", " as INVITED", " as LISTENING", " as WHISPERING"};

static void tell_connect(struct world *w, const struct router_effect *e)
{
    world_say(w, "connect %s to %s%s\n", e->session.call, e->agent, as_role[e->role]);
}

static void tell_participant(struct world *w, const struct router_effect *e)
{
    const char *what = e->kind == ROUTER_PARTICIPANT_ASKED    ? "is asked"
                       : e->kind == ROUTER_PARTICIPANT_JOINED ? "joins"
                                                              : "parts";
    world_say(w, "%s %s c%d%s%s%s\n", e->agent, what, (int)e->conversation, as_role[e->role], e->reason ? " " : "",
              e->reason ? names_of_reason[e->reason] : "");
}

static void tell_disconnect(struct world *w, const struct router_effect *e)
{
    world_say(w, "disconnect %s from %s\n", e->session.call, e->agent);
}

static void tell_dial(struct world *w, const struct router_effect *e)
{
    world_say(w, "dial %s for %s, attempt %d\n", e->session.callback, e->agent, (int)e->session.attempts);
}

static void tell_record(struct world *w, const struct router_effect *e)
{
    world_say(w, "record %s for %s: %s\n", e->session.call, e->recording->queue, names_of_cause[e->recording->cause]);
}

static void tell_news(struct world *w, const struct router_effect *e)
{
    world_say(w, "delivery %s state %d to %s\n", e->text, (int)e->state, e->agent);
}

static void tell_presence(struct world *w, const struct router_effect *e)
{
    world_say(w, "%s is %s\n", e->agent, names_of_presence[e->state]);
}

static void tell_closed(struct world *w, const struct router_effect *e)
{
    world_say(w, "c%d closed by %s: %s%s\n", (int)e->conversation, e->agent, e->text, e->resolved ? ", resolved" : "");
}

static void tell_entry_refused(struct world *w, const struct router_effect *e)
{
    world_say(w, "entry of c%d taken back\n", (int)e->conversation);
}

static void tell_configured(struct world *w, const struct router_effect *e)
{
    (void)e;
    world_say(w, "configured\n");
}

static void tell_customer(struct world *w, const struct router_effect *e)
{
    world_say(w, "customer of c%d changed, to %s\n", (int)e->conversation, e->agent);
}

static void tell_desk_ended(struct world *w, const struct router_effect *e)
{
    world_say(w, "%s ended by %s: %s\n", e->session_id, e->hand.by, e->hand.note);
}

static void tell_notice(struct world *w, const struct router_effect *e)
{
    static const char *const kinds[ROUTER_NOTICES] = {[ROUTER_NOTICE_CLOSED] = "closed",
                                                      [ROUTER_NOTICE_FULL] = "full",
                                                      [ROUTER_NOTICE_WAIT] = "wait",
                                                      [ROUTER_NOTICE_SILENT] = "silent",
                                                      [ROUTER_NOTICE_SILENT_CLOSED] = "silent closed",
                                                      [ROUTER_NOTICE_EMERGENCY] = "closed by hand"};
    world_say(w, "tell c%d by %s that %s is %s\n", (int)e->conversation, names_of_channel[e->session.channel],
              e->notice->queue, kinds[e->notice->kind]);
}

static void (*const tell[])(struct world *, const struct router_effect *) = {
    [ROUTER_DONE] = tell_answer,
    [ROUTER_REFUSED] = tell_answer,
    [ROUTER_DECISION] = tell_decision,
    [ROUTER_OFFER] = tell_offer,
    [ROUTER_OFFER_ENDED] = tell_offer_ended,
    [ROUTER_ASSIGN] = tell_assign,
    [ROUTER_UNASSIGN] = tell_unassign,
    [ROUTER_WORK] = tell_work,
    [ROUTER_ENTRY] = tell_entry,
    [ROUTER_DELIVER] = tell_deliver,
    [ROUTER_CONNECT] = tell_connect,
    [ROUTER_DISCONNECT] = tell_disconnect,
    [ROUTER_DIAL] = tell_dial,
    [ROUTER_DELIVERY_NEWS] = tell_news,
    [ROUTER_PRESENCE] = tell_presence,
    [ROUTER_CONVERSATION_CLOSED] = tell_closed,
    [ROUTER_ENTRY_REFUSED] = tell_entry_refused,
    [ROUTER_CONFIGURED] = tell_configured,
    [ROUTER_CUSTOMER] = tell_customer,
    [ROUTER_NOTICE] = tell_notice,
    [ROUTER_DESK_ENDED] = tell_desk_ended,
    [ROUTER_PARTICIPANT_ASKED] = tell_participant,
    [ROUTER_PARTICIPANT_JOINED] = tell_participant,
    [ROUTER_PARTICIPANT_ENDED] = tell_participant,
    [ROUTER_RECORD] = tell_record,
};

static void world_through_snapshot(const struct world *w)
{
    const char *why = NULL;
    size_t n;
    unsigned char *bytes = router_snapshot_bytes(w->r, &n);
    struct router *copy = router_restore(bytes, n, &why);
    free(bytes);
    if (!copy)
        fail_msg("restore: %s", why);
    assert_true(router_hash(copy) == router_hash(w->r));
    router_free(copy);
}

void world_step(struct world *w, struct router_input *in)
{
    struct router_effects out;
    in->number = ++w->number;
    in->at = w->at;
    in->wall = 1700000000000 + w->at + w->ahead;
    assert_true(router_step(w->r, in, &out));
    for (size_t i = 0; i < out.n; i++)
        tell[out.v[i].kind](w, &out.v[i]);
    const char *why = router_check(w->r);
    if (why)
        fail_msg("input %d: %s", (int)w->number, why);
    world_through_snapshot(w);
}

void world_wait(struct world *w, int64_t ms)
{
    w->at += ms;
    world_step(w, &(struct router_input){.kind = ROUTER_IN_TICK});
}

void world_expect(struct world *w, const char *file, int line, const char *text)
{
    if (strcmp(w->text, text) != 0) {
        print_error("expected:\n%sbut was:\n%s", text, w->text);
        _fail(file, line);
    }
    world_forget(w);
}

void world_forget(struct world *w)
{
    w->text_n = 0;
    w->text[0] = '\0';
}

int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->r = router_new();
    w->at = 1000;
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;
    router_free(w->r);
    free(w);
    return 0;
}

static size_t parse_skills(const char *text, char names[8][32], struct router_skill *v)
{
    size_t n = 0;
    for (int used = 0; sscanf(text, " %31[^=]=%u%n", names[n], &v[n].level, &used) == 2; text += used, n++)
        v[n].name = names[n];
    return n;
}

void world_agent(struct world *w, const char *id, const char *skills, uint32_t capacity, uint32_t channels)
{
    char names[8][32];
    struct router_skill v[8];
    struct router_agent a = {.id = id, .name = id, .skills = v, .capacity = capacity, .channels = channels};
    a.skills_n = parse_skills(skills, names, v);
    world_step(w, &(struct router_input){.kind = ROUTER_IN_AGENT_PUT, .agent_put = a});
    world_forget(w);
}

struct router_queue world_queue_def(const char *name)
{
    return (struct router_queue){.name = name, .priority = 5, .offer_ms = 30000, .wrap_up_ms = 10000};
}

void world_queue(struct world *w, const struct router_queue *def)
{
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = *def});
    world_forget(w);
}

void world_agent_put(struct world *w, struct router_agent a, const char *skills)
{
    char names[8][32];
    struct router_skill v[8];
    a.name = a.id;
    a.capacity = a.capacity ? a.capacity : 1;
    a.skills = v;
    a.skills_n = parse_skills(skills, names, v);
    world_step(w, &(struct router_input){.kind = ROUTER_IN_AGENT_PUT, .agent_put = a});
    world_forget(w);
}

struct router_config world_rules_def(void)
{
    return (struct router_config){
        .grace_ms = 30000,
        .timeouts_to_away = 3,
        .extend_max = 1,
        .decline_pause_ms = 60000,
        .decline_max = 2,
        .channels = {[ROUTER_CHAT] = {.units = 1, .idle_ms = 600000},
                     [ROUTER_SMS] = {.units = 1, .idle_ms = 3600000},
                     [ROUTER_EMAIL] = {.units = 1, .idle_ms = 0},
                     [ROUTER_VOICE] = {.units = 3, .idle_ms = 0},
                     [ROUTER_SOCIAL] = {.units = 1, .idle_ms = 3600000}},
    };
}

void world_rules(struct world *w, uint32_t grace_ms, uint32_t timeouts_to_away)
{
    struct router_config c = world_rules_def();
    c.grace_ms = grace_ms;
    c.timeouts_to_away = timeouts_to_away;
    world_configure(w, &c);
}

void world_configure(struct world *w, const struct router_config *c)
{
    world_step(w, &(struct router_input){.kind = ROUTER_IN_CONFIG, .config = *c});
    world_forget(w);
}

struct router_happened world_words(uint64_t conversation, enum router_channel channel)
{
    return (struct router_happened){
        .kind = ROUTER_WORDS,
        .channel = channel,
        .account = "account",
        .handle = names_of_channel[channel],
        .call = "",
        .language = "",
        .intent = "",
        .conversation = conversation,
        .customer = 1000 + conversation,
        .last_agent = "",
    };
}

void world_happens(struct world *w, struct router_happened h)
{
    world_step(w, &(struct router_input){.kind = ROUTER_IN_HAPPENED, .has_entry = w->with_entries, .happened = h});
}

void says(struct world *w, uint64_t conversation, enum router_channel channel)
{
    world_happens(w, world_words(conversation, channel));
}

static void call_event(struct world *w, enum router_happened_kind kind, uint64_t conversation, const char *call)
{
    struct router_happened h = world_words(conversation, ROUTER_VOICE);
    h.kind = kind;
    h.call = call;
    world_happens(w, h);
}

void calls(struct world *w, uint64_t conversation, const char *call)
{
    call_event(w, ROUTER_CALL_STARTED, conversation, call);
}

void leaves_words(struct world *w, uint64_t conversation)
{
    call_event(w, ROUTER_WORDS, conversation, "");
}

void hangs_up(struct world *w, uint64_t conversation, const char *call)
{
    call_event(w, ROUTER_CALL_ENDED, conversation, call);
}

void closes_chat(struct world *w, uint64_t conversation)
{
    struct router_happened h = world_words(conversation, ROUTER_CHAT);
    h.kind = ROUTER_CHAT_CLOSED;
    world_happens(w, h);
}

static const char *desk_of(const char *agent)
{
    static char name[64];
    snprintf(name, sizeof name, "desk-%s", agent);
    return name;
}

void opens(struct world *w, const char *agent, const char *session, const char *boot)
{
    world_step(w, &(struct router_input){.kind = ROUTER_IN_DESK_OPENED,
                                         .desk_opened = {.session = session, .agent = agent, .boot = boot}});
}

void comes(struct world *w, const char *agent)
{
    opens(w, agent, desk_of(agent), "boot");
    becomes(w, agent, ROUTER_AVAILABLE);
}

void loses(struct world *w, const char *session)
{
    world_step(w, &(struct router_input){.kind = ROUTER_IN_DESK_CLOSED, .desk_closed = {.session = session}});
}

void logs_out(struct world *w, const char *session)
{
    world_step(
        w, &(struct router_input){.kind = ROUTER_IN_DESK_CLOSED, .desk_closed = {.session = session, .logout = true}});
}

struct router_command world_command(const char *agent, enum router_act act)
{
    return (struct router_command){
        .session = desk_of(agent), .agent = agent, .act = act, .account = "", .handle = "", .to = "", .text = ""};
}

void world_commands(struct world *w, struct router_command c)
{
    char id[32];
    snprintf(id, sizeof id, "id-%d", (int)++w->client_id);
    if (!c.client_id)
        c.client_id = id;
    world_step(w, &(struct router_input){.kind = ROUTER_IN_COMMAND, .has_entry = w->with_entries, .command = c});
}

void supervises(struct world *w, struct router_supervise s)
{
    s.by = s.by ? s.by : "sue";
    s.note = s.note ? s.note : "fire";
    world_step(w, &(struct router_input){.kind = ROUTER_IN_SUPERVISE, .supervise = s});
}

void becomes(struct world *w, const char *agent, enum router_presence p)
{
    struct router_command c = world_command(agent, ROUTER_ACT_PRESENCE);
    c.presence = p;
    world_commands(w, c);
}

static void act_on(struct world *w, const char *agent, enum router_act act, uint64_t conversation, const char *to)
{
    struct router_command c = world_command(agent, act);
    c.work = world_work(w, conversation);
    struct router_offer_view o;
    c.epoch = router_offer_to(w->r, c.work, agent, &o) ? o.epoch : world_epoch(w, conversation);
    c.conversation = conversation;
    c.to = to;
    c.text = "sold";
    c.resolved = true;
    world_commands(w, c);
}

void accepts(struct world *w, const char *agent, uint64_t conversation)
{
    act_on(w, agent, ROUTER_ACT_ACCEPT, conversation, "");
}

void declines(struct world *w, const char *agent, uint64_t conversation)
{
    act_on(w, agent, ROUTER_ACT_DECLINE, conversation, "");
}

void closes(struct world *w, const char *agent, uint64_t conversation)
{
    act_on(w, agent, ROUTER_ACT_CLOSE, conversation, "");
}

void closes_with(struct world *w, const char *agent, enum router_act act, uint64_t conversation, const char *word)
{
    struct router_command c = world_command(agent, act);
    c.work = world_work(w, conversation);
    c.text = word;
    world_commands(w, c);
}

void snoozes(struct world *w, const char *agent, uint64_t conversation, int64_t ms)
{
    struct router_command c = world_command(agent, ROUTER_ACT_SNOOZE);
    c.work = world_work(w, conversation);
    c.until = 1700000000000 + w->at + w->ahead + ms;
    world_commands(w, c);
}

void wakes(struct world *w, const char *agent, uint64_t conversation)
{
    act_on(w, agent, ROUTER_ACT_WAKE, conversation, "");
}

void extends(struct world *w, const char *agent, uint64_t conversation)
{
    act_on(w, agent, ROUTER_ACT_EXTEND, conversation, "");
}

void wraps_up(struct world *w, const char *agent, uint64_t conversation)
{
    act_on(w, agent, ROUTER_ACT_WRAP_UP_DONE, conversation, "");
}

void to_queue(struct world *w, const char *agent, uint64_t conversation, const char *queue)
{
    act_on(w, agent, ROUTER_ACT_TRANSFER_QUEUE, conversation, queue);
}

void to_agent(struct world *w, const char *agent, uint64_t conversation, const char *to)
{
    act_on(w, agent, ROUTER_ACT_TRANSFER_AGENT, conversation, to);
}

void to_team(struct world *w, const char *agent, uint64_t conversation, const char *team)
{
    act_on(w, agent, ROUTER_ACT_TRANSFER_TEAM, conversation, team);
}

void sends(struct world *w, const char *agent, uint64_t conversation, enum router_channel channel)
{
    struct router_command c = world_command(agent, ROUTER_ACT_SEND);
    c.conversation = conversation;
    c.channel = channel;
    world_commands(w, c);
}

uint64_t world_work(const struct world *w, uint64_t conversation)
{
    struct router_work_view v;
    return router_work_of_conversation(w->r, conversation, &v) ? v.id : 999999;
}

uint64_t world_epoch(const struct world *w, uint64_t conversation)
{
    struct router_work_view v;
    return router_work_of_conversation(w->r, conversation, &v) ? v.epoch : 0;
}

uint32_t world_load(const struct world *w, const char *agent)
{
    struct router_agent_view v;
    assert_true(router_agent(w->r, agent, &v));
    return v.load;
}

enum router_presence world_presence(const struct world *w, const char *agent)
{
    struct router_agent_view v;
    assert_true(router_agent(w->r, agent, &v));
    return v.presence;
}

const char *world_agent_of(const struct world *w, uint64_t conversation)
{
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, conversation, &v));
    return v.agent;
}
