// SPDX-License-Identifier: Apache-2.0
//
// What the router did, in words: a line per effect, and decisions as `throughline why` tells them.

#include "story.h"

#include "cli/why.h"
#include "daemon/core/decision.h"
#include "proto/json.h"
#include "proto/names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("    ", stdout);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

static const char *reason(const struct router_effect *e)
{
    static char text[64];
    snprintf(text, sizeof text, "%s", reason_name((Throughline__V1__Reason)e->reason));
    for (char *p = text; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    return text;
}

static const char *because(const struct router_effect *e)
{
    static char text[80];
    snprintf(text, sizeof text, "%s%s%s", e->reason ? " (" : "", e->reason ? reason(e) : "", e->reason ? ")" : "");
    return text;
}

// ---- effects ----

static void tell_refused(const struct story *s, const struct router_effect *e)
{
    (void)s;
    say("refused: %s", refusal_name((Throughline__V1__Refusal)e->refusal));
}

static void tell_decision(const struct story *s, const struct router_effect *e)
{
    struct decision_place place = {.work = e->work, .conversation = e->conversation, .reason = e->reason};
    Throughline__V1__Decision *m = decision_message(s->r, e->decision, &place);
    struct router_stats now;
    router_stats(s->r, &now);
    if (m && m->entered->input != now.input) { // told once, when it came
        throughline__v1__entered__free_unpacked(m->entered, NULL);
        m->entered = NULL;
    }
    size_t len, n = 0;
    char *text = m ? json_write(&m->base, &len) : NULL, *words = NULL;
    json_t *d = text ? json_loadb(text, len, 0, NULL) : NULL;
    if (!d)
        abort();
    FILE *real = stdout;
    stdout = open_memstream(&words, &n);
    if (!stdout)
        abort();
    why_decision(d, "decided", "");
    fclose(stdout);
    stdout = real;
    char *at = NULL;
    for (char *line = strtok_r(words, "\n", &at); line; line = strtok_r(NULL, "\n", &at))
        say("%s", line);
    free(words);
    free(text);
    json_decref(d);
    protobuf_c_message_free_unpacked(&m->base, NULL);
}

static void tell_offer(const struct story *s, const struct router_effect *e)
{
    say("%s is offered to %s until %s", story_customer(s, e->conversation), e->agent,
        story_clock(s->start + e->deadline));
}

static void tell_offer_ended(const struct story *s, const struct router_effect *e)
{
    say("%s is no longer offered to %s%s", story_customer(s, e->conversation), e->agent, because(e));
}

static void tell_assign(const struct story *s, const struct router_effect *e)
{
    say("%s has %s%s", e->agent, story_customer(s, e->conversation), because(e));
}

static void tell_unassign(const struct story *s, const struct router_effect *e)
{
    say("%s no longer has %s%s%s", e->agent, story_customer(s, e->conversation), because(e),
        e->informed ? ", but goes on seeing the conversation" : "");
}

static void tell_work(const struct story *s, const struct router_effect *e)
{
    char state[32];
    snprintf(state, sizeof state, "%s", work_state_name((Throughline__V1__WorkState)e->state));
    for (char *p = state; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    struct router_work_view v;
    bool waits = e->state == ROUTER_QUEUED && router_work(s->r, e->work, &v);
    say("%s: %s%s%s%s", story_customer(s, e->conversation), state, waits ? " in " : "", waits ? v.queue : "",
        because(e));
}

static void tell_entry(const struct story *s, const struct router_effect *e)
{
    if (e->informed)
        say("%s, who had %s before, sees it too", e->agent, story_customer(s, e->conversation));
    else
        say("%s sees it", e->agent);
}

static void tell_deliver(const struct story *s, const struct router_effect *e)
{
    say("goes to %s by %s", story_customer(s, e->conversation),
        channel_name((Throughline__V1__Channel)e->session.channel));
}

static void tell_connect(const struct story *s, const struct router_effect *e)
{
    const char *role = e->role ? role_name((Throughline__V1__Role)e->role) : "";
    say("%s's call is put through to %s%s%s", story_customer(s, e->conversation), e->agent, *role ? ", " : "", role);
}

static void tell_disconnect(const struct story *s, const struct router_effect *e)
{
    say("%s is taken off %s's call", e->agent, story_customer(s, e->conversation));
}

static void tell_dial(const struct story *s, const struct router_effect *e)
{
    say("%s is called at %s for %s, attempt %u", story_customer(s, e->conversation), e->session.callback, e->agent,
        e->session.attempts);
}

static void tell_participant(const struct story *s, const struct router_effect *e)
{
    const char *what = e->kind == ROUTER_PARTICIPANT_ASKED    ? "is asked to take"
                       : e->kind == ROUTER_PARTICIPANT_JOINED ? "takes"
                                                              : "no longer takes";
    say("%s %s part in %s's matter, %s%s", e->agent, what, story_customer(s, e->conversation),
        role_name((Throughline__V1__Role)e->role), because(e));
}

static void tell_record(const struct story *s, const struct router_effect *e)
{
    say("%s is asked to leave a message", story_customer(s, e->conversation));
}

static void tell_presence(const struct story *s, const struct router_effect *e)
{
    (void)s;
    say("%s is %s%s", e->agent, presence_name((Throughline__V1__PresenceState)e->state), because(e));
}

static void tell_closed(const struct story *s, const struct router_effect *e)
{
    say("%s closed %s as %s", e->agent, story_customer(s, e->conversation), e->resolved ? "resolved" : "unresolved");
}

static void tell_desk_ended(const struct story *s, const struct router_effect *e)
{
    (void)s;
    say("%s's desk is ended%s", e->agent, because(e));
}

static void (*const tellers[ROUTER_EFFECTS])(const struct story *s, const struct router_effect *e) = {
    [ROUTER_REFUSED] = tell_refused,
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
    [ROUTER_RECORD] = tell_record,
    [ROUTER_PRESENCE] = tell_presence,
    [ROUTER_CONVERSATION_CLOSED] = tell_closed,
    [ROUTER_DESK_ENDED] = tell_desk_ended,
    [ROUTER_PARTICIPANT_ASKED] = tell_participant,
    [ROUTER_PARTICIPANT_JOINED] = tell_participant,
    [ROUTER_PARTICIPANT_ENDED] = tell_participant,
};

void story_tell(struct story *s, const struct router_effects *out)
{
    for (size_t i = 0; i < out->n; i++) {
        if (tellers[out->v[i].kind])
            tellers[out->v[i].kind](s, &out->v[i]);
    }
}

// ---- questions ----

void story_tell_work(const struct story *s, uint64_t conversation)
{
    struct router_work_view v;
    if (!router_work_of_conversation(s->r, conversation, &v)) {
        say("nothing of %s is open", story_customer(s, conversation));
        return;
    }
    say("%s: %s%s%s, queue %s, takes %u unit%s", story_customer(s, conversation),
        work_state_name((Throughline__V1__WorkState)v.state), *v.agent ? " with " : "", v.agent, v.queue, v.charge,
        v.charge == 1 ? "" : "s");
}

void story_tell_lessons(const struct story *s, const char *agent)
{
    struct router_lesson_view v;
    size_t n = 0;
    for (; router_lesson_at(s->r, agent, n, &v); n++)
        say("in %s: resolved %u of %u; counts as %u.%u %%", v.queue, v.solved, v.tried, v.estimate / 10000,
            v.estimate / 1000 % 10);
    if (!n)
        say("nothing yet");
}
