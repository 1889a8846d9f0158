// SPDX-License-Identifier: Apache-2.0
// What waits in a lane, and how it moves: the body is read from the timeline, the entry is marked as being sent, the carrier takes it, a report
// ends it. Only the head of a group moves, so that one customer's messages on one channel keep their order whatever fails. A lane knows a
// bounded number of entries; the rest waits in Redis until the next scan.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/outbox_private.h"
#include "daemon/core/owner.h"

enum {
    LANE_PATIENCE = 120000, // for a report
    LANE_BUSY_MAX = 16,     // marked as being sent before a carrier has taken them, at most
    ITEM_PAUSE_LEAST = 4,
    ITEM_PAUSE_MOST = 1000,
};

int64_t jitter(int64_t most)
{
    return most > 0 ? (int64_t)(id_random_u64() % ((uint64_t)most + 1)) : 0;
}

// ---- items ----

static uint64_t key_of(uint64_t input, uint32_t effect)
{
    return input << 20 ^ effect;
}

struct item *item_find(const struct outbox *o, const char *id)
{
    uint64_t input;
    uint32_t effect;
    return id_read_effect(id, &input, &effect) ? table_get(&o->known, key_of(input, effect)) : NULL;
}

static void forget_work(struct item *i)
{
    if (i->body)
        throughline__v1__entry__free_unpacked(i->body, NULL);
    if (i->delivery) {
        i->delivery->what_case = i->entry ? THROUGHLINE__V1__DELIVERY__WHAT__NOT_SET : i->delivery->what_case;
        throughline__v1__delivery__free_unpacked(i->delivery, NULL); // the message was the body's
    }
    i->body = NULL;
    i->delivery = NULL;
}

void item_remove(struct outbox *o, struct item *i)
{
    struct group *g = i->group, **at = &g->lane->groups;
    struct item **slot = &g->head;
    while (*slot != i)
        slot = &(*slot)->next;
    *slot = i->next;
    g->lane->items--;
    metric_set(o->waiting, (double)--o->depth);
    table_take(&o->items, i->serial);
    table_take(&o->known, key_of(i->input, i->effect));
    forget_work(i);
    free(i->to);
    free(i);
    if (g->head)
        return;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    free(g);
}

static struct group *group_of(struct lane *l, uint64_t conversation, uint32_t channel)
{
    for (struct group *g = l->groups; g; g = g->next)
        if (g->conversation == conversation && g->channel == channel)
            return g;
    struct group *g = xcalloc(1, sizeof *g);
    *g = (struct group){.next = l->groups, .lane = l, .conversation = conversation, .channel = channel};
    return l->groups = g;
}

struct item *lane_add(struct lane *l, const struct item_seen *s)
{
    uint64_t input;
    uint32_t effect;
    if (!id_read_effect(s->id, &input, &effect) || table_get(&l->o->known, key_of(input, effect)) ||
        !lane_carrier(l, s->to, false))
        return NULL;
    if (l->items >= LANE_ITEMS_MAX) {
        l->overtaken = true;
        return NULL;
    }
    struct group *g = group_of(l, s->conversation, s->channel);
    struct item *i = xcalloc(1, sizeof *i), **slot = &g->head;
    while (*slot && ((*slot)->input < input || ((*slot)->input == input && (*slot)->effect < effect)))
        slot = &(*slot)->next;
    *i = (struct item){.next = *slot, .group = g, .input = input, .effect = effect, .entry = s->entry};
    snprintf(i->id, sizeof i->id, "%s", s->id);
    i->to = xstrdup(s->to);
    i->pause = ITEM_PAUSE_LEAST;
    i->serial = table_add(&l->o->items, i);
    *slot = i;
    table_put(&l->o->known, key_of(input, effect), i);
    l->items++;
    metric_set(l->o->waiting, (double)++l->o->depth);
    return i;
}

void lane_clear(struct lane *l)
{
    while (l->groups)
        item_remove(l->o, l->groups->head);
    loop_timer_set(l->timer, -1);
}

void lane_lose(struct lane *l)
{
    for (struct group *g = l->groups, *next; g; g = next) {
        next = g->next;
        for (struct item *i = g->head, *after; i; i = after) {
            after = i->next;
            if (i->state == ITEM_CARRIED)
                continue;
            if (i->state == ITEM_CLAIMED)
                item_report_again(i, "its lease was lost before it was taken");
            item_remove(l->o, i);
        }
    }
    loop_timer_set(l->timer, -1);
}

void lane_wake(struct lane *l, int64_t ms)
{
    loop_timer_set(l->timer, ms);
}

