// SPDX-License-Identifier: Apache-2.0
//
// What a channel's rules say about offers: how long they stand, whether anybody has to accept, and how long somebody known is waited for.

#include "fixture.h"

static void test_offers_of_a_channel_have_their_own_time(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    c.channels[ROUTER_VOICE].offer_ms = 15000;
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    calls(w, 2, "call-2");
    world_forget(w);
    world_wait(w, 14999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "offer of c2 to ann ended TIMED_OUT\ndecision c2 nobody\nc2 is QUEUED TIMED_OUT\n");
    struct router_work_view v;
    router_work_of_conversation(w->r, 1, &v);
    assert_int_equal(v.deadline, 1000 + 30000); // as the queue says
}

static void test_auto_accept(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    c.channels[ROUTER_VOICE].auto_accept = true;
    world_configure(w, &c);
    world_agent(w, "ann", "", 3, 0);
    comes(w, "ann");
    world_forget(w);
    calls(w, 1, "call-1");
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "assign c1 to ann\n"
              "connect call-1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
    says(w, 2, ROUTER_CHAT); // she is full; and words are asked about
    expect(w, "decision c2 nobody\nc2 is QUEUED NEW\n");
    hangs_up(w, 1, "call-1");
    expect(w, "decision c2 ann\noffer c2 to ann NEW\nc1 is ASSIGNED ACCEPTED\nc2 is OFFERED NEW\n");
}

static void says_to(struct world *w, uint64_t conversation, enum router_channel channel, const char *known)
{
    struct router_happened h = world_words(conversation, channel);
    h.last_agent = known;
    world_happens(w, h);
}

// Ann, who knows whoever comes, is full; Bob is free.
static void known_by_channel(struct world *w)
{
    struct router_queue q = world_queue_def("all");
    q.prefer_known_ms = 20000;
    world_queue(w, &q);
    struct router_config c = world_rules_def();
    c.channels[ROUTER_CHAT].prefer_known_ms = 5000;
    c.channels[ROUTER_EMAIL].prefer_known_ms = 60000;
    world_configure(w, &c);
    world_agent(w, "ann", "", 1, 0);
    world_agent(w, "bob", "", 9, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_SMS);
    accepts(w, "ann", 1);
    comes(w, "bob");
    world_forget(w);
}

static void test_a_channel_waits_its_own_time_for_who_is_known(void **state)
{
    struct world *w = *state;
    known_by_channel(w);
    says_to(w, 2, ROUTER_CHAT, "ann");
    says_to(w, 3, ROUTER_SMS, "ann"); // as the queue says
    says_to(w, 4, ROUTER_EMAIL, "ann");
    expect(w, "decision c2 nobody\nc2 is QUEUED NEW\n"
              "decision c3 nobody\nc3 is QUEUED NEW\n"
              "decision c4 nobody\nc4 is QUEUED NEW\n");
    world_wait(w, 4999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c2 bob\noffer c2 to bob NEW\nc2 is OFFERED NEW\n");
    accepts(w, "bob", 2);
    world_forget(w);
    world_wait(w, 14999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c3 bob\noffer c3 to bob NEW\nc3 is OFFERED NEW\n");
    accepts(w, "bob", 3);
    world_forget(w);
    world_wait(w, 39999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c4 bob\noffer c4 to bob NEW\nc4 is OFFERED NEW\n");
}

static void test_a_switch_of_the_channel_changes_the_time(void **state)
{
    struct world *w = *state;
    known_by_channel(w);
    says_to(w, 2, ROUTER_EMAIL, "ann");
    says_to(w, 3, ROUTER_CHAT, "ann");
    world_wait(w, 4000);
    world_forget(w);
    says_to(w, 3, ROUTER_EMAIL, "ann"); // a minute in all, no longer five seconds
    world_wait(w, 2000);
    says_to(w, 2, ROUTER_CHAT, "ann"); // five seconds in all, which are over
    struct router_work_view v;
    router_work_of_conversation(w->r, 2, &v);
    assert_int_equal(v.state, ROUTER_OFFERED);
    accepts(w, "bob", 2);
    world_wait(w, 53999);
    router_work_of_conversation(w->r, 3, &v);
    assert_int_equal(v.state, ROUTER_QUEUED);
    world_wait(w, 1);
    router_work_of_conversation(w->r, 3, &v);
    assert_int_equal(v.state, ROUTER_OFFERED);
}

static void test_what_waits_is_accepted_one_by_one(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    c.channels[ROUTER_CHAT].auto_accept = true;
    world_configure(w, &c);
    world_agent(w, "ann", "", 2, 0);
    for (uint64_t i = 1; i <= 3; i++)
        says(w, i, ROUTER_CHAT);
    comes(w, "ann");
    assert_int_equal(world_load(w, "ann"), 2);
    struct router_work_view v;
    for (uint64_t i = 1; i <= 3; i++) {
        router_work_of_conversation(w->r, i, &v);
        assert_int_equal(v.state, i < 3 ? ROUTER_ASSIGNED : ROUTER_QUEUED);
    }
}

static void test_a_standing_offer_waits_for_its_answer(void **state)
{
    struct world *w = *state;
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    struct router_config c = world_rules_def();
    c.channels[ROUTER_CHAT].auto_accept = true;
    world_configure(w, &c);
    struct router_work_view v;
    router_work_of_conversation(w->r, 1, &v);
    assert_int_equal(v.state, ROUTER_OFFERED);
    accepts(w, "ann", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_offers_of_a_channel_have_their_own_time),
        story(test_auto_accept),
        story(test_a_channel_waits_its_own_time_for_who_is_known),
        story(test_a_switch_of_the_channel_changes_the_time),
        story(test_what_waits_is_accepted_one_by_one),
        story(test_a_standing_offer_waits_for_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
