// SPDX-License-Identifier: Apache-2.0
//
// The coverage of the model: one table of enums, each value of which a run must reach. A model that never gets somewhere proves
// nothing about it. Enums of the contract name their values themselves; the others' names stand here, in switches whose
// completeness the compiler demands.

#include "cover.h"

#include "throughline/v1/agent.pb-c.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/decision.pb-c.h"
#include "throughline/v1/log.pb-c.h"
#include "throughline/v1/supervise.pb-c.h"
#include "throughline/v1/work.pb-c.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COVER_VALUES 64

static uint64_t seen[COVERS][COVER_VALUES];

// ---- names ----

static const char *input_name(int v)
{
    static const char *const names[] = {
        [ROUTER_IN_HAPPENED] = "happened",
        [ROUTER_IN_DESK_OPENED] = "desk opened",
        [ROUTER_IN_DESK_CLOSED] = "desk closed",
        [ROUTER_IN_NODE_LOST] = "node lost",
        [ROUTER_IN_COMMAND] = "command",
        [ROUTER_IN_TICK] = "tick",
        [ROUTER_IN_CONFIG] = "config",
        [ROUTER_IN_AGENT_PUT] = "agent put",
        [ROUTER_IN_AGENT_REMOVED] = "agent removed",
        [ROUTER_IN_QUEUE_PUT] = "queue put",
        [ROUTER_IN_QUEUE_REMOVED] = "queue removed",
        [ROUTER_IN_FOLD] = "fold",
        [ROUTER_IN_DELIVERY] = "delivery",
        [ROUTER_IN_CUSTOMER_CHANGED] = "customer changed",
        [ROUTER_IN_CALENDAR] = "calendar",
        [ROUTER_IN_LEARNED] = "learned",
        [ROUTER_IN_SUPERVISE] = "supervise",
        [ROUTER_IN_SAID] = "said",
        [ROUTER_IN_NOTHING] = "nothing",
    };
    _Static_assert(sizeof names / sizeof names[0] == ROUTER_IN_NOTHING + 1, "the last input");
    return v <= ROUTER_IN_NOTHING ? names[v] : NULL;
}

static const char *act_name(int v)
{
    static const char *const names[] = {
        [ROUTER_ACT_PRESENCE] = "presence",
        [ROUTER_ACT_ACCEPT] = "accept",
        [ROUTER_ACT_DECLINE] = "decline",
        [ROUTER_ACT_SEND] = "send",
        [ROUTER_ACT_NOTE] = "note",
        [ROUTER_ACT_TRANSFER_QUEUE] = "transfer to a queue",
        [ROUTER_ACT_TRANSFER_AGENT] = "transfer to an agent",
        [ROUTER_ACT_CLOSE] = "close",
        [ROUTER_ACT_WRAP_UP_DONE] = "wrap-up done",
        [ROUTER_ACT_EXTEND] = "extend",
        [ROUTER_ACT_DISPOSITION] = "disposition",
        [ROUTER_ACT_SNOOZE] = "snooze",
        [ROUTER_ACT_WAKE] = "wake",
        [ROUTER_ACT_TRANSFER_TEAM] = "transfer to a team",
        [ROUTER_ACT_CONSULT] = "consult",
        [ROUTER_ACT_INVITE] = "invite",
        [ROUTER_ACT_JOIN] = "join",
        [ROUTER_ACT_LEAVE] = "leave",
        [ROUTER_ACT_DISMISS] = "dismiss",
        [ROUTER_ACT_HAND_OVER] = "hand over",
    };
    _Static_assert(sizeof names / sizeof names[0] == ROUTER_ACTS, "the last act");
    return v < ROUTER_ACTS ? names[v] : NULL;
}

