// SPDX-License-Identifier: Apache-2.0
// (y) the commands of one ingest, plainly pipelined, and (a) the ingest function itself: one blocking hiredis connection each, the same window of
// events in flight, the same keys and sizes, tenants that no daemon folds.
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/log.pb-c.h"

#define CUSTOMERS 100
#define REDIS_ID  "62f5a1b2c3d4e-%08llu" // an event's id, as long as the gateway's
// What the function itself adds to the bytes it is given: times, author, place.
#define REDIS_ENTRY_GROWS 11
#define REDIS_INPUT_GROWS 18

// Commands of one event, as they go over the wire.
struct yard {
    char out[4096];
    size_t len;
};

struct redis_run {
    redisContext *c;
    unsigned replies; // per event
    uint64_t next;    // event
    uint64_t base;    // makes ids new in every run
    char *entry, *input;
    size_t entry_len, input_len;
    void (*send)(struct redis_run *r, uint64_t event);
    struct yard yard;
};

static uint64_t redis_runs;

static void redis_bodies(struct redis_run *r)
{
    Throughline__V1__Message m = THROUGHLINE__V1__MESSAGE__INIT;
    m.text = "1234567 " BENCH_TEXT;
    Throughline__V1__Entry e = THROUGHLINE__V1__ENTRY__INIT;
    e.channel = THROUGHLINE__V1__CHANNEL__CHANNEL_SMS;
    e.account = "sms-1";
    e.handle = "tel:+4915100000001";
    e.external_id = "62f5a1b2c3d4e-12345678";
    e.body_case = THROUGHLINE__V1__ENTRY__BODY_MESSAGE;
    e.message = &m;
    Throughline__V1__Happened h = THROUGHLINE__V1__HAPPENED__INIT;
    h.kind = THROUGHLINE__V1__HAPPENED_KIND__HAPPENED_KIND_WORDS;
    h.channel = e.channel;
    h.account = e.account;
    h.handle = e.handle;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.ref = 0x1234567890abcdefull;
    in.boot = "bench0123456789abcdefghijk";
    in.has_entry = 1;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_HAPPENED;
    in.happened = &h;
    r->entry_len = throughline__v1__entry__get_packed_size(&e);
    r->entry = calloc(1, r->entry_len + REDIS_ENTRY_GROWS);
    throughline__v1__entry__pack(&e, (uint8_t *)r->entry);
    r->input_len = throughline__v1__input__get_packed_size(&in);
    r->input = calloc(1, r->input_len + REDIS_INPUT_GROWS);
    throughline__v1__input__pack(&in, (uint8_t *)r->input);
}

// ---- the yardstick ----

static void yard_word(struct yard *y, const void *bytes, size_t len)
{
    if (y->len + len + 24 > sizeof y->out)
        bench_die("an event's commands are too long");
    y->len += (size_t)sprintf(y->out + y->len, "$%zu\r\n", len);
    memcpy(y->out + y->len, bytes, len);
    memcpy(y->out + y->len + len, "\r\n", 2);
    y->len += len + 2;
}

// Words are parted by spaces; where one is "%b", the bytes that follow are it.
static void yard_put(struct yard *y, unsigned words, const char *line, const void *bytes, size_t len)
{
    y->len += (size_t)sprintf(y->out + y->len, "*%u\r\n", words);
    while (*line) {
        size_t n = strcspn(line, " ");
        if (n == 2 && line[0] == '%' && line[1] == 'b')
            yard_word(y, bytes, len);
        else
            yard_word(y, line, n);
        line += n + (line[n] == ' ');
    }
}

__attribute__((format(printf, 5, 6))) static void yard_add(struct yard *y, unsigned words, const void *bytes,
                                                           size_t len, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof line)
        bench_die("a command is too long");
    yard_put(y, words, line, bytes, len);
}

// What the first ingest of each customer leaves behind.
static void yard_prepare(struct redis_run *r)
{
    for (unsigned k = 0; k < CUSTOMERS; k++) {
        redisReply *x = redisCommand(r->c, "SET tl:{plain}:handle:tel:+49151%08u %u", k, k + 1);
        freeReplyObject(x);
        x = redisCommand(r->c, "HSET tl:{plain}:cust:%u since 1700000000000 h:tel:+49151%08u 1,0,%u,0 recent %s", k + 1,
                         k, k + 1, "12345678,12345678,1700000000000,2,0");
        freeReplyObject(x);
    }
}

