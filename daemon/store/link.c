// SPDX-License-Identifier: Apache-2.0
// The calls of one connection: a ring in the order they were written, which is the order of the answers. One timer
// serves connecting, back-off, deadlines and the idle ping. A call past its deadline comes back as unknown and leaves
// its place in the ring to swallow the late answer; a server that answered nothing for a whole deadline has the link
// broken. On a loss what was written is unknown, what was not is unavailable.
//
// Callbacks run on the loop, never inside the call: refusals wait for the flush event, which also makes one write of all
// commands of a turn. Calls that are held have their places in the ring before they have their command.
#include "daemon/store/link.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/id.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/store/link_private.h"

// A silent server is to be noticed within a second: LINK_PING_IDLE + PING_DEADLINE.
#define PING_DEADLINE 700
#define BACKOFF_FIRST 20
#define BACKOFF_LAST  2000
#define BACKOFF_TOLD  160
#define OUT_MAX       (64u << 20) // bytes not yet taken by the kernel
#define STEADY_MS     2000        // open this long: the next back-off starts afresh
#define LATE_TIMER_MS 100         // the loop itself stood still: let it read before judging Redis

static void link_tick(void *arg);
static void link_connect(struct link *l);

void link_set_timer(struct link *l, int64_t at)
{
    int64_t ms = at - loop_now(l->loop);
    l->timer_at = at;
    loop_timer_set(l->timer, ms > 0 ? ms : 0);
}

// A server that is just starting refuses at first: said only when it lasts, and once until a steady time has passed.
static void link_note_trouble(struct link *l, const char *why, bool was_open)
{
    bool worth = (was_open || l->backoff >= BACKOFF_TOLD) && strncmp(l->logged, why, sizeof(l->logged) - 1) != 0;
    snprintf(l->trouble, sizeof(l->trouble), "%s", why);
    if (!worth)
        return;
    snprintf(l->logged, sizeof(l->logged), "%s", why);
    tl_log(LOG_WARN, was_open ? "redis_lost" : "redis_unreachable", LS("link", l->o.name), LS("why", why));
}

// ---- the end of a connection ----

static void link_reader_free(void *r)
{
    value_reader_free(r);
}

// Everything in flight comes back. The link already waits for its next attempt, so callbacks may call again.
static void link_return_calls(struct link *l, struct ring *calls, uint64_t sent)
{
    struct link_call c;
    bool live;
    while (l->state != LINK_CLOSED && ring_pop(calls, &c, &live))
        if (live)
            c.reply(l->owner, &c, c.offset <= sent ? TL_UNKNOWN : TL_UNAVAILABLE, NULL);
    ring_close(calls);
}

void link_break(struct link *l, const char *why)
{
    if (l->state == LINK_WAITING || l->state == LINK_CLOSED)
        return;
    int64_t now = loop_now(l->loop);
    bool was_open = l->state == LINK_OPEN;
    struct ring calls = l->calls;
    uint64_t sent = l->wire ? wire_total(l->wire) - wire_unsent(l->wire) : 0;
    memset(&l->calls, 0, sizeof(l->calls));
    l->held = 0;
    l->sampling = false;
    wire_close(l->wire);
    l->wire = NULL;
    loop_defer_free(l->loop, link_reader_free, l->reader);
    l->reader = NULL;
    l->state = LINK_WAITING;
    if (was_open && now - l->opened > STEADY_MS) {
        l->backoff = 0;
        l->logged[0] = 0;
    }
    l->backoff = l->backoff ? l->backoff * 2 : BACKOFF_FIRST;
    l->backoff = l->backoff > BACKOFF_LAST ? BACKOFF_LAST : l->backoff;
    int64_t half = l->backoff / 2;
    link_set_timer(l, now + half + (int64_t)(id_random_u64() % (uint64_t)(half + 1)));
    link_note_trouble(l, why, was_open);
    if (was_open && l->ops->down)
        l->ops->down(l->owner, l->trouble);
    link_return_calls(l, &calls, sent);
}

static void link_on_lost(void *arg, const char *why)
{
    link_break(arg, why);
}

// ---- answers ----

