// SPDX-License-Identifier: Apache-2.0
//
// Voicemail: which callers are sent there and why, what they leave, and that nobody is lost on the way.

#include "fixture.h"

#include <stdio.h>

#define CLOSED CHANNEL_BIT(ROUTER_NOTICE_CLOSED)
#define FULL   CHANNEL_BIT(ROUTER_NOTICE_FULL)
#define WAIT   CHANNEL_BIT(ROUTER_NOTICE_WAIT)

static struct router_queue support(uint32_t words)
{
    struct router_queue q = world_queue_def("support");
    q.voicemail = words;
    return q;
}

// The queue is open for an hour from now, or closed, and turns then.
static void hours(struct world *w, const struct router_queue *def, bool open)
{
    static const int64_t turns[1];
    const struct router_calendar office = {.name = "office", .zone = "UTC"};
    struct router_config c = world_rules_def();
    struct router_queue q = *def;
    struct router_stats s;
    q.from_file = true;
    q.calendar = "office";
    c.calendars = &office;
    c.calendars_n = 1;
    c.queues = &q;
    c.queues_n = 1;
    world_configure(w, &c);
    router_stats(w->r, &s);
    struct router_input in = {.kind = ROUTER_IN_CALENDAR};
    in.calendar.name = "office";
    in.calendar.defined = s.input;
    in.calendar.turns =
        (struct router_turns){.open = open, .from = s.wall, .until = s.wall + 90 * 86400000LL, .turns = turns};
    world_step(w, &in);
    world_forget(w);
}

static void expect_voicemail(struct world *w, uint64_t conversation, enum router_cause cause, bool left)
{
    struct router_work_view v;
    assert_true(router_work(w->r, world_work(w, conversation), &v));
    assert_int_equal(v.voicemail.cause, cause);
    assert_int_equal(v.voicemail.left, left);
}

static void expect_counts(struct world *w, uint32_t recording, uint64_t sent, uint64_t left, uint64_t empty)
{
    struct router_queue_view v;
    assert_true(router_queue_at(w->r, 0, &v));
    assert_int_equal(v.recording, recording);
    assert_int_equal(v.voicemails.sent, sent);
    assert_int_equal(v.voicemails.left, left);
    assert_int_equal(v.voicemails.empty, empty);
}