static const char *effect_name(int v)
{
    static const char *const names[] = {
        [ROUTER_DONE] = "done",
        [ROUTER_REFUSED] = "refused",
        [ROUTER_DECISION] = "decision",
        [ROUTER_OFFER] = "offer",
        [ROUTER_OFFER_ENDED] = "offer ended",
        [ROUTER_ASSIGN] = "assign",
        [ROUTER_UNASSIGN] = "unassign",
        [ROUTER_WORK] = "work",
        [ROUTER_ENTRY] = "entry",
        [ROUTER_DELIVER] = "deliver",
        [ROUTER_CONNECT] = "connect",
        [ROUTER_DISCONNECT] = "disconnect",
        [ROUTER_DELIVERY_NEWS] = "delivery news",
        [ROUTER_PRESENCE] = "presence",
        [ROUTER_CONVERSATION_CLOSED] = "conversation closed",
        [ROUTER_ENTRY_REFUSED] = "entry refused",
        [ROUTER_CONFIGURED] = "configured",
        [ROUTER_CUSTOMER] = "customer",
        [ROUTER_NOTICE] = "notice",
        [ROUTER_DESK_ENDED] = "desk ended",
        [ROUTER_PARTICIPANT_ASKED] = "participant asked",
        [ROUTER_PARTICIPANT_JOINED] = "participant joined",
        [ROUTER_PARTICIPANT_ENDED] = "participant ended",
        [ROUTER_DIAL] = "dial",
        [ROUTER_RECORD] = "record",
    };
    _Static_assert(sizeof names / sizeof names[0] == ROUTER_EFFECTS, "the last effect");
    return v < ROUTER_EFFECTS ? names[v] : NULL;
}

static const char *learned_name(int v)
{
    static const char *const names[] = {NULL, "contest", "restore", "reset"};
    return v <= ROUTER_LEARNED_RESET ? names[v] : NULL;
}

static const char *select_name(int v)
{
    return v < ROUTER_SELECTS ? router_select_name((enum router_select)v) : NULL;
}

static const char *order_name(int v)
{
    return v < ROUTER_ORDERS ? router_order_name((enum router_order)v) : NULL;
}

// What is no enum of the router: ways of it that must have been gone.
static const char *const came[] = {"as estimated", "sooner than estimated", "later than estimated", "not estimated"};

enum { DECIDED, NOBODY, NOBODY_EVER, RELAXED, HELD, TO_AGENT, TO_TEAM, BY_NAME, AGAIN, VOICEMAIL, DECISIONS };
static const char *const decisions[] = {
    "somebody",       "nobody",           "nobody ever",           "a relaxed requirement", "held for somebody known",
    "passed by name", "passed to a team", "named by a supervisor", "former agent",          "a voicemail"};

enum { FULL, FOR_TOO_LONG, OVERFLOWS };
static const char *const overflows[] = {"full", "waited too long"};

enum { OPEN, CLOSED, TURNED, HOURS };
static const char *voicemail_name(int v)
{
    static const char *const names[ROUTER_CAUSES] = {[ROUTER_CAUSE_FULL] = "full",
                                                     [ROUTER_CAUSE_WAITED] = "waited",
                                                     [ROUTER_CAUSE_CLOSED] = "closed by hand",
                                                     [ROUTER_CAUSE_HOURS] = "closed",
                                                     [ROUTER_CAUSE_LONG] = "would wait"};
    return v < ROUTER_CAUSES ? names[v] : NULL;
}

static const char *const hours[] = {"open", "closed", "turned"};

static const char *callback_name(int v)
{
    static const char *const names[] = {"asked for", "reached", "unreached"};
    return v < CALLBACK_WAYS ? names[v] : NULL;
}

static const char *came_name(int v)
{
    return v < CAME_KINDS ? came[v] : NULL;
}

static const char *decision_name(int v)
{
    return v < DECISIONS ? decisions[v] : NULL;
}

static const char *overflow_name(int v)
{
    return v < OVERFLOWS ? overflows[v] : NULL;
}

static const char *hours_name(int v)
{
    return v < HOURS ? hours[v] : NULL;
}

// ---- the table ----

