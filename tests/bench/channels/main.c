// SPDX-License-Identifier: Apache-2.0
// bench_channels FIXTURES [--rounds N] [--seconds S]
//
// How many events a second each adapter makes of a vendor's requests, its proof checked, beside what the bare protobuf path makes of the same
// events: wire_read of the packed event. Both end in the daemon's judgement of events. Everything in one run, interleaved; what counts is the
// ratio, as median (lowest, highest over the rounds). The requests are the first of the fixtures named below.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/triage_private.h"
#include "proto/wire.h"
#include "tests/bench/ingest/bench.h"
#include "tests/channels/fixture.h"

enum { BATCH = 64 };

static struct subject {
    const char *adapter, *fixture;
    double least; // of the ratio
    struct bench_series own, bare, ratio;
} subjects[] = {
    {.adapter = "kannel", .fixture = "mo", .least = 0.10},
    {.adapter = "kannel", .fixture = "mo-unicode", .least = 0.10},
    {.adapter = "kannel", .fixture = "dlr", .least = 0.10},
    {.adapter = "twilio", .fixture = "in", .least = 0.02},
    {.adapter = "twilio", .fixture = "status", .least = 0.02},
    {.adapter = "twilio_whatsapp", .fixture = "in", .least = 0.02},
    {.adapter = "email", .fixture = "charsets", .least = 0.002}, // a plain mail: GMime's own share is nine tenths
    {.adapter = "email", .fixture = "quoting", .least = 0.002},
};

struct bench_case {
    const struct adapter *ad;
    struct fixture fx;
    struct adapter_request request;
    uint8_t *packed;
    size_t packed_len;
};

static void judge(const Throughline__V1__Event *e)
{
    static struct triage_fit fit;
    struct triage_fault fault;
    if (!triage_check(e, &fit, &fault))
        bench_die("%s: %s", fault.field, fault.detail);
}

static void run_own(const struct bench_case *c)
{
    struct region m = {0};
    struct adapter_events events = {0};
    if (c->ad->verify(&c->fx.account, &c->request) != ADAPTER_GENUINE)
        bench_die("%s: not genuine", c->ad->name);
    c->ad->parse(&m, &c->fx.account, &c->request, &events);
    judge(events.v[0]);
    region_free(&m);
}

static void run_bare(const struct bench_case *c)
{
    Throughline__V1__Event *e =
        (Throughline__V1__Event *)wire_read(&throughline__v1__event__descriptor, c->packed, c->packed_len, NULL);
    if (!e)
        bench_die("%s: cannot be read", c->ad->name);
    judge(e);
    throughline__v1__event__free_unpacked(e, NULL);
}

static double rate(const struct bench_case *c, void (*run)(const struct bench_case *c), double seconds)
{
    double began = bench_now(), now;
    size_t n = 0;
    do {
        for (int i = 0; i < BATCH; i++)
            run(c);
        n += BATCH;
        now = bench_now();
    } while (now - began < seconds);
    return (double)n / (now - began);
}

static void prepare(struct region *m, const char *fixtures, const struct subject *s, struct bench_case *c)
{
    struct adapter_events events = {0};
    *c = (struct bench_case){.ad = adapter_named(s->adapter)};
    if (!c->ad)
        bench_die("no adapter %s", s->adapter);
    fixture_read(m, c->ad, region_format(m, "%s/%s/%s.in", fixtures, s->adapter, s->fixture), &c->fx);
    const struct fixture_step *step = &c->fx.steps[0];
    const char *space = strchr(step->argument, ' ');
    c->request = (struct adapter_request){
        .method = region_copy(m, step->argument, (size_t)(space - step->argument)),
        .target = space + 1,
        .headers = step->headers,
        .headers_n = step->headers_n,
        .body = step->body,
        .body_len = step->body_len,
        .now_ms = c->fx.now_ms,
        .peer = "",
        .mail_from = step->mail_from,
        .rcpt = step->rcpt,
    };
    c->ad->parse(m, &c->fx.account, &c->request, &events);
    c->packed = region_new(m, throughline__v1__event__get_packed_size(events.v[0]), 1);
    c->packed_len = throughline__v1__event__pack(events.v[0], c->packed);
}

int main(int argc, char **argv)
{
    unsigned rounds = 9, missed = 0;
    double seconds = 0.1;
    if (argc < 2)
        bench_die("bench_channels FIXTURES [--rounds N] [--seconds S]");
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--rounds") == 0)
            rounds = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[i + 1], NULL);
    }
    enum { N = sizeof subjects / sizeof *subjects };
    struct region m = {0};
    struct bench_case *cases = region_new(&m, N, sizeof *cases);
    for (size_t i = 0; i < N; i++)
        prepare(&m, argv[1], &subjects[i], &cases[i]);
    for (unsigned r = 0; r < rounds; r++)
        for (size_t i = 0; i < N; i++) {
            bench_add(&subjects[i].own, rate(&cases[i], run_own, seconds));
            bench_add(&subjects[i].bare, rate(&cases[i], run_bare, seconds));
            bench_add(&subjects[i].ratio, subjects[i].own.latest / subjects[i].bare.latest);
        }
    for (size_t i = 0; i < N; i++) {
        const struct subject *s = &subjects[i];
        bool ok = bench_median(&s->ratio) >= s->least;
        missed += !ok;
        printf("%s  %-16s %-12s %8.0f/s, protobuf %8.0f/s: %.2f (%.2f..%.2f), aim >= %.2f\n", ok ? "ok  " : "MISS",
               s->adapter, s->fixture, bench_median(&s->own), bench_median(&s->bare), bench_median(&s->ratio),
               bench_low(&s->ratio), bench_high(&s->ratio), s->least);
    }
    region_free(&m);
    return missed > 0;
}
