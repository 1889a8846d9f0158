// SPDX-License-Identifier: Apache-2.0
//
// Conversations that wait for their customer give back what they took of the agent, and return to them.

#include "fixture.h"

#define MINUTE 60000

static void give_back_after(struct world *w, enum router_channel channel, uint32_t ms, uint32_t max)
{
    struct router_config c = world_rules_def();
    c.channels[channel].give_back_ms = ms;
    c.channels[channel].max = max;
    world_configure(w, &c);
}

static struct router_work_view look(struct world *w, uint64_t conversation)
{
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, conversation, &v));
    return v;
}

// ann has answered c1, which waits for its customer, and has taken c2 in its place.
static void one_waits_one_fills(struct world *w)
{
    give_back_after(w, ROUTER_CHAT, 2 * MINUTE, 0);
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    says(w, 2, ROUTER_CHAT);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_forget(w);
    world_wait(w, 2 * MINUTE - 1);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c2 ann\noffer c2 to ann NEW\nc1 is ASSIGNED ACCEPTED\nc2 is OFFERED NEW\n");
    accepts(w, "ann", 2);
}

static void test_who_waits_for_the_customer_takes_no_room(void **state)
{
    struct world *w = *state;
    one_waits_one_fills(w);
    assert_int_equal(look(w, 1).charge, 0);
    assert_string_equal(look(w, 1).agent, "ann");
    assert_int_equal(world_load(w, "ann"), 1);
}

static void test_it_returns_past_the_capacity(void **state)
{
    struct world *w = *state;
    one_waits_one_fills(w);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    expect(w, "c1 is ASSIGNED ACCEPTED\n"); // not to bob, who has room
    assert_int_equal(world_load(w, "ann"), 2);
    closes(w, "ann", 2); // and nothing new until it is kept
    wraps_up(w, "ann", 2);
    becomes(w, "bob", ROUTER_AWAY);
    says(w, 3, ROUTER_CHAT);
    assert_int_equal(look(w, 3).state, ROUTER_QUEUED);
}

static void test_it_returns_past_the_maximum(void **state)
{
    struct world *w = *state;
    give_back_after(w, ROUTER_CHAT, 2 * MINUTE, 1);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_wait(w, 2 * MINUTE);
    says(w, 2, ROUTER_CHAT);
    accepts(w, "ann", 2);
    says(w, 1, ROUTER_CHAT);
    assert_int_equal(look(w, 1).state, ROUTER_ASSIGNED);
    assert_int_equal(world_load(w, "ann"), 2);
}

// More than was given back has to find room like anything else.
static void test_a_heavier_channel_needs_room(void **state)
{
    struct world *w = *state;
    one_waits_one_fills(w);
    world_forget(w);
    calls(w, 1, "call-1");
    expect(w, "unassign c1 from ann CHANNEL_SWITCH informed\n"
              "decision c1 nobody\n"
              "c1 is QUEUED CHANNEL_SWITCH\n");
}

static void test_the_customers_word_stops_the_clock(void **state)
{
    struct world *w = *state;
    give_back_after(w, ROUTER_CHAT, 2 * MINUTE, 0);
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_wait(w, MINUTE);
    says(w, 1, ROUTER_CHAT); // it waits for ann now
    world_wait(w, 5 * MINUTE);
    assert_int_equal(look(w, 1).charge, 1);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_wait(w, 2 * MINUTE);
    assert_int_equal(look(w, 1).charge, 0);
}

static void test_a_call_gives_nothing_back(void **state)
{
    struct world *w = *state;
    give_back_after(w, ROUTER_CHAT, 2 * MINUTE, 0);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    calls(w, 1, "call-1");
    accepts(w, "ann", 1);
    says(w, 1, ROUTER_CHAT);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_wait(w, 2 * MINUTE);
    assert_int_equal(look(w, 1).charge, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_who_waits_for_the_customer_takes_no_room),
        story(test_it_returns_past_the_capacity),
        story(test_it_returns_past_the_maximum),
        story(test_a_heavier_channel_needs_room),
        story(test_the_customers_word_stops_the_clock),
        story(test_a_call_gives_nothing_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
