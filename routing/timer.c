// SPDX-License-Identifier: Apache-2.0
//
// Timers: a binary heap whose elements know their own place. They never call anybody; router.c takes the first that is due.
//
// Order: deadline, kind, id. It is total, so the order of firing does not depend on the order in which timers were started.

#include "routing/core.h"

#include <string.h>

int64_t timer_after(int64_t at, int64_t ms)
{
    return ms > INT64_MAX - at ? INT64_MAX : at + ms;
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

static void timer_put_at(struct router *r, struct timer *t, size_t i)
{
    r->heap[i] = t;
    t->place = (uint32_t)i + 1;
}

static void timer_sift(struct router *r, struct timer *t)
{
    size_t i = t->place - 1u;
    while (i > 0 && timer_before(t, r->heap[(i - 1) / 2])) {
        timer_put_at(r, r->heap[(i - 1) / 2], i);
        i = (i - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < r->heap_n && timer_before(r->heap[child + 1], r->heap[child]))
            child++;
        if (child >= r->heap_n || !timer_before(r->heap[child], t))
            break;
        timer_put_at(r, r->heap[child], i);
        i = child;
    }
    timer_put_at(r, t, i);
}

void timer_start(struct router *r, struct timer *t, int64_t deadline)
{
    if (t->place && t->deadline == deadline)
        return;
    t->deadline = deadline;
    if (!t->place) {
        r->heap = memory_grow(r->heap, &r->heap_cap, r->heap_n + 1, sizeof(struct timer *));
        timer_put_at(r, t, r->heap_n++);
    }
    timer_sift(r, t);
}

void timer_stop(struct router *r, struct timer *t)
{
    if (!t->place)
        return;
    size_t i = t->place - 1u;
    struct timer *last = r->heap[--r->heap_n];
    t->place = 0;
    if (last == t)
        return;
    timer_put_at(r, last, i);
    timer_sift(r, last);
}

struct timer *timer_first(const struct router *r)
{
    return r->heap_n ? r->heap[0] : NULL;
}

bool timer_check(const struct router *r)
{
    for (size_t i = 0; i < r->heap_n; i++) {
        if (r->heap[i]->place != i + 1)
            return false;
        if (i && timer_before(r->heap[i], r->heap[(i - 1) / 2]))
            return false;
    }
    return true;
}
