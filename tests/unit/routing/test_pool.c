// SPDX-License-Identifier: Apache-2.0
//
// The pools with more agents than a chunk of a row holds: after each of many changes they say what asking everybody says.

#include "fixture.h"

#include <stdio.h>
#include <string.h>

#define AGENTS 300
#define ROUNDS 500

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

static void steps(struct world *w, struct router_input in, struct router_effects *out)
{
    in.number = ++w->number;
    in.at = in.wall = w->at;
    assert_true(router_step(w->r, &in, out));
}

static void agent_steps(struct world *w, uint32_t i, struct router_command c, struct router_effects *out)
{
    char id[16], desk[16], client[24];
    snprintf(id, sizeof id, "a%03u", i);
    snprintf(desk, sizeof desk, "d%03u", i);
    snprintf(client, sizeof client, "%llu", (unsigned long long)++w->client_id);
    c.agent = id;
    c.session = desk;
    c.client_id = client;
    steps(w, (struct router_input){.kind = ROUTER_IN_COMMAND, .command = c}, out);
}

static void open_world(struct world *w, enum router_select select, uint64_t *seed)
{
    struct router_effects out;
    struct router_queue q = world_queue_def("all");
    struct router_skill needs = {"a", 2};
    q.select = select;
    q.requires = &needs;
    q.requires_n = 1;
    q.mix[ROUTER_LONGEST_IDLE] = 9;
    q.mix[ROUTER_SUITED] = 1;
    world_queue(w, &q);
    for (uint32_t i = 0; i < AGENTS; i++) {
        char id[16], desk[16];
        struct router_skill has = {"a", 1 + draw(seed, 5)};
        snprintf(id, sizeof id, "a%03u", i);
        snprintf(desk, sizeof desk, "d%03u", i);
        struct router_agent a = {.id = id, .name = id, .skills = &has, .skills_n = 1, .capacity = 1 + draw(seed, 3)};
        a.channels = draw(seed, 4) ? 0 : CHANNEL_BIT(ROUTER_CHAT);
        a.speed = 1 + draw(seed, 9);
        steps(w, (struct router_input){.kind = ROUTER_IN_AGENT_PUT, .agent_put = a}, &out);
        struct router_input in = {.kind = ROUTER_IN_DESK_OPENED};
        in.desk_opened.session = desk;
        in.desk_opened.agent = id;
        in.desk_opened.boot = "b";
        steps(w, in, &out);
        agent_steps(w, i, (struct router_command){.act = ROUTER_ACT_PRESENCE, .presence = ROUTER_AVAILABLE}, &out);
    }
}

static void changes(struct world *w, uint64_t *seed, uint64_t conversation)
{
    struct router_effects out;
    uint32_t i = draw(seed, AGENTS);
    struct router_agent_view a;
    char id[16];
    snprintf(id, sizeof id, "a%03u", i);
    assert_true(router_agent(w->r, id, &a));
    w->at += draw(seed, 3);
    if (a.work_n && draw(seed, 2)) {
        struct router_work_view v;
        router_work(w->r, a.work[0], &v);
        struct router_command c = {.act = v.state == ROUTER_OFFERED ? ROUTER_ACT_ACCEPT : ROUTER_ACT_CLOSE,
                                   .work = v.id};
        c.epoch = v.epoch;
        agent_steps(w, i, c, &out);
    } else if (draw(seed, 3)) {
        struct router_happened h = world_words(conversation, draw(seed, 2) ? ROUTER_CHAT : ROUTER_SMS);
        steps(w, (struct router_input){.kind = ROUTER_IN_HAPPENED, .happened = h}, &out);
    } else {
        bool here = a.presence == ROUTER_AVAILABLE;
        agent_steps(
            w, i,
            (struct router_command){.act = ROUTER_ACT_PRESENCE, .presence = here ? ROUTER_AWAY : ROUTER_AVAILABLE},
            &out);
    }
    for (size_t e = 0; e < out.n; e++) { // the counts of the record are those of asking everybody before
        const struct router_decision *d = out.v[e].decision;
        uint32_t sum = 0;
        for (size_t x = 0; d && x < ROUTER_EXCLUSIONS; x++)
            sum += d->excluded[x];
        assert_true(!d || (sum == AGENTS && d->considered == AGENTS && d->candidates_n <= 11));
    }
}

static void test_pools_keep_up(void **state)
{
    for (unsigned s = 0; s < ROUTER_SELECTS; s++) {
        struct world *w;
        uint64_t seed = s + 1;
        world_setup((void **)&w);
        open_world(w, (enum router_select)s, &seed);
        for (uint64_t n = 0; n < ROUNDS; n++) {
            changes(w, &seed, n + 1);
            const char *why = n % 10 ? NULL : router_check(w->r);
            if (why)
                fail_msg("%s: %s", router_select_name((enum router_select)s), why);
        }
        world_teardown((void **)&w);
    }
    (void)state;
}

// What the record counts is what asking everybody counts.
static void test_counts(void **state)
{
    struct world *w = *state;
    uint64_t seed = 99;
    open_world(w, ROUTER_SUITED, &seed);
    for (uint64_t n = 0; n < 300; n++)
        changes(w, &seed, n + 1);
    struct router_queue nobody = world_queue_def("nobody");
    struct router_skill needs = {"z", 1};
    nobody.requires = &needs;
    nobody.requires_n = 1;
    nobody.channels = CHANNEL_BIT(ROUTER_SMS);
    world_queue(w, &nobody);
    struct router_effects out;
    struct router_input in = {.kind = ROUTER_IN_HAPPENED, .happened = world_words(9999, ROUTER_SMS)};
    steps(w, in, &out);
    assert_int_equal(out.v[0].kind, ROUTER_DECISION);
    uint32_t counted[ROUTER_EXCLUSIONS];
    memcpy(counted, out.v[0].decision->excluded, sizeof counted);
    const struct router_decision *d = router_explain(w->r, world_work(w, 9999));
    assert_memory_equal(counted, d->excluded, sizeof counted);
    assert_int_equal(d->candidates_n, AGENTS);
    assert_true(counted[ROUTER_EX_CHANNEL] && counted[ROUTER_EX_SKILL] && counted[ROUTER_EX_AWAY]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pools_keep_up), story(test_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
