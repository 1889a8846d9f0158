// SPDX-License-Identifier: Apache-2.0
// bench_ingest [--program throughlined] [--rounds N] [--seconds S] [--ways yaobdr] [--flight N] [--durability normal|strict]
//
// With one of the last three it runs only that, to look at it more closely, and judges nothing.
//
// One run, everything interleaved in short slices, a fresh daemon and Redis every few rounds: the daemon and its Redis on one core, this client on the other; 1, 64 and 256 events in flight; both
// durabilities. What counts are ratios, each made within one round and shown as median (lowest, highest over the rounds):
//   y  the eight commands that the function carries out for one ordinary event that comes alone, plainly pipelined over hiredis, without Lua,
//      for every event
//   a  the function, called the same way and as the daemon calls it: what can be sent at the same moment shares a call, at most 32 events. So it
//      carries out five of y's commands for each event (HMGET, SETEX, HSET, XADD, XADD), and the other three (MGET, of more keys, TIME, SET) once
//      a call
//   o  the function with one event a call: what a is without sharing. It has no aim
//   b  gateway stream in -> update on the right one of 100 desks
//   c  b with one event in flight, as latency, beside a's
//   d  HTTP POST -> durable answer
//   r  a relay in the daemon's place that does nothing but the same reads, calls and writes: what no daemon can go below. It has no aim
// Beside each processor time stands, in brackets, the lowest of the rounds: what the way costs when nobody else disturbs the caches. The same
// ratios are made of these as well, of what daemon and Redis take of their core together: they say how much faster a way could be if nothing
// ever waited, and hold on a machine that others use.
// Redis does not rewrite its append-only file meanwhile: by chance that would fall into the slices of one way or another.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const unsigned flights[] = {1, 64, 256};
#define FLIGHTS              (sizeof flights / sizeof *flights)
#define MAIN_ROUNDS_A_SERVER 5

struct main_options {
    const char *program, *ways, *durability; // NULL = both
    unsigned rounds, flight;
    double seconds;
};

struct main_aim {
    const char *name, *what;
    bool strict;
    unsigned flight;
    double least, most; // one of them, 0 = none; neither: only told
    struct bench_series ratio;
};

static struct main_aim aims[] = {
    {"a/y", "function to plain commands", false, 64, 0.70, 0, {{0}, 0, 0}},
    {"a/y", "function to plain commands", false, 256, 0.70, 0, {{0}, 0, 0}},
    {"b/a", "stream to function", false, 64, 0.60, 0, {{0}, 0, 0}},
    {"b/a", "stream to function", false, 256, 0.70, 0, {{0}, 0, 0}},
    {"b/a", "stream to function", true, 64, 0.70, 0, {{0}, 0, 0}},
    {"c/a", "p50 of one at a time", false, 1, 0, 1.50, {{0}, 0, 0}},
    {"c/a", "p50 of one at a time", true, 1, 0, 1.25, {{0}, 0, 0}},
    {"d/a", "HTTP to function", false, 64, 0.45, 0, {{0}, 0, 0}},
    {"r/a", "bound of b/a", false, 64, 0, 0, {{0}, 0, 0}},
    {"r/a", "bound of b/a", false, 256, 0, 0, {{0}, 0, 0}},
    {"r/a", "bound of b/a", true, 64, 0, 0, {{0}, 0, 0}},
    {"R/a", "bound of c/a", false, 1, 0, 0, {{0}, 0, 0}},
    {"R/a", "bound of c/a", true, 1, 0, 0, {{0}, 0, 0}},
};

static void main_note(const char *name, bool strict, unsigned flight, double ratio)
{
    for (size_t i = 0; i < sizeof aims / sizeof *aims; i++)
        if (strcmp(aims[i].name, name) == 0 && aims[i].strict == strict && aims[i].flight == flight)
            bench_add(&aims[i].ratio, ratio);
}

enum main_way { MAIN_Y, MAIN_A, MAIN_O, MAIN_B, MAIN_D, MAIN_R, MAIN_WAYS };
#define WAYS "yaobdr"

// What one way did: events per second, latencies in microseconds, processor time in microseconds per event.
struct main_cell {
    struct bench_series rate, p50, p99, redis, daemon, client;
};

struct main_stage {
    const struct main_options *o;
    const struct bench_server *server;
    struct bench_world *world;
    struct bench_relay *relay;
    bool strict;
    pid_t redis;
};

struct main_cpu {
    double redis, daemon, client;
};

static struct main_cpu main_cpu(const struct main_stage *g, enum main_way way)
{
    pid_t between = way == MAIN_R ? bench_relay_pid(g->relay) : g->server->pid;
    return (struct main_cpu){bench_cpu(g->redis), bench_cpu(between), bench_cpu(0)};
}

