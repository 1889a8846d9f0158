// SPDX-License-Identifier: Apache-2.0
//
// Absence: the work of an agent whose desk is lost or who is away stays with them as long as its channel says.

#include "fixture.h"

#define MINUTE 60000

static struct router_config rules(void)
{
    struct router_config c = world_rules_def();
    c.grace_ms = 60 * MINUTE;
    c.channels[ROUTER_CHAT].idle_ms = 0;
    c.channels[ROUTER_CHAT].lost_ms = 30000;
    c.channels[ROUTER_VOICE].lost_ms = MINUTE;
    return c;
}

static void configure(struct world *w, struct router_config c)
{
    struct router_queue q = world_queue_def("all");
    c.queues = &q;
    c.queues_n = 1;
    world_configure(w, &c);
    world_agent(w, "ann", "", 9, 0);
    world_agent(w, "bob", "", 9, 0);
    comes(w, "ann");
    world_forget(w);
}

static void has(struct world *w, uint64_t conversation, enum router_channel channel)
{
    if (channel == ROUTER_VOICE)
        calls(w, conversation, "call-1");
    else
        says(w, conversation, channel);
    accepts(w, "ann", conversation);
    world_forget(w);
}

static void test_each_channel_has_its_time(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    has(w, 1, ROUTER_CHAT);
    has(w, 2, ROUTER_EMAIL);
    loses(w, "desk-ann");
    world_forget(w);
    world_wait(w, 29999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "unassign c1 from ann DESK_LOST\n"
              "decision c1 nobody\n"
              "c1 is QUEUED DESK_LOST\n");
    assert_string_equal(world_agent_of(w, 2), "ann");
    world_wait(w, 60 * MINUTE - 30000);
    expect(w, "ann is OFFLINE\n"
              "unassign c2 from ann DESK_LOST\n"
              "decision c2 nobody\n"
              "c2 is QUEUED DESK_LOST\n");
}

static void test_who_had_it_is_asked_first(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    has(w, 1, ROUTER_CHAT);
    loses(w, "desk-ann");
    world_wait(w, 30000);
    world_forget(w);
    opens(w, "ann", "desk-ann", "boot");
    expect(w, "ann is AVAILABLE\n"
              "decision c1 ann\n"
              "offer c1 to ann DESK_LOST\n"
              "c1 is OFFERED DESK_LOST\n");
}

static void test_logging_out_ends_the_shift(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    has(w, 1, ROUTER_EMAIL);
    logs_out(w, "desk-ann");
    expect(w, "ann is OFFLINE\n"
              "unassign c1 from ann WENT_AWAY\n"
              "decision c1 nobody\n"
              "c1 is QUEUED WENT_AWAY\n");
}

static void test_a_call_goes_on_and_is_wrapped_up(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    has(w, 1, ROUTER_VOICE);
    loses(w, "desk-ann");
    world_wait(w, 50 * MINUTE);
    assert_string_equal(world_agent_of(w, 1), "ann");
    world_forget(w);
    hangs_up(w, 1, "call-1");
    world_wait(w, 0);
    expect(w, "c1 is ASSIGNED ACCEPTED\n"
              "c1 is WRAP_UP DESK_LOST\n");
    world_wait(w, 10000);
    expect(w, "unassign c1 from ann WRAPPED_UP\n"
              "c1 is CLOSED WRAPPED_UP\n");
}

static void test_a_call_is_taken_over_when_the_shift_has_ended(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    has(w, 1, ROUTER_VOICE);
    loses(w, "desk-ann");
    comes(w, "bob");
    world_forget(w);
    world_wait(w, 60 * MINUTE);
    expect(w, "ann is OFFLINE\n"
              "unassign c1 from ann DESK_LOST\n"
              "disconnect call-1 from ann\n"
              "decision c1 bob\n"
              "offer c1 to bob DESK_LOST\n"
              "c1 is OFFERED DESK_LOST\n");
}

