// SPDX-License-Identifier: Apache-2.0
// The event loop around libevent's. Owns the base, the signal events, the turn-end hooks and the graveyard; timers belong to
// their makers. It knows nothing of what runs on it. No base = a broken environment: the process ends.
//
// The turn's clock is read when it is first asked for after the loop woke up, so a turn that needs no clock pays for none.
#include <assert.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/base/loop.h"

#define LOOP_SIGNALS_MAX 8

struct hook {
    void (*fn)(void *);
    void *arg;
};

struct hooks {
    struct hook *v;
    size_t n;
};

struct turn {
    bool running;
    int64_t now; // 0 = not read yet
};

struct loop {
    struct event_base *base;
    struct turn *turn; // apart, since reading the clock through a const loop fills it
    bool stopped;
    struct hooks at_end, at_flush;
    struct hook *graves;
    size_t graves_n, graves_size;
    struct {
        struct event *event;
        struct hook hook;
    } signals[LOOP_SIGNALS_MAX];
    size_t signals_n;
};

// A timer that is moved to a later time, as most are again and again, stays where it is and goes on from there when it is due.
struct loop_timer {
    struct loop *loop;
    struct event *event;
    struct hook hook;
    int64_t due;   // of the event
    int64_t until; // when it shall run, 0 = when the event is due
};

struct loop *loop_new(void)
{
    struct loop *l = xcalloc(1, sizeof *l);
    l->turn = xcalloc(1, sizeof *l->turn);
    l->base = event_base_new();
    if (!l->base) {
        fputs("no event base\n", stderr);
        abort();
    }
    signal(SIGPIPE, SIG_IGN);
    return l;
}

static void bury(struct loop *l)
{
    while (l->graves_n) { // a free may defer another
        struct hook g = l->graves[--l->graves_n];
        g.fn(g.arg);
    }
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    bury(l);
    for (size_t i = 0; i < l->signals_n; i++)
        event_free(l->signals[i].event);
    event_base_free(l->base);
    free(l->at_end.v);
    free(l->at_flush.v);
    free(l->graves);
    free(l->turn);
    free(l);
}

struct event_base *loop_base(struct loop *l)
{
    return l->base;
}

static void run(const struct hooks *h)
{
    for (size_t i = 0; i < h->n; i++)
        h->v[i].fn(h->v[i].arg);
}

void loop_run(struct loop *l)
{
    while (!l->stopped) {
        *l->turn = (struct turn){.running = true};
        event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
        run(&l->at_flush);
        run(&l->at_end);
        run(&l->at_flush);
        bury(l);
    }
    l->turn->running = false;
    l->stopped = false;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}

static int64_t clock_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t loop_now(const struct loop *l)
{
    if (!l->turn->running)
        return loop_fresh();
    if (!l->turn->now)
        l->turn->now = loop_fresh();
    return l->turn->now;
}

int64_t loop_unix_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t loop_fresh(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

void loop_defer_free(struct loop *l, void (*free_fn)(void *), void *object)
{
    if (l->graves_n == l->graves_size) {
        l->graves_size = l->graves_size ? l->graves_size * 2 : 64;
        l->graves = xrealloc(l->graves, l->graves_size * sizeof *l->graves);
    }
    l->graves[l->graves_n++] = (struct hook){free_fn, object};
}

static void add(struct hooks *h, void (*fn)(void *), void *arg)
{
    h->v = xrealloc(h->v, (h->n + 1) * sizeof *h->v);
    h->v[h->n++] = (struct hook){fn, arg};
}

void loop_at_turn_end(struct loop *l, void (*fn)(void *), void *arg)
{
    add(&l->at_end, fn, arg);
}

void loop_at_turn_flush(struct loop *l, void (*fn)(void *), void *arg)
{
    add(&l->at_flush, fn, arg);
}

static void drop(struct hooks *h, const void *arg)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->n; i++)
        if (h->v[i].arg != arg)
            h->v[kept++] = h->v[i];
    h->n = kept;
}

void loop_forget(struct loop *l, void *arg)
{
    drop(&l->at_end, arg);
    drop(&l->at_flush, arg);
}

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
    (void)signo;
    (void)what;
    struct hook *h = arg;
    h->fn(h->arg);
}

void loop_on_signal(struct loop *l, int signo, void (*fn)(void *), void *arg)
{
    assert(l->signals_n < LOOP_SIGNALS_MAX);
    struct hook *h = &l->signals[l->signals_n].hook;
    *h = (struct hook){fn, arg};
    struct event *e = evsignal_new(l->base, signo, on_signal, h);
    if (!e || evsignal_add(e, NULL) != 0)
        abort();
    l->signals[l->signals_n++].event = e;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct loop_timer *t = arg;
    int64_t left = t->until ? t->until - loop_now(t->loop) : 0;
    t->until = 0;
    if (left > 0)
        loop_timer_set(t, left);
    else
        t->hook.fn(t->hook.arg);
}

struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *), void *arg)
{
    struct loop_timer *t = xcalloc(1, sizeof *t);
    t->loop = l;
    t->hook = (struct hook){fn, arg};
    t->event = evtimer_new(l->base, on_timer, t);
    if (!t->event)
        abort();
    return t;
}

void loop_timer_set(struct loop_timer *t, int64_t ms)
{
    t->until = 0;
    if (ms < 0) {
        evtimer_del(t->event);
        return;
    }
    int64_t at = loop_now(t->loop) + ms;
    if (at >= t->due && loop_timer_pending(t)) {
        t->until = at;
        return;
    }
    t->due = at;
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    evtimer_add(t->event, &tv);
}

bool loop_timer_pending(const struct loop_timer *t)
{
    return evtimer_pending(t->event, NULL) != 0;
}

void loop_timer_free(struct loop_timer *t)
{
    if (!t)
        return;
    event_free(t->event);
    free(t);
}