static double main_run(const struct main_stage *g, enum main_way way, unsigned flight, double seconds,
                       struct bench_latency *l)
{
    switch (way) {
    case MAIN_Y:
        return bench_yardstick(g->server, flight, seconds, l);
    case MAIN_A:
        return bench_function(g->server, flight, BENCH_TOGETHER, seconds, l);
    case MAIN_O:
        return bench_function(g->server, flight, 1, seconds, l);
    case MAIN_B:
        return bench_stream(g->world, flight, seconds, l);
    case MAIN_D:
        return bench_post(g->server, flight, seconds, l);
    case MAIN_R:
        return bench_relayed(g->relay, flight, seconds, l);
    case MAIN_WAYS:
        break;
    }
    return 0;
}

static bool main_wanted(const struct main_options *o, unsigned flight, enum main_way way)
{
    return strchr(o->ways, WAYS[way]) && (!o->flight || o->flight == flight);
}

// One way, once. Returns its median latency in microseconds.
static double main_measure(const struct main_stage *g, enum main_way way, unsigned flight, struct main_cell *c)
{
    struct bench_latency l = {0};
    struct main_cpu before = main_cpu(g, way);
    double rate = main_run(g, way, flight, g->o->seconds, &l);
    struct main_cpu after = main_cpu(g, way);
    double events = (double)l.n / 1e6, p50 = bench_percentile(&l, .5) * 1e6;
    bench_add(&c->rate, rate);
    bench_add(&c->p50, p50);
    bench_add(&c->p99, bench_percentile(&l, .99) * 1e6);
    bench_add(&c->redis, (after.redis - before.redis) / events);
    bench_add(&c->daemon, (after.daemon - before.daemon) / events);
    bench_add(&c->client, (after.client - before.client) / events);
    free(l.v);
    return p50;
}

static void main_round(const struct main_stage *g, unsigned f, struct main_cell cells[MAIN_WAYS])
{
    double rate[MAIN_WAYS] = {0}, p50[MAIN_WAYS] = {0};
    for (enum main_way w = 0; w < MAIN_WAYS; w++) {
        if (!main_wanted(g->o, flights[f], w))
            continue;
        p50[w] = main_measure(g, w, flights[f], &cells[w]);
        rate[w] = cells[w].rate.latest;
    }
    main_note("a/y", g->strict, flights[f], rate[MAIN_A] / rate[MAIN_Y]);
    main_note("b/a", g->strict, flights[f], rate[MAIN_B] / rate[MAIN_A]);
    main_note("c/a", g->strict, flights[f], p50[MAIN_B] / p50[MAIN_A]);
    main_note("d/a", g->strict, flights[f], rate[MAIN_D] / rate[MAIN_A]);
    main_note(flights[f] == 1 ? "R/a" : "r/a", g->strict, flights[f],
              flights[f] == 1 ? p50[MAIN_R] / p50[MAIN_A] : rate[MAIN_R] / rate[MAIN_A]);
}

static void main_print_cells(bool strict, unsigned flight, const struct main_cell cells[MAIN_WAYS])
{
    for (enum main_way w = 0; w < MAIN_WAYS; w++) {
        const struct main_cell *c = &cells[w];
        if (!c->rate.n)
            continue;
        printf("%-6s %3u %c %7.0f/s (%.0f..%.0f)  p50 %.0f us p99 %.0f us  processor us/event: redis %.1f (%.1f) "
               "daemon %.1f "
               "(%.1f) client %.1f\n",
               strict ? "strict" : "normal", flight, WAYS[w], bench_median(&c->rate), bench_low(&c->rate),
               bench_high(&c->rate), bench_median(&c->p50), bench_median(&c->p99), bench_median(&c->redis),
               bench_low(&c->redis), bench_median(&c->daemon), bench_low(&c->daemon), bench_median(&c->client));
    }
    fflush(stdout);
}

static double main_least(const struct main_cell *c)
{
    return bench_low(&c->redis) + bench_low(&c->daemon);
}

static void main_print_least(bool strict, unsigned flight, const struct main_cell cells[MAIN_WAYS])
{
    static const struct {
        const char *name;
        enum main_way of, to;
    } pairs[] = {{"a/y", MAIN_A, MAIN_Y}, {"b/a", MAIN_B, MAIN_A}, {"d/a", MAIN_D, MAIN_A}, {"r/a", MAIN_R, MAIN_A}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        double of = main_least(&cells[pairs[i].of]), to = main_least(&cells[pairs[i].to]);
        if (of > 0 && to > 0)
            printf("%-6s %3u %s by the lowest processor time: %.2f\n", strict ? "strict" : "normal", flight,
                   pairs[i].name, to / of);
    }
    fflush(stdout);
}

