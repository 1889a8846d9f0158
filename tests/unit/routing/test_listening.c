// SPDX-License-Identifier: Apache-2.0
//
// Supervisors who come to work that an agent has at hand: they listen, whisper, barge in and take it over.

#include "fixture.h"

#include <string.h>

// Ann has c1. Sue is a supervisor with a desk, away; dan is free.
static void ann_has(struct world *w, enum router_channel channel)
{
    struct router_config c = world_rules_def();
    struct router_queue q = world_queue_def("all");
    q.floor = "sworn";
    q.wrap_up_ms = 0;
    c.queues = &q;
    c.queues_n = 1;
    world_configure(w, &c);
    world_agent(w, "ann", "sworn=1", 5, 0);
    world_agent(w, "dan", "sworn=1", 5, 0);
    world_agent(w, "sue", "sworn=1", 1, 0);
    comes(w, "ann");
    if (channel == ROUTER_VOICE)
        calls(w, 1, "call");
    else
        says(w, 1, channel);
    accepts(w, "ann", 1);
    comes(w, "dan");
    comes(w, "sue");
    becomes(w, "sue", ROUTER_AWAY);
    world_forget(w);
}

static void sue_does(struct world *w, enum router_supervision act)
{
    supervises(w, (struct router_supervise){.act = act, .work = world_work(w, 1), .agent = "sue"});
}

static void acts(struct world *w, const char *agent, enum router_act act, const char *to)
{
    struct router_command c = world_command(agent, act);
    c.work = world_work(w, 1);
    c.conversation = 1;
    c.target = ROUTER_TARGET_AGENT;
    c.to = to;
    world_commands(w, c);
}

