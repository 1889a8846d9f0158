// SPDX-License-Identifier: Apache-2.0
//
// How long whoever waits has still to wait: what is known when, who counts as able to serve, what counts as ahead, and how the
// estimates are compared with what came. Contacts take a minute each, so that there is no spread but the draw of arrivals.

#include "fixture.h"

#include <string.h>

#define MINUTE 60000

static void queue_for(struct world *w, const char *name, const char *requires)
{
    struct router_queue q = world_queue_def(name);
    struct router_skill skill = {requires, 1};
    const char *const intents[] = {name};
    q.wrap_up_ms = 0;
    q.intents = intents;
    q.intents_n = 1;
    q.requires = &skill;
    q.requires_n = *requires ? 1 : 0;
    world_queue(w, &q);
}

static void asks_for(struct world *w, uint64_t conversation, const char *intent, uint32_t priority)
{
    struct router_happened h = world_words(conversation, ROUTER_CHAT);
    h.intent = intent;
    h.priority = priority;
    world_happens(w, h);
}

// Contacts of a minute, one after the other.
static void serves(struct world *w, const char *agent, const char *intent, uint64_t from, uint32_t n)
{
    for (uint64_t c = from; c < from + n; c++) {
        asks_for(w, c, intent, 0);
        accepts(w, agent, c);
        w->at += MINUTE;
        closes(w, agent, c);
    }
    world_forget(w);
}

static struct router_wait newcomer(struct world *w, const char *queue)
{
    struct router_queue_view v;
    size_t i = 0;
    for (; router_queue_at(w->r, i, &v) && strcmp(v.def.name, queue) != 0; i++)
        ;
    return router_queue_wait(w->r, i, ROUTER_CHAT);
}

static struct router_wait wait_of(struct world *w, uint64_t conversation)
{
    return router_work_wait(w->r, world_work(w, conversation));
}

static struct router_calibration seen(struct world *w, const char *queue)
{
    struct router_queue_view v;
    for (size_t i = 0; router_queue_at(w->r, i, &v); i++) {
        if (strcmp(v.def.name, queue) == 0)
            return v.estimates;
    }
    fail();
    return (struct router_calibration){0};
}

static void expect_about(struct router_wait v, int64_t seconds)
{
    assert_int_equal(v.kind, ROUTER_WAIT_KNOWN);
    assert_true(v.low <= v.middle && v.middle <= v.high);
    assert_in_range(v.middle, seconds * 800, seconds * 1010); // the middle lies below the mean
}

// The queue "rest" takes what no other does.
static void one_agent(struct world *w)
{
    queue_for(w, "rest", "");
    queue_for(w, "a", "");
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    world_forget(w);
}

static void test_what_is_not_known_is_not_told(void **state)
{
    struct world *w = *state;
    queue_for(w, "rest", "");
    queue_for(w, "a", "");
    world_agent(w, "ann", "", 1, 0);
    assert_int_equal(newcomer(w, "a").kind, ROUTER_WAIT_NOBODY);
    comes(w, "ann");
    assert_int_equal(newcomer(w, "a").kind, ROUTER_WAIT_KNOWN); // at once
    assert_int_equal(newcomer(w, "a").high, 0);
    serves(w, "ann", "a", 1, 7);
    asks_for(w, 100, "a", 0);
    accepts(w, "ann", 100);
    assert_int_equal(newcomer(w, "a").kind, ROUTER_WAIT_LEARNING);
    w->at += MINUTE;
    closes(w, "ann", 100);
    asks_for(w, 101, "a", 0);
    expect_about(newcomer(w, "a"), 60);
    assert_int_equal(router_queue_wait(w->r, 0, ROUTER_CHANNEL_NONE).kind, ROUTER_WAIT_NONE);
    assert_int_equal(wait_of(w, 101).kind, ROUTER_WAIT_NONE); // on offer
    becomes(w, "ann", ROUTER_AWAY);
    assert_int_equal(newcomer(w, "a").kind, ROUTER_WAIT_NOBODY);
    world_forget(w);
}

