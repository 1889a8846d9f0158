// SPDX-License-Identifier: Apache-2.0
//
// What an agent's work leaves room for besides the units: maxima of channels, channels that are exclusive, calls that interrupt.

#include "fixture.h"

#include <string.h>

static struct router_config with_max(enum router_channel channel, uint32_t max)
{
    struct router_config c = world_rules_def();
    c.channels[channel].max = max;
    return c;
}

static struct router_candidate stands(struct world *w, uint64_t conversation, const char *agent)
{
    const struct router_decision *d = router_explain(w->r, world_work(w, conversation));
    for (size_t i = 0; i < d->candidates_n; i++) {
        if (strcmp(d->candidates[i].agent, agent) == 0)
            return d->candidates[i];
    }
    return (struct router_candidate){0};
}

static enum router_work_state state_of(struct world *w, uint64_t conversation)
{
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, conversation, &v));
    return v.state;
}

static void finishes(struct world *w, const char *agent, uint64_t conversation)
{
    closes(w, agent, conversation);
    wraps_up(w, agent, conversation);
}

static void test_no_more_of_a_channel_than_its_maximum(void **state)
{
    struct world *w = *state;
    struct router_config c = with_max(ROUTER_CHAT, 2);
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    for (uint64_t i = 1; i <= 3; i++)
        says(w, i, ROUTER_CHAT);
    says(w, 4, ROUTER_SMS);
    assert_int_equal(state_of(w, 3), ROUTER_QUEUED);
    assert_int_equal(state_of(w, 4), ROUTER_OFFERED);
    struct router_candidate ann = stands(w, 3, "ann");
    assert_int_equal(ann.exclusion, ROUTER_EX_OCCUPIED);
    assert_int_equal(ann.occupied, ROUTER_CHAT);
    assert_int_equal(ann.maximum, 2);
    accepts(w, "ann", 1);
    finishes(w, "ann", 1);
    assert_int_equal(state_of(w, 3), ROUTER_OFFERED);
}

static void test_an_exclusive_channel_lets_nothing_in_beside_it(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    c.channels[ROUTER_VOICE].exclusive = true;
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    calls(w, 2, "call-2"); // comes in beside a chat
    assert_int_equal(state_of(w, 2), ROUTER_OFFERED);
    says(w, 3, ROUTER_CHAT);
    calls(w, 4, "call-4");
    assert_int_equal(state_of(w, 3), ROUTER_QUEUED);
    assert_int_equal(state_of(w, 4), ROUTER_QUEUED);
    struct router_candidate ann = stands(w, 3, "ann");
    assert_int_equal(ann.exclusion, ROUTER_EX_OCCUPIED);
    assert_int_equal(ann.occupied, ROUTER_VOICE);
    assert_int_equal(ann.maximum, 0);
    accepts(w, "ann", 1);
    accepts(w, "ann", 2);
    says(w, 1, ROUTER_CHAT); // what she has goes on
    assert_int_equal(state_of(w, 1), ROUTER_ASSIGNED);
    hangs_up(w, 4, "call-4");
    hangs_up(w, 2, "call-2");
    assert_int_equal(state_of(w, 3), ROUTER_OFFERED);
}

// A switch to a channel on which the agent has no place goes on with somebody else, the agent informed.
static void test_a_switch_needs_a_place(void **state)
{
    struct world *w = *state;
    struct router_config c = with_max(ROUTER_VOICE, 1);
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    calls(w, 1, "call-1");
    accepts(w, "ann", 1);
    says(w, 2, ROUTER_CHAT);
    accepts(w, "ann", 2);
    world_forget(w);
    calls(w, 2, "call-2");
    expect(w, "unassign c2 from ann CHANNEL_SWITCH informed\n"
              "decision c2 nobody\n"
              "c2 is QUEUED CHANNEL_SWITCH\n");
    hangs_up(w, 1, "call-1");
    assert_int_equal(state_of(w, 2), ROUTER_OFFERED);
}

static void test_wrap_up_keeps_its_place(void **state)
{
    struct world *w = *state;
    struct router_config c = with_max(ROUTER_CHAT, 1);
    struct router_queue q = world_queue_def("all");
    q.wrap_up_ms = 30000;
    c.queues = &q;
    c.queues_n = 1;
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    says(w, 2, ROUTER_CHAT);
    closes(w, "ann", 1);
    assert_int_equal(state_of(w, 2), ROUTER_QUEUED);
    wraps_up(w, "ann", 1);
    assert_int_equal(state_of(w, 2), ROUTER_OFFERED);
}

// Nothing is taken away when a maximum is lowered; nothing new comes until it is kept.
static void test_a_maximum_that_is_lowered(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    for (uint64_t i = 1; i <= 3; i++) {
        says(w, i, ROUTER_CHAT);
        accepts(w, "ann", i);
    }
    struct router_config c = with_max(ROUTER_CHAT, 2);
    world_configure(w, &c);
    assert_int_equal(world_load(w, "ann"), 3);
    says(w, 4, ROUTER_CHAT);
    finishes(w, "ann", 1);
    assert_int_equal(state_of(w, 4), ROUTER_QUEUED);
    finishes(w, "ann", 2);
    assert_int_equal(state_of(w, 4), ROUTER_OFFERED);
}

