// SPDX-License-Identifier: Apache-2.0
// The router at work. The scenario becomes its configuration: a queue for each class, which a contact finds by its account, and an
// agent with a desk for each of each pool. All that happens is told as inputs, through router_step() and nothing else.
//
// Between the rules of live work and those of theory stands nothing: offers are accepted by the very next input, at the same
// time; no wrap-up, no grace, no known agents, chats that live until they are closed. Ids rise in order of the file, so that the router's
// last tie, the lower id, is the order of the file.
#include "cli/sim.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTER_WEIGHT_MAX     1000000000
#define ROUTER_SPEED_MAX      1000000
#define ROUTER_RESOLUTION_MAX 1000

static void *router_alloc(size_t n, size_t each)
{
    void *p = calloc(n ? n : 1, each);
    if (!p)
        abort();
    return p;
}

// ---- inputs ----

struct router_answer { // an offer to accept
    uint64_t work, conversation, epoch;
    uint32_t agent;
};

static void router_accept(struct sim_router *r, int64_t at, const struct router_answer *o);

// One input; the offers that it sets off are accepted before it returns. Here no input can be wrong, so a refusal is a bug.
static void router_feed(struct sim_router *r, int64_t at, struct router_input *in)
{
    size_t n = 0;
    struct router_effects effects;
    in->number = ++r->input;
    in->at = at;
    bool followed = router_step(r->router, in, &effects);
    assert(followed);
    struct router_answer few[8], *offers = effects.n > 8 ? router_alloc(effects.n, sizeof *offers) : few;
    for (size_t i = 0; i < effects.n; i++) {
        const struct router_effect *e = &effects.v[i];
        assert(e->kind != ROUTER_REFUSED);
        if (e->kind != ROUTER_OFFER)
            continue;
        uint32_t agent = (uint32_t)strtoul(e->agent, NULL, 10);
        offers[n++] = (struct router_answer){e->work, e->conversation, e->epoch, agent};
    }
    for (size_t i = 0; i < n; i++)
        router_accept(r, at, &offers[i]);
    if (offers != few)
        free(offers);
}

static void router_command(struct sim_router *r, int64_t at, uint32_t agent, struct router_command c)
{
    char client_id[24];
    snprintf(client_id, sizeof client_id, "%" PRIx64, r->input);
    c.session = c.agent = r->agents[agent];
    c.client_id = client_id;
    router_feed(r, at, &(struct router_input){.kind = ROUTER_IN_COMMAND, .command = c});
}

static void router_accept(struct sim_router *r, int64_t at, const struct router_answer *o)
{
    router_command(r, at, o->agent,
                   (struct router_command){.act = ROUTER_ACT_ACCEPT, .work = o->work, .epoch = o->epoch});
    if (r->taken_n == r->taken_cap) {
        r->taken_cap = r->taken_cap ? 2 * r->taken_cap : 4;
        r->taken = realloc(r->taken, r->taken_cap * sizeof *r->taken);
        if (!r->taken)
            abort();
    }
    r->taken[r->taken_n++] = (struct sim_offer){o->conversation, o->work, o->agent};
}

static void router_happen(struct sim_router *r, int64_t at, enum router_happened_kind kind, uint64_t conversation,
                          uint32_t class)
{
    struct router_happened h = {
        .kind = kind, .channel = ROUTER_CHAT, .account = r->queues[class], .conversation = conversation};
    router_feed(r, at, &(struct router_input){.kind = ROUTER_IN_HAPPENED, .happened = h});
}

void sim_router_arrive(struct sim_router *r, int64_t at, uint64_t conversation, uint32_t class)
{
    r->taken_n = 0;
    router_happen(r, at, ROUTER_WORDS, conversation, class);
}

void sim_router_give_up(struct sim_router *r, int64_t at, uint64_t conversation, uint32_t class)
{
    r->taken_n = 0;
    router_happen(r, at, ROUTER_CHAT_CLOSED, conversation, class);
}