static void test_who_calls_a_closed_queue_leaves_a_message(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    struct router_work_view v;
    hours(w, &q, false);
    calls(w, 1, "a");
    int64_t began = w->at;
    expect(w, "decision c1 nobody\n"
              "decision c1 nobody\n"
              "record a for support: closed\n"
              "c1 is RECORDING VOICEMAIL\n");
    expect_voicemail(w, 1, ROUTER_CAUSE_HOURS, false);
    expect_counts(w, 1, 1, 0, 0);
    world_agent(w, "ann", "", 4, 0);
    comes(w, "ann"); // it is offered to nobody
    world_forget(w);
    world_wait(w, 30000);
    leaves_words(w, 1);
    hangs_up(w, 1, "a");
    expect(w, "decision c1 ann\n"
              "offer c1 to ann VOICEMAIL\n"
              "c1 is OFFERED VOICEMAIL\n"
              "c1 is OFFERED VOICEMAIL\n");
    expect_voicemail(w, 1, ROUTER_CAUSE_HOURS, true);
    expect_counts(w, 0, 1, 1, 0);
    assert_true(router_work(w->r, world_work(w, 1), &v));
    assert_int_equal(v.since, began);
    accepts(w, "ann", 1); // nobody is put through
    expect(w, "done\n"
              "assign c1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_the_words_may_come_after_the_end_of_the_call(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    hours(w, &q, false);
    calls(w, 1, "a");
    hangs_up(w, 1, "a");
    world_wait(w, 599999);
    world_forget(w);
    leaves_words(w, 1);
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED VOICEMAIL\n");
    leaves_words(w, 1);  // another one
    hangs_up(w, 1, "a"); // and again
    expect_voicemail(w, 1, ROUTER_CAUSE_HOURS, true);
    expect_counts(w, 0, 1, 1, 0);
}

static void test_who_says_nothing_has_given_up(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    q.voicemail_wait_ms = 60000;
    hours(w, &q, false);
    calls(w, 1, "a");
    world_wait(w, 59999);
    hangs_up(w, 1, "a"); // so long once more
    world_wait(w, 59999);
    expect_counts(w, 1, 1, 0, 0);
    world_forget(w);
    world_wait(w, 1);
    expect(w, "c1 is CLOSED ABANDONED\n");
    expect_counts(w, 0, 1, 0, 1);
    calls(w, 2, "b"); // whose end is never told
    world_forget(w);
    world_wait(w, 60000);
    expect(w, "c2 is CLOSED ABANDONED\n");
    leaves_words(w, 2); // and comes after all
    expect(w, "decision c2 nobody\n"
              "c2 is QUEUED NEW\n");
    expect_voicemail(w, 2, ROUTER_CAUSE_NONE, true);
}

static void test_who_has_waited_too_long_is_sent_there(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(0);
    q.voicemail_ms = 30000;
    world_queue(w, &q);
    says(w, 1, ROUTER_CHAT); // no call
    world_wait(w, 20000);
    calls(w, 1, "a"); // waits from now on
    world_wait(w, 29999);
    world_forget(w);
    world_wait(w, 1);
    expect(w, "decision c1 nobody\n"
              "record a for support: waited\n"
              "c1 is RECORDING VOICEMAIL\n");
    hangs_up(w, 1, "a"); // the chat goes on
    world_wait(w, 600000);
    expect(w, "c1 is RECORDING VOICEMAIL\n"
              "c1 is CLOSED ABANDONED\n"); // it has lapsed meanwhile
}

static void test_whoever_is_free_goes_before_it(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    q.voicemail_ms = 30000;
    hours(w, &q, false);
    world_agent(w, "ann", "", 4, 0);
    comes(w, "ann");
    world_forget(w);
    calls(w, 1, "a");
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "c1 is OFFERED NEW\n");
    declines(w, "ann", 1); // then nobody is
    expect(w, "done\n"
              "offer of c1 to ann ended DECLINED\n"
              "decision c1 nobody\n"
              "decision c1 nobody\n"
              "record a for support: closed\n"
              "c1 is RECORDING VOICEMAIL\n");
}

static void test_another_queue_with_room_goes_first(void **state)
{
    struct world *w = *state;
    struct router_work_view v;
    struct router_queue q = world_queue_def("rest");
    world_queue(w, &q);
    q = support(FULL);
    q.channels = CHANNEL_BIT(ROUTER_VOICE);
    q.overflow = "rest";
    q.overflow_waiting = 1;
    world_queue(w, &q);
    calls(w, 1, "a");
    calls(w, 2, "b");
    assert_true(router_work(w->r, world_work(w, 2), &v));
    assert_string_equal(v.queue, "rest");
    assert_int_equal(v.state, ROUTER_QUEUED);
    q.overflow = "";
    world_queue(w, &q);
    world_forget(w);
    calls(w, 3, "c");
    expect(w, "decision c3 nobody\n"
              "decision c3 nobody\n"
              "record c for support: full\n"
              "c3 is RECORDING VOICEMAIL\n");
}

static void test_who_would_wait_too_long_is_sent_there_at_once(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(WAIT);
    q.promise_ms = 30000;
    q.wrap_up_ms = 0;
    world_queue(w, &q);
    world_agent(w, "ann", "", 4, CHANNEL_BIT(ROUTER_VOICE));
    comes(w, "ann");
    for (uint64_t c = 1; c <= 8; c++) { // each takes a minute
        char call[8];
        snprintf(call, sizeof call, "c%d", (int)c);
        calls(w, c, call);
        accepts(w, "ann", c);
        world_wait(w, 60000);
        closes(w, "ann", c);
    }
    for (uint64_t c = 9; c <= 12; c++) { // units 1 of 4
        char call[8];
        snprintf(call, sizeof call, "c%d", (int)c);
        calls(w, c, call);
        accepts(w, "ann", c);
    }
    world_forget(w);
    q.promise_ms = 1;
    world_queue(w, &q);
    calls(w, 13, "x");
    expect(w, "decision c13 nobody\n"
              "decision c13 nobody\n"
              "record x for support: would wait\n"
              "c13 is RECORDING VOICEMAIL\n");
}

