// SPDX-License-Identifier: Apache-2.0
//
// Snoozing: work that is put away takes nothing of anybody, and comes back at its time, at the customer's word or when wanted.

#include "fixture.h"

static const int64_t hour = 3600000;

static void ann_has(struct world *w, uint32_t prefer_known_ms, uint32_t capacity)
{
    world_rules(w, 30000, 3);
    struct router_queue q = world_queue_def("all");
    q.prefer_known_ms = prefer_known_ms;
    world_queue(w, &q);
    world_agent(w, "ann", "", capacity, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_EMAIL);
    accepts(w, "ann", 1);
    world_forget(w);
}

static struct router_work_view view(const struct world *w, uint64_t conversation)
{
    struct router_work_view v = {0};
    assert_true(router_work_of_conversation(w->r, conversation, &v));
    return v;
}

static void test_it_takes_no_room_and_comes_back_at_its_time(void **state)
{
    struct world *w = *state;
    ann_has(w, 0, 1);
    snoozes(w, "ann", 1, hour);
    expect(w, "done\n"
              "unassign c1 from ann SNOOZED informed\n"
              "c1 is SNOOZED SNOOZED\n");
    assert_int_equal(world_load(w, "ann"), 0);
    assert_true(view(w, 1).snoozed_until == 1700000000000 + w->at + hour);
    world_wait(w, hour - 1);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann WOKEN\n"
              "c1 is OFFERED WOKEN\n");
    assert_true(view(w, 1).since == w->at);
}

static void test_the_customers_word_wakes_it(void **state)
{
    struct world *w = *state;
    ann_has(w, 0, 1);
    snoozes(w, "ann", 1, hour);
    w->with_entries = true;
    world_forget(w);
    says(w, 1, ROUTER_SMS);
    expect(w, "entry of c1 to ann\n"
              "decision c1 ann\n"
              "offer c1 to ann CUSTOMER_BACK\n"
              "c1 is OFFERED CUSTOMER_BACK\n");
    accepts(w, "ann", 1);
    world_forget(w);
    world_wait(w, 2 * hour);
    assert_string_equal(world_agent_of(w, 1), "ann");
}

static void test_whoever_put_it_away_gets_it_back_at_once(void **state)
{
    struct world *w = *state;
    ann_has(w, 0, 1);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    snoozes(w, "ann", 1, hour);
    world_forget(w);
    wakes(w, "bob", 1);
    expect(w, "refused NOT_YOURS\n");
    wakes(w, "ann", 1);
    assert_string_equal(world_agent_of(w, 1), "ann");
    world_forget(w);
    wakes(w, "ann", 1);
    expect(w, "refused WRONG_STATE\n");
}

static void test_a_known_agent_who_is_full_is_waited_for(void **state)
{
    struct world *w = *state;
    ann_has(w, 60000, 1);
    world_agent(w, "bob", "", 1, 0);
    snoozes(w, "ann", 1, hour);
    says(w, 2, ROUTER_EMAIL);
    accepts(w, "ann", 2);
    comes(w, "bob");
    world_wait(w, hour);
    assert_string_equal(world_agent_of(w, 1), "");
    world_wait(w, 60000);
    assert_string_equal(world_agent_of(w, 1), "bob");
}

static void test_it_comes_back_whoever_is_gone(void **state)
{
    struct world *w = *state;
    ann_has(w, 0, 1);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    snoozes(w, "ann", 1, hour);
    logs_out(w, "desk-ann");
    world_step(w, &(struct router_input){.kind = ROUTER_IN_AGENT_REMOVED, .agent_removed = {"ann"}});
    world_wait(w, hour);
    assert_string_equal(world_agent_of(w, 1), "bob");
}

static void test_a_clock_that_is_set(void **state)
{
    struct world *w = *state;
    ann_has(w, 0, 1);
    snoozes(w, "ann", 1, hour);
    assert_true(router_next_deadline(w->r) <= w->at + hour);
    w->ahead = -hour;
    world_wait(w, hour);
    assert_string_equal(world_agent_of(w, 1), "");
    w->ahead = hour;
    world_wait(w, 0);
    assert_string_equal(world_agent_of(w, 1), "ann");
}

static void test_those_overdue_come_back_in_their_order(void **state)
{
    struct world *w = *state;
    ann_has(w, 0, 1);
    snoozes(w, "ann", 1, 2 * hour);
    says(w, 2, ROUTER_EMAIL);
    accepts(w, "ann", 2);
    snoozes(w, "ann", 2, hour);
    becomes(w, "ann", ROUTER_AWAY);
    world_forget(w);
    w->ahead = 3 * hour;
    world_wait(w, 0);
    assert_true(view(w, 1).since == w->at && view(w, 2).since == w->at);
    expect(w, "decision c1 nobody\n"
              "decision c2 nobody\n"
              "c1 is QUEUED WOKEN\n"
              "c2 is QUEUED WOKEN\n");
}

static void test_what_cannot_be(void **state)
{
    struct world *w = *state;
    ann_has(w, 0, 4);
    snoozes(w, "ann", 1, 0);
    expect(w, "refused INVALID\n");
    snoozes(w, "ann", 1, ROUTER_SNOOZE_MAX_MS + 1);
    expect(w, "refused INVALID\n");
    snoozes(w, "bob", 1, hour);
    expect(w, "refused UNKNOWN_SESSION\n");
    calls(w, 1, "call-1");
    world_forget(w);
    snoozes(w, "ann", 1, hour);
    expect(w, "refused WRONG_STATE\n");
    hangs_up(w, 1, "call-1");
    world_forget(w);
    snoozes(w, "ann", 1, ROUTER_SNOOZE_MAX_MS);
    assert_int_equal(world_load(w, "ann"), 0);
    world_forget(w);
    closes(w, "ann", 1);
    expect(w, "refused NOT_YOURS\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_it_takes_no_room_and_comes_back_at_its_time),
        story(test_the_customers_word_wakes_it),
        story(test_whoever_put_it_away_gets_it_back_at_once),
        story(test_a_known_agent_who_is_full_is_waited_for),
        story(test_it_comes_back_whoever_is_gone),
        story(test_a_clock_that_is_set),
        story(test_those_overdue_come_back_in_their_order),
        story(test_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