void sim_router_end(struct sim_router *r, int64_t at, const struct sim_offer *o, bool resolved)
{
    r->taken_n = 0;
    router_command(r, at, o->agent,
                   (struct router_command){.act = ROUTER_ACT_CLOSE, .work = o->work, .resolved = resolved});
}

int64_t sim_router_due(const struct sim_router *r)
{
    return r->ticks ? router_next_deadline(r->router) : INT64_MAX;
}

void sim_router_tick(struct sim_router *r, int64_t at)
{
    r->taken_n = 0;
    router_feed(r, at, &(struct router_input){.kind = ROUTER_IN_TICK});
}

// ---- opening ----

static const enum router_select router_selects[] = {
    [SIM_LONGEST_IDLE] = ROUTER_LONGEST_IDLE,
    [SIM_LEAST_LOADED] = ROUTER_LEAST_LOADED,
    [SIM_FEWEST_SKILLS] = ROUTER_FEWEST_SKILLS,
    [SIM_MOST_SKILLED] = ROUTER_MOST_SKILLED,
    [SIM_FASTEST] = ROUTER_FASTEST,
    [SIM_RESOLUTION] = ROUTER_RESOLUTION,
    [SIM_RANDOM] = ROUTER_RANDOM,
};
static const enum router_order router_orders[] = {
    [SIM_FIFO] = ROUTER_ORDER_FIFO,
    [SIM_PRIORITY] = ROUTER_ORDER_PRIORITY,
    [SIM_SKILL_LEVEL] = ROUTER_ORDER_SKILL_LEVEL,
    [SIM_COST] = ROUTER_ORDER_COST,
};

// A number in the router's whole ones, where only its ratio to the others counts: the greatest fills the range.
static uint32_t router_scaled(double x, double greatest, double range)
{
    double scaled = greatest > 0 ? round(x / greatest * range) : range;
    return scaled < 1 ? 1 : (uint32_t)scaled;
}

// Only steps look at it; where there are none a unit is no millisecond.
static uint32_t router_target(const struct sim_scenario *s, const struct sim_class *c)
{
    return c->target > 0 && sim_scenario_steps(s) ? (uint32_t)llround(c->target * 1000) : 1000;
}

// The router divides by the target.
static double router_cost(const struct sim_scenario *s, const struct sim_class *c)
{
    return c->cost / c->service_mean * router_target(s, c);
}

static double router_greatest_cost(const struct sim_scenario *s)
{
    double greatest = 0;
    for (size_t i = 0; i < s->classes_n; i++)
        greatest = fmax(greatest, router_cost(s, &s->classes[i]));
    return greatest;
}

static double router_greatest_speed(const struct sim_scenario *s)
{
    double greatest = 0;
    for (size_t i = 0; i < s->pools_n; i++)
        greatest = fmax(greatest, s->pools[i].speed);
    return greatest;
}

// Priorities in order of their number, as the router's classes from 1.
static uint32_t router_priority(const struct sim_scenario *s, size_t class)
{
    uint32_t rank = 1;
    for (size_t i = 0; i < s->classes_n; i++) {
        bool counted = s->classes[i].priority >= s->classes[class].priority;
        for (size_t k = 0; k < i && !counted; k++)
            counted = s->classes[k].priority == s->classes[i].priority;
        rank += counted ? 0 : 1;
    }
    return s->order == SIM_PRIORITY ? rank : 1;
}

