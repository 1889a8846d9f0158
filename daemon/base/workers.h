// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_WORKERS_H
#define THROUGHLINE_BASE_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

// Threads for what would hold the loop: reading a large mail, the disk. A job is handed over whole and comes back whole: while it runs it is
// the thread's alone, before and afterwards the loop's. A job touches nothing but itself: no loop, no log, no metric, no store.

struct loop;
struct workers;

// `waiting`: jobs that may wait for a thread.
struct workers *workers_new(struct loop *loop, unsigned threads, size_t waiting);
// run() on a thread, then done() on the loop, never from inside. False when too many wait: neither is called.
bool workers_do(struct workers *w, void (*run)(void *job), void (*done)(void *job), void *job)
    __attribute__((warn_unused_result));
// Waits until every job has run and calls its done(). NULL is fine.
void workers_free(struct workers *w);

#endif
