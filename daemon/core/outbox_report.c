// SPDX-License-Identifier: Apache-2.0
// Reports on their way to Redis: sent again with back-off until they are durable. Their number is bounded; beyond it a report is dropped
// with an error in the log, and its entry, still marked as being sent, becomes unknown when it is found.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/outbox_private.h"
#include "daemon/core/owner.h"

enum {
    REPORTS_MAX = 65536,
    REPORT_PAUSE_LEAST = 50,
    REPORT_PAUSE_MOST = 5000,
    RETRY_FIRST = 1000,
    RETRY_MOST = 900000,
    RETRY_ASKED_MOST = 3600000, // as in the functions
    RETRY_ATTEMPTS = 2000,      // what expires does so long before
};

struct pending_report {
    struct outbox *o;
    uint64_t id;
    struct store_report r; // texts are copies
    int64_t pause;
    struct loop_timer *timer;
    store_placed_fn *fn; // once, whatever comes of it; NULL = until it is durable
    void *module;
    uint64_t token;
};

static char *copy(const char *s)
{
    return xstrdup(s ? s : "");
}

static void drop(struct pending_report *p)
{
    table_take(&p->o->reports, p->id);
    loop_timer_free(p->timer);
    free((char *)p->r.id);
    free((char *)p->r.external_id);
    free((char *)p->r.account);
    free((char *)p->r.reason); // class is a constant
    free(p);
}

static bool passing(enum tl_err e)
{
    return e == TL_UNKNOWN || e == TL_UNAVAILABLE || e == TL_FULL;
}

static void on_reported(void *module, uint64_t token, enum tl_err e, const struct store_placed *placed)
{
    struct outbox *o = owner_find(module);
    struct pending_report *p = o ? table_get(&o->reports, token) : NULL;
    if (!p)
        return;
    if (passing(e) && !p->fn) {
        loop_timer_set(p->timer, jitter(p->pause) + 1);
        p->pause = p->pause * 2 > REPORT_PAUSE_MOST ? REPORT_PAUSE_MOST : p->pause * 2;
        return;
    }
    if (!passing(e))
        item_reported(o, &p->r);
    if (p->fn)
        p->fn(p->module, p->token, e, placed);
    drop(p);
}

static void send(void *arg)
{
    struct pending_report *p = arg;
    store_report(p->o->store, &p->r, on_reported, owner_module(p->o->owner), p->id);
}

// When to try again: at once (< 0), or at least after what was asked for; without a wish, full jitter that grows with the attempts.
static void plan_retry(struct outbox *o, struct store_report *r)
{
    const struct item *i = item_find(o, r->id);
    uint32_t attempt = i ? i->attempt : 1;
    if (attempt >= RETRY_ATTEMPTS)
        r->state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED;
    if (attempt >= RETRY_ATTEMPTS || r->retry_ms < 0) {
        r->retry_ms = 0;
    } else if (r->retry_ms > 0) {
        r->retry_ms = r->retry_ms < RETRY_ASKED_MOST ? r->retry_ms + jitter(r->retry_ms / 4) : RETRY_ASKED_MOST;
        r->retry_ms = r->retry_ms < RETRY_ASKED_MOST ? r->retry_ms : RETRY_ASKED_MOST;
    } else if (attempt > 0) {
        int64_t most = attempt > 10 ? RETRY_MOST : (int64_t)RETRY_FIRST << attempt;
        r->retry_ms = jitter(most > RETRY_MOST ? RETRY_MOST : most);
    }
}

void outbox_report_once(struct outbox *o, const struct store_report *r, store_placed_fn *fn, void *module,
                        uint64_t token)
{
    struct pending_report *p = xcalloc(1, sizeof *p);
    *p = (struct pending_report){
        .o = o, .r = *r, .pause = REPORT_PAUSE_LEAST, .fn = fn, .module = module, .token = token};
    p->r.tenant = core_tenant(o->core);
    if (!r->class)
        p->r.class = r->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_UNKNOWN ? "unknown" : "refused";
    p->r.id = copy(r->id);
    p->r.external_id = copy(r->external_id);
    p->r.account = copy(r->account);
    p->r.reason = copy(r->reason);
    if (p->r.state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_QUEUED)
        plan_retry(o, &p->r);
    p->id = table_add(&o->reports, p);
    p->timer = loop_timer_new(o->loop, send, p);
    send(p);
}

void outbox_report(struct outbox *o, const struct store_report *r)
{
    if (o->reports.count >= REPORTS_MAX) {
        tl_log(LOG_ERROR, "report_dropped", LS("delivery", r->id), LN("state", r->state));
        return;
    }
    outbox_report_once(o, r, NULL, NULL, 0);
}

void reports_close(struct outbox *o)
{
    void *p;
    while ((p = table_any(&o->reports)))
        drop(p);
    table_close(&o->reports);
}
