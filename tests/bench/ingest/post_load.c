// SPDX-License-Identifier: Apache-2.0
// (d): POST /v1/events, one protobuf event a request, over as many kept-alive connections as there are requests in flight.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conn.h"
#include "throughline/v1/event.pb-c.h"

struct post_run {
    const struct bench_server *server;
    double *sent_at;
    uint64_t sent, done, run;
    double start, seconds;
    struct bench_latency *latency;
};

static void post_send(struct post_run *r, struct conn *c)
{
    char id[40], from[32], head[512];
    snprintf(id, sizeof id, "%llx-%llu", (unsigned long long)r->run, (unsigned long long)++r->sent);
    snprintf(from, sizeof from, "tel:+49153%08u", (unsigned)(r->sent % 100));
    Throughline__V1__Message m = THROUGHLINE__V1__MESSAGE__INIT;
    m.text = "1234567 " BENCH_TEXT;
    Throughline__V1__Event e = THROUGHLINE__V1__EVENT__INIT;
    e.id = id;
    e.account = "sms-1";
    e.from = from;
    e.body_case = THROUGHLINE__V1__EVENT__BODY_MESSAGE;
    e.message = &m;
    uint8_t body[1024];
    size_t len = throughline__v1__event__pack(&e, body);
    int n = snprintf(head, sizeof head,
                     "POST /v1/events HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Bearer %s\r\nContent-Type: "
                     "application/x-protobuf\r\n"
                     "Accept: application/x-protobuf\r\nContent-Length: %zu\r\n\r\n",
                     r->server->host, r->server->port, r->server->token, len);
    conn_write(c, head, (size_t)n);
    conn_write(c, body, len);
    r->sent_at[c->index] = bench_now();
    conn_flush(c);
}

static size_t post_answer(struct conn *c, const uint8_t *bytes, size_t len)
{
    struct post_run *r = c->ctx;
    const char *end = len ? memmem(bytes, len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return 0;
    size_t head = (size_t)(end + 4 - (const char *)bytes), body = 0;
    for (const char *p = (const char *)bytes; p < end; p++)
        if (strncasecmp(p, "\ncontent-length:", 16) == 0)
            body = strtoul(p + 16, NULL, 10);
    if (len < head + body)
        return 0;
    if (strncmp((const char *)bytes, "HTTP/1.1 200", 12) != 0)
        bench_die("POST /v1/events: %.*s", (int)head, (const char *)bytes);
    double now = bench_now();
    bench_latency_add(r->latency, now - r->sent_at[c->index]);
    r->done++;
    if (now - r->start < r->seconds)
        post_send(r, c);
    return head + body;
}

double bench_post(const struct bench_server *s, unsigned flight, double seconds, struct bench_latency *l)
{
    struct post_run r = {.server = s, .seconds = seconds, .latency = l, .run = (uint64_t)(bench_now() * 1e6)};
    r.sent_at = calloc(flight, sizeof *r.sent_at);
    struct conn **conns = calloc(flight, sizeof *conns);
    int epoll = conn_epoll();
    for (unsigned i = 0; i < flight; i++) {
        conns[i] = conn_open(epoll, s);
        conns[i]->bytes = post_answer;
        conns[i]->ctx = &r;
        conns[i]->index = i;
    }
    r.start = bench_now();
    for (unsigned i = 0; i < flight; i++)
        post_send(&r, conns[i]);
    while (r.done < r.sent) {
        conn_turn(epoll, 1000);
        if (bench_now() - r.start > seconds + 180)
            bench_die("only %llu of %llu requests were answered", (unsigned long long)r.done,
                      (unsigned long long)r.sent);
    }
    double rate = (double)r.done / (bench_now() - r.start);
    for (unsigned i = 0; i < flight; i++)
        conn_close(conns[i]);
    free(conns);
    free(r.sent_at);
    return rate;
}
