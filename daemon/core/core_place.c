// SPDX-License-Identifier: Apache-2.0
// Where in the log this fold stands, and whether the log is still the one it folded.
//
//            connected                 same log, same entry at the cursor
//   DOWN ───────────────► PROVING ───────────────────────────────────────► READING
//    ▲                       │ no fold yet, another log, or an input          │ connection lost,
//    │ cannot be loaded      ▼ of it is void now                              │ a gap, a step refused
//    └─────────────────── LOADING ── the newest good snapshot, ──────────────►│
//                            ▲        else from the beginning                 │
//                            └────────────────────────────────────────────────┘
//
// A fold that cannot be proven is thrown away whole, and listeners hear reset(). Answers of an earlier round are ignored. What fails:
// Redis not answering (tried again with back-off), a snapshot damaged (the one before, then the whole log), a log whose beginning is
// trimmed and without a usable snapshot (alarm; this node stays unready).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"

enum { PLACE_PAUSE_LEAST = 50, PLACE_PAUSE_MOST = 2000 };

static void prove(struct core *c);
static void load(struct core *c);
static void read_snapshot(struct core *c);

static void next_round(struct core *c, enum core_phase phase)
{
    c->place.phase = phase;
    c->place.round++;
    loop_timer_set(c->place.timer, -1);
}

void place_try_later(struct core *c)
{
    next_round(c, c->place.phase);
    loop_timer_set(c->place.timer, c->place.pause);
    c->place.pause = c->place.pause * 2 > PLACE_PAUSE_MOST ? PLACE_PAUSE_MOST : c->place.pause * 2;
}

// The owner of an answer, if the answer is of the round under way.
struct core *place_of_round(const void *module, uint64_t token)
{
    struct core *c = core_find(module);
    return c && c->place.round == token ? c : NULL;
}

// ---- reading ----

static void on_input(void *ctx, uint64_t number, const void *bytes, size_t len)
{
    struct core *c = ctx;
    if (c->place.phase != CORE_READING)
        return;
    if (!fold_input(c, number, bytes, len))
        place_lost(c, number == c->folded + 1 ? "an input of a fold unknown here" : "an input out of order");
}

static void on_batch_end(void *ctx)
{
    struct core *c = ctx;
    if (c->place.phase != CORE_READING)
        return;
    if (c->folded >= c->place.live_from)
        c->place.pause = PLACE_PAUSE_LEAST;
    fold_batch_end(c);
}

static void on_connected(void *ctx)
{
    struct core *c = ctx;
    prove(c);
}

static void read_on(struct core *c)
{
    next_round(c, CORE_READING);
    lag_folded(c);
    store_reader_go(c->place.reader, c->folded);
    keeper_look(c->nodes.own);
    keeper_look(c->leader.lease);
}

static void open_reader(struct core *c)
{
    static const struct store_reader_ops ops = {
        .input = on_input, .batch_end = on_batch_end, .connected = on_connected};
    next_round(c, CORE_DOWN);
    c->place.reader = store_reader_new(c->store, c->o.tenant, &ops, c);
}

void place_lost(struct core *c, const char *why)
{
    if (c->place.phase != CORE_READING)
        return;
    tl_log(LOG_ERROR, "place_lost", LS("tenant", c->o.tenant), LN("input", c->folded), LS("why", why));
    c->place.distrusted = true;
    c->place.phase = CORE_DOWN;
    place_try_later(c);
}

void place_distrust(struct core *c, const char *why)
{
    c->place.distrusted = true;
    place_lost(c, why);
}

// A new reader, since the one at hand may be in the middle of a batch.
static void reopen(struct core *c)
{
    store_reader_free(c->place.reader);
    open_reader(c);
}

// ---- proof ----

static uint64_t digest_at_cursor(const struct core *c)
{
    return c->last_len ? store_digest(c->last, c->last_len) : c->last_digest;
}

static bool proven(const struct core *c, const struct store_place *p)
{
    if (!c->router || c->place.distrusted || strcmp(c->place.incarnation, p->incarnation) != 0 || p->last < c->folded)
        return false;
    if (p->last > c->folded && p->first > c->folded + 1)
        return false; // what comes next has been trimmed
    if (c->folded == 0)
        return true;
    uint64_t mine = digest_at_cursor(c);
    return mine != 0 && mine == p->digest;
}

static void on_place(void *module, uint64_t token, enum tl_err e, const struct store_place *p)
{
    struct core *c = place_of_round(module, token);
    if (!c)
        return;
    if (e != TL_OK || !p) {
        place_try_later(c);
        return;
    }
    c->place.log = *p;
    void_read(c);
}

