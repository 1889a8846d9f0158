// SPDX-License-Identifier: Apache-2.0
// (y) the commands of one ingest, plainly pipelined, and (a) the ingest function itself: one blocking hiredis connection each, the same window of
// events in flight, the same keys and sizes, tenants that no daemon folds.
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/log.pb-c.h"

#define CUSTOMERS 100

struct redis_run {
    redisContext *c;
    unsigned replies; // per event
    uint64_t next;    // event
    uint64_t base;    // makes ids new in every run
    char *entry, *input;
    size_t entry_len, input_len;
    void (*send)(struct redis_run *r, uint64_t event);
};

static uint64_t redis_runs;

static void redis_bodies(struct redis_run *r)
{
    Throughline__V1__Message m = THROUGHLINE__V1__MESSAGE__INIT;
    m.text = BENCH_TEXT;
    Throughline__V1__Entry e = THROUGHLINE__V1__ENTRY__INIT;
    e.channel = THROUGHLINE__V1__CHANNEL__CHANNEL_SMS;
    e.account = "sms-1";
    e.handle = "tel:+4915100000001";
    e.external_id = "0123456789abcdef";
    e.body_case = THROUGHLINE__V1__ENTRY__BODY_MESSAGE;
    e.message = &m;
    Throughline__V1__Happened h = THROUGHLINE__V1__HAPPENED__INIT;
    h.kind = THROUGHLINE__V1__HAPPENED_KIND__HAPPENED_KIND_WORDS;
    h.channel = e.channel;
    h.account = e.account;
    h.handle = e.handle;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.ref = 0x1234567890abcdefull;
    in.boot = "bench0123456789a";
    in.has_entry = 1;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_HAPPENED;
    in.happened = &h;
    r->entry_len = throughline__v1__entry__get_packed_size(&e);
    r->entry = malloc(r->entry_len);
    throughline__v1__entry__pack(&e, (uint8_t *)r->entry);
    r->input_len = throughline__v1__input__get_packed_size(&in);
    r->input = malloc(r->input_len);
    throughline__v1__input__pack(&in, (uint8_t *)r->input);
}

// The commands that one ingest of a known customer's next words carries out, in its order.
static void redis_send_plain(struct redis_run *r, uint64_t event)
{
    unsigned k = (unsigned)(event % CUSTOMERS);
    unsigned long long n = r->base + event, seen = n;
    redisAppendCommand(r->c, "GET tl:{yard}:seen:sms-1:%llu", seen);
    redisAppendCommand(r->c, "GET tl:{yard}:handle:tel:+49151%08u", k);
    redisAppendCommand(r->c, "HMGET tl:{yard}:clock n at wall gone undo");
    redisAppendCommand(r->c, "XLEN tl:{yard}:inputs");
    redisAppendCommand(r->c, "TIME");
    redisAppendCommand(r->c, "HMGET tl:{yard}:cust:%u recent last_agent alias", k);
    redisAppendCommand(r->c, "HSET tl:{yard}:clock n %llu at 1700000000000 wall 1700000000000 undo %b", n, r->input,
                       (size_t)40);
    redisAppendCommand(r->c, "XADD tl:{yard}:conv:%u:log %llu-0 e %b", k, n, r->entry, r->entry_len);
    redisAppendCommand(r->c, "HSET tl:{yard}:cust:%u recent %llu,%llu,1700000000000,2,0", k, n, n);
    redisAppendCommand(r->c, "SET tl:{yard}:seen:sms-1:%llu %llu,%u,%u,0123456789abcdef EX 172800", seen, n, k, k);
    redisAppendCommand(r->c, "XADD tl:{yard}:inputs %llu-0 i %b", n, r->input, r->input_len);
}

