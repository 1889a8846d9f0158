// SPDX-License-Identifier: Apache-2.0
//
// The twin's snoozing: all that sleeps is looked through at each input.

#include "twin.h"

#include <string.h>

enum router_refusal twin_may_snooze(const struct twin *t, const struct router_command *c, const struct twin_work *w)
{
    int64_t most = (int64_t)90 * 24 * 3600 * 1000;
    if (!w)
        return ROUTER_UNKNOWN_WORK;
    if (c->act == ROUTER_ACT_WAKE && strcmp(w->former, c->agent) != 0)
        return ROUTER_NOT_YOURS;
    if (c->act == ROUTER_ACT_WAKE)
        return w->state == ROUTER_SNOOZED ? ROUTER_REFUSAL_NONE : ROUTER_WRONG_STATE;
    if (!twin_at_hand(w, c->agent))
        return ROUTER_NOT_YOURS;
    if (w->state != ROUTER_ASSIGNED)
        return ROUTER_WRONG_STATE;
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].live && w->sessions[i].channel == ROUTER_VOICE)
            return ROUTER_WRONG_STATE;
    }
    return c->until > t->wall && c->until - t->wall <= most ? ROUTER_REFUSAL_NONE : ROUTER_INVALID;
}

void twin_snooze(struct twin *t, struct twin_work *w, int64_t until)
{
    twin_tell(t, ROUTER_UNASSIGN, w, w->agent, ROUTER_PUT_AWAY)->informed = true;
    twin_name(w->former, w->agent);
    twin_name(w->informed, w->agent);
    w->prefer_former = true;
    w->snoozed = until;
    twin_move(t, w, ROUTER_SNOOZED, "", ROUTER_PUT_AWAY);
}

void twin_wake(struct twin *t, struct twin_work *w, enum router_reason reason, bool keeps_place)
{
    w->snoozed = 0;
    if (!keeps_place) {
        w->since = t->now;
        w->foreseen = false;
    }
    if (!keeps_place && w->due == ROUTER_RESPONSE_NONE)
        w->age = 0;
    twin_move(t, w, ROUTER_QUEUED, "", reason);
}

bool twin_morning(struct twin *t)
{
    bool any = false;
    for (;; any = true) {
        struct twin_work *first = NULL;
        for (size_t i = 0; i < t->works_n; i++) {
            struct twin_work *w = &t->works[i];
            bool due = w->state == ROUTER_SNOOZED && w->snoozed <= t->wall;
            if (due && (!first || w->snoozed < first->snoozed))
                first = w;
        }
        if (!first)
            return any;
        twin_wake(t, first, ROUTER_WOKEN, twin_to_call(first));
    }
}
