// SPDX-License-Identifier: Apache-2.0
//
// The step that a queue takes once the estimated wait tells that a target will be missed. Contacts take a minute each.

#include "fixture.h"

#define SECOND 1000
#define MINUTE 60000

static const struct router_relax early[] = {{.breach = true, .needs = "any"}};

static void billing(struct world *w, const struct router_relax *steps, size_t n, uint32_t target_ms)
{
    struct router_queue q = world_queue_def("q");
    q.wrap_up_ms = 0;
    q.needs = "billing";
    q.steps = steps;
    q.steps_n = n;
    q.target_ms = target_ms;
    world_queue(w, &q);
}

static void serves(struct world *w, const char *agent, uint64_t from, uint32_t n)
{
    for (uint64_t c = from; c < from + n; c++) {
        says(w, c, ROUTER_CHAT);
        accepts(w, agent, c);
        sends(w, agent, c, ROUTER_CHANNEL_NONE);
        w->at += MINUTE;
        closes(w, agent, c);
    }
    world_forget(w);
}

// ann knows billing and is busy, a contact of hers takes a minute; bob does not, and is free.
static void ann_is_busy(struct world *w, const struct router_relax *steps, size_t n, uint32_t target_ms)
{
    billing(w, steps, n, target_ms);
    world_agent(w, "ann", "billing=3", 1, 0);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "ann");
    serves(w, "ann", 1, 8);
    comes(w, "bob");
    says(w, 20, ROUTER_CHAT);
    accepts(w, "ann", 20);
    world_forget(w);
}

static struct router_relaxed relaxed(struct world *w, uint64_t conversation)
{
    return router_explain(w->r, world_work(w, conversation))->relaxed;
}

static uint32_t step(struct world *w, uint64_t conversation)
{
    return router_explain(w->r, world_work(w, conversation))->step;
}

static void test_foreseen_it_goes_to_whoever_is_there(void **state)
{
    struct world *w = *state;
    ann_is_busy(w, early, 1, 32 * SECOND); // a minute is too long
    says(w, 21, ROUTER_CHAT);
    world_forget(w);
    world_wait(w, 2 * SECOND - 1);
    expect(w, "");
    world_wait(w, 1); // a sixteenth of the target
    expect(w, "decision c21 bob\noffer c21 to bob NEW\nc21 is OFFERED NEW\n");
    struct router_relaxed why = relaxed(w, 21);
    assert_int_equal(why.cause, ROUTER_CAUSE_BREACH);
    assert_int_equal(why.wait.kind, ROUTER_WAIT_KNOWN);
    assert_true(why.wait.middle > 30 * SECOND);
    assert_int_equal(why.left_ms, 30 * SECOND);
    assert_int_equal(why.ms, 0);
}

static void test_a_wait_that_is_in_time_relaxes_nothing(void **state)
{
    struct world *w = *state;
    ann_is_busy(w, early, 1, 10 * MINUTE);
    says(w, 21, ROUTER_CHAT);
    world_wait(w, 50 * SECOND);
    assert_int_equal(step(w, 21), 0);
    closes(w, "ann", 20);
    world_wait(w, 0);
    assert_string_equal(router_explain(w->r, world_work(w, 21))->queue, "q");
    accepts(w, "ann", 21);
}

static void test_it_is_looked_at_again_until_it_is_late(void **state)
{
    struct world *w = *state;
    ann_is_busy(w, early, 1, 3 * MINUTE);
    says(w, 21, ROUTER_CHAT);
    world_wait(w, 2 * MINUTE - SECOND); // an estimate of a minute is in time for two
    assert_int_equal(step(w, 21), 0);
    world_wait(w, MINUTE + SECOND); // and for the last of them not
    assert_int_equal(step(w, 21), 1);
    assert_true(relaxed(w, 21).left_ms > 0);
}

static void test_nobody_there_is_too_late(void **state)
{
    struct world *w = *state;
    billing(w, early, 1, 160 * SECOND);
    world_agent(w, "bob", "", 1, 0);
    comes(w, "bob");
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 10 * SECOND - 1);
    assert_int_equal(step(w, 1), 0);
    world_wait(w, 1);
    assert_int_equal(step(w, 1), 1);
    assert_int_equal(relaxed(w, 1).wait.kind, ROUTER_WAIT_NOBODY);
}

