// SPDX-License-Identifier: Apache-2.0
//
// What customers do: opening, re-opening and abandoning; what is shown but no contact; wrap-up and coming back.

#include "fixture.h"

static void test_no_queue_loses_nobody(void **state)
{
    struct world *w = *state;
    says(w, 1, ROUTER_EMAIL);
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED NEW\n");
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, 1, &v));
    assert_string_equal(v.queue, "default");
    struct router_queue q = world_queue_def("all");
    world_queue(w, &q);
    assert_true(router_work_of_conversation(w->r, 1, &v));
    assert_string_equal(v.queue, "all");
}

static void test_hang_up_while_waiting(void **state)
{
    struct world *w = *state;
    calls(w, 1, "call-1");
    world_forget(w);
    hangs_up(w, 1, "another call");
    expect(w, "");
    hangs_up(w, 1, "call-1");
    expect(w, "c1 is CLOSED ABANDONED\n");
    assert_int_equal(world_work(w, 1), 999999);
}

static void test_closed_tab_rescinds_the_offer(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT);
    world_forget(w);
    closes_chat(w, 1);
    expect(w, "offer of c1 to ann ended ABANDONED\n"
              "decision c2 ann\n"
              "offer c2 to ann NEW\n"
              "c1 is CLOSED ABANDONED\n"
              "c2 is OFFERED NEW\n");
}

static void test_who_also_texted_still_waits(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 3);
    says(w, 1, ROUTER_SMS);
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    closes_chat(w, 1);
    expect(w, "c1 is QUEUED NEW\n");
    world_wait(w, 3600000);
    expect(w, "decision c1 nobody\n" // its session lapsed, so it needs less; the wait goes on
              "c1 is QUEUED NEW\n");
}

static void test_asides_are_no_contact(void **state)
{
    struct world *w = *state;
    struct router_happened h = world_words(1, ROUTER_EMAIL);
    h.kind = ROUTER_ASIDE;
    world_happens(w, h);
    h.kind = ROUTER_WORDS;
    h.participant = true;
    world_happens(w, h);
    h.kind = ROUTER_CHAT_OPENED;
    world_happens(w, h);
    expect(w, "");
}

static void test_wrap_up_ends_by_itself(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 3);
    struct router_queue q = world_queue_def("all");
    world_queue(w, &q);
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_forget(w);
    closes(w, "ann", 1);
    expect(w, "done\n"
              "c1 closed by ann: sold, resolved\n"
              "c1 is WRAP_UP CLOSED\n");
    assert_int_equal(world_load(w, "ann"), 1);
    world_wait(w, 10000);
    expect(w, "unassign c1 from ann WRAPPED_UP\n"
              "decision c2 ann\n"
              "offer c2 to ann NEW\n"
              "c1 is CLOSED WRAPPED_UP\n"
              "c2 is OFFERED NEW\n");
}

static void test_customer_comes_back_during_wrap_up(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    calls(w, 1, "call-1");
    accepts(w, "ann", 1);
    world_forget(w);
    closes(w, "ann", 1);
    expect(w, "done\n"
              "c1 closed by ann: sold, resolved\n"
              "disconnect call-1 from ann\n"
              "c1 is WRAP_UP CLOSED\n");
    calls(w, 1, "call-2");
    expect(w, "assign c1 to ann\n"
              "connect call-2 to ann\n"
              "c1 is ASSIGNED CUSTOMER_BACK\n");
}

static void test_reopened(void **state)
{
    struct world *w = *state;
    struct router_happened h = world_words(1, ROUTER_CHAT);
    h.reopened = true;
    world_happens(w, h);
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED REOPENED\n");
}

static void test_entries_and_news_go_to_whom_it_concerns(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 1, 0);
    w->with_entries = true;
    says(w, 1, ROUTER_CHAT);
    comes(w, "ann");
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    expect(w, "entry of c1 to ann\n"); // who is asked sees what is said
    accepts(w, "ann", 1);
    world_forget(w);
    world_step(w, &(struct router_input){
                      .kind = ROUTER_IN_DELIVERY,
                      .delivery = {.delivery = "7.1", .conversation = 1, .entry = 7, .state = 4, .reason = ""}});
    expect(w, "delivery 7.1 state 4 to ann\n");
    world_step(w, &(struct router_input){.kind = ROUTER_IN_CUSTOMER_CHANGED,
                                         .customer_changed = {.customer = 5, .other = 1001}});
    expect(w, "customer of c1 changed, to ann\n");
}

static void test_illegal_events_are_refused(void **state)
{
    struct world *w = *state;
    struct router_happened h = world_words(1, ROUTER_CHAT);
    h.channel = (enum router_channel)77;
    world_happens(w, h);
    expect(w, "refused INVALID\n");
    char long_name[300];
    for (size_t i = 0; i < sizeof long_name; i++)
        long_name[i] = i + 1 < sizeof long_name ? 'x' : '\0';
    h = world_words(1, ROUTER_CHAT);
    h.handle = long_name;
    world_happens(w, h);
    expect(w, "refused INVALID\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_no_queue_loses_nobody),
        story(test_hang_up_while_waiting),
        story(test_closed_tab_rescinds_the_offer),
        story(test_who_also_texted_still_waits),
        story(test_asides_are_no_contact),
        story(test_wrap_up_ends_by_itself),
        story(test_customer_comes_back_during_wrap_up),
        story(test_reopened),
        story(test_entries_and_news_go_to_whom_it_concerns),
        story(test_illegal_events_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
