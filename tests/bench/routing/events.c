// SPDX-License-Identifier: Apache-2.0
//
// Rare steps that look at much: definitions that change, an agent with much work who leaves, a node lost, all in a centre where very much
// waits. And what a snapshot costs: its fork, and the steps of the parent that copy the pages which the child still reads.

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY    1000 // works of one agent
#define REMOVED 100  // queues
#define STEPS   20000

static void tell(const char *what, uint64_t ns)
{
    printf("  %-58s %10.3f ms\n", what, (double)ns / 1e6);
}

static uint64_t one(struct bench *b, struct router_input in)
{
    struct router_effects out;
    return bench_step(b, &in, &out);
}

// ---- snapshots ----

static void time_restore(struct bench *b)
{
    const char *why;
    size_t len;
    uint64_t start = bench_now();
    unsigned char *state = router_snapshot_bytes(b->r, &len);
    tell("snapshot, by the child", bench_now() - start);
    start = bench_now();
    struct router *r = router_restore(state, len, &why);
    if (!r)
        abort();
    tell("restore, at start and for explanations", bench_now() - start);
    router_free(r);
    free(state);
}

// Work that comes, as it came before; `child` ends it, else a number of steps. Returns the longest.
static uint64_t longest_arrival(struct bench *b, pid_t child, size_t *n)
{
    uint64_t longest = 0;
    struct bench_offer o;
    for (*n = 0; child ? !waitpid(child, NULL, WNOHANG) : *n < STEPS; ++*n) {
        b->at += bench_random(b, 3);
        uint64_t took = bench_arrive(b, bench_random(b, BENCH_QUEUES), &o);
        longest = took > longest ? took : longest;
    }
    return longest;
}

static void time_fork(struct bench *b)
{
    size_t n;
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
    uint64_t without = longest_arrival(b, 0, &n);
    uint64_t start = bench_now();
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        abort();
    if (!child) {
        size_t len;
        _exit(router_snapshot_bytes(b->r, &len) && len ? 0 : 1);
    }
    uint64_t fork_took = bench_now() - start;
    uint64_t during = longest_arrival(b, child, &n);
    bench_clock = CLOCK_MONOTONIC;
    tell("fork for a snapshot", fork_took);
    tell("longest step while the child writes", during);
    tell("longest step without", without);
}

// ---- definitions ----

static struct router_input agent_put(const char *id, uint32_t capacity)
{
    static const struct router_skill skills[] = {{"s000001", 3}, {"s000002", 3}};
    struct router_input in = {.kind = ROUTER_IN_AGENT_PUT};
    in.agent_put = (struct router_agent){.id = id, .name = "", .capacity = capacity, .skills = skills, .skills_n = 2};
    return in;
}

static void time_definitions(struct bench *b)
{
    struct router_input put = {.kind = ROUTER_IN_QUEUE_PUT}, drop = {.kind = ROUTER_IN_AGENT_REMOVED};
    static const struct router_skill needs[] = {{"s000007", 2}};
    put.queue_put = (struct router_queue){.name = "another", .priority = 5, .requires = needs, .requires_n = 1};
    put.queue_put.offer_ms = 86400000;
    drop.agent_removed.id = "a000002";
    tell("agent defined otherwise", one(b, agent_put("a000001", 1)));
    tell("agent defined, a new one", one(b, agent_put("b000001", 1)));
    tell("agent removed", one(b, drop));
    tell("queue defined", one(b, put));
    uint64_t longest = 0;
    for (unsigned q = 0; q < REMOVED; q++) {
        char name[16];
        struct router_input in = {.kind = ROUTER_IN_QUEUE_REMOVED};
        snprintf(name, sizeof name, "q%06u", q);
        in.queue_removed.name = name;
        uint64_t took = one(b, in);
        longest = took > longest ? took : longest;
    }
    tell("queue removed, what waits there goes to another's line", longest);
    tell("configuration, nothing new but the removed queues", bench_configure(b, ROUTER_LONGEST_IDLE, b->agents_n));
    tell("configuration, nothing new", bench_configure(b, ROUTER_LONGEST_IDLE, b->agents_n));
    tell("configuration, a tenth of the agents gone", bench_configure(b, ROUTER_LONGEST_IDLE, b->agents_n / 10 * 9));
}

// ---- leaving ----

static void time_leaving(struct bench *b)
{
    struct router_input in = {.kind = ROUTER_IN_DESK_OPENED};
    one(b, agent_put("a999999", MANY));
    in.desk_opened.session = "d999999";
    in.desk_opened.agent = "a999999";
    in.desk_opened.boot = "c";
    one(b, in);
    in = (struct router_input){.kind = ROUTER_IN_COMMAND};
    in.command = (struct router_command){.act = ROUTER_ACT_PRESENCE, .presence = ROUTER_AVAILABLE, .agent = "a999999"};
    in.command.session = "d999999";
    in.command.client_id = "1";
    tell("agent comes and is offered the thousand they have room for", one(b, in));
    in = (struct router_input){.kind = ROUTER_IN_DESK_CLOSED};
    in.desk_closed.session = "d999999";
    in.desk_closed.logout = true;
    tell("agent with very many offers logs out", one(b, in));
    in = (struct router_input){.kind = ROUTER_IN_NODE_LOST};
    in.node_lost.boot = "b";
    tell("node lost, with everybody's desks", one(b, in));
    b->at++;
    tell("the shift of all who were lost has ended, half had work",
         one(b, (struct router_input){.kind = ROUTER_IN_TICK}));
}

void bench_events(size_t agents, size_t waiting)
{
    struct bench *b = calloc(1, sizeof *b);
    struct bench_offer o;
    bench_open(b, agents, ROUTER_LONGEST_IDLE);
    for (uint32_t i = 0; i < agents; i++)
        if (!b->agents[i].load)
            bench_presence(b, i, ROUTER_AWAY, &o);
    b->at += 700000;
    for (size_t i = 0; i < waiting; i++) {
        b->at += bench_random(b, 3);
        bench_arrive(b, bench_random(b, BENCH_QUEUES), &o);
    }
    printf("rare steps, %zu agents, %zu contacts waiting\n", agents, waiting);
    time_restore(b);
    time_fork(b);
    time_leaving(b);
    time_definitions(b);
    bench_close(b);
    free(b);
}
