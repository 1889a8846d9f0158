// SPDX-License-Identifier: Apache-2.0
// What is in Redis and not yet known here: scanned when the lease is got, after a reset, when there was more than fits, and now and then.
// Judges what it finds half-way: marked as being sent, but by whom, and given to a carrier that is still there?
#include <stdio.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/core/outbox_private.h"
#include "daemon/core/owner.h"

// Marked as being sent by this process, but given to a carrier that is gone: only one that never carries out an id twice may have
// it again, as another attempt.
static void judge_lost(struct lane *l, struct item *i)
{
    const struct carrier *c = lane_carrier(l, i->to, false);
    i->state = ITEM_CARRIED;
    i->since = 0;
    if (c && c->c.dedupes)
        item_report_again(i, "its carrier was lost");
    else
        item_report(i, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_UNKNOWN, "its carrier was lost");
}

// Known, and pausing here for longer than there: it has been given up and queued again since.
static bool is_known(struct lane *l, const struct store_outgoing *out, bool sending)
{
    struct item *i = item_find(l->o, out->id);
    int64_t at = loop_now(l->o->loop) + out->due_ms;
    if (i && i->state == ITEM_WAITING && !sending && at < i->not_before) {
        i->not_before = at;
        lane_wake(l, 0);
    }
    return i != NULL;
}

static void found(struct lane *l, const struct store_outgoing *out)
{
    bool sending = out->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENDING;
    if (is_known(l, out, sending))
        return;
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
    throughline__v1__delivery__free_unpacked(d, NULL);
    if (!i)
        return;
    i->attempt = out->attempt;
    i->not_before = out->due_ms ? loop_now(l->o->loop) + out->due_ms : 0;
    if (sending && strcmp(out->owner, core_boot(l->o->core)) == 0)
        judge_lost(l, i);
}

static void on_due(void *module, uint64_t token, enum tl_err e, const struct store_outgoing *out);

static void ask(struct lane *l)
{
    l->scanning = true;
    l->seen = 0;
    store_due(l->o->store, core_tenant(l->o->core), l->account, l->cursor, LANE_SCAN, on_due, owner_module(l->o->owner),
              l->id);
}

// What is not known must not be overtaken: until a scan has gone well, nothing new is taken in.
static void failed(struct lane *l)
{
    l->scanning = false;
    l->overtaken = true;
    l->scan_at = loop_now(l->o->loop) + LANE_AGAIN;
    lane_wake(l, LANE_AGAIN);
}

static void on_due(void *module, uint64_t token, enum tl_err e, const struct store_outgoing *out)
{
    struct outbox *o = owner_find(module);
    struct lane *l = o ? table_get(&o->lanes_by_id, token) : NULL;
    if (!l)
        return;
    if (out) {
        l->seen++;
        snprintf(l->cursor, sizeof l->cursor, "%s", out->id);
        if (keeper_held(l->lease))
            found(l, out);
        return;
    }
    if (e != TL_OK) {
        failed(l);
    } else if (l->seen >= LANE_SCAN && keeper_held(l->lease) && l->items < LANE_ITEMS_MAX) {
        ask(l);
    } else {
        l->more = l->seen >= LANE_SCAN;
        l->scanning = false;
        lane_wake(l, 0);
    }
}

void lane_scan(struct lane *l)
{
    if (l->scanning) {
        l->overtaken = true; // what made one wish to look may be behind the cursor
        return;
    }
    l->overtaken = l->more = false;
    l->scan_at = loop_now(l->o->loop) + LANE_SLOW;
    l->cursor[0] = '\0';
    ask(l);
}

// Leaves nothing to wait for a carrier that is not there: whoever comes next finds it in Redis.
void lane_orphan(struct lane *l, uint64_t carrier)
{
    for (struct group *g = l->groups, *next; g; g = next) {
        next = g->next;
        for (struct item *i = g->head, *after; i; i = after) {
            after = i->next;
            if (lane_carrier(l, i->to, false)) {
                if (i->state == ITEM_CARRIED && i->carrier == carrier)
                    judge_lost(l, i);
                continue;
            }
            if (i->state == ITEM_CLAIMED)
                item_report_again(i, "its carrier was lost before it took it");
            item_remove(l->o, i);
        }
    }
}