static void test_a_queue_closed_by_hand_keeps_its_callers_from_the_queues_behind(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("rest");
    struct router_work_view v;
    world_queue(w, &q);
    q = support(CLOSED);
    q.channels = CHANNEL_BIT(ROUTER_VOICE);
    world_queue(w, &q);
    calls(w, 1, "a");
    world_forget(w);
    supervises(w, (struct router_supervise){.act = ROUTER_CLOSE_QUEUE, .queue = "support"});
    expect(w, "decision c1 nobody\n"
              "record a for support: closed by hand\n"
              "c1 is RECORDING VOICEMAIL\n");
    leaves_words(w, 1); // which are no call: they go where what is written goes
    assert_true(router_work(w->r, world_work(w, 1), &v));
    assert_string_equal(v.queue, "rest");
    supervises(w, (struct router_supervise){.act = ROUTER_CLOSE_QUEUE, .queue = "support", .to = "rest"});
    calls(w, 2, "b");
    assert_true(router_work(w->r, world_work(w, 2), &v));
    assert_string_equal(v.queue, "rest");
    assert_int_equal(v.state, ROUTER_QUEUED);
}

static void test_a_call_for_somebody_by_name_waits_for_them(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    hours(w, &q, false);
    world_agent(w, "ann", "", 4, 0);
    world_agent(w, "bo", "", 3, 0);
    comes(w, "bo");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "bo", 1);
    comes(w, "ann");
    calls(w, 2, "a");
    accepts(w, "ann", 2);
    world_forget(w);
    to_agent(w, "ann", 2, "bo");
    expect(w, "done\n"
              "unassign c2 from ann TRANSFERRED\n"
              "disconnect a from ann\n"
              "decision c2 nobody\n"
              "c2 is QUEUED TRANSFERRED\n");
}

static void test_a_voicemail_is_never_given_up(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    q.voicemail_wait_ms = 60000;
    hours(w, &q, false);
    calls(w, 1, "a");
    leaves_words(w, 1);
    hangs_up(w, 1, "a");
    calls(w, 1, "b"); // calls again, and says nothing
    expect_counts(w, 1, 2, 1, 0);
    world_forget(w);
    hangs_up(w, 1, "b");
    world_wait(w, 60000);
    expect(w, "c1 is RECORDING VOICEMAIL\n"
              "decision c1 nobody\n"
              "c1 is QUEUED VOICEMAIL\n");
    says(w, 1, ROUTER_CHAT);
    closes_chat(w, 1);
    expect_voicemail(w, 1, ROUTER_CAUSE_HOURS, true);
}

static void test_it_weighs_as_a_mail_until_it_is_closed(void **state)
{
    struct world *w = *state;
    struct router_config c = world_rules_def();
    struct router_queue q = support(0);
    c.channels[ROUTER_VOICE].units = 4;
    c.channels[ROUTER_EMAIL].units = 2;
    c.calls_interrupt = CHANNEL_BIT(ROUTER_CHAT);
    world_configure(w, &c);
    world_queue(w, &q);
    world_agent(w, "ann", "", 4, 0);
    comes(w, "ann");
    for (uint64_t i = 1; i <= 3; i++) {
        says(w, i, ROUTER_CHAT);
        accepts(w, "ann", i);
    }
    world_forget(w);
    leaves_words(w, 4); // 3 + 2 > 4, and it interrupts nothing
    expect(w, "decision c4 nobody\n"
              "c4 is QUEUED NEW\n");
    closes(w, "ann", 1);
    wraps_up(w, "ann", 1);
    assert_int_equal(world_load(w, "ann"), 4);
    accepts(w, "ann", 4);
    assert_int_equal(world_load(w, "ann"), 4);
    loses(w, "desk-ann");
    world_wait(w, 60000); // the time of voice: nobody is on the line, but somebody waits
    assert_string_equal(world_agent_of(w, 4), "");
    expect_voicemail(w, 4, ROUTER_CAUSE_NONE, true);
    comes(w, "ann");
    accepts(w, "ann", 4);
    closes(w, "ann", 4);
    expect_voicemail(w, 4, ROUTER_CAUSE_NONE, false);
}

