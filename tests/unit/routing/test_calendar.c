// SPDX-License-Identifier: Apache-2.0
//
// Calendars: queues that take work only while they are open, or only while they are closed.

#include "fixture.h"

static struct router_queue hours_queue(const char *name, enum router_when when)
{
    struct router_queue q = world_queue_def(name);
    q.calendar = "office";
    q.when = when;
    q.from_file = true;
    return q;
}

static void office(struct world *w, const char *hours)
{
    struct router_queue queues[] = {hours_queue("day", ROUTER_WHEN_OPEN), hours_queue("night", ROUTER_WHEN_CLOSED),
                                    world_queue_def("rest")};
    const struct router_calendar calendar = {.name = "office", .zone = "UTC", .hours = &hours, .hours_n = 1};
    struct router_config c = world_rules_def();
    c.queues = queues;
    c.queues_n = 3;
    c.calendars = &calendar;
    c.calendars_n = 1;
    world_configure(w, &c);
}

static uint64_t office_defined(const struct world *w)
{
    struct router_calendar_view v;
    assert_true(router_calendar_at(w->r, 0, &v));
    return v.defined;
}

// Closed from now on, then open for a minute, closed for a minute.
static void compiled(struct world *w, const char *name, uint64_t defined)
{
    struct router_stats s;
    router_stats(w->r, &s);
    const int64_t wall = s.wall, turns[] = {wall + 60000, wall + 120000};
    struct router_input in = {.kind = ROUTER_IN_CALENDAR};
    in.calendar.name = name;
    in.calendar.defined = defined;
    in.calendar.turns = (struct router_turns){.from = wall, .until = wall + 180000, .turns = turns, .turns_n = 2};
    world_step(w, &in);
}

static void expect_enters(struct world *w, uint64_t conversation, const char *queue, bool closed)
{
    struct router_work_view v;
    struct router_queue_view q;
    says(w, conversation, ROUTER_CHAT);
    assert_true(router_work(w->r, world_work(w, conversation), &v));
    assert_string_equal(v.queue, queue);
    assert_true(router_queue_at(w->r, 0, &q));
    assert_int_equal(q.closed, closed);
}

static void test_work_enters_by_the_hour(void **state)
{
    struct world *w = *state;
    office(w, "mon-fri 08:00-18:00");
    compiled(w, "office", office_defined(w));
    expect_enters(w, 1, "night", true);
    world_wait(w, 59000);
    expect_enters(w, 2, "night", true);
    world_wait(w, 1000); // the very moment
    expect_enters(w, 3, "day", false);
    world_wait(w, 60000);
    expect_enters(w, 4, "night", true);
}

static void test_nothing_known_is_open(void **state)
{
    struct world *w = *state;
    office(w, "mon-fri 08:00-18:00");
    expect_enters(w, 1, "day", false);
    compiled(w, "office", office_defined(w));
    expect_enters(w, 2, "night", true);
    world_wait(w, 200000); // run out
    expect_enters(w, 3, "day", false);
}

static void test_other_words_want_other_hours(void **state)
{
    struct world *w = *state;
    office(w, "mon-fri 08:00-18:00");
    uint64_t first = office_defined(w);
    compiled(w, "office", first);
    office(w, "mon-fri 08:00-18:00"); // the same again
    assert_int_equal(office_defined(w), first);
    office(w, "mon-fri 09:00-18:00");
    assert_true(office_defined(w) > first);
    expect_enters(w, 1, "night", true); // the former hours hold until there are new ones
    world_forget(w);
    compiled(w, "office", first);
    expect(w, "refused WRONG_STATE\n");
    compiled(w, "nobody", office_defined(w));
    expect(w, "refused WRONG_STATE\n");
    compiled(w, "office", office_defined(w));
    expect(w, "");
}

static void test_turns_out_of_order_are_refused(void **state)
{
    struct world *w = *state;
    office(w, "mon-fri 08:00-18:00");
    const int64_t turns[] = {5000, 5000};
    struct router_input in = {.kind = ROUTER_IN_CALENDAR};
    in.calendar.name = "office";
    in.calendar.defined = office_defined(w);
    in.calendar.turns = (struct router_turns){.from = 1, .until = 9000, .turns = turns, .turns_n = 2};
    world_forget(w);
    world_step(w, &in);
    expect(w, "refused INVALID\n");
    struct router_calendar twice[] = {{.name = "a", .zone = ""}, {.name = "a", .zone = ""}};
    struct router_config c = world_rules_def();
    c.calendars = twice;
    c.calendars_n = 2;
    world_configure(w, &c);
    struct router_calendar_view v;
    assert_true(router_calendar_at(w->r, 0, &v)); // as it was
    assert_string_equal(v.def.name, "office");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_work_enters_by_the_hour),
        story(test_nothing_known_is_open),
        story(test_other_words_want_other_hours),
        story(test_turns_out_of_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
