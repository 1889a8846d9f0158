// SPDX-License-Identifier: Apache-2.0
//
// Draining: an agent finishes what is at hand, gets nothing new, and is away when the last is done.

#include "fixture.h"

static void configure(struct world *w, uint32_t wrap_up_ms)
{
    struct router_config c = world_rules_def();
    struct router_queue q = world_queue_def("all");
    q.wrap_up_ms = wrap_up_ms;
    c.queues = &q;
    c.queues_n = 1;
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    world_forget(w);
}

static void test_what_is_at_hand_is_finished_and_nothing_new_comes(void **state)
{
    struct world *w = *state;
    configure(w, 0);
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    says(w, 2, ROUTER_CHAT);
    accepts(w, "ann", 2);
    becomes(w, "ann", ROUTER_DRAINING);
    says(w, 3, ROUTER_EMAIL);
    assert_string_equal(world_agent_of(w, 3), "");
    const struct router_decision *d = router_explain(w->r, world_work(w, 3));
    assert_int_equal(d->candidates[0].exclusion, ROUTER_EX_DRAINING);
    assert_int_equal(d->excluded[ROUTER_EX_DRAINING], 1);
    says(w, 1, ROUTER_CHAT);
    assert_string_equal(world_agent_of(w, 1), "ann");
    closes(w, "ann", 1);
    assert_int_equal(world_presence(w, "ann"), ROUTER_DRAINING);
    closes(w, "ann", 2);
    assert_int_equal(world_presence(w, "ann"), ROUTER_AWAY);
    assert_string_equal(world_agent_of(w, 3), "");
}

static void test_wrap_up_is_part_of_it(void **state)
{
    struct world *w = *state;
    configure(w, 60000);
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    becomes(w, "ann", ROUTER_DRAINING);
    closes(w, "ann", 1);
    assert_int_equal(world_presence(w, "ann"), ROUTER_DRAINING);
    world_wait(w, 60000);
    assert_int_equal(world_presence(w, "ann"), ROUTER_AWAY);
}

static void test_an_offer_is_nothing_to_finish(void **state)
{
    struct world *w = *state;
    configure(w, 0);
    says(w, 1, ROUTER_EMAIL);
    assert_string_equal(world_agent_of(w, 1), "ann");
    becomes(w, "ann", ROUTER_DRAINING);
    assert_string_equal(world_agent_of(w, 1), "");
    assert_int_equal(world_presence(w, "ann"), ROUTER_AWAY);
}

static void test_with_nothing_at_hand_it_is_away(void **state)
{
    struct world *w = *state;
    configure(w, 0);
    becomes(w, "ann", ROUTER_DRAINING);
    assert_int_equal(world_presence(w, "ann"), ROUTER_AWAY);
}

static void test_a_lost_desk_comes_back_to_it(void **state)
{
    struct world *w = *state;
    configure(w, 0);
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    becomes(w, "ann", ROUTER_DRAINING);
    loses(w, "desk-ann");
    opens(w, "ann", "desk-ann", "boot-1");
    assert_int_equal(world_presence(w, "ann"), ROUTER_DRAINING);
    becomes(w, "ann", ROUTER_AVAILABLE);
    says(w, 2, ROUTER_CHAT);
    assert_string_equal(world_agent_of(w, 2), "ann");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_what_is_at_hand_is_finished_and_nothing_new_comes),
        story(test_wrap_up_is_part_of_it),
        story(test_an_offer_is_nothing_to_finish),
        story(test_with_nothing_at_hand_it_is_away),
        story(test_a_lost_desk_comes_back_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
