// SPDX-License-Identifier: Apache-2.0
// The plain desk commands: the message goes into the log as it is. Only the form is judged here; whether the agent may, and
// whether the offer still stands, is judged in the fold, by all nodes alike.
#include <string.h>

#include "daemon/faces/desk.h"

static bool fault(struct desk_fault *f, const char *code, const char *field, const char *detail)
{
    *f = (struct desk_fault){.code = code, .field = field, .detail = detail};
    return false;
}

static bool bounded(struct desk_fault *f, const char *value, size_t max, const char *field)
{
    return strlen(value) <= max || fault(f, "too_long", field, "the value is too long");
}

static bool make_presence(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    if (c->presence->state != THROUGHLINE__V1__PRESENCE_STATE__PRESENCE_STATE_AVAILABLE &&
        c->presence->state != THROUGHLINE__V1__PRESENCE_STATE__PRESENCE_STATE_AWAY &&
        c->presence->state != THROUGHLINE__V1__PRESENCE_STATE__PRESENCE_STATE_FOCUS &&
        c->presence->state != THROUGHLINE__V1__PRESENCE_STATE__PRESENCE_STATE_DRAINING)
        return fault(f, "invalid_field", "presence.state", "must be AVAILABLE, AWAY, FOCUS or DRAINING");
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_PRESENCE;
    out->presence = c->presence;
    return true;
}

static bool make_decline(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_DECLINE;
    out->decline = c->decline;
    return bounded(f, c->decline->reason, 64, "decline.reason");
}

static bool make_transfer(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_TRANSFER;
    out->transfer = c->transfer;
    if (c->transfer->to_case == THROUGHLINE__V1__TRANSFER__TO_QUEUE)
        return bounded(f, c->transfer->queue, 64, "transfer.queue");
    if (c->transfer->to_case == THROUGHLINE__V1__TRANSFER__TO_AGENT)
        return bounded(f, c->transfer->agent, 64, "transfer.agent");
    if (c->transfer->to_case == THROUGHLINE__V1__TRANSFER__TO_TEAM)
        return bounded(f, c->transfer->team, 64, "transfer.team");
    return fault(f, "missing_field", "transfer", "must name a queue, an agent or a team");
}

static bool ask_is_sound(const Throughline__V1__Ask *a, struct desk_fault *f)
{
    if (a->to_case == THROUGHLINE__V1__ASK__TO__NOT_SET)
        return fault(f, "missing_field", "to", "must name a queue, an agent or a team");
    return bounded(f, a->queue, 64, "to"); // the names share their place
}

static bool make_consult(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_CONSULT;
    out->consult = c->consult;
    return ask_is_sound(c->consult, f);
}

static bool make_invite(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_INVITE;
    out->invite = c->invite;
    return ask_is_sound(c->invite, f);
}

static bool make_dismiss(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_DISMISS;
    out->dismiss = c->dismiss;
    return bounded(f, c->dismiss->agent, 64, "dismiss.agent");
}

static bool make_hand_over(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_HAND_OVER;
    out->hand_over = c->hand_over;
    return bounded(f, c->hand_over->agent, 64, "hand_over.agent");
}

static bool make_close(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_CLOSE;
    out->close = c->close;
    return bounded(f, c->close->disposition, 64, "close.disposition");
}

static bool make_disposition(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_DISPOSITION;
    out->disposition = c->disposition;
    return bounded(f, c->disposition->disposition, 64, "disposition.disposition");
}

// Whether the time is one that it can be put away until is judged by the log's clock.
static bool make_snooze(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    out->act_case = THROUGHLINE__V1__COMMAND__ACT_SNOOZE;
    out->snooze = c->snooze;
    return c->snooze->until_ms > 0 || fault(f, "missing_field", "snooze.until_ms", "a time is needed, Unix ms");
}

// What only names its work and offer.
static bool make_short(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    (void)f;
    if (c->command_case == THROUGHLINE__V1__DESK_COMMAND__COMMAND_ACCEPT) {
        out->act_case = THROUGHLINE__V1__COMMAND__ACT_ACCEPT;
        out->accept = c->accept;
    } else if (c->command_case == THROUGHLINE__V1__DESK_COMMAND__COMMAND_EXTEND) {
        out->act_case = THROUGHLINE__V1__COMMAND__ACT_EXTEND;
        out->extend = c->extend;
    } else if (c->command_case == THROUGHLINE__V1__DESK_COMMAND__COMMAND_WAKE) {
        out->act_case = THROUGHLINE__V1__COMMAND__ACT_WAKE;
        out->wake = c->wake;
    } else if (c->command_case == THROUGHLINE__V1__DESK_COMMAND__COMMAND_JOIN) {
        out->act_case = THROUGHLINE__V1__COMMAND__ACT_JOIN;
        out->join = c->join;
    } else if (c->command_case == THROUGHLINE__V1__DESK_COMMAND__COMMAND_LEAVE) {
        out->act_case = THROUGHLINE__V1__COMMAND__ACT_LEAVE;
        out->leave = c->leave;
    } else {
        out->act_case = THROUGHLINE__V1__COMMAND__ACT_WRAP_UP_DONE;
        out->wrap_up_done = c->wrap_up_done;
    }
    return true;
}

typedef bool make_fn(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f);

static make_fn *const plain[] = {
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_PRESENCE] = make_presence,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_ACCEPT] = make_short,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_DECLINE] = make_decline,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_TRANSFER] = make_transfer,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_CLOSE] = make_close,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_WRAP_UP_DONE] = make_short,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_EXTEND] = make_short,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_DISPOSITION] = make_disposition,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_SNOOZE] = make_snooze,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_WAKE] = make_short,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_CONSULT] = make_consult,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_INVITE] = make_invite,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_JOIN] = make_short,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_LEAVE] = make_short,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_DISMISS] = make_dismiss,
    [THROUGHLINE__V1__DESK_COMMAND__COMMAND_HAND_OVER] = make_hand_over,
};

bool desk_plain(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *f)
{
    size_t kind = (size_t)c->command_case;
    if (kind >= sizeof plain / sizeof *plain || !plain[kind])
        return fault(f, "empty_command", "", "a command must say what to do");
    return plain[kind](c, out, f);
}