// Some rounds on a server of their own: a Redis that has grown pays for its size, by rehashing and by page faults.
static void main_rounds(const struct main_options *o, bool strict, unsigned rounds,
                        struct main_cell cells[FLIGHTS][MAIN_WAYS])
{
    struct bench_server s;
    bench_server_start(&s, o->program, strict, 0);
    bench_redis_settle(&s);
    struct main_stage g = {
        o, &s, bench_world_new(&s, BENCH_DESKS), bench_relay_new(&s, 0), strict, bench_redis_pid(&s)};
    for (unsigned f = 0; f < FLIGHTS; f++) // warm up
        for (enum main_way w = 0; w < MAIN_WAYS; w++)
            if (main_wanted(o, flights[f], w))
                main_run(&g, w, flights[f], o->seconds / 4, NULL);
    for (unsigned r = 0; r < rounds; r++)
        for (unsigned f = 0; f < FLIGHTS; f++)
            main_round(&g, f, cells[f]);
    bench_relay_free(g.relay);
    bench_world_free(g.world);
    bench_server_stop(&s);
}

static void main_durability(const struct main_options *o, bool strict)
{
    static struct main_cell cells[2][FLIGHTS][MAIN_WAYS];
    if (o->durability && (strcmp(o->durability, "strict") == 0) != strict)
        return;
    for (unsigned left = o->rounds, some; left > 0; left -= some) {
        some = left < MAIN_ROUNDS_A_SERVER ? left : MAIN_ROUNDS_A_SERVER;
        main_rounds(o, strict, some, cells[strict]);
    }
    for (unsigned f = 0; f < FLIGHTS; f++) {
        main_print_cells(strict, flights[f], cells[strict][f]);
        main_print_least(strict, flights[f], cells[strict][f]);
    }
}

static void main_memory(const struct main_options *o)
{
    struct bench_server s;
    enum { DESKS = 500, CONVERSATIONS = 20000 };
    bench_server_start(&s, o->program, false, 0);
    size_t before = bench_rss(s.pid);
    struct bench_world *w = bench_world_new(&s, DESKS);
    size_t with_desks = bench_rss(s.pid);
    uint64_t redis_before = bench_redis_memory(&s);
    bench_world_open(w, CONVERSATIONS);
    bench_stream(w, 1, 0.2, NULL); // everything before is folded
    size_t with_conversations = bench_rss(s.pid);
    uint64_t redis_after = bench_redis_memory(&s);
    printf("memory: a connected desk with one conversation %zu bytes; an open waiting conversation %zu bytes in the "
           "daemon, %llu bytes in Redis\n",
           (with_desks - before) / DESKS, (with_conversations - with_desks) / CONVERSATIONS,
           (unsigned long long)(redis_after - redis_before) / CONVERSATIONS);
    bench_world_free(w);
    bench_server_stop(&s);
}

static int main_verdict(void)
{
    int missed = 0;
    for (size_t i = 0; i < sizeof aims / sizeof *aims; i++) {
        const struct main_aim *a = &aims[i];
        double m = bench_median(&a->ratio);
        if (a->least <= 0 && a->most <= 0) {
            printf("      %-4s %-26s %-6s at %3u: %.2f (%.2f..%.2f)\n", a->name, a->what,
                   a->strict ? "strict" : "normal", a->flight, m, bench_low(&a->ratio), bench_high(&a->ratio));
            continue;
        }
        bool ok = a->least > 0 ? m >= a->least : m <= a->most;
        missed += !ok;
        printf("%s  %-4s %-26s %-6s at %3u: %.2f (%.2f..%.2f), aim %s %.2f\n", ok ? "ok  " : "MISS", a->name, a->what,
               a->strict ? "strict" : "normal", a->flight, m, bench_low(&a->ratio), bench_high(&a->ratio),
               a->least > 0 ? ">=" : "<=", a->least > 0 ? a->least : a->most);
    }
    return missed;
}

static _Noreturn void main_usage(void)
{
    bench_die("usage: bench_ingest [--program PATH] [--rounds N] [--seconds S] [--ways yaobdr] [--flight N] "
              "[--durability normal|strict]");
}

int main(int argc, char **argv)
{
    struct main_options o = {.program = "build/release/bin/throughlined", .ways = WAYS, .rounds = 20, .seconds = .3};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            main_usage();
        if (strcmp(argv[i], "--program") == 0)
            o.program = argv[i + 1];
        else if (strcmp(argv[i], "--rounds") == 0)
            o.rounds = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            o.seconds = strtod(argv[i + 1], NULL);
        else if (strcmp(argv[i], "--ways") == 0)
            o.ways = argv[i + 1];
        else if (strcmp(argv[i], "--durability") == 0)
            o.durability = argv[i + 1];
        else if (strcmp(argv[i], "--flight") == 0)
            o.flight = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else
            main_usage();
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(1, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        printf("note: could not pin the client to the second core; the ratios are less steady\n");
    main_durability(&o, false);
    main_durability(&o, true);
    if (strcmp(o.ways, WAYS) != 0 || o.flight || o.durability)
        return 0;
    main_memory(&o);
    return main_verdict() ? 1 : 0;
}
