// SPDX-License-Identifier: Apache-2.0
//
// Offers: accept, decline, time-out, past epochs, and who is asked again when.

#include "fixture.h"

static void test_accept(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    expect(w, "ann is AWAY\n"
              "done\n"
              "ann is AVAILABLE\n");
    says(w, 1, ROUTER_CHAT);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "c1 is OFFERED NEW\n");
    assert_int_equal(world_load(w, "ann"), 1);
    accepts(w, "ann", 1);
    expect(w, "done\n"
              "assign c1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_offer_is_answered_once(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 2, 0);
    world_agent(w, "bob", "", 2, 0);
    comes(w, "ann");
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    accepts(w, "bob", 1);
    expect(w, "refused NOT_YOURS\n");
    struct router_command past = world_command("ann", ROUTER_ACT_ACCEPT);
    past.work = world_work(w, 1);
    past.epoch = world_epoch(w, 1) + 1;
    world_commands(w, past);
    expect(w, "refused OFFER_PAST\n");
    accepts(w, "ann", 1);
    world_forget(w);
    accepts(w, "ann", 1);
    expect(w, "refused OFFER_PAST\n");
    accepts(w, "ann", 99);
    expect(w, "refused UNKNOWN_WORK\n");
}

static void test_declined_goes_to_the_next(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 2, 0);
    world_agent(w, "bob", "", 2, 0);
    comes(w, "ann");
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    declines(w, "ann", 1);
    expect(w, "done\n"
              "offer of c1 to ann ended DECLINED\n"
              "decision c1 bob\n"
              "offer c1 to bob DECLINED\n"
              "c1 is OFFERED DECLINED\n");
}

static void test_decliner_is_asked_again_when_nobody_else_can(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 3);
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    declines(w, "ann", 1);
    expect(w, "done\n"
              "offer of c1 to ann ended DECLINED\n"
              "decision c1 nobody\n"
              "c1 is QUEUED DECLINED\n");
    world_wait(w, 59999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann DECLINED\n"
              "c1 is OFFERED DECLINED\n");
    declines(w, "ann", 1);
    world_forget(w);
    world_wait(w, 500000); // decline_max is 2
    expect(w, "");
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    expect(w, "bob is AWAY\n"
              "done\n"
              "bob is AVAILABLE\n"
              "decision c1 bob\n"
              "offer c1 to bob DECLINED\n"
              "c1 is OFFERED DECLINED\n");
}

static void test_misses_in_a_row_set_away(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 2);
    world_agent(w, "ann", "", 4, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_SMS);
    world_forget(w);
    world_wait(w, 30000);
    expect(w, "offer of c1 to ann ended TIMED_OUT\n"
              "decision c1 nobody\n"
              "c1 is QUEUED TIMED_OUT\n");
    says(w, 2, ROUTER_SMS);
    accepts(w, "ann", 2); // the row is broken
    says(w, 3, ROUTER_SMS);
    world_forget(w);
    world_wait(w, 30000);
    expect(w, "offer of c3 to ann ended TIMED_OUT\n"
              "decision c3 nobody\n"
              "c3 is QUEUED TIMED_OUT\n");
    world_wait(w, 30000); // a minute after she missed it
    expect(w, "decision c1 ann\n"
              "offer c1 to ann TIMED_OUT\n"
              "c1 is OFFERED TIMED_OUT\n");
    world_wait(w, 30000);
    expect(w, "offer of c1 to ann ended TIMED_OUT\n"
              "ann is AWAY\n"
              "decision c1 nobody\n"
              "c1 is QUEUED TIMED_OUT\n");
}

static void test_age_is_kept(void **state)
{
    struct world *w = *state;
    struct router_work_view v;
    world_agent(w, "ann", "", 4, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 5000);
    declines(w, "ann", 1);
    assert_true(router_work_of_conversation(w->r, 1, &v));
    assert_int_equal(v.since, 1000);
}

static void test_extended_once_and_not_for_ever(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    world_configure(w, &c);
    world_agent(w, "ann", "", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 20000);
    world_forget(w);
    extends(w, "bob", 1);
    expect(w, "refused UNKNOWN_SESSION\n");
    extends(w, "ann", 1);
    expect(w, "done\nc1 is OFFERED NEW\n");
    extends(w, "ann", 1);
    expect(w, "refused FULL\n");
    world_wait(w, 29999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "offer of c1 to ann ended TIMED_OUT\ndecision c1 nobody\nc1 is QUEUED TIMED_OUT\n");
}

static void test_wrap_up_is_extended(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    world_configure(w, &c);
    struct router_queue q = world_queue_def("all");
    world_queue(w, &q);
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_forget(w);
    extends(w, "ann", 1);
    expect(w, "refused WRONG_STATE\n");
    closes(w, "ann", 1);
    world_wait(w, 9000);
    world_forget(w);
    extends(w, "ann", 1);
    expect(w, "done\nc1 is WRAP_UP CLOSED\n");
    world_wait(w, 9999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "unassign c1 from ann WRAPPED_UP\nc1 is CLOSED WRAPPED_UP\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_accept),
        story(test_offer_is_answered_once),
        story(test_declined_goes_to_the_next),
        story(test_decliner_is_asked_again_when_nobody_else_can),
        story(test_misses_in_a_row_set_away),
        story(test_age_is_kept),
        story(test_extended_once_and_not_for_ever),
        story(test_wrap_up_is_extended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
