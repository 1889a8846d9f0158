// SPDX-License-Identifier: Apache-2.0
//
// bench_routing [AGENTS] [PART]...: how long a decision, a taking and a giving back last, beside a plain linear scan in the same run (decide,
// or a queue's choice by its name); how fast a freed agent finds the best of 100,000 waiting (wait); and steps that look at much (rare). One line per figure, in nanoseconds; a ratio is the scan's median over
// our 99th percentile. "choose" and "flip" are the choice and the change of presence alone, the rest are whole steps of the router
// with record and effects. What reading the clock takes is measured first, told, and left out of every figure.
//
// A choice finds in the caches what it finds in a step: the work, which has just come and been lined up, and of all else what the steps of
// others have left there. Likewise a change of presence: the agent, but not their pools, in which they were last moved many changes ago.

#include "bench.h"
#include "routing/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS  20000
#define OPEN    500 // contacts being offered while the choice is timed
#define AWAY    400 // agents while their coming and going is; fewer than half of the least centre
#define SCANS   201
#define FLIPS   5000
#define WORLDS  4
#define WAITING 100000

static uint64_t clock_takes;

// From one reading to the next, when there is nothing in between.
static void time_clock(void)
{
    struct bench_figures f = {0};
    for (size_t i = 0; i < ROUNDS; i++) {
        uint64_t start = bench_now();
        bench_note(&f, bench_now() - start);
    }
    clock_takes = bench_part(&f, 500);
    bench_forget(&f);
    printf("reading the clock takes %llu ns, which no figure has in it\n", (unsigned long long)clock_takes);
}

static uint64_t part(struct bench_figures *f, uint32_t permille)
{
    uint64_t ns = bench_part(f, permille);
    return ns > clock_takes ? ns - clock_takes : 0;
}

static void print(const char *what, struct bench_figures *f, uint64_t scan)
{
    uint64_t p99 = part(f, 990);
    printf("  %-22s p50 %7llu  p99 %7llu", what, (unsigned long long)part(f, 500), (unsigned long long)p99);
    if (scan)
        printf("  ratio %7.1f", (double)scan / (double)(p99 ? p99 : 1));
    printf("\n");
    bench_forget(f);
}

static uint64_t time_scan(struct bench *b)
{
    struct bench_figures f = {0};
    uint32_t best;
    for (size_t i = 0; i < SCANS; i++)
        bench_note(&f, bench_scan_agents(b, bench_random(b, BENCH_QUEUES), &best));
    uint64_t median = bench_part(&f, 500);
    print("linear scan", &f, 0);
    return median;
}

// So that it lies in the caches.
static void touch(const void *v, size_t n)
{
    for (size_t i = 0; i < n; i += MEMORY_LINE)
        (void)*((const volatile char *)v + i);
}

// The choice as it was for this work when it came: in its line, nobody asked yet.
static uint64_t choose(struct bench *b, struct work *w, struct ranking *k)
{
    size_t offers_n = w->offers_n;
    w->offers_n = 0;
    touch(w, sizeof *w);
    touch(w->sessions, w->sessions_n * sizeof *w->sessions);
    queue_line_up(b->r, w);
    uint64_t start = bench_now();
    struct match m = match_work(b->r, w, 1, k);
    uint64_t took = bench_now() - start;
    queue_leave_line(b->r, w);
    w->offers_n = offers_n;
    if (m.held)
        abort();
    return took;
}

static void time_choice(struct bench *b, uint64_t scan)
{
    struct bench_figures f = {0};
    size_t most = b->agents_n / 10 < OPEN ? b->agents_n / 10 : OPEN; // few agents cannot be offered many
    struct bench_offer *open = calloc(most, sizeof *open);
    struct ranking k = {0};
    size_t n = 0;
    while (n < most) {
        b->at += bench_random(b, 60);
        bench_arrive(b, bench_random(b, BENCH_QUEUES), &open[n]);
        n += open[n].made ? 1 : 0;
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        bench_elsewhere(b);
        bench_note(&f, choose(b, work_find(b->r, open[bench_random(b, (uint32_t)most)].work), &k));
    }
    for (size_t i = 0; i < most; i++) {
        bench_accept(b, &open[i]);
        bench_finish(b, &open[i]);
    }
    free(open);
    free(k.rows);
    free(k.best);
    free(k.own);
    print("choose", &f, scan);
}

