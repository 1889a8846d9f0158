// SPDX-License-Identifier: Apache-2.0
//
// Within which time an answer is due, by channel and priority; the clock that runs until it; and what is counted.

#include "fixture.h"

#define SECOND 1000

static struct router_due due(struct world *w, uint64_t conversation)
{
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, conversation, &v));
    return v.due;
}

static struct router_responses counted(struct world *w, enum router_channel channel)
{
    struct router_queue_view v;
    assert_true(router_queue_at(w->r, 0, &v));
    return v.responses[channel];
}

static void with_rows(struct world *w, const struct router_sla *rows, size_t n)
{
    struct router_queue q = world_queue_def("q");
    q.slas = rows;
    q.slas_n = n;
    world_queue(w, &q);
    world_agent(w, "ann", "", 3, 0);
}

static const struct router_sla rows[] = {
    {.first_ms = 90 * SECOND},
    {.priority = 1, .first_ms = 10 * SECOND, .next_ms = 40 * SECOND},
    {.channel = ROUTER_CHAT, .first_ms = 30 * SECOND},
    {.channel = ROUTER_CHAT, .priority = 1, .next_ms = 20 * SECOND},
};

static void asks(struct world *w, uint64_t conversation, enum router_channel channel, uint32_t priority)
{
    struct router_happened h = world_words(conversation, channel);
    h.priority = priority;
    world_happens(w, h);
}

static void test_the_most_specific_row_that_says_it(void **state)
{
    struct world *w = *state;
    with_rows(w, rows, 4);
    asks(w, 1, ROUTER_CHAT, 1);
    asks(w, 2, ROUTER_SMS, 1);
    asks(w, 3, ROUTER_SMS, 2);
    assert_int_equal(due(w, 1).target_ms,
                     30 * SECOND); // chat and priority 1 says nothing of it, chat goes before priority 1
    assert_int_equal(due(w, 1).channel, ROUTER_CHAT);
    assert_int_equal(due(w, 1).priority, 0);
    assert_int_equal(due(w, 2).target_ms, 10 * SECOND);
    assert_int_equal(due(w, 2).priority, 1);
    assert_int_equal(due(w, 3).target_ms, 90 * SECOND);
    assert_int_equal(due(w, 3).channel, ROUTER_CHANNEL_NONE);
}

static void test_without_rows_the_first_response_has_the_queue_s_target(void **state)
{
    struct world *w = *state;
    with_rows(w, NULL, 0);
    comes(w, "ann");
    asks(w, 1, ROUTER_CHAT, 0);
    assert_int_equal(due(w, 1).target_ms, 60 * SECOND);
    accepts(w, "ann", 1);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    asks(w, 1, ROUTER_CHAT, 0);
    assert_int_equal(due(w, 1).response, ROUTER_RESPONSE_NEXT);
    assert_int_equal(due(w, 1).target_ms, 0);
    assert_int_equal(due(w, 1).at, 0);
}

static void test_the_clock_stands_while_the_customer_has_the_word(void **state)
{
    struct world *w = *state;
    with_rows(w, rows, 4);
    comes(w, "ann");
    asks(w, 1, ROUTER_CHAT, 1);
    accepts(w, "ann", 1);
    world_wait(w, 30 * SECOND); // to accept is no answer
    assert_int_equal(due(w, 1).waited_ms, 30 * SECOND);
    assert_int_equal(due(w, 1).at, w->at);
    struct router_stats s;
    router_stats(w->r, &s);
    assert_int_equal(due(w, 1).wall, s.wall);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    assert_int_equal(due(w, 1).response, ROUTER_RESPONSE_NONE);
    assert_int_equal(due(w, 1).first, ROUTER_RESPONSE_MET);
    world_wait(w, 500 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 0);
    asks(w, 1, ROUTER_CHAT, 0);
    world_wait(w, 15 * SECOND);
    asks(w, 1, ROUTER_CHAT, 0); // once more; it has waited since the first
    world_wait(w, 6 * SECOND);
    assert_int_equal(due(w, 1).response, ROUTER_RESPONSE_NEXT);
    assert_int_equal(due(w, 1).target_ms, 20 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 21 * SECOND);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    assert_int_equal(due(w, 1).met, 1);
    assert_int_equal(due(w, 1).missed, 1);
    assert_int_equal(counted(w, ROUTER_CHAT).first_met, 1);
    assert_int_equal(counted(w, ROUTER_CHAT).next_missed, 1);
}

