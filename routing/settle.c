// SPDX-License-Identifier: Apache-2.0
//
// Settling: after every input and every timer, waiting work meets whoever can take it.
//
// The rules say it simply: go through all waiting work in its order (priority, age, id) and decide each. Only two kinds can
// come out differently than last time: work whose own situation changed (undecided) and work that an agent with new room could
// take (freed). This file visits just those, in the same order, so the outcome is that of the simple rule.

#include "routing/core.h"

static void settle_decide(struct router *r, struct work *w)
{
    if (w->wanted && !match_wanted(r, w))
        work_want(w, NULL);
    struct match m = match_work(r, w, match_scratch(r));
    if (m.winner || !w->told) {
        struct router_effect *e = effect_work(r, ROUTER_DECISION, w, m.winner, w->reason);
        struct router_decision *d = match_record(r, &r->arena, w, &m, ROUTER_CANDIDATES_MAX);
        e->decision = d;
        w->told = true;
    }
    r->held -= w->hold.place ? 1 : 0;
    timer_stop(r, &w->hold);
    if (m.winner) {
        offer_make(r, w, &m);
    } else if (m.held) {
        timer_start(r, &w->hold, w->hold_until);
        r->held++;
    }
}

bool settle_line_fits(const struct line *l, const struct agent *a)
{
    return a->fit[l->queue->index] && agent_takes(a, l->channels) && a->load + l->cost <= a->def.capacity;
}

// Whether one of the freed agents could take it.
static bool settle_could(const struct router *r, const struct work *w)
{
    for (size_t i = 0; i < r->freed_n; i++) {
        if (settle_line_fits(w->line, r->freed[i]) && match_agent(r, w, r->freed[i]).exclusion == ROUTER_QUALIFIED)
            return true;
    }
    return false;
}

static bool settle_line_open(const struct router *r, const struct line *l)
{
    if (r->everything)
        return true;
    for (size_t i = 0; i < r->freed_n; i++) {
        if (settle_line_fits(l, r->freed[i]))
            return true;
    }
    return false;
}

// The first in the line, after those already looked at, that could be taken.
static struct work *settle_head(struct router *r, struct line *l)
{
    if (l->stamp != r->stamp) {
        l->stamp = r->stamp;
        l->cursor = l->head;
    }
    if (!l->cursor || !settle_line_open(r, l))
        return NULL;
    while (l->cursor && !r->everything && !settle_could(r, l->cursor))
        l->cursor = l->cursor->next;
    return l->cursor;
}

static struct work *settle_next_in_lines(struct router *r)
{
    struct work *best = NULL;
    if (!r->everything && !r->freed_n)
        return NULL;
    for (size_t q = 0; q < r->queues_n; q++) {
        for (size_t i = 0; i < r->queues[q]->lines_n; i++) {
            struct work *w = settle_head(r, r->queues[q]->lines[i]);
            if (w && (!best || order_before(r, w, best)))
                best = w;
        }
    }
    return best;
}

// What no longer waits is dropped, the rest put in order.
static void settle_sort_undecided(struct router *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->undecided_n; i++) {
        struct work *w = r->undecided[i];
        w->undecided = false;
        if (w->state == ROUTER_QUEUED)
            r->undecided[n++] = w;
    }
    r->undecided_n = n;
    if (!order_shifts(r))
        order_sort(r, r->undecided, n);
}

// The first of the undecided from `next` on, brought to its place.
static struct work *settle_next_undecided(struct router *r, size_t *next)
{
    while (*next < r->undecided_n && r->undecided[*next]->state != ROUTER_QUEUED)
        ++*next;
    if (*next == r->undecided_n)
        return NULL;
    for (size_t i = *next + 1; order_shifts(r) && i < r->undecided_n; i++) {
        struct work *w = r->undecided[i];
        if (w->state == ROUTER_QUEUED && order_before(r, w, r->undecided[*next])) {
            r->undecided[i] = r->undecided[*next];
            r->undecided[*next] = w;
        }
    }
    return r->undecided[*next];
}

// A freed agent for whom a colleague's work waits by name is found by the work: it may stand in a queue they have no skill for.
static void settle_wanted(struct router *r)
{
    for (size_t i = 0; i < r->freed_n; i++) {
        if (r->freed[i]->wanted)
            agent_reconsider(r, r->freed[i]);
    }
}

void settle(struct router *r)
{
    if (!r->undecided_n && !r->freed_n && !r->everything)
        return;
    if (r->waiting) {
        settle_wanted(r);
        settle_sort_undecided(r);
        r->stamp++;
        for (size_t next = 0;;) {
            struct work *w = settle_next_in_lines(r), *u = settle_next_undecided(r, &next);
            if (u && (!w || !order_before(r, w, u))) {
                w = u;
                next++;
            }
            if (!w)
                break;
            if (w->line->stamp == r->stamp && w->line->cursor == w)
                w->line->cursor = w->next;
            settle_decide(r, w);
        }
    }
    for (size_t i = 0; i < r->undecided_n; i++)
        r->undecided[i]->undecided = false;
    for (size_t i = 0; i < r->freed_n; i++)
        r->freed[i]->freed = false;
    r->undecided_n = r->freed_n = 0;
    r->everything = false;
}

void settle_pause_over(struct router *r, struct work *w)
{
    offer_arm_pause(r, w);
    work_undecide(r, w);
}

void settle_hold_over(struct router *r, struct work *w)
{
    r->held--;
    work_undecide(r, w);
}