static uint64_t flip(struct bench *b, struct agent *a)
{
    a->presence = a->presence == ROUTER_AVAILABLE ? ROUTER_AWAY : ROUTER_AVAILABLE;
    touch(a, sizeof *a);
    uint64_t start = bench_now();
    pool_mark(b->r, a);
    pool_settle(b->r);
    return bench_now() - start;
}

// Nothing but an agent's coming and going in the pools, by the same rules as in a step: each who comes went many changes ago.
static void time_flip(struct bench *b, uint64_t scan)
{
    struct bench_figures f = {0};
    struct agent *away[AWAY] = {0};
    for (size_t i = 0; i < ROUNDS + AWAY; i++) {
        struct agent **who = &away[i % AWAY];
        if (*who)
            bench_note(&f, flip(b, *who));
        *who = NULL;
        for (struct agent *a; i < ROUNDS && !*who;) {
            a = b->r->agents[bench_random(b, (uint32_t)b->agents_n - 1) | 1]; // of the free half
            *who = a->presence == ROUTER_AVAILABLE ? a : NULL;
        }
        if (*who)
            bench_note(&f, flip(b, *who));
    }
    print("flip", &f, scan);
}

struct steps {
    struct bench_figures decide, take, back, flip;
};

static struct steps time_steps(struct bench *b)
{
    struct steps s = {0};
    for (size_t i = 0; i < ROUNDS; i++) {
        struct bench_offer o;
        b->at += bench_random(b, 60); // the memory of commands comes to rest at ten minutes' worth of them
        uint64_t took = bench_arrive(b, bench_random(b, BENCH_QUEUES), &o);
        if (!o.made)
            continue;
        bench_note(&s.decide, took);
        bench_note(&s.take, bench_accept(b, &o));
        bench_note(&s.back, bench_finish(b, &o));
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        struct bench_offer o;
        uint32_t agent = bench_random(b, (uint32_t)b->agents_n) | 1; // of the free half
        b->at += bench_random(b, 60);
        if (agent >= b->agents_n)
            continue;
        bench_note(&s.flip, bench_presence(b, agent, ROUTER_AWAY, &o));
        bench_note(&s.flip, bench_presence(b, agent, ROUTER_AVAILABLE, &o));
    }
    return s;
}

// Each step is timed in several worlds alike, and the least counts: what else the machine did meanwhile does not come at the same step.
static uint64_t longest_step(size_t agents, enum router_select select)
{
    struct bench_figures least = {0};
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
    for (size_t world = 0; world < WORLDS; world++) {
        struct bench *b = calloc(1, sizeof *b);
        bench_open(b, agents, select);
        struct steps s = time_steps(b);
        struct bench_figures *all[] = {&s.decide, &s.take, &s.back, &s.flip};
        for (size_t k = 0, n = 0; k < sizeof all / sizeof *all; k++) {
            for (size_t i = 0; i < all[k]->n; i++, n++) {
                if (!world)
                    bench_note(&least, all[k]->v[i]);
                least.v[n] = all[k]->v[i] < least.v[n] ? all[k]->v[i] : least.v[n];
            }
            bench_forget(all[k]);
        }
        bench_close(b);
        free(b);
    }
    bench_clock = CLOCK_MONOTONIC;
    uint64_t longest = bench_part(&least, 1000);
    bench_forget(&least);
    return longest;
}

static void decide(size_t agents, enum router_select select)
{
    struct bench *b = calloc(1, sizeof *b);
    bench_open(b, agents, select);
    printf(" %s\n", router_select_name(select));
    uint64_t scan = time_scan(b);
    time_choice(b, scan);
    time_flip(b, scan);
    struct steps steps = time_steps(b);
    print("decide, whole step", &steps.decide, scan);
    print("take, whole step", &steps.take, scan);
    print("give back, whole step", &steps.back, scan);
    print("presence, whole step", &steps.flip, scan);
    uint64_t longest = longest_step(agents, select);
    printf("  %-22s %llu, of a linear scan %.2f\n", "longest step", (unsigned long long)longest,
           (double)longest / (double)scan);
    if (!select)
        printf("  memory per agent       %zu bytes\n", b->memory_agents / agents);
    bench_close(b);
    free(b);
}

