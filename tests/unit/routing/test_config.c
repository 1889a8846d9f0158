// SPDX-License-Identifier: Apache-2.0
//
// Configuration by value: what is at hand stays, who is removed gives it back, API and file side by side.

#include "fixture.h"

static struct router_config file_of(struct router_queue *q, size_t queues_n, struct router_agent *a, size_t agents_n)
{
    struct router_config c = {.queues = q,
                              .queues_n = queues_n,
                              .agents = a,
                              .agents_n = agents_n,
                              .grace_ms = 30000,
                              .timeouts_to_away = 3,
                              .decline_pause_ms = 60000,
                              .decline_max = 3};
    for (size_t i = 1; i < ROUTER_CHANNELS; i++)
        c.channels[i].units = 1;
    return c;
}

static void applies(struct world *w, struct router_config c)
{
    world_step(w, &(struct router_input){.kind = ROUTER_IN_CONFIG, .config = c});
}

static void test_less_capacity_takes_nothing_away(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    for (uint64_t i = 1; i <= 2; i++) {
        says(w, i, ROUTER_CHAT);
        accepts(w, "ann", i);
    }
    world_agent(w, "ann", "", 1, 0);
    assert_int_equal(world_load(w, "ann"), 2);
    says(w, 3, ROUTER_CHAT);
    world_forget(w);
    closes(w, "ann", 1);
    wraps_up(w, "ann", 1);
    says(w, 3, ROUTER_CHAT);
    expect(w, "done\n"
              "c1 closed by ann: sold, resolved\n"
              "c1 is WRAP_UP CLOSED\n"
              "done\n"
              "unassign c1 from ann WRAPPED_UP\n"
              "c1 is CLOSED WRAPPED_UP\n");
    world_agent(w, "ann", "", 2, 0);
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, 3, &v));
    assert_int_equal(v.state, ROUTER_OFFERED);
}

static void test_removed_agent_gives_back(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    says(w, 2, ROUTER_CHAT);
    world_forget(w);
    world_step(w, &(struct router_input){.kind = ROUTER_IN_AGENT_REMOVED, .agent_removed = {.id = "ann"}});
    expect(w, "configured\n"
              "ann is OFFLINE\n"
              "offer of c2 to ann ended REMOVED\n"
              "unassign c1 from ann REMOVED\n"
              "decision c1 nobody\n"
              "decision c2 nobody\n"
              "c1 is QUEUED REMOVED\n"
              "c2 is QUEUED REMOVED\n");
    world_step(w, &(struct router_input){.kind = ROUTER_IN_AGENT_REMOVED, .agent_removed = {.id = "ann"}});
    expect(w, "refused UNKNOWN_AGENT\n");
}

static void test_file_and_api_side_by_side(void **state)
{
    struct world *w = *state;
    struct router_agent agents[] = {{.id = "ann", .name = "Ann", .from_file = true, .capacity = 1},
                                    {.id = "bob", .name = "Bob", .from_file = true, .capacity = 1}};
    struct router_queue queues[] = {world_queue_def("first"), world_queue_def("last")};
    queues[0].from_file = queues[1].from_file = true;
    world_agent(w, "api", "", 1, 0);
    applies(w, file_of(queues, 2, agents, 2));
    struct router_queue added = world_queue_def("added");
    world_queue(w, &added);
    applies(w, file_of(queues, 2, agents, 1));
    struct router_queue_view q;
    const char *order[] = {"first", "added", "last"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(router_queue_at(w->r, i, &q));
        assert_string_equal(q.def.name, order[i]);
    }
    assert_false(router_queue_at(w->r, 3, &q));
    struct router_agent_view a;
    assert_true(router_next_agent(w->r, NULL, &a));
    assert_string_equal(a.def.id, "ann");
    assert_true(router_next_agent(w->r, "ann", &a));
    assert_string_equal(a.def.id, "api");
    assert_false(router_next_agent(w->r, "api", &a));
}

