// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_LOOP_H
#define THROUGHLINE_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

// The event loop. One turn: read the clock once, dispatch events, run the flush hooks, so that what the events wrote does not
// wait for the rest, then the turn-end hooks in order of registration and the flush hooks again, then empty the graveyard.
// Nothing is freed inside its own callback: loop_defer_free().

struct event_base;
struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *l);
struct event_base *loop_base(struct loop *l);
void loop_run(struct loop *l); // until loop_stop()
void loop_stop(struct loop *l);

int64_t loop_now(const struct loop *l); // CLOCK_MONOTONIC, ms, as of this turn
int64_t loop_unix_ms(void);             // CLOCK_REALTIME, ms: records only
int64_t loop_fresh(void);               // CLOCK_MONOTONIC, ms, read now: for measuring

void loop_defer_free(struct loop *l, void (*free_fn)(void *), void *object);
void loop_at_turn_end(struct loop *l, void (*fn)(void *), void *arg); // every turn, for ever
void loop_at_turn_flush(struct loop *l, void (*fn)(void *),
                        void *arg);          // likewise, before and after those: writes to sockets
void loop_forget(struct loop *l, void *arg); // every hook of both kinds with this arg; not from inside a hook
void loop_on_signal(struct loop *l, int signo, void (*fn)(void *), void *arg); // on the loop, for ever

// A timer object owned by the caller; `fn` runs on the loop. Setting again moves it. ms < 0 stops it.
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *), void *arg);
void loop_timer_set(struct loop_timer *t, int64_t ms);
bool loop_timer_pending(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

// Memory: out of memory is fatal in the daemon.
void *xcalloc(uint64_t n, uint64_t size);
void *xrealloc(void *p, uint64_t size);
char *xstrdup(const char *s);
void *xmemdup(const void *p, uint64_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
