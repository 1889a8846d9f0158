// SPDX-License-Identifier: Apache-2.0
//
// Settling: after every input and every timer, waiting work meets whoever can take it.
//
// The rules say it simply: go through all waiting work in its order (priority, age, id) and decide each. Only two kinds can
// come out differently than last time: work whose own situation changed (undecided) and work that an agent with new room could
// take (freed). This file visits just those, in the same order, so the outcome is that of the simple rule.

#include "routing/callback.h"
#include "routing/estimate.h"
#include "routing/notice.h"
#include "routing/team.h"

// ---- waiting for somebody in particular ----

static void settle_await(struct router *r, const struct work *w, const char *id, bool await)
{
    struct agent *a = *id ? agent_find(r, id) : NULL;
    if (a && await && !ids_have(&a->awaited, w->id))
        ids_put(&a->awaited, w->id);
    else if (a && !await)
        ids_drop(&a->awaited, w->id);
}

static void settle_await_known(struct router *r, const struct work *w, bool await)
{
    settle_await(r, w, w->prefer_former ? w->former : "", await);
    settle_await(r, w, w->last_agent, await);
    r->held += await ? 1u : (uint32_t)-1;
}

// How long somebody who knows the customer is waited for, counted from when the wait began: by the channel of now.
void settle_hold_from(const struct router *r, struct work *w)
{
    uint32_t of_channel = r->rules.channels[w->channel_now].prefer_known_ms;
    w->hold_until = timer_after(w->entered, of_channel ? of_channel : w->queue->def.prefer_known_ms);
}

void settle_hold(struct router *r, struct work *w)
{
    timer_start(r, &w->hold, w->hold_until);
    settle_await_known(r, w, true);
}

void settle_unhold(struct router *r, struct work *w)
{
    if (!w->hold.place)
        return;
    timer_stop(r, &w->hold);
    settle_await_known(r, w, false);
}

// Its channel has changed: the new one may hold it for longer, or not so long.
void settle_hold_again(struct router *r, struct work *w)
{
    settle_unhold(r, w);
    settle_hold_from(r, w);
    if (w->line)
        work_undecide(r, w);
}

void settle_hold_over(struct router *r, struct work *w)
{
    settle_await_known(r, w, false);
    work_undecide(r, w);
}

// ---- one work ----

// Whom it was passed to, if they can still be expected to take it: a colleague, or the best of a team.
static void settle_expect(struct router *r, struct work *w)
{
    if (w->team)
        work_want(w, team_pick(r, w));
    else if (w->wanted && !match_wanted(r, w))
        work_want(w, NULL);
    if (w->team && !w->wanted)
        team_want(r, w, "");
}

// Whether an offer was made.
static bool settle_decide(struct router *r, struct work *w)
{
    settle_expect(r, w);
    struct match m = match_work(r, w, record_limit(r), &r->ranking);
    if (m.winner && callback_sleep(r, w))
        return false;
    if (m.winner || (!w->told && w->state == ROUTER_QUEUED)) {
        struct router_effect *e = effect_work(r, ROUTER_DECISION, w, m.winner, w->reason);
        e->decision = record_decision(r, &r->arena, w, &m);
        w->told = true;
    }
    settle_unhold(r, w);
    if (m.winner)
        offer_make(r, w, &m);
    else if (m.held)
        settle_hold(r, w);
    return m.winner != NULL;
}

// Who stands behind work that nobody can take, and is nothing special to anybody, need not be asked for: room only shrinks.
static void settle_next(struct router *r, struct work *w)
{
    struct line *l = w->line;
    bool plain =
        !w->asks_n && !w->prefer_former && !*w->last_agent && !w->wanted && !w->team && !w->offers_n && w->told;
    if (plain && l->barren == r->stamp)
        return;
    bool more = w->offers_n > 0;
    while (settle_decide(r, w) && more && w->line)
        pool_settle(r);
    if (plain && w->state == ROUTER_QUEUED)
        l->barren = r->stamp;
}

// ---- lines ----

