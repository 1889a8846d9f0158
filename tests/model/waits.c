// SPDX-License-Identifier: Apache-2.0
//
// waits N SEED: N customers through the real router in worlds whose waits are known in theory, and how often the wait that was
// estimated when somebody joined came true. Arrivals are Poisson, contacts and patience exponential. One line for each
// world: how many waited and were answered, the share of them inside, below and above the interval told (10 % .. 90 %), the mean
// relative error. Exit 1 where the interval holds another share than 70..90 % in a world that must agree.

#include "routing/router.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE 64 // agents
#define NEVER  INT64_MAX

struct kind { // of customers
    const char *queue;
    double every, contact, patience; // means in ms; patience 0 = for ever
    uint32_t priority;
};

struct set {
    const char *name;
    uint32_t agents, capacity;
    struct kind kinds[2];
    bool must; // agree with what is stated
};

static const struct set sets[] = {
    {"M/M/1, 80 % busy", 1, 1, {{"a", 125000, 100000, 0, 5}}, true},
    {"M/M/5, 90 % busy", 5, 1, {{"a", 22222, 100000, 0, 5}}, true},
    {"M/M/40, 95 % busy", 40, 1, {{"a", 2632, 100000, 0, 5}}, true},
    {"M/M/10+M, 120 % busy, half give up in 5 minutes", 10, 1, {{"a", 8333, 100000, 432000, 5}}, true},
    {"8 agents with 3 slots, 95 % busy", 8, 3, {{"a", 4386, 100000, 0, 5}}, true},
    {"two queues share 10 agents, first come first served",
     10,
     1,
     {{"a", 26316, 100000, 0, 5}, {"b", 33333, 200000, 0, 5}},
     true},
    {"two classes share 10 agents, the first 30 % of the load",
     10,
     1,
     {{"a", 33333, 100000, 0, 4}, {"b", 16667, 100000, 0, 5}},
     false},
};

struct world {
    struct router *r;
    uint64_t seed, number;
    int64_t at;
    int64_t arrives[2], ends[PEOPLE * 4], leaves[8192];
    uint64_t serves[PEOPLE * 4], conversation, waits[8192]; // works; conversations
    char agents[PEOPLE * 4][8];
    size_t busy, patient;
};

static double exponential(struct world *w, double mean)
{
    w->seed += 0x9e3779b97f4a7c15u;
    uint64_t z = w->seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return -log(((double)(z >> 11) + 0.5) / 9007199254740992.0) * mean;
}

static const struct kind *kind_of(const struct set *s, uint64_t conversation)
{
    return &s->kinds[conversation & 1];
}

static void fold(struct world *w, const struct set *s, struct router_input *in)
{
    struct router_effects out;
    in->number = ++w->number;
    in->at = in->wall = w->at;
    char id[24];
    if (in->kind == ROUTER_IN_COMMAND) {
        snprintf(id, sizeof id, "%" PRIu64, in->number);
        in->command.client_id = id;
    }
    if (!router_step(w->r, in, &out))
        abort();
    for (size_t i = 0; i < out.n; i++) {
        const struct router_effect *e = &out.v[i];
        if (e->kind == ROUTER_REFUSED)
            abort();
        if (e->kind != ROUTER_ASSIGN)
            continue;
        if (w->busy == PEOPLE * 4)
            abort();
        w->serves[w->busy] = e->work;
        snprintf(w->agents[w->busy], sizeof w->agents[0], "%s", e->agent);
        w->ends[w->busy++] = w->at + (int64_t)exponential(w, kind_of(s, e->conversation)->contact) + 1;
        for (size_t k = 0; k < w->patient; k++) {
            if (w->waits[k] == e->conversation) {
                w->waits[k] = w->waits[--w->patient];
                w->leaves[k] = w->leaves[w->patient];
            }
        }
    }
}

static void configure(struct world *w, const struct set *s)
{
    static const char *const intents[] = {"a", "b"};
    struct router_queue queues[2] = {{0}};
    struct router_agent agents[PEOPLE] = {{0}};
    char names[PEOPLE][12];
    for (size_t i = 0; i < 2; i++)
        queues[i] = (struct router_queue){.name = intents[i], .priority = 5, .offer_ms = 30000, .from_file = true};
    queues[0].intents = intents;
    queues[0].intents_n = 1;
    for (uint32_t i = 0; i < s->agents; i++) {
        snprintf(names[i], sizeof names[i], "p%u", i);
        agents[i] = (struct router_agent){.id = names[i], .name = "", .capacity = s->capacity, .from_file = true};
    }
    struct router_input in = {.kind = ROUTER_IN_CONFIG,
                              .config = {.queues = queues,
                                         .queues_n = 2,
                                         .agents = agents,
                                         .agents_n = s->agents,
                                         .grace_ms = 60000,
                                         .timeouts_to_away = 3,
                                         .decline_max = 3}};
    for (size_t c = ROUTER_CHAT; c < ROUTER_CHANNELS; c++)
        in.config.channels[c] = (struct router_channel_rules){.units = 1, .auto_accept = true};
    fold(w, s, &in);
    for (uint32_t i = 0; i < s->agents; i++) {
        in = (struct router_input){.kind = ROUTER_IN_DESK_OPENED, .desk_opened = {names[i], names[i], "boot"}};
        fold(w, s, &in);
        in = (struct router_input){
            .kind = ROUTER_IN_COMMAND,
            .command = {
                .session = names[i], .agent = names[i], .act = ROUTER_ACT_PRESENCE, .presence = ROUTER_AVAILABLE}};
        fold(w, s, &in);
    }
}

