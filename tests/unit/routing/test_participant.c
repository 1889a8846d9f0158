// SPDX-License-Identifier: Apache-2.0
//
// Agents who take part in work that another holds: consulted, invited, and who it is handed over to.

#include "fixture.h"

#include <string.h>

// Ann has c1; Bo, Cem and Dan are free, idle in this order. Bo and Cem are of berlin.
static void ann_has(struct world *w, enum router_channel channel)
{
    static const char *const agents[] = {"ann", "bo", "cem", "dan"};
    struct router_queue q = world_queue_def("all"), billing = world_queue_def("billing");
    static const struct router_skill skill = {"billing", 3};
    world_rules(w, 30000, 3);
    q.wrap_up_ms = 0;
    billing.requires = &skill;
    billing.requires_n = 1;
    billing.channels = CHANNEL_BIT(ROUTER_EMAIL);
    world_queue(w, &billing);
    world_queue(w, &q); // the last takes what no other does
    for (size_t i = 0; i < 4; i++) {
        struct router_agent a = {
            .id = agents[i], .team = i == 1 || i == 2 ? "berlin" : "", .capacity = channel == ROUTER_VOICE ? 5 : 2};
        world_agent_put(w, a, i == 3 ? "billing=3" : "");
        w->at += 1000;
        comes(w, agents[i]);
        if (i == 0 && channel == ROUTER_VOICE)
            calls(w, 1, "call");
        else if (i == 0)
            says(w, 1, channel);
        if (i == 0)
            accepts(w, "ann", 1);
    }
    world_forget(w);
}

static const struct router_participant_view *participant(const struct world *w, const char *agent)
{
    static struct router_work_view v;
    if (!router_work(w->r, world_work(w, 1), &v))
        return NULL;
    for (size_t i = 0; i < v.participants_n; i++) {
        if (strcmp(v.participants[i].agent, agent) == 0)
            return &v.participants[i];
    }
    return NULL;
}

static void asks(struct world *w, const char *agent, enum router_act act, enum router_target target, const char *to)
{
    struct router_command c = world_command(agent, act);
    c.work = world_work(w, 1);
    c.target = target;
    c.to = to;
    world_commands(w, c);
}

static void acts(struct world *w, const char *agent, enum router_act act, const char *to)
{
    struct router_command c = world_command(agent, act);
    const struct router_participant_view *p = participant(w, agent);
    c.work = world_work(w, 1);
    c.conversation = 1;
    c.epoch = p ? p->epoch : 0;
    c.to = to;
    world_commands(w, c);
}

static void has_joined(struct world *w, const char *agent, enum router_act act)
{
    asks(w, "ann", act, ROUTER_TARGET_AGENT, agent);
    acts(w, agent, ROUTER_ACT_JOIN, "");
    assert_true(participant(w, agent)->joined);
    world_forget(w);
}

static void test_a_warm_transfer(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_AGENT, "bo");
    expect(w, "done\n"
              "bo is asked c1 as CONSULTED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "bo"), 1); // charged like an offer
    acts(w, "bo", ROUTER_ACT_JOIN, "");
    expect(w, "done\n"
              "bo joins c1 as CONSULTED ACCEPTED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    acts(w, "ann", ROUTER_ACT_HAND_OVER, "bo");
    expect(w, "done\n"
              "unassign c1 from ann TRANSFERRED\n"
              "assign c1 to bo\n"
              "c1 is ASSIGNED TRANSFERRED\n");
    assert_int_equal(world_load(w, "ann"), 0);
    assert_int_equal(world_load(w, "bo"), 1);
    assert_null(participant(w, "bo"));
}

static void test_who_has_not_joined_gets_nothing_handed_over(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_AGENT, "bo");
    world_forget(w);
    acts(w, "ann", ROUTER_ACT_HAND_OVER, "bo");
    acts(w, "ann", ROUTER_ACT_HAND_OVER, "cem");
    acts(w, "bo", ROUTER_ACT_HAND_OVER, "bo");
    expect(w, "refused WRONG_STATE\n"
              "refused UNKNOWN_AGENT\n"
              "refused NOT_YOURS\n");
}

static void test_who_is_consulted_writes_notes_only(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    has_joined(w, "bo", ROUTER_ACT_CONSULT);
    w->with_entries = true;
    acts(w, "bo", ROUTER_ACT_NOTE, "");
    expect(w, "done\n"
              "entry of c1 to ann\n"
              "entry of c1 to bo\n");
    sends(w, "bo", 1, ROUTER_CHANNEL_NONE);
    expect(w, "refused NOT_YOURS\n"
              "entry of c1 taken back\n");
}

