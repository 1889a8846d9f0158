// SPDX-License-Identifier: Apache-2.0
//
// Callbacks: who hangs up to be called back keeps the place, is called when an agent is theirs, and again when not reached.

#include "fixture.h"

#include <string.h>

#define NUMBER "+4915112345678"

static const int64_t quarter = 900000;

static struct router_happened hang_up(uint64_t conversation, const char *call, const char *callback)
{
    struct router_happened h = world_words(conversation, ROUTER_VOICE);
    h.kind = ROUTER_CALL_ENDED;
    h.call = call;
    h.callback = callback;
    return h;
}

static void wants_a_call(struct world *w, uint64_t conversation, const char *call)
{
    world_happens(w, hang_up(conversation, call, NUMBER));
}

static void some_queue(struct world *w, uint32_t attempts)
{
    world_rules(w, 30000, 3);
    struct router_queue q = world_queue_def("all");
    q.callback_attempts = attempts;
    world_queue(w, &q);
    world_agent(w, "ann", "", 3, 0);
}

static struct router_work_view view(const struct world *w, uint64_t conversation)
{
    struct router_work_view v = {0};
    assert_true(router_work_of_conversation(w->r, conversation, &v));
    return v;
}

static struct router_callbacks counted(const struct world *w)
{
    struct router_queue_view v;
    assert_true(router_queue_at(w->r, 0, &v));
    return v.callbacks;
}

static void reported(struct world *w, uint64_t conversation, uint32_t state, uint32_t beside)
{
    struct router_work_view v = view(w, conversation);
    struct router_input in = {.kind = ROUTER_IN_DELIVERY};
    in.delivery = (struct router_delivery_news){
        .delivery = "d", .conversation = conversation, .state = state, .reason = "busy", .input = v.dialled};
    in.delivery.effect = v.dialled_effect + beside;
    world_step(w, &in);
}

// c1 waits to be called back, since the moment returned; ann comes and takes it.
static int64_t ann_calls_back(struct world *w, uint32_t attempts)
{
    some_queue(w, attempts);
    calls(w, 1, "call-1");
    int64_t since = w->at;
    world_wait(w, 5000);
    wants_a_call(w, 1, "call-1");
    comes(w, "ann");
    accepts(w, "ann", 1);
    world_forget(w);
    return since;
}

