// SPDX-License-Identifier: Apache-2.0
//
// The centre of bench.h: queues whose requirements somebody meets, agents of whom half are taken, and the steps that are timed.

#include "bench.h"

#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST                                                                                                          \
    100 // contacts that are not timed: the allocator sorts what the making of the centre, and the end of one before, let go

clockid_t bench_clock = CLOCK_MONOTONIC;

uint64_t bench_now(void)
{
    struct timespec t;
    clock_gettime(bench_clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

size_t bench_memory(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

uint32_t bench_random(struct bench *b, uint32_t below)
{
    b->seed += 0x9e3779b97f4a7c15u;
    uint64_t z = b->seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

static const char *name(char to[16], char prefix, uint32_t n)
{
    snprintf(to, 16, "%c%06u", prefix, n);
    return to;
}

uint64_t bench_step(struct bench *b, struct router_input *in, struct router_effects *out)
{
    in->number = ++b->number;
    in->at = in->wall = b->at;
    uint64_t start = bench_now();
    bool done = router_step(b->r, in, out);
    uint64_t took = bench_now() - start;
    if (!done)
        abort();
    return took;
}

static void quietly(struct bench *b, struct router_input in)
{
    struct router_effects out;
    bench_step(b, &in, &out);
}

// ---- opening ----

static void make_agents(struct bench *b)
{
    for (size_t i = 0; i < b->agents_n; i++) {
        struct bench_agent *a = &b->agents[i];
        *a = (struct bench_agent){.capacity = 1};
        for (size_t s = 0; s < BENCH_OF_AGENT; s++) {
            a->skills[s].skill = (uint16_t)bench_random(b, BENCH_SKILLS);
            a->skills[s].level = (uint16_t)(1 + bench_random(b, 5));
            for (size_t t = 0; t < s; t++)
                s -= a->skills[t].skill == a->skills[s].skill ? 1 : 0;
        }
    }
}

// Each requires one to three skills of some agent, so that nobody asks for what nobody has.
static void make_queues(struct bench *b)
{
    for (size_t q = 0; q < BENCH_QUEUES; q++) {
        const struct bench_agent *a = &b->agents[bench_random(b, (uint32_t)b->agents_n)];
        b->queues[q].needs_n = 1 + q % BENCH_NEEDS;
        for (size_t i = 0; i < b->queues[q].needs_n; i++)
            b->queues[q].needs[i] =
                (struct bench_skill){a->skills[i].skill, (uint16_t)(1 + bench_random(b, a->skills[i].level))};
    }
}

uint64_t bench_configure(struct bench *b, enum router_select select, size_t agents_n)
{
    static char names[BENCH_SKILLS][16], ids[BENCH_QUEUES][16];
    static const char *intents[BENCH_QUEUES];
    static struct router_skill needs[BENCH_QUEUES][BENCH_NEEDS];
    static struct router_queue queues[BENCH_QUEUES + 1];
    struct router_agent *agents = calloc(agents_n, sizeof *agents);
    struct router_skill(*skills)[BENCH_OF_AGENT] = calloc(agents_n, sizeof *skills);
    char(*agent_ids)[16] = calloc(agents_n, sizeof *agent_ids);
    for (uint32_t i = 0; i < BENCH_SKILLS; i++)
        name(names[i], 's', i);
    for (uint32_t q = 0; q < BENCH_QUEUES; q++) {
        intents[q] = name(ids[q], 'q', q);
        for (size_t i = 0; i < b->queues[q].needs_n; i++)
            needs[q][i] = (struct router_skill){names[b->queues[q].needs[i].skill], b->queues[q].needs[i].level};
        queues[q] = (struct router_queue){.name = ids[q], .priority = 5, .requires = needs[q], .select = select};
        queues[q].requires_n = b->queues[q].needs_n;
        queues[q].intents = &intents[q];
        queues[q].intents_n = 1;
        queues[q].offer_ms = 86400000;
        queues[q].mix[ROUTER_LONGEST_IDLE] = queues[q].mix[ROUTER_SUITED] = queues[q].mix[ROUTER_FASTEST] = 1;
    }
    queues[BENCH_QUEUES] =
        (struct router_queue){.name = "rest", .priority = 9, .select = ROUTER_LONGEST_IDLE, .offer_ms = 86400000};
    for (uint32_t i = 0; i < agents_n; i++) {
        agents[i] =
            (struct router_agent){.id = name(agent_ids[i], 'a', i), .name = "", .capacity = 1, .from_file = true};
        agents[i].speed = 500 + i * 2654435761u / 65536 % 1000; // the same in each configuration
        agents[i].resolution = 500 + i * 2654435761u / 65536 % 500;
        for (size_t s = 0; s < BENCH_OF_AGENT; s++)
            skills[i][s] = (struct router_skill){names[b->agents[i].skills[s].skill], b->agents[i].skills[s].level};
        agents[i].skills = skills[i];
        agents[i].skills_n = BENCH_OF_AGENT;
    }
    struct router_input in = {.kind = ROUTER_IN_CONFIG};
    in.config = (struct router_config){.queues = queues, .queues_n = BENCH_QUEUES + 1, .agents = agents};
    in.config.agents_n = agents_n;
    in.config.timeouts_to_away = in.config.decline_max = 3;
    for (size_t c = 1; c < ROUTER_CHANNELS; c++)
        in.config.channels[c].units = 1;
    struct router_effects out;
    uint64_t took = bench_step(b, &in, &out);
    free(agents);
    free(skills);
    free(agent_ids);
    return took;
}

static void come(struct bench *b)
{
    for (uint32_t i = 0; i < b->agents_n; i++) {
        char id[16], desk[16];
        struct router_input in = {.kind = ROUTER_IN_DESK_OPENED};
        b->at += bench_random(b, 3);
        in.desk_opened.session = name(desk, 'd', i);
        in.desk_opened.agent = name(id, 'a', i);
        in.desk_opened.boot = "b";
        quietly(b, in);
    }
}

// Half of them take a contact that anybody can take.
static void occupy_half(struct bench *b)
{
    for (uint32_t i = 0; i < b->agents_n; i++) {
        struct bench_offer o = {0};
        bench_presence(b, i, ROUTER_AVAILABLE, &o);
        b->at += bench_random(b, 3);
        if (i % 2)
            continue;
        bench_arrive(b, BENCH_QUEUES, &o);
        assert(o.made);
        bench_accept(b, &o);
    }
}

void bench_open(struct bench *b, size_t agents, enum router_select select)
{
    *b = (struct bench){.r = router_new(), .agents_n = agents, .seed = 7, .at = 1000};
    b->agents = calloc(agents, sizeof *b->agents);
    make_agents(b);
    make_queues(b);
    b->memory_bare = bench_memory();
    bench_configure(b, select, b->agents_n);
    come(b);
    b->memory_agents = bench_memory() - b->memory_bare;
    occupy_half(b);
    b->at += 700000; // what commands did is forgotten
    quietly(b, (struct router_input){.kind = ROUTER_IN_TICK});
    for (size_t i = 0; i < FIRST; i++)
        bench_elsewhere(b);
}

void bench_close(struct bench *b)
{
    router_free(b->r);
    free(b->agents);
}

// ---- steps ----

static void read_offer(const struct router_effects *out, struct bench_offer *o)
{
    *o = (struct bench_offer){0};
    for (size_t i = 0; i < out->n; i++) {
        const struct router_effect *e = &out->v[i];
        if (e->kind == ROUTER_OFFER)
            *o = (struct bench_offer){e->work, e->epoch, (uint32_t)strtoul(e->agent + 1, NULL, 10), true};
    }
}

uint64_t bench_arrive(struct bench *b, uint32_t queue, struct bench_offer *o)
{
    char intent[16];
    struct router_effects out;
    struct router_input in = {.kind = ROUTER_IN_HAPPENED};
    in.happened = (struct router_happened){.kind = ROUTER_WORDS,
                                           .channel = ROUTER_CHAT,
                                           .account = "web",
                                           .handle = "visitor",
                                           .intent = name(intent, 'q', queue),
                                           .conversation = ++b->conversation,
                                           .customer = b->conversation};
    uint64_t took = bench_step(b, &in, &out);
    read_offer(&out, o);
    if (o->made)
        b->agents[o->agent].load = 1;
    return took;
}

static uint64_t command(struct bench *b, uint32_t agent, struct router_command c, struct router_effects *out)
{
    char id[16], desk[16], client[24];
    struct router_input in = {.kind = ROUTER_IN_COMMAND};
    c.agent = name(id, 'a', agent);
    c.session = name(desk, 'd', agent);
    snprintf(client, sizeof client, "%llu", (unsigned long long)++b->client_id);
    c.client_id = client;
    in.command = c;
    uint64_t took = bench_step(b, &in, out);
    if (out->v[0].kind != ROUTER_DONE)
        abort();
    return took;
}

uint64_t bench_accept(struct bench *b, const struct bench_offer *o)
{
    struct router_effects out;
    return command(b, o->agent, (struct router_command){.act = ROUTER_ACT_ACCEPT, .work = o->work, .epoch = o->epoch},
                   &out);
}

uint64_t bench_finish(struct bench *b, const struct bench_offer *o)
{
    struct router_effects out;
    uint64_t took = command(b, o->agent, (struct router_command){.act = ROUTER_ACT_CLOSE, .work = o->work}, &out);
    b->agents[o->agent].load = 0;
    b->agents[o->agent].idle_since = b->at;
    return took;
}

uint64_t bench_presence(struct bench *b, uint32_t agent, enum router_presence p, struct bench_offer *o)
{
    struct router_effects out;
    uint64_t took = command(b, agent, (struct router_command){.act = ROUTER_ACT_PRESENCE, .presence = p}, &out);
    b->agents[agent].available = p == ROUTER_AVAILABLE;
    b->agents[agent].idle_since = b->at;
    read_offer(&out, o);
    if (o->made)
        b->agents[o->agent].load = 1;
    return took;
}

void bench_elsewhere(struct bench *b)
{
    struct bench_offer o;
    b->at += bench_random(b, 60);
    bench_arrive(b, bench_random(b, BENCH_QUEUES), &o);
    if (!o.made)
        return;
    bench_accept(b, &o);
    bench_finish(b, &o);
}
