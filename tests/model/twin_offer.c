// SPDX-License-Identifier: Apache-2.0
//
// The twin's offers: a list per work, oldest first, searched each time.

#include "twin.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

struct twin_offer *twin_offer_to(struct twin_work *w, const char *agent)
{
    for (size_t i = 0; i < w->offers_n; i++) {
        if (same(w->offers[i].agent, agent))
            return &w->offers[i];
    }
    return NULL;
}

// Held by this agent, or offered to them.
bool twin_at_hand(const struct twin_work *w, const char *agent)
{
    bool any = same(w->agent, agent);
    for (size_t i = 0; i < w->offers_n; i++)
        any |= same(w->offers[i].agent, agent);
    return any && w->state != ROUTER_CLOSED;
}

const char *twin_shown(const struct twin_work *w)
{
    return w->offers_n ? w->offers[0].agent : w->agent;
}

bool twin_open(struct twin *t, struct twin_work *w)
{
    if (w->state != ROUTER_QUEUED && w->state != ROUTER_OFFERED)
        return false;
    size_t most = twin_queue(t, w->queue)->offer_to;
    if (t->rules.channels[w->channel_now].auto_accept || *w->wanted || *w->team || twin_to_call(w))
        most = 1;
    return w->offers_n < most;
}

void twin_offer(struct twin *t, struct twin_work *w, const char *agent)
{
    if (w->offers_n == ROUTER_OFFERS_MAX)
        abort();
    const struct router_channel_rules *rules = &t->rules.channels[w->channel_now];
    if (w->state == ROUTER_QUEUED)
        twin_move(t, w, ROUTER_OFFERED, "", w->reason);
    struct twin_offer *o = &w->offers[w->offers_n++];
    memset(o, 0, sizeof *o);
    twin_name(o->agent, agent);
    o->epoch = ++t->epoch;
    o->limit = t->now + (rules->offer_ms ? rules->offer_ms : twin_queue(t, w->queue)->offer_ms);
    o->by_itself = rules->auto_accept;
    w->changed = true;
    struct twin_event *e = twin_tell(t, ROUTER_OFFER, w, agent, w->reason);
    e->deadline = o->limit;
    e->epoch = o->epoch;
    w->epoch = w->offers[0].epoch;
}

static void strike(struct twin *t, struct twin_work *w, const char *agent)
{
    struct twin_offer *o = twin_offer_to(w, agent);
    struct twin_agent *a = twin_agent(t, agent);
    for (; o < &w->offers[w->offers_n - 1]; o++)
        *o = o[1];
    w->offers_n--;
    w->changed = true;
    if (w->offers_n)
        w->epoch = w->offers[0].epoch;
    if (a->presence == ROUTER_DRAINING && !twin_holds_any(t, agent))
        twin_presence(t, a, ROUTER_AWAY, ROUTER_REASON_NONE);
}

static void tell_end(struct twin *t, struct twin_work *w, const char *agent, enum router_reason reason)
{
    twin_tell(t, ROUTER_OFFER_ENDED, w, agent, reason)->epoch = twin_offer_to(w, agent)->epoch;
}

void twin_end_offer(struct twin *t, struct twin_work *w, const char *agent, enum router_reason reason)
{
    tell_end(t, w, agent, reason);
    strike(t, w, agent);
    if (!w->offers_n)
        twin_move(t, w, ROUTER_QUEUED, "", reason);
}

void twin_end_offers(struct twin *t, struct twin_work *w, enum router_reason reason)
{
    char agent[TWIN_NAME];
    while (w->offers_n) {
        twin_name(agent, w->offers[0].agent);
        tell_end(t, w, agent, reason);
        strike(t, w, agent);
    }
}

void twin_accept(struct twin *t, struct twin_work *w, const char *agent)
{
    uint64_t epoch = twin_offer_to(w, agent)->epoch;
    twin_agent(t, agent)->misses = 0;
    twin_name(w->wanted, "");
    twin_name(w->team, "");
    if (same(w->informed, agent))
        twin_name(w->informed, "");
    strike(t, w, agent);
    twin_end_offers(t, w, ROUTER_TAKEN);
    w->epoch = epoch;
    twin_move(t, w, ROUTER_ASSIGNED, agent, ROUTER_ACCEPTED);
    twin_tell(t, ROUTER_ASSIGN, w, agent, ROUTER_ACCEPTED);
    twin_connect(t, w);
}

void twin_decline(struct twin *t, struct twin_work *w, const char *agent)
{
    twin_agent(t, agent)->misses = 0;
    twin_ask(t, w, agent, 1);
    twin_end_offer(t, w, agent, ROUTER_DECLINED);
}

void twin_offer_missed(struct twin *t, struct twin_work *w)
{
    struct twin_agent *a = NULL;
    for (size_t i = w->offers_n; i > 0; i--) {
        if (w->offers[i - 1].limit <= t->now)
            a = twin_agent(t, w->offers[i - 1].agent);
    }
    twin_ask(t, w, a->id, 1);
    twin_end_offer(t, w, a->id, ROUTER_TIMED_OUT);
    if (++a->misses >= t->rules.timeouts_to_away) {
        a->misses = 0;
        twin_presence(t, a, ROUTER_AWAY, ROUTER_TIMED_OUT);
    }
}
