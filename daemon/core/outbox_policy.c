// SPDX-License-Identifier: Apache-2.0
// What is not sent, or not now: more than a carrier takes, what has waited too long, what would come in somebody's quiet hours, a
// call that nobody waits for any more. That a customer
// said STOP, or that their handle is gone, Redis knows (functions/65_reach.lua). Waiting entries expire whether anybody carries them or not:
// the leader looks through the queues.
#include "daemon/base/loop.h"
#include "daemon/core/outbox_private.h"
#include "daemon/core/owner.h"

enum { EXPIRE_MS = 10000 };

void outbox_govern(struct outbox *o, const struct outbox_policy *p)
{
    o->policy = *p;
}

// ---- room ----

bool lane_has_room(const struct lane *l, const struct carrier *c)
{
    size_t coming = 0;
    if (!c->c.room)
        return true;
    for (const struct group *g = l->groups; g; g = g->next)
        coming += g->head->state != ITEM_WAITING && g->head->state != ITEM_CARRIED;
    return c->c.room(c->c.ctx, c->c.token) > coming;
}

// ---- quiet hours ----

bool item_is_quiet(struct item *i)
{
    struct lane *l = i->group->lane;
    const struct outbox_policy *p = &l->o->policy;
    const char *why = p->quiet && i->entry ? p->quiet(p->ctx, l->account, i->to) : NULL;
    if (!why)
        return false;
    i->state = ITEM_CARRIED; // nothing to carry: ends with the report
    outbox_report(l->o, &(struct store_report){
                            .id = i->id,
                            .account = l->account,
                            .state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED,
                            .reason = why,
                            .class = "quiet",
                        });
    return true;
}

// ---- calls that are to be made ----

bool item_is_late(const struct item *i)
{
    const Throughline__V1__Delivery *d = i->delivery;
    return d->what_case == THROUGHLINE__V1__DELIVERY__WHAT_DIAL && d->dial->until_ms < loop_unix_ms();
}

// ---- expiry ----

static int64_t life_of(const struct outbox *o, const char *account)
{
    return o->policy.life ? o->policy.life(o->policy.ctx, account) : 0;
}

int64_t lane_life(const struct lane *l)
{
    return life_of(l->o, l->account);
}

static void expire(struct outbox *o, size_t index);

static void on_expired(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct outbox *o = owner_find(module);
    if (o && e == TL_OK && p->input) // there may be more
        expire(o, (size_t)token);
}

static void expire(struct outbox *o, size_t index)
{
    const char *account = o->policy.account(o->policy.ctx, index);
    int64_t life = account ? life_of(o, account) : 0;
    if (life)
        store_expire(o->store, core_tenant(o->core), account, life, on_expired, owner_module(o->owner), index);
}

static void on_timer(void *outbox)
{
    struct outbox *o = outbox;
    loop_timer_set(o->expire_timer, EXPIRE_MS);
    if (!core_leader(o->core) || !o->policy.account)
        return;
    for (size_t i = 0; o->policy.account(o->policy.ctx, i); i++)
        expire(o, i);
}

void policy_begin(struct outbox *o)
{
    o->expire_timer = loop_timer_new(o->loop, on_timer, o);
    loop_timer_set(o->expire_timer, EXPIRE_MS);
}