static void redis_send_function(struct redis_run *r, uint64_t event)
{
    char id[32], handle[32];
    int id_len = snprintf(id, sizeof id, "%llu", (unsigned long long)(r->base + event));
    int handle_len = snprintf(handle, sizeof handle, "tel:+49151%08u", (unsigned)(event % CUSTOMERS));
    const char *argv[] = {"FCALL",  "tl1_ingest", "1", "tl:{bench}:inputs", "sms-1",     id,       "0123456789abcdef",
                          handle,   "2",          "1", "86400000",          "259200000", "172800", "",
                          r->entry, r->input};
    size_t lens[sizeof argv / sizeof *argv];
    for (size_t i = 0; i < sizeof argv / sizeof *argv; i++)
        lens[i] = strlen(i < 14 ? argv[i] : "");
    lens[5] = (size_t)id_len;
    lens[7] = (size_t)handle_len;
    lens[14] = r->entry_len;
    lens[15] = r->input_len;
    redisAppendCommandArgv(r->c, sizeof argv / sizeof *argv, argv, lens);
}

static void redis_flush(struct redis_run *r)
{
    int done = 0;
    while (!done)
        if (redisBufferWrite(r->c, &done) != REDIS_OK)
            bench_die("redis: %s", r->c->errstr);
}

// One reply, from what has been read if possible. false: nothing there yet.
static bool redis_take(struct redis_run *r)
{
    void *reply = NULL;
    if (redisGetReplyFromReader(r->c, &reply) != REDIS_OK)
        bench_die("redis: %s", r->c->errstr);
    if (!reply)
        return false;
    redisReply *x = reply;
    if (x->type == REDIS_REPLY_ERROR)
        bench_die("redis answers: %s", x->str);
    freeReplyObject(x);
    return true;
}

static double redis_window(struct redis_run *r, unsigned flight, double seconds, struct bench_latency *l)
{
    double *sent = calloc(flight, sizeof *sent);
    uint64_t done = 0;
    unsigned parts = 0;
    double start = bench_now(), now = start;
    for (unsigned i = 0; i < flight; i++) {
        sent[r->next % flight] = now;
        r->send(r, r->next++);
    }
    while (done < r->next) {
        redis_flush(r);
        if (redisBufferRead(r->c) != REDIS_OK)
            bench_die("redis: %s", r->c->errstr);
        now = bench_now();
        while (redis_take(r)) {
            if (++parts < r->replies)
                continue;
            parts = 0;
            bench_latency_add(l, now - sent[done % flight]);
            done++;
            if (now - start >= seconds)
                continue;
            sent[r->next % flight] = now;
            r->send(r, r->next++);
        }
    }
    free(sent);
    return (double)done / (bench_now() - start);
}

static double redis_measure(const struct bench_server *s, struct redis_run *r, unsigned flight, double seconds,
                            struct bench_latency *l)
{
    r->c = redisConnectUnix(s->socket);
    if (!r->c || r->c->err)
        bench_die("cannot connect to %s", s->socket);
    r->base = ++redis_runs * 10000000ull;
    redis_bodies(r);
    double rate = redis_window(r, flight, seconds, l);
    redisFree(r->c);
    free(r->entry);
    free(r->input);
    return rate;
}

double bench_yardstick(const struct bench_server *s, unsigned flight, double seconds, struct bench_latency *l)
{
    struct redis_run r = {.replies = 11, .send = redis_send_plain};
    return redis_measure(s, &r, flight, seconds, l);
}

double bench_function(const struct bench_server *s, unsigned flight, double seconds, struct bench_latency *l)
{
    struct redis_run r = {.replies = 1, .send = redis_send_function};
    return redis_measure(s, &r, flight, seconds, l);
}

uint64_t bench_redis_memory(const struct bench_server *s)
{
    redisContext *c = redisConnectUnix(s->socket);
    if (!c || c->err)
        bench_die("cannot connect to %s", s->socket);
    redisReply *x = redisCommand(c, "INFO memory");
    const char *at = x && x->str ? strstr(x->str, "used_memory:") : NULL;
    uint64_t used = at ? strtoull(at + 12, NULL, 10) : 0;
    freeReplyObject(x);
    redisFree(c);
    return used;
}