static bool settle_line_suits(const struct router *r, const struct line *l, const struct agent *a, uint32_t closed)
{
    return agent_takes(a, l->channels) && !(l->channels & closed) && room_for(r, a, l->channels, l->cost, NULL);
}

static void settle_swap(struct router *r, size_t a, size_t b)
{
    struct line *l = r->open[a];
    r->open[a] = r->open[b];
    r->open[b] = l;
    r->open[a]->place = a;
    r->open[b]->place = b;
}

// The open lines are a heap by the first in each that has not been looked at; only where giving work out can change the order
// it is none, and every line is compared each time.
static void settle_sink(struct router *r, size_t i)
{
    if (order_shifts(r))
        return;
    for (size_t child; (child = 2 * i + 1) < r->open_n; i = child) {
        if (child + 1 < r->open_n && order_before(r, r->open[child + 1]->cursor, r->open[child]->cursor))
            child++;
        if (!order_before(r, r->open[child]->cursor, r->open[i]->cursor))
            return;
        settle_swap(r, i, child);
    }
}

// Not yet a heap: the heads are compared when all of them have been fetched.
static void settle_open(struct router *r, struct line *l)
{
    if (l->stamp == r->stamp || !l->head)
        return;
    l->stamp = r->stamp;
    l->cursor = l->head;
    r->open = memory_grow(r->open, &r->open_cap, r->open_n + 1, sizeof(struct line *));
    l->place = r->open_n;
    r->open[r->open_n++] = l;
    __builtin_prefetch(l->head);
}

static void settle_close(struct router *r, struct line *l)
{
    size_t i = l->place;
    l->cursor = NULL;
    settle_swap(r, i, --r->open_n);
    if (i < r->open_n)
        settle_sink(r, i);
}

static void settle_open_all(struct router *r)
{
    for (size_t q = 0; q < r->queues_n; q++) {
        for (size_t i = 0; i < r->queues[q]->lines_n; i++)
            settle_open(r, r->queues[q]->lines[i]);
    }
}

// The lines lie far apart: they come while others are still on their way.
static void settle_fetch_lines(const struct agent *a)
{
    for (size_t m = 0; m < a->members_n; m++) {
        const struct queue *q = a->members[m].pool->queue;
        for (size_t i = 0; q->lined && i < q->lines_n; i++)
            __builtin_prefetch(q->lines[i]);
    }
}

static void settle_open_for(struct router *r, const struct agent *a)
{
    uint32_t closed = room_closed(r, a, NULL);
    settle_fetch_lines(a);
    for (size_t m = 0; m < a->members_n; m++) {
        const struct pool *p = a->members[m].pool;
        const struct queue *q = p->queue;
        for (size_t i = 0; q->lined && i < q->lines_n; i++) {
            if (queue_pool_at(q, q->lines[i]->step) == p && settle_line_suits(r, q->lines[i], a, closed))
                settle_open(r, q->lines[i]);
        }
    }
}

// The lines that somebody with new room could serve.
static void settle_open_lines(struct router *r)
{
    r->stamp++;
    r->open_n = 0;
    if (r->everything)
        settle_open_all(r);
    for (size_t f = 0; !r->everything && f < r->freed_n; f++)
        settle_open_for(r, r->freed[f]);
    for (size_t i = r->open_n / 2; i-- > 0;)
        settle_sink(r, i);
}

static bool settle_can_serve(const struct router *r, const struct line *l)
{
    const struct pool *p = queue_pool_at(l->queue, l->step);
    struct pool_need need = pool_need(r, l->channels, l->cost);
    return r->everything || pool_row_for(p, &need, 0) < p->rows_n;
}

// The first of all open lines.
static struct work *settle_next_in_lines(struct router *r)
{
    while (r->open_n) {
        struct line *best = r->open[0];
        for (size_t i = 1; order_shifts(r) && i < r->open_n; i++)
            best = order_before(r, r->open[i]->cursor, best->cursor) ? r->open[i] : best;
        if (settle_can_serve(r, best))
            return best->cursor;
        settle_close(r, best);
    }
    return NULL;
}