static void arrives(struct world *w, const struct set *s, size_t k)
{
    uint64_t conversation = 2 * ++w->conversation + k;
    double patience = s->kinds[k].patience;
    w->arrives[k] = w->at + (int64_t)exponential(w, s->kinds[k].every) + 1;
    if (patience > 0) {
        if (w->patient == 8192)
            abort();
        w->waits[w->patient] = conversation;
        w->leaves[w->patient++] = w->at + (int64_t)exponential(w, patience) + 1;
    }
    struct router_input in = {.kind = ROUTER_IN_HAPPENED,
                              .happened = {.kind = ROUTER_WORDS,
                                           .channel = ROUTER_CHAT,
                                           .account = "",
                                           .handle = "h",
                                           .intent = s->kinds[k].queue,
                                           .priority = s->kinds[k].priority,
                                           .conversation = conversation,
                                           .customer = conversation}};
    fold(w, s, &in);
}

static void leaves(struct world *w, const struct set *s, size_t i)
{
    struct router_input in = {.kind = ROUTER_IN_HAPPENED,
                              .happened = {.kind = ROUTER_CHAT_CLOSED,
                                           .channel = ROUTER_CHAT,
                                           .account = "",
                                           .handle = "h",
                                           .conversation = w->waits[i],
                                           .customer = w->waits[i]}};
    w->waits[i] = w->waits[--w->patient];
    w->leaves[i] = w->leaves[w->patient];
    fold(w, s, &in);
}

static void ends(struct world *w, const struct set *s, size_t i)
{
    static const enum router_act acts[] = {ROUTER_ACT_CLOSE, ROUTER_ACT_WRAP_UP_DONE};
    char agent[8];
    uint64_t work = w->serves[i];
    memcpy(agent, w->agents[i], sizeof agent);
    w->busy--;
    w->serves[i] = w->serves[w->busy];
    w->ends[i] = w->ends[w->busy];
    memcpy(w->agents[i], w->agents[w->busy], sizeof agent);
    for (size_t k = 0; k < 2; k++) {
        struct router_work_view v;
        if (!router_work(w->r, work, &v))
            return;
        struct router_input in = {
            .kind = ROUTER_IN_COMMAND,
            .command = {.session = agent, .agent = agent, .act = acts[k], .work = work, .text = ""}};
        fold(w, s, &in);
    }
}

static size_t first(const int64_t *v, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = v[i] < v[best] ? i : best;
    return best;
}

static void run(struct world *w, const struct set *s, uint64_t contacts)
{
    for (size_t k = 0; k < 2; k++)
        w->arrives[k] = s->kinds[k].queue ? 1 : NEVER;
    while (w->conversation < contacts) {
        size_t a = first(w->arrives, 2), e = first(w->ends, w->busy), l = first(w->leaves, w->patient);
        int64_t ending = w->busy ? w->ends[e] : NEVER, leaving = w->patient ? w->leaves[l] : NEVER;
        if (w->arrives[a] <= ending && w->arrives[a] <= leaving) {
            w->at = w->arrives[a];
            arrives(w, s, a);
        } else if (ending <= leaving) {
            w->at = ending;
            ends(w, s, e);
        } else {
            w->at = leaving;
            leaves(w, s, l);
        }
    }
}

static bool told(const struct set *s, const struct router *r)
{
    struct router_calibration sum = {0};
    struct router_queue_view v;
    for (size_t i = 0; router_queue_at(r, i, &v); i++) {
        sum.inside += v.estimates.inside;
        sum.below += v.estimates.below;
        sum.above += v.estimates.above;
        sum.error += v.estimates.error;
    }
    double n = (double)(sum.inside + sum.below + sum.above);
    double inside = 100 * (double)sum.inside / n;
    printf("%-58s %7.0f waited, inside %4.1f %%, below %4.1f %%, above %4.1f %%, error %.2f\n", s->name, n, inside,
           100 * (double)sum.below / n, 100 * (double)sum.above / n, (double)sum.error / 1000 / n);
    return !s->must || (n > 100 && inside >= 70 && inside <= 90);
}

int main(int argc, char **argv)
{
    uint64_t contacts = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    bool good = true;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        static struct world w;
        w = (struct world){.r = router_new(), .seed = seed * 1000003 + i};
        configure(&w, &sets[i]);
        run(&w, &sets[i], contacts);
        const char *why = router_check(w.r);
        if (why)
            printf("%s\n", why);
        good &= told(&sets[i], w.r) && !why;
        router_free(w.r);
    }
    return good ? 0 : 1;
}