static double link_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// One call at a time is measured, so measuring costs the others nothing.
static void link_measure(struct link *l, uint64_t answered)
{
    if (!l->sampling || answered != l->sample)
        return;
    l->sampling = false;
    metric_observe(l->o.round_trip, link_seconds() - l->sampled);
}

static bool link_is_push(const struct link *l, const struct value *v)
{
    const struct value *kind = value_at(v, 0);
    return l->ops->push && v->type == VALUE_ARRAY && (value_is(kind, "message") || value_is(kind, "pmessage"));
}

static void link_answer_call(struct link *l, const struct value *v)
{
    struct link_call c;
    bool live;
    uint64_t place = l->calls.head;
    if (!ring_pop(&l->calls, &c, &live))
        return;
    link_measure(l, place);
    if (live)
        c.reply(l->owner, &c, TL_OK, v);
}

static void link_answer(struct link *l, const struct value *v)
{
    const struct link_call *c = ring_first(&l->calls);
    const struct value_reader *reader = l->reader;
    if (link_is_push(l, v)) {
        l->ops->push(l->owner, v);
    } else if (!c) {
        link_break(l, "an answer without a call");
    } else if (!c->parts) {
        link_answer_call(l, v);
    } else {
        uint32_t parts = c->parts;
        for (uint32_t i = 0; i < parts && l->reader == reader && l->state == LINK_OPEN; i++)
            link_answer_call(l, v->type == VALUE_ARRAY ? value_at(v, i) : v);
    }
}

static void link_on_bytes(void *arg, const void *p, size_t len)
{
    struct link *l = arg;
    struct value_reader *reader = l->reader;
    const struct value *v;
    int more = value_reader_feed(reader, p, len) ? 1 : -1;
    l->heard = loop_now(l->loop);
    while (more > 0 && (more = value_reader_next(reader, &v)) > 0) {
        link_answer(l, v);
        if (l->reader != reader)
            return; // broken or freed meanwhile
    }
    if (more < 0)
        link_break(l, "a reply is malformed or too large");
}

// ---- connecting ----

static void link_connect(struct link *l)
{
    static const struct wire_ops ops = {link_on_connected, link_on_bytes, link_on_lost};
    const char *why = "";
    l->state = LINK_CONNECTING;
    l->reader = value_reader_new(l->o.max_reply);
    link_set_timer(l, loop_now(l->loop) + LINK_ATTEMPT_MS);
    l->wire = wire_open(l->o.net, &ops, l, &why);
    if (!l->wire)
        link_break(l, why);
}

// ---- time ----

static void link_on_pong(void *arg, const struct link_call *c, enum tl_err e, const struct value *v)
{
    (void)arg, (void)c, (void)e, (void)v;
}

static void link_ping(struct link *l)
{
    resp_array(wire_out(l->wire), 1);
    resp_text(wire_out(l->wire), "PING");
    link_end(l, &(struct link_call){.reply = link_on_pong, .deadline = PING_DEADLINE});
}

// Calls past their deadline come back now, in order; their late answers will be swallowed.
static void link_expire(struct link *l, int64_t now)
{
    struct wire *wire = l->wire;
    const struct link_call *c;
    while (l->wire == wire && (c = ring_first_live(&l->calls)) && c->deadline <= now) {
        struct link_call late = *c;
        ring_expire(&l->calls);
        late.reply(l->owner, &late, TL_UNKNOWN, NULL);
    }
}

// When the server has been quiet for the whole deadline of the oldest call.
static int64_t link_silent_at(const struct link *l, const struct link_call *oldest)
{
    int64_t quiet_since = l->heard > oldest->began ? l->heard : oldest->began;
    return quiet_since + (oldest->deadline - oldest->began);
}

static void link_tick_open(struct link *l, int64_t now)
{
    const struct link_call *c = ring_first(&l->calls);
    if (c && link_silent_at(l, c) <= now) {
        link_break(l, "no answer in time");
        return;
    }
    link_expire(l, now);
    if (l->state != LINK_OPEN)
        return;
    if (!ring_count(&l->calls) && now - l->heard >= LINK_PING_IDLE)
        link_ping(l);
    int64_t next = now + LINK_PING_IDLE;
    if ((c = ring_first(&l->calls)) && link_silent_at(l, c) < next)
        next = link_silent_at(l, c);
    if ((c = ring_first_live(&l->calls)) && c->deadline < next)
        next = c->deadline;
    link_set_timer(l, next);
}

