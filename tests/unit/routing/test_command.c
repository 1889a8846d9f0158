// SPDX-License-Identifier: Apache-2.0
//
// Commands: idempotence, rights, sending on every channel, transfer, close.

#include "fixture.h"

#include <stdio.h>

static void ann_has(struct world *w, enum router_channel channel)
{
    world_rules(w, 30000, 3);
    world_agent(w, "ann", "", 4, 0);
    comes(w, "ann");
    if (channel == ROUTER_VOICE)
        calls(w, 1, "call-1");
    else
        says(w, 1, channel);
    accepts(w, "ann", 1);
    world_forget(w);
}

static void test_repeated_command_gets_its_first_answer(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    w->with_entries = true;
    struct router_command c = world_command("ann", ROUTER_ACT_SEND);
    c.conversation = 1;
    c.client_id = "same";
    world_commands(w, c);
    expect(w, "done\n"
              "deliver c1 by chat to chat\n"
              "entry of c1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n"); // answered
    uint64_t first = w->number, input;
    enum router_refusal why;
    closes(w, "ann", 1);
    world_forget(w);
    world_commands(w, c);
    expect(w, "done\n"
              "entry of c1 taken back\n");
    assert_int_equal(router_outcome(w->r, "desk-ann", "same", &input, &why), 1);
    assert_int_equal(input, first);
    world_wait(w, 599999);
    assert_int_equal(router_outcome(w->r, "desk-ann", "same", &input, &why), 1);
    world_wait(w, 1);
    assert_int_equal(router_outcome(w->r, "desk-ann", "same", &input, &why), 0);
}

static void test_only_the_holder_speaks(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    world_forget(w);
    w->with_entries = true;
    sends(w, "bob", 1, ROUTER_CHANNEL_NONE);
    expect(w, "refused NOT_YOURS\n"
              "entry of c1 taken back\n");
    closes(w, "bob", 1);
    to_queue(w, "bob", 1, "default");
    wraps_up(w, "ann", 1);
    expect(w, "refused NOT_YOURS\n"
              "refused NOT_YOURS\n"
              "refused WRONG_STATE\n");
}

static void test_send_finds_the_channel(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_VOICE);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE); // words do not go down a call
    expect(w, "refused NO_CHANNEL\n");
    says(w, 1, ROUTER_EMAIL);
    calls(w, 1, "call-1");
    world_forget(w);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    expect(w, "done\n"
              "deliver c1 by email to email\n");
    sends(w, "ann", 1, ROUTER_SMS);
    expect(w, "refused NO_CHANNEL\n");
    struct router_command c = world_command("ann", ROUTER_ACT_SEND);
    c.conversation = 1;
    c.channel = ROUTER_SMS;
    c.account = "account";
    c.handle = "tel:+491";
    world_commands(w, c);
    expect(w, "done\n"
              "deliver c1 by sms to tel:+491\n"
              "c1 is ASSIGNED ACCEPTED\n");
    sends(w, "ann", 1, ROUTER_SMS);
    expect(w, "done\n"
              "deliver c1 by sms to tel:+491\n");
}

static void test_too_many_live_sessions(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    char handle[16];
    for (int i = 0; i < ROUTER_SESSIONS_MAX; i++) { // one more than there is room for: the oldest gives way
        struct router_happened h = world_words(1, ROUTER_EMAIL);
        snprintf(handle, sizeof handle, "e%d", i);
        h.handle = handle;
        w->at += 1;
        world_happens(w, h);
    }
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, 1, &v));
    assert_int_equal(v.sessions_n, ROUTER_SESSIONS_MAX);
    assert_string_equal(v.sessions[0].handle, "e0");
    world_forget(w);
    struct router_command c = world_command("ann", ROUTER_ACT_SEND);
    c.conversation = 1;
    c.channel = ROUTER_SMS;
    c.account = "account";
    c.handle = "tel:+491";
    world_commands(w, c);
    expect(w, "refused FULL\n");
}

static void test_transfer_to_a_queue(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    to_queue(w, "ann", 1, "nowhere");
    expect(w, "refused UNKNOWN_QUEUE\n");
    struct router_queue q = world_queue_def("sales");
    world_queue(w, &q);
    to_queue(w, "ann", 1, "sales");
    expect(w, "done\n"
              "unassign c1 from ann TRANSFERRED\n"
              "decision c1 nobody\n" // not back to her at once
              "c1 is QUEUED TRANSFERRED\n");
    world_wait(w, 60000);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann TRANSFERRED\n"
              "c1 is OFFERED TRANSFERRED\n");
}

static void test_transfer_to_an_agent(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    world_agent(w, "bob", "", 1, 0);
    world_agent(w, "cid", "", 2, 0);
    becomes(w, "ann", ROUTER_AWAY);
    comes(w, "bob");
    says(w, 2, ROUTER_CHAT);
    accepts(w, "bob", 2);
    comes(w, "cid");
    world_forget(w);
    to_agent(w, "ann", 1, "ann");
    to_agent(w, "ann", 1, "nobody");
    expect(w, "refused INVALID\n"
              "refused UNKNOWN_AGENT\n");
    to_agent(w, "ann", 1, "bob"); // he is full: it waits for him, though cid is free
    expect(w, "done\n"
              "unassign c1 from ann TRANSFERRED\n"
              "decision c1 nobody\n"
              "c1 is QUEUED TRANSFERRED\n");
    becomes(w, "bob", ROUTER_AWAY);
    expect(w, "done\n"
              "bob is AWAY\n"
              "decision c1 cid\n"
              "offer c1 to cid TRANSFERRED\n"
              "c1 is OFFERED TRANSFERRED\n");
}

static void test_colleague_by_name_needs_no_skill(void **state)
{
    struct world *w = *state;
    world_rules(w, 30000, 3);
    struct router_queue q = world_queue_def("billing");
    struct router_skill needs = {"billing", 3};
    q.requires = &needs;
    q.requires_n = 1;
    world_queue(w, &q);
    world_agent(w, "ann", "billing=3", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_forget(w);
    to_agent(w, "ann", 1, "bob");
    expect(w, "done\n"
              "unassign c1 from ann TRANSFERRED\n"
              "decision c1 bob\n"
              "offer c1 to bob TRANSFERRED\n"
              "c1 is OFFERED TRANSFERRED\n");
}

static void test_malformed(void **state)
{
    struct world *w = *state;
    ann_has(w, ROUTER_CHAT);
    struct router_command c = world_command("ann", (enum router_act)99);
    world_commands(w, c);
    c = world_command("ann", ROUTER_ACT_NOTE);
    c.client_id = "";
    world_commands(w, c);
    c.client_id = "0123456789012345678901234567890123456789012345678901234567890123456789";
    world_commands(w, c);
    expect(w, "refused INVALID\n"
              "refused INVALID\n"
              "refused INVALID\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_repeated_command_gets_its_first_answer),
        story(test_only_the_holder_speaks),
        story(test_send_finds_the_channel),
        story(test_too_many_live_sessions),
        story(test_transfer_to_a_queue),
        story(test_transfer_to_an_agent),
        story(test_colleague_by_name_needs_no_skill),
        story(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
