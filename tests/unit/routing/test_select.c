// SPDX-License-Identifier: Apache-2.0
//
// Each way to prefer one of several who qualify, by its name, and the words for them.

#include "fixture.h"

#include <string.h>

static void queue_by(struct world *w, enum router_select select, const char *skill, uint32_t level)
{
    struct router_queue q = world_queue_def("all");
    struct router_skill needs = {skill, level};
    q.select = select;
    q.requires = &needs;
    q.requires_n = *skill ? 1 : 0;
    world_queue(w, &q);
}

// The winner for a new chat of conversation c.
static const char *winner(struct world *w, uint64_t c)
{
    struct router_work_view v;
    says(w, c, ROUTER_CHAT);
    assert_true(router_work_of_conversation(w->r, c, &v));
    return v.agent;
}

static void test_suited(void **state)
{
    struct world *w = *state;
    queue_by(w, ROUTER_SUITED, "billing", 2);
    world_agent(w, "ann", "billing=3", 1, 0);
    world_agent(w, "bob", "billing=5", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
    assert_string_equal(winner(w, 1), "bob");
    assert_string_equal(winner(w, 2), "ann");
}

static void test_longest_idle(void **state)
{
    struct world *w = *state;
    queue_by(w, ROUTER_LONGEST_IDLE, "", 0);
    world_agent(w, "ann", "", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    w->at += 1;
    comes(w, "ann");
    assert_string_equal(winner(w, 1), "bob");
}

// Who takes the second contact, after bob, idle for longer, took the first of two that he has room for.
static const char *second(struct world *w, bool idle_from_end)
{
    struct router_config c = world_rules_def();
    c.idle_from_end = idle_from_end;
    world_configure(w, &c);
    queue_by(w, ROUTER_LONGEST_IDLE, "", 0);
    world_agent(w, "ann", "", 1, 0);
    world_agent(w, "bob", "", 2, 0);
    comes(w, "bob");
    w->at += 1;
    comes(w, "ann");
    w->at += 1;
    assert_string_equal(winner(w, 1), "bob");
    accepts(w, "bob", 1);
    return winner(w, 2);
}

static void test_idle_since_a_contact_began(void **state)
{
    assert_string_equal(second(*state, false), "ann");
}

static void test_idle_since_a_contact_ended(void **state)
{
    assert_string_equal(second(*state, true), "bob");
}

static void test_asked_goes_behind_idle(void **state)
{
    struct world *w = *state;
    queue_by(w, ROUTER_LONGEST_IDLE, "", 0);
    world_agent(w, "ann", "", 2, 0);
    world_agent(w, "bob", "", 2, 0);
    comes(w, "ann");
    assert_string_equal(winner(w, 1), "ann");
    comes(w, "bob"); // this very moment, but nobody asks him anything
    assert_string_equal(winner(w, 2), "bob");
}

static void test_least_loaded(void **state)
{
    struct world *w = *state;
    queue_by(w, ROUTER_LEAST_LOADED, "", 0);
    world_agent(w, "ann", "", 3, 0);
    world_agent(w, "bob", "", 2, 0);
    comes(w, "ann");
    comes(w, "bob");
    assert_string_equal(winner(w, 1), "ann"); // both idle alike: the lower id
    assert_string_equal(winner(w, 2), "bob"); // 1 of 3 against 0 of 2
    assert_string_equal(winner(w, 3), "ann"); // 1 of 3 against 1 of 2
    assert_string_equal(winner(w, 4), "bob"); // 2 of 3 against 1 of 2
}

static void test_fewest_skills(void **state)
{
    struct world *w = *state;
    queue_by(w, ROUTER_FEWEST_SKILLS, "a", 1);
    world_agent(w, "ann", "a=5 b=1 c=1", 1, 0);
    world_agent(w, "bob", "a=1 b=1", 1, 0);
    world_agent(w, "cat", "a=1", 1, ROUTER_CHANNEL_NONE);
    comes(w, "ann");
    comes(w, "bob");
    comes(w, "cat");
    assert_string_equal(winner(w, 1), "cat");
    assert_string_equal(winner(w, 2), "bob");
}

static void test_most_skilled(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    struct router_skill needs[] = {{"a", 1}, {"b", 1}};
    q.select = ROUTER_MOST_SKILLED;
    q.requires = needs;
    q.requires_n = 2;
    world_queue(w, &q);
    world_agent(w, "ann", "a=5 b=1", 1, 0);
    world_agent(w, "bob", "a=3 b=4 c=1", 1, 0); // 7 in what is needed
    world_agent(w, "cat", "a=1 b=1 c=5", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
    comes(w, "cat");
    says(w, 1, ROUTER_CHAT);
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_string_equal(d->candidates[0].agent, "bob");
    assert_int_equal(d->candidates[0].score, 7);
    assert_string_equal(winner(w, 2), "ann");
}

static void test_fastest(void **state)
{
    struct world *w = *state;
    queue_by(w, ROUTER_FASTEST, "", 0);
    world_agent_put(w, (struct router_agent){.id = "ann", .speed = 900}, "");
    world_agent_put(w, (struct router_agent){.id = "bob"}, ""); // the usual
    world_agent_put(w, (struct router_agent){.id = "cat", .speed = 1001}, "");
    comes(w, "ann");
    comes(w, "bob");
    comes(w, "cat");
    assert_string_equal(winner(w, 1), "cat");
    assert_string_equal(winner(w, 2), "bob");
}

static void resolution_world(struct world *w, uint32_t weight_speed)
{
    struct router_queue q = world_queue_def("all");
    q.select = ROUTER_RESOLUTION;
    q.weight_speed = weight_speed;
    world_queue(w, &q);
    world_agent_put(w, (struct router_agent){.id = "ann", .resolution = 900, .speed = 700}, "");
    world_agent_put(w, (struct router_agent){.id = "bob", .resolution = 600, .speed = 1300}, "");
    world_agent_put(w, (struct router_agent){.id = "cat", .resolution = 840, .speed = 850}, "");
    comes(w, "ann");
    comes(w, "bob");
    comes(w, "cat");
}

static void test_resolution(void **state)
{
    resolution_world(*state, 0);
    assert_string_equal(winner(*state, 1), "ann");
}

static void test_resolution_times_speed(void **state)
{
    resolution_world(*state, 1000); // .63, .78, .714
    assert_string_equal(winner(*state, 1), "bob");
}

static void test_resolution_weighs_speed(void **state)
{
    resolution_world(*state, 500); // .753, .684, .774
    assert_string_equal(winner(*state, 1), "cat");
}

static void test_random_is_fair_and_seeded(void **state)
{
    struct world *w = *state;
    static const char *const ids[] = {"ann", "bob", "cat", "dan"};
    unsigned won[2][4] = {{0}};
    char sequence[2][401] = {{0}};
    queue_by(w, ROUTER_RANDOM, "", 0);
    for (size_t i = 0; i < 4; i++) {
        world_agent(w, ids[i], "", 1, 0);
        comes(w, ids[i]);
    }
    for (int seed = 0; seed < 2; seed++) {
        struct router_config c = world_rules_def();
        c.seed = (uint64_t)seed;
        world_configure(w, &c);
        for (uint64_t n = 0; n < 400; n++) {
            const char *id = winner(w, 1 + n);
            won[seed][id[0] - 'a']++;
            sequence[seed][n] = id[0];
            closes_chat(w, 1 + n);
            world_forget(w);
        }
    }
    for (size_t i = 0; i < 8; i++)
        assert_in_range(won[i / 4][i % 4], 60, 140); // 100 expected, 4.6 sigma
    assert_string_not_equal(sequence[0], sequence[1]);
}

static void test_mix(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    q.select = ROUTER_MIX;
    q.mix[ROUTER_FASTEST] = 1;
    q.mix[ROUTER_LONGEST_IDLE] = 2;
    world_queue(w, &q);
    world_agent_put(w, (struct router_agent){.id = "ann", .speed = 1000}, "");
    world_agent_put(w, (struct router_agent){.id = "bob", .speed = 1500}, "");
    comes(w, "ann");
    w->at += 900000; // a quarter of an hour: twice 250 points
    comes(w, "bob");
    assert_string_equal(winner(w, 1), "ann"); // as good as bob, and idle longer
    closes_chat(w, 1);
    q.mix[ROUTER_FASTEST] = 2;
    world_queue(w, &q);
    assert_string_equal(winner(w, 2), "bob");
}

static void test_a_mix_of_nothing_is_refused(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("all");
    q.select = ROUTER_MIX;
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q});
    expect(w, "refused INVALID\n");
    q.mix[ROUTER_RANDOM] = 1;
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q});
    expect(w, "refused INVALID\n");
}

static void test_words(void **state)
{
    (void)state;
    enum router_select s = ROUTER_SELECTS;
    for (unsigned i = 0; i < ROUTER_SELECTS; i++) {
        assert_true(router_select_of(router_select_name((enum router_select)i), &s));
        assert_int_equal(s, i);
    }
    assert_false(router_select_of("best", &s));
    assert_string_equal(router_select_name(ROUTER_SELECTS), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_suited),
        story(test_longest_idle),
        story(test_idle_since_a_contact_began),
        story(test_idle_since_a_contact_ended),
        story(test_asked_goes_behind_idle),
        story(test_least_loaded),
        story(test_fewest_skills),
        story(test_most_skilled),
        story(test_fastest),
        story(test_resolution),
        story(test_resolution_times_speed),
        story(test_resolution_weighs_speed),
        story(test_random_is_fair_and_seeded),
        story(test_mix),
        story(test_a_mix_of_nothing_is_refused),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
