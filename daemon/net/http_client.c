// SPDX-License-Identifier: Apache-2.0
// The client's life on the loop (mails: http_client_thread.c): curl says which sockets and which time it waits for, the loop tells it when they come. A call is freed only
// outside of curl's callbacks. What fails is told in the call's answer; a call that is no request is refused before it begins.
#include "daemon/net/http_client.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/net/http_client_private.h"

enum {
    CONNECTIONS_PER_HOST = 32,
    CONNECTIONS = 512,
};

// ---- calls ----

static void call_end(struct exchange *x)
{
    table_take(&x->client->calls, x->id);
    if (x->smtp) {
        threads_cancel(x->client->threads, x);
        return;
    }
    curl_multi_remove_handle(x->client->multi, x->easy);
    exchange_free(x);
}

static void answer(struct http_client *c, CURL *easy, CURLcode result)
{
    struct exchange *x = NULL;
    struct http_answer a = {0};
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &x);
    exchange_end(x, result);
    exchange_answer(x, &a);
    table_take(&c->calls, x->id); // a cancel from inside finds nothing
    x->fn(x->module, x->token, &a);
    call_end(x);
}

static void look(struct http_client *c)
{
    int left = 0;
    for (CURLMsg *m = curl_multi_info_read(c->multi, &left); m; m = curl_multi_info_read(c->multi, &left))
        if (m->msg == CURLMSG_DONE)
            answer(c, m->easy_handle, m->data.result);
}

uint64_t http_client_call(struct http_client *c, const struct http_call *call, http_client_fn *fn, void *module,
                          uint64_t token, const char **why)
{
    struct exchange *x = xcalloc(1, sizeof *x);
    *x = (struct exchange){.client = c, .fn = fn, .module = module, .token = token, .easy = curl_easy_init()};
    if (!x->easy)
        abort(); // out of memory
    if (!exchange_prepare(x, call, why)) {
        exchange_free(x);
        return 0;
    }
    x->id = table_add(&c->calls, x);
    curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
    if (x->smtp)
        threads_carry(c->threads, x);
    else if (curl_multi_add_handle(c->multi, x->easy) != CURLM_OK)
        abort();
    return x->id;
}

void http_client_cancel(struct http_client *c, uint64_t id)
{
    struct exchange *x = table_get(&c->calls, id);
    if (x)
        call_end(x);
}

size_t http_client_in_flight(const struct http_client *c)
{
    return c->calls.count;
}

// ---- curl and the loop ----

static void on_timer(void *arg)
{
    struct http_client *c = arg;
    int running = 0;
    curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    look(c);
}

// Never from here back into curl: a time of nothing, too, waits for the loop.
static int wants_time(CURLM *multi, long ms, void *arg)
{
    struct http_client *c = arg;
    (void)multi;
    loop_timer_set(c->timer, ms);
    return 0;
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct http_client *c = arg;
    int running = 0;
    int bits = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(c->multi, fd, bits, &running);
    look(c);
}

static int wants_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *event)
{
    struct http_client *c = arg;
    struct event *e = event;
    (void)easy;
    if (e)
        event_free(e);
    if (what == CURL_POLL_REMOVE) {
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    short bits = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
    e = event_new(loop_base(c->loop), fd, bits, on_socket, c);
    if (!e || event_add(e, NULL) != 0)
        abort();
    curl_multi_assign(c->multi, fd, e);
    return 0;
}

// ---- life ----

void http_client_configure(struct http_client *c, const struct http_client_options *o)
{
    free(c->ca_file);
    c->ca_file = o->ca_file ? xstrdup(o->ca_file) : NULL;
    c->connect_ms = o->connect_ms;
    c->answer_ms = o->answer_ms;
}

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *o)
{
    struct http_client *c = xcalloc(1, sizeof *c);
    static bool begun;
    if (!begun && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    begun = true;
    c->loop = loop;
    c->multi = curl_multi_init();
    c->timer = loop_timer_new(loop, on_timer, c);
    c->threads = threads_new(c);
    if (!c->multi)
        abort();
    http_client_configure(c, o);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, wants_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, wants_time);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_PER_HOST);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS);
    return c;
}

void http_client_free(struct http_client *c)
{
    void *x;
    if (!c)
        return;
    while ((x = table_any(&c->calls)))
        call_end(x);
    threads_free(c->threads);
    table_close(&c->calls);
    curl_multi_cleanup(c->multi); // asks for its sockets' removal
    loop_timer_free(c->timer);
    free(c->ca_file);
    free(c);
}