// The commands that one ingest of a known customer's next words carries out, in its order, with the sizes of its keys and
// values.
static void yard_send(struct redis_run *r, uint64_t event)
{
    struct yard *y = &r->yard;
    unsigned k = (unsigned)(event % CUSTOMERS), c = k + 1;
    unsigned long long n = r->base + event, wall = 1700000000000ull + event / 16;
    char note[512], seen[64];
    y->len = 0;
    snprintf(seen, sizeof seen, "tl:{plain}:seen:sms-1:" REDIS_ID, n);
    size_t note_len = (size_t)snprintf(
        note, sizeof note,
        "%llu %llu %llu "
        "0|2|DEL|%s|3|XDEL|tl:{plain}:conv:%u:log|%llu-0|4|HSET|tl:{plain}:cust:%u|recent|%u,%llu,%llu,2,0|",
        n, wall - 1600000000000ull, wall, seen, c, n, c, c, n, wall);
    yard_add(y, 2, NULL, 0, "GET tl:{plain}:clock");
    yard_add(y, 2, NULL, 0, "GET %s", seen);
    yard_add(y, 2, NULL, 0, "GET tl:{plain}:handle:tel:+49151%08u", k);
    yard_add(y, 1, NULL, 0, "TIME");
    yard_add(y, 5, NULL, 0, "HMGET tl:{plain}:cust:%u recent last_agent name", c);
    yard_add(y, 3, note, note_len, "SET tl:{plain}:clock %%b");
    yard_add(y, 5, NULL, 0, "SET %s %llu,%u,%u,0123456789abcdef EX 172800", seen, n, c, c);
    yard_add(y, 4, NULL, 0, "HSET tl:{plain}:cust:%u recent %u,%llu,%llu,2,0", c, c, n, wall);
    yard_add(y, 5, r->entry, r->entry_len + REDIS_ENTRY_GROWS, "XADD tl:{plain}:conv:%u:log %llu-0 e %%b", c, n);
    yard_add(y, 5, r->input, r->input_len + REDIS_INPUT_GROWS, "XADD tl:{plain}:inputs %llu-0 i %%b", n);
    redisAppendFormattedCommand(r->c, y->out, y->len);
}

// ---- the function ----

static void redis_send_function(struct redis_run *r, uint64_t event)
{
    char id[40], handle[32];
    snprintf(id, sizeof id, REDIS_ID, (unsigned long long)(r->base + event));
    snprintf(handle, sizeof handle, "tel:+49151%08u", (unsigned)(event % CUSTOMERS));
    const char *argv[] = {"FCALL",
                          "tl1_ingest",
                          "1",
                          "tl:{bench}:inputs",
                          "sms-1",
                          id,
                          "0123456789abcdef",
                          handle,
                          "2,1,86400000,259200000,172800",
                          "",
                          r->entry,
                          r->input};
    enum { WORDS = sizeof argv / sizeof *argv };
    size_t lens[WORDS];
    for (size_t i = 0; i < WORDS - 2; i++)
        lens[i] = strlen(argv[i]);
    lens[WORDS - 2] = r->entry_len;
    lens[WORDS - 1] = r->input_len;
    redisAppendCommandArgv(r->c, WORDS, argv, lens);
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
    if (r->send == yard_send)
        yard_prepare(r);
    double rate = redis_window(r, flight, seconds, l);
    redisFree(r->c);
    free(r->entry);
    free(r->input);
    return rate;
}

double bench_yardstick(const struct bench_server *s, unsigned flight, double seconds, struct bench_latency *l)
{
    struct redis_run r = {.replies = 10, .send = yard_send};
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

pid_t bench_redis_pid(const struct bench_server *s)
{
    redisContext *c = redisConnectUnix(s->socket);
    if (!c || c->err)
        bench_die("cannot connect to %s", s->socket);
    redisReply *x = redisCommand(c, "INFO server");
    const char *at = x && x->str ? strstr(x->str, "process_id:") : NULL;
    pid_t pid = at ? (pid_t)strtol(at + 11, NULL, 10) : 0;
    freeReplyObject(x);
    redisFree(c);
    return pid;
}