// Who is back in time finds the call that has ended as they left it.
static void test_a_call_that_ended_before_stays_for_a_blink(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    has(w, 1, ROUTER_VOICE);
    hangs_up(w, 1, "call-1");
    loses(w, "desk-ann");
    world_wait(w, MINUTE - 1);
    opens(w, "ann", "desk-ann", "boot");
    world_wait(w, 10 * MINUTE);
    world_forget(w);
    closes(w, "ann", 1);
    expect(w, "done\n"
              "c1 closed by ann: sold, resolved\n"
              "c1 is WRAP_UP CLOSED\n");
}

static void test_a_new_call_is_put_through_to_nobody_who_is_lost(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    has(w, 1, ROUTER_EMAIL);
    loses(w, "desk-ann");
    world_forget(w);
    calls(w, 1, "call-1");
    expect(w, "unassign c1 from ann CHANNEL_SWITCH informed\n"
              "decision c1 nobody\n"
              "c1 is QUEUED CHANNEL_SWITCH\n");
}

static void test_a_chat_about_a_mail_has_the_time_of_chats(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    has(w, 1, ROUTER_EMAIL);
    loses(w, "desk-ann");
    world_wait(w, 10 * MINUTE);
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 0);
    expect(w, "c1 is ASSIGNED ACCEPTED\n"
              "unassign c1 from ann DESK_LOST\n"
              "decision c1 nobody\n"
              "c1 is QUEUED DESK_LOST\n");
}

static void test_away_has_a_time_of_its_own(void **state)
{
    struct world *w = *state;
    struct router_config c = rules();
    c.channels[ROUTER_CHAT].away_ms = 5 * MINUTE;
    configure(w, c);
    has(w, 1, ROUTER_CHAT);
    has(w, 2, ROUTER_EMAIL);
    becomes(w, "ann", ROUTER_AWAY);
    world_wait(w, 5 * MINUTE - 1);
    assert_string_equal(world_agent_of(w, 1), "ann");
    world_forget(w);
    world_wait(w, 1);
    expect(w, "unassign c1 from ann WENT_AWAY\n"
              "decision c1 nobody\n"
              "c1 is QUEUED WENT_AWAY\n");
    world_wait(w, 600 * MINUTE);
    assert_string_equal(world_agent_of(w, 2), "ann");
}

static void test_another_configuration_counts_from_the_same_moment(void **state)
{
    struct world *w = *state;
    struct router_config c = rules();
    configure(w, c);
    has(w, 1, ROUTER_EMAIL);
    loses(w, "desk-ann");
    world_wait(w, MINUTE);
    c.channels[ROUTER_EMAIL].lost_ms = 2 * MINUTE;
    world_configure(w, &c);
    world_wait(w, MINUTE - 1);
    assert_string_equal(world_agent_of(w, 1), "ann");
    world_wait(w, 1);
    assert_string_equal(world_agent_of(w, 1), "");
}

static int64_t idle_since(const struct world *w, const char *agent)
{
    struct router_agent_view v;
    assert_true(router_agent(w->r, agent, &v));
    return v.idle_since;
}

static void test_only_a_blink_keeps_the_place(void **state)
{
    struct world *w = *state;
    configure(w, rules());
    int64_t since = idle_since(w, "ann");
    loses(w, "desk-ann");
    world_wait(w, MINUTE);
    opens(w, "ann", "desk-ann", "boot");
    assert_true(idle_since(w, "ann") == since);
    loses(w, "desk-ann");
    world_wait(w, MINUTE + 1);
    opens(w, "ann", "desk-ann", "boot");
    assert_true(idle_since(w, "ann") == w->at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_each_channel_has_its_time),
        story(test_who_had_it_is_asked_first),
        story(test_logging_out_ends_the_shift),
        story(test_a_call_goes_on_and_is_wrapped_up),
        story(test_a_call_is_taken_over_when_the_shift_has_ended),
        story(test_a_call_that_ended_before_stays_for_a_blink),
        story(test_a_new_call_is_put_through_to_nobody_who_is_lost),
        story(test_a_chat_about_a_mail_has_the_time_of_chats),
        story(test_away_has_a_time_of_its_own),
        story(test_another_configuration_counts_from_the_same_moment),
        story(test_only_a_blink_keeps_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
