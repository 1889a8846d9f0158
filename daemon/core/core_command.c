// SPDX-License-Identifier: Apache-2.0
// From a desk command of the log to what the router takes: one row per act. What a row returns false for is malformed; whether an act is
// allowed is the router's to judge.
#include "daemon/core/input.h"

typedef bool act_fn(const Throughline__V1__Command *m, struct router_command *out);

static bool act_presence(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_PRESENCE;
    out->presence = (enum router_presence)m->presence->state; // others than an agent may choose are refused in the fold
    return true;
}

static bool act_accept(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_ACCEPT;
    out->work = m->accept->work;
    out->epoch = m->accept->epoch;
    return true;
}

static bool act_decline(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_DECLINE;
    out->work = m->decline->work;
    out->epoch = m->decline->epoch;
    out->text = m->decline->reason;
    return true;
}

static bool act_send(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_SEND;
    out->conversation = m->send->conversation;
    out->channel = (enum router_channel)m->send->channel;
    out->account = m->send->account;
    out->handle = m->send->handle;
    return (unsigned)m->send->channel < ROUTER_CHANNELS;
}

static bool act_note(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_NOTE;
    out->conversation = m->note->conversation;
    return true;
}

static bool act_transfer(const Throughline__V1__Command *m, struct router_command *out)
{
    const Throughline__V1__Transfer *t = m->transfer;
    static const enum router_act by_target[] = {
        [THROUGHLINE__V1__TRANSFER__TO_QUEUE] = ROUTER_ACT_TRANSFER_QUEUE,
        [THROUGHLINE__V1__TRANSFER__TO_AGENT] = ROUTER_ACT_TRANSFER_AGENT,
        [THROUGHLINE__V1__TRANSFER__TO_TEAM] = ROUTER_ACT_TRANSFER_TEAM,
    };
    size_t target = (size_t)t->to_case;
    if (target >= sizeof by_target / sizeof *by_target || !by_target[target])
        return false;
    out->act = by_target[target];
    out->work = t->work;
    out->to = t->queue; // the names share their place
    return true;
}

static bool act_close(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_CLOSE;
    out->work = m->close->work;
    out->text = m->close->disposition;
    out->resolved = m->close->resolved;
    return true;
}

static bool act_wrap_up_done(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_WRAP_UP_DONE;
    out->work = m->wrap_up_done->work;
    return true;
}

static bool act_extend(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_EXTEND;
    out->work = m->extend->work;
    return true;
}

static bool act_disposition(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_DISPOSITION;
    out->work = m->disposition->work;
    out->text = m->disposition->disposition;
    out->resolved = m->disposition->resolved;
    return true;
}

static bool act_snooze(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_SNOOZE;
    out->work = m->snooze->work;
    out->until = m->snooze->until_ms;
    return true;
}

static bool act_wake(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_WAKE;
    out->work = m->wake->work;
    return true;
}

static bool act_ask(const Throughline__V1__Ask *m, enum router_act act, struct router_command *out)
{
    static const enum router_target targets[] = {
        [THROUGHLINE__V1__ASK__TO_QUEUE] = ROUTER_TARGET_QUEUE,
        [THROUGHLINE__V1__ASK__TO_AGENT] = ROUTER_TARGET_AGENT,
        [THROUGHLINE__V1__ASK__TO_TEAM] = ROUTER_TARGET_TEAM,
    };
    if ((size_t)m->to_case >= sizeof targets / sizeof *targets || !targets[m->to_case])
        return false;
    out->act = act;
    out->work = m->work;
    out->target = targets[m->to_case];
    out->to = m->queue; // the names share their place
    return true;
}

static bool act_consult(const Throughline__V1__Command *m, struct router_command *out)
{
    return act_ask(m->consult, ROUTER_ACT_CONSULT, out);
}

static bool act_invite(const Throughline__V1__Command *m, struct router_command *out)
{
    return act_ask(m->invite, ROUTER_ACT_INVITE, out);
}

static bool act_join(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_JOIN;
    out->work = m->join->work;
    out->epoch = m->join->epoch;
    return true;
}

static bool act_leave(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_LEAVE;
    out->work = m->leave->work;
    return true;
}

static bool act_dismiss(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_DISMISS;
    out->work = m->dismiss->work;
    out->to = m->dismiss->agent;
    return true;
}

static bool act_hand_over(const Throughline__V1__Command *m, struct router_command *out)
{
    out->act = ROUTER_ACT_HAND_OVER;
    out->work = m->hand_over->work;
    out->to = m->hand_over->agent;
    return true;
}

#define ACT_FIRST THROUGHLINE__V1__COMMAND__ACT_PRESENCE
static act_fn *const acts[] = {
    [THROUGHLINE__V1__COMMAND__ACT_PRESENCE - ACT_FIRST] = act_presence,
    [THROUGHLINE__V1__COMMAND__ACT_ACCEPT - ACT_FIRST] = act_accept,
    [THROUGHLINE__V1__COMMAND__ACT_DECLINE - ACT_FIRST] = act_decline,
    [THROUGHLINE__V1__COMMAND__ACT_SEND - ACT_FIRST] = act_send,
    [THROUGHLINE__V1__COMMAND__ACT_NOTE - ACT_FIRST] = act_note,
    [THROUGHLINE__V1__COMMAND__ACT_TRANSFER - ACT_FIRST] = act_transfer,
    [THROUGHLINE__V1__COMMAND__ACT_CLOSE - ACT_FIRST] = act_close,
    [THROUGHLINE__V1__COMMAND__ACT_WRAP_UP_DONE - ACT_FIRST] = act_wrap_up_done,
    [THROUGHLINE__V1__COMMAND__ACT_EXTEND - ACT_FIRST] = act_extend,
    [THROUGHLINE__V1__COMMAND__ACT_DISPOSITION - ACT_FIRST] = act_disposition,
    [THROUGHLINE__V1__COMMAND__ACT_SNOOZE - ACT_FIRST] = act_snooze,
    [THROUGHLINE__V1__COMMAND__ACT_WAKE - ACT_FIRST] = act_wake,
    [THROUGHLINE__V1__COMMAND__ACT_CONSULT - ACT_FIRST] = act_consult,
    [THROUGHLINE__V1__COMMAND__ACT_INVITE - ACT_FIRST] = act_invite,
    [THROUGHLINE__V1__COMMAND__ACT_JOIN - ACT_FIRST] = act_join,
    [THROUGHLINE__V1__COMMAND__ACT_LEAVE - ACT_FIRST] = act_leave,
    [THROUGHLINE__V1__COMMAND__ACT_DISMISS - ACT_FIRST] = act_dismiss,
    [THROUGHLINE__V1__COMMAND__ACT_HAND_OVER - ACT_FIRST] = act_hand_over,
};

bool input_command(const Throughline__V1__Command *k, struct router_command *out)
{
    unsigned i = (unsigned)k->act_case - ACT_FIRST;
    *out = (struct router_command){
        .session = k->session,
        .client_id = k->client_id,
        .agent = k->agent,
        .account = "",
        .handle = "",
        .to = "",
        .text = "",
    };
    return i < sizeof acts / sizeof acts[0] && acts[i] && acts[i](k, out);
}