static void test_what_is_not_known_is_assumed_for_the_last_sixteenth(void **state)
{
    struct world *w = *state;
    billing(w, early, 1, 160 * SECOND);
    world_agent(w, "ann", "billing=3", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    says(w, 2, ROUTER_CHAT);
    world_wait(w, 149 * SECOND);
    assert_int_equal(step(w, 2), 0);
    world_wait(w, 10 * SECOND);
    assert_int_equal(step(w, 2), 1);
    assert_int_equal(relaxed(w, 2).wait.kind, ROUTER_WAIT_LEARNING);
}

static void test_steps_by_time_go_on(void **state)
{
    struct world *w = *state;
    const struct router_relax steps[] = {{.after_ms = 300 * SECOND, .needs = "billing >= 2"},
                                         {.breach = true, .needs = "billing or law"},
                                         {.after_ms = 600 * SECOND, .needs = "any"}};
    billing(w, steps, 3, 160 * SECOND);
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 10 * SECOND);
    assert_int_equal(step(w, 1), 2); // past the first
    world_wait(w, 590 * SECOND - 1);
    assert_int_equal(step(w, 1), 2);
    world_wait(w, 1);
    assert_int_equal(step(w, 1), 3);
    assert_int_equal(relaxed(w, 1).cause, ROUTER_CAUSE_WAITED);
}

static void test_in_another_queue_it_is_foreseen_anew(void **state)
{
    struct world *w = *state;
    struct router_queue other = world_queue_def("other");
    world_queue(w, &other);
    billing(w, early, 1, 160 * SECOND);
    says(w, 1, ROUTER_CHAT);
    world_wait(w, 10 * SECOND);
    assert_int_equal(step(w, 1), 1);
    supervises(w, (struct router_supervise){.act = ROUTER_REQUEUE, .work = world_work(w, 1), .queue = "other"});
    assert_int_equal(step(w, 1), 0);
    supervises(w, (struct router_supervise){.act = ROUTER_REQUEUE, .work = world_work(w, 1), .queue = "q"});
    assert_int_equal(step(w, 1), 0);
    world_wait(w, 10 * SECOND);
    assert_int_equal(step(w, 1), 1);
}

static void test_who_waits_for_no_answer_relaxes_nothing(void **state)
{
    struct world *w = *state;
    billing(w, early, 1, 160 * SECOND);
    world_agent(w, "ann", "billing=3", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    sends(w, "ann", 1, ROUTER_CHANNEL_NONE);
    logs_out(w, "desk-ann");
    world_wait(w, 500 * SECOND);
    assert_int_equal(step(w, 1), 0);
}

static void test_a_step_without_a_beginning_or_with_two_is_refused(void **state)
{
    struct world *w = *state;
    const struct router_relax bad[][2] = {
        {{.breach = true, .needs = "any"}, {.breach = true, .needs = "any"}},
        {{.breach = true, .after_ms = 1000, .needs = "any"}, {.after_ms = 2000, .needs = "any"}},
        {{.breach = true, .percent = 10, .needs = "any"}, {.after_ms = 2000, .needs = "any"}},
        {{.breach = true, .needs = "("}, {.after_ms = 2000, .needs = "any"}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct router_queue q = world_queue_def("q");
        q.steps = bad[i];
        q.steps_n = 2;
        world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_PUT, .queue_put = q});
        expect(w, "refused INVALID\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_foreseen_it_goes_to_whoever_is_there),
        story(test_a_wait_that_is_in_time_relaxes_nothing),
        story(test_it_is_looked_at_again_until_it_is_late),
        story(test_nobody_there_is_too_late),
        story(test_what_is_not_known_is_assumed_for_the_last_sixteenth),
        story(test_steps_by_time_go_on),
        story(test_in_another_queue_it_is_foreseen_anew),
        story(test_who_waits_for_no_answer_relaxes_nothing),
        story(test_a_step_without_a_beginning_or_with_two_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