static void test_work_of_a_removed_queue_moves(void **state)
{
    struct world *w = *state;
    struct router_queue one = world_queue_def("one"), two = world_queue_def("two");
    world_queue(w, &two);
    world_queue(w, &one);
    says(w, 1, ROUTER_CHAT);
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, 1, &v));
    assert_string_equal(v.queue, "one");
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_REMOVED, .queue_removed = {.name = "one"}});
    assert_true(router_work_of_conversation(w->r, 1, &v));
    assert_string_equal(v.queue, "two");
    assert_int_equal(v.since, 1000);
}

static void test_bad_configuration_changes_nothing(void **state)
{
    struct world *w = *state;
    struct router_agent twice[] = {{.id = "ann", .name = "", .capacity = 1}, {.id = "ann", .name = "", .capacity = 1}};
    uint64_t config;
    struct router_stats s;
    world_agent(w, "bob", "", 1, 0);
    router_stats(w->r, &s);
    config = s.config;
    applies(w, file_of(NULL, 0, twice, 2));
    struct router_config c = file_of(NULL, 0, NULL, 0);
    c.timeouts_to_away = 0;
    applies(w, c);
    expect(w, "refused INVALID\n"
              "refused INVALID\n");
    router_stats(w->r, &s);
    assert_int_equal(s.config, config);
    assert_int_equal(s.agents, 1);
}

static struct router_agent of_billing(void)
{
    static const struct router_skill skills[] = {{"billing", 3}, {"alpha", 2}};
    return (struct router_agent){.id = "bob", .name = "Bob", .capacity = 1, .skills = skills, .skills_n = 2};
}

static uint64_t hash_after(struct world *w, struct router_config c)
{
    applies(w, c);
    world_forget(w);
    return router_hash(w->r);
}

// Every field that differs has to take effect, whatever else stays the same; and what says the same in other words is the same.
static void test_only_what_differs_is_put_in_force(void **state)
{
    struct world *w = *state;
    static const struct router_skill needs[] = {{"billing", 2}};
    struct router_queue q[] = {world_queue_def("billing"), world_queue_def("rest")};
    struct router_agent a[] = {of_billing()};
    q[0].requires = needs;
    q[0].requires_n = 1;
    hash_after(w, file_of(q, 2, a, 1));
    comes(w, "bob");
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    assert_string_equal(world_agent_of(w, 1), "bob");
    declines(w, "bob", 1);
    static const struct router_skill otherwise[] = {{"alpha", 2}, {"billing", 3}};
    a[0].skills = otherwise;
    a[0].speed = 1000;
    q[0].weight = 1000;
    world_forget(w);
    applies(w, file_of(q, 2, a, 1));
    expect(w, "configured\n");
    a[0].speed = 1001;
    uint64_t before = hash_after(w, file_of(q, 2, a, 1)), after;
    q[0].wrap_up_ms++;
    assert_int_not_equal(after = hash_after(w, file_of(q, 2, a, 1)), before);
    q[0].requires_n = 0;
    assert_int_not_equal(hash_after(w, file_of(q, 2, a, 1)), after);
}

// What a queue's pools leave behind is taken by those of the next, and who is where stays right (the world checks it after each step).
static void test_queues_come_and_go_beside_others(void **state)
{
    struct world *w = *state;
    static const struct router_skill needs[][1] = {{{"billing", 2}}, {{"alpha", 1}}, {{"billing", 4}}};
    world_agent(w, "ann", "billing=3 alpha=2", 1, 0);
    world_agent(w, "bob", "billing=5", 1, 0);
    comes(w, "ann");
    const char *names[] = {"one", "two", "three"};
    for (size_t i = 0; i < 9; i++) {
        struct router_queue q = world_queue_def(names[i % 3]);
        q.requires = needs[i * 5 % 3];
        q.requires_n = 1;
        world_queue(w, &q);
        if (i == 4)
            comes(w, "bob");
        if (i % 2)
            world_step(w,
                       &(struct router_input){.kind = ROUTER_IN_QUEUE_REMOVED, .queue_removed = {names[(i + 1) % 3]}});
    }
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    assert_string_not_equal(world_agent_of(w, 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_less_capacity_takes_nothing_away),  story(test_removed_agent_gives_back),
        story(test_file_and_api_side_by_side),         story(test_work_of_a_removed_queue_moves),
        story(test_bad_configuration_changes_nothing), story(test_only_what_differs_is_put_in_force),
        story(test_queues_come_and_go_beside_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