static void test_who_listens_gets_everything_and_says_nothing(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    sue_does(w, ROUTER_LISTEN);
    expect(w, "sue joins c1 as LISTENING SUPERVISED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "sue"), 0);
    w->with_entries = true;
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    expect(w, "done\n"
              "deliver c1 by chat to chat\n"
              "entry of c1 to ann\n"
              "entry of c1 to sue\n"
              "c1 is ASSIGNED ACCEPTED\n");
    acts(w, "sue", ROUTER_ACT_NOTE, "");
    sends(w, "sue", 1, ROUTER_CHANNEL_NONE);
    expect(w, "refused NOT_YOURS\n"
              "entry of c1 taken back\n"
              "refused NOT_YOURS\n"
              "entry of c1 taken back\n");
    acts(w, "sue", ROUTER_ACT_LEAVE, "");
    expect(w, "done\n"
              "sue parts c1 as LISTENING LEFT\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_from_one_to_the_other_only_the_role_changes(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_VOICE);
    sue_does(w, ROUTER_LISTEN);
    sue_does(w, ROUTER_WHISPER);
    expect(w, "sue joins c1 as LISTENING SUPERVISED\n"
              "connect call to sue as LISTENING\n"
              "c1 is ASSIGNED ACCEPTED\n"
              "sue joins c1 as WHISPERING SUPERVISED\n"
              "connect call to sue as WHISPERING\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "sue"), 0);
    sue_does(w, ROUTER_BARGE); // a call weighs more than she has room for: it is her own doing
    expect(w, "sue joins c1 as INVITED SUPERVISED\n"
              "connect call to sue as INVITED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "sue"), world_load(w, "ann"));
    sue_does(w, ROUTER_LISTEN);
    assert_int_equal(world_load(w, "sue"), 0);
    world_forget(w);
    hangs_up(w, 1, "call");
    closes(w, "ann", 1);
    assert_non_null(strstr(w->text, "sue parts c1 as LISTENING CLOSED\n"));
}

static void test_who_whispers_writes_notes_only(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    sue_does(w, ROUTER_WHISPER);
    world_forget(w);
    w->with_entries = true;
    acts(w, "sue", ROUTER_ACT_NOTE, "");
    expect(w, "done\n"
              "entry of c1 to ann\n"
              "entry of c1 to sue\n");
    sends(w, "sue", 1, ROUTER_CHANNEL_NONE);
    expect(w, "refused NOT_YOURS\n"
              "entry of c1 taken back\n");
}

static void test_who_barges_in_writes_to_the_customer(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    sue_does(w, ROUTER_BARGE);
    world_forget(w);
    sends(w, "sue", 1, ROUTER_CHANNEL_NONE);
    assert_non_null(strstr(w->text, "deliver c1 by chat to chat\n"));
    acts(w, "ann", ROUTER_ACT_HAND_OVER, "sue"); // as to anybody who takes part
    assert_string_equal(world_agent_of(w, 1), "sue");
}

static void test_to_take_over_from_nowhere(void **state)
{
    struct world *w = *state;
    struct router_work_view v;
    ann_has(w, ROUTER_VOICE);
    becomes(w, "sue", ROUTER_AVAILABLE);
    acts(w, "ann", ROUTER_ACT_CONSULT, "dan");
    router_work(w->r, world_work(w, 1), &v);
    struct router_command join = world_command("dan", ROUTER_ACT_JOIN);
    join.work = v.id;
    join.epoch = v.participants[0].epoch;
    world_commands(w, join);
    world_forget(w);
    sue_does(w, ROUTER_TAKE_OVER);
    expect(w, "decision c1 sue\n"
              "unassign c1 from ann SUPERVISED\n"
              "disconnect call from ann\n"
              "assign c1 to sue\n"
              "connect call to sue\n"
              "c1 is ASSIGNED SUPERVISED\n");
    assert_true(router_work(w->r, world_work(w, 1), &v));
    assert_int_equal(v.hand.act, ROUTER_TAKE_OVER);
    assert_string_equal(v.hand.by, "sue");
    assert_string_equal(v.hand.note, "fire");
    assert_string_equal(v.former_agent, "ann");
    assert_int_equal(v.participants_n, 1); // dan stays
    assert_int_equal(world_load(w, "ann"), 0);
}

static void test_to_take_over_what_one_listens_to(void **state)
{
    struct world *w = *state;
    struct router_work_view v;
    ann_has(w, ROUTER_CHAT);
    sue_does(w, ROUTER_LISTEN);
    becomes(w, "sue", ROUTER_AVAILABLE);
    sue_does(w, ROUTER_TAKE_OVER);
    assert_true(router_work(w->r, world_work(w, 1), &v));
    assert_string_equal(v.agent, "sue");
    assert_int_equal(v.participants_n, 0);
    assert_int_equal(world_load(w, "sue"), 1);
}

static void test_the_holder_has_no_say_in_it(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    sue_does(w, ROUTER_LISTEN);
    world_forget(w);
    acts(w, "ann", ROUTER_ACT_DISMISS, "sue");
    acts(w, "ann", ROUTER_ACT_HAND_OVER, "sue");
    acts(w, "ann", ROUTER_ACT_INVITE, "sue");
    expect(w, "refused UNKNOWN_AGENT\n"
              "refused UNKNOWN_AGENT\n"
              "refused NOBODY\n");
    sue_does(w, ROUTER_BARGE);
    world_forget(w);
    acts(w, "ann", ROUTER_ACT_DISMISS, "sue");
    acts(w, "ann", ROUTER_ACT_CONSULT, "sue");
    expect(w, "refused NOT_YOURS\n"
              "refused NOBODY\n");
}

static void test_who_was_asked_is_there_at_once(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    acts(w, "ann", ROUTER_ACT_CONSULT, "dan");
    assert_int_equal(world_load(w, "dan"), 1);
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_LISTEN, .work = world_work(w, 1), .agent = "dan"});
    expect(w, "dan joins c1 as LISTENING SUPERVISED\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "dan"), 0);
    world_wait(w, 600000);
    assert_null(strstr(w->text, "dan parts"));
}

static void test_nobody_listens_without_a_desk(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    sue_does(w, ROUTER_WHISPER);
    world_forget(w);
    loses(w, "desk-sue");
    expect(w, "sue is LOST\n"
              "sue parts c1 as WHISPERING DESK_LOST\n"
              "c1 is ASSIGNED ACCEPTED\n");
    sue_does(w, ROUTER_LISTEN);
    expect(w, "refused AGENT_ABSENT\n");
    comes(w, "sue");
    sue_does(w, ROUTER_BARGE); // who speaks with the customer is not cut off by a blink of the network
    world_forget(w);
    loses(w, "desk-sue");
    expect(w, "sue is LOST\n");
    opens(w, "sue", "desk-sue", "boot");
    sue_does(w, ROUTER_LISTEN);
    world_forget(w);
    logs_out(w, "desk-sue");
    expect(w, "sue is OFFLINE\n"
              "sue parts c1 as LISTENING WENT_AWAY\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_refusals(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    static const enum router_supervision acts_of[] = {ROUTER_LISTEN, ROUTER_TAKE_OVER};
    for (size_t i = 0; i < 2; i++) {
        supervises(w, (struct router_supervise){.act = acts_of[i], .work = 77, .agent = "sue"});
        supervises(w, (struct router_supervise){.act = acts_of[i], .work = world_work(w, 1), .agent = "zoe"});
        supervises(w, (struct router_supervise){.act = acts_of[i], .work = world_work(w, 1), .agent = "ann"});
        expect(w, "refused UNKNOWN_WORK\n"
                  "refused UNKNOWN_AGENT\n"
                  "refused WRONG_STATE\n");
    }
    sue_does(w, ROUTER_TAKE_OVER); // while she is away it would not stay with her
    sue_does(w, ROUTER_LISTEN);
    sue_does(w, ROUTER_LISTEN);
    expect(w, "refused AGENT_ABSENT\n"
              "sue joins c1 as LISTENING SUPERVISED\n"
              "c1 is ASSIGNED ACCEPTED\n"
              "refused WRONG_STATE\n");
    world_agent(w, "sue", "sworn=1", 1, CHANNEL_BIT(ROUTER_EMAIL));
    becomes(w, "sue", ROUTER_AVAILABLE);
    world_forget(w);
    sue_does(w, ROUTER_TAKE_OVER);
    expect(w, "refused AGENT_CHANNEL\n");
    world_agent(w, "sue", "", 1, 0);
    sue_does(w, ROUTER_TAKE_OVER);
    expect(w, "refused AGENT_UNFIT\n");
    says(w, 2, ROUTER_CHAT); // which is offered to dan
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_LISTEN, .work = world_work(w, 2), .agent = "sue"});
    expect(w, "refused WRONG_STATE\n");
}

static void test_there_is_room_for_so_many(void **state)
{
    static const char *const more[] = {"m0", "m1", "m2", "m3"};
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    for (size_t i = 0; i < ROUTER_PARTICIPANTS_MAX; i++) {
        world_agent(w, more[i], "", 1, 0);
        opens(w, more[i], more[i], "boot");
        supervises(w, (struct router_supervise){.act = ROUTER_LISTEN, .work = world_work(w, 1), .agent = more[i]});
    }
    world_forget(w);
    sue_does(w, ROUTER_LISTEN);
    supervises(w, (struct router_supervise){.act = ROUTER_WHISPER, .work = world_work(w, 1), .agent = "m3"});
    expect(w, "refused FULL\n"
              "m3 joins c1 as WHISPERING SUPERVISED\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_who_listens_gets_everything_and_says_nothing),
        story(test_from_one_to_the_other_only_the_role_changes),
        story(test_who_whispers_writes_notes_only),
        story(test_who_barges_in_writes_to_the_customer),
        story(test_to_take_over_from_nowhere),
        story(test_to_take_over_what_one_listens_to),
        story(test_the_holder_has_no_say_in_it),
        story(test_who_was_asked_is_there_at_once),
        story(test_nobody_listens_without_a_desk),
        story(test_refusals),
        story(test_there_is_room_for_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