static const struct {
    const char *what;
    const ProtobufCEnumDescriptor *of; // names of the contract, or
    const char *(*name)(int value);    // of the model; NULL = no such value
    int first;
} table[COVERS] = {
    [COVER_INPUT] = {"input", NULL, input_name, 1},
    [COVER_HAPPENED] = {"happened", &throughline__v1__happened_kind__descriptor, NULL, 1},
    [COVER_ACT_DONE] = {"act that is done", NULL, act_name, 1},
    [COVER_ACT_REFUSED] = {"act that is refused", NULL, act_name, 1},
    [COVER_SUPERVISION_DONE] = {"supervision that is done", &throughline__v1__supervision__descriptor, NULL, 1},
    [COVER_SUPERVISION_REFUSED] = {"supervision that is refused", &throughline__v1__supervision__descriptor, NULL, 1},
    [COVER_LEARNED] = {"learned", NULL, learned_name, 1},
    [COVER_EFFECT] = {"effect", NULL, effect_name, 1},
    [COVER_REASON] = {"reason", &throughline__v1__reason__descriptor, NULL, 1},
    [COVER_REFUSAL] = {"refusal", &throughline__v1__refusal__descriptor, NULL, 1},
    [COVER_STATE] = {"state of work", &throughline__v1__work_state__descriptor, NULL, 1},
    [COVER_PRESENCE] = {"presence", &throughline__v1__presence_state__descriptor, NULL, 1},
    [COVER_EXCLUSION] = {"exclusion", &throughline__v1__exclusion__descriptor, NULL, 1},
    [COVER_CHANGE] = {"change", &throughline__v1__change_kind__descriptor, NULL, 1},
    [COVER_BEHIND] = {"behind", &throughline__v1__behind__descriptor, NULL, 1},
    [COVER_SELECT] = {"choice", NULL, select_name, 0},
    [COVER_ORDER] = {"order", NULL, order_name, 0},
    [COVER_WAIT] = {"wait", &throughline__v1__wait_kind__descriptor, NULL, 1},
    [COVER_CAME] = {"end of a wait", NULL, came_name, 0},
    [COVER_DECISION] = {"decision", NULL, decision_name, 0},
    [COVER_CAUSE] = {"cause", &throughline__v1__cause__descriptor, NULL, 1},
    [COVER_RESPONSE] = {"response", &throughline__v1__response__descriptor, NULL, 0},
    [COVER_FIRST] = {"first response", &throughline__v1__response_kept__descriptor, NULL, 0},
    [COVER_NEXT] = {"next response", &throughline__v1__response_kept__descriptor, NULL, 1},
    [COVER_NOTICE] = {"notice", &throughline__v1__notice_kind__descriptor, NULL, 1},
    [COVER_CALLBACK] = {"callback", NULL, callback_name, 0},
    [COVER_OVERFLOW] = {"overflow", NULL, overflow_name, 0},
    [COVER_VOICEMAIL] = {"cause of voicemail", NULL, voicemail_name, 1},
    [COVER_ENTRY] = {"condition that was met", &throughline__v1__condition_kind__descriptor, NULL, 1},
    [COVER_PASSED] = {"condition that failed", &throughline__v1__condition_kind__descriptor, NULL, 1},
    [COVER_SAID_BY] = {"who said an attribute", &throughline__v1__said_by__descriptor, NULL, 1},
    [COVER_HOURS] = {"calendar", NULL, hours_name, 0},
    [COVER_TIMER] = {"timer", NULL, twin_timer_name, 1},
};

const char *cover_name(enum cover_of what, int value)
{
    if (!table[what].of)
        return table[what].name(value);
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(table[what].of, value);
    return v ? v->name : NULL;
}

void cover(enum cover_of what, int value)
{
    if (value >= 0 && value < COVER_VALUES)
        seen[what][value]++;
}

void cover_rarest(void)
{
    const char *what = "", *which = "";
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < COVERS; i++) {
        for (int v = table[i].first; v < COVER_VALUES; v++) {
            if (!cover_name((enum cover_of)i, v) || seen[i][v] >= least)
                continue;
            least = seen[i][v];
            what = table[i].what;
            which = cover_name((enum cover_of)i, v);
        }
    }
    printf("reached least: %s, %s (%" PRIu64 " times)\n", what, which, least);
}

bool cover_complete(void)
{
    bool all = true;
    for (size_t what = 0; what < COVERS; what++) {
        for (int v = table[what].first; v < COVER_VALUES; v++) {
            const char *name = cover_name((enum cover_of)what, v);
            bool good = name ? seen[what][v] > 0 : !seen[what][v];
            if (!good)
                fprintf(stderr, "%s: %s (%d) %s\n", table[what].what, name ? name : "?", v,
                        name ? "was never reached" : "has no name in cover.c");
            all &= good;
        }
    }
    return all;
}

// ---- what is seen in a step ----

