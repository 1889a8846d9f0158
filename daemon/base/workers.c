// SPDX-License-Identifier: Apache-2.0
// A few threads, a list of jobs to run and one of jobs done, one lock over both; an eventfd wakes the loop. Signals stay with the main
// thread. Without threads or descriptors there is no going on: that ends the process at the start.
#include "daemon/base/workers.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/loop.h"

struct job {
    struct job *next;
    void (*run)(void *), (*done)(void *);
    void *arg;
};
struct jobs { // first in, first out
    struct job *first, **last;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct jobs wait, done; // under the lock, as the next three
    size_t waiting, max;
    bool ending;
    pthread_t *threads;
    unsigned n;
    int wake;
    struct event *event;
};

static void put(struct jobs *q, struct job *j)
{
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
}

static struct job *take(struct jobs *q)
{
    struct job *j = q->first;
    if (j)
        q->first = j->next;
    if (!q->first)
        q->last = &q->first;
    return j;
}

static struct job *next_job(struct workers *w)
{
    while (!w->wait.first && !w->ending)
        pthread_cond_wait(&w->more, &w->lock);
    struct job *j = take(&w->wait);
    w->waiting -= j != NULL;
    return j;
}

static void *work(void *arg)
{
    struct workers *w = arg;
    struct job *j;
    pthread_mutex_lock(&w->lock);
    while ((j = next_job(w)) != NULL) {
        pthread_mutex_unlock(&w->lock);
        j->run(j->arg);
        pthread_mutex_lock(&w->lock);
        put(&w->done, j);
        uint64_t one = 1;
        if (write(w->wake, &one, sizeof one) != sizeof one)
            abort();
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void collect(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    struct job *j = w->done.first;
    w->done = (struct jobs){NULL, &w->done.first};
    pthread_mutex_unlock(&w->lock);
    while (j) {
        struct job *next = j->next;
        j->done(j->arg);
        free(j);
        j = next;
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    uint64_t n;
    if (read(fd, &n, sizeof n) == sizeof n)
        collect(arg);
}

bool workers_do(struct workers *w, void (*run)(void *job), void (*done)(void *job), void *arg)
{
    pthread_mutex_lock(&w->lock);
    bool fits = w->waiting < w->max && !w->ending;
    if (fits) {
        struct job *j = xcalloc(1, sizeof *j);
        *j = (struct job){NULL, run, done, arg};
        put(&w->wait, j);
        w->waiting++;
        pthread_cond_signal(&w->more);
    }
    pthread_mutex_unlock(&w->lock);
    return fits;
}

// ---- life ----

static void start(struct workers *w, unsigned threads)
{
    sigset_t all, was;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &was);
    for (; w->n < threads; w->n++)
        if (pthread_create(&w->threads[w->n], NULL, work, w) != 0) {
            fputs("no threads\n", stderr);
            abort();
        }
    pthread_sigmask(SIG_SETMASK, &was, NULL);
}

struct workers *workers_new(struct loop *loop, unsigned threads, size_t waiting)
{
    struct workers *w = xcalloc(1, sizeof *w);
    w->wait.last = &w->wait.first;
    w->done.last = &w->done.first;
    w->max = waiting;
    w->threads = xcalloc(threads, sizeof *w->threads);
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->event = w->wake < 0 ? NULL : event_new(loop_base(loop), w->wake, EV_READ | EV_PERSIST, on_wake, w);
    if (!w->event || event_add(w->event, NULL) != 0 || pthread_mutex_init(&w->lock, NULL) != 0 ||
        pthread_cond_init(&w->more, NULL) != 0) {
        fputs("no workers\n", stderr);
        abort();
    }
    start(w, threads);
    return w;
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->n; i++)
        pthread_join(w->threads[i], NULL);
    collect(w);
    event_free(w->event);
    close(w->wake);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->more);
    free(w->threads);
    free(w);
}
