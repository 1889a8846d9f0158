// SPDX-License-Identifier: Apache-2.0
//
// Supervisors: they log agents out, drain, assign, pull, send elsewhere and change the class; past the queue's choice, not past the
// floor, presence and channels.

#include "fixture.h"

static void configure(struct world *w)
{
    struct router_config c = world_rules_def();
    struct router_queue q[] = {world_queue_def("first"), world_queue_def("second")};
    q[0].floor = "sworn";
    q[0].channels = CHANNEL_BIT(ROUTER_EMAIL);
    q[1].wrap_up_ms = 0;
    c.queues = q;
    c.queues_n = 2;
    world_configure(w, &c);
    world_agent(w, "ann", "sworn=1", 3, 0);
    world_agent(w, "bob", "", 3, 0);
    comes(w, "ann");
    world_forget(w);
}

static void test_a_log_out_ends_every_desk_and_gives_the_work_back(void **state)
{
    struct world *w = *state;
    configure(w);
    opens(w, "ann", "second-desk", "boot");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_LOG_OUT, .agent = "ann"});
    expect(w, "ann is OFFLINE\n"
              "unassign c1 from ann SUPERVISED\n"
              "desk-ann ended by sue: fire\n"
              "second-desk ended by sue: fire\n"
              "decision c1 nobody\n"
              "c1 is QUEUED SUPERVISED\n");
    supervises(w, (struct router_supervise){.act = ROUTER_LOG_OUT, .agent = "ann"});
    expect(w, "refused WRONG_STATE\n");
    comes(w, "ann");
    assert_string_equal(world_agent_of(w, 1), "ann"); // preferred, as after a shift's end
}

static void test_a_caller_goes_first_again(void **state)
{
    struct world *w = *state;
    configure(w);
    calls(w, 1, "call-1");
    accepts(w, "ann", 1);
    struct router_happened h = world_words(2, ROUTER_CHAT);
    h.priority = 2;
    world_happens(w, h);
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_LOG_OUT, .agent = "ann"});
    expect(w, "ann is OFFLINE\n"
              "unassign c1 from ann SUPERVISED\n"
              "disconnect call-1 from ann\n"
              "desk-ann ended by sue: fire\n"
              "decision c1 nobody\n"
              "c1 is QUEUED SUPERVISED\n");
    comes(w, "bob");
    assert_string_equal(world_agent_of(w, 1), "bob");
    assert_string_equal(world_agent_of(w, 2), "");
}

static void test_a_lost_agent_is_logged_out_at_once(void **state)
{
    struct world *w = *state;
    configure(w);
    loses(w, "desk-ann");
    supervises(w, (struct router_supervise){.act = ROUTER_LOG_OUT, .agent = "ann"});
    assert_int_equal(world_presence(w, "ann"), ROUTER_OFFLINE);
    supervises(w, (struct router_supervise){.act = ROUTER_LOG_OUT, .agent = "eve"});
    world_wait(w, 60000);
    expect(w, "ann is LOST\nann is OFFLINE\nrefused UNKNOWN_AGENT\n");
}

static void test_drained_by_a_supervisor(void **state)
{
    struct world *w = *state;
    configure(w);
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_DRAIN, .agent = "ann"});
    expect(w, "ann is DRAINING\n");
    supervises(w, (struct router_supervise){.act = ROUTER_DRAIN, .agent = "ann"});
    expect(w, "refused WRONG_STATE\n");
    closes(w, "ann", 1);
    assert_int_equal(world_presence(w, "ann"), ROUTER_AWAY);
    supervises(w, (struct router_supervise){.act = ROUTER_DRAIN, .agent = "ann"});
    assert_int_equal(world_presence(w, "ann"), ROUTER_AWAY);
}

static void assigns(struct world *w, uint64_t conversation, const char *agent, bool over)
{
    supervises(
        w, (struct router_supervise){
               .act = ROUTER_ASSIGN_TO, .work = world_work(w, conversation), .agent = agent, .over_capacity = over});
}

static void test_assigned_past_the_choice_but_not_past_the_agent(void **state)
{
    struct world *w = *state;
    configure(w);
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    assigns(w, 1, "bob", false);
    expect(w, "refused AGENT_ABSENT\n");
    comes(w, "bob");
    world_forget(w);
    assigns(w, 1, "bob", false);
    expect(w, "offer of c1 to ann ended SUPERVISED\n"
              "decision c1 bob\n"
              "assign c1 to bob\n"
              "c1 is ASSIGNED SUPERVISED\n");
    assigns(w, 1, "bob", false);
    expect(w, "refused WRONG_STATE\n");
    assigns(w, 1, "eve", false);
    expect(w, "refused UNKNOWN_AGENT\n");
    world_agent(w, "ann", "sworn=1", 3, CHANNEL_BIT(ROUTER_EMAIL));
    assigns(w, 1, "ann", false);
    expect(w, "refused AGENT_CHANNEL\n");
}

static void test_never_past_the_floor(void **state)
{
    struct world *w = *state;
    configure(w);
    comes(w, "bob");
    says(w, 1, ROUTER_EMAIL);
    world_forget(w);
    assigns(w, 1, "bob", true);
    expect(w, "refused AGENT_UNFIT\n");
}

static void test_over_capacity_only_if_so_said(void **state)
{
    struct world *w = *state;
    configure(w);
    comes(w, "bob");
    calls(w, 1, "call-1");
    assigns(w, 1, "bob", false);
    says(w, 2, ROUTER_CHAT);
    world_forget(w);
    assigns(w, 2, "bob", false);
    expect(w, "refused AGENT_FULL\n");
    assigns(w, 2, "bob", true);
    assert_string_equal(world_agent_of(w, 2), "bob");
    assert_int_equal(world_load(w, "bob"), 4);
}