static void test_each_ahead_and_each_slot_counts(void **state)
{
    struct world *w = *state;
    one_agent(w);
    serves(w, "ann", "a", 1, 40);
    for (uint64_t c = 100; c <= 104; c++)
        asks_for(w, c, "a", 0);
    expect_about(wait_of(w, 101), 60);
    expect_about(wait_of(w, 104), 240);
    expect_about(newcomer(w, "a"), 300);
    world_agent(w, "bob", "", 1, CHANNEL_BIT(ROUTER_VOICE)); // takes no chats
    comes(w, "bob");
    expect_about(newcomer(w, "a"), 300);
    becomes(w, "bob", ROUTER_AWAY);
    world_agent(w, "bob", "", 2, 0);
    becomes(w, "bob", ROUTER_AVAILABLE); // takes two: three wait, three slots
    expect_about(newcomer(w, "a"), 60);
    world_forget(w);
}

static void test_only_who_meets_the_requirement_counts(void **state)
{
    struct world *w = *state;
    queue_for(w, "rest", "");
    queue_for(w, "law", "law");
    queue_for(w, "tech", "tech");
    world_agent(w, "ann", "law=3", 1, 0);
    world_agent(w, "bob", "tech=3", 1, 0);
    comes(w, "ann");
    comes(w, "bob");
    serves(w, "ann", "law", 1, 20);
    serves(w, "bob", "tech", 50, 20);
    for (uint64_t c = 100; c < 104; c++)
        asks_for(w, c, "tech", 0);
    asks_for(w, 110, "law", 0);
    expect_about(newcomer(w, "law"), 60); // not behind what bob has to do
    world_agent(w, "ann", "law=3 tech=1", 1, 0);
    becomes(w, "bob", ROUTER_AWAY); // now ann has all of it to do
    expect_about(newcomer(w, "law"), 300);
    becomes(w, "bob", ROUTER_AVAILABLE);
    expect_about(newcomer(w, "law"), 150); // half of it
    world_forget(w);
}

static void test_who_goes_first_is_ahead(void **state)
{
    struct world *w = *state;
    one_agent(w);
    serves(w, "ann", "a", 1, 40);
    asks_for(w, 100, "a", 0);
    asks_for(w, 101, "a", 0);
    asks_for(w, 102, "a", 9);
    asks_for(w, 103, "a", 9);
    expect_about(newcomer(w, "a"), 120);
    expect_about(wait_of(w, 103), 180);
    struct router_config c = world_rules_def();
    c.order = ROUTER_ORDER_FIFO;
    c.queues_n = 0;
    world_configure(w, &c);
    expect_about(newcomer(w, "a"), 240);
    world_forget(w);
}

static void test_where_one_stands_in_a_long_line_is_inferred(void **state)
{
    struct world *w = *state;
    one_agent(w);
    serves(w, "ann", "a", 1, 40);
    asks_for(w, 99, "a", 0);
    accepts(w, "ann", 99);
    for (uint64_t c = 100; c < 150; c++) {
        w->at += 1000;
        asks_for(w, c, "a", 0);
    }
    expect_about(wait_of(w, 100), 60);
    expect_about(wait_of(w, 125), 26 * 60);
    expect_about(newcomer(w, "a"), 51 * 60);
    world_forget(w);
}

static void test_absence_says_nothing_of_those_who_are_there(void **state)
{
    struct world *w = *state;
    one_agent(w);
    serves(w, "ann", "a", 1, 7);
    asks_for(w, 50, "a", 0);
    accepts(w, "ann", 50);
    loses(w, "desk-ann");
    world_wait(w, 30 * MINUTE); // chats go on to somebody else
    comes(w, "ann");
    declines(w, "ann", 50);
    world_agent(w, "bob", "", 1, 0);
    assert_int_equal(newcomer(w, "a").kind, ROUTER_WAIT_KNOWN); // ann is free
    asks_for(w, 51, "a", 0);
    assert_int_equal(newcomer(w, "a").kind, ROUTER_WAIT_LEARNING); // still seven
    world_forget(w);
}