static void test_who_hangs_up_keeps_the_place_and_is_dialled_on_accept(void **state)
{
    struct world *w = *state;
    some_queue(w, 3);
    calls(w, 1, "call-1");
    int64_t since = w->at;
    world_wait(w, 1000);
    calls(w, 2, "call-2");
    world_wait(w, 1000);
    world_forget(w);
    wants_a_call(w, 1, "call-1");
    expect(w, "c1 is QUEUED NEW\n");
    assert_true(view(w, 1).since == since);
    assert_string_equal(view(w, 1).sessions[0].callback, NUMBER);
    assert_true(view(w, 1).sessions[0].live);
    comes(w, "ann");
    world_forget(w);
    accepts(w, "ann", 1); // before c2, who is on the line
    expect(w, "done\n"
              "assign c1 to ann\n"
              "dial +4915112345678 for ann, attempt 1\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "ann"), 3);
    assert_int_equal(counted(w).asked, 1);
    wants_a_call(w, 3, "call-3"); // nobody's work
    expect(w, "");
}

static void test_the_call_that_begins_is_put_through(void **state)
{
    struct world *w = *state;
    ann_calls_back(w, 3);
    calls(w, 1, "call-9"); // the gateway's own id
    expect(w, "connect call-9 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(view(w, 1).sessions_n, 1);
    assert_string_equal(view(w, 1).sessions[0].callback, "");
    assert_int_equal(counted(w).reached, 1);
    hangs_up(w, 1, "call-9");
    world_wait(w, 10 * quarter);
    assert_string_equal(world_agent_of(w, 1), "ann");
    assert_int_equal(view(w, 1).dialled, 0);
}

static void test_who_is_not_reached_is_called_again_with_the_place_kept(void **state)
{
    struct world *w = *state;
    int64_t since = ann_calls_back(w, 3);
    reported(w, 1, 5, 1); // another delivery
    reported(w, 1, 4, 0); // it is being dialled
    world_forget(w);
    reported(w, 1, 5, 0);
    expect(w, "delivery d state 5 to ann\n"
              "unassign c1 from ann CALLBACK_UNREACHED\n"
              "c1 is SNOOZED CALLBACK_UNREACHED\n");
    assert_int_equal(world_load(w, "ann"), 0);
    world_wait(w, quarter - 1);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann WOKEN\n"
              "c1 is OFFERED WOKEN\n");
    assert_true(view(w, 1).since == since);
    accepts(w, "ann", 1);
    expect(w, "done\n"
              "assign c1 to ann\n"
              "dial +4915112345678 for ann, attempt 2\n"
              "c1 is ASSIGNED ACCEPTED\n");
    hangs_up(w, 1, "call-1"); // the other way to say so
    expect(w, "unassign c1 from ann CALLBACK_UNREACHED\n"
              "c1 is SNOOZED CALLBACK_UNREACHED\n");
    assert_int_equal(counted(w).unreached, 2);
}

static void test_after_the_last_attempt_it_is_closed(void **state)
{
    struct world *w = *state;
    ann_calls_back(w, 1);
    reported(w, 1, 5, 0);
    expect(w, "delivery d state 5 to ann\n"
              "unassign c1 from ann CALLBACK_UNREACHED\n"
              "c1 is CLOSED CALLBACK_UNREACHED\n");
    calls(w, 1, "call-1");
    expect(w, "decision c1 ann\n"
              "offer c1 to ann NEW\n"
              "c1 is OFFERED NEW\n");
}

static void test_a_gateway_that_says_nothing_counts_as_not_reached(void **state)
{
    struct world *w = *state;
    ann_calls_back(w, 3);
    world_wait(w, 59999);
    expect(w, "");
    world_wait(w, 1);
    expect(w, "disconnect call-1 from ann\n"
              "unassign c1 from ann CALLBACK_UNREACHED\n"
              "c1 is SNOOZED CALLBACK_UNREACHED\n");
}

static void test_who_calls_again_takes_the_place_over(void **state)
{
    struct world *w = *state;
    some_queue(w, 3);
    calls(w, 1, "call-1");
    int64_t since = w->at;
    world_wait(w, 5000);
    wants_a_call(w, 1, "call-1");
    world_wait(w, 5000);
    calls(w, 1, "call-2");
    assert_int_equal(view(w, 1).sessions_n, 1);
    assert_true(view(w, 1).since == since);
    comes(w, "ann");
    world_forget(w);
    accepts(w, "ann", 1);
    expect(w, "done\n"
              "assign c1 to ann\n"
              "connect call-2 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_who_calls_between_two_attempts_goes_on_with_the_place(void **state)
{
    struct world *w = *state;
    int64_t since = ann_calls_back(w, 3);
    reported(w, 1, 5, 0);
    world_forget(w);
    calls(w, 1, "call-2");
    expect(w, "decision c1 ann\n"
              "offer c1 to ann CUSTOMER_BACK\n"
              "c1 is OFFERED CUSTOMER_BACK\n");
    assert_true(view(w, 1).since == since);
    assert_int_equal(counted(w).reached, 0);
}

static void test_who_wants_it_no_longer_leaves_the_queue(void **state)
{
    struct world *w = *state;
    some_queue(w, 3);
    calls(w, 1, "call-1");
    wants_a_call(w, 1, "call-1");
    wants_a_call(w, 1, "call-1"); // said twice
    assert_int_equal(counted(w).asked, 1);
    comes(w, "ann");
    world_forget(w);
    hangs_up(w, 1, "call-1");
    expect(w, "offer of c1 to ann ended CALLBACK_CANCELLED\n"
              "c1 is CLOSED CALLBACK_CANCELLED\n");
    ann_calls_back(w, 3);
    reported(w, 1, 5, 0);
    world_forget(w);
    hangs_up(w, 1, "call-1"); // between two attempts
    expect(w, "c1 is CLOSED CALLBACK_CANCELLED\n");
    world_wait(w, 2 * quarter);
    expect(w, "");
}

static void test_who_asks_while_with_an_agent_is_called_by_them_at_once(void **state)
{
    struct world *w = *state;
    some_queue(w, 3);
    comes(w, "ann");
    calls(w, 1, "call-1");
    accepts(w, "ann", 1);
    world_forget(w);
    wants_a_call(w, 1, "call-1");
    expect(w, "dial +4915112345678 for ann, attempt 1\n"
              "c1 is ASSIGNED ACCEPTED\n");
    calls(w, 1, "call-1");
    expect(w, "connect call-1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

static void test_what_leaves_its_agent_is_called_off(void **state)
{
    struct world *w = *state;
    int64_t since = ann_calls_back(w, 3);
    to_queue(w, "ann", 1, "all");
    expect(w, "done\n"
              "unassign c1 from ann TRANSFERRED\n"
              "disconnect call-1 from ann\n"
              "decision c1 nobody\n"
              "c1 is QUEUED TRANSFERRED\n");
    assert_true(view(w, 1).since == since);
    world_wait(w, 60000); // she may be asked again
    accepts(w, "ann", 1);
    world_forget(w);
    closes(w, "ann", 1);
    expect(w, "done\n"
              "c1 closed by ann: sold, resolved\n"
              "disconnect call-1 from ann\n"
              "c1 is WRAP_UP CLOSED\n");
    assert_false(view(w, 1).sessions[0].live);
}

static void test_who_can_be_written_to_is_not_put_away(void **state)
{
    struct world *w = *state;
    ann_calls_back(w, 3);
    says(w, 1, ROUTER_CHAT);
    world_forget(w);
    reported(w, 1, 5, 0);
    expect(w, "delivery d state 5 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(world_load(w, "ann"), 1);
    world_wait(w, quarter);
    assert_string_equal(world_agent_of(w, 1), "ann");
    assert_false(view(w, 1).sessions[0].live);
}

static void test_a_work_is_called_back_once_at_the_latest_number(void **state)
{
    struct world *w = *state;
    some_queue(w, 3);
    struct router_happened second = world_words(1, ROUTER_VOICE);
    second.kind = ROUTER_CALL_STARTED;
    second.handle = "tel:+491";
    second.call = "call-2";
    calls(w, 1, "call-1");
    world_happens(w, second);
    wants_a_call(w, 1, "call-1");
    second.kind = ROUTER_CALL_ENDED;
    second.callback = "+4930123456";
    world_happens(w, second);
    assert_false(view(w, 1).sessions[0].live);
    comes(w, "ann");
    world_forget(w);
    accepts(w, "ann", 1);
    expect(w, "done\n"
              "assign c1 to ann\n"
              "dial +4930123456 for ann, attempt 1\n"
              "c1 is ASSIGNED ACCEPTED\n");
}

// Customers are called back while the office is open: not for the first minute from now, then for one, then no more.
static void called_by_the_hour(struct world *w, uint32_t retry_ms)
{
    const char *hours = "mon-fri 08:00-18:00";
    struct router_queue q = world_queue_def("all");
    q.callback_hours = "office";
    q.callback_retry_ms = retry_ms;
    q.from_file = true;
    const struct router_calendar calendar = {.name = "office", .zone = "UTC", .hours = &hours, .hours_n = 1};
    struct router_config c = world_rules_def();
    c.queues = &q;
    c.queues_n = 1;
    c.calendars = &calendar;
    c.calendars_n = 1;
    world_configure(w, &c);
    world_agent(w, "ann", "", 3, 0);
}

static void opens_at(struct world *w, int64_t from_now)
{
    struct router_calendar_view v;
    struct router_stats s;
    assert_true(router_calendar_at(w->r, 0, &v));
    router_stats(w->r, &s);
    const int64_t turns[] = {s.wall + from_now, s.wall + from_now + 60000};
    struct router_input in = {.kind = ROUTER_IN_CALENDAR};
    in.calendar.name = "office";
    in.calendar.defined = v.defined;
    in.calendar.turns = (struct router_turns){.from = s.wall, .until = s.wall + quarter, .turns = turns, .turns_n = 2};
    world_step(w, &in);
}

static void test_outside_the_hours_nobody_is_offered_it(void **state)
{
    struct world *w = *state;
    called_by_the_hour(w, 1000);
    opens_at(w, 60000);
    calls(w, 1, "call-1");
    int64_t since = w->at;
    wants_a_call(w, 1, "call-1");
    world_forget(w);
    comes(w, "ann");
    expect(w, "ann is AWAY\n"
              "done\n"
              "ann is AVAILABLE\n"
              "c1 is SNOOZED CALLBACK_CLOSED\n");
    assert_true(view(w, 1).snoozed_until == 1700000000000 + 1000 + 60000);
    calls(w, 2, "call-2"); // who is on the line is served
    assert_string_equal(world_agent_of(w, 2), "ann");
    hangs_up(w, 2, "call-2");
    world_wait(w, 59999);
    world_forget(w);
    world_wait(w, 1);
    expect(w, "decision c1 ann\n"
              "offer c1 to ann WOKEN\n"
              "c1 is OFFERED WOKEN\n");
    assert_true(view(w, 1).since == since);
}

static void test_outside_the_hours_nobody_is_dialled(void **state)
{
    struct world *w = *state;
    called_by_the_hour(w, 1000);
    opens_at(w, 1);
    world_wait(w, 1);
    calls(w, 1, "call-1");
    wants_a_call(w, 1, "call-1");
    world_wait(w, 59000);
    comes(w, "ann"); // just before they end
    world_wait(w, 1000);
    world_forget(w);
    accepts(w, "ann", 1);
    expect(w, "done\n"
              "assign c1 to ann\n"
              "unassign c1 from ann CALLBACK_CLOSED\n"
              "c1 is SNOOZED CALLBACK_CLOSED\n");
    assert_int_equal(view(w, 1).sessions[0].attempts, 0);
    opens_at(w, 5000); // after all
    expect(w, "c1 is SNOOZED CALLBACK_CLOSED\n");
    world_wait(w, 5000);
    assert_string_equal(world_agent_of(w, 1), "ann");
}

static void test_who_can_be_written_to_outside_the_hours_is_not_called(void **state)
{
    struct world *w = *state;
    called_by_the_hour(w, 1000);
    opens_at(w, 60000);
    calls(w, 1, "call-1");
    wants_a_call(w, 1, "call-1");
    says(w, 1, ROUTER_CHAT);
    comes(w, "ann");
    accepts(w, "ann", 1);
    assert_string_equal(world_agent_of(w, 1), "ann");
    assert_false(view(w, 1).sessions[0].live);
    assert_int_equal(view(w, 1).dialled, 0);
}

static void test_bounds(void **state)
{
    struct world *w = *state;
    struct router_input in = {.kind = ROUTER_IN_QUEUE_PUT, .queue_put = world_queue_def("all")};
    in.queue_put.callback_attempts = 21;
    world_step(w, &in);
    in.queue_put.callback_attempts = 20;
    in.queue_put.callback_retry_ms = 86400001;
    world_step(w, &in);
    in.queue_put.callback_retry_ms = 1;
    in.queue_put.callback_dial_ms = 999;
    world_step(w, &in);
    in.queue_put.callback_dial_ms = 1000;
    in.queue_put.callback_after_ms = 86400001;
    world_step(w, &in);
    struct router_happened h = hang_up(1, "call-1", NUMBER);
    h.kind = ROUTER_CALL_STARTED;
    world_happens(w, h);
    h.kind = ROUTER_CALL_ENDED;
    h.channel = ROUTER_CHAT;
    world_happens(w, h);
    expect(w, "refused INVALID\n"
              "refused INVALID\n"
              "refused INVALID\n"
              "refused INVALID\n"
              "refused INVALID\n"
              "refused INVALID\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_who_hangs_up_keeps_the_place_and_is_dialled_on_accept),
        story(test_the_call_that_begins_is_put_through),
        story(test_who_is_not_reached_is_called_again_with_the_place_kept),
        story(test_after_the_last_attempt_it_is_closed),
        story(test_a_gateway_that_says_nothing_counts_as_not_reached),
        story(test_who_calls_again_takes_the_place_over),
        story(test_who_calls_between_two_attempts_goes_on_with_the_place),
        story(test_who_wants_it_no_longer_leaves_the_queue),
        story(test_who_asks_while_with_an_agent_is_called_by_them_at_once),
        story(test_what_leaves_its_agent_is_called_off),
        story(test_who_can_be_written_to_is_not_put_away),
        story(test_a_work_is_called_back_once_at_the_latest_number),
        story(test_outside_the_hours_nobody_is_offered_it),
        story(test_outside_the_hours_nobody_is_dialled),
        story(test_who_can_be_written_to_outside_the_hours_is_not_called),
        story(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