void place_judge(struct core *c)
{
    const struct store_place *p = &c->place.log;
    if (proven(c, p)) {
        apply_heard(c, p->applied);
        read_on(c);
        return;
    }
    if (c->router)
        tl_log(LOG_WARN, "place_not_proven", LS("tenant", c->o.tenant), LN("input", c->folded),
               LN("log_last", p->last));
    load(c);
}

static void prove(struct core *c)
{
    next_round(c, CORE_PROVING);
    store_place(c->store, c->o.tenant, c->folded, on_place, core_module(c), c->place.round);
}

// ---- loading ----

static void begin(struct core *c, struct router *r, uint64_t folded)
{
    bool again = c->router != NULL;
    c->place.live_from = c->place.log.last;
    c->place.distrusted = false;
    c->place.base = folded;
    memcpy(c->place.incarnation, c->place.log.incarnation, sizeof c->place.incarnation);
    core_start_over(c, r, folded);
    apply_reset(c, c->place.log.applied);
    tl_log(LOG_INFO, "fold_loaded", LS("tenant", c->o.tenant), LN("input", folded), LN("log_last", c->place.log.last),
           LS("incarnation", c->place.incarnation));
    if (again) {
        metric_add(c->m.resets, 1);
        for (unsigned l = 0; l < c->listeners_n; l++)
            if (c->listeners[l].reset)
                c->listeners[l].reset(c->listeners[l].ctx);
    }
    read_on(c);
}

static void from_the_beginning(struct core *c)
{
    const struct store_place *log = &c->place.log;
    if (log->last > 0 && log->first > 1) {
        tl_log(LOG_ERROR, "fold_cannot_be_loaded", LS("tenant", c->o.tenant), LN("log_first", log->first),
               LS("why", "the log's beginning is trimmed and there is no usable snapshot"));
        place_try_later(c);
        return;
    }
    begin(c, router_new(), 0);
}

static const char *unfit(const struct core *c, const Throughline__V1__Snapshot *m)
{
    if (!m)
        return "its description cannot be read";
    if (strcmp(m->incarnation, c->place.log.incarnation) != 0)
        return "it is of another log";
    if (m->input > c->place.log.last || m->input > c->place.log.applied)
        return "it is newer than what is written";
    if (m->input + 1 < c->place.log.first)
        return "the inputs after it are trimmed";
    return NULL;
}

static const char *restore(struct core *c, const Throughline__V1__Snapshot *m, const struct store_bytes *state)
{
    const char *why = unfit(c, m);
    struct router *r = why ? NULL : router_restore(state->p, state->len, &why);
    if (!r)
        return why ? why : "damaged";
    if (router_hash(r) != m->hash) {
        router_free(r);
        return "its hash is another";
    }
    begin(c, r, m->input);
    c->last_digest = m->digest;
    c->config_digest = m->config_digest;
    return NULL;
}

static void on_snapshot(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct core *c = place_of_round(module, token);
    if (!c)
        return;
    if (e == TL_ABSENT) {
        from_the_beginning(c);
        return;
    }
    if (e != TL_OK || n < 2) {
        place_try_later(c);
        return;
    }
    Throughline__V1__Snapshot *m = throughline__v1__snapshot__unpack(NULL, v[0].len, v[0].p);
    const char *why = restore(c, m, &v[1]);
    if (m)
        throughline__v1__snapshot__free_unpacked(m, NULL);
    if (!why)
        return;
    tl_log(LOG_ERROR, "snapshot_unusable", LS("tenant", c->o.tenant), LN("which", c->place.tried), LS("why", why));
    if (c->place.tried++ == 0)
        read_snapshot(c);
    else
        from_the_beginning(c);
}

static void read_snapshot(struct core *c)
{
    store_snapshot_read(c->store, c->o.tenant, c->place.tried, on_snapshot, core_module(c), c->place.round);
}

static void load(struct core *c)
{
    next_round(c, CORE_LOADING);
    c->place.tried = 0;
    read_snapshot(c);
}

// ---- life ----

static void on_timer(void *arg)
{
    struct core *c = arg;
    switch (c->place.phase) {
    case CORE_DOWN:
        reopen(c);
        break;
    case CORE_PROVING:
    case CORE_LOADING: // the log may have moved meanwhile: from the proof again
        prove(c);
        break;
    case CORE_READING:
        break;
    }
}

void place_open(struct core *c)
{
    c->place.pause = PLACE_PAUSE_LEAST;
    c->place.timer = loop_timer_new(c->loop, on_timer, c);
    open_reader(c);
}

void place_close(struct core *c)
{
    store_reader_free(c->place.reader);
    loop_timer_free(c->place.timer);
}
