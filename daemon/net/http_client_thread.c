// SPDX-License-Identifier: Apache-2.0
// Mails are carried by threads: at the end of a mail curl waits for the server's word without going back to the loop, however long that
// takes. A thread has one exchange to itself, touches nothing else of ours, and says through a pipe when it has its answer, and when it is gone: the farewell to the server may take its time as well.
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/loop.h"
#include "daemon/net/http_client_private.h"

enum { THREADS_MAX = 16 };

struct carrier_thread {
    pthread_t thread;
    struct exchange *x;
    atomic_bool abandoned;
    int pipe; // where to say how far it is
};
enum phase { PHASE_ANSWERED, PHASE_GONE };
struct word {
    struct carrier_thread *t;
    enum phase phase;
};

struct threads {
    struct http_client *client;
    struct event *event;
    int pipe[2];
    struct carrier_thread *v[THREADS_MAX];
    size_t n;
    struct exchange *waiting; // in order, by next
};

// ---- in the thread ----

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct carrier_thread *t = arg;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&t->abandoned);
}

static void say(struct carrier_thread *t, enum phase phase)
{
    struct word w = {.t = t, .phase = phase};
    while (write(t->pipe, &w, sizeof w) < 0 && errno == EINTR)
        continue;
}

static void *run(void *arg)
{
    struct carrier_thread *t = arg;
    exchange_end(t->x, curl_easy_perform(t->x->easy));
    say(t, PHASE_ANSWERED);
    exchange_close(t->x);
    say(t, PHASE_GONE);
    return NULL;
}

// ---- on the loop ----

static void start(struct threads *all, struct exchange *x)
{
    struct carrier_thread *t = xcalloc(1, sizeof *t);
    sigset_t every, before;
    t->x = x;
    t->pipe = all->pipe[1];
    x->thread = t;
    curl_easy_setopt(x->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(x->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(x->easy, CURLOPT_XFERINFODATA, t);
    all->v[all->n++] = t;
    sigfillset(&every); // signals are the loop's
    pthread_sigmask(SIG_SETMASK, &every, &before);
    if (pthread_create(&t->thread, NULL, run, t) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void forget(struct threads *all, struct carrier_thread *t)
{
    size_t i = 0;
    while (all->v[i] != t)
        i++;
    all->v[i] = all->v[--all->n];
    pthread_join(t->thread, NULL);
    free(t);
}

static void answered(struct threads *all, struct carrier_thread *t)
{
    struct exchange *x = t->x;
    struct http_answer a = {0};
    if (atomic_load(&t->abandoned))
        return;
    exchange_answer(x, &a);
    table_take(&all->client->calls, x->id); // a cancel from inside, or later, finds nothing
    x->fn(x->module, x->token, &a);
}

static void gone(struct threads *all, struct carrier_thread *t)
{
    struct exchange *x = t->x;
    forget(all, t);
    exchange_free(x);
    x = all->waiting;
    if (!x || all->n >= THREADS_MAX)
        return;
    all->waiting = x->next;
    start(all, x);
}

static void on_word(evutil_socket_t fd, short what, void *arg)
{
    struct threads *all = arg;
    struct word w;
    (void)what;
    while (read(fd, &w, sizeof w) == sizeof w) // so small a write is never parted
        (w.phase == PHASE_ANSWERED ? answered : gone)(all, w.t);
}

void threads_carry(struct threads *all, struct exchange *x)
{
    struct exchange **at = &all->waiting;
    if (all->n < THREADS_MAX) {
        start(all, x);
        return;
    }
    while (*at)
        at = &(*at)->next;
    *at = x;
}

void threads_cancel(struct threads *all, struct exchange *x)
{
    struct exchange **at = &all->waiting;
    if (x->thread) {
        atomic_store(&x->thread->abandoned, true); // the thread ends soon, and the exchange with it
        return;
    }
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    exchange_free(x);
}

struct threads *threads_new(struct http_client *c)
{
    struct threads *all = xcalloc(1, sizeof *all);
    all->client = c;
    if (pipe2(all->pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        abort();
    all->event = event_new(loop_base(c->loop), all->pipe[0], EV_READ | EV_PERSIST, on_word, all);
    if (!all->event || event_add(all->event, NULL) != 0)
        abort();
    return all;
}

void threads_free(struct threads *all)
{
    for (size_t i = 0; i < all->n; i++)
        atomic_store(&all->v[i]->abandoned, true);
    while (all->n) {
        struct carrier_thread *t = all->v[0];
        struct exchange *x = t->x;
        forget(all, t);
        exchange_free(x);
    }
    assert(!all->waiting); // cancelled by the client
    event_free(all->event);
    close(all->pipe[0]);
    close(all->pipe[1]);
    free(all);
}