static void test_who_waits_for_somebody_is_told_nothing(void **state)
{
    struct world *w = *state;
    one_agent(w);
    world_agent(w, "bob", "", 1, 0);
    serves(w, "ann", "a", 1, 10);
    comes(w, "bob");
    asks_for(w, 50, "a", 0);
    asks_for(w, 51, "a", 0);
    const char *first = world_agent_of(w, 50), *second = world_agent_of(w, 51);
    accepts(w, first, 50);
    accepts(w, second, 51);
    to_agent(w, first, 50, second);
    assert_int_equal(wait_of(w, 50).kind, ROUTER_WAIT_PERSON);
    world_forget(w);
}

static void test_estimates_are_compared_with_what_came(void **state)
{
    struct world *w = *state;
    one_agent(w);
    serves(w, "ann", "a", 1, 20);
    asks_for(w, 50, "a", 0);
    accepts(w, "ann", 50);
    asks_for(w, 51, "a", 0); // waits about a minute, and does
    w->at += MINUTE;
    closes(w, "ann", 50);
    accepts(w, "ann", 51);
    assert_int_equal(seen(w, "a").inside, 1);
    assert_in_range(seen(w, "a").error, 1, 500);
    asks_for(w, 52, "a", 0); // the contact before takes longer
    w->at += 9 * MINUTE;
    closes(w, "ann", 51);
    accepts(w, "ann", 52);
    assert_int_equal(seen(w, "a").above, 1);
    asks_for(w, 53, "a", 0); // ends at once
    closes(w, "ann", 52);
    accepts(w, "ann", 53);
    assert_int_equal(seen(w, "a").below, 1);
    assert_int_equal(seen(w, "a").unknown, 0);
    closes(w, "ann", 53);
    asks_for(w, 54, "a", 0); // at once: nothing was estimated
    accepts(w, "ann", 54);
    struct router_calibration c = seen(w, "a");
    assert_int_equal(c.inside + c.above + c.below + c.unknown, 3);
    becomes(w, "ann", ROUTER_AWAY);
    asks_for(w, 55, "a", 0); // nobody is there
    closes(w, "ann", 54);
    becomes(w, "ann", ROUTER_AVAILABLE);
    accepts(w, "ann", 55);
    assert_int_equal(seen(w, "a").unknown, 1);
    world_forget(w);
}

// Those who give up make room: of 20 ahead not all are served.
static void test_giving_up_shortens_the_wait(void **state)
{
    struct world *w = *state;
    one_agent(w);
    serves(w, "ann", "a", 1, 20);
    asks_for(w, 50, "a", 0);
    accepts(w, "ann", 50);
    for (uint64_t c = 100; c < 120; c++)
        asks_for(w, c, "a", 0);
    int64_t before = newcomer(w, "a").middle;
    w->at += MINUTE;
    for (uint64_t c = 120; c < 140; c++) {
        asks_for(w, c, "a", 0);
        w->at += MINUTE / 4;
        closes_chat(w, c);
    }
    assert_in_range(newcomer(w, "a").middle, before / 20, before / 2);
    world_forget(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_what_is_not_known_is_not_told),
        story(test_each_ahead_and_each_slot_counts),
        story(test_only_who_meets_the_requirement_counts),
        story(test_who_goes_first_is_ahead),
        story(test_where_one_stands_in_a_long_line_is_inferred),
        story(test_absence_says_nothing_of_those_who_are_there),
        story(test_who_waits_for_somebody_is_told_nothing),
        story(test_estimates_are_compared_with_what_came),
        story(test_giving_up_shortens_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