static void link_tick(void *arg)
{
    struct link *l = arg;
    int64_t now = loop_now(l->loop);
    if (l->state == LINK_WAITING) {
        link_connect(l);
    } else if (l->state == LINK_CONNECTING || l->state == LINK_GREETING) {
        link_break(l, "no answer in time");
    } else if (l->state == LINK_OPEN && now - l->timer_at > LATE_TIMER_MS && !l->gave_time) {
        l->gave_time = true;
        link_set_timer(l, now + 1);
    } else if (l->state == LINK_OPEN) {
        l->gave_time = false;
        link_tick_open(l, now);
    }
}

// ---- calls ----

static void link_on_flush(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct link *l = arg;
    struct link_call c;
    bool live;
    if (l->held)
        l->ops->leaving(l->owner);
    l->flush_due = false;
    if (l->wire)
        wire_flush(l->wire);
    for (uint32_t n = ring_count(&l->refused); n && l->state != LINK_CLOSED && ring_pop(&l->refused, &c, &live); n--)
        c.reply(l->owner, &c, (enum tl_err)c.offset, NULL);
}

// Activated behind the events of this turn, so all their commands leave together.
void link_want_flush(struct link *l)
{
    if (l->flush_due)
        return;
    l->flush_due = true;
    event_active(l->flush, EV_WRITE, 0);
}

bool link_takes(const struct link *l)
{
    return l->state == LINK_OPEN && ring_count(&l->calls) < l->o.max_pending && wire_unsent(l->wire) <= OUT_MAX;
}

struct resp_out *link_begin(struct link *l)
{
    if (l->held)
        l->ops->release(l->owner);
    return link_takes(l) ? wire_out(l->wire) : NULL;
}

struct link_call *link_push(struct link *l, const struct link_call *given)
{
    struct link_call *c = ring_push(&l->calls, given);
    c->began = loop_now(l->loop);
    c->deadline = c->began + (given->deadline ? given->deadline : l->o.deadline_ms);
    if (l->o.round_trip && !l->sampling) {
        l->sampling = true;
        l->sample = l->calls.tail - 1;
        l->sampled = link_seconds();
    }
    link_want_flush(l);
    return c;
}

void link_end(struct link *l, const struct link_call *given)
{
    link_push(l, given)->offset = wire_total(l->wire);
}

void link_refuse(struct link *l, const struct link_call *given, enum tl_err e)
{
    struct link_call *c = ring_push(&l->refused, given);
    c->offset = e;
    link_want_flush(l);
}

// ---- life ----

struct link *link_new(const struct link_options *o, const struct link_ops *ops, void *owner)
{
    struct link *l = xcalloc(1, sizeof(*l));
    l->o = *o;
    l->ops = ops;
    l->owner = owner;
    l->loop = o->loop;
    l->timer = loop_timer_new(l->loop, link_tick, l);
    l->flush = event_new(loop_base(l->loop), -1, 0, link_on_flush, l);
    if (!l->flush)
        abort();
    if (o->net)
        link_set_timer(l, loop_now(l->loop));
    return l;
}

static void link_destroy(void *arg)
{
    struct link *l = arg;
    event_free(l->flush);
    loop_timer_free(l->timer);
    value_reader_free(l->reader);
    ring_close(&l->calls);
    ring_close(&l->refused);
    free(l);
}

void link_free(struct link *l)
{
    if (!l || l->state == LINK_CLOSED)
        return;
    l->state = LINK_CLOSED;
    wire_close(l->wire);
    l->wire = NULL;
    event_del(l->flush);
    loop_timer_set(l->timer, -1);
    loop_defer_free(l->loop, link_destroy, l);
}

bool link_open(const struct link *l)
{
    return l->state == LINK_OPEN;
}

uint32_t link_pending(const struct link *l)
{
    return ring_count(&l->calls);
}

const char *link_trouble(const struct link *l)
{
    return l->trouble;
}
