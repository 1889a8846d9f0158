// SPDX-License-Identifier: Apache-2.0
// What is in Redis and not yet known here: scanned when the lease is got, after a reset, when there was more than fits, and now and then.
// Judges what it finds half-way: marked as being sent, but by whom, and given to a carrier that is still there?
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/core/outbox_private.h"
#include "daemon/core/owner.h"

// Marked as being sent by this process, but given to a carrier that is gone: only one that never carries out an id twice may have
// it again, as another attempt.
static void judge_lost(struct lane *l, struct item *i)
{
    struct carrier *c = lane_choose(l, i);
    if (!c)
        return; // nobody to give it to: judged when there is
    i->state = ITEM_CARRIED;
    i->since = 0;
    if (c->c.dedupes)
        item_report_again(i, "its carrier was lost");
    else
        item_report(i, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_UNKNOWN, "its carrier was lost");
}

static void found(struct lane *l, const struct store_outgoing *out)
{
    bool sending = out->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENDING;
    Throughline__V1__Delivery *d = throughline__v1__delivery__unpack(NULL, out->delivery_len, out->delivery);
    if (!d)
        return;
    struct item *i = lane_add(l, &(struct item_seen){
                                     .id = out->id,
                                     .to = d->to,
                                     .conversation = d->conversation,
                                     .entry = d->what_case == THROUGHLINE__V1__DELIVERY__WHAT__NOT_SET ? d->entry : 0,
                                     .channel = (uint32_t)d->channel,
                                 });
    if (i && sending && strcmp(out->owner, core_boot(l->o->core)) == 0)
        judge_lost(l, i);
    throughline__v1__delivery__free_unpacked(d, NULL);
}

static void on_due(void *module, uint64_t token, enum tl_err e, const struct store_outgoing *out)
{
    struct outbox *o = owner_find(module);
    struct lane *l = o ? table_get(&o->lanes_by_id, token) : NULL;
    (void)e;
    if (!l)
        return;
    if (out) {
        l->seen++;
        if (keeper_held(l->lease))
            found(l, out);
        return;
    }
    l->more = l->seen >= LANE_SCAN;
    l->scanning = false;
    lane_wake(l, 0);
}

void lane_scan(struct lane *l)
{
    if (l->scanning)
        return;
    l->scanning = true;
    l->overtaken = l->more = false;
    l->seen = 0;
    l->scan_at = loop_now(l->o->loop) + LANE_SLOW;
    store_due(l->o->store, core_tenant(l->o->core), l->account, LANE_SCAN, on_due, owner_module(l->o->owner), l->id);
}

void lane_orphan(struct lane *l, uint64_t carrier)
{
    for (struct group *g = l->groups; g; g = g->next) {
        struct item *i = g->head;
        if (i->state == ITEM_CARRIED && i->carrier == carrier)
            judge_lost(l, i);
        else if (i->state == ITEM_CLAIMED && !l->carriers)
            item_report_again(i, "its carrier was lost before it took it");
    }
}
