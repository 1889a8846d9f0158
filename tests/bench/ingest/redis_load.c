// SPDX-License-Identifier: Apache-2.0
// (y) the commands of one ingest, plainly pipelined, and (a) the ingest function itself: one blocking hiredis connection each, the same window of
// events in flight, the same keys and sizes, tenants that no daemon folds. (a) calls as the daemon does: what can be sent at the same
// moment goes together, at most 32 events in a call.
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
#define COMMANDS  8                      // of one event, in (y)
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
    uint64_t next;     // event
    unsigned together; // events in a call
    unsigned parts;    // (y): replies of the oldest event that have come
    uint64_t base;     // makes ids new in every run
    char *entry, *input;
    size_t entry_len, input_len;
    void (*send)(struct redis_run *r, uint64_t first, unsigned n);
    unsigned (*done)(struct redis_run *r, const redisReply *x); // how many events end with this reply
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

// Words are parted by single spaces; where one is "%b", the bytes that follow are it.
static void yard_put(struct yard *y, const char *line, const void *bytes, size_t len)
{
    unsigned words = 1;
    for (const char *p = line; *p; p++)
        words += *p == ' ';
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

__attribute__((format(printf, 4, 5))) static void yard_add(struct yard *y, const void *bytes, size_t len,
                                                           const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof line)
        bench_die("a command is too long");
    yard_put(y, line, bytes, len);
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
static void yard_event(struct redis_run *r, uint64_t event)
{
    struct yard *y = &r->yard;
    unsigned k = (unsigned)(event % CUSTOMERS), c = k + 1;
    unsigned long long n = r->base + event, wall = 1700000000000ull + event / 16;
    char note[512], seen[64];
    y->len = 0;
    snprintf(seen, sizeof seen, "tl:{plain}:seen:sms-1:" REDIS_ID, n);
    size_t note_len = (size_t)snprintf(note, sizeof note,
                                       "%llu %llu %llu "
                                       "0|r|%s|%u|%u,%llu,%llu,2,0|",
                                       n, wall - 1600000000000ull, wall, seen, c, c, n, wall);
    yard_add(y, NULL, 0, "MGET tl:{plain}:clock %s tl:{plain}:handle:tel:+49151%08u", seen, k);
    yard_add(y, NULL, 0, "TIME");
    yard_add(y, NULL, 0, "HMGET tl:{plain}:cust:%u recent last_agent attributes name", c);
    yard_add(y, note, note_len, "SET tl:{plain}:clock %%b");
    yard_add(y, NULL, 0, "SETEX %s 172800 %llu,%u,%u,0123456789abcdef", seen, n, c, c);
    yard_add(y, NULL, 0, "HSET tl:{plain}:cust:%u recent %u,%llu,%llu,2,0", c, c, n, wall);
    yard_add(y, r->entry, r->entry_len + REDIS_ENTRY_GROWS, "XADD tl:{plain}:conv:%u:log %llu-0 e %%b", c, n);
    yard_add(y, r->input, r->input_len + REDIS_INPUT_GROWS, "XADD tl:{plain}:inputs %llu-0 i %%b", n);
    redisAppendFormattedCommand(r->c, y->out, y->len);
}

static void yard_send(struct redis_run *r, uint64_t first, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        yard_event(r, first + i);
}

static unsigned yard_done(struct redis_run *r, const redisReply *x)
{
    (void)x;
    r->parts = (r->parts + 1) % COMMANDS;
    return r->parts == 0;
}

// ---- the function ----

enum { OTHER_WORDS = 5, EVENT_WORDS = 7 };

struct call {
    const char *argv[OTHER_WORDS + BENCH_TOGETHER * EVENT_WORDS];
    size_t lens[OTHER_WORDS + BENCH_TOGETHER * EVENT_WORDS];
    int n;
};

static void call_word(struct call *c, const char *word, size_t len)
{
    c->argv[c->n] = word;
    c->lens[c->n++] = len;
}

static void call_text(struct call *c, const char *text)
{
    call_word(c, text, strlen(text));
}

static void function_send(struct redis_run *r, uint64_t first, unsigned n)
{
    static char keys[8], seen[BENCH_TOGETHER][64], handle[BENCH_TOGETHER][64];
    struct call c = {.n = 0};
    snprintf(keys, sizeof keys, "%u", 1 + 2 * n);
    call_text(&c, "FCALL");
    call_text(&c, "tl1_ingest_many");
    call_text(&c, keys);
    call_text(&c, "tl:{bench}:inputs");
    for (unsigned i = 0; i < n; i++) {
        snprintf(seen[i], sizeof seen[i], "tl:{bench}:seen:sms-1:" REDIS_ID, (unsigned long long)(r->base + first + i));
        snprintf(handle[i], sizeof handle[i], "tl:{bench}:handle:tel:+49151%08u", (unsigned)((first + i) % CUSTOMERS));
        call_text(&c, seen[i]);
        call_text(&c, handle[i]);
    }
    for (unsigned i = 0; i < n; i++) {
        call_text(&c, "0123456789abcdef");
        call_text(&c, "2,1,86400000,259200000,172800");
        call_text(&c, "");
        call_word(&c, r->entry, r->entry_len);
        call_word(&c, r->input, r->input_len);
    }
    call_text(&c, "");
    redisAppendCommandArgv(r->c, c.n, c.argv, c.lens);
}

static unsigned function_done(struct redis_run *r, const redisReply *x)
{
    (void)r;
    return (unsigned)x->elements;
}

// ---- both ----

static void redis_flush(struct redis_run *r)
{
    int done = 0;
    while (!done)
        if (redisBufferWrite(r->c, &done) != REDIS_OK)
            bench_die("redis: %s", r->c->errstr);
}

// One reply, from what has been read if possible. -1: nothing there yet; else how many events it ends.
static int redis_take(struct redis_run *r)
{
    void *reply = NULL;
    if (redisGetReplyFromReader(r->c, &reply) != REDIS_OK)
        bench_die("redis: %s", r->c->errstr);
    if (!reply)
        return -1;
    redisReply *x = reply;
    if (x->type == REDIS_REPLY_ERROR)
        bench_die("redis answers: %s", x->str);
    int n = (int)r->done(r, x);
    freeReplyObject(x);
    return n;
}

// Sends as many as have room in the window.
static void redis_fill(struct redis_run *r, uint64_t done, unsigned flight, double now, double *sent)
{
    for (uint64_t room; (room = flight - (r->next - done)) > 0;) {
        unsigned n = room < r->together ? (unsigned)room : r->together;
        for (unsigned i = 0; i < n; i++)
            sent[(r->next + i) % flight] = now;
        r->send(r, r->next, n);
        r->next += n;
    }
}

static double redis_window(struct redis_run *r, unsigned flight, double seconds, struct bench_latency *l)
{
    double *sent = calloc(flight, sizeof *sent);
    uint64_t done = 0;
    double start = bench_now(), now = start;
    redis_fill(r, done, flight, now, sent);
    while (done < r->next) {
        redis_flush(r);
        if (redisBufferRead(r->c) != REDIS_OK)
            bench_die("redis: %s", r->c->errstr);
        now = bench_now();
        for (int ended; (ended = redis_take(r)) >= 0;)
            for (; ended; ended--, done++)
                bench_latency_add(l, now - sent[done % flight]);
        if (now - start < seconds)
            redis_fill(r, done, flight, now, sent);
    }
    free(sent);
    return (double)done / (bench_now() - start);
}

static void redis_open(struct redis_run *r, const struct bench_server *s)
{
    r->c = redisConnectUnix(s->socket);
    if (!r->c || r->c->err)
        bench_die("cannot connect to %s", s->socket);
    r->base = ++redis_runs * 10000000ull;
    redis_bodies(r);
}

static double redis_measure(const struct bench_server *s, struct redis_run *r, unsigned flight, double seconds,
                            struct bench_latency *l)
{
    redis_open(r, s);
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
    struct redis_run r = {.send = yard_send, .done = yard_done, .together = BENCH_TOGETHER};
    return redis_measure(s, &r, flight, seconds, l);
}

double bench_function(const struct bench_server *s, unsigned flight, unsigned together, double seconds,
                      struct bench_latency *l)
{
    struct redis_run r = {.send = function_send, .done = function_done, .together = together};
    return redis_measure(s, &r, flight, seconds, l);
}

// ---- for the relay ----

struct bench_calls {
    struct redis_run r;
};

struct bench_calls *bench_calls_new(const struct bench_server *s)
{
    struct bench_calls *c = calloc(1, sizeof *c);
    c->r = (struct redis_run){.send = function_send, .done = function_done};
    redis_open(&c->r, s);
    c->r.base += 1000000000000ull; // no id that the other process uses
    return c;
}

int bench_calls_fd(const struct bench_calls *c)
{
    return c->r.c->fd;
}

void bench_calls_put(struct bench_calls *c, uint64_t first, unsigned n)
{
    c->r.send(&c->r, first, n);
}

void bench_calls_flush(struct bench_calls *c)
{
    redis_flush(&c->r);
}

void bench_calls_read(struct bench_calls *c)
{
    if (redisBufferRead(c->r.c) != REDIS_OK)
        bench_die("redis: %s", c->r.c->errstr);
}

int bench_calls_take(struct bench_calls *c)
{
    return redis_take(&c->r);
}

// ---- the server itself ----

void bench_redis_settle(const struct bench_server *s)
{
    redisContext *c = redisConnectUnix(s->socket);
    if (!c || c->err)
        bench_die("cannot connect to %s", s->socket);
    redisReply *x = redisCommand(c, "CONFIG SET auto-aof-rewrite-percentage 0");
    if (!x || x->type == REDIS_REPLY_ERROR)
        bench_die("redis answers: %s", x ? x->str : c->errstr);
    freeReplyObject(x);
    redisFree(c);
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