static struct router_queue *router_queues(struct sim_router *r, const struct sim_scenario *s)
{
    struct router_queue *queues = router_alloc(s->classes_n, sizeof *queues);
    double greatest = router_greatest_cost(s);
    r->queues = router_alloc(s->classes_n, sizeof *r->queues);
    for (size_t i = 0; i < s->classes_n; i++) {
        const struct sim_texts *needs = &s->classes[i].needs;
        struct router_skill *needed = router_alloc(needs->n, sizeof *needed);
        const char **accounts = router_alloc(1, sizeof *accounts);
        for (size_t k = 0; k < needs->n; k++)
            needed[k] = (struct router_skill){needs->v[k], 1};
        snprintf(r->queues[i], sizeof r->queues[i], "q%08zu", i);
        accounts[0] = r->queues[i];
        queues[i] =
            (struct router_queue){.name = r->queues[i],
                                  .priority = router_priority(s, i),
                                  .requires = needed,
                                  .requires_n = needs->n,
                                  .accounts = accounts,
                                  .accounts_n = 1,
                                  .select = router_selects[s->select],
                                  .weight_speed = (uint32_t)lround(s->weight_speed * 1000),
                                  .weight = router_scaled(router_cost(s, &s->classes[i]), greatest, ROUTER_WEIGHT_MAX),
                                  .target_ms = router_target(s, &s->classes[i]),
                                  .steps = sim_steps_of(&s->classes[i]),
                                  .steps_n = s->classes[i].steps.n,
                                  .offer_ms = 1000,
                                  .from_file = true};
    }
    return queues;
}

static struct router_agent *router_agents(struct sim_router *r, const struct sim_scenario *s)
{
    for (size_t p = 0; p < s->pools_n; p++)
        r->agents_n += (uint32_t)s->pools[p].count;
    struct router_agent *agents = router_alloc(r->agents_n, sizeof *agents);
    r->agents = router_alloc(r->agents_n, sizeof *r->agents);
    double fastest = router_greatest_speed(s);
    uint32_t n = 0;
    for (size_t p = 0; p < s->pools_n; p++) {
        const struct sim_pool *pool = &s->pools[p];
        for (int64_t i = 0; i < pool->count; i++, n++) {
            snprintf(r->agents[n], sizeof r->agents[n], "%08" PRIu32, n);
            agents[n] = (struct router_agent){.id = r->agents[n],
                                              .name = "",
                                              .from_file = true,
                                              .skills = pool->skills.v,
                                              .skills_n = pool->skills.n,
                                              .speed = router_scaled(pool->speed, fastest, ROUTER_SPEED_MAX),
                                              .resolution = router_scaled(pool->resolution, 1, ROUTER_RESOLUTION_MAX),
                                              .capacity = (uint32_t)pool->concurrency};
        }
    }
    return agents;
}

static void router_configure(struct sim_router *r, const struct sim_scenario *s)
{
    struct router_queue *queues = router_queues(r, s);
    struct router_agent *agents = router_agents(r, s);
    struct router_config config = {.queues = queues,
                                   .queues_n = s->classes_n,
                                   .agents = agents,
                                   .agents_n = r->agents_n,
                                   .timeouts_to_away = 1,
                                   .decline_max = 1,
                                   .order = router_orders[s->order],
                                   .seed = (uint64_t)s->seed,
                                   .idle_from_end = true,
                                   .channels = {[ROUTER_CHAT] = {.units = 1}}};
    router_feed(r, 0, &(struct router_input){.kind = ROUTER_IN_CONFIG, .config = config});
    for (size_t i = 0; i < s->classes_n; i++) {
        free((void *)(uintptr_t)queues[i].requires);
        free((void *)(uintptr_t)queues[i].accounts);
        free((void *)(uintptr_t)queues[i].steps);
    }
    free(queues);
    free(agents);
}

void sim_router_open(struct sim_router *r, const struct sim_scenario *s)
{
    *r = (struct sim_router){.router = router_new(), .ticks = sim_scenario_steps(s)};
    router_configure(r, s);
    for (uint32_t i = 0; i < r->agents_n; i++) {
        struct router_input in = {.kind = ROUTER_IN_DESK_OPENED};
        in.desk_opened.session = in.desk_opened.agent = r->agents[i];
        in.desk_opened.boot = "sim";
        router_feed(r, 0, &in);
        router_command(r, 0, i, (struct router_command){.act = ROUTER_ACT_PRESENCE, .presence = ROUTER_AVAILABLE});
    }
}

void sim_router_close(struct sim_router *r)
{
    router_free(r->router);
    free(r->agents);
    free(r->queues);
    free(r->taken);
}
