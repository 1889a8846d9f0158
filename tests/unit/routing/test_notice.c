// SPDX-License-Identifier: Apache-2.0
//
// What the queue tells customers by itself: when, which of several, once each, and how it comes back as said.

#include "fixture.h"

#include <string.h>

#define TELLS(kind) (1u << (unsigned)(kind))
#define TELLS_ALL   (TELLS(ROUTER_NOTICE_CLOSED) | TELLS(ROUTER_NOTICE_FULL) | TELLS(ROUTER_NOTICE_WAIT))

static struct router_queue telling(const char *name, uint32_t tells)
{
    struct router_queue q = world_queue_def(name);
    q.calendar = "office";
    q.tells = tells;
    q.wrap_up_ms = 0;
    q.from_file = true;
    return q;
}

static void configured(struct world *w, struct router_queue q)
{
    const char *hours = "mon-fri 08:00-18:00";
    const struct router_calendar calendar = {.name = "office", .zone = "Europe/Berlin", .hours = &hours, .hours_n = 1};
    struct router_config c = world_rules_def();
    c.queues = &q;
    c.queues_n = 1;
    c.calendars = &calendar;
    c.calendars_n = 1;
    world_configure(w, &c);
    world_forget(w);
}

// Closed from now on, then open in a minute, closed in two.
static void closed_for_a_minute(struct world *w)
{
    struct router_stats s;
    struct router_calendar_view v;
    router_stats(w->r, &s);
    assert_true(router_calendar_at(w->r, 0, &v));
    const int64_t turns[] = {s.wall + 60000, s.wall + 120000};
    struct router_input in = {.kind = ROUTER_IN_CALENDAR};
    in.calendar.name = "office";
    in.calendar.defined = v.defined;
    in.calendar.turns = (struct router_turns){.from = s.wall, .until = s.wall + 180000, .turns = turns, .turns_n = 2};
    world_step(w, &in);
}

static struct router_said saying(const struct world *w, uint64_t conversation, enum router_notice_kind kind)
{
    return (struct router_said){.kind = kind,
                                .work = world_work(w, conversation),
                                .conversation = conversation,
                                .customer = 1,
                                .channel = ROUTER_CHAT,
                                .account = "web",
                                .handle = "h1"};
}

static void says_itself(struct world *w, struct router_said said)
{
    struct router_input in = {.kind = ROUTER_IN_SAID, .said = said, .has_entry = true};
    world_step(w, &in);
}

static uint32_t told(const struct world *w, uint64_t conversation)
{
    struct router_work_view v;
    assert_true(router_work(w->r, world_work(w, conversation), &v));
    return v.told;
}

static void test_who_waits_while_closed_is_told_once(void **state)
{
    struct world *w = *state;
    configured(w, telling("rest", TELLS_ALL));
    closed_for_a_minute(w);
    says(w, 1, ROUTER_CHAT);
    expect(w, "decision c1 nobody\n"
              "tell c1 by chat that rest is closed\n"
              "c1 is QUEUED NEW\n");
    says(w, 1, ROUTER_CHAT);
    expect(w, "");
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    world_forget(w);
    declines(w, "ann", 1); // waits again
    expect(w, "done\n"
              "offer of c1 to ann ended DECLINED\n"
              "decision c1 nobody\n"
              "c1 is QUEUED DECLINED\n");
}

static void test_who_is_taken_at_once_or_calls_is_told_nothing(void **state)
{
    struct world *w = *state;
    configured(w, telling("rest", TELLS_ALL));
    closed_for_a_minute(w);
    calls(w, 1, "call1");
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED NEW\n");
    world_agent(w, "ann", "", 1, CHANNEL_BIT(ROUTER_CHAT));
    comes(w, "ann");
    world_forget(w);
    says(w, 2, ROUTER_CHAT);
    expect(w, "decision c2 ann\n"
              "offer c2 to ann NEW\n"
              "c2 is OFFERED NEW\n");
    becomes(w, "ann", ROUTER_AWAY); // ... and now waits after all
    expect(w, "done\n"
              "ann is AWAY\n"
              "offer of c2 to ann ended WENT_AWAY\n"
              "decision c2 nobody\n"
              "tell c2 by chat that rest is closed\n"
              "c2 is QUEUED WENT_AWAY\n");
}

