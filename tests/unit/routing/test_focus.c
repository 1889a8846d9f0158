// SPDX-License-Identifier: Apache-2.0
//
// Focus: an agent in deep work gets nothing new, for a limited time, and loses no place by it.

#include "fixture.h"

#define MINUTE 60000

static void configure(struct world *w, uint32_t focus_ms)
{
    struct router_config c = world_rules_def();
    struct router_queue q = world_queue_def("all");
    q.select = ROUTER_LONGEST_IDLE;
    c.focus_ms = focus_ms;
    c.timeouts_to_away = 1;
    c.queues = &q;
    c.queues_n = 1;
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    world_forget(w);
}

static void test_nothing_new_for_a_limited_time(void **state)
{
    struct world *w = *state;
    configure(w, 50 * MINUTE);
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    becomes(w, "ann", ROUTER_FOCUS);
    says(w, 2, ROUTER_EMAIL);
    assert_string_equal(world_agent_of(w, 2), "");
    const struct router_decision *d = router_explain(w->r, world_work(w, 2));
    assert_int_equal(d->candidates[0].exclusion, ROUTER_EX_FOCUS);
    assert_int_equal(d->excluded[ROUTER_EX_FOCUS], 1);
    says(w, 1, ROUTER_CHAT); // what is at hand goes on
    assert_string_equal(world_agent_of(w, 1), "ann");
    world_wait(w, 50 * MINUTE - 1);
    assert_int_equal(world_presence(w, "ann"), ROUTER_FOCUS);
    world_wait(w, 1);
    assert_int_equal(world_presence(w, "ann"), ROUTER_AVAILABLE);
    assert_string_equal(world_agent_of(w, 2), "ann");
}

// One time-out would set her away.
static void test_an_offer_under_way_is_no_time_out(void **state)
{
    struct world *w = *state;
    configure(w, 50 * MINUTE);
    says(w, 1, ROUTER_EMAIL);
    becomes(w, "ann", ROUTER_FOCUS);
    world_wait(w, 10 * MINUTE);
    assert_int_equal(world_presence(w, "ann"), ROUTER_FOCUS);
    becomes(w, "ann", ROUTER_AVAILABLE);
    assert_string_equal(world_agent_of(w, 1), "ann"); // and asked at once: no pause as after a decline
}

static void test_idle_time_goes_on(void **state)
{
    struct world *w = *state;
    configure(w, 50 * MINUTE);
    world_wait(w, MINUTE);
    world_agent(w, "bob", "", 9, 0);
    comes(w, "bob");
    becomes(w, "ann", ROUTER_FOCUS);
    world_wait(w, 10 * MINUTE);
    becomes(w, "ann", ROUTER_AVAILABLE);
    says(w, 1, ROUTER_CHAT);
    assert_string_equal(world_agent_of(w, 1), "ann");
}

static void test_a_break_is_no_focus(void **state)
{
    struct world *w = *state;
    configure(w, 50 * MINUTE);
    world_wait(w, MINUTE);
    world_agent(w, "bob", "", 9, 0);
    comes(w, "bob");
    becomes(w, "ann", ROUTER_AWAY);
    world_wait(w, 10 * MINUTE);
    becomes(w, "ann", ROUTER_FOCUS);
    becomes(w, "ann", ROUTER_AVAILABLE);
    says(w, 1, ROUTER_CHAT);
    assert_string_equal(world_agent_of(w, 1), "bob");
}

static void test_focus_outlives_a_lost_desk_but_not_its_time(void **state)
{
    struct world *w = *state;
    configure(w, MINUTE);
    becomes(w, "ann", ROUTER_FOCUS);
    loses(w, "desk-ann");
    opens(w, "ann", "desk-ann", "boot-1");
    assert_int_equal(world_presence(w, "ann"), ROUTER_FOCUS);
    world_wait(w, MINUTE - 10000);
    loses(w, "desk-ann");
    world_wait(w, 20000);
    opens(w, "ann", "desk-ann", "boot-1");
    assert_int_equal(world_presence(w, "ann"), ROUTER_AVAILABLE);
}

static void test_where_there_is_none_it_is_refused(void **state)
{
    struct world *w = *state;
    configure(w, 0);
    struct router_command c = world_command("ann", ROUTER_ACT_PRESENCE);
    c.presence = ROUTER_FOCUS;
    world_commands(w, c);
    assert_int_equal(world_presence(w, "ann"), ROUTER_AVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_nothing_new_for_a_limited_time),
        story(test_an_offer_under_way_is_no_time_out),
        story(test_idle_time_goes_on),
        story(test_a_break_is_no_focus),
        story(test_focus_outlives_a_lost_desk_but_not_its_time),
        story(test_where_there_is_none_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
