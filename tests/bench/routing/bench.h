// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_BENCH_ROUTING_BENCH_H
#define THROUGHLINE_TESTS_BENCH_ROUTING_BENCH_H

// A made-up centre of many agents around one router, a plain linear scan over the same agents to compare with, and figures.

#include "routing/router.h"

#include <time.h>

#define BENCH_SKILLS   200
#define BENCH_OF_AGENT 5
#define BENCH_QUEUES   500
#define BENCH_NEEDS    3

struct bench_skill {
    uint16_t skill, level;
};

struct bench_agent { // as plain as a scan could wish for
    int64_t idle_since;
    uint32_t load, capacity;
    bool available;
    struct bench_skill skills[BENCH_OF_AGENT];
};

struct bench_queue {
    struct bench_skill needs[BENCH_NEEDS];
    size_t needs_n;
};

struct bench_wait { // likewise for work that waits
    int64_t since;
    uint32_t priority, queue;
};

struct bench {
    struct router *r;
    struct bench_agent *agents;
    size_t agents_n;
    struct bench_queue queues[BENCH_QUEUES];
    uint64_t number, conversation, client_id;
    int64_t at;
    uint64_t seed;
    size_t memory_bare, memory_agents; // bytes allocated
};

struct bench_figures { // nanoseconds
    uint64_t *v;
    size_t n, cap;
};

struct bench_offer {
    uint64_t work, epoch;
    uint32_t agent;
    bool made;
};

void bench_open(struct bench *b, size_t agents, enum router_select select);
void bench_close(struct bench *b);
void bench_events(size_t agents, size_t waiting); // rare steps that look at much
uint32_t bench_random(struct bench *b, uint32_t below);
uint64_t bench_step(struct bench *b, struct router_input *in, struct router_effects *out); // how long it took
uint64_t bench_configure(struct bench *b, enum router_select select,
                         size_t agents_n); // the first so many agents; likewise

// Each is one step; they return how long it took.
uint64_t bench_arrive(struct bench *b, uint32_t queue, struct bench_offer *o);
uint64_t bench_accept(struct bench *b, const struct bench_offer *o);
uint64_t bench_finish(struct bench *b, const struct bench_offer *o);
uint64_t bench_presence(struct bench *b, uint32_t agent, enum router_presence p, struct bench_offer *o);
void bench_elsewhere(struct bench *b); // the whole steps of a contact that nobody times

// The plain scans, over the agents and the waiting as they stand.
uint64_t bench_scan_agents(const struct bench *b, uint32_t queue, uint32_t *best);
uint64_t bench_scan_waiting(const struct bench *b, const struct bench_wait *v, size_t n, uint32_t agent, size_t *best);

extern clockid_t
    bench_clock; // the process's own leaves out what others did to the machine meanwhile, but is slow to read
uint64_t bench_now(void);
void bench_note(struct bench_figures *f, uint64_t ns);
uint64_t bench_part(struct bench_figures *f, uint32_t permille);
void bench_forget(struct bench_figures *f);
size_t bench_memory(void);

#endif
