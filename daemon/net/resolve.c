// SPDX-License-Identifier: Apache-2.0
// getaddrinfo() on a worker. Owns the question while it is asked.
#include "daemon/net/resolve.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/workers.h"

struct question {
    char host[256], port[16], why[128];
    struct resolve_address v[RESOLVE_MAX];
    size_t n;
    resolve_fn *fn;
    uint64_t token;
};

static void on_thread(void *job)
{
    struct question *q = job;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list = NULL;
    int e = getaddrinfo(q->host, q->port, &hints, &list);
    if (e) {
        snprintf(q->why, sizeof q->why, "%s", gai_strerror(e));
        return;
    }
    for (const struct addrinfo *a = list; a && q->n < RESOLVE_MAX; a = a->ai_next) {
        memcpy(&q->v[q->n].ss, a->ai_addr, a->ai_addrlen);
        q->v[q->n++].len = a->ai_addrlen;
    }
    freeaddrinfo(list);
}

static void on_answer(void *job)
{
    struct question *q = job;
    q->fn(q->token, q->v, q->n, q->why);
    free(q);
}

bool resolve_name(struct workers *w, const char *host, const char *port, resolve_fn *fn, uint64_t token)
{
    struct question *q = xcalloc(1, sizeof *q);
    q->fn = fn;
    q->token = token;
    snprintf(q->host, sizeof q->host, "%s", host);
    snprintf(q->port, sizeof q->port, "%s", port);
    bool asked = workers_do(w, on_thread, on_answer, q);
    if (!asked)
        free(q);
    return asked;
}

bool resolve_is_loopback(const struct resolve_address *a)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    memcpy(&in, &a->ss, sizeof in);
    memcpy(&in6, &a->ss, sizeof in6);
    if (a->ss.ss_family == AF_INET)
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    return a->ss.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}