// Nothing but the finding, as if this agent had come.
static void time_find(struct bench *b, uint64_t scan)
{
    struct bench_figures f = {0};
    for (size_t i = 0; i < ROUNDS; i++) {
        struct agent *a = b->r->agents[bench_random(b, (uint32_t)b->agents_n) | 1];
        enum router_presence p = a->presence;
        a->presence = ROUTER_AVAILABLE;
        agent_mark_freed(b->r, a);
        pool_mark(b->r, a);
        pool_settle(b->r);
        uint64_t start = bench_now();
        const struct work *w = settle_first(b->r);
        bench_note(&f, bench_now() - start);
        if (w && w->state != ROUTER_QUEUED)
            abort();
        a->presence = p;
        a->freed = false;
        b->r->freed_n = 0;
        pool_mark(b->r, a);
        pool_settle(b->r);
    }
    print("find the best", &f, scan);
}

// Everybody is away; contacts pile up; then one agent after the other comes, takes the best and goes.
static void wait_all(size_t agents)
{
    struct bench *b = calloc(1, sizeof *b);
    struct bench_wait *v = calloc(WAITING, sizeof *v);
    struct bench_figures scan = {0}, find = {0}, arrive = {0};
    struct bench_offer o;
    bench_open(b, agents, ROUTER_LONGEST_IDLE);
    for (uint32_t i = 0; i < agents; i++)
        bench_presence(b, i, ROUTER_AWAY, &o);
    b->at += 700000;
    size_t before = bench_memory();
    for (size_t i = 0; i < WAITING; i++) {
        b->at += bench_random(b, 3);
        v[i] = (struct bench_wait){b->at, 5, bench_random(b, BENCH_QUEUES)};
        bench_note(&arrive, bench_arrive(b, v[i].queue, &o));
    }
    printf("%d contacts waiting in %d groups, nobody there; memory per waiting work %zu bytes\n", WAITING, BENCH_QUEUES,
           (bench_memory() - before) / WAITING);
    size_t best;
    for (size_t i = 0; i < SCANS; i++)
        bench_note(&scan, bench_scan_waiting(b, v, WAITING, bench_random(b, (uint32_t)agents), &best));
    uint64_t median = bench_part(&scan, 500);
    print("linear scan", &scan, 0);
    print("arrive, whole step", &arrive, 0);
    time_find(b, median);
    for (size_t i = 0; i < FLIPS; i++) {
        uint32_t agent = bench_random(b, (uint32_t)agents) | 1;
        if (agent >= agents || b->agents[agent].load)
            continue;
        b->at += bench_random(b, 60);
        uint64_t took = bench_presence(b, agent, ROUTER_AVAILABLE, &o);
        if (o.made)
            bench_note(&find, took);
        bench_presence(b, agent, ROUTER_AWAY, &o);
        b->agents[agent].load = 0;
    }
    print("come and be offered", &find, median);
    bench_close(b);
    free(b);
    free(v);
}

// One choice of the queues, or with `only` NULL each.
static void decide_by(size_t agents, const char *only)
{
    printf("%zu agents, half of them free, %d queues of 1 to %d skills of %d\n", agents, BENCH_QUEUES, BENCH_NEEDS,
           BENCH_SKILLS);
    for (unsigned s = 0; s < ROUTER_SELECTS; s++) {
        if (!only || strcmp(only, router_select_name((enum router_select)s)) == 0)
            decide(agents, (enum router_select)s);
    }
}

// Whether it is the name of a part, which is then run.
static bool run_part(const char *part, size_t agents)
{
    enum router_select s;
    if (strcmp(part, "decide") == 0)
        decide_by(agents, NULL);
    else if (router_select_of(part, &s))
        decide_by(agents, part);
    else if (strcmp(part, "wait") == 0)
        wait_all(agents);
    else if (strcmp(part, "rare") == 0)
        bench_events(agents, WAITING);
    else
        return false;
    return true;
}

static void run_all(size_t agents)
{
    decide_by(1000, NULL);
    decide_by(10000, NULL);
    decide_by(agents, NULL);
    wait_all(agents);
    bench_events(agents, WAITING);
}

int main(int argc, char **argv)
{
    size_t agents = 100000;
    bool parts = false;
    time_clock();
    for (int i = 1; i < argc; i++) {
        size_t n = strtoul(argv[i], NULL, 10);
        if (!n && !run_part(argv[i], agents)) {
            fprintf(stderr, "bench_routing [AGENTS] [decide|wait|rare|CHOICE]...: there is no part %s\n", argv[i]);
            return 64;
        }
        parts |= !n;
        agents = n ? n : agents;
    }
    if (!parts)
        run_all(agents);
    return 0;
}
