// SPDX-License-Identifier: Apache-2.0
//
// Timers: binary heaps whose elements know their own place. They never call anybody; router.c takes the first that is due.
//
// Those whose deadline is in `wall` are alarms and have a heap of their own.
//
// Order: deadline, kind, id. It is total, so the order of firing does not depend on the order in which timers were started.

#include "routing/core.h"

#include <string.h>

int64_t timer_after(int64_t at, int64_t ms)
{
    int64_t then;
    return __builtin_add_overflow(at, ms, &then) ? INT64_MAX : then;
}

void timer_init(struct timer *t, enum timer_kind kind, void *owner)
{
    *t = (struct timer){.kind = kind, .owner = owner};
}

static bool timer_before(const struct timer *a, const struct timer *b)
{
    if (a->deadline != b->deadline)
        return a->deadline < b->deadline;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    if (a->kind == TIMER_GRACE || a->kind == TIMER_FOCUS)
        return strcmp(((const struct agent *)a->owner)->def.id, ((const struct agent *)b->owner)->def.id) < 0;
    return ((const struct work *)a->owner)->id < ((const struct work *)b->owner)->id;
}

// Deadlines of two clocks are not compared.
static struct timers *timer_heap(struct router *r, const struct timer *t)
{
    return t->kind == TIMER_SNOOZE ? &r->alarms : &r->timers;
}

static void timer_put_at(struct timers *h, struct timer *t, size_t i)
{
    h->v[i] = t;
    t->place = (uint32_t)i + 1;
}

static void timer_sift(struct timers *h, struct timer *t)
{
    size_t i = t->place - 1u;
    while (i > 0 && timer_before(t, h->v[(i - 1) / 2])) {
        timer_put_at(h, h->v[(i - 1) / 2], i);
        i = (i - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < h->n && timer_before(h->v[child + 1], h->v[child]))
            child++;
        if (child >= h->n || !timer_before(h->v[child], t))
            break;
        timer_put_at(h, h->v[child], i);
        i = child;
    }
    timer_put_at(h, t, i);
}

void timer_start(struct router *r, struct timer *t, int64_t deadline)
{
    if (t->place && t->deadline == deadline)
        return;
    struct timers *h = timer_heap(r, t);
    t->deadline = deadline;
    if (!t->place) {
        h->v = memory_grow(h->v, &h->cap, h->n + 1, sizeof(struct timer *));
        timer_put_at(h, t, h->n++);
    }
    timer_sift(h, t);
}

void timer_stop(struct router *r, struct timer *t)
{
    if (!t->place)
        return;
    struct timers *h = timer_heap(r, t);
    size_t i = t->place - 1u;
    struct timer *last = h->v[--h->n];
    t->place = 0;
    if (last == t)
        return;
    timer_put_at(h, last, i);
    timer_sift(h, last);
}

void timer_aim(struct router *r, struct timer *t, int64_t deadline)
{
    if (deadline == INT64_MAX)
        timer_stop(r, t);
    else
        timer_start(r, t, deadline);
}

struct timer *timer_first(const struct router *r)
{
    return r->timers.n ? r->timers.v[0] : NULL;
}

struct timer *timer_first_alarm(const struct router *r)
{
    return r->alarms.n ? r->alarms.v[0] : NULL;
}

static bool timer_check_heap(const struct timers *h, bool alarms)
{
    for (size_t i = 0; i < h->n; i++) {
        if (h->v[i]->place != i + 1 || (h->v[i]->kind == TIMER_SNOOZE) != alarms)
            return false;
        if (i && timer_before(h->v[i], h->v[(i - 1) / 2]))
            return false;
    }
    return true;
}

bool timer_check(const struct router *r)
{
    return timer_check_heap(&r->timers, false) && timer_check_heap(&r->alarms, true);
}