static void test_full_is_told_where_too_many_wait(void **state)
{
    struct world *w = *state;
    struct router_queue q = telling("rest", TELLS(ROUTER_NOTICE_FULL));
    q.overflow_waiting = 2;
    configured(w, q);
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT);
    world_forget(w);
    says(w, 3, ROUTER_SMS);
    expect(w, "decision c3 nobody\n"
              "tell c3 by sms that rest is full\n"
              "c3 is QUEUED NEW\n");
}

// Contacts of a minute teach the queue its pace: whoever comes behind one waits for longer than half a minute was promised.
static void test_a_wait_longer_than_promised_is_told_with_its_bounds(void **state)
{
    struct world *w = *state;
    struct router_queue q = telling("rest", TELLS(ROUTER_NOTICE_WAIT));
    q.promise_ms = 30000;
    configured(w, q);
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    for (uint64_t c = 10; c < 20; c++) {
        says(w, c, ROUTER_CHAT);
        accepts(w, "ann", c);
        w->at += 60000;
        closes(w, "ann", c);
    }
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    world_forget(w);
    says(w, 2, ROUTER_CHAT);
    expect(w, "decision c2 nobody\n"
              "tell c2 by chat that rest is wait\n"
              "c2 is QUEUED NEW\n");
}

static void test_without_an_estimate_no_wait_is_told(void **state)
{
    struct world *w = *state;
    struct router_queue q = telling("rest", TELLS(ROUTER_NOTICE_WAIT));
    q.promise_ms = 1;
    configured(w, q);
    says(w, 1, ROUTER_CHAT);
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED NEW\n");
}

static void test_what_was_said_is_delivered_whatever_became_of_the_work(void **state)
{
    struct world *w = *state;
    configured(w, telling("rest", TELLS_ALL));
    closed_for_a_minute(w);
    says(w, 1, ROUTER_CHAT);
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    accepts(w, "ann", 1);
    struct router_said said = saying(w, 1, ROUTER_NOTICE_CLOSED);
    assert_int_equal(told(w, 1), 0);
    world_forget(w);
    says_itself(w, said);
    expect(w, "deliver c1 by chat to h1\n"
              "entry of c1 to ann\n"
              "c1 is ASSIGNED ACCEPTED\n");
    assert_int_equal(told(w, 1), TELLS(ROUTER_NOTICE_CLOSED));
    closes(w, "ann", 1);
    world_forget(w);
    says_itself(w, said);
    expect(w, "deliver c1 by chat to h1\n");
    said.channel = ROUTER_VOICE;
    says_itself(w, said);
    expect(w, "refused INVALID\n");
}

static void test_what_is_no_notice_is_refused(void **state)
{
    struct world *w = *state;
    struct router_queue q = telling("rest", 1u << ROUTER_NOTICES);
    struct router_input in = {.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q};
    world_step(w, &in);
    in.queue_put.tells = 0;
    in.queue_put.promise_ms = 86400001;
    world_step(w, &in);
    expect(w, "refused INVALID\n"
              "refused INVALID\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_who_waits_while_closed_is_told_once),
        story(test_who_is_taken_at_once_or_calls_is_told_nothing),
        story(test_full_is_told_where_too_many_wait),
        story(test_a_wait_longer_than_promised_is_told_with_its_bounds),
        story(test_without_an_estimate_no_wait_is_told),
        story(test_what_was_said_is_delivered_whatever_became_of_the_work),
        story(test_what_is_no_notice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