static void test_a_call_is_answered_when_it_is_put_through(void **state)
{
    struct world *w = *state;
    with_rows(w, rows, 4);
    calls(w, 1, "call-1");
    world_wait(w, 91 * SECOND);
    comes(w, "ann");
    accepts(w, "ann", 1);
    assert_int_equal(due(w, 1).response, ROUTER_RESPONSE_NONE);
    assert_int_equal(due(w, 1).first, ROUTER_RESPONSE_MISSED);
    assert_int_equal(counted(w, ROUTER_VOICE).first_missed, 1);
}

static void test_what_ends_unanswered_is_missed_only_past_its_time(void **state)
{
    struct world *w = *state;
    with_rows(w, rows, 4);
    asks(w, 1, ROUTER_CHAT, 0);
    closes_chat(w, 1);
    assert_int_equal(counted(w, ROUTER_CHAT).first_missed, 0);
    asks(w, 2, ROUTER_CHAT, 0);
    world_wait(w, 30 * SECOND + 1);
    closes_chat(w, 2);
    assert_int_equal(counted(w, ROUTER_CHAT).first_missed, 1);
    assert_int_equal(counted(w, ROUTER_CHAT).first_met, 0);
}

static void test_a_transfer_leaves_the_clock_as_it_is(void **state)
{
    struct world *w = *state;
    with_rows(w, rows, 4);
    comes(w, "ann");
    asks(w, 1, ROUTER_CHAT, 0);
    accepts(w, "ann", 1);
    world_wait(w, 20 * SECOND);
    struct router_queue other = world_queue_def("other");
    world_queue(w, &other);
    to_queue(w, "ann", 1, "other");
    assert_int_equal(due(w, 1).response, ROUTER_RESPONSE_FIRST);
    assert_int_equal(due(w, 1).waited_ms, 20 * SECOND);
    assert_int_equal(due(w, 1).target_ms, 60 * SECOND); // now of that queue
}

static void test_a_customer_who_is_back_in_wrap_up_waits_anew(void **state)
{
    struct world *w = *state;
    with_rows(w, rows, 4);
    comes(w, "ann");
    asks(w, 1, ROUTER_CHAT, 1);
    accepts(w, "ann", 1);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    closes(w, "ann", 1);
    asks(w, 1, ROUTER_CHAT, 0);
    assert_int_equal(due(w, 1).response, ROUTER_RESPONSE_NEXT);
    assert_int_equal(due(w, 1).waited_ms, 0);
}

static void by_cost(struct world *w)
{
    struct router_config c = world_rules_def();
    c.order = ROUTER_ORDER_COST;
    world_configure(w, &c);
    with_rows(w, rows, 4);
}

static uint64_t first(struct world *w)
{
    struct router_agent_view a;
    struct router_work_view v;
    struct router_agent ann = {.id = "ann", .name = "", .capacity = 1};
    world_agent_put(w, ann, "");
    comes(w, "ann");
    assert_true(router_agent(w->r, "ann", &a));
    assert_int_equal(a.work_n, 1);
    assert_true(router_work(w->r, a.work[0], &v));
    return v.conversation;
}

static void test_by_cost_each_is_measured_by_its_own_row(void **state)
{
    struct world *w = *state;
    by_cost(w);
    asks(w, 1, ROUTER_SMS, 0); // 90 s
    world_wait(w, 20 * SECOND);
    asks(w, 2, ROUTER_CHAT, 0); // 30 s
    world_wait(w, 9 * SECOND);
    assert_int_equal(first(w), 1); // 29/90 and 9/30
}

