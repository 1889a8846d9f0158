// SPDX-License-Identifier: Apache-2.0
//
// What a queue shows of itself: how long its contacts take of a slot, on which channel, how many give up waiting, and how well
// the waits estimated for those who joined agreed with what came. Sums that fade, no lists: the cost is that of a few additions.

#include "routing/estimate.h"

// ---- what came ----

static void pace_add(struct pace *p, int64_t ms)
{
    uint64_t v = (uint64_t)(ms > ESTIMATE_MAX_MS ? ESTIMATE_MAX_MS : ms);
    if (p->n == ESTIMATE_MEMORY)
        *p = (struct pace){p->n / 2, p->sum / 2, p->squares / 2};
    p->n++;
    p->sum += v;
    p->squares += (v / 100) * (v / 100);
}

static void pace_waited(struct forecast *f, int64_t ms, bool left)
{
    if (f->waits == ESTIMATE_MEMORY) {
        f->waits /= 2;
        f->left /= 2;
        f->waited /= 2;
    }
    f->waits++;
    f->left += left ? 1 : 0;
    f->waited += (uint64_t)(ms > ESTIMATE_MAX_MS ? ESTIMATE_MAX_MS : ms);
}

struct pace pace_of(const struct forecast *f, enum router_channel channel)
{
    struct pace all = {0};
    for (size_t c = 1; c < ROUTER_CHANNELS; c++) {
        bool counts = channel == ROUTER_CHANNEL_NONE || channel == (enum router_channel)c;
        all.n += counts ? f->pace[c].n : 0;
        all.sum += counts ? f->pace[c].sum : 0;
        all.squares += counts ? f->pace[c].squares : 0;
    }
    return all;
}

static bool pace_is_contact(enum router_work_state s)
{
    return s == ROUTER_ASSIGNED || s == ROUTER_WRAP_UP;
}

// From being offered until the slot is free again, without the time in which it was given back. How long an agent who is lost or
// away keeps a contact says nothing about those who are there, nor does when a supervisor takes it.
static void pace_ended(struct router *r, struct work *w, enum router_reason reason)
{
    bool absent = reason == ROUTER_DESK_LOST || reason == ROUTER_WENT_AWAY || reason == ROUTER_REMOVED ||
                  reason == ROUTER_SUPERVISED;
    if (w->measured && !absent)
        pace_add(&w->queue->forecast->pace[w->channel_now], r->at - w->taken);
    w->measured = false;
}

void pace_gave_back(const struct router *r, struct work *w)
{
    w->given_at = r->at;
}

// Before what was given back is forgotten.
void pace_taken_back(const struct router *r, struct work *w)
{
    if (w->given.channels)
        w->taken += r->at - w->given_at;
    w->given_at = r->at;
}

// ---- what was promised ----

// What was promised is compared with what came: from joining until being offered to the agent who took it.
static void pace_answered(struct work *w)
{
    struct router_calibration *c = &w->queue->forecast->seen;
    int64_t came = w->taken > w->entered ? w->taken - w->entered : 0; // it may have got a queue while on offer
    pace_waited(w->queue->forecast, came, false);
    if (!w->promised)
        return;
    if (w->promise.kind != ROUTER_WAIT_KNOWN) {
        c->unknown++;
        return;
    }
    int64_t by = came > w->promise.middle ? came - w->promise.middle : w->promise.middle - came;
    uint64_t of = (uint64_t)(w->promise.middle > 1000 ? w->promise.middle : 1000);
    uint64_t error = (uint64_t)(by > ESTIMATE_MAX_MS ? ESTIMATE_MAX_MS : by) * 1000 / of;
    c->below += came < w->promise.low ? 1 : 0;
    c->above += came > w->promise.high ? 1 : 0;
    c->inside += came >= w->promise.low && came <= w->promise.high ? 1 : 0;
    c->error += error > ESTIMATE_ERROR_MAX ? ESTIMATE_ERROR_MAX : error;
}

void pace_joined(struct router *r, struct work *w)
{
    w->promised = false;
    w->promise = (struct router_wait){0};
    r->newcomers = memory_grow(r->newcomers, &r->newcomers_cap, r->newcomers_n + 1, sizeof(struct work *));
    r->newcomers[r->newcomers_n++] = w;
}

void pace_moves(struct router *r, struct work *w, enum router_work_state to, enum router_reason reason)
{
    bool waited = w->state == ROUTER_QUEUED || w->state == ROUTER_OFFERED;
    pace_taken_back(r, w);
    bool assigned = w->state == ROUTER_QUEUED && to == ROUTER_ASSIGNED; // without an offer, by a supervisor
    if (to == ROUTER_OFFERED || assigned) {
        w->taken = r->at;
        w->measured = true;
    }
    if (waited && to == ROUTER_ASSIGNED)
        pace_answered(w);
    if (waited && to == ROUTER_CLOSED)
        pace_waited(w->queue->forecast, r->at - w->entered, true);
    if (pace_is_contact(w->state) && !pace_is_contact(to))
        pace_ended(r, w, reason);
    if (to != ROUTER_QUEUED && to != ROUTER_OFFERED)
        w->promised = false;
}

void pace_elsewhere(struct router *r, struct work *w)
{
    pace_taken_back(r, w);
    if (pace_is_contact(w->state))
        pace_ended(r, w, ROUTER_TRANSFERRED);
    w->promised = false;
}

// Whoever found an agent at once was promised nothing.
void pace_promise(struct router *r)
{
    for (size_t i = 0; i < r->newcomers_n; i++) {
        struct work *w = r->newcomers[i];
        if (w->state != ROUTER_QUEUED || w->promised)
            continue;
        w->promise = estimate_work(r, w);
        w->promised = true;
    }
    r->newcomers_n = 0;
}

static bool pace_sums_legal(const struct pace *p)
{
    uint64_t most = ESTIMATE_MAX_MS, tenths = ESTIMATE_MAX_MS / 100;
    return p->n <= ESTIMATE_MEMORY && p->sum <= (ESTIMATE_MEMORY + 1) * most &&
           p->squares <= (ESTIMATE_MEMORY + 1) * tenths * tenths;
}

bool pace_legal(const struct forecast *f)
{
    bool legal = f->waits <= ESTIMATE_MEMORY && f->left <= f->waits &&
                 f->waited <= (ESTIMATE_MEMORY + 1) * (uint64_t)ESTIMATE_MAX_MS;
    for (size_t c = 0; c < ROUTER_CHANNELS; c++)
        legal &= pace_sums_legal(&f->pace[c]);
    return legal;
}