static void test_assigned_from_another_agent(void **state)
{
    struct world *w = *state;
    configure(w);
    comes(w, "bob");
    calls(w, 1, "call-1");
    assigns(w, 1, "ann", false);
    world_forget(w);
    assigns(w, 1, "bob", false);
    expect(w, "unassign c1 from ann SUPERVISED\n"
              "disconnect call-1 from ann\n"
              "decision c1 bob\n"
              "assign c1 to bob\n"
              "connect call-1 to bob\n"
              "c1 is ASSIGNED SUPERVISED\n");
}

static void test_the_record_names_the_supervisor(void **state)
{
    struct world *w = *state;
    configure(w);
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    supervises(w, (struct router_supervise){.act = ROUTER_PULL, .work = world_work(w, 1), .note = "too long"});
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_string_equal(d->hand.by, "sue");
    assert_string_equal(d->hand.note, "too long");
    assert_int_equal(d->hand.act, ROUTER_PULL);
    struct router_work_view v;
    assert_true(router_work(w->r, world_work(w, 1), &v));
    assert_int_equal(v.hand.act, ROUTER_PULL);
}

static void test_who_had_it_pulled_is_asked_last(void **state)
{
    struct world *w = *state;
    configure(w);
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    comes(w, "bob");
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_PULL, .work = world_work(w, 1)});
    expect(w, "unassign c1 from ann SUPERVISED\n"
              "decision c1 bob\n"
              "offer c1 to bob SUPERVISED\n"
              "c1 is OFFERED SUPERVISED\n");
    supervises(w, (struct router_supervise){.act = ROUTER_PULL, .work = world_work(w, 1)});
    assert_string_equal(world_agent_of(w, 1), "");
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_PULL, .work = world_work(w, 1)});
    expect(w, "refused WRONG_STATE\n");
    world_wait(w, 60000);
    assert_string_not_equal(world_agent_of(w, 1), "");
}

static void test_sent_to_another_queue(void **state)
{
    struct world *w = *state;
    configure(w);
    becomes(w, "ann", ROUTER_AWAY);
    says(w, 1, ROUTER_EMAIL);
    uint64_t work = world_work(w, 1);
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_REQUEUE, .work = work, .queue = "third"});
    expect(w, "refused UNKNOWN_QUEUE\n");
    supervises(w, (struct router_supervise){.act = ROUTER_REQUEUE, .work = work, .queue = "first"});
    expect(w, "refused INVALID\n");
    supervises(w, (struct router_supervise){.act = ROUTER_REQUEUE, .work = work, .queue = "second"});
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED SUPERVISED\n");
    comes(w, "bob"); // who lacks the first one's floor
    accepts(w, "bob", 1);
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_REQUEUE, .work = work, .queue = "first"});
    expect(w, "unassign c1 from bob SUPERVISED\n"
              "decision c1 nobody\n"
              "c1 is QUEUED SUPERVISED\n");
}

static void test_another_class(void **state)
{
    struct world *w = *state;
    configure(w);
    becomes(w, "ann", ROUTER_AWAY);
    says(w, 1, ROUTER_CHAT);
    calls(w, 2, "call-2");
    supervises(w, (struct router_supervise){.act = ROUTER_PRIORITISE, .work = world_work(w, 2), .priority = 1});
    world_forget(w);
    comes(w, "bob");
    expect(w, "bob is AWAY\n"
              "done\n"
              "bob is AVAILABLE\n"
              "decision c2 bob\n"
              "offer c2 to bob SUPERVISED\n"
              "c2 is OFFERED SUPERVISED\n");
    accepts(w, "bob", 2);
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_PRIORITISE, .work = world_work(w, 2), .priority = 1});
    supervises(w, (struct router_supervise){.act = ROUTER_PRIORITISE, .work = world_work(w, 1), .priority = 10});
    supervises(w, (struct router_supervise){.act = ROUTER_PRIORITISE, .work = 77, .priority = 1});
    expect(w, "refused WRONG_STATE\n"
              "refused INVALID\n"
              "refused UNKNOWN_WORK\n");
}

static void test_a_desk_is_answered_once(void **state)
{
    struct world *w = *state;
    configure(w);
    struct router_supervise s = {
        .act = ROUTER_DRAIN, .agent = "ann", .session = "desk-of-a-supervisor", .client_id = "1"};
    supervises(w, s);
    expect(w, "done\nann is AWAY\n");
    becomes(w, "ann", ROUTER_AVAILABLE);
    world_forget(w);
    supervises(w, s);
    expect(w, "done\n");
    assert_int_equal(world_presence(w, "ann"), ROUTER_AVAILABLE);
}

static void test_somebody_must_answer_for_it(void **state)
{
    struct world *w = *state;
    configure(w);
    supervises(w, (struct router_supervise){.act = ROUTER_DRAIN, .agent = "ann", .by = ""});
    supervises(w, (struct router_supervise){.act = ROUTER_SUPERVISIONS, .agent = "ann"});
    expect(w, "refused INVALID\nrefused INVALID\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_a_log_out_ends_every_desk_and_gives_the_work_back),
        story(test_a_caller_goes_first_again),
        story(test_a_lost_agent_is_logged_out_at_once),
        story(test_drained_by_a_supervisor),
        story(test_assigned_past_the_choice_but_not_past_the_agent),
        story(test_never_past_the_floor),
        story(test_over_capacity_only_if_so_said),
        story(test_assigned_from_another_agent),
        story(test_the_record_names_the_supervisor),
        story(test_who_had_it_pulled_is_asked_last),
        story(test_sent_to_another_queue),
        story(test_another_class),
        story(test_a_desk_is_answered_once),
        story(test_somebody_must_answer_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