// Work is held for a known agent who only has no place, as for one who has no room.
static void test_a_known_agent_without_a_place_is_waited_for(void **state)
{
    struct world *w = *state;
    struct router_config c = with_max(ROUTER_CHAT, 1);
    struct router_queue q = world_queue_def("all");
    q.prefer_known_ms = 20000;
    c.queues = &q;
    c.queues_n = 1;
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_agent(w, "bob", "", 9, 0);
    comes(w, "bob");
    struct router_happened h = world_words(2, ROUTER_CHAT);
    h.last_agent = "ann";
    world_happens(w, h);
    assert_int_equal(state_of(w, 2), ROUTER_QUEUED);
    finishes(w, "ann", 1);
    struct router_work_view v;
    router_work_of_conversation(w->r, 2, &v);
    assert_string_equal(v.agent, "ann");
}

static void test_the_record_counts_them(void **state)
{
    struct world *w = *state;
    struct router_config c = with_max(ROUTER_CHAT, 1);
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    world_agent(w, "bob", "", 1, CHANNEL_BIT(ROUTER_CHAT));
    world_agent(w, "cat", "", 9, CHANNEL_BIT(ROUTER_SMS));
    comes(w, "ann");
    comes(w, "bob");
    comes(w, "cat");
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT);
    struct router_effects out;
    struct router_input in = {.kind = ROUTER_IN_HAPPENED, .number = ++w->number, .at = w->at, .wall = w->at};
    in.happened = world_words(3, ROUTER_CHAT);
    assert_true(router_step(w->r, &in, &out));
    assert_int_equal(out.v[0].kind, ROUTER_DECISION);
    const uint32_t *excluded = out.v[0].decision->excluded;
    assert_int_equal(excluded[ROUTER_EX_OCCUPIED], 2); // bob has no room besides: the first reason counts
    assert_int_equal(excluded[ROUTER_EX_CHANNEL], 1);
    assert_int_equal(excluded[ROUTER_EX_CAPACITY], 0);
}

// ---- calls that interrupt ----

static void interrupted(struct world *w, uint32_t channels, uint32_t capacity)
{
    struct router_config c = world_rules_def();
    c.calls_interrupt = channels;
    world_configure(w, &c);
    world_agent(w, "ann", "", capacity, 0);
    comes(w, "ann");
}

static void test_a_call_interrupts_chats(void **state)
{
    struct world *w = *state;
    interrupted(w, CHANNEL_BIT(ROUTER_CHAT), 3);
    for (uint64_t i = 1; i <= 3; i++)
        says(w, i, ROUTER_CHAT);
    calls(w, 4, "call-4");
    assert_int_equal(state_of(w, 4), ROUTER_OFFERED);
    accepts(w, "ann", 4);
    assert_int_equal(world_load(w, "ann"), 6);
    calls(w, 5, "call-5"); // calls alone never pass the capacity
    says(w, 6, ROUTER_CHAT);
    assert_int_equal(state_of(w, 5), ROUTER_QUEUED);
    assert_int_equal(state_of(w, 6), ROUTER_QUEUED);
    hangs_up(w, 4, "call-4");
    assert_int_equal(state_of(w, 5), ROUTER_OFFERED);
    assert_int_equal(state_of(w, 6), ROUTER_QUEUED);
}

static void test_a_call_does_not_interrupt_what_it_may_not(void **state)
{
    struct world *w = *state;
    interrupted(w, CHANNEL_BIT(ROUTER_CHAT), 3);
    says(w, 1, ROUTER_SMS);
    calls(w, 2, "call-2");
    assert_int_equal(state_of(w, 2), ROUTER_QUEUED);
    assert_int_equal(stands(w, 2, "ann").exclusion, ROUTER_EX_CAPACITY);
}

static void test_who_chats_and_calls_stays_with_the_agent(void **state)
{
    struct world *w = *state;
    interrupted(w, CHANNEL_BIT(ROUTER_CHAT), 3);
    for (uint64_t i = 1; i <= 3; i++) {
        says(w, i, ROUTER_CHAT);
        accepts(w, "ann", i);
    }
    world_forget(w);
    calls(w, 1, "call-1");
    expect(w, "connect call-1 to ann\nc1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "ann"), 5);
}

static void test_who_calls_back_in_wrap_up_interrupts_as_well(void **state)
{
    struct world *w = *state;
    interrupted(w, CHANNEL_BIT(ROUTER_CHAT), 3);
    for (uint64_t i = 1; i <= 3; i++) {
        says(w, i, ROUTER_CHAT);
        accepts(w, "ann", i);
    }
    closes(w, "ann", 1);
    world_forget(w);
    calls(w, 1, "call-1"); // the invariants allow more than the capacity only where it is known
    expect(w, "assign c1 to ann\nconnect call-1 to ann\nc1 is ASSIGNED CUSTOMER_BACK\n");
    assert_int_equal(world_load(w, "ann"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_no_more_of_a_channel_than_its_maximum),
        story(test_an_exclusive_channel_lets_nothing_in_beside_it),
        story(test_a_switch_needs_a_place),
        story(test_wrap_up_keeps_its_place),
        story(test_a_maximum_that_is_lowered),
        story(test_a_known_agent_without_a_place_is_waited_for),
        story(test_the_record_counts_them),
        story(test_a_call_interrupts_chats),
        story(test_a_call_does_not_interrupt_what_it_may_not),
        story(test_who_chats_and_calls_stays_with_the_agent),
        story(test_who_calls_back_in_wrap_up_interrupts_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
