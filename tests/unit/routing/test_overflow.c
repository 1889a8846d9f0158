// SPDX-License-Identifier: Apache-2.0
//
// Overflow to another queue: by how many wait, by how long.

#include "fixture.h"

static void overflows(struct world *w, const char *name, const char *to, uint32_t waiting, uint32_t ms)
{
    struct router_queue q = world_queue_def(name);
    q.overflow = to;
    q.overflow_waiting = waiting;
    q.overflow_ms = ms;
    world_queue(w, &q);
}

static void expect_in(struct world *w, uint64_t conversation, const char *queue)
{
    struct router_work_view v;
    assert_true(router_work(w->r, world_work(w, conversation), &v));
    assert_string_equal(v.queue, queue);
}

static void expect_from(struct world *w, uint64_t conversation, const char *queue, enum router_cause cause)
{
    struct router_overflowed o = router_explain(w->r, world_work(w, conversation))->overflowed;
    assert_string_equal(o.from, queue);
    assert_int_equal(o.cause, cause);
}

// The queue that is put first is the last by rule, which takes what no other does.
static void test_who_finds_the_queue_full_goes_on(void **state)
{
    struct world *w = *state;
    overflows(w, "rest", "second", 2, 0);
    struct router_queue q = world_queue_def("second");
    q.channels = CHANNEL_BIT(ROUTER_VOICE);
    q.overflow = "third";
    q.overflow_waiting = 1;
    world_queue(w, &q);
    q.name = "third";
    q.overflow = "rest"; // in a ring
    world_queue(w, &q);
    for (uint64_t c = 1; c <= 5; c++)
        says(w, c, ROUTER_CHAT);
    expect_in(w, 1, "rest");
    expect_in(w, 2, "rest");
    expect_in(w, 3, "second");
    expect_in(w, 4, "third");
    expect_in(w, 5, "rest"); // full all around: where the rules say
    expect_from(w, 2, "", ROUTER_CAUSE_NONE);
    expect_from(w, 3, "rest", ROUTER_CAUSE_FULL);
    expect_from(w, 4, "rest", ROUTER_CAUSE_FULL); // whose rules it matches, not whom it passed by
    expect_from(w, 5, "", ROUTER_CAUSE_NONE);
}

static void test_who_waits_too_long_goes_on_with_their_age(void **state)
{
    struct world *w = *state;
    struct router_work_view v;
    overflows(w, "rest", "second", 0, 20000);
    struct router_queue q = world_queue_def("second");
    q.channels = CHANNEL_BIT(ROUTER_VOICE);
    q.overflow = "rest";
    q.overflow_ms = 30000;
    world_queue(w, &q);
    says(w, 1, ROUTER_CHAT);
    int64_t began = w->at;
    world_wait(w, 19999);
    expect_in(w, 1, "rest");
    world_forget(w);
    world_wait(w, 1);
    expect_in(w, 1, "second");
    expect_from(w, 1, "rest", ROUTER_CAUSE_WAITED);
    expect(w, "decision c1 nobody\n"
              "c1 is QUEUED OVERFLOWED\n");
    assert_true(router_work(w->r, world_work(w, 1), &v));
    assert_int_equal(v.since, began);
    world_wait(w, 29999);
    expect_in(w, 1, "second");
    world_wait(w, 1);
    expect_in(w, 1, "rest");
    expect_from(w, 1, "second", ROUTER_CAUSE_WAITED);
    world_forget(w);
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    accepts(w, "ann", 1);
    world_wait(w, 90000);
    expect_in(w, 1, "rest"); // whoever is served waits no longer
}

// What it overflowed from says how it came to its queue: who is moved on did not come by overflow, whatever it was before.
static void test_who_is_moved_has_not_overflowed(void **state)
{
    struct world *w = *state;
    overflows(w, "rest", "second", 1, 0);
    struct router_queue q = world_queue_def("second");
    q.channels = CHANNEL_BIT(ROUTER_VOICE);
    world_queue(w, &q);
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT);
    expect_from(w, 2, "rest", ROUTER_CAUSE_FULL);
    supervises(w, (struct router_supervise){.act = ROUTER_REQUEUE, .work = world_work(w, 2), .queue = "rest"});
    expect_in(w, 2, "rest");
    expect_from(w, 2, "", ROUTER_CAUSE_NONE);
}

static void test_to_a_queue_that_is_gone_nothing_overflows(void **state)
{
    struct world *w = *state;
    overflows(w, "rest", "nowhere", 1, 20000);
    says(w, 1, ROUTER_CHAT);
    says(w, 2, ROUTER_CHAT);
    world_wait(w, 20000);
    expect_in(w, 1, "rest");
    expect_in(w, 2, "rest");
    struct router_queue q = world_queue_def("nowhere"); // now there is one
    q.channels = CHANNEL_BIT(ROUTER_VOICE);
    world_queue(w, &q);
    world_wait(w, 1);
    expect_in(w, 1, "nowhere");
    expect_in(w, 2, "nowhere");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_who_finds_the_queue_full_goes_on),
        story(test_who_waits_too_long_goes_on_with_their_age),
        story(test_who_is_moved_has_not_overflowed),
        story(test_to_a_queue_that_is_gone_nothing_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