static void test_who_is_invited_writes_to_the_customer(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    has_joined(w, "bo", ROUTER_ACT_CONSULT);
    asks(w, "ann", ROUTER_ACT_INVITE, ROUTER_TARGET_AGENT, "bo"); // the consultation becomes a conference
    expect(w, "done\n"
              "bo joins c1 as INVITED ACCEPTED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    w->with_entries = true;
    sends(w, "bo", 1, ROUTER_CHANNEL_NONE);
    expect(w, "done\n"
              "deliver c1 by chat to chat\n"
              "entry of c1 to ann\n"
              "entry of c1 to bo\n"
              "c1 is ASSIGNED ACCEPTED\n");
    says(w, 1, ROUTER_CHAT);
    expect(w, "entry of c1 to ann\n"
              "entry of c1 to bo\n");
}

static void test_a_conference_on_a_call(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_VOICE);
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_AGENT, "bo");
    world_forget(w);
    acts(w, "bo", ROUTER_ACT_JOIN, "");
    expect(w, "done\n"
              "bo joins c1 as CONSULTED ACCEPTED\n"
              "connect call to bo as CONSULTED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    asks(w, "ann", ROUTER_ACT_INVITE, ROUTER_TARGET_AGENT, "bo");
    expect(w, "done\n"
              "bo joins c1 as INVITED ACCEPTED\n"
              "connect call to bo as INVITED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    acts(w, "ann", ROUTER_ACT_HAND_OVER, "bo");
    expect(w, "done\n"
              "unassign c1 from ann TRANSFERRED\n"
              "disconnect call from ann\n"
              "assign c1 to bo\n"
              "connect call to bo\n"
              "c1 is ASSIGNED TRANSFERRED\n");
}

static void test_after_a_hang_up_the_close_ends_it_for_all(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_VOICE);
    has_joined(w, "bo", ROUTER_ACT_INVITE);
    hangs_up(w, 1, "call");
    closes(w, "ann", 1);
    expect(w, "c1 is ASSIGNED ACCEPTED\n"
              "done\n"
              "c1 closed by ann: sold, resolved\n"
              "unassign c1 from ann CLOSED\n"
              "bo parts c1 as INVITED CLOSED\n"
              "c1 is CLOSED CLOSED\n");
    assert_int_equal(world_load(w, "bo"), 0);
}

static void test_by_a_team_and_by_a_queue(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_TEAM, "berlin");
    asks(w, "ann", ROUTER_ACT_INVITE, ROUTER_TARGET_QUEUE, "billing");
    expect(w, "done\n"
              "bo is asked c1 as CONSULTED\n"
              "c1 is ASSIGNED ACCEPTED\n"
              "done\n"
              "dan is asked c1 as INVITED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    acts(w, "bo", ROUTER_ACT_LEAVE, ""); // the next of the team is asked, of the queue there is none
    acts(w, "dan", ROUTER_ACT_LEAVE, "");
    expect(w, "done\n"
              "bo parts c1 as CONSULTED DECLINED\n"
              "cem is asked c1 as CONSULTED\n"
              "c1 is ASSIGNED ACCEPTED\n"
              "done\n"
              "dan parts c1 as INVITED DECLINED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    asks(w, "ann", ROUTER_ACT_INVITE, ROUTER_TARGET_QUEUE, "billing");
    expect(w, "refused NOBODY\n");
}

static void test_who_does_not_answer_is_not_waited_for(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_AGENT, "bo");
    uint64_t epoch = participant(w, "bo")->epoch;
    world_forget(w);
    world_wait(w, participant(w, "bo")->deadline - w->at);
    expect(w, "bo parts c1 as CONSULTED TIMED_OUT\n"
              "c1 is ASSIGNED ACCEPTED\n");
    struct router_command c = world_command("bo", ROUTER_ACT_JOIN);
    c.work = world_work(w, 1);
    c.epoch = epoch;
    world_commands(w, c);
    expect(w, "refused OFFER_PAST\n");
}

static void test_refusals(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_AGENT, "ann");
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_AGENT, "zoe");
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_TEAM, "rome");
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_QUEUE, "sales");
    asks(w, "bo", ROUTER_ACT_CONSULT, ROUTER_TARGET_AGENT, "cem");
    becomes(w, "bo", ROUTER_AWAY);
    world_forget(w);
    asks(w, "ann", ROUTER_ACT_CONSULT, ROUTER_TARGET_AGENT, "bo");
    acts(w, "bo", ROUTER_ACT_LEAVE, "");
    acts(w, "ann", ROUTER_ACT_DISMISS, "cem");
    expect(w, "refused NOBODY\n"
              "refused NOT_YOURS\n"
              "refused UNKNOWN_AGENT\n");
}

static void test_dismissed_and_gone(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    has_joined(w, "bo", ROUTER_ACT_INVITE);
    has_joined(w, "cem", ROUTER_ACT_CONSULT);
    acts(w, "ann", ROUTER_ACT_DISMISS, "bo");
    expect(w, "done\n"
              "bo parts c1 as INVITED DISMISSED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    logs_out(w, "desk-cem");
    expect(w, "cem is OFFLINE\n"
              "cem parts c1 as CONSULTED WENT_AWAY\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_work_that_leaves_its_holder_leaves_nobody(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    has_joined(w, "bo", ROUTER_ACT_INVITE);
    to_queue(w, "ann", 1, "billing");
    assert_non_null(strstr(w->text, "bo parts c1 as INVITED TRANSFERRED\n"));
    assert_int_equal(world_load(w, "bo"), 0);
}

static void test_who_drains_finishes_what_they_take_part_in(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    has_joined(w, "bo", ROUTER_ACT_INVITE);
    becomes(w, "bo", ROUTER_DRAINING);
    acts(w, "bo", ROUTER_ACT_LEAVE, "");
    expect(w, "done\n"
              "bo is DRAINING\n"
              "done\n"
              "bo parts c1 as INVITED LEFT\n"
              "bo is AWAY\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_a_warm_transfer),
        story(test_who_has_not_joined_gets_nothing_handed_over),
        story(test_who_is_consulted_writes_notes_only),
        story(test_who_is_invited_writes_to_the_customer),
        story(test_a_conference_on_a_call),
        story(test_after_a_hang_up_the_close_ends_it_for_all),
        story(test_by_a_team_and_by_a_queue),
        story(test_who_does_not_answer_is_not_waited_for),
        story(test_refusals),
        story(test_dismissed_and_gone),
        story(test_work_that_leaves_its_holder_leaves_nobody),
        story(test_who_drains_finishes_what_they_take_part_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
