// SPDX-License-Identifier: Apache-2.0
//
// Which waiting work goes first, by each order's name.

#include "fixture.h"

static void two_queues(struct world *w, enum router_order order)
{
    struct router_config c = world_rules_def();
    struct router_queue q = world_queue_def("rest");
    static const char *const law[] = {"law"};
    c.order = order;
    world_configure(w, &c);
    q.weight = 1000;
    q.target_ms = 60000;
    world_queue(w, &q);
    q = world_queue_def("law");
    q.priority = 2;
    q.intents = law;
    q.intents_n = 1;
    q.weight = 3000;
    q.target_ms = 120000; // half as much again as "rest" for each second
    world_queue(w, &q);
    world_agent(w, "ann", "", 1, 0);
}

static void asks_for(struct world *w, uint64_t conversation, const char *intent, uint32_t priority)
{
    struct router_happened h = world_words(conversation, ROUTER_CHAT);
    h.intent = intent;
    h.priority = priority;
    world_happens(w, h);
}

// Who of the waiting is offered to ann when she comes.
static uint64_t first(struct world *w)
{
    struct router_agent_view a;
    struct router_work_view v;
    comes(w, "ann");
    assert_true(router_agent(w->r, "ann", &a));
    assert_int_equal(a.work_n, 1);
    assert_true(router_work(w->r, a.work[0], &v));
    return v.conversation;
}

static void waiting(struct world *w)
{
    asks_for(w, 1, "", 0);
    w->at += 10000;
    asks_for(w, 2, "law", 0);
    w->at += 20000;
    asks_for(w, 3, "", 1);
    w->at += 10000; // 40 s, 30 s and 10 s old: 667, 750 and 167 of cost
}

static void test_priority(void **state)
{
    two_queues(*state, ROUTER_ORDER_PRIORITY);
    waiting(*state);
    assert_int_equal(first(*state), 3);
}

static void test_fifo(void **state)
{
    two_queues(*state, ROUTER_ORDER_FIFO);
    waiting(*state);
    assert_int_equal(first(*state), 1);
}

static void test_cost(void **state)
{
    two_queues(*state, ROUTER_ORDER_COST);
    waiting(*state);
    assert_int_equal(first(*state), 2);
}

static void test_cost_turns_with_age(void **state)
{
    two_queues(*state, ROUTER_ORDER_COST);
    struct world *w = *state;
    asks_for(w, 1, "", 0);
    w->at += 10000;
    asks_for(w, 2, "law", 0);
    w->at += 19999; // 500 against 499.975
    assert_int_equal(first(w), 1);
}

static void test_cost_starves_nobody(void **state)
{
    two_queues(*state, ROUTER_ORDER_COST);
    struct world *w = *state;
    asks_for(w, 1, "", 9);
    for (uint64_t c = 2; c < 40; c++) {
        w->at += 10000;
        asks_for(w, c, "law", 1);
        closes_chat(w, c - 1 > 1 ? c - 1 : 99); // only the newest of them goes on waiting
    }
    assert_int_equal(first(w), 1);
}

static void test_priority_cost(void **state)
{
    two_queues(*state, ROUTER_ORDER_PRIORITY_COST);
    struct world *w = *state;
    asks_for(w, 1, "", 2);
    w->at += 10000;
    asks_for(w, 2, "law", 0); // of the same class
    asks_for(w, 3, "", 0);
    w->at += 300000;
    assert_int_equal(first(w), 2);
}

static void test_skill_level(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    c.order = ROUTER_ORDER_SKILL_LEVEL;
    world_configure(w, &c);
    static const char *const intents[] = {"a", "b"};
    const struct router_skill needs[] = {{"a", 1}, {"b", 1}};
    world_queue(w, &(struct router_queue){.name = "rest", .priority = 1, .offer_ms = 30000});
    for (size_t i = 0; i < 2; i++) {
        struct router_queue q = world_queue_def(intents[i]);
        q.intents = &intents[i];
        q.requires = &needs[i];
        q.intents_n = q.requires_n = 1;
        world_queue(w, &q);
    }
    world_agent(w, "ann", "a=2 b=4", 1, 0);
    asks_for(w, 1, "", 1);
    w->at += 10;
    asks_for(w, 2, "a", 0);
    w->at += 10;
    asks_for(w, 3, "b", 0);
    w->at += 10;
    asks_for(w, 4, "b", 0);
    assert_int_equal(first(w), 3); // what she is best at, and of that the oldest
}

static void test_words(void **state)
{
    (void)state;
    enum router_order o = ROUTER_ORDERS;
    for (unsigned i = 0; i < ROUTER_ORDERS; i++) {
        assert_true(router_order_of(router_order_name((enum router_order)i), &o));
        assert_int_equal(o, i);
    }
    assert_false(router_order_of("lifo", &o));
    assert_string_equal(router_order_name(ROUTER_ORDERS), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_priority),
        story(test_fifo),
        story(test_cost),
        story(test_cost_turns_with_age),
        story(test_cost_starves_nobody),
        story(test_priority_cost),
        story(test_skill_level),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
