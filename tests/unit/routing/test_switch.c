// SPDX-License-Identifier: Apache-2.0
//
// The switch of the channel: same agent where they can take it, with the charge right at each moment; else the best who can,
// with the former agent kept informed.

#include "fixture.h"

static void ann_has_a_chat(struct world *w, uint32_t capacity, uint32_t channels)
{
    world_rules(w, 30000, 3); // voice costs 3, all else 1
    world_agent(w, "ann", "", capacity, channels);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_forget(w);
}

static void test_charge_follows_the_heaviest_live_session(void **state)
{
    struct world *w = *state;
    ann_has_a_chat(w, 4, 0);
    assert_int_equal(world_load(w, "ann"), 1);
    calls(w, 1, "call-1");
    expect(w, "connect call-1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "ann"), 3);
    says(w, 1, ROUTER_SMS); // a photo texted during the call does not free her
    expect(w, "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "ann"), 3);
    hangs_up(w, 1, "call-1");
    expect(w, "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "ann"), 1);
}

static void test_lapsed_session_wakes(void **state)
{
    struct world *w = *state;
    ann_has_a_chat(w, 1, 0);
    world_wait(w, 600000);
    expect(w, "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "ann"), 0);
    says(w, 2, ROUTER_CHAT);
    accepts(w, "ann", 2);
    world_forget(w);
    says(w, 1, ROUTER_CHAT); // no room any more
    expect(w, "unassign c1 from ann CHANNEL_SWITCH informed\n"
              "decision c1 nobody\n"
              "c1 is QUEUED CHANNEL_SWITCH\n");
}

static void test_who_cannot_take_the_call_stays_informed(void **state)
{
    struct world *w = *state;
    ann_has_a_chat(w, 4, CHANNEL_BIT(ROUTER_CHAT) | CHANNEL_BIT(ROUTER_SMS));
    world_agent(w, "bob", "", 4, 0);
    comes(w, "bob");
    world_forget(w);
    w->with_entries = true;
    calls(w, 1, "call-1");
    expect(w, "unassign c1 from ann CHANNEL_SWITCH informed\n"
              "entry of c1 to ann\n"
              "decision c1 bob\n"
              "offer c1 to bob CHANNEL_SWITCH\n"
              "c1 is OFFERED CHANNEL_SWITCH\n");
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, 1, &v));
    assert_string_equal(v.former_agent, "ann");
    assert_int_equal(v.since, 1000);
    accepts(w, "bob", 1);
    expect(w, "done\n"
              "assign c1 to bob\n"
              "connect call-1 to bob\n"
              "c1 is ASSIGNED ACCEPTED\n");
    says(w, 1, ROUTER_SMS);
    expect(w, "entry of c1 to bob\n"
              "entry of c1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
    closes(w, "bob", 1);
    wraps_up(w, "bob", 1);
    world_forget(w);
    says(w, 1, ROUTER_SMS);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "c1 is OFFERED NEW\n");
}

static void test_call_moves_with_the_work(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 3);
    world_agent(w, "ann", "", 4, 0);
    world_agent(w, "bob", "", 4, 0);
    comes(w, "ann");
    calls(w, 1, "call-1");
    accepts(w, "ann", 1);
    comes(w, "bob");
    world_forget(w);
    to_agent(w, "ann", 1, "bob");
    expect(w, "done\n"
              "unassign c1 from ann TRANSFERRED\n"
              "disconnect call-1 from ann\n"
              "decision c1 bob\n"
              "offer c1 to bob TRANSFERRED\n"
              "c1 is OFFERED TRANSFERRED\n");
}

static void test_offer_is_rescinded_when_it_no_longer_fits(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 3);
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    calls(w, 1, "call-1"); // three units
    expect(w, "offer of c1 to ann ended CHANNEL_SWITCH\n"
              "decision c1 nobody\n"
              "c1 is QUEUED CHANNEL_SWITCH\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_charge_follows_the_heaviest_live_session),  story(test_lapsed_session_wakes),
        story(test_who_cannot_take_the_call_stays_informed),   story(test_call_moves_with_the_work),
        story(test_offer_is_rescinded_when_it_no_longer_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