static void cover_input(const struct router_input *in, bool done)
{
    cover(COVER_INPUT, (int)in->kind);
    if (in->kind == ROUTER_IN_HAPPENED)
        cover(COVER_HAPPENED, (int)in->happened.kind);
    if (in->kind == ROUTER_IN_COMMAND)
        cover(done ? COVER_ACT_DONE : COVER_ACT_REFUSED, (int)in->command.act);
    if (in->kind == ROUTER_IN_SUPERVISE)
        cover(done ? COVER_SUPERVISION_DONE : COVER_SUPERVISION_REFUSED, (int)in->supervise.act);
    if (in->kind == ROUTER_IN_LEARNED && done)
        cover(COVER_LEARNED, (int)in->learned.act);
    if (in->kind == ROUTER_IN_CONFIG)
        cover(COVER_ORDER, (int)in->config.order);
}

static void cover_decision(const struct router_decision *d)
{
    static const int passed[] = {TO_AGENT, TO_TEAM, BY_NAME, AGAIN, RELAXED, HELD, NOBODY_EVER};
    const bool is[] = {*d->wanted, *d->team, d->hand.act == ROUTER_ASSIGN_TO, *d->former, d->step,
                       d->hold_ms, !d->able};
    cover(COVER_DECISION, *d->winner ? DECIDED : NOBODY);
    cover(COVER_SELECT, (int)d->select);
    for (size_t i = 0; i < sizeof is / sizeof is[0]; i++)
        cover(COVER_DECISION, is[i] ? passed[i] : -1);
    cover(COVER_CAUSE, (int)d->overflowed.cause);
    cover(COVER_CAUSE, (int)d->relaxed.cause);
    cover(COVER_VOICEMAIL, (int)d->voicemail.cause);
    cover(COVER_CAUSE, (int)d->voicemail.cause);
    cover(COVER_DECISION, d->voicemail.left ? VOICEMAIL : -1);
    cover(COVER_RESPONSE, (int)d->due.response);
    cover(COVER_FIRST, (int)d->due.first);
    for (int i = 1; i < ROUTER_EXCLUSIONS; i++)
        cover(COVER_EXCLUSION, d->excluded[i] ? i : -1);
    for (size_t i = 0; i < d->candidates_n; i++) {
        const struct router_candidate *c = &d->candidates[i];
        cover(COVER_BEHIND, (int)c->behind);
        for (size_t k = 0; k < c->changes_n; k++)
            cover(COVER_CHANGE, (int)c->changes[k].kind);
    }
}

static void cover_effects(const struct router_effects *out)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct router_effect *e = &out->v[i];
        cover(COVER_EFFECT, (int)e->kind);
        cover(COVER_REASON, (int)e->reason);
        cover(COVER_OVERFLOW, e->reason == ROUTER_OVERFLOWED ? FOR_TOO_LONG : -1);
        cover(COVER_REFUSAL, (int)e->refusal);
        if (e->kind == ROUTER_WORK || e->kind == ROUTER_PRESENCE)
            cover(e->kind == ROUTER_WORK ? COVER_STATE : COVER_PRESENCE, (int)e->state);
        if (e->notice)
            cover(COVER_NOTICE, (int)e->notice->kind);
        if (e->decision)
            cover_decision(e->decision);
    }
}

static void cover_calendars(const struct router *r, const struct router_input *in)
{
    static bool open[ROUTER_CALENDARS_MAX];
    struct router_calendar_view v;
    for (size_t i = 0; router_calendar_at(r, i, &v); i++) {
        bool turned = in->kind == ROUTER_IN_TICK && v.compiled && v.open != open[i];
        cover(COVER_HOURS, turned ? TURNED : -1);
        open[i] = v.open;
    }
    struct router_queue_view q;
    for (size_t i = 0; router_queue_at(r, i, &q); i++)
        cover(COVER_HOURS, !*q.def.calendar ? -1 : q.closed ? CLOSED : OPEN);
}

void cover_step(const struct router_input *in, const struct router_effects *out, const struct router *r,
                const struct twin *t)
{
    bool done = true;
    for (size_t i = 0; i < out->n; i++)
        done &= out->v[i].kind != ROUTER_REFUSED;
    cover_input(in, done);
    cover_effects(out);
    cover_calendars(r, in);
    for (int i = 1; i < (int)(sizeof t->fired / sizeof t->fired[0]); i++)
        seen[COVER_TIMER][i] = t->fired[i];
    seen[COVER_OVERFLOW][FULL] = t->passed_on;
}