static void not_now(struct item *i)
{
    struct lane *l = i->group->lane;
    forget_work(i);
    i->state = ITEM_WAITING;
    i->not_before = loop_now(l->o->loop) + i->pause;
    i->pause = i->pause * 2 > ITEM_PAUSE_MOST ? ITEM_PAUSE_MOST : i->pause * 2;
    lane_wake(l, 0);
}

void item_report(struct item *i, uint32_t state, const char *reason)
{
    struct lane *l = i->group->lane;
    outbox_report(l->o,
                  &(struct store_report){
                      .id = i->id, .account = l->account, .state = state, .attempt = i->attempt, .reason = reason});
}

// Back into the queue at once: the next claim is another attempt.
void item_report_again(struct item *i, const char *reason)
{
    struct lane *l = i->group->lane;
    outbox_report(l->o, &(struct store_report){
                            .id = i->id,
                            .account = l->account,
                            .state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_QUEUED,
                            .attempt = i->attempt,
                            .reason = reason,
                            .retry_ms = -1,
                        });
}

// ---- one item's way ----

static struct item *of_answer(const void *module, uint64_t token, enum item_state state)
{
    struct outbox *o = owner_find(module);
    struct item *i = o ? table_get(&o->items, token) : NULL;
    return i && i->state == state ? i : NULL;
}

struct carrier *lane_carrier(struct lane *l, const char *to, bool with_credit)
{
    for (struct carrier *c = l->carriers; c; c = c->next)
        if (!(with_credit && c->stalled) && (!c->c.handle || strcmp(c->c.handle, to) == 0))
            return c;
    return NULL;
}

static void carry(struct item *i)
{
    struct lane *l = i->group->lane;
    struct carrier *c = lane_carrier(l, i->to, true);
    if (!c || !keeper_sure(l->lease))
        return; // claimed, and waiting for credit, or for what becomes of the lease
    if (item_is_late(i)) {
        i->state = ITEM_CARRIED; // nothing to carry: ends with the report
        item_report(i, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED, "too late: the agent waits no longer");
        return;
    }
    if (!c->c.carry(c->c.ctx, c->c.token, i->delivery)) {
        c->stalled = true;
        return;
    }
    i->state = ITEM_CARRIED;
    i->carrier = c->id;
    i->since = loop_now(l->o->loop);
    metric_add(l->o->carried, 1);
}

static bool take_delivery(struct item *i, const struct store_outgoing *out)
{
    i->delivery = throughline__v1__delivery__unpack(NULL, out->delivery_len, out->delivery);
    if (!i->delivery)
        return false;
    i->attempt = i->delivery->attempt = out->attempt;
    if (i->entry) {
        const Throughline__V1__Author *by = i->body->author;
        i->delivery->what_case = THROUGHLINE__V1__DELIVERY__WHAT_MESSAGE;
        i->delivery->message = i->body->message;
        if (by && by->who_case == THROUGHLINE__V1__AUTHOR__WHO_AGENT && by->agent[0] && !i->delivery->agent[0])
            i->delivery->agent = xstrdup(by->agent);
        if (by && by->who_case == THROUGHLINE__V1__AUTHOR__WHO_SYSTEM && by->system[0] && !i->delivery->system[0])
            i->delivery->system = xstrdup(by->system);
    }
    return true;
}

// Claimed for an item that was dropped meanwhile: nobody has seen it, so it goes back.
static void give_back(const void *module, const struct store_outgoing *out)
{
    struct outbox *o = owner_find(module);
    if (o && !item_find(o, out->id))
        outbox_report(o, &(struct store_report){
                             .id = out->id,
                             .account = out->account,
                             .state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_QUEUED,
                             .attempt = out->attempt,
                             .reason = "its carrier was lost before it took it",
                             .retry_ms = -1,
                         });
}

static void on_claimed(void *module, uint64_t token, enum tl_err e, const struct store_outgoing *out)
{
    struct item *i = of_answer(module, token, ITEM_CLAIMING);
    if (!i && e == TL_OK && out)
        give_back(module, out);
    if (!i)
        return;
    struct lane *l = i->group->lane;
    if (e == TL_OK && out) {
        if (take_delivery(i, out)) {
            i->state = ITEM_CLAIMED;
            carry(i);
            lane_wake(l, 0);
        } else {
            item_report(i, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED, "its record cannot be read");
        }
    } else if (e == TL_FENCED) {
        keeper_fenced(l->lease); // the lane is cleared by that
    } else if (e == TL_CONFLICT || (e == TL_ABSENT && core_applied(l->o->core) >= i->input)) {
        item_remove(l->o, i); // unknown now, or final already
        lane_wake(l, 0);
    } else if (e != TL_OK) {
        not_now(i);
    }
}