static void test_who_comes_back_meanwhile_waits_for_an_agent(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    hours(w, &q, false);
    calls(w, 1, "a");
    world_forget(w);
    says(w, 1, ROUTER_CHAT);
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED CUSTOMER_BACK\n");
    leaves_words(w, 1);
    expect_voicemail(w, 1, ROUTER_CAUSE_HOURS, true);
}

static void fails(struct world *w, uint64_t conversation, uint32_t index)
{
    struct router_work_view v;
    assert_true(router_work(w->r, world_work(w, conversation), &v));
    struct router_input in = {.kind = ROUTER_IN_DELIVERY};
    in.delivery = (struct router_delivery_news){.delivery = "1.1",
                                                .input = v.voicemail.input,
                                                .effect = index,
                                                .conversation = conversation,
                                                .state = 5,
                                                .reason = "no recorder"};
    world_step(w, &in);
}

static void test_a_gateway_that_cannot_record_leaves_the_call_waiting(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    q.voicemail_ms = 10000;
    struct router_work_view v;
    hours(w, &q, false);
    calls(w, 1, "a");
    assert_true(router_work(w->r, world_work(w, 1), &v));
    world_forget(w);
    fails(w, 1, v.voicemail.index + 1); // something else
    expect(w, "");
    fails(w, 1, v.voicemail.index);
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED VOICEMAIL\n");
    world_wait(w, 3600000);
    expect(w, "");
    hangs_up(w, 1, "a");
    expect(w, "c1 is CLOSED ABANDONED\n");
}

static void test_who_would_rather_be_called_back_is(void **state)
{
    struct world *w = *state;
    struct router_queue q = support(CLOSED);
    hours(w, &q, false);
    calls(w, 1, "a");
    struct router_happened h = world_words(1, ROUTER_VOICE);
    h.kind = ROUTER_CALL_ENDED;
    h.call = "a";
    h.callback = "+4915112345678";
    world_happens(w, h);
    world_agent(w, "ann", "", 4, 0);
    comes(w, "ann");
    world_forget(w);
    accepts(w, "ann", 1);
    expect(w, "done\n"
              "assign c1 to ann\n"
              "dial +4915112345678 for ann, attempt 1\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_what_is_out_of_bounds_is_refused(void **state)
{
    struct world *w = *state;
    struct router_queue wrong[4];
    for (size_t i = 0; i < 4; i++)
        wrong[i] = support(CLOSED);
    wrong[0].voicemail = CHANNEL_BIT(ROUTER_NOTICE_SILENT);
    wrong[1].voicemail_ms = 999;
    wrong[2].voicemail_ms = 86400001;
    wrong[3].voicemail_wait_ms = 86400001;
    for (size_t i = 0; i < 4; i++) {
        struct router_input in = {.kind = ROUTER_IN_QUEUE_PUT, .queue_put = wrong[i]};
        world_step(w, &in);
        expect(w, "refused INVALID\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_who_calls_a_closed_queue_leaves_a_message),
        story(test_the_words_may_come_after_the_end_of_the_call),
        story(test_who_says_nothing_has_given_up),
        story(test_who_has_waited_too_long_is_sent_there),
        story(test_whoever_is_free_goes_before_it),
        story(test_another_queue_with_room_goes_first),
        story(test_who_would_wait_too_long_is_sent_there_at_once),
        story(test_a_queue_closed_by_hand_keeps_its_callers_from_the_queues_behind),
        story(test_a_call_for_somebody_by_name_waits_for_them),
        story(test_a_voicemail_is_never_given_up),
        story(test_it_weighs_as_a_mail_until_it_is_closed),
        story(test_who_comes_back_meanwhile_waits_for_an_agent),
        story(test_a_gateway_that_cannot_record_leaves_the_call_waiting),
        story(test_who_would_rather_be_called_back_is),
        story(test_what_is_out_of_bounds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