static void test_by_cost_the_shorter_target_overtakes(void **state)
{
    struct world *w = *state;
    by_cost(w);
    asks(w, 1, ROUTER_SMS, 0);
    world_wait(w, 20 * SECOND);
    asks(w, 2, ROUTER_CHAT, 0);
    world_wait(w, 11 * SECOND);
    assert_int_equal(first(w), 2); // 31/90 and 11/30
}

static void test_by_cost_who_was_answered_is_as_old_as_the_answer(void **state)
{
    struct world *w = *state;
    by_cost(w);
    comes(w, "ann");
    asks(w, 1, ROUTER_CHAT, 0);
    accepts(w, "ann", 1);
    world_wait(w, 100 * SECOND);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    world_wait(w, 10 * SECOND);
    logs_out(w, "desk-ann");
    asks(w, 2, ROUTER_CHAT, 0);
    world_wait(w, 10 * SECOND);
    assert_int_equal(first(w), 1); // 20 s and 10 s
}

static void test_the_record_tells_what_was_due(void **state)
{
    struct world *w = *state;
    with_rows(w, rows, 4);
    asks(w, 1, ROUTER_CHAT, 0);
    world_wait(w, 7 * SECOND);
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_int_equal(d->due.response, ROUTER_RESPONSE_FIRST);
    assert_int_equal(d->due.target_ms, 30 * SECOND);
    assert_int_equal(d->due.waited_ms, 7 * SECOND);
    assert_int_equal(d->due.channel, ROUTER_CHAT);
}

static void refused(struct world *w, struct router_sla a, struct router_sla b)
{
    struct router_sla two[] = {a, b};
    struct router_queue q = world_queue_def("q");
    q.slas = two;
    q.slas_n = 2;
    world_forget(w);
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q});
    expect(w, "refused INVALID\n");
}

static void test_rows_out_of_bounds_are_refused(void **state)
{
    struct world *w = *state;
    struct router_sla good = {.first_ms = 1};
    refused(w, good, good);
    refused(w, good, (struct router_sla){.priority = 1});
    refused(w, good, (struct router_sla){.priority = 10, .first_ms = 1});
    refused(w, good, (struct router_sla){.channel = ROUTER_CHANNELS, .first_ms = 1});
    refused(w, good, (struct router_sla){.priority = 1, .next_ms = 2592000001u});
}

// ---- by the hours of a calendar ----

static void shop(struct world *w, bool by_cost)
{
    static const char *const hours[] = {"mon-sun 09:00-17:00"}, *const lawful[] = {"law"};
    struct router_queue queues[] = {world_queue_def("law"), world_queue_def("shop")};
    const struct router_calendar calendar = {.name = "desk", .zone = "UTC", .hours = hours, .hours_n = 1};
    struct router_config c = world_rules_def();
    queues[0].from_file = queues[1].from_file = true;
    queues[0].intents = lawful;
    queues[0].intents_n = 1;
    queues[1].sla_calendar = "desk";
    c.queues = queues;
    c.queues_n = 2;
    c.calendars = &calendar;
    c.calendars_n = 1;
    c.order = by_cost ? ROUTER_ORDER_COST : ROUTER_ORDER_PRIORITY;
    world_configure(w, &c);
    world_agent(w, "ann", "", 3, 0);
}

static int64_t now(const struct world *w)
{
    struct router_stats s;
    router_stats(w->r, &s);
    return s.wall;
}

// Open for 20 s from now, closed for 100 s, open for 100 s.
static void hours_are_known(struct world *w)
{
    struct router_calendar_view v;
    const int64_t wall = now(w), turns[] = {wall + 20 * SECOND, wall + 120 * SECOND};
    struct router_input in = {.kind = ROUTER_IN_CALENDAR};
    assert_true(router_calendar_at(w->r, 0, &v));
    in.calendar.name = "desk";
    in.calendar.defined = v.defined;
    in.calendar.turns =
        (struct router_turns){.open = true, .from = wall, .until = wall + 220 * SECOND, .turns = turns, .turns_n = 2};
    world_step(w, &in);
}