static void claim(struct item *i, bool dedupes)
{
    struct lane *l = i->group->lane;
    struct outbox *o = l->o;
    i->state = ITEM_CLAIMING;
    store_claim(o->store, core_tenant(o->core), i->id, keeper_lease(l->lease), dedupes, lane_life(l), on_claimed,
                owner_module(o->owner), i->serial);
}

static void on_body(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct item *i = of_answer(module, token, ITEM_READING);
    if (!i)
        return;
    struct carrier *c = lane_carrier(i->group->lane, i->to, true);
    i->body = e == TL_OK && n == 1 ? throughline__v1__entry__unpack(NULL, v[0].len, v[0].p) : NULL;
    if (e == TL_OK && (!i->body || i->body->body_case != THROUGHLINE__V1__ENTRY__BODY_MESSAGE)) {
        i->state = ITEM_CARRIED; // nothing to carry: ends with the report
        item_report(i, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED, "its words are not in the timeline");
    } else if (e == TL_OK && c) {
        claim(i, c->c.dedupes);
    } else {
        not_now(i);
    }
}

static void start(struct item *i, const struct carrier *c)
{
    struct lane *l = i->group->lane;
    if (item_is_quiet(i))
        return;
    if (!i->entry) {
        claim(i, c->c.dedupes);
        return;
    }
    i->state = ITEM_READING;
    store_timeline(l->o->store, core_tenant(l->o->core), i->group->conversation, i->entry - 1, i->entry, 1, false,
                   on_body, owner_module(l->o->owner), i->serial);
}

// Moves one waiting head if it can be moved; returns when to look again.
static int64_t move_waiting(struct lane *l, struct item *i, int64_t now)
{
    struct carrier *c = lane_carrier(l, i->to, true);
    if (!c || !lane_has_room(l, c) || (core_leader(l->o->core) && core_applied(l->o->core) < i->input))
        return INT64_MAX; // credit, or on_applied(), wakes the lane
    if (i->not_before > now)
        return i->not_before;
    start(i, c);
    return INT64_MAX;
}

static void lose_patience(struct item *i, int64_t now)
{
    if (!i->since || now - i->since <= LANE_PATIENCE)
        return;
    i->since = 0;
    item_report(i, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_UNKNOWN, "no report came");
}

static int64_t move_heads(struct lane *l, int64_t now)
{
    int64_t wake = now + LANE_SLOW;
    size_t busy = 0;
    for (struct group *g = l->groups; g; g = g->next)
        busy += g->head->state != ITEM_WAITING && g->head->state != ITEM_CARRIED;
    for (struct group *g = l->groups; g; g = g->next) {
        struct item *i = g->head;
        if (i->state == ITEM_CLAIMED)
            carry(i);
        else if (i->state == ITEM_CARRIED)
            lose_patience(i, now);
        else if (i->state == ITEM_WAITING && busy < LANE_BUSY_MAX) {
            int64_t at = move_waiting(l, i, now);
            wake = at < wake ? at : wake;
            busy += i->state != ITEM_WAITING;
        }
    }
    return wake;
}

static bool wants_scan(const struct lane *l, int64_t now)
{
    return now >= l->scan_at || (l->more && l->items < LANE_SCAN / 2) ||
           (l->overtaken && l->items < LANE_ITEMS_MAX / 2);
}

void lane_pump(void *lane)
{
    struct lane *l = lane;
    int64_t now = loop_now(l->o->loop);
    if (!keeper_held(l->lease))
        return;
    int64_t wake = move_heads(l, now);
    if (!l->scanning && wants_scan(l, now))
        lane_scan(l);
    if (!loop_timer_pending(l->timer))
        lane_wake(l, (l->scan_at < wake ? l->scan_at : wake) - now);
}

// News of an attempt before the one in hand says nothing of this one; and what is on its way again already need not be told to.
static bool is_stale(const struct item *i, const struct store_report *r)
{
    if (r->state > THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_UNKNOWN)
        return false;
    return (r->attempt && r->attempt != i->attempt) ||
           (r->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_QUEUED && i->state < ITEM_CLAIMED);
}

void item_reported(struct outbox *o, const struct store_report *r)
{
    struct item *i = item_find(o, r->id);
    if (!i || is_stale(i, r))
        return;
    struct lane *l = i->group->lane;
    if (r->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_QUEUED) {
        forget_work(i);
        i->state = ITEM_WAITING;
        i->pause = ITEM_PAUSE_LEAST;
        i->not_before = loop_now(o->loop) + r->retry_ms;
    } else {
        item_remove(o, i);
    }
    lane_wake(l, 0);
}