// Of the work that somebody with new room could take, the first.
struct work *settle_first(struct router *r)
{
    settle_open_lines(r);
    return settle_next_in_lines(r);
}

// What is about to be decided is looked at no more.
static void settle_pass(struct router *r, const struct work *w)
{
    struct line *l = w->line;
    if (l->stamp != r->stamp || l->cursor != w)
        return;
    l->cursor = w->next;
    if (l->cursor)
        settle_sink(r, l->place);
    else
        settle_close(r, l);
}

// ---- the undecided ----

// Of those from `from` on, what no longer waits is dropped, the rest put in order. Returns how many there are.
static size_t settle_sort_undecided(struct router *r, size_t from)
{
    size_t n = from;
    for (size_t i = from; i < r->undecided_n; i++) {
        struct work *w = r->undecided[i];
        w->undecided = false;
        if (w->line)
            r->undecided[n++] = w;
    }
    r->undecided_n = n;
    if (n > from && !order_shifts(r))
        order_sort(r, r->undecided + from, n - from);
    return n;
}

// The first of the n undecided from `next` on, brought to its place.
static struct work *settle_next_undecided(struct router *r, size_t *next, size_t n)
{
    while (*next < n && !r->undecided[*next]->line)
        ++*next;
    if (*next == n)
        return NULL;
    for (size_t i = *next + 1; order_shifts(r) && i < n; i++) {
        struct work *w = r->undecided[i];
        if (w->line && order_before(r, w, r->undecided[*next])) {
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
        if (r->freed[i]->awaited.n)
            agent_reconsider(r, r->freed[i]);
        team_reconsider(r, r->freed[i]->team);
    }
}

// The next to be decided; `next` and `n`: of the undecided. What has got its first offer meanwhile, and may get more, joins them once
// there is nothing left that nobody has been offered: it goes behind all of that.
static struct work *settle_choose(struct router *r, size_t *next, size_t *n)
{
    for (;;) {
        struct work *w = settle_next_in_lines(r), *u = settle_next_undecided(r, next, *n);
        if (u && (!w || !order_before(r, w, u)))
            w = u;
        if (*n == r->undecided_n || (w && !w->line->offered)) {
            *next += w && w == u ? 1 : 0;
            return w;
        }
        *n = settle_sort_undecided(r, *next);
    }
}

static void settle_all(struct router *r)
{
    settle_wanted(r);
    size_t next = 0, n = settle_sort_undecided(r, 0);
    pool_settle(r);
    settle_open_lines(r);
    for (struct work *w; (w = settle_choose(r, &next, &n));) {
        settle_pass(r, w);
        settle_next(r, w);
        pool_settle(r);
    }
}

static void settle_once(struct router *r)
{
    if (!r->undecided_n && !r->freed_n && !r->everything)
        return;
    if (r->lined)
        settle_all(r);
    for (size_t i = 0; i < r->undecided_n; i++)
        r->undecided[i]->undecided = false;
    for (size_t i = 0; i < r->freed_n; i++)
        r->freed[i]->freed = false;
    r->undecided_n = r->freed_n = 0;
    r->everything = false;
}

// An offer that is accepted by itself is still made and recorded, and answered when all that waits has been gone through: what is given
// out is the same, whoever answers.
void settle_answer_later(struct router *r, struct work *w)
{
    r->answers = memory_grow(r->answers, &r->answers_cap, r->answers_n + 1, sizeof(struct work *));
    r->answers[r->answers_n++] = w;
}

void settle(struct router *r)
{
    do {
        settle_once(r);
        for (size_t i = 0; i < r->answers_n; i++)
            offer_accept(r, r->answers[i], offer_first(r->answers[i]));
        r->answers_n = 0;
    } while (r->freed_n); // a session that had lapsed weighs less once somebody has it
    if (r->newcomers_n) {
        pool_settle(r);
        pace_promise(r);
    }
    if (r->unheard_n) {
        pool_settle(r);
        notice_tell(r);
    }
}

void settle_pause_over(struct router *r, struct work *w)
{
    offer_arm_pause(r, w);
    work_undecide(r, w);
}