static void test_only_open_hours_count(void **state)
{
    struct world *w = *state;
    shop(w, false);
    hours_are_known(w);
    int64_t opened = now(w);
    asks(w, 1, ROUTER_CHAT, 0);
    assert_string_equal(due(w, 1).hours, "desk");
    assert_int_equal(due(w, 1).wall, opened + 160 * SECOND); // 20 s today, 40 s tomorrow
    world_wait(w, 15 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 15 * SECOND);
    world_wait(w, 50 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 20 * SECOND);
    assert_int_equal(due(w, 1).wall, opened + 160 * SECOND);
    world_wait(w, 75 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 40 * SECOND);
    comes(w, "ann");
    accepts(w, "ann", 1);
    world_wait(w, 20 * SECOND);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE); // the very moment
    assert_int_equal(due(w, 1).first, ROUTER_RESPONSE_MET);
}

static void test_until_hours_are_known_all_count(void **state)
{
    struct world *w = *state;
    shop(w, false);
    asks(w, 1, ROUTER_CHAT, 0);
    world_wait(w, 7 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 7 * SECOND);
    hours_are_known(w); // what has passed stays as it was counted
    world_wait(w, 60 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 27 * SECOND);
}

static void test_a_clock_that_is_set_takes_no_time(void **state)
{
    struct world *w = *state;
    shop(w, false);
    hours_are_known(w);
    asks(w, 1, ROUTER_CHAT, 0);
    w->ahead += 130 * SECOND; // past the hours that are closed
    world_wait(w, 5 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 5 * SECOND);
}

static void test_a_late_answer_is_late_in_open_hours(void **state)
{
    struct world *w = *state;
    shop(w, false);
    hours_are_known(w);
    asks(w, 1, ROUTER_CHAT, 0);
    world_wait(w, 170 * SECOND); // 70 s of them open
    assert_int_equal(due(w, 1).waited_ms, 70 * SECOND);
    assert_int_equal(due(w, 1).wall, now(w) - 10 * SECOND);
}

static void test_by_cost_closed_hours_make_nothing_urgent(void **state)
{
    struct world *w = *state;
    shop(w, true);
    hours_are_known(w);
    asks(w, 1, ROUTER_CHAT, 0);
    world_wait(w, 60 * SECOND); // 20 s of them open
    struct router_happened h = world_words(2, ROUTER_CHAT);
    h.intent = "law";
    world_happens(w, h);
    world_wait(w, 30 * SECOND);
    assert_int_equal(first(w), 2);
}

static void test_age_goes_along_to_a_queue_of_other_hours(void **state)
{
    struct world *w = *state;
    shop(w, false);
    hours_are_known(w);
    comes(w, "ann");
    asks(w, 1, ROUTER_CHAT, 0);
    accepts(w, "ann", 1);
    world_wait(w, 60 * SECOND);
    to_queue(w, "ann", 1, "law");
    assert_int_equal(due(w, 1).waited_ms, 20 * SECOND);
    world_wait(w, 10 * SECOND);
    assert_int_equal(due(w, 1).waited_ms, 30 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_the_most_specific_row_that_says_it),
        story(test_without_rows_the_first_response_has_the_queue_s_target),
        story(test_the_clock_stands_while_the_customer_has_the_word),
        story(test_a_call_is_answered_when_it_is_put_through),
        story(test_what_ends_unanswered_is_missed_only_past_its_time),
        story(test_a_transfer_leaves_the_clock_as_it_is),
        story(test_a_customer_who_is_back_in_wrap_up_waits_anew),
        story(test_by_cost_each_is_measured_by_its_own_row),
        story(test_by_cost_the_shorter_target_overtakes),
        story(test_by_cost_who_was_answered_is_as_old_as_the_answer),
        story(test_the_record_tells_what_was_due),
        story(test_rows_out_of_bounds_are_refused),
        story(test_only_open_hours_count),
        story(test_until_hours_are_known_all_count),
        story(test_a_clock_that_is_set_takes_no_time),
        story(test_a_late_answer_is_late_in_open_hours),
        story(test_by_cost_closed_hours_make_nothing_urgent),
        story(test_age_goes_along_to_a_queue_of_other_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
