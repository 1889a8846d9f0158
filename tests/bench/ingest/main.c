// SPDX-License-Identifier: Apache-2.0
// bench_ingest [--program throughlined] [--rounds N] [--seconds S] [--json]
//
// One run, everything interleaved: the daemon and its Redis on one core, this client on the other; 1, 64 and 256 events in flight; both
// durabilities. What counts are ratios, each made within one round and shown as median (lowest, highest over the rounds):
//   y  the commands of one ingest, plainly pipelined over hiredis, without Lua
//   a  the ingest function, called the same way
//   b  gateway stream in -> update on the right one of 100 desks
//   c  b with one event in flight, as latency, beside a's
//   d  HTTP POST -> durable answer
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const unsigned flights[] = {1, 64, 256};
#define FLIGHTS (sizeof flights / sizeof *flights)

struct main_options {
    const char *program;
    unsigned rounds;
    double seconds;
    bool json;
};

struct main_aim {
    const char *name, *what;
    bool strict;
    unsigned flight;
    double least, most; // one of them, 0 = none
    struct bench_series ratio;
};

static struct main_aim aims[] = {
    {"a/y", "function to plain commands", false, 64, 0.70, 0, {{0}, 0}},
    {"a/y", "function to plain commands", false, 256, 0.70, 0, {{0}, 0}},
    {"b/a", "stream to function", false, 64, 0.60, 0, {{0}, 0}},
    {"b/a", "stream to function", false, 256, 0.70, 0, {{0}, 0}},
    {"b/a", "stream to function", true, 64, 0.70, 0, {{0}, 0}},
    {"c/a", "p50 of one at a time", false, 1, 0, 1.50, {{0}, 0}},
    {"c/a", "p50 of one at a time", true, 1, 0, 1.25, {{0}, 0}},
    {"d/a", "HTTP to function", false, 64, 0.45, 0, {{0}, 0}},
};

static void main_note(const char *name, bool strict, unsigned flight, double ratio)
{
    for (size_t i = 0; i < sizeof aims / sizeof *aims; i++)
        if (strcmp(aims[i].name, name) == 0 && aims[i].strict == strict && aims[i].flight == flight)
            bench_add(&aims[i].ratio, ratio);
}

struct main_cell {
    struct bench_series y, a, b, d, a_p50, a_p99, b_p50, b_p99;
};

static void main_round(const struct main_options *o, const struct bench_server *s, struct bench_world *w, bool strict,
                       unsigned f, struct main_cell *cell)
{
    struct bench_latency la = {0}, lb = {0};
    double y = bench_yardstick(s, flights[f], o->seconds, NULL);
    double a = bench_function(s, flights[f], o->seconds, &la);
    double b = bench_stream(w, flights[f], o->seconds, &lb);
    double d = bench_post(s, flights[f], o->seconds, NULL);
    bench_add(&cell->y, y);
    bench_add(&cell->a, a);
    bench_add(&cell->b, b);
    bench_add(&cell->d, d);
    double a50 = bench_percentile(&la, .5), b50 = bench_percentile(&lb, .5);
    bench_add(&cell->a_p50, a50 * 1e6);
    bench_add(&cell->a_p99, bench_percentile(&la, .99) * 1e6);
    bench_add(&cell->b_p50, b50 * 1e6);
    bench_add(&cell->b_p99, bench_percentile(&lb, .99) * 1e6);
    main_note("a/y", strict, flights[f], a / y);
    main_note("b/a", strict, flights[f], b / a);
    main_note("c/a", strict, flights[f], b50 / a50);
    main_note("d/a", strict, flights[f], d / a);
    free(la.v);
    free(lb.v);
}

static void main_print_cell(bool strict, unsigned flight, const struct main_cell *c)
{
    printf("%-7s %4u  y %8.0f (%.0f..%.0f)  a %8.0f (%.0f..%.0f)  b %8.0f (%.0f..%.0f)  d %8.0f (%.0f..%.0f) per s\n",
           strict ? "strict" : "normal", flight, bench_median(&c->y), bench_low(&c->y), bench_high(&c->y),
           bench_median(&c->a), bench_low(&c->a), bench_high(&c->a), bench_median(&c->b), bench_low(&c->b),
           bench_high(&c->b), bench_median(&c->d), bench_low(&c->d), bench_high(&c->d));
    printf("              latency us: a p50 %.0f p99 %.0f, b p50 %.0f p99 %.0f\n", bench_median(&c->a_p50),
           bench_median(&c->a_p99), bench_median(&c->b_p50), bench_median(&c->b_p99));
    fflush(stdout);
}

static void main_durability(const struct main_options *o, bool strict)
{
    struct bench_server s;
    bench_server_start(&s, o->program, strict, 0);
    struct bench_world *w = bench_world_new(&s, BENCH_DESKS);
    struct main_cell cells[FLIGHTS] = {0};
    for (unsigned f = 0; f < FLIGHTS; f++) { // warm up
        bench_yardstick(&s, flights[f], o->seconds / 4, NULL);
        bench_function(&s, flights[f], o->seconds / 4, NULL);
        bench_stream(w, flights[f], o->seconds / 4, NULL);
    }
    for (unsigned r = 0; r < o->rounds; r++)
        for (unsigned f = 0; f < FLIGHTS; f++)
            main_round(o, &s, w, strict, f, &cells[f]);
    for (unsigned f = 0; f < FLIGHTS; f++)
        main_print_cell(strict, flights[f], &cells[f]);
    bench_world_free(w);
    bench_server_stop(&s);
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
        bool ok = a->least > 0 ? m >= a->least : m <= a->most;
        missed += !ok;
        printf("%s  %-4s %-26s %-6s at %3u: %.2f (%.2f..%.2f), aim %s %.2f\n", ok ? "ok  " : "MISS", a->name, a->what,
               a->strict ? "strict" : "normal", a->flight, m, bench_low(&a->ratio), bench_high(&a->ratio),
               a->least > 0 ? ">=" : "<=", a->least > 0 ? a->least : a->most);
    }
    return missed;
}

int main(int argc, char **argv)
{
    struct main_options o = {.program = "build/release/bin/throughlined", .rounds = 5, .seconds = 1};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--program") == 0)
            o.program = argv[i + 1];
        else if (strcmp(argv[i], "--rounds") == 0)
            o.rounds = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            o.seconds = strtod(argv[i + 1], NULL);
        else
            bench_die("usage: bench_ingest [--program PATH] [--rounds N] [--seconds S]");
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(1, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        printf("note: could not pin the client to the second core; the ratios are less steady\n");
    main_durability(&o, false);
    main_durability(&o, true);
    main_memory(&o);
    return main_verdict() ? 1 : 0;
}
